"""Old addresses of sections that are on another page now: moved.toml has them.

Without a server nothing can redirect, and what follows # never reaches one. So the page that a
section was on ends in a short list, "Moved to another page", in which each old anchor still exists:
theme.js goes on from there, and a reader without scripts lands beside the link.
"""

import tomllib
from html import escape
from pathlib import Path
from posixpath import dirname, relpath

from bs4 import BeautifulSoup

SECTIONS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["section"]


def add(soup, page):
    """Put the list below the article of a page (chapters/notation) from which something moved."""
    rows = [row(section) for section in SECTIONS if section["was"] == page]
    if rows:
        soup.article.append(BeautifulSoup(listed(rows), "html.parser"))


def listed(rows):
    """The rows as HTML. It is no part of the book: EPUB and PDF leave it out by its class."""
    return (
        '<aside class="moved" aria-label="Moved to another page"><p>Moved to another page:</p>'
        f"<ul>{''.join(rows)}</ul></aside>"
    )


def row(section):
    """One section: its link, and before it an empty place for each of its old anchors."""
    page = f"{relpath(section['now'], dirname(section['was']))}.html"
    new = {old: escape(f"{page}#{anchor}") for old, anchor in section["anchors"].items()}
    places = [f'<span id="{old}" data-moved="{address}"></span>' for old, address in new.items()]
    first = next(iter(new.values()))
    return f'<li>{"".join(places)}<a href="{first}">{escape(section["title"])}</a></li>'
