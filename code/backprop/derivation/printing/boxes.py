"""An expression as boxes: every array as high and as wide as its shape, signs between them.

    boxes(dY.T @ X)      two boxes, N × S and S × M: their inner sides, S and S, meet
    boxes(weights)       the last line of a derivation, with what it equals in front

What is drawn is read off the expression that was judged: nothing is said a second time. A
transpose is drawn at the arrays, (A ⊙ B)ᵀ as Aᵀ ⊙ Bᵀ and (A B)ᵀ as Bᵀ Aᵀ, so that every box has
the sides that it has in its product.
"""

import html
import re
from dataclasses import dataclass, replace

from ...shown import BLUE, GREEN, ORANGE, PURPLE, Picture
from ..errors import ShapeError
from ..language.algebra import Add, Div, Elementwise, MatMul, Mul, Neg, Sub, Transpose
from ..language.arrays import Gradient
from ..language.vectors import Ones, Outer
from ..nodes import node, shape_name
from .page import sign, weakest
from .printer import is_row, text

ONE = "1"  # the other side of a vector
SIZES = {"S": 5, "M": 3, "N": 4, "C": 3, "K": 4, ONE: 1}  # in cells; a letter not listed has 4
CELL, LETTER, GAP, ABOVE, BELOW = 11, 7.3, 7, 20, 20  # pixels
SIGNS = {Add: "+", Sub: "−", Mul: "⊙", Div: "⊘"}
WORDS = {"+": "plus", "−": "minus", "⊙": "times elementwise", "⊘": "divided elementwise by"}
WORDS |= {"=": "equals", "≈": "approximately equals"}
BELOW_LINE = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Box:
    """An array: its label above it, its two sides, and those that meet the next box's."""

    label: str
    rows: str
    columns: str
    color: str
    meets: frozenset = frozenset()


@dataclass(frozen=True)
class Sign:
    """What is between boxes: +, ⊙, a bracket, a number."""

    label: str


@dataclass(frozen=True)
class Joined:
    """Parts side by side, joined by `sign`: "" is a matrix product; `rows` × `columns` in all."""

    sign: str
    parts: tuple
    rows: str
    columns: str


def boxes(shown):
    """The figure of an expression, or of the last line of a derivation. Raises ShapeError.

    Every array that it is made of has one or two axes.
    """
    drawn = layout(shown)
    alt = in_words(drawn)
    return Picture(svg(drawn, alt), alt, kind="boxes")


def layout(shown):
    """The boxes and signs, from left to right."""
    if not hasattr(shown, "steps"):
        return flat(tree(node(shown)))
    if not shown.steps or shown.whole is None:
        raise ShapeError("boxes() draws a derivation of a whole array that has a line or more")
    left = flat(tree(shown.whole, is_row(shown.last) != is_row(shown.whole)))
    return [*left, Sign(sign(weakest(shown), tex=False)), *flat(tree(shown.last))]


def tree(node, turned=False):
    """What is drawn for a node, transposed if `turned`; a vector by itself is a column."""
    if not 1 <= len(node.shape) <= 2:
        raise ShapeError(f"boxes() draws vectors and matrices; {node} is {shape_name(node.shape)}")
    match node:
        case Transpose(inner):
            return tree(inner, not turned)
        case Neg(inner):
            return scaled(Sign("−"), tree(inner, turned != (is_row(inner) != is_row(node))))
        case Elementwise(left, right) if left.shape and right.shape:
            return elementwise(node, turned)
        case Mul(left, right):
            number, whole = (right, left) if left.shape else (left, right)
            return scaled(Sign(text(number)), tree(whole, turned))
        case Div(left, right):
            return scaled(tree(left, turned), Sign(f"/ {text(right)}"))
        case MatMul(left, right) | Outer(left, right) if node.shape:
            first, second = isinstance(node, MatMul), isinstance(node, Outer)
            return product(oriented(left, first, turned), oriented(right, second, turned), turned)
    return leaf(node, turned)


def oriented(part, row, turned):
    """A factor; a vector is a row where `row` says so, before the product is turned."""
    flipped = len(part.shape) == 1 and is_row(part) != row
    return tree(part, turned != flipped)


def product(left, right, turned):
    """A matrix product, whose inner sides meet."""
    left, right = (right, left) if turned else (left, right)
    factors = [*factors_of(marked(left, "columns")), *factors_of(marked(right, "rows"))]
    return Joined("", tuple(factors), left.rows, right.columns)


def factors_of(drawn):
    """A B and C are the factors of (A B) C, which needs no brackets."""
    return drawn.parts if isinstance(drawn, Joined) and not drawn.sign else [drawn]


def marked(drawn, side):
    """The same, with the boxes marked whose `side` meets that of the next box."""
    if isinstance(drawn, Sign):
        return drawn
    if isinstance(drawn, Box):
        return replace(drawn, meets=drawn.meets | {side})
    at = {"rows": 0, "columns": len(drawn.parts) - 1}[side]
    parts = [
        marked(part, side) if drawn.sign or n == at else part for n, part in enumerate(drawn.parts)
    ]
    return replace(drawn, parts=tuple(parts))


def elementwise(node, turned):
    """Two operands side by side, of equal sides."""
    row = is_row(node)
    sides = [
        tree(side, turned != (len(side.shape) == 1 and is_row(side) != row))
        for side in (node.left, node.right)
    ]
    return Joined(SIGNS[type(node)], tuple(sides), sides[0].rows, sides[0].columns)


