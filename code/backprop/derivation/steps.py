"""A derivation: a chain of lines, each compared with the one above it before it is accepted."""

from dataclasses import dataclass
from functools import cache, partial

from . import citing
from .errors import (
    DerivationError,
    HiddenDependence,
    NotProved,
    UncitedFact,
    UnusedFact,
    VacuousStep,
    WrongStep,
    shortened,
)
from .hints import hints
from .judges import explicit, normal
from .judges.entries import Entries
from .judges.rules import at_kinks_too
from .judges.work import WRITTEN_OUT, TooMuch, limited
from .language.arrays import Array, Delta, Derivative, Entry, Gradient, gradient
from .language.computed import Computed
from .language.kinks import kink
from .language.matrices import Inverse, matrices_of
from .nodes import Index, axes, entry, node, walk
from .premises.admission import admit, admit_target
from .premises.claims import Claim, earlier
from .premises.conditions import needed
from .premises.definitions import Definitions
from .premises.facts import Facts, Result, chain_rule
from .premises.hypotheses import check_together, fulfilled
from .premises.ranges import outside
from .premises.scope import arrays_in, free_indices, shapes_of
from .printing import as_numpy, page
from .printing.printer import latex, text
from .printing.typed import typed

TOO_DEEP = "the line is too deep to be compared: put a smaller step in between"
PROOF, ENTRIES, NUMBERS = "proof", "entries", "numbers"


@dataclass(frozen=True)
class Step:
    """One accepted line: the expression that is printed is the object that was judged."""

    expression: object
    reason: str
    using: tuple
    facts: Facts
    where: tuple
    how: str
    checked: str


