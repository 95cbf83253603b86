"""What a derivation says, in numbers: the third judge, which knows neither SymPy nor a rule for Σ.

A `World` has random numbers for every array. It computes in NumPy what the definitions say, and
every derivative by central differences of that: nothing is differentiated by a formula.
"""

import math
import operator
from functools import cached_property
from zlib import crc32

import numpy as np
from backprop.derivation.language import functions
from backprop.derivation.language.algebra import (
    Add,
    Div,
    MatMul,
    Mul,
    Neg,
    Pow,
    Sub,
    Sum,
    Transpose,
)
from backprop.derivation.language.arrays import (
    Array,
    Delta,
    Derivative,
    Direct,
    Entry,
    Gradient,
    Loss,
)
from backprop.derivation.language.chosen import Max, OneHot, Position, Positions
from backprop.derivation.language.functions import Apply
from backprop.derivation.language.kinks import Larger, Smaller, kink
from backprop.derivation.language.matrices import Det, Eye, Inner, Inverse, OfMatrix, Trace
from backprop.derivation.language.shifted import Shifted
from backprop.derivation.language.vectors import Diag, Ones, Outer
from backprop.derivation.nodes import Dimension, Index, Number, walk

STEP = 1e-2  # of the number that is moved, so that what is positive stays so
FINE = 1e-3  # near a kink it had better not be crossed
STENCIL = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}  # the error is of order STEP to the 8th
BINARY = {
    Add: operator.add, Sub: operator.sub, Mul: operator.mul, Div: operator.truediv,
    MatMul: operator.matmul, Outer: np.outer, Larger: np.maximum, Smaller: np.minimum,
}  # fmt: skip
# NumPy has no erf, the standard library has.
OWN = {
    "erf": np.vectorize(math.erf, otypes=[float]),
    "relu": lambda x: np.maximum(x, 0.0),
    "indicator": lambda x: np.where(np.asarray(x) > 0, 1.0, 0.0),
}
KNOWN = {name: OWN.get(name) or getattr(np, name) for name in functions.KNOWN}


def slope(f, x, step=STEP):
    """f'(x), by central differences."""
    h = step * max(abs(x), step)
    return sum(c * (f(x + n * h) - f(x - n * h)) for n, c in STENCIL.items()) / h


def function(name, order):
    """A known function; for an unknown h of this order tanh(a x) or its exact derivative."""
    if name in KNOWN and not order:
        return KNOWN[name]
    a, p = 0.6 + crc32(name.encode()) % 7 / 10, np.polynomial.Polynomial([0, 1])
    for _ in range(order):
        p = a * p.deriv() * np.polynomial.Polynomial([1, 0, -1])  # tanh' = 1 − tanh²
    return lambda x: p(np.tanh(a * x))


def opaque_loss(name, parts):
    """A smooth function of all entries of some arrays, and a different one of each entry."""
    x = np.concatenate([np.ravel(part) for part in parts])
    rng = np.random.default_rng(crc32(name.encode()))
    w, c = rng.uniform(0.3, 1, (2, x.size)) / np.sqrt(x.size)
    return np.sin(w @ x) + c @ x**2


def everything(derivation):
    """The target, all lines and both sides of all definitions."""
    lines = [step.expression for step in derivation.steps]
    return [derivation.target, *lines, *derivation.definitions.sides]


