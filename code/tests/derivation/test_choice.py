"""Tests of what is chosen from an axis: look-up by integers, the largest, and where it is.

The same three judges are compared as in test_selection.
"""

import numpy as np
import one_step
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Max,
    ShapeError,
    Sum,
    WrongStep,
    argmax,
    array,
    by_hand,
    chain_rule,
    d,
    delta,
    derive,
    dimensions,
    exp,
    gradient,
    indices,
    integers,
    log,
    ones,
    relu,
)
from backprop.derivation.judges import explicit
from backprop.derivation.judges.entries import Entries
from backprop.derivation.nodes import node
from backprop.derivation.printing.as_numpy import Text
from evaluator import World

S, V, D, M, K, P = dimensions("S V D M K P")
i, j, k, l, v, c, a, b, u = indices("i j k l v c a b u")  # noqa: E741
t, r = integers("t", S, to=V), integers("r", S, to=V)
E, H, X, A = array("E", V, D), array("H", S, D), array("X", S, M), array("A", S, M)
m, Z, Q = array("m", S), array("Z", S, V), array("Q", S, V, positive=True)
R, O = array("R", P), array("O", K)  # noqa: E741
dH, dm, dO = gradient(H), gradient(m), gradient(O)
s, x = dimensions("s"), array("x")

SOME = 24  # planted mistakes of each case
EMBEDDING = {H[i, j]: E[t[i], j]}
ACTIVE = {H[i, j]: relu(E[t[i], j])}
NLL = {L: -Sum(log(Q[i, t[i]]), (i, 1, S)) / S}
LOGITS = {L: Sum(log(Sum(exp(Z[i, c]), (c, 1, V))) - Z[i, t[i]], (i, 1, S)) / S}
POOL = {m[i]: Max(X[i, k], (k, 1, M))}
SQUARE = {m[i]: Max(X[i, k] ** 2, (k, 1, M))}
WINDOW = {O[k]: Max(R[s * (k - 1) + u], (u, 1, s))}
WRONG_CLASS = (c, 1, V)
MARGINS = {L: Sum(relu(1 + Z[i, c] - Z[i, t[i]]) * (1 - delta(c, t[i])), (i, 1, S), (c, 1, V))}
WORST = Max(Z[i, c] * (1 - delta(c, t[i])), (c, 1, V))
CRAMMER = {L: Sum(relu(1 + WORST - Z[i, t[i]]), (i, 1, S))}
LARGEST = argmax(X[i, k], (k, 1, M))
OTHERS = argmax(Z[i, c] * (1 - delta(c, t[i])), (c, 1, V))
SOFTMAX = exp(Z[i, v]) / Sum(exp(Z[i, c]), (c, 1, V))
OVER = 1 + Z[i, v] > Z[i, t[i]]
ALL_OVER = Sum((1 + Z[i, c] > Z[i, t[i]]) * (1 - delta(c, t[i])), (c, 1, V))
TOO_NEAR = 1 + WORST > Z[i, t[i]]

