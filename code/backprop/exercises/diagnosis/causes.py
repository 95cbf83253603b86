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
kink the reader may have taken another slope than the book: a stage is tried with each (`kinks`).
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from ..formulas import namespace, right_answer
from ..vocabulary import VOCABULARY
from .fitted import counted, fitted, scaled
from .guesses import Guess, guess
from .kinks import other_slopes
from .matching import SHAPE, fits
from .openings import alike_slips, around, opened_slips
from .rewriting import again, slips, usual, usual_slips
from .trees import filled, is_name, parsed, text


@dataclass(frozen=True)
class Cause:
    """A mistake that explains the numbers: its codes, what to say, and the whole wrong formula.

    `formula` is "" where there is none, or where what is said is enough.
    """

    codes: tuple
    says: str
    formula: str = ""


def find_causes(case, end=None, every=False):
    """The causes of the first stage in which anything fits, or of every stage; [] if none does.

    What fits to the last digit goes before what fits as single precision would. At the time `end`
    (of time.monotonic) the search stops; by default after a second and a half.
    """
    end = end or time.monotonic() + 1.5
    if fits(case.answer, case.right):
        return [Cause((SHAPE,), VOCABULARY[SHAPE])]
    found, nearly = {}, {}
    for fitting in _stage_by_stage(case, end):
        for one, cause in fitting:
            (found if fits(case.answer, one.value, 1e-9) is not None else nearly)[cause] = None
        if found and not every:
            break
    return list(found or nearly)


def _stage_by_stage(case, end):
    """For each stage [(Guess, Cause), …] of all that fits."""
    cases, near = [case, *other_slopes(case)], _nearness(case.answer)
    with np.errstate(all="ignore"):
        for stage in STAGES:
            fitting = []
            for one in cases:
                for guessed in stage(one):
                    if time.monotonic() > end:
                        yield fitting
                        return
                    if guessed.value is not None and near(guessed.value):
                        fitting += [(guessed, cause) for cause in _explained(one, guessed)]
            yield fitting


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
    shape = fits(case.answer, value)
    turned = case.answer.shape != case.right.shape
    if shape is None or not (turned or value is case.answer or fits(case.right, value) is None):
        return
    also = (shape,) if shape and value.shape == case.right.shape else ()
    says, *more = guessed.sentences
    if more:
        says = " ".join(f"({n}) {one}" for n, one in enumerate((says, *more), 1))
    tree = guessed.written()
    formula = "" if tree is None else text(tree)
    yield Cause(guessed.codes + also, f"{says}{case.aside}", formula)


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


def _said(code, value, tree=None):
    return Guess((code,), (VOCABULARY[code],), tree, value, shown=False)


def _known(case):
    """Stage 1."""
    if not case.answer.any():
        if _cut_to_zero(case):
            yield _said("integer-truncation", case.answer)
        else:
            yield _said("never-computed", case.answer)
    yield from _own(case)
    tree = parsed(case.quantity.formula)
    yield Guess(("wrong-sign",), (NEGATIVE,), filled("-A", A=tree), -case.right, shown=False)
    for code, factor, template in _sizes(case):
        yield Guess((code,), (VOCABULARY[code],), filled(template, A=tree), case.right * factor)
    if case.right.ndim == 2:
        yield _said("missing-transpose", case.right.T, filled("A.T", A=tree))
    if case.upstream is not None:
        yield from _other_upstream(case)
        yield from _jacobians(case)


NEGATIVE = "It is the negative of the right answer: every sign is reversed."


def _cut_to_zero(case):
    """Zeros that are the decimals of what is below 1, written into an array of integers."""
    integers = [v for n, v in case.names.items() if n in case.quantity.takes and _is_plain(case, n)]
    whole = case.whole or any(np.asarray(v).dtype.kind in "iu" for v in integers)
    return whole and case.right.any() and not np.trunc(case.right).any()


def _is_plain(case, name):
    return not {"labels", "whole"} & set(case.quantity.takes[name].split())


def _factors(case):
    """(code, factor, how it is written): the sign, and the sizes that a mean brings in."""
    yield "wrong-sign", -1, "-A"
    yield from _sizes(case)


def _sizes(case):
    S = case.size("S")
    if S > 1:
        yield "missing-batch-mean", S, "A * S"
        yield "extra-batch-mean", 1 / S, "A / S"
    letters = [n for n in "SCNMK" if case.size(n) > (1 if n in "SC" else 2)]
    if S > 1:
        for power in (2, 3):
            yield "missing-batch-mean", S**power, f"A * S**{power}"
    for letter in letters:
        size = case.size(letter)
        for power in (1, 2, 3, 4):
            if power < 3 or letter == "S":
                yield "extra-batch-mean", size**-power, f"A / {letter}" + f"**{power}" * (power > 1)
        if letter != "S" and S > 1:
            yield "extra-batch-mean", 1 / (S * size), f"A / (S * {letter})"
            yield "extra-batch-mean", 1 / (S * S * size), f"A / (S**2 * {letter})"
            yield "extra-batch-mean", S / size, f"A * S / {letter}"


def _other_upstream(case):
    dY, formula = case.upstream, parsed(case.quantity.formula)
    for code, other in (
        ("upstream-missing", "np.ones_like(dY, dtype=float)"),
        ("upstream-twice", "dY**2"),
    ):
        tree = filled(text(formula), dY=parsed(other))
        yield guess(case, (code,), VOCABULARY[code], tree, shown=False)
    again = ["dY", *(f"dY.sum(axis={axis}, keepdims=True)" for axis in range(dY.ndim))]
    if dY.ndim == 2:
        again.append("dY.sum(axis=0)[:, None]")
    for upstream in again:
        value = _product(case.right, case.value(upstream))
        yield _said("upstream-twice", value, filled(f"A * {upstream}", A=formula))


