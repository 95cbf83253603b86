"""The small integers of a drill, from its seed: the same on every machine and in every browser."""

import copy
import random
from functools import cached_property

import numpy as np

from ..formulas import LIBRARY, evaluate, letters
from ..tables import QUANTITIES

WORDS = {"S": "samples", "M": "inputs", "N": "outputs", "C": "classes", "K": "hidden units"}


class Chance:
    """Draws from a seed. Of Python's generator only `random()` is used, which never changes."""

    def __init__(self, *seed):
        self._draw = random.Random(":".join(map(str, seed))).random  # a text: the same everywhere

    def pick(self, options):
        """One of the options."""
        return options[int(self._draw() * len(options))]

    def shuffled(self, options):
        """The options in another order."""
        keys = sorted((self._draw(), place) for place in range(len(options)))
        return [options[place] for _, place in keys]

    def integer(self):
        """An integer from -4 to 5 that is not 0."""
        return self.pick([-4, -3, -2, -1, 1, 2, 3, 4, 5])


class Numbers:
    """Sizes and arrays for a drill: no two sizes are equal, no array is all ones, none has a 0.

    `names` has what a formula of the quantity may use, `right` what the formula is worth.
    """

    def __init__(self, drill, chance):
        self.quantity = QUANTITIES[drill.drills]
        self.sizes = sizes(drill, chance)
        self.arrays = {name: _array(spec, self.sizes, chance) for name, spec in drill.takes.items()}

    @cached_property
    def names(self):
        """Every name that a formula may use: an array that is shown goes before one derived."""
        names = {**LIBRARY, "np": np, **self.sizes, **self.arrays}
        for name, formula in self.quantity.where.items():
            if name not in names and (value := evaluate(formula, names)) is not None:
                names[name] = value
        return names

    @cached_property
    def right(self):
        """What the table's formula is worth."""
        return self.value(self.quantity.formula)

    @property
    def telling(self):
        """Whether no array of real numbers is constant: an upstream of ones hides mistakes."""
        return all(len(set(array.flat)) > 1 for array in self.arrays.values())

    def occurring(self, upstream):
        """{entry of the result: [the entries of `upstream` that occur in it]}, all masks open."""
        arrays = self.arrays
        opened = {n: np.abs(one) if one.dtype == float else one for n, one in arrays.items()}
        before, found = self._with(opened).right, {}
        for place in np.ndindex(opened[upstream].shape):
            moved = opened[upstream].copy()
            moved[place] += 0.125
            changed = self._with(opened | {upstream: moved}).right != before
            for entry in np.argwhere(changed):
                found.setdefault(tuple(entry.tolist()), []).append(place)
        return found

    def _with(self, arrays):
        other = copy.copy(self)
        other.__dict__ = {k: v for k, v in vars(self).items() if k not in ("names", "right")}
        other.arrays = arrays
        return other

    def value(self, formula):
        """What a formula is worth, as floats; None if its shapes do not meet."""
        value = evaluate(formula, self.names)
        return None if value is None else np.asarray(value, dtype=float)


def sizes(drill, chance, among=None):
    """{letter: size}, all different: one of `among`, or of 2 to 5 and what the drill says."""
    wanted = dict.fromkeys(word for spec in drill.takes.values() for word in letters(spec))
    wanted |= dict.fromkeys(letters(QUANTITIES[drill.drills].shape))
    found = {}
    while len(set(found.values())) < len(wanted):
        choices = {one: among or drill.sizes.get(one, "2 3 4 5").split() for one in wanted}
        found = {one: int(chance.pick(list(some))) for one, some in choices.items()}
    return found


def _array(spec, sizes, chance):
    """Integers, or what the spec says: rows of tenths that sum to 1, tenths, 0 or 1, labels."""
    shape = tuple(sizes[letter] for letter in letters(spec))
    if "probabilities" in spec:
        return np.array([_tenths(shape[1], chance) for _ in range(shape[0])]) / 10
    size = int(np.prod(shape))
    if "labels" in spec:
        return np.array([chance.pick(range(sizes["C"])) for _ in range(size)])
    if "share" in spec:
        return np.array([chance.pick(range(1, 10)) for _ in range(size)]).reshape(shape) / 10
    draw = (lambda: chance.pick([0, 1])) if "mask" in spec else chance.integer
    return np.array([float(draw()) for _ in range(size)]).reshape(shape)


def _tenths(count, chance):
    """`count` positive integers whose sum is 10."""
    parts = [1] * count
    for _ in range(10 - count):
        parts[chance.pick(range(count))] += 1
    return parts