def scaled(*parts):
    """An array with a number or a minus."""
    whole = next(part for part in parts if not isinstance(part, Sign))
    return Joined("scale", parts, whole.rows, whole.columns)


def leaf(node, turned):
    """One box."""
    sides = [str(size) for size in node.shape]
    if len(sides) == 1:
        sides = [ONE, *sides] if is_row(node) else [*sides, ONE]
    rows, columns = sides[::-1] if turned else sides
    name = re.sub(r"(?<=[^\W\d_])\d+", lambda n: n[0].translate(BELOW_LINE), text(node, turned))
    return Box(name, rows, columns, color(node))


def color(node):
    """As in the linear layer's first figure: the label says the same."""
    if isinstance(node, Ones):
        return PURPLE
    if isinstance(node, Gradient):
        return {"W": ORANGE, "X": BLUE, "b": PURPLE}.get(str(node.of)[0], GREEN)
    return {"W": ORANGE, "Y": GREEN, "b": PURPLE}.get(text(node)[0], BLUE)


def flat(drawn):
    """Boxes and signs in one row, with the brackets that it takes."""
    if not isinstance(drawn, Joined):
        return [drawn]
    found = []
    for n, part in enumerate(drawn.parts):
        if n and drawn.sign not in ("", "scale"):
            found.append(Sign(drawn.sign))
        inside = flat(part)
        found += [Sign("("), *inside, Sign(")")] if bracketed(drawn, n) else inside
    return found


def bracketed(whole, n):
    """Whether part n is in brackets: it is joined more loosely than the whole."""
    part, loose = whole.parts[n], ("+", "−")
    if not isinstance(part, Joined):
        return False
    if whole.sign in loose:
        return n > 0 and part.sign in (*loose, "scale")
    if whole.sign == "" and part.sign == "scale":
        return n > 0 or not isinstance(part.parts[0], Sign)
    if whole.sign == "⊙" and part.sign == "⊙":
        return n > 0
    return whole.sign != "scale" or part.sign != ""


# What is seen, and what is said of it.


def in_words(drawn):
    """The text alternative: each box with its sides, the signs in words."""
    said, closed = [], False  # whether the one before is a box, or ends in a bracket
    for one in drawn:
        is_box = isinstance(one, Box)
        said += ["times"] if closed and (is_box or one.label == "(") else []
        named = f"{one.label} ({one.rows} by {one.columns})" if is_box else one.label
        said.append(WORDS.get(named, named))
        closed = is_box or one.label == ")"
    meeting = [one.columns for one in drawn if isinstance(one, Box) and "columns" in one.meets]
    meet = "".join(f"; the inner sides {side} and {side} meet" for side in dict.fromkeys(meeting))
    return f"As boxes: {' '.join(said).replace('( ', '(').replace(' )', ')')}{meet}."


def svg(drawn, alt):
    """The row as an SVG, in the color of the text around it."""
    high = max(cells(one.rows) for one in drawn if isinstance(one, Box)) * CELL
    middle, x, parts = ABOVE + high / 2, 2.0, []
    for one in drawn:
        wide = width(one)
        draw = box if isinstance(one, Box) else letters
        parts.append(draw(one, x + wide / 2, middle))
        x += wide + GAP
    size = f'width="{x:.0f}" height="{ABOVE + high + BELOW}"'
    view = f'viewBox="0 0 {x:.0f} {ABOVE + high + BELOW}"'
    label = html.escape(alt, quote=True)
    style = 'font-size="12" text-anchor="middle" fill="currentColor"'
    return f'<svg role="img" aria-label="{label}" {size} {view} {style}>{"".join(parts)}</svg>'


def cells(side):
    return SIZES.get(side, 4)


def width(one):
    """As wide as the box, or as its label or its sides."""
    if isinstance(one, Sign):
        return LETTER * len(one.label)
    below = f"{one.rows}×{one.columns}"
    return max(cells(one.columns) * CELL, LETTER * len(one.label), LETTER * len(below))


def letters(sign, x, middle):
    return f'<text x="{x:.1f}" y="{middle + 4:.1f}">{html.escape(sign.label)}</text>'


def box(one, x, middle):
    """A grid of cells, its name above it, its sides below it: bold where they meet."""
    high, wide = cells(one.rows) * CELL, cells(one.columns) * CELL
    left, top = x - wide / 2, middle - high / 2
    lines = [f"M{left + n * CELL:.1f} {top:.1f}v{high}" for n in range(1, cells(one.columns))]
    lines += [f"M{left:.1f} {top + n * CELL:.1f}h{wide}" for n in range(1, cells(one.rows))]
    grid = (
        f'<path d="{"".join(lines)}" stroke="currentColor" stroke-opacity="0.35"/>' if lines else ""
    )
    low = r'<tspan dy="3" font-size="9">\1</tspan><tspan dy="-3">\2</tspan>'
    name = re.sub(r"_(\w)(.*)", low, html.escape(one.label))
    sides = [
        f'<tspan font-weight="{"bold" if side in one.meets else "normal"}">{name}</tspan>'
        for side, name in (("rows", one.rows), ("columns", one.columns))
    ]
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide}" height="{high}" fill="{one.color}" '
        f'fill-opacity="0.55" stroke="currentColor"/>{grid}'
        f'<text x="{x:.1f}" y="{top - 6:.1f}">{name}</text>'
        f'<text x="{x:.1f}" y="{top + high + 14:.1f}" font-size="11">{"×".join(sides)}</text>'
    )
