"""How the pieces of a line look: in LaTeX, and in plain text for terminals.

A piece has a level that says how tightly it holds together: a looser one inside a tighter one gets
parentheses. `open` marks a Σ or log at its right end: what followed would seem to belong to it.
"""

import re
from typing import NamedTuple

from ..language.functions import Known, exp, log

ADD, HADAMARD, PRODUCT, POWER, ATOM = range(5)
GREEK = (
    "alpha beta gamma delta epsilon eta theta kappa lambda mu nu xi pi rho sigma tau phi psi omega"
)
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Part(NamedTuple):
    text: str
    level: int = ATOM
    open: bool = False


class Latex:
    """How the pieces look in LaTeX."""

    times, scale, matmul, dot = r" \, ", " ", " ", r" \cdot "
    hadamard, divide, minus, together = r" \odot ", r" \oslash ", "-", r" \, "
    delta, pi, det, trace = r"\delta", r"\pi", r"\det", r"\operatorname{tr}"

    def name(self, name):
        letters, number = re.fullmatch(r"(.*?)(\d*)", name).groups()
        if letters in GREEK.split():
            letters = "\\" + letters
        elif letters.isascii() and letters.isalpha() and len(letters) > 1:
            letters = rf"\mathrm{{{letters}}}"
        return f"{letters}_{{{number}}}" if number and letters else letters or number

    def subscript(self, base, indices):
        return f"{{{base}}}_{{{indices}}}" if "_" in base else f"{base}_{{{indices}}}"

    def group(self, text):
        tall = any(word in text for word in (r"\frac", r"\sum", r"\left"))
        return rf"\left({text}\right)" if tall else f"({text})"

    def fraction(self, above, below):
        return Part(rf"\frac{{{above.text}}}{{{below.text}}}", POWER)

    def partial(self, of, by):
        return Part(rf"\frac{{\partial {of.text}}}{{\partial {by.text}}}", POWER)

    def second(self, of, *by):
        below = r" \, ".join(rf"\partial {part.text}" for part in by)
        return Part(rf"\frac{{\partial^{{2}} {of.text}}}{{{below}}}", POWER)

    def operator(self, of, by):
        return Part(rf"\frac{{\partial}}{{\partial {by.text}}} {self.group(of.text)}", PRODUCT)

    def power(self, base, exponent):
        return Part(f"{base}^{{{exponent}}}", POWER)

    def root(self, text):
        return Part(rf"\sqrt{{{text}}}")

    def transpose(self, text):
        twice = not text.endswith(")") and ("^" in text or "'" in text)
        return Part((f"{{{text}}}" if twice else text) + r"^{\top}", POWER)

    def ones(self, shape):
        size = r" \times ".join(self.name(size.name) for size in shape)
        return Part(rf"\mathbf{{1}}_{{{size}}}" if len(size) > 1 else rf"\mathbf{{1}}_{size}")

    def inverse(self, text, transposed=False):
        return Part(text + (r"^{-\top}" if transposed else "^{-1}"), POWER)

    def eye(self, size):
        return Part(rf"\mathbf{{I}}_{{{self.name(size.name)}}}")

    def word(self, word, text):
        return Part(word + self.group(text), POWER)

    def inner(self, left, right):
        return Part(rf"\langle {left}, {right} \rangle")

    def diag(self, text):
        return Part(rf"\operatorname{{diag}}{self.group(text)}")

    def sigma(self, index, size):
        return rf"\sum_{{{self.name(index)}=1}}^{{{self.name(size)}}} "

    def apply(self, function, argument, scalar):
        if function == exp and scalar:
            return Part(f"e^{{{argument.text}}}", POWER)
        if function == log and scalar and argument.level >= POWER:
            return Part(rf"\log {argument.text}", PRODUCT, True)
        known = isinstance(function, Known)
        name = function.tex if known else self.name(function.name) + "'" * function.order
        return Part(name + self.group(argument.text), POWER)


class Text(Latex):
    """How the pieces look in a terminal."""

    times, scale, matmul, dot = " · ", " · ", " @ ", " · "
    hadamard, divide, minus, together = " ⊙ ", " ⊘ ", "−", "·"
    delta, pi, det, trace = "δ", "π", "det", "tr"

    def name(self, name):
        return re.sub(r"\^\{\((\d+)\)\}", lambda m: "⁽" + m[1].translate(SUPERSCRIPT) + "⁾", name)

    def subscript(self, base, indices):
        return f"{base}_{{{indices}}}" if set(indices) & {*"+−·"} else f"{base}_{indices}"

    def group(self, text):
        return f"({text})"

    def fraction(self, above, below):
        above, below = self.hold(above, PRODUCT), self.hold(below, POWER)
        sign = " / " if " " in above + below else "/"
        return Part(above + sign + below, PRODUCT)

    def hold(self, part, level):
        return self.group(part.text) if part.level < level or part.open else part.text

    def partial(self, of, by):
        return Part(f"∂{of.text}/∂{by.text}", POWER)

    def second(self, of, *by):
        return Part(f"∂²{of.text}/" + "".join(f"∂{part.text}" for part in by), POWER)

    def operator(self, of, by):
        return Part(f"∂({of.text})/∂{by.text}")

    def power(self, base, exponent):
        plain = isinstance(exponent, int) and exponent >= 0
        return Part(f"{base}^{exponent}" if plain else f"{base}^({exponent})", POWER)

    def root(self, text):
        return Part(f"√({text})")

    def transpose(self, text):
        return Part(text + "ᵀ", POWER)

    def ones(self, shape):
        return Part("1_" + "×".join(size.name for size in shape))

    def inverse(self, text, transposed=False):
        return Part(text + ("⁻ᵀ" if transposed else "⁻¹"), POWER)

    def eye(self, size):
        return Part(f"I_{size.name}")

    def inner(self, left, right):
        return Part(f"⟨{left}, {right}⟩")

    def diag(self, text):
        return Part(f"diag({text})")

    def sigma(self, index, size):
        return f"Σ_{{{index}=1..{size}}} "

    def apply(self, function, argument, scalar):
        return Part(f"{function}({argument.text})", POWER)
