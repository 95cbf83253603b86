"""How the pieces of a line look: in LaTeX, and in plain text for terminals.

A piece has a level that says how tightly it holds together: a looser one inside a tighter one gets
parentheses. `open` marks a Σ or log at its right end: what followed would seem to belong to it.
"""

import re
from typing import NamedTuple

from ..language.functions import Known, absolute, exp, log

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
    delta, pi, d, partial_d = r"\delta", r"\pi", r"\mathrm{d}", r"\partial"
    det, trace = r"\det", r"\operatorname{tr}"

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

    def partial(self, of, by, d):
        return Part(rf"\frac{{{d} {of.text}}}{{{d} {by.text}}}", POWER)

    def second(self, of, *by, d):
        below = r" \, ".join(rf"{d} {part.text}" for part in by)
        return Part(rf"\frac{{{d}^{{2}} {of.text}}}{{{below}}}", POWER)

    def operator(self, of, by, d):
        return Part(rf"\frac{{{d}}}{{{d} {by.text}}} {self.group(of.text)}", PRODUCT)

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
        return Part(f"I_{{{self.name(size.name)}}}")

    def word(self, word, text):
        return Part(word + self.group(text), POWER)

    def inner(self, left, right):
        return Part(rf"\langle {left}, {right} \rangle")

    def diag(self, text):
        return Part(rf"\operatorname{{diag}}{self.group(text)}")

    def bars(self, text):
        return rf"\left\lvert {text} \right\rvert"

    def compared(self, left, sign, right):
        """[x > y], 1 or 0."""
        return Part(rf"\left[{left.text} {sign} {right.text}\right]")

    def extreme(self, name, left, right):
        """max(x, y) or min(x, y)."""
        return Part(rf"\{name}" + self.group(f"{left.text}, {right.text}"), POWER)

    def sigma(self, index, size):
        return rf"\sum_{{{self.name(index)}=1}}^{{{self.name(size)}}} "

    def over(self, name, index, size):
        """max or argmax over an index."""
        sign = rf"\{name}" if name == "max" else rf"\operatorname{{{name}}}"
        return rf"{sign}_{{1 \le {self.name(index)} \le {self.name(size)}}} "

    def apply(self, function, argument, scalar):
        if function == exp and scalar:
            return Part(f"e^{{{argument.text}}}", POWER)
        if function == absolute:
            return Part(self.bars(argument.text))
        if function == log and scalar and argument.level >= POWER:
            return Part(rf"\log {argument.text}", PRODUCT, True)
        known = isinstance(function, Known)
        name = function.tex if known else self.name(function.name) + "'" * function.order
        return Part(name + self.group(argument.text), POWER)


class Text(Latex):
    """How the pieces look in a terminal."""

    times, scale, matmul, dot = " · ", " · ", " @ ", " · "
    hadamard, divide, minus, together = " ⊙ ", " ⊘ ", "−", "·"
    delta, pi, d, partial_d = "δ", "π", "d", "∂"
    det, trace = "det", "tr"

    def name(self, name):
        return re.sub(r"\^\{\((\d+)\)\}", lambda m: "⁽" + m[1].translate(SUPERSCRIPT) + "⁾", name)

    def subscript(self, base, indices):
        return f"{base}_{{{indices}}}" if set(indices) & {*"+−·_"} else f"{base}_{indices}"

    def group(self, text):
        return f"({text})"

    def fraction(self, above, below):
        above, below = self.hold(above, PRODUCT), self.hold(below, POWER)
        sign = " / " if " " in above + below else "/"
        return Part(above + sign + below, PRODUCT)

    def hold(self, part, level):
        return self.group(part.text) if part.level < level or part.open else part.text

    def partial(self, of, by, d):
        return Part(f"{d}{of.text}/{d}{by.text}", POWER)

    def second(self, of, *by, d):
        return Part(f"{d}²{of.text}/" + "".join(f"{d}{part.text}" for part in by), POWER)

    def operator(self, of, by, d):
        return Part(f"{d}({of.text})/{d}{by.text}")

    def power(self, base, exponent):
        plain = isinstance(exponent, int) and exponent >= 0
        return Part(f"{base}^{exponent}" if plain else f"{base}^({exponent})", POWER)

    def root(self, text):
        return Part(f"√({text})")

    def bars(self, text):
        return f"|{text}|"

    def compared(self, left, sign, right):
        return Part(f"[{left.text} {sign} {right.text}]")

    def extreme(self, name, left, right):
        return Part(f"{name}({left.text}, {right.text})", POWER)

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

    def over(self, name, index, size):
        return f"{name}_{{{index}=1..{size}}} "

    def apply(self, function, argument, scalar):
        if function == absolute:
            return Part(self.bars(argument.text))
        return Part(f"{function}({argument.text})", POWER)
