"""Tests of the checker: true lines are accepted and shown, wrong ones refused for their fault."""

import operator
import random
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy
from backprop.derivation import (
    Derivation,
    DerivationError,
    HiddenDependence,
    L,
    NotProved,
    ShapeError,
    Sum,
    UnusedFact,
    VacuousStep,
    WrongStep,
    array,
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
    nodes,
    ones,
    outer,
    rows_sum_to_one,
    sqrt,
)
from backprop.derivation.judges.opaque import opaque
from backprop.derivation.judges.zero import is_zero
from backprop.derivation.language import algebra, arrays
from backprop.derivation.language.functions import Apply
from backprop.derivation.premises.conditions import Condition
from backprop.derivation.printing.page import condition
from backprop.derivation.printing.printer import latex, text

S, M, N, C, H = dimensions("S M N C H")
i, j, k, l, a, b = indices("i j k l a b")  # noqa: E741
X, W, bias, Y = array("X", S, M), array("W", N, M), array("b", N), array("Y", S, N)
dY = gradient(Y)
h = function("h")
SIZES = {S: 2, M: 3, N: 4}
LINEAR = {Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j]}
OVER_Y = (i, 1, S), (j, 1, N)

Z, P, T = array("Z", S, C), array("P", S, C), array("T", S, C)
dZ, dP = gradient(Z), gradient(P)
Q = array("Q", S, C, positive=True)  # probabilities of which only the sign is known
ROWS = {S: 2, C: 3}
TOTAL = Sum(exp(Z[i, l]), (l, 1, C))
SOFTMAX = {P[i, j]: exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C))}
OVER_P = (i, 1, S), (j, 1, C)
LOSS = {L: -1 / S * Sum(T[i, j] * log(P[i, j]), *OVER_P)}
ONE = outer(ones(C), ones(C))
x, y = array("x"), array("y")


def weights():
    made = Derivation(d(L, W[a, b]), sizes=SIZES, define=LINEAR)
    every_way = Sum(dY[i, j] * d(Y[i, j], W[a, b]), *OVER_Y)
    made.line(every_way, "Y_ij depends on W_ab", using=chain_rule)
    made.line(Sum(dY[i, j] * delta(j, a) * X[i, b], *OVER_Y), "only W_ab counts", using=Y)
    made.line(Sum(dY[i, a] * X[i, b], (i, 1, S)), "the delta leaves j = a")
    return made.line(dY.T @ X, "a matrix product")


def biases():
    made = Derivation(d(L, bias[a]), sizes=SIZES, define=LINEAR)
    made.line(Sum(dY[i, j] * d(Y[i, j], bias[a]), *OVER_Y), "all ways", using=chain_rule)
    made.line(Sum(dY[i, j] * delta(j, a), *OVER_Y), "only entry a counts", using=Y)
    made.line(Sum(dY[i, a], (i, 1, S)), "the delta leaves j = a")
    made.line(ones(S) @ dY, "a product with ones")
    return made.line(dY.T @ ones(S), "as a column")


def inputs():
    made = Derivation(d(L, X[a, b]), sizes=SIZES, define=LINEAR)
    made.line(Sum(dY[i, j] * d(Y[i, j], X[a, b]), *OVER_Y), "all ways", using=chain_rule)
    made.line(Sum(dY[i, j] * delta(i, a) * W[j, b], *OVER_Y), "only X_ab counts", using=Y)
    made.line(Sum(dY[a, j] * W[j, b], (j, 1, N)), "the delta leaves i = a")
    return made.line(dY @ W, "a matrix product")


def activation():
    A = array("A", S, M)
    dA = gradient(A)
    over = (i, 1, S), (j, 1, M)
    made = Derivation(d(L, X[a, b]), sizes={S: 2, M: 3}, define={A[i, j]: h(X[i, j])})
    made.line(Sum(dA[i, j] * d(A[i, j], X[a, b]), *over), "all ways", using=chain_rule)
    one = h.prime(X[i, j]) * delta(i, a) * delta(j, b)
    made.line(Sum(dA[i, j] * one, *over), "h is by entry", using=A)
    made.line(dA[a, b] * h.prime(X[a, b]), "the deltas leave i = a, j = b")
    return made.line(dA * h.prime(X), "by entry")


def jacobian():
    made = Derivation(d(P[i, j], Z[i, k]), sizes=ROWS, define=SOFTMAX)
    above = delta(j, k) * exp(Z[i, j]) * TOTAL - exp(Z[i, j]) * exp(Z[i, k])
    made.line(above / TOTAL**2, "quotient rule", using=P)
    made.line(P[i, j] * delta(j, k) - P[i, j] * P[i, k], "P again", using=P)
    return made.line(P[i, j] * (delta(j, k) - P[i, k]), "a common factor")


def softmax():
    made = Derivation(d(L, Z[a, b]), sizes=ROWS, define=SOFTMAX)
    made.line(Sum(dP[i, j] * d(P[i, j], Z[a, b]), *OVER_P), "all ways", using=chain_rule)
    inner = dP[a, j] * P[a, j] * (delta(j, b) - P[a, b])
    made.line(Sum(inner, (j, 1, C)), "row a only, and its Jacobian", using=P)
    made.line(P[a, b] * (dP[a, b] - Sum(dP[a, j] * P[a, j], (j, 1, C))), "the delta leaves j = b")
    return made.line(P * (dP - (dP * P) @ ONE), "11ᵀ sums the row and repeats it")


