"""Sums of products: what two sides of a line are made of when they are compared for all shapes.

A Polynomial is {product: rational}, a product a frozenset of (atom, exponent). Two atoms are the
same if they are written the same, where the name of a summed index does not count: it is written as
a number, chosen so that the whole comes first in alphabetical order. Source: chapter "Notation".
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count

import sympy

from .work import spend

_fresh = count(1)
ONE = frozenset()
MIRRORED = "≡"  # at the end of the name of an array whose indices may change places
MANY = "its sums have many indices that run over the same axis"
ONE_HOT = "="  # [v = t_i] is an entry at i and v of what is named so
spelled = cache(str)  # SymPy takes its time


def whole(name):
    """A positive integer: an index or the length of an axis."""
    return sympy.Symbol(name, integer=True, positive=True)


def fresh(size=""):
    """An index to be summed over, with a name that nothing else has and that sorts after all."""
    return whole(f"~{next(_fresh):012d}:{size}")


def axis(index):
    """The name of the length of an index's axis, which is a part of its own name."""
    return spelled(index).rpartition(":")[2]


def is_plain(place):
    """Whether a place is an index or a number, and nothing is added to it."""
    return place.is_Integer or place.is_Symbol and not is_size(place)


def is_size(symbol):
    return spelled(symbol).startswith("|")


class Largest(sympy.Function):
    """[k = argmax_l x_l] in SymPy, of x_l, l, the length of its axis, and k: no derivative."""

    nargs = 4


def is_summed(symbol):
    """Whether it is the index of a Σ: those have names that no author gives."""
    return spelled(symbol).startswith("~")


class Same(sympy.Function):
    """[e = 0] in SymPy: 1 where e, made of indices and sizes, is 0; otherwise 0."""

    nargs = 1


class Atom:
    """Something that is not taken apart any further."""

    height, children = 0, ()

    @cached_property
    def key(self):
        return self.spelled({})

    @cached_property
    def texts(self):
        """{names of its free indices: its text}: the same part is written many times."""
        return {}

    @cached_property
    def free(self):
        """The indices that occur in it and are not summed in it."""
        return frozenset().union(*(child.free for child in self.children))

    @cached_property
    def in_order(self):
        return sorted(self.free, key=spelled)

    def write(self, names):
        """As text, with the indices named as in {index: name}."""
        called = tuple(map(names.get, self.in_order))
        if not any(called):
            return self.key
        if called not in self.texts:
            spend(self.height, MANY)
            self.texts[called] = self.spelled(names)
        return self.texts[called]

    def __eq__(self, other):
        return isinstance(other, Atom) and self.key == other.key

    def __hash__(self):
        return hash(self.key)

    def __repr__(self):
        return self.key


@dataclass(eq=False, repr=False)
class Leaf(Atom):
    """An entry X_ij, a delta, a dimension, a scalar, a prime number under a root."""

    expression: sympy.Expr

    @property
    def indices(self):
        match self.expression:
            case sympy.Indexed():
                return self.expression.indices
            case sympy.KroneckerDelta():
                return self.expression.args[:2]
        return ()

    @cached_property
    def free(self):
        return frozenset(index for index in self.indices if index.is_Symbol)

    def spelled(self, names):
        letters = [names.get(index) or spelled(index) for index in self.indices]
        match self.expression:
            case sympy.KroneckerDelta():
                return f"δ({','.join(sorted(letters))})"
            case sympy.Indexed(base=base) if spelled(base).endswith(MIRRORED):
                return f"{spelled(base)}[{','.join(sorted(letters))}]"
            case sympy.Indexed(base=base):
                return f"{spelled(base)}[{','.join(letters)}]"
        return f"{type(self.expression).__name__} {self.expression}"


@dataclass(eq=False, repr=False)
class Bracket(Atom):
    """[e = 0]: 1 where e, a sum of whole multiples of indices and sizes, is 0; otherwise 0."""

    expression: sympy.Expr

    @cached_property
    def terms(self):
        return self.expression.as_coefficients_dict().items()

    @cached_property
    def free(self):
        return frozenset(one for one in self.expression.free_symbols if not is_size(one))

    def solved(self, index):
        """e, if this is [index = e] or [e = index]; None for a multiple of the index."""
        n = self.expression.coeff(index)
        return index - self.expression / n if n in (1, -1) else None

    def spelled(self, names):
        """Both signs say the same: the one that comes first."""
        return "[" + min(self.with_sign(names, 1), self.with_sign(names, -1)) + "]"

    def with_sign(self, names, sign):
        written = (f"{sign * n}{self.term(what, names)}" for what, n in self.terms)
        return "+".join(sorted(written))

    def term(self, what, names):
        powers = what.as_powers_dict().items()  # s², where s is a size, is not s
        symbols = sorted(names.get(one) or spelled(one) for one, n in powers for _ in range(n))
        return "".join(f"·{symbol}" for symbol in symbols)


