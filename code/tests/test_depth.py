"""A recurrent layer: values by hand, the gradients measured and unrolled, bad input."""

import numpy as np
import pytest
from backprop import check_gradients, numerical_gradient
from backprop.depth import RNN, rnn_backward, rnn_forward
from helpers import M, N, S, draw

T = 4
ARRAYS = {
    "X": draw(S, T, M), "W": draw(N, M), "U": draw(N, N) / 2, "b": draw(N), "H0": draw(S, N),
}  # fmt: skip
H = rnn_forward(**ARRAYS)
BACK = {"dH": draw(S, T, N), **{name: ARRAYS[name] for name in ("X", "W", "U", "H0")}, "H": H}

# What test_validation.py throws things at: name, what is called, valid arguments.
CALLS = {
    "rnn_forward": (rnn_forward, ARRAYS),
    "rnn_backward": (rnn_backward, BACK),
}


def test_an_example_by_hand():
    """With U = W = 1 and X = artanh of what is wanted, minus the state before."""
    wanted = np.array([[0.5], [-0.25], [0.75]])
    before = np.array([[0.125], [0.5], [-0.25]])
    one = np.eye(1)
    found = rnn_forward(np.arctanh(wanted) - before, one, one, np.zeros(1), before[0])
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_the_states_are_those_of_the_steps_one_after_another():
    state = ARRAYS["H0"]
    for t in range(T):
        step = rnn_forward(ARRAYS["X"][:, t : t + 1], ARRAYS["W"], ARRAYS["U"], ARRAYS["b"], state)
        state = step[:, 0]
        np.testing.assert_array_equal(state, H[:, t])


@pytest.mark.parametrize(("n", "name"), [*enumerate(["X", "W", "U", "b", "H0"])])
def test_every_gradient_is_what_is_measured(n, name):
    def loss(value):
        return (BACK["dH"] * rnn_forward(**{**ARRAYS, name: value})).sum()

    found = rnn_backward(**BACK)[n]
    np.testing.assert_allclose(found, numerical_gradient(loss, ARRAYS[name]), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("length", [1, 2, 7])
def test_the_layer_passes_the_check(length):
    assert check_gradients(RNN(M, N, rng=0), draw(S, length, M)).passed


def test_a_sequence_without_samples_is_one_of_them():
    alone = {name: array[0] if name in ("X", "H0") else array for name, array in ARRAYS.items()}
    np.testing.assert_allclose(rnn_forward(**alone), H[0], rtol=1e-13)


@pytest.mark.parametrize("drop", ["carry", "start", "slope"])
def test_a_planted_bug_is_found(monkeypatch, drop):
    def wrong(layer, dH):
        X, H, start = layer._recall()
        W, U, _ = layer.params.values()
        if drop == "carry":
            dX, *grads, _ = rnn_backward(dH, X, W, 0 * U, H, start)
        elif drop == "start":
            dX, *grads, _ = rnn_backward(dH, X, W, U, H, start + 1)
        else:
            dX, *grads, _ = rnn_backward(dH, X, W, U, np.tanh(H), start)
        layer.grads = dict(zip(layer.params, grads, strict=True))
        return dX

    monkeypatch.setattr(RNN, "backward", wrong)
    assert not check_gradients(RNN(M, N, rng=0), draw(S, T, M)).passed


def test_bad_input_is_refused():
    layer = RNN(M, N)
    with pytest.raises(ValueError, match="before forward|call forward"):
        layer.backward(draw(S, T, N))
    with pytest.raises(ValueError, match=r"expects X of shape \(S, T, 4\)"):
        layer.forward(draw(S, M))
    layer.forward(draw(S, T, M))
    with pytest.raises(ValueError, match="expects dY of shape"):
        layer.backward(draw(S, N))
    with pytest.raises(ValueError, match="hidden_size"):
        RNN(M, 0)
