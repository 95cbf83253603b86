"""A sum of products as matrices: indices are points, matrices are lines between them.

A summed point with one line is a matrix times a vector, with two a product of matrices; two lines
between the same points are an elementwise product. What is left are the points of the target.
Where a point has more lines there is no such form, and NoMatrix says so.
"""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from ..language.algebra import Add, Div, MatMul, Mul, Neg, Sub, Sum, Transpose
from ..language.arrays import Delta, Derivative, Entry
from ..language.chosen import Position
from ..language.functions import Apply
from ..language.kinks import Larger, Smaller
from ..language.vectors import Diag, Ones, Outer, diag, ones, outer
from ..nodes import node, walk
from ..printing.printer import is_row
from .products import Term, indices_of, measure
from .terms import Reader
from .writing import fraction


class NoMatrix(Exception):
    """Why a line stays with its indices."""


def whole(terms, scope):
    """The array that has these terms as its entries; `scope` is {index: size}, at most two."""
    if len(scope) > 2:
        raise NoMatrix("it has more than two indices")
    if not terms:
        raise NoMatrix("it is 0")
    if len(terms) == 1:
        return Drawing(terms[0], scope).array()
    number, shared = common(terms, scope)
    rest = [without(term, number, shared) for term in terms]
    if not shared and number == 1:
        return total(terms, scope)
    inner = total(rest, scope)
    return Drawing(Term(number, (), tuple(shared.items())), scope, inner).array()


def total(terms, scope):
    """The sum of the arrays of all terms, a positive one first."""
    ordered = [one for one in terms if one.number > 0][:1]
    ordered += [one for one in terms if one not in ordered]
    sizes = [Drawing(replace(one, number=abs(one.number)), scope).array() for one in ordered]
    made = None
    for term, size in zip(ordered, aligned(sizes), strict=True):
        if made is None:
            made = -size if term.number < 0 else size
        else:
            made = made - size if term.number < 0 else made + size
    return made


def common(terms, scope, deltas=False):
    """(number, {atom: exponent}) that all terms share; no letter of it is summed."""
    tables = [dict(term.factors) for term in terms]
    shared = {}
    for atom, n in tables[0].items():
        if {*indices_of(atom)} <= {*scope} and (deltas or not isinstance(atom, Delta)):
            powers = [table.get(atom, 0) for table in tables]
            if all(m * n > 0 for m in powers):
                shared[atom] = min(powers, key=abs)
    return measure(terms), shared


def without(term, number, shared):
    """The term without what was taken out of it."""
    factors = tuple((a, n - shared.get(a, 0)) for a, n in term.factors if n != shared.get(a, 0))
    return Term(term.number / number, term.ranges, factors)