class Composed(Atom):
    """An atom that holds one polynomial."""

    @property
    def children(self):
        return (self.inside,)

    @cached_property
    def height(self):
        return self.inside.height

    def spelled(self, names):
        return f"{self.name}({self.inside.write(names)})"


@dataclass(eq=False, repr=False)
class Call(Composed):
    """log, erf or an unknown h of a polynomial."""

    function: type
    inside: "Polynomial"

    @property
    def name(self):
        return f"{self.function.__name__} {getattr(self.function, 'order', '')}"


@dataclass(eq=False, repr=False)
class Exp(Composed):
    """e to a product with coefficient 1; the coefficient is the exponent of the atom."""

    inside: "Polynomial"
    name = "exp"


@dataclass(eq=False, repr=False)
class Indicator(Composed):
    """[x > 0], 1 or 0, for a polynomial x."""

    inside: "Polynomial"
    name = "above"


@dataclass(eq=False, repr=False)
class Total(Composed):
    """A polynomial of several terms, to be raised to a negative or a fractional power."""

    inside: "Polynomial"
    name = "total"

    @cached_property
    def first(self):
        """The product by which others are divided."""
        return leading(self.inside)


@dataclass(eq=False, repr=False)
class Argmax(Atom):
    """[place = argmax over `index` of a polynomial], 1 or 0."""

    index: sympy.Symbol
    size: sympy.Symbol
    inside: "Polynomial"
    place: sympy.Expr

    @property
    def children(self):
        return (self.inside,)

    @cached_property
    def free(self):
        own = {self.place} if self.place.is_Symbol else set()
        return (self.inside.free - {self.index}) | own

    @cached_property
    def height(self):
        return 1 + self.inside.height

    def spelled(self, names):
        inner = self.inside.write({**names, self.index: f"{self.size}{self.height}.m"})
        return f"argmax{{{self.size}}}({inner})={names.get(self.place) or spelled(self.place)}"


@dataclass(eq=False, repr=False)
class Bound(Atom):
    """Σ over `ranges`, ((index, dimension), …), of a product in which all of them hang together."""

    ranges: tuple
    factors: frozenset

    @property
    def children(self):
        return [atom for atom, _ in self.factors]

    @cached_property
    def free(self):
        return super().free - {index for index, _ in self.ranges}

    @cached_property
    def height(self):
        return 1 + max(child.height for child in self.children)

    def spelled(self, names):
        start = {index: (str(size), 0) for index, size in self.ranges}
        texts = (
            write_product(self.factors, names | self.numbered(colors))
            for colors in self.orders(self.refined(start, names), names)
        )
        return f"Σ{{{','.join(str(size) for _, size in self.sorted_ranges)}}}({min(texts)})"

    def numbered(self, colors):
        """{index: its name}: the size of its axis, how deep the Σ is, its place among its like."""
        return {index: f"{size}{self.height}.{n}" for index, (size, n) in colors.items()}

    def refined(self, colors, names):
        """The indices told apart by what they are in, in a way that does not see their names.

        A color is (size, number); two indices keep the same one only if the factors around them
        are written the same.
        """
        while True:
            before = len(set(colors.values()))
            written = names | self.numbered(colors)
            around = {
                index: (*color, self.surroundings(index, written))
                for index, color in colors.items()
            }
            ranks = {one: n for n, one in enumerate(sorted(set(around.values())))}
            colors = {index: (one[0], ranks[one]) for index, one in around.items()}
            if len(ranks) in (before, len(colors)):
                return colors

    def surroundings(self, index, names):
        """The factors in which an index occurs, with a star in its place."""
        touched = [factor for factor in self.factors if index in factor[0].free]
        return write_product(touched, names | {index: "*" + names[index]})

    def orders(self, colors, names):
        """All choices that are left to tell the indices apart: of those alike, each comes first."""
        groups = {}
        for index, color in colors.items():
            groups.setdefault(color, []).append(index)
        tied = [color for color in groups if len(groups[color]) > 1]
        if not tied:
            yield {index: (c[0], n) for n, c in enumerate(sorted(groups)) for index in groups[c]}
            return
        for index in self.different(groups[min(tied, key=lambda c: (len(groups[c]), c))], names):
            size, number = colors[index]
            doubled = {other: (s, 2 * n + 1) for other, (s, n) in colors.items()}
            chosen = {**doubled, index: (size, 2 * number)}
            yield from self.orders(self.refined(chosen, names), names)

    def different(self, alike, names):
        """Of indices that are alike, one of those that may change places and all stays the same."""
        kept = []
        for index in alike:
            if not any(self.may_swap(index, other, names) for other in kept):
                kept.append(index)
        return kept

    def may_swap(self, one, other, names):
        """Whether the product stays the same, written with a name of its own for each index."""
        own = names | {index: f"~{n}" for n, (index, _) in enumerate(self.ranges)}
        turned = own | {one: own[other], other: own[one]}
        near = [factor for factor in self.factors if {one, other} & factor[0].free]
        return write_product(near, own) == write_product(near, turned)

    @property
    def sorted_ranges(self):
        return sorted(self.ranges, key=lambda pair: str(pair[1]))


