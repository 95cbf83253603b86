"""Figures: readable in every theme, with a text alternative, the same bytes at every build."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from backprop import plotting
from backprop.plotting import BLUE, INK, Picture, draw_matrix, figure, show

ALT = "A line that rises, then falls."


def picture(alt=ALT, title="x² & <y>"):
    fig, ax = figure(4, 3)
    x = np.linspace(0, 1, 20)
    ax.plot(x, x * (1 - x), label="a parabola")
    ax.set(title=title, xlabel="x", ylim=(0, 0.2))
    ax.legend()
    return show(fig, alt)


def test_the_svg_stands_on_its_own():
    root = ET.fromstring(picture().svg)
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert root.get("aria-label") == ALT


@pytest.mark.parametrize("alt", ['A "quoted" <b>&amp;</b> text', r"The slope \alpha at \1, \g<0>"])
def test_any_text_may_describe_it(alt):
    """Also one with quotes or with the backslashes of TeX."""
    assert ET.fromstring(picture(alt).svg).get("aria-label") == alt


def test_all_ink_takes_the_colour_of_the_text_around_it():
    svg = picture().svg
    assert "currentColor" in svg
    assert INK not in svg
    assert not re.search(r"#000000|fill: ?black|stroke: ?black|#ffffff|fill: ?white", svg)


def test_text_stays_text():
    texts = [t.text for t in ET.fromstring(picture().svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "a parabola" in texts
    assert "x² & <y>" in texts


def test_it_scales_with_the_page():
    root = ET.fromstring(picture().svg)
    assert root.get("height") is None
    assert root.get("viewBox") is not None


def test_it_is_the_same_at_every_build():
    first = picture().svg
    assert picture().svg == first
    assert not re.search(r"metadata|<!DOCTYPE|<\?xml|\d{4}-\d\d-\d\dT", first)


def test_no_two_figures_share_an_id_and_every_reference_is_met():
    def ids(svg):
        return re.findall(r' id="([^"]*)"', svg)

    a, b = picture().svg, picture("Another line that rises, then falls.").svg
    assert ids(a)
    assert not set(ids(a)) & set(ids(b))
    assert len(ids(a)) == len(set(ids(a)))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', a)) == set(ids(a))


def test_a_picture_shows_itself():
    shown = picture()
    assert isinstance(shown, Picture)
    assert shown._repr_html_() == f'<div class="picture">{shown.svg}</div>'
    assert repr(shown) == f"[figure: {ALT}]"


def luminance(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", ["BLUE", "ORANGE", "GREEN", "RED", "PURPLE"])
def test_lines_stand_out_on_white_and_on_black(name):
    """WCAG 2.2 asks for a contrast of 3 to 1 for what is not text."""
    light = luminance(getattr(plotting, name)) + 0.05
    assert 1.05 / light >= 3
    assert light / 0.05 >= 3


def test_a_narrow_figure_is_known_for_one():
    """It is shown whole on a telephone, where a wide one scrolls."""
    narrow, wide = (show(figure(width, 3)[0], ALT).svg for width in (5, 6))
    assert ET.fromstring(narrow).get("class") == "narrow"
    assert ET.fromstring(wide).get("class") is None


def test_several_axes():
    _, axes = figure(6, 3, rows=2, columns=3, sharex=True)
    assert axes.shape == (2, 3)


def test_a_matrix_is_drawn_with_its_name_and_its_shape():
    fig, ax = figure()
    draw_matrix(ax, 2, 3, 5, "W", BLUE)
    assert len(ax.patches) == 15
    corners = {patch.get_xy() for patch in ax.patches}
    assert {x for x, _ in corners} == {2, 3, 4, 5, 6}
    assert {y for _, y in corners} == {-1.5, -0.5, 0.5}
    assert [t.get_text() for t in ax.texts] == ["W", "3 × 5"]


@pytest.mark.parametrize("alt", [None, "", "figure", "a plot", 5, ["four", "words", "in", "it"]])
def test_an_alternative_says_what_is_to_be_seen(alt):
    with pytest.raises(ValueError, match="show expects alt to say what is to be seen"):
        show(figure()[0], alt)


def test_only_a_figure_can_be_shown():
    with pytest.raises(ValueError, match="show expects a matplotlib figure, got"):
        show(figure()[1], ALT)


def test_html_is_shown_as_it_is():
    assert plotting.Html("<b>x</b>")._repr_html_() == "<b>x</b>"


def test_a_wide_table_scrolls_by_itself_and_says_what_it_is():
    html = plotting.Table(["a"], [["1"]], caption='The "wide" one')._repr_html_()
    assert html.startswith("<div tabindex='0' role='region' aria-label='The &quot;wide&quot; one'")
    assert "<div" not in plotting.Table(["a"], [["1"]])._repr_html_()


def test_a_formula_in_a_table_is_escaped():
    assert plotting.maths("a < b") == (
        '<span class="math notranslate nohighlight">\\(a &lt; b\\)</span>'
    )


def test_a_table_has_a_heading_for_each_column_and_marks_our_row():
    table = plotting.Table(["a", "b"], [["x", 1], ["y", "<s>2</s>"]], ours="y")
    assert table._repr_html_() == (
        "<table class='results'><thead><tr><th scope='col'>a</th><th scope='col'>b</th></tr>"
        "</thead>"
        "<tbody><tr><td>x</td><td>1</td></tr>"
        "<tr class=ours><td>y</td><td><s>2</s></td></tr></tbody></table>"
    )


def test_values_are_drawn_in_their_cells_with_a_real_minus():
    fig, ax = figure()
    assert plotting.draw_values(ax, 2, 1, [[1, -2.5], [3, 4]], "W", BLUE) == 4
    assert len(ax.patches) == 4
    assert [t.get_text() for t in ax.texts] == ["1", "−2.5", "3", "4", "W"]
    assert [t.get_position() for t in ax.texts][:2] == [(2.5, 1.47), (3.5, 1.47)]
    assert plotting.draw_values(ax, 0, 0, [1, 2], "b", BLUE) == 1
    assert plotting.draw_values(ax, 0, 0, 11.5, "L", BLUE) == 1


def test_a_graph_has_values_above_and_gradients_in_a_frame_below():
    fig, ax = figure()
    nodes = {"x": (0, 0, 3, -20), "L": (2, 0, 25, None)}
    plotting.draw_graph(ax, nodes, [("x", "L", "× 2")])
    texts = {t.get_text(): t for t in ax.texts if t.get_text()}
    assert set(texts) == {"x", "L", "3", "25", "−20", "× 2"}
    assert texts["3"].get_position()[1] > 0 > texts["−20"].get_position()[1]
    assert texts["3"].get_bbox_patch() is None
    assert texts["−20"].get_bbox_patch() is not None
