"""Every expression with its indices and with letters for the sizes, in SymPy.

Arrays that are defined stay opaque, and so do their derivatives, ∂Y_ij/∂W_ab: what a definition or
the chain rule says is put in only if the line cites it.
"""

from dataclasses import replace

import sympy
from sympy import IndexedBase

from ..errors import HiddenDependence
from ..language.arrays import Array, Curvature, Derivative, Entry, Gradient
from ..language.chosen import Position
from ..language.matrices import OfMatrix
from ..nodes import Index
from ..premises.facts import Facts
from ..premises.scope import arrays_in
from .atoms import ONE_HOT, Largest, Same, axis, is_plain, spelled, whole
from .derivatives import slope
from .lengths import in_sympy
from .matrices import slope_of
from .opening import Opening
from .reading import Reading
from .work import spend

OPENED = 20  # steps of work for each entry that is read


def letter(index, size=""):
    """The SymPy symbol of an index, with the size of its axis; all else stays as it is."""
    if isinstance(index, Index):
        return whole(f"{index.name}#{index.number}:{size}")  # no array has such a name
    return sympy.S(index)


class Names(dict):
    """{name: array, or derivative} of what is read, and indices that nothing else in it has.

    They are counted from 1 in each reading: SymPy keeps what it has made of such names before.
    """

    def fresh(self, size):
        self.last = vars(self).get("last", 0) + 1
        return whole(f"~{self.last}r:{size}")


