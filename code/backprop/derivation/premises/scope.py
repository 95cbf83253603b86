"""What may be where: indices on their own axes, one array to a name, sizes that differ."""

from ..errors import DerivationError, ShapeError
from ..language.algebra import Over
from ..language.arrays import Array, Delta, Entry
from ..language.chosen import OneHot, Position
from ..language.computed import Computed
from ..language.matrices import OfMatrix
from ..language.shifted import Shifted
from ..nodes import Dimension, Index, Place, walk

MANY_SIZES = 6


def arrays_in(expression):
    """All arrays of which something occurs in the expression."""
    return {part for part in walk(expression) if isinstance(part, Array)}


def free_indices(expression, bound=()):
    """{index: dimension of its axis} for the indices that no Σ binds, in reading order."""
    if isinstance(expression, Entry):
        pairs = zip(expression.indices, expression.array.shape, strict=True)
        found = {i: size for i, size in pairs if isinstance(i, Index) and i not in bound}
        return found | letters_of(expression.indices, bound) | found
    inner = {*bound, *(expression.indices if isinstance(expression, Over) else ())}
    found = {}
    if isinstance(expression, Delta):
        found = letters_of((expression.left, expression.right), bound)
    for child in expression.children():
        found = found | free_indices(child, inner) | found  # the first axis of each counts
    return found


def letters_of(places, bound):
    """{index: dimension} for the indices of arrays of integers."""
    pairs = [
        pair
        for one in places
        if isinstance(one, Position)
        for pair in zip(one.indices, one.array.shape, strict=True)
    ]
    return {i: size for i, size in pairs if isinstance(i, Index) and i not in bound}


def check_indices(expression, scope):
    """Every index is bound by a Σ or in `scope`, on axes of its own length. Raises otherwise."""
    if isinstance(expression, Entry):
        for index, size in zip(expression.indices, expression.array.shape, strict=True):
            check_place(index, size, scope, expression)
    if isinstance(expression, Delta):
        places = [i for i in (expression.left, expression.right) if isinstance(i, Place)]
        sizes = {str(size) for one in places for size in lengths_of(one, scope, expression)}
        if len(sizes) > 1 and not any(isinstance(one, Shifted) for one in places):
            plain = [one for one in places if isinstance(one, Index)]
            meant = "".join(others(scope, size_of(i, scope, expression), i) for i in plain)
            raise ShapeError(
                f"the indices of {expression} run to {' and '.join(sorted(sizes))}{meant}"
            )
    if isinstance(expression, OneHot):
        check_place(expression.place, expression.sizes[0], scope, expression)
    if isinstance(expression, Over):
        for index in scope.keys() & expression.indices:
            raise DerivationError(
                f"{index} is summed in {expression}, but taken outside: rename it"
            )
        scope = {**scope, **dict(zip(expression.indices, expression.sizes, strict=True))}
    for child in expression.children():
        check_indices(child, scope)


def check_place(index, size, scope, expression):
    """A place is on an axis of its own length."""
    for letter in index.letters if isinstance(index, Shifted) else ():
        size_of(letter, scope, expression)
    found = isinstance(index, Index | Position) and lengths_of(index, scope, expression, size)
    for length in found or ():
        if length != size:
            raise ShapeError(
                f"{index} runs to {length}, but is used on an axis of length {size} in "
                f"{expression}{others(scope, size, index)}"
            )


def lengths_of(place, scope, expression, axis="…"):
    """The lengths of the axes of a place; an array of integers has those that it says."""
    if isinstance(place, Position):
        for index, size in zip(place.indices, place.array.shape, strict=True):
            check_place(index, size, scope, expression)
        return [place.array.to]
    return [size_of(letter, scope, expression, axis) for letter in place.letters]


def others(scope, size, letter):
    """The other letters that run to a size here."""
    names = [str(one) for one in scope if scope[one] == size and one != letter]
    return f"; {' and '.join(names)} run{'s' * (len(names) == 1)} to {size}" if names else ""


def check_entries(expression, shapes):
    """An entry with numbers for indices exists at every shape that is looked at."""
    for part in (part for part in walk(expression) if isinstance(part, Entry)):
        for n, size in zip(part.indices, part.array.shape, strict=True):
            if type(n) is int and any(n > sizes.get(size, n) for sizes in shapes):
                raise ShapeError(f"{part.array} has no entry {part} for every {size} from 2 on")


