"""Plants mistakes in every line of every derivation of the book and counts what the checker says.

`python -m book.audit.mutants` (or `make mutants`) prints the table and writes it to mutants.json,
which the page "How this book is checked" reads; with names of chapters behind it, only these are
looked at, and nothing is written. A mistake that is accepted, a *survivor*, has to be no
mistake: the judge that writes every entry out must find both lines equal. Where it finds a
difference, the checker has accepted a wrong line, and that is what this module looks for.
"""

import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import fields, replace
from functools import partial
from itertools import chain
from operator import add, matmul, mul, neg, sub, truediv
from pathlib import Path
from typing import NamedTuple

import sympy
from backprop.derivation import (
    Derivation,
    Sum,
    d,
    delta,
    diag,
    direct,
    exp,
    inner,
    ones,
    outer,
    trace,
)
from backprop.derivation.errors import (
    DerivationError,
    HiddenDependence,
    NotProved,
    UncitedFact,
    VacuousStep,
    WrongStep,
)
from backprop.derivation.finding.derivatives import with_body
from backprop.derivation.judges import explicit
from backprop.derivation.judges.entries import Entries
from backprop.derivation.judges.work import WRITTEN_OUT, TooMuch, limited
from backprop.derivation.language import arrays as makers
from backprop.derivation.language.algebra import (
    Add,
    Div,
    MatMul,
    Mul,
    Neg,
    Over,
    Pow,
    Sub,
    Transpose,
)
from backprop.derivation.language.arrays import Array, Delta, Derivative, Direct, Entry, Gradient
from backprop.derivation.language.chosen import Max, OneHot
from backprop.derivation.language.computed import Computed
from backprop.derivation.language.functions import Apply, Function, Known
from backprop.derivation.language.kinks import Larger, Smaller
from backprop.derivation.language.matrices import Inner, Inverse, OfMatrix, Trace
from backprop.derivation.language.shifted import Shifted, moved
from backprop.derivation.language.vectors import Diag, Ones, Outer
from backprop.derivation.nodes import Dimension, Index, Node, Number, entry, node
from backprop.derivation.premises.hypotheses import Hypothesis, RowSum
from backprop.derivation.premises.scope import arrays_in, with_computed
from backprop.derivation.printing.page import named

from ..chapters.chapter import Chapter, derived, names

FILE = Path(__file__).with_name("mutants.json")

# How a mistake may end. The true ones among them are none; those of "failed" were overlooked.
ILL_FORMED, WRONG, UNCITED, HIDDEN = "ill-formed", "wrong", "fact not cited", "hidden dependence"
VACUOUS, UNPROVED, EQUAL = "says nothing new", "true, but not proved", "accepted, and equal"
UNDECIDED, UNSOUND, UNSURE, CRASHED = (
    "undecided",
    "accepted, but wrong",
    "accepted, unsure",
    "crashed",
)
TRUE, FAULTS = (EQUAL, VACUOUS, UNPROVED), (UNSOUND, UNSURE, CRASHED)
COLUMNS = {
    "ill-formed": (ILL_FORMED,),
    "wrong": (WRONG,),
    "uncited": (UNCITED, HIDDEN),
    "undecided": (UNDECIDED,),
    "true": TRUE,
    "failed": FAULTS,
}
REFUSED = ILL_FORMED, WRONG, UNCITED, HIDDEN, UNDECIDED


class Around(NamedTuple):
    """What may stand in a line: its indices, and the arrays and sizes of the whole derivation."""

    indices: tuple
    arrays: list
    sizes: list

    def others(self, array):
        """The other arrays of the same shape."""
        return [one for one in self.arrays if one.shape == array.shape and one != array]


# The kinds of mistake: each rule looks at one node and yields (function, its arguments …), which
# make what is put in its place. They are called later, since they may raise an error.


def sign(part, around):
    match part:
        case Add(x, y):
            yield sub, x, y
        case Sub(x, y):
            yield add, x, y
        case Neg(x):
            yield same, x
        case Number():
            yield neg, part


def term(part, around):
    match part:
        case Add(x, y) | Sub(x, y):
            yield same, x
            yield (same if isinstance(part, Add) else neg), y


def factor(part, around):
    match part:
        case Mul(x, y) | MatMul(x, y):
            yield same, x
            yield same, y
        case Div(x, y) if not isinstance(y, Dimension):
            yield same, x
            yield truediv, 1, y


