"""What is asked of every line that is proved in one step, next to its wrong twins.

A case is (target, definitions, right line, wrong twins); `using(target, definitions)` says what its
lines cite.
"""

from collections import Counter

import numpy as np
import pytest
from backprop.derivation import Derivation, UncitedFact, WrongStep
from backprop.derivation.judges import explicit
from backprop.derivation.judges.entries import Entries
from backprop.derivation.nodes import entry
from book.audit import mutants
from evaluator import World
from latex_reader import Reader


def proved(case, using):
    target, define, right, _ = case
    return Derivation(target, define=define).line(right, "in one step", using(target, define))


def refuses_twins(case, using):
    """Each wrong twin is refused with the first difference, in numbers."""
    target, define, _, twins = case
    for twin in twins:
        with pytest.raises(WrongStep, match="first difference"):
            Derivation(target, define=define).line(twin, "wrong", using(target, define))


def refuses_what_is_not_said(case):
    target, define, right, _ = case
    with pytest.raises((UncitedFact, WrongStep), match="does not cite|wrong"):
        Derivation(target, define=define).line(right, "in one step")


def numbers(derivation, line, sizes):
    """A line at all entries of the target, by finite differences of the definitions."""
    world, scope = World(derivation, sizes), derivation.scope
    value = world.value(entry(line, *scope), world.grid(scope, scope.values()))
    return np.broadcast_to(value, world.shape(scope.values()))


def agree(derivation, line, sizes, rtol, written_out=None):
    """The judge that writes entries out, and numbers, find a line equal to the target.

    `written_out` are the sizes for the former, if others. Returns whether another line is close.
    """
    target, scope = derivation.target, derivation.scope
    sides = [entry(side, *scope) for side in (target, line)]
    entries = Entries(written_out or sizes, derivation.definitions)
    assert explicit.judge(*sides, scope, entries) is None
    measured = numbers(derivation, target, sizes)
    close = {"rtol": rtol, "atol": rtol * np.abs(measured).max()}
    assert np.allclose(numbers(derivation, line, sizes), measured, **close)
    return lambda other: np.allclose(numbers(derivation, other, sizes), measured, **close)


def read_back(derivation, sizes, latex=lambda side: side._repr_latex_().strip("$")):
    """What is printed of each line that is no whole array has the numbers of the line."""
    world, scope = World(derivation, sizes), derivation.scope
    shape = world.shape(scope.values())
    for side in derivation.lines:
        if side.shape:
            continue  # the pages' own test reads whole arrays
        meaning = Reader(derivation, latex(side)).formula()
        read = [
            meaning(world, {str(index): n for index, n in zip(scope, at, strict=True)})
            for at in np.ndindex(shape)
        ]
        assert np.allclose(np.reshape(read, shape), numbers(derivation, side, sizes))


def accepts_no_planted_mistake(derivation, some=None):
    """Of all mistakes that are planted in its line, or of a part of them, some `some`."""
    every = [*mutants.in_lines(derivation)]
    ends = Counter(one.outcome() for one in every[:: 1 + len(every) // some if some else 1])
    assert not {*ends} & {*mutants.FAULTS}, ends
    assert ends[mutants.WRONG] >= 3, ends
