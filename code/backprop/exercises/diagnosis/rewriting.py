"""One slip in a formula: every formula that is one rewriting away, with the name of the slip.

    rewritings("dY.T @ X")  →  ("missing-transpose", "dY @ X"), ("elementwise-for-matmul", …), …

A right formula is all that is needed: the mistakes that any formula invites need not be listed for
each of them. `slips` gives the same as trees, most of whose branches are those of the formula, so
that `formulas.worth` computes what is new and nothing else.
"""

import ast
import functools
from dataclasses import dataclass

from ..vocabulary import VOCABULARY
from .trees import anywhere, calls, filled, is_name, parsed, product, text, transposed, with_field

UPSTREAM = "dY"
# A @ B is the sum over k of A_ik B_kj: the sum too early, along another axis, or not at all.
OTHER_PRODUCTS = [
    ("contraction-order", "A.sum(axis=1, keepdims=True) * B.sum(axis=0)"),
    ("contraction-order", "A.sum(axis=1, keepdims=True) * B.sum()"),
    ("contraction-missing", "A[:, :, None] * B"),
    ("wrong-axis", "A.sum(axis=0)[:, None] * B"),
    ("wrong-axis", "A * B.sum(axis=1)"),
    ("elementwise-for-matmul", "A * B"),
    ("elementwise-for-matmul", "A * B.T"),
    ("elementwise-for-matmul", "A.T * B"),
    ("missing-transpose", "B @ A"),
    ("missing-transpose", "A.T @ B"),
    ("missing-transpose", "A @ B.T"),
    ("missing-transpose", "B.T @ A"),
]
MATRIX_PRODUCTS = ["A @ B", "A.T @ B", "A @ B.T", "B @ A", "B.T @ A", "B @ A.T"]
FUNCTIONS = ("exp", "log", "sqrt", "tanh", "abs", "sign")


@dataclass(frozen=True)
class Slip:
    """A wrong formula one slip away: the code, the tree, and what to say about which `places`."""

    code: str
    tree: ast.expr
    words: str = ""
    places: tuple = ()

    @property
    def says(self):
        """The sentence of the vocabulary, and what is special here."""
        where = self.words.format(*(p if type(p) is str else text(p) for p in self.places))
        return f"{VOCABULARY[self.code]} {where}".strip()


@dataclass(frozen=True)
class Around:
    """What may get into a formula by mistake.

    `alike` are groups of names whose arrays have the same shape: one may stand for another.
    `instead` are (part of a formula, names of its shape). `sizes` are letters such as S and C,
    `rows` the names of arrays with a row for each sample.
    """

    alike: tuple = ()
    instead: tuple = ()
    sizes: tuple = ()
    rows: tuple = ()


def rewritings(formula, alike=()):
    """All (code, formula) one slip away from `formula`, once each."""
    found = {text(parsed(formula)): None}
    for slip in slips(formula, Around(alike)):
        found.setdefault(text(slip.tree), slip.code)
    return [(code, slip) for slip, code in found.items() if code]


@functools.lru_cache(maxsize=1024)
def slips(formula, around=Around()):
    """All Slips of a formula, the usual ones first."""
    rules = (_usual, _sizes, _less_usual, _other_arrays)
    return tuple(slip for rule in rules for slip in _by(rule, formula, around))


@functools.lru_cache(maxsize=1024)
def usual_slips(formula, around=Around()):
    """Those Slips that are common enough to be looked for two at a time."""
    return tuple(usual(formula, around))


def usual(formula, around):
    """The same, made one by one and not kept."""
    return _by(_usual, formula, around)


def again(code):
    """The rule that gives the Slips of one code."""

    def only(node, around):
        return (found for found in _usual(node, around) if found[0] == code)

    return lambda formula, around: _by(only, formula, around)


def _by(rule, formula, around):
    tree = parsed(formula) if isinstance(formula, str) else formula
    for (code, _, *words), slipped in anywhere(tree, lambda node: rule(node, around)):
        yield Slip(code, slipped, *words[:1], tuple(words[1:])) if words else Slip(code, slipped)


