"""Tests of the judge for all shapes: what it proves, by which rule, and that it proves no more.

The end is a fuzz: random lines, rewritten truly and falsely, judged, and evaluated in numbers.
"""

import math
import random
from collections import Counter
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
import sympy
from backprop.derivation import (
    Derivation,
    DerivationError,
    HiddenDependence,
    Max,
    NotProved,
    ShapeError,
    Sum,
    UncitedFact,
    WrongStep,
    array,
    chain_rule,
    d,
    delta,
    diag,
    dimensions,
    erf,
    exp,
    function,
    gradient,
    indices,
    integers,
    log,
    nodes,
    outer,
    pi,
    relu,
    rows_sum_to_one,
    sqrt,
    tanh,
)
from backprop.derivation.judges import atoms, normal, rules
from backprop.derivation.language import algebra, arrays, functions
from backprop.derivation.nodes import node
from backprop.derivation.premises.definitions import Definitions
from backprop.derivation.premises.facts import Facts
from backprop.derivation.premises.scope import check_indices, free_indices
from backprop.derivation.printing.printer import latex

S, M, N = dimensions("S M N")
i, j, k, l, a, b = indices("i j k l a b")  # noqa: E741
X, T, W = array("X", S, M), array("T", S, M), array("W", N, M)
A, B = array("A", M, M), array("B", M, M)
Q = array("Q", S, M, positive=True)
v, w, c = array("v", M), array("w", N), array("c", S, positive=True)
x, y = array("x"), array("y")
p, q = array("p", positive=True), array("q", positive=True)
h, g = function("h"), function("g")
t = integers("t", S, to=M)
TWO = node(2)
ROWS = rows_sum_to_one(T)


def over(*letters, sizes):
    return [(letter, 1, size) for letter, size in zip(letters, sizes, strict=True)]


def equal(before, after, *using, define=None):
    """Whether two numbers with indices are proved equal for all shapes."""
    scope = free_indices(node(before)) | free_indices(node(after))
    definitions = Definitions(define)
    facts = Facts.of(using, definitions)
    return normal.judge(node(before), node(after), scope, definitions, facts)


def total(f, letter, size=M):
    return Sum(f(letter), (letter, 1, size))


def row(letter):
    return exp(X[i, letter])


# Every rule has a line that holds by it, and that is not proved where the rule is taken away.

NOTHING = lambda *_: None  # noqa: E731
WITHOUT = {
    rules.multiply: lambda left, right: left if len(left) > 1 else right,
    rules.collect: lambda factors: atoms.Polynomial({frozenset(factors): sympy.S.One}),
    rules.power: lambda base, n: rules.collect([(atoms.Total(base), n)]),
    rules.exponential: lambda inside: atoms.Polynomial.of(atoms.Exp(inside)),
    rules.logarithm: lambda inside: atoms.Polynomial.of(atoms.Call(sympy.log, inside)),
    rules.sum_over: lambda ranges, body, cited=(): atoms.Polynomial.of(
        atoms.Bound(tuple(ranges), frozenset({(atoms.Total(body), sympy.S.One)}))
    ),
    rules.bracket: lambda place: atoms.Polynomial.of(atoms.Bracket(place)),
    rules.indicator: lambda inside: atoms.Polynomial.of(atoms.Indicator(inside)),
    **dict.fromkeys([rules.cases, rules.once, rules.implied], NOTHING),
    rules.largest_at: lambda *parts: atoms.Polynomial.of(atoms.Argmax(*parts)),
    **dict.fromkeys([rules.chosen, rules.one_hot, rules.one_place], NOTHING),
    **dict.fromkeys(
        [rules.pick_free, rules.same_place, rules.whole_roots, rules.whole_totals, rules.divide],
        NOTHING,
    ),
    **dict.fromkeys([rules.pick, rules.count, rules.join, rules.fold, rules.slide], NOTHING),
    **dict.fromkeys([rules.substitute, rules.meet, rules.between, rules.complement], NOTHING),
}
BY_RULE = [
    (rules.multiply, (x + y) * (x - y) * h(x), x**2 * h(x) - y**2 * h(x)),
    (rules.collect, h((x + 1) / x), h(1 + 1 / x)),
    (rules.power, Sum(v[i] / (2 * v[i] + 2 * v[i] * x), (i, 1, M)), M / (2 * x + 2)),
    (rules.power, Sum(sqrt(p * c[i] + q * c[i]), (i, 1, S)),
     sqrt(p + q) * Sum(sqrt(c[i]), (i, 1, S))),
    (rules.exponential, exp(x * (1 + v[i])), exp(x) * exp(v[i] * x)),
    (rules.exponential, exp(Sum(delta(i, k) * log(c[i]) / 3, (i, 1, S))), c[k] ** Fraction(1, 3)),
    (rules.logarithm, log(6 * p / total(row, j)), log(2) + log(3) + log(p) - log(total(row, k))),
    (rules.logarithm, log(exp(x) * total(row, j)), x + log(total(row, j))),
    (rules.pick_free, delta(i, j) * A[j, k] / v[j], delta(i, j) * A[i, k] / v[i]),
    (rules.pick_free, (delta(i, j) + x) * delta(i, j), (1 + x) * delta(i, j)),
    (rules.bracket, v[k] * Sum(delta(k, 2 * i - k) * v[i], (i, 1, M)), v[k] ** 2),
    (rules.bracket, v[i] * v[j] * delta(2 * i, 2 * j + 1), node(0)),
    (rules.bracket, v[i] * delta(i, i + j - 2) * c[j], v[i] * delta(j, 2) * c[j]),
    (rules.same_place, Sum(v[i + k - 1] * delta(j, i + k - 1) * w[j], (j, 1, M), (k, 1, S)) * v[i],
     Sum(delta(j, i + k - 1) * v[j] * w[j], (j, 1, M), (k, 1, S)) * v[i]),
    (rules.same_place, v[i] * c[k] * w[j] * delta(i + k, j) * delta(j, i + k),
     v[i] * c[k] * w[j] * delta(i + k, j)),
    (rules.slide, Sum(v[M + 1 - i], (i, 1, M)) * v[k], v[k] * Sum(v[i], (i, 1, M))),
    (rules.indicator, Sum(v[i] * (p * v[i] > 0), (i, 1, M)), Sum(relu(v[i]), (i, 1, M))),
    (rules.indicator, Sum((v[i] > 0) + (v[i] < 0), (i, 1, M)), M),
    (rules.indicator, Sum(v[i] * (p + q > 0), (i, 1, M)), Sum(v[i], (i, 1, M))),
    (rules.cases, Sum(h(relu(v[i])), (i, 1, M)),
     Sum((v[i] > 0) * (h(v[i]) - h(0 * x)) + h(0 * x), (i, 1, M))),
    (rules.cases, Sum(h(abs(v[i])), (i, 1, M)),
     Sum((v[i] > 0) * h(v[i]) + (v[i] < 0) * h(-v[i]), (i, 1, M))),
    (rules.once, Sum(relu(v[i]) ** 2, (i, 1, M)), Sum(v[i] ** 2 * (v[i] > 0), (i, 1, M))),
    (rules.implied, Sum((v[i] > 0) * (v[i] > -p), (i, 1, M)), Sum(v[i] > 0, (i, 1, M))),
    (rules.implied, Sum((v[i] > v[1]) * (v[1] > v[i]), (i, 1, M)), node(0)),
    (rules.largest_at, Sum(Max(p * A[i, k] + x, (k, 1, M)), (i, 1, M)),
     Sum(p * Max(A[i, k], (k, 1, M)) + x, (i, 1, M))),
    (rules.chosen, Sum(h(v[t[i]]), (i, 1, S)), Sum(delta(j, t[i]) * h(v[j]), (i, 1, S), (j, 1, M))),
    (rules.one_hot, Sum(v[t[i]] * w[b] * delta(t[i], j), (i, 1, S)),
     Sum(v[j] * w[b] * delta(t[i], j), (i, 1, S))),
    (rules.one_hot, Sum(v[t[i]] ** 2, (i, 1, S)),
     Sum(delta(j, t[i]) * v[j] ** 2, (i, 1, S), (j, 1, M))),
    (rules.one_place, Sum(delta(j, t[i]) * c[i], (i, 1, S), (j, 1, M)), Sum(c[i], (i, 1, S))),
    (rules.substitute, v[i] * v[i + 1] * v[i - 1],
     v[i] * Sum(delta(k, i + 1) * v[k] * v[k - 2], (k, 1, M))),
    (rules.meet, v[i] * v[j] * v[i + 1] * A[i + 1, j],
     v[i] * v[j] * Sum(delta(k, i + 1) * v[k] * A[k, j], (k, 1, M))),
    (rules.between, Sum(v[i] * delta(k, i - 1) * v[k - 1], (i, 1, M), (k, 1, M)),
     Sum(v[i] * v[i - 2], (i, 1, M))),
    (rules.complement, v[i] * Sum(delta(k, i - 2), (k, 1, M)),
     v[i] * (1 - delta(i, 1) - delta(i, 2))),
    (rules.whole_roots, Sum(sqrt(TWO) * v[i], (i, 1, M)) * sqrt(TWO), 2 * Sum(v[i], (i, 1, M))),
    (rules.whole_totals, Sum((p + c[i]) * sqrt(p + c[i]) * h(x), (i, 1, S)),
     Sum(h(x) * p * sqrt(p + c[i]) + h(x) * c[i] * sqrt(p + c[i]), (i, 1, S))),
    (rules.divide, Sum(v[i] / (v[i] + x), (i, 1, M)), M - Sum(x / (v[i] + x), (i, 1, M))),
    (rules.sum_over, Sum(v[i] + A[i, i], (i, 1, M)),
     Sum(v[i], (i, 1, M)) + Sum(A[i, i], (i, 1, M))),
    (rules.pick, Sum(delta(i, k) * A[i, j], (i, 1, M)), A[k, j]),
    (rules.pick, Sum(delta(i, 1) * A[i, j], (i, 1, M)), A[1, j]),
    (rules.count, Sum(x, (i, 1, S)), S * x),
    (rules.join, Sum(Sum(A[i, j], (i, 1, M)) * v[j], (j, 1, M)),
     Sum(A[i, j] * v[j], (i, 1, M), (j, 1, M))),
    (rules.join, Sum(Sum(A[i, j], (i, 1, M)) ** 2, (j, 1, M)),
     Sum(A[i, j] * A[k, j], *over(i, j, k, sizes=[M, M, M]))),
    (rules.fold, Sum(row(j) / total(row, k), (i, 1, S), (j, 1, M)), S),
    (rules.fold, Sum(c[i] * row(j) / total(row, k) ** 2, (i, 1, S), (j, 1, M)),
     Sum(c[i] / total(row, k), (i, 1, S))),
]  # fmt: skip


