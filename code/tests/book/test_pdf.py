"""Tests of the book as a PDF, read by a program that did not write it; `make book` comes first.

What should be in it is asked of the built pages, not of the module that prints them.
"""

import os
import re
import shutil
from collections import Counter

import pytest
import yaml
from book.chapters.chapter import parts, place
from book.chromium import chromium
from book.paper import pdf as printing
from browser import HTML, PAGES, ROOT, article, need
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

FILE = HTML / "gradients-by-hand.pdf"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
APPENDICES = {"Hints": "details.sd-dropdown", "Solutions": ".solution"}

# What reaches beyond the edge of its page or hides a part of itself, laid out as it is printed.
CUT = """() => {
    const page = e => e.closest("[role=region]:has(> table)") ?? document.body;
    const hides = e => getComputedStyle(e).overflowX != "visible" && !e.closest("math")
        && e.scrollWidth > e.clientWidth + 1;
    const beyond = e => {
        const { left, right, width } = e.getBoundingClientRect();
        return width && (left < -1 || right > page(e).clientWidth + 1);
    };
    return [...document.querySelectorAll("body *")]
        .filter(e => e.checkVisibility() && (beyond(e) || hides(e)))
        .map(e => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 60)}`);
}"""


def plain(text):
    """Without spaces, since a PDF has positions in their place, and with typewriter hyphens."""
    return re.sub(r"[\s\xad\u200b\u2060]+", "", text)


@pytest.fixture(scope="module")
def book():
    pypdf = pytest.importorskip("pypdf")
    need(FILE.is_file(), "there is no PDF of the book: run make book where Chromium is installed")
    return pypdf.PdfReader(FILE)


@pytest.fixture(scope="module")
def pages(book):
    """For every page its words, and those of them that are not code."""
    return [words(page) for page in book.pages]


def words(page):
    prose = []

    def visit(text, matrix, text_matrix, font, size):
        if "Mono" not in str((font or {}).get("/BaseFont")):
            prose.append(text)

    return page.extract_text(visitor_text=visit), "".join(prose)


def headings(page, level):
    return [heading.get_text() for heading in article(page).select(f"h{level}")]


def bookmarks(book, level, entries=None):
    """[(title, page from 0, [what lies below])], as deep as asked for."""
    found = []
    for entry in book.outline if entries is None else entries:
        if not isinstance(entry, list):
            found.append((entry.title, book.get_destination_page_number(entry), []))
        elif level > 1:
            found[-1][2].extend(bookmarks(book, level - 1, entry))
    return found


def titles(marks):
    return [(title, titles(below)) for title, _, below in marks]


def flat(marks):
    for title, page, below in marks:
        yield title, page
        yield from flat(below)


def test_bookmarks_are_the_contents_of_the_book(book):
    def of_chapter(page):
        return headings(page, 1)[0], [(title, []) for title in headings(page, 2)]

    listed = parts().items()
    captions = [(caption, [of_chapter(place(name)) for name in names]) for caption, names in listed]
    preface = ("Preface", [(title, []) for title in headings(PAGES[0], 2)])
    expected = [(CONFIG["title"], []), ("Contents", []), preface, *captions]
    assert titles(bookmarks(book, 3))[: len(expected)] == expected


@pytest.mark.parametrize("kind", APPENDICES)
def test_bookmarks_lead_to_the_answers(book, kind):
    """The exercises of a chapter, in order; none of an edition that has no solutions."""
    expected = []
    for page in PAGES:
        answers = article(page).select(APPENDICES[kind])
        owners = [answer.find_previous(class_="exercise") for answer in answers]
        owners = [owner for owner in owners if owner]  # what is folded before has none
        names = [owner.select_one(".admonition-title").get_text() for owner in owners]
        if names:
            expected.append((headings(page, 1)[0], [plain(name) for name in dict.fromkeys(names)]))
    found = [below for title, _, below in bookmarks(book, 3) if title == kind]
    exercises = [
        (title, [re.sub(r"→\d+$", "", plain(name)) for name, *_ in below])
        for title, _, below in (found[0] if found else [])
    ]
    assert exercises == expected


