"""The boxes of an expression say what it says: read back as a formula, they give its numbers."""

import re
from functools import partial

import numpy as np
import pytest
from backprop.derivation import *  # noqa: F403
from backprop.derivation.language.algebra import Neg, Transpose
from backprop.derivation.language.arrays import Array
from backprop.derivation.language.vectors import Ones
from backprop.derivation.nodes import Number
from backprop.derivation.printing import boxes as drawing
from backprop.derivation.printing.boxes import Box, Sign
from backprop.derivation.printing.printer import is_row
from bs4 import BeautifulSoup
from evaluator import BINARY
from hypothesis import assume, given, settings
from hypothesis import strategies as st

S, M, N, C = dimensions("S M N C")  # noqa: F405
SIZES = {"S": 5, "M": 3, "N": 4, "C": 2, "1": 1}
X, W, G = array("X", S, M), array("W", N, M), array("G", S, N)  # noqa: F405
b = array("b", N)  # noqa: F405


# What an expression is worth, and what is read off the boxes.


def values(name, shape):
    rng = np.random.default_rng([*name.encode()])
    return rng.uniform(1, 2, [SIZES[str(size)] for size in shape])


def worth(node):
    match node:
        case Array(name, shape):
            return values(name, shape)
        case Ones(shape):
            return np.ones([SIZES[str(size)] for size in shape])
        case Number(value):
            return float(value)
        case Neg(inner):
            return -worth(inner)
        case Transpose(inner):
            return worth(inner).T
    return BINARY[type(node)](worth(node.left), worth(node.right))


def of_box(box):
    """The value of a box, which has to have the sides that are written below it."""
    name = box.label.removesuffix("ᵀ").strip("()")
    sides = (SIZES[box.rows], SIZES[box.columns])
    if name.startswith("1_"):
        return np.ones(sides)
    letters = [side for side in (box.rows, box.columns) if side != "1"]
    turned = box.label.endswith("ᵀ")
    value = values(name, letters[::-1] if turned else letters)
    return (value.T if turned else value).reshape(sides)


class Reader:
    """Reads a row of boxes and signs as a formula; products of sides that do not meet raise."""

    def __init__(self, row):
        self.row = [*row]

    def next_is(self, *labels):
        return bool(self.row) and isinstance(self.row[0], Sign) and self.row[0].label in labels

    def chain(self, inner, signs):
        value = inner()
        while self.next_is(*signs):
            sign, other = self.row.pop(0).label, inner()
            assert value.shape == other.shape, sign
            value = signs[sign](value, other)
        return value

    def sum(self):
        return self.chain(self.term, {"+": np.add, "−": np.subtract})

    def term(self):
        return self.chain(self.product, {"⊙": np.multiply, "⊘": np.divide})

    def product(self):
        number = 1
        while self.row and isinstance(self.row[0], Sign) and self.row[0].label != "(":
            label = self.row.pop(0).label
            number = -number if label == "−" else number * float(label.replace("−", "-"))
        value = self.atom()
        while self.row and (isinstance(self.row[0], Box) or self.next_is("(")):
            value = value @ self.atom()
        if self.row and isinstance(self.row[0], Sign) and self.row[0].label.startswith("/"):
            value = value / float(self.row.pop(0).label[1:])
        return value * number

    def atom(self):
        first = self.row.pop(0)
        if isinstance(first, Box):
            return of_box(first)
        assert first.label == "("
        value = self.sum()
        assert self.row.pop(0).label == ")"
        return value


def read(expression):
    reader = Reader(drawing.layout(expression))
    value = reader.sum()
    assert not reader.row
    return value


