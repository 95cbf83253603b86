"""At a kink any number between the two derivatives is a subgradient: to take another is no mistake.

A comparison in a formula, such as X > 0, decides which derivative is taken. Where both are equal
the reader may have decided otherwise: for all such entries, for some, or by a number in between.
Where the right formula has an == in it, the choice matters, and none of this applies.
"""

import ast
from dataclasses import replace

import numpy as np

from .trees import decided, fully_opened, names_in, parsed, text

OTHER = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}
MANY = 200  # kinks that are looked at one by one


def convention(case):
    """A sentence if the answer is right but for another derivative at kinks, else ""."""
    here = ties(case)
    if not here or case.answer.shape != case.right.shape:
        return ""
    return _in_words(here) if any(way(case, here) for way in (_uniform, _one_by_one)) else ""


def _in_words(here):
    count, places = (
        sum(tie.sum() for tie, _ in here.values()),
        ", ".join(dict.fromkeys(place for _, place in here.values())),
    )
    times = "once" if count == 1 else f"{count} times"
    return (
        f"It differs from the book only at a kink, where {places} ({times} in these inputs): the "
        "derivatives from the left and from the right differ there, any value between them is a "
        "subgradient, and which one is taken is a convention."
    )


def ties(case):
    """{comparison: (where both of its sides are equal, "X = 0")}, for those that have any."""
    tree = opened(case.quantity)
    if tree is None:
        return {}
    found, real = {}, {"np"} | _real(case.quantity)
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER and names_in(node) <= real:
            left, right = (case.value(side) for side in (node.left, node.comparators[0]))
            if left is not None and right is not None and (tie := np.asarray(left == right)).any():
                found[node] = tie, f"{text(node.left)} = {text(node.comparators[0])}"
    return found


def _real(quantity):
    """The inputs that may be any real numbers: what a mask of 0 and 1 decides is no convention."""
    discrete = {"mask", "labels", "whole"}
    return {name for name, spec in quantity.takes.items() if not discrete & set(spec.split())}


def opened(quantity):
    """The formula, definitions opened, if a comparison decides; None if the choice matters."""
    formulas = (quantity.formula, *quantity.where.values())
    decides = any(">" in one or "<" in one for one in formulas)
    if (
        not decides
        or "==" in quantity.formula
        or not (quantity.wrt or quantity.holds == "derivative")
    ):
        return None
    return fully_opened(quantity)


def _value(case, decisions):
    """What the answer is for other decisions, given as arrays."""
    names = {f"decision_{n}": array for n, array in enumerate(decisions.values())}
    trees = {node: ast.Name(f"decision_{n}", ast.Load()) for n, node in enumerate(decisions)}
    return case.value(decided(opened(case.quantity), trees), **names)


def _uniform(case, here):
    """All the kinks decided the other way, or all of them by halves."""
    other = _value(
        case, {node: case.value(node).astype(bool) ^ tie for node, (tie, _) in here.items()}
    )
    if other is None or other.shape != case.answer.shape:
        return False
    half = (other + case.right) / 2
    return case.same(case.answer, other) or case.same(case.answer, half)


def _one_by_one(case, here):
    """Each kink for itself: shares between 0 and 1 that give the answer, if there are any."""
    moved = []
    for node, (tie, _) in here.items():
        decided = case.value(node).astype(bool)
        for place in np.argwhere(tie)[:MANY]:
            other = decided.copy()
            other[tuple(place)] ^= True
            value = _value(case, {node: other})
            if value is None:
                return False
            moved.append((value - case.right).ravel())
    columns = np.array(moved).T
    return case.same(_nearest(columns, case) + case.right.ravel(), case.answer.ravel())


def _nearest(columns, case):
    """What fractions between 0 and 1 of the columns come to, as near to the answer as they get.

    Several kinks may meet in one entry: in turn the fractions are moved to fit, and kept in bounds.
    """
    wanted, inverse = (case.answer - case.right).ravel(), np.linalg.pinv(columns)
    shares = np.full(columns.shape[1], 0.5)
    for _ in range(300):
        shares = np.clip(shares + inverse @ (wanted - columns @ shares), 0, 1)
    return columns @ shares


def other_slopes(case):
    """The same case where the book's formulas take the other derivative at a kink, if any."""
    if not ties(case) or case.answer.shape != case.right.shape:
        return
    quantity = _other_quantity(case.quantity)
    names = dict(case.names)
    changed = replace(case, quantity=quantity, names=names, memo={}, aside=ASIDE)
    for name, definition in quantity.where.items():
        if definition != case.quantity.where[name]:
            names[name] = changed.value(definition)
    right = changed.value(quantity.formula)
    if right is not None and not case.same(case.right, right):
        yield replace(changed, right=right)


ASIDE = " (At the kink you take the other derivative; that is a convention and no mistake.)"


def _turned(formula):
    tree = parsed(formula)
    decisions = {
        node: ast.Compare(node.left, [OTHER[type(node.ops[0])]()], node.comparators)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER
    }
    return text(decided(tree, decisions)) if decisions else formula


def _other_quantity(quantity):
    """The quantity whose formulas, right and wrong, take the other derivative at each kink."""
    if quantity.name not in _MADE or _MADE[quantity.name][0] is not quantity:
        mistakes = tuple(
            replace(one, formulas=tuple(map(_turned, one.formulas))) for one in quantity.mistakes
        )
        where = {name: _turned(definition) for name, definition in quantity.where.items()}
        turned = {"formula": _turned(quantity.formula), "mistakes": mistakes, "where": where}
        _MADE[quantity.name] = quantity, replace(quantity, exact="", **turned)
    return _MADE[quantity.name][1]


_MADE = {}