def test_every_rule_is_tried():
    assert {rule for rule, _, _ in BY_RULE} == set(rules.RULES) == set(WITHOUT)


@pytest.mark.parametrize(
    ("rule", "before", "after"), BY_RULE, ids=lambda part: getattr(part, "__name__", None)
)
def test_a_line_holds_by_its_rule(rule, before, after, monkeypatch):
    assert equal(before, after)
    for module in (rules, normal):
        if hasattr(module, rule.__name__):
            monkeypatch.setattr(module, rule.__name__, WITHOUT[rule])
    for tried in ("OF_PRODUCTS", "OF_SUMS"):
        others = tuple(one for one in getattr(rules, tried) if one is not rule)
        monkeypatch.setattr(rules, tried, others)
    assert not equal(before, after)


# True, and not proved by SymPy for symbolic shapes.

SOFTMAX = {Q[i, j]: exp(X[i, j]) / Sum(exp(X[i, k]), (k, 1, M))}
TRUE = {
    "a summed index renamed": (Sum(X[i, k], (k, 1, M)), Sum(X[i, l], (l, 1, M))),
    "a letter bound twice": (
        Sum(v[k], (k, 1, M)) * Sum(v[k], (k, 1, M)), Sum(v[k], (k, 1, M)) ** 2
    ),
    "the same letters, nested otherwise": (
        Sum(v[i] * Sum(A[i, j], (j, 1, M)), (i, 1, M)),
        Sum(v[j] * Sum(A[j, i], (i, 1, M)), (j, 1, M)),
    ),
    "two sums swapped": (
        Sum(Sum(A[i, j] * v[i], (i, 1, M)), (j, 1, M)),
        Sum(Sum(A[i, j] * v[i], (j, 1, M)), (i, 1, M)),
    ),
    "a product of sums": (
        Sum(v[i], (i, 1, M)) * Sum(w[j], (j, 1, N)), Sum(v[i] * w[j], (i, 1, M), (j, 1, N))
    ),
    "a sum of numbers that do not change": (Sum(x, (i, 1, S), (j, 1, M)), S * M * x),
    "a mean of ones": (Sum(1 / S * x, (i, 1, S)), x),
    "softmax sums to 1": (Sum(row(j) / total(row, k), (j, 1, M)), 1),
    "softmax is shift-invariant": (
        exp(X[i, j] + x) / Sum(exp(X[i, k] + x), (k, 1, M)), row(j) / total(row, k)
    ),
    "log-sum-exp moves with a shift": (
        log(Sum(exp(X[i, k] + x), (k, 1, M))), x + log(total(row, l))
    ),
    "log σ(x) is −softplus(−x)": (log(1 / (1 + exp(-x))), -log(1 + exp(-x))),
    "log (1 − σ(x)) is −softplus(x)": (log(1 - 1 / (1 + exp(-x))), -log(1 + exp(x))),
    "log of one of two": (log(exp(x) / (exp(x) + exp(y))), x - log(exp(x) + exp(y))),
    "√ of what a quotient leaves": (
        sqrt(1 - p / (p + q)), sqrt(q) / sqrt(p + q)
    ),
    "a trace is cyclic": (
        Sum(A[i, j] * B[j, i], (i, 1, M), (j, 1, M)), Sum(B[i, j] * A[j, i], (i, 1, M), (j, 1, M))
    ),
    "a δ is symmetric": (delta(i, j) * A[i, j], delta(j, i) * A[i, i]),
    "the square of a sum": (
        Sum(v[i], (i, 1, M)) ** 2, Sum(v[i] * v[j], (i, 1, M), (j, 1, M))
    ),
    "the variance, two ways": (
        Sum((v[i] - Sum(v[k], (k, 1, M)) / M) ** 2, (i, 1, M)),
        Sum(v[i] ** 2, (i, 1, M)) - Sum(v[k], (k, 1, M)) ** 2 / M,
    ),
    "a root of a square, squared": (sqrt(x**2) ** 2, x**2),
    "a root of a fourth power": (sqrt(x**4), x**2),
    "one over two roots": (1 / (sqrt(p) * sqrt(p)), 1 / p),
    "the power of an exp": (exp(2 * x), exp(x) ** 2),
    "the exp of a sum": (exp(Sum(v[i], (i, 1, M))) * exp(x), exp(x + Sum(v[k], (k, 1, M)))),
    "tanh by exp": (tanh(x), (exp(x) - exp(-x)) / (exp(x) + exp(-x))),
    "the derivative of tanh": (d(tanh(x), x), 1 - tanh(x) ** 2),
    "the derivative of erf": (d(erf(x), x), 2 / sqrt(pi) * exp(-(x**2))),
    "partial fractions": (1 / ((x + y) * (x - y)) * 2 * y, 1 / (x - y) - 1 / (x + y)),
    "one sign outside or in": (-v[i] / (x - v[i]), v[i] / (v[i] - x)),
}  # fmt: skip