@functools.lru_cache(maxsize=1024)
def with_epsilon(formula):
    """The formula with `+ eps` in one denominator or logarithm, in all possible ways."""
    return [text(slip) for _, slip in anywhere(parsed(formula), _epsilons)]


def _usual(node, around):
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            yield "elementwise-for-matmul", product(left, right)
            yield "missing-transpose", ast.BinOp(right, ast.MatMult(), left)
            for code, template in OTHER_PRODUCTS:
                yield code, filled(template, A=left, B=right)
        case ast.BinOp(left, ast.Mult(), right):
            for template in MATRIX_PRODUCTS:
                yield "matmul-for-elementwise", filled(template, A=left, B=right)
            if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
                outer = filled("A[:, :, None] * B[:, None, :]", A=left, B=right)
                yield "contraction-missing", outer
            yield _loss_of(right), left
            yield _loss_of(left), right
        case ast.BinOp(left, ast.Div(), ast.Name("S") as size):
            yield "missing-batch-mean", left
            yield "missing-batch-mean", product(left, size)
            yield "fraction-inverted", ast.BinOp(size, ast.Div(), left)
        case ast.BinOp(left, ast.Div(), right):
            yield "fraction-inverted", ast.BinOp(right, ast.Div(), left)
            yield "missing-term", left
            yield "fraction-inverted", product(left, right)
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            yield from _other_sums(node, left, sign, right)
        case ast.UnaryOp(ast.USub(), operand):
            yield "wrong-sign", operand, "The minus in front of {} is missing.", operand
        case ast.Attribute(inner, "T"):
            yield "missing-transpose", inner
            yield "missing-transpose", filled("A.reshape(A.T.shape)", A=inner)
        case ast.Compare(left, [ast.Gt() | ast.Lt() | ast.GtE() | ast.LtE() as sign], right):
            other = ast.Lt() if isinstance(sign, ast.Gt | ast.GtE) else ast.Gt()
            yield "wrong-branch", ast.Compare(left, [other], right)
        case ast.Call(ast.Attribute(ast.Name("np"), "where"), [condition, yes, no]):
            yield "wrong-branch", with_field(node, "args", [condition, no, yes])
            yield "wrong-branch", yes
            yield "wrong-branch", no
        case ast.Call(ast.Attribute(ast.Name("np"), name), [inner]) if name in FUNCTIONS:
            yield "missing-term", inner
        case ast.Call(ast.Attribute(inner, "sum" | "mean" | "max")):
            yield from _other_reductions(node, inner)
        case ast.Name(name):
            for group in around.alike:
                if name in group:
                    yield "missing-transpose", transposed(node)
                    for other in group:
                        if other != name:
                            yield from _instead(name, other)


def _other_sums(node, left, sign, right):
    if isinstance(sign, ast.Add):
        yield "wrong-sign", ast.BinOp(left, ast.Sub(), right), SUBTRACTED, right
        yield "wrong-sign", ast.BinOp(right, ast.Sub(), left), SUBTRACTED, left
    else:
        yield "wrong-sign", ast.BinOp(left, ast.Add(), right), ADDED, right
        yield "wrong-sign", ast.BinOp(right, ast.Sub(), left), ROUND, node
    yield "missing-term", left
    yield "missing-term", right


SUBTRACTED = "{} has to be added, and it is subtracted."
ADDED = "{} has to be subtracted, and it is added."
ROUND = "The difference {} is reversed."
FACTORS_ADDED = "Two factors are added instead of multiplied."
BRACKET = "Only one of two terms has it; did a bracket get lost?"


def _instead(name, other):
    words = "{} is used where {} belongs."
    yield "wrong-array", ast.Name(other, ast.Load()), words, other, name


