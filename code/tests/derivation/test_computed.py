"""Tests of sizes that are computed from others: full, stacked and transposed convolution.

As with all shifted indices, three judges are compared: the prover, the one that writes every entry
out, and `World` in NumPy.
"""

import numpy as np
import one_step
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Max,
    Sum,
    WrongStep,
    argmax,
    array,
    chain_rule,
    computed,
    d,
    delta,
    dimensions,
    function,
    gradient,
    indices,
    integers,
    sqrt,
)
from backprop.derivation.judges import quick, rules
from backprop.derivation.language.arrays import Entry
from backprop.derivation.premises.scope import with_computed
from evaluator import World
from latex_reader import Reader

M, K, Q, R, s, q = dimensions("M K Q R s q")
a, i, k, u, v, p = indices("a i k u v p")
N = computed("N", M + K - 1)
X, W, Y, x, h = array("X", M), array("W", K), array("Y", N), array("x"), function("h")
dY = gradient(Y)
FULL = {Y[i]: Sum(X[i - u + 1] * W[u], (u, 1, K))}
# Two layers of valid convolution: each input is as long as its output and the window ask.
H = computed("H", Q + R - 1)
B = computed("B", H + K - 1)
XB, YH, Z, V = array("X", B), array("Y", H), array("Z", Q), array("V", R)
dZ = gradient(Z)
TWO = {
    YH[i]: h(Sum(XB[i + u - 1] * W[u], (u, 1, K))),
    Z[k]: Sum(YH[k + v - 1] * V[v], (v, 1, R)),
}
LINEAR = {YH[i]: Sum(XB[i + u - 1] * W[u], (u, 1, K)), Z[k]: TWO[Z[k]]}
# One layer that does the same as the two: its kernel is their full convolution.
F = computed("F", K + R - 1)
C = array("C", F)
BOTH = {**LINEAR, C[p]: Sum(W[p - v + 1] * V[v], (v, 1, R))}
# Transposed: the output is as long as the input of a convolution with this stride.
T = computed("T", s * (Q - 1) + K)
XQ, O = array("X", Q), array("O", T)  # noqa: E741
dO = gradient(O)
TRANSPOSED = {O[a]: Sum(XQ[i] * W[a - s * (i - 1)], (i, 1, Q))}
# With a padding of q zeros on both sides: M + 2q = s (Q − 1) + K, and here s is 1.
PADDED = computed("M", 2 * q + K)
XP, YP = array("X", PADDED), array("Y", computed("P", 4 * q + 1))
FRAMED = {YP[i]: Sum(XP[i + u - 1 - q] * W[u], (u, 1, K))}
dYP = gradient(YP)


def over(*letters):
    return [(letter, 1, {u: K, v: R, k: Q, i: Q, p: F}[letter]) for letter in letters]