def test_bookmarks_lead_to_their_headings(book, pages):
    lost = [
        (title, page + 1)
        for title, page in flat(bookmarks(book, 4))
        if plain(title) not in plain(pages[page][0])
    ]
    assert lost == []


def test_contents_name_the_right_pages(book, pages):
    marks = bookmarks(book, 3)
    first, after = marks[1][1], marks[2][1]
    contents = plain("".join(text for text, _ in pages[first:after]))
    listed = [("Preface", after), *((t, p) for t, p in flat(marks[3:]) if "Exercise " not in t)]
    place = 0
    for title, page in listed:
        line = plain(f"{title}{page + 1}")
        assert line in contents[place:], f"{title} is on page {page + 1}"
        place = contents.index(line, place) + len(line)


@pytest.fixture(scope="module")
def whole(book, pages):
    """All words in a row, without what stands on the edges of the pages."""
    heads = {title for title, _ in flat(bookmarks(book, 2))}
    return plain("".join(between_edges(n, text, heads) for n, (text, _) in enumerate(pages, 1)))


def between_edges(number, text, heads):
    first, *rest = text.split("\n")
    lines = rest if first in heads else [first, *rest]
    if str(number) in lines:
        lines.remove(str(number))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("page", PAGES)
def test_every_paragraph_is_in_the_book(whole, page):
    """Each that is words only, hints and solutions among them."""
    paragraphs = [
        block.get_text()
        for block in article(page).select("p, dt, h2")
        if not block.find(["code", "a", "span", "svg"])
        and not block.find_parent(["summary", "svg"])
        and not block.find_parent(class_="open")  # the report on an exercise not yet begun
    ]
    assert len(paragraphs) > 3
    assert [text for text in paragraphs if plain(text) not in whole] == []


def test_no_source_shows_through(pages):
    """Neither TeX nor Markdown, outside code."""
    source = r"\$\$|\\[a-zA-Z([]|:::|```|\{[a-z:-]+\}`|\]\(|\*\*\w"
    shown = [(n, line) for n, (_, prose) in enumerate(pages, 1) for line in prose.splitlines()]
    assert [(n, line) for n, line in shown if re.search(source, line)] == []


def described(book):
    """The descriptions of all formulas and pictures, from the tree that a screen reader walks."""
    found, waiting = [], [book.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, dict):
            found += [str(node["/Alt"])] if "/Alt" in node else []
            node = node.get("/K", [])
            node = node if isinstance(node, list) else [node]
        if isinstance(node, list):
            waiting += [one for one in node if not isinstance(one, int)]
    return found


def test_every_formula_and_picture_is_drawn_and_described(book):
    expected = Counter()
    for page in PAGES:
        expected.update(plain(formula["data-tex"]) for formula in article(page).select(".math"))
        expected.update(plain(svg["aria-label"]) for svg in article(page).select("svg[aria-label]"))
    found = Counter(map(plain, described(book)))
    assert expected.total() > 1000
    assert expected - found == Counter()


def test_exercises_come_without_their_answers(book, pages):
    first = {title: page for title, page, _ in bookmarks(book, 1)}
    before = "".join(text for text, _ in pages[: first["Hints"]])
    assert "Hint 3: nearly the answer" not in before
    assert "Solution to" not in before


def links(book):
    for number, page in enumerate(book.pages, 1):
        for annotation in page.get("/Annots", []):
            note = annotation.get_object()
            if note["/Subtype"] == "/Link":
                yield number, note.get("/Dest"), note.get("/A", {}).get("/URI")


def test_links_lead_somewhere(book):
    places = book.named_destinations
    dead = [
        (page, place or address)
        for page, place, address in links(book)
        if not (place in places if place else str(address).startswith(("https://", "http://")))
    ]
    assert dead == []


def test_links_of_the_pages_are_links_of_the_book(book):
    """Those within the site lead to the same chapters, the others to their addresses."""
    inside = Counter(place.strip("/").split("--")[0] for _, place, _ in links(book) if place)
    addresses = {address.rstrip("/") for _, _, address in links(book) if address}
    expected = Counter()
    for link in (link for page in PAGES for link in article(page).select("a[href]")):
        if link["href"].startswith(("https:", "http:")):
            assert link["href"].rstrip("/") in addresses
        elif not link["href"].startswith("#"):
            expected[re.search(r"(\w+)\.html", link["href"])[1]] += 1
    assert expected.total() > 100
    assert expected - inside == Counter()


