"""LaTeX and plain text of a node, in the author's order, from the object that is judged."""

from fractions import Fraction
from itertools import count

import sympy

from ..language.algebra import Div, Elementwise, MatMul, Mul, Neg, Over, Sub
from ..language.arrays import Array, Delta, Entry, Gradient
from ..language.chosen import OneHot, Position
from ..language.functions import Apply, indicator
from ..language.kinks import ZERO
from ..language.matrices import Inverse
from ..language.shifted import Shifted, spelled
from ..language.vectors import Outer
from ..nodes import Dimension, Node, Number, Place, walk
from .styles import ADD, ATOM, HADAMARD, POWER, PRODUCT, Latex, Part, Text


def is_row(node):
    """Whether a vector comes out as a row on paper, as 1ᵀA does; NumPy has no such thing."""
    match node:
        case MatMul(left, right):
            return len(left.shape) == 1 and len(right.shape) == 2
        case Elementwise() | Neg() | Apply():
            vectors = [child for child in node.children() if len(child.shape) == 1]
            return bool(vectors) and all(map(is_row, vectors))
    return False


def letters(expression, taken=()):
    """{index: its letter} for all; those of products, which no author named, get a free one.

    So no letter of a line means two things. `taken` are letters that are next to it on the page.
    """
    found = {one: one.name for one in indices_in(expression) if not one.number}
    used = {*taken, *found.values()}
    used |= {part.name for part in walk(expression) if isinstance(part, Array | Dimension)}
    used |= {part.of.name for part in walk(expression) if isinstance(part, Gradient)}
    for index in indices_in(expression):
        if index not in found:
            found[index] = next(name for name in spare(index.name) if name not in used)
            used.add(found[index])
    return found


def indices_in(expression):
    """All indices in an expression, in reading order."""
    for part in walk(expression):
        match part:
            case OneHot(place=place, indices=found):
                yield from letters_of((place, *found))
            case Over(indices=found) | Entry(indices=found):
                yield from letters_of(found)
            case Delta(left, right):
                yield from letters_of((left, right))


def letters_of(places):
    return [index for one in places if isinstance(one, Place) for index in one.letters]


def spare(name):
    """The letter itself, then others, then all of them with primes."""
    letters = [name, *(letter for letter in "kmnpqrstuvwlabcfgij" if letter != name)]
    return (letter + "'" * primes for primes in count() for letter in letters)


