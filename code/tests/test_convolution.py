"""Convolution and pooling: definitions in loops, ties, overlaps, and what the padding does."""

import numpy as np
import pytest
from backprop import AvgPool2d, Conv2d, Flatten, MaxPool2d, check_gradients
from backprop.convolution import (
    avg_pool2d,
    avg_pool2d_backward,
    conv2d,
    conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from helpers import draw

X, W, B = draw(2, 3, 6, 5), draw(4, 3, 3, 2, seed=1), draw(4, seed=2)
DY = draw(2, 4, 3, 3, seed=3)  # for stride 2 and padding 1


def in_loops(X, W, b, s, p):
    Xp = np.pad(X, ((0, 0), (0, 0), (p, p), (p, p)))
    k, m = W.shape[2:]
    h, w = (Xp.shape[2] - k) // s + 1, (Xp.shape[3] - m) // s + 1
    Y = np.zeros((len(X), len(W), h, w))
    for i, n, r, c in np.ndindex(*Y.shape):
        Y[i, n, r, c] = b[n] + (Xp[i, :, r * s : r * s + k, c * s : c * s + m] * W[n]).sum()
    return Y


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_convolution_is_the_sum_over_the_window(stride, padding):
    got = conv2d(X, W, B, stride, padding)
    np.testing.assert_allclose(got, in_loops(X, W, B, stride, padding), rtol=1e-12, atol=1e-13)


def test_a_kernel_of_one_entry_is_a_linear_layer_at_each_place():
    got = conv2d(X, W[:, :, :1, :1], B)
    wanted = np.einsum("ichw,nc->inhw", X, W[:, :, 0, 0]) + B[:, None, None]
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-14)


def test_forward_and_backward_are_adjoint():
    """⟨dY, conv(X)⟩ = ⟨dX, X⟩ = ⟨dW, W⟩ without a bias: it is linear in each."""
    dX, dW, _ = conv2d_backward(DY, X, W, 2, 1)
    value = (DY * conv2d(X, W, 0 * B, 2, 1)).sum()
    assert (dX * X).sum() == pytest.approx(value, rel=1e-12)
    assert (dW * W).sum() == pytest.approx(value, rel=1e-12)


def test_the_input_gradient_is_a_convolution_with_the_rotated_kernel():
    """Stride 1, dY extended by k − 1 zeros on each side."""
    dY = draw(2, 4, 4, 4, seed=4)
    turned = W.swapaxes(0, 1)[:, :, ::-1, ::-1]
    dX, *_ = conv2d_backward(dY, X, W)
    np.testing.assert_allclose(dX, conv2d(dY, turned, np.zeros(3), 1, (2, 1)), atol=1e-13)


def test_the_first_layer_needs_no_input_gradient():
    layer = Conv2d(3, 4, 3, rng=0)
    layer.needs_dX = False
    assert layer.backward(layer.forward(X)) is None
    assert layer.grads["weight"].shape == (4, 3, 3, 3)


def test_the_samples_are_last_in_memory_for_the_next_layer():
    """Twice as fast, and only as long as every layer leaves it so; the numbers are the same."""
    as_it_was = [X, np.moveaxis(np.moveaxis(X, 0, -1).copy(), -1, 0)]
    for layer in (Conv2d(3, 4, 3, 2, 1, rng=0), MaxPool2d(3, 2, 1), AvgPool2d(2)):
        dY = draw(*layer.forward(X).shape, seed=6)
        (Y, dX), (Y2, dX2) = ((layer.forward(x), layer.backward(dY)) for x in as_it_was)
        np.testing.assert_array_equal(Y, Y2)
        np.testing.assert_array_equal(dX, dX2)
        assert np.moveaxis(Y, 0, -1).flags.c_contiguous
    flat = Flatten()
    assert np.moveaxis(flat.backward(flat.forward(X)), 0, -1).flags.c_contiguous


