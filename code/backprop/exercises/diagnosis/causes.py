"""Which mistake gives these numbers? An answer is compared with every wrong formula, in stages:

    1  the quantity's own mistakes, and those that any answer can have (sign, transpose, a size too
       much or too little, upstream missing or twice, zero, the Jacobian itself)
    2  one slip in the right formula, or in what a name in it is defined as (`rewriting`); samples
       brought together; another array; cut to integers
    3  weights that took a step before, a count that is off by some
    4  one of stages 1 and 2, and the sign, a size, a transpose or the upstream on top of it
    5  a number that has to be found first (`fitted`): a factor, a constant, something added, one
       matrix for all samples
    6  one of those with a sign or a size as well
    7  two slips

A stage yields Guesses. The first stage in which a value fits gives the causes. A shape that is not
the right one doesn't stop the comparison: the numbers may be those of a mistake in any shape. At a
kink the reader may have taken another derivative than the book: a stage is tried with each.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from ..vocabulary import VOCABULARY
from .fitted import counted, fitted, scaled
from .general import (
    NEGATIVE,
    across_samples,
    another_factor,
    cut_to_zero,
    factors,
    jacobians,
    may_be_cut,
    other_upstream,
    product,
    said,
    sizes,
    whole_numbers,
)
from .guesses import Guess, guess
from .kinks import other_slopes
from .matching import SHAPE
from .openings import alike_slips, around, opened_slips
from .rewriting import again, slips, usual, usual_slips
from .trees import filled, parsed, text, without_one


@dataclass(frozen=True)
class Cause:
    """A mistake that explains the numbers: its codes, what to say, and the whole wrong formula.

    `formula` is "" where there is none, or where what is said is enough; `way` is there even then.
    """

    codes: tuple
    says: str
    formula: str = ""
    way: str = ""


def find_causes(case, end=None, every=False):
    """The causes of the first stage in which anything fits, or of every stage; [] if none does.

    What fits to the last digit goes before what fits as single precision would. At the time `end`
    (of time.monotonic) the search stops; by default after two seconds.
    """
    end = end or time.monotonic() + 2
    if case.fits(case.answer, case.right):
        return [Cause((SHAPE,), VOCABULARY[SHAPE])]
    found, nearly = {}, {}
    for fitting in _stage_by_stage(case, end):
        for one, cause in fitting:
            (found if case.fits(case.answer, one.value, 1e-9) is not None else nearly)[cause] = None
        if found and not every:
            break
    return list(found or nearly)


def _stage_by_stage(case, end):
    """For each stage [(Guess, Cause), …] of all that fits."""
    cases, near = [case, *other_slopes(case)], _nearness(case.answer)
    with np.errstate(all="ignore"):
        for stage in _stages(case):
            fitting = []
            for one in cases:
                for guessed in stage(one):
                    if time.monotonic() > end:
                        yield fitting
                        return
                    if guessed.value is not None and near(guessed.value):
                        fitting += [(guessed, cause) for cause in _explained(one, guessed)]
            yield fitting


def _stages(case):
    """Those that tell something: for one number there is some formula that gives it, by chance."""
    if not case.quantity.takes:  # a number from paper: only the known mistakes are said
        return STAGES[:1]
    one_number = case.answer.size > 1 and not np.ptp(case.answer)
    return STAGES[:-1] if one_number else STAGES


def _nearness(answer):
    """A quick look at the largest entry: False only where the arrays cannot be the same."""
    if not answer.size:
        return lambda value: True
    peak = int(np.abs(answer).argmax())
    there = answer.flat[peak]
    gap = 4e-9 + 4e-6 * abs(there)

    def near(value):
        return value.shape != answer.shape or abs(value.flat[peak] - there) <= gap

    return near


def _explained(case, guessed):
    """The Cause, if the numbers fit; a slip that changes nothing here explains nothing."""
    value = guessed.value
    shape = case.fits(case.answer, value)
    turned = case.answer.shape != case.right.shape
    other = value is case.answer or case.fits(case.right, value) is None
    if shape is None or not (turned or other) or not _all_of_it_matters(case, guessed):
        return
    also = (shape,) if shape and value.shape == case.right.shape else ()
    says, *more = guessed.sentences
    if more:
        says = " ".join(f"({n}) {one}" for n, one in enumerate((says, *more), 1))
    tree = guessed.whole
    way = "" if tree is None else text(tree)
    shown = guessed.shown and case.quantity.holds != "function"  # of ours, which nobody has written
    yield Cause(guessed.codes + also, f"{says}{case.aside}", way if shown else "", way)


def _all_of_it_matters(case, guessed):
    """Of a call with several wrong arguments: whether each of them changes the value.

    What leaves these numbers as they are must not be said of them.
    """
    if guessed.tree is None or not (others := without_one(guessed.tree, case.names)):
        return True
    value = case.value(guessed.tree)
    return not any(
        one is not None and one.shape == value.shape and case.same(value, one)
        for one in map(case.value, others)
    )


def formulas(case):
    """Guesses with a wrong formula each: the quantity's own, then those one slip away."""
    yield from _own(case)
    yield from _slips(case)


