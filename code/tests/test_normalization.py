"""Layer, RMS and batch normalization: what their formulas promise, and floats against 50 digits."""

import mpmath as mp
import numpy as np
import pytest
from backprop import Adam, BatchNorm, LayerNorm, Linear, RMSNorm, Sequential, check_gradients, train
from backprop.datasets import Dataset
from helpers import M, S, draw, drawn

rows = pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])


def test_rows_get_mean_0_and_variance_1():
    Y = LayerNorm(M, eps=1e-12).forward(3 + 5 * draw(S, M))
    np.testing.assert_allclose(Y.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(Y.var(axis=1), 1, rtol=1e-11)


def test_features_get_mean_0_and_variance_1_while_training():
    layer = BatchNorm(M, eps=1e-12)
    layer.training = True
    Y = layer.forward(3 + 5 * draw(S, M, 2, 3))
    np.testing.assert_allclose(Y.mean(axis=(0, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(Y.var(axis=(0, 2, 3)), 1, rtol=1e-11)


def test_gradients_sum_to_0_along_the_axis_of_the_mean():
    layer, batch = drawn(LayerNorm, M)(), drawn(BatchNorm, M, training=True)()
    for one, axis in [(layer, 1), (batch, 0)]:
        one.forward(draw(S, M))
        np.testing.assert_allclose(one.backward(draw(S, M, seed=1)).sum(axis=axis), 0, atol=1e-14)


def test_the_running_averages_have_bessels_correction():
    layer, X = BatchNorm(M), draw(S, M)
    layer.training = True
    layer.forward(X)
    np.testing.assert_allclose(layer.running_mean, 0.1 * X.mean(axis=0))
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * X.var(axis=0) * S / (S - 1))


def test_outside_training_the_averages_stay_and_samples_are_apart():
    layer, X = drawn(BatchNorm, M)(), draw(S, M)
    before = layer.running_mean.copy(), layer.running_var.copy()
    together = layer.forward(X)
    np.testing.assert_array_equal(together[:1], layer.forward(X[:1]))
    np.testing.assert_array_equal(before, (layer.running_mean, layer.running_var))


def test_backward_goes_by_the_mode_of_forward():
    """A switch between the two must not mix them."""
    layer, twin = drawn(BatchNorm, M)(), drawn(BatchNorm, M)()
    X, dY = draw(S, M), draw(S, M, seed=1)
    layer.forward(X), twin.forward(X)
    layer.training = True
    np.testing.assert_array_equal(layer.backward(dY), twin.backward(dY))


@pytest.mark.parametrize("training", [True, False])
def test_a_check_neither_moves_the_averages_nor_doubts_them(training):
    layer = drawn(BatchNorm, M, training=training)()
    before = layer.running_mean.copy()
    report = check_gradients(layer, draw(S, M))
    assert report.headline.startswith("BatchNorm: every gradient agrees: X, weight and bias")
    np.testing.assert_array_equal(layer.running_mean, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm, BatchNorm])
def test_a_variance_of_0_and_the_largest_numbers_stay_finite(kind, dtype):
    layer, big = kind(M, dtype=dtype), dtype(1e18 if dtype is np.float32 else 1e153)
    layer.training = True
    for X in (np.zeros((S, M)), np.full((S, M), 1e6), big * np.sign(draw(S, M))):
        Y, dX = layer.forward(X.astype(dtype)), layer.backward(draw(S, M, seed=1, dtype=dtype))
        assert np.isfinite([Y, dX]).all()
        assert Y.dtype == dX.dtype == dtype


def test_a_constant_row_gives_the_bias():
    layer = drawn(LayerNorm, M)()
    Y = layer.forward(np.full((1, M), 0.1) + 1e6)
    np.testing.assert_array_equal(Y[0], layer.params["bias"])


def exactly(X, dY, weight, eps, centered):
    """Y and dX of one row with 50 digits, by the definition and by the three paths."""
    x, g, w = (np.array([mp.mpf(float(one)) for one in row]) for row in (X, dY, weight))
    D = x - sum(x) / len(x) if centered else x
    r = 1 / mp.sqrt(sum(D**2) / len(x) + mp.mpf(eps))
    U, dU = D * r, g * w
    dX = r * (dU - (sum(dU) / len(x) if centered else 0) - U * (sum(dU * U) / len(x)))
    return (w * U).astype(float), dX.astype(float)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", [0, 1, 1e3, 1e6, 1e9])
@rows
def test_a_large_mean_costs_no_digits(kind, offset, dtype):
    """The deviations are what is left of the numbers as they are given: those are exact."""
    offset = min(offset, 1e4) if dtype is np.float32 else offset
    X, dY = (offset + draw(S, M)).astype(dtype), draw(S, M, seed=1, dtype=dtype)
    layer = drawn(kind, M)(dtype)
    layer.params["bias"] = np.zeros(M, dtype)
    Y, dX = layer.forward(X), layer.backward(dY)
    tolerance = 1e-13 if dtype is np.float64 else 1e-5
    with mp.workdps(50):
        for i in range(S):
            true = exactly(X[i], dY[i], layer.params["weight"], layer.eps, kind is LayerNorm)
            for got, wanted in zip((Y[i], dX[i]), true, strict=True):
                scale = np.abs(wanted).max()
                np.testing.assert_allclose(got / scale, wanted / scale, atol=20 * tolerance)


def test_the_variance_as_a_difference_of_squares_would_be_seen():
    X = 1e6 + draw(S, M)
    var = (X**2).mean(axis=1) - X.mean(axis=1) ** 2
    assert np.abs(var / X.var(axis=1) - 1).max() > 1e-5


def test_a_mean_subtracted_once_would_be_seen():
    X = 1e9 + draw(S, M)
    D = X - X.mean(axis=1, keepdims=True)
    once = D / np.sqrt(D.var(axis=1, keepdims=True) + 1e-5)
    assert np.abs(once - LayerNorm(M).forward(X)).max() > 1e-9


def test_a_run_with_running_averages_goes_on_with_the_same_bits(tmp_path):
    data = Dataset(draw(40, M), np.arange(40) % 3, None, None)

    def run(epochs, path=None):
        model = Sequential(Linear(M, 7, rng=0), BatchNorm(7), Linear(7, 3, rng=1))
        optimizer = Adam(model.parameters(), 0.01)
        train(model, data, optimizer, epochs, 8, validation=0, checkpoint=path, progress=False)
        return model.layers[1]

    path = tmp_path / "run.npz"
    whole = run(4)
    run(2, path)
    resumed = run(4, path)
    for name in BatchNorm.buffers:
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
        assert not np.array_equal(getattr(whole, name), getattr(BatchNorm(7), name))
