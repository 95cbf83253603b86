"""Finishes the pages that Sphinx has built: set, quick, accessible, safe.

A second run changes nothing; after a partial build the new pages are finished like the others, which
stay as they are. The pages as Sphinx wrote them are kept beside the site (SITE.raw): if the style
sheet changes, or what is done here, all are finished again from these.
"""

import gzip
import re
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

from bs4 import BeautifulSoup, Comment
from bs4.element import Script
from PIL import Image

from ..chromium import chromium
from ..fingerprint import fingerprint
from ..notebooks import editions
from ..settings import EPUB, PDF
from . import access, bundle, cells, maths, moved
from .policy import FIRST, headers, policy

FINISHED = "Sphinx, finished by book.website.finish"  # the generator that a finished page names
# What a finished page depends on, besides the page and the style sheet.
MADE_BY = [
    "code/book/website",
    "code/book/runtime/page/maths.js",
    "code/book/notebooks",
    "vendor/temml",
    "vendor/latin-modern-math",
    "_static",
    "_config.yml",
    "requirements.lock",
]

PACKED = {
    ".html",
    ".css",
    ".js",
    ".mjs",
    ".svg",
    ".json",
    ".txt",
    ".xml",
    ".wasm",
    ".py",
    ".md",
    ".ipynb",
    ".inv",
}


def finish(site):
    """Finish all pages of a built site in place."""
    raw = {page: as_built(site, page) for page in pages(site)}
    words = words_of(site, raw.values())
    files = bundle.Bundle(site)
    sheet = bundle.style_sheet(files, raw, words)
    url = editions.repository_url()
    mark = f"{FINISHED} {fingerprint(*MADE_BY)} {sheet} {bool(chromium())}"
    stale = [page for page in raw if mark not in (site / page).read_text("utf-8")]
    with maths.engine() as setter:
        for page in stale:
            write(site / page, finished(files, setter, page, raw[page], sheet, url, mark))
    if len(stale) == len(raw):
        files.remove_others()
    write(site / "robots.txt", "User-agent: *\nAllow: /\n")
    write(site / "_headers", headers())
    pack(site)


def pages(site):
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if not path.relative_to(site).as_posix().startswith(("page/", "pyodide/", "_static/"))
    )


def as_built(site, page):
    """A page as Sphinx wrote it: kept when seen for the first time, and found again later."""
    path, kept = site / page, site.with_name(site.name + ".raw") / page
    html = path.read_text("utf-8")
    if FINISHED not in html:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(html, "utf-8")
    elif not kept.is_file():
        sys.exit(
            f"{page} was finished before, but {kept} is gone: build all pages again (make clean book)."
        )
    return kept.read_text("utf-8")


SCRIPTS = ["page/**/*.js", "codemirror/*.js"]  # what makes elements when a cell is opened or run


def words_of(site, htmls):
    """All words in the pages and in scripts: names of classes and ids are among them."""
    own = [path.read_text("utf-8") for path in bundle.THEME.glob("*.js")]
    own += [path.read_text("utf-8") for kind in SCRIPTS for path in site.glob(kind)]
    theirs = [
        path.read_text("utf-8")
        for path in site.glob("_static/**/*.js")
        if path.name not in bundle.DROPPED
    ]
    return {word for text in [*htmls, *own, *theirs] for word in re.findall(r"[\w-]+", text)}


def finished(files, setter, page, html, sheet, url, mark):
    """The finished page."""
    soup = BeautifulSoup(html, "html.parser")
    access.repair(soup)
    cells.arrange(soup)
    pictures(soup)
    maths.set_all(setter, page, soup)
    moved.add(soup, page.removesuffix(".html"))
    editions.buttons(soup, page.removesuffix(".html"), url)
    up = "../" * page.count("/")
    paper(soup, up)
    script = bundle.scripts(files, page, soup)
    head(soup, mark)
    script["src"] = up + script["src"]
    first, *others = soup.select("link[rel=stylesheet]")
    first["href"] = up + sheet
    first.insert_after(script)  # before the scripts that build on it
    if soup.math:  # its font comes with the page, so that no line moves when it is there
        font = {"rel": "preload", "href": up + maths.FONT, "as": "font", "crossorigin": ""}
        first.insert_after(soup.new_tag("link", attrs=font))
    for link in others:
        link.decompose()
    for unused in soup.select(".pst-async-banner-revealer, #ethical-ad-placement"):
        unused.decompose()  # a banner that the theme unrolls although it is empty, and a place for advertisements
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    return str(soup)