class Indexed(Reading):
    """Expressions as SymPy index expressions, for all sizes, with the facts that a line cites.

    By the chain rule, `opening` says, a gradient is taken apart only where that can matter.
    """

    def __init__(self, definitions, facts, opening=None, known=None, closed=None):
        self.definitions, self.facts, self.closed = definitions, facts, closed
        self.opening = opening or Opening(definitions, facts)
        self.known = Names() if known is None else known

    def line(self, side, expression, at):
        """The value of the line above, side 0, or of the new one, side 1."""
        self.opening.side = side
        return self.value(expression, at)

    def size(self, dimension):
        return in_sympy(dimension)

    def limit(self, dimension):
        """The end of a Σ: a letter, also for a size that is computed."""
        return whole(f"|{dimension.name}|")

    def sum(self, expression, at):
        named = lambda k: dict(zip(expression.indices, k, strict=True))  # noqa: E731
        return self.summed(expression.sizes, lambda k: self.value(expression.body, at | named(k)))

    def summed(self, sizes, term):
        """Σ of term(indices) over axes of these sizes."""
        indices = tuple(map(self.known.fresh, sizes))
        limits = [(k, 1, self.limit(size)) for k, size in zip(indices, sizes, strict=True)]
        return sympy.Sum(term(indices), *limits) if limits else term(())

    def delta(self, i, j):
        if isinstance(j, Position):
            i, j = j, i
        if isinstance(i, Position):
            return self.chosen(i, j)
        i, j = letter(i), letter(j)
        return sympy.KroneckerDelta(i, j) if is_plain(i) and is_plain(j) else Same(i - j)

    def located(self, array, indices, at):
        """One entry, at indices or at places that are made of some."""
        places = [self.place(index, at) for index in indices]
        return self.lifted(array, places, lambda k: self.entry(array, k))

    def lifted(self, array, places, term):
        """term(places); at a place e that is made of indices Σ_p [p = e] term(p): 0 outside."""
        limits, same = [], []
        for n, (place, size) in enumerate(zip(places, array.shape, strict=True)):
            if isinstance(place, Position):
                places[n] = self.known.fresh(size)
                limits.append((places[n], 1, self.limit(size)))
                same.append(self.chosen(place, places[n]))
                continue
            places[n] = place = letter(place)
            if not is_plain(place):
                places[n] = self.known.fresh(size)
                limits.append((places[n], 1, self.limit(size)))
                same.append(Same(places[n] - place))
        entry = term(tuple(places))
        return sympy.Sum(sympy.Mul(*same, entry), *limits) if limits else entry

    def chosen(self, position, other):
        """[v = t_i], and [s_j = t_i] as Σ_v [v = s_j] [v = t_i]."""
        if isinstance(other, Position) or not is_plain(letter(other)):
            both = lambda v: self.chosen(position, *v) * self.delta(*v, other)  # noqa: E731
            return self.summed([position.array.to], both)
        at = (*map(letter, position.indices), letter(other))
        return sympy.IndexedBase(f"{ONE_HOT}{position.array.name}")[at]

    def largest(self, expression, at):
        """max_k X_ik as Σ_k [k = argmax_l X_il] X_ik."""
        [index] = expression.indices
        value = lambda k: self.value(expression.body, {**at, index: k})  # noqa: E731
        return self.summed(expression.sizes, lambda k: self.one_hot(expression, *k, at) * value(*k))

    def one_hot(self, expression, place, at):
        [index], [size] = expression.indices, expression.sizes
        if isinstance(place, Position) or not is_plain(letter(place)):
            both = lambda v: self.one_hot(expression, *v, at) * self.delta(*v, place)  # noqa: E731
            return self.summed([size], both)
        k = self.known.fresh(size)
        body = self.value(expression.body, {**at, index: k})
        return Largest(body, k, self.limit(size), letter(place))

    def symbol(self, whole, at, kind=""):
        """The entry `at` of an array, or of the derivative of one by another, as it is."""
        name = spelled(whole) + kind
        self.known[name] = whole
        positive = isinstance(whole, Array) and whole.positive or None
        if not at:
            return sympy.Symbol(name, real=True, positive=positive)
        base = sympy.IndexedBase(name, real=True, positive=positive)
        return base[tuple(map(letter, at))]

    def entry(self, array, at):
        """One entry, with what the cited facts say of it."""
        spend(OPENED, "many definitions are put into each other")
        if array != self.closed and self.opening.puts_in(array):
            with self.opening.within("entry", array):
                if array in self.facts.arrays:
                    return self.body(array, at)
                if found := self.facts.result((array,), at):
                    return self.value(*found)
        if isinstance(array, Gradient):
            return self.gradient(array, at)
        return self.symbol(array, at)

    def body(self, array, at):
        """What the definition of an array says of an entry."""
        made = self.definitions[array]
        return self.value(made.body, dict(zip(made.indices, at, strict=True)))

    def by_entries(self, array, at):
        """An entry of A⁻¹, or det A, stays as it is: the cited rules know it."""
        return self.symbol(array, at)

    def gradient(self, gradient, at):
        """The entry of ∂L/∂X: by the definition of L or by the chain rule, if they are cited."""
        users = self.definitions.users(gradient) if self.facts.chain_rule else []
        chained = users not in ([], [gradient.loss])
        backwards = chained and self.definitions.steps_down(gradient.loss)
        if gradient.loss in self.facts.arrays and not backwards:
            return self.slope(Entry(gradient.loss, ()), gradient.of, at, {})
        if not chained or not self.opening.of(gradient):
            return self.symbol(gradient, at)
        with self.opening.within("gradient", gradient):
            return sympy.Add(*(self.by_way_of(user, gradient, at) for user in users))

    def by_way_of(self, user, gradient, at):
        """Σ ∂L/∂Y ∂Y/∂X over all entries of one Y in whose definition X occurs."""
        up = gradient.by(user)
        upstream = (lambda k: 1) if user == gradient.loss else (lambda k: self.entry(up, k))
        return self.over(user, lambda k: upstream(k) * self.step(user, k, gradient.of, at))

    def over(self, array, term):
        """Σ of term(indices) over all entries of an array."""
        return self.summed(array.shape, term)

    # Derivatives

    def derivative(self, of, array, at_entry, at):
        """∂of/∂(entry of an array). Raises HiddenDependence if the definitions say nothing."""
        for one in self.arrays_in(self.without(array).value(of, at)):
            if not isinstance(one, Derivative) or one.by != array:  # else `through` looks at it
                self.definitions.check_dependence(one, array, arrays_in(of))
        return self.slope(of, array, at_entry, at)

    def slope(self, of, array, at_entry, at):
        """∂of/∂(entry of an array); the array itself stays opaque until this is done."""
        opaque = self.without(array)
        return self.reveal(opaque.through(opaque.value(of, at), array, at_entry))

    def without(self, array):
        """To differentiate by an array: that is left as it is, and so is what rests on it."""
        facts = self.facts.without(array)
        if array in self.definitions.steps:  # its later entries are made of the earlier ones
            facts = replace(facts, arrays=self.facts.arrays)
        return Indexed(self.definitions, facts, self.opening, self.known, array)

    def arrays_in(self, value):
        """The arrays and derivatives of which something occurs in a SymPy expression."""
        bases = value.atoms(sympy.IndexedBase) | value.atoms(sympy.Symbol)
        return [self.known[name] for name in sorted({*map(str, bases)}) if name in self.known]

    def reveal(self, value):
        """The entries in a SymPy expression as the cited facts have them."""
        entries = {one: (str(one.base), one.indices) for one in value.atoms(sympy.Indexed)}
        entries |= {one: (str(one), ()) for one in value.atoms(sympy.Symbol)}
        known = {one: (self.known.get(name), at) for one, (name, at) in entries.items()}
        said = {one: self.entry(array, at) for one, (array, at) in known.items() if fits(array, at)}
        changed = {one: other for one, other in said.items() if other != one}
        return value.xreplace(changed) if changed else value

    def through(self, value, array, at):
        """d value / d entry: directly, and through every array that depends on it."""
        one = self.known.get(str(value.base)) if isinstance(value, sympy.Indexed) else None
        if isinstance(one, Array):
            return self.total(one, value.indices, array, at)
        again = array in self.definitions.steps  # then earlier entries of it lead to later ones
        terms = [] if again else [slope(value, self.symbol(array, at))]
        for one in self.arrays_in(value):
            if isinstance(one, Curvature) or self.is_hidden(one, value, array):
                raise HiddenDependence(f"nothing is cited that says how {one} depends on {array}")
            if isinstance(one, Derivative) and self.definitions.leads(one.of, array):
                terms.append(self.twice(value, one, at))
            mine = one == array and not again
            if isinstance(one, Array) and not mine and self.definitions.leads(one, array):
                terms.append(self.by_parts(value, one, array, at))
        return sympy.Add(*terms)

    def is_hidden(self, one, value, array):
        """Whether a derivative in a value depends on an array in a way that is not known."""
        if not isinstance(one, Derivative) or not self.definitions.leads(one.of, array):
            return False
        partly = spelled(one) + " directly" in {str(base) for base in value.atoms(IndexedBase)}
        return partly or one.by != array or isinstance(one.of, Gradient)

    def twice(self, value, one, at):
        """Σ ∂value/∂(∂Y_k/∂W_m) ∂²Y_k/∂W_m∂W_at, the same in both orders of m and at."""
        whole = Curvature(f"∂²{one.of}/∂{one.by}∂{one.by}", one.of.shape + one.by.shape * 2)
        rows = len(one.of.shape)

        def term(at_both):
            k, m = at_both[:rows], at_both[rows:]
            second = self.symbol(whole, (*k, *m, *at)) + self.symbol(whole, (*k, *at, *m))
            return slope(value, self.symbol(one, at_both)) * second

        return self.summed(one.of.shape + one.by.shape, term)

    def by_parts(self, value, one, array, at):
        """Σ ∂value/∂one_k d one_k / d array_at over all entries of `one`."""
        return self.over(
            one, lambda k: slope(value, self.symbol(one, k)) * self.total(one, k, array, at)
        )

    def total(self, one, k, array, at):
        """d one_k / d array_at as the cited facts have it."""
        again = array in self.definitions.steps
        if one == array and not again:
            return sympy.Mul(*map(self.delta, k, at))
        if not self.definitions.leads(one, array):
            return sympy.S.Zero
        if self.definitions.is_open(one):
            return self.entry(Gradient.made(array, one), at)
        if isinstance(one, OfMatrix) and one in self.facts.arrays:
            return self.on_the_way(one, k, one.of, array, at)
        last = self.definitions.last()
        if one not in self.facts.arrays and self.definitions.is_curved(one):
            if array in last or self.facts.chain_rule:
                return sympy.Add(*(self.bent(one, k, way, array, at) for way in last))
        ways, cited = self.definitions.ways(one, array), one in self.facts.arrays
        known = cited or self.facts.chain_rule and (again or ways != [array])
        if not known or not self.opening.goes_on(one):
            return self.opaque_derivative(one, k, array, at)
        itself = sympy.Mul(*map(self.delta, k, at)) if one == array else 0
        with self.opening.within("total", one):
            if cited:
                return itself + self.through(self.body(one, k), array, at)
            return sympy.Add(itself, *(self.on_the_way(one, k, way, array, at) for way in ways))

    def on_the_way(self, one, k, way, array, at):
        """Σ ∂one_k/∂way_m d way_m / d array_at over all entries of `way`."""
        return self.over(way, lambda m: self.step(one, k, way, m) * self.total(way, m, array, at))

    def bent(self, gradient, k, way, array, at):
        """Σ ∂²L/∂Y_k∂way_m d way_m / d array_at over all entries of `way`, for ∂L/∂Y_k."""
        if not self.definitions.leads(way, array):
            return sympy.S.Zero
        second = lambda m: self.second(gradient, k, way, m)  # noqa: E731
        return self.over(way, lambda m: second(m) * self.total(way, m, array, at))

    def second(self, gradient, k, other, m):
        """∂²L/∂Y_k∂Z_m, the same in both orders: any symmetric array is B_km + B_mk for some B."""
        if found := self.facts.result((gradient, other), (*k, *m)):
            return self.value(*found)
        if gradient.of == other:
            whole = Curvature.made(gradient.loss, other, other)
            return self.symbol(whole, (*k, *m)) + self.symbol(whole, (*m, *k))
        (one, k), (other, m) = sorted([(gradient.of, k), (other, m)], key=lambda pair: str(pair[0]))
        return self.symbol(Curvature.made(gradient.loss, one, other), (*k, *m))

    def direct(self, of, places, array, at):
        """∂of/∂by with all else held fixed; 0 where `of` is outside of its axes."""
        places = [*map(letter, places)]
        return self.lifted(of.array, places, lambda k: self.step(of.array, k, array, at))

    def step(self, one, k, array, at):
        """∂one_k/∂array_at with all else in the definition of `one` held fixed."""
        if self.definitions.is_open(one):
            return self.entry(Gradient.made(array, one), at)
        if one not in self.facts.arrays:
            directly = array in self.definitions.steps
            directly = directly or self.definitions.ways(one, array) != [array]
            return self.opaque_derivative(one, k, array, at, directly)
        if isinstance(one, OfMatrix):
            return slope_of(one)(self.symbol, one, k, at)
        return self.reveal(self.taken(one, k, array, at))

    def taken(self, one, k, array, at):
        """The derivative of a definition as SymPy takes it: once, then with other indices."""
        kept = self.definitions.kept
        if (one, array) not in kept:
            kept[one, array] = self.take(one, array)
        value, indices, known = kept[one, array]
        self.known.update(known)
        inner = {index for part in value.atoms(sympy.Sum) for index in part.variables}
        bound = {index: self.known.fresh(axis(index)) for index in sorted(inner, key=spelled)}
        return value.xreplace(bound | dict(zip(indices, map(letter, (*k, *at)), strict=True)))

    def take(self, one, array):
        """(the derivative, its indices, {name: array} of what is in it)."""
        plain = Indexed(self.definitions, Facts())
        k, at = ([*map(plain.known.fresh, part.shape)] for part in (one, array))
        value = slope(plain.body(one, k), plain.symbol(array, at))
        return value, (*k, *at), plain.known

    def opaque_derivative(self, one, k, array, at, directly=False):
        """A derivative as it is; `directly` if there are other ways, which it leaves out."""
        found = self.facts.result((one, array), (*k, *at))
        said = "derivative", one
        if found and not directly and said not in self.opening.path:
            with self.opening.within(*said):
                return self.value(*found)
        if self.definitions.is_mixed(one, array) and not directly:  # one name for both orders
            one, k, array, at = one.by(array), at, one.of, k
        whole = Derivative(one, array)
        if self.definitions.is_smooth(one) and one.of == array and not directly:  # in both orders
            return self.symbol(whole, (*k, *at)) + self.symbol(whole, (*at, *k))
        return self.symbol(whole, (*k, *at), " directly" if directly else "")


def fits(array, at):
    """Whether it is an array, and not a letter by the same name."""
    return isinstance(array, Array) and len(array.shape) == len(at)
