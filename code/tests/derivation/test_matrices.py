"""Inverses, determinants, traces and hypotheses on matrices: right lines, and their wrong twins.

The end is a fuzz: random lines, rewritten truly and falsely, judged, and measured in numbers.
"""

import importlib.util
from pathlib import Path

import matrix_fuzz
import numpy as np
import pytest
import sympy
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    NotProved,
    ShapeError,
    Sum,
    UncitedFact,
    UnusedFact,
    WrongStep,
    array,
    by_hand,
    chain_rule,
    d,
    delta,
    det,
    dimensions,
    eye,
    gradient,
    indices,
    inner,
    inverse,
    log,
    ones,
    orthogonal,
    outer,
    positive_definite,
    projection,
    rows_sum_to_one,
    sqrt,
    symmetric,
    trace,
)
from backprop.derivation.judges import matrices, normal
from backprop.derivation.judges.entries import Entries, determinant
from backprop.derivation.judges.matrices import CITED
from backprop.derivation.premises.hypotheses import strongest
from book.website import maths
from mathml_reader import shown

N, M, S = dimensions("N M S")
i, j, k, l, a, b = indices("i j k l a b")  # noqa: E741
A, B, P, Q, V = (array(name, N, N) for name in "ABPQV")
F, R = array("F", M, M), array("R", M, M)
T, X, U, D = array("T", N, M), array("X", N, M), array("U", N, M), array("D", M, N)
E, H, W, K = array("E", M, N), array("H", M, N), array("W", N, N), array("K", M, M)
x, y, u, mu = array("x", N), array("y", N), array("u", N), array("mu", N)
z, w, t, one = array("z", M), array("w", M), array("t", N), array("v", M)
lam = array("lambda", positive=True)
Y, Z = array("Y", S, N), array("Z", S, N)
known, ridge = inverse(A), inverse(R)

QUADRATIC = {L: x @ inverse(A) @ y}
DISTANCE = {u: x - mu, L: u @ inverse(V) @ u}
GAUSS = {Z: Y - outer(ones(S), mu), L: S * log(det(V)) / 2 + trace(Z @ inverse(V) @ Z.T) / 2}
RIDGE = {u: X @ w - t, L: u @ u + lam * (w @ w)}
NORMAL = {R: X.T @ X + lam * eye(M), w: inverse(R) @ (X.T @ t)}
HAT = {F: X.T @ X, P: X @ inverse(F) @ X.T}
PUSH = {P: eye(N) + U @ D, K: eye(M) + D @ U}
WOODBURY = {W: A + U @ F @ D, K: inverse(F) + D @ inverse(A) @ U}
SMALLER = inverse(A) - inverse(A) @ U @ inverse(K) @ D @ inverse(A)

