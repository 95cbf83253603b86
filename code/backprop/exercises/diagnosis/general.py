"""Mistakes that any answer can have, whatever its formula: sign, size, samples, upstream."""

import numpy as np

from ..vocabulary import VOCABULARY
from .guesses import Guess, guess
from .trees import filled, fully_opened, is_name, parsed, replaced, text


def said(code, value, tree=None):
    return Guess((code,), (VOCABULARY[code],), tree, value, shown=False)


NEGATIVE = "It is the negative of the right answer: every sign is reversed."


def cut_to_zero(case):
    """Zeros that are the decimals of what is below 1, written into an array of integers."""
    integers = [v for n, v in case.names.items() if n in case.quantity.takes and _is_plain(case, n)]
    whole = case.whole or any(np.asarray(v).dtype.kind in "iu" for v in integers)
    return whole and case.right.any() and not np.trunc(case.right).any()


def _is_plain(case, name):
    return not {"labels", "whole"} & set(case.quantity.takes[name].split())


def factors(case):
    """(code, factor, how it is written): the sign, and the sizes that a mean brings in."""
    yield "wrong-sign", -1, "-A"
    yield from sizes(case)


def sizes(case):
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
            code = "extra-batch-mean" if S < size else "scaled"
            yield code, S / size, f"A * S / {letter}"


def other_upstream(case):
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
        value = product(case.right, case.value(upstream))
        yield said("upstream-twice", value, filled(f"A * {upstream}", A=formula))


def jacobians(case):
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


def product(array, other):
    """Elementwise, where that leaves the shape as it is; else None."""
    try:
        product = array * other
    except ValueError:
        return None
    return product if product.shape == array.shape else None


def may_be_cut(case):
    """A single number is whole, and near the right one, by chance: it has to be an integer."""
    return case.answer.size > 1 or case.whole


def whole_numbers(case):
    """The answer cut to integers, or computed from inputs that were."""
    if not may_be_cut(case):
        return
    quantity, names = case.quantity, case.names
    formula = quantity.exact or quantity.formula
    tree, opened = parsed(formula), fully_opened(quantity, formula)
    for cut in ("np.trunc(A)", "np.floor(A)", "np.rint(A)"):
        yield _cut(case, filled(cut, A=tree))
    inputs = {name: names[name] for name in quantity.takes}
    floats = [n for n, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    for some in (floats, *([name] for name in floats)):
        cut = replaced(opened, {name: parsed(f"np.trunc({name})") for name in some})
        yield _cut(case, cut)
        yield _cut(case, filled("np.trunc(A)", A=cut))


def _cut(case, tree):
    return said("integer-truncation", case.value(tree), tree)


def another_factor(case):
    """An array that is multiplied in on top of all, such as value times derivative."""
    tree = parsed(case.quantity.formula)
    for name in (*case.quantity.takes, *case.quantity.where):
        value = case.value(name)
        if value is not None and value.ndim and name != "dY":
            says = f"There is a factor too many: {name}."
            whole = filled(f"A * {name}", A=tree)
            yield Guess(("extra-term",), (says,), whole, product(case.right, value), False)


def across_samples(case):
    """Rows that belong to a sample each, brought together."""
    right, S, A = case.right, case.size("S"), parsed(case.quantity.formula)
    if right.ndim != 2 or len(right) != S or S == 1:
        return
    yield said("samples-mixed", np.cumsum(right, axis=0), filled("np.cumsum(A, axis=0)", A=A))
    for row in ("A[0]", "A[-1]", "A.sum(axis=0)", "A.mean(axis=0)"):
        tree = filled(f"np.tile({row}, (S, 1))", A=A)
        yield guess(case, ("samples-mixed",), VOCABULARY["samples-mixed"], tree, shown=False)
    for row in ("A.sum(axis=0)", "A.mean(axis=0)", "A.sum()", "A.mean()"):
        tree = filled(row, A=A)
        yield guess(
            case, ("collapsed-over-batch",), VOCABULARY["collapsed-over-batch"], tree, False
        )
    for row in ("A.max(axis=0)", "A.max(axis=1)", "A.max()"):
        tree = filled(row, A=A)
        yield said("reduction-for-elementwise", case.value(tree), tree)
