"""What to do with a line that has its derivatives and deltas: several plans, the shortest first."""

from contextlib import suppress
from itertools import product

from ..errors import DerivationError
from ..judges.work import limited
from ..language.arrays import Entry, Gradient
from ..language.functions import Apply
from ..nodes import entry, node, walk
from ..premises.scope import arrays_in
from ..printing.printer import text
from . import reasons
from .derivatives import renamed, replaced
from .matrices import NoMatrix, common, whole, without
from .names import Names
from .products import Term, indices_of
from .terms import Reader, divided
from .writing import fraction, written

LONG = 110  # signs of a line: a longer one is ugly, and names a stage instead
CALL = 4  # as many signs as e^x is worth: y (1 − y) is better than e^−x y²
MOST_DIVISIONS = 6
MOST_WORK = 300_000  # parts of expressions that a plan may look at: a second or two
UGLY = 260  # signs of a matrix form: a longer one is no help, and the line stays with indices


def plans(finder):
    """All plans for the last line so far, the best first; [] if all of them are too large."""
    made = []
    for expand, divide in product((False, True), (False, True)):
        with suppress(DerivationError, RecursionError), limited(MOST_WORK):
            made.append(Plan(finder, expand, divide))
    return sorted(made, key=lambda one: one.cost)


class Plan:
    """Lines (expression, reason, facts) from the last line so far to the end, and a note on it."""

    def __init__(self, finder, expand, divide):
        self.finder, self.search, self.made = finder, finder.search, finder.made
        self.expand, self.divide = expand, divide
        self.lines, self.stages, self.note = [], [], ""
        terms = self.first()
        terms = self.put_in(terms, self.derived(terms, finder.sides, self.kept(terms)))
        self.upstream(terms)

    @property
    def cost(self):
        """No note is better, then a short last line, then few lines."""
        last = self.lines[-1][0]
        calls = sum(isinstance(part, Apply) for part in walk(last))
        return bool(self.note), len(text(last)) + CALL * calls, len(self.lines)

    def put(self, terms, reason, using=()):
        self.lines.append((written(terms), reason, list(using)))

    # With indices.

    def first(self):
        """The sums collapsed by deltas, and the names recognized."""
        reader, before = Reader(self.expand), self.made.last
        terms = reader.read(before)
        self.put(terms, reasons.selected(reader, before, self.made.scope))
        return self.recognized(self.by_division(terms))

    def by_division(self, terms):
        """a (a + b)ⁿ divided as far as it goes, if this plan divides."""
        for times in range(MOST_DIVISIONS if self.divide else 0):
            found = divided(terms)
            if found is None:
                break
            terms = Reader(self.expand).read(written(found))
            if times == 0:
                self.lines.append(None)
            self.lines[-1] = (written(terms), "divided: a/(a + b) = 1 − b/(a + b)", [])
        return terms

    def recognized(self, terms):
        """The terms with the names of what was defined, and the line for it."""
        names = Names(self.made.definitions, self.expand)
        terms = Reader(self.expand).read(written(names.written(terms)))
        if names.used:
            self.put(terms, reasons.recognized(names.used), names.used)
        return self.vanished(terms)

    def vanished(self, terms):
        """The terms without the sums that are 0, as that of what is centered."""
        used = []
        for array, axis, facts in self.search.centered:
            rest = [one for one in terms if not sums_up(one, array, axis)]
            if len(rest) < len(terms):
                used += [fact for fact in (array, *facts) if fact not in used]
                terms, said = rest, reasons.zero(array, axis)
        if used:
            self.put(terms, said, used)
        return terms

    def kept(self, terms):
        """The upstream gradients in a line that are at the end of all paths."""
        if not self.finder.sides:
            return self.finder.keep
        return self.finder.keep | (gradients(terms) - self.finder.sides)

    def derived(self, terms, which, keep):
        """{gradient: its derivation} for those in the terms that can be found."""
        wanted = sorted(gradients(terms) & which, key=str)
        found = {one: self.search.stage(one, keep) for one in wanted}
        return {one: made for one, made in found.items() if made}

    def put_in(self, terms, stages):
        """The terms with gradients as they were found, with indices."""
        if not stages:
            return terms

        def change(part):
            if isinstance(part, Entry) and part.array in stages:
                return entry_of(stages[part.array], part.indices)
            return None

        terms = Reader(self.expand).read(replaced(written(terms), change))
        self.put(terms, reasons.gradient_at(stages), stages.values())
        self.stages += stages.values()
        return self.recognized(self.by_division(terms))

    def assumed(self, terms):
        """The terms with the hypotheses used, and the line for it."""
        used = []
        for one in self.search.assuming:
            terms, hit = summed(terms, one)
            used += [one] if hit else []
        terms = Reader(self.expand).read(written(terms))
        if used:
            self.put(terms, "each row sums to 1", used)
        return terms

    # To the end.

    def upstream(self, terms):
        """The best of: as it is, gradients put in with indices, or as matrices."""
        keep = self.finder.keep
        stages = self.derived(terms, gradients(terms) - keep, keep)
        start, choices = (self.lines, self.stages), []
        for way in (self.by_matrix, self.by_entry) if stages else ():
            choices.append(self.tried(way, terms, stages, start))
        good = [one for one in choices if not one[2] and length(one) <= LONG]
        if not good:
            choices.append(self.tried(self.as_it_is, terms, stages, start))
        best = min(good or choices, key=lambda one: (bool(one[2]), length(one)))
        self.lines, self.stages, self.note = best

    def tried(self, way, terms, stages, start):
        """(lines, stages, note) of one way to the end."""
        self.lines, self.stages = [*start[0]], [*start[1]]
        note = way(terms, stages)
        return self.lines, self.stages, note

    def as_it_is(self, terms, stages):
        return self.ended(self.assumed(terms))

    def by_entry(self, terms, stages):
        return self.ended(self.assumed(self.put_in(terms, stages)))

    def by_matrix(self, terms, stages):
        """The matrix form, then in it the upstream gradients as matrices."""
        if note := self.as_it_is(terms, stages):
            return note
        if any(made.last.shape != one.shape for one, made in stages.items()):
            return "a gradient in it has no matrix form"

        def change(part):
            whole = part.array if isinstance(part, Entry) and not part.indices else part
            return stages[whole].last if whole in stages else None

        last = replaced(self.lines[-1][0], change)
        self.lines.append((last, reasons.gradient_at(stages), [*stages.values()]))
        self.stages += stages.values()
        return ""

    def ended(self, terms):
        """The line as a matrix, if there is a form; else why there is none."""
        note, last = self.matrix(terms)
        if last is None and len(terms) > 1:
            factored = with_factor(terms, self.made.scope)
            if len(text(factored)) < len(text(written(terms))):
                self.lines.append((factored, "a common factor", []))
        if last is not None:
            self.lines.append((last, reasons.as_matrices(last), []))
        return note

    def matrix(self, terms):
        """(why there is no matrix form or "", the form or None)."""
        if not terms:
            return "", None
        if self.made.scope and self.made.whole is None:
            return "it ends with indices: the target has no name without them", None
        try:
            last = whole(terms, self.made.scope)
        except NoMatrix as why:
            return f"it ends with indices, as no matrix form was found: {why}", None
        except DerivationError:
            return "it ends with indices, as no matrix form was found", None
        if len(text(last)) > UGLY:
            return "it ends with indices: the matrix form is long", None
        return "", last


