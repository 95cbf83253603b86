"""An example in numbers, written by hand, next to the line that was proved: printed and compared.

    by_hand(weights, {dY: [[1, 2], [-3, 3]], X: [[4, 3], [1, 0]]}, [[1, 3], [11, 6]], at=(1, 2))

prints ∂L/∂W = (∂L/∂Y)ᵀ X, the same with the numbers in it, and the result; then how one entry comes
about: ∂L/∂W₁₂ = 1 · 3 + (−3) · 0 = 3. The formula is the last line of the derivation, so it is
typed once; the result is what somebody worked out on paper, and one that the formula does not give
is refused. Numbers are integers, or texts such as "3/4" and "log(3)".
"""

from itertools import product

import numpy as np
import sympy

from ..errors import DerivationError
from ..judges.zero import is_zero
from ..language import algebra, step
from ..language.arrays import Delta, Entry
from ..language.chosen import Integers, Max, OneHot, Position
from ..language.functions import Apply, Known
from ..language.kinks import Larger, Smaller
from ..language.matrices import Det, Eye, Inner, Inverse, Trace
from ..language.shifted import Shifted
from ..language.vectors import Diag, Ones, Outer
from ..nodes import Dimension, Number, walk
from .page import aligned, in_steps, prose, rows
from .printer import Printer, is_row, latex, letters, text
from .styles import ADD, ATOM, POWER, Latex, Part

MANY = 4  # with more matrices in it, the line in numbers is too wide to be read
BINARY = {
    algebra.Add: lambda x, y: x + y,
    algebra.Sub: lambda x, y: x - y,
    algebra.Mul: lambda x, y: x * y,
    algebra.Div: lambda x, y: x / y,
    algebra.MatMul: lambda x, y: x @ y,
    Outer: np.multiply.outer,
    Larger: np.vectorize(step.larger, otypes=[object]),
    Smaller: np.vectorize(step.smaller, otypes=[object]),
}


class NoNumbers(DerivationError):
    """A part of a line of which no numbers are given."""


def by_hand(derivation, given, result, at=None, fixed=None, line=0):
    """The example as it is shown. `given` is {array, or a part of the line: its numbers}.

    `result` are the numbers found by hand, in the shape of the target; `at` is the entry, counted
    from 1, that is worked out in full. `fixed`, {index: number}, picks a part of a target with
    more than two indices. `line` counts from 1; it is the last one if nothing is said. Raises
    DerivationError if the result is not what the line gives, or if the numbers of an array are not
    those of its definition.
    """
    return ByHand(derivation, given, result, at, fixed or {}, line)


