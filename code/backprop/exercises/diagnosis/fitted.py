"""Mistakes with a number in them that is not known beforehand: it is fitted to the answer.

A fit proves nothing by itself, since there is always a number that fits best; the value that it
gives is compared with the answer like any other.
"""

import ast
import itertools

import numpy as np

from ..vocabulary import VOCABULARY
from .guesses import Guess
from .matching import ratio
from .rewriting import with_epsilon
from .trees import anywhere, filled, fully_opened, names_in, names_of, parsed, replaced, text

FREE = "free"  # the name of the number to be found


def counted(case):
    """Guesses for what has one meaning only, stage 3: a step of the weights, a count."""
    if case.answer.shape == case.right.shape:
        yield from _solved(case, _updated(case))
    yield from _counted(case)


def fitted(case):
    """Guesses for each kind of number, stage 5."""
    if case.answer.shape == case.right.shape:
        yield from _whole(case)
        yield from _small_constant(case)
        yield from _solved(case, (*_constants(case), *_weights(case)))
        yield from _both_weights(case)
        yield from _one_matrix_for_all(case)
        yield from _something_added(case)


def _whole(case):
    tree = parsed(case.quantity.formula)
    yield from scaled(case, Guess((), (), tree, case.right))


def scaled(case, one):
    """The value of a guess times a number; if it is a scalar, times one that has a meaning."""
    value = one.value
    factor = ratio(case.answer, value)
    if not factor or abs(factor) < 1e-12:
        return
    meaning = _meaning(abs(factor), case)
    if value.size > 1 or ((meaning or factor in (2, 0.5)) and not one.codes):
        of = "what that gives" if one.codes else "the right answer"
        says = f"It is {factor:.4g} times {of}{meaning}."
        tree = filled("B * A", A=one.tree, B=_number(factor))
        codes, told = (*one.codes, "scaled"), (*one.says, says)
        yield Guess(codes, told, tree, factor * value, shown=bool(one.codes))


def _number(value):
    """A number as a tree, with as few digits as it needs."""
    short = next(
        (
            f"{value:.{n}g}"
            for n in range(1, 13)
            if np.isclose(float(f"{value:.{n}g}"), value, rtol=1e-7)
        ),
        repr(value),
    )
    return parsed(short)


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


# An integer that counts


def _counted(case):
    """A count such as the number of steps that is off by an integer, everywhere or at one place."""
    counts = [n for n, spec in case.quantity.takes.items() if spec == "whole"]
    if case.quantity.shape.isdigit():
        return
    for name in counts:
        tree = fully_opened(case.quantity)
        if not isinstance(case.names[name], int) or not _exponents(tree, name):
            continue
        for off in sorted(range(-case.names[name], 31), key=abs):
            if off:
                other = parsed(f"{name} + {off}" if off > 0 else f"{name} - {-off}")
                yield from _counted_with(case, tree, name, other)


def _exponents(tree, name):
    powers = (node for node in ast.walk(tree) if isinstance(node, ast.BinOp))
    return any(isinstance(p.op, ast.Pow) and name in names_in(p.right) for p in powers)


def _counted_with(case, tree, name, other):
    says = f"{VOCABULARY['wrong-index']} Here it is {text(other)} where {name} belongs."

    def rule(node):
        if isinstance(node, ast.Name) and node.id == name:
            yield "wrong-index", other

    for changed in (replaced(tree, {name: other}), *(c for _, c in anywhere(tree, rule))):
        yield Guess(("wrong-index",), (says,), changed, case.value(changed))


# A number in the formula


def _solved(case, unknowns):
    """Formulas with one unknown number in them, which is solved for."""
    if case.answer.size < 3:
        return
    for code, tree, start, says in unknowns:
        number = _solution(case, tree, start)
        if number is not None:
            found = replaced(tree, {FREE: _number(number)})
            value = case.value(found)
            if value is not None and not np.isclose(number, start, rtol=1e-9):
                yield Guess((code,), (says(f"{number:.4g}"),), found, value)


def _updated(case):
    """Weights that took their step before the gradient went back through them: W − η dW for W."""
    names = case.names
    weights = [n for n in case.quantity.takes if np.shape(names.get(f"d{n}")) == np.shape(names[n])]
    weights = [n for n in weights if np.ndim(names[n])]
    for count in range(1, len(weights) + 1):
        for some in itertools.combinations(weights, count):
            parts = {n: parsed(f"({n} - {FREE} * d{n})") for n in some}
            tree = replaced(parsed(case.quantity.formula), parts)
            shown = " and ".join(some)
            yield (
                "updated-weights",
                tree,
                0.0,
                lambda eta, shown=shown: (
                    f"{VOCABULARY['updated-weights']} Here {shown} had taken a step of η = {eta}."
                ),
            )


