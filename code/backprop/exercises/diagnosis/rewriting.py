"""One slip in a formula: every formula that is one rewriting away, with the name of the slip.

    rewritings("dY.T @ X")  →  ("missing-transpose", "dY @ X"), ("elementwise-for-matmul", …), …

A right formula is all that is needed: the mistakes that any formula invites need not be listed for
each of them.
"""

import ast
import functools

UPSTREAM = "dY"
# A @ B is the sum over k of A_ik B_kj: the sum too early, along another axis, or not at all.
OTHER_PRODUCTS = [
    ("contraction-order", "A.sum(axis=1, keepdims=True) * B.sum(axis=0)"),
    ("contraction-missing", "A[:, :, None] * B"),
    ("wrong-axis", "A.sum(axis=0)[:, None] * B"),
    ("wrong-axis", "A * B.sum(axis=1)"),
]


@functools.lru_cache(maxsize=4096)
def rewritings(formula, alike=()):
    """All (code, formula) one slip away from `formula`, once each.

    `alike` are groups of names whose arrays have the same shape: one may stand for another.
    """
    tree = ast.parse(formula, mode="eval").body
    found = {ast.unparse(tree): None}
    for code, slip in _anywhere(tree, alike):
        found.setdefault(ast.unparse(slip), code)
    return [(code, slip) for slip, code in found.items() if code]


@functools.lru_cache(maxsize=4096)
def with_epsilon(formula):
    """The formula with `+ eps` in one denominator or logarithm, in all possible ways."""
    tree = ast.parse(formula, mode="eval").body
    return [ast.unparse(slip) for _, slip in _anywhere(tree, (), _epsilons)]


def _anywhere(node, alike, slips=None):
    """Slips of this node, then of every node below it."""
    yield from (slips or _slips)(node, alike)
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.expr):
            for code, slip in _anywhere(child, alike, slips):
                yield code, _with(node, name, slip)
        elif isinstance(child, list):
            for place, item in enumerate(child):
                if isinstance(item, ast.expr):
                    for code, slip in _anywhere(item, alike, slips):
                        changed = [*child[:place], slip, *child[place + 1 :]]
                        yield code, _with(node, name, changed)


def _with(node, field, value):
    """A copy of the node in which one field is another."""
    return type(node)(**{**dict(ast.iter_fields(node)), field: value})


def _slips(node, alike):
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            yield "elementwise-for-matmul", ast.BinOp(left, ast.Mult(), right)
            yield "missing-transpose", ast.BinOp(right, ast.MatMult(), left)
            for code, template in OTHER_PRODUCTS:
                yield code, _filled(template, left, right)
        case ast.BinOp(left, ast.Mult(), right):
            for one, other in [(left, right), (_turned(left), right), (left, _turned(right))]:
                yield "matmul-for-elementwise", ast.BinOp(one, ast.MatMult(), other)
            if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
                outer = _filled("A[:, :, None] * B[:, None, :]", left, right)
                yield "contraction-missing", outer
            yield _loss_of(right), left
            yield _loss_of(left), right
        case ast.BinOp(left, ast.Div(), ast.Name("S") as size):
            yield "missing-batch-mean", left
            yield "missing-batch-mean", ast.BinOp(left, ast.Mult(), size)
        case ast.BinOp(left, ast.Div(), right):
            yield "fraction-inverted", ast.BinOp(right, ast.Div(), left)
            yield "missing-term", left
            yield "fraction-inverted", ast.BinOp(left, ast.Mult(), right)
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            other = ast.Sub() if isinstance(sign, ast.Add) else ast.Add()
            yield "wrong-sign", ast.BinOp(left, other, right)
            yield "missing-term", left
            yield "missing-term", right
        case ast.UnaryOp(ast.USub(), operand):
            yield "wrong-sign", operand
        case ast.Attribute(inner, "T"):
            yield "missing-transpose", inner
            yield "missing-transpose", _reshaped(inner)
        case ast.Compare(left, [ast.Gt() | ast.Lt() as sign], right):
            other = ast.Lt() if isinstance(sign, ast.Gt) else ast.Gt()
            yield "wrong-branch", ast.Compare(left, [other], right)
        case ast.Call(ast.Attribute(ast.Name("np"), "where"), [condition, yes, no]):
            yield "wrong-branch", _with(node, "args", [condition, no, yes])
            yield "wrong-branch", yes
            yield "wrong-branch", no
        case ast.Call(ast.Attribute(ast.Name("np"), name), [inner]) if name in ("exp", "log"):
            yield "missing-term", inner
        case ast.Call(ast.Attribute(inner, "sum" | "mean" | "max")):
            yield from _other_reductions(node, inner)
        case ast.Name(name):
            for group in alike:
                if name in group:
                    yield "missing-transpose", _turned(node)
                    for other in group:
                        if other != name:
                            yield "wrong-array", ast.Name(other, ast.Load())


def _other_reductions(node, inner):
    """`x.sum(axis=…)` along another axis, as a mean, or not at all."""
    axis = next((k.value.value for k in node.keywords if k.arg == "axis"), None)
    others = [k for k in node.keywords if k.arg != "axis"]
    for other in {0, 1, None} - {axis}:
        keyword = [] if other is None else [ast.keyword("axis", ast.Constant(other))]
        yield "wrong-axis", _with(node, "keywords", keyword + others)
    if node.func.attr == "sum":
        mean = _with(node, "func", ast.Attribute(inner, "mean", ast.Load()))
        yield "mean-instead-of-sum" if axis == 0 else "extra-batch-mean", mean
    if node.func.attr == "mean":
        total = _with(node, "func", ast.Attribute(inner, "sum", ast.Load()))
        yield "missing-batch-mean", total
    yield "missing-batch-sum" if axis == 0 else "contraction-missing", inner


class _Fill(ast.NodeTransformer):
    def __init__(self, parts):
        self.parts = parts

    def visit_Name(self, node):
        return self.parts.get(node.id, node)


def _filled(template, left, right):
    """The template with other expressions for A and B."""
    tree = ast.parse(template, mode="eval").body
    return _Fill({"A": left, "B": right}).visit(tree)


def _turned(node):
    return ast.Attribute(node, "T", ast.Load())


def _reshaped(node):
    """`reshape` where a transpose belongs: the right shape, the entries in another order."""
    shape = ast.Attribute(_turned(node), "shape", ast.Load())
    return ast.Call(ast.Attribute(node, "reshape", ast.Load()), [shape], [])


def _epsilons(node, _):
    eps = ast.Name("eps", ast.Load())
    match node:
        case ast.BinOp(left, ast.Div(), right):
            yield "stray-epsilon", ast.BinOp(left, ast.Div(), ast.BinOp(right, ast.Add(), eps))
        case ast.Call(ast.Attribute(ast.Name("np"), "log"), [inner]):
            yield "stray-epsilon", _with(node, "args", [ast.BinOp(inner, ast.Add(), eps)])


def conditions(formula):
    """The comparisons in a formula, such as "X > 0": where its definition by cases changes."""
    return [ast.unparse(n) for n in ast.walk(ast.parse(formula)) if isinstance(n, ast.Compare)]


def _is(node, name):
    return isinstance(node, ast.Name) and node.id == name


def _loss_of(factor):
    return "upstream-missing" if _is(factor, UPSTREAM) else "missing-term"
