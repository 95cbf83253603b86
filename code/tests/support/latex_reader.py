r"""Reads LaTeX as people do, and says what it is in numbers: it has never seen the printer.

A `Reader` turns text into meaning(world, at), the numbers at the places {letter: place}, places
counted from 0. Σ stretches to the next + or −, ⊙ and ⊘ come after products, products before + and
−; an array without indices is a matrix, a vector a column, and a column transposed is a row.
"""

import re
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from backprop.derivation.language.arrays import Array, Gradient
from backprop.derivation.language.functions import Apply
from backprop.derivation.language.matrices import OfMatrix
from backprop.derivation.nodes import Dimension, walk
from evaluator import KNOWN, everything, function

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+|[^\s\\]")
SPACE = {r"\left", r"\right", r"\,", r"\cdot", r"\quad"}
ENDS = {"+", "-", ")", "}", "=", ">", r"\neq", r"\odot", r"\oslash", "end"}
ENDS |= {"<", ",", "]", r"\rvert", r"\rangle"}
D = r"\mathrm", "{", "d", "}"
OF_MATRIX = {"det": np.linalg.det, "tr": np.trace}
WORDS = {rf"\{name}": name for name in KNOWN}


class Unreadable(Exception):
    """What is printed has no meaning, or more than one."""


class Matrix(NamedTuple):
    """A matrix, a column or a row on paper, as an array with two axes."""

    numbers: np.ndarray

    @classmethod
    def of(cls, array):
        """A whole array: a vector is a column, and what has no axis is a number."""
        array = np.asarray(array)
        return cls(array[:, None] if array.ndim == 1 else array) if array.ndim else array[()]


def same_kind(operation):
    """The operation for two numbers, or for two matrices of one shape, entry by entry."""

    def apply(x, y):
        if not isinstance(x, Matrix) and not isinstance(y, Matrix):
            return operation(x, y)
        if isinstance(x, Matrix) and isinstance(y, Matrix) and shape(x) == shape(y):
            return Matrix(operation(x.numbers, y.numbers))
        raise Unreadable(f"{shape(x)} and {shape(y)} do not meet")

    return apply


def shape(value):
    return value.numbers.shape if isinstance(value, Matrix) else ()


add, subtract = same_kind(lambda x, y: x + y), same_kind(lambda x, y: x - y)
hadamard, divide = same_kind(lambda x, y: x * y), same_kind(lambda x, y: x / y)


def product(x, y):
    """Two things side by side."""
    if isinstance(x, Matrix) and isinstance(y, Matrix):
        if shape(x)[1] != shape(y)[0]:
            raise Unreadable(f"no product of {shape(x)} and {shape(y)}")
        made = x.numbers @ y.numbers
        return made[0, 0] if made.shape == (1, 1) else Matrix(made)
    return by_entry(lambda x, y: x * y)(x, y)


def fraction(x, y):
    if isinstance(y, Matrix):
        raise Unreadable("a fraction with a matrix below")
    return by_entry(lambda x, y: x / y)(x, y)


def by_entry(operation):
    """The operation where at least one of the two is a number."""

    def apply(x, y):
        matrix = isinstance(x, Matrix) or isinstance(y, Matrix)
        x, y = (one.numbers if isinstance(one, Matrix) else one for one in (x, y))
        return Matrix(operation(x, y)) if matrix else operation(x, y)

    return apply


def extreme(operation):
    """max, min or a comparison of two arrays of one shape, or of an array and a number."""

    def apply(x, y):
        if isinstance(x, Matrix) and isinstance(y, Matrix):
            return same_kind(operation)(x, y)
        return by_entry(operation)(x, y)

    return apply


COMPARED = {
    ">": extreme(lambda x, y: 1.0 * (np.asarray(x) > y)),
    "<": extreme(lambda x, y: 1.0 * (np.asarray(x) < y)),
    r"\max": extreme(np.maximum),
    r"\min": extreme(np.minimum),
}


def mapped(f, x):
    return Matrix(f(x.numbers)) if isinstance(x, Matrix) else f(x)