def with_factor(terms, scope):
    """The terms with what they share in front."""
    number, shared = common(terms, scope, deltas=True)
    rest = written([without(term, number, shared) for term in terms])
    front = fraction([*shared.items()], number)
    return rest if front == node(1) else front * rest


def length(choice):
    """How long the last line of (lines, stages, note) is."""
    return len(text(choice[0][-1][0]))


def gradients(terms):
    return {one for one in arrays_in(written(terms)) if isinstance(one, Gradient)}


def entry_of(found, indices):
    """What a derivation found for an entry of its target."""
    letters = found.target.by.indices
    last = entry(found.last, *letters) if found.last.shape else found.last
    return renamed(last, dict(zip(letters, indices, strict=True)))


def sums_up(term, array, axis):
    """Whether a term has Σ_j U_ij with j in nothing else."""
    bound = {index for index, _ in term.ranges}
    for atom, n in term.factors:
        if isinstance(atom, Entry) and atom.array == array and n == 1:
            index = atom.indices[axis]
            users = [other for other, _ in term.factors if index in indices_of(other)]
            if index in bound and users == [atom] and atom.indices.count(index) == 1:
                return True
    return False


def summed(terms, row):
    """(the terms with Σ_j T_ij = 1 where j is in nothing else, whether that occurs)."""
    made = [one_row(term, row) for term in terms]
    return made, made != terms


def one_row(term, row):
    bound = {index for index, _ in term.ranges}
    for atom, n in term.factors:
        match atom:
            case Entry(array, (i, j)) if array == row.array and n == 1 and j in bound and i != j:
                users = [other for other, _ in term.factors if j in indices_of(other)]
                if users == [atom]:
                    ranges = tuple(pair for pair in term.ranges if pair[0] != j)
                    factors = tuple(pair for pair in term.factors if pair[0] != atom)
                    return one_row(Term(term.number, ranges, factors), row)
    return term