# name: (target, definitions, [(line, what it cites), …]).
RIGHT = {
    "trace": (d(L, X), {L: trace(E @ X @ K)}, [(E.T @ K.T, L)]),
    "cyclic": (trace(E @ X @ K), {}, [(trace(X @ K @ E), ()), (trace(K @ E @ X), ())]),
    "inner": (inner(A, B), {}, [(trace(A.T @ B), ()), (trace(B.T @ A), ())]),
    "inner of vectors": (inner(x, y), {}, [(x @ y, ())]),
    "inverse by entries": (
        d(known[i, j], A[a, b]),
        {},
        [
            (
                Sum(known[i, k] * A[k, l] * d(known[l, j], A[a, b]), (k, 1, N), (l, 1, N)),
                known,
            ),
            (
                Sum(known[i, k] * (d((A @ known)[k, j], A[a, b]) - delta(k, a) * known[b, j]),
                    (k, 1, N)),
                (),
            ),
            (-Sum(known[i, k] * delta(k, a) * known[b, j], (k, 1, N)), known),
            (-known[i, a] * known[b, j], ()),
        ],
    ),
    "through an inverse": (
        d(L, A), {B: inverse(A)}, [(-(B.T @ gradient(B) @ B.T), (chain_rule, B, known))]
    ),
    "log det": (d(L, A), {L: log(det(A))}, [(known.T, (L, det(A)))]),
    "log det of a product": (
        d(L, X), {F: X.T @ X, L: log(det(F))},
        [(X @ (inverse(F) + inverse(F).T), (L, F, det(F)))],
    ),
    "quadratic form by x": (d(L, x), {L: x @ known @ x}, [((known + known.T) @ x, L)]),
    "quadratic form by A": (d(L, A), QUADRATIC, [(-(known.T @ outer(x, y) @ known.T), (L, known))]),
    "Mahalanobis": (d(L, mu), DISTANCE, [(-2 * (inverse(V) @ (x - mu)), (L, u, symmetric(V)))]),
    "likelihood by the mean": (
        d(L, mu), GAUSS,
        [(-(inverse(V) @ (ones(S) @ (Y - outer(ones(S), mu)))), (L, Z, positive_definite(V)))],
    ),
    "likelihood by the covariance": (
        d(L, V), GAUSS,
        [
            (S / 2 * inverse(V).T - inverse(V).T @ Z.T @ Z @ inverse(V).T / 2,
             (L, inverse(V), det(V))),
            (S / 2 * inverse(V) - inverse(V) @ Z.T @ Z @ inverse(V) / 2, positive_definite(V)),
        ],
    ),
    "ridge": (d(L, w), RIDGE, [(2 * (X.T @ (X @ w - t)) + 2 * lam * w, (L, u))]),
    "normal equations": (
        (X.T @ X + lam * eye(M)) @ w, NORMAL,
        [(R @ w, R), (R @ ridge @ (X.T @ t), w), (X.T @ t, ridge)],
    ),
    "symmetric by its definition": (
        ridge.T, NORMAL,
        [(ridge.T @ (R @ ridge), ridge), (ridge.T @ R.T @ ridge, R), (ridge, ridge)],
    ),
    "length": (sqrt((Q @ x) @ (Q @ x)), {}, [(sqrt(x @ x), orthogonal(Q))]),
    "length, tall": ((T @ z) @ (T @ z), {}, [(z @ z, orthogonal(T))]),
    "rows of a square one": (Q @ Q.T, {}, [(eye(N), orthogonal(Q))]),
    "inverse of an orthogonal one": (inverse(Q), {}, [(Q.T, orthogonal(Q))]),
    "projection onto columns": (T @ T.T @ T @ T.T, {}, [(T @ T.T, orthogonal(T))]),
    "what is left": ((eye(N) - P) @ (eye(N) - P), {}, [(eye(N) - P, projection(P))]),
    "hat matrix": (
        P @ P, HAT,
        [
            (X @ inverse(F) @ (X.T @ X) @ inverse(F) @ X.T, P),
            (X @ inverse(F) @ F @ inverse(F) @ X.T, F),
            (X @ inverse(F) @ X.T, inverse(F)),
            (P, P),
        ],
    ),
    "push-through": (
        inverse(P) @ U, PUSH,
        [
            (inverse(P) @ U @ K @ inverse(K), inverse(K)),
            (inverse(P) @ P @ U @ inverse(K), (P, K)),
            (U @ inverse(K), inverse(P)),
        ],
    ),
    "Woodbury": (
        W @ SMALLER, WOODBURY,
        [
            ((A + U @ F @ D) @ SMALLER, W),
            (
                eye(N) + U @ F @ D @ known
                - (U + U @ F @ D @ known @ U) @ inverse(K) @ D @ known, known,
            ),
            (
                eye(N) + U @ F @ D @ known
                - U @ F @ (inverse(F) + D @ known @ U) @ inverse(K) @ D @ known, inverse(F),
            ),
            (eye(N) + U @ F @ D @ known - U @ F @ K @ inverse(K) @ D @ known, K),
            (eye(N), inverse(K)),
        ],
    ),
}  # fmt: skip