def one_over_S(part, around):
    match part:
        case Div(x, Dimension() as size):
            yield same, x
            yield mul, x, size
            yield truediv, part, size
        case Sum(sizes=[size, *_]):
            yield truediv, part, size


def number(part, around):
    match part:
        case Number(value) if value.is_Rational:
            yield Number, value + 1
        case Dimension():
            yield from ((same, size) for size in around.sizes if size != part)


def sigma(part, around):
    """A Σ dropped, so that its index is left over, or stuck at 1; or a Σ too many."""
    match part:
        case Sum(body):
            ranges = ranges_of(part)
            for one in ranges:
                rest = [other for other in ranges if other != one]
                yield total, body, rest
                yield total, renamed(body, {one[0]: 1}), rest
            yield total, body, [*ranges, (Index.fresh("n"), 1, part.sizes[0])]


def index(part, around):
    match part:
        case Entry(_, indices):
            yield from ((Entry, part.array, new) for new in swapped(indices, around.indices))
            yield from ((Entry, part.array, new) for new in shifted(indices))
        case Delta(i, j):
            yield from ((delta, *new) for new in swapped((i, j), around.indices))
            yield from ((delta, *new) for new in shifted((i, j)))


def shifted(places):
    """The places with one that is off by one, or in which an index has the other sign."""
    for n, place in enumerate(places):
        if isinstance(place, Shifted):
            turned = (moved(place, {letter: -1 * letter}) for letter in place.letters)
            for new in (place + 1, place - 1, *turned):
                yield (*places[:n], new, *places[n + 1 :])


def size_of_sum(part, around):
    match part:
        case Sum(body, _, sizes):
            for new in swapped(sizes, around.sizes):
                yield total, body, [(i, 1, n) for i, n in zip(part.indices, new, strict=True)]
        case Ones(shape):
            yield from ((ones, *new) for new in swapped(shape, around.sizes))


def kronecker(part, around):
    match part:
        case Delta():
            yield same, node(1)
        case Diag(v):
            yield same, v
            yield outer, v, ones(*v.shape)


def transpose(part, around):
    if isinstance(part, Transpose):
        yield same, part.operand
    elif len(part.shape) == 2:
        yield Transpose, part


def inverted(part, around):
    """The matrix itself for its inverse; in a trace, a factor transposed."""
    match part:
        case Inverse(of=matrix):
            yield same, matrix
        case Entry(Inverse(of=matrix), indices):
            yield Entry, matrix, indices
        case Trace(MatMul(x, y)) if x.shape == y.shape:
            yield trace, MatMul(x, Transpose(y))


def hadamard(part, around):
    """⊙ for a matrix product and back, ⊘ for ⊙ and back."""
    match part:
        case MatMul(x, y) | Outer(x, y):
            yield mul, x, y
        case Mul(x, y):
            yield truediv, x, y
            if x.shape and y.shape:
                yield matmul, x, y
        case Div(x, y):
            yield mul, x, y
            if x.shape and y.shape:
                yield matmul, x, y


def operands(part, around):
    match part:
        case MatMul(x, y) | Outer(x, y):
            yield type(part), y, x
        case Sub(x, y):
            yield sub, y, x
        case Div(x, y) if not isinstance(y, Dimension):
            yield truediv, y, x


def exponent(part, around):
    match part:
        case Pow(base, n):
            yield from ((pow, base, n + step) for step in (1, -1))
        case Entry() | Apply() | Sum() | Derivative() if not part.shape:
            yield pow, part, 2
            yield truediv, 1, part


def function(part, around):
    """A prime too many or too few; a known function dropped; the other branch at a kink."""
    match part:
        case Apply(Known() as known, x):
            yield same, x
            if known.kink:
                yield Apply, known, -x
        case Larger(x, y):
            yield Smaller, x, y
        case Smaller(x, y):
            yield Larger, x, y
        case Apply(Function(name, order), x):
            yield Apply, Function(name, order + 1), x
            if order:
                yield Apply, Function(name, order - 1), x


def array(part, around):
    match part:
        case Entry(one, indices):
            yield from ((Entry, other, indices) for other in around.others(one))
        case Array():
            yield from ((same, other) for other in around.others(part))