def size_of(index, scope, expression, axis="…"):
    if index not in scope:
        raise DerivationError(
            f"{index} in {expression} is neither summed nor an index of the left-hand side "
            f"({', '.join(map(str, scope)) or 'which has none'}): "
            f"a sum over it is Sum(…, ({index}, 1, {axis}))"
        )
    return scope[index]


def check_names(expressions, sizes, why="sizes gives no length for {}"):
    """Every name is one array, and every dimension has a size. Raises otherwise."""
    names, numbered, letters = {}, {}, {}
    for part in (part for expression in expressions for part in walk(expression)):
        for one in (part, part.of) if isinstance(part, OfMatrix) else (part,):
            if isinstance(one, Array) and names.setdefault(one.name, one) != one:
                raise DerivationError(f"two different arrays have the name {one.name}")
        if isinstance(part, Dimension) and part not in sizes:
            raise DerivationError(why.format(part))
        if isinstance(part, Entry) and len(part.indices) == 1:
            numbered[f"{part.array.name}{part.indices[0]}"] = part
        if isinstance(part, Dimension) and letters.setdefault(part.name, part) != part:
            raise DerivationError(f"two different sizes have the name {part.name}")
    for name in names.keys() & letters.keys():
        raise DerivationError(f"{name} is an array and a size: rename one")
    for name in names.keys() & numbered.keys():
        if type(numbered[name].indices[0]) is int:
            raise DerivationError(f"{name} and {numbered[name]} look alike on the page: rename one")


def shapes_of(expressions, sizes):
    """The shapes at which a wrong line is shown: {S: 2, M: 3}, and others, {S: 3, M: 2}."""
    found = [part for whole in expressions for part in walk(whole) if isinstance(part, Dimension)]
    found += [size for whole in expressions for size in whole.shape]
    found = [*dict.fromkeys(small_first(expressions) + found)]
    free = [size for size in found if not isinstance(size, Computed)]
    return [with_computed(shape, found) for shape in free_shapes(free, sizes)]


def free_shapes(found, sizes):
    """The shapes, but for the sizes that are computed."""
    if sizes is None and len(found) > MANY_SIZES:  # the products of all sizes are too large
        return small_shapes(found)
    first = {size: 2 + k for k, size in enumerate(found)} if sizes is None else check_sizes(sizes)
    numbers = [*first.values()]
    turned = numbers[1:] + numbers[:1] if len(numbers) > 1 else [n + 1 for n in numbers]
    return [first, dict(zip(first, turned, strict=True))]


def with_computed(shape, sizes):
    """A shape, {size: number}, with the numbers of those sizes that are computed from it."""

    def number(size):
        if isinstance(size, Computed):
            return size.worth(number)
        if size not in shape:
            raise DerivationError(f"sizes gives no length for {size}")
        return shape[size]

    return shape | {size: number(size) for size in sizes if isinstance(size, Computed)}


def small_first(expressions):
    """The sizes of what is inverted: an inverse has many terms when it is written out."""
    parts = [part for whole in expressions for part in walk(whole)]
    return [size for one in parts if isinstance(one, OfMatrix) for size in one.of.shape]


def small_shapes(sizes):
    """Shapes of 2s and 3s: each size is both of them once, and no two are always the same."""
    digits = (len(sizes) + 1).bit_length()  # the codes from 1 on, none of them all 0 or all 1
    return [
        {size: 2 + (k >> digit & 1) for k, size in enumerate(sizes, 1)} for digit in range(digits)
    ]


def check_sizes(sizes):
    """{S: 2, M: 3}: from 2 on and pairwise different, so that no shape hides a mistake."""
    if not isinstance(sizes, dict):
        raise DerivationError(f"sizes is a dictionary such as {{S: 2, M: 3}}, got {sizes!r}")
    for size in sizes:
        if isinstance(size, Computed):
            raise DerivationError(f"{size} is computed from others: sizes gives numbers for these")
    if not all(isinstance(s, Dimension) and type(n) is int and n > 1 for s, n in sizes.items()):
        raise DerivationError(f"sizes are integers from 2 on, such as {{S: 2, M: 3}}; got {sizes}")
    if len(set(sizes.values())) < len(sizes):
        raise DerivationError(f"sizes must differ, or a transpose goes unseen; got {sizes}")
    return dict(sizes)
