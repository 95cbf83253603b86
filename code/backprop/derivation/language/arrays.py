"""What an author names: sizes, indices, arrays and their entries, gradients, derivatives, δ."""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import DerivationError, ShapeError
from ..nodes import Dimension, Index, Node, Place, check_name, entry, node
from . import cures
from .shifted import Shifted, as_index


def dimensions(names):
    """Sizes from one string: S, M, N = dimensions("S M N"); a single name gives a single size."""
    return several(Dimension, names, "S M N")


def indices(names):
    """Indices from one string: i, j, k = indices("i j k"); a single name gives a single index."""
    return several(Index, names, "i j k")


def several(kind, names, example):
    """One of a kind for each name in a string. Raises DerivationError."""
    if not isinstance(names, str) or not names.replace(",", " ").split():
        raise DerivationError(f'expected names in one string, such as "{example}", got {names!r}')
    made = tuple(kind(check_name(name)) for name in names.replace(",", " ").split())
    return made if len(made) > 1 else made[0]


@dataclass(frozen=True, repr=False)
class Array(Node):
    """An array of independent real entries, or one that a derivation defines."""

    name: str
    shape: tuple
    positive: bool = False
    named: ClassVar = True  # what has no name of its own is differentiated by nothing

    def entry(self, *indices):
        return Entry(self, indices)


@dataclass(frozen=True, repr=False)
class Loss(Array):
    """A scalar that depends on what is defined, unless it is defined itself: never a constant."""


@dataclass(frozen=True, repr=False)
class Gradient(Array):
    """∂L/∂Y, of the shape of Y."""

    of: Array = None
    loss: Array = None

    @classmethod
    def made(cls, variable, loss):
        return cls(f"∂{loss}/∂{variable}", variable.shape, False, variable, loss)

    def by(self, variable):
        """The gradient of the same loss by another array."""
        return Gradient.made(variable, self.loss)

    def children(self):
        return [*self.shape]  # that ∂L/∂Y is in a line does not make the line depend on Y


@dataclass(frozen=True, repr=False)
class Curvature(Array):
    """∂²L/∂Y∂Z of a loss of which nothing is said: no author writes it, the judges do."""

    @classmethod
    def made(cls, loss, one, other):
        return cls(f"∂²{loss}/∂{one}∂{other}", one.shape + other.shape)


@dataclass(frozen=True, repr=False)
class Entry(Node):
    """One entry, X[i, k]; a number by name, such as the loss, is an array's only entry."""

    array: Array
    indices: tuple


def array(name, *shape, positive=False):
    """array("X", S, M) is a real X of shape (S, M), > 0 if `positive`; array("λ") is a scalar."""
    check_name(name)
    if name == "pi" or (name, len(shape)) in {("e", 0), ("delta", 2), ("δ", 2)}:
        raise DerivationError(f"{name} has a meaning of its own on the page: take another name")
    for size in shape:
        if not isinstance(size, Dimension):
            raise ShapeError(
                f"the shape of {name} is made of dimensions, got {size!r}"
                + (f': write array("{name}", S, M)' if isinstance(size, tuple) else "")
                + (': name it first, S, M = dimensions("S M")' if type(size) in (int, str) else "")
            )
    if not isinstance(positive, bool):
        raise DerivationError(f"positive is True or False, got {positive!r}")
    made = Array(name, shape, positive)
    return made if shape else Entry(made, ())


def loss(name):
    """A loss: unless a derivation defines it, any function of the arrays that it defines last."""
    return Entry(Loss(check_name(name), ()), ())


L = loss("L")


def is_formula(one):
    return isinstance(one, Node) and bool(one.shape) and not isinstance(one, Array)


def gradient(variable, of=L):
    """∂L/∂Y for an array Y: an array of the shape of Y, in units of L over Y."""
    if not isinstance(variable, Array) or isinstance(variable, Gradient):
        if isinstance(getattr(variable, "array", None), Array) and not isinstance(variable, Entry):
            raise DerivationError(f"{variable} are integers: there is no gradient")
        raise DerivationError(
            f"gradient() takes a whole array, got {variable}; for a scalar or an entry write "
            "d(L, x) or d(L, W[a, b])"
            + (cures.formula_for_name(variable) if is_formula(variable) else "")
        )
    check_variable(variable)
    if not isinstance(of, Entry) or of.indices:
        raise ShapeError(
            f"gradient(…, of=…) takes a scalar that has a name, such as L, got {of}; "
            "write d(Y[i, j], W[a, b]) for an entry, or define a scalar and name it"
        )
    return Gradient.made(variable, of.array)