@pytest.mark.parametrize("what", TRUE)
def test_true_lines_are_proved(what):
    assert equal(*TRUE[what])


# False, and each close to something true.

FALSE = {
    "S is no number": (Sum(x, (i, 1, S)), 2 * x),
    "1/S is not 1/2": (x / S, x / 2),
    "S is not M": (Sum(x, (i, 1, S)), M * x),
    "a δ counts once": (Sum(delta(i, k) * v[i], (i, 1, M)), M * v[k]),
    "a trace is not a sum": (Sum(A[i, i], (i, 1, M)), Sum(A[i, j], (i, 1, M), (j, 1, M))),
    "a matrix is not its transpose": (A[i, j], A[j, i]),
    "no transpose in a trace": (
        Sum(A[i, j] * A[j, i], (i, 1, M), (j, 1, M)), Sum(A[i, j] ** 2, (i, 1, M), (j, 1, M))
    ),
    "a letter bound twice is two letters": (
        Sum(v[k], (k, 1, M)) * Sum(v[k], (k, 1, M)), Sum(v[k] * v[k], (k, 1, M))
    ),
    "a square of a sum": (Sum(v[i], (i, 1, M)) ** 2, Sum(v[i] ** 2, (i, 1, M))),
    "a sum of quotients": (Sum(v[i] / (p + v[i]), (i, 1, M)),
                           Sum(v[i], (i, 1, M)) / Sum(p + v[i], (i, 1, M))),
    "one over a sum": (1 / (x + y), 1 / x + 1 / y),
    "softmax by the other axis": (Sum(exp(X[i, j]) / total(row, k), (i, 1, S)), 1),
    "softmax of another row": (Sum(exp(X[l, j]) / total(row, k), (j, 1, M)), 1),
    "√x² is |x|": (sqrt(x**2), x),
    "√h² is |h|": (sqrt(h(x) ** 2), h(x)),
    "√(Σ)² is |Σ|": (sqrt(Sum(v[i], (i, 1, M)) ** 2), Sum(v[i], (i, 1, M))),
    "(x²)^(3/2)": ((x**2) ** Fraction(3, 2), x**3),
    "√(x² p)": (sqrt(x**2 * p), x * sqrt(p)),
    "√(xy)": (sqrt(x * y), sqrt(x) * sqrt(y)),
    "∛x³ has no value for x < 0": ((x**3) ** Fraction(1, 3), x),
    "a root of a sum": (sqrt(p + q), sqrt(p) + sqrt(q)),
    "log xy for x, y < 0": (log(x * y), log(x) + log(y)),
    "log x²": (log(x**2), 2 * log(x)),
    "log h²": (log(h(x) ** 2), 2 * log(h(x))),
    "log (1 − y/(1 + y)) for y < −1": (log(1 - 1 / (1 + x)), log(x) - log(1 + x)),
    "log of a sum": (log(p + q), log(p) + log(q)),
    "the exp of a product": (exp(x * y), exp(x) * exp(y)),
    "the exp of a sum is no sum": (exp(Sum(v[i], (i, 1, M))), Sum(exp(v[i]), (i, 1, M))),
    "h is not linear": (h(x + y), h(x) + h(y)),
    "h is not h'": (h(x), h.prime(x)),
    "h is not g": (h(x), g(x)),
    "erf is not tanh": (erf(x), tanh(x)),
    "a name with a prime": (function("h'")(x), h.prime(x)),
    "π is not 22/7": (pi * x, Fraction(22, 7) * x),
    "√2 is not 7/5": (sqrt(TWO), Fraction(7, 5)),
    "an axis may have one entry": (Sum(delta(i, 2) * x, (i, 1, M)), x),
    "an axis may have four": (Sum(delta(i, 5) * x, (i, 1, M)), x),
    "nothing is assumed that is not cited": (Sum(T[i, j], (j, 1, M)), 1),
    "a definition is not cited": (d(array("Y", M)[i], v[j]), delta(i, j), {array("Y", M)[i]: v[i]}),
}  # fmt: skip


@pytest.mark.parametrize("what", FALSE)
def test_false_lines_are_not_proved(what):
    before, after, *define = FALSE[what]
    assert not equal(before, after, define=define[0] if define else None)


