"""The nine activations, against values with fifty digits."""

import exact
import mpmath as mp
import numpy as np
import pytest
from backprop import activations
from helpers import ACTIVATIONS, draw

POINTS = np.array([-30, -12.5, -8.9, -4, -1.5, -0.6, -1e-3, 1e-3, 0.25, 1, 2.75, 6, 8.9, 9.1, 40])
each = pytest.mark.parametrize("name", ACTIVATIONS)


@each
def test_values_and_derivatives_are_exact(name):
    layer, h = ACTIVATIONS[name](), exact.ACTIVATIONS[name][0]
    with mp.workdps(50):
        values = [float(h(mp.mpf(float(x)))) for x in POINTS]
        slopes = [float(mp.diff(h, mp.mpf(float(x)))) for x in POINTS]
    np.testing.assert_allclose(layer.forward(POINTS[None])[0], values, rtol=1e-14, atol=5e-15)
    np.testing.assert_allclose(layer.derivative(POINTS), slopes, rtol=1e-14, atol=5e-15)


@each
def test_nothing_overflows_at_ten_thousand(name):
    """A warning would fail this test too: pytest turns every one into an error."""
    layer, X = ACTIVATIONS[name](), np.array([[-1e4, 1e4]])
    Y = layer.forward(X)
    dX = layer.backward([[1.0, 1.0]])
    with mp.workdps(50):
        values = [float(exact.ACTIVATIONS[name][0](mp.mpf(float(x)))) for x in X[0]]
    np.testing.assert_allclose(Y[0], values, rtol=1e-15, atol=1e-15)
    assert np.isfinite(dX).all()
    assert layer.forward(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("ReLU", 0),
        ("LeakyReLU", 0.01),
        ("LeakyReLU(0.3)", 0.3),
        ("LeakyReLU(-0.5)", -0.5),
        ("ELU", 1),
        ("ELU(0.7)", 0.7),
        ("ELU(2)", 2),
    ],
)
def test_at_a_kink_the_derivative_is_the_one_from_the_left(name, slope):
    layer = ACTIVATIONS[name]()
    assert layer.forward([[0.0, -0.0]]).tolist() == [[0, 0]]
    assert layer.backward([[3.0, 5.0]]).tolist() == [[3 * slope, 5 * slope]]


@each
def test_a_kink_is_named_where_the_slopes_differ_and_nowhere_else(name):
    layer, tiny = ACTIVATIONS[name](), 1e-9
    left, right = layer.derivative(np.array([-tiny, tiny]))
    assert layer.kinks == ((0.0,) if abs(left - right) > 1e-6 else ())


@each
def test_every_entry_is_on_its_own(name):
    """The rows of X permuted permute the rows of Y and dX."""
    layer, X, dY, order = ACTIVATIONS[name](), draw(5, 4), draw(5, 4, seed=1), [3, 0, 4, 1, 2]
    Y, dX = layer.forward(X), layer.backward(dY)
    assert np.array_equal(layer.forward(X[order]), Y[order])
    assert np.array_equal(layer.backward(dY[order]), dX[order])


FUNCTIONS = [n for n in dir(activations) if n.endswith("_derivative")]


@pytest.mark.parametrize("name", [*FUNCTIONS, *(n.removesuffix("_derivative") for n in FUNCTIONS)])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)])
def test_functions_take_an_array_of_any_shape(name, shape):
    function, X = getattr(activations, name), draw(*shape)
    Y = function(X)
    assert np.shape(Y) == shape
    np.testing.assert_allclose(np.ravel(Y), [function(x) for x in X.ravel()], rtol=1e-14)


def test_there_are_nine():
    assert len(FUNCTIONS) == len(activations.Activation.__subclasses__()) == 9


def test_far_out_the_normal_distribution_is_0_or_1_and_never_negative():
    far = np.array([-1e4, -50.0, 50.0, 1e4])
    assert activations.gelu(far).tolist() == np.maximum(far, 0).tolist()
    assert (activations.gelu(np.linspace(-37, -1, 1000)) < 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: activations.LeakyReLU("a"), "LeakyReLU expects slope to be a number, got 'a'"),
        (lambda: activations.ELU(float("nan")), "ELU expects alpha to be a number, got nan"),
        (
            lambda: activations.leaky_relu([1.0], None),
            "leaky_relu expects slope to be a number, got None",
        ),
        (
            lambda: activations.elu_derivative([1.0], alpha=1j),
            "elu_derivative expects alpha to be a number, got 1j",
        ),
        (
            lambda: activations.ReLU().forward([1.0, 2.0]),
            "ReLU expects X of shape (S, M), got (2,)",
        ),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        make()
    assert str(caught.value) == message