@dataclass(frozen=True, repr=False)
class Derivative(Node):
    """∂of/∂by for a scalar `of` and an entry `by`; also of whole arrays, with the axes of both."""

    of: Node
    by: Node

    @property
    def shape(self):
        return self.of.shape + self.by.shape

    def entry(self, *indices):
        rows = len(self.of.shape)
        return Derivative(entry(self.of, *indices[:rows]), entry(self.by, *indices[rows:]))


def d(of, by):
    """∂of/∂by for entries, d(Y[i, j], W[a, b]); d(L, W) is all of ∂L/∂W. Raises ShapeError.

    d(d(L, w), w) are all second derivatives, a matrix for a vector w; d(r, w) of two vectors is
    their Jacobian.
    """
    of = named(node(of))
    if type(by) is Array and by.shape and isinstance(of, Array):
        if isinstance(of, Gradient) or type(of) is Array and len(of.shape + by.shape) == 2:
            return Derivative(of, by)
    if isinstance(by, Array) and isinstance(of, Entry) and not of.indices:
        return gradient(by, of)
    array = by.array if isinstance(by, Entry) else by
    if isinstance(by, Entry) and not all(isinstance(index, Index | int) for index in by.indices):
        raise DerivationError(
            f"differentiate with respect to an entry with a letter on each axis, got {by}: name "
            "the place by a letter, X[a], and say where it is with delta(a, i + u - 1)"
        )
    if of.shape or not isinstance(array, Array) or isinstance(array, Gradient):
        raise ShapeError(
            f"d(of, by) takes a scalar and an entry of an array, or an array, got d({of}, {by})"
            + of_an_array(of, by)
        )
    check_variable(array)
    return Derivative(of, by)


def named(of):
    """∂L/∂w_a as the entry of the array ∂L/∂w."""
    match of:
        case Derivative(Entry(Loss() as loss, ()), Entry(variable, indices)) if indices:
            return Entry(Gradient.made(variable, loss), indices)
    return of


def of_an_array(of, by):
    """What is written for ∂Y/∂W, which has the axes of both."""
    if not isinstance(of, Array) or not isinstance(by, Array) or not by.shape:
        return ""
    left, right = (
        ", ".join(names[: len(one.shape)]) for one, names in ((of, "ijkl"), (by, "abcd"))
    )
    return (
        f"\n  it has {len(of.shape + by.shape)} axes and is written by its entries, "
        f"d({of}[{left}], {by}[{right}]); the chain rule sums over those of {of}, in "
        f"Derivation(d(L, {by}[{right}]), …)"
    )


@dataclass(frozen=True, repr=False)
class Direct(Node):
    """∂of/∂by by the definition of `of` alone, with all else that is in it held fixed."""

    of: Entry
    by: Entry


def direct(of, by):
    """∂Z_ta/∂W_ab with all else in the definition of Z held fixed; d(…) follows all paths.

    Raises ShapeError or DerivationError.
    """
    for one in (of, by):
        if not isinstance(one, Entry) or isinstance(one.array, Gradient):
            raise ShapeError(
                f"direct(of, by) takes two entries, direct(Z[t, a], W[a, b]), got {one!r}"
            )
    if any(isinstance(index, Shifted) for index in by.indices):
        raise DerivationError(
            f"differentiate with respect to an entry with a letter on each axis, got {by}"
        )
    return Direct(of, by)


def check_variable(array):
    """Raises DerivationError for A⁻¹ or det A, which is no letter of its own."""
    if not array.named:
        raise DerivationError(
            f"nothing is differentiated with respect to {array}: give it a letter in define={{…}}, "
            f"B: {array}, and differentiate with respect to that"
        )


@dataclass(frozen=True, repr=False)
class Delta(Node):
    left: Place
    right: Place


def delta(i, j):
    """Kronecker's δ_ij: 1 if i = j, otherwise 0; both indices on axes of the same length.

    δ(a, i + u - 1) is 1 where both places are the same, whatever the axes.
    """
    i, j = as_index(i), as_index(j)
    for one, other in ((i, j), (j, i)):
        if isinstance(one, Place) and (made := one.delta(other)) is not None:
            if isinstance(other, Place) and other.alone:
                raise DerivationError(other.lesson)
            return made
    for index in (i, j):
        if not isinstance(index, Place) and (type(index) is not int or index < 1):
            raise DerivationError(f"δ takes two indices, got {i!r} and {j!r}")
    return Delta(i, j)
