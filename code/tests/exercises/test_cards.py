"""The summary cards: what is on them is what was proved, and what the tables have."""

import ast

import numpy as np
import planted
import pytest
from backprop.derivation.printing.page import anchor, conclusion
from backprop.exercises import card, cards
from backprop.exercises.tables import QUANTITIES
from book.audit.cards import entries, in_order, sheet
from book.chapters.chapter import Chapter, order
from bs4 import BeautifulSoup

CORE = "notation gradcheck linear activations softmax losses network initializers optimizers"
SHOWN = [(name, *entry) for name, found in in_order().items() for entry in found]
IDS = [name for _, name, _ in SHOWN]


def soup(shown):
    return BeautifulSoup(shown.source, "html.parser")


def rows(article):
    names = [one.get_text() for one in article.select("dt")]
    return dict(zip(names, article.select("dd"), strict=True))


def without_card(chapters):
    """The chapters of the core whose summary does not begin with their cards."""
    return [one.name for one in chapters if not entries(one) or not begins(one)]


def begins(chapter):
    summary = chapter.text.split("## Summary\n")[1]
    return summary.strip().startswith("```{code-cell}") and "card(" in summary.split("```")[1]


def test_every_core_chapter_has_its_cards_below_summary():
    assert without_card(map(Chapter.read, CORE.split())) == []


def test_a_chapter_without_a_card_is_found():
    linear = Chapter.read("linear")
    gone = linear.text.replace("\ncard(", "\nprint(")
    above = linear.text.replace("## Summary\n", "## Summary\n\nFirst a word.\n")
    assert without_card([linear, Chapter("none", gone), Chapter("late", above)]) == ["none", "late"]


def test_every_card_is_of_a_quantity_of_its_chapter():
    for chapter, name, _ in SHOWN:
        assert QUANTITIES[name].chapter in (chapter, "linear"), name
    assert len(set(IDS)) == len(IDS)


def test_every_gradient_of_a_card_has_its_proof():
    # Of central differences there is nothing to prove, and ∂f/∂x is of any f.
    without = [name for _, name, proof in SHOWN if proof is None]
    gradients = [name for name in without if QUANTITIES[name].symbol.startswith("∂L")]
    assert gradients == []


@pytest.mark.parametrize(("chapter", "name", "proof"), SHOWN, ids=IDS)
def test_a_card_says_what_was_proved_and_what_the_table_has(chapter, name, proof):
    quantity = QUANTITIES[name]
    (article,) = soup(card((name, proof)) if proof else card(name)).select("article")
    found = rows(article)
    assert found["In NumPy"].get_text() == quantity.formula
    wrong = article.select_one(".card-mistake")
    assert "wrong" in wrong.strong.get_text()
    (mistake,) = [one for one in quantity.mistakes if one.formulas[0] == wrong.code.get_text()]
    assert wrong.get_text().endswith(mistake.says)
    links = [a["href"] for a in article.select("a")]
    assert links == [f"gradients.html{f'#{anchor(proof)}' if proof else ''}", "cards.html"]
    if proof:
        assert proof.proved
        assert found["Formula"].get_text() == rf"\(\displaystyle {conclusion(proof)}\)"
        pictures = [one["aria-label"] for one in article.select("svg")]
        assert [text[:10] for text in pictures] == ["As boxes: "] * bool(proof.last.shape)
        assert pictures or chapter == "convolution"  # a shifted index has no form in whole arrays
    sides = [side for side in found["Shapes"].get_text().split(" from ")[0].split(" × ")]
    assert sides == (quantity.shape.split() or ["a scalar"])


