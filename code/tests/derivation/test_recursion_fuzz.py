"""A fuzz of recursions: what is proved for every length T holds at T = 1, …, 4, in fractions.

Random families of up to three arrays, x[t] made of x[t − 1], x[t − 2] and others, lines about their
gradients, their derivatives and their values, and claims by induction; most lines have a slip.
"""

import random
from collections import Counter
from fractions import Fraction

import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    Induction,
    L,
    Sum,
    array,
    chain_rule,
    d,
    delta,
    dimensions,
    earlier,
    gradient,
    indices,
)
from backprop.derivation.nodes import node
from unrolled import Recursion

T = dimensions("T")
LETTERS = {"t": indices("t"), "s": indices("s")}
NAMES = ["x", "y", "z"]
INPUT, WEIGHTS = "u", ["a", "b"]
ARRAYS = {name: array(name, T) for name in [*NAMES, INPUT]}
SCALARS = {name: array(name) for name in WEIGHTS}


def recursion(rng):
    """One to three families, each made of what is before it; the first of itself, in any case."""
    names = NAMES[: rng.choice([1, 1, 2, 2, 3])]
    families = {}
    for n, name in enumerate(names):
        terms = [term(rng, names, n) for _ in range(rng.choice([1, 2, 2, 3]))]
        if not n:
            back = rng.choice([1, 1, 1, 2])
            terms.append((1, [(rng.choice(WEIGHTS), None), (rng.choice(names), back)]))
        if not any(factor == (INPUT, 0) for _, factors in terms for factor in factors):
            terms.append((rng.choice([1, 2]), [(INPUT, 0)]))
        families[name] = terms
    loss = [(rng.choice([1, 2, -1]), [(name, 0)] * rng.choice([1, 2])) for name in names]
    return Recursion(families, loss)


def term(rng, names, n):
    """A number times one or two factors; those of the same step are defined before."""
    factors = [(rng.choice(WEIGHTS), None)] if rng.random() < 0.6 else []
    for _ in range(rng.choice([1, 1, 2])):
        back = rng.choice([0, 1, 1, 2])
        known = [*names[:n], INPUT] if back == 0 else [*names, INPUT]
        factors.append((rng.choice(known), back))
    return rng.choice([1, 1, 2, -1]), factors


# Lines: [(number, factors, summed letters)], see `unrolled`.


def without(factors, n):
    return [*factors[:n], *factors[n + 1 :]]


def placed(factors, letter, shift=0):
    """Factors of a definition at t + shift."""
    return [
        ("x", name, None if back is None else letter, 0 if back is None else shift - back)
        for name, back in factors
    ]


def of_entry(made, name):
    """∂L/∂x_t: by each use of x in a definition, at t + how far it is back, and by the loss."""
    line = []
    for user, terms in made.families.items():
        for number, factors in terms:
            for n, (used, back) in enumerate(factors):
                if used == name:
                    rest = placed(without(factors, n), "t", back)
                    line.append((number, [("g", user, "t", back), *rest], []))
    for number, factors in made.loss:
        for n, (used, _) in enumerate(factors):
            if used == name:
                line.append((number, placed(without(factors, n), "t"), []))
    return guarded(line)


def guarded(line):
    """Nothing is to be added: what is after T is 0 by the gradient in the term."""
    return line


def of_weight(made, name):
    """∂L/∂a = Σ_t over all uses."""
    line = []
    for user, terms in made.families.items():
        for number, factors in terms:
            for n, (used, _) in enumerate(factors):
                if used == name:
                    rest = placed(without(factors, n), "s")
                    line.append((number, [("g", user, "s", 0), *rest], ["s"]))
    return line


def forward(made, name, weight):
    """dx_t/da: directly, and through every entry in the definition of x_t."""
    line = []
    for number, factors in made.families[name]:
        for n, (used, back) in enumerate(factors):
            rest = placed(without(factors, n), "t")
            if used == weight:
                line.append((number, rest, []))
            elif back is not None and used != INPUT:
                line.append((number, [("d", (used, "t", -back), (weight, None)), *rest], []))
    return line


def value(made, name):
    return [(number, placed(factors, "t"), []) for number, factors in made.families[name]]


def slipped(rng, line):
    """A line with one slip: a shift, a number, a term, a family, a δ."""
    line = [(number, [*factors], summed) for number, factors, summed in line]
    k = rng.randrange(len(line))
    number, factors, summed = line[k]
    shifted = [n for n, one in enumerate(factors) if one[0] in "xg" and one[2]]
    kind = rng.choice(["shift", "shift", "shift", "number", "drop", "name", "delta"])
    if kind == "drop" and len(line) > 1:
        del line[k]
        return line
    if kind in ("shift", "name") and shifted:
        n = rng.choice(shifted)
        what, name, letter, shift = factors[n]
        if kind == "shift":
            shift += rng.choice([-1, 1, -2, 2])
        else:
            name = rng.choice([*NAMES[:1], INPUT] if what == "x" else NAMES[:1])
        factors[n] = (what, name, letter, shift)
    elif kind == "delta":
        factors.append(("δ", summed[0] if summed else "t", rng.choice([1, 2])))
    else:
        number = rng.choice([number + 1, -number, 2 * number])
    line[k] = number, factors, summed
    return line


# The same as expressions of the prover.


def definitions(made):
    t = LETTERS["t"]
    found = {ARRAYS[name][t]: body(terms) for name, terms in made.families.items()}
    return {**found, L: Sum(body(made.loss), (t, 1, T))}


