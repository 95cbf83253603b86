"""Wrong answers at scale: each kind of slip at each place of every right formula.

This knows nothing of the product's own rewritings (`diagnosis.rewriting`): a tester that shares the
code under test would find what it finds. A kind is a function from a node of the formula to its
wrong versions; definitions (`where`) are slipped in as well.
"""

import ast
import copy

import numpy as np
from backprop.exercises.formulas import evaluate, namespace, right_answer

SIZES = ("S", "C", "N", "M")


def sign(node, names):
    match node:
        case ast.BinOp(left, ast.Add(), right):
            yield ast.BinOp(left, ast.Sub(), right)
        case ast.BinOp(left, ast.Sub(), right):
            yield ast.BinOp(left, ast.Add(), right)
            yield ast.BinOp(right, ast.Sub(), left)


def transpose(node, names):
    match node:
        case ast.Attribute(inner, "T"):
            yield inner
        case ast.BinOp(left, ast.MatMult(), right):
            for one, other in ((_T(left), right), (left, _T(right)), (right, left)):
                yield ast.BinOp(one, ast.MatMult(), other)
            yield ast.BinOp(_T(right), ast.MatMult(), left)


def dropped(node, names):
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() | ast.MatMult(), right):
            yield left
            yield right
        case ast.BinOp(left, ast.Div(), right) if not isinstance(right, ast.Name):
            yield left


def axis(node, names):
    match node:
        case ast.Call(ast.Attribute(_, "sum" | "mean"), [], keywords) if keywords:
            for other in (0, 1):
                changed = [ast.keyword("axis", ast.Constant(other)), *keywords[1:]]
                yield ast.Call(node.func, [], changed)


def mean(node, names):
    match node:
        case ast.Call(ast.Attribute(inner, "sum" | "mean" as name), [], keywords):
            other = {"sum": "mean", "mean": "sum"}[name]
            yield ast.Call(ast.Attribute(inner, other), [], keywords)


def elementwise(node, names):
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            yield ast.BinOp(left, ast.Mult(), right)
            yield ast.BinOp(_T(left), ast.Mult(), right)


def matmul(node, names):
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            yield ast.BinOp(left, ast.MatMult(), right)
            yield ast.BinOp(left, ast.MatMult(), _T(right))
            yield ast.BinOp(_T(left), ast.MatMult(), right)


def array(node, names):
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), np.ndarray):
        here = names[node.id]
        for name, other in names.items():
            if isinstance(other, np.ndarray) and name != node.id and name not in ("np",):
                if other.shape == here.shape and other.dtype == here.dtype and here.ndim:
                    yield ast.Name(name)


def fraction(node, names):
    match node:
        case ast.BinOp(left, ast.Div(), right):
            yield ast.BinOp(left, ast.Mult(), right)
            yield ast.BinOp(right, ast.Div(), left)


def size_in_a_term(node, names):
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as plus, right):
            for letter in SIZES:
                if isinstance(names.get(letter), int):
                    yield ast.BinOp(ast.BinOp(left, ast.Div(), ast.Name(letter)), plus, right)
                    yield ast.BinOp(left, plus, ast.BinOp(right, ast.Div(), ast.Name(letter)))


def number(node, names):
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for factor in (0.1, 3, 1.1):
            yield ast.Constant(node.value * factor)


def steps(node, names):
    if isinstance(node, ast.Name) and node.id == "t" and isinstance(names.get("t"), int):
        for off in (-1, 1, 4):
            yield ast.BinOp(node, ast.Add(), ast.Constant(off))


def branch(node, names):
    match node:
        case ast.Compare(left, [ast.Gt()], right):
            yield ast.Compare(left, [ast.Lt()], right)
        case ast.Call(ast.Attribute(ast.Name("np"), "where"), [condition, yes, no]):
            yield ast.Call(node.func, [condition, no, yes], [])


def too_early(node, names):
    match node:
        case ast.Call(ast.Attribute(ast.BinOp(left, ast.Mult(), right), how), [], keywords):
            first, second = (ast.Call(ast.Attribute(p, how), [], keywords) for p in (left, right))
            yield ast.BinOp(first, ast.Mult(), second)


def _T(node):
    return ast.Attribute(node, "T")


# What each kind may be called. A table may know a more telling name for one formula: those count.
KINDS = {
    sign: {"wrong-sign"},
    transpose: {"missing-transpose"},
    dropped: {"missing-term", "upstream-missing"},
    axis: {"wrong-axis"},
    mean: {"mean-instead-of-sum", "extra-batch-mean", "missing-batch-mean"},
    elementwise: {"elementwise-for-matmul"},
    matmul: {"matmul-for-elementwise"},
    array: {"wrong-array"},
    fraction: {"fraction-inverted", "missing-batch-mean"},
    size_in_a_term: {"extra-batch-mean"},
    number: {"wrong-constant", "stray-epsilon", "scaled"},
    steps: {"wrong-index"},
    branch: {"wrong-branch"},
    too_early: {"contraction-order"},
}


def _changes(tree, kind, names):
    """The tree with one of its nodes changed in one way, for all nodes and ways."""
    for number_of, node in enumerate(list(ast.walk(tree))):
        if not isinstance(node, ast.expr) or _is_index(tree, node):
            continue
        for other in kind(node, names):
            yield _replaced(tree, number_of, other)


def _is_index(tree, node):
    inside = [n.slice for n in ast.walk(tree) if isinstance(n, ast.Subscript)]
    return any(node is part for index in inside for part in ast.walk(index))


def _replaced(tree, number_of, other):
    changed = copy.deepcopy(tree)
    there = list(ast.walk(changed))[number_of]

    class Swap(ast.NodeTransformer):
        def visit(self, node):
            return copy.deepcopy(other) if node is there else super().generic_visit(node)

    return Swap().visit(changed)


def wrong_formulas(quantity, names, kind):
    """Every formula of the quantity with one slip of a kind: (formula, definitions)."""
    known = {n: names[n] for n in (*quantity.takes, *quantity.where, *SIZES) if n in names}
    for tree in _changes(ast.parse(quantity.formula, mode="eval").body, kind, known):
        yield ast.unparse(tree), quantity.where
    for name, definition in quantity.where.items():
        for tree in _changes(ast.parse(definition, mode="eval").body, kind, known):
            yield quantity.formula, {**quantity.where, name: ast.unparse(tree)}


def value_of(quantity, inputs, formula, where):
    """The value of such a formula; None if it has none, or none that is finite."""
    names = namespace(quantity, inputs)
    for name, definition in where.items():
        names[name] = evaluate(definition, names)
    value = evaluate(formula, names)
    if value is None or np.asarray(value).dtype.kind not in "biuf":
        return None
    value = np.asarray(value, dtype=float)
    return value if np.isfinite(value).all() else None


def is_wrong(quantity, inputs, value):
    """Whether a value differs from the right one by more than rounding."""
    right = right_answer(quantity, namespace(quantity, inputs))
    return value.shape != right.shape or not np.allclose(value, right, rtol=1e-6, atol=1e-8)