class Printer:
    """Renders every kind of node in one style; `names` are the letters of the indices.

    In `steps`, a recursion, ∂ is kept for `direct`, and what follows all paths has a d.
    """

    def __init__(self, style, names, steps=False):
        self.style, self.names, self.done = style, names, {}
        self.all_ways = style.d if steps else style.partial_d

    def hold(self, part, level, last=True):
        """The text, in parentheses if it is looser than `level`, or open and something follows."""
        loose = part.level < level or part.open and not last
        return self.style.group(part.text) if loose else part.text

    def transposed(self, part):
        return self.style.transpose(self.hold(part, ATOM))

    def oriented(self, node, row):
        part = self.part(node)
        return part if len(node.shape) != 1 or is_row(node) == row else self.transposed(part)

    def part(self, node):
        """The text of a node and its level; each is made once, however often it is needed."""
        if id(node) not in self.done:
            self.done[id(node)] = node, getattr(self, type(node).__name__.lower())(node)
        return self.done[id(node)][1]

    def number(self, node):
        if node.value == sympy.pi:
            return Part(self.style.pi)
        if node.value < 0:
            return Part(self.style.minus + self.number(Number(-node.value)).text, ADD)
        if node.value.is_Integer:
            return Part(str(node.value))
        return self.style.fraction(Part(str(node.value.p)), Part(str(node.value.q)))

    def dimension(self, node):
        return Part(self.style.name(node.name))

    computed = dimension

    def array(self, node):
        return Part(self.style.name(node.name))

    loss = positions = curvature = array

    def inverse(self, node):
        return self.style.inverse(self.part(node.of).text)

    def det(self, node):
        return self.style.word(self.style.det, self.part(node.of).text)

    def eye(self, node):
        return self.style.eye(node.shape[0])

    def trace(self, node):
        return self.style.word(self.style.trace, self.part(node.operand).text)

    def inner(self, node):
        left, right = (self.oriented(side, False).text for side in (node.left, node.right))
        return self.style.inner(left, right)

    def gradient(self, node):
        return self.style.partial(self.part(node.loss), self.part(node.of), self.all_ways)

    def entry(self, node):
        if not node.indices:
            return self.part(node.array)
        if isinstance(node.array, Gradient):
            loss = self.part(node.array.loss)
            of = self.entry(Entry(node.array.of, node.indices))
            return self.style.partial(loss, of, self.all_ways)
        name = self.part(node.array).text
        name = self.style.group(name) if isinstance(node.array, Inverse) else name
        return Part(self.style.subscript(name, self.subscripts(node.indices)))

    def index(self, index):
        return self.style.name(self.names[index])

    def shifted(self, place):
        """i + u − 1, without spaces: it is small, and below."""
        size = lambda one: self.style.name(one.name)  # noqa: E731
        return spelled(place, self.index, size, self.style.together, self.style.minus)

    def subscript(self, index):
        if isinstance(index, Shifted):
            return self.shifted(index)
        if isinstance(index, Position):
            name = self.style.name(index.array.name)
            return self.style.subscript(name, self.subscripts(index.indices))
        return str(index) if isinstance(index, int) else self.index(index)

    def subscripts(self, indices):
        names = [*map(self.subscript, indices)]
        return ("," if any(len(name) > 1 for name in names) else "").join(names)

    def delta(self, node):
        if any(isinstance(one, Position) for one in (node.left, node.right)):
            return self.where(node.left, node.right)
        indices = self.subscripts((node.left, node.right))
        return Part(self.style.subscript(self.style.delta, indices))

    def where(self, left, right):
        """[v = t_i]: 1 where both are the same place, else 0."""
        left, right = (Part(self.subscript(one)) for one in (left, right))
        return self.style.compared(left, "=", right)

    def max(self, node, name="max"):
        [index], [size] = node.indices, node.sizes
        sign = self.style.over(name, self.names[index], size.name)
        return Part(sign + self.hold(self.part(node.body), PRODUCT), PRODUCT, open=True)

    def onehot(self, node):
        place = Part(self.subscript(node.place))
        return self.style.compared(place, "=", self.max(node, "argmax"))

    def derivative(self, node):
        if isinstance(node.of, Entry) and isinstance(node.of.array, Gradient):
            inner = Entry(node.of.array.of, node.of.indices)
            loss = Part(self.style.name(node.of.array.loss.name))
            return self.style.second(loss, self.part(node.by), self.part(inner), d=self.all_ways)
        if isinstance(node.of, Gradient):
            loss = Part(self.style.name(node.of.loss.name))
            by, of = self.part(node.by), self.part(node.of.of)
            return self.style.second(loss, by, of, d=self.all_ways)
        draw = self.style.partial if isinstance(node.of, Entry | Array) else self.style.operator
        return draw(self.part(node.of), self.part(node.by), self.all_ways)

    def direct(self, node):
        return self.style.partial(self.part(node.of), self.part(node.by), self.style.partial_d)

    def apply(self, node):
        if node.function == indicator:
            row, (left, sign, right) = is_row(node.argument), sides(node.argument)
            return self.style.compared(self.oriented(left, row), sign, self.oriented(right, row))
        return self.style.apply(node.function, self.part(node.argument), not node.shape)

    def larger(self, node):
        return self.style.extreme(node.sign, *self.operands(node))

    smaller = larger

    def ones(self, node):
        return self.style.ones(node.shape)

    def outer(self, node):
        return self.product(
            self.oriented(node.left, False), self.oriented(node.right, True), PRODUCT
        )

    def product(self, left, right, level):
        left, right = self.hold(left, PRODUCT, last=False), self.hold(right, level)
        return Part(left + self.style.matmul + right, PRODUCT)

    def diag(self, node):
        return self.style.diag(self.oriented(node.operand, row=False).text)

    def transpose(self, node):
        if isinstance(node.operand, Inverse):
            return self.style.inverse(self.part(node.operand.of).text, transposed=True)
        return self.transposed(self.part(node.operand))

    def matmul(self, node):
        level = PRODUCT if isinstance(node.right, Outer) else POWER  # A u vᵀ needs no parentheses
        made = self.product(self.oriented(node.left, True), self.oriented(node.right, False), level)
        return made if node.shape else made._replace(level=HADAMARD)  # (uᵀ v) A

    def sum(self, node):
        ranges = zip(node.indices, node.sizes, strict=True)
        signs = "".join(self.style.sigma(self.names[i], n.name) for i, n in ranges)
        return Part(signs + self.hold(self.part(node.body), PRODUCT), PRODUCT, open=True)

    def neg(self, node):
        inner = self.part(node.operand)
        return Part(self.style.minus + self.hold(inner, HADAMARD), ADD, inner.open)

    def operands(self, node):
        row = is_row(node)
        return self.oriented(node.left, row), self.oriented(node.right, row)

    def add(self, node, sign="+"):
        left, right = self.operands(node)
        loose = right.level == ADD and (sign != "+" or right.text.startswith(self.style.minus))
        right = self.style.group(right.text) if loose else right.text
        return Part(f"{left.text} {sign} {right}", ADD)

    def sub(self, node):
        return self.add(node, self.style.minus)

    def mul(self, node):
        left, right = self.operands(node)
        if node.left.shape and node.right.shape:
            chain = isinstance(node.left, Mul) and left.level == HADAMARD
            left, right = self.hold(left, HADAMARD if chain else POWER), self.hold(right, POWER)
            return Part(left + self.style.hadamard + right, HADAMARD)
        minus = self.is_minus(node.left) and not left.open
        left = left.text if minus else self.hold(left, PRODUCT, last=False)
        text = self.hold(right, PRODUCT)
        times = self.style.scale if node.shape else self.style.times
        times = self.style.dot if text[0].isdigit() else times
        return Part(left + times + text, ADD if minus else PRODUCT, right.open)

    def is_minus(self, node):
        """Whether a node is a product or fraction with a minus in front, not a sum or ⊙."""
        if isinstance(node, Neg):
            return self.part(node.operand).level >= PRODUCT
        return isinstance(node, Number | Mul | Div) and self.part(node).level == ADD

    def div(self, node):
        above, below = self.operands(node)
        if node.right.shape:
            text = self.hold(above, POWER) + self.style.divide + self.hold(below, POWER)
            return Part(text, HADAMARD)
        if isinstance(node.left, Neg) or isinstance(node.left, Number) and node.left.value < 0:
            inner = node.left.operand if isinstance(node.left, Neg) else Number(-node.left.value)
            positive = self.style.fraction(self.oriented(inner, is_row(node)), below)
            return Part(self.style.minus + positive.text, ADD)
        return self.style.fraction(above, below)

    def pow(self, node):
        if node.exponent == Fraction(1, 2):
            return self.style.root(self.part(node.base).text)
        return self.style.power(self.hold(self.part(node.base), ATOM), node.exponent)


def sides(argument):
    """What is compared in [x > y], or in [x < 0]."""
    match argument:
        case Neg(x):
            return x, "<", ZERO
        case Sub(x, y):
            return x, ">", y
    return argument, ">", ZERO


def latex(node, transposed=False, taken=(), steps=False):
    """LaTeX of a node, without dollar signs; `taken` are letters that are next to it."""
    return render(node, Latex(), transposed, taken, steps)


def text(node, transposed=False, taken=(), steps=False):
    """Plain text of a node, for terminals and messages."""
    return render(node, Text(), transposed, taken, steps)


def render(node, style, transposed, taken, steps):
    printer = Printer(style, letters(node, taken), steps)
    part = printer.part(node)
    return (printer.transposed(part) if transposed else part).text


# Nodes are printed here, and can't decide it: as algebra gives them their operators.
Node.__str__ = Node.__repr__ = text
Node._repr_latex_ = lambda self: f"$${latex(self)}$$"