KINDS = {
    "a sign": sign,
    "a term": term,
    "a factor": factor,
    "1/S": one_over_S,
    "a number or size": number,
    "a Σ": sigma,
    "the range of a Σ": size_of_sum,
    "a δ or diag": kronecker,
    "an index": index,
    "a transpose": transpose,
    "an inverse": inverted,
    "⊙, ⊘ or @": hadamard,
    "operands swapped": operands,
    "an exponent": exponent,
    "a prime, exp or log": function,
    "another array": array,
}


def same(part):
    return part


def total(body, ranges):
    return Sum(body, *ranges) if ranges else body


def ranges_of(part):
    return [(i, 1, n) for i, n in zip(part.indices, part.sizes, strict=True)]


def swapped(given, choices):
    """The tuple with one of its members replaced, in all ways."""
    for place, old in enumerate(given):
        for new in choices:
            if new != old:
                yield (*given[:place], new, *given[place + 1 :])


# Rebuilding: an expression with something else in one place, or in many.


def places(part):
    """The names of the fields in which expressions stand."""
    if isinstance(part, Array | Entry | Dimension):
        return []
    return [field.name for field in fields(part) if isinstance(getattr(part, field.name), Node)]


def put(part, place, new):
    """The node with something else in one place, built as an author builds it."""
    match part:
        case Over():
            return with_body(part, new, ranges_of(part))
        case Outer() | Diag() | Derivative() | Direct() | Trace() | Inner():
            build = {Outer: outer, Diag: diag, Derivative: d, Direct: direct}
            build = (build | {Trace: trace, Inner: inner})[type(part)]
            return build(*(new if at == place else getattr(part, at) for at in places(part)))
    return replace(part, **{place: new})


def rewritten(part, change):
    """The expression with each node replaced for which `change` has something else."""
    if (new := change(part)) is not None:
        return new
    for place in places(part):
        part = put(part, place, rewritten(getattr(part, place), change))
    return part


def renamed(part, names):
    """The expression with other indices, {old: new}."""

    def change(node):
        match node:
            case Entry(array, indices):
                return Entry(array, tuple(moved(i, names) for i in indices))
            case Delta(i, j):
                return Delta(moved(i, names), moved(j, names))
            case OneHot(place=at):
                inner = Max(renamed(node.body, names), *ranges_of(node))
                return OneHot(inner, moved(at, names))

    return rewritten(part, change)


def mutants(part, around):
    """(kind, build) for every mistake at this node or inside it; build() makes the new line."""
    for kind, rule in KINDS.items():
        for make, *arguments in rule(part, around):
            yield kind, lambda make=make, arguments=arguments: make(*arguments)
    inner = (*around.indices, *(part.indices if isinstance(part, Over) else ()))
    for place in places(part):
        for kind, build in mutants(getattr(part, place), around._replace(indices=inner)):
            yield kind, lambda place=place, build=build: put(part, place, build())


def different(expression, around):
    """(kind, new expression, or the error that it raised) for every mistake, each once."""
    seen = {expression}
    for kind, build in [("a sign", lambda: -expression), *mutants(expression, around)]:
        try:
            new = build()
        except Exception as error:
            yield kind, error
            continue
        if new not in seen:
            seen.add(new)
            yield kind, new


# What the checker says to it.


class Mistake(NamedTuple):
    """One mistake: attempt(new) has the checker look at it, holds(new) asks the other judge."""

    kind: str
    where: str
    new: object
    attempt: Callable
    holds: Callable

    @property
    def planted(self):
        """What was planted, or why it could not be, as text."""
        return " and ".join(map(named, self.new)) if isinstance(self.new, tuple) else str(self.new)

    def outcome(self):
        """What comes of it, one of OUTCOMES."""
        try:
            if isinstance(self.new, Exception):
                raise self.new
            self.attempt(self.new)
        except VacuousStep:
            return VACUOUS
        except NotProved:
            return UNPROVED if self.holds(self.new) else UNDECIDED
        except UncitedFact:
            return UNCITED
        except WrongStep:
            return WRONG
        except HiddenDependence:
            return HIDDEN
        except DerivationError:
            return ILL_FORMED
        except Exception:  # a mistake that dies of anything else proves nothing
            return CRASHED
        return {True: EQUAL, False: UNSOUND, None: UNSURE}[self.holds(self.new)]


