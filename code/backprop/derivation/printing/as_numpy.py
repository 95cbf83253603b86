"""The last line of a derivation as a function of NumPy arrays, with its text for readers.

`written(derivation)` is the text; `function(derivation)` runs it. Matrices are written as an author
would: 1ᵀA is A.sum(axis=0), and 1 vᵀ next to a matrix is v, which NumPy repeats in each row. A line
with indices has an axis for each of them, or is one einsum.
"""

import inspect
import keyword
import math
from functools import wraps

import numpy as np

from ...validation import as_floats, expect_shape
from ..errors import DerivationError
from ..language.algebra import (
    Add,
    Div,
    Elementwise,
    MatMul,
    Mul,
    Neg,
    Over,
    Pow,
    Sub,
    Sum,
    Transpose,
)
from ..language.arrays import Array, Delta, Derivative, Direct, Entry, Gradient
from ..language.chosen import Max, OneHot, Position, Positions
from ..language.functions import Apply, Known, indicator, relu
from ..language.kinks import Larger, Smaller
from ..language.matrices import Det, Eye, Inner, Inverse, OfMatrix, Trace
from ..language.shifted import Shifted
from ..language.vectors import Diag, Ones, Outer
from ..nodes import Dimension, Index, Number, Place, walk
from .printer import sides

SIGNS = {Add: "+", Sub: "-", Mul: "*", Div: "/"}
EXTREMES = {Larger: "np.maximum", Smaller: "np.minimum"}
LOOSE, PRODUCT, MATRIX, POWER, ATOM = range(5)  # how firmly the text of a part holds together
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ERF = np.vectorize(math.erf, otypes=[float])  # NumPy has none


def function(derivation):
    """A function of the arrays in the last line, by name; its text is in `source`.

    Arguments and result are arrays of the shapes that the letters have; the function h of a
    derivation and its derivative h' are arguments h and dh. Raises ValueError for arrays that do
    not fit together, and DerivationError if the line has a derivative in it that was not found.
    """
    text = Text(derivation)
    known = {"np": np, "erf": ERF}
    exec(text.source, known)  # what a reader would type, from the line that was judged
    return checked(known[text.name], text)


def checked(plain, text):
    """The function with its arguments looked at."""
    signature = inspect.signature(plain)

    @wraps(plain)
    def wrapped(*args, **kwargs):
        given, sizes = signature.bind(*args, **kwargs).arguments, {}
        for name, array in text.arrays.items():
            if isinstance(array, Positions):
                given[name] = as_positions(given[name], name, text.name)
            else:
                given[name] = as_floats(given[name], name, text.name)
            expect_shape(given[name], [str(n) for n in array.shape], sizes, name, text.name)
        return plain(**given)

    wrapped.source = text.source
    return wrapped


def as_positions(value, name, function):
    """Integers, counted from 0 as in NumPy. Raises ValueError for others."""
    made = np.asarray(value)
    if made.dtype.kind not in "iu" or (made.size and made.min() < 0):
        raise ValueError(f"{function} expects {name} to be integers from 0 on, got {value!r}")
    return made