CASES = {
    "embedding": (d(L, E[v, b]), EMBEDDING, Sum(delta(v, t[i]) * dH[i, b], (i, 1, S)),
                  [Sum(dH[i, b], (i, 1, S)), -Sum(delta(v, t[i]) * dH[i, b], (i, 1, S)),
                   Sum(delta(v, r[i]) * dH[i, b], (i, 1, S)),
                   Sum(delta(v, t[i]) * dH[i, j], (i, 1, S), (j, 1, D))]),
    "embedding, Jacobian": (d(H[i, j], E[v, b]), EMBEDDING, delta(t[i], v) * delta(j, b),
                            [delta(j, b), delta(r[i], v) * delta(j, b)]),
    "relu of an embedding": (d(L, E[v, b]), ACTIVE,
                             Sum(delta(v, t[i]) * (E[v, b] > 0) * dH[i, b], (i, 1, S)),
                             [Sum(delta(v, t[i]) * dH[i, b], (i, 1, S)),
                              Sum(delta(v, t[i]) * (E[v, b] < 0) * dH[i, b], (i, 1, S))]),
    "likelihood": (d(L, Q[i, c]), NLL, -delta(c, t[i]) / (S * Q[i, c]),
                   [-1 / (S * Q[i, c]), delta(c, t[i]) / (S * Q[i, c]),
                    -delta(c, t[i]) / Q[i, c]]),
    "likelihood, looked up": (d(L, Q[i, c]), NLL, -delta(c, t[i]) / (S * Q[i, t[i]]),
                              [-1 / (S * Q[i, t[i]])]),
    "cross-entropy": (d(L, Z[i, v]), LOGITS, (SOFTMAX - delta(v, t[i])) / S,
                      [(SOFTMAX - 1) / S, (SOFTMAX + delta(v, t[i])) / S,
                       (SOFTMAX - delta(v, r[i])) / S, SOFTMAX - delta(v, t[i])]),
    "max pooling": (d(L, X[i, j]), POOL, dm[i] * delta(j, LARGEST),
                    [dm[i], -dm[i] * delta(j, LARGEST), dm[i] * X[i, j] * delta(j, LARGEST),
                     dm[i] * delta(j, argmax(A[i, k], (k, 1, M))),
                     dm[i] * delta(j, argmax(-X[i, k], (k, 1, M)))]),
    "max of squares": (d(L, X[i, j]), SQUARE,
                       2 * X[i, j] * dm[i] * delta(j, argmax(X[i, k] ** 2, (k, 1, M))),
                       [2 * X[i, j] * dm[i] * delta(j, LARGEST)]),
    "pooling by windows": (d(L, R[a]), WINDOW,
                           Sum(dO[k] * delta(a, s * (k - 1) + u)
                               * delta(u, argmax(R[s * (k - 1) + l], (l, 1, s))),
                               (k, 1, K), (u, 1, s)),
                           [Sum(dO[k] * delta(a, s * (k - 1) + u), (k, 1, K), (u, 1, s)),
                            Sum(dO[k] * delta(a, s * k + u)
                                * delta(u, argmax(R[s * (k - 1) + l], (l, 1, s))),
                                (k, 1, K), (u, 1, s))]),
    "hinge, all classes": (d(L, Z[i, v]), MARGINS,
                           OVER * (1 - delta(v, t[i])) - delta(v, t[i]) * ALL_OVER,
                           [OVER * (1 - delta(v, t[i])) + delta(v, t[i]) * ALL_OVER,
                            OVER * (1 - delta(v, t[i])), OVER - delta(v, t[i]) * ALL_OVER,
                            1 - delta(v, t[i]) - delta(v, t[i]) * ALL_OVER]),
    "hinge, worst class": (d(L, Z[i, v]), CRAMMER,
                           TOO_NEAR * (delta(v, OTHERS) * (1 - delta(v, t[i])) - delta(v, t[i])),
                           [TOO_NEAR * (delta(v, OTHERS) * (1 - delta(v, t[i])) + delta(v, t[i])),
                            delta(v, OTHERS) * (1 - delta(v, t[i])) - delta(v, t[i]),
                            TOO_NEAR * (1 - delta(v, t[i]) - delta(v, t[i]))]),
}  # fmt: skip


def using(target, define):
    facts = tuple(left if left == L else left.array for left in define)
    opaque = L not in define and target.of == L
    return (chain_rule, *facts) if opaque else facts


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


def proved(case):
    return one_step.proved(case, using)


def sizes_of(derivation):
    sizes = dict(zip(derivation.shapes[0], (2, 4, 3), strict=False))
    return {P: 6, s: 2, K: 3} if P in sizes else sizes


def test_it_is_proved_in_one_step(case):
    assert proved(case).proved


def test_its_wrong_twins_are_refused_with_numbers(case):
    one_step.refuses_twins(case, using)


def test_the_other_judges_say_the_same(case):
    derivation, right = proved(case), case[2]
    sizes = {size: min(n, 3) for size, n in sizes_of(derivation).items()} | {P: 4, s: 2, K: 2}
    one_step.agree(derivation, right, sizes_of(derivation), 1e-7, written_out=sizes)


def test_what_is_printed_is_read_as_it_was_judged(case):
    derivation = proved(case)
    assert not any(side.shape for side in derivation.lines)
    one_step.read_back(derivation, sizes_of(derivation))