def in_lines(derivation):
    """Every mistake in every line, tried behind the line above with what the line cites."""
    for k, step in enumerate(derivation.steps):
        indices = () if step.expression.shape else tuple(derivation.scope)
        judges = partial(plant, derivation, k, step.using), partial(holds, derivation, k)
        for kind, new in different(step.expression, Around(indices, *surroundings(derivation))):
            yield Mistake(kind, f"line {k + 1}", new, *judges)


def plant(derivation, k, using, expression):
    """Try an expression for line k. Raises DerivationError if it is refused."""
    made = copy(derivation)
    made.steps = derivation.steps[:k]
    made.line(expression, "planted", using, derivation.steps[k].how)


def holds(derivation, k, expression):
    """Whether line k may be this by the judge that writes every entry out, at two shapes.

    All definitions count, cited or not. False if numbers refute it, or if it divides by 0; None if
    it can't be seen, or would be too much work. Where it would be at these shapes, or a definition
    has no value there, others are tried.
    """
    above = derivation.steps[k - 1].expression if k else derivation.target
    sides = [entry(side, *derivation.scope) for side in (above, expression)]
    assumed = derivation.steps[k].facts.hypotheses
    divides = False
    for shapes in (derivation.shapes, *smaller(derivation.shapes[0])):
        found = []
        for sizes in shapes:
            table, refused = Entries(sizes, derivation.definitions), False
            try:
                with limited(WRITTEN_OUT):
                    one = explicit.judge(*sides, derivation.scope, table, assumed)
            except TooMuch:
                continue
            except DerivationError:
                refused = True
            if no_value(table):  # a window that lies outside is 0, say, and is divided by
                divides = True
            elif refused:
                return False
            else:
                found.append(one)
        if any(one and one.values for one in found):
            return False
        if found:
            return None if any(found) else True
    return False if divides else None


def no_value(table):
    """Whether a definition divides by 0 at one of the entries that were looked at."""
    bodies = map(table.body, [*table.source])
    return any(body is not None and body.has(sympy.zoo, sympy.nan) for body in bodies)


def smaller(shape):
    """Shapes of 1s and 2s, for what is too long, or has no value, at larger ones.

    Two in turn; then those in which one size is 1, such as a padding narrower than the window.
    """
    free = [size for size in shape if not isinstance(size, Computed)]
    made = [{size: 1 + (n + first) % 2 for n, size in enumerate(free)} for first in (0, 1)]
    alone = [{size: 2 - (size == one) for size in free} for one in free]
    return [[with_computed(one, shape) for one in some] for some in (made, alone)]


def surroundings(derivation):
    """All arrays and all sizes of a derivation, in a fixed order."""
    parts = [derivation.target, *derivation.definitions.sides]
    parts += [step.expression for step in derivation.steps]
    return sorted(set().union(*map(arrays_in, parts)), key=str), [*derivation.shapes[0]]


def in_definitions(derivation):
    """Every mistake in a definition that a line cites: then a line as it is has to be refused.

    Some lines hold with the wrong definition as well: ∂L/∂W is the same without the bias.
    """
    cited = set().union(*(step.facts.arrays for step in derivation.steps))
    for array in sorted(cited, key=str):
        if isinstance(array, OfMatrix):  # which nobody defines
            continue
        one = derivation.definitions[array]
        indices = one.left.indices if isinstance(one.left, Entry) else ()
        judges = [partial(judge, derivation, one.left) for judge in (redefine, holds_redefined)]
        for kind, new in different(one.right, Around(indices, *surroundings(derivation))):
            yield Mistake(kind, str(one.left), new, *judges)


def redefined(derivation, left, right):
    """{left-hand side: right-hand side} of all definitions, with another one for `left`."""
    return {**dict(pairs(derivation)), left: right}


def redefine(derivation, left, right):
    """The same lines by another definition. Raises DerivationError where one is refused."""
    define = redefined(derivation, left, right)
    made = Derivation(derivation.target, define, derivation.sizes)
    for step in derivation.steps:
        cited = (redefine(f, left, right) if isinstance(f, Derivation) else f for f in step.using)
        made.line(step.expression, step.reason, tuple(cited), step.how)
    return made


def holds_redefined(derivation, left, right):
    """What the other judge says of all lines by another definition: True, False or None."""
    define = redefined(derivation, left, right)
    made = Derivation(derivation.target, define, derivation.sizes)
    made.steps = derivation.steps
    found = {holds(made, k, step.expression) for k, step in enumerate(made.steps)}
    return False if False in found else None if None in found else True