class Text:
    """The function as text: `name`, `arrays` {argument: array}, `source`."""

    def __init__(self, derivation):
        self.line, self.scope = derivation.last, derivation.scope
        parts = [*walk(self.line)]
        if any(isinstance(part, Derivative | Direct) for part in parts):
            raise DerivationError(
                f"the last line has a derivative in it, {self.line}: write it out, or cite what "
                "says it, before it can be computed"
            )
        indices = [i for part in parts if isinstance(part, Entry) for i in part.indices]
        if any(isinstance(i, Shifted) for i in indices):
            raise DerivationError(f"{self.line} has shifted indices: write its NumPy by hand")
        self.taken = {"np", "erf"} | {str(part) for part in parts if isinstance(part, Dimension)}
        self.name = self.free(name_of(derivation))
        found = [part.array if isinstance(part, Entry) else part for part in parts]
        found = [part.of if isinstance(part, OfMatrix) else part for part in found]
        found = [*dict.fromkeys(part for part in found if isinstance(part, Array))]
        self.called = {array: self.free(argument(array)) for array in found}
        self.arrays = {name: array for array, name in self.called.items()}
        unknown = [part.function for part in parts if isinstance(part, Apply)]
        unknown = dict.fromkeys(one for one in unknown if not isinstance(one, Known))
        self.functions = {one: self.free("d" * one.order + plain(one.name)) for one in unknown}
        self.sizes = {}  # {name: the text that reads it off an array, or None}
        self.source = self.written(derivation)

    def free(self, name):
        """The name, with a line below it as often as it takes to be the only one."""
        while name in self.taken or keyword.iskeyword(name):
            name += "_"
        self.taken.add(name)
        return name

    def written(self, derivation):
        """The whole function."""
        if self.line.shape or not self.scope:
            body = self.array(self.line)[0]
        else:
            body = self.everywhere(self.line)
        alone = [name for name, where in self.sizes.items() if where is None]
        names = ", ".join([*self.arrays, *self.functions.values(), *alone])
        lines = [f"    {name} = {where}" for name, where in self.sizes.items() if where]
        said = "proved for all shapes" if derivation.proved else "not proved for all shapes"
        head = [
            f"def {self.name}({names}):",
            f'    """{derivation.whole or derivation.target}, {said}."""',
        ]
        return "\n".join([*head, *lines, f"    return {body}", ""])

    def size(self, dimension):
        """The name of a size, which is read off an array if there is one that has it."""
        name = str(dimension)
        places = (
            (one, array.shape.index(dimension))
            for one, array in self.arrays.items()
            if dimension in array.shape
        )
        self.sizes[name] = next((f"{one}.shape[{axis}]" for one, axis in places), None)
        return name

    # Whole arrays: (text, how firmly it holds).

    def array(self, node):
        """The text of a whole array, or of a scalar without indices."""
        match node:
            case Inverse(of=matrix):
                return f"np.linalg.inv({self.called[matrix]})", ATOM
            case Det(of=matrix):
                return f"np.linalg.det({self.called[matrix]})", ATOM
            case Array():
                return self.called[node], ATOM
            case Eye(shape):
                return f"np.eye({self.size(shape[0])})", ATOM
            case Trace(x):
                return f"np.trace({self.array(x)[0]})", ATOM
            case Inner(x, y):
                return f"np.sum({self.hold(x, PRODUCT)} * {self.hold(y, POWER)})", ATOM
            case Number(value):
                return self.number(value)
            case Dimension():
                return self.size(node), ATOM
            case Ones(shape):
                return f"np.ones({self.shape(shape)})", ATOM
            case Neg(x):
                return f"-{self.hold(x, PRODUCT)}", LOOSE
            case Transpose(x):
                return f"{self.hold(x, ATOM)}.T", ATOM
            case Diag(x):
                return f"np.diag({self.array(x)[0]})", ATOM
            case Outer(x, y):
                return f"np.outer({self.array(x)[0]}, {self.array(y)[0]})", ATOM
            case Apply(h, x):
                return self.applied(h, x, self.array)
            case Pow(x, n):
                return power(self.array(x), n)
            case MatMul(x, y):
                return self.matmul(x, y)
            case Elementwise(left=x, right=y):
                return self.elementwise(type(node), x, y)
        return self.indexed(node, ())

    def hold(self, node, level):
        """The text of a part, in brackets if it is looser than `level`."""
        return held(self.array(node), level)

    def shape(self, dimensions):
        names = ", ".join(map(self.size, dimensions))
        return f"({names},)" if len(dimensions) == 1 else f"({names})"

    def number(self, value):
        if value.is_Integer:
            return str(value), ATOM if value >= 0 else PRODUCT
        if value.is_Rational:
            return f"{value.p} / {value.q}", PRODUCT
        return "np.pi", ATOM

    def applied(self, h, x, text):
        """A function of a part, of which `text` makes the text."""
        if h == relu:
            return f"np.maximum({text(x)[0]}, 0)", ATOM
        if h == indicator:
            return f"np.where({self.compared(x, text)}, 1.0, 0.0)", ATOM
        if isinstance(h, Known):
            return f"{h.name if h.name == 'erf' else f'np.{h.name}'}({text(x)[0]})", ATOM
        return f"{self.functions[h]}({text(x)[0]})", ATOM

    def compared(self, x, text):
        """X > Y, of booleans."""
        left, sign, right = sides(x)
        return f"{held(text(left), LOOSE)} {sign} {held(text(right), LOOSE)}"

    def masked(self, node, text):
        """dY * (X > 0): next to numbers, NumPy takes a boolean for 0 or 1."""
        if not isinstance(node, Mul) or is_mask(node.left) == is_mask(node.right):
            return None
        mask, other = (node.left, node.right) if is_mask(node.left) else (node.right, node.left)
        between = self.compared(mask.argument, text)
        return f"{held(text(other), PRODUCT)} * ({between})", PRODUCT

    def matmul(self, x, y):
        """A matrix product; a sum where it is one with ones, a factor where it is one with diag."""
        if isinstance(x, Ones) and len(x.shape) == 1 and not isinstance(y, Ones):
            return f"{self.hold(y, ATOM)}.sum({'axis=0' if len(y.shape) == 2 else ''})", ATOM
        if isinstance(y, Ones) and len(y.shape) == 1 and not isinstance(x, Ones):
            return f"{self.hold(x, ATOM)}.sum({'axis=1' if len(x.shape) == 2 else ''})", ATOM
        if isinstance(x, Diag) and len(y.shape) == 2:
            return f"{self.hold(x.operand, ATOM)}[:, None] * {self.hold(y, POWER)}", PRODUCT
        return f"{self.hold(x, MATRIX)} @ {self.hold(y, POWER)}", MATRIX

    def elementwise(self, kind, x, y):
        """+ − * / of two arrays; a vector that is repeated in rows or columns is left to NumPy."""
        if kind is Mul and (found := self.masked(kind(x, y), self.array)):
            return found
        left, right = self.repeated(x, y), None
        if left is None:
            left, right = self.array(x), self.repeated(y, x)
        return joined(kind, left, right or self.array(y))

    def repeated(self, node, beside):
        """The vector of 1 vᵀ or v 1ᵀ as NumPy repeats it next to a whole matrix; else None."""
        if not isinstance(node, Outer) or not beside.shape or isinstance(beside, Outer):
            return None
        match node:
            case Outer(Ones(), v) if not isinstance(v, Ones):
                return self.array(v)
            case Outer(u, Ones()) if not isinstance(u, Ones):
                return f"{self.hold(u, ATOM)}[:, None]", ATOM
        return None

    # Scalars with indices: an axis for each index of the frame.

    def everywhere(self, node):
        """A scalar at all entries of the target."""
        frame = tuple(self.scope)
        text = self.indexed(node, frame)[0]
        if {*frame} <= {*letters_in(node)}:
            return text
        return f"np.broadcast_to({text}, {self.shape(self.scope.values())})"

    def indexed(self, node, frame):
        """The text of a scalar with indices, with the axes of the frame."""
        match node:
            case Entry(array, ()):
                return self.array(array)
            case Entry(array, indices):
                return self.placed(self.array(array)[0], indices, frame), ATOM
            case Delta(Position() as place, other) | Delta(other, Position() as place):
                return self.one_hot(place, other, frame)
            case OneHot(place=place):
                return self.at_largest(node, place, frame)
            case Max():
                body = self.indexed(node.body, (*frame, *node.indices))
                return f"{held(body, ATOM)}.max(axis=-1)", ATOM
            case Delta(left, right):
                sizes = [self.frame_sizes[i] for i in (left, right) if isinstance(i, Index)]
                return self.placed(f"np.eye({self.size(sizes[0])})", (left, right), frame), ATOM
            case Sum():
                return self.total(node, frame)
            case Neg(x):
                return f"-{held(self.indexed(x, frame), PRODUCT)}", LOOSE
            case Apply(h, x):
                return self.applied(h, x, lambda part: self.indexed(part, frame))
            case Pow(x, n):
                return power(self.indexed(x, frame), n)
            case Elementwise(left=x, right=y):
                part = lambda one: self.indexed(one, frame)  # noqa: E731
                return self.masked(node, part) or joined(type(node), part(x), part(y))
        return self.array(node)

    @property
    def frame_sizes(self):
        """{index: size} of all indices of the line."""
        sums = [part for part in walk(self.line) if isinstance(part, Over)]
        pairs = [pair for one in sums for pair in zip(one.indices, one.sizes, strict=True)]
        return {**self.scope, **dict(pairs)}

    def placed(self, text, indices, frame):
        """An entry X_ik as the array X, with its axes where the frame has i and k."""
        text, indices = self.looked_up(text, indices)
        if any(isinstance(i, int) for i in indices):
            places = ", ".join(str(i - 1) if isinstance(i, int) else ":" for i in indices)
            text = f"{text}[{places}]"
        mine = [i for i in indices if isinstance(i, Index)]
        if len(mine) == 2 and mine[0] == mine[1]:
            text, mine = f"np.diagonal({text})", mine[:1]
        order = sorted(range(len(mine)), key=lambda n: frame.index(mine[n]))
        if order != [*range(len(mine))]:
            text += ".T" if len(mine) == 2 else f".transpose({', '.join(map(str, order))})"
        marks = [":" if index in mine else "None" for index in frame]
        return text if "None" not in marks or not mine else f"{text}[{', '.join(marks)}]"

    def one_hot(self, position, other, frame):
        """[v = t_i] as rows of an identity matrix."""
        if isinstance(other, Position):
            raise DerivationError(f"{position} = {other}: write its NumPy by hand")
        table = f"np.eye({self.size(position.array.to)})[{self.called[position.array]}]"
        return self.placed(table, (*position.indices, other), frame), ATOM

    def at_largest(self, node, place, frame):
        """[k = argmax_l X_il] as rows of an identity matrix."""
        if not isinstance(place, Index) or place not in frame:
            raise DerivationError(f"{node}: write its NumPy by hand")
        rest = tuple(index for index in frame if index != place)
        used = [index for index in rest if index in {*letters_in(node.body)}]
        body = self.indexed(node.body, (*used, *node.indices))
        table = f"np.eye({self.size(node.sizes[0])})[{held(body, ATOM)}.argmax(axis=-1)]"
        return self.placed(table, (*used, place), frame), ATOM

    def looked_up(self, text, indices):
        """(E[t], the indices of its axes), for E[t[i], j]."""
        places = [n for n, one in enumerate(indices) if isinstance(one, Position)]
        if not places:
            return text, indices
        [n], t = places[:1], indices[places[0]]
        indices = (*indices[:n], *t.indices, *indices[n + 1 :])
        if len(places) > 1 or len({*indices}) < len(indices):
            raise DerivationError(
                f"{self.line} has a look-up along a diagonal: write its NumPy by hand"
            )
        return f"{text}[{':, ' * n}{self.called[t.array]}]", indices

    def total(self, node, frame):
        """Σ: an einsum if it is a product of entries, else a sum over the last axes."""
        found = factors(node.body)
        if found and {*frame, *node.indices} <= {i for one in found for i in one.indices}:
            return self.einsum(found, frame), ATOM
        used = {*letters_in(node.body)}
        idle = [n for i, n in zip(node.indices, node.sizes, strict=True) if i not in used]
        summed = [i for i in node.indices if i in used]
        body = self.indexed(node.body, (*frame, *summed))
        axes = ", ".join(str(n - len(summed)) for n in range(len(summed)))
        axes = f"({axes})" if len(summed) > 1 else axes
        text = f"{held(body, ATOM)}.sum(axis={axes})" if summed else held(body, PRODUCT)
        return " * ".join([*map(self.size, idle), text]), PRODUCT if idle else ATOM

    def einsum(self, found, frame):
        letters = {}
        for index in [*frame, *(i for one in found for i in one.indices)]:
            letters.setdefault(index, LETTERS[len(letters)])
        inputs = ",".join("".join(letters[i] for i in one.indices) for one in found)
        output = "".join(letters[i] for i in frame)
        arrays = ", ".join(self.array(one.array)[0] for one in found)
        return f'np.einsum("{inputs}->{output}", {arrays})'


