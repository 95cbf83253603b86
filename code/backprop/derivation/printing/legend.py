"""What the letters of a derivation count, read off the axes on which they are.

legend(weights)      i counts samples, from 1 to S; j and a outputs, from 1 to N; …
"""

from ...shown import Html, maths
from ..errors import DerivationError
from ..language.algebra import Over
from ..language.arrays import Entry
from ..nodes import Index, walk
from .page import shown_definitions

# What is along an axis, by the letter of the dimension.
ALONG = {"S": "samples", "M": "inputs", "N": "outputs", "C": "classes", "K": "hidden units"}
NONE = "none, the lines are matrices"


def legend(*derivations, **along):
    """The legend of some derivations that use their letters alike; `along` names other axes.

    The letters of the definitions below the lines are in it; one that the lines use as well is what
    it is in the lines. Raises DerivationError if a letter counts two things in these.
    """
    found = {}
    for derivation in derivations:
        for index, size in counted(derivation).items():
            if found.setdefault(index, size) != size:
                raise DerivationError(f"{index} counts to {found[index]} and to {size}")
    for derivation in derivations:
        for one in shown_definitions(derivation):
            for side in (one.left, one.right):
                found |= {i: n for i, n in letters_of(side).items() if i not in found}
    ways = [in_words(found, ALONG | along, show) or NONE for show in (maths, str)]
    return Html(f'<p class="legend">Letters: {ways[0]}.</p>', f"Letters: {ways[1]}.")


def counted(derivation):
    """{index: the size to which it counts} for every letter of its target and its lines."""
    found = {}
    for side in lines(derivation):
        found |= letters_of(side)
    return found


def letters_of(expression):
    """{index: the size to which it counts} in one expression."""
    found = {}
    for part in walk(expression):
        match part:
            case Over(indices=indices, sizes=sizes):
                found |= zip(indices, sizes, strict=True)
            case Entry(array, indices):
                found |= zip(indices, array.shape, strict=True)
    return {i: size for i, size in found.items() if isinstance(i, Index)}


def lines(derivation):
    """Its target and its lines."""
    return [derivation.target, *(step.expression for step in derivation.steps)]


def in_words(found, along, show):
    """The letters of each size, in the order in which they come."""
    sizes = dict.fromkeys(found.values())
    return "; ".join(of_size(size, found, along, show) for size in sizes)


def of_size(size, found, along, show):
    letters = [show(str(index)) for index in found if found[index] == size]
    several = " and ".join([", ".join(letters[:-1]), letters[-1]] if letters[1:] else letters)
    verb = "count" if letters[1:] else "counts"
    what = along.get(str(size), "")
    return f"{several} {verb} {what + ', ' if what else ''}from 1 to {show(str(size))}"
