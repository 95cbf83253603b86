"""What to write instead where shapes do not meet, said with the author's own line.

`algebra` asks here for the end of its messages; nothing here decides whether a line is right.
"""

from fractions import Fraction
from itertools import product

from ..nodes import Index, Node, shape_name, walk


def elementwise(sign, left, right):
    """For + − ⊙ ⊘ of two shapes: nothing is broadcast, so the repeating is written out."""
    return laid_out(sign, left, right) + (
        of_scalar(sign, left, right)
        or repeated(sign, left, right)
        or turned_over(sign, left, right)
        or conforming(left, right, "@ is the matrix product: ")
    )


def product_of(left, right):
    """For @ of two shapes that do not meet."""
    if not left.shape or not right.shape:
        times = f"{operand(left)} * {operand(right)}"
        return laid_out("@", left, right) + f"\n  a scalar factor is written with *: {times}"
    if len(left.shape) == len(right.shape) == 1:
        pair = f"outer({left:typed}, {right:typed})"
        return laid_out("@", left, right) + f"\n  the matrix of all products is {pair}"
    pairs = conforming(left, right, "the shapes meet in ")
    return laid_out("@", left, right) + (
        pairs and pairs + "; shapes alone do not say which is meant"
    )


def laid_out(sign, left, right):
    """Both operands as typed, with their shapes below them."""
    upper, lower = "", ""
    for part, between in ((left, f" {sign} "), (right, "")):
        held, shape = operand(part), "scalar" if not part.shape else "×".join(map(str, part.shape))
        width = max(len(held), len(shape))
        upper += held.center(width) + between
        lower += shape.center(width) + " " * len(between)
    return f"\n    {upper.rstrip()}\n    {lower.rstrip()}"


def operand(part):
    """An operand as typed, in brackets if it is a sum."""
    text = f"{part:typed}"
    return f"({text})" if type(part).__name__ in ("Add", "Sub", "Neg") else text


def of_scalar(sign, left, right):
    """1 − Y: the scalar is to be in every entry."""
    scalar, array = (left, right) if not left.shape else (right, left)
    if scalar.shape or not array.shape:
        return ""
    if type(getattr(left, "array", None)).__name__ == "Loss":
        return f"\n  a derivative is written d({left}, {right:typed})"
    sizes = ", ".join(map(str, array.shape))
    ones = f"ones({sizes})" if str(scalar) == "1" else f"{operand(scalar)} * ones({sizes})"
    if sign == "/":
        return f"\n  a scalar in every entry is written out: {ones} / {operand(array)}"
    first, second = (ones, operand(array)) if scalar is left else (operand(array), ones)
    return f"\n  a scalar in every entry is written out: {first} {sign} {second}"


def repeated(sign, left, right):
    """X + b for a vector b: it is repeated in each row, or in each column."""
    vector, matrix = (left, right) if len(left.shape) == 1 else (right, left)
    if len(vector.shape) != 1 or len(matrix.shape) != 2:
        return ""
    (size,), (rows, columns) = vector.shape, matrix.shape
    ways = []
    if size == columns:
        ways.append((f"outer(ones({rows}), {vector:typed})", "in each row"))
    if size == rows:
        ways.append((f"outer({vector:typed}, ones({columns}))", "in each column"))
    if not ways:
        return ""
    said = " or ".join(
        f"{way} {sign} {operand(matrix)}" if vector is left else f"{operand(matrix)} {sign} {way}"
        for way, _ in ways
    )
    return (
        f"\n  nothing is repeated by itself: to have {vector:typed} "
        f"{' or '.join(where for _, where in ways)}, write {said}"
    )


def turned_over(sign, left, right):
    """A + B where B is of the shape of Aᵀ."""
    if len(left.shape) != 2 or left.shape != right.shape[::-1]:
        return ""
    return (
        f"\n  one is of the shape of the other's transpose: {operand(left)} {sign} "
        f"{written(right, True)}, or {written(left, True)} {sign} {operand(right)}"
    )


def conforming(left, right, introduction):
    """The products of the two, transposed or not, of which the shapes meet."""
    found = []
    for first, second in ((left, right), (right, left)):
        turns = [(False, True) if len(one.shape) == 2 else (False,) for one in (first, second)]
        for turned in product(*turns):
            one, other = map(shape_of, (first, second), turned)
            if one and other and max(len(one), len(other)) < 3 and one[-1] == other[0]:
                text = " @ ".join(map(written, (first, second), turned))
                found.append(f"{text} ({shape_name(one[:-1] + other[1:])})")
    return f"\n  {introduction}{' or '.join(found)}" if found else ""


def shape_of(one, turned):
    return one.shape[::-1] if turned else one.shape


def written(one, turned):
    """An operand or its transpose, without a second transpose."""
    if turned and type(one).__name__ == "Transpose":
        return operand(one.operand)
    text = operand(one)
    tight = text.startswith("(") or text.replace("_", "").isalnum() or not turned
    return text if not turned else f"{text}.T" if tight else f"({text}).T"


