"""Which mistake gives these numbers? An answer is compared with every wrong formula, in stages:

    1  the quantity's own mistakes, and those that any answer can have (sign, transpose, a size too
       much or too little, upstream missing or twice, zero)
    2  one slip in the right formula (`rewriting`); samples brought together; another array; cut to
       whole numbers
    3  one of these, and the sign, a size, a transpose or the upstream on top of it
    4  a number that has to be found first (`fitted`): a factor, something added, a small constant,
       one matrix for all samples
    5  one of those with a sign or a size as well
    6  two slips

A stage yields (codes, what to say, value). The first stage in which a value fits gives the causes.
A shape that is not the right one doesn't stop the comparison: the numbers may be those of a mistake
in any shape.
"""

import time
from dataclasses import dataclass

import numpy as np

from ..formulas import alike, namespace, right_answer, words
from ..vocabulary import VOCABULARY
from .fitted import fitted, scaled
from .matching import SHAPE, fits
from .rewriting import rewritings


@dataclass(frozen=True)
class Cause:
    """A mistake that explains the numbers: its codes, and what to say about it."""

    codes: tuple
    says: str


def find_causes(case, end=None, every=False):
    """The causes of the first stage in which anything fits, or of every stage; [] if none does.

    At the time `end` (of time.monotonic) the search stops; by default after two seconds.
    """
    end = end or time.monotonic() + 2
    if fits(case.answer, case.right):
        return [Cause((SHAPE,), VOCABULARY[SHAPE])]
    found = {}
    for stage in STAGES:
        for codes, says, value in stage(case):
            if time.monotonic() > end:
                return list(found)
            shape = None if value is None else fits(case.answer, value)
            if shape is None:
                continue
            # A slip that changes nothing here explains nothing.
            if shape or value is case.answer or fits(case.right, value) is None:
                also = (shape,) if shape and value.shape == case.right.shape else ()
                found[Cause(codes + also, says)] = None
        if found and not every:
            break
    return list(found)


def formulas(case):
    """(codes, what to say, wrong formula): the quantity's own, then those one slip away."""
    for mistake in case.quantity.mistakes:
        for formula in mistake.formulas:
            yield (mistake.code,), mistake.says, formula
    yield from _slips(case)


def _slips(case):
    for code, formula in rewritings(case.quantity.formula, alike(case.quantity, case.names)):
        yield (code,), _slip_in_words(case.quantity, code, formula), formula


def _slip_in_words(quantity, code, formula):
    used = words(formula)
    meanings = [f"{name} = {meant}" for name, meant in quantity.where.items() if name in used]
    where = f", with {', '.join(meanings)}" if meanings else ""
    says = "A sign is wrong." if code == "wrong-sign" else VOCABULARY[code]
    return f"{says} Your numbers are those of {formula}{where}."


def _said(code, value):
    return (code,), VOCABULARY[code], value


def _known(case):
    """Stage 1."""
    if not case.answer.any():
        yield _said("never-computed", case.answer)
    for mistake in case.quantity.mistakes:
        for formula in mistake.formulas:
            yield (mistake.code,), mistake.says, case.value(formula)
    for code, factor in _factors(case):
        yield _said(code, case.right * factor)
    if case.right.ndim == 2:
        yield _said("missing-transpose", case.right.T)
    if case.upstream is not None:
        yield from _other_upstream(case)


def _factors(case):
    """The sign, and the sizes that a mean over the batch brings in."""
    S, C, N, M = (max(1, case.size(letter)) for letter in "SCNM")
    yield "wrong-sign", -1
    if S > 1:
        yield "missing-batch-mean", S
    for size in {S, C, S * S, S * C, S * N, S * M, *(n for n in (N, M) if n > 2)} - {1}:
        yield "extra-batch-mean", 1 / size


