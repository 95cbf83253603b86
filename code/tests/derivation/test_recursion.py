"""Tests of definitions that use themselves, H[t] by H[t − 1], and of induction over t.

Right lines and their wrong twins, what is refused and in which words, the two judges against
`World`, which computes step by step in NumPy, and what is printed, read back.
"""

from functools import partial

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    HiddenDependence,
    Induction,
    L,
    NotProved,
    ShapeError,
    Sum,
    UncitedFact,
    UnusedFact,
    WrongStep,
    array,
    chain_rule,
    d,
    delta,
    derive,
    dimensions,
    direct,
    earlier,
    exp,
    function,
    gradient,
    indices,
    rows_sum_to_one,
    tanh,
)
from backprop.derivation.judges import explicit
from backprop.derivation.judges.entries import Entries
from backprop.derivation.nodes import entry
from backprop.derivation.printing.page import in_steps
from backprop.derivation.printing.printer import latex
from one_step import numbers, read_back

T, S, M, N, C = dimensions("T S M N C")
a, b, c, e, f, i, j, k, n, q, s, t = indices("a b c e f i j k n q s t")
X, W, U, V, bias = (
    array("X", T, M), array("W", N, M), array("U", N, N), array("V", C, N), array("b", N),
)  # fmt: skip
Z, H, Y, H0 = array("Z", T, N), array("H", T, N), array("Y", T, C), array("H0", N)
dZ, dH, dY = gradient(Z), gradient(H), gradient(Y)
RNN = {
    Z[t, a]: Sum(X[t, k] * W[a, k], (k, 1, M))
    + Sum((H[t - 1, c] + delta(t, 1) * H0[c]) * U[a, c], (c, 1, N))
    + bias[a],
    H[t, a]: tanh(Z[t, a]),
    Y[t, j]: Sum(H[t, a] * V[j, a], (a, 1, N)),
}
ALL_T, DTANH = (t, 1, T), 1 - H[t, a] ** 2

h = function("h")
A, WL, BL, X0 = array("A", N, S, M), array("W", N, M, M), array("b", N, M), array("X", S, M)
ZL, OUT = array("Z", N, S, M), array("Y", S, M)
dA, dZL, dEND = gradient(A), gradient(ZL), gradient(OUT)
LAYERS = {
    ZL[n, i, a]: Sum((A[n - 1, i, k] + delta(n, 1) * X0[i, k]) * WL[n, a, k], (k, 1, M)) + BL[n, a],
    A[n, i, a]: h(ZL[n, i, a]),
    OUT[i, a]: A[N, i, a],
}

x, u, y, r, v = array("x", T), array("u", T), array("y", T), array("r"), array("v")
dx, dy = gradient(x), gradient(y)
LINEAR = {x[t]: r * x[t - 1] + u[t], y[t]: v * x[t]}
SQUARES = {x[t]: r * x[t - 1] + u[t], L: Sum(x[t] ** 2, ALL_T)}
NEURON = {x[t]: tanh(r * x[t - 1] + u[t]), y[t]: v * x[t]}