def cross_entropy():
    made = Derivation(d(L, Q[a, b]), define={L: -1 / S * Sum(T[i, j] * log(Q[i, j]), *OVER_P)})
    inner = T[i, j] * delta(i, a) * delta(j, b) / Q[i, j]
    made.line(-1 / S * Sum(inner, *OVER_P), "log", using=L)
    made.line(-1 / S * (T[a, b] / Q[a, b]), "the deltas leave one entry")
    return made.line(-1 / S * (T / Q), "by entry")


def part_e():
    dQ = gradient(Q)
    made = Derivation(Q * (dQ - (dQ * Q) @ ONE), sizes=ROWS, define={dQ: -1 / S * (T / Q)})
    made.line(Q * (-1 / S * (T / Q) - ((-1 / S * (T / Q)) * Q) @ ONE), "the loss", using=dQ)
    made.line(-1 / S * (Q * (T / Q - ((T / Q) * Q) @ ONE)), "a number goes in front")
    made.line(-1 / S * (Q * (T / Q) - Q * (((T / Q) * Q) @ ONE)), "distribute")
    made.line(-1 / S * (T - Q * (((T / Q) * Q) @ ONE)), "cancel")
    made.line(-1 / S * (T - Q * (T @ ONE)), "cancel once more")
    made.line(-1 / S * (T - Q * ones(S, C)), "rows of targets", using=rows_sum_to_one(T))
    made.line(-1 / S * (T - Q), "a factor of ones")
    return made.line(1 / S * (Q - T), "the minus goes inside")


def softmax_cross_entropy():
    made = Derivation(d(L, Z), sizes=ROWS, define={**SOFTMAX, **LOSS})
    made.line(P * (dP - (dP * P) @ ONE), "softmax", using=(chain_rule, P))
    made.line(-1 / S * (T - P * (T @ ONE)), "cross-entropy", using=L)
    return made.line(1 / S * (P - T), "rows of targets", using=rows_sum_to_one(T))


def log_sum_exp():
    r = array("r", S)
    made = Derivation(
        d(r[i], Z[i, a]), sizes=ROWS, define={r[i]: log(Sum(exp(Z[i, k]), (k, 1, C)))}
    )
    return made.line(exp(Z[i, a]) / Sum(exp(Z[i, k]), (k, 1, C)), "log, then exp", using=r)


W1, b1, W2, b2 = array("W1", H, M), array("b1", H), array("W2", C, H), array("b2", C)
Z1, A1, Z2 = array("Z1", S, H), array("A1", S, H), array("Z2", S, C)
HIDDEN = {Z1: X @ W1.T + outer(ones(S), b1), A1: h(Z1), Z2: A1 @ W2.T + outer(ones(S), b2)}
NET = {S: 3, M: 4, H: 5, C: 2}


def two_layers():
    made = Derivation(d(L, W1), sizes=NET, define=HIDDEN)
    made.line(gradient(Z1).T @ X, "linear", using=(chain_rule, Z1))
    made.line((gradient(A1) * h.prime(Z1)).T @ X, "activation", using=(chain_rule, A1))
    line = ((gradient(Z2) @ W2) * h.prime(Z1)).T @ X
    return made.line(line, "linear", using=(chain_rule, Z2))


def whole_network():
    head = {P[i, j]: exp(Z2[i, j]) / Sum(exp(Z2[i, k]), (k, 1, C)), **LOSS}
    made = Derivation(d(L, W1), sizes=NET, define={**HIDDEN, **head})
    line = ((gradient(Z2) @ W2) * h.prime(Z1)).T @ X
    made.line(line, "linear, activation, linear", using=(chain_rule, Z1, A1, Z2))
    last = ((1 / S * (P - T) @ W2) * h.prime(Z1)).T @ X
    return made.line(last, "softmax and loss", using=(L, P, rows_sum_to_one(T)))


BUILD = [
    weights, biases, inputs, activation, jacobian, softmax, cross_entropy, part_e,
    softmax_cross_entropy, log_sum_exp, two_layers, whole_network,
]  # fmt: skip
LINES = dict(zip(BUILD, [4, 5, 4, 4, 3, 4, 3, 8, 3, 1, 3, 2], strict=True))


@pytest.mark.parametrize("build", BUILD, ids=lambda build: build.__name__)
def test_true_lines_are_accepted_and_shown(build):
    made = build()
    assert len(made.steps) == LINES[build]
    shown = made._repr_latex_()
    assert shown.startswith("$$\n\\begin{array}{l}\n\\begin{aligned}\n")
    assert shown.endswith("\n\\end{array}\n$$")
    for step in made.steps:
        assert latex(step.expression) in shown
        assert step.checked == "proved for all shapes"
    assert shown.count("proved for all shapes") == repr(made).count("proved for all shapes") == 1
    assert not hasattr(made, "_repr_html_")


@pytest.mark.parametrize("build", BUILD[:-1], ids=lambda build: build.__name__)
def test_the_last_line_times_a_number_is_refused(build):
    made = build()
    last = made.steps.pop()
    for wrong in [-last.expression, 2 * last.expression, 1 / S * last.expression]:
        with pytest.raises(WrongStep):
            made.line(wrong, "planted", using=last.using)
    made.line(last.expression, last.reason, using=last.using)


# Wrong lines, each refused for what is wrong with it.


def start():
    line = Sum(dY[i, j] * delta(j, a) * X[i, b], *OVER_Y)
    return weights_start().line(line, "only W_ab counts", using=(chain_rule, Y))


