"""A fuzz of relu, |x|, max, argmax and look-up: random lines, rewritten truly and falsely.

Each pair is judged by the prover, and compared in numbers by a judge of its own: plain loops, and
central differences for derivatives, at points that are at no kink.
"""

import math
import random
from collections import Counter

import numpy as np
import pytest
from backprop.derivation import (
    DerivationError,
    Max,
    Sum,
    argmax,
    array,
    d,
    delta,
    dimensions,
    exp,
    function,
    indices,
    integers,
    maximum,
    minimum,
    relu,
    sign,
)
from backprop.derivation.finding.derivatives import renamed
from backprop.derivation.judges import atoms, normal, rules
from backprop.derivation.language.algebra import Add, Mul, Neg, Pow, Sub
from backprop.derivation.language.arrays import Delta, Derivative, Entry
from backprop.derivation.language.chosen import OneHot, Position
from backprop.derivation.language.functions import Apply
from backprop.derivation.language.kinks import Larger, Smaller
from backprop.derivation.nodes import Dimension, Number, node, walk
from backprop.derivation.premises.definitions import Definitions
from backprop.derivation.premises.facts import Facts
from book.audit.mutants import places, put

S, M, V = dimensions("S M V")
i, j, k, v, a, b, other = indices("i j k v a b l")
X, Y, E = array("X", S, M), array("Y", S, M), array("E", V, M)
u, c, x = array("u", S), array("c"), array("x")
p, t, h = array("p", positive=True), integers("t", S, to=V), function("h")
SCOPE = {i: S, j: M, a: S, b: M, v: V}
SIZES = [{S: 2, M: 3, V: 2}, {S: 3, M: 2, V: 3}]
NEAR, STEP = 1e-2, 1e-4
ZERO = node(0)


# Random lines.


def leaf(rng):
    return rng.choice([X[i, j], X[i, j], Y[i, j], E[t[i], j], u[i], c, x, p, node(1), node(2)])


def linear(rng):
    """What is compared: not the same on both sides, so that it is 0 by chance only."""
    parts = rng.sample([X[i, j], Y[i, j], E[t[i], j], u[i], c, p], rng.choice([1, 2, 2, 3]))
    made = parts[0]
    for part in parts[1:]:
        made = rng.choice([made + part, made - part, made - 2 * part])
    return rng.choice([made, made, made, -made, p * made])


def row(rng):
    """What has a largest entry: a function of the index k."""
    return rng.choice([X[i, k], X[i, k] + Y[i, k], X[i, k] * p, Y[i, k] - u[i], E[t[i], k],
                       X[i, k] * Y[i, k], relu(X[i, k]) + Y[i, k]])  # fmt: skip


def line(rng, depth):
    if depth == 0:
        return leaf(rng)
    inner = lambda: line(rng, depth - 1)  # noqa: E731
    kind = rng.choice("+ − · relu relu abs max min > sign Max argmax h ² Σ exp".split())
    match kind:
        case "+":
            return inner() + inner()
        case "−":
            return inner() - inner()
        case "·":
            return inner() * inner()
        case "relu":
            return relu(rng.choice([linear(rng), relu(linear(rng)) - linear(rng)]))
        case "abs":
            return abs(linear(rng))
        case "max":
            return maximum(linear(rng), rng.choice([ZERO, linear(rng), node(1)]))
        case "min":
            return minimum(linear(rng), rng.choice([relu(linear(rng)), linear(rng)]))
        case ">":
            return (linear(rng) > 0) * inner()
        case "sign":
            return sign(linear(rng)) * inner()
        case "Max":
            return Max(row(rng), (k, 1, M))
        case "argmax":
            return delta(j, argmax(row(rng), (k, 1, M))) * inner()
        case "h":
            return h(inner())
        case "Σ":
            return Sum(delta(v, t[i]) * rng.choice([E[v, j], E[v, j] * X[i, j]]), (v, 1, V))
        case "exp":
            return exp(-abs(linear(rng)))
    return inner() ** 2