def write_product(factors, names):
    spend(1, MANY)
    return "·".join(sorted(f"{atom.write(names)}^{exponent}" for atom, exponent in factors))


class Polynomial(dict):
    """{product: rational}; a product is a frozenset of (atom, exponent)."""

    @classmethod
    def of(cls, value):
        """A rational number or an atom."""
        if isinstance(value, Atom):
            return cls({frozenset({(value, sympy.S.One)}): sympy.S.One})
        return cls({ONE: sympy.S(value)} if value else {})

    def __add__(self, other):
        total = Polynomial(self)
        for factors, coefficient in other.items():
            total[factors] = total.get(factors, 0) + coefficient
        return Polynomial({factors: c for factors, c in total.items() if c})

    def gain(self, other, number=1):
        """Add a multiple of another sum to this one, in place: while it is made."""
        for factors, coefficient in other.items():
            total = self.get(factors, 0) + number * coefficient
            if total:
                self[factors] = total
            else:
                self.pop(factors, None)

    def scaled(self, number):
        return Polynomial({factors: number * c for factors, c in self.items()} if number else {})

    def mapped(self, function):
        """Σ coefficient · function(product): what is done to a sum term by term."""
        made = Polynomial()
        for factors, c in self.items():
            made.gain(function(factors), c)
        return made

    @property
    def atoms(self):
        return {atom for factors in self for atom, _ in factors}

    @property
    def free(self):
        return frozenset().union(*(atom.free for atom in self.atoms))

    @property
    def height(self):
        return max((atom.height for atom in self.atoms), default=0)

    def write(self, names):
        return "+".join(sorted(f"{c}·{write_product(f, names)}" for f, c in self.items()))


def leading(polynomial):
    """The first product by degree, then by alphabet: never one that divides into another."""
    spend(len(polynomial) / 10, "it divides by a sum of many products")
    atoms = sorted(polynomial.atoms, key=lambda atom: atom.key)
    vector = {factors: [dict(factors).get(atom, 0) for atom in atoms] for factors in polynomial}
    return max(polynomial, key=lambda factors: (sum(vector[factors]), vector[factors]))


def is_delta(atom):
    return isinstance(atom, Leaf) and isinstance(atom.expression, sympy.KroneckerDelta)


def is_one_hot(atom):
    """Whether it is 1 at one place of an axis, and else 0."""
    return isinstance(atom, Argmax) or (
        isinstance(atom, Leaf)
        and isinstance(atom.expression, sympy.Indexed)
        and spelled(atom.expression.base).startswith(ONE_HOT)
    )


def place_of(atom):
    """The place of a one-hot at which it is taken."""
    return atom.place if isinstance(atom, Argmax) else atom.indices[-1]


def at_place(atom, place):
    """The same one-hot at another place."""
    if isinstance(atom, Argmax):
        return Argmax(atom.index, atom.size, atom.inside, place)
    return Leaf(atom.expression.base[(*atom.indices[:-1], place)])


def is_number(atom):
    return isinstance(atom, Leaf) and atom.expression.is_Rational


def is_positive(atom):
    """Whether an atom is positive by what is declared of its parts."""
    match atom:
        case Leaf(expression):
            return bool(expression.is_positive)
        case Bound(_, factors):
            return all(is_positive(factor) for factor, _ in factors)
        case Total(inside):
            return all(c > 0 and all(is_positive(a) for a, _ in f) for f, c in inside.items())
    return isinstance(atom, Exp)