def summed(one, axis, mean):
    """What .sum(axis) or .mean(axis) of an array is, with ones; None if there is no such axis."""
    ones = [f"ones({size})" for size in one.shape]
    inner = operand(one) if one.shape and " " not in f"{one:typed}" else f"({one:typed})"
    if len(one.shape) == 1 and axis in (None, 0, -1):
        text, sizes = f"{ones[0]} @ {inner}", one.shape
    elif len(one.shape) == 2 and axis is None:
        text, sizes = f"{ones[0]} @ {inner} @ {ones[1]}", one.shape
    elif len(one.shape) == 2 and axis in (0, -2):
        text, sizes = f"{ones[0]} @ {inner}", one.shape[:1]
    elif len(one.shape) == 2 and axis in (1, -1):
        text, sizes = f"{inner} @ {ones[1]}", one.shape[1:]
    else:
        return None
    if not mean:
        return text
    below = " * ".join(map(str, sizes))
    return f"1 / {below if len(sizes) == 1 else f'({below})'} * ({text})"


def power(base, exponent):
    """(Y − T) ** 2 for an array: each entry times itself."""
    if not base.shape:
        return ""
    if exponent not in (2, 3):
        entry = f"{operand(base)}[{', '.join('ijkl'[: len(base.shape)])}]"
        root = f"sqrt({entry})" if exponent == Fraction(1, 2) else f"{entry} ** {exponent}"
        return f"\n  write it by entries, {root}"
    return f"\n  for every entry, write {' * '.join([operand(base)] * exponent)}"


def entries(body, ranges):
    """Σ over a whole array: its entries are meant, or all of them added up by ones."""
    letters = [r[0] for r in ranges if isinstance(r, tuple) and r]
    if len(letters) == len(body.shape):
        text = f"{body:typed}" if " " not in f"{body:typed}" else f"({body:typed})"
        said = ", ".join(f"({', '.join(map(str, r))})" for r in ranges)
        return f"\n  write the entry: Sum({text}[{', '.join(map(str, letters))}], {said})"
    total = summed(body, None, mean=False)
    return f"\n  the sum of all its entries is {total}" if total else ""


def ranges_of(body, ranges):
    """What was given for the ranges of a Σ, as they are to be: sizes are read off the body."""
    if any(isinstance(one, list | tuple) and one and isinstance(one[0], tuple) for one in ranges):
        return ": put a star in front of a list of ranges, Sum(…, *every)"
    letters = [one[0] if isinstance(one, tuple) and one else one for one in ranges]
    if not all(isinstance(one, Index) for one in letters):
        return ""
    sizes = sizes_in(body)
    said = ", ".join(f"({one}, 1, {sizes.get(one, 'S')})" for one in letters)
    return f": it begins at 1 and ends at a size, write Sum(…, {said})"


def sizes_in(expression):
    """{index: the size of the first axis on which it is}."""
    found = {}
    for part in walk(expression):
        array = getattr(part, "array", None)
        if array is not None:
            for letter, size in zip(part.indices, array.shape, strict=True):
                found.setdefault(letter, size)
    return found


def defined(left, right, letters):
    """A definition of which one side is an entry, and the other a whole array."""
    if not isinstance(left, Node):
        return ""
    if not hasattr(left, "name") and not hasattr(left, "array"):
        return formula_for_name(left)
    if left.shape and not right.shape and [*letters.values()] == [*left.shape]:
        return f"\n  define its entries: {{{left}[{', '.join(map(str, letters))}]: …}}"
    if left.shape and len(right.shape) == 2 and right.shape[::-1] == left.shape:
        return f"\n  its transpose has that shape: {{{left}: {written(right, True)}}}"
    places = getattr(left, "indices", None)
    if places is None or left.shape:
        return ""
    if not places:
        total = summed(right, None, mean=False)
        return f"\n  {left} is a scalar; the sum of all entries is {total}" if total else ""
    if right.shape == left.array.shape:
        return f"\n  define the whole array: {{{left.array}: {right:typed}}}"
    return ""


def formula_for_name(formula):
    """After Y = X @ W.T in Python, Y is a formula and no array."""
    return (
        f"\n  {formula:typed} is a formula: keep the name for an array, "
        'Y = array("Y", …), and say what it is in define={Y: …}'
    )


def line_of(line, whole, scope, letters):
    """A line that has another shape than what is derived; `letters` are free in it."""
    shape = tuple(scope.values())
    if line.shape and letters:
        names = ", ".join(map(str, letters))
        return (
            f"\n  it has letters ({names}) and whole arrays: either all by entries, under a Σ, or "
            "all by matrices"
        )
    if whole is None:
        return ""
    name = getattr(whole, "of", None)
    if not line.shape:
        places = ", ".join("abcd"[: len(shape)])
        loss = getattr(getattr(whole, "loss", None), "name", "L")
        return (
            f"\n  for lines with indices, begin with Derivation(d({loss}, {name}[{places}]), …)"
            if name is not None
            else ""
        )
    if line.shape == shape[::-1]:
        return f"\n  a gradient has the shape of its variable, as the transpose has: {turned(line)}"
    extra = [n for n, size in enumerate(line.shape) if size not in shape]
    if len(line.shape) == 2 and len(shape) == 1 and len(extra) == 1:
        return (
            f"\n  {line.shape[extra[0]]} is no axis of {whole}: add up over it, "
            f"{summed(line, extra[0], mean=False)}"
        )
    return ""


def turned(line):
    """The transpose of a line; of a product, that of its factors."""
    if type(line).__name__ == "MatMul" and len(line.left.shape) == len(line.right.shape) == 2:
        return f"{written(line.right, True)} @ {written(line.left, True)}"
    return written(line, True)