# True and false rewriting.


def parts_of(expression, inside=()):
    """(path of fields, node) of all parts outside of max and argmax, where k has no meaning."""
    yield inside, expression
    if not isinstance(expression, Max | OneHot | Sum | Derivative):
        for place in places(expression):
            yield from parts_of(getattr(expression, place), (*inside, place))


def with_part(expression, path, new):
    if not path:
        return new
    return put(expression, path[0], with_part(getattr(expression, path[0]), path[1:], new))


def truly(rng, expression):
    """The same in other words."""
    found = [(path, one) for path, one in parts_of(expression) if same_as(rng, one) is not None]
    if not found:
        return expression + ZERO
    path, one = rng.choice(found)
    return with_part(expression, path, same_as(rng, one))


def same_as(rng, one):
    """Something that equals a part, or None."""
    match one:
        case Apply(function=f, argument=y):
            known = {
                "relu": [y * (y > 0), maximum(y, 0), (y + abs(y)) / 2, -minimum(-y, 0),
                         y + relu(-y), relu(p * y) / p],
                "abs": [y * sign(y), relu(y) + relu(-y), maximum(y, -y), abs(-y)],
                "sign": [2 * (y > 0) - 1, (y > 0) - (y < 0), -sign(-y)],
                "indicator": [1 - (y < 0), (y > 0) ** 2, (p * y > 0), (y > 0) * (y > -p)],
            }.get(f.name)  # fmt: skip
            return rng.choice(known) if known else None
        case Larger(y, z):
            return rng.choice([maximum(z, y), z + relu(y - z), y + z - minimum(y, z),
                               (y > z) * y + (y < z) * z, -minimum(-y, -z)])  # fmt: skip
        case Smaller(y, z):
            return rng.choice([minimum(z, y), y - relu(y - z), (y < z) * y + (y > z) * z])
        case Max(body):
            at = argmax(body, (k, 1, M))
            shifted = Max(body + c, (k, 1, M)) - c
            scaled = Max(p * body, (k, 1, M)) / p
            return rng.choice([shifted, scaled, Sum(delta(k, at_other(at)) * body, (k, 1, M))])
        case Add(y, z):
            return z + y
        case Mul(y, z):
            return z * y
        case Entry(array=array_, indices=(Position() as at, other)):
            return Sum(delta(v, at) * array_[v, other], (v, 1, V))
    return None


def at_other(at):
    """argmax with another letter inside, where k is taken."""
    return argmax(renamed(at.largest.body, {k: other}), (other, 1, M))


def falsely(rng, expression):
    """Something else, in most cases."""
    path, one = rng.choice([*parts_of(expression)])
    return with_part(expression, path, other_than(rng, one))


def other_than(rng, one):
    match one:
        case Apply(function=f, argument=y) if f.name in ("relu", "abs", "sign", "indicator"):
            wrong = {"relu": y, "abs": y, "sign": (y > 0), "indicator": node(1)}[f.name]
            return rng.choice([Apply(f, -y), wrong, Apply(f, y + p)])
        case Larger(y, z):
            return rng.choice([minimum(y, z), y, y + relu(y - z)])
        case Smaller(y, z):
            return rng.choice([maximum(y, z), z])
        case Max(body):
            return rng.choice([-Max(-body, (k, 1, M)), Sum(body, (k, 1, M))])
        case OneHot(body):
            return rng.choice([node(1), delta(j, argmax(-body, (k, 1, M)))])
        case Entry() if one.indices == (i, j):
            return rng.choice([X, Y])[i, j] + rng.choice([ZERO, u[i]])
        case Mul(y, z):
            return rng.choice([y, z, y + z])
        case Add(y, z):
            return rng.choice([y - z, y])
    return rng.choice([-one, 2 * one, one + x])


