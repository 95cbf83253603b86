"""`derive`: which lines lead from a gradient to its formula. The judges have the say about each."""

from contextlib import suppress
from functools import cached_property

from ..errors import (
    DerivationError,
    HiddenDependence,
    NotProved,
    UncitedFact,
    UnusedFact,
    VacuousStep,
)
from ..language.algebra import Sum
from ..language.arrays import Array, Derivative, Entry, Gradient
from ..language.shifted import Shifted
from ..nodes import Dimension, Index, node, walk
from ..premises.definitions import Definitions
from ..premises.facts import chain_rule
from ..premises.hypotheses import RowSum
from ..premises.scope import arrays_in
from ..printing.page import named, prose
from ..printing.printer import text
from ..steps import Derivation
from . import reasons
from .derivatives import ZERO, Slope, body_at, renamed, replaced, times
from .plans import entry_of, plans
from .terms import Reader

MOST_TRIES = 8
TOO_LARGE = "it ends here, as no further line was accepted: give a part of it a name in define"
LETTERS = "abcdefghuvw"


class Found(Derivation):
    """What `derive` found: `stages` are the derivations that it cites, `note` says how it ends."""

    stages, note = (), ""

    def _repr_latex_(self):
        tex, end = super()._repr_latex_(), "\n\\end{array}\n$$"
        if not self.note:
            return tex
        return tex.removesuffix(end) + rf" \\[1ex]{chr(10)}{{\small {prose(self.note)}}}" + end

    def __repr__(self):
        return super().__repr__() + (f"\n  {self.note}" if self.note else "")


def derive(target, define=None, assuming=(), sizes=None):
    """A derivation of a gradient such as d(L, W), found by itself: each line judged as ever.

    `define` and `sizes` are those of Derivation; `assuming` are hypotheses that lines may use. The
    last line is a matrix if a form was found, else it has indices, and `note` says why. What its
    lines cite is in `stages`. Raises DerivationError, which is NotProved where nothing was found.
    Source: chapter "A derivation of your own".
    """
    assuming = tuple(assuming) if isinstance(assuming, tuple | list) else (assuming,)
    for one in assuming:
        if not isinstance(one, RowSum):
            raise DerivationError(f"assuming takes hypotheses, rows_sum_to_one(T), got {one!r}")
    return Search(define, assuming, sizes).derivation(node(target))


class Search:
    """One dictionary of definitions, and the gradients that were found in it."""

    def __init__(self, define, assuming, sizes):
        self.define, self.assuming, self.sizes = define, assuming, sizes
        self.definitions = Definitions(define)
        self.found = {}
        check_letters([one.body for one in self.definitions.values()])

    @cached_property
    def centered(self):
        """[(array, axis, what its definition names)] where the sum over the axis is 0."""
        return [
            (array, axis, facts)
            for array in self.definitions.forward
            for axis in range(len(array.shape))
            if (facts := self.cancels(array, axis)) is not None
        ]

    def cancels(self, array, axis):
        """The array, such as a mean, by whose definition Σ U over an axis is 0, or None."""
        one = self.definitions[array]
        letters = tuple(Index.fresh(i.name) for i in one.indices)
        body = body_at(one, letters)
        for inside in arrays_in(one.body) & self.definitions.keys():

            def change(part, inside=inside):
                if isinstance(part, Entry) and part.array == inside:
                    return body_at(self.definitions[inside], part.indices)
                return None

            total = Sum(replaced(body, change), (letters[axis], 1, array.shape[axis]))
            with suppress(DerivationError):
                if not Reader(expand=True).read(total):
                    return [inside]
        return None

    def derivation(self, target, keep=frozenset()):
        made = Found(self.with_letters(target), self.define, self.sizes)
        return Finder(self, made, keep).derivation()

    def with_letters(self, target):
        """∂L/∂W_ab for ∂L/∂W."""
        match target:
            case Gradient(of=variable, loss=loss):
                return Derivative(Entry(loss, ()), self.entry_of(variable))
            case Derivative(of, Array() as variable):
                return Derivative(of, self.entry_of(variable))
            case Derivative():
                return target
            case Entry(Gradient(of=variable, loss=loss), indices):
                return Derivative(Entry(loss, ()), Entry(variable, indices))
        raise DerivationError(
            f"derive takes a gradient or a derivative, such as d(L, W) or d(L, W[a, b]), "
            f"got {target}"
        )

    def entry_of(self, variable):
        """An entry of a whole array, with letters that name nothing else."""
        sides = [part for side in self.definitions.sides for part in walk(side)]
        taken = {part.name for part in sides if isinstance(part, Dimension)}
        free = [letter for letter in LETTERS if letter not in taken]
        return Entry(variable, tuple(map(Index, free[: len(variable.shape)])))

    def stage(self, gradient, keep=frozenset()):
        """The derivation of an upstream gradient; None if it is given, or was not found."""
        if (gradient, keep) not in self.found:
            self.found[gradient, keep] = None
            try:
                target = Derivative(Entry(gradient.loss, ()), self.entry_of(gradient.of))
                self.found[gradient, keep] = self.derivation(target, keep)
            except DerivationError:
                pass
        return self.found[gradient, keep]


