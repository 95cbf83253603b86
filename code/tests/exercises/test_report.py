"""Tests of the report: plain in a terminal, rich in a notebook, and safe in a page."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from backprop.exercises import check
from backprop.exercises.telling.report import Report
from backprop.gradcheck.picture import picture


def one_entry_wrong(dY, W):
    dX = dY @ W
    dX[1, 2] += 1
    return dX


def test_plain_text_says_name_verdict_code_and_where_help_is():
    text = str(check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY)))
    assert text.startswith("linear.backward: Not yet [missing-batch-sum]. ∂L/∂b: ")
    assert 'Read again: "The gradient with respect to the bias" in the chapter linear.' in text
    assert text.endswith('hint("linear.backward") has a hint.')
    assert str(check("linear.db", lambda dY: dY.sum(axis=0))).startswith("linear.db: Right. ")


def test_a_notebook_gets_a_verdict_a_picture_and_the_next_hint():
    report = check("linear.dX", one_entry_wrong)
    assert report.mistake == "partly-wrong"
    shown = report._repr_html_()
    root = ET.fromstring(shown)
    assert root.get("class") == "exercise-report wrong"
    (svg,) = root.iter("svg")
    assert svg.get("aria-label") == "1 of 20 entries is wrong: [1, 2]"
    assert root.findall("p")[-1].text == "1 of 20 entries is wrong: [1, 2]."
    filled = [r for r in svg.iter("rect") if float(r.get("fill-opacity")) > 0]
    assert len(filled) == 1
    assert (filled[0].get("x"), filled[0].get("y")) == ("29", "15")
    shown = check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY))._repr_html_()
    assert '<details class="next-hint"><summary>The next hint</summary>' in shown
    assert 'data-exercise="linear.backward"' in shown


def test_formulas_of_a_hint_are_set():
    report = Report("linear.dX", "scaled", "A factor.", hint="Is $a < \\sum_j b_j$ or `$c$` true?")
    shown = report._repr_html_()
    assert r'<span class="math notranslate nohighlight">\(a &lt; \sum_j b_j\)</span>' in shown
    assert "<code>$c$</code>" in shown


def test_what_is_not_started_or_right_needs_no_hint_and_no_picture():
    for answer, kind in [(None, "open"), (lambda dY: dY.sum(axis=0), "right")]:
        shown = check("linear.db", answer)._repr_html_()
        assert f"exercise-report {kind}" in shown
        assert "<svg" not in shown
        assert "<details" not in shown


def test_nothing_that_a_reader_writes_becomes_markup():
    def says(dY):
        print("<script>alert(1)</script>")
        raise ValueError("<b>no</b>")

    shown = check("linear.db", says)._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "<script>" not in check("<script>", says)._repr_html_()
    assert not re.search(r"\son\w+=|style=", shown)


@pytest.mark.parametrize(
    ("error", "drawn"),
    [
        (np.zeros((0, 3)), False),
        (np.ones(1), False),
        (np.ones((30, 30)), False),
        (np.ones((2, 2, 2)), False),
        (np.array([0.0, 1.0]), True),
        (np.array([[np.nan, 0.0]]), True),
        (np.array([[True, False]]), True),
    ],
)
def test_a_picture_is_drawn_where_it_helps(error, drawn):
    assert bool(picture(error)) is drawn


def test_a_report_is_true_if_the_answer_is_right():
    assert Report("x", None, "Right.")
    assert not Report("x", "wrong", "Wrong.")