# (name of a right one, a wrong first line, what it cites).
WRONG = {
    "trace without transposes": (d(L, A), {L: trace(A @ B)}, B, L),
    "trace that is not cyclic": (trace(A @ B @ P), {}, trace(B @ A @ P), ()),
    "inner product without transpose": (inner(A, B), {}, trace(A @ B), ()),
    "inverse without minus": (d(known[i, j], A[a, b]), {}, known[i, a] * known[b, j], known),
    "inverse, indices crossed": (d(known[i, j], A[a, b]), {}, -known[i, b] * known[a, j], known),
    "log det without transpose": (d(L, A), {L: log(det(A))}, known, (L, det(A))),
    "log det without inverse": (d(L, A), {L: log(det(A))}, A.T, (L, det(A))),
    "det without det": (d(L, A), {L: det(A)}, known.T, (L, det(A))),
    "symmetric assumed where not given": (d(L, x), {L: x @ known @ x}, 2 * (known @ x), L),
    "no transposed inverse": (d(L, A), QUADRATIC, -(known @ outer(x, y) @ known), (L, known)),
    "no minus": (d(L, A), QUADRATIC, known.T @ outer(x, y) @ known.T, (L, known)),
    "x and y crossed": (d(L, A), QUADRATIC, -(known.T @ outer(y, x) @ known.T), (L, known)),
    "distance without symmetry": (d(L, mu), DISTANCE, -2 * (inverse(V) @ (x - mu)), (L, u)),
    "distance, sign": (d(L, mu), DISTANCE, 2 * (inverse(V) @ (x - mu)), (L, u, symmetric(V))),
    "covariance without symmetry": (
        d(L, V), GAUSS, S / 2 * inverse(V) - inverse(V) @ Z.T @ Z @ inverse(V) / 2,
        (L, inverse(V), det(V)),
    ),
    "covariance without S": (
        d(L, V), GAUSS, inverse(V) / 2 - inverse(V) @ Z.T @ Z @ inverse(V) / 2,
        (L, inverse(V), det(V), positive_definite(V)),
    ),
    "ridge without lambda": (d(L, w), RIDGE, 2 * (X.T @ (X @ w - t)), (L, u)),
    "length without a hypothesis": ((Q @ x) @ (Q @ x), {}, x @ x, ()),
    "rows of a tall one": (T @ T.T, {}, eye(N), orthogonal(T)),
    "orthogonal taken for symmetric": (Q @ Q, {}, eye(N), orthogonal(Q)),
    "determinant of an orthogonal one": (det(Q) * x, {}, x, orthogonal(Q)),
    "symmetric taken for a projection": (P @ P, {}, P, symmetric(P)),
    "rank of a projection": (trace(P) * x, {}, x, projection(P)),
    "inverse of a product": (
        inverse(P) @ x, {P: A @ B}, inverse(A) @ (inverse(B) @ x), (P, known, inverse(B))
    ),
    "push-through, the wrong side": (inverse(P) @ U, PUSH, 2 * (U @ inverse(K)), ()),
    "Woodbury without minus": (
        inverse(W), {W: A + outer(x, x)}, inverse(A) + outer(inverse(A) @ x, inverse(A) @ x), ()
    ),
}  # fmt: skip


def proved(name):
    target, define, lines = RIGHT[name]
    made = Derivation(target, define=define)
    for line, using in lines:
        made.line(line, "a reason", using=using)
    return made


@pytest.mark.parametrize("name", RIGHT)
def test_right_lines_are_proved(name):
    assert proved(name).proved


@pytest.mark.parametrize("name", WRONG)
def test_wrong_twins_are_refuted_in_numbers(name):
    target, define, line, using = WRONG[name]
    with pytest.raises(WrongStep) as error:
        Derivation(target, define=define).line(line, "planted", using=using)
    left, right = error.value.values
    assert abs(left - right) > 0


# Read back, from LaTeX and from MathML, and measured by central differences.