class World:
    """Numbers for all arrays of a derivation at one shape; `held` are those that are kept fixed."""

    def __init__(self, derivation, sizes):
        self.derivation, self.sizes = derivation, sizes
        self.definitions, self.held, self.known, self.slopes = derivation.definitions, {}, {}, {}
        self.pinned = {}  # {array: (entry, number)} where an array is made of itself
        self.parts = [part for whole in everything(derivation) for part in walk(whole)]
        bent = any(kink(part) or isinstance(part, Max) for part in self.parts)
        self.step = FINE if bent else STEP

    @property
    def integers(self):
        """The arrays of integers."""
        return {part for part in self.parts if isinstance(part, Positions)}

    def holding(self, array, numbers):
        """The same world but for one array: all that is made of it changes, and nothing else."""
        other = object.__new__(type(self))
        vars(other).update(vars(self), held={**self.held, array: numbers}, known={}, slopes={})
        return other

    def pinning(self, array, entry, x):
        """The same world but for one entry; what is made of it later changes, in the array too."""
        other = object.__new__(type(self))
        pinned = {**self.pinned, array: (entry, x)}
        vars(other).update(vars(self), pinned=pinned, known={}, slopes={})
        return other

    def frozen(self, array, numbers):
        """A world in which all that is defined is as it is here, and one array has new numbers."""
        all_held = {one: self.array(one) for one in self.definitions}
        other = self.holding(array, numbers)
        other.held = {**all_held, array: numbers}
        return other

    @cached_property
    def circles(self):
        """The arrays that are made of themselves, found without asking the prover."""
        made_of = {
            array: {part for part in walk(one.right) if isinstance(part, Array)}
            for array, one in self.definitions.items()
        }
        reached = {array: {*parts} for array, parts in made_of.items()}
        for _ in made_of:
            for parts in reached.values():
                parts |= set().union(*(made_of.get(one, set()) for one in [*parts]))
        return {
            array: {
                one for one, parts in reached.items() if array in parts and one in reached[array]
            }
            for array in made_of
            if array in reached[array]
        }

    def step_by_step(self, array):
        """All numbers of the arrays of a circle: from 0, again and again until they stay."""
        circle = sorted(self.circles[array], key=str)
        found = {one: np.zeros(self.shape(one.shape)) for one in circle}
        while True:
            now = {}
            for one in circle:
                world = object.__new__(type(self))
                vars(world).update(vars(self), known={**self.known, **found})
                now[one] = np.array(world.defined(self.definitions[one]), float)
                if one in self.pinned:
                    entry, x = self.pinned[one]
                    now[one][entry] = x
            if all(np.array_equal(now[one], found[one]) for one in circle):
                self.known |= now
                return now[array]
            found = now

    def array(self, array):
        """All numbers of an array."""
        if array not in self.known:
            self.known[array] = self.held[array] if array in self.held else self.made(array)
        return self.known[array]

    def made(self, array):
        if array in self.circles:
            return self.step_by_step(array)
        if isinstance(array, Inverse):
            return np.linalg.inv(self.array(array.of))
        if isinstance(array, Det):
            return np.linalg.det(self.array(array.of))
        if array in self.definitions:
            return self.defined(self.definitions[array])
        if isinstance(array, Gradient):
            return self.slopes_of(array.loss, array.of)
        if array in self.losses:
            return opaque_loss(array.name, [self.array(one) for one in self.ends])
        return self.free[array]

    def defined(self, one):
        at = self.grid(one.left.indices, one.array.shape) if isinstance(one.left, Entry) else {}
        return np.broadcast_to(self.value(one.right, at), self.shape(one.array.shape))

    @cached_property
    def losses(self):
        """The losses of which no definition says what they are."""
        arrays = {part for part in self.parts if isinstance(part, Array)}
        arrays |= {part.loss for part in arrays if isinstance(part, Gradient)}
        return {one for one in arrays if isinstance(one, Loss)} - self.definitions.keys()

    @cached_property
    def ends(self):
        """What such a loss is a function of: the arrays of which nothing is made.

        What is made of a loss does not count, neither as an end nor as something made.
        """
        made_of = {
            array: {part for part in walk(one.right) if isinstance(part, Array)}
            for array, one in self.definitions.items()
        }
        of_loss = {*self.losses}
        while more := {a for a, parts in made_of.items() if a not in of_loss and parts & of_loss}:
            of_loss |= more
        used = set().union(*(parts for array, parts in made_of.items() if array not in of_loss))
        ends = {array for array in made_of if not isinstance(array, Gradient)}
        if not ends - of_loss:
            ends = {part.of for part in self.parts if isinstance(part, Gradient)}
        return sorted(ends - used - of_loss, key=str)

    @cached_property
    def free(self):
        """Random numbers, not near 0, for all arrays that have no definition."""
        assumed, made = {one.array: one for one in self.derivation.hypotheses}, {}
        arrays = {part for part in self.parts if isinstance(part, Array)}
        arrays |= {part.of for part in arrays if isinstance(part, Gradient | OfMatrix)}
        arrays = {one for one in arrays if not isinstance(one, OfMatrix)}
        for array in arrays - self.definitions.keys():
            rng = np.random.default_rng(crc32(array.name.encode()))
            sign = 1 if array.positive else rng.choice([-1, 1], self.shape(array.shape))
            made[array] = sign * rng.uniform(0.4, 1.6, self.shape(array.shape))
            if array in self.in_logarithms and not array.positive:
                made[array] = rng.uniform(0.3, 0.7, self.shape(array.shape))  # log(1 − a) as well
            if isinstance(array, Positions):
                made[array] = rng.integers(1, self.sizes[array.to] + 1, self.shape(array.shape))
            if array in self.inverted:  # det > 0, and far from 0
                made[array] = made[array] + 4 * np.eye(len(made[array]))
            if array in assumed:
                made[array] = assumed[array].example(self.sizes, rng)
        return made

    @cached_property
    def inverted(self):
        """The arrays of which an inverse or a determinant occurs."""
        return {part.of for part in self.parts if isinstance(part, OfMatrix)}

    @cached_property
    def in_logarithms(self):
        """The arrays that stand in a logarithm or a root, and there in no other function."""
        inside = [part.argument for part in self.parts if is_log(part)]
        inside += [part.base for part in self.parts if is_root(part)]
        return set().union(*map(bare_arrays, inside))

    def shape(self, dimensions):
        return tuple(self.sizes[size] for size in dimensions)

    def grid(self, indices, dimensions):
        """{index: all its places, along an axis of its own}, counted from 0."""
        return dict(zip(indices, np.ogrid[*map(slice, self.shape(dimensions))], strict=True))

    def slopes_of(self, of, by):
        """∂of/∂by for two arrays, of the shape of `by` and then that of `of`."""
        if (of, by) not in self.slopes:
            self.slopes[of, by] = self.slopes_by(by, lambda world: world.array(of))
        return self.slopes[of, by]

    def slopes_by(self, array, value):
        """The derivative of value(world) by every entry of an array."""
        entries = [*np.ndindex(self.shape(array.shape))]
        found = np.array([self.slope_by(array, entry, value) for entry in entries])
        return found.reshape(self.shape(array.shape) + found.shape[1:])

    def slope_by(self, array, entry, value):
        """The derivative of value(world) by one entry."""

        def at(x):
            if array in self.circles:
                return value(self.pinning(array, entry, x))
            numbers = np.array(self.array(array), float)
            numbers[entry] = x
            return value(self.holding(array, numbers))

        return slope(at, self.array(array)[entry], self.step)

    def direct_slopes(self, of, by):
        """∂of/∂by by the one definition, of the shape of `by` and then that of `of`."""
        found = []
        for entry in np.ndindex(self.shape(by.shape)):

            def at(x, entry=entry):
                numbers = np.array(self.array(by), float)
                numbers[entry] = x
                return self.frozen(by, numbers).defined(self.definitions[of])

            found.append(slope(at, self.array(by)[entry]))
        return np.array(found).reshape(self.shape(by.shape) + self.shape(of.shape))

    def value(self, expression, at):
        """An expression: whole arrays as they are, a number at the places {index: places}."""
        match expression:
            case Number(value):
                return float(value)
            case Dimension():
                return float(self.sizes[expression])
            case Array():
                return self.array(expression)
            case Entry(array, indices):
                return self.entries(self.array(array), indices, at)
            case Neg(x):
                return -self.value(x, at)
            case Pow(x, n):
                return self.value(x, at) ** float(n)
            case Transpose(x):
                return self.value(x, at).T
            case Diag(x):
                return np.diag(self.value(x, at))
            case Ones(shape):
                return np.ones(self.shape(shape))
            case Apply(h, x):
                return function(h.name, h.order)(self.value(x, at))
            case Eye(shape):
                return np.eye(self.sizes[shape[0]])
            case Trace(x):
                return np.trace(self.value(x, at))
            case Inner(x, y):
                return np.sum(self.value(x, at) * self.value(y, at))
            case Delta(i, j):
                return np.equal(*self.places((i, j), at)) * 1.0
            case Sum():
                return self.over(expression, at).sum(axis=self.axes(expression))
            case Max():
                return self.over(expression, at).max(axis=-1)
            case OneHot(place=place):
                return (
                    np.equal(self.over(expression, at).argmax(axis=-1), self.place(place, at)) * 1.0
                )
            case Derivative(of, by):
                return self.derivative(of, by, at)
            case Direct(of, by):
                slopes = self.direct_slopes(of.array, by.array)
                return self.entries(slopes, (*by.indices, *of.indices), at)
        left, right = self.value(expression.left, at), self.value(expression.right, at)
        return BINARY[type(expression)](left, right)

    def places(self, indices, at):
        return tuple(self.place(index, at) for index in indices)

    def place(self, index, at):
        """Where an entry is, counted from 0: at an index, at a number, or at a sum of such."""
        if isinstance(index, Position):
            return self.array(index.array)[self.places(index.indices, at)] - 1
        if not isinstance(index, Shifted):
            return at[index] if isinstance(index, Index) else index - 1
        found = -1
        for (size, letter), n in index.terms:
            place = 1 if letter is None else at[letter] + 1
            found = found + n * place * (1 if size is None else self.sizes[size])
        return found

    def entries(self, numbers, indices, at):
        """The numbers at some places; 0 at those that are on no axis."""
        numbers, inside, found = np.asarray(numbers), True, self.places(indices, at)
        for place, length in zip(found, numbers.shape, strict=True):
            inside = inside & (np.asarray(place) >= 0) & (np.asarray(place) < length)
        lengths = zip(found, numbers.shape, strict=True)
        kept = tuple(np.clip(place, 0, length - 1) for place, length in lengths)
        return np.where(inside, numbers[kept], 0.0)

    def axes(self, expression):
        """The axes that are more: those of the summed indices."""
        return tuple(range(-len(expression.indices), 0))

    def over(self, expression, at):
        """The body of Σ or max, with an axis more for each of its indices."""
        axes = len(expression.indices)
        at = {
            index: np.reshape(place, np.shape(place) + (1,) * axes) for index, place in at.items()
        }
        at |= self.grid(expression.indices, expression.sizes)
        return np.broadcast_to(self.value(expression.body, at), spread(at))

    def derivative(self, of, by, at):
        """∂of/∂by at all places: the slopes by all entries, of which some are meant."""
        if isinstance(by, Array):
            slopes = self.slopes_by(by, lambda world: world.value(of, at))
            return np.moveaxis(slopes, range(len(by.shape)), range(-len(by.shape), 0))
        slopes = self.slopes_by(by.array, lambda w: np.broadcast_to(w.value(of, at), spread(at)))
        return slopes[*self.places(by.indices, at), *np.ogrid[*map(slice, spread(at))]]


def spread(at):
    """The shape of a number with these places."""
    return np.broadcast_shapes(*map(np.shape, at.values()))


def is_log(part):
    return isinstance(part, Apply) and part.function.name == "log"


def is_root(part):
    return isinstance(part, Pow) and part.exponent.denominator > 1


def bare_arrays(expression):
    """The arrays in an expression that are no argument of a function."""
    if isinstance(expression, Array | Apply):
        return {expression} if isinstance(expression, Array) else set()
    return set().union(*map(bare_arrays, expression.children()))