def weights_start():
    return Derivation(d(L, W[a, b]), sizes=SIZES, define=LINEAR)


@pytest.mark.parametrize(
    ("wrong", "residual"),
    [
        pytest.param(dY[1, a] * X[1, b], "X_21*∂L/∂Y_21", id="a sum dropped"),
        pytest.param(
            Sum(-dY[i, a] * X[i, b], (i, 1, S)), "2*(X_11*∂L/∂Y_11 + X_21*∂L/∂Y_21)", id="sign"
        ),
        pytest.param(
            1 / S * Sum(dY[i, a] * X[i, b], (i, 1, S)),
            "(X_11*∂L/∂Y_11 + X_21*∂L/∂Y_21)/2",
            id="1/S too many",
        ),
    ],
)
def test_a_wrong_step_says_where_and_by_how_much(wrong, residual):
    made = start()
    with pytest.raises(WrongStep, match="step 2 is wrong: planted") as caught:
        made.line(wrong, "planted")
    error = caught.value
    assert (error.step, error.reason) == (2, "planted")
    assert {str(size): n for size, n in error.sizes.items()} == {"S": 2, "M": 3, "N": 4}
    assert error.index == {"a": 1, "b": 1}
    expected = sympy.sympify(residual.replace("∂L/∂Y", "g"))
    named = {s: sympy.Symbol(s.name.replace("∂L/∂Y", "g")) for s in error.residual.free_symbols}
    assert sympy.expand(error.residual.xreplace(named) - expected) == 0
    assert error.values[0] != error.values[1]
    for part in ["before: Σ", "after:  ", "S = 2, M = 3, N = 4", "entry a = 1, b = 1"]:
        assert part in str(error)
    assert len(made.steps) == 1


def test_a_residual_is_a_difference_of_the_two_lines():
    # For j = 1 the planted line is right, so the first difference is at j = 2.
    made = Derivation(d(Y[i, j], X[a, b]), sizes=SIZES, define=LINEAR)
    with pytest.raises(WrongStep) as caught:
        made.line(delta(i, a) * W[1, b], "the wrong row of W")
    assert caught.value.index == {"i": 1, "j": 2, "a": 1, "b": 1}
    assert str(caught.value.residual) == "-W_11 + W_21"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Sum(dY[i, j] * delta(j, a) * X[1, b], *OVER_Y), id="an index stuck at 1"),
        pytest.param(Sum(dY[i, j] * X[i, b], *OVER_Y), id="a delta dropped"),
        pytest.param(Sum(dY[i, j] * delta(j, 1) * X[i, b], *OVER_Y), id="a delta with 1"),
        pytest.param(Sum(dY[k, j] * delta(j, a) * X[i, b], *OVER_Y, (k, 1, S)), id="a sum split"),
    ],
)
def test_a_first_line_is_compared_with_the_target(wrong):
    with pytest.raises(WrongStep):
        weights_start().line(wrong, "planted")


def test_missing_one_over_S_is_refused():
    made = Derivation(d(L, P), sizes=ROWS, define=LOSS)
    with pytest.raises(WrongStep):
        made.line(-(T / P), "planted: the mean forgotten")
    made.line(-1 / S * (T / P), "right", using=L)


def test_a_delta_between_axes_of_different_lengths_is_a_shape_error():
    with pytest.raises(ShapeError, match="δ_ia run to N and S"):
        weights_start().line(Sum(dY[i, j] * delta(i, a) * X[i, b], *OVER_Y), "wrong delta")


def test_a_missing_transpose_is_a_shape_error():
    with pytest.raises(ShapeError, match=r"∂L/∂Y is S×N, X is S×M: .* N is not S"):
        dY @ X
    with pytest.raises(ShapeError, match="is M×N, ∂L/∂W is N×M"):
        start().line(X.T @ dY, "the other way round")
    with pytest.raises(ShapeError, match="X is S×M, W is N×M: .* M is not N"):
        X @ W


def test_shapes_are_checked_when_a_line_is_built():
    with pytest.raises(ShapeError, match="P is S×C, J is C×C: ⊙"):
        P * array("J", C, C)
    with pytest.raises(ShapeError, match=r"X @ Wᵀ is S×N, b is a vector of N: \+"):
        X @ W.T + bias
    with pytest.raises(ShapeError, match=r"1 is a scalar, P is S×C: − needs"):
        1 - P
    with pytest.raises(ShapeError, match="b is a vector of N: .T needs a matrix"):
        assert bias.T
    with pytest.raises(ShapeError, match="X is S×M, but it is indexed with 1"):
        X[i]
    with pytest.raises(ShapeError, match="an index of X"):
        X[0, i]
    with pytest.raises(ShapeError, match="vector was expected"):
        outer(ones(S), X)
    with pytest.raises(ShapeError, match="Σ adds entries"):
        Sum(X, (i, 1, S))
    with pytest.raises(ShapeError, match="takes a scalar and an entry"):
        d(Y, W[a, b])


def test_an_index_stands_on_its_own_axis():
    with pytest.raises(ShapeError, match="i runs to S, but is used on an axis of length M in X_ki"):
        start().line(Sum(dY[i, a] * X[k, i], (i, 1, S), (k, 1, S)), "swapped")
    with pytest.raises(ShapeError, match="a runs to N"):
        start().line(Sum(dY[i, a] * X[i, a], (i, 1, S)), "a is no column of X")


