"""How a cell is shown: lines before their code, and what is wrong marked as wrong."""

import re

WRONG = "Refused, on purpose"


def lines_first(soup):
    """The lines of a derivation come before their code, for eyes, keyboard and speech alike."""
    for cell in soup.select("div.cell.tag_lines-first"):
        fold, output = cell.select_one("details.above-input"), cell.select_one(".cell_output")
        output.insert_after(fold.extract())
        for word, text in [("collapsed", "These lines as code"), ("expanded", "Hide the code")]:
            fold.summary.select_one(f".{word}").string = text


def refused(soup):
    """Code that has to fail says so above it; an edge and a color say it too (book.css)."""
    for cell in soup.select("div.cell.tag_raises-exception"):
        title = soup.new_tag("p", attrs={"class": "refused"})
        title.string = WRONG
        cell.insert(0, title)


def comments(soup):
    """A comment that calls its line wrong has the color of what is wrong."""
    for comment in soup.select("div.cell .highlight span.c1"):
        if re.search(r"\bwrong\b", comment.get_text()):
            comment["class"] = [*comment["class"], "wrong"]


def arrange(soup):
    for one in lines_first, refused, comments:
        one(soup)
