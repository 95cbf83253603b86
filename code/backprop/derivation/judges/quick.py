"""A quick no: two SymPy index expressions in NumPy, at one small shape, for random numbers.

Every array, and every derivative that no fact takes apart, gets numbers of its own. So where the
two differ clearly, they are not equal by the facts that a line cites. This is asked only to see
which facts a line needs, never whether it is true: floats prove nothing.
"""

from functools import reduce
from math import prod
from zlib import crc32

import numpy as np
import sympy

from ..errors import DerivationError
from ..language.arrays import Derivative
from ..language.matrices import Det, OfMatrix
from ..language.step import Step
from ..premises.hypotheses import strongest
from .atoms import ONE_HOT, Largest, Same, spelled, whole
from .lengths import length
from .opaque import Opaque

LARGEST = 300_000  # numbers in one array
CLEAR = 1e-6
ROUNDING = 1e-12  # where both sides are 0, terms of size 1 cancel
FUNCTIONS = {sympy.exp: np.exp, sympy.log: np.log, sympy.Abs: np.abs}
FUNCTIONS[Step] = lambda x: 1.0 * (x > ROUNDING)  # x − x may be a little more than 0


class Unknown(Exception):
    """It has no value here."""


def differ(sides, scope, known, hypotheses):
    """Whether two expressions clearly differ for some numbers; False if that is not seen.

    `scope` is {free index: length of its axis}, `known` {name: array, or derivative}.
    """
    for signs in (-1, 1), (1, 1):
        numbers = Numbers(scope, known, hypotheses, signs)
        try:
            with np.errstate(all="ignore"):
                left, right = aligned(map(numbers.value, sides))
        except Unknown:
            return False
        if np.all(np.isfinite(left - right)):
            scale = np.max(np.abs(left)) + np.max(np.abs(right))
            return bool(np.max(np.abs(left - right)) > CLEAR * scale + ROUNDING)
    return False


def aligned(tensors):
    """The arrays of some tensors, (indices, array) each, with an axis for every index of all."""
    tensors = list(tensors)
    names = union(tensors)
    return [spread(indices, array, names) for indices, array in tensors]


def union(tensors):
    return sorted({name for indices, _ in tensors for name in indices}, key=spelled)


def spread(indices, array, names):
    turned = np.transpose(array, [indices.index(name) for name in names if name in indices])
    return turned[tuple(slice(None) if name in indices else None for name in names)]