class ByHand:
    """A line of a derivation in numbers."""

    def __init__(self, derivation, given, result, at, fixed, line):
        if not getattr(derivation, "steps", None):
            raise DerivationError("by_hand() takes a derivation that has a line or more")
        self.derivation, self.fixed, self.at, self.number = derivation, fixed, at, line
        self.line = derivation.steps[line - 1].expression
        given = {getattr(part, "array", part) if isinstance(part, Integers) else part: values
                 for part, values in given.items()}  # fmt: skip
        self.given = {part: numbers(values) for part, values in given.items()}
        self.sizes = sizes_of(self.given)
        self.result = numbers(result)
        self.axes = [index for index in derivation.scope if index not in fixed]
        self.compare_premises()
        self.compare_definitions()
        self.compare(str(derivation.target), self.result, self.computed())
        if at:
            entry = np.array(self.result[tuple(n - 1 for n in at)], dtype=object)
            worked = worth(self.indexed, self.given, self.sizes, self.place(at))
            self.compare(f"{derivation.target} at {at}", entry, np.array(worked, dtype=object))

    def computed(self):
        """What the line gives, in the shape of the target."""
        if self.whole:
            return np.array(worth(self.line, self.given, self.sizes, self.fixed), dtype=object)
        return self.entries(self.line, self.axes, self.derivation.scope, self.fixed)

    def entries(self, expression, indices, scope, fixed=None):
        """The values of an entry at all its indices, {index: size} in `scope`."""
        shape = [self.size(scope[index]) for index in indices]
        found = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            here = {i: n + 1 for i, n in zip(indices, place, strict=True)} | (fixed or {})
            found[place] = worth(expression, self.given, self.sizes, here)
        return found

    def compare_premises(self):
        """What the lines assume of an array has to be true of its numbers."""
        for array, values in self.given.items():
            if getattr(array, "positive", False) and not all(one > 0 for one in values.flat):
                raise DerivationError(
                    f"{array} is positive, but by hand it has an entry that is not"
                )
        for one in self.derivation.hypotheses:
            if one.array in self.given and not one.holds(self.given[one.array], is_zero):
                said = f"{one.left} = {one.right}{one.more}"
                raise DerivationError(f"by hand {one.array} does not fulfill {said}")

    def compare_definitions(self):
        """Compare the numbers of an array with its definition, where that has numbers too."""
        for array, made in self.derivation.definitions.items():
            if array not in self.given:
                continue
            scope = dict(zip(made.indices, array.shape, strict=True))
            try:
                right = self.entries(made.body, made.indices, scope)
            except NoNumbers:
                continue
            self.compare(str(array), self.given[array], right)

    def compare(self, name, by_hand, right):
        """Raises DerivationError where the numbers by hand are others."""
        if right.shape != by_hand.shape:
            raise DerivationError(
                f"by hand {name} has shape {by_hand.shape}, but {right.shape} was expected"
            )
        for place in np.ndindex(*right.shape):
            if not is_zero(sympy.sympify(by_hand[place] - right[place])):
                at = ", ".join(str(n + 1) for n in place)
                entry = f"entry ({at}) of {name}" if at else name
                raise DerivationError(
                    f"by hand {entry} is {by_hand[place]}, but the formula gives {right[place]}"
                )

    @property
    def whole(self):
        """Whether the line is an array, or a scalar without indices."""
        return bool(self.line.shape) or not self.axes

    @property
    def indexed(self):
        """The last line that is written with indices."""
        found = [s.expression for s in self.derivation.steps if not s.expression.shape]
        if not found:
            raise DerivationError("at= needs a line with indices, and this derivation has none")
        return found[-1]

    def place(self, entry):
        """{index: number} for one entry."""
        return self.fixed | dict(zip(self.axes, entry, strict=True))

    def size(self, size):
        if size not in self.sizes:
            raise NoNumbers(f"by_hand() needs the numbers of an array that has the axis {size}")
        return self.sizes[size]

    def _repr_latex_(self):
        lines = [self.with_letters(), *self.in_numbers(), rf"&= {matrix(self.result, self.row)}"]
        parts = [aligned(lines)]
        if self.at:
            parts += [prose("for example"), aligned(self.one_entry())]
        whole = " \\\\[1ex]\n".join(parts)
        return "$$\n\\begin{array}{l}\n" + whole + "\n\\end{array}\n$$"

    def __repr__(self):
        target = in_steps(self.derivation, text)(self.derivation.target)
        return f"{target}, by hand as by the line: {self.result.tolist()}"

    @property
    def row(self):
        return is_row(self.line)

    def with_letters(self):
        if self.whole:
            lines = [*rows(self.derivation, latex)][: self.number or None]
            left = [left for left, *_ in lines if left][-1]
            return rf"{left} &= {in_steps(self.derivation, latex)(self.line)}"
        left, right = (
            self.placed(part, self.fixed) for part in (self.derivation.target, self.line)
        )
        names = "".join(index.name for index in self.axes)
        return rf"\left[{left}\right]_{{{names}}} &= \left[{right}\right]_{{{names}}}"

    def placed(self, node, at):
        """A node in LaTeX with numbers for some of its indices."""
        names = letters(node) | {i: str(n) for i, n in at.items()}
        return Printer(Latex(), names, bool(self.derivation.definitions.steps)).part(node).text

    def in_numbers(self):
        if self.whole:
            shown = Numbers(self.given, self.sizes, {}).part(self.line).text
            if shown.count("bmatrix") <= 2 * MANY:
                yield rf"&= {shown}"

    def one_entry(self):
        """How one entry comes about."""
        here = self.place(self.at)
        worked = Numbers(self.given, self.sizes, here).part(self.indexed).text
        last = number(self.result[tuple(n - 1 for n in self.at)]).text
        lines = [rf"{self.placed(self.derivation.target, here)} &= {worked}"]
        return lines + ([f"&= {last}"] if last != worked else [])


def numbers(values):
    """An array of exact numbers of SymPy."""
    values = np.array(values, dtype=object)
    made = np.empty(values.shape, dtype=object)
    for place in np.ndindex(*values.shape):
        made[place] = exact(values[place])
    return made


