"""Tests of the formulas: set by the build, they are seen, heard and found without scripts.

Those of the built pages need `make book` first.
"""

import re
import subprocess
import sys
from functools import cache

import pytest
from book.website import font, maths
from browser import HTML, LIMIT, PAGES, need
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

site = pytest.mark.site
BYTES = 200_000  # what the first view of a page may transfer
STRETCHING = "()[]{}|‖√"
# Set one formula in a program of its own: an engine that is left open would keep it from ending.
ALONE = """
import sys
from book.website import maths
from bs4 import BeautifulSoup
with maths.engine() as javascript:
    maths.set_all(javascript, "chapters/a", BeautifulSoup(sys.argv[1], "html.parser"))
"""
SHIFTS = """
    window.shifted = 0;
    new PerformanceObserver(list => {
        for (const { value } of list.getEntries()) shifted += value;
    }).observe({ type: "layout-shift", buffered: true });
"""
THROUGH_THE_PAGE = """async () => {
    await document.fonts.ready;
    for (let y = 0; y < document.body.scrollHeight; y += 700) {
        scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
    return shifted;
}"""


def set_in(html):
    soup = BeautifulSoup(html, "html.parser")
    with maths.engine() as javascript:
        maths.set_all(javascript, "chapters/a", soup)
    return soup


@cache
def built(page, raw=False):
    """The article of a page of the site, or as Sphinx wrote it."""
    path = HTML.with_name("html.raw" if raw else "html") / f"{page}.html"
    need(path.is_file(), "there are no built pages: run make book")
    return BeautifulSoup(path.read_text("utf-8"), "html.parser").article


# How they are set.


@pytest.mark.parametrize(
    ("tex", "said"),
    [(r"\foo", r"Unsupported function name: \foo"), (r"\frac{a}", "Unexpected end of input")],
)
def test_wrong_tex_stops_the_build(tex, said):
    program = [sys.executable, "-c", ALONE, rf'<p><span class="math">\({tex}\)</span></p>']
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"chapters/a: the formula {tex} can't be set. {said}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_number_of_an_equation_stays():
    soup = set_in(r'<div class="math"><span class="eqno">(7)</span>\[a &lt; b\]</div>')
    (formula,) = soup.select("div.math > math[display=block]")
    assert formula.get_text() == "a<b"
    assert soup.select_one("div.math > .eqno").get_text() == "(7)"
    assert soup.div["data-tex"] == "a < b"
    assert soup.div["tabindex"] == "0"


def test_no_line_begins_with_the_comma_behind_a_formula():
    x, y = (rf'<span class="math">\({letter}\)</span>' for letter in "xy")
    soup = set_in(f"<p>so ({x}), and {y}</p>")
    assert [held.get_text() for held in soup.select("span.held")] == ["(x),"]
    assert soup.get_text() == "so (x), and y"


def test_an_operator_in_an_index_is_set_tight():
    soup = set_in(r'<span class="math">\(a = \sum_{i=1} x^{j + k}\)</span>')
    spaces = [(sign.get_text(), sign.get("lspace")) for sign in soup.find_all("mo")]
    assert spaces == [("=", None), ("∑", None), ("=", "0"), ("+", "0")]


def test_what_follows_a_leaning_letter_keeps_clear_of_it():
    """But not an index below it: there is room."""
    soup = set_in(r'<span class="math">\(Y = X, Y_{ij}\)</span>')
    assert [y.get("class") for y in soup.find_all("mi", string="Y")] == [["leaning-far"], None]


# What they are drawn with.


def characters(page):
    """What the formulas of a page are drawn with: a letter that stands alone is italic."""
    for sign in built(page).select("math :is(mi, mo, mn, mtext)"):
        text = sign.get_text()
        alone = sign.name == "mi" and len(text) == 1 and sign.get("mathvariant") != "normal"
        yield from [font.ITALIC.get(text, text)] if alone else text


@site
def test_the_font_has_every_character_of_the_pages():
    """Else a browser would take another font for it, and tell nobody."""
    drawn = {one for page in PAGES for one in characters(page)}
    assert len(drawn) > 100
    has = TTFont(font.FONT).getBestCmap()
    assert {one for one in drawn if ord(one) not in has} == set()


def test_the_font_has_what_stretching_signs_are_built_of():
    """A root has a sign that is in no page."""
    formulas = TTFont(font.FONT)
    tall = formulas["MATH"].table.MathVariants
    built_of = zip(tall.VertGlyphCoverage.glyphs, tall.VertGlyphConstruction, strict=True)
    built_of = dict(built_of)
    for sign in STRETCHING:
        glyph = formulas.getBestCmap()[ord(sign)]
        assert built_of[glyph].GlyphAssembly.PartRecords, sign


# What is seen, heard and found.


@pytest.fixture
def telephone(browser):
    """A function that opens a narrow window, with or without scripts."""
    opened = []

    def telephone(**options):
        context = browser.new_context(viewport={"width": 390, "height": 844}, **options)
        context.set_default_timeout(LIMIT)
        opened.append(context)
        return context.new_page()

    yield telephone
    for context in opened:
        context.close()


@site
@pytest.mark.parametrize("name", PAGES)
def test_formulas_are_complete_without_scripts(name, telephone, base):
    """Each is there; those that are not folded are in the tree that a screen reader walks."""
    page = telephone(java_script_enabled=False)
    page.goto(f"{base}{name}.html", wait_until="load")
    count = len(built(name, raw=True).select(".math"))
    assert page.locator("article .math > math").count() == count
    prose = [part for part in built(name).find_all(string=True) if not part.find_parent("code")]
    assert [part for part in prose if re.search(r"\\[(\[]", part)] == []
    assert built(name).select("div.math:not([tabindex='0'])") == []
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    heard = [node for node in tree if node.get("role", {}).get("value") == "MathMLMath"]
    folded = len(built(name).select("details:not([open]) .math"))
    assert len(heard) == count - folded


def test_the_font_has_the_marks():
    """Also that of a line which is refused, which is a formula."""
    assert {ord(mark) for mark in "✓✗○"} <= set(TTFont(font.FONT).getBestCmap())


@site
def test_words_and_signs_of_formulas_are_found_by_the_search_of_the_browser(telephone, base):
    page = telephone()
    page.goto(f"{base}chapters/linear.html", wait_until="load")
    for text in "an entry of W changes with itself only", "∂L", "S×N":
        assert page.evaluate("text => window.find(text, false, false, true)", text), text


@site
@pytest.mark.parametrize("name", PAGES)
def test_first_view_is_small_and_stands_still(name, telephone, base):
    page, transferred = telephone(), []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda e: transferred.append(e["encodedDataLength"]))
    page.add_init_script(SHIFTS)
    page.goto(f"{base}{name}.html", wait_until="load")
    assert page.evaluate(THROUGH_THE_PAGE) < 0.02
    assert 50_000 < sum(transferred) <= BYTES
