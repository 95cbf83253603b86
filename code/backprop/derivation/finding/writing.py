"""Sums of products as expressions again, in the order in which they were read."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from ..language.algebra import Pow, Sum
from ..nodes import Index, node
from .products import Term, exchanged, indices_of, settled


def written(terms):
    """The terms as an expression, a positive one first if there is one."""
    if not terms:
        return node(0)
    ordered = [one for one in terms if one.number > 0][:1]
    ordered += [one for one in terms if one not in ordered]
    pool, made = {}, None
    for term in ordered:
        term = shared(term, pool)
        size = product_of(replace(term, number=abs(term.number)))
        if made is None:
            made = -size if term.number < 0 else size
        else:
            made = made - size if term.number < 0 else made + size
    return made


def shared(term, pool):
    """The term with summed letters that other terms of the line use as well."""
    names, seen = {}, Counter()
    for index, size in term.ranges:
        key = index.name, str(size), seen[index.name, size]
        seen[index.name, size] += 1
        names[index] = pool.setdefault(key, Index.fresh(index.name))
    return Term(
        term.number,
        tuple((names[i], n) for i, n in term.ranges),
        tuple((exchanged(atom, names), n) for atom, n in term.factors),
    )


def product_of(term):
    """One term: the scalars in front, then the Σ with what depends on its letters."""
    scalars = [pair for pair in term.factors if not indices_of(pair[0])]
    inner = [pair for pair in term.factors if pair not in scalars]
    bound = {index for index, _ in term.ranges}
    outer = [pair for pair in inner if bound and not bound & {*indices_of(pair[0])}]
    inner = [pair for pair in inner if pair not in outer]
    body = fraction(outer) if outer else None
    if inner:
        core = fraction(inner)
        if bound:
            core = Sum(core, *((index, 1, size) for index, size in term.ranges))
        body = core if body is None else body * core
    front = fraction(scalars, term.number)
    if body is None:
        return front
    return body if front == node(1) else front * body


def fraction(pairs, number=Fraction(1)):
    """number · Π atom^n, with what has a negative exponent below the line."""
    if number < 0:
        return -fraction(pairs, -number)
    above = [one(atom, n) for atom, n in pairs if n > 0]
    below = [one(atom, -n) for atom, n in pairs if n < 0]
    above = ([node(number.numerator)] if number.numerator != 1 or not above else []) + above
    below = ([node(number.denominator)] if number.denominator != 1 else []) + below
    return chained(above) / chained(below) if below else chained(above)


def one(atom, n):
    if n == 1:
        return atom
    return Pow(atom, int(n) if n.denominator == 1 else n)


def chained(parts):
    made = parts[0]
    for part in parts[1:]:
        made = made * part
    return made


def canonical(terms):
    """A sum as one expression that is written the same whenever it is the same."""
    ordered = sorted(terms, key=lambda one: (one.number < 0, str(settled(written([one])))))
    return settled(written(ordered))
