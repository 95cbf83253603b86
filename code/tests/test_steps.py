"""Figures that ask first: their data is right, and a step that gives another number is refused."""

import html
import json
import re

import numpy as np
import pytest
from backprop.plotting import figure, show
from backprop.steps import Steps, label

X, W, b = np.array([[2, -1]]), np.array([[3, 4]]), np.array([5])


def steps():
    made = Steps({"Forward": {"X": X, "W": W, "b": b, "A": X @ W.T + b}}, "A product")
    made.sum(("A", 0, 0), [("X", 0, 0), ("W", 0, 0)], [("X", 0, 1), ("W", 0, 1)], [("b", 0)])
    return made


def test_a_sum_says_how_it_is_worked_out_and_of_what():
    (one,) = steps().steps
    assert (one["label"], one["value"], one["how"]) == ("A₁₁", 7, "2 · 3 + (−1) · 4 + 5")
    assert one["uses"] == [["X", 0, 0], ["W", 0, 0], ["X", 0, 1], ["W", 0, 1], ["b", 0, 0]]


def test_the_usual_slips_have_their_sentence():
    slips = steps().steps[0]["slips"]
    assert slips["6"].startswith("That is 2 · 3 alone")
    assert slips["2"].startswith("That leaves out 5")
    assert slips["-7"] == "The size is right; the sign is not."
    assert slips["13"].startswith("That adds the factors")
    assert "7" not in slips


def test_a_step_with_another_number_is_refused():
    with pytest.raises(ValueError, match=r"A₁₁ is 7, and 2 · 3 is 6"):
        steps().sum(("A", 0, 0), [("X", 0, 0), ("W", 0, 0)])
    with pytest.raises(ValueError, match="no array 'Q'"):
        steps().value(("Q", 0, 0))


def test_an_entry_is_written_with_low_digits():
    assert [label(one) for one in [("A", 1, 0), ("b", 1), ("L",)]] == ["A₂₁", "b₂", "L"]


def test_the_figure_holds_its_data_and_a_still_picture():
    fig, ax = figure(2, 2)
    ax.plot([0, 1], [0, 1])
    shown = steps().shown(show(fig, alt='A line with "quotes" that rises.'))._repr_html_()
    data = json.loads(html.unescape(re.search(r'data-steps="([^"]*)"', shown)[1]))
    assert data["title"] == "A product"
    arrays = data["rows"][0]["arrays"]
    assert [one["name"] for one in arrays] == ["X", "W", "b", "A"]
    assert arrays[2]["values"] == [[5]]
    assert data["steps"] == steps().steps
    assert ' role="img" aria-label="A line with' in shown
