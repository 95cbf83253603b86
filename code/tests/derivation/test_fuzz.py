"""Tests of the fuzz itself: every kind of pair is judged, and an unsound rule is found by it.

`python -m fuzz 20000` is the long run (tests/support/fuzz.py).
"""

import fuzz
import pytest
from backprop.derivation.judges import normal, rules
from backprop.derivation.judges.indexed import Indexed


@pytest.mark.slow
@pytest.mark.parametrize("kind", fuzz.KINDS)
def test_nothing_false_is_proved_of_any_kind(kind):
    found, unsound = fuzz.fuzz(200, seed=5, kinds={kind: 1})
    name = kind.__name__
    assert unsound == []
    assert found[name, fuzz.PROVED] > 30, found
    assert found[name, fuzz.REFUTED] > 20, found


def forgets_a_delta(index, size, ranges, factors, cited):
    """Planted: Σ_i δ_ij f(i) = Σ_i f(i)."""
    for atom, exponent in factors:
        if isinstance(atom, rules.Leaf) and rules.is_delta(atom) and index in atom.free:
            return rules.add_up(ranges, factors - {(atom, exponent)}, cited)
    return None


def slides_out(place, size):
    """Planted: every place is on its axis."""
    return True


UNSOUND = {
    "a delta is forgotten": (fuzz.of_rules, rules, "OF_SUMS", (forgets_a_delta, *rules.OF_SUMS)),
    "a place is taken to be on its axis": (fuzz.of_places, rules, "is_shown", slides_out),
    "a place is on its axis, of a computed length": (
        fuzz.of_lengths, rules, "is_shown", slides_out
    ),
    "a path is forgotten": (
        fuzz.of_graphs, Indexed, "by_parts", lambda self, *_: rules.sympy.S.Zero
    ),
    "a sum that is not empty is 0": (
        fuzz.of_lines, normal, "is_zero", lambda polynomial: len(polynomial) < 2
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("slip", UNSOUND)
def test_an_unsound_rule_is_found(slip, monkeypatch):
    kind, where, name, planted = UNSOUND[slip]
    monkeypatch.setattr(where, name, planted)
    assert fuzz.fuzz(150, seed=5, kinds={kind: 1})[1]


def test_the_counts_are_printed_with_a_total():
    found = {("of_rules", fuzz.PROVED): 2, ("of_places", fuzz.UNSOUND): 1}
    lines = fuzz.table(fuzz.Counter(found)).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["of_rules", "of_places", "all"]
    assert lines[-1].split() == ["all", "2", "0", "0", "0", "1"]
