"""Packs the finished pages as an EPUB 3: `python -m book.paper.epub _build/html OUT.epub`.

Each page of _toc.yml becomes a document of the same name, so links between pages hold as they are.
Formulas stay MathML and figures SVG; hints, solutions and the code of figures stay folded, and are
open where a reader knows no <details>. Nothing is read but the pages and their styles.

The packer is our own: an EPUB is a zip of XHTML, two lists of what is in it, and one address.
EbookLib would bring lxml along, writes the hour into the file, and can't name its language.
"""

import re
import sys
from base64 import b64decode
from hashlib import sha256
from html import escape
from io import BytesIO
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import unquote, urldefrag
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import yaml
from bs4 import BeautifulSoup

from .. import ROOT
from ..chapters.chapter import order, parts, place
from ..website import maths

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
LANGUAGE = CONFIG["sphinx"]["config"]["language"]
TITLE, AUTHOR = CONFIG["title"], CONFIG["author"]
SUBTITLE = CITATION["title"].partition(": ")[2]
PAGES = [place(name) for name in order()]
STYLE = Path(__file__).with_name("epub.css")
MATHS = ROOT / "code/book/website/theme/maths.css"
LICENCE = "vendor/latin-modern-math/GUST-FONT-LICENSE.txt"
W3 = "http://www.w3.org"
XHTML, SVG = f"{W3}/1999/xhtml", f"{W3}/2000/svg"
MATHML, XLINK = f"{W3}/1998/Math/MathML", f"{W3}/1999/xlink"

# What a book has no use for: buttons, links of a heading to itself, old addresses.
USELESS = "a.headerlink, button, script, style, link, .moved"
# HTML knows these names of SVG in small letters; XML does not.
CAMEL = "clipPath linearGradient viewBox preserveAspectRatio clipPathUnits patternUnits textLength"
CAMEL = {name.lower(): name for name in CAMEL.split()}
KINDS = {
    ".xhtml": "application/xhtml+xml",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff": "font/woff",
    ".txt": "text/plain",
}
# What a reader is told before the book is bought or lent, in the words of schema.org.
ACCESS = {
    "accessMode": ["textual", "visual"],
    "accessModeSufficient": ["textual"],
    "accessibilityFeature": [
        "MathML",
        "alternativeText",
        "tableOfContents",
        "structuralNavigation",
        "readingOrder",
        "displayTransformability",
    ],
    "accessibilityHazard": ["none"],
    "accessibilitySummary": [
        "All formulas are MathML, all figures have a description in words, all code is text. "
        "Hints and solutions are folded, or open where folding is not known. The cells do not run "
        "here; they do on the site. No screen reader was tried."
    ],
}


def main(site, out):
    """Pack the book; the same pages give the same bytes."""
    made = packed(book(Path(site).resolve()))
    Path(out).write_bytes(made)
    print(f"The book as an EPUB of {len(made) / 1e6:.1f} MB is {out}.")


def book(site):
    """{name: bytes} of all that is in the book, besides the two files that say where it is."""
    images = {}
    articles = {page: article(site, page, images) for page in PAGES}
    texts = {"title.xhtml": title_page(), "nav.xhtml": contents(articles)}
    texts |= {f"{page}.xhtml": document(page, one) for page, one in articles.items()}
    texts |= {"book.css": styles(site), "cover.svg": cover()}
    texts |= {Path(LICENCE).name: (ROOT / LICENCE).read_text("utf-8")}
    files = {name: text.encode() for name, text in texts.items()} | images
    files["formulas.woff"] = (site / maths.FONT).read_bytes()
    return files | {"package.opf": package(files).encode()}


# The pages.


def article(site, page, images):
    """The article of a page as XML wants it; its pictures are added to `images`, each once."""
    soup = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
    found = soup.article
    for useless in found.select(USELESS):
        useless.decompose()
    for link in found.select("a[href]"):
        redirect(link, page)
    for summary in found.select("summary:has(.collapsed)"):
        summary.string = summary.select_one(".collapsed").get_text()  # it has words for open, too
    for drawing in found.select("svg"):
        drawn(drawing, page, images)
    for formula in found.select("math"):
        set_in_xml(formula, soup)
    return found


