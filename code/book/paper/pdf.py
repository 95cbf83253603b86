"""Prints the built pages as one book: `python -m book.paper.pdf _build/html OUT.pdf`.

The articles of the site, in the order of _toc.yml, become one document, which Chromium prints with
print.css: a title page, the contents, the chapters, and at the end the hints and then the solutions
of all exercises, so that nobody reads one before looking for it. Figures leave out their code. A
small number beside a link is the page that it leads to.

Chromium runs as a command, without a driver. It knows which page a link leads to only when it has
printed, so the book is printed again until its page numbers are true.
"""

import logging
import re
import subprocess
import sys
from hashlib import sha256
from html import escape
from io import BytesIO
from pathlib import Path
from posixpath import dirname, join, normpath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urldefrag

import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

from .. import ROOT
from ..chapters.chapter import order, parts
from ..chapters.chapter import place as place_of
from ..chromium import chromium
from ..fingerprint import fingerprint

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
PAGES = [place_of(name) for name in order()]
STYLE, SCRIPT = (Path(__file__).with_name(f"print.{kind}") for kind in ("css", "js"))
MATHS = ROOT / "code/book/website/theme/maths.css"

FLAGS = """--headless=new --no-sandbox --disable-gpu --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --disable-extensions
    --generate-pdf-document-outline --no-pdf-header-footer""".split()
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"
logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts the objects of its own files wrong

LIMIT = 600  # seconds for one printing
UNSET = "Not fitted"  # the title of the document until print.js has made all of it fit

# What paper has no use for: the code of figures, buttons, reports on exercises not yet begun, old
# addresses.
USELESS = """.cell:has(.cell_output) .above-input, a.headerlink, button, script, style,
    .exercise-report.open, .moved"""
# Marks of code that leave no mark on paper: without them the file is a third smaller.
NEUTRAL = "pre :is(.n, .p, .w), code .pre"
# What stands below an exercise and is moved to the end of the book.
ANSWERS = {
    "Hints": "details.sd-dropdown, .tag_remove-input.tag_hide-output",
    "Solutions": ".solution",
}


def main(site, out):
    """Print the book; without Chromium, say so and leave no PDF behind."""
    site, out = Path(site).resolve(), Path(out)
    out.unlink(missing_ok=True)
    browser = chromium()
    if not browser:
        print("There is no PDF of the book, for want of Chromium (CHROMIUM=... names one).")
        return
    made = signed(settled(browser, book(site)))
    out.write_bytes(made)
    print(f"The book as a PDF of {len(PdfReader(BytesIO(made)).pages)} pages is {out}.")


def version(site):
    """What is printed and how, as one short text: the same as long as the PDF would be."""
    found = sha256(fingerprint("code/book/paper", "_config.yml", "_toc.yml").encode())
    for page in PAGES:
        found.update((site / f"{page}.html").read_bytes())
    return f"{found.hexdigest()[:16]} {chromium()}"


# The document.


def book(site):
    """The whole book as one HTML document; a `data-of` waits for the number of a page."""
    articles = {page: article(site, page) for page in PAGES}
    preface = articles["index"]
    preface.h1.string, subtitle = "Preface", preface.strong.extract().get_text()
    for page in PAGES[1:]:
        lower(articles[page])
    ends = {kind: [taken(kind, page, articles[page]) for page in PAGES] for kind in ANSWERS}
    begins = {place_of(first): caption for caption, (first, *_) in parts().items()}
    body = [chapter(page, one, begins.get(page)) for page, one in articles.items()]
    body += [appendix(kind, "".join(found)) for kind, found in ends.items() if any(found)]
    return document(site, subtitle, BeautifulSoup("".join(body), "html.parser"))