class Numbers:
    """Values of SymPy expressions as tensors: (free indices, array with an axis for each)."""

    def __init__(self, scope, known, hypotheses, signs):
        self.known, self.signs, self.sizes, self.letters = known, signs, {}, {}
        self.lengths = {index: self.length(size) for index, size in scope.items()}
        self.assumed = {one.array.name: one for one in strongest(hypotheses)}

    def length(self, size):
        """2 or 3, alternating: sizes that are next to each other differ; or what is computed."""
        symbol = whole(f"|{str(size).strip('|')}|")
        if (found := length(symbol)) != symbol:
            return int(found.xreplace({one: self.length(one) for one in found.free_symbols}))
        return self.sizes.setdefault(str(size).strip("|"), 2 + len(self.sizes) % 2)

    def value(self, expression):
        match expression:
            case sympy.Number() | sympy.NumberSymbol():
                return (), np.array(float(expression))
            case sympy.Indexed(base=base, indices=at):
                return self.entry(self.letter(spelled(base)), at)
            case sympy.Symbol() if expression in self.lengths:
                return (expression,), np.arange(1.0, self.lengths[expression] + 1)
            case Largest(args=args):
                return self.largest(*args)
            case Same(args=args):
                return self.mapped(lambda place: 1.0 * (place == 0), args)
            case sympy.Symbol():
                return (), self.letter(spelled(expression))
            case sympy.KroneckerDelta():
                return self.delta(*expression.args[:2])
            case sympy.Sum(function=body, limits=limits):
                return self.total(body, {index: size for index, _, size in limits})
            case sympy.Pow(args=args):
                return self.mapped(np.power, args)
            case sympy.Add(args=args):
                return self.mapped(lambda *values: reduce(np.add, values), args)
            case sympy.Mul(args=args):
                return self.mapped(lambda *values: reduce(np.multiply, values), args)
            case Opaque(name=name, order=order, args=args):  # all derivatives of a sine
                a = 0.5 + crc32(name.encode()) % 7 / 10
                return self.mapped(lambda x: a**order * np.sin(a * x + a + order * np.pi / 2), args)
        if expression.func not in FUNCTIONS:
            raise Unknown
        return self.mapped(FUNCTIONS[expression.func], expression.args)

    def mapped(self, function, parts):
        """A function of the values of some expressions, by element."""
        tensors = [self.value(part) for part in parts]
        names = union(tensors)
        if prod(self.lengths[name] for name in names) > LARGEST:
            raise Unknown
        return tuple(names), function(*aligned(tensors))

    def total(self, body, ranges):
        """Σ over some axes; over an index that does not occur, it is a factor."""
        self.lengths |= {index: self.length(size) for index, size in ranges.items()}
        indices, array = self.value(body)
        lost = prod(self.lengths[index] for index in ranges if index not in indices)
        axes = tuple(n for n, index in enumerate(indices) if index in ranges)
        return tuple(index for index in indices if index not in ranges), lost * array.sum(axis=axes)

    def delta(self, i, j):
        length = self.lengths[i if i.is_Symbol else j]
        return self.entry(np.eye(length), (i, j))

    def largest(self, body, index, size, place):
        """A one-hot at the largest: an axis for the place in the place of that of the index."""
        self.lengths[index] = length = self.length(size)
        names, array = self.value(body)
        if index not in names:
            return self.entry(np.eye(length)[0], (place,))
        last = np.moveaxis(array, names.index(index), -1)
        hot, rest = np.eye(length)[last.argmax(axis=-1)], [n for n in names if n != index]
        if place.is_Integer:
            return tuple(rest), hot[..., int(place) - 1]
        if place in rest:
            raise Unknown
        return (*rest, place), hot

    def entry(self, array, at):
        """The entries at all places of the indices, which may be numbers or occur twice."""
        names = tuple(dict.fromkeys(one for one in at if one.is_Symbol))
        places = dict(zip(names, np.ogrid[*(slice(self.lengths[n]) for n in names)], strict=True))
        try:
            return names, array[
                tuple(places.get(one, one) if one.is_Symbol else int(one) - 1 for one in at)
            ]
        except IndexError as error:
            raise Unknown from error

    def letter(self, name):
        """The numbers of an array, of a derivative or of a size; always the same by one name."""
        if name not in self.letters:
            self.letters[name] = self.drawn(name)
        return self.letters[name]

    def drawn(self, name):
        if name.startswith(ONE_HOT):
            raise Unknown
        if name not in self.known:
            return np.array(float(self.length(name)))
        rng, one = np.random.default_rng(crc32(name.encode())), self.known[name]
        if isinstance(one, OfMatrix):
            self.known.setdefault(one.of.name, one.of)
            value = np.linalg.det if isinstance(one, Det) else np.linalg.inv
            return value(self.letter(one.of.name))
        both = isinstance(one, Derivative)
        shape = one.of.shape + one.by.shape if both else one.shape
        shape = [self.length(size) for size in shape]
        if name in self.assumed:
            sizes = {size: self.length(size) for size in one.shape}
            try:
                return self.assumed[name].example(sizes, rng)
            except DerivationError as error:  # no such numbers at these sizes
                raise Unknown from error
        numbers = rng.uniform(0.3, 1.7, shape)
        return numbers if not both and one.positive else numbers * rng.choice(self.signs, shape)