def redirect(link, page):
    """Let a link to a page lead to its document; one to another file of the site leads nowhere."""
    url, anchor = urldefrag(unquote(link["href"]))
    if ":" in url or not url:
        return
    other = normpath(join(dirname(page), url)).removesuffix(".html")
    if other not in PAGES:
        link.unwrap()
        return
    link["href"] = relpath(f"{other}.xhtml", dirname(page)) + (f"#{anchor}" if anchor else "")


def drawn(drawing, page, images):
    """A drawing with the names and spaces of names that XML asks for, and its images as files."""
    drawing["xmlns"], drawing["xmlns:xlink"] = SVG, XLINK
    for tag in [drawing, *drawing.find_all(True)]:
        tag.name = CAMEL.get(tag.name, tag.name)
        tag.attrs = {CAMEL.get(key, key): value for key, value in tag.attrs.items()}
    for image in drawing.select("image"):
        data = b64decode(image["xlink:href"].partition(";base64,")[2])
        name = f"images/{sha256(data).hexdigest()[:16]}.png"
        images[name] = data
        image["xlink:href"] = relpath(name, dirname(page))


def set_in_xml(formula, soup):
    """A formula as the schema of EPUB has it: the level of an index stands on an mstyle."""
    formula["xmlns"] = MATHML
    del formula.parent["data-tex"]
    for tag in formula.select("[scriptlevel]:not(mstyle)"):
        level = tag.attrs.pop("scriptlevel")
        tag.wrap(soup.new_tag("mstyle", attrs={"scriptlevel": level}))


def document(page, article):
    up = "../" * page.count("/")
    title = article.find("h1").get_text()
    return xhtml(title, article.decode_contents(), up)


def xhtml(title, body, up=""):
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="{XHTML}" xmlns:epub="http://www.idpf.org/2007/ops"
  xml:lang="{LANGUAGE}" lang="{LANGUAGE}" data-theme="light">
<head>
<meta charset="utf-8"/>
<title>{escape(title)}</title>
<link rel="stylesheet" type="text/css" href="{up}book.css"/>
</head>
<body>
{body}
</body>
</html>
"""


# What stands before them.


def title_page():
    author, year = escape(AUTHOR), escape(CONFIG["copyright"])
    logo = (ROOT / CONFIG["logo"]).read_text("utf-8")
    return xhtml(
        TITLE,
        f"""<section class="title" epub:type="titlepage">
{logo}
<h1>{escape(TITLE)}</h1>
<p>{escape(SUBTITLE)}</p>
<p>{author}, {year}</p>
<p>Text and figures: CC BY 4.0. Code: MIT.</p>
</section>""",
    )


def cover():
    """The mark of the site with the title below it."""
    logo = (ROOT / CONFIG["logo"]).read_text("utf-8")
    shapes = re.search(r"<rect.*(?=</svg>)", logo, re.S)[0]
    words = f'<text x="32" y="82" text-anchor="middle" font-size="7">{escape(TITLE)}</text>'
    return (
        f'<svg xmlns="{SVG}" viewBox="-8 -8 80 112" width="800" height="1120" role="img" '
        f'aria-label="{escape(TITLE)}"><rect x="-8" y="-8" width="80" height="112" fill="#ffffff"/>'
        f'{shapes}<g font-family="sans-serif" fill="#1f4e79">{words}</g></svg>\n'
    )


def contents(articles):
    """The contents: parts, chapters and their sections."""
    first, *_ = PAGES
    lists = [listed(first, articles[first])]
    for caption, names in parts().items():
        inside = "".join(listed(place(name), articles[place(name)]) for name in names)
        lists.append(f"<li><span>{escape(caption)}</span><ol>{inside}</ol></li>")
    return xhtml(
        "Contents",
        f"""<nav epub:type="toc" role="doc-toc" aria-labelledby="contents">