class Drawing:
    """One term as points and lines. `inner` is an array by which the whole is multiplied."""

    def __init__(self, term, scope, inner=None):
        self.scope, self.sizes = scope, {**scope, **dict(term.ranges)}
        self.number, self.scalars = term.number, []
        self.labels, self.lines = defaultdict(list), {}
        self.points = [index for index, _ in term.ranges]
        self.on_diagonal = None
        for atom, n in self.straight(term.factors):
            self.put(atom, n)
        if inner is not None:
            self.attach(tuple(scope), inner, 1)

    def straight(self, factors):
        """The factors; a δ between the two letters of the target makes a diagonal matrix."""
        deltas = [atom for atom, _ in factors if isinstance(atom, Delta)]
        if not deltas:
            return factors
        if len(deltas) > 1 or [*self.scope] not in (
            [deltas[0].left, deltas[0].right],
            [deltas[0].right, deltas[0].left],
        ):
            raise NoMatrix("a delta stays in it")
        first, second = self.scope
        if any(second in indices_of(atom) for atom, _ in factors if atom != deltas[0]):
            raise NoMatrix("a delta stays in it")
        self.on_diagonal = first
        return [pair for pair in factors if pair[0] != deltas[0]]

    def put(self, atom, n):
        """An atom at its points."""
        letters = indices_of(atom)
        if isinstance(atom, Derivative):
            raise NoMatrix("it has a derivative in it")
        if not letters:
            self.scalars.append((self.as_scalar(atom), n))
            return
        if n.denominator != 1 or abs(n) > 4:
            raise NoMatrix("it has a root or a high power of an array")
        if any(
            isinstance(i, Position)
            for part in walk(atom)
            if isinstance(part, Entry)
            for i in part.indices
        ):
            raise NoMatrix("it has a look-up")
        if isinstance(atom, Entry):
            if any(isinstance(i, int) for i in atom.indices) or len(letters) < len(atom.indices):
                raise NoMatrix("it has a single entry or a diagonal")
        if len(letters) > 2:
            raise NoMatrix("a factor has more than two indices")
        if not isinstance(atom, Entry) and tuple(letters[::-1]) in self.lines:
            letters = letters[::-1]  # written as its neighbor is, it needs no transpose
        self.attach(tuple(letters), self.as_array(atom, letters), int(n))

    def as_scalar(self, atom):
        """A sum without letters as a product of vectors, if there is such a form."""
        if not any(isinstance(part, Sum) for part in walk(atom)) or isinstance(atom, Apply):
            return atom
        try:
            return whole(Reader().read(atom), {})
        except NoMatrix:
            return atom

    def as_array(self, atom, letters):
        """The whole array of which the atom is an entry."""
        scope = {i: self.sizes[i] for i in letters}
        if isinstance(atom, Entry):
            return atom.array
        if isinstance(atom, Apply):
            return Apply(atom.function, whole(Reader().read(atom.argument), scope))
        if isinstance(atom, Larger | Smaller):
            return type(atom)(*(self.side(one, scope) for one in (atom.left, atom.right)))
        terms = Reader().read(atom)
        if len(terms) == 1 and terms[0].factors == ((atom, 1),):
            raise NoMatrix("a part of it has no form for whole arrays")
        return whole(terms, scope)

    def side(self, expression, scope):
        """One of the two of which the larger is taken: a whole array, or a scalar."""
        return whole(Reader().read(expression), scope) if indices_of(expression) else expression

    def attach(self, letters, array, n):
        """Write an array n times at a point, or on the line between two; below it for n < 0."""
        if not letters:
            self.scalars.append((array, Fraction(n)))
        elif len(letters) == 1:
            self.labels[letters[0]] += [(array, n > 0)] * abs(n)
        else:
            if letters not in self.lines and letters[::-1] in self.lines:
                letters, array = letters[::-1], turned(array)
            self.lines.setdefault(letters, [])
            self.lines[letters] += [(array, n > 0)] * abs(n)

    def array(self):
        """The whole term as an array of the shape of the target."""
        while self.points:
            self.remove(
                min(self.points, key=lambda one: (len(self.at(one)), bool(self.labels.get(one))))
            )
        made = {0: self.scalar, 1: self.vector, 2: self.matrix}[len(self.scope)]()
        return made

    # Summed points.

    def at(self, point):
        """The lines that end at a point."""
        return [ends for ends in self.lines if point in ends]

    def remove(self, point):
        """Add up over one point, which leaves the drawing."""
        self.points.remove(point)
        ends, labels = self.at(point), self.labels.pop(point, [])
        if len(ends) > 2:
            raise NoMatrix("a summed index is in three factors")
        if not ends:
            self.scalars.append((self.dot(labels, self.sizes[point]), Fraction(1)))
        elif len(ends) == 1:
            self.row(point, ends[0], labels)
        else:
            self.product(point, ends, labels)

    def dot(self, labels, size):
        """Σ_p u_p v_p."""
        if len(labels) == 1 or not all(above for _, above in labels):
            return ones(size) @ elementwise(labels)
        return labels[0][0] @ elementwise(labels[1:])

    def row(self, point, ends, labels):
        """Σ_p v_p M_pq, a vector at q."""
        matrix = elementwise(self.lines.pop(ends))
        vector = elementwise(labels) if labels else ones(self.sizes[point])
        other = ends[1] if ends[0] == point else ends[0]
        self.labels[other].append((vector @ matrix if ends[0] == point else matrix @ vector, True))

    def product(self, point, ends, labels):
        """Σ_p A_qp v_p B_pr, a matrix on the line from q to r."""
        first, second = self.toward(ends[0], point), self.toward(ends[1], point)
        if self.scope and second[0] == [*self.scope][0]:
            first, second = second, first
        left, right = first[1], turned(second[1])
        if labels:
            right = diag(elementwise(labels)) @ right
        self.attach((first[0], second[0]), left @ right, 1)

    def toward(self, ends, point):
        """(the other point, the matrix from it to this one); the line is removed."""
        matrix = elementwise(self.lines.pop(ends))
        return (ends[0], matrix) if ends[1] == point else (ends[1], turned(matrix))

    # What is left.

    def scalar(self):
        """The letters in front, then what was added up."""
        sums = [one for one in self.scalars if any(isinstance(p, MatMul) for p in walk(one[0]))]
        letters = [one for one in self.scalars if one not in sums]
        front = fraction(letters, self.number)
        return front if not sums else scaled(front, fraction(sums))

    def vector(self):
        [(index, size)] = self.scope.items()
        labels = self.labels[index]
        return self.scaled(elementwise(labels) if labels else ones(size))

    def matrix(self):
        (a, rows), (b, columns) = self.scope.items()
        if self.on_diagonal is not None:
            labels = self.labels[a]
            return self.scaled(diag(elementwise(labels) if labels else ones(rows)))
        ends = self.at(a)
        if not ends:
            above, below = self.sides(a, b, True), self.sides(a, b, False)
            made = above if above is not None else ones(rows, columns)
            return self.scaled(made / below if below is not None else made)
        lines = self.lines[ends[0]]
        lines = lines if ends[0] == (a, b) else [(turned(one), above) for one, above in lines]
        for above in (True, False):
            if (both := self.sides(a, b, above)) is not None:
                lines = [*lines, (both, above)]
        return self.scaled(elementwise(lines))

    def sides(self, a, b, above):
        """u vᵀ of the labels at the two points that are above, or below, the line; or None."""
        parts = []
        for point in (a, b):
            found = [one for one in self.labels[point] if one[1] == above]
            parts.append(elementwise([(one, True) for one, _ in found]) if found else None)
        if parts == [None, None]:
            return None
        u, v = (
            ones(self.sizes[p]) if part is None else part
            for p, part in zip((a, b), parts, strict=True)
        )
        return outer(u, v)

    def scaled(self, array):
        """number · scalars · array."""
        return scaled(fraction(self.scalars, self.number), array)