def test_free_indices_are_those_of_the_target():
    with pytest.raises(DerivationError, match="j in ∂L/∂Y_ij is neither summed nor an index of"):
        start().line(Sum(dY[i, j] * X[i, b], (i, 1, S)), "a sum escaped")


def test_a_bound_index_does_not_capture():
    with pytest.raises(DerivationError, match="k is summed in .* taken outside: rename it"):
        jacobian().line(P[i, j] * Sum(delta(j, k) - P[i, k], (k, 1, C)), "k is taken")
    # Inside the definition of Y, k is bound: a k of the line has nothing to do with it.
    made = Derivation(d(Y[i, j], W[j, k]), sizes=SIZES, define=LINEAR)
    assert len(made.line(X[i, k], "k is not the k of the definition", using=Y).steps) == 1
    square = Derivation(Sum(X[i, k], (k, 1, M)) * Sum(X[i, k], (k, 1, M)), sizes=SIZES)
    square.line(Sum(X[i, k] * X[i, l], (k, 1, M), (l, 1, M)), "two sums, two letters")
    with pytest.raises(WrongStep):
        square.line(Sum(X[i, k] * X[i, k], (k, 1, M)), "planted: one letter for two sums")


# Hypotheses.


def before_targets():
    made = Derivation(-1 / S * (T - Q * (T @ ONE)), sizes=ROWS)
    return made, -1 / S * (T - Q)


def test_a_hypothesis_acts_only_where_it_is_cited():
    made, line = before_targets()
    with pytest.raises(WrongStep) as caught:
        made.line(line, "not cited")
    assert str(caught.value.residual) == "Q_11*(T_11 + T_12 + T_13 - 1)/2"
    made.line(line, "cited", using=rows_sum_to_one(T))
    with pytest.raises(WrongStep):
        made.line(-1 / S * (T - Q * (T @ ONE)), "and back: not cited again")


def test_a_hypothesis_about_another_array_does_not_help():
    made, line = before_targets()
    with pytest.raises(WrongStep):
        made.line(line, "the wrong array", using=rows_sum_to_one(Q))


def test_an_unused_hypothesis_is_refused():
    made = Derivation(1 / S * (Q - T), sizes=ROWS)
    with pytest.raises(UnusedFact, match="holds without Σ_{j=1..C} T_ij = 1"):
        made.line(-1 / S * (T - Q), "not needed", using=rows_sum_to_one(T))
    made, line = before_targets()
    with pytest.raises(UnusedFact, match="Q_ij = 1"):
        made.line(line, "one too many", using=(rows_sum_to_one(T), rows_sum_to_one(Q)))


def test_nothing_is_assumed_of_what_is_defined():
    made = Derivation(d(L, Z), sizes=ROWS, define={**SOFTMAX, **LOSS})
    with pytest.raises(DerivationError, match="P is defined"):
        made.line(1 / S * (P - T), "planted", using=(rows_sum_to_one(T), rows_sum_to_one(P)))


def test_softmax_rows_sum_to_one_without_a_hypothesis():
    made = Derivation(Sum(P[i, j], (j, 1, C)), sizes=ROWS, define=SOFTMAX)
    made.line(TOTAL / Sum(exp(Z[i, k]), (k, 1, C)), "one denominator", using=P)
    made.line(1, "it cancels")


# Dependence.


def test_a_hidden_dependence_is_refused():
    with pytest.raises(HiddenDependence, match="how L depends on W"):
        Derivation(d(L, W[a, b]), sizes=SIZES)
    with pytest.raises(HiddenDependence, match="how Y depends on W"):
        Derivation(d(Y[i, j], W[a, b]), sizes=SIZES).line(0, "both opaque")
    for gradient_at in (dP, dZ):  # an L of which nothing is said has second derivatives
        second = Derivation(d(gradient_at[i, j], Z[i, k]), sizes=ROWS, define=SOFTMAX)
        with pytest.raises(WrongStep):
            second.line(0, "planted: as if L were linear")
    with pytest.raises(HiddenDependence, match="Y is made of X"):
        Derivation(d(X[i, k], Y[a, b]), sizes=SIZES, define=LINEAR).line(0, "upside down")


def test_the_hessian_of_a_defined_loss():
    made = Derivation(d(dZ[i, j], Z[i, k]), sizes=ROWS, define={**SOFTMAX, **LOSS})
    line = 1 / S * P[i, j] * (delta(j, k) - P[i, k])
    with pytest.raises(WrongStep):
        made.line(line, "planted: not cited")
    made.line(line, "softmax and loss", using=(L, P, rows_sum_to_one(T)))


def test_a_weight_that_is_used_twice_has_two_terms():
    X_, Y_ = array("X'", S, M), array("Y'", S, N)
    twice = {Y: X @ W.T, Y_: X_ @ W.T}
    made = Derivation(d(L, W), sizes=SIZES, define=twice)
    with pytest.raises(WrongStep):
        made.line(gradient(Y_).T @ X_, "planted: = for +=")
    made.line(dY.T @ X + gradient(Y_).T @ X_, "both ways", using=(chain_rule, Y, Y_))