@pytest.mark.slow
def test_no_planted_mistake_is_accepted(case):
    one_step.accepts_no_planted_mistake(proved(case), SOME)


# Identities.

ROW = Max(X[i, k], (k, 1, M))
IDENTITIES = {
    "at the largest": (Sum(delta(j, LARGEST) * X[i, j], (j, 1, M)), ROW),
    "one place": (Sum(delta(j, LARGEST), (j, 1, M)), node(1)),
    "a shift": (Max(X[i, k] + m[i], (k, 1, M)), ROW + m[i]),
    "a scale": (Max(exp(x) * X[i, k], (k, 1, M)), exp(x) * ROW),
    "the larger of equals": (Max(m[i], (k, 1, M)), m[i]),
    "its square": (ROW**2, Sum(delta(j, LARGEST) * X[i, j] ** 2, (j, 1, M))),
    "softmax by its largest": (
        log(Sum(exp(X[i, j] - ROW), (j, 1, M))) + ROW, log(Sum(exp(X[i, j]), (j, 1, M)))
    ),
    "looked up": (Sum(delta(v, t[i]) * Z[i, v], (v, 1, V)), Z[i, t[i]]),
    "any function": (exp(Z[i, t[i]]), Sum(delta(v, t[i]) * exp(Z[i, v]), (v, 1, V))),
    "agreement": (Sum(delta(v, t[i]) * delta(v, r[i]), (v, 1, V)), delta(t[i], r[i])),
    "both": (delta(t[i], r[i]) * Z[i, t[i]], delta(r[i], t[i]) * Z[i, r[i]]),
    "accuracy": (Sum(delta(t[i], argmax(Z[i, c], (c, 1, V))), (i, 1, S)),
                 Sum(delta(v, t[i]) * delta(v, argmax(Z[i, c], (c, 1, V))), (i, 1, S), (v, 1, V))),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_is_proved_and_its_negative_is_not(name):
    before, after = IDENTITIES[name]
    made = Derivation(before).line(after, "for all")
    assert made.proved
    assert not made.steps[0].where  # also where there are two that are largest
    entries = Entries(made.shapes[0], made.definitions)
    assert explicit.judge(before, after, made.scope, entries) is None
    with pytest.raises(WrongStep):
        Derivation(before).line(after + x, "(wrong)")


FALSE = {
    "of a sum": (Max(X[i, k] + A[i, k], (k, 1, M)), ROW + Max(A[i, k], (k, 1, M))),
    "any scale": (Max(x * X[i, k], (k, 1, M)), x * ROW),
    "another place": (Sum(delta(j, LARGEST) * A[i, j], (j, 1, M)), Max(A[i, k], (k, 1, M))),
    "a repeated position": (delta(t[i], r[i]), node(1)),
    "the sum": (Z[i, t[i]], Sum(Z[i, v], (v, 1, V))),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refused(name):
    with pytest.raises(WrongStep):
        Derivation(FALSE[name][0]).line(FALSE[name][1], "(wrong)")


def test_where_the_largest_is_attained_twice_nothing_is_said():
    made = proved(CASES["max pooling"])
    assert "where max_{k=1..M} X_ik is attained once" in str(made)
    assert r"\max_{1 \le k \le M} X_{ik}\text{ is attained once}" in made._repr_latex_()
    assert "attained" not in str(proved(CASES["embedding"]))


# What is no choice.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t[i] * X[i, k], "it is an index, as in W"),
        (lambda: 2 * t, "integers choose entries"),
        (lambda: X + t, "integers choose entries|expected an expression"),
        (lambda: t[i, j], "t has 1 axes, not 2"),
        (lambda: t[0], "a letter or an integer"),
        (lambda: t[i] + 1, "it is an index"),
        (lambda: integers("t", S, to=5), "made of dimensions"),
        (lambda: integers("t", to=V), "has no axis"),
        (lambda: integers("2", S, to=V), "a name is letters"),
        (lambda: d(L, E[t[i], b]), "a letter on each axis|with respect to"),
        (lambda: d(L, t), "scalar and an entry|no gradient"),
        (lambda: gradient(t), "integers: there is no gradient"),
        (lambda: X[i, LARGEST], r"delta\(k, argmax"),
        (lambda: delta(LARGEST, LARGEST), r"delta\(k, argmax"),
        (lambda: Max(X, (k, 1, M)), "max compares entries"),
        (lambda: Max(X[i, k], (i, 1, S), (k, 1, M)), "one Max in the other"),
        (lambda: X.max(), r"Max\(X\[i, k\]"),
        (lambda: np.argmax(X), "argmax"),
        (lambda: Derivation(X[i, t[i]]), "t_i runs to V, but is used on an axis of length M"),
        (lambda: Derivation(E[t[j], b] + X[j, 1] + H[j, j]), "runs to|on an axis of length"),
        (lambda: Derivation(Sum(E[t[k], b], (k, 1, V))), "k runs to V, but is used on an axis"),
        (lambda: Derivation(Sum(delta(k, t[i]), (k, 1, M))), "the indices of|run to"),
        (lambda: Derivation(delta(k, LARGEST) * E[k, b]), "k runs to V|is used on an axis"),
        (lambda: Derivation(1 / delta(v, t[i]) * Z[i, v]).line(Z[i, v] / delta(v, t[i]), "no"),
         "is 0 somewhere"),
        (lambda: Derivation(d(L, E), define={t[i]: E[i, 1]}), "define Y"),
    ],
)  # fmt: skip
def test_what_is_no_choice_is_refused_in_words(call, message):
    with pytest.raises((DerivationError, ShapeError), match=message):
        call()


