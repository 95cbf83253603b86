"""The slot lemma of the proving chapter, by brute force: with its hypotheses, and without each.

Lines of sums of products on one axis are vectors over the monomials that they have at a size. A
false line that passes at a size is a combination of them that vanishes there and not at a larger
size; so the lemma says that their rank no longer grows from the size that it names.
"""

from collections import Counter
from itertools import combinations_with_replacement, product

import numpy as np
import pytest


def monomials(factors, summed, free, size, upto=None):
    """Counter of ((value of the free index,) monomial) of one product at a size.

    A factor is a tuple of indices: letters, or fixed numbers from 1. Entries beyond the size are 0.
    `upto` cuts the sums: they run to that number, not over the whole axis.
    """
    found = Counter()
    ends = min(size, upto or size)
    values = [
        range(1, size + 1) if letter in free else range(1, ends + 1) for letter in free + summed
    ]
    for chosen in product(*values):
        at = dict(zip(free + summed, chosen, strict=True))
        entries = [tuple(at.get(index, index) for index in factor) for factor in factors]
        if all(index <= size for entry in entries for index in entry):
            found[(chosen[: len(free)], tuple(sorted(entries)))] += 1
    return found


def rank(lines, size):
    vectors = [monomials(*line, size=size) for line in lines]
    columns = {one: n for n, one in enumerate(sorted(set().union(*vectors)))}
    matrix = np.zeros((len(lines), len(columns)))
    for row, vector in zip(matrix, vectors, strict=True):
        for one, times in vector.items():
            row[columns[one]] = times
    return np.linalg.matrix_rank(matrix)


def lines(slots, free, fixed=()):
    """All products of up to three factors u_i, G_ij that fill at most so many slots."""
    summed = "ijk"[: slots - len(free) - len(fixed)]
    letters = [*summed, *free, *fixed]
    factors = [(one,) for one in letters] + list(product(letters, repeat=2))
    for count in (1, 2, 3):
        for chosen in combinations_with_replacement(factors, count):
            used = {index for factor in chosen for index in factor}
            yield chosen, "".join(i for i in summed if i in used), "".join(free)


@pytest.mark.parametrize(
    ("slots", "free", "fixed"),
    [
        (1, "", ()),
        (2, "", ()),
        (2, "a", ()),
        (2, "", (1,)),
        (2, "", (2,)),
        (3, "a", (2,)),
        (3, "", ()),
    ],
)
def test_from_the_slots_on_no_false_line_passes(slots, free, fixed):
    some = list(lines(slots, free, fixed))
    some = some[:: len(some) // 150 + 1]
    size = max([slots, *fixed])
    assert rank(some, size) == rank(some, size + 1) == rank(some, size + 2)


def test_fewer_slots_do_not_suffice():
    """The cubic of the page: false, and true for two samples."""
    u = lambda *letters: [(letter,) for letter in letters]  # noqa: E731
    cubic = [
        (u("i", "j", "k"), "ijk", ""),
        (u("i", "i", "i"), "i", ""),
        (u("i", "i", "j"), "ij", ""),
    ]
    assert [rank(cubic, size) for size in (1, 2, 3, 4)] == [1, 2, 3, 3]


def test_a_fixed_number_needs_a_shape_that_has_it():
    """u_3 against u_4: one slot each, and both are 0 at the sizes 1 and 2."""
    fixed = [([(3,)], "", ""), ([(4,)], "", "")]
    assert [rank(fixed, size) for size in (1, 2, 3, 4, 5)] == [0, 0, 1, 2, 2]


def test_a_sum_over_a_part_of_an_axis_breaks_it():
    """Σ_{i≤2} u_i against Σ_{i≤3} u_i: one slot, alike up to size 2."""
    parts = [([("i",)], "i", "", 2), ([("i",)], "i", "", 3)]
    ranks = []
    for size in (1, 2, 3, 4):
        vectors = [monomials(*line[:3], size=size, upto=line[3]) for line in parts]
        ranks.append(1 if vectors[0] == vectors[1] else 2)
    assert ranks == [1, 1, 2, 2]
