"""Mistakes planted in the derivations: none is accepted, and each is refused for a reason.

Here are all mistakes in the derivations of CORE and a sample of those in the others;
`make mutants` plants all of them. Mistakes planted in the printer are in test_witnesses.py.
"""

import json
import random
from collections import Counter

import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Sum,
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
    ones,
    outer,
    rows_sum_to_one,
)
from backprop.derivation.judges import normal
from backprop.derivation.premises.definitions import Definitions
from book.audit import mutants
from book.audit.mutants import (
    COLUMNS,
    CRASHED,
    EQUAL,
    FAULTS,
    FILE,
    ILL_FORMED,
    KINDS,
    PLANTED,
    REFUSED,
    TRUE,
    UNSOUND,
    VACUOUS,
    WRONG,
    Around,
    derivations,
    different,
    fingerprint,
    in_definitions,
    in_hypotheses,
    in_lines,
    in_losses,
    merged,
    rate,
    table,
)
from book.chapters.chapter import Chapter

# The book.

BOOK = derivations()
CORE = [which for which in BOOK if which[0] == "linear"]
CORE += [("losses", "dL_dY"), ("losses", "dL_dZ")]


def ends(mistakes):
    """{outcome: [what was planted]}"""
    found = {}
    for one in mistakes:
        found.setdefault(one.outcome(), []).append(f"{one.kind}, {one.where}: {one.planted}")
    return found


def faults(mistakes):
    return {end: planted for end, planted in ends(mistakes).items() if end in FAULTS}


@pytest.mark.slow
@pytest.mark.parametrize("which", CORE, ids=": ".join)
@pytest.mark.parametrize("place", PLANTED)
def test_no_mistake_is_accepted(which, place):
    chapter, name = which
    assert faults(PLANTED[place](Chapter.read(chapter).derivations[name])) == {}


@pytest.mark.slow
@pytest.mark.parametrize("which", sorted({*BOOK} - {*CORE}), ids=": ".join)
def test_no_mistake_of_a_sample_is_accepted(which):
    chapter, name = which
    rng = random.Random(f"{chapter}: {name}")
    for place, number in [(in_lines, 4), (in_definitions, 1), (in_hypotheses, 2)]:
        mistakes = list(place(Chapter.read(chapter).derivations[name]))
        assert faults(rng.sample(mistakes, min(number, len(mistakes)))) == {}


def test_no_loss_is_taken_for_a_constant(monkeypatch):
    weights = Chapter.read("linear").derivations["weights"]
    mistakes = [*in_losses(weights)]
    assert len(mistakes) == 6
    assert {*ends(mistakes)} == {WRONG}
    monkeypatch.setattr(Definitions, "is_open", lambda self, array: False)  # losses as letters
    with pytest.raises(DerivationError):
        [*in_losses(weights)]


def test_a_run_of_one_place_keeps_the_other_counts():
    before = {
        "fingerprint": 1,
        "counts": {"lines": {}, "losses": {}},
        "faults": [],
        "survivors": [1],
    }
    now = before | {"counts": {"lines": {}, "losses": {"a factor": 2}}, "survivors": []}
    kept = merged(before, now, ["losses"])
    assert kept["counts"] == {"lines": {}, "losses": {"a factor": 2}}
    assert kept["survivors"] == [1]
    with pytest.raises(SystemExit, match="plant all mistakes again"):
        merged(before, now | {"fingerprint": 2}, ["losses"])


def test_the_counts_on_the_page_belong_to_these_chapters():
    kept = json.loads(FILE.read_text("utf-8"))
    assert kept["fingerprint"] == fingerprint(), "the derivations have changed: run `make mutants`"
    assert kept["derivations"] == len(BOOK)
    assert kept["faults"] == []


def test_a_run_of_one_chapter_writes_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(mutants, "FILE", tmp_path / "kept.json")
    monkeypatch.setattr(mutants, "planted", lambda tasks: [(*tasks[0], "a sign", "", "", WRONG)])
    assert not mutants.main(["linear", "lines"])
    assert "In lines: 1 of 1 wrong ones are refused." in capsys.readouterr().out
    assert not mutants.FILE.exists()
    with pytest.raises(SystemExit, match="no chapter and no place: nowhere"):
        mutants.main(["nowhere"])


def test_a_derivation_that_moves_to_another_chapter_leaves_the_counts(monkeypatch):
    before, places = fingerprint(), derivations()
    monkeypatch.setattr(mutants, "derivations", lambda: places[::-1])
    assert fingerprint() == before
    monkeypatch.setattr(mutants, "derivations", lambda: places[1:])
    assert fingerprint() != before


def test_many_mistakes_of_every_kind_are_planted_in_lines():
    counts = json.loads(FILE.read_text("utf-8"))["counts"]["lines"]
    assert {kind: sum(ends.values()) > 20 for kind, ends in counts.items()} == dict.fromkeys(
        KINDS, True
    )