def test_a_hypothesis_is_a_rule_for_one_sum():
    assert equal(Sum(T[i, j], (j, 1, M)), 1, ROWS)
    assert equal(Sum(x * T[i, k] * v[l], (k, 1, M), (l, 1, M)), x * Sum(v[l], (l, 1, M)), ROWS)
    assert equal(1 / Sum(T[i, j] * x, (j, 1, M)), 1 / x, ROWS)
    assert equal(log(Sum(T[i, j] * p, (j, 1, M))), log(p), ROWS)
    assert not equal(Sum(T[i, j] * v[j], (j, 1, M)), Sum(v[j], (j, 1, M)), ROWS)
    assert not equal(Sum(T[i, j] ** 2, (j, 1, M)), 1, ROWS)
    assert not equal(Sum(T[i, j], (i, 1, S)), 1, ROWS)
    square = array("T", M, M)
    assert not equal(Sum(square[j, j], (j, 1, M)), 1, rows_sum_to_one(square))


# Where SymPy 1.14 is silently wrong (derivatives by a bound index, hidden dependences, no shapes).


def test_a_derivative_does_not_capture_a_bound_index():
    line = Sum(X[i, k] * W[j, k], (k, 1, M))
    define = {array("Y", S, N)[i, j]: line}
    assert equal(d(line, W[j, k]), X[i, k], define=define)
    assert not equal(d(line, W[j, k]), Sum(X[i, l], (l, 1, M)), define=define)
    assert equal(d(line, W[a, b]), delta(a, j) * X[i, b], define=define)


def test_a_derivative_of_what_is_opaque_is_not_zero():
    Y, Z = array("Y", S, M), array("Z", S, M)
    with pytest.raises(HiddenDependence):
        equal(d(Y[i, j], Z[a, b]), 0)
    with pytest.raises(HiddenDependence):
        equal(d(gradient(Y)[i, j], Y[a, b]), 0)


def test_a_derivative_of_a_trace_is_not_zero():
    trace = Sum(X[i, k] * A[k, l] * X[i, l], *over(i, k, l, sizes=[S, M, M]))
    define = {arrays.L: trace}
    assert equal(d(trace + 1, A[a, b]), Sum(X[i, a] * X[i, b], (i, 1, S)), define=define)
    whole = log(Sum(exp(v[k]), (k, 1, M)))
    assert equal(d(whole, v[a]), exp(v[a]) / Sum(exp(v[k]), (k, 1, M)))
    assert not equal(d(whole, v[a]), 0)


def test_shapes_are_checked_where_matrix_symbols_take_anything():
    for make in [lambda: X @ W.T + w, lambda: A + X.T, lambda: X * W, lambda: X @ X]:
        with pytest.raises(ShapeError):
            make()


def test_a_quotient_of_equals_asks_for_no_zero():
    made = Derivation(X[i, j] / X[i, j]).line(1, "cancel")
    (one,) = made.steps[0].where
    assert (one.what, one.sign, one.known) == (X, "≠", False)


def test_a_delta_leaves_one_term_and_no_cases():
    matrix = diag(v) @ A - outer(v, v)
    assert equal(matrix[i, j], v[i] * A[i, j] - v[i] * v[j])
    assert latex(-1 / S * x) == r"-\frac{1}{S} \, x"  # SymPy's printer, bent, gave −S


def test_a_derivative_by_way_of_another_array_is_a_sum_over_all_its_entries():
    Y, Z = array("Y", S, M), array("Z", S)
    define = {Y[i, j]: h(X[i, j]), Z[i]: Sum(Y[i, k] ** 2, (k, 1, M))}
    line = 2 * delta(i, a) * Y[i, b] * h.prime(X[i, b])
    made = Derivation(d(Z[i], X[a, b]), define=define)
    with pytest.raises(UncitedFact, match="definition of Y"):
        made.line(line, "planted", using=Z)
    made.line(line, "both layers", using=(Z, Y))
    assert equal(d(Z[i], Y[a, b]), 2 * delta(i, a) * Y[i, b], Z, define=define)


# What a name is has no part in what is true of it.


@pytest.mark.parametrize("start", [1, 7, 8, 9, 10, 97, 98, 99])
def test_how_many_indices_there_were_before_does_not_matter(start, monkeypatch):
    monkeypatch.setattr(atoms, "_fresh", count(start))
    one = v[k] * B[i, k] / (2 * A[i, j] - A[j, i])
    nested = Sum(v[k] * Sum(B[i, k] / (2 * A[i, j] - A[j, i]), (i, 1, M), (j, 1, M)), (k, 1, M))
    flat = Sum(one, *over(i, j, k, sizes=[M, M, M]))
    assert equal(nested, flat)
    assert not equal(nested, -flat)
    halves = Sum(v[k] * Sum(B[i, k] * A[i, j] / (2 * A[i, j] - A[j, i]), (i, 1, M), (j, 1, M)),
                 (k, 1, M))  # fmt: skip
    assert equal(halves, Sum(one * A[i, j], *over(i, j, k, sizes=[M, M, M])))


def test_a_sign_is_not_lost_when_an_index_gets_a_new_name():
    U = array("U", M)

    def factor(i):
        return 1 / Sum(1 / (2 * A[i, j] - A[j, i]), (j, 1, M))

    define = {U[i]: Sum(B[i, k] * v[k], (k, 1, M)), arrays.L: Sum(U[i] * factor(i), (i, 1, M))}
    by_hand = Sum(v[k] * Sum(d(U[i], v[k]) * factor(i), (i, 1, M)), (k, 1, M))
    by_rule = Sum(v[k] * d(arrays.L, v[k]), (k, 1, M))
    assert not equal(by_hand, -by_rule, arrays.L, define=define)
    assert equal(by_hand, by_rule, arrays.L, define=define)


def test_what_is_printed_alike_is_refused_or_told_apart():
    with pytest.raises(DerivationError, match="a name is letters"):
        array("W⁽¹⁾")  # as W^{(1)} is printed in a terminal
    assert not equal(array("S"), S)


def test_what_has_no_value_is_refused_in_words():
    zero = 1 / ((x + y) * (x - y)) * 2 * y - 1 / (x - y) + 1 / (x + y)
    for below in [Sum(v[i], (i, 1, M)) - Sum(v[j], (j, 1, M)), x / (x + y) + y / (x + y) - 1, zero]:
        with pytest.raises(DerivationError, match="divides by 0"):
            equal(x / below, 2 * x / below + 1)
    with pytest.raises(DerivationError, match="divides by 0"):
        equal(1 / (1 - Sum(T[i, j], (j, 1, M))), 1, ROWS)
    with pytest.raises(DerivationError, match="divides by 0, or takes its logarithm"):
        equal(log(x - x * Sum(delta(i, 1), (i, 1, M))), 1)
    assert equal(x / sqrt(1 + 1 / x), x / sqrt((x + 1) / x * 1))


def test_roots_of_numbers_keep_their_values_under_a_hypothesis():
    line = 1 / (x + sqrt(TWO) * x * Sum(T[i, j], (j, 1, M)))
    assert equal(line, 1 / (x * (1 + sqrt(TWO))), ROWS)


# A result, or an assumption, that holds for some values of an array says nothing of its derivative.