def test_of_equal_entries_the_first_wins():
    flat = np.zeros((1, 1, 3, 4))
    dX = max_pool2d_backward(np.array([[[[1.0, 2]]]]), flat, 2)
    np.testing.assert_array_equal(dX[0, 0], [[1, 0, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("flat", [np.zeros((2, 3, 6, 5)), np.round(X)])
def test_what_comes_back_has_the_sum_of_what_was_sent(flat):
    """Ties are the rule on flat backgrounds: giving dY to every maximum would send it twice."""
    dY = draw(2, 3, 3, 3, seed=5)
    sent = dY.sum(axis=(2, 3))
    dX = max_pool2d_backward(dY, flat, 3, 2, 1)
    np.testing.assert_allclose(dX.sum(axis=(2, 3)), sent, rtol=1e-12)
    twice = sum((flat == flat.max(axis=(2, 3), keepdims=True)).sum(axis=(2, 3)).ravel() > 1)
    assert twice  # there are ties, so the test can fail


def test_negative_numbers_win_against_the_padding():
    np.testing.assert_array_equal(max_pool2d(np.full((1, 1, 2, 3), -7.0), 2, 1, 1), -7)


def test_overlapping_windows_add_up():
    dX = max_pool2d_backward(np.ones((1, 1, 1, 2)), np.array([[[[0.0, 9, 1]]]]), (1, 2), 1)
    np.testing.assert_array_equal(dX, [[[[0, 2, 0]]]])


def test_zeros_of_the_padding_count_in_a_mean():
    np.testing.assert_allclose(avg_pool2d(np.ones((1, 1, 2, 2)), 2, 2, 1), 0.25)


def test_what_no_window_reaches_has_gradient_0():
    for dX in (
        max_pool2d_backward(np.ones((1, 1, 2, 2)), X[:1, :1, :5], 2),
        avg_pool2d_backward(np.ones((1, 1, 2, 2)), (1, 1, 5, 5), 2),
        conv2d_backward(DY[:1, :, :2, :2], X[:1, :, :5], W[..., :2, :], 2)[0],
    ):
        assert (dX[..., 4] == 0).all()
        assert (dX[..., 4, :] == 0).all()


@pytest.mark.parametrize("layer", [MaxPool2d(2), MaxPool2d(3, 1), MaxPool2d(3, 2, 1)])
def test_a_check_finds_nothing_wrong_where_numbers_tie(layer):
    assert check_gradients(layer, np.round(draw(2, 2, 6, 5)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_of_them_keeps_its_precision(dtype):
    big = np.full((2, 3, 6, 5), 1e15, dtype)
    for layer in (MaxPool2d(2), AvgPool2d(2), Flatten(), Conv2d(3, 2, 3, rng=0, dtype=dtype)):
        Y = layer.forward(big)
        assert Y.dtype == layer.backward(Y).dtype == dtype
        assert np.isfinite(Y).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Conv2d(3, 4, 2).forward(draw(2, 4, 6, 5)),
            "Conv2d expects X of shape (S, 3, H, W), got (2, 4, 6, 5)",
        ),
        (
            lambda: conv2d(X[:, :, :2], W, B),
            "Conv2d expects W to fit into X, with its padding 2 × 5, got a kernel of 3 × 2",
        ),
        (
            lambda: conv2d_backward(DY, X, W, 1, 1),
            "Conv2d expects dY of shape (2, 4, 6, 6), got (2, 4, 3, 3)",
        ),
        (
            lambda: Conv2d(3, 4, (3, 0)),
            "Conv2d expects kernel_size to be an integer at least 1, got 0",
        ),
        (
            lambda: Conv2d(3, 4, 3, padding=-1),
            "Conv2d expects padding to be an integer at least 0, got -1",
        ),
        (
            lambda: MaxPool2d(7).forward(X),
            "MaxPool2d expects kernel_size to fit into X, with its padding 6 × 5, got a kernel of "
            "7 × 7",
        ),
        (
            lambda: MaxPool2d(3, padding=2),
            "MaxPool2d expects padding to be at most half of kernel_size (3, 3), got (2, 2): a "
            "window would hold nothing else",
        ),
        (
            lambda: max_pool2d_backward(DY[:, :3], X, 2),
            "MaxPool2d expects dY of shape (2, 3, 3, 2), got (2, 3, 3, 3)",
        ),
        (
            lambda: AvgPool2d(2).forward(X[0]),
            "AvgPool2d expects X of shape (S, C, H, W), got (3, 6, 5)",
        ),
        (
            lambda: avg_pool2d_backward(DY, (2, 3), 2),
            "AvgPool2d expects shape to be (S, C, H, W), got (2, 3)",
        ),
    ],
)
def test_the_message_says_what_was_expected_and_what_came(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message


POOL = {"kernel_size": 2, "stride": 2, "padding": 1}
CALLS = {
    "conv2d": (conv2d, {"X": X, "W": W, "b": B, "stride": 2, "padding": 1}),
    "conv2d_backward": (conv2d_backward, {"dY": DY, "X": X, "W": W, "stride": 2, "padding": 1}),
    "max_pool2d": (max_pool2d, {"X": X} | POOL),
    "max_pool2d_backward": (max_pool2d_backward, {"dY": draw(2, 3, 4, 3), "X": X} | POOL),
    "avg_pool2d": (avg_pool2d, {"X": X} | POOL),
    "avg_pool2d_backward": (avg_pool2d_backward, {"dY": draw(2, 3, 4, 3), "shape": X.shape} | POOL),
    "Conv2d": (
        Conv2d,
        {"in_channels": 3, "out_channels": 4, "kernel_size": 2, "stride": 2, "padding": 1}
        | {"rng": 0, "dtype": np.float64, "gain": 1},
    ),
    "MaxPool2d": (MaxPool2d, POOL),
    "AvgPool2d": (AvgPool2d, POOL),
}
