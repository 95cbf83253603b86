"""What an author names: sizes, indices, arrays and their entries, gradients, functions, δ, ones. Source: "Notation"."""

from dataclasses import dataclass

from .errors import DerivationError, ShapeError
from .nodes import Dimension, Index, Node, entry, node, shape_name


def dimensions(names):
    """Sizes from one string: S, M, N = dimensions("S M N"); a single name gives a single size."""
    made = tuple(Dimension(name) for name in names.split())
    return made if len(made) > 1 else made[0]


def indices(names):
    """Indices from one string: i, j, k = indices("i j k"); a single name gives a single index."""
    made = tuple(Index(name) for name in names.split())
    return made if len(made) > 1 else made[0]


@dataclass(frozen=True, repr=False)
class Array(Node):
    """An array of independent real entries, or one that a derivation defines."""

    name: str
    shape: tuple
    positive: bool = False

    def entry(self, *indices):
        return Entry(self, indices)


@dataclass(frozen=True, repr=False)
class Gradient(Array):
    """∂L/∂Y, of the shape of Y."""

    of: Array = None
    loss: Array = None

    def children(self):
        return [*self.shape]  # that ∂L/∂Y stands in a line does not make the line depend on Y


@dataclass(frozen=True, repr=False)
class Entry(Node):
    """One entry, X[i, k]; a number by name, such as the loss, is an array's only entry."""

    array: Array
    indices: tuple


def array(name, *shape, positive=False):
    """array("X", S, M) is X of shape (S, M), real, or > 0 where `positive`; array("λ") is a number."""
    for size in shape:
        if not isinstance(size, Dimension):
            raise ShapeError(f"the shape of {name} is made of dimensions, got {size!r}")
    made = Array(name, shape, positive)
    return made if shape else Entry(made, ())


def loss(name):
    """A loss, a number of which nothing is known unless a derivation defines it."""
    return array(name)


L = loss("L")


def gradient(variable, of=L):
    """∂L/∂Y for an array Y: an array of the shape of Y, in units of L by Y."""
    if not isinstance(variable, Array):
        raise DerivationError(f"gradient() takes a whole array, got {variable}; for an entry write d(L, …)")
    return Gradient(f"∂{of}/∂{variable}", variable.shape, False, variable, of.array)


@dataclass(frozen=True, repr=False)
class Derivative(Node):
    """∂of/∂by for a number `of` and an entry `by`."""

    of: Node
    by: Entry


def d(of, by):
    """∂of/∂by: d(Y[i, j], W[a, b]) for entries; d(L, W) is the whole gradient. Raises ShapeError."""
    of = node(of)
    if isinstance(by, Array) and isinstance(of, Entry) and not of.indices:
        return gradient(by, of)
    if of.shape or not isinstance(by, Entry) or isinstance(by.array, Gradient):
        raise ShapeError(f"d() takes a number by an entry of an array, got {of} by {by}")
    return Derivative(of, by)


@dataclass(frozen=True, repr=False)
class Delta(Node):
    left: Index
    right: Index


def delta(i, j):
    """Kronecker's δ_ij: 1 if i = j, otherwise 0; both indices on axes of the same length."""
    for index in (i, j):
        if not isinstance(index, Index) and (type(index) is not int or index < 1):
            raise DerivationError(f"δ takes two indices, got {i!r} and {j!r}")
    return Delta(i, j)


@dataclass(frozen=True)
class Function:
    """A function of one number, applied to numbers and element by element to arrays."""

    name: str
    order: int = 0

    @property
    def prime(self):
        """h', of which nothing more is known."""
        if self in (exp, log):
            raise DerivationError(f"write the derivative of {self.name} out")
        return Function(self.name, self.order + 1)

    def __call__(self, argument):
        return Apply(self, node(argument))

    def __str__(self):
        return self.name + "'" * self.order


@dataclass(frozen=True, repr=False)
class Apply(Node):
    function: Function
    argument: Node

    @property
    def shape(self):
        return self.argument.shape

    def entry(self, *indices):
        return Apply(self.function, entry(self.argument, *indices))


def function(name):
    """A differentiable function h of one number of which nothing else is known."""
    return Function(name)


exp, log = Function("exp"), Function("log")


@dataclass(frozen=True, repr=False)
class Ones(Node):
    shape: tuple

    def entry(self, *indices):
        return node(1)


def ones(*shape):
    """ones(S) is the vector of S ones, ones(S, C) the matrix of ones."""
    if len(shape) not in (1, 2) or not all(isinstance(size, Dimension) for size in shape):
        raise ShapeError(f"ones() takes one or two dimensions, got {shape!r}")
    return Ones(shape)


@dataclass(frozen=True, repr=False)
class Vectors(Node):
    """A matrix made of vectors."""

    def __post_init__(self):
        for vector in self.children():
            if len(vector.shape) != 1:
                raise ShapeError(f"{vector} is {shape_name(vector.shape)}: a vector was expected")


@dataclass(frozen=True, repr=False)
class Outer(Vectors):
    left: Node
    right: Node

    @property
    def shape(self):
        return self.left.shape + self.right.shape

    def entry(self, i, j):
        return entry(self.left, i) * entry(self.right, j)


@dataclass(frozen=True, repr=False)
class Diag(Vectors):
    vector: Node

    @property
    def shape(self):
        return self.vector.shape * 2

    def entry(self, i, j):
        return Delta(i, j) * entry(self.vector, i)


def outer(left, right):
    """The matrix u vᵀ of two vectors: outer(ones(S), bias) repeats the bias in each of S rows."""
    return Outer(left, right)


def diag(vector):
    """The square matrix with a vector on its diagonal and zeros elsewhere."""
    return Diag(vector)
