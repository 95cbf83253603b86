"""The page of all gradients: its table comes first, and has a row for every card."""

import re

import pytest
from backprop.derivation.printing.page import anchor
from book.audit.cards import in_order
from book.audit.gradients import every_gradient, everything_else
from book.audit.measured import Row, measured
from book.chapters.chapter import Chapter
from bs4 import BeautifulSoup

ROWS = measured()
TABLE = BeautifulSoup(every_gradient(ROWS).source, "html.parser")


def test_no_gradient_is_off_by_more_than_central_differences_are():
    assert max(row.error for row in ROWS) < 1e-7
    assert min(row.error for row in ROWS) > 0  # measured, and not compared with itself


def test_a_wrong_gradient_would_be_seen(monkeypatch):
    from book.audit import measured as module

    monkeypatch.setattr(module, "linear_backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY.mean(0)))
    errors = {row.what: row.error for row in module.linear(module.Given())}
    assert errors["linear layer, bias gradient"] > 1
    assert errors["linear layer, weight gradient"] < 1e-7


def test_every_row_has_a_place_of_its_own_and_every_card_leads_to_one():
    places = [row["id"] for row in TABLE.select("tbody tr")]
    assert len(set(places)) == len(places) == len(ROWS)
    cards = [(name, proof) for found in in_order().values() for name, proof in found if proof]
    assert [name for name, proof in cards if anchor(proof) not in places] == []


def test_a_cell_says_its_column_where_the_heads_are_not_shown():
    heads = [one.get_text() for one in TABLE.select("thead th")]
    for row in TABLE.select("tbody tr"):
        assert [cell["data-head"] for cell in row.select("td")] == heads[1:]
        assert row.th["scope"] == "row"
        assert re.search(r"assumes .*; \d+ lines?, proved", row.select_one(".says").get_text())


def test_a_proof_is_in_one_of_the_two_tables():
    other = BeautifulSoup(everything_else(ROWS).source, "html.parser")
    chapters = [one.get_text() for one in other.select("tbody a")]
    assert chapters.count("linear") == len(Chapter.read("linear").derivations) - 3


def test_the_page_begins_with_its_table():
    text = Chapter.read("gradients").text
    (title, first, *_) = re.findall(r"^#+ (.+)$", text, re.M)
    assert (title, first) == ("Every gradient on one page", "The table")
    assert "every_gradient(rows)" in Chapter.read("gradients").cells[0].code
    between = text.split("## The table")[1].split("```{code-cell}")[0]
    assert not between.strip()


@pytest.mark.parametrize("family", ["linear", "network"])
def test_a_family_gives_rows(family):
    assert all(isinstance(row, Row) for row in ROWS if row.chapter == family)
    assert len([row for row in ROWS if row.chapter == family]) >= 3
