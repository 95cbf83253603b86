"""Mistakes with a number in them that is not known beforehand: it is fitted to the answer.

A fit proves nothing by itself, since there is always a number that fits best; the value that it
gives is compared with the answer like any other.
"""

import numpy as np

from ..vocabulary import VOCABULARY
from .matching import ratio
from .rewriting import with_epsilon


def fitted(case):
    """(codes, what to say, value) for each kind of number."""
    if case.answer.shape == case.right.shape:
        yield from scaled(case, case.right)
        yield from _small_constant(case)
        yield from _one_matrix_for_all(case)
        yield from _something_added(case)


def scaled(case, value, codes=(), says=""):
    """The value times a number; if it is a single number, times one that has a meaning."""
    factor = ratio(case.answer, value)
    if not factor or abs(factor) < 1e-12:
        return
    meaning = _meaning(abs(factor), case)
    if value.size > 1 or ((meaning or factor in (2, 0.5)) and not codes):
        words = f"It is {factor:.4g} times the right answer{meaning}."
        yield (*codes, "scaled"), f"{says} {words}".strip(), factor * value


def _meaning(factor, case):
    """ " (that is 1/S)" for a factor that is one of the sizes or of the usual numbers."""
    known = {"log 2": np.log(2), "log 10": np.log(10)}
    known |= {letter: float(case.size(letter)) for letter in "SCNM" if case.size(letter) > 2}
    known |= {f"{letter}²": known[letter] ** 2 for letter in "SC" if letter in known}
    for name, number in known.items():
        for value, shown in [(number, name), (1 / number, f"1/{name}")]:
            if abs(factor / value - 1) < 1e-6:
                return f" (that is {shown})"
    return ""


def _something_added(case):
    """The right answer plus a number times an array, its signs or squares, or plus a constant."""
    difference = case.answer - case.right
    for name, term in _terms(case).items() if case.right.ndim else ():
        try:
            term = np.broadcast_to(term, case.right.shape)
        except ValueError:
            continue
        factor = ratio(difference, term)
        if factor:
            says = f"It is the right answer plus {factor:.4g} times {name}."
            yield (
                ("extra-term",),
                f"{says} {VOCABULARY['extra-term']}",
                case.right + factor * term,
            )


def _terms(case):
    terms = {"1": np.ones(())}
    for name in (*case.quantity.takes, *case.quantity.where):
        value = case.value(name)
        if value is not None:
            terms |= {name: value, f"|{name}|": np.abs(value), f"{name}²": value**2}
            terms[f"sign({name})"] = np.sign(value)
            if value.ndim == 1:
                terms[f"{name} as a column"] = value[:, None]
    return terms


def _small_constant(case):
    """`+ eps` in a denominator or a logarithm, or where the quantity's own mistakes have it."""
    if "eps" in case.quantity.takes:
        return
    slips = [(VOCABULARY["stray-epsilon"], f) for f in with_epsilon(case.quantity.formula)]
    own = [(m.says, f) for m in case.quantity.mistakes for f in m.formulas if "eps" in f]
    for says, formula in own + slips:
        eps = _fitting_epsilon(formula, case)
        if eps:
            yield ("stray-epsilon",), f"{says} Here it is {eps:g}.", case.answer


def _fitting_epsilon(formula, case):
    """The small round number for which the formula gives the answer; None if there is none."""
    for eps in (1e-9, -1e-9):
        for _ in range(4):  # Newton's method on a function that is nearly straight
            value, bent = (case.value(formula, eps=e) for e in (eps, eps * 1.001))
            if value is None or bent is None or value.shape != case.answer.shape:
                break
            eps += ratio(case.answer - value, (bent - value) / (0.001 * eps)) or 0
            if not 1e-15 < abs(eps) < 0.1:
                break
        else:
            eps = float(f"{eps:.1g}")  # people take round numbers
            value = case.value(formula, eps=eps)
            gap = np.abs(case.answer - case.right).max()
            if value is not None and np.abs(case.answer - value).max() <= 1e-3 * gap:
                return eps
    return None


def _one_matrix_for_all(case):
    """answer = dY @ A with the same symmetric A for every sample, whatever A may be."""
    dY = case.upstream
    if dY is None or dY.shape != case.answer.shape or dY.ndim != 2:
        return
    S, C = dY.shape
    pairs = np.transpose(np.triu_indices(C))
    if S * C < len(pairs) + C:  # too few numbers to tell
        return
    columns = np.zeros((S, C, len(pairs)))
    for n, (j, k) in enumerate(pairs):
        columns[:, k, n] = dY[:, j]
        columns[:, j, n] = dY[:, k]
    columns = columns.reshape(S * C, len(pairs))
    entries = np.linalg.lstsq(columns, case.answer.ravel(), rcond=None)[0]
    if np.abs(entries[pairs[:, 0] != pairs[:, 1]]).max(initial=0) > 1e-9:  # A is not diagonal
        value = (columns @ entries).reshape(S, C)
        yield ("samples-mixed",), VOCABULARY["samples-mixed"], value
