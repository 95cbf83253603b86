"""The last line of a derivation as a NumPy function: the right numbers, and errors in words."""

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Sum,
    array,
    chain_rule,
    d,
    dimensions,
    function,
    gradient,
    indices,
    ones,
    outer,
)
from backprop.derivation.language.arrays import Derivative, Direct, Entry, Gradient
from backprop.derivation.language.shifted import Shifted
from backprop.derivation.nodes import walk
from backprop.derivation.printing import as_numpy
from backprop.derivation.printing.as_numpy import Text
from book.chapters.chapter import derived
from evaluator import World
from evaluator import function as example

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, Y, bias = array("X", S, M), array("W", N, M), array("Y", S, N), array("b", N)
dY = gradient(Y)
LINEAR = {Y: X @ W.T + outer(ones(S), bias)}
BOOK = {f"{name}: {key}": one for name, found in derived().items() for key, one in found.items()}


def arguments(one, world):
    """Numbers for the arguments of one derivation's function."""
    text = Text(one)
    given = {name: np.array(world.array(part)) for name, part in text.arrays.items()}
    given |= {name: example(h.name, h.order) for h, name in text.functions.items()}
    sizes = {str(size): number for size, number in world.sizes.items()}
    return given | {name: sizes[name] for name, where in text.sizes.items() if where is None}


def compare(one):
    """The function at unequal sizes against finite differences of the definitions."""
    numbers = (3, 5, 2, 4, 1, 6)
    world = World(one, dict(zip(one.shapes[0], numbers, strict=False)))
    given = arguments(one, world)
    found = one.numpy()(**{name: from_zero(value) for name, value in given.items()})
    at = {} if one.target.shape else world.grid(one.scope, one.scope.values())
    shape = world.shape(one.scope.values())
    measured = np.broadcast_to(world.value(one.target, at), shape)
    assert np.shape(found) == shape
    rounding = max(1e-7 * abs(measured).max(), 1e-12)  # the latter of a sum that is 0
    np.testing.assert_allclose(found, measured, rtol=1e-7, atol=rounding)


def from_zero(value):
    """Integers that look up rows count from 1 in a formula, and from 0 in NumPy."""
    return value - 1 if getattr(value, "dtype", None) == np.int64 else value


# Three lines of windows: their sizes are in no argument, and a mean has no array in it.
WINDOWS = {f"convolution: {one}" for one in ("to_biases", "average", "without_padding['b']")}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BOOK.keys() - WINDOWS))
def test_every_last_line_of_the_book_computes_what_it_says(name):
    if refused(BOOK[name].last):
        with pytest.raises(DerivationError, match="by hand|derivative in it"):
            BOOK[name].numpy()
    else:
        compare(BOOK[name])


def refused(line):
    """Whether a line has no NumPy: shifted indices, or a derivative that is not written out."""
    parts = [*walk(line)]
    places = [i for part in parts if isinstance(part, Entry) for i in part.indices]
    slopes = any(isinstance(part, Derivative | Direct) for part in parts)
    return slopes or any(isinstance(one, Shifted) for one in places)


def test_enough_of_them_are_gradients():
    found = [one for one in BOOK.values() if isinstance(one.target, Gradient | Derivative)]
    assert len(found) >= 70


PLANTED = {
    "a power": (
        as_numpy,
        "power",
        lambda part, n: (f"({part[0]}) * 2", 1),
        "activations: hyperbolic",
    ),
    "a transpose": (Text, "matmul", lambda self, x, y: ("dY @ X.T", 1), "linear: weights"),
    "a sum": (Text, "matmul", lambda self, x, y: ("dY[0]", 1), "linear: biases"),
    "an axis": (Text, "placed", lambda self, text, *_: text, "flaws: copied"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_wrong_text_is_seen(monkeypatch, kind):
    where, name, wrong, asked = PLANTED[kind]
    compare(BOOK[asked])
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises((AssertionError, ValueError)):
        compare(BOOK[asked])


def weights():
    one = Derivation(d(L, W), define=LINEAR)
    return one.line(dY.T @ X, "as a matrix", using=(chain_rule, Y))


def test_the_text_is_what_a_reader_would_type():
    assert weights().numpy().source == (
        'def dW(dY, X):\n    """∂L/∂W, proved for all shapes."""\n    return dY.T @ X\n'
    )
    biases = Derivation(d(L, bias), define=LINEAR)
    biases.line(1 / S * (ones(S) @ dY) * S, "every sample", using=(chain_rule, Y))
    assert "    S = dY.shape[0]\n    return 1 / S * dY.sum(axis=0) * S" in biases.numpy().source


def test_a_line_with_indices():
    one = Derivation(d(L, W[a, b]), define=LINEAR)
    one.line(Sum(dY[i, a] * X[i, b], (i, 1, S)), "entries", using=(chain_rule, Y))
    assert 'np.einsum("ca,cb->ab", dY, X)' in one.numpy().source
    compare(one)


def test_names_that_python_does_not_know():
    lam, prime, h = array("lambda"), array("X'", S, M), function("h")
    one = Derivation(d(L, X), define={prime: lam * h(X)})
    one.line(lam * (gradient(prime) * h.prime(X)), "elementwise", using=(chain_rule, prime))
    assert one.numpy().source.startswith("def dX(lambda_, dX_, X, dh):")
    compare(one)


def call(dY_, X_, **more):
    return weights().numpy()(dY_, X_, **more)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((np.ones((5, 3)), np.ones((4, 2))), r"dW expects X of shape \(5, M\), got \(4, 2\)"),
        ((np.ones(5), np.ones((5, 2))), r"dW expects dY of shape \(S, N\), got \(5,\)"),
        (("text", np.ones((5, 2))), "dW expects dY to hold real numbers"),
        ((np.ones((5, 3)), [[1, 2], [3]]), "dW expects X to be an array, got rows of unequal"),
        ((np.full((5, 3), np.nan), np.ones((5, 2))), "dW expects dY to be finite"),
    ],
)
def test_arrays_that_do_not_fit(given, words):
    with pytest.raises(ValueError, match=words):
        call(*given)


def test_an_argument_is_missing():
    with pytest.raises(TypeError, match="X"):
        weights().numpy()(np.ones((5, 3)))


def test_what_cannot_be_computed():
    with pytest.raises(DerivationError, match="no line yet"):
        Derivation(d(L, W), define=LINEAR).numpy()
    one = Derivation(d(L, W[a, b]), define=LINEAR)
    one.line(Sum(dY[i, j] * d(Y[i, j], W[a, b]), (i, 1, S), (j, 1, N)), "chain rule", chain_rule)
    with pytest.raises(DerivationError, match="has a derivative in it"):
        one.numpy()
    shifted = Derivation(X[a + b, 1] + X[a, b], {})
    shifted.line(X[a, b] + X[a + b, 1], "the other way")
    with pytest.raises(DerivationError, match="shifted indices"):
        shifted.numpy()
