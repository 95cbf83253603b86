"""What is known of inverses and determinants, and what hypotheses say of matrices, for all shapes.

A product with A⁻¹, with an orthogonal Q or with a projection P is a Σ over an index that is in two
factors and in nothing else: one more rule for Σ. That A is symmetric is a matter of names. All
of it acts on what is left when everything is differentiated, so nothing assumed is differentiated.
"""

import sympy

from ..language.matrices import Det, Inverse
from ..premises.hypotheses import Orthogonal, Projection, Symmetric
from .atoms import MIRRORED, Leaf, Polynomial, spelled
from .rules import collect, multiply, sum_over, touching, without

ONE = sympy.S.One


def inverse(array, index, pair):
    """Σ_k A_ik A⁻¹_kj = δ_ij, and Σ_k A⁻¹_ik A_kj = δ_ij, where det A ≠ 0."""
    for one, other in (pair, pair[::-1]):
        if name(one) == array.of.name and name(other) == array.name:
            left, right = rest(one, index), rest(other, index)
            if left and right and (mirrored(one) or left[0] != right[0]):
                return sympy.KroneckerDelta(left[1], right[1])
    return None


def orthogonal(array, index, pair):
    """Σ_k Q_ki Q_kj = δ_ij if QᵀQ = I; and Σ_k Q_ik Q_jk = δ_ij if Q is also square."""
    if {*map(name, pair)} == {array.name}:
        left, right = (rest(one, index) for one in pair)
        square = array.shape[0] == array.shape[1]
        if left and right and left[0] == right[0] and (left[0] == 0 or square):
            return sympy.KroneckerDelta(left[1], right[1])
    return None


def projection(array, index, pair):
    """Σ_k P_ik P_kj = P_ij if P = Pᵀ = P²."""
    if {*map(name, pair)} == {array.name}:
        left, right = (rest(one, index) for one in pair)
        if left and right:
            return pair[0].base[left[1], right[1]]
    return None


def symmetric(expression, hypotheses):
    """A_ij = A_ji if A = Aᵀ, and then A⁻¹_ij = A⁻¹_ji where det A ≠ 0."""
    names = {one.array.name for one in hypotheses if isinstance(one, Symmetric)}
    names |= {f"{name}⁻¹" for name in names}
    entries = [one for one in expression.atoms(sympy.Indexed) if spelled(one.base) in names]
    return expression.xreplace({one: turned(one) for one in entries})


def inverse_of_orthogonal(expression, hypotheses):
    """Q⁻¹_ij = Q_ji if QᵀQ = I and Q is square."""
    found = [one.array for one in hypotheses if isinstance(one, Orthogonal) and one.square]
    names = {f"{array.name}⁻¹": array.name for array in found}
    entries = [one for one in expression.atoms(sympy.Indexed) if spelled(one.base) in names]
    bases = {one: sympy.IndexedBase(names[spelled(one.base)], real=True) for one in entries}
    return expression.xreplace({one: base[one.indices[::-1]] for one, base in bases.items()})


def renamed(expression, hypotheses):
    """The expression with the names that hypotheses give to entries."""
    return symmetric(inverse_of_orthogonal(expression, hypotheses), hypotheses)


def turned(one):
    """The entry of an array whose name says that its indices may change places."""
    signs = {"real": True, "positive": one.base.is_positive}
    return sympy.IndexedBase(spelled(one.base) + MIRRORED, **signs)[one.indices]


def slope_of_inverse(entry, array, k, m):
    """∂A⁻¹_ij/∂A_ab = −A⁻¹_ia A⁻¹_bj, which is A A⁻¹ = I differentiated, where det A ≠ 0."""
    (i, j), (a, b) = k, m
    return -entry(array, (i, a)) * entry(array, (b, j))


def slope_of_det(entry, array, k, m):
    """∂det A/∂A_ab = det A · A⁻¹_ba, where det A ≠ 0."""
    a, b = m
    inverse = Inverse(f"{array.of.name}⁻¹", array.of.shape, False, array.of)
    return entry(array, ()) * entry(inverse, (b, a))


def slope_of(array):
    """The rule for how A⁻¹, or det A, changes with A."""
    return slope_of_det if isinstance(array, Det) else slope_of_inverse


def rules(facts):
    """The rules for Σ that the cited facts are."""
    found = [(inverse, one) for one in sorted(facts.arrays, key=str) if isinstance(one, Inverse)]
    for one in facts.hypotheses:
        if isinstance(one, Orthogonal | Projection):
            found.append((orthogonal if isinstance(one, Orthogonal) else projection, one.array))
    return [rule_for_sums(product, array) for product, array in found]


def rule_for_sums(product, array):
    """The rule for Σ over an index that is in two entries, or in one squared, and nowhere else."""

    def rule(index, size, ranges, factors, cited):
        touched = touching(index, factors)
        pair = [atom for atom, n in touched for _ in range(int(n) if n in (1, 2) else 3)]
        if len(pair) != 2 or not all(is_entry(atom) for atom in pair):
            return None
        made = product(array, index, [atom.expression for atom in pair])
        if made is None:
            return None
        left = collect([*(factors - {*touched})])
        made = Polynomial.of(made if made.is_Integer else Leaf(made))
        return sum_over(without(ranges, index), multiply(left, made), cited)

    return rule


def is_entry(atom):
    return isinstance(atom, Leaf) and isinstance(atom.expression, sympy.Indexed)


def name(one):
    """The name of an entry's array, whether or not it is said to be symmetric."""
    return spelled(one.base).removesuffix(MIRRORED)


def mirrored(one):
    return spelled(one.base).endswith(MIRRORED)


def rest(one, index):
    """(the place of an index in an entry, the other index); None if both are the same."""
    places = [place for place, letter in enumerate(one.indices) if letter == index]
    return (places[0], one.indices[1 - places[0]]) if len(places) == 1 else None


CITED = (
    inverse,
    slope_of_inverse,
    slope_of_det,
    symmetric,
    orthogonal,
    inverse_of_orthogonal,
    projection,
)
