"""Tests of what keeps the prover quick on whole networks: counted, not timed."""

import itertools
import math
import random

import pytest
from backprop.derivation import (
    Derivation,
    L,
    Sum,
    UncitedFact,
    WrongStep,
    array,
    chain_rule,
    d,
    dimensions,
    function,
    gradient,
    indices,
)
from backprop.derivation.judges import explicit, normal, quick, work
from backprop.derivation.judges.atoms import Bound
from backprop.derivation.judges.entries import Entries
from backprop.derivation.judges.indexed import Indexed
from backprop.derivation.nodes import entry, node
from backprop.derivation.premises.definitions import Definitions
from backprop.derivation.premises.facts import Facts
from backprop.derivation.premises.scope import MANY_SIZES, shapes_of, small_shapes
from bench import proofs
from book.chapters.chapter import derived

S, M = dimensions("S M")
LETTERS = indices("i j k l m n p q r s")
A, B, h = array("A", M, M), array("B", M, M), function("h")


def equal(before, after):
    definitions = Definitions({})
    return normal.judge(node(before), node(after), {}, definitions, Facts.of((), definitions))


def graph(edges, letters=LETTERS):
    """Σ over all letters of Π A_ij, for all edges."""
    terms = (A[letters[i], letters[j]] for i, j in edges)
    used = {letters[n] for edge in edges for n in edge}
    return Sum(math.prod(terms, start=node(1)), *((letter, 1, M) for letter in used))


@pytest.fixture
def counted(monkeypatch):
    """How often a method was called: counted(Class, "name")["calls"]."""

    def count(kind, name):
        found, method = {"calls": 0}, getattr(kind, name)

        def counting(*arguments, **others):
            found["calls"] += 1
            return method(*arguments, **others)

        monkeypatch.setattr(kind, name, counting)
        return found

    return count


# Names of summed indices.

RING = [(n, (n + 1) % 10) for n in range(10)]
STAR = [(0, n) for n in range(1, 10)]
COMPLETE = [*itertools.permutations(range(6), 2)]
PETERSEN = [(n, (n + 1) % 5) for n in range(5)] + [(n, n + 5) for n in range(5)]
PETERSEN += [(n + 5, (n + 2) % 5 + 5) for n in range(5)]
# Three edges at each place, but not all places are alike: two squares with a diagonal, joined.
PAIRS = [
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 2),
    (1, 3),
    (2, 6),
    (3, 7),
    (4, 5),
    (4, 6),
    (4, 7),
    (5, 6),
    (5, 7),
]
UNLIKE = PAIRS + [(k, j) for j, k in PAIRS]


@pytest.mark.parametrize("edges", [RING, STAR, COMPLETE, PETERSEN, UNLIKE])
def test_names_are_found_without_trying_permutations(edges, counted):
    tried = counted(Bound, "refined")
    turned = [*LETTERS]
    random.Random(0).shuffle(turned)
    assert equal(graph(edges), graph(edges, turned))
    assert tried["calls"] < 400  # permutations: 3,628,800


def test_what_is_alike_for_each_index_is_not_the_same():
    """One ring of six, and one in which two edges are crossed: each index has one A in, one out."""
    ring = [(n, (n + 1) % 6) for n in range(6)] + [(0, 3), (1, 4), (2, 5)]
    prism = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5)]
    assert not equal(graph(ring), graph(prism))
    assert equal(graph(prism), graph([(j, k) for j, k in reversed(prism)]))


@pytest.mark.parametrize("seed", range(20))
def test_renamed_sums_are_equal_and_others_are_not(seed):
    rng = random.Random(seed)
    edges = [(n, rng.randrange(n)) for n in range(1, 6)] + [
        tuple(rng.sample(range(6), 2)) for _ in range(rng.randrange(6))
    ]
    turned = rng.sample(LETTERS, len(LETTERS))
    assert equal(graph(edges), graph(edges, turned))
    other = [*edges[:-1], edges[-1][::-1]]
    same = any(  # by trying all permutations
        sorted((p[i], p[j]) for i, j in edges) == sorted(other)
        for p in itertools.permutations(range(6))
    )
    assert equal(graph(edges), graph(other, turned)) == same


def test_an_exchange_that_changes_the_product_is_not_passed_over(monkeypatch):
    """If all that is alike counted as the same, equal sums would get different names."""
    monkeypatch.setattr(Bound, "may_swap", lambda *_: True)
    turned = [random.Random(n).sample(LETTERS, 8) for n in range(20)]
    assert not all(equal(graph(UNLIKE), graph(UNLIKE, letters)) for letters in turned)


# The chain rule.


def test_the_chain_rule_goes_no_further_than_the_lines(counted):
    steps = counted(Indexed, "step")
    proofs.first_line(10)
    assert steps["calls"] <= 8


def test_a_line_stops_at_the_gradients_that_it_names(counted):
    steps = counted(Indexed, "step")
    proofs.stepwise(6)
    assert steps["calls"] < 20 * 12


