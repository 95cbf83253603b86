"""How cells are shown: lines before their code, and what is wrong marked as wrong."""

import pytest
from book.chapters.chapter import Chapter, names, place
from book.website import cells
from browser import HTML
from bs4 import BeautifulSoup

CELL = """```{code-cell} ipython3
:tags: [%s]

%s
```
"""
PLAIN = CELL.replace(":tags: [%s]\n\n", "")
DERIVES = "one = Derivation(x)\none.line(y)\n"


def tags(*parts):
    return [sorted(cell.tags) for cell in Chapter("page", "\n".join(parts)).shown().cells]


def test_lines_come_first_from_the_second_derivation_on():
    folded = ["hide-input", "lines-first"]
    other = PLAIN % "x = 1"
    found = tags(other, PLAIN % (DERIVES + "one"), other, PLAIN % (DERIVES + "display(one, one)"))
    assert found == [[], [], [], folded]


@pytest.mark.parametrize(
    "cell",
    [
        PLAIN % DERIVES,  # shows nothing
        PLAIN % "one",  # derives nothing
        CELL % ("raises-exception", DERIVES + "one"),
        CELL % ("exercise", DERIVES + "one"),
        CELL % ("hide-input", DERIVES + "one"),
    ],
)
def test_other_cells_stay_as_they_are(cell):
    before, after = tags(PLAIN % (DERIVES + "one"), cell)
    assert before == []
    assert "lines-first" not in after


def test_the_chapter_that_teaches_the_code_shows_it():
    assert not any(
        "lines-first" in cell.tags for cell in Chapter.read("own_derivation").shown().cells
    )


def arranged(page):
    soup = BeautifulSoup(page, "html.parser")
    cells.arrange(soup)
    return soup


def test_a_comment_that_says_wrong_is_marked_and_no_other():
    code = "<div class='cell'><div class='highlight'><span class='c1'># %s</span></div></div>"
    assert "wrong" in arranged(code % "right; wrong, averaged").span["class"]
    assert "wrong" not in arranged(code % "the right one").span["class"]


@pytest.mark.site
@pytest.mark.parametrize("name", names())
def test_every_page_is_arranged(name):
    soup = BeautifulSoup((HTML / f"{place(name)}.html").read_text("utf-8"), "html.parser")
    shown = [cell.tags for cell in Chapter.read(name).shown().cells]
    lines = soup.select("div.cell.tag_lines-first")
    assert len(lines) == sum("lines-first" in one for one in shown)
    for cell in lines:
        output, fold = cell.select_one(".cell_output"), cell.select_one("details.above-input")
        assert output in fold.find_previous_siblings()
        assert fold.summary.get_text(" ", strip=True) == "These lines as code Hide the code"
    failing = soup.select("div.cell.tag_raises-exception")
    assert [cell.find(True).get_text() for cell in failing] == [cells.WRONG] * len(failing)