def in_hypotheses(derivation):
    """Every hypothesis replaced: by none, by that of another array; sums of 1 by 2, by columns."""
    for k, step in enumerate(derivation.steps):
        for fact in (one for one in step.using if isinstance(one, Hypothesis)):
            for kind, other, assumed in replacements(derivation, fact):
                rest = tuple(one for one in other.steps[k].using if one != fact)
                yield Mistake(
                    kind, f"line {k + 1}", assumed, partial(cite, other, k, rest), unknown
                )


def cite(derivation, k, facts, more):
    """Try line k with other facts. Raises DerivationError if it is refused."""
    plant(derivation, k, (*facts, *more), derivation.steps[k].expression)


def in_losses(derivation):
    """Something made of the loss, such as L², in which the loss is taken for a constant, or worse.

    The true line, 2 L ∂L/∂W, has to be accepted first: an open loss is a function of the rest.
    """
    target = derivation.loss_and_variable
    if not target or target[0] in derivation.definitions or not derivation.proved:
        return
    loss, made_of = Entry(target[0], ()), makers.loss("J'")
    for formula, slope in [(loss * loss, 2 * loss), (exp(loss), exp(loss)), (3 * loss, node(3))]:
        known = redefine(derivation, made_of, formula)
        other = Derivation(made_of_it(known.target, loss, made_of), dict(pairs(known)))
        other.line(slope * known.last, "the chain rule", using=(made_of, known))
        judges = partial(plant, other, 0, (made_of,)), partial(holds, other, 0)
        yield Mistake("a loss as a constant", "made of the loss", 0 * known.last, *judges)
        cited = partial(plant, other, 0, (made_of, known)), partial(holds, other, 0)
        yield Mistake("a factor", "made of the loss", 5 * known.last, *cited)


def made_of_it(target, loss, made_of):
    """∂J/∂W for ∂L/∂W."""
    match target:
        case Gradient(of=variable):
            return makers.gradient(variable, made_of)
    return d(made_of, target.by)


def pairs(derivation):
    """(left-hand side, right-hand side) of all definitions."""
    return ((one.left, one.right) for one in derivation.definitions.values())


def unknown(facts):
    """Whether a line holds all the same is not asked of another hypothesis."""


def replacements(derivation, fact):
    """(kind, derivation, what is cited in place of the hypothesis)."""
    array, turned = fact.array, Array(fact.array.name + "'", fact.array.shape[::-1])
    arrays, _ = surroundings(derivation)
    yield "no hypothesis", derivation, ()
    if not isinstance(fact, RowSum):
        for other in Around((), arrays, []).others(array):
            if other not in derivation.definitions:
                yield "of another array", derivation, (replace(fact, array=other),)
        return
    yield "rows that sum to 2", derivation, (RowSum(array, 2),)
    yield "columns for rows", turned_over(derivation, array, turned), (RowSum(turned),)
    for other in Around((), arrays, []).others(array):
        if other not in derivation.definitions:
            yield "rows of another array", derivation, (RowSum(other),)


def turned_over(derivation, array, turned):
    """The derivation with T'_ji for T_ij everywhere: rows of T' are columns of T. Not judged."""

    def change(node):
        match node:
            case Entry(one, (i, j)) if one == array:
                return Entry(turned, (j, i))
            case Array() if node == array:
                return turned.T

    def again(fact):
        return turned_over(fact, array, turned) if isinstance(fact, Derivation) else fact

    new = partial(rewritten, change=change)
    define = {left: new(right) for left, right in pairs(derivation)}
    made = Derivation(new(derivation.target), define, derivation.sizes)
    for step in derivation.steps:
        using = tuple(map(again, step.using))
        made.steps.append(replace(step, expression=new(step.expression), using=using))
    return made


# All of them, counted.

PLANTED = {
    "lines": in_lines,
    "definitions": in_definitions,
    "hypotheses": in_hypotheses,
    "losses": in_losses,
}


def derivations():
    """[(chapter, variable)] of all derivations of the book."""
    return [(chapter, name) for chapter, found in derived().items() for name in found]


def trials(where):
    """[(chapter, variable, place, kind, where, planted, outcome)] for one derivation and place."""
    chapter, name, place = where
    return [
        (*where, one.kind, one.where, one.planted, one.outcome())
        for one in PLANTED[place](Chapter.read(chapter).derivations[name])
    ]