# What is planted.

S, M, N, C = dimensions("S M N C")
i, j, k, a, b = indices("i j k a b")
X, W, bias = array("X", S, M), array("W", N, M), array("b", N)
Y, V, T = array("Y", S, N), array("V", S, N), array("T", S, C)
dY, h = gradient(Y), function("h")
EVERY = (i, 1, S), (j, 1, N)
FEW = Around((a, b), [bias, V, X, Y], [S, M, N])


@pytest.mark.parametrize(
    ("kind", "line", "expected"),
    [
        ("a sign", bias[a] - 2, ["b_a + 2", "b_a − (−2)", "−(b_a − 2)"]),
        ("a term", bias[a] - bias[b], ["b_a", "−b_b"]),
        ("a term", bias[a] + bias[b], ["b_a", "b_b"]),
        ("a factor", X @ W.T, ["X", "Wᵀ"]),
        ("a factor", bias[a] / bias[b], ["b_a", "1/b_b"]),
        ("1/S", bias[a] / S, ["b_a", "b_a · S", "b_a/S/S"]),
        ("a number or size", 2 / S * bias[a], ["3/S · b_a", "2/M · b_a", "2/N · b_a"]),
        ("a Σ", Sum(X[i, b], (i, 1, S)), ["X_ib", "X_1b", "Σ_{i=1..S} Σ_{n=1..S} X_ib"]),
        ("the range of a Σ", Sum(bias[i], (i, 1, N)), ["Σ_{i=1..S} b_i", "Σ_{i=1..M} b_i"]),
        ("the range of a Σ", ones(N), ["1_S", "1_M"]),
        ("a δ or diag", delta(a, b) * bias[a], ["1 · b_a"]),
        ("a δ or diag", diag(bias), ["b", "b @ 1_Nᵀ"]),
        ("an index", X[a, b], ["X_bb", "X_aa"]),
        ("an index", Sum(bias[i], (i, 1, N)), ["Σ_{i=1..N} b_a", "Σ_{i=1..N} b_b"]),
        ("an index", delta(a, b), ["δ_bb", "δ_aa"]),
        ("a transpose", X.T, ["X"]),
        ("a transpose", W @ X.T, ["(W @ Xᵀ)ᵀ"]),
        ("⊙, ⊘ or @", Y * V, ["Y ⊘ V"]),
        ("⊙, ⊘ or @", Y / V, ["Y ⊙ V"]),
        ("⊙, ⊘ or @", outer(bias, bias), ["b ⊙ b"]),
        ("operands swapped", X @ X.T, ["Xᵀ @ X"]),
        ("operands swapped", bias[a] - bias[b], ["b_b − b_a"]),
        ("operands swapped", bias[a] / bias[b], ["b_b/b_a"]),
        ("an exponent", bias[a] ** 2, ["b_a^3", "b_a^1"]),
        ("an exponent", 3 * bias[a], ["3 · b_a^2", "3 · 1/b_a"]),
        ("a prime, exp or log", h.prime(bias), ["h''(b)", "h(b)"]),
        ("a prime, exp or log", exp(bias[a]) + log(bias[b]), ["b_a + log(b_b)", "exp(b_a) + b_b"]),
        ("another array", Y - X @ W.T, ["V − X @ Wᵀ"]),
        ("another array", d(Y[a, b], W[a, b]), ["∂V_ab/∂W_ab"]),
    ],
)
def test_what_is_planted(kind, line, expected):
    planted = [new for found, new in different(line, FEW) if found == kind]
    assert {*expected} <= {str(new) for new in planted if not isinstance(new, Exception)}


def test_nothing_is_planted_twice_and_nothing_is_the_line_itself():
    line = Sum(dY[i, a] * X[i, b], (i, 1, S)) - bias[a] / S
    planted = [new for _, new in different(line, FEW) if not isinstance(new, Exception)]
    assert len({*planted}) == len(planted) > 30
    assert line not in planted


def test_what_cannot_be_built_is_kept_with_its_error():
    [error] = [new for kind, new in different(X @ W.T, FEW) if kind == "operands swapped"]
    assert "Wᵀ is M×N, X is S×M" in str(error)


# What comes of it.


def weights():
    linear = {Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j]}
    made = Derivation(d(L, W[a, b]), define=linear)
    chain = Sum(dY[i, j] * delta(j, a) * X[i, b], *EVERY)
    made.line(chain, "only W_ab counts", using=(chain_rule, Y))
    made.line(Sum(dY[i, a] * X[i, b], (i, 1, S)), "the delta leaves j = a")
    return made.line(dY.T @ X, "a matrix product")


