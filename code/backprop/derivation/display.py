"""The printer: a node as LaTeX or as plain text, in the author's order, from the very object that is judged."""

from .algebra import Div, MatMul, Mul, Neg
from .arrays import Array, Entry, Gradient, Ones
from .nodes import Dimension, Number, node
from .styles import ADD, ATOM, HADAMARD, POWER, PRODUCT, Latex, Part, Text


def is_row(node):
    """Whether a vector comes out as a row on paper (1ᵀA does), where NumPy knows no rows and columns."""
    if isinstance(node, MatMul):
        return len(node.left.shape) == 1 and len(node.right.shape) == 2
    vectors = [child for child in node.children() if len(child.shape) == 1]
    return bool(vectors) and not isinstance(node, Dimension | Array | Ones) and all(map(is_row, vectors))


class Printer:
    """Renders every kind of node in one style."""

    def __init__(self, style):
        self.style = style

    def hold(self, part, level, last=True):
        """The text of a part, in parentheses if it is looser than `level` or open with something to follow."""
        return self.style.group(part.text) if part.level < level or part.open and not last else part.text

    def transposed(self, part):
        return self.style.transpose(self.hold(part, ATOM))

    def oriented(self, x, row):
        part = self.part(node)
        return part if len(node.shape) != 1 or is_row(node) == row else self.transposed(part)

    def part(self, x):
        return getattr(self, type(node).__name__.lower())(node)

    def number(self, x):
        if node.value < 0:
            return Part(self.style.minus + self.number(node(-node.value)).text, ADD)
        if node.value.is_Integer:
            return Part(str(node.value))
        return self.style.fraction(Part(str(node.value.p)), Part(str(node.value.q)))

    def dimension(self, x):
        return Part(self.style.name(node.name))

    def array(self, x):
        return Part(self.style.name(node.name))

    def gradient(self, x):
        return self.style.partial(Part(self.style.name(node.loss.name)), self.part(node.of))

    def entry(self, x):
        if not node.indices:
            return self.part(node.array)
        if isinstance(node.array, Gradient):
            loss = Part(self.style.name(node.array.loss.name))
            return self.style.partial(loss, self.entry(Entry(node.array.of, node.indices)))
        return Part(self.style.subscript(self.part(node.array).text, self.subscripts(node.indices)))

    def subscripts(self, indices):
        names = [str(i) if isinstance(i, int) else self.style.name(i.name) for i in indices]
        return ("," if any(len(name) > 1 for name in names) else "").join(names)

    def delta(self, x):
        return Part(self.style.subscript(self.style.delta, self.subscripts((node.left, node.right))))

    def derivative(self, x):
        draw = self.style.partial if isinstance(node.of, Entry) else self.style.operator
        return draw(self.part(node.of), self.part(node.by))

    def apply(self, x):
        return self.style.apply(node.function, self.part(node.argument), not node.shape)

    def ones(self, x):
        return self.style.ones(node.shape)

    def outer(self, x):
        left, right = self.oriented(node.left, row=False), self.oriented(node.right, row=True)
        return Part(f"{self.hold(left, PRODUCT, False)} {self.hold(right, PRODUCT)}", PRODUCT)

    def diag(self, x):
        return self.style.diag(self.oriented(node.vector, row=False).text)

    def transpose(self, x):
        return self.transposed(self.part(node.operand))

    def matmul(self, x):
        left = self.oriented(node.left, row=True)
        right = self.oriented(node.right, row=False)
        return Part(f"{self.hold(left, PRODUCT, False)} {self.hold(right, POWER)}", PRODUCT)

    def sum(self, x):
        signs = "".join(
            self.style.sigma(i.name, n.name) for i, n in zip(node.indices, node.sizes, strict=True)
        )
        return Part(signs + self.hold(self.part(node.body), PRODUCT), PRODUCT, True)

    def neg(self, x):
        inner = self.part(node.operand)
        return Part(self.style.minus + self.hold(inner, HADAMARD), ADD, inner.open)

    def operands(self, x):
        row = is_row(node)
        return self.oriented(node.left, row), self.oriented(node.right, row)

    def add(self, x, sign="+"):
        left, right = self.operands(node)
        loose = right.level == ADD and (sign != "+" or right.text.startswith(self.style.minus))
        right = self.style.group(right.text) if loose else right.text
        return Part(f"{left.text} {sign} {right}", ADD)

    def sub(self, x):
        return self.add(node, self.style.minus)

    def mul(self, x):
        left, right = self.operands(node)
        if node.left.shape and node.right.shape:
            chain = isinstance(node.left, Mul) and left.level == HADAMARD
            left, right = self.hold(left, HADAMARD if chain else POWER), self.hold(right, POWER)
            return Part(left + self.style.hadamard + right, HADAMARD)
        minus = left.level == ADD and isinstance(node.left, Number | Div | Neg)
        left_text = left.text if minus and not left.open else self.hold(left, PRODUCT, False)
        right_text = self.hold(right, PRODUCT)
        sign = self.style.dot if right_text[0].isdigit() else self.style.scale if node.shape else self.style.times
        return Part(left_text + sign + right_text, ADD if minus else PRODUCT, right.open)

    def div(self, x):
        above, below = self.operands(node)
        if node.right.shape:
            text = self.hold(above, POWER) + self.style.divide + self.hold(below, POWER)
            return Part(text, HADAMARD)
        if isinstance(node.left, Neg) or isinstance(node.left, Number) and node.left.value < 0:
            inner = node.left.operand if isinstance(node.left, Neg) else node(-node.left.value)
            positive = self.style.fraction(self.oriented(inner, is_row(node)), below)
            return Part(self.style.minus + positive.text, ADD)
        return self.style.fraction(above, below)

    def pow(self, x):
        return self.style.power(self.hold(self.part(node.base), ATOM), node.exponent)


def latex(node):
    """LaTeX of a node, without dollar signs."""
    return Printer(Latex()).part(node).text


def text(node):
    """Plain text of a node, for terminals and messages."""
    return Printer(Text()).part(node).text
