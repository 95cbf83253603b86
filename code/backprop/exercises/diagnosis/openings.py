"""Slips in a formula, and in the definitions of the names that occur in it."""

import ast
import functools
import itertools
from dataclasses import replace

import numpy as np

from ..formulas import alike, worth
from .rewriting import Around
from .trees import decided, names_in, names_of, parsed, replaced, text


def opened_slips(case, rule, tree=None):
    """Slips (by `rule`) of the quantity's formula, or of another tree, then of each definition."""
    tree = parsed(case.quantity.formula) if tree is None else tree
    near = around(case)
    yield from rule(tree, near)
    where = tuple(case.quantity.where.items())
    for name in _used(tree, where):
        for slip in rule(parsed(case.quantity.where[name]), near):
            yield replace(slip, tree=with_definition(tree, where, name, slip.tree))


def alike_slips(case, rule):
    """The same slip in two definitions of the same form, such as two corrections of two means."""
    tree, near = parsed(case.quantity.formula), around(case)
    where = tuple(case.quantity.where.items())
    used = [(name, parsed(case.quantity.where[name])) for name in _used(tree, where)]
    for (name, one), (other, two) in itertools.combinations(used, 2):
        if _form(one) == _form(two):
            for first, second in zip(rule(one, near), rule(two, near), strict=False):
                if first.code == second.code:
                    changed = with_definition(tree, where, name, first.tree)
                    both = replaced(changed, {other: second.tree})
                    yield replace(first, tree=both)


@functools.lru_cache(maxsize=512)
def _form(tree):
    """What is left of a formula without its names and numbers."""
    blank = {
        node: ast.Name("_") for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Constant)
    }
    return ast.dump(decided(tree, blank))


def _used(tree, where):
    """The defined names that a formula depends on, directly or not."""
    used, names = [], names_in(tree)
    for name, definition in reversed(where):
        if name in names:
            used.append(name)
            names |= names_of(definition)
    return used


def with_definition(tree, where, name, definition):
    """The formula in which a name means something else, and so do those that depend on it."""
    parts = {name: definition}
    for other, formula in where:
        if other != name and names_of(formula) & parts.keys():
            parts[other] = replaced(parsed(formula), parts)
    return replaced(tree, parts)


def around(case):
    """What may get into a formula of this case by mistake."""
    if "around" not in case.memo:
        case.memo["around"] = _around(case)
    return case.memo["around"]


def _around(case):
    quantity, names = case.quantity, case.names
    sizes = tuple(letter for letter in "SCNMK" if case.size(letter) > 1)
    known = (*quantity.takes, *quantity.where)
    arrays = {n: names[n] for n in known if isinstance(names.get(n), np.ndarray)}
    rows = tuple(n for n, spec in quantity.takes.items() if spec.startswith("S ") and n in arrays)
    instead, whole = [], parsed(quantity.formula)
    for part in ast.walk(whole):
        if part is not whole and isinstance(
            part, ast.BinOp | ast.Compare | ast.Call | ast.Subscript
        ):
            shape = np.shape(worth(part, names, case.memo))
            fitting = tuple(n for n, value in arrays.items() if shape and value.shape == shape)
            if fitting:
                instead.append((text(part), fitting))
    return Around(alike(quantity, names), tuple(instead), sizes, rows)