def targets():
    made = Derivation(T @ ones(C), {})
    return made.line(ones(S), "rows of targets", using=rows_sum_to_one(T))


def test_a_survivor_is_a_true_line():
    found = ends(in_lines(weights()))
    assert found[EQUAL] == ["an index, line 1: Σ_{i=1..S} Σ_{j=1..N} ∂L/∂Y_ia · δ_ja · X_ib"]
    assert len(found[WRONG]) > 30
    assert len(found[ILL_FORMED]) > 30
    assert not found.keys() & {*FAULTS}


def test_the_line_above_is_no_new_line():
    made = Derivation(2 * bias[a] + 0).line(2 * bias[a], "0 adds nothing")
    made.line(2 * bias[a] * 1, "1 times the same")
    assert ends(in_lines(made))[VACUOUS] == ["a factor, line 2: 2 · b_a"]


def test_a_mistake_in_a_definition_is_noticed_where_it_matters():
    found = ends(in_definitions(weights()))
    lost, scaled = "Σ_{k=1..M} X_ik · W_jk", "(Σ_{k=1..M} X_ik · W_jk) / M + b_j"
    assert f"a term, Y_ij: {lost}" in found[EQUAL]  # without the bias, ∂L/∂W is the same
    assert f"1/S, Y_ij: {scaled}" in found[WRONG]
    biases = Derivation(
        d(L, bias[a]), define={Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j]}
    )
    biases.line(Sum(dY[i, a], (i, 1, S)), "summed over the samples", using=(chain_rule, Y))
    found = ends(in_definitions(biases))
    assert f"a term, Y_ij: {lost}" in [*found[WRONG], *found.get(mutants.HIDDEN, [])]
    assert f"1/S, Y_ij: {scaled}" in found[EQUAL]


def test_a_derivation_that_is_cited_follows_from_the_wrong_definition_too():
    linear = {one.left: one.right for one in weights().definitions.values()}
    made = Derivation(d(L, W[a, b]) * d(Y[i, j], bias[j]), define=linear)
    entry = Sum(dY[k, a] * X[k, b], (k, 1, S))
    made.line(entry * d(Y[i, j], bias[j]), "as found", using=weights())
    made.line(entry, "the bias is added once", using=Y)
    found, scaled = ends(in_definitions(made)), "(Σ_{k=1..M} X_ik · W_jk) / M + b_j"
    assert f"1/S, Y_ij: {scaled}" in found[WRONG]  # only in ∂L/∂W does it matter
    assert "a sign, Y_ij: Σ_{k=1..M} X_ik · W_jk − b_j" in found[WRONG]  # only in ∂Y/∂b


def test_no_other_hypothesis_does():
    found = list(in_hypotheses(targets()))
    assert [(one.kind, one.planted) for one in found] == [
        ("no hypothesis", ""),
        ("rows that sum to 2", "Σ_{j=1..C} T_ij = 2"),
        ("columns for rows", "Σ_{j=1..S} T'_ij = 1"),
    ]
    assert ends(found).keys() == {WRONG}


# A bad checker is noticed.


def test_a_checker_that_accepts_everything(monkeypatch):
    made = weights()
    wrong = len(ends(in_lines(made))[WRONG])
    monkeypatch.setattr(Derivation, "_judge", lambda *anything: normal.WORDS)
    assert len(ends(in_lines(made))[UNSOUND]) >= wrong


def test_a_checker_that_does_not_see_signs(monkeypatch):
    made, judge = weights(), normal.judge

    def blind(before, after, *rest, **hints):
        return judge(before, after, *rest, **hints) or judge(before, -after, *rest, **hints)

    monkeypatch.setattr(normal, "judge", blind)
    found = ends(in_lines(made))[UNSOUND]
    assert "a sign, line 3: −(∂L/∂Y)ᵀ @ X" in found
    assert {one.split(",")[0] for one in found} == {"a sign"}


def test_a_checker_that_stumbles(monkeypatch):
    made = weights()
    monkeypatch.setattr(normal, "judge", lambda *anything, **hints: 1 / 0)
    assert {*ends(in_lines(made))} == {CRASHED, ILL_FORMED}


# The counts.


def test_every_outcome_is_in_one_column():
    assert Counter(sum(COLUMNS.values(), ())) == Counter({*REFUSED, *TRUE, *FAULTS})


def test_counts_are_added_up():
    counts = {"a term": {WRONG: 5, EQUAL: 1}, "a sign": {WRONG: 2, UNSOUND: 1}}
    assert rate(counts) == (7, 8)
    lines = [line.split() for line in table(counts).splitlines()]
    assert lines[1:] == [
        ["a", "sign", "3", "0", "2", "0", "0", "0", "1"],
        ["a", "term", "6", "0", "5", "0", "0", "1", "0"],
        ["all", "9", "0", "7", "0", "0", "1", "1"],
    ]