# (definitions, target, right line, what it cites, wrong twins)
CASES = {
    "dW": (RNN, d(L, W[a, b]), Sum(dZ[t, a] * X[t, b], ALL_T), (chain_rule, Z),
           [Sum(dZ[t, a] * X[t - 1, b], ALL_T), dZ[T, a] * X[T, b]]),
    "dW, with direct": (RNN, d(L, W[a, b]),
                        Sum(dZ[t, c] * direct(Z[t, c], W[a, b]), ALL_T, (c, 1, N)), (chain_rule,),
                        [Sum(dZ[t + 1, c] * direct(Z[t, c], W[a, b]), ALL_T, (c, 1, N))]),
    "dU": (RNN, d(L, U[a, b]),
           Sum(dZ[t, a] * (H[t - 1, b] + delta(t, 1) * H0[b]), ALL_T), (chain_rule, Z),
           [Sum(dZ[t, a] * (H[t, b] + delta(t, 1) * H0[b]), ALL_T),
            Sum(dZ[t, a] * H[t - 1, b], ALL_T),
            Sum(dZ[t, b] * (H[t - 1, a] + delta(t, 1) * H0[a]), ALL_T),
            Sum(dZ[t + 1, a] * (H[t - 1, b] + delta(t, 1) * H0[b]), ALL_T)]),
    "dU, one step later": (RNN, d(L, U[a, b]),
                           Sum(dZ[t + 1, a] * H[t, b], ALL_T) + dZ[1, a] * H0[b], (chain_rule, Z),
                           [Sum(dZ[t + 1, a] * H[t, b], ALL_T)]),
    "db": (RNN, d(L, bias[a]), Sum(dZ[t, a], ALL_T), (chain_rule, Z), [dZ[T, a], 2 * dZ[1, a]]),
    "dX": (RNN, d(L, X[t, b]), Sum(dZ[t, a] * W[a, b], (a, 1, N)), (chain_rule, Z),
           [Sum(dZ[t + 1, a] * W[a, b], (a, 1, N))]),
    "dH0": (RNN, d(L, H0[b]), Sum(dZ[1, a] * U[a, b], (a, 1, N)), (chain_rule, Z),
            [Sum(dZ[t, a] * U[a, b], ALL_T, (a, 1, N)), Sum(dZ[2, a] * U[a, b], (a, 1, N))]),
    "dH": (RNN, d(L, H[t, b]),
           Sum(dY[t, j] * V[j, b], (j, 1, C)) + Sum(dZ[t + 1, a] * U[a, b], (a, 1, N)),
           (chain_rule, Z, Y),
           [Sum(dY[t, j] * V[j, b], (j, 1, C)), Sum(dZ[t + 1, a] * U[a, b], (a, 1, N)),
            Sum(dY[t, j] * V[j, b], (j, 1, C)) + Sum(dZ[t - 1, a] * U[a, b], (a, 1, N)),
            Sum(dY[t, j] * V[j, b], (j, 1, C)) + Sum(dZ[t + 1, a] * U[b, a], (a, 1, N)),
            Sum(dY[t, j] * V[j, b], (j, 1, C)) + Sum(dZ[t, a] * U[a, b], (a, 1, N))]),
    "dZ": (RNN, d(L, Z[t, a]), dH[t, a] * DTANH, (chain_rule, H),
           [dH[t, a] * (1 - tanh(H[t, a]) ** 2), dH[t + 1, a] * DTANH,
            dH[t, a] * (1 - Z[t, a] ** 2)]),
    "dZ by dZ": (RNN, d(L, Z[t, a]),
                 (Sum(dY[t, j] * V[j, a], (j, 1, C)) + Sum(dZ[t + 1, c] * U[c, a], (c, 1, N)))
                 * DTANH, (chain_rule, H, Y, Z),
                 [Sum(dY[t, j] * V[j, a], (j, 1, C)) * DTANH]),
    "forward": (RNN, d(H[t, a], W[e, f]),
                DTANH * (delta(a, e) * X[t, f]
                         + Sum(U[a, c] * d(H[t - 1, c], W[e, f]), (c, 1, N))), (H, Z),
                [DTANH * delta(a, e) * X[t, f]]),
    "later by earlier": (RNN, d(H[t, a], H[s, b]),
                         delta(t, s) * delta(a, b)
                         + DTANH * Sum(U[a, c] * d(H[t - 1, c], H[s, b]), (c, 1, N)), (H, Z),
                         [DTANH * Sum(U[a, c] * d(H[t - 1, c], H[s, b]), (c, 1, N))]),
    "layers, dW": (LAYERS, d(L, WL[n, a, b]),
                   Sum(dZL[n, i, a] * (A[n - 1, i, b] + delta(n, 1) * X0[i, b]), (i, 1, S)),
                   (chain_rule, ZL),
                   [Sum(dZL[n, i, a] * (A[n, i, b] + delta(n, 1) * X0[i, b]), (i, 1, S)),
                    Sum(dZL[n, i, a] * A[n - 1, i, b], (i, 1, S))]),
    "layers, db": (LAYERS, d(L, BL[n, a]), Sum(dZL[n, i, a], (i, 1, S)), (chain_rule, ZL),
                   [Sum(dZL[n + 1, i, a], (i, 1, S))]),
    "layers, dA": (LAYERS, d(L, A[n, i, b]),
                   Sum(dZL[n + 1, i, a] * WL[n + 1, a, b], (a, 1, M))
                   + delta(n, N) * dEND[i, b], (chain_rule, ZL, OUT),
                   [Sum(dZL[n + 1, i, a] * WL[n, a, b], (a, 1, M)) + delta(n, N) * dEND[i, b],
                    Sum(dZL[n + 1, i, a] * WL[n + 1, a, b], (a, 1, M)) + dEND[i, b]]),
    "layers, dZ": (LAYERS, d(L, ZL[n, i, a]), dA[n, i, a] * h.prime(ZL[n, i, a]), (chain_rule, A),
                   [dA[n, i, a] * h.prime(A[n, i, a])]),
    "linear, dx": (LINEAR, d(L, x[t]), v * dy[t] + r * dx[t + 1], (chain_rule, x, y),
                   [v * dy[t], v * dy[t] + r * dx[t - 1], v * dy[t] + dx[t + 1]]),
    "linear, dr": (LINEAR, d(L, r), Sum(dx[t] * x[t - 1], ALL_T), (chain_rule, x),
                   [Sum(dx[t] * x[t], ALL_T), Sum(dy[t] * v * x[t - 1], ALL_T)]),
    "linear, forward": (LINEAR, d(x[t], r), x[t - 1] + r * d(x[t - 1], r), (x,), [x[t - 1]]),
    "linear, direct": (LINEAR, direct(x[t], r), x[t - 1], (x,), [x[t]]),
    "a loss of all steps": (SQUARES, d(L, x[t]), 2 * x[t] + r * dx[t + 1], (chain_rule, x, L),
                            [2 * x[t], x[t] + r * dx[t + 1]]),
    "one neuron": (NEURON, d(L, x[t]), v * dy[t] + r * dx[t + 1] * (1 - x[t + 1] ** 2),
                   (chain_rule, x, y), [v * dy[t] + r * dx[t + 1] * (1 - x[t] ** 2)]),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def proved(case):
    define, target, right, cited, _ = case
    return Derivation(target, define=define).line(right, "in one step", using=cited)


def test_recursions_are_proved_for_every_length(case):
    assert proved(case).proved


def test_their_wrong_twins_are_refused_with_numbers(case):
    define, target, _, cited, twins = case
    for twin in twins:
        with pytest.raises(WrongStep, match="first difference"):
            Derivation(target, define=define).line(twin, "in one step", using=cited)


def test_every_fact_that_is_cited_is_needed(case):
    define, target, right, cited, _ = case
    for fact in cited:
        rest = tuple(one for one in cited if one is not fact)
        made = Derivation(target, define=define)
        with pytest.raises((UncitedFact, HiddenDependence)):
            made.line(right, "too little", using=rest)


def test_a_fact_that_is_not_needed_is_named():
    derivation = Derivation(d(L, W[a, b]), define=RNN)
    with pytest.raises(UnusedFact, match="definition of H"):
        derivation.line(Sum(dZ[t, a] * X[t, b], ALL_T), "too much", using=(chain_rule, Z, H))


# Two more judges.

SIZES = {T: 3, S: 2, M: 2, N: 2, C: 1}


def test_all_entries_agree_when_they_are_unrolled(case):
    """The second judge, which knows nothing of the rules: exactly, at T = 3."""
    derivation = proved(case)
    sizes = {size: SIZES[size] for size in derivation.shapes[0]}
    sides = [entry(side, *derivation.scope) for side in derivation.lines]
    entries = Entries(sizes, derivation.definitions)
    found = explicit.judge(*sides, derivation.scope, entries)
    assert not found or found.values is None, found


def test_they_are_true_in_numbers_by_finite_differences(case):
    derivation = proved(case)
    before, after = (numbers(derivation, side, SIZES) for side in derivation.lines)
    assert np.allclose(before, after, rtol=1e-8, atol=1e-10)


def test_what_is_printed_is_read_as_it_was_judged(case):
    derivation = proved(case)
    block = derivation._repr_latex_().replace("&& \\quad", "&&")
    assert not any(side.shape for side in derivation.lines)
    assert all(latex_of(derivation, side) in block for side in derivation.lines)
    read_back(derivation, SIZES, partial(latex_of, derivation))


def latex_of(derivation, side):
    return in_steps(derivation, latex)(side)


def test_the_page_tells_the_direct_from_the_total_derivative():
    derivation = proved(CASES["dW, with direct"])
    tex, text = derivation._repr_latex_(), str(derivation)
    assert r"\frac{\mathrm{d} L}{\mathrm{d} W_{ab}}" in tex
    assert r"\frac{\partial Z_{tc}}{\partial W_{ab}}" in tex
    assert "dL/dW_ab" in text
    assert "∂Z_tc/∂W_ab" in text
    said = "∂ holds the rest of the definition fixed, d follows all paths"
    assert said in text
    assert "follows all paths" in tex
    plain = Derivation(d(L, u[t]), define={y[t]: v * u[t]})
    plain.line(v * dy[t], "no recursion", using=(chain_rule, y))
    assert said not in str(plain)
    assert "∂L/∂u_t" in str(plain)


def test_a_message_says_d_as_the_page_does():
    with pytest.raises(WrongStep, match=r"before: dL/dr\n"):
        Derivation(d(L, r), define=LINEAR).line(
            Sum(dx[t] * x[t], ALL_T), "off by one", using=(chain_rule, x)
        )


# What may be defined by itself.

p = array("p", T, N)
CIRCLES = {
    "later": ({x[t]: r * x[t + 1]}, "uses x_{t+1}, which is made later"),
    "at the same step": ({x[t]: r * x[t] + u[t]}, "x goes in a circle"),
    "two at the same step": ({x[t]: r * y[t], y[t]: x[t]}, "goes in a circle"),
    "within one step": ({x[t]: y[t] + x[t - 1], y[t]: x[t]}, "of x and y goes in a circle within"),
    "back and forth": ({x[t]: y[t + 1], y[t]: x[t - 2]}, "made later"),
    "all steps": ({x[t]: Sum(x[s], (s, 1, T)) + x[t - 1]}, "nothing says that it is at an earlier"),
    "a fixed step": ({x[t]: x[t - 1] + x[1]}, "nothing says that it is at an earlier"),
    "twice as far": ({x[t]: x[2 * t - 1] + x[t - 1]}, "nothing says that it is at an earlier"),
    "reversed": ({x[t]: x[T - t]}, "goes in a circle"),
    "another axis": ({p[t, k]: p[t - 1, k] + p[t, k - 1]}, "p goes in a circle within"),
    "a gradient": ({x[t]: dy[t - 1], y[t]: x[t]}, "made of"),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_that_does_not_go_down_is_refused_in_words(name):
    define, words = CIRCLES[name]
    with pytest.raises(DerivationError) as caught:
        Derivation(d(L, r), define=define)
    assert words in str(caught.value), str(caught.value)


def test_the_cure_is_said():
    with pytest.raises(DerivationError, match=r"at an earlier step only, such as H\[t - 1, i\]"):
        Derivation(d(L, r), define={x[t]: r * x[t + 1]})


def test_a_loss_without_a_definition_needs_something_that_is_last():
    with pytest.raises(HiddenDependence, match=r"x go into each other.*such as an output"):
        Derivation(d(L, r), define={x[t]: r * x[t - 1] + u[t]})


def test_sizes_are_places():
    assert str(x[T]) == "x_{T}" or str(x[T]) == "x_T"
    assert str(x[T - 1]) == "x_{T−1}"
    with pytest.raises(ShapeError, match="an index of x"):
        x[r]


def test_direct_takes_entries_and_a_definition():
    with pytest.raises(ShapeError, match="takes two entries"):
        direct(x, r)
    with pytest.raises(ShapeError, match="takes two entries"):
        direct(dx[t], r)
    with pytest.raises(DerivationError, match="and it has none"):
        Derivation(d(L, r), define=LINEAR).line(Sum(direct(u[t], r), ALL_T), "no definition")
    with pytest.raises(DerivationError, match="a letter on each axis"):
        direct(y[t], x[t - 1])


def test_no_definition_has_a_direct_derivative_in_it():
    with pytest.raises(DerivationError, match="no derivative in it"):
        Derivation(d(L, r), define={**LINEAR, array("w", T)[t]: direct(x[t], r)})


def test_derive_says_that_it_does_not_find_such_lines():
    with pytest.raises(DerivationError, match="shifted|recursi"):
        derive(d(L, U), define=RNN)


def test_a_result_can_be_cited_although_it_says_the_same_gradient_of_a_later_step():
    of_x = Derivation(d(L, x[t]), define=LINEAR)
    of_x.line(v * dy[t] + r * dx[t + 1], "carry", using=(chain_rule, x, y))
    of_r = Derivation(d(L, r), define=LINEAR)
    of_r.line(Sum(dx[t] * x[t - 1], ALL_T), "all steps", using=(chain_rule, x))
    of_r.line(Sum((v * dy[t] + r * dx[t + 1]) * x[t - 1], ALL_T), "as shown", using=of_x)
    assert of_r.proved


def test_a_definition_is_put_in_once_on_each_way():
    made = Derivation(x[t], define=LINEAR).line(r * x[t - 1] + u[t], "x_t", using=x)
    made.line(r * (r * x[t - 2] + u[t - 1]) + u[t], "and before", using=x)
    with pytest.raises(WrongStep):
        Derivation(x[t], define=LINEAR).line(r * x[t - 1] + u[t - 1], "x_t", using=x)


GATE, PRE, CAND, NEW, OUTPUT = (array(name, T, N) for name in ["G", "Q", "C", "R", "O"])
UG, UC = array("Ug", N, N), array("Uc", N, N)
GRU = {
    PRE[t, a]: X[t, 1] + Sum(UG[a, c] * H[t - 1, c], (c, 1, N)),
    GATE[t, a]: 1 / (1 + exp(-PRE[t, a])),
    CAND[t, a]: X[t, 1] + Sum(UC[a, c] * H[t - 1, c], (c, 1, N)),
    NEW[t, a]: tanh(CAND[t, a]),
    H[t, a]: (1 - GATE[t, a]) * H[t - 1, a] + GATE[t, a] * NEW[t, a],
    OUTPUT[t, a]: H[t, a],
}


def test_a_gated_step_is_proved_in_all_its_ways():
    dpre, dcand, dend = map(gradient, (PRE, CAND, OUTPUT))
    rest = dend[t, b] + Sum(dpre[t + 1, a] * UG[a, b] + dcand[t + 1, a] * UC[a, b], (a, 1, N))
    carry, cited = dH[t + 1, b] * (1 - GATE[t + 1, b]), (chain_rule, H, PRE, CAND, OUTPUT)
    for wrong in rest, rest + dH[t + 1, b] * (1 - GATE[t, b]), rest + dH[t + 1, b]:
        with pytest.raises(WrongStep):
            Derivation(d(L, H[t, b]), define=GRU).line(wrong, "?", using=cited)
    assert Derivation(d(L, H[t, b]), define=GRU).line(rest + carry, "all", using=cited).proved


# Induction.

P, start = array("P", N, N), array("w", N)
ROWS = rows_sum_to_one(P)
CHAIN = {p[t, k]: Sum(p[t - 1, n] * P[n, k], (n, 1, N)) + delta(t, 1) * P[1, k]}
POWER, beta, g = array("B", T, T), array("beta"), array("g", T)
MOMENTUM = {x[t]: beta * x[t - 1] + g[t], POWER[t, s]: beta * POWER[t - 1, s] + delta(t, s)}
GEOMETRIC = {x[t]: r * x[t - 1] + 1, y[t]: r * y[t - 1] + delta(t, 1) * r}


def total(array):
    return Sum(array[t, k], (k, 1, N))


def chain(define=CHAIN, right=1, using=(p, ROWS, earlier)):
    return Induction(total(p), right, over=t, define=define).line(right, "one step", using=using)


def momentum(right):
    made = Induction(x[t], right, over=t, define=MOMENTUM)
    return made.line(right, "one step", using=(x, POWER, earlier))


def test_rows_of_a_chain_sum_to_one_at_every_step():
    made = chain()
    assert made.proved
    assert made.complete
    for said in (
        "Claim: Σ_{k=1..N} p_tk = 1 for all t = 1, …, T",
        "the same at all steps before t",
        "[definition of p, the claim at earlier steps]",
        "hence, by induction, Σ_{k=1..N} p_tk = 1 for all t = 1, …, T",
    ):
        assert said in str(made)
    assert r"\text{hence, by induction, }" in made._repr_latex_()


def test_momentum_has_a_closed_form():
    assert momentum(Sum(POWER[t, s] * g[s], (s, 1, T))).proved
    with pytest.raises(WrongStep):
        momentum(Sum(POWER[t, s] * g[s - 1], (s, 1, T)))
    with pytest.raises(WrongStep):
        momentum(Sum(POWER[t - 1, s] * g[s], (s, 1, T)))


def test_a_geometric_series():
    right, wrong = (1 - y[t]) / (1 - r), (1 - y[t - 1]) / (1 - r)
    made = Induction(x[t], right, over=t, define=GEOMETRIC)
    assert made.line(right, "one step", using=(x, y, earlier)).proved
    with pytest.raises(WrongStep):
        Induction(x[t], wrong, over=t, define=GEOMETRIC).line(wrong, "?", using=(x, y, earlier))


def wrong_chain(first, P_at=lambda n, k: P[n, k]):
    return {p[t, k]: Sum(p[t - 1, n] * P_at(n, k), (n, 1, N)) + first}


@pytest.mark.parametrize(
    "define",
    [
        wrong_chain(2 * delta(t, 1) * P[1, k]),
        wrong_chain(delta(t, 2) * P[1, k]),
        wrong_chain(0 * P[1, k]),
        wrong_chain(P[1, k]),
        wrong_chain(delta(t, 1) * P[1, k], lambda n, k: P[k, n]),
    ],
    ids=["a start of 2", "a start at t = 2", "no start", "a start at each t", "columns"],
)
def test_a_claim_that_is_false_is_refused_with_numbers(define):
    with pytest.raises(WrongStep, match="first difference"):
        chain(define)


@pytest.mark.parametrize("right", [2, 0])
def test_so_is_another_total(right):
    with pytest.raises(WrongStep, match="first difference"):
        chain(right=right)


def test_what_an_induction_needs_is_named():
    with pytest.raises(UncitedFact, match=r"the claim at earlier steps.*\n.*earlier"):
        chain(using=(p, ROWS))
    with pytest.raises(WrongStep):  # without the rows it is false
        chain(using=(p, earlier))


def test_a_claim_is_never_assumed_of_the_step_itself_or_of_a_later_one():
    zeros = Induction(x[t], 0, over=t, define={x[t]: x[t - 1] + u[t]})
    with pytest.raises((WrongStep, NotProved)):
        zeros.line(0, "of t", using=earlier)
    with pytest.raises((WrongStep, NotProved)):
        zeros.line(x[t] + 0 * x[t + 1], "nothing").line(x[t] - x[t + 1], "later", using=earlier)


def test_at_the_first_step_there_is_no_earlier_one():
    made = Induction(x[t], 5, over=t, define={x[t]: x[t - 1]})
    with pytest.raises(WrongStep, match="entry t = 1"):
        made.line(5, "no start", using=(x, earlier))


def test_an_induction_that_does_not_end_in_its_claim_shows_nothing():
    made = Induction(total(p), 1, over=t, define=CHAIN)
    made.line(
        Sum(p[t - 1, n] * P[n, k], (n, 1, N), (k, 1, N)) + delta(t, 1) * Sum(P[1, k], (k, 1, N)),
        "the definition", using=p,
    )  # fmt: skip
    assert not made.proved
    assert "not shown yet" in str(made)
    shown = momentum(Sum(POWER[t, s] * g[s], (s, 1, T)))
    other = Derivation(x[t], define=MOMENTUM)
    with pytest.raises(DerivationError):
        Derivation(total(p), define=CHAIN).line(1, "?", using=made)
    assert other.line(Sum(POWER[t, s] * g[s], (s, 1, T)), "as shown", using=shown).proved


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Induction(x[t], x[t], over=t, define=GEOMETRIC), "both sides"),
        (lambda: Induction(x[t], 1, over=s, define=GEOMETRIC), "a letter of the claim"),
        (lambda: Induction(x, u, over=t, define=LINEAR), "says of a number"),
        (lambda: Induction(x[t], u[s], over=t, define=LINEAR), "neither summed nor an index"),
        (lambda: Derivation(x[t], define=LINEAR).line(1, "?", using=earlier), "of an Induction"),
        (lambda: Induction(x[t] + r, 1, over=t, define=LINEAR).line(1, "?", using=(x, earlier)),
         "one entry or one Σ"),
    ],
)  # fmt: skip
def test_what_is_no_claim_is_refused_in_words(make, words):
    with pytest.raises(DerivationError, match=words):
        make()