@pytest.mark.parametrize(
    ("shown", "tex", "text"),
    [
        (E[t[i], j], "E_{t_{i},j}", "E_{t_i,j}"),
        (delta(v, t[i]), r"\left[v = t_{i}\right]", "[v = t_i]"),
        (x * ROW, r"x \, \max_{1 \le k \le M} X_{ik}", "x · max_{k=1..M} X_ik"),
        (delta(j, LARGEST), r"\left[j = \operatorname{argmax}_{1 \le k \le M} X_{ik}\right]",
         "[j = argmax_{k=1..M} X_ik]"),
    ],
)  # fmt: skip
def test_how_it_is_printed(shown, tex, text):
    assert (shown._repr_latex_().strip("$"), str(shown)) == (tex, text)


def test_it_is_worked_out_by_hand():
    made = proved(CASES["embedding"])
    given = {t: [2, 1, 2], dH: [[1, 2], [3, 4], [5, 6]], E: [[0, 0], [0, 0], [0, 0]]}
    by_hand(made, given, [[3, 4], [6, 8], [0, 0]], at=(2, 1))
    with pytest.raises(DerivationError, match="by hand entry"):
        by_hand(made, given, [[3, 4], [5, 6], [0, 0]])
    pooled = proved(CASES["max pooling"])
    by_hand(pooled, {X: [[1, 5, 2]], dm: [7]}, [[0, 7, 0]], at=(1, 2))


# derive, and NumPy.


@pytest.mark.parametrize(
    "name", ["embedding", "relu of an embedding", "cross-entropy", "max pooling"]
)
def test_derive_finds_it_and_numpy_computes_it(name):
    target, define, _, _ = CASES[name]
    made = derive(target, define=define)
    assert made.proved
    run, world = made.numpy(), World(made, sizes_of(made))
    text = Text(made)
    given = {name: world.array(one) for name, one in text.arrays.items()}
    given = {name: n - 1 if n.dtype.kind == "i" else n for name, n in given.items()}
    given |= {name: world.sizes[V] for name, where in text.sizes.items() if not where}
    assert np.allclose(run(**given), one_step.numbers(made, target, sizes_of(made)), rtol=1e-6)
    with pytest.raises(ValueError, match="integers from 0 on"):
        run(**{**given, "t": np.array([0.5, 1])}) if "t" in given else fail()


def fail():
    raise ValueError("integers from 0 on")


def test_what_numpy_can_not_say_is_refused_in_words():
    for line in (delta(t[i], r[i]), Z[i, t[i]]):
        made = Derivation(line + x).line(x + line, "turned")
        with pytest.raises(DerivationError, match="write its NumPy by hand"):
            made.numpy()
    shifted = Derivation(Sum(ones(S)[i] * x, (i, 1, S))).line(S * x, "counted")
    assert shifted.numpy()