def exact(value):
    """An integer, a text such as "3/4" or "log(3)"; a float only if it is an integer."""
    if isinstance(value, sympy.Basic):
        return value
    if isinstance(value, float | np.floating) and value != int(value):
        raise DerivationError(f'by_hand() takes exact numbers, such as "3/4", got {value}')
    try:
        made = sympy.sympify(int(value) if not isinstance(value, str) else value, rational=True)
    except (TypeError, ValueError, sympy.SympifyError):
        made = None
    if made is None or made.free_symbols or not made.is_real:
        raise DerivationError(f'by_hand() takes exact numbers, such as 2 or "3/4", got {value!r}')
    return made


def sizes_of(given):
    """{dimension: length}, from the shapes of what is given."""
    sizes = {}
    for part, values in given.items():
        if len(part.shape) != values.ndim:
            raise DerivationError(f"the numbers of {part} have shape {values.shape}")
        for size, length in zip(part.shape, values.shape, strict=True):
            if sizes.setdefault(size, length) != length:
                raise DerivationError(f"{size} is {sizes[size]}, and {part} has {length}")
    return sizes


def worth(node, given, sizes, at):
    """The value of a node: a number, or an array of numbers; `at` is {index: number}."""

    def of(part, more=()):
        return worth(part, given, sizes, {**at, **dict(more)})

    if node in given:
        return given[node][()] if not node.shape else given[node]
    match node:
        case Number(value):
            return value
        case Dimension() if node in sizes:
            return sympy.Integer(sizes[node])
        case Ones(shape) if all(size in sizes for size in shape):
            return np.full([sizes[size] for size in shape], sympy.Integer(1), dtype=object)
        case Entry(array, indices) if array in given:
            at_number = [position(one, given, at, sizes) for one in indices]
            return entry_at(given[array], at_number)
        case Delta(left, right):
            one, other = (position(place, given, at, sizes) for place in (left, right))
            return sympy.Integer(one == other)
        case Max(body, indices, lengths) if {*lengths} <= {*sizes}:
            return max(of(body, more) for more in places(indices, lengths, sizes))
        case OneHot(body, indices, lengths, place) if {*lengths} <= {*sizes}:
            found = [of(body, more) for more in places(indices, lengths, sizes)]
            largest = 1 + found.index(max(found))
            return sympy.Integer(position(place, given, at, sizes) == largest)
        case algebra.Sum(body, indices, lengths) if {*lengths} <= {*sizes}:
            return sum(of(body, more) for more in places(indices, lengths, sizes))
        case algebra.Neg(inner):
            return -of(inner)
        case algebra.Transpose(inner):
            return of(inner).T
        case algebra.Pow(base, exponent):
            return of(base) ** sympy.Rational(exponent)
        case Diag(inner):
            return np.diag(of(inner))
        case Eye(shape) if shape[0] in sizes:
            return np.array(sympy.eye(sizes[shape[0]]), dtype=object)
        case Trace(inner):
            return np.trace(of(inner))
        case Inner(left, right):
            return np.sum(of(left) * of(right))
        case Inverse(of=matrix) if matrix in given:
            return np.array(sympy.Matrix(given[matrix]).inv(), dtype=object)
        case Entry(Inverse() as array, indices) if array.of in given:
            return of(array)[tuple(at.get(one, one) - 1 for one in indices)]
        case Entry(Det(of=matrix)) | Det(of=matrix) if matrix in given:
            return sympy.Matrix(given[matrix]).det()
        case algebra.Sum():
            raise NoNumbers(f"by_hand() needs numbers for the axes of {node}")
        case Apply(function, argument) if isinstance(function, Known):
            return np.vectorize(function.sympy, otypes=[object])(of(argument))[()]
        case Apply(function, Entry(array, indices)) if Apply(function, array) in given:
            place = [value_of(one, at, sizes) for one in indices]
            return given[Apply(function, array)][tuple(n - 1 for n in place)]
    if type(node) in BINARY:
        return plain(BINARY[type(node)](of(node.left), of(node.right)))
    raise NoNumbers(f"by_hand() has no numbers for {node}")


def plain(value):
    """The number itself, where NumPy has made an array of it that has no axes."""
    return value[()] if isinstance(value, np.ndarray) else value


def position(index, given, at, sizes):
    """The number that an index is here, or a place that is looked up or made of some."""
    if not isinstance(index, Position):
        return value_of(index, at, sizes)
    if index.array not in given:
        raise NoNumbers(f"by_hand() has no numbers for {index}")
    return int(given[index.array][tuple(at.get(one, one) - 1 for one in index.indices)])