def fingerprint():
    """What the counts belong to, as one number: all definitions, all lines and what they cite.

    In which chapter a derivation stands, and in which order, makes no difference.
    """
    all_ = (Chapter.read(chapter).derivations[name] for chapter, name in derivations())
    spelled = sorted("\n".join(spell(derivation)) for derivation in all_)
    return hashlib.sha256("\n".join(spelled).encode()).hexdigest()


def spell(derivation):
    """Its definitions, its target and its lines as text, one after the other."""
    yield from map(str, [*derivation.definitions.sides, derivation.target])
    for step in derivation.steps:
        yield f"{step.expression} {step.how} {', '.join(map(named, step.using))}"


def summary(found):
    """What is kept in mutants.json: the counts, the survivors in lines, and all faults."""
    counts = {place: defaultdict(Counter) for place in PLANTED}
    for _, _, place, kind, *_, outcome in found:
        counts[place][kind][outcome] += 1
    steps = [len(Chapter.read(chapter).derivations[name].steps) for chapter, name in derivations()]
    return {
        "fingerprint": fingerprint(),
        "derivations": len(steps),
        "lines": sum(steps),
        "counts": counts,
        "survivors": [one for one in found if one[2] == "lines" and one[-1] == EQUAL],
        "faults": [one for one in found if one[-1] in FAULTS],
    }


def merged(before, now, places):
    """The counts of these places from now, and all else as it was, if it is of the same lines."""
    if before["fingerprint"] != now["fingerprint"]:
        raise SystemExit("the derivations have changed: plant all mistakes again")
    counts = {place: now["counts"][place] for place in places}
    faults = [one for one in before["faults"] if one[2] not in places] + now["faults"]
    survivors = now["survivors"] if "lines" in places else before["survivors"]
    return before | {
        "counts": before["counts"] | counts, "faults": faults, "survivors": survivors
    }  # fmt: skip


def rows(counts):
    """(kind, Counter of outcomes) of every kind of mistake, and the total."""
    order = [*KINDS, *counts]  # the order in which they stand above
    yield from ((kind, Counter(counts[kind])) for kind in sorted(counts, key=order.index))
    yield "all", sum(map(Counter, counts.values()), Counter())


def table(counts):
    """{kind: {outcome: number}} as text: a row for every kind of mistake, and a total."""
    lines = [f"{'':22}planted  " + "  ".join(COLUMNS)]
    for kind, ends in rows(counts):
        cells = {name: sum(ends[one] for one in group) for name, group in COLUMNS.items()}
        numbers = "  ".join(f"{number:>{len(name)}}" for name, number in cells.items())
        lines.append(f"{kind:22}{ends.total():7}  {numbers}")
    return "\n".join(lines)


def rate(counts):
    """(refused, all) of the mistakes that make something wrong, in {kind: {outcome: number}}."""
    *_, (_, ends) = rows(counts)
    refused = sum(ends[one] for one in REFUSED)
    return refused, refused + sum(ends[one] for one in FAULTS)


def main(chosen=()):
    """Plant all mistakes, write mutants.json, print the counts; True if the checker failed once.

    With places, such as "losses", only those are planted, and the other counts are kept. With
    chapters, such as "attention", only theirs are, and nothing is written.
    """
    chapters = [one for one in chosen if one in names()]
    places = [one for one in chosen if one not in chapters]
    if unknown_ := {*places} - {*PLANTED}:
        raise SystemExit(f"no chapter and no place: {', '.join(sorted(unknown_))}")
    wanted = [which for which in derivations() if not chapters or which[0] in chapters]
    kept = summary(planted([(*which, place) for which in wanted for place in places or PLANTED]))
    if places and not chapters:
        kept = merged(json.loads(FILE.read_text("utf-8")), kept, places)
    if not chapters:
        FILE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
    for place, counts in kept["counts"].items():
        refused, wrong = rate(counts)
        print(f"In {place}: {refused} of {wrong} wrong ones are refused.\n{table(counts)}\n")
    for one in kept["faults"]:
        print(*one, sep=": ")
    return bool(kept["faults"])


def planted(tasks):
    """What came of all mistakes, (chapter, variable, place) each, on all cores."""
    from concurrent.futures import ProcessPoolExecutor  # absent where a page runs this module

    with ProcessPoolExecutor() as pool:
        return [*chain(*pool.map(trials, tasks))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
