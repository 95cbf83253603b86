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
from backprop.derivation import Derivation, DerivationError, NotProved, WrongStep
from backprop.derivation.judges import atoms
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
    tests, rng = written("test_shifted"), random.Random(seed)
    for before, after, scope, meant, done in tests.pairs(rng, 10**9):
        what = before, after, scope
        yield Pair(
            f"{before} = {after}, {done}",
            meant,
            lambda what=what: tests.judged(*what),
            lambda what=what: tests.differs(*what),
        )


def of_lines(seed):
    """Shifted indices again, as lines of a derivation: with the search for a counterexample."""
    tests, rng = written("test_shifted"), random.Random(seed)
    for before, after, scope, meant, done in tests.pairs(rng, 10**9):
        what = before, after, scope
        yield Pair(
            f"{before} = {after}, {done}, as a line",
            meant,
            lambda what=what: as_line(*what[:2]),
            lambda what=what: tests.differs(*what),
        )


def as_line(before, after):
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


KINDS = {of_rules: 10, of_places: 8, of_graphs: 6, of_lines: 1}  # of 25 pairs, so many


@cache
def written(name):
    """A file of tests as a module."""
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fuzz(number, seed=0, kinds=KINDS, watch=iter):
    """(Counter of (kind, outcome), the texts of what is unsound) of so many pairs."""
    running = {kind: kind(seed) for kind in kinds}
    turns = [kind for kind, weight in kinds.items() for _ in range(weight)]
    random.Random(seed).shuffle(turns)
    found, unsound = Counter(), []
    for n in watch(range(number)):
        kind = turns[n % len(turns)]
        pair = next(running[kind])
        with np.errstate(all="ignore"):
            outcome = pair.outcome()
        found[kind.__name__, outcome] += 1
        unsound += [pair.text] if outcome == UNSOUND else []
    return found, unsound


def table(found):
    """The counts as text: a row for each kind, and a total."""
    kinds = list(dict.fromkeys(kind for kind, _ in found))
    rows = [(kind, [found[kind, one] for one in OUTCOMES]) for kind in kinds]
    rows.append(("all", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
    lines = [f"{'':12}" + "  ".join(OUTCOMES)]
    for kind, row in rows:
        cells = (f"{n:>{len(one)}}" for n, one in zip(row, OUTCOMES, strict=True))
        lines.append(f"{kind:12}" + "  ".join(cells))
    return "\n".join(lines)


def main(number="20000", seed="0"):
    found, unsound = fuzz(int(number), int(seed), watch=tqdm)
    print(table(found), *unsound, sep="\n")
    return bool(unsound)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