def test_what_is_assumed_of_an_array_is_not_differentiated_by_it():
    r = array("r", S)
    define = {r[i]: Sum(T[i, j], (j, 1, M))}
    one = Derivation(r[i], define=define).line(1, "rows of targets", using=(r, ROWS))
    slope = Derivation(d(r[i], T[a, b]), define=define)
    with pytest.raises(DerivationError):
        slope.line(0, "planted: r is 1, so its derivative is 0", using=one)
    slope.line(delta(i, a), "only T_ab counts", using=r)


def test_what_follows_from_a_definition_is_not_differentiated_by_what_it_defines():
    r = array("r", S)
    define = {**SOFTMAX, r[i]: Sum(Q[i, j], (j, 1, M))}
    one = Derivation(r[i], define=define).line(1, "each row of a softmax", using=(r, Q))
    slope = Derivation(d(r[i], Q[a, b]), define=define)
    with pytest.raises(DerivationError):
        slope.line(0, "planted: r is 1 whatever X is", using=one)
    slope.line(delta(i, a), "but not whatever Q is", using=r)


def test_nothing_is_assumed_of_a_gradient_that_follows():
    dX = gradient(X)
    made = Derivation(Sum(dX[i, k], (k, 1, M)), define=SOFTMAX)
    with pytest.raises(DerivationError):
        made.line(1, "planted: it is 0", using=rows_sum_to_one(dX))
    made.line(0, "softmax does not see a shift", using=(chain_rule, Q))


def test_an_opaque_gradient_may_depend_on_anything():
    Y, K = array("Y", S, M), array("K")
    every = over(i, j, sizes=[S, M])
    for other in [gradient(Q, of=K), gradient(Y, of=K)]:
        loss = {arrays.L: Sum(Y[i, j] * other[i, j], *every)}
        with pytest.raises(DerivationError):
            Derivation(d(arrays.L, Y[a, b]), define=loss).line(
                other[a, b], "planted", using=arrays.L
            )


def test_what_is_neither_proved_nor_refuted_is_said_to_be_so():
    with pytest.raises(NotProved):
        Derivation(log(x * y)).line(log(x) + log(y), "true for positive numbers only")
    with pytest.raises(WrongStep):
        Derivation(sqrt(x**2)).line(x, "true for positive numbers only")


# The fuzz. A random number with indices, one true rewriting of it and one false, judged and
# evaluated at three shapes. What is not cited is opaque, so then Y and P are any numbers.

Y, P, E = array("Y", S, N), array("P", S, M, positive=True), array("E", S, M)
DEFINITIONS = Definitions({
    Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + w[j],
    P[i, j]: exp(X[i, j]) / Sum(exp(X[i, k]), (k, 1, M)),
    E[i, j]: A[j, j] * B[j, j] * T[i, j] * Q[i, j] * v[j] * c[i] * x * y * p,  # all are inputs
})  # fmt: skip
SHAPES = [{S: 3, M: 2, N: 4}, {S: 2, M: 3, N: 1}, {S: 1, M: 4, N: 3}]
FREE = [{}, {i: S}, {i: S, j: M}, {i: M, j: M}, {i: M, j: M, k: S}, {i: N, j: M}]
LETTERS = indices("i j k l m n p q r s t a b e f")
LEAVES = [X, X, A, A, B, Q, T, v, w, c, W, x, y, p, Y, P]
EXAMPLES = {  # h and h' in numbers
    "h": [lambda x: np.sin(1.3 * x) + x * x / 5, lambda x: 1.3 * np.cos(1.3 * x) + 2 * x / 5],
    "g": [lambda x: np.cos(x) - x / 7, lambda x: -np.sin(x) - 1 / 7],
    "exp": [np.exp],
    "log": [np.log],
    "tanh": [np.tanh],
    "erf": [np.vectorize(math.erf, otypes=[float])],
}


class World:
    """Random numbers for all arrays at one shape, and the value of every expression in them."""

    def __init__(self, sizes, cited, seed, known=()):
        self.sizes, self.cited, self.seed, self.known = sizes, cited, seed, dict(known)

    def numbers(self, array):
        if array not in self.known:
            rng = np.random.default_rng([self.seed, *map(ord, array.name)])
            shape = [self.sizes[size] for size in array.shape]
            made = rng.uniform(0.3, 1.6, shape)
            if not array.positive:
                made = made * rng.choice([-1, 1], shape)
            if array == T and ROWS in self.cited:
                made[:, -1] = 1 - made[:, :-1].sum(axis=1)
            if array in self.cited:
                one = DEFINITIONS[array]
                made = self.table(one.body, dict(zip(one.indices, array.shape, strict=True)))
            self.known[array] = made
        return self.known[array]

    def table(self, expression, scope):
        """The values at all values of the free indices, with one axis for each."""
        shape = [self.sizes[size] for size in scope.values()]
        at = dict(zip(scope, np.indices(shape), strict=True))
        return np.broadcast_to(self.value(expression, at, len(shape)), shape)

    def value(self, expression, at, depth):
        """The value where the indices are as in {index: numbers along an axis of their own}."""
        match expression:
            case nodes.Number(value):
                return float(value)
            case nodes.Dimension():
                return float(self.sizes[expression])
            case arrays.Entry(of, letters):
                return self.numbers(of)[tuple(at[letter] for letter in letters)]
            case arrays.Delta(one, other):
                return np.equal(at[one], at[other]) * 1.0
            case algebra.Sum():
                return self.sum(expression, dict(at), depth)
            case arrays.Derivative(of, by):
                return sum(self.slopes(of, by, at, depth))
        inside = [self.value(child, at, depth) for child, _ in parts(expression)]
        match expression:
            case algebra.Pow(_, n):
                return np.float_power(*inside, float(n))
            case functions.Apply(functions.Function(name, order)):
                return EXAMPLES[name][order](*inside)
        signs = {algebra.Neg: np.negative, algebra.Add: np.add, algebra.Sub: np.subtract}
        signs |= {algebra.Mul: np.multiply, algebra.Div: np.divide}
        return signs[type(expression)](*inside)

    def sum(self, expression, at, depth):
        for letter, size in zip(expression.indices, expression.sizes, strict=True):
            at[letter] = np.arange(self.sizes[size]).reshape(-1, *[1] * depth)
            depth += 1
        body = self.value(expression.body, at, depth)
        letters = [np.shape(at[letter]) for letter in expression.indices]
        full = np.broadcast_to(body, np.broadcast_shapes(np.shape(body), *letters))
        return full.sum(axis=tuple(range(len(letters))))

    def slopes(self, of, by, at, depth):
        """Central differences by every entry of an array, each 0 where it is not the one meant."""
        numbers = self.numbers(by.array)
        for place in np.ndindex(numbers.shape):
            step = np.zeros_like(numbers)
            step[place] = 1e-5
            moved = [{by.array: numbers + step}, {by.array: numbers - step}]
            up, down = (
                World(self.sizes, self.cited, self.seed, known).value(of, at, depth)
                for known in moved
            )
            pairs = zip(by.indices, place, strict=True)
            yield (up - down) / 2e-5 * math.prod(np.equal(at[letter], n) for letter, n in pairs)