def joined(kind, left, right):
    """Two parts with + − * or / between them; A @ B next to a * is in brackets, for the reader."""
    if kind in EXTREMES:
        return f"{EXTREMES[kind]}({left[0]}, {right[0]})", ATOM
    if kind in (Add, Sub):
        return f"{left[0]} {SIGNS[kind]} {held(right, PRODUCT)}", LOOSE
    left = held(left, ATOM if left[1] == MATRIX else PRODUCT)
    return f"{left} {SIGNS[kind]} {held(right, POWER)}", PRODUCT


def held(part, level):
    text, firm = part
    return f"({text})" if firm < level else text


def is_mask(node):
    return isinstance(node, Apply) and node.function == indicator


def power(part, n):
    """The text of a power, a root by its name."""
    if n == 1 / 2:
        return f"np.sqrt({part[0]})", ATOM
    return f"{held(part, ATOM)} ** {n if isinstance(n, int) else f'({n})'}", POWER


def letters_in(node):
    """The free indices of a scalar."""
    bound = {i for part in walk(node) if isinstance(part, Over) for i in part.indices}
    for part in walk(node):
        found = part.indices if isinstance(part, Entry) else ()
        found = (part.left, part.right) if isinstance(part, Delta) else found
        found = (part.place,) if isinstance(part, OneHot) else found
        letters = (i for one in found if isinstance(one, Place) for i in one.letters)
        yield from (i for i in letters if i not in bound)


def factors(node):
    """The entries of which a product is made, each with letters of its own; else []."""
    match node:
        case Mul(x, y):
            left, right = factors(x), factors(y)
            return left + right if left and right else []
        case Entry(_, indices) if indices and len({*indices}) == len(indices):
            return [node] if all(isinstance(i, Index) for i in indices) else []
    return []


def name_of(derivation):
    """dW for ∂L/∂W, and the name itself for an array."""
    match derivation.target:
        case Gradient() as one:
            return argument(one)
        case Derivative(_, by):
            return "d" + plain((by.array if isinstance(by, Entry) else by).name)
        case Entry(array):
            return plain(array.name)
        case Array():
            return plain(derivation.target.name)
    return "value"


def argument(array):
    """dY for ∂L/∂Y, which is how the book's functions call it."""
    return "d" + plain(array.of.name) if isinstance(array, Gradient) else plain(array.name)


def plain(name):
    """A name of letters and digits: h1 for h', which Python does not know."""
    primes = name.count("'")
    name = "".join(sign for sign in name if sign.isalnum() or sign == "_")
    return name + "_" * primes