def article(site, page):
    """The article of a page for paper, with names and links that hold in the whole book."""
    found = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser").article
    for useless in found.select(USELESS):
        useless.decompose()
    for fold in found.select("details:not(.above-output, .solution)"):
        if fold.css.match(".sd-dropdown") and fold.find_previous(class_="exercise"):
            continue  # a hint
        fold.summary.decompose()
        fold.unwrap()
    for mark in found.select(NEUTRAL):
        mark.unwrap()
    for head in found.select("p[role=heading]"):  # on the sheet of cards: no chapter of the book
        del head["role"], head["aria-level"]
    for address in found.select("section > span[id]:empty"):  # else it stays behind at a page's end
        if heading := address.find_next_sibling(re.compile("^h[1-6]$")):
            heading.insert(0, address.extract())
    for tag in found.find_all(True):
        rename(tag, page)
    for link in found.select("a[href]"):
        redirect(link, page)
    return found


def place(page, anchor=""):
    """What a place on a page is called in the book."""
    name = page.rsplit("/")[-1]
    return re.sub(r"[^\w-]", "-", f"{name}--{anchor}" if anchor else name)


def rename(tag, page):
    """Rename an element, and what it refers to within its drawing."""
    if tag.get("id"):
        tag["id"] = place(page, tag["id"])
    for key, value in tag.attrs.items():
        if tag.name == "use" and value.startswith("#"):
            tag[key] = "#" + place(page, value[1:])
        elif "url(#" in value:
            tag[key] = re.sub(
                r"url\(#(.*?)\)", lambda found: f"url(#{place(page, found[1])})", value
            )


def redirect(link, page):
    """Let a link lead to its place in the book, with the page if that is elsewhere, or nowhere."""
    url, anchor = urldefrag(unquote(link["href"]))
    if ":" in url:
        return
    other = normpath(join(dirname(page), url)).removesuffix(".html") if url else page
    if other not in PAGES:
        link.unwrap()  # a file of the site that is no page of the book
        return
    target = place(other, anchor)
    link["href"] = f"#{target}"
    if other != page and not link.find_parent(class_="bibtex-citation"):
        link.append(soup(number(target)))


def soup(html):
    return BeautifulSoup(html, "html.parser")


def number(target):
    """The page that a place is on, filled in by `numbered`."""
    return f'<span class="page" data-of="{target}">000</span>'


def lower(article):
    """Headings one level down, since chapters lie within parts."""
    for level in (5, 4, 3, 2, 1):
        for heading in article.select(f"h{level}"):
            heading.name = f"h{level + 1}"


def taken(kind, page, article):
    """Move the hints or the solutions out of a chapter, leaving links: HTML, "" if it has none."""
    found = [
        (exercise, [*below(exercise, ANSWERS[kind])]) for exercise in article.select(".exercise")
    ]
    blocks = [moved(kind, exercise, answers) for exercise, answers in found if answers]
    name, title = f"{place(page)}--{kind.lower()}", article.find(["h1", "h2"]).decode_contents()
    return f'<section id="{name}"><h2>{title}</h2>{"".join(blocks)}</section>' if blocks else ""


def below(exercise, selector):
    """What is asked for among the elements between an exercise and the next one."""
    for sibling in exercise.find_next_siblings():
        if "exercise" in sibling.get("class", []):
            return
        if sibling.css.match(selector):
            yield sibling


def moved(kind, exercise, answers):
    """Put a link in the place of an exercise's answers, and return them with a link back."""
    here, there = exercise["id"], f"{exercise['id']}-{kind.lower()}"
    link = f'<p class="pointer"><a href="#{there}">{kind}{number(there)}</a></p>'
    answers[0].insert_before(soup(link))
    title = exercise.select_one(".admonition-title").decode_contents()
    back = f'<h3><a href="#{here}">{title}</a></h3><a href="#{here}">{number(here)}</a>'
    shown = "".join(map(unfolded, answers))
    return f'<section class="answer" id="{there}"><div class="back">{back}</div>{shown}</section>'


def unfolded(answer):
    """A hint or a solution as HTML, open. A hint has its name in front."""
    title = answer.extract().select_one("summary, .admonition-title")
    name = (title.select_one(".collapsed") or title).get_text().strip()
    title.decompose()
    for fold in answer.select("details"):
        fold.unwrap()
    if "solution" in answer["class"]:
        return f'<div class="solution">{answer.decode_contents()}</div>'
    return f'<div class="hint"><p class="name">{escape(name)}</p>{answer.decode_contents()}</div>'