def differ(before, after, scope, cited, seed):
    """Whether two numbers differ somewhere; None where they have no values."""
    seen = False
    for sizes in SHAPES:
        world = World(sizes, cited, seed)
        with np.errstate(all="ignore"):
            one, two = (world.table(side, scope) for side in (before, after))
            large = abs(one) + abs(two)
            finite = np.isfinite(one) & np.isfinite(two) & (large < 1e4)
            if (finite & (abs(one - two) > 1e-6 * (1 + large))).any():
                return True
        seen = seen or finite.any()
    return False if seen else None


class Writer:
    """Writes random numbers with indices."""

    def __init__(self, rng):
        self.rng = rng

    def leaf(self, scope, among=LEAVES):
        """An entry at indices that are there, or a number by name."""
        found = [leaf for leaf in among if all(size in scope.values() for size in leaf.shape)]
        leaf = self.rng.choice(found)
        at = (self.rng.choice([k for k in scope if scope[k] == size]) for size in leaf.shape)
        return leaf[tuple(at)] if leaf.shape else leaf

    def letter(self, scope):
        """One of the first letters that are free, so that many Σ have the same."""
        return self.rng.choice([letter for letter in LETTERS if letter not in scope][:5])

    def delta(self, scope):
        pairs = [(k, m) for k in scope for m in scope if k != m and scope[k] == scope[m]]
        return delta(*self.rng.choice(pairs)) if pairs else x

    def sum(self, scope, depth, write):
        """A Σ over one index or two, of what `write` writes."""
        ranges = {}
        for _ in range(self.rng.choice([1, 1, 2])):
            ranges[self.letter({**scope, **ranges})] = self.rng.choice([S, M, M, N])
        return Sum(write({**scope, **ranges}, depth), *((k, 1, size) for k, size in ranges.items()))

    def positive(self, scope, depth):
        if depth <= 0:
            return self.leaf(scope, [Q, c, p, P])
        kinds = [
            lambda: self.positive(scope, depth - 1) + self.positive(scope, depth - 1),
            lambda: self.positive(scope, depth - 1) * self.positive(scope, depth - 1),
            lambda: self.positive(scope, depth - 1) / self.positive(scope, depth - 1),
            lambda: exp(self.leaf(scope)),
            lambda: self.sum(scope, depth - 1, self.positive),
            lambda: self.rng.choice([S, M, N, node(2), node(Fraction(4, 3))]),
        ]
        return self.rng.choice([*kinds, kinds[-2]])()

    def number(self, scope, depth):
        if depth <= 0:
            return self.rng.choice([self.leaf, self.leaf, self.leaf, self.delta])(scope)
        some = [self.number(scope, depth - 1) for _ in range(2)]
        above_0 = self.positive(scope, depth - 1)
        function = self.rng.choice([h, h.prime, g, tanh, erf])
        broken = self.rng.choice([Fraction(n, 2) for n in (-1, 1, 3)] + [Fraction(1, 3)])
        kinds = [some[0] + some[1], some[0] + some[1], some[0] - some[1]]
        kinds += [some[0] * some[1]] * 3 + [some[0] / above_0] * 2
        kinds += [
            some[0] / (self.leaf(scope) - 2 * self.leaf(scope)),
            log(above_0),
            above_0**broken,
        ]
        kinds += [exp(self.number(scope, min(depth - 1, 1))), function(some[0])]
        kinds += [some[0] ** self.rng.choice([2, 2, 3, -1])]
        kinds += [self.rng.choice([S, M, N, TWO, node(Fraction(-1, 3))]) * some[0]]
        kinds += [self.sum(scope, depth - 1, self.number) for _ in range(5)]
        kinds += [self.sum(scope, depth - 1, self.number) ** 2]
        return self.rng.choice(kinds)


def ranges(expression):
    return [(k, 1, size) for k, size in zip(expression.indices, expression.sizes, strict=True)]


def parts(expression):
    """(child, what makes the expression with another child) for every child."""
    match expression:
        case algebra.Sum():
            yield expression.body, lambda new: Sum(new, *ranges(expression))
        case algebra.Pow(base, n):
            yield base, lambda new: new**n
        case algebra.Neg(part):
            yield part, lambda new: -new
        case algebra.Elementwise():
            yield expression.left, lambda new: type(expression)(new, expression.right)
            yield expression.right, lambda new: type(expression)(expression.left, new)
        case functions.Apply(function, part):
            yield part, lambda new: function(new)
        case arrays.Derivative(of, by):
            yield of, lambda new: d(new, by)


def length(expression):
    return 1 + sum(length(child) for child, _ in parts(expression))


def stands_in(letter, expression):
    match expression:
        case arrays.Entry(_, letters):
            return letter in letters
        case arrays.Delta(one, other):
            return letter in (one, other)
        case arrays.Derivative(of, by):
            return letter in by.indices or stands_in(letter, of)
    return any(stands_in(letter, child) for child, _ in parts(expression))


def put(expression, names):
    """The expression with other indices, {old: new}."""
    match expression:
        case arrays.Entry(of, letters):
            return arrays.Entry(of, tuple(names.get(letter, letter) for letter in letters))
        case arrays.Delta(one, other):
            return delta(names.get(one, one), names.get(other, other))
        case arrays.Derivative(of, by):
            return d(put(of, names), put(by, names))
    for n in range(len(list(parts(expression)))):
        child, make = list(parts(expression))[n]
        expression = make(put(child, names))
    return expression


def defined(entry):
    """What the definition of an array says of an entry."""
    one = DEFINITIONS[entry.array]
    return put(one.body, dict(zip(one.indices, entry.indices, strict=True)))


def is_positive(expression):
    match expression:
        case nodes.Dimension() | functions.Apply(functions.Function("exp")):
            return True
        case nodes.Number(value):
            return value > 0
        case arrays.Entry(of):
            return of.positive
        case algebra.Add() | algebra.Mul() | algebra.Div() | algebra.Pow() | algebra.Sum():
            return all(is_positive(child) for child, _ in parts(expression))
    return False


def slope(of, by):
    """∂of/∂by; alone, a number by name would be taken for a loss, which may depend on anything."""
    return node(0) if isinstance(of, arrays.Entry) and not of.indices else d(of, by)