class Reader:
    """Reads one formula of a derivation: its arrays, sizes and functions are known by name."""

    def __init__(self, derivation, tex):
        parts = [part for whole in everything(derivation) for part in walk(whole)]
        arrays = {part for part in parts if isinstance(part, Array)}
        gradients = {part for part in arrays if isinstance(part, Gradient)}
        arrays |= {array for one in gradients for array in (one.of, one.loss)}
        arrays |= {one.of for one in arrays if isinstance(one, OfMatrix)}
        self.arrays = {one.name: one for one in arrays - gradients}
        self.sizes = {part.name: part for part in parts if isinstance(part, Dimension)}
        self.functions = {part.function.name for part in parts if isinstance(part, Apply)}
        self.tokens = [t for t in TOKEN.findall(tex) if t not in SPACE] + ["end"]
        definitions = getattr(derivation, "definitions", None)
        self.steps = bool(definitions and definitions.steps)  # there ∂ and d are told apart
        self.axes = {}  # {letter: the size of the axis on which it stands}

    # Tokens

    def next(self, *wanted):
        """The next token; if some are wanted, only one of these, else None."""
        if not wanted or self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def need(self, *wanted):
        for token in wanted:
            if not self.next(token):
                raise Unreadable(f"{token} expected before {' '.join(self.tokens)}")

    def follows(self, *tokens):
        """Whether these come next; if so, they are read."""
        found = tuple(self.tokens[: len(tokens)]) == tokens
        if found:
            del self.tokens[: len(tokens)]
        return found

    def braced(self):
        """The tokens between { and }, joined."""
        self.need("{")
        end = (*self.tokens, "}").index("}")
        text = "".join(self.tokens[:end])
        del self.tokens[: end + 1]
        return text

    # From loose to tight: sums, ⊙ and ⊘, products, factors

    def formula(self):
        """All of it."""
        meaning = self.sum()
        self.need("end")
        return meaning

    def relation(self):
        """(left, sign, right, {free letter: size}) of an equation or condition.

        What is said in words, "is attained once", has neither sign nor right side.
        """
        left, scope = self.sum(), {**self.axes}
        if self.tokens[0] == "end":
            return left, "", None, scope
        sign, right = self.next("=", ">", r"\neq"), self.formula()
        return left, sign, right, scope if sign == "=" else {**self.axes}

    def sum(self):
        meaning = both(product, constant(-1.0), self.hadamard()) if self.next("-") else None
        meaning = meaning or self.hadamard()
        while sign := self.next("+", "-"):
            meaning = both(add if sign == "+" else subtract, meaning, self.hadamard())
        return meaning

    def hadamard(self):
        meaning = self.product()
        while sign := self.next(r"\odot", r"\oslash"):
            meaning = both(hadamard if sign == r"\odot" else divide, meaning, self.product())
        return meaning

    def product(self):
        meaning = self.factor()
        while self.tokens[0] not in ENDS:
            meaning = both(product, meaning, self.factor())
        return meaning

    def factor(self):
        """Something with its exponents, among which is the sign of a transpose."""
        meaning = self.atom()
        while self.next("^"):
            exponent = self.braced()
            if exponent == r"\top":
                meaning = one(transposed, meaning)
            elif exponent == r"-\top":
                meaning = one(lambda x: transposed(inverted(x)), meaning)
            elif exponent == "-1":
                meaning = one(inverted, meaning)
            else:
                power = float(Fraction(exponent))
                meaning = one(lambda x, power=power: scalar(x) ** power, meaning)
        return meaning

    def atom(self):
        match token := self.tokens[0]:
            case "(":
                return self.in_parentheses()
            case r"\langle":
                return self.inner()
            case r"\det":
                self.next()
                return self.word("det")
            case r"\frac":
                return self.fraction()
            case r"\sum":
                return self.total()
            case r"\sqrt":
                self.next()
                return one(lambda x: scalar(x) ** 0.5, self.between("{", "}"))
            case "I" if self.tokens[1] == "_" and "I" not in self.arrays:
                return self.eye()
            case r"\mathbf":
                return self.ones()
            case "{" if self.tokens[1] == r"\mathbf":  # {1_{T'}}^T
                return self.between("{", "}")
            case r"\delta" if "delta" not in self.arrays:
                return self.delta()
            case "[":
                return self.compared()
            case r"\lvert":
                return one(lambda x: mapped(np.abs, x), self.between(r"\lvert", r"\rvert"))
            case r"\max" | r"\min":
                return self.extreme()
            case r"\operatorname":
                self.next()
                name = self.braced()
                if name in ("max", "min"):  # as MathML has them
                    self.tokens.insert(0, rf"\{name}")
                    return self.extreme()
                return self.word(name)
            case _ if token in WORDS:
                return self.word(WORDS[self.next()])
            case r"\pi" if "pi" not in self.arrays:
                self.next()
                return constant(np.pi)
            case "e" if "e" not in self.arrays:
                self.next()
                self.need("^")
                return one(lambda x: np.exp(scalar(x)), self.between("{", "}"))
            case _ if token.isdigit():
                return constant(float(self.next()))
        return self.named()

    def compared(self):
        """[x > y], or [v = t_i], 1 or 0."""
        self.need("[")
        if not self.follows_operator():
            return self.same_place()
        left, sign = self.sum(), self.next(">", "<")
        right = self.sum()
        self.need("]")
        return both(COMPARED[sign], left, right)

    def follows_operator(self):
        """Whether what is compared is no place: Σ has a = of its own."""
        depth = 0
        for token in self.tokens:
            depth += (token in "[{(") - (token in "]})")
            if depth == 0 and token in ("=", "<", ">"):
                return token != "="
        return True

    def same_place(self):
        """[v = t_i] and [k = argmax X_il]."""
        left = self.place("=")
        self.need("=")
        if self.follows(r"\operatorname", "{", "argmax", "}") or self.follows(
            r"\operatorname", "{", *"argmax", "}"
        ):
            values = self.over()
            self.need("]")
            return lambda world, at: float(
                place(left, at, world) == int(np.argmax(values(world, at)))
            )
        right = self.place("]")
        self.need("]")
        return lambda world, at: float(place(left, at, world) == place(right, at, world))

    def place(self, end):
        """The text of an index: all up to a sign."""
        text = ""
        while self.tokens[0] != end:
            text += self.letter()
        return text

    def over(self):
        r"""_{1 \le k \le M} of what follows: its values."""
        self.need("_", "{", "1", r"\le")
        letter = self.letter()
        self.need(r"\le")
        size = self.size(self.name())
        self.need("}")
        body = self.product()
        self.axes.pop(letter, None)
        return lambda world, at: [body(world, {**at, letter: n}) for n in range(world.sizes[size])]

    def extreme(self):
        r"""\max(x, y), elementwise, or \max over an index."""
        sign = self.next()
        if self.tokens[0] == "_":
            return one(max, self.over())
        self.need("(")
        left = self.sum()
        self.need(",")
        right = self.sum()
        self.need(")")
        return both(COMPARED[sign], left, right)

    def between(self, left, right):
        self.need(left)
        meaning = self.sum()
        self.need(right)
        return meaning

    def in_parentheses(self):
        """A group, or an entry of what is in it, (A^{-1})_{ij}."""
        meaning = self.between("(", ")")
        if not self.next("_"):
            return meaning
        indices = self.subscripts(2)
        return lambda world, at: one_of(meaning(world, at).numbers, places(indices, at, world))

    def inner(self):
        """⟨A, B⟩."""
        left = self.between(r"\langle", ",")
        right = self.sum()
        self.need(r"\rangle")
        return both(lambda x, y: np.sum(hadamard(x, y).numbers), left, right)

    def eye(self):
        """The identity matrix, with its size below."""
        self.need("I", "_")
        [size] = self.size_names()
        return lambda world, at: Matrix(np.eye(world.sizes[size]))

    def word(self, name):
        argument = self.factor() if name == "log" else self.between("(", ")")
        if name == "diag":
            return one(lambda x: Matrix(np.diag(x.numbers[:, 0])), argument)
        if name in OF_MATRIX:
            return one(lambda x: OF_MATRIX[name](x.numbers), argument)
        f = function(name, 0)
        return one(lambda x: mapped(f, x), argument)

    def ones(self):
        r"""\mathbf{1}_S is a column, \mathbf{1}_{S \times C} a matrix."""
        self.need(r"\mathbf", "{", "1", "}", "_")
        sizes = self.size_names() if self.tokens[0] == "{" else [self.size(self.next())]
        return lambda world, at: Matrix.of(np.ones([world.sizes[size] for size in sizes]))

    def size_names(self):
        self.need("{")
        sizes = [self.size(self.name())]
        while self.next(r"\times"):
            sizes.append(self.size(self.name()))
        self.need("}")
        return sizes

    def size(self, name):
        if name not in self.sizes:
            raise Unreadable(f"{name} is no size")
        return self.sizes[name]

    def total(self):
        """Σ of all that follows up to the next + or −."""
        self.need(r"\sum", "_", "{")
        letter = self.letter()
        self.need("=", "1", "}", "^", "{")
        size = self.size(self.name())
        self.need("}")
        body = self.product()
        self.axes.pop(letter, None)

        def meaning(world, at):
            return sum(body(world, {**at, letter: n}) for n in range(world.sizes[size]))

        return meaning

    def delta(self):
        self.need(r"\delta", "_")
        left, right = self.subscripts(2)
        return lambda world, at: float(place(left, at, world) == place(right, at, world))

    # Names

    def letter(self):
        """An index, perhaps with a number below."""
        name = self.next()
        if not self.next("_"):
            return name
        return f"{name}_{self.braced()}" if name in self.arrays else name + self.braced()

    def subscripts(self, axes):
        """Indices, a letter or a digit each; commas part them where one is longer."""
        self.need("{")
        text = ""
        while not self.next("}"):
            text += self.letter()
        if axes == 1 and re.search(r"[a-z0-9][a-z]|[-+]", text):  # 2i, i+u-1
            return [text]
        if len(text) == axes:  # t1 on two axes
            return [*text]
        return text.split(",") if re.search(r",|[a-z][0-9]", text) else [*text]

    def name(self):
        """A name: a letter or a word, primes, and a number below if that is part of a name."""
        token = self.next()
        letters = self.braced() if token == r"\mathrm" else token.lstrip("\\")
        letters += self.primes()
        known = {*self.arrays, *self.sizes, *self.functions}
        if self.tokens[:2] == ["_", "{"] and letters + self.tokens[2] in known:
            if letters in self.arrays and len(self.arrays[letters].shape) == 1:
                raise Unreadable(f"{letters} has a subscript, and so has another name")
            self.next("_")
            letters += self.braced() + self.primes()
        return letters

    def primes(self):
        return self.next("'") + self.primes() if self.tokens[0] == "'" else ""

    def held_name(self):
        """A name, perhaps in braces, as in {W_1}_{ab}."""
        if not self.next("{"):
            return self.name()
        name = self.name()
        self.need("}")
        return name

    def named(self):
        """An array or an entry of one, a size, or a function of what stands in parentheses."""
        name = self.held_name()
        if name in self.arrays:
            return self.array(self.arrays[name])
        if name in self.sizes:
            return lambda world, at: float(world.sizes[self.sizes[name]])
        if name.rstrip("'") in self.functions:
            f = function(name.rstrip("'"), name.count("'"))
            return one(lambda x: mapped(f, x), self.between("(", ")"))
        raise Unreadable(f"what is {name}?")

    def array(self, array):
        indices = self.indices(array)
        if indices is None:
            return lambda world, at: Matrix.of(world.array(array))
        return lambda world, at: one_of(world.array(array), places(indices, at, world))

    def indices(self, array):
        """The subscripts of an entry; None if it is the whole array."""
        if not self.next("_"):
            return None if array.shape else []
        indices = self.subscripts(len(array.shape))
        if len(indices) != len(array.shape):
            raise Unreadable(f"{array.name} has {len(array.shape)} axes, not {indices}")
        letters = zip(indices, array.shape, strict=True)
        self.axes |= {i: n for i, n in letters if re.fullmatch(r"[^\W\d]\d*'*", i)}
        return indices

    # Fractions and derivatives

    def fraction(self):
        self.need(r"\frac")
        if self.follows("{", r"\partial", "}"):
            return self.operator()
        if self.follows("{", r"\partial", "^", "{", "2", "}"):
            return self.second()
        if self.follows("{", r"\partial"):
            return self.direct() if self.steps else self.partial()
        if self.follows("{", *D):
            return self.partial(D)
        if self.steps and self.follows("{", "d"):  # upright, in MathML
            return self.partial(("d",))
        above = self.between("{", "}")
        return both(fraction, above, self.between("{", "}"))

    def symbol(self):
        """(array, indices) behind ∂."""
        if word := self.next(r"\det", "("):
            self.need("(") if word == r"\det" else None
            name = self.held_name()
            inverse = word == "(" and self.follows("^", "{", "-", "1", "}")
            array = self.arrays[f"{name}⁻¹" if inverse else f"det {name}"]
            self.need(")")
            return array, self.indices(array)
        name = self.held_name()
        if name not in self.arrays:
            raise Unreadable(f"a derivative of or by {name}")
        return self.arrays[name], self.indices(self.arrays[name])

    def direct(self):
        """∂Z_ta/∂W_ab where arrays are made step by step: all else is held fixed."""
        of, above = self.symbol()
        self.need("}", "{", r"\partial")
        by, below = self.symbol()
        self.need("}")

        def meaning(world, at):
            return one_of(world.direct_slopes(of, by), places([*below, *above], at, world))

        return meaning

    def partial(self, sign=(r"\partial",)):
        """∂Y_ij/∂W_ab, ∂L/∂W_ab or ∂L/∂W, or ∂y/∂z of two vectors."""
        of, above = self.symbol()
        self.need("}", "{", *sign)
        by, below = self.symbol()
        self.need("}")

        def slopes(world):
            return world.array(Gradient.made(by, of)) if not of.shape else world.slopes_of(of, by)

        if below is None and not above:
            return lambda world, at: Matrix.of(slopes(world).T if of.shape else slopes(world))
        return lambda world, at: one_of(slopes(world), places([*below, *above], at, world))

    def second(self):
        """∂²L/∂Z_ab ∂Z_ij, or ∂²L/∂w ∂w: the second variable is that of the gradient."""
        loss, _ = self.symbol()
        self.need("}", "{", r"\partial")
        by, below = self.symbol()
        self.need(r"\partial")
        inner, above = self.symbol()
        self.need("}")
        gradient = Gradient.made(inner, loss)
        if below is None and above is None:  # a matrix: the rows are those of the gradient
            return lambda world, at: Matrix.of(world.slopes_of(gradient, by).T)
        indices = [*below, *above]
        return lambda world, at: one_of(world.slopes_of(gradient, by), places(indices, at, world))

    def operator(self):
        """∂/∂Z_ab of the product behind it."""
        self.need("{", r"\partial")
        by, below = self.symbol()
        self.need("}")
        body = self.factor()

        def meaning(world, at):
            return world.slope_by(by, places(below, at, world), lambda moved: body(moved, at))

        return meaning


