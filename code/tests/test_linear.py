"""The linear layer, against loops over its defining sums."""

import numpy as np
import pytest
from backprop import Linear, check_gradients
from backprop.linear import linear_backward, linear_forward
from helpers import draw, linear, seeds, sizes
from hypothesis import given


@given(sizes(3), seeds)
def test_forward_is_the_double_sum(shape, seed):
    S, M, N = shape
    X, W, b = draw(S, M, seed=seed), draw(N, M, seed=seed + 1), draw(N, seed=seed + 2)
    Y = [[sum(X[i, k] * W[j, k] for k in range(M)) + b[j] for j in range(N)] for i in range(S)]
    np.testing.assert_allclose(linear_forward(X, W, b), Y, rtol=1e-12, atol=1e-13)


@given(sizes(3), seeds)
def test_backward_is_the_double_sum(shape, seed):
    """Every entry of every gradient is Σ_ij dY_ij ∂Y_ij/∂·, with ∂Y_ij/∂· written out."""
    S, M, N = shape
    X, W, dY = draw(S, M, seed=seed), draw(N, M, seed=seed + 1), draw(S, N, seed=seed + 2)
    dX, dW, db = linear_backward(dY, X, W)
    exact = {"rtol": 1e-12, "atol": 1e-13}
    sums = [[sum(dY[i, j] * W[j, k] for j in range(N)) for k in range(M)] for i in range(S)]
    np.testing.assert_allclose(dX, sums, **exact)
    sums = [[sum(dY[i, j] * X[i, k] for i in range(S)) for k in range(M)] for j in range(N)]
    np.testing.assert_allclose(dW, sums, **exact)
    np.testing.assert_allclose(db, [sum(dY[i, j] for i in range(S)) for j in range(N)], **exact)


def test_an_example_by_hand():
    X, W, b = [[1, 2, 3]], [[1, 0, -1], [2, 1, 0]], [10, 20]
    assert np.array_equal(linear_forward(X, W, b), [[8, 24]])
    dX, dW, db = linear_backward([[1, 10]], X, W)
    assert np.array_equal(dX, [[21, 10, -1]])
    assert np.array_equal(dW, [[1, 2, 3], [10, 20, 30]])
    assert np.array_equal(db, [1, 10])


def test_the_layer_uses_its_functions():
    layer = linear(4, 3)
    X, dY = draw(5, 4), draw(5, 3, seed=1)
    W, b = layer.params["weight"], layer.params["bias"]
    assert np.array_equal(layer.forward(X), linear_forward(X, W, b))
    dX, dW, db = linear_backward(dY, X, W)
    assert np.array_equal(layer.backward(dY), dX)
    assert np.array_equal(layer.grads["weight"], dW)
    assert np.array_equal(layer.grads["bias"], db)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_have_the_layout_of_pytorch(dtype):
    layer = Linear(7, 3, rng=0, dtype=dtype)
    assert {name: a.shape for name, a in layer.params.items()} == {"weight": (3, 7), "bias": (3,)}
    assert all(a.dtype == dtype for a in layer.params.values())
    assert not layer.params["bias"].any()
    assert np.array_equal(layer.params["weight"], Linear(7, 3, rng=0, dtype=dtype).params["weight"])
    assert not np.array_equal(
        layer.params["weight"], Linear(7, 3, rng=1, dtype=dtype).params["weight"]
    )


def test_the_gain_scales_the_weights():
    plain, scaled = Linear(7, 3, rng=0), Linear(7, 3, rng=0, gain=0.1)
    np.testing.assert_allclose(scaled.params["weight"], 0.1 * plain.params["weight"], rtol=1e-14)


@given(sizes(3), seeds)
def test_gradients_agree_with_the_complex_step(shape, seed):
    S, M, N = shape
    assert check_gradients(linear(M, N, seed % 1000), draw(S, M, seed=seed), tolerance=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Linear(784, 10, rng=0).forward(np.ones((128, 783))),
            "Linear expects X of shape (S, 784), got (128, 783)",
        ),
        (
            lambda: linear_forward(np.ones((5, 4)), np.ones((3, 4)), np.ones((1, 3))),
            "Linear expects b of shape (3,), got (1, 3)",
        ),
        (
            lambda: linear_forward(np.ones((5, 3)), np.ones((4, 3)), np.ones(3)),
            "Linear expects b of shape (4,), got (3,)",
        ),
        (
            lambda: linear_backward(np.ones((3, 5)), np.ones((5, 4)), np.ones((3, 4))),
            "Linear expects dY of shape (5, 3), got (3, 5)",
        ),
        (
            lambda: linear_forward(np.ones(4), np.ones((3, 4)), np.ones(3)),
            "Linear expects X of shape (S, 4), got (4,)",
        ),
    ],
)
def test_shapes_that_do_not_meet_are_named(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message