def test_a_definition_is_refused_where_it_says_nothing():
    with pytest.raises(DerivationError, match="goes in a circle"):
        Derivation(d(L, X), sizes=SIZES, define={X: h(X)})
    with pytest.raises(DerivationError, match="own letter on each axis"):
        Derivation(d(L, X), sizes=SIZES, define={Y[i, i]: bias[i]})
    with pytest.raises(DerivationError, match="neither summed nor"):
        Derivation(d(L, X), sizes=SIZES, define={Y[i, j]: X[i, k]})
    with pytest.raises(ShapeError, match="Y is S×N, .* is S×M"):
        Derivation(d(L, X), sizes=SIZES, define={Y: h(X)})
    with pytest.raises(DerivationError, match="declared positive"):
        Derivation(Q[i, j], sizes=ROWS, define={Q[i, j]: Z[i, j]})
    with pytest.raises(DerivationError, match="defined twice"):
        Derivation(d(L, X), sizes=SIZES, define={Y: X @ W.T, Y[i, j]: bias[j]})


# Other refusals.


def test_lines_that_say_nothing_are_refused():
    with pytest.raises(VacuousStep):
        start().line(Sum(dY[i, j] * delta(j, a) * X[i, b], *OVER_Y), "again")


@pytest.mark.parametrize("sizes", [{S: 2, M: 2, N: 4}, {S: 1, M: 3, N: 4}, {S: 2, M: 3.0, N: 4}])
def test_sizes_that_hide_mistakes_are_refused(sizes):
    with pytest.raises(DerivationError, match="sizes"):
        Derivation(d(L, W[a, b]), sizes=sizes, define=LINEAR)


def test_every_dimension_has_a_size():
    with pytest.raises(DerivationError, match="sizes gives no length for N"):
        Derivation(d(L, W[a, b]), sizes={S: 2, M: 3}, define=LINEAR)


def test_only_exact_numbers():
    with pytest.raises(DerivationError, match="exact number"):
        0.5 * X
    assert latex(Fraction(1, 2) * X) == r"\frac{1}{2} X"


def test_an_entry_that_is_not_there_is_a_shape_error():
    with pytest.raises(ShapeError, match="no entry"):
        start().line(dY[3, a] * X[1, b], "S is 2")


def test_two_arrays_cannot_share_a_name():
    with pytest.raises(DerivationError, match="two different arrays have the name W"):
        start().line(array("W", M, N).T, "another W")


@pytest.mark.parametrize("reason", ["", "  ", None, "50 %", "a & b", r"\alpha", "unpaired $"])
def test_a_reason_is_prose(reason):
    with pytest.raises(DerivationError, match="reason"):
        weights_start().line(Sum(dY[i, a] * X[i, b], (i, 1, S)), reason)


def test_what_cannot_be_decided_is_neither_right_nor_wrong():
    made = Derivation(sqrt(3 + 2 * sqrt(2)))
    for how in ["proof", "entries"]:
        with pytest.raises(NotProved, match="step 1 is not proved"):
            made.line(1 + sqrt(2), "true, but beyond the judges", how=how)
    made.line(1 + sqrt(2), "in numbers", how="numbers")
    assert r"&\approx 1 + \sqrt{2}" in made._repr_latex_()
    assert "tested numerically only" in made._repr_latex_()
    assert not made.proved
    with pytest.raises(DerivationError):
        Derivation(sqrt(3 + 2 * sqrt(2))).line(1 + sqrt(-2), "no number", how="numbers")


def test_nothing_is_divided_by_a_delta():
    made = Derivation(Sum(X[i, k], (i, 1, S)))
    for divided in [X[i, k] * delta(i, 1) / delta(i, 1), X[i, k] / (2 * delta(i, 1)) * delta(i, 1)]:
        with pytest.raises(DerivationError, match="is 0 somewhere"):
            made.line(Sum(divided, (i, 1, S)), "planted")


def test_dividing_by_zero_is_refused():
    made = Derivation(T[i, j], sizes=ROWS)
    with pytest.raises(DerivationError, match="divides by 0"):
        made.line(T[i, j] * (Q[i, j] - Q[i, j]) / (Q[i, j] - Q[i, j]), "0/0")


def test_a_refused_line_leaves_the_derivation_as_it_was():
    made = weights()
    shown = made._repr_latex_()
    with pytest.raises(WrongStep):
        made.line(-dY.T @ X, "planted")
    assert made._repr_latex_() == shown


def test_log_is_taken_apart_only_where_it_has_a_value():
    u, v = array("u", positive=True), array("v", positive=True)
    Derivation(log(u * v), sizes={S: 2}).line(log(u) + log(v), "both are positive")
    Derivation(log(12 * u / v), sizes={S: 2}).line(2 * log(2) + log(3) + log(u) - log(v), "factors")
    with pytest.raises(NotProved):
        Derivation(log(x * y), sizes={S: 2}).line(log(x) + log(y), "but here nobody said so")
    with pytest.raises(WrongStep):
        Derivation(log(u + v), sizes={S: 2}).line(log(u) + log(v), "planted")


# Side conditions.


def test_conditions_are_shown_where_they_come_and_where_they_go():
    where = [[condition(one, latex) for one in step.where] for step in part_e().steps]
    assert where == [["Q > 0"], [], [], ["Q > 0"], ["Q > 0"], [], [], []]
    using = [len(step.using) for step in part_e().steps]
    assert using == [1, 0, 0, 0, 0, 1, 0, 0]


