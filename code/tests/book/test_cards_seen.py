"""The cards and the table of all gradients as they are seen: wide, on a telephone, on paper."""

from io import BytesIO

import pytest
from book.audit.cards import in_order
from pypdf import PdfReader

pytestmark = pytest.mark.site

CARDS = [name for found in in_order().values() for name, _ in found]
SHEETS = 4  # of paper, with the cards of the norms and of attention
# What reaches out of the article, or out of a part that is not to scroll.
WIDER = """selector => {
    const edge = document.querySelector("article").getBoundingClientRect().right + 1;
    return [...document.querySelectorAll(selector)]
        .filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > edge)
        .map(e => e.textContent.slice(0, 60));
}"""


@pytest.fixture
def page(browser, base):
    """Opens a page of the book at a width, in a theme."""
    opened = []

    def open_page(name, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(context)
        page = context.new_page()
        page.goto(f"{base}chapters/{name}.html")
        return page

    yield open_page
    for context in opened:
        context.close()


def test_the_table_is_the_first_thing_and_fits_the_column(page):
    seen = page("gradients")
    table = seen.locator("table.gradients")
    assert table.bounding_box()["y"] < 900
    assert seen.evaluate(WIDER, "table.gradients, table.gradients td, table.gradients th") == []
    boxes = table.locator("tbody tr").first.locator("th, td").all()
    assert len({round(box.bounding_box()["y"]) for box in boxes}) == 1  # side by side


def test_on_a_telephone_each_row_is_a_card(page):
    seen = page("gradients", 390)
    row = seen.locator("table.gradients tbody tr").first
    tops = [box.bounding_box()["y"] for box in row.locator("th, td").all()]
    assert tops == sorted(set(tops))  # one below the other
    assert seen.evaluate(WIDER, "table.gradients, table.gradients tbody tr") == []
    assert seen.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_card_leads_to_its_row(page):
    seen = page("linear")
    link = seen.locator(".summary-card .card-links a").first
    link.click()
    seen.wait_for_url("**/gradients.html#proof-*")
    row = seen.locator("table.gradients tr:target")
    assert "weight" in row.inner_text()
    assert 0 <= row.bounding_box()["y"] < 900


def test_a_table_that_is_too_wide_is_seen(page):
    seen = page("gradients")
    seen.evaluate("document.querySelector('table.gradients').style.minWidth = '900px'")
    assert len(seen.evaluate(WIDER, "table.gradients")) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_cards_stay_within_their_column(page, width, scheme):
    seen = page("cards", width, scheme)
    assert seen.locator(".summary-card").count() == len(CARDS)
    assert seen.evaluate(WIDER, ".summary-card, .summary-card p, .summary-card code") == []
    back = seen.locator(".cell_output .text_html").first
    assert back.evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_the_sheet_is_printed_on_few_pages_and_no_card_breaks(page):
    seen = page("cards")
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "10mm")
    pages = PdfReader(BytesIO(seen.pdf(format="A4", margin=margin))).pages
    texts = [one.extract_text() for one in pages]
    assert len(texts) <= SHEETS
    for name in CARDS:
        (on,) = [n for n, text in enumerate(texts) if name in text.split()]
        assert "✗ The usual mistake" in texts[on]
    starts = [sum(text.split().count(name) for name in CARDS) for text in texts]
    ends = [text.count("The usual mistake") for text in texts]
    assert starts == ends  # a card has both on one page
    assert "Press" not in "".join(texts)
    assert "Run" not in "".join(texts).split()
