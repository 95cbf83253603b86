"""Tests of what has kinks: relu, |x|, sign, max and min, hinge, and [x > 0], of which all are made.

Three judges are compared: the prover, the one that writes every entry out, and `World`, which
computes in NumPy and differentiates by central differences.
"""

import numpy as np
import one_step
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    NotProved,
    Sum,
    WrongStep,
    array,
    by_hand,
    chain_rule,
    d,
    derive,
    dimensions,
    exp,
    function,
    gradient,
    indicator,
    indices,
    log,
    maximum,
    minimum,
    ones,
    outer,
    relu,
    sign,
    sqrt,
)
from backprop.derivation.judges import explicit, rules
from backprop.derivation.judges.entries import Entries
from backprop.derivation.language.arrays import Entry
from evaluator import World

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
x, y, z = array("x"), array("y"), array("z")
p, q, beta = array("p", positive=True), array("q"), array("beta", positive=True)
X, W, bias = array("X", S, M), array("W", N, M), array("b", N)
A, B, Y, H = array("A", S, M), array("B", S, M), array("Y", S, M), array("H", S, N)
t, w, u, Q = array("t", S), array("w", M), array("u", M), array("Q", M, M)
s, lam, J = array("s"), array("lambda"), array("J")
dY, dH, h = gradient(Y), gradient(H), function("h")

SOME = 24  # planted mistakes of each case
RELU = {Y: relu(X)}
LEAKY = {Y: relu(X) - s * relu(-X)}
LAYER = {H: relu(X @ W.T + outer(ones(S), bias))}
OPEN = (X @ W.T + outer(ones(S), bias)) > 0
TWO = {H: relu(X @ W.T), L: Sum(abs(H[i, j]), (i, 1, S), (j, 1, N))}
MARGIN = 1 - t[i] * Sum(X[i, k] * w[k], (k, 1, M))
HINGE = {L: Sum(relu(MARGIN), (i, 1, S)) / S}
LASSO = {u: X.T @ t, J: L + lam * Sum(abs(w[k]), (k, 1, M)), Y: X * outer(ones(S), w)}
SMALL = minimum(abs(x), beta)
HUBER = {q: SMALL**2 / 2 + beta * (abs(x) - SMALL)}
CLIPPED = {Y: minimum(relu(X), ones(S, M))}
CLIP = maximum(minimum(x, beta), -beta)
STABLE = {q: relu(x) - x * y + log(1 + exp(-abs(x)))}
EXTREME = {Y: maximum(A, B)}
PAIRS = {L: Sum(abs(w[i] - w[j]), (i, 1, M), (j, 1, M))}
BIGGEST = {q: maximum(maximum(x, y), z)}

# (target, definitions, right line, wrong twins): what the lines cite is all that is defined.
CASES = {
    "relu": (d(L, X), RELU, dY * (X > 0), [dY * (X < 0), dY, dY * X, dY * (A > 0), -dY * (X > 0)]),
    "relu, by its output": (d(L, X), RELU, dY * (Y > 0), [dY * (dY > 0)]),
    "leaky relu": (d(L, X), LEAKY, dY * ((X > 0) + s * (X < 0)),
                   [dY * ((X > 0) - s * (X < 0)), dY * (s * (X > 0) + (X < 0)), dY * (X > 0)]),
    "a layer, W": (d(L, W), LAYER, (dH * OPEN).T @ X, [dH.T @ X, (dH * (dH > 0)).T @ X]),
    "a layer, W, by its output": (d(L, W), LAYER, (dH * (H > 0)).T @ X, [(dH * (H < 0)).T @ X]),
    "a layer, b": (d(L, bias), LAYER, ones(S) @ (dH * (H > 0)), [ones(S) @ dH]),
    "a layer, X": (d(L, X), LAYER, (dH * (H > 0)) @ W, [dH @ W, -(dH * (H > 0)) @ W]),
    "L1 of a layer": (d(L, W), TWO, (H > 0).T @ X, [(H > 0).T @ X * 2, -(H > 0).T @ X]),
    "hinge": (d(L, w[a]), HINGE, -Sum((MARGIN > 0) * t[i] * X[i, a], (i, 1, S)) / S,
              [Sum((MARGIN > 0) * t[i] * X[i, a], (i, 1, S)) / S,
               -Sum(t[i] * X[i, a], (i, 1, S)) / S,
               -Sum((MARGIN < 0) * t[i] * X[i, a], (i, 1, S)) / S,
               -Sum((t[i] > 0) * t[i] * X[i, a], (i, 1, S)) / S]),
    "L1 penalty": (d(J, w), LASSO, gradient(w) + lam * sign(w),
                   [gradient(w) - lam * sign(w), gradient(w) + lam * w,
                    gradient(w) + lam * (w > 0)]),
    "Huber by a clip": (d(q, x), HUBER, CLIP, [minimum(x, beta), SMALL]),
    "Huber by cases": (d(q, x), HUBER, (abs(x) < beta) * x + (abs(x) > beta) * beta * sign(x),
                       [(abs(x) < beta) * x + (abs(x) > beta) * beta, x]),
    "clipped relu": (d(L, X), CLIPPED, dY * (X > 0) * (X < ones(S, M)),
                     [dY * (X > 0), dY * (X < ones(S, M)), dY * (X > 0) * (X > ones(S, M))]),
    "clipped relu, by a difference": (d(L, X), CLIPPED, dY * ((X > 0) - (X > ones(S, M))),
                                      [dY * ((X > 0) + (X > ones(S, M)))]),
    "cross-entropy that does not overflow": (d(q, x), STABLE, 1 / (1 + exp(-x)) - y,
                                             [1 / (1 + exp(x)) - y, 1 / (1 + exp(-abs(x))) - y]),
    "the larger of two, A": (d(L, A), EXTREME, dY * (A > B), [dY * (A < B), dY * (A > 0)]),
    "the larger of two, B": (d(L, B), EXTREME, dY * (A < B), [dY * (A > B)]),
    "all pairs": (d(L, w[k]), PAIRS, 2 * Sum(sign(w[k] - w[j]), (j, 1, M)),
                  [Sum(sign(w[k] - w[j]), (j, 1, M)), 2 * Sum(sign(w[j] - w[k]), (j, 1, M))]),
    "the largest of three": (d(q, y), BIGGEST, (y > x) * (y > z), [(y > x), (x > y) * (y > z)]),
}  # fmt: skip