def test_conditions_say_what_is_assumed_and_what_is_known():
    assert softmax_cross_entropy().steps[1].where == ()
    made = Derivation(T / P * P, sizes=ROWS, define=SOFTMAX).line(T, "cancel")
    assert made.steps[0].where == (Condition(P, ">", known=True),)
    assert "where P > 0 by its definition" in repr(made)
    made = Derivation(T / Z * Z, sizes=ROWS).line(T, "cancel")
    assert made.steps[0].where == (Condition(Z, "≠"),)
    assert r"\text{where }Z \neq 0" in made._repr_latex_()
    made = Derivation(d(L, Z), define={L: Sum(log(Z[i, j]), *OVER_P)})
    made.line(ones(S, C) / Z, "log", using=L)
    assert r"\text{where }Z \neq 0" in made._repr_latex_()


# What the reader sees.

LATEX = [
    (1 / S * X, r"\frac{1}{S} X"),
    (-1 / S * (T / P), r"-\frac{1}{S} (T \oslash P)"),
    (Sum(dY[i, a] * X[i, b], (i, 1, S)),
     r"\sum_{i=1}^{S} \frac{\partial L}{\partial Y_{ia}} \, X_{ib}"),
    (d(Y[i, j], W[a, b]), r"\frac{\partial Y_{ij}}{\partial W_{ab}}"),
    (delta(j, a) * X[i, b], r"\delta_{ja} \, X_{ib}"),
    (dY.T @ X, r"\left(\frac{\partial L}{\partial Y}\right)^{\top} X"),
    (ones(S) @ dY, r"\mathbf{1}_S^{\top} \frac{\partial L}{\partial Y}"),
    (T @ ones(C), r"T \mathbf{1}_C"),
    (X @ W.T + outer(ones(S), bias), r"X W^{\top} + \mathbf{1}_S b^{\top}"),
    (dY * h.prime(Y), r"\frac{\partial L}{\partial Y} \odot h'(Y)"),
    (P * (T @ ONE), r"P \odot (T \mathbf{1}_C \mathbf{1}_C^{\top})"),
    (P * (T / P), r"P \odot (T \oslash P)"),
    (P * T * Q, r"P \odot T \odot Q"),
    (P * (T - Q), r"P \odot (T - Q)"),
    (P - (T - Q), "P - (T - Q)"),
    (P + -1 * Q, r"P + (-1 Q)"),
    (ones(S, C), r"\mathbf{1}_{S \times C}"),
    ((P - T) / S, r"\frac{P - T}{S}"),
    (X[1, k], "X_{1k}"),
    (Sum(X[i, k], (k, 1, M)) * bias[a],
     r"\left(\sum_{k=1}^{M} X_{ik}\right) \, b_{a}"),
    (bias[a] * Sum(X[i, k] + 1, (k, 1, M)), r"b_{a} \, \sum_{k=1}^{M} (X_{ik} + 1)"),
    (T[i, j] * log(P[i, j]), r"T_{ij} \, \log P_{ij}"),
    (log(P[i, j]) * T[i, j], r"(\log P_{ij}) \, T_{ij}"),
    (exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C)),
     r"\frac{e^{Z_{ij}}}{\sum_{k=1}^{C} e^{Z_{ik}}}"),
    (exp(Z), r"\exp(Z)"),
    (TOTAL**2, r"\left(\sum_{l=1}^{C} e^{Z_{il}}\right)^{2}"),
    (W1[a, b] * 2, r"{W_{1}}_{ab} \cdot 2"),
    (array("W^{(1)}", H, M).T, r"{W^{(1)}}^{\top}"),
    (array("lambda") * X, r"\lambda X"),
    (diag(bias) - outer(bias, bias), r"\operatorname{diag}(b) - b b^{\top}"),
    (-(X[i, k] - 1), "-(X_{ik} - 1)"),
    (ones(S) @ X @ W.T, r"\mathbf{1}_S^{\top} X W^{\top}"),
    (outer(ones(S), ones(S) @ X), r"\mathbf{1}_S \mathbf{1}_S^{\top} X"),
    (-1 / S * T[i, j] * delta(i, a), r"-\frac{1}{S} \, T_{ij} \, \delta_{ia}"),
    (-(T / P) / S, r"-\frac{T \oslash P}{S}"),
    (-(T / P) * (1 / S), r"(-T \oslash P) \frac{1}{S}"),
    (h(X).T, r"(h(X))^{\top}"),
    (log(X[i, k] + 1) ** 2, r"(\log(X_{ik} + 1))^{2}"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), LATEX, ids=[tex for _, tex in LATEX])
def test_latex(expression, expected):
    assert latex(expression) == expected


# Read back: a printed expression, evaluated by a reader who knows nothing of the nodes.

A, B = array("A", S, S), array("B", S, S)
VALUES = {"A": np.array([[0.7, 1.9], [1.3, 0.6]]), "B": np.array([[1.1, 0.4], [0.8, 1.7]])}
VALUES |= {"x": 1.6, "y": 0.9}
SIGNS = {"⊙": "*", "⊘": "/", "·": "*", "−": "-", "ᵀ": ".T", "^": "**"}