@st.composite
def expressions(draw, shape=None, depth=3):
    """An expression of some shape, of arrays that are named after theirs."""
    if shape is None:
        sides = st.sampled_from([S, M, N, C])
        shape = tuple(draw(st.lists(sides, min_size=1, max_size=2)))
    inner = partial(expressions, depth=depth - 1)
    kinds = ["array"]
    if depth:
        kinds += ["+", "−", "⊙", "⊘", "neg", "times", "over", "product", "product"]
        kinds += ["turned", "outer"] if len(shape) == 2 else ["row", "ones"]
    match draw(st.sampled_from(kinds)):
        case "array":
            return array(draw(st.sampled_from("ABDEFH")), *shape)  # noqa: F405
        case "neg":
            return -draw(inner(shape))
        case "times":
            return 2 * draw(inner(shape))
        case "over":
            return draw(inner(shape)) / 3
        case "turned":
            return draw(inner(shape[::-1])).T
        case "outer":
            return outer(*(draw(inner((side,))) for side in shape))  # noqa: F405
        case "product":
            between = draw(st.sampled_from([S, M, N, C]))
            return draw(inner((shape[0], between))) @ draw(inner((between, *shape[1:])))
        case "row":
            between = draw(st.sampled_from([S, M, N, C]))
            return draw(inner((between,))) @ draw(inner((between, *shape)))
        case "ones":
            return ones(*shape)  # noqa: F405
        case sign:
            left, right = draw(inner(shape)), draw(inner(shape))
            return {
                "+": left + right, "−": left - right, "⊙": left * right, "⊘": left / right
            }[sign]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_boxes_read_back_give_the_numbers_of_the_expression(expression):
    with np.errstate(all="ignore"):
        expected, found = worth(expression), read(expression)
    assume(np.isfinite(expected).all() and np.abs(expected).max() < 1e6)  # not 1 / (A − A)
    if expected.ndim == 1:
        expected = expected[None] if is_row(expression) else expected[:, None]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(expressions())
def test_marked_sides_meet_and_every_array_is_in_the_alternative_text(expression):
    row, shown = drawing.layout(expression), boxes(expression)  # noqa: F405
    found = [box for box in row if isinstance(box, Box)]
    for left, right in zip(row, row[1:], strict=False):
        if isinstance(left, Box) and isinstance(right, Box):
            assert left.columns == right.rows
            assert "columns" in left.meets
            assert "rows" in right.meets
    for box in found:
        assert f"{box.label} ({box.rows} by {box.columns})" in shown.alt
    assert ("meet" in shown.alt) == any(box.meets for box in found)


def test_a_planted_turn_is_noticed(monkeypatch):
    # Without the exchange of the factors, (A B)ᵀ would be drawn as Aᵀ Bᵀ.
    plain = drawing.product
    monkeypatch.setattr(drawing, "product", lambda left, right, turned: plain(left, right, False))
    with pytest.raises(ValueError, match="matmul"):
        read((G.T @ X).T)


def test_a_product_and_its_picture():
    row = drawing.layout(G.T @ X)
    assert [(one.label, one.rows, one.columns) for one in row] == [
        ("Gᵀ", "N", "S"), ("X", "S", "M")
    ]  # fmt: skip
    shown = boxes(G.T @ X)  # noqa: F405
    assert shown.alt == "As boxes: Gᵀ (N by S) times X (S by M); the inner sides S and S meet."
    svg = BeautifulSoup(shown._repr_html_(), "html.parser").svg
    assert svg["role"] == "img"
    assert svg["aria-label"] == shown.alt
    sides = [(float(one["width"]), float(one["height"])) for one in svg.select("rect")]
    assert sides == [(5 * 11, 4 * 11), (3 * 11, 5 * 11)]
    assert [one.get_text() for one in svg.select("text")] == ["Gᵀ", "N×S", "X", "S×M"]
    bold = [one.get_text() for one in svg.select("[font-weight=bold]")]
    assert bold == ["S", "S"]
    assert set(re.findall(r"#[0-9a-f]{6}", str(svg))) == {drawing.BLUE}  # all else: currentColor


def test_a_derivation_is_drawn_with_what_it_equals():
    proof = Derivation((X @ W.T).T)  # noqa: F405
    proof.line(W @ X.T, "the factors change places")
    row = drawing.layout(proof)
    assert Sign("=") in row
    assert [one.label for one in row] == ["W", "Xᵀ", "=", "W", "Xᵀ"]  # (X Wᵀ)ᵀ, turned inside
    bias = Derivation(G.T @ ones(S)).line(ones(S) @ G, "as a row")  # noqa: F405
    assert [one.label for one in drawing.layout(bias)] == ["1_Sᵀ", "G", "=", "1_Sᵀ", "G"]


def test_what_has_no_boxes_is_refused():
    i, j = indices("i j")  # noqa: F405
    for nothing in (X[i, j], array("T", S, M, N), Derivation(X)):  # noqa: F405
        with pytest.raises(ShapeError, match="boxes"):  # noqa: F405
            boxes(nothing)  # noqa: F405
    assert boxes(outer(ones(S), b) + G).alt.count("by") == 3  # noqa: F405