def _own(case):
    for mistake in case.quantity.mistakes:
        for formula in mistake.formulas:
            yield guess(case, (mistake.code,), mistake.says, parsed(formula), shown=False)


def _slips(case):
    for slip in (*opened_slips(case, slips), *alike_slips(case, usual_slips)):
        yield _slipped(case, slip)


def _slipped(case, slip):
    return guess(case, (slip.code,), slip, slip.tree)


def _known(case):
    """Stage 1."""
    if case.answer.size and not case.answer.any():
        if cut_to_zero(case):
            cut = filled("np.trunc(A)", A=parsed(case.quantity.formula))
            yield said("integer-truncation", case.answer, cut)
        else:
            yield said("never-computed", case.answer)
    yield from _own(case)
    tree = parsed(case.quantity.formula)
    yield Guess(("wrong-sign",), (NEGATIVE,), filled("-A", A=tree), -case.right, shown=False)
    for code, factor, template in sizes(case):
        yield Guess((code,), (VOCABULARY[code],), filled(template, A=tree), case.right * factor)
    if case.right.ndim == 2:
        yield said("missing-transpose", case.right.T, filled("A.T", A=tree))
    if case.upstream is not None:
        yield from other_upstream(case)
        yield from jacobians(case)


def _one_slip(case):
    """Stage 2."""
    yield from _slips(case)
    yield from whole_numbers(case)
    yield from across_samples(case)
    yield from another_factor(case)
    for name in (*case.quantity.takes, *case.quantity.where):
        value = case.value(name)
        if value is not None and value.ndim:
            tree = parsed(name)
            yield Guess(
                ("wrong-array",), (f"This is {name} itself, unchanged.",), tree, value, False
            )


def _two_at_once(case):
    """Stage 4: what the stages before know is computed once; it does not depend on the answer."""
    found = list(_all((_known, _one_slip), case))
    yield from _on_top(case, lambda undone: found)


def _on_top(case, found_for, some=None):
    """One more mistake on top of those that `found_for` gives for an answer without that one."""
    for more, factor, template in some or factors(case):
        for one in found_for(case.with_answer(case.answer / factor)):
            if more not in one.codes:
                yield one.also(more, template, one.value * factor)
    for one in found_for(case):
        for more, template, changed in _turned_or_cut(case, one.value):
            if changed is not None and more not in one.codes:
                both = one.also(more, template, changed)
                yield both.turned() if more == "integer-truncation" else both


def _all(stages, case):
    for stage in stages:
        yield from (one for one in stage(case) if one.value is not None)


def _turned_or_cut(case, value):
    """What else can be done to a wrong value."""
    if value.ndim == 2:
        yield "missing-transpose", "A.T", value.T
    if case.upstream is not None:
        yield "upstream-twice", "A * dY", product(value, case.upstream)
    if may_be_cut(case):
        yield "integer-truncation", "np.trunc(A)", np.trunc(value)
        yield "integer-truncation", "np.floor(A)", np.floor(value)


def _fitted_and_more(case):
    """Stage 6: also a mistake of the quantity times a number."""
    usual = list(factors(case))[:3]
    yield from _on_top(case, lambda undone: _all((_unscaled,), undone), usual)
    for one in _own(case):
        if one.value is not None and one.value.shape == case.answer.shape:
            yield from scaled(case, one)


def _unscaled(case):
    return (one for one in fitted(case) if one.codes != ("scaled",))


def _two_slips(case):
    """Stage 7: two in the formula, the same one at two places, then any two."""
    tree, near = parsed(case.quantity.formula), around(case)
    first = [_slipped(case, slip) for slip in usual_slips(tree, near)]
    for one in (*first, *_own(case)):
        yield from _slipped_twice(case, one, usual(one.tree, near))
    opened = [_slipped(case, slip) for slip in opened_slips(case, usual_slips)]
    for one in opened:
        yield from _slipped_twice(case, one, opened_slips(case, again(one.codes[0]), one.tree))
    for one in (*opened[len(first) :], *_slips(case)):
        yield from _slipped_twice(case, one, usual(one.tree, near))


def _slipped_twice(case, one, more):
    """What is computed for these trees is not kept: there are too many."""
    passing = replace(case, memo=dict(case.memo))
    return (one.slipped(passing, slip) for slip in more)


STAGES = (_known, _one_slip, counted, _two_at_once, fitted, _fitted_and_more, _two_slips)