class Reader:
    """LaTeX as people read it: ⊙ and ⊘ before products, products before + and −."""

    def __init__(self, tex):
        tex = re.sub(r"\\left|\\right|\\,|\\cdot", " ", tex)
        self.tokens = [*re.findall(r"\\[a-z]+|[0-9]+|[A-Za-z]|[{}()^+-]", tex), "end"]

    def next(self, *wanted):
        if not wanted or self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def sum(self):
        value = -self.hadamard() if self.next("-") else self.hadamard()
        while sign := self.next("+", "-"):
            value = value + self.hadamard() if sign == "+" else value - self.hadamard()
        return value

    def hadamard(self):
        value = self.product()
        while sign := self.next(r"\odot", r"\oslash"):
            value = value * self.product() if sign == r"\odot" else value / self.product()
        return value

    def product(self):
        value = self.factor()
        while self.tokens[0] not in {"+", "-", ")", "}", r"\odot", r"\oslash", "end"}:
            other = self.factor()
            value = value @ other if np.ndim(value) == np.ndim(other) == 2 else value * other
        return value

    def factor(self):
        value = self.atom()
        while self.next("^"):
            if self.tokens[:3] == ["{", r"\top", "}"]:
                del self.tokens[:3]
                value = value.T
            else:
                value = value ** self.atom()
        return value

    def atom(self):
        token = self.next()
        if token in {"(", "{"}:
            value = self.sum()
            assert self.next(")", "}")
            return value
        if token == r"\frac":
            return self.atom() / self.atom()
        if token == r"\log":
            return np.log(self.factor())
        return float(token) if token.isdigit() else VALUES[token]


def random_line(rng, depth, leaves):
    """A random expression of matrices or of numbers, by the operators that authors use."""
    if depth == 0:
        return rng.choice(leaves)
    left, right = (random_line(rng, depth - 1, leaves) for _ in range(2))
    made = [left + right, left - right, left * right, left / rng.choice(leaves), -left]
    number = random_line(rng, depth - 1, [x, y])
    made += [number * left, left * number, left / (number**2 + 1), -2 * left, 3 * left]
    return rng.choice(made + ([left @ right, left.T] if left.shape else [log(left**2 + 1)]))


def value(line):
    """What an expression means, operator by operator."""
    match line:
        case algebra.Neg(part):
            return -value(part)
        case algebra.Transpose(part):
            return value(part).T
        case algebra.Pow(part, n):
            return value(part) ** n
        case Apply(_, part):
            return np.log(value(part))
        case nodes.Number(number):
            return float(number)
        case arrays.Array(name) | arrays.Entry(arrays.Array(name)):
            return VALUES[name]
    sign = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "truediv", "MatMul": "matmul"}
    return getattr(operator, sign[type(line).__name__])(value(line.left), value(line.right))


@pytest.mark.parametrize("leaves", [[A, B], [x, y]], ids=["matrices", "numbers"])
def test_what_is_printed_means_what_was_judged(leaves):
    rng = random.Random(1)
    for _ in range(300):
        line = random_line(rng, rng.randint(1, 3), leaves)
        expected = value(line)
        reader = Reader(latex(line))
        np.testing.assert_allclose(reader.sum(), expected, rtol=1e-9, err_msg=latex(line))
        assert reader.tokens == ["end"]
        plain = re.sub("[⊙⊘·−ᵀ^]", lambda sign: SIGNS[sign[0]], text(line))
        found = eval(plain, {**VALUES, "log": np.log})
        np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=text(line))


WEIGHTS = r"""$$
\begin{array}{l}
\begin{aligned}
\frac{\partial L}{\partial W_{ab}} &= \sum_{i=1}^{S} \sum_{j=1}^{N} \frac{\partial L}{\partial Y_{ij}} \, \frac{\partial Y_{ij}}{\partial W_{ab}} && \quad {\small \begin{array}{l} Y_{ij}\text{ depends on }W_{ab} \\ \text{[axiom]} \end{array}} \\[0.8ex]
 &= \sum_{i=1}^{S} \sum_{j=1}^{N} \frac{\partial L}{\partial Y_{ij}} \, \delta_{ja} \, X_{ib} && \quad {\small \begin{array}{l} \text{only }W_{ab}\text{ counts} \\ \text{[definition of }Y\text{]} \end{array}} \\[0.8ex]
 &= \sum_{i=1}^{S} \frac{\partial L}{\partial Y_{ia}} \, X_{ib} && \quad {\small \text{the delta leaves j = a}} \\[0.8ex]
\frac{\partial L}{\partial W} &= \left(\frac{\partial L}{\partial Y}\right)^{\top} X && \quad {\small \text{a matrix product}}
\end{aligned} \\[1ex]
{\small \text{with }Y_{ij} = \sum_{k=1}^{M} X_{ik} \, W_{jk} + b_{j}} \\[1ex]
{\small \text{by the chain rule (the axiom) through }Y} \\[1ex]
{\small \text{each line proved for all shapes}}
\end{array}
$$"""  # noqa: E501

PLAIN = """\
∂L/∂W_ab = Σ_{i=1..S} Σ_{j=1..N} ∂L/∂Y_ij · ∂Y_ij/∂W_ab   Y_ij depends on W_ab [axiom]
         = Σ_{i=1..S} Σ_{j=1..N} ∂L/∂Y_ij · δ_ja · X_ib   only W_ab counts [definition of Y]
         = Σ_{i=1..S} ∂L/∂Y_ia · X_ib                     the delta leaves j = a
∂L/∂W    = (∂L/∂Y)ᵀ @ X                                   a matrix product
  with Y_ij = Σ_{k=1..M} X_ik · W_jk + b_j
  by the chain rule (the axiom) through Y
  each line proved for all shapes"""


def test_a_whole_derivation_as_it_is_shown():
    made = weights()
    assert made._repr_latex_() == WEIGHTS
    assert str(made) == repr(made) == PLAIN


def test_a_row_stands_for_a_transposed_gradient():
    shown = biases()._repr_latex_()
    row = r"\left(\frac{\partial L}{\partial b}\right)^{\top} &= \mathbf{1}_S^{\top} \frac"
    assert row in shown
    column = r"\frac{\partial L}{\partial b} &= \left(\frac{\partial L}{\partial Y}\right)^{\top}"
    assert column in shown