def chapter(page, article, part):
    above = f'<h1 class="part" id="{place(part)}">{escape(part)}</h1>' if part else ""
    inside = above + article.decode_contents()
    return f'<section class="chapter" id="{place(page)}">{inside}</section>'


def appendix(kind, sections):
    return f'<section class="chapter" id="{kind}"><h1>{kind}</h1>{sections}</section>'


def document(site, subtitle, body):
    """The body behind a title page and the contents, with the styles and scripts that it needs."""
    listed = "h1, .chapter:not(:first-child) :is(h2, :not(.back) > h3)"
    pygments = site / "_static/pygments.css"
    style = MATHS.read_text("utf-8").replace("url(..", f"url({site.as_uri()}")
    style += STYLE.read_text("utf-8") + "".join(map(running_head, body.select(".chapter")))
    title, author, year = (escape(CONFIG[key]) for key in ("title", "author", "copyright"))
    return f"""<!DOCTYPE html>
<html lang="{CONFIG["sphinx"]["config"]["language"]}" data-theme="light">
<head>
<meta charset="utf-8">
<title>{UNSET}</title>
<link rel="stylesheet" href="{pygments.as_uri()}">
<style>{style}</style>
<script>{SCRIPT.read_text("utf-8")}</script>
</head>
<body>
<header>
{(ROOT / CONFIG["logo"]).read_text("utf-8")}
<h1>{title}</h1><p>{escape(subtitle)}</p><p>{author}</p><p>{year}</p>
</header>
<nav><h1 id="Contents">Contents</h1>{"".join(map(line, body.select(listed)))}</nav>
{body}
</body>
</html>
"""


def running_head(chapter):
    """Chromium has no running heads, but named pages: every chapter has its own."""
    name, heading = chapter["id"], chapter.select_one(":is(h1, h2):not(.part)")
    title = re.sub(r'(["\\])', r"\\\1", heading.get_text())
    return f'#{name} {{ page: {name} }}\n@page {name} {{ @top-right {{ content: "{title}" }} }}\n'


def line(heading):
    """A line of the contents."""
    target = heading.get("id") or heading.parent["id"]
    title = f"<span>{escape(heading.get_text())}</span>"
    return f'<p class="{heading.name}"><a href="#{target}">{title}{number(target)}</a></p>'


# The print.


def settled(browser, document):
    """The PDF whose page numbers are true of itself."""
    pages = {}
    for _ in range(5):
        made = printed(browser, numbered(document, pages) if pages else document)
        if landings(made) == pages:
            return made
        pages = landings(made)
    raise RuntimeError("the page numbers of the book do not settle")


def numbered(document, pages):
    """The document with the page of every place filled in. KeyError if there is no such place."""
    return re.sub(r'(data-of="(.*?)">)\d+', lambda mark: f"{mark[1]}{pages[mark[2]]}", document)


def printed(browser, document):
    """The PDF that Chromium makes of a document. RuntimeError if there is none, or half of it."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "book.html"), Path(folder, "book.pdf")
        source.write_text(document, "utf-8")
        command = [browser, *FLAGS, OFFLINE, f"--user-data-dir={folder}/profile"]
        command += [f"--print-to-pdf={target}", source.as_uri()]
        run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
        if not target.is_file():
            raise RuntimeError(f"Chromium printed nothing:\n{run.stderr[-2000:]}")
        made = target.read_bytes()
    if f"/Title ({UNSET})".encode() in made:
        raise RuntimeError("the lines of the book were not made to fit")
    return made


# The file.


def landings(pdf):
    """{a place that some link leads to: the number of its page, from 1}."""
    reader = PdfReader(BytesIO(pdf))
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    found = reader.named_destinations.items()
    return {name.lstrip("/"): numbers[place.page.idnum] for name, place in found}


def signed(pdf):
    """With the author, and without the browser's name and the hour: same pages, same file."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    writer.metadata = {"/Title": writer.metadata.title, "/Author": CONFIG["author"]}
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])
