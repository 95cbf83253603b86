"""Dropout: the mask, its mean, and that backward goes through the mask of forward."""

import numpy as np
import pytest
from backprop import Dropout, check_gradients
from backprop.dropout import dropout_mask
from helpers import draw


def training(p, rng=0):
    layer = Dropout(p, rng)
    layer.training = True
    return layer


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_mask_keeps_the_mean(p):
    """Entries 0 or 1/(1 − p); a share p of zeros, within five standard deviations."""
    n = 40_000
    mask = dropout_mask((200, 200), p, rng=3)
    assert set(np.unique(mask)) == {0, 1 / (1 - p)}
    assert abs((mask == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / n)


def test_entries_fall_out_on_their_own():
    """Not whole rows or columns: each entry is dropped in some passes and kept in others."""
    masks = np.array([dropout_mask((5, 7), 0.5, rng=seed) for seed in range(40)])
    assert ((masks == 0).any(axis=0) & (masks > 0).any(axis=0)).all()
    assert len({mask.tobytes() for mask in masks}) == 40


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_backward_goes_through_the_mask_of_forward(dtype):
    layer, X, dY = training(0.4), draw(5, 7, dtype=dtype), draw(5, 7, seed=1, dtype=dtype)
    Y, dX = layer.forward(X), layer.backward(dY)
    mask = dropout_mask((5, 7), 0.4, rng=0).astype(dtype)
    assert np.array_equal(Y, X * mask)
    assert np.array_equal(dX, dY * mask)
    assert Y.dtype == dX.dtype == dtype


def test_every_forward_draws_anew_and_a_seed_repeats():
    layer, X = training(0.5), draw(5, 7)
    first, second = layer.forward(X), layer.forward(X)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, training(0.5).forward(X))


def test_outside_training_nothing_falls_out():
    layer, X, dY = Dropout(0.5, rng=0), draw(5, 7), draw(5, 7, seed=1)
    assert np.array_equal(layer.forward(X), X)
    assert np.array_equal(layer.backward(dY), dY)
    assert layer.forward(X) is not X


def test_nothing_is_drawn_outside_training():
    """Else predictions between epochs would change the run."""
    layer = Dropout(0.5, rng=0)
    before = layer.rng.bit_generator.state
    layer.forward(draw(5, 7))
    assert layer.rng.bit_generator.state == before


def test_at_p_0_all_stay():
    X = draw(5, 7)
    assert np.array_equal(training(0.0).forward(X), X)


@pytest.mark.parametrize("method", ["complex", "central", "projection"])
def test_gradients_are_checked_with_one_mask(method):
    """While training a new mask per pass would make L a random function: the check repeats one."""
    layer, X = training(0.4), draw(5, 7)
    before = layer.rng.bit_generator.state
    assert check_gradients(layer, X, method=method)
    assert layer.rng.bit_generator.state == before


@pytest.mark.parametrize("p", [1, -0.1, 1.5, None, "0.5", float("nan"), True])
def test_p_must_be_below_one(p):
    message = "expects p to be a number at least 0 and at most 0.999, got"
    with pytest.raises(ValueError, match=f"Dropout {message}"):
        Dropout(p)
    with pytest.raises(ValueError, match=f"dropout_mask {message}"):
        dropout_mask((5, 7), p)