def body(terms):
    return expression([(number, placed(factors, "t"), []) for number, factors in terms])


def expression(line):
    total = None
    for number, factors, summed in line:
        made = node(number)
        for factor in factors:
            made = made * written(factor)
        for letter in summed:
            made = Sum(made, (LETTERS[letter], 1, T))
        total = made if total is None else total + made
    return node(0) if total is None else total


def written(factor):
    kind, *rest = factor
    if kind == "δ":
        return delta(LETTERS[rest[0]], rest[1])
    if kind == "d":
        (name, letter, shift), (weight, _) = rest
        return d(ARRAYS[name][LETTERS[letter] + shift], SCALARS[weight])
    name, letter, shift = rest
    if letter is None:
        return SCALARS[name]
    whole = gradient(ARRAYS[name]) if kind == "g" else ARRAYS[name]
    return whole[LETTERS[letter] + shift]


def case(rng):
    """(what kind, the recursion, target, its line in fractions, the line, what it cites)."""
    made = recursion(rng)
    name, t = rng.choice([*made.families]), LETTERS["t"]
    kind = rng.choice(["entry", "entry", "weight", "forward", "value"])
    cited = [ARRAYS[one] for one in made.families]
    if kind == "entry":
        target, true, line = d(L, ARRAYS[name][t]), [(1, [("g", name, "t", 0)], [])], None
        line, cited = of_entry(made, name), [chain_rule, *cited, L]
    elif kind == "weight":
        weight = rng.choice(WEIGHTS)
        target, true = d(L, SCALARS[weight]), [(1, [("g", weight, None, 0)], [])]
        line, cited = of_weight(made, weight), [chain_rule, *cited, L]
    elif kind == "forward":
        weight = rng.choice(WEIGHTS)
        target = d(ARRAYS[name][t], SCALARS[weight])
        true, line = [(1, [("d", (name, "t", 0), (weight, None))], [])], forward(made, name, weight)
        cited = [ARRAYS[name]]
    else:
        target, true, line = ARRAYS[name][t], [(1, [("x", name, "t", 0)], [])], value(made, name)
        cited = [ARRAYS[name]]
    return kind, made, target, true, line, cited


def numbers(rng, length):
    found = {(INPUT, t): Fraction(rng.randint(-9, 9), 7) for t in range(1, length + 1)}
    return found | {(name, None): Fraction(rng.randint(-9, 9), 5) for name in WEIGHTS}


def holds(rng, made, sides, scope):
    """Whether two lines are the same number at T = 1, …, 4 and every t."""
    for length in range(1, 5):
        world = made.at(length, numbers(rng, length))
        for t in range(1, length + 1) if scope else [None]:
            if len({world.value(side, {"t": t}) for side in sides}) > 1:
                return False
    return True


def judged(derivation, line, cited):
    """Whether the prover accepts a line by itself, without the search for a counterexample."""
    facts = derivation._facts(tuple(cited))
    return derivation._proved(expression(line), facts)[0]


def claim(rng):
    """An induction: x_t = a x_{t−1} + … is Σ_s P_ts (…), with P_ts the powers of a; or a slip."""
    t, s = LETTERS["t"], LETTERS["s"]
    x, P, u, a = ARRAYS["x"], array("P", T, T), ARRAYS[INPUT], SCALARS["a"]
    back, push = rng.choice([1, 2]), rng.choice([0, 0, 1])
    n, start = rng.choice([1, 2, -1]), rng.choice([0, 0, 1, 2])
    define = {
        x[t]: a * x[t - back] + n * u[t - push] + start * delta(t, 1),
        P[t, s]: a * P[t - back, s] + delta(t, s),
    }
    right = dict(back=back, push=push, n=n, start=start)
    said = dict(right)
    if rng.random() < 0.7:
        what = rng.choice(["push", "n", "start"])
        said[what] += rng.choice([-1, 1])
    body = Sum(P[t, s] * said["n"] * u[s - said["push"]], (s, 1, T)) + said["start"] * P[t, 1]
    made = Induction(x[t], body, over=t, define=define)
    facts = made._facts((x, P, earlier))
    return made._proved(node(body), facts)[0], right == said


def fuzz(seed, cases):
    """Counter of (kind, "right" or "wrong", "proved" or "not"); unsound ones are ("unsound", …)."""
    rng, found = random.Random(seed), Counter()
    for _ in range(cases):
        if rng.random() < 0.1:
            proved, true = claim(rng)
            found["claim", "true" if true else "false", proved] += 1
            continue
        kind, made, target, true, line, cited = case(rng)
        if not line:
            continue
        try:
            derivation = Derivation(target, define=definitions(made))
        except DerivationError as error:
            found["refused", str(error)[:40], False] += 1
            continue
        if rng.random() < 0.6:
            line = slipped(rng, line)
        proved = judged(derivation, line, cited)
        right = holds(rng, made, (true, line), derivation.scope)
        found[kind, "true" if right else "false", proved] += 1
        if proved and not right:
            print("UNSOUND", definitions(made), target, expression(line))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_what_is_proved_for_all_lengths_holds_when_it_is_unrolled(seed):
    found = fuzz(seed, 60)
    assert not [what for what in found if what[1:] == ("false", True)], found
    true = sum(n for what, n in found.items() if what[1] == "true")
    assert sum(n for what, n in found.items() if what[1:] == ("true", True)) > 0.8 * true