# (target, definitions, right line, wrong twins)
CASES = {
    "full, dX": (d(L, X[a]), FULL, Sum(dY[a + u - 1] * W[u], *over(u)),
                 [Sum(dY[a - u + 1] * W[u], *over(u)), Sum(dY[a + u] * W[u], *over(u))]),
    "full, dW": (d(L, W[u]), FULL, Sum(dY[i + u - 1] * X[i], (i, 1, M)),
                 [Sum(dY[i + u] * X[i], (i, 1, M)), Sum(dY[M + u - i] * X[i], (i, 1, M))]),
    "full, the sum": (Sum(Y[i], (i, 1, N)), FULL, Sum(X[a], (a, 1, M)) * Sum(W[u], *over(u)),
                      [Sum(X[a], (a, 1, M)) * Sum(W[u], *over(u)) / N]),
    "full, the mean": (Sum(Y[i], (i, 1, N)) / N, FULL,
                       Sum(X[a], (a, 1, M)) * Sum(W[u], *over(u)) / (M + K - 1),
                       [Sum(X[a], (a, 1, M)) * Sum(W[u], *over(u)) / (M + K)]),
    "two layers, dX": (d(L, XB[a]), LINEAR,
                       Sum(dZ[k] * V[v] * W[a - k - v + 2], *over(k, v)),
                       [Sum(dZ[k] * V[v] * W[a - k - v + 1], *over(k, v))]),
    "two layers, dW": (d(L, W[u]), LINEAR,
                       Sum(dZ[k] * V[v] * XB[k + v + u - 2], *over(k, v)),
                       [Sum(dZ[k] * V[v] * XB[k + v - u], *over(k, v))]),
    "h between, dV": (d(L, V[v]), TWO,
                      Sum(dZ[k] * h(Sum(XB[k + v + u - 2] * W[u], *over(u))), *over(k)),
                      [Sum(dZ[k] * h(Sum(XB[k + v + u - 1] * W[u], *over(u))), *over(k))]),
    "two as one": (Z[k], BOTH, Sum(XB[k + p - 1] * C[p], *over(p)),
                   [Sum(XB[k + p] * C[p], *over(p)), Sum(XB[k + F - p] * C[p], *over(p))]),
    "transposed, dX": (d(L, XQ[i]), TRANSPOSED, Sum(dO[s * (i - 1) + u] * W[u], *over(u)),
                       [Sum(dO[s * i + u] * W[u], *over(u)),
                        Sum(dO[i + u - 1] * W[u], *over(u))]),
    "transposed, dW": (d(L, W[u]), TRANSPOSED, Sum(dO[s * (i - 1) + u] * XQ[i], *over(i)),
                       [Sum(dO[s * (i - 1) + u + 1] * XQ[i], *over(i))]),
    "padded, dX": (d(L, XP[a]), FRAMED, Sum(dYP[i] * W[a - i + 1 + q], (i, 1, YP.shape[0])),
                   [Sum(dYP[i] * W[a - i + 1 - q], (i, 1, YP.shape[0]))]),
}  # fmt: skip


def using(target, define):
    facts = tuple(left.array for left in define)
    slope = hasattr(target, "of") or isinstance(target, Entry) and hasattr(target.array, "of")
    return (chain_rule, *facts) if slope else facts


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def proved(case):
    return one_step.proved(case, using)


def test_it_is_proved_for_all_sizes(case):
    assert proved(case).proved


def test_its_wrong_twins_are_refused_with_numbers(case):
    one_step.refuses_twins(case, using)


def test_a_definition_that_is_forgotten_is_named(case):
    one_step.refuses_what_is_not_said(case)


def test_the_other_judges_say_the_same(case):
    derivation, (_, _, right, twins) = proved(case), case
    for sizes in derivation.shapes:
        close = one_step.agree(derivation, right, sizes, 1e-8)
    assert not any(map(close, twins))


def test_what_is_printed_is_read_as_it_was_judged(case):
    derivation = proved(case)
    assert not any(side.shape for side in derivation.lines)
    one_step.read_back(derivation, derivation.shapes[0])


def test_a_largest_and_a_look_up_know_the_lengths():
    largest = Derivation(d(L, Y[a]), define={L: Max(Y[i], (i, 1, N))})
    largest.line(delta(a, argmax(Y[i], (i, 1, N))), "to the largest", using=L)
    assert largest.proved
    t, rows = integers("t", M, to=N), array("r", M)
    looked_up = Derivation(d(L, Y[a]), define={rows[i]: Y[t[i]]})
    looked_up.line(Sum(delta(a, t[i]) * d(L, rows[i]), (i, 1, M)), "to what was looked up",
                   using=(chain_rule, rows))  # fmt: skip
    assert looked_up.proved


def test_the_page_says_how_a_size_is_computed():
    made = proved(CASES["two as one"])
    for shown in (str(made), made._repr_latex_()):
        assert all(f"{name} = " in shown for name in "HBF")
    world = World(made, made.shapes[0])
    tex = made.computed[0]
    left, sign, right, _ = Reader(
        made, f"{tex} = {tex.formula._repr_latex_().strip('$')}"
    ).relation()
    assert (sign, left(world, {})) == ("=", right(world, {}))


def test_a_number_of_places_is_what_its_formula_says():
    assert Derivation(Sum(x, (i, 1, N))).line((M + K - 1) * x, "so many").proved
    assert Derivation(Sum(x, (a, 1, T))).line((s * Q + K - s) * x, "so many").proved
    assert Derivation(N * x).line(M * x + K * x - x, "its formula").proved
    assert Derivation(B * x).line((Q + R + K - 2) * x, "by two formulas").proved
    with pytest.raises(WrongStep):
        Derivation(Sum(x, (i, 1, N))).line((M + K) * x, "one too many")
    with pytest.raises(WrongStep):
        Derivation(T * x).line((s * s * Q + K - s) * x, "a stride too many")


