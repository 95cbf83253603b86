"""Recursions at one explicit length, in exact fractions: the fuzz of definitions by themselves.

A family x is a list of terms, (number, factors); a factor is (name, back), x[t − back] or a letter
if `back` is None. Outside of 1 … T an entry is 0. Derivatives are those of dual numbers, a + b ε.
"""

from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple


class Dual(NamedTuple):
    """a + b ε, with ε² = 0."""

    a: Fraction
    b: Fraction = Fraction(0)

    def plus(self, other):
        return Dual(self.a + other.a, self.b + other.b)

    def times(self, other):
        return Dual(self.a * other.a, self.a * other.b + self.b * other.a)


class Recursion(NamedTuple):
    """{family: terms} in the order in which they are made at one step; `loss` is Σ_t of terms."""

    families: dict
    loss: list

    def at(self, length, numbers):
        return Unrolled(self, length, numbers)


class Unrolled:
    """All entries for t = 1, …, T; `numbers` are {(input, t): number, (letter, None): number}."""

    def __init__(self, recursion, length, numbers, shift=None):
        self.recursion, self.length, self.shift = recursion, length, shift
        self.numbers = numbers
        self.values = {}
        for t in range(1, length + 1):
            for name, terms in recursion.families.items():
                self.values[name, t] = self.moved((name, t), self.total(terms, t))

    def moved(self, place, value):
        """The value, with ε added where the derivative is taken."""
        return value.plus(Dual(Fraction(0), Fraction(1))) if place == self.shift else value

    def total(self, terms, t):
        found = Dual(Fraction(0))
        for number, factors in terms:
            made = Dual(Fraction(number))
            for name, back in factors:
                made = made.times(self.entry(name, None if back is None else t - back))
            found = found.plus(made)
        return found

    def entry(self, name, t):
        """x_t as a dual number; 0 outside."""
        if t is not None and not 1 <= t <= self.length:
            return Dual(Fraction(0))
        if (name, t) in self.values:
            return self.values[name, t]
        return self.moved((name, t), Dual(self.numbers[name, t]))

    @cached_property
    def loss(self):
        found = Dual(Fraction(0))
        for t in range(1, self.length + 1):
            found = found.plus(self.total(self.recursion.loss, t))
        return found

    def derivative(self, of, by):
        """d of / d by, for places (name, t); `of` is None for the loss. 0 outside."""
        key = "slopes", by
        world = vars(self).setdefault("worlds", {})
        if key not in world:
            world[key] = Unrolled(self.recursion, self.length, self.numbers, by)
        return (world[key].loss if of is None else world[key].entry(*of)).b

    def value(self, line, at):
        """A line: a sum of (number, factors, summed letters), see `factor`."""
        found = Fraction(0)
        for number, factors, summed in line:
            for places in product(range(1, self.length + 1), repeat=len(summed)):
                here = {**at, **dict(zip(summed, places, strict=True))}
                found += Fraction(number) * prod(self.factor(one, here) for one in factors)
        return found

    def factor(self, factor, at):
        """("x", name, letter, shift), ("g", …) its gradient, ("δ", letter, n), ("d", of, by)."""
        kind, *rest = factor
        if kind == "δ":
            letter, n = rest
            return Fraction(at[letter] == n)
        if kind == "d":
            (name, letter, shift), by = rest
            t = at[letter] + shift
            return self.derivative((name, t), by) if 1 <= t <= self.length else Fraction(0)
        name, letter, shift = rest
        t = None if letter is None else at[letter] + shift
        if kind == "x":
            return self.entry(name, t).a
        return Fraction(0) if t and not 1 <= t <= self.length else self.derivative(None, (name, t))