def _jacobians(case):
    """∂Y/∂X itself, where it was to be multiplied by the upstream gradient: with all its indices.

    The answer is linear in dY, so what it is for a dY with a single 1 is a row of the Jacobian.
    """
    dY, right, answer = case.upstream, case.right, case.answer
    if answer.ndim < 2 or answer.size not in (
        dY.size * right.size,
        dY.size * right.size // len(dY),
    ):
        return
    if answer.size > 20_000 or is_name(parsed(case.quantity.formula), "dY"):
        return
    units = np.eye(dY.size).reshape(dY.size, *dY.shape)
    rows = [case.value(case.quantity.formula, dY=unit) for unit in units]
    if any(row is None for row in rows):
        return
    whole = np.array(rows)  # (dY.size, *right.shape)
    full = whole.reshape(*dY.shape, *right.shape)
    flat = whole.reshape(dY.size, right.size)
    says = (
        "These are the derivatives alone, the Jacobian. The upstream gradient is not multiplied in."
    )
    for value in (flat, flat.T, full, np.moveaxis(full, range(dY.ndim), range(-dY.ndim, 0))):
        yield Guess(("upstream-missing",), (says,), None, value, shown=False)
    if dY.ndim == right.ndim == 2 and len(dY) == len(right):
        each = np.einsum("ijik->ijk", full)
        for value in (each, each.swapaxes(1, 2)):
            yield Guess(("upstream-missing",), (says,), None, value, shown=False)


def _product(array, other):
    """Element by element, where that leaves the shape as it is; else None."""
    try:
        product = array * other
    except ValueError:
        return None
    return product if product.shape == array.shape else None


def _one_slip(case):
    """Stage 2."""
    yield from _slips(case)
    yield from _whole_numbers(case)
    yield from _across_samples(case)
    for name in (*case.quantity.takes, *case.quantity.where):
        value = case.value(name)
        if value is not None and value.ndim:
            tree = parsed(name)
            yield Guess(
                ("wrong-array",), (f"This is {name} itself, unchanged.",), tree, value, False
            )


def _whole_numbers(case):
    """The answer cut to integers, or computed from inputs that were."""
    quantity, names = case.quantity, case.names
    for cut in (np.trunc, np.floor, np.rint):
        yield _said("integer-truncation", cut(case.right))
    inputs = {name: names[name] for name in quantity.takes}
    floats = [n for n, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    for some in (floats, *([name] for name in floats)):
        cut = inputs | {name: np.trunc(inputs[name]) for name in some}
        value = right_answer(quantity, namespace(quantity, cut))
        yield _said("integer-truncation", value)
        yield _said("integer-truncation", np.trunc(value))


def _across_samples(case):
    """Rows that belong to a sample each, brought together."""
    right, S, A = case.right, case.size("S"), parsed(case.quantity.formula)
    if right.ndim != 2 or len(right) != S or S == 1:
        return
    yield _said("samples-mixed", np.cumsum(right, axis=0), filled("np.cumsum(A, axis=0)", A=A))
    for row in ("A[0]", "A[-1]", "A.sum(axis=0)", "A.mean(axis=0)"):
        tree = filled(f"np.tile({row}, (S, 1))", A=A)
        yield guess(case, ("samples-mixed",), VOCABULARY["samples-mixed"], tree, shown=False)
    for row in ("A.sum(axis=0)", "A.mean(axis=0)", "A.sum()", "A.mean()"):
        tree = filled(row, A=A)
        yield guess(
            case, ("collapsed-over-batch",), VOCABULARY["collapsed-over-batch"], tree, False
        )
    for axis in (0, 1, None):
        yield _said("reduction-for-elementwise", np.asarray(right.max(axis=axis)))


def _two_at_once(case):
    """Stage 4: what the stages before know is computed once; it does not depend on the answer."""
    found = list(_all((_known, _one_slip), case))
    yield from _on_top(case, lambda undone: found)


def _on_top(case, found_for, factors=None):
    """One more mistake on top of those that `found_for` gives for an answer without that one."""
    for more, factor, template in factors or _factors(case):
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
        yield "upstream-twice", "A * dY", _product(value, case.upstream)
    yield "integer-truncation", "np.trunc(A)", np.trunc(value)
    yield "integer-truncation", "np.floor(A)", np.floor(value)


def _fitted_and_more(case):
    """Stage 6: also a mistake of the quantity times a number."""
    usual = list(_factors(case))[:3]
    yield from _on_top(case, lambda undone: _all((_unscaled,), undone), usual)
    for one in _own(case):
        if one.value is not None and one.value.shape == case.answer.shape:
            yield from scaled(case, one)


def _unscaled(case):
    return (one for one in fitted(case) if one.codes != ("scaled",))


def _two_slips(case):
    """Stage 7: first the same slip at two places, then any two."""
    slipped = [_slipped(case, slip) for slip in opened_slips(case, usual_slips)]
    for one in slipped:
        yield from _slipped_twice(case, one, opened_slips(case, again(one.codes[0]), one.tree))
    for one in (*_own(case), *slipped, *_slips(case)):
        yield from _slipped_twice(case, one, usual(one.tree, around(case)))


def _slipped_twice(case, one, more):
    """What is computed for these trees is not kept: there are too many."""
    passing = replace(case, memo=dict(case.memo))
    return (one.slipped(passing, slip) for slip in more)


STAGES = (_known, _one_slip, counted, _two_at_once, fitted, _fitted_and_more, _two_slips)
