"""Second derivatives: Hessians, products with them, and losses of which nothing is said."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    HiddenDependence,
    L,
    Sum,
    UncitedFact,
    WrongStep,
    array,
    auto,
    chain_rule,
    d,
    delta,
    diag,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    log,
    loss,
    outer,
)

S, M, N, C = dimensions("S M N C")
i, j, k, a, b, c, p, q, r, s = indices("i j k a b c p q r s")
X, W, V = array("X", S, M), array("W", N, M), array("V", N, M)
Y, Z, T, U = (array(name, S, N) for name in "Y Z T U".split())
R, w, y, z, t, v = (
    array("R", S, M), array("w", M), array("y", S), array("z", C), array("t", C), array("v", C),
)  # fmt: skip
res, P, h = array("r", S), array("p", C, positive=True), function("h")
dY, dr, every = gradient(Y), gradient(res), [(i, 1, S), (j, 1, N)]
over_i, over_k, entries = (i, 1, S), (k, 1, C), [(p, 1, N), (q, 1, M)]

SQUARES = {L: Sum((Sum(X[i, k] * w[k], (k, 1, M)) - y[i]) ** 2, over_i) / 2}
CROSS = {
    P[c]: exp(z[c]) / Sum(exp(z[k]), over_k),
    L: log(Sum(exp(z[k]), over_k)) - Sum(t[k] * z[k], over_k),
}
LAYER = {Z[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)), Y[i, j]: h(Z[i, j])}
TRAINED = {**LAYER, L: Sum((Y[i, j] - T[i, j]) ** 2, *every) / 2}
LINEAR = {Y: X @ W.T}
RESIDUAL = {res[i]: h(Sum(X[i, k] * w[k], (k, 1, M))) - y[i]}
OF_SQUARES = {**RESIDUAL, L: Sum(res[i] ** 2, over_i) / 2}
TWO_HEADS = {Y: X @ W.T, Z: X @ V.T}

HESSIAN_W, H = d(d(L, W[a, b]), W[p, q]), d(d(L, w[a]), w[b])
PRODUCT = Sum(HESSIAN_W * V[p, q], *entries)
CURVE = h.prime(Z[i, a]) ** 2 + (Y[i, a] - T[i, a]) * h.prime.prime(Z[i, a])
GAUSS = Sum(
    Sum(d(dY[i, j], Y[r, s]) * d(Y[r, s], W[p, q]), (r, 1, S), (s, 1, N)) * d(Y[i, j], W[a, b]),
    *every,
)
DROPPED = Sum(dY[i, j] * d(d(Y[i, j], W[a, b]), W[p, q]), *every)
GAUSS_R = Sum(Sum(d(dr[i], res[k]) * d(res[k], w[b]), (k, 1, S)) * d(res[i], w[a]), over_i)
DROPPED_R = Sum(dr[i] * d(d(res[i], w[a]), w[b]), over_i)
JJ = d(res[i], w[a]) * d(res[i], w[b])

eps, R_ = array("eps"), array("Q", N, M)

# What is derived, from which definitions, a line that holds, by what, and wrong ones.
LINES = {
    "squared error": (H, SQUARES, Sum(X[i, a] * X[i, b], over_i), L,
                      [2 * Sum(X[i, a] * X[i, b], over_i), Sum(X[i, a] * X[i, a], over_i)]),
    "squared error, as matrices": (d(d(L, w), w), SQUARES, X.T @ X, L, [2 * X.T @ X, -(X.T @ X)]),
    "softmax cross-entropy": (d(d(L, z[a]), z[b]), CROSS, P[a] * delta(a, b) - P[a] * P[b], (L, P),
                              [P[a] * delta(a, b), P[a] * delta(a, b) - P[a] ** 2 * delta(a, b),
                               P[a] * P[b] - P[a] * delta(a, b)]),
    "the same, as matrices": (d(d(L, z), z), CROSS, diag(P) - outer(P, P), (L, P),
                              [diag(P) - diag(P) @ diag(P), outer(P, P) - diag(P), diag(P)]),
    "a product with it": (d(d(L, z), z) @ v, CROSS, P * v - (P @ v) * P, (L, P),
                          [P * v - P * P * v, P * v, P * v + (P @ v) * P]),
    "curvature along v": (v @ d(d(L, z), z) @ v, CROSS, P @ (v * v) - (P @ v) ** 2, (L, P),
                          [P @ (v * v) - P @ v, (P @ v) ** 2 - P @ (v * v)]),
    "a layer's Hessian": (HESSIAN_W, TRAINED, delta(a, p) * Sum(CURVE * X[i, b] * X[i, q], over_i),
                          (L, Y, Z),
                          [Sum(CURVE * X[i, b] * X[i, q], over_i),
                           delta(a, p) * Sum(h.prime(Z[i, a]) ** 2 * X[i, b] * X[i, q], over_i),
                           delta(b, q) * Sum(CURVE * X[i, b] * X[i, b], over_i)]),
    "a layer's product": (PRODUCT, TRAINED, Sum(CURVE * (X @ V.T)[i, a] * X[i, b], over_i),
                          (L, Y, Z),
                          [Sum(CURVE * (X @ W.T)[i, a] * X[i, b], over_i),
                           Sum(h.prime(Z[i, a]) ** 2 * (X @ V.T)[i, a] * X[i, b], over_i)]),
    "Gauss-Newton and the rest": (HESSIAN_W, LAYER, GAUSS + DROPPED, (chain_rule, Y),
                                  [GAUSS, DROPPED, GAUSS - DROPPED, GAUSS + 2 * DROPPED]),
    "the rest is 0 in a linear layer": (HESSIAN_W, LINEAR, GAUSS, (chain_rule, Y),
                                        [GAUSS / 2, -GAUSS]),
    "for any residuals": (H, RESIDUAL, GAUSS_R + DROPPED_R, chain_rule,
                          [GAUSS_R, DROPPED_R, GAUSS_R - DROPPED_R]),
    "of a sum of squares": (H, OF_SQUARES, Sum(JJ + res[i] * d(d(res[i], w[a]), w[b]), over_i), L,
                            [Sum(JJ, over_i), Sum(JJ + d(d(res[i], w[a]), w[b]), over_i),
                             Sum(JJ + res[i] * d(d(res[i], w[a]), w[a]), over_i),
                             2 * Sum(JJ + res[i] * d(d(res[i], w[a]), w[b]), over_i)]),
    "a linear model": (d(d(L, w), w), {res: X @ w}, d(res, w).T @ d(d(L, res), res) @ d(res, w),
                       (chain_rule, res),
                       [d(res, w).T @ d(res, w), 2 * d(res, w).T @ d(d(L, res), res) @ d(res, w)]),
    "the Jacobian of a vector": (d(res, w), {res: X @ w - y}, X, res, [2 * X, -X]),
    "a layer's product, as matrices": (
        d(Sum(d(L, W[p, q]) * V[p, q], *entries), W), TRAINED,
        ((h.prime(Z) ** 2 + (Y - T) * h.prime.prime(Z)) * (X @ V.T)).T @ X, (L, Y, Z),
        [(h.prime(Z) ** 2 * (X @ V.T)).T @ X,
         ((h.prime(Z) ** 2 + (Y - T) * h.prime.prime(Z)) * (X @ W.T)).T @ X]),
    "along a direction": (d(Y[i, j], eps), {R_: W + eps * V, Y: h(X @ R_.T)},
                          h.prime((X @ R_.T)[i, j]) * (X @ V.T)[i, j], (Y, R_),
                          [h.prime((X @ W.T)[i, j]) * (X @ W.T)[i, j], (X @ V.T)[i, j]]),
    "a product is the derivative of a product": (
        PRODUCT, LAYER, d(Sum(d(L, W[p, q]) * V[p, q], *entries), W[a, b]), (),
        [d(Sum(d(L, W[p, q]) * W[p, q], *entries), W[a, b])]),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_a_line_with_second_derivatives(name):
    target, define, line, using, _ = LINES[name]
    assert Derivation(target, define=define).line(line, "why", using=using).proved


TOO_LARGE = {
    "Gauss-Newton and the rest",
    "the rest is 0 in a linear layer",
}  # four axes written out


@pytest.mark.parametrize("name", sorted(LINES.keys() - TOO_LARGE))
def test_the_other_judge_agrees(name):
    target, define, line, using, _ = LINES[name]
    made = Derivation(target, define=define).line(line, "why", using=using, how="entries")
    assert made.steps[0].checked.startswith("proved exactly at")


@pytest.mark.parametrize("name", LINES)
def test_its_wrong_twins_are_refused(name):
    target, define, _, using, wrong = LINES[name]
    for twin in wrong:
        with pytest.raises(WrongStep):
            Derivation(target, define=define).line(twin, "(wrong)", using=using)


@pytest.mark.parametrize("name", ["squared error", "a layer's Hessian", "for any residuals"])
def test_the_facts_are_needed(name):
    target, define, line, *_ = LINES[name]
    with pytest.raises(UncitedFact):
        Derivation(target, define=define).line(line, "why")


# Symmetry

c_ = indices("e")
SYMMETRIC = {
    "a loss that is defined": (H, d(d(L, w[b]), w[a]), SQUARES),
    "one of which nothing is said": (HESSIAN_W, d(d(L, W[p, q]), W[a, b]), LAYER),
    "by what it is a function of": (d(dY[i, j], Y[r, s]), d(dY[r, s], Y[i, j]), LAYER),
    "with respect to two letters": (d(d(L, X[r, c_]), W[a, b]), d(d(L, W[a, b]), X[r, c_]), LAYER),
    "in two arrays": (d(dY[i, j], Z[r, s]), d(gradient(Z)[r, s], Y[i, j]), TWO_HEADS),
    "an array that is defined": (d(d(res[i], w[a]), w[b]), d(d(res[i], w[b]), w[a]), RESIDUAL),
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_second_derivatives_are_the_same_in_both_orders(name):
    one, other, define = SYMMETRIC[name]
    made = Derivation(one, define=define).line(other, "Schwarz")
    assert made.proved
    assert "their order does not matter" in repr(made)
    Derivation(one, define=define).line(other, "Schwarz", how="entries")
    with pytest.raises(WrongStep):
        Derivation(one, define=define).line(-other, "(wrong)")


def test_other_exchanges_of_their_letters_are_refused():
    with pytest.raises(WrongStep):  # rows of the one and of the other
        Derivation(d(dY[i, j], Y[r, s]), define=LINEAR).line(d(dY[r, j], Y[i, s]), "(wrong)")


def test_a_gradient_that_an_author_defines_need_not_be_symmetric():
    A, dz = array("A", C, C), gradient(z)
    curl = {dz[a]: Sum(A[a, k] * z[k], over_k)}
    assert Derivation(d(dz[a], z[b]), define=curl).line(A[a, b], "what it is", using=dz).proved
    with pytest.raises(WrongStep):
        Derivation(d(dz[a], z[b]), define=curl).line(d(dz[b], z[a]), "(wrong)")


# What nobody says

HIDDEN = {
    "a third derivative of a loss": lambda: d(d(dY[i, j], Y[r, s]), Y[p, q]),
    "a letter that is nowhere": lambda: d(dY[i, j], T[r, s]),
    "a third derivative of an array": lambda: d(d(d(Y[i, j], W[a, b]), W[p, q]), W[r, s]),
    "another loss": lambda: d(gradient(Y, of=loss("J"))[i, j], T[r, s]),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_no_definition_says_stays_hidden(name):
    target = HIDDEN[name]()
    with pytest.raises(HiddenDependence):
        Derivation(target, define=LINEAR).line(0 * target, "(wrong)")


def test_an_array_of_second_derivatives_has_the_axes_of_both():
    assert d(d(L, w), w).shape == (M, M)
    assert d(d(L, W), W).shape == (N, M, N, M)
    assert d(d(L, w), w)[a, b] == d(d(L, w[a]), w[b])


def test_a_hessian_can_be_cited_and_computed():
    hessian = Derivation(d(d(L, z), z), define=CROSS).line(diag(P) - outer(P, P), "x", using=(L, P))
    product = Derivation(d(d(L, z), z) @ v, define=CROSS)
    product.line((diag(P) - outer(P, P)) @ v, "as found", using=hessian)
    product.line(P * v - (P @ v) * P, "without a matrix")
    assert product.proved
    assert "np.diag(p) - np.outer(p, p)" in hessian.numpy().source


def test_entries_lead_to_a_matrix():
    made = Derivation(H, define=SQUARES).line(Sum(X[i, a] * X[i, b], over_i), "x", using=L)
    made.line(X.T @ X, "as a matrix")
    assert r"\frac{\partial^{2} L}{\partial w \, \partial w}" in made._repr_latex_()


# Forward and backward

VJP, JVP = d(Y[i, j], X[p, q]) * U[i, j], d(Y[i, j], X[p, q]) * R[p, q]


@pytest.mark.parametrize(
    ("define", "using", "forward", "backward", "wrong"),
    [
        (LINEAR, Y, R @ W.T, U @ W, U @ W + U @ W),
        ({Y[i, j]: h(Sum(X[i, k] * W[j, k], (k, 1, M)))}, Y, None, None, None),
    ],
)
def test_a_vjp_is_the_adjoint_of_a_jvp(define, using, forward, backward, wrong):
    both = Derivation(Sum(U[i, j] * Sum(JVP, (p, 1, S), (q, 1, M)), *every), define=define)
    both.line(Sum(R[p, q] * Sum(VJP, *every), (p, 1, S), (q, 1, M)), "sums exchanged")
    if forward is not None:
        at = Derivation(Sum(U[i, j] * forward[i, j], *every))
        at.line(Sum(R[p, q] * backward[p, q], (p, 1, S), (q, 1, M)), "the adjoint")
        with pytest.raises(WrongStep):
            at.line(Sum(R[p, q] * wrong[p, q], (p, 1, S), (q, 1, M)), "(wrong)")


def test_auto_finds_second_derivatives():
    made = Derivation(HESSIAN_W, define=LAYER).line(GAUSS + DROPPED, "both", using=auto)
    assert set(made.steps[0].using) == {chain_rule, Y}


def test_what_is_accepted_is_what_is_true():
    """Random sums of five terms, two of which are others in another order, and one too few sums."""
    rng, tried = np.random.default_rng(5), set()
    one = Sum(Sum(d(dr[k], res[i]) * d(res[i], w[a]), over_i) * d(res[k], w[b]), (k, 1, S))
    other = Sum(d(d(res[k], w[b]), w[a]) * dr[k], (k, 1, S))
    few = Sum(d(dr[i], res[i]) * d(res[i], w[a]) * d(res[i], w[b]), over_i)
    while len(tried) < 60:
        n = [int(one) for one in rng.integers(-1, 3, 4)] + [int(rng.integers(0, 5) == 0)]
        n[2:4] = [1 - n[0], 1 - n[1]] if len(tried) % 2 else n[2:4]
        if tuple(n) in tried:
            continue
        tried.add(tuple(n))
        terms = zip(n, [GAUSS_R, DROPPED_R, one, other, few], strict=True)
        line = reduce(add, (number * term for number, term in terms))
        true = (n[0] + n[2], n[1] + n[3], n[4]) == (1, 1, 0)
        made = Derivation(H, define=RESIDUAL)
        if true:
            assert made.line(line, "why", using=chain_rule).proved
        else:
            with pytest.raises(WrongStep):
                made.line(line, "(wrong)", using=chain_rule)