<h1 id="contents">Contents</h1>
<ol>{"".join(lists)}</ol>
</nav>
<nav epub:type="landmarks" aria-label="Landmarks" hidden="">
<ol><li><a epub:type="titlepage" href="title.xhtml">Title page</a></li>
<li><a epub:type="toc" href="nav.xhtml#contents">Contents</a></li>
<li><a epub:type="bodymatter" href="{first}.xhtml">Start of the text</a></li></ol>
</nav>""",
    )


def listed(page, article):
    title = article.find("h1").get_text()
    sections = [
        f'<li><a href="{page}.xhtml#{section["id"]}">{escape(section.h2.get_text())}</a></li>'
        for section in article.select("section[id]:has(> h2)")
    ]
    below = f"<ol>{''.join(sections)}</ol>" if sections else ""
    return f'<li><a href="{page}.xhtml">{escape(title)}</a>{below}</li>'


def styles(site):
    """One style sheet: the colors of code, the rules of formulas, and our own."""
    pygments = (site / "_static/pygments.css").read_text("utf-8")
    light = [line for line in pygments.splitlines() if 'data-theme="dark"' not in line]
    rules = re.sub(r"url\(\S+?formulas", "url(formulas", MATHS.read_text("utf-8"))
    return "\n".join([*light, rules, STYLE.read_text("utf-8")])


# The lists, and the zip.


def package(files):
    """The list of all files with their kinds, the order of the pages, and what the book is."""
    spine = ["title", "nav", *PAGES]
    items = "\n".join(map(item, sorted(files), map(files.get, sorted(files))))
    order = "\n".join(f'<itemref idref="{name_of(f"{page}.xhtml")}"/>' for page in spine)
    year, name = CONFIG["copyright"], uuid5(NAMESPACE_URL, f"{TITLE} {AUTHOR}")
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
  xml:lang="{LANGUAGE}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{name}</dc:identifier>
<dc:title>{escape(TITLE)}</dc:title>
<dc:creator>{escape(AUTHOR)}</dc:creator>
<dc:language>{LANGUAGE}</dc:language>
<dc:description>{escape(CITATION["title"])}</dc:description>
<dc:rights>Text and figures: CC BY 4.0. Code: MIT.</dc:rights>
<dc:date>{year}</dc:date>
<meta property="dcterms:modified">{year}-01-01T00:00:00Z</meta>
{metas()}
</metadata>
<manifest>
{items}
</manifest>
<spine>
{order}
</spine>
</package>
"""


def metas():
    said = [(key, one) for key, values in ACCESS.items() for one in values]
    return "\n".join(f'<meta property="schema:{key}">{escape(one)}</meta>' for key, one in said)


def item(name, content):
    """The line of a file in the package, with what a reader has to know to show it."""
    marks = {"nav": name == "nav.xhtml", "cover-image": name == "cover.svg"}
    marks |= {kind: f"<{kind} ".encode() in content for kind in ("svg", "math")}
    if not name.endswith(".xhtml"):
        marks["svg"] = marks["math"] = False
    said = " ".join({"math": "mathml"}.get(mark, mark) for mark, holds in marks.items() if holds)
    properties = f' properties="{said}"' if said else ""
    kind = KINDS[Path(name).suffix]
    return f'<item id="{name_of(name)}" href="{name}" media-type="{kind}"{properties}/>'


def name_of(file):
    return "f-" + re.sub(r"[^\w.-]", "-", file)


CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""


def packed(files):
    """The zip: first, as it is, what kind of file this is; no file has the hour of its making."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        put(archive, "mimetype", b"application/epub+zip", ZIP_STORED)
        put(archive, "META-INF/container.xml", CONTAINER.encode())
        for name in sorted(files):
            put(archive, f"book/{name}", files[name])
    return out.getvalue()


def put(archive, name, content, how=ZIP_DEFLATED):
    member = ZipInfo(name)  # of 1980, as all
    member.compress_type, member.external_attr = how, 0o644 << 16
    archive.writestr(member, content)


if __name__ == "__main__":
    main(*sys.argv[1:])