@pytest.mark.parametrize("name", IDS)
def test_the_line_of_numpy_computes_it_and_the_wrong_one_does_not(name):
    """From the card alone: the line, the definitions below it, and the inputs."""
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 4)
    (article,) = soup(card(name)).select("article")
    names = planted.namespace(quantity, inputs)
    names = {key: value for key, value in names.items() if key not in quantity.where}
    found = rows(article)
    for line in found["with"].select("code") if "with" in found else []:
        exec(line.get_text(), names)
    right = eval(found["In NumPy"].get_text(), names)
    expected = planted.right_answer(quantity, planted.namespace(quantity, inputs))
    np.testing.assert_allclose(right, expected, rtol=1e-10, atol=1e-12)
    wrong = planted.evaluate(article.select_one(".card-mistake code").get_text(), names)
    if wrong is not None:  # its shapes do not even meet
        assert np.shape(wrong) != np.shape(right) or not np.allclose(wrong, right)


def test_what_is_used_is_defined_before():
    for name, quantity in QUANTITIES.items():
        wrong = cards.usual(quantity).formulas[0]
        known = set()
        for line in cards.definitions(quantity, wrong):
            (statement,) = ast.parse(line).body
            used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
            assert used & quantity.where.keys() <= known, name
            known.add(statement.targets[0].id)


def test_the_usual_mistake_is_the_one_that_was_counted_most(monkeypatch):
    quantity = QUANTITIES["linear.db"]
    first, *_, last = quantity.mistakes
    monkeypatch.setattr(cards, "seen", lambda: cards.Counter())
    assert cards.usual(quantity) == first
    monkeypatch.setattr(cards, "seen", lambda: cards.Counter({(quantity.name, last.code): 1}))
    assert cards.usual(quantity) == first  # once is no habit
    monkeypatch.setattr(cards, "seen", lambda: cards.Counter({(quantity.name, last.code): 2}))
    assert cards.usual(quantity).code == last.code


def test_an_author_counts_once():
    counts = cards.seen()
    assert counts["linear.db", "missing-batch-sum"] == 2
    assert cards.usual(QUANTITIES["cross_entropy.dY"]).code == "logit-gradient"


def test_without_the_data_the_first_mistake_stands(monkeypatch, tmp_path):
    monkeypatch.setattr(cards, "DATA_FOLDER", tmp_path)
    assert cards.seen() == {}


def test_in_a_notebook_a_card_links_to_notebooks(monkeypatch):
    monkeypatch.delenv(cards.PAGES)
    links = [a["href"] for a in soup(card("gradcheck.central")).select("a")]
    assert links == ["gradients.ipynb", "cards.ipynb"]
    monkeypatch.setattr(cards, "IN_THE_PAGE", True)
    links = [a["href"] for a in soup(card("gradcheck.central")).select("a")]
    assert links == ["gradients.html", "cards.html"]


def test_what_is_no_card_is_refused():
    proofs = Chapter.read("linear").derivations
    with pytest.raises(ValueError, match="name of a quantity, such as 'linear.dW', got 'dW'"):
        card("dW")
    with pytest.raises(ValueError, match=r"of shape N M, got one of S M"):
        card(("linear.dW", proofs["inputs"]))
    with pytest.raises(ValueError, match="finished proof of linear.dW"):
        card(("linear.dW", np.eye(3)))
    with pytest.raises(ValueError, match="name of a quantity"):
        card(("linear.dW", proofs["weights"], 1))
    with pytest.raises(ValueError, match="called with a name"):
        cards.called("card(name)")


# The sheet.


def test_the_sheet_has_all_cards_in_the_order_of_the_book():
    page = soup(sheet())
    labels = [one["aria-label"] for one in page.select("article")]
    assert labels == [f"Summary card: {name}" for name in IDS]
    chapters = [one["href"].removesuffix(".html") for one in page.select(".card-chapter a")]
    assert chapters == [name for name in order() if name in chapters]
    assert set(CORE.split()) <= {*chapters}
    heads = page.select(".card-chapter[role=heading][aria-level='2']")
    assert len(heads) == len(chapters)


def test_the_landing_page_links_to_the_sheet():
    assert "<chapters/cards>`" in Chapter.read("index").text


def test_without_the_list_of_the_book_the_sheet_has_them_all(monkeypatch):
    from book.audit import cards as audit

    def missing():
        raise FileNotFoundError

    monkeypatch.setattr(audit, "order", missing)
    assert {*audit.in_order()} == {name for name, *_ in SHOWN}