def _sizes(node, around):
    """A size too often, not at all, or another one; in the whole, or in one term of a sum."""
    for size in map(ast.Name, around.sizes):
        match node:
            case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
                for code, template in (
                    ("extra-batch-mean", "A / B"),
                    ("missing-batch-mean", "A * B"),
                ):
                    for one, other, place in (
                        (filled(template, A=left, B=size), right, left),
                        (left, filled(template, A=right, B=size), right),
                    ):
                        words = "This happens in one term only: {}."
                        yield code, ast.BinOp(one, sign, other), words, place
            case ast.BinOp(left, ast.Div(), ast.Name(letter)) if letter in around.sizes:
                if letter != size.id:
                    yield "extra-batch-mean", filled("A / B", A=left, B=size)


def _less_usual(node, around):
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            yield "fraction-inverted", ast.BinOp(left, ast.Div(), right)
            yield "fraction-inverted", ast.BinOp(right, ast.Div(), left)
            yield _loss_of(left, "extra-term"), ast.BinOp(left, ast.Add(), right), FACTORS_ADDED
            yield _again(right), product(node, right)
            yield _again(left), product(node, left)
            yield from _lost_bracket(left, ast.Mult(), right)
        case ast.BinOp(left, ast.MatMult(), right):
            yield _loss_of(right), left
            yield _loss_of(left), right
            yield from _lost_bracket(left, ast.MatMult(), right)
        case ast.BinOp(left, ast.Div(), right):
            yield "scaled", ast.BinOp(node, ast.Div(), right), "It is divided by {} twice.", right
            yield from _lost_bracket(left, ast.Div(), right)
            match right:
                case ast.BinOp(one, ast.Add() | ast.Sub() as sign, other):
                    yield (
                        "missing-term",
                        ast.BinOp(ast.BinOp(left, ast.Div(), one), sign, other),
                        BRACKET,
                    )
        case ast.BinOp(left, ast.Add(), right):
            yield "extra-term", product(left, right), "Two terms are multiplied instead of added."
        case ast.BinOp(base, ast.Pow(), exponent):
            yield "missing-term", base
            yield from _power_taken_later(node, base, exponent)
    match node:
        case ast.BinOp(ast.Call(_, [inner]) as call, ast.Add(), ast.Constant() as small):
            moved = with_field(call, "args", [ast.BinOp(inner, ast.Add(), small)])
            yield "stray-epsilon", moved, "{} is added inside, not outside.", small
        case ast.Call(_, [ast.BinOp(inner, ast.Add(), ast.Constant() as small)]):
            moved = ast.BinOp(with_field(node, "args", [inner]), ast.Add(), small)
            yield "stray-epsilon", moved, "{} is added outside, not inside.", small
    match node:
        case ast.Call(ast.Attribute(inner, "sum" | "mean")):
            yield from _reduced_too_early(node, inner)
        case ast.Call(ast.Attribute(ast.Name("np"), "maximum" | "minimum" as name), [one, other]):
            swapped = "minimum" if name == "maximum" else "maximum"
            yield "wrong-branch", calls(f"np.{swapped}", one, other)
            yield "wrong-branch", one
            yield "wrong-branch", other
        case ast.Call(ast.Name(name), [inner, *rest]):
            yield "missing-term", inner
            yield "wrong-sign", with_field(node, "args", [ast.UnaryOp(ast.USub(), inner), *rest])
            code = "softmax-twice" if name == "softmax" else "extra-term"
            yield code, with_field(node, "args", [node, *rest])
        case ast.Name(name) if name in around.rows:
            for template in ("A[0]", "A[-1]", "A.mean(axis=0)", "A.sum(axis=0)", "A[::-1]"):
                yield "samples-mixed", filled(template, A=node)


def _lost_bracket(left, sign, right):
    """(a + b) c with the factor at one of the terms only."""
    match left:
        case ast.BinOp(one, ast.Add() | ast.Sub() as plus, other):
            yield "missing-term", ast.BinOp(one, plus, ast.BinOp(other, sign, right)), BRACKET
            yield "missing-term", ast.BinOp(ast.BinOp(one, sign, right), plus, other), BRACKET
    match right:
        case ast.BinOp(one, ast.Add() | ast.Sub() as plus, other) if not isinstance(sign, ast.Div):
            yield "missing-term", ast.BinOp(ast.BinOp(left, sign, one), plus, other), BRACKET
            yield "missing-term", ast.BinOp(one, plus, ast.BinOp(left, sign, other)), BRACKET