def _constants(case):
    """Each number of the formula as the unknown; a small one that is added is an ε."""
    free = ast.Name(FREE, ast.Load())

    def rule(node):
        match node:
            case ast.BinOp(left, ast.Add(), ast.Constant(float(small))) if small < 0.05:
                yield ("stray-epsilon", small), ast.BinOp(left, ast.Add(), free)
            case ast.Constant(int(number) | float(number)) if type(number) is not bool:
                yield ("wrong-constant", number), free

    for ((code, start), _), tree in anywhere(fully_opened(case.quantity), rule):
        if not _in_an_index(tree):
            yield (
                code,
                tree,
                float(start),
                lambda number, was=start: (
                    f"{VOCABULARY['wrong-constant']} It is {number} where {was:g} belongs."
                ),
            )


def _in_an_index(tree):
    indices = (n.slice for n in ast.walk(tree) if isinstance(n, ast.Subscript))
    return any(FREE in names_in(index) for index in indices)


def _weights(case):
    """A factor at one term of a sum as the unknown."""

    def rule(node):
        match node:
            case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
                for one, other, term in (
                    (filled(f"{FREE} * A", A=left), right, left),
                    (left, filled(f"{FREE} * A", A=right), right),
                ):
                    if not isinstance(term, ast.Constant):
                        yield text(term), ast.BinOp(one, sign, other)

    for (term, _), tree in anywhere(parsed(case.quantity.formula), rule):
        yield (
            "scaled",
            tree,
            1.0,
            lambda number, term=term: f"One term is {number} times what it must be: {term}.",
        )


def _solution(case, tree, start):
    """The number for which the formula gives the answer; None if there is none.

    Newton's method; people take round numbers, so the shortest one that fits is taken.
    """
    at, answer = start, case.answer
    for _ in range(12):
        step = 1e-6 * (abs(at) or 1.0)
        value, moved = (case.value(tree, **{FREE: x}) for x in (at, at + step))
        if value is None or moved is None or value.shape != answer.shape:
            return None
        change = ratio(answer - value, (moved - value) / step)
        if not change:
            break
        at += change
        if abs(change) < 1e-9 * abs(at):
            break
        if not np.isfinite(at) or abs(at) > 1e9:
            return None
    for digits in (1, 2, 3, 4, 6, 9, 12):
        number = float(f"{at:.{digits}g}")
        value = case.value(tree, **{FREE: number})
        if value is not None and value.shape == answer.shape and case.same(answer, value):
            return number
    return None


def _both_weights(case):
    """Both terms of a sum times a number each: two running means with other shares, for example."""
    match parsed(case.quantity.formula):
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            terms = [case.value(term) for term in (left, right)]
            if case.answer.size < 4 or any(
                t is None or t.shape != case.answer.shape for t in terms
            ):
                return
            columns = np.array([term.ravel() for term in terms]).T
            p, q = np.linalg.lstsq(columns, case.answer.ravel(), rcond=None)[0]
            q = -q if isinstance(sign, ast.Sub) else q
            tree = ast.BinOp(
                filled("B * A", A=left, B=_number(p)), sign, filled("B * A", A=right, B=_number(q))
            )
            says = f"The terms are {p:.4g} and {q:.4g} times what they must be."
            yield Guess(("wrong-constant",), (says,), tree, case.value(tree))


# Something added


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
            value = case.right + factor * term
            says = f"{says} {VOCABULARY['extra-term']}"
            yield Guess(("extra-term",), (says,), None, value, shown=False)


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


# A small constant


def _small_constant(case):
    """`+ eps` in a denominator or a logarithm, or where the quantity's own mistakes have it."""
    if "eps" in case.quantity.takes:
        return
    slips = [(VOCABULARY["stray-epsilon"], f) for f in with_epsilon(case.quantity.formula)]
    own = [(m.says, f) for m in case.quantity.mistakes for f in m.formulas if "eps" in names_of(f)]
    for says, formula in own + slips:
        eps = _fitting_epsilon(formula, case)
        if eps:
            says = f"{says} Here it is {eps:g}."
            yield Guess(("stray-epsilon",), (says,), None, case.answer, shown=False)


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


# One matrix for all samples


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
        says = VOCABULARY["samples-mixed"]
        yield Guess(("samples-mixed",), (says,), None, value, shown=False)
