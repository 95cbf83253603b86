"""Initial weights: their spread, what it depends on, and the gains."""

import math

import numpy as np
import pytest
from backprop import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from backprop.initializers import (
    gain,
    kaiming_normal,
    kaiming_uniform,
    xavier_normal,
    xavier_uniform,
)
from helpers import ACTIVATIONS, draw

N, M = 300, 700  # fan_out, fan_in: far from each other
SPREAD = {
    kaiming_normal: 1 / math.sqrt(M),
    kaiming_uniform: 1 / math.sqrt(M),
    xavier_normal: math.sqrt(2 / (M + N)),
    xavier_uniform: math.sqrt(2 / (M + N)),
}
each = pytest.mark.parametrize("initializer", SPREAD, ids=lambda f: f.__name__)


@each
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_the_standard_deviation_is_the_one_promised(initializer, scale):
    """Within 1 %, which is over six standard errors for 210,000 normal draws: for any seed."""
    W = initializer((N, M), scale, rng=0)
    assert W.shape == (N, M)
    assert W.std() == pytest.approx(scale * SPREAD[initializer], rel=0.01)
    assert abs(W.mean()) < 5 * W.std() / math.sqrt(W.size)


@each
def test_the_shape_of_the_distribution(initializer):
    """A uniform one ends at √3 standard deviations, a normal one has 8.3 % beyond."""
    W = initializer((N, M), rng=0)
    beyond = (np.abs(W) > math.sqrt(3) * SPREAD[initializer]).mean()
    if "uniform" in initializer.__name__:
        assert beyond == 0
    else:
        assert beyond == pytest.approx(math.erfc(math.sqrt(1.5)), rel=0.05)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64, "float32"])
def test_dtype_and_seed(initializer, dtype):
    W = initializer((3, 4), rng=5, dtype=dtype)
    assert W.dtype == np.dtype(dtype)
    assert np.array_equal(W, initializer((3, 4), rng=np.random.default_rng(5), dtype=dtype))
    assert not np.array_equal(W, initializer((3, 4), rng=6, dtype=dtype))


@pytest.mark.parametrize(
    ("activation", "value"),
    [
        (ReLU, math.sqrt(2)),
        (LeakyReLU(0.3), math.sqrt(2 / (1 + 0.3**2))),
        (LeakyReLU(1.0), 1),
        (lambda z: z, 1),
        (lambda z: 3 * z, 1 / 3),
        (lambda z: z**2, 1 / math.sqrt(3)),
        (np.cos, 1 / math.sqrt((1 + math.exp(-2)) / 2)),
    ],
)
def test_gains_that_are_known_in_closed_form(activation, value):
    assert gain(activation) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("make", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_gains_agree_with_another_quadrature(make):
    """Gauss-Legendre on [−12, 0] and [0, 12]: another rule, other points, the kink at an end."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z = np.concatenate([6 * nodes - 6, 6 * nodes + 6])
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    h = make().forward(z[:, None])[:, 0]
    second_moment = 6 * np.sum(np.tile(weights, 2) * h**2 * density)
    assert gain(make()) == pytest.approx(1 / math.sqrt(second_moment), rel=1e-6)


@pytest.mark.parametrize("make", [ReLU, LeakyReLU, ELU, Tanh, GELU, SiLU, Sigmoid])
def test_the_gain_keeps_the_mean_square_through_layers(make):
    """After eight layers the mean square is still near 1; with gain 1 for ReLU it would be 2⁻⁸."""
    Z, rng, h = draw(200, 400, seed=1), np.random.default_rng(0), make()
    for _ in range(8):
        Z = h.forward(Z) @ kaiming_normal((400, 400), gain(h), rng).T
    assert 0.5 < (Z**2).mean() < 2


@pytest.mark.parametrize(
    "activation",
    [
        lambda z: 0 * z,
        lambda z: np.full_like(z, np.nan),
        lambda z: z[:3],
        lambda z: np.sum(z),
        lambda z: None,
        Softmax().backward,
        "relu",
        None,
        5,
    ],
)
def test_what_has_no_gain_is_refused(activation):
    with pytest.raises(ValueError, match="expects|before forward"):
        gain(activation)


@each
@pytest.mark.parametrize(
    "arguments",
    [
        {"shape": 5},
        {"shape": None},
        {"shape": (3,)},
        {"shape": (3, 4, 5)},
        {"shape": (3, 0)},
        {"shape": (3, 4.5)},
        {"shape": "34"},
        {"gain": -1},
        {"gain": None},
        {"gain": float("inf")},
        {"rng": "seed"},
        {"rng": -1},
        {"rng": 0.5},
        {"dtype": int},
        {"dtype": "float16"},
        {"dtype": None},
        {"dtype": [np.float32]},
    ],
    ids=str,
)
def test_bad_arguments_are_refused_by_name(initializer, arguments):
    with pytest.raises(ValueError, match=f"{initializer.__name__} expects"):
        initializer(**{"shape": (3, 4)} | arguments)