def head(soup, mark):
    """What stands first: the policy, which rules what comes after it, and what search engines show.

    Firefox takes link[rel=next] for a wish to fetch that page, and tells that the policy refuses it.
    """
    gone = "meta[name=viewport], meta[name^=docsearch], link[rel=preload], link[rel=next]"
    for tag in soup.head.select(gone):
        tag.decompose()
    first = soup.new_tag("script")
    first.append(Script(FIRST))
    new = [
        soup.new_tag("meta", charset="utf-8"),
        soup.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": policy()}),
        soup.new_tag("meta", attrs={"name": "generator", "content": mark}),
        soup.new_tag(
            "meta", attrs={"name": "viewport", "content": "width=device-width, initial-scale=1"}
        ),
        soup.new_tag("meta", attrs={"name": "description", "content": description(soup)}),
        first,
    ]
    soup.head.find("meta", charset=True).decompose()
    for tag in reversed(new):
        soup.head.insert(0, tag)


def description(soup):
    """A sentence or two for lists of search results: the first words of the page without formulas."""
    article = soup.select_one("article") or soup.main
    title = soup.title.get_text().strip()
    for paragraph in article.find_all("p"):
        text = " ".join(paragraph.get_text().split())
        if len(text) >= 60 and not paragraph.select(".math") and not paragraph.find_parent("table"):
            return text if len(text) <= 160 else text[:159].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return f"{title}: the matrix calculus of a neural network, with every line checked."


def pictures(soup):
    """The logo keeps its place while it loads. A style sheet in a figure holds for the whole page, which
    a browser then works out again for each figure: book.css has that rule, once.
    """
    for image in soup.select("img.logo__image"):
        image["width"] = image["height"] = "64"
    for style in soup.select("article svg style"):
        if "".join(style.get_text().split()) == "*{stroke-linejoin:round;stroke-linecap:butt}":
            style.decompose()
    for image in soup.select("article svg image"):
        image["xlink:href"] = smaller(image["xlink:href"])


def smaller(address):
    """An image in its address, with a palette in place of colors if that is smaller and the same."""
    kind, _, data = address.partition(";base64,")
    image = Image.open(BytesIO(b64decode(data))).convert("RGBA")
    few, packed = image.convert("RGB").quantize(), BytesIO()
    few.save(packed, "PNG", optimize=True)
    small = f"{kind};base64,{b64encode(packed.getvalue()).decode()}"
    same = few.convert("RGBA").tobytes() == image.tobytes()
    return small if same and len(small) < len(address) else address


def paper(soup, up):
    """The book as an EPUB; as a PDF, too, in place of the button that prints one page, where there is a browser."""
    for button in soup.select("button.btn-download-pdf-button"):
        entry = soup.new_tag("li")
        entry.append(whole(soup, up + EPUB))
        button.find_parent("li").insert_after(entry)
        if chromium():
            button.replace_with(whole(soup, up + PDF))


def whole(soup, href):
    link = soup.new_tag("a", attrs={"class": "btn btn-sm dropdown-item", "href": href})
    link.string = f"The whole book (.{href.rpartition('.')[2]})"
    return link


def write(path, text):
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def pack(site):
    """Put a compressed copy beside each file that gains by it, and remove those of files that are gone."""
    for path in sorted(site.rglob("*")):
        if path.parent == site / "pyodide":
            continue  # its large files are kept compressed only, and unpacked by the page (pyodide.py)
        if path.suffix == ".gz" and not path.with_suffix("").is_file():
            path.unlink()
        if path.suffix not in PACKED or not path.is_file():
            continue
        content, packed = path.read_bytes(), path.with_name(path.name + ".gz")
        if packed.is_file() and gzip.decompress(packed.read_bytes()) == content:
            continue
        small = gzip.compress(content, 9, mtime=0)
        if len(content) > 1024 and len(small) < 0.9 * len(content):
            packed.write_bytes(small)
        else:
            packed.unlink(missing_ok=True)


def main():
    finish(Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    main()