def test_gradients_of_the_last_line_stay_as_well():
    """∂L/∂A by ∂L/∂Z in the new line, and the old one has both: then nothing may stop there."""
    X, W, Z, Y = array("X", S, M), array("W", M, M), array("Z", S, M), array("Y", S, M)
    define, dZ, dY = {Z: X @ W.T, Y: h(Z)}, gradient(Z), gradient(Y)
    made = Derivation(d(L, X), define=define)
    made.line(dZ @ W, "chain rule", using=(chain_rule, Z))
    made.line((dY * h.prime(Z)) @ W, "activation", using=(chain_rule, Y))
    made.line(dZ @ W, "and back", using=(chain_rule, Y))
    made.line(2 * (dZ @ W) - (dY * h.prime(Z)) @ W, "one of two", using=(chain_rule, Y))
    assert made.proved


def test_a_definition_that_is_forgotten_is_named_without_a_search(monkeypatch):
    monkeypatch.setattr(explicit, "judge", lambda *_: pytest.fail("it is true"))
    with pytest.raises(UncitedFact, match="the definition of A1"):
        proofs.at_once(3, forgotten=True)


def test_a_wrong_line_is_refuted_before_definitions_are_put_in(monkeypatch):
    monkeypatch.setattr(Derivation, "_missing", lambda *_: pytest.fail("it is wrong"))
    with pytest.raises(WrongStep, match="step 1 is wrong"):
        proofs.first_line(6, factor=2)


def test_what_is_too_much_work_says_so(monkeypatch):
    monkeypatch.setattr(work, "MOST", 30)
    monkeypatch.setattr(work, "WRITTEN_OUT", 30)
    with pytest.raises(work.TooMuch, match=r"too large .*: put a smaller step"), work.limited():
        equal(graph(PETERSEN), graph(PETERSEN))


def test_a_wrong_line_is_refuted_before_the_chain_rule_goes_to_the_end(monkeypatch):
    ways, openings = [], normal.openings
    monkeypatch.setattr(
        normal, "openings", lambda *a: (ways.append(one) or one for one in openings(*a))
    )
    with pytest.raises(WrongStep):
        proofs.first_line(6, factor=2)
    assert len(ways) <= 2


@pytest.mark.parametrize("name", ["b_Z", "b_X"])
def test_the_other_judge_leaves_the_gradients_that_a_line_names(name, counted):
    """The block written out from the loss to X has too many roots and exponentials."""
    made, step = derived()["attention"][name], derived()["attention"][name].steps[0]
    sides = [entry(side, *made.scope) for side in (made.target, step.expression)]
    unfolded = counted(Entries, "unfold")
    with work.limited(work.WRITTEN_OUT):
        assert explicit.judge(*sides, made.scope, Entries(made.shapes[0], made.definitions)) is None
    assert unfolded["calls"] <= 6 * 6


# Numbers that say no.


def test_numbers_never_contradict_a_proof(monkeypatch):
    book, asked = derived(), []

    def judged(found, facts):
        proved = before(found, facts)
        asked.append((proved, quick.differ(found, *given[-1])))
        return proved

    before, clear, given = normal.equal, normal.clearly_differ, []

    def noted(sides, scope, reading):
        clear(sides, scope, reading)
        sizes = {normal.letter(index, size): size for index, size in scope.items()}
        given.append((sizes, reading.known, reading.facts.hypotheses))
        return False

    monkeypatch.setattr(normal, "equal", judged)
    monkeypatch.setattr(normal, "clearly_differ", noted)
    for found in book.values():
        for one in found.values():  # recursions are compared step by step, never in numbers
            for n, step in enumerate(() if one.definitions.steps else one.steps):
                last = one.steps[n - 1].expression if n else one.target
                sides = (entry(side, *one.scope) for side in (last, step.expression))
                normal.judge(*sides, one.scope, one.definitions, step.facts, quickly=True)
    assert len(asked) > 200
    assert not any(no for proved, no in asked if proved)


def test_numbers_say_no(counted):
    judged = counted(normal, "equal")
    proofs.at_once(4)
    assert judged["calls"] == 1  # that each of the nine facts is needed was seen in numbers


# Shapes.


@pytest.mark.parametrize("count", range(1, 20))
def test_small_shapes_tell_all_sizes_apart(count):
    shapes = small_shapes(range(count))
    columns = {tuple(shape[size] for shape in shapes) for size in range(count)}
    assert len(columns) == count
    assert all({*column} == {2, 3} for column in columns)


def test_many_sizes_are_small_and_few_are_different():
    many = dimensions(" ".join(f"N{n}" for n in range(MANY_SIZES + 1)))
    assert shapes_of(many, None) == small_shapes(many)
    first, other = shapes_of(many[:-1], None)
    assert len({*first.values()}) == len({*other.values()}) == MANY_SIZES