def _other_upstream(case):
    dY, formula = case.upstream, case.quantity.formula
    yield _said("upstream-missing", case.value(formula, dY=np.ones_like(dY, dtype=float)))
    yield _said("upstream-twice", case.value(formula, dY=dY**2))
    again = [dY, *(dY.sum(axis=axis, keepdims=True) for axis in range(dY.ndim))]
    if dY.ndim == 2:
        again.append(dY.sum(axis=0)[:, None])
    for upstream in again:
        yield _said("upstream-twice", _product(case.right, upstream))


def _product(array, other):
    """Element by element, where that leaves the shape as it is; else None."""
    try:
        product = array * other
    except ValueError:
        return None
    return product if product.shape == array.shape else None


def _one_slip(case):
    """Stage 2."""
    for codes, says, formula in _slips(case):
        yield codes, says, case.value(formula)
    yield from _whole_numbers(case)
    yield from _across_samples(case)
    for name in (*case.quantity.takes, *case.quantity.where):
        value = case.value(name)
        if value is not None and value.ndim:
            yield ("wrong-array",), f"This is {name} itself, unchanged.", value


def _whole_numbers(case):
    """The answer cut to whole numbers, or computed from inputs that were."""
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
    right, S = case.right, case.size("S")
    if right.ndim != 2 or len(right) != S or S == 1:
        return
    yield _said("samples-mixed", np.cumsum(right, axis=0))
    for row in (right[0], right[-1], right.sum(axis=0), right.mean(axis=0)):
        yield _said("samples-mixed", np.tile(row, (S, 1)))
    for row in (right.sum(axis=0), right.mean(axis=0), right.sum(), right.mean()):
        yield _said("collapsed-over-batch", np.asarray(row))
    for axis in (0, 1, None):
        yield _said("reduction-for-elementwise", np.asarray(right.max(axis=axis)))


def _two_at_once(case):
    """Stage 3: what the stages before know is computed once; it does not depend on the answer."""
    found = list(_all((_known, _one_slip), case))
    yield from _on_top(case, lambda undone: found)


def _on_top(case, found_for):
    """One more mistake on top of those that `found_for` gives for an answer without that one."""
    for more, factor in _factors(case):
        for codes, says, value in found_for(case.with_answer(case.answer / factor)):
            if more not in codes:
                yield (*codes, more), f"{says} And: {VOCABULARY[more]}", value * factor
    for codes, says, value in found_for(case):
        for more, changed in _turned_or_cut(case, value):
            if changed is not None and more not in codes:
                both = (more, *codes) if more == "integer-truncation" else (*codes, more)
                yield both, f"{says} And: {VOCABULARY[more]}", changed


def _all(stages, case):
    for stage in stages:
        yield from (found for found in stage(case) if found[2] is not None)


def _turned_or_cut(case, value):
    """What else can be done to a wrong value."""
    if value.ndim == 2:
        yield "missing-transpose", value.T
    if case.upstream is not None:
        yield "upstream-twice", _product(value, case.upstream)
    yield "integer-truncation", np.trunc(value)
    yield "integer-truncation", np.floor(value)


def _fitted_and_more(case):
    """Stage 5: also a mistake of the quantity times a number."""
    yield from _on_top(case, lambda undone: _all((_unscaled,), undone))
    for mistake in case.quantity.mistakes:
        for formula in mistake.formulas:
            value = case.value(formula)
            if value is not None and value.shape == case.answer.shape:
                yield from scaled(case, value, (mistake.code,), mistake.says)


def _unscaled(case):
    return (found for found in fitted(case) if found[0] != ("scaled",))


def _two_slips(case):
    """Stage 6."""
    groups = alike(case.quantity, case.names)
    for codes, says, formula in formulas(case):
        for code, twice in rewritings(formula, groups):
            yield (*codes, code), f"{says} And: {VOCABULARY[code]}", case.value(twice)


STAGES = (_known, _one_slip, _two_at_once, fitted, _fitted_and_more, _two_slips)