class Rewriter:
    """Rewrites a number with indices: `truly`, or `falsely`; {what was done: the new number}."""

    def __init__(self, rng, cited):
        self.rng, self.cited, self.writer = rng, cited, Writer(rng)

    def row(self, scope):
        return self.rng.choice([letter for letter in scope if scope[letter] == S])

    def truly(self, e, scope):
        new = self.writer.letter(scope)
        other = self.writer.leaf(scope)
        found = {
            "e p/p": e * p / p,
            "Σ e/S": Sum(e, (new, 1, S)) / S,
            "e + f − f": e + other - other,
            "e (f + 2p)/(f + 2p)": e * other / (other + 2 * p) + 2 * e * p / (other + 2 * p),
        }
        if ROWS in self.cited and S in scope.values():
            found["e ΣT"] = e * Sum(T[self.row(scope), new], (new, 1, M))
        if is_positive(e):
            found |= {
                "exp log": exp(log(e)),
                "√²": sqrt(e) ** 2,
                "√e²": sqrt(e * e),
                "1/(1/e)": 1 / (1 / e),
            }
        match e:
            case arrays.Entry(of, at) if at:
                n = self.rng.randrange(len(at))
                moved = of[(*at[:n], new, *at[n + 1 :])]
                found["a δ put in"] = Sum(delta(at[n], new) * moved, (new, 1, of.shape[n]))
                if of in self.cited:
                    found["a definition"] = defined(e)
            case arrays.Delta(one, two):
                found |= {"δ_ji": delta(two, one), "δ²": e * e}
            case algebra.Sum():
                found |= self.sums(e, scope)
            case algebra.Add(one, two):
                found["b + a"] = two + one
            case algebra.Sub(one, two):
                found["−b + a"] = -two + one
            case algebra.Mul(one, two):
                found |= self.products(one, two)
            case algebra.Div(one, two):
                found |= {
                    "a · 1/b": one * (1 / two),
                    "a b⁻¹": one * two**-1,
                    "2a/2b": 2 * one / (two + two),
                }
                found["−a/−b"] = -one / (
                    two.right - two.left if isinstance(two, algebra.Sub) else -two
                )
                if isinstance(one, algebra.Add | algebra.Sub):
                    found["(a + b)/c"] = type(one)(one.left / two, one.right / two)
            case arrays.Derivative(of, by):
                found |= self.slopes(of, by)
            case algebra.Pow(base, n) if n in (2, 3):
                found["a a"] = base ** (n - 1) * base
            case algebra.Pow(algebra.Mul(one, two), n) if is_positive(one) or n == int(n):
                found["(ab)ⁿ"] = one**n * two**n
            case functions.Apply(functions.Function("tanh"), part):
                found["tanh"] = (exp(part) - exp(-part)) / (exp(part) + exp(-part))
            case functions.Apply(function, algebra.Add(one, two)) if function == exp:
                found["exp a exp b"] = exp(one) * exp(two)
            case functions.Apply(function, algebra.Mul(one, two)) if function == log:
                if is_positive(one) and is_positive(two):
                    found["log a + log b"] = log(one) + log(two)
        return found

    def sums(self, e, scope):
        (first, _, size), *rest = ranges(e)
        new = self.writer.letter({**scope, **dict(zip(e.indices, e.sizes, strict=True))})
        found = {"an index renamed": Sum(put(e.body, {first: new}), (new, 1, size), *rest)}
        if rest:
            found["Σ swapped"] = Sum(e.body, *rest, (first, 1, size))
            found["Σ in Σ"] = Sum(Sum(e.body, (first, 1, size)), *rest)
        match e.body:
            case algebra.Sum():
                found["Σ swapped"] = Sum(Sum(e.body.body, *ranges(e)), *ranges(e.body))
            case algebra.Add(one, two) | algebra.Sub(one, two):
                found["Σ split"] = type(e.body)(Sum(one, *ranges(e)), Sum(two, *ranges(e)))
            case algebra.Mul(one, two) if not any(stands_in(k, one) for k in e.indices):
                found["out of Σ"] = one * Sum(two, *ranges(e))
            case algebra.Div(one, two) if not any(stands_in(k, two) for k in e.indices):
                found["out of Σ"] = Sum(one, *ranges(e)) / two
        return found

    def products(self, one, two):
        found = {"b a": two * one}
        for left, right in [(one, two), (two, one)]:
            if isinstance(left, algebra.Add | algebra.Sub):
                found["distributed"] = type(left)(left.left * right, left.right * right)
            if isinstance(left, algebra.Sum):
                found["into Σ"] = Sum(left.body * right, *ranges(left))
            if isinstance(left, arrays.Delta):
                found["δ_ij f(j)"] = left * put(right, {left.left: left.right})
        return found

    def slopes(self, of, by):
        """The rules of differentiation, as in school."""
        match of:
            case algebra.Add(one, two) | algebra.Sub(one, two):
                return {"a sum rule": type(of)(slope(one, by), slope(two, by))}
            case algebra.Mul(one, two):
                return {"the product rule": one * slope(two, by) + slope(one, by) * two}
            case algebra.Div(one, two):
                return {"the quotient rule": (slope(one, by) * two - one * slope(two, by)) / two**2}
            case algebra.Pow(base, n):
                return {"the power rule": node(n) * base ** (n - 1) * slope(base, by)}
            case algebra.Sum() if not any(k in by.indices for k in of.indices):
                return {"the derivative of a Σ": Sum(slope(of.body, by), *ranges(of))}
            case functions.Apply(functions.Function("exp"), part):
                return {"the derivative of exp": of * slope(part, by)}
            case functions.Apply(functions.Function("log"), part):
                return {"the derivative of log": slope(part, by) / part}
            case functions.Apply(function, part) if function in (h, g):
                return {"the derivative of h": function.prime(part) * slope(part, by)}
            case arrays.Entry(one, at) if one == by.array:
                return {
                    "an entry by an entry": math.prod(map(delta, at, by.indices), start=node(1))
                }
            case arrays.Entry(one) if one not in DEFINITIONS:
                return {"another entry": node(0)}
        return {}

    def falsely(self, e, scope):
        found = {"−e": -e, "2e": 2 * e, "0e": 0 * e, "e/S": e / S, "M e": M * e, "e + 1": e + 1}
        found |= {"another": self.writer.leaf(scope), "√e²": sqrt(e**2), "e²": e**2, "h": h(e)}
        match e:
            case nodes.Dimension():
                found["a size"] = self.rng.choice([S, M, N])
            case arrays.Entry(of, at) if at:
                n = self.rng.randrange(len(at))
                fit = [k for k in scope if scope[k] == of.shape[n]]
                found["an index"] = of[(*at[:n], self.rng.choice(fit), *at[n + 1 :])]
                found["an array"] = self.rng.choice(
                    [one for one in LEAVES if one.shape == of.shape]
                )[at]
                if of.shape == (M, M):
                    found["a transpose"] = of[at[::-1]]
                if of in DEFINITIONS and of not in self.cited:
                    found["a definition not cited"] = defined(e)
            case arrays.Delta(one):
                found |= {"no δ": node(1)}
                fit = [k for k in scope if scope[k] == scope[one]]
                found["an index"] = delta(one, self.rng.choice(fit))
            case algebra.Sum():
                found |= self.wrong_sums(e, scope)
            case algebra.Mul(arrays.Delta(), part) | algebra.Mul(part, arrays.Delta()):
                found["no δ"] = part
            case algebra.Elementwise():
                one, two = e.left, e.right
                found |= {
                    "a": one,
                    "b": two,
                    "a − b": one - two,
                    "b/a": two / one,
                    "a/b": one / two,
                }
                if isinstance(e, algebra.Div) and isinstance(two, algebra.Add):
                    found["a/b + a/c"] = one / two.left + one / two.right
            case algebra.Pow(base, n):
                found |= {"aⁿ⁺¹": base ** (n + 1), "a": base, "a⁻ⁿ": base**-n}
                if isinstance(base, algebra.Add | algebra.Sub):
                    found["aⁿ + bⁿ"] = base.left**n + base.right**n
                if isinstance(base, algebra.Sum):
                    found["Σ aⁿ"] = Sum(base.body**n, *ranges(base))
            case arrays.Derivative(of, by):
                found["a derivative forgotten"] = of
                if isinstance(of, algebra.Mul):
                    found["half the product rule"] = of.left * d(of.right, by)
                if isinstance(of, functions.Apply):
                    found["the inner derivative forgotten"] = h.prime(of.argument)
                if isinstance(of, arrays.Entry) and of.array == P:
                    found["a softmax by entry"] = (
                        of * (1 - of) * delta(of.indices[1], by.indices[-1])
                    )
            case functions.Apply(function, part):
                found |= {"a": part, "g": g(part)}
                if function in (h, g):
                    found["a prime"] = function.prime(part)
                if isinstance(part, algebra.Mul | algebra.Add):
                    found["f(a) ∘ f(b)"] = type(part)(function(part.left), function(part.right))
        return found

    def wrong_sums(self, e, scope):
        (first, _, size), *rest = ranges(e)
        new = self.writer.letter({**scope, **dict(zip(e.indices, e.sizes, strict=True))})
        found = {"Σ too many": Sum(e, (new, 1, size))}
        if size == M and S in scope.values():
            found["a row of T"] = Sum(T[self.row(scope), first] * e.body, *ranges(e))
        found["a range"] = Sum(e.body, (first, 1, self.rng.choice([S, M, N])), *rest)
        if rest:
            found["Σ too few"] = Sum(e.body, *rest)
        elif fit := [k for k in scope if scope[k] == size]:
            found["Σ too few"] = put(e.body, {first: self.rng.choice(fit)})
        match e.body:
            case algebra.Mul(one, two) | algebra.Div(one, two):
                found["Σa Σb"] = type(e.body)(Sum(one, *ranges(e)), Sum(two, *ranges(e)))
            case algebra.Pow(base, n):
                found["(Σ a)ⁿ"] = Sum(base, *ranges(e)) ** n
            case functions.Apply(function, part):
                found["f(Σ)"] = function(Sum(part, *ranges(e)))
        return found