def test_the_jacobian_of_a_vector_has_a_matrix_line():
    y, z = array("y", C), array("z", C)
    define = {y[j]: exp(z[j]) / Sum(exp(z[k]), (k, 1, C))}
    made = Derivation(d(y[j], z[k]), define=define)
    made.line(y[j] * (delta(j, k) - y[k]), "quotient rule", using=y)
    made.line(diag(y) - outer(y, y), "as a matrix")
    assert r"\frac{\partial y}{\partial z} &= \operatorname{diag}(y) - y y^{\top}" in str(
        made._repr_latex_()
    )
    with pytest.raises(WrongStep):
        made.line(diag(y) - diag(y) @ diag(y), "planted: y(1 − y) only")


# The test for 0.


def random_expression(rng, depth):
    """A random sum, product, quotient, exp or h of four symbols and small numbers."""
    if depth == 0:
        return rng.choice([*sympy.symbols("u v x y", real=True), sympy.Rational(rng.randint(1, 5))])
    left, right = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
    kinds = [left + right, left - right, left * right, left / (right**2 + 1), opaque("h")(left)]
    return rng.choice([*kinds, sympy.exp(left) if left.is_polynomial() else left])


def test_zero_is_seen_in_any_disguise_and_nothing_else_is():
    rng = random.Random(0)
    for _ in range(60):
        one, two, three = (random_expression(rng, 2) for _ in range(3))
        same = [one * (two + three) - sympy.expand(one * two) - one * three]
        same += [one / (1 + two**2) - one * sympy.together(1 / (1 + two**2))]
        same += [(one + two) ** 2 - (one - two) ** 2 - 4 * one * two]
        assert all(map(is_zero, same))
        assert not is_zero(one * two + sympy.Rational(1, 7) - one * two)
        assert not is_zero((one - two) ** 2 + 1)
    x, y = sympy.symbols("x y", real=True)
    assert is_zero(sympy.exp(x + 1) - sympy.E * sympy.exp(x))
    assert is_zero(sympy.exp(2 * x) - sympy.exp(x) ** 2)
    assert is_zero(sympy.exp(x / 2) * sympy.exp(x / 3) - sympy.exp(5 * x / 6))
    assert is_zero(sympy.exp(x * y + y) - sympy.exp(x * y) * sympy.exp(y))
    assert not is_zero(sympy.exp(x * y) - sympy.exp(x) * sympy.exp(y))
    assert not is_zero(opaque("h")(x) - opaque("g")(x))
    assert not is_zero(opaque("h")(x) - opaque("h", 1)(x))


def test_a_root_is_what_its_power_is():
    x, y = sympy.symbols("x y", real=True)
    r = 1 + x**2 + 3 * y**2
    w, v = sympy.sqrt(r), sympy.sqrt(2 + sympy.sqrt(r))  # v has w in it
    assert is_zero((x / w + y) * (x / w - y) - x**2 / (3 * y**2 + x**2 + 1) + y**2)
    assert is_zero((v + x) * (v - x) * (2 + w + x**2) - (2 + w) ** 2 + x**4)
    assert is_zero((1 + sympy.cbrt(r)) ** 3 - 1 - r - 3 * sympy.cbrt(r) * (1 + sympy.cbrt(r)))
    assert is_zero(opaque("h")((w + 1) * (w - 1)) - opaque("h")(x**2 + 3 * y**2))
    assert not is_zero((w + 1) * (w - 1) - r)
    assert not is_zero((v + x) * (v - x) * (2 - w + x**2) - (2 + w) ** 2 + x**4)
    assert not is_zero(opaque("h")((w + 1) * (w - 1)) - opaque("h")(x**2 + 2 * y**2))


# What is shown of a derivation whose next line was refused.


def test_a_refused_line_stands_below_the_accepted_ones():
    S, M, N = dimensions("S M N")
    i, j, k, a, b = indices("i j k a b")
    X, W, Y = array("X", S, M), array("W", N, M), array("Y", S, N)
    mine = Derivation(d(Y[i, j], W[a, b]), define={Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M))})
    mine.line(Sum(X[i, k] * d(W[j, k], W[a, b]), (k, 1, M)), "X has no W in it", using=Y)
    before = mine._repr_latex_()
    with pytest.raises(WrongStep) as refused:
        mine.line(2 * delta(j, a) * X[i, b], "the delta leaves k = b")
    shown = refused.value._repr_latex_()
    assert shown.count(r"\\[0.8ex]") == 1
    first, second = shown.split(r"\\[0.8ex]")
    assert r"\text{X has no W in it}" in first
    assert "refused" not in first
    assert r"\overset{?}{=}" in second
    assert r"\text{✗ refused: the delta leaves k = b}" in second
    assert mine._repr_latex_() == before
    assert len(mine.steps) == 1


def test_a_first_line_that_is_refused_stands_beside_the_target():
    x, y = array("x"), array("y")
    with pytest.raises(DerivationError) as refused:
        Derivation(d(y, x), define={y: x**2}).line(3 * x, "power rule", using=y)
    assert r"\frac{\partial y}{\partial x} &\overset{?}{=} 3" in refused.value._repr_latex_()


def test_an_error_of_no_derivation_shows_nothing_more():
    with pytest.raises(DerivationError) as refused:
        array("2")
    assert refused.value._repr_latex_() is None