def _power_taken_later(node, base, exponent):
    match base:
        case ast.BinOp(one, ast.Add() | ast.Sub() as sign, other):
            squares = [ast.BinOp(part, ast.Pow(), exponent) for part in (one, other)]
            yield "contraction-order", ast.BinOp(squares[0], sign, squares[1])
            yield "contraction-order", ast.BinOp(one, sign, squares[1])
        case ast.BinOp(one, ast.Mult(), other):
            yield "missing-term", product(one, ast.BinOp(other, ast.Pow(), exponent)), BRACKET


def _reduced_too_early(node, inner):
    """The sum of a product as a product of sums, of a function as a function of the sum."""

    def reduced(part):
        return with_field(node, "func", ast.Attribute(part, node.func.attr, ast.Load()))

    match inner:
        case ast.BinOp(left, ast.Mult() | ast.Div() as sign, right):
            yield "contraction-order", ast.BinOp(reduced(left), sign, reduced(right))
            yield "contraction-order", ast.BinOp(left, sign, reduced(right))
            yield "contraction-order", ast.BinOp(reduced(left), sign, right)
        case ast.BinOp(base, ast.Pow(), exponent):
            yield "contraction-order", ast.BinOp(reduced(base), ast.Pow(), exponent)
        case ast.Call(_, [argument]):
            yield "contraction-order", with_field(inner, "args", [reduced(argument)])


def _other_arrays(node, around):
    """Another array that is at hand, where a part of the formula belongs."""
    if isinstance(node, ast.BinOp | ast.Compare | ast.Call | ast.Subscript):
        for part, names in around.instead:
            if part == text(node):
                for other in names:
                    yield from _instead(part, other)


def _other_reductions(node, inner):
    """`x.sum(axis=…)` along another axis, as a mean, or not at all."""
    axis = next((ast.literal_eval(k.value) for k in node.keywords if k.arg == "axis"), None)
    others = [k for k in node.keywords if k.arg != "axis"]
    fewer = [axis[:n] + axis[n + 1 :] for n in range(len(axis))] if type(axis) is tuple else []
    for other in [*({0, 1, None} - {axis}), *fewer]:
        keyword = [] if other is None else [ast.keyword("axis", ast.Constant(other))]
        yield "wrong-axis", with_field(node, "keywords", keyword + others)
    if others:
        yield "wrong-axis", with_field(node, "keywords", [ast.keyword("axis", ast.Constant(0))])
    if node.func.attr == "sum":
        mean = with_field(node, "func", ast.Attribute(inner, "mean", ast.Load()))
        yield "mean-instead-of-sum" if axis == 0 else "extra-batch-mean", mean
    if node.func.attr == "mean":
        total = with_field(node, "func", ast.Attribute(inner, "sum", ast.Load()))
        yield "missing-batch-mean", total
    yield "missing-batch-sum" if axis == 0 else "contraction-missing", inner


def _epsilons(node):
    eps = ast.Name("eps", ast.Load())
    match node:
        case ast.BinOp(left, ast.Div(), right):
            yield "stray-epsilon", ast.BinOp(left, ast.Div(), ast.BinOp(right, ast.Add(), eps))
        case ast.Call(ast.Attribute(ast.Name("np"), "log" | "sqrt"), [inner]):
            yield "stray-epsilon", with_field(node, "args", [ast.BinOp(inner, ast.Add(), eps)])


def conditions(formula):
    """The comparisons in a formula, such as "X > 0": where its definition by cases changes."""
    return [ast.unparse(n) for n in ast.walk(ast.parse(formula)) if isinstance(n, ast.Compare)]


def _loss_of(factor, otherwise="missing-term"):
    return "upstream-missing" if is_name(factor, UPSTREAM) else otherwise


def _again(factor):
    return "upstream-twice" if is_name(factor, UPSTREAM) else "extra-term"