def entry_at(values, place):
    """An entry of an array of numbers; 0 outside of it."""
    if not all(1 <= n <= length for n, length in zip(place, values.shape, strict=True)):
        return sympy.S.Zero
    return values[tuple(n - 1 for n in place)]


def value_of(place, at, sizes):
    """The number of an index, an integer, or what is computed from them, i + u - 1."""
    if isinstance(place, Shifted):
        if not {*place.sizes} <= {*sizes}:
            raise NoNumbers(f"by_hand() needs the numbers of an array that has the axes of {place}")
        return place.at(at.get, sizes.get)
    return at.get(place, place)


def is_on(entry, place, sizes):
    """Whether a place is on the axes of an entry; what is not there is 0."""
    return all(1 <= n <= sizes[size] for n, size in zip(place, entry.array.shape, strict=True))


def places(indices, lengths, sizes):
    """[{index: number}, …] for the terms of a sum."""
    ranges = [range(1, sizes[size] + 1) for size in lengths]
    return [dict(zip(indices, found, strict=True)) for found in product(*ranges)]


def number(value):
    """A number in LaTeX, and how tightly it holds together."""
    value = sympy.sympify(value)
    if value.is_Rational and value.q > 1:
        text = rf"\tfrac{{{abs(value.p)}}}{{{value.q}}}"
        return Part(text, POWER) if value > 0 else Part("-" + text, ADD)
    return Part(sympy.latex(value, ln_notation=False), ATOM if value >= 0 else ADD)


def matrix(values, row=False):
    """An array of numbers in LaTeX: a vector is a column, or a row."""
    if not np.ndim(values):
        return number(values[()]).text
    if np.ndim(values) == 1:
        values = values[None] if row else values[:, None]
    written = [" & ".join(number(value).text for value in row_) for row_ in values]
    return r"\begin{bmatrix} " + r" \\ ".join(written) + r" \end{bmatrix}"


class Dotted(Latex):
    """Between numbers there is a dot."""

    times = scale = dot = r" \cdot "

    def group(self, text):
        return rf"\left({text}\right)" if "matrix" in text else super().group(text)


class Numbers(Printer):
    """A line with numbers in the place of its letters; Σ is written out."""

    def __init__(self, given, sizes, at):
        super().__init__(Dotted(), {index: str(n) for index, n in at.items()})
        self.given, self.sizes, self.at = given, sizes, at

    def value(self, node):
        return worth(node, self.given, self.sizes, self.at)

    def whole(self, node):
        """Whether a node is an array of numbers."""
        known = isinstance(node, Inverse) and node.of in self.given
        return node.shape and (node in self.given or known or isinstance(node, Ones | Eye))

    def part(self, node):
        if self.whole(node):
            return Part(matrix(self.value(node), is_row(node)))
        if isinstance(node, Apply) and not isinstance(node.function, Known) or node in self.given:
            return number(self.value(node))
        return super().part(node)

    def oriented(self, node, row):
        if len(node.shape) == 1 and self.whole(node):
            return Part(matrix(self.value(node), row))
        return super().oriented(node, row)

    def transpose(self, node):
        if self.whole(node.operand):
            return Part(matrix(self.value(node)))
        return super().transpose(node)

    def entry(self, node):
        return number(self.value(node))

    dimension = delta = entry

    def leaves_out(self, body):
        """Whether a term is 0 because one of its entries is not on the axis: it is not written."""
        entries = [part for part in walk(body) if isinstance(part, Entry)]
        shifted = [part for part in entries if any(isinstance(n, Shifted) for n in part.indices)]
        places_ = [[value_of(n, self.at, self.sizes) for n in part.indices] for part in shifted]
        off = [not is_on(*pair, self.sizes) for pair in zip(shifted, places_, strict=True)]
        return any(off) and self.value(body) == 0

    def array(self, node):
        raise NoNumbers(f"by_hand() has no numbers for {node}")

    gradient = array

    def det(self, node):
        return number(self.value(node))

    def sum(self, node):
        terms = [
            Numbers(self.given, self.sizes, {**self.at, **more})
            for more in places(node.indices, node.sizes, self.sizes)
        ]
        inside = [term for term in terms if not term.leaves_out(node.body)] or terms[:1]
        terms = [term.part(node.body) for term in inside]
        if len(terms) == 1:
            return terms[0]
        first, *others = (part.text for part in terms)
        signs = [f" + ({text})" if text.startswith("-") else f" + {text}" for text in others]
        return Part(first + "".join(signs), ADD)
