"""A fact acts in the line that cites it, and in no other; and a line cites what it needs."""

import re

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    HiddenDependence,
    L,
    Sum,
    UncitedFact,
    UnusedFact,
    WrongStep,
    array,
    chain_rule,
    d,
    delta,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    log,
    rows_sum_to_one,
)
from backprop.derivation.premises.hypotheses import RowSum

S, M, C = dimensions("S M C")
i, j, k, a, b = indices("i j k a b")
X, Y, Z, T = array("X", S, C), array("Y", S, C), array("Z", S, C), array("T", S, C)
P = array("P", S, C, positive=True)
dX, dY, dZ = map(gradient, (X, Y, Z))
h, g = function("h"), function("g")
EVERY = (i, 1, S), (j, 1, C)
CHAIN = {Y[i, j]: h(X[i, j]), Z[i, j]: g(Y[i, j])}
SOFTMAX = {P[i, j]: exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C))}
LOSS = {**SOFTMAX, L: -1 / S * Sum(T[i, j] * log(P[i, j]), *EVERY)}


def accepts(derivation, line, *using):
    """Whether the line is accepted with these facts, with each of them needed."""
    try:
        derivation.line(line, "a reason", using=using)
    except (UncitedFact, UnusedFact, WrongStep):
        return False
    derivation.steps.pop()
    return True


def test_a_definition_acts_only_where_it_is_cited():
    made = Derivation(Y[i, j], define=CHAIN)
    with pytest.raises(UncitedFact, match="step 1 does not cite the definition of Y: why"):
        made.line(h(X[i, j]), "why")
    made.line(h(X[i, j]), "what Y is", using=Y)
    with pytest.raises(UncitedFact, match="step 2 .*definition of Y"):
        made.line(Y[i, j], "and back")


def test_all_that_is_missing_is_named():
    made = Derivation(d(L, X), define=CHAIN)
    line = dZ * g.prime(Y) * h.prime(X)
    with pytest.raises(UncitedFact, match=r"definition of Y and the definition of Z and the chain"):
        made.line(line, "all at once")
    with pytest.raises(UncitedFact, match="not cite the definition of Y: "):
        made.line(line, "all at once", using=(chain_rule, Z))
    made.line(line, "all at once", using=(chain_rule, Y, Z))


def test_a_fact_that_is_not_needed_is_refused():
    made = Derivation(d(L, X), define=CHAIN)
    with pytest.raises(UnusedFact, match="holds without the definition of Z"):
        made.line(dY * h.prime(X), "h", using=(chain_rule, Y, Z))
    with pytest.raises(UnusedFact, match="holds without the chain rule"):
        Derivation(Y[i, j], define=CHAIN).line(h(X[i, j]), "h", using=(chain_rule, Y))


def test_what_is_no_fact_is_refused():
    made = Derivation(Y[i, j], define=CHAIN)
    for fact, words in [
        (X, "X has no definition"),
        ("the chain rule", "a line cites"),
        (L, "L has no definition"),
        (rows_sum_to_one(Y), "Y is defined"),
        (Y[i, j], "cited whole: using=Y"),
        (made, "nothing is proved"),
    ]:
        with pytest.raises(DerivationError, match=words):
            made.line(h(X[i, j]), "what Y is", using=fact)
    with pytest.raises(DerivationError, match="how is 'proof'"):
        made.line(h(X[i, j]), "what Y is", using=Y, how="by eye")


# Two ways from a variable to the loss: the partial derivatives are told from the total ones.

RESIDUAL = {Y[i, j]: h(X[i, j]), Z[i, j]: X[i, j] * Y[i, j] + Sum(Y[i, k], (k, 1, C))}


def test_both_ways_are_counted_once():
    line = dZ * Y + dY * h.prime(X)
    made = Derivation(d(L, X), define=RESIDUAL)
    assert accepts(made, line, chain_rule, Y, Z)
    assert not accepts(made, line, chain_rule, Y)
    assert not accepts(made, dZ * Y + 2 * (dY * h.prime(X)), chain_rule, Y, Z)
    assert not accepts(made, dY * h.prime(X), chain_rule, Y)
    unfolded = Sum(dZ[i, k], (k, 1, C)) * h.prime(X[i, j])
    unfolded += dZ[i, j] * (h(X[i, j]) + X[i, j] * h.prime(X[i, j]))
    assert accepts(Derivation(d(L, X[i, j]), define=RESIDUAL), unfolded, chain_rule, Y, Z)


def test_a_derivative_by_an_input_goes_through_what_lies_between():
    total = Derivation(d(Z[i, j], X[i, j]), define=RESIDUAL)
    line = h(X[i, j]) + (X[i, j] + 1) * h.prime(X[i, j])
    assert accepts(total, line, Y, Z)
    assert not accepts(total, h(X[i, j]), Y, Z)
    with pytest.raises(HiddenDependence, match="Y is made of X"):  # with X held fixed, or not?
        Derivation(d(Z[i, j], Y[i, k]), define=RESIDUAL).line(1, "planted", using=Z)


def test_a_loss_may_use_a_variable_directly_and_by_way_of_another():
    define = {Y[i, j]: h(X[i, j]), L: Sum(Y[i, j] * X[i, j], *EVERY)}
    made = Derivation(d(L, X), define=define)
    assert accepts(made, Y + X * h.prime(X), L, Y)
    assert accepts(made, Y + dY * h.prime(X), L, Y)
    assert not accepts(made, Y + dY * h.prime(X), chain_rule, Y)  # Y alone is of L's definition
    assert not accepts(made, X * h.prime(X), L, Y)
    assert accepts(Derivation(d(L, Y), define=define), X, L)