def test_fonts_are_embedded(book):
    def files(font):
        font = font.get_object()
        below = font.get("/DescendantFonts", [font])[0].get_object()
        descriptor = below.get("/FontDescriptor", {})
        return font["/Subtype"] == "/Type3" or any("/FontFile" in key for key in descriptor)

    missing = [
        (number, font.get_object().get("/BaseFont"))
        for number, page in enumerate(book.pages, 1)
        for font in page["/Resources"].get("/Font", {}).values()
        if not files(font)
    ]
    assert missing == []


def test_pages_are_sheets_of_paper(book):
    sizes = Counter(
        tuple(round(float(x) / 72 * 25.4) for x in page.mediabox[2:]) for page in book.pages
    )
    assert set(sizes) <= {(210, 297), (297, 210)}
    assert sizes[210, 297] > 100


def test_no_page_is_blank(pages):
    assert [n for n, (text, _) in enumerate(pages, 1) if len(plain(text)) < 40] == []


def test_file_says_what_it_is(book):
    root = book.trailer["/Root"]
    assert (book.metadata.title, book.metadata.author) == (CONFIG["title"], CONFIG["author"])
    assert root["/Lang"] == CONFIG["sphinx"]["config"]["language"]
    assert root["/MarkInfo"]["/Marked"], "it has no structure for screen readers"
    assert book.metadata.creation_date is None, "the same pages would not give the same file"


def test_nothing_is_cut_off(context, tmp_path):
    need((HTML / "index.html").is_file(), "there are no built pages: run make book")
    (tmp_path / "book.html").write_text(printing.book(HTML), "utf-8")
    page = context.new_page()
    page.emulate_media(media="print")
    page.set_default_timeout(300_000)
    page.goto((tmp_path / "book.html").as_uri(), wait_until="load")
    assert page.title() == CONFIG["title"]
    assert page.evaluate(CUT) == []
    page.close()


# The module itself.


@pytest.fixture(name="chromium")
def browser_that_prints():
    return need(chromium(), "there is no Chromium")


def test_without_chromium_there_is_no_pdf(tmp_path, monkeypatch, capsys):
    need((HTML / "index.html").is_file(), "there are no built pages: run make book")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    (tmp_path / "old.pdf").write_bytes(b"of another day")
    os.utime(tmp_path / "old.pdf", (0, 0))
    printing.main(HTML, tmp_path / "old.pdf")
    assert [*tmp_path.iterdir()] == []
    assert "no PDF" in capsys.readouterr().out


def test_a_half_made_book_is_refused(chromium):
    """It has no heading: the script that makes all fit does not come to its end."""
    script = f"<title>{printing.UNSET}</title><script>{printing.SCRIPT.read_text()}</script><p>x"
    with pytest.raises(RuntimeError, match="not made to fit"):
        printing.printed(chromium, script)


def test_a_page_number_of_nowhere_is_refused():
    with pytest.raises(KeyError):
        printing.numbered(printing.number("nowhere"), {"somewhere": 7})
    assert printing.numbered(printing.number("here"), {"here": 7}).endswith(">7</span>")


@pytest.mark.parametrize(
    ("href", "made"),
    [
        ("linear.html", '<a href="#linear">x'),
        ("linear.html#the-check", '<a href="#linear--the-check">x'),
        ("../index.html", '<a href="#index">x'),
        ("#here", '<a href="#softmax--here">x</a>'),
        ("https://example.org/#a", '<a href="https://example.org/#a">x</a>'),
        ("../genindex.html", "x"),
    ],
)
def test_links_are_led_into_the_book(href, made):
    soup = BeautifulSoup(f'<p><a href="{href}">x</a></p>', "html.parser")
    printing.redirect(soup.a, "chapters/softmax")
    assert soup.p.decode_contents().startswith(made)
    assert ("data-of" in str(soup)) == (href.split("#")[0] in ("linear.html", "../index.html"))
