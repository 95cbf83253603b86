r"""Reads MathML back into the TeX that the printer of derivations writes, from what is seen alone.

So a derivation can be read as a page shows it. A sign that the reader of TeX does not know stays as
it is, and is refused there.
"""

import re
import unicodedata
from xml.etree import ElementTree

from latex_reader import WORDS

ONES = r"\mathbf{1}"
SIGNS = {
    "∂": r"\partial",
    "∑": r"\sum",
    "⊙": r"\odot",
    "⊘": r"\oslash",
    "⊤": r"\top",
    "×": r"\times",
    "≠": r"\neq",
    "≤": r"\le",
    "≈": r"\approx",
    "−": "-",
    "′": "'",
    "ϵ": r"\epsilon",
    "𝟏": ONES,
    "𝐈": r"\mathbf{I}",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "\u2061": "",  # applied to
}


def sign(text):
    """One sign, number or name."""
    if len(text) > 1 and text.isalpha():
        return rf"\{text}" if rf"\{text}" in {*WORDS, r"\det"} else rf"\operatorname{{{text}}}"
    _, greek, name = unicodedata.name(text[0]).partition("GREEK SMALL LETTER ")
    return rf"\{name.lower().replace('lamda', 'lambda')}" if greek else SIGNS.get(text, text)


def shown(markup):
    """A formula as TeX."""
    return tex(ElementTree.fromstring(markup))


def tex(node):
    inside = [tex(child) for child in node]
    match node.tag:
        case "mi" | "mn" | "mo":
            return sign(node.text)
        case "mtext":
            return r"\text{{{}}}".format(node.text.replace("\u00a0", " "))
        case "mpadded":
            return rf"\mathrm{{{node[0].text}}}"
        case "mfrac":
            return r"\frac{{{}}}{{{}}}".format(*inside)
        case "msqrt":
            return rf"\sqrt{{{' '.join(inside)}}}"
        case "msub" | "munder":
            return below(*inside)
        case "msup":
            return inside[0] + above(inside[1])
        case "msubsup" | "munderover":
            base, index, exponent = inside  # a prime is part of the name, U'_{ij}, or of its power
            primes, rest = re.fullmatch(r"((?:' ?)*)(.*)", exponent).groups()
            return below(base + primes.replace(" ", ""), index) + (above(rest) if rest else "")
        case "mtr":
            return row(inside)
        case "mtable":
            return table(inside, lines=len(node[0]) > 1)
        case "mstyle":
            return rf"{{\small {' '.join(inside)}}}"
    return " ".join(inside)


def below(base, index):
    if base == ONES and not {" ", "'"} & set(index):
        return f"{base}_{index}"
    return f"{{{base}}}_{{{index}}}" if "_" in base else f"{base}_{{{index}}}"


def above(exponent):
    return exponent if set(exponent) <= {"'"} else f"^{{{exponent}}}"


def row(cells):
    """A line of a derivation, or of a list."""
    left, *others = cells
    return rf"{left} &{others[0]} && \quad {others[2].strip()}" if others else left


def table(rows, lines):
    """The lines of a derivation, or a list."""
    if lines:
        return "\\begin{aligned}\n" + " \\\\[0.8ex]\n".join(rows) + "\n\\end{aligned}"
    between = " \\\\[1ex]\n" if "aligned" in rows[0] else " \\\\ "
    return "\\begin{array}{l} " + between.join(rows) + " \\end{array}"