def derivative(one):
    """∂one/∂X_ab as in school; of a case, within it."""
    match one:
        case Entry(array=array_, indices=at) if array_ == X:
            return delta(at[0], a) * delta(at[1], b)
        case Neg(y):
            return -derivative(y)
        case Add(y, z):
            return derivative(y) + derivative(z)
        case Sub(y, z):
            return derivative(y) - derivative(z)
        case Mul(y, z):
            return derivative(y) * z + y * derivative(z)
        case Pow(y, 2):
            return 2 * y * derivative(y)
        case Apply(function=f, argument=y):
            outer = {"relu": y > 0, "abs": sign(y), "exp": exp(y), "sign": ZERO, "indicator": ZERO}
            return (outer[f.name] if f.name in outer else h.prime(y)) * derivative(y)
        case Larger(y, z):
            return (y > z) * derivative(y) + (z > y) * derivative(z)
        case Smaller(y, z):
            return (y < z) * derivative(y) + (z < y) * derivative(z)
        case Max(body):
            at = at_other(argmax(body, (k, 1, M)))
            return Sum(delta(k, at) * derivative(body), (k, 1, M))
        case Sum(body):
            return Sum(derivative(body), *one.ranges)
    return ZERO


# In numbers: loops, and how near the next kink is.


class Point:
    """Random numbers for all arrays; `near` is the distance to the nearest kink that was met."""

    def __init__(self, rng, sizes):
        self.sizes, self.near = sizes, math.inf
        draw = lambda *shape: rng.uniform(-2, 2, [sizes[n] for n in shape])  # noqa: E731
        self.arrays = {one: draw(*one.shape) for one in (X, Y, E, u)}
        self.arrays |= {one.array: rng.uniform(-2, 2) for one in (c, x)}
        self.arrays |= {p.array: rng.uniform(0.3, 2)}
        self.arrays |= {t.array: rng.integers(0, sizes[V], sizes[S])}

    def place(self, index, at):
        if isinstance(index, Position):
            return int(self.arrays[index.array][tuple(at[one] for one in index.indices)])
        return at[index] if not isinstance(index, int) else index - 1

    def step(self, y):
        self.near = min(self.near, abs(y))
        return 1.0 if y > 0 else 0.0

    def ordered(self, one, at):
        """The values over an index; how far the largest is from the next."""
        [index], [size] = one.indices, one.sizes
        values = [self.value(one.body, {**at, index: n}) for n in range(self.sizes[size])]
        first, second = sorted(values)[-1], sorted(values)[-2]
        self.near = min(self.near, first - second)
        return values

    def value(self, one, at):
        of = lambda part: self.value(part, at)  # noqa: E731
        match one:
            case Number(value):
                return float(value)
            case Dimension():
                return float(self.sizes[one])
            case Entry(array=array_, indices=()):
                return float(self.arrays[array_])
            case Entry(array=array_, indices=found):
                return float(self.arrays[array_][tuple(self.place(n, at) for n in found)])
            case Delta(y, z):
                return float(self.place(y, at) == self.place(z, at))
            case Neg(y):
                return -of(y)
            case Pow(y, n):
                return of(y) ** float(n)
            case Sum(body, found, sizes):
                axes = np.ndindex(*(self.sizes[n] for n in sizes))
                terms = ({**at, **dict(zip(found, place, strict=True))} for place in axes)
                return sum(self.value(body, more) for more in terms)
            case Max():
                return max(self.ordered(one, at))
            case OneHot(place=place):
                return float(int(np.argmax(self.ordered(one, at))) == self.place(place, at))
            case Apply(function=f, argument=y):
                return self.applied(f, of(y))
            case Larger(y, z):
                self.step(of(y) - of(z))
                return max(of(y), of(z))
            case Smaller(y, z):
                self.step(of(y) - of(z))
                return min(of(y), of(z))
            case Derivative(y):
                return self.measured(y, at)
        left, right = of(one.left), of(one.right)
        return {"Add": left + right, "Sub": left - right, "Mul": left * right,
                "Div": left / right if right else math.nan}[type(one).__name__]  # fmt: skip

    def applied(self, f, y):
        if f.name in ("relu", "abs", "sign", "indicator"):
            up = self.step(y)
            return {"relu": y * up, "abs": abs(y), "sign": 2 * up - 1, "indicator": up}[f.name]
        if f.name == "exp":
            return math.exp(y)
        return math.cos(y) if f.order else math.sin(y)

    def measured(self, one, at):
        """∂/∂X_ab by central differences."""
        entry, found = (at[a], at[b]), []
        for way in (1, -1, 2, -2):
            old = self.arrays[X][entry]
            self.arrays[X][entry] = old + way * STEP
            found.append(self.value(one, at))
            self.arrays[X][entry] = old
        return (8 * (found[0] - found[1]) - (found[2] - found[3])) / (12 * STEP)