def using(target, define):
    facts = tuple(left.array if isinstance(left, Entry) else left for left in define)
    facts = tuple(Entry(one, ()) if not one.shape else one for one in facts)
    if J in define:
        return (J,)
    return facts if L in define or q in define else (chain_rule, *facts)


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def proved(case):
    return one_step.proved(case, using)


def sizes_of(derivation):
    return dict(zip(derivation.shapes[0], (2, 4, 3), strict=False))


def test_it_is_proved_in_one_step(case):
    assert proved(case).proved


def test_its_wrong_twins_are_refused_with_numbers(case):
    one_step.refuses_twins(case, using)


def test_the_other_judges_say_the_same(case):
    derivation, right = proved(case), case[2]
    one_step.agree(derivation, right, sizes_of(derivation), 1e-7)


def test_what_is_printed_is_read_as_it_was_judged(case):
    derivation = proved(case)
    one_step.read_back(derivation, sizes_of(derivation))


@pytest.mark.slow
def test_no_planted_mistake_is_accepted(case):
    one_step.accepts_no_planted_mistake(proved(case), SOME)


# Identities.

IDENTITIES = {
    "relu": (relu(x), x * (x > 0)),
    "both parts": (relu(x) - relu(-x), x),
    "abs": (abs(x), relu(x) + relu(-x)),
    "sign": (x * sign(x), abs(x)),
    "abs squared": (abs(x) ** 2, x**2),
    "abs below": (x / abs(x), sign(x)),
    "larger of both signs": (maximum(x, -x), abs(x)),
    "larger by relu": (maximum(x, y), y + relu(x - y)),
    "either order": (maximum(x, y), maximum(y, x)),
    "any order": (maximum(maximum(x, y), z), maximum(x, maximum(y, z))),
    "sum": (maximum(x, y) + minimum(x, y), x + y),
    "product": (maximum(x, y) * minimum(x, y), x * y),
    "smaller": (minimum(x, y), -maximum(-x, -y)),
    "a positive factor": (relu(p * x), p * relu(x)),
    "twice": (relu(relu(x)), relu(x)),
    "a clip": (CLIP, sign(x) * SMALL),
    "between": ((x > 0) * (x < 1), (x > 0) - (x > 1)),
    "none between": ((x > 1) * (x < 0), 0 * x),
    "softplus": (relu(x) + log(1 + exp(-abs(x))), log(1 + exp(x))),
    "root": (sqrt(relu(x)) ** 2, relu(x)),
    "h": (h(relu(x)), (x > 0) * h(x) + (x < 0) * h(0 * x)),
    "transitive": ((x > y) * (y > z) * (x > z), (x > y) * (y > z)),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_is_proved_and_its_negative_is_not(name):
    before, after = IDENTITIES[name]
    assert Derivation(before).line(after, "for all x").proved
    entries = Entries({}, Derivation(before).definitions)
    assert explicit.judge(before, after, {}, entries) is None
    with pytest.raises(WrongStep):
        Derivation(before).line(after + x, "(wrong)")


FALSE = {
    "linear": (relu(x + y), relu(x) + relu(y)),
    "a negative factor": (relu(-x), -relu(x)),
    "odd": (abs(-x), -abs(x)),
    "any factor": (relu(x * y), x * relu(y)),
    "the smaller": (maximum(x, y), minimum(x, y)),
    "not transitive": ((x > y) * (z > y), x > z),
    "always": (x > 0, 1 + 0 * x),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refused(name):
    with pytest.raises(WrongStep):
        Derivation(FALSE[name][0]).line(FALSE[name][1], "(wrong)")


# What is said of the kinks.


def said(derivation):
    return [str(one.what) + " ≠ " + str(one.than) for one in derivation.steps[-1].where]


def test_a_line_does_not_hold_at_the_kinks_and_says_so_once():
    made = Derivation(d(L, X[a, b]), define=RELU)
    made.line(Sum(dY[i, j] * d(Y[i, j], X[a, b]), (i, 1, S), (j, 1, M)), "chain", chain_rule)
    assert said(made) == []
    made.line(dY[a, b] * (X[a, b] > 0), "its derivative", Y)
    assert said(made) == ["X ≠ 0"]
    made.line(dY * (X > 0), "for every entry at once")
    assert said(made) == []
    assert r"\text{where }X \neq 0" in made._repr_latex_()


def test_what_holds_at_the_kink_too_says_nothing():
    assert said(Derivation((x > 0) * (x > 0)).line(x > 0, "once")) == []
    assert said(Derivation((x > 0) + (x < 0)).line(1, "one of both")) == ["x ≠ 0"]
    assert said(Derivation(d(indicator(x), x)).line(0, "flat")) == ["x ≠ 0"]
    assert said(Derivation(d(maximum(x, y), x)).line(x > y, "a step")) == ["x ≠ y"]


def test_a_cited_result_brings_its_kinks():
    first = Derivation(d(Y[i, j], X[a, b]), define=RELU)
    first.line((X[a, b] > 0) * d(X[i, j], X[a, b]), "a step", Y)
    made = Derivation(d(L, X[a, b]), define=RELU)
    made.line(dY[a, b] * (X[a, b] > 0), "by the Jacobian", (chain_rule, first))
    assert said(made) == ["X ≠ 0"]


def test_where_two_indices_are_equal_both_are_equal():
    """Of w_i and w_j none is the larger if i = j, so that M² pairs can't be counted."""
    pairs = Sum((w[i] > w[j]) + (w[j] > w[i]), (i, 1, M), (j, 1, M))
    with pytest.raises(WrongStep):
        Derivation(pairs).line(M * M, "(wrong) one of both")
    Derivation(pairs).line(2 * Sum(w[i] > w[j], (i, 1, M), (j, 1, M)), "the same letters")
    with pytest.raises(WrongStep):
        Derivation((w[1] > w[i]) + (w[i] > w[1])).line(1, "(wrong) where i = 1")
    Derivation((w[1] > 2 * w[i]) + (2 * w[i] > w[1])).line(1, "one of both")


def test_a_kink_by_definition_is_refused():
    signs = Sum((Q[i, j] > 0) + (Q[i, j] < 0), (i, 1, M), (j, 1, M))
    for one in (w[i] - w[j], 0 * w[i] * w[j], w[1] - w[j] + 0 * w[i]):
        made = Derivation(signs, define={Q[i, j]: one})
        with pytest.raises(DerivationError, match="is equal to 0 by the definitions"):
            made.line(M * M, "(wrong) one of both")


def test_numbers_at_a_kink_refute_nothing():
    one = Entries({}, Derivation(x).definitions)
    point = explicit.Point(one, {}, [1])
    at = point.of(one.value(x, {}))
    assert point.values(*(one.value(side, {}) for side in (relu(x - y), y))) is not None
    assert point.values(one.value(indicator(x - at), {}), one.value(y, {})) is None


def test_nothing_is_divided_by_an_indicator():
    with pytest.raises(DerivationError, match="is 0 somewhere"):
        Derivation(x).line(x * (x > 0) / (x > 0), "(wrong)")
    Derivation(relu(x) / relu(x) * y).line(y, "where relu(x) is not 0")


def test_a_case_in_which_a_line_divides_by_0_is_none():
    """Where [x > 0] − [x > 1] ≠ 0, it is 1, and so is 1 over it."""
    between = (x > 0) - (x > 1)
    made = Derivation(y * between).line(y / between, "it is 1")
    assert "where [x > 0] − [x > 1] ≠ 0" in str(made)
    assert explicit.judge(*made.lines, {}, Entries({}, made.definitions)) is None
    with pytest.raises(WrongStep):
        Derivation(y * between).line(2 * y / between, "(wrong)")
    signs = Sum(sign(w[k] - w[j]), (j, 1, M))
    with pytest.raises(DerivationError, match="divides by 0"):
        Derivation(signs).line(Sum(1 / sign(w[k] - w[j]), (j, 1, M)), "(wrong) where j = k")


def test_a_line_with_very_many_cases_is_not_proved_and_says_so():
    letters = [array(f"x{n}") for n in range(1, 10)]
    before = maximum(letters[0], letters[1])
    for one in letters[2:]:
        before = maximum(before, one)
    after = maximum(letters[-1], letters[-2])
    for one in letters[-3::-1]:
        after = maximum(after, one)
    with pytest.raises(NotProved):
        Derivation(before).line(after, "in the other order")


# As it is shown.


@pytest.mark.parametrize(
    ("node", "tex", "text"),
    [
        (X > 0, r"\left[X > 0\right]", "[X > 0]"),
        (X < 0, r"\left[X < 0\right]", "[X < 0]"),
        (0 < X, r"\left[X > 0\right]", "[X > 0]"),
        (A > B, r"\left[A > B\right]", "[A > B]"),
        (x + 1 > y, r"\left[x + 1 > y\right]", "[x + 1 > y]"),
        (lam * abs(x), r"\lambda \, \left\lvert x \right\rvert", "lambda · |x|"),
        (maximum(X, 0), r"\max(X, 0)", "max(X, 0)"),
        (minimum(x, y) * z, r"\min(x, y) \, z", "min(x, y) · z"),
        (relu(X[i, j]), r"\operatorname{relu}(X_{ij})", "relu(X_ij)"),
        (
            (ones(S) @ X) > w,
            r"\left[(\mathbf{1}_S^{\top} X)^{\top} > w\right]",
            "[(1_Sᵀ @ X)ᵀ > w]",
        ),
    ],
)
def test_how_it_is_printed(node, tex, text):
    assert (node._repr_latex_().strip("$"), str(node)) == (tex, text)


def test_it_is_worked_out_by_hand():
    made = proved(CASES["relu"])
    given = {X: [[2, -1], [-3, 5]], dY: [[4, 5], [-2, -3]]}
    assert r"\left[" in by_hand(made, given, [[4, 0], [0, -3]])._repr_latex_()
    with pytest.raises(DerivationError, match="by hand entry"):
        by_hand(made, given, [[4, 5], [0, -3]])
    larger = Derivation(maximum(A, B)).line(B + relu(A - B), "by relu")
    by_hand(larger, {A: [[2, -1]], B: [[1, 5]]}, [[2, 5]])


# derive, and NumPy.

FOUND = {
    "relu": (d(L, X), RELU, dY * (X > 0)),
    "abs": (d(L, X), {Y: abs(X)}, dY * sign(X)),
    "larger": (d(L, X), {Y: maximum(X, B)}, dY * (X > B)),
    "layer": (d(L, W), LAYER, (dH * OPEN).T @ X),
    "hinge": (d(L, w), HINGE, None),
    "leaky": (d(L, X), LEAKY, None),
    "clipped": (d(L, X), CLIPPED, None),
}


@pytest.mark.parametrize("name", FOUND)
def test_derive_finds_it_and_numpy_computes_it(name):
    target, define, same = FOUND[name]
    made = derive(target, define=define)
    assert made.proved
    assert made.last.shape == target.shape
    if same is not None and str(made.last) != str(same):
        made.line(same, "the same")
    run, world = made.numpy(), World(made, sizes_of(made))
    names = {one: name for name, one in named_arrays(made).items()}
    given = {names[one]: world.array(one) for one in names}
    assert np.allclose(run(**given), one_step.numbers(made, target, sizes_of(made)), rtol=1e-6)


def named_arrays(made):
    from backprop.derivation.printing.as_numpy import Text

    return Text(made).arrays


def test_a_wrong_rule_is_caught(monkeypatch):
    """A prover for which [−x > 0] is [x > 0] proves false twins."""
    wrong = lambda inside: rules.Polynomial.of(  # noqa: E731
        rules.Indicator(max(inside, inside.scaled(-1), key=lambda one: one.write({})))
    )
    for module in (rules, __import__("backprop.derivation.judges.normal", fromlist=["x"])):
        monkeypatch.setattr(module, "indicator", wrong)
    made = Derivation(x > 0).line(x < 0, "(wrong)")
    entries = Entries({}, made.definitions)
    assert explicit.judge(*made.lines, {}, entries).values
