"""What the letters of a derivation count, read off the axes on which they are.

legend(weights)      i counts samples, from 1 to S; j and a outputs, from 1 to N; …
"""

from ...shown import Html, maths
from ..errors import DerivationError
from ..language.algebra import Over
from ..language.arrays import Entry
from ..nodes import Index, walk

# What is along an axis, by the letter of the dimension.
ALONG = {"S": "samples", "M": "inputs", "N": "outputs", "C": "classes", "K": "hidden units"}


def legend(*derivations, **along):
    """The legend of some derivations that use their letters alike; `along` names other axes.

    Raises DerivationError if a letter counts two things in them.
    """
    found = {}
    for derivation in derivations:
        for index, size in counted(derivation).items():
            if found.setdefault(index, size) != size:
                raise DerivationError(f"{index} counts to {found[index]} and to {size}")
    return Html(
        f'<p class="legend">Letters: {in_words(found, ALONG | along, maths)}.</p>',
        f"Letters: {in_words(found, ALONG | along, str)}.",
    )


def counted(derivation):
    """{index: the size to which it counts} for every letter of its target and its lines."""
    found = {}
    for part in (part for side in lines(derivation) for part in walk(side)):
        match part:
            case Over(indices=indices, sizes=sizes):
                found |= zip(indices, sizes, strict=True)
            case Entry(array, indices):
                found |= zip(indices, array.shape, strict=True)
    return {index: size for index, size in found.items() if isinstance(index, Index)}


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