def differs(before, after, rng, tries=25):
    """Whether the two differ somewhere that is not near a kink; None if all tries were near one."""
    compared = 0
    for n in range(tries):
        point = Point(rng, SIZES[n % 2])
        at = {index: int(rng.integers(point.sizes[size])) for index, size in SCOPE.items()}
        left, right = point.value(before, at), point.value(after, at)
        if point.near < NEAR or not math.isfinite(left - right):
            continue
        compared += 1
        if abs(left - right) > 1e-6 * (1 + abs(left)):
            return True
    return False if compared > 2 else None


def judged(before, after):
    try:
        return normal.judge(before, after, SCOPE, Definitions({}, before), Facts())
    except DerivationError as error:
        return str(error)


def pairs(rng, count):
    """(before, after, whether it is meant to be true, whether it is a derivative)."""
    for _ in range(count):
        before = after = line(rng, rng.choice([1, 1, 2]))
        derived = rng.random() < 0.5 and X in {*walk(before)}
        if derived:
            before, after = d(before, X[a, b]), derivative(before)
        for _ in range(rng.choice([1, 1, 2])):
            after = truly(rng, after)
        yield node(before), node(after), True, derived
        yield node(before), node(falsely(rng, after)), False, derived


def run(seed, count):
    """Counter of (meant to be true, proved, differs). Raises AssertionError for a false proof."""
    rng, numbers, seen = random.Random(seed), np.random.default_rng(seed), Counter()
    for before, after, true, derived in pairs(rng, count):
        found, wrong = judged(before, after), differs(before, after, numbers)
        shown = f"{before} = {after}"
        assert not (found is True and wrong), f"unsound: {shown}"
        assert not (true and wrong), f"the rewriting is wrong, or its numbers: {shown}"
        seen[true, found is True, wrong] += 1
        seen["derived"] += derived
        seen["pairs"] += 1
        if true and found is not True:
            seen["missed"] += 1
            MISSED.append(f"{shown}: {found}")
    return seen


MISSED = []


def test_nothing_false_is_proved_of_what_has_cases():
    seen = run(1, 60)
    assert seen[True, True, False] > 45, (seen, MISSED)
    assert seen[False, False, True] > 25, seen


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_nothing_false_is_proved_of_many(seed):
    seen = run(seed, 200)
    assert seen[True, True, False] > 150, (seen, MISSED)
    assert seen[False, False, True] > 100, seen


def test_a_false_rule_is_caught(monkeypatch):
    """With [−x > 0] = [x > 0] the fuzz fails."""
    wrong = lambda one: atoms.Polynomial.of(  # noqa: E731
        atoms.Indicator(max(one, one.scaled(-1), key=lambda side: side.write({})))
    )
    for module in (rules, normal):
        monkeypatch.setattr(module, "indicator", wrong)
    with pytest.raises(AssertionError, match="unsound"):
        run(5, 400)