class Derivation:
    """Lines that all equal `target`, each with its reason, judged one by one.

    `target` is a scalar with indices such as d(L, W[a, b]), or a whole array such as d(L, W);
    `define` says what arrays are, {Y[i, j]: …} or {Y: …}. An L that is not defined is any function
    of the arrays that are defined last. `sizes`, such as {S: 2, M: 3, N: 4}, is the shape at which
    a wrong line is shown to be wrong; without it one is chosen. Raises DerivationError, ShapeError
    or HiddenDependence. Source: chapter "Notation".
    """

    def __init__(self, target, define=None, sizes=None):
        self.target = node(target)
        self.definitions = Definitions(define, self.target)
        self.steps, self.sizes = [], sizes
        self.shapes = shapes_of([*self.definitions.sides, self.target], sizes)
        scope = admit_target(self.target, self.definitions, self.shapes)
        if self.loss_and_variable:
            self.definitions.check_loss(*self.loss_and_variable)
        shape = self.target.shape
        self.scope = dict(zip(axes(shape), shape, strict=True)) or scope

    def __setattr__(self, name, value):
        if name != "steps" and name in vars(self):
            raise DerivationError(f"{name} is fixed when a derivation begins: begin another one")
        super().__setattr__(name, value)

    def line(self, expression, reason=None, using=(), how=PROOF):
        """Add a line that equals the one above, at every entry. Returns the derivation.

        `using` is the fact that the line needs, or a tuple of them: a defined array (its
        definition), chain_rule, a hypothesis, a finished derivation (its result). By `auto`,
        definitions and the chain rule are looked for, and what was found is printed. `how` is
        "proof" for all shapes, or less: "entries" for two explicit shapes, "numbers" for a test.
        Raises WrongStep, NotProved, UncitedFact, UnusedFact, ShapeError or another DerivationError,
        and adds nothing then.
        """
        expression, using = node(expression), citing.cited(using)
        page.check_reason(reason)
        try:
            self.steps.append(self._step(expression, reason, using, how))
        except DerivationError as error:
            error.refused_by(partial(page.as_refused, self, expression, reason))
            error.say_typed(typed(expression, 4))
            raise
        return self

    def _step(self, expression, reason, using, how):
        """The Step that this line is, if it holds."""
        looked_for = any(one is citing.auto for one in using)
        if looked_for:
            using = self._found(expression, tuple(one for one in using if one is not citing.auto))
        facts = self._facts(using)
        if not isinstance(how, str) or how not in (PROOF, ENTRIES, NUMBERS):
            raise DerivationError(f"how is {PROOF!r}, {ENTRIES!r} or {NUMBERS!r}, got {how!r}")
        show = page.in_steps(self, latex)
        if show(expression) == show(self.last):
            raise VacuousStep(f"the line says the same as the one above it: {expression}")
        admit(expression, self, facts.hypotheses)
        if how == ENTRIES and any(one.numeric for one in facts.hypotheses):
            raise DerivationError(
                "how='entries' compares all numbers at a shape, and a hypothesis on matrices has "
                "examples only: how='numbers' tests the line with them"
            )
        checked = self._judge(expression, reason, using, facts, how)
        said = [one for step in self.steps for one in step.where]
        exact = how == PROOF and self._holds_at_kinks(expression, facts)
        where = needed(self.last, expression, facts, self.definitions, said, exact)
        self._check_kinks(where, facts)
        if looked_for:
            print(f"step {len(self.steps) + 1}: {citing.as_typed(using) if using else 'no facts'}")
        return Step(expression, reason, using, facts, where, how, checked)

    def _found(self, expression, given):
        """What the line may cite so that it holds, with what is given."""
        admit(expression, self, self._facts(given).hypotheses)
        return citing.found(given, self._named_in_code(expression), self._holds_by(expression))

    def _named_in_code(self, expression):
        """What a line may cite, as an author does: of the defined arrays a scalar is an entry."""
        return [in_code(one) for one in self._citable(expression) if one is not chain_rule]

    def _holds_by(self, expression):
        return lambda facts: self._holds(expression, self._facts(tuple(facts)))

    @property
    def last(self):
        """The last accepted line, or the target."""
        return self.steps[-1].expression if self.steps else self.target

    @property
    def proved(self):
        """Whether there are lines, and all of them are proved for all shapes."""
        return bool(self.steps) and all(step.how == PROOF for step in self.steps)

    @property
    def hypotheses(self):
        """All that the lines assume, each once."""
        found = [one for step in self.steps for one in step.facts.hypotheses]
        return tuple(dict.fromkeys(found))

    @property
    def loss_and_variable(self):
        """(L, W) if the target is ∂L/∂W or one of its entries, else ()."""
        match self.target:
            case Gradient(of=variable, loss=loss):
                return loss, variable
            case Derivative(Entry(loss, ()), Entry(variable)) if loss != variable:
                return (loss, variable) if self.definitions.reach(loss, variable) else ()
        return ()

    @property
    def whole(self):
        """The target without its indices, ∂L/∂W for ∂L/∂W_ab; None if it has no such name."""
        match self.target:
            case Entry(whole, indices):
                pass
            case Derivative(Entry(_, ()) as of, Entry(variable, indices)):
                whole = gradient(variable, of) if indices else None
            case Derivative(Entry(array, rows), Entry(variable, columns)):
                whole, indices = Derivative(array, variable), rows + columns
            case _:
                return self.target if self.target.shape else None
        plain = all(isinstance(index, Index) for index in indices)
        return whole if indices and plain and len(indices) == len(self.scope) else None

    @property
    def through(self):
        """The arrays by which the chain rule leads from an opaque loss to the target."""
        if not self.loss_and_variable:
            return []
        loss, variable = self.loss_and_variable
        last = self.definitions.last() if self.definitions.open_in(loss) else []
        return [array for array in last if self.definitions.leads(array, variable)]

    @property
    def outside(self):
        """The entries in lines and definitions that are not shown to be on their axes."""
        found = [one for side in self.lines for one in outside(side, self.scope)]
        for one in self.definitions.values():
            scope = dict(zip(one.indices, one.array.shape, strict=True))
            found += outside(one.body, scope)
        return found

    @property
    def computed(self):
        """The sizes that are computed from others."""
        return [size for size in self.shapes[0] if isinstance(size, Computed)]

    @property
    def lines(self):
        """The target and the accepted lines."""
        return [self.target, *(step.expression for step in self.steps)]

    def numpy(self):
        """The last line as a function of NumPy arrays, dW(dY, X); its text is in `.source`.

        Its arguments are the letters of the line, dY for ∂L/∂Y, and h and dh for a function h and
        its derivative. Raises DerivationError if there is no line, or one that has no numbers.
        """
        if not self.steps:
            raise DerivationError(f"{self.target} has no line yet that could be computed")
        return as_numpy.function(self)

    def _facts(self, using):
        cited = (
            Result.of(fact, self.definitions) if isinstance(fact, Derivation) else fact
            for fact in using
        )  # fmt: skip
        facts = Facts.of(cited, self.definitions)
        check_together(tuple(dict.fromkeys([*self.hypotheses, *facts.hypotheses])))
        return facts

    def _shapes(self, facts):
        """The shapes, at each of which there are numbers that fulfill what is assumed."""
        assumed = [*self.hypotheses, *facts.hypotheses]
        return [fulfilled(sizes, assumed) for sizes in self.shapes]

    def _judge(self, expression, reason, using, facts, how):
        """The words that say how the line was checked. Raises DerivationError if it was refused."""
        number = len(self.steps) + 1
        refuted = cache(lambda: self._refuted(expression, facts))
        proved, too_large = False, ""
        if how == PROOF:
            proved, too_large = self._proved(expression, facts, refuted=refuted)
        if proved:
            for fact in using:
                if self._holds(expression, self._facts(tuple(f for f in using if f is not fact))):
                    rest = citing.least(using, self._holds_by(expression))
                    enough = f"\n  enough: {citing.as_typed(rest) if rest else 'no facts'}"
                    raise UnusedFact(
                        f"step {number} holds without {page.named(fact)}: {reason}{enough}"
                    )
            shape = self._used(self.shapes[0], expression)
            return normal.WORDS if shape else "proved"
        seek = how == PROOF and not refuted()
        if seek and (
            missing := self._missing(expression, facts)
        ):  # then the line is true, and a counterexample would be sought in vain
            raise self._uncited(missing, using, expression, reason)
        found, stopped = self._search(expression, reason, facts, how)
        shapes = [self._used(sizes, expression) for sizes in self._shapes(facts)]
        if how == NUMBERS and not stopped and (not found or found.tested):
            return explicit.words("tested numerically only", shapes)
        if how == ENTRIES and not stopped and not found:
            return explicit.words("proved exactly", shapes)
        if not seek and (missing := self._missing(expression, facts)):
            raise self._uncited(missing, using, expression, reason)
        rest = f"\n  left over: {shortened(str(found.residual))}" if found else ""
        rest += f"\n  {too_large or stopped}" if too_large or stopped else ""
        hint = self._may_depend(expression) + at_once(facts)
        raise NotProved(f"step {number} is not proved: {reason}{rest}{hint}")

    def _proved(self, expression, facts, **hints):
        """(whether the line is proved for all shapes, why that was given up or "")."""
        try:
            with limited():
                return self._equal(expression, facts, **hints), ""
        except (TooMuch, RecursionError) as error:
            return False, too_much(error)

    def _refuted(self, expression, facts):
        """Whether numbers show at once that the line is wrong: then no definition is missing."""
        entries = Entries(self._shapes(facts)[0], self.definitions)
        sides = self._entry(expression)
        try:
            with limited(WRITTEN_OUT):
                return explicit.clearly_differ(*sides, self.scope, entries, facts.hypotheses)
        except (DerivationError, RecursionError):
            return False

    def _search(self, expression, reason, facts, how):
        """(Difference or None, why it was given up or "") at the shapes. Raises WrongStep."""
        found = None
        try:
            with limited(WRITTEN_OUT):
                for sizes in self._shapes(facts):
                    found = self._compare(expression, facts, sizes)
                    if found and found.values:
                        raise self._wrong(expression, reason, facts, sizes, found)
                    if found and (how == ENTRIES or not found.tested):
                        break
        except (TooMuch, RecursionError) as error:
            return found, too_much(error)
        return found, ""

    def _wrong(self, expression, reason, facts, sizes, found):
        show = page.in_steps(self, text)
        sides, used = (show(self.last), show(expression)), self._used(sizes, expression)
        hint = hints(self, expression, facts, used, found.values) + self._may_depend(expression)
        return WrongStep(len(self.steps) + 1, reason, *sides, used, found, hint)

    def least_facts(self, expression, facts):
        """The least definitions by which another line would hold, with these facts; None if none.

        They are as they would be cited; what a line cites already is not among them.
        """
        if self._holds(expression, facts):
            return ()
        missing = self._missing(expression, facts)
        return tuple(map(in_code, missing)) or None

    def _may_depend(self, expression):
        """A sentence on the arrays of which a line forgets that an open loss may depend on them."""
        if not self.loss_and_variable:
            return ""
        loss, variable = self.loss_and_variable
        of = {part.of for part in arrays_in(expression) if isinstance(part, Gradient)}
        idle = [str(array) for array in self.through if array not in of]
        if not of & {*self.through} or not idle:
            return ""
        open_loss = self.definitions.open_in(loss)[0]
        return (
            f"\n  {open_loss}, which is not defined, is any function of what is defined last "
            f"({' and '.join(map(str, self.through))}): it may also depend on {' and '.join(idle)}"
            ". If that is only a shorthand, write its formula in its place"
        )

    def _equal(self, expression, facts, **hints):
        """Whether the next line equals the last one for all shapes, by these facts."""
        sides = self._entry(expression)
        return normal.judge(*sides, self.scope, self.definitions, facts, **hints)

    def _holds(self, expression, facts):
        """The same for other facts than the line cites: they may leave a dependence hidden."""
        try:
            return self._proved(expression, facts, quickly=True)[0]
        except HiddenDependence:
            return False

    def _holds_at_kinks(self, expression, facts):
        """Whether a line with a kink in it is proved also where that is."""
        if not any(kink(part) for side in (self.last, expression) for part in walk(side)):
            return True
        with at_kinks_too():
            return self._proved(expression, facts)[0]

    def _check_kinks(self, where, facts):
        """Raises DerivationError if the definitions put something at its kink for all numbers."""
        assumed = (*self.hypotheses, *facts.hypotheses)
        entries = Entries(self.shapes[0], self.definitions)
        for one in where:
            at = dict(zip(axes(one.what.shape), one.what.shape, strict=True))
            x, y = (one_entry(side, at) for side in (one.what, one.than))
            if any(isinstance(part, Delta) or is_shifted(part) for part in walk(x - y)):
                continue  # nothing rests on these
            if explicit.vanishes(x - y, at or free_indices(x - y), entries, assumed):
                raise DerivationError(
                    f"{one.what} is equal to {one.than} by the definitions, for some entries: "
                    "that is the kink, and the line says nothing there"
                )

    def _compare(self, expression, facts, sizes):
        """None if the two lines are equal at one shape, else their Difference."""
        entries = Entries(sizes, self.definitions)
        sides = self._entry(expression)
        return explicit.judge(*sides, self.scope, entries, facts.hypotheses, facts.claim)

    def _entry(self, expression):
        """The last line and the next one, each by its entry at the indices of the target."""
        return [entry(side, *self.scope) for side in (self.last, expression)]

    def _missing(self, expression, facts):
        """The definitions, and the chain rule, that the line needs and does not cite."""
        missing = [fact for fact in self._citable(expression) if not facts.has(fact)]
        if not missing or not self._holds(expression, facts.plus(missing)):
            return ()
        return citing.least(missing, lambda some: self._holds(expression, facts.plus(some)))

    def _uncited(self, missing, using, expression, reason):
        """The error that names them, with all that is to be cited then."""
        names = " and ".join(map(page.named, missing))
        enough = citing.least([*using, *map(in_code, missing)], self._holds_by(expression))
        return UncitedFact(
            f"step {len(self.steps) + 1} does not cite {names}: {reason}\n"
            f"  add it: {citing.as_typed(enough)}, or using=auto, which looks for what is needed"
        )

    def _citable(self, expression):
        """What a line may need and forget to cite."""
        return [*self.definitions, *self._matrices(expression), chain_rule]

    def _matrices(self, expression):
        """The A⁻¹ and det A of the lines and of the definitions, which a line may cite."""
        found = [*self.definitions.matrices]
        for side in (self.last, expression):
            found += matrices_of(side)
        return [*dict.fromkeys(found)]

    def _used(self, sizes, expression):
        parts = [self.target, expression, *self.definitions.sides]
        used = {part for whole in parts for part in walk(whole)}
        return {size: n for size, n in sizes.items() if size in used}

    def _repr_latex_(self):
        return page.as_latex(self)

    def __repr__(self):
        return page.as_text(self)


def one_entry(side, at):
    """An entry at the indices of an array, or a scalar."""
    return side.entry() if isinstance(side, Array) and not side.shape else entry(side, *at)


def is_shifted(part):
    return isinstance(part, Entry) and not all(isinstance(i, Index | int) for i in part.indices)


def in_code(fact):
    """A fact as an author cites it: a scalar is its only entry, a claim is `earlier`."""
    if isinstance(fact, Claim):
        return earlier
    return Entry(fact, ()) if isinstance(fact, Array) and not fact.shape else fact


def at_once(facts):
    """What to do if a line cites A⁻¹ and what A is: with A written out, nothing says A⁻¹."""
    both = [one for one in facts.arrays if isinstance(one, Inverse) and one.of in facts.arrays]
    return "".join(
        f"\n  it cites what {one.of} is, and {page.named(one)}, which speaks of {one.of} by its "
        "name: take two lines, one for each"
        for one in sorted(both, key=str)
    )


def too_much(error):
    """What is said of a judge that gave up."""
    return TOO_DEEP if isinstance(error, RecursionError) else str(error)