def everywhere(e, scope, rewrite):
    """(what was done, the expression with one part rewritten)."""
    yield from rewrite(e, scope).items()
    if isinstance(e, algebra.Sum):
        scope = {**scope, **dict(zip(e.indices, e.sizes, strict=True))}
    for child, make in parts(e):
        for what, new in everywhere(child, scope, rewrite):
            yield what, make(new)


def is_valid(expression, scope):
    try:
        check_indices(expression, scope)
    except DerivationError:
        return False
    return length(expression) < 45


def rewritten(rng, expression, scope, rewrite, kinds):
    """The expression with one change, of those that fit the kind that was made least often."""
    made = {}
    for what, new in everywhere(expression, scope, rewrite):
        made.setdefault(what, []).append(new)
    how = rewrite.__name__
    for what in sorted(made, key=lambda what: (kinds[how, what], rng.random())):
        if is_valid(new := rng.choice(made[what]), scope):
            kinds[how, what] += 1
            return new
    raise AssertionError(f"no change fits {expression}")


def begun(rng):
    """(a random number with indices, its scope, what is cited)"""
    scope, writer = rng.choice(FREE), Writer(rng)
    cited = [fact for fact in (Y, P, ROWS) if rng.random() < 0.4]
    by = [of for of in (X, W, A, v) if all(size in scope.values() for size in of.shape)]
    if by and rng.random() < 0.2:  # of what is not cited, no numbers are the derivative
        made = slope(writer.number(scope, rng.choice([1, 1, 2])), writer.leaf(scope, by))
        return made, scope, [Y, P, *(fact for fact in cited if fact is ROWS)]
    return writer.number(scope, rng.choice([1, 2, 2, 3])), scope, cited


def pairs(rng, number, kinds):
    """(before, after, scope, what is cited, whether the two are one in other words)"""
    while number:
        before, scope, cited = begun(rng)
        if not is_valid(before, scope) or length(before) > 30:
            continue
        number -= 1
        rewriter, after = Rewriter(rng, cited), before
        for _ in range(rng.choice([1, 1, 2, 3])):
            after = rewritten(rng, after, scope, rewriter.truly, kinds)
        yield before, after, scope, cited, True
        wrong = rewritten(rng, rng.choice([before, after]), scope, rewriter.falsely, kinds)
        yield before, wrong, scope, cited, False


def verdict(before, after, scope, cited):
    """True or False, or in words why the judge refuses."""
    try:
        return normal.judge(before, after, scope, DEFINITIONS, Facts.of(cited, DEFINITIONS))
    except DerivationError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_false_is_proved(seed, monkeypatch):
    rng, seen, kinds, missed = random.Random(seed), Counter(), Counter(), []
    for n, (before, after, scope, cited, truly) in enumerate(pairs(rng, 1250, kinds)):
        monkeypatch.setattr(atoms, "_fresh", count(rng.choice([1, 3, 5, 7, 8, 9, 95, 98])))
        proved = verdict(before, after, scope, cited) is True
        wrong = differ(before, after, scope, cited, n)
        line = f"{before} = {after}, citing {cited}, pair {n}"
        assert not (proved and wrong), f"unsound: {line}"
        assert not (truly and wrong), f"the rewriting is wrong, or its numbers: {line}"
        seen[truly, proved, wrong] += 1
        if truly and not proved and wrong is False:
            missed.append(line)
    # Of 1,250, seeds 1 to 8 missed 0 to 2, such as erf(−w_i/3) with the minus hidden in a Σ.
    assert len(missed) <= 4, missed
    assert seen[True, True, False] > 1240, seen
    assert seen[False, False, True] > 950, seen
    assert len(kinds) >= 80, kinds