@pytest.fixture(scope="module")
def witnesses():
    """The reader of test_witnesses, at sizes with more rows than columns."""
    path = Path(__file__).with_name("test_witnesses.py")
    spec = importlib.util.spec_from_file_location("witnesses", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    numbers = {N: 4, M: 3, S: 5}
    module.sizes = lambda made, which=0: {size: numbers[size] for size in made.shapes[0]}
    return module


@pytest.mark.slow
def test_what_is_printed_is_what_was_judged(witnesses):
    with maths.engine() as javascript:
        for name in RIGHT:
            made = proved(name)
            tex = made._repr_latex_()
            witnesses.read(made, tex)
            witnesses.read(made, shown(javascript.call("mathml", tex.strip("$"), True)))


def test_what_is_printed():
    made = proved("likelihood by the covariance")
    assert "where }\\det(V) > 0" in made._repr_latex_()
    assert "assuming }V = V^{\\top}\\text{, positive definite}" in made._repr_latex_()
    assert "with }V V^{-1} = I_{N}" in made._repr_latex_()
    assert "\\frac{\\partial \\det(V)}{\\partial V} = \\det(V) V^{-\\top}" in made._repr_latex_()
    assert "V⁻ᵀ @ Zᵀ @ Z @ V⁻ᵀ" in repr(made)
    assert str(inner(A.T, B)) == "⟨Aᵀ, B⟩"
    assert str(trace(A @ B)) == "tr(A @ B)"
    assert str(inverse(A)[i, j]) == "(A⁻¹)_ij"


def test_the_domain_is_said():
    made = proved("log det")
    assert [(str(one.what), one.sign) for one in made.steps[0].where] == [("det(A)", ">")]
    sure = Derivation(d(L, A), define={L: log(det(A))})
    sure.line(known, "symmetric", using=(L, det(A), positive_definite(A)))
    assert not sure.steps[0].where
    assert [(str(one.what), one.sign) for one in proved("through an inverse").steps[0].where] == [
        ("det(A)", "≠")
    ]


# A fact acts in the line that cites it.


def test_what_is_needed_is_named():
    with pytest.raises(UncitedFact, match=r"definition of A⁻¹.*\n  add it: using=inverse\(A\)"):
        Derivation(A @ known).line(eye(N), "planted")
    with pytest.raises(UncitedFact, match=r"using=\(L, det\(A\)\)"):
        Derivation(d(L, A), define={L: log(det(A))}).line(known.T, "planted", using=L)
    with pytest.raises(UnusedFact, match="holds without A = Aᵀ"):
        Derivation(A @ known).line(eye(N), "planted", using=(known, symmetric(A)))
    with pytest.raises(UnusedFact, match="holds without the definition of B⁻¹"):
        Derivation(A @ known).line(eye(N), "planted", using=(known, inverse(B)))


def test_both_at_once_is_told_to_be_two_lines():
    made = Derivation((X.T @ X + lam * eye(M)) @ w, define=NORMAL)
    with pytest.raises(NotProved, match="take two lines, one for each"):
        made.line(X.T @ t, "planted", using=(R, w, ridge))


def test_nothing_assumed_is_differentiated():
    form = {L: x @ P @ x}
    made = Derivation(d(L, P), define=form)
    made.line(outer(x, x), "each entry on its own", using=L)
    skew = Derivation(d(L, P), define={L: trace(P @ B) - trace(P.T @ B)})
    with pytest.raises(WrongStep):
        skew.line(0 * P, "planted: symmetric, then differentiated", using=(L, symmetric(P)))
    skew.line(B.T - B, "each entry on its own", using=L)


def test_what_two_hypotheses_say_together_has_an_example():
    with pytest.raises(DerivationError, match="no numbers are known here that fulfill both"):
        Derivation(Q @ Q).line(eye(N), "planted", using=(orthogonal(Q), symmetric(Q)))
    made = Derivation(Q @ Q.T).line(eye(N), "orthogonal", using=orthogonal(Q))
    with pytest.raises(DerivationError, match="no numbers are known here"):
        made.line(0 * Q, "planted", using=projection(Q))
    with pytest.raises(DerivationError, match="no numbers are known here"):
        Derivation(x @ P @ x).line(0 * x[1], "planted", using=(rows_sum_to_one(P), symmetric(P)))
    both = Derivation(A @ A, define={}).line(A.T @ A, "symmetric", using=symmetric(A))
    both.line(A.T @ A.T, "and again", using=positive_definite(A))


@pytest.mark.parametrize(
    ("tried", "words"),
    [
        (lambda: inverse(X), "inverse\\(\\) takes a square matrix, got X, N×M"),
        (lambda: inverse(A @ B), "takes a matrix that has a name, got A @ B: name it in define"),
        (lambda: inverse(inverse(A)), "takes a matrix that has a name"),
        (lambda: det(A + B), "write det\\(A\\)"),
        (lambda: trace(X), "trace\\(\\) takes a square matrix"),
        (lambda: inner(A, X), "of one shape"),
        (lambda: inner(lam, lam), "two matrices, or two vectors"),
        (lambda: eye(3), "takes a dimension"),
        (lambda: symmetric(X), "symmetric takes a square matrix"),
        (lambda: orthogonal(x), "orthogonal takes a matrix"),
        (lambda: positive_definite(A @ A), "takes a square matrix, got A @ A"),
        (lambda: orthogonal(array("Q", N, N, positive=True)), "is positive"),
        (lambda: gradient(inverse(A)), "nothing is differentiated with respect to A⁻¹"),
        (lambda: d(x @ y, inverse(A)[i, j]), "nothing is differentiated with respect to A⁻¹"),
        (lambda: Derivation(A, define={inverse(A): B}), "it is known what A⁻¹ is"),
        (lambda: Derivation(A, define={A: inverse(A) @ B}), "goes in a circle"),
        (lambda: A.trace(), "write trace\\(A\\)"),
        (lambda: np.linalg.inv(A), "np.inv does not work on letters.*write inverse"),
        (lambda: Derivation(B @ B, define={B: A @ A}).line(eye(N), "s", using=symmetric(B)),
         "B is defined, so nothing is to be assumed of it"),
        (lambda: Derivation(Q @ Q.T).line(2 * eye(N), "s", using=orthogonal(Q), how="entries"),
         "has examples only"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(tried, words):
    with pytest.raises((DerivationError, ShapeError), match=words):
        tried()


# The judges know the same by two ways.

HYPOTHESES = symmetric(A), positive_definite(A), orthogonal(Q), orthogonal(T), projection(P)


@pytest.mark.parametrize("one", HYPOTHESES, ids=lambda one: f"{one.left} = {one.right}{one.more}")
@pytest.mark.parametrize("variant", range(3))
def test_every_hypothesis_has_numbers_that_fulfil_it(one, variant):
    sizes = {N: 3, M: 2}
    example = one.example(sizes, np.random.default_rng(variant))
    assert np.max(np.abs(np.array(one.residuals(example), float))) < 1e-12
    entries = Entries(sizes, Derivation(A).definitions)
    assumed = one.witness(sizes, lambda *at: entries.symbol(one.array, at), variant)
    made = np.empty([sizes[size] for size in one.array.shape], dtype=object)
    for place in np.ndindex(*made.shape):
        symbol = entries.symbol(one.array, tuple(n + 1 for n in place))
        made[place] = assumed.get(symbol, symbol)
    assert (
        one.holds(made, lambda number: number == 0)
        if one.numeric
        else not any(np.ravel(one.residuals(made)))
    )
    assert one.numeric == all(value.is_Rational for value in assumed.values())


def test_there_are_both_kinds_of_orthogonal_matrices_and_projections_of_every_rank():
    entries = Entries({N: 3}, Derivation(A).definitions)
    kinds = [orthogonal(Q).witness({N: 3}, lambda *at: at, n) for n in range(3)]
    signs = {determinant(sympy_matrix(one)) for one in kinds}
    assert signs == {1, -1}
    ranks = [projection(P).witness({N: 3}, lambda *at: at, n) for n in range(3)]
    assert [sympy_matrix(one).trace() for one in ranks] == [1, 2, 3]
    assert entries.sizes == {N: 3}


def sympy_matrix(entries):
    return sympy.Matrix(3, 3, lambda i, j: entries[i + 1, j + 1])


def test_more_columns_than_rows_are_not_at_right_angles():
    with pytest.raises(DerivationError, match="2 rows and 3 columns here"):
        orthogonal(T).example({N: 2, M: 3}, np.random.default_rng(0))


def test_the_strongest_of_the_hypotheses_on_one_array_gives_the_numbers():
    both = symmetric(A), positive_definite(A)
    assert strongest(both) == strongest(both[::-1]) == [positive_definite(A)]


def test_cramers_rule_is_the_inverse():
    entries = Entries({N: 3}, Derivation(A).definitions)
    matrix = sympy.Matrix(3, 3, lambda i, j: entries.symbol(A, (i + 1, j + 1)))
    cramer = sympy.Matrix(3, 3, lambda i, j: entries.by_entries(known, (i + 1, j + 1)))
    assert sympy.simplify(matrix * cramer) == sympy.eye(3)


RULES = {  # rule: a name in RIGHT that can't be proved without it
    "inverse": "normal equations",
    "slope_of_inverse": "quadratic form by A",
    "slope_of_det": "log det",
    "symmetric": "Mahalanobis",
    "orthogonal": "length, tall",
    "inverse_of_orthogonal": "inverse of an orthogonal one",
    "projection": "what is left",
}


def test_every_rule_is_tried():
    assert {rule.__name__ for rule in CITED} == {*RULES}


@pytest.mark.parametrize(("rule", "name"), RULES.items())
def test_no_rule_can_be_spared(rule, name, monkeypatch):
    proved(name)
    idle = (lambda expression, _: expression) if "symmetric" in rule else lambda *_: None
    if rule == "inverse_of_orthogonal":
        idle = lambda expression, _: expression  # noqa: E731
    if rule.startswith("slope"):
        idle = lambda entry, array, *_: 0  # noqa: E731
    monkeypatch.setattr(matrices, rule, idle)
    with pytest.raises(DerivationError):
        proved(name)


def test_a_slip_in_a_rule_is_seen_by_the_other_judge(monkeypatch):
    """An inverse without its minus: proved by the one judge, and refuted by the other."""
    monkeypatch.setattr(
        matrices, "slope_of_inverse", lambda entry, array, k, m: (
            entry(array, (k[0], m[0])) * entry(array, (m[1], k[1]))
        )
    )  # fmt: skip
    target, define, line, using = WRONG["no minus"]
    made = Derivation(target, define=define)
    facts = made._facts(using)
    assert made._proved(line, facts)[0]
    with pytest.raises(WrongStep):
        made._search(line, "planted", facts, "proof")


def test_symmetry_is_only_that_of_its_array():
    made = Derivation(x @ A @ y + x @ B @ y)
    with pytest.raises(WrongStep):
        made.line(y @ A @ x + y @ B @ x, "planted", using=symmetric(A))
    made.line(y @ A @ x + x @ B @ y, "A = Aᵀ", using=symmetric(A))


def test_a_rule_for_sums_leaves_an_index_that_is_elsewhere_too():
    total = Sum(A[i, k] * known[k, j] * x[k], (k, 1, N))
    with pytest.raises(WrongStep):
        Derivation(total).line(delta(i, j) * x[i], "planted", using=known)
    assert normal.WORDS == proved("cyclic").steps[0].checked


# In numbers: as NumPy, and by hand.


def test_the_last_line_runs_as_numpy():
    rng = np.random.default_rng(0)
    made = proved("likelihood by the covariance").numpy()
    assert "np.linalg.inv(V)" in made.source
    numbers = rng.normal(size=(3, 3))
    values, covariance = rng.normal(size=(4, 3)), numbers @ numbers.T + np.eye(3)
    inverted = np.linalg.inv(covariance)
    expected = 2 * inverted - inverted @ values.T @ values @ inverted / 2
    np.testing.assert_allclose(made(covariance, values), expected)
    more = Derivation(trace(A @ B) + inner(A, B) + det(A) + trace(eye(N)))
    more.line(det(A) + trace(eye(N)) + trace(B @ A) + inner(B, A), "turned")
    one, other = rng.normal(size=(2, 3, 3))
    found = more.numpy()(one, other)
    assert np.isclose(found, np.trace(one @ other) + np.sum(one * other) + np.linalg.det(one) + 3)


def test_by_hand_with_integers():
    form = Derivation(d(L, A), define=QUADRATIC)
    form.line(-(known.T @ outer(x, y) @ known.T), "differentiated", using=(L, known))
    given = {A: [[2, 1], [1, 1]], x: [1, 0], y: [0, 1]}
    by_hand(form, given, [[1, -2], [-1, 2]])
    with pytest.raises(DerivationError, match="by hand"):
        by_hand(form, given, [[1, -1], [-2, 2]])
    sure = Derivation(d(L, x), define={L: x @ known @ x})
    sure.line(2 * (known @ x), "symmetric", using=(L, positive_definite(A)))
    by_hand(sure, {A: [[2, 1], [1, 1]], x: [1, 0]}, [2, -2])
    for numbers in [[2, 1], [0, 1]], [[1, 2], [2, 1]]:
        with pytest.raises(DerivationError, match="A does not fulfill A = Aᵀ, positive definite"):
            by_hand(sure, {A: numbers, x: [1, 0]}, [2, -2])


# The fuzz.


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_false_is_proved_and_nothing_true_refuted(seed):
    counted, shown = matrix_fuzz.tried(seed, 120)
    assert (False, "proved") not in counted, shown[False, "proved"]
    assert (True, "refuted") not in counted, shown[True, "refuted"]
    assert counted[True, "proved"] > 40
    assert counted[False, "refuted"] > 20


@pytest.mark.slow
def test_a_wrong_rule_is_caught_by_the_fuzz(monkeypatch):
    """Q Qᵀ = I for a tall Q as well."""
    monkeypatch.setattr(matrices, "orthogonal", tall_too)
    counted, _ = matrix_fuzz.tried(11, 120)
    assert counted[False, "proved"]


def tall_too(array, index, pair):
    if {*map(matrices.name, pair)} == {array.name}:
        left, right = (matrices.rest(one, index) for one in pair)
        if left and right and left[0] == right[0]:
            return sympy.KroneckerDelta(left[1], right[1])
    return None
