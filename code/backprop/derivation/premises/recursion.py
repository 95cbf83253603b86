"""Definitions that use themselves, H[t] by H[t − 1]: each circle goes down by steps, and never up.

The arrays of a circle have an axis for the step. So the entries are made one after another, by
t = 1, 2, …, and at one step in the order that is found here: no entry is made of itself.
"""

from dataclasses import dataclass

from ..errors import DerivationError
from ..language.arrays import Entry
from ..language.shifted import Shifted
from ..nodes import Index, walk

CURE = "a definition may use itself at an earlier step only, such as H[t - 1, i]"


@dataclass(frozen=True)
class Place:
    """Where an array is in its circle: the number of its step axis, its turn within a step."""

    axis: int
    turn: int


def places(definitions):
    """{array: Place} of all that are in a circle. Raises DerivationError for one not downwards."""
    found = {}
    for array in definitions:
        if array not in found and array in definitions.below(array):
            circle = [one for one in definitions.below(array) if definitions.mutual(array, one)]
            if any(one not in definitions for one in circle):  # through a gradient
                raise DerivationError(f"the definition of {array} goes in a circle: {CURE}")
            circle = [one for one in definitions if one in circle]
            found |= ordered(circle, definitions)
    return found


def ordered(circle, definitions):
    """{array: Place} of the arrays of one circle."""
    axes = step_axes(circle, definitions)
    now = {one: now_used(one, axes, definitions) for one in circle}
    turns = {}
    while len(turns) < len(circle):
        ready = [one for one in circle if one not in turns and now[one] <= turns.keys()]
        if not ready:
            names = " and ".join(str(one) for one in circle if one not in turns)
            raise DerivationError(
                f"the definition of {names} goes in a circle within one step: {CURE}"
            )
        turns |= {one: len(turns) + n for n, one in enumerate(ready)}
    return {one: Place(axes[one], turn) for one, turn in turns.items()}


def uses(array, circle, definitions):
    """The entries of a circle in the definition of one of its arrays."""
    parts = walk(definitions[array].body)
    return [part for part in parts if isinstance(part, Entry) and part.array in circle]


def step_axes(circle, definitions):
    """{array: number of its step axis}: a shifted index shows two, an index in common the others.

    Raises DerivationError if no step is seen.
    """
    axes, pairs = {}, [(one, part) for one in circle for part in uses(one, circle, definitions)]
    for one, part in pairs:
        for n, index in enumerate(part.indices):
            letter = stepped(index)[0]
            if not axes and isinstance(index, Shifted) and letter in definitions[one].indices:
                axes = {one: definitions[one].indices.index(letter), part.array: n}
    known = 0
    while len(axes) > known:
        known = len(axes)
        for one, part in pairs:
            axes = seen(one, part, axes, definitions[one].indices) | axes
    if missing := [one for one in circle if one not in axes]:
        raise DerivationError(f"the definition of {missing[0]} goes in a circle: {CURE}")
    return axes


def seen(one, part, axes, letters):
    """The step axis that one use of an array shows, of the user or of the used."""
    if one in axes and part.array not in axes:
        places = [n for n, i in enumerate(part.indices) if stepped(i)[0] == letters[axes[one]]]
        return {part.array: places[0]} if len(places) == 1 else {}
    if part.array in axes and one not in axes:
        letter = stepped(part.indices[axes[part.array]])[0]
        return {one: letters.index(letter)} if letter in letters else {}
    return {}


def stepped(index):
    """(t, 2) of a place t − 2, (t, 0) of t; (None, 0) of a place that is no letter and a number."""
    if isinstance(index, Index):
        return index, 0
    terms = dict(index.terms) if isinstance(index, Shifted) else {}
    back = -terms.pop((None, None), 0)
    match [*terms.items()]:
        case [((None, Index() as letter), 1)]:
            return letter, back
    return None, 0


def now_used(array, axes, definitions):
    """The arrays of its circle that one uses at the same step. Raises DerivationError for later."""
    now, step = set(), definitions[array].indices[axes[array]]
    for part in uses(array, axes, definitions):
        letter, back = stepped(part.indices[axes[part.array]])
        if letter != step:
            raise DerivationError(
                f"the definition of {array} goes in a circle, and of {part} in it nothing says "
                f"that it is at an earlier step than {step}: {CURE}"
            )
        if back < 0:
            raise DerivationError(
                f"the definition of {array} uses {part}, which is made later: {CURE}"
            )
        if not back:
            now.add(part.array)
    return now
