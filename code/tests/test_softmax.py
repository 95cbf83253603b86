"""Softmax: values, shifts, and the Jacobian that `softmax_backward` never builds."""

import math

import numpy as np
import pytest
from backprop import Softmax, check_gradients
from backprop.softmax import log_sum_exp, softmax, softmax_backward, softmax_jacobian
from helpers import draw, probabilities, seeds, sizes
from hypothesis import given
from hypothesis import strategies as st


@given(sizes(2), seeds)
def test_forward_is_the_definition(shape, seed):
    Z = draw(*shape, seed=seed)
    Y = [[math.exp(z) / math.fsum(map(math.exp, row)) for z in row] for row in Z.tolist()]
    np.testing.assert_allclose(softmax(Z), Y, rtol=1e-14)
    sums = [math.log(math.fsum(map(math.exp, row))) for row in Z.tolist()]
    np.testing.assert_allclose(log_sum_exp(Z), sums, rtol=1e-13, atol=1e-15)


def test_an_example_by_hand():
    Y = softmax(np.log([[1, 2, 5], [3, 3, 2]]))
    np.testing.assert_allclose(Y, [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]], rtol=5e-16)


@given(sizes(2), seeds, st.floats(-1000, 1000))
def test_a_shift_of_a_row_changes_nothing(shape, seed, shift):
    """Each row gets its own shift: one maximum for the whole batch would underflow a row to nan."""
    Z = draw(*shape, seed=seed)
    shifts = shift * np.arange(1, shape[0] + 1)[:, None]
    np.testing.assert_allclose(softmax(Z + shifts), softmax(Z), rtol=1e-11)
    np.testing.assert_allclose(log_sum_exp(Z + shifts), log_sum_exp(Z) + shifts[:, 0], rtol=1e-12)


@given(sizes(2), seeds, st.floats(-12, 4))
def test_rows_sum_to_one_and_the_rows_of_the_gradient_to_zero(shape, seed, scale):
    Z = 10**scale * draw(*shape, seed=seed)
    Y = softmax(Z)
    np.testing.assert_allclose(Y.sum(axis=1), 1, rtol=1e-14)
    dZ = softmax_backward(draw(*shape, seed=seed + 1), Y)
    np.testing.assert_allclose(dZ.sum(axis=1), 0, atol=1e-14)


@given(sizes(2), seeds)
def test_backward_multiplies_by_the_jacobian_of_each_row(shape, seed):
    Y, dY = probabilities(*shape, seed=seed), draw(*shape, seed=seed + 1)
    C = shape[1]
    for y, dy, dz in zip(Y, dY, softmax_backward(dY, Y), strict=True):
        J = np.array([[y[j] * ((j == k) - y[k]) for k in range(C)] for j in range(C)])
        np.testing.assert_allclose(softmax_jacobian(y), J, rtol=1e-14)
        np.testing.assert_allclose(dz, J.T @ dy, rtol=1e-12, atol=1e-15)


def test_an_upstream_gradient_of_ones_sees_nothing():
    """The sum of a row of Y is 1 whatever Z is: any fault that multiplies dZ would pass."""
    Y = softmax(draw(5, 3))
    np.testing.assert_allclose(softmax_backward(np.ones((5, 3)), Y), 0, atol=1e-16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(dtype):
    Z = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    Y = softmax(Z)
    np.testing.assert_allclose(Y, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]], rtol=1e-6)
    np.testing.assert_allclose(log_sum_exp(Z), [1e4, np.log(3) - 1e4, np.log(2) + 1e4], rtol=1e-6)
    assert np.isfinite(softmax_backward(draw(3, 3, dtype=dtype), Y)).all()


def test_one_class_is_certain_and_has_no_gradient():
    layer = Softmax()
    assert layer.forward([[3.0], [-7.0]]).tolist() == [[1], [1]]
    assert layer.backward([[2.0], [5.0]]).tolist() == [[0], [0]]


@given(sizes(2).filter(lambda shape: shape[1] > 1), seeds)
def test_gradients_agree_with_the_complex_step(shape, seed):
    assert check_gradients(Softmax(), draw(*shape, seed=seed), tolerance=1e-10)


def test_most_gradients_vanish_at_a_low_temperature():
    logits, upstream = draw(500, 4), draw(500, 4, seed=1)
    typical = []
    for tau in (2.0, 0.5, 0.1, 0.02):
        dZ = softmax_backward(upstream, softmax(logits / tau)) / tau
        typical.append(np.median(np.abs(dZ)))
    assert typical[1] > typical[2] > typical[3]
    assert typical[3] < 1e-6 < typical[0]