class Shift(int):
    """A place that is computed: it may be outside of the axis, where an entry is 0."""


def place(text, at, world):
    """Where an entry is, counted from 0: i, 3 or i+u-1, in which 2i and si are products."""
    if "_" in text:  # of an array of integers
        name, letters = text.split("_", 1)
        [numbers] = [world.array(one) for one in world.integers if one.name == name]
        return (
            int(numbers[places(letters.split(",") if "," in letters else [*letters], at, world)])
            - 1
        )
    if text.isdigit() or text in at:
        return int(text) - 1 if text.isdigit() else at[text]
    parts = re.findall(r"([-+]?)(\d*)([^-+]*)", text)
    return Shift(sum(term(*part, at, world) for part in parts if any(part)) - 1)


def term(sign, number, names, at, world):
    """A term of a place: a number, a size and an index, or some of them, side by side."""
    sizes = {size.name: n for size, n in world.sizes.items()}
    value = int(number or 1) * (-1 if sign == "-" else 1)
    for name in [names] if names in at or names in sizes else names:
        if (name in at) == (name in sizes):
            raise Unreadable(f"{name} is no index here, and no size, or both")
        value *= at[name] + 1 if name in at else sizes[name]
    return value


def places(letters, at, world):
    return tuple(place(letter, at, world) for letter in letters)


def one_of(numbers, at):
    """One entry."""
    for place, size in zip(at, np.shape(numbers), strict=True):
        if not 0 <= place < size:
            if isinstance(place, Shift):
                return 0.0
            raise Unreadable(f"no entry {at} in {np.shape(numbers)}")
    return numbers[at]


def scalar(x):
    if isinstance(x, Matrix):
        raise Unreadable("a matrix where a number is expected")
    return x


def inverted(x):
    """One over a number, or the inverse of a matrix."""
    return Matrix(np.linalg.inv(x.numbers)) if isinstance(x, Matrix) else x**-1.0


def transposed(x):
    if not isinstance(x, Matrix):
        raise Unreadable("a number is transposed")
    return Matrix(x.numbers.T)


def constant(number):
    return lambda world, at: number


def one(f, meaning):
    return lambda world, at: f(meaning(world, at))


def both(f, left, right):
    return lambda world, at: f(left(world, at), right(world, at))