def scaled(front, array):
    """A scalar times an array, with 1 and −1 not written out."""
    if front in (node(1), -node(1)):
        return array if front == node(1) else -array
    return front * array


def elementwise(parts):
    """A ⊙ B ⊘ C of [(array, whether it is above the line)]."""
    arrays = aligned([one for one, _ in parts])
    above = [one for one, (_, up) in zip(arrays, parts, strict=True) if up]
    below = [one for one, (_, up) in zip(arrays, parts, strict=True) if not up]
    made = reduce(lambda x, y: x * y, above) if above else ones(*below[0].shape)
    return made / reduce(lambda x, y: x * y, below) if below else made


def column(vector):
    """The same vector, written as Aᵀ v instead of vᵀ A."""
    match vector:
        case MatMul(left, right) if is_row(vector):
            return turned(right) @ column(left)
        case Mul() | Div() | Add() | Sub() if is_row(vector):
            return type(vector)(*(column(p) if p.shape else p for p in (vector.left, vector.right)))
        case Mul(left, right) if not left.shape:
            return left * column(right)
        case Neg(inner):
            return -column(inner)
    return vector


def aligned(arrays):
    """Vectors of which some are rows and some are columns, all as columns."""
    rows = [is_row(one) for one in arrays if len(one.shape) == 1]
    mixed = any(rows) and not all(rows)
    return [column(one) if mixed and len(one.shape) == 1 else one for one in arrays]


def turned(array):
    """The transpose, drawn inside where that is shorter."""
    match array:
        case Transpose(inner):
            return inner
        case MatMul(left, right) if len(left.shape) == len(right.shape) == 2:
            return turned(right) @ turned(left)
        case Neg(inner):
            return -turned(inner)
        case Ones(shape):
            return ones(*shape[::-1])
        case Outer(left, right):
            return outer(right, left)
        case Diag():
            return array
    return array.T