def test_a_derivative_of_a_derivative_says_what_it_needs():
    made = Derivation(d(d(Y[i, j], X[i, j]), X[i, j]), define=CHAIN)
    with pytest.raises(WrongStep):
        made.line(0, "planted: it is not known that it is 0")
    with pytest.raises(UncitedFact, match="the definition of Y"):
        made.line(h.prime.prime(X[i, j]), "what Y is, not cited")
    second = h.prime.prime
    assert accepts(made, second(X[i, j]), Y)


# The result of a derivation is a fact for another.


def jacobian(define=SOFTMAX):
    made = Derivation(d(P[i, j], Z[i, k]), define=define)
    return made.line(P[i, j] * (delta(j, k) - P[i, k]), "quotient rule", using=P)


def test_a_result_is_used_at_its_own_indices_only():
    within = Derivation(d(P[a, b], Z[a, j]), define=SOFTMAX)
    within.line(P[a, b] * (delta(b, j) - P[a, j]), "renamed", using=jacobian())
    across = Derivation(d(P[a, b], Z[i, j]), define=SOFTMAX)
    with pytest.raises(UncitedFact):  # it was derived for one sample
        across.line(delta(a, i) * P[a, b] * (delta(b, j) - P[a, j]), "two", using=jacobian())


def test_a_result_brings_its_hypotheses_along():
    fused = Derivation(dZ, define=LOSS)
    fused.line(1 / S * (P - T), "fused", using=(L, P, rows_sum_to_one(T)))
    double = Derivation(2 * dZ, define=LOSS)
    double.line(2 / S * (P - T), "cited", using=fused)
    assert double.hypotheses == (rows_sum_to_one(T),)
    assert "assuming Σ_{j=1..C} T_ij = 1 [∂L/∂Z as proved]" in str(double)
    assert r"\text{assuming }" in double._repr_latex_()


def test_a_result_that_does_not_fit_is_refused():
    made = Derivation(d(P[i, j], Z[i, k]), define=LOSS)
    line = P[i, j] * (delta(j, k) - P[i, k])
    with pytest.raises(DerivationError, match="was derived from other definitions"):
        made.line(line, "the Jacobian", using=jacobian(SOFTMAX))
    unnamed = Derivation(P[i, j] + P[i, j], define=LOSS).line(2 * P[i, j], "twice")
    with pytest.raises(DerivationError, match="no name by which it could be cited"):
        made.line(line, "the Jacobian", using=unnamed)
    weak = Derivation(d(P[i, j], Z[i, k]), define=LOSS).line(line, "by eye", how="numbers")
    with pytest.raises(DerivationError, match="nothing is proved for all shapes"):
        made.line(line, "the Jacobian", using=weak)
    with pytest.raises(UnusedFact, match=re.escape("∂P_ij/∂Z_ik as proved")):
        Derivation(2 * P[i, j], define=SOFTMAX).line(P[i, j] + P[i, j], "two", using=jacobian())


def test_a_gradient_is_not_defined_where_it_follows():
    with pytest.raises(DerivationError, match="∂L/∂P follows from the other definitions"):
        Derivation(d(L, Z), define={**LOSS, gradient(P): -1 / S * (T / P)})
    with pytest.raises(DerivationError, match="∂L/∂X follows"):
        Derivation(d(L, X), define={**CHAIN, dX: dY})


def test_a_loss_does_not_depend_on_what_is_made_of_its_gradient():
    for define in [
        {Y[i, j]: h(dY[i, j])},
        {**CHAIN, L: Sum(dZ[i, j] * Z[i, j], *EVERY)},
        {**CHAIN, T[i, j]: X[i, j] - dX[i, j]},  # an unknown loss might depend on T
    ]:
        with pytest.raises(DerivationError, match="is made of ∂L/∂"):
            Derivation(d(L, X), define=define)
    step = {L: Sum(X[i, j] ** 2, *EVERY), Y[i, j]: X[i, j] - dX[i, j]}
    assert accepts(Derivation(Y[i, j], define=step), -X[i, j], L, Y)


# Hypotheses.


@pytest.mark.parametrize(
    "planted", [(), RowSum(T, 2), rows_sum_to_one(X)], ids=["none", "sum 2", "another array"]
)
def test_another_hypothesis_does_not_do(planted):
    line, using = 1 / S * (P - T), planted if isinstance(planted, tuple) else (planted,)
    made = Derivation(dZ, define=LOSS)
    with pytest.raises((WrongStep, UnusedFact)):
        made.line(line, "planted", using=(L, P, *using))
    made.line(line, "right", using=(L, P, rows_sum_to_one(T)))


def test_rows_are_not_columns():
    made = Derivation(Sum(T[i, j], (i, 1, S)))
    with pytest.raises(WrongStep):
        made.line(1, "planted: the sum over the samples", using=rows_sum_to_one(T))


@pytest.mark.parametrize("total", [1, 2])
def test_a_hypothesis_has_numbers_that_fulfil_it(total):
    numbers = RowSum(T, total).example({S: 3, C: 4}, np.random.default_rng(0))
    assert numbers.shape == (3, 4)
    np.testing.assert_allclose(numbers.sum(axis=1), total, rtol=1e-12)
    assert np.ptp(numbers) > 0.1
