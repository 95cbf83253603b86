"""Random lines, true and false, given to the prover: what it proves has to be so in numbers.

`PYTHONPATH=code:code/tests/support python -m fuzz 20000` judges so many pairs of lines and prints
what came of them; with a seed behind the number, others. The generators stand in the tests of what
they are about; a further one is a function in KINDS.
"""

import importlib.util
import random
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from backprop.derivation import Derivation, DerivationError, NotProved, WrongStep, array, computed
from backprop.derivation.judges import atoms
from backprop.derivation.premises.scope import with_computed
from tqdm import tqdm

TESTS = Path(__file__).parent.parent / "derivation"
PROVED, REFUTED = "proved", "refused with numbers"
UNPROVED, REFUSED, UNSOUND = "not proved", "refused in words", "unsound"
DIGITS = 4  # to which gradients agree with finite differences, of which some are large
OUTCOMES = PROVED, REFUTED, UNPROVED, REFUSED, UNSOUND


class Pair(NamedTuple):
    """Two lines: `meant` says whether the rewriting was a true one.

    `accepted` has the prover look at them: True, False, or in words why it refuses; `differ` looks
    at numbers: True, False, or None where they have no values.
    """

    text: str
    meant: bool
    accepted: Callable
    differ: Callable

    def outcome(self):
        accepted = self.accepted()
        differ = self.differ()
        if differ and (accepted is True or self.meant):
            return UNSOUND  # or the rewriting is, which is to be looked at as well
        if accepted is True:
            return PROVED
        return REFUTED if differ else UNPROVED if accepted is False else REFUSED


# The generators: each makes pairs without end, of a seed.


def of_rules(seed):
    """Sums, functions, definitions, hypotheses and derivatives, rewritten by the rules."""
    tests, rng, kinds = written("test_normal"), random.Random(seed), Counter()
    for n, (before, after, scope, cited, meant) in enumerate(tests.pairs(rng, 10**9, kinds)):
        atoms._fresh = count(rng.choice([1, 3, 8, 9, 95, 98]))  # names must not matter
        what = before, after, scope, cited
        yield Pair(
            f"{before} = {after}, citing {cited}",
            meant,
            lambda what=what: tests.verdict(*what),
            lambda what=what, n=n: tests.differ(*what, n),
        )


def of_places(seed):
    """Shifted indices: lines of windows, strides and deltas, and their derivatives."""
    tests = written("test_shifted")
    return of_windows(tests, seed, tests.judged)


def of_lengths(seed):
    """Shifted indices on axes whose length is computed from the others: P = M + K − 1."""
    tests = written("test_shifted", "with P computed")
    old = tests.P
    tests.P = new = computed("P", tests.M + tests.K - 1)
    there = {old: new}.get
    tests.ARRAYS = {
        array(one.name, there(size, size)): there(size, size) for one, size in tests.ARRAYS.items()
    }
    tests.SUMMED = [(letter, there(size, size)) for letter, size in tests.SUMMED]
    tests.SCOPES = [
        {letter: there(size, size) for letter, size in scope.items()} for scope in tests.SCOPES
    ]
    free = [{size: n for size, n in sizes.items() if size != old} for sizes in tests.SHAPES]
    tests.SHAPES = [with_computed(sizes, [new]) for sizes in free]
    return of_windows(tests, seed, tests.judged, f", where {new} = {new.formula}")


def of_lines(seed):
    """Shifted indices again, as lines of a derivation: with the search for a counterexample."""
    return of_windows(written("test_shifted"), seed, as_line, ", as a line")


def of_windows(tests, seed, accepted, more=""):
    """The pairs that test_shifted draws, with another judge."""
    for before, after, scope, meant, done in tests.pairs(random.Random(seed), 10**9):
        what = before, after, scope
        yield Pair(
            f"{before} = {after}, {done}{more}",
            meant,
            lambda what=what: accepted(*what),
            lambda what=what: tests.differs(*what),
        )


def as_line(before, after, scope):
    """What a derivation says. A counterexample where there is none is as wrong as a false proof."""
    try:
        return Derivation(before).line(after, "a random line").proved
    except (WrongStep, NotProved):
        return False
    except DerivationError as error:
        return str(error)


def of_graphs(seed):
    """Graphs of definitions with open losses: a gradient, and those that forget a path."""
    tests = written("test_losses")
    for number in count(seed * 10**6):
        for kind, accepted, true, what in tests.judged(number, DIGITS) or ():
            yield Pair(
                f"{what}, {kind}",
                kind == "true",
                lambda accepted=accepted: accepted,
                lambda true=true: not true,
            )


KINDS = {
    of_rules: 9,
    of_places: 5,
    of_lengths: 4,
    of_graphs: 6,
    of_lines: 1,
}  # of 25 pairs, so many


@cache
def written(name, copy=""):
    """A file of tests as a module; one that is changed is a copy of its own."""
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fuzz(number, seed=0, kinds=KINDS, show=False):
    """(Counter of (kind, outcome), the texts of what is unsound) of so many pairs."""
    running = {kind: kind(seed) for kind in kinds}
    turns = [kind for kind, weight in kinds.items() for _ in range(weight)]
    random.Random(seed).shuffle(turns)
    found, unsound = Counter(), []
    bar = tqdm(range(number), disable=not show, unit="pair", mininterval=1)
    for n in bar:
        kind = turns[n % len(turns)]
        pair = next(running[kind])
        with np.errstate(all="ignore"):
            outcome = pair.outcome()
        found[kind.__name__, outcome] += 1
        unsound += [pair.text] if outcome == UNSOUND else []
        if show and n % 100 == 99:
            bar.set_postfix(totals(found), refresh=False)
    return found, unsound


def totals(found):
    """{outcome: number} over all kinds."""
    made = Counter()
    for (_, outcome), number in found.items():
        made[outcome] += number
    return {one: made[one] for one in OUTCOMES}


def table(found):
    """The counts as text: a row for each kind, and a total."""
    kinds = list(dict.fromkeys(kind for kind, _ in found))
    rows = [(kind, [found[kind, one] for one in OUTCOMES]) for kind in kinds]
    rows.append(("all", [*totals(found).values()]))
    lines = [f"{'':12}" + "  ".join(OUTCOMES)]
    for kind, row in rows:
        cells = (f"{n:>{len(one)}}" for n, one in zip(row, OUTCOMES, strict=True))
        lines.append(f"{kind:12}" + "  ".join(cells))
    return "\n".join(lines)


def main(number="20000", seed="0"):
    found, unsound = fuzz(int(number), int(seed), show=True)
    print(table(found), *unsound, sep="\n")
    return bool(unsound)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