class Finder:
    """The lines of one derivation; the gradients in `keep` are not to be put in."""

    def __init__(self, search, made, keep):
        self.search, self.made, self.keep = search, made, keep
        self.definitions = made.definitions
        self.stages, self.sides = [], frozenset()

    def derivation(self):
        if self.made.loss_and_variable:
            self.by_chain_rule()
        else:
            self.by_definitions()
        note = self.finish()
        self.made.stages, self.made.note = tuple(self.stages), note or self.unfinished()
        return self.made

    def unfinished(self):
        """A note on gradients in the last line that could be found, but would make it long."""
        left = {one for one in arrays_in(self.made.last) if isinstance(one, Gradient)}
        names = sorted(str(one) for one in left - self.keep if self.search.stage(one, self.keep))
        if not names:
            return ""
        return f"written out, it is long: {reasons.listed(names)} can be derived in the same way"

    # The first lines.

    def by_chain_rule(self):
        """∂L/∂x = Σ ∂L/∂y ∂y/∂x, first as it is, then with ∂y/∂x by the definition of y."""
        loss, variable = self.made.loss_and_variable
        at, users = self.made.target.by.indices, self.users(loss, variable)
        places = {user: self.place(user) for user in users}
        opened = [user for user in users if user in self.definitions]
        parts = [self.opened(y, k, variable, at) for y, k in places.items()]
        line = added(parts), reasons.opened(users, variable, at)
        if self.plain(users, loss, variable):
            slopes = {y: Derivative(Entry(y, k), Entry(variable, at)) for y, k in places.items()}
            unopened = [self.over(y, k, slopes[y]) for y, k in places.items()]
            with suppress(HiddenDependence):  # ∂U/∂r where r is made of an X that is in U
                self.add(added(unopened), reasons.through(users), [chain_rule])
                self.add(*line, opened)
                return
            self.made.steps.clear()
        self.add(*line, opened if users == [loss] else [chain_rule, *opened])

    def users(self, loss, variable):
        """The arrays that the variable goes straight into. Raises DerivationError if none."""
        gradient = Gradient.made(variable, loss)
        users = self.definitions.users(gradient)
        if not users or variable in self.made.through:
            raise DerivationError(
                f"{gradient} is where a derivation begins: nothing is defined between {variable} "
                f"and {loss}. Define {loss}, or ask for the gradient with respect to what "
                f"{variable} is made of"
            )
        on = {
            one for one in users if any(self.definitions.leads(y, one) for y in users if y != one)
        }
        self.sides = frozenset(gradient.by(one) for one in on)
        return users

    def plain(self, users, loss, variable):
        """Whether ∂y/∂x is what the chain rule means: there is one path from x to each y."""
        return loss not in users and all(
            user in self.definitions and self.definitions.ways(user, variable) == [variable]
            for user in users
        )

    def place(self, user):
        """Letters for an entry of an array, those of its definition."""
        if user in self.definitions:
            return tuple(Index.fresh(i.name) for i in self.definitions[user].indices)
        return tuple(Index.fresh(name) for name in "ijkl"[: len(user.shape)])

    def over(self, user, place, slope):
        """Σ ∂L/∂y · ∂y/∂x over all entries y of an array."""
        loss = self.made.loss_and_variable[0]
        up = node(1) if user == loss else Entry(Gradient.made(user, loss), place)
        ranges = [(i, 1, n) for i, n in zip(place, user.shape, strict=True)]
        return Sum(times(up, slope), *ranges) if ranges and slope != ZERO else times(up, slope)

    def opened(self, user, place, variable, at):
        """The same with the derivative as the definition of y has it."""
        if user not in self.definitions:  # a loss of which nothing is known
            return self.over(user, place, Entry(Gradient.made(variable, user), at))
        body = body_at(self.definitions[user], place)
        return self.over(user, place, Slope(variable, at, self.definitions).of(body))

    def by_definitions(self):
        """∂of/∂x for what is no gradient of a loss: all definitions between are opened."""
        of, by = self.made.target.of, self.made.target.by
        of, cited = self.with_gradients(renamed(of, {}))
        on_the_way = [
            one for one in self.definitions
            if one != by.array and self.definitions.leads(one, by.array)
        ]  # fmt: skip
        slope = Slope(by.array, by.indices, self.definitions, on_the_way)
        line = slope.of(of)
        self.add(line, reasons.differentiated(slope.opened, cited), [*cited, *slope.opened])
        self.stages += cited

    def with_gradients(self, of):
        """What is differentiated, with the gradients in it as they were found; those."""
        cited = []

        def change(part):
            if not isinstance(part, Entry) or not isinstance(part.array, Gradient):
                return None
            found = self.search.stage(part.array)
            if found is None:
                raise NotProved(f"{part.array} was not found")
            cited.append(found)
            return entry_of(found, part.indices)

        return replaced(of, change), cited

    # From there to the last line.

    def finish(self):
        """Add the lines of the best plan that the judges accept; what is said of its end."""
        start, best = len(self.made.steps), ([], TOO_LARGE)
        for plan in plans(self):
            lines, refused = self.play(plan)
            if not refused:
                self.stages += [one for one in plan.stages if one not in self.stages]
                return plan.note
            if len(lines) > len(best[0]):
                best = lines, refused
            del self.made.steps[start:]
        self.made.steps += best[0]
        return best[1]

    def play(self, plan):
        """(the lines that were accepted, why the next was not or "")."""
        start = len(self.made.steps)
        try:
            for expression, reason, using in plan.lines:
                self.add(expression, reason, using)
        except DerivationError as error:
            return self.made.steps[start:], f"the next line was refused: {type(error).__name__}"
        return self.made.steps[start:], ""

    def add(self, expression, reason, using):
        """One line, with the facts that it turns out to need."""
        for _ in range(MOST_TRIES):
            try:
                self.made.line(expression, reason, tuple(map(fact, using)))
                return
            except UnusedFact as error:
                idle = [one for one in using if f"without {named(fact(one))}:" in str(error)]
                using = [one for one in using if one not in idle]
                if not idle:
                    raise
            except UncitedFact:
                more = [one for one in self.definitions if one not in using]
                if not more:
                    raise
                using = [*using, *more]
            except VacuousStep:
                return
        raise NotProved(f"no facts were found by which the line holds: {text(expression)}")


def check_letters(expressions):
    """Raises NotProved for shifted indices, X[i + u]: nothing here knows how they are summed."""
    for part in (part for whole in expressions for part in walk(whole)):
        if isinstance(part, Entry) and any(isinstance(i, Shifted) for i in part.indices):
            raise NotProved(f"derive does not go through shifted indices, {part}: write the lines")


def fact(one):
    """What is cited for an array: a scalar by its only entry."""
    return Entry(one, ()) if isinstance(one, Array) and not one.shape else one


def added(parts):
    """The sum of what is not 0."""
    parts = [one for one in parts if one != ZERO] or [ZERO]
    made = parts[0]
    for part in parts[1:]:
        made = made + part
    return made