def test_numpy_says_the_same():
    made = proved(CASES["full, dX"])
    world = World(made, made.shapes[0])
    assert np.allclose(world.array(Y), np.convolve(world.array(X), world.array(W)))


def test_a_full_convolution_misses_nothing_and_may_run_over_itself():
    """Every X_a meets every W_u, so the page need not say that entries outside are 0."""
    outside = "an entry whose index is not on its axis is 0"
    turned = Derivation(d(L, X[a]), define={Y[i]: Sum(X[i - u + 1] * W[u], (u, 1, K))})
    turned.line(Sum(dY[a + u - 1] * W[u], *over(u)), "in one step", (chain_rule, Y))
    assert outside in str(turned)  # the definition does run over
    assert turned.outside == [X[i - u + 1]]  # the line does not
    assert outside not in str(proved(CASES["two layers, dW"]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: computed("P", M - K + 1), "M − K . 1 may be less: compute the larger size"),
        (lambda: computed("P", M * K - 2), "may be less"),
        (lambda: computed("P", M / 2), "computed by ., − and · of sizes and integers"),
        (lambda: computed("P", M + x), "of sizes and integers, got x"),
        (lambda: computed("P", 3), "is computed from other sizes, got 3"),
        (lambda: computed("a b", M + K), "a name is letters"),
        (lambda: Derivation(Sum(X[a] * computed("M", K + 1), (a, 1, M))), "two different sizes"),
        (lambda: Derivation(Sum(Y[i], (i, 1, N)), sizes={M: 2, K: 3, N: 5}), "N is computed from"),
        (lambda: Derivation(Sum(Y[i], (i, 1, N)), sizes={M: 2}), "no length for K"),
        (lambda: Derivation(Sum(1 / X[i], (i, 1, N))), "i runs to N, but is used on an axis"),
    ],
)  # fmt: skip
def test_what_is_no_size_is_refused_in_words(call, message):
    with pytest.raises(DerivationError, match=message):
        call()


def test_sizes_that_are_given_give_those_that_are_computed():
    made = Derivation(Sum(Y[i], (i, 1, N)), define=FULL, sizes={M: 5, K: 3})
    assert [shape[N] for shape in made.shapes] == [7, 7]
    assert with_computed({Q: 2, R: 3, K: 4}, [B, H]) == {Q: 2, R: 3, K: 4, H: 4, B: 7}
    with pytest.raises(WrongStep, match="at M = 5, K = 3, N = 7"):
        made.line(2 * Sum(X[a], (a, 1, M)) * Sum(W[u], *over(u)), "(wrong)", using=Y)


def test_a_square_of_a_size_is_not_the_size():
    """s (s i − …) needs two sizes in a place, which only a computed one brings in."""
    E = computed("E", s * s)
    one, other = array("A", E), array("G", Q)
    first, second = Sum(one[E * i], (i, 1, Q)), Sum(one[s * i], (i, 1, Q))
    made = Derivation(first * other[1])
    with pytest.raises(WrongStep):
        made.line(second * other[1], "(wrong)")


# What may not go missing.


def test_a_prover_that_forgets_a_formula_proves_less(monkeypatch):
    monkeypatch.setattr(rules, "length", lambda symbol: symbol)
    with pytest.raises(DerivationError):
        proved(CASES["two as one"])


def test_a_quick_no_knows_the_lengths(monkeypatch):
    """Else numbers would say no to what is true, and a fact that is needless would pass."""
    monkeypatch.setattr(quick, "length", lambda symbol: symbol)
    lie = Derivation(Sum(x, (i, 1, N)), define=FULL)
    assert lie.line((M + K - 1) * x, "needless", using=Y).proved
    monkeypatch.undo()
    with pytest.raises(DerivationError, match="holds without"):
        Derivation(Sum(x, (i, 1, N)), define=FULL).line((M + K - 1) * x, "needless", using=Y)


def test_roots_of_a_computed_size_are_real():
    assert Derivation(x / sqrt(N)).line(x * sqrt(N) / N, "the same").proved
