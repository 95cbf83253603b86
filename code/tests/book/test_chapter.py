"""A chapter is read by one object: what it finds is there, and what jupytext finds."""

import jupytext
import pytest
from book import ROOT
from book.chapters.chapter import KEPT_BACK, Chapter, names, order, parts, path_of, place
from book.chapters.directives import joined, pieces
from book.chapters.stubs import BEGIN, END

PAGES = names()
TEXT = """# Doubling

Some prose.

```{code-cell} ipython3
:tags: [hide-input, full-width]

x = 1
```

::::{admonition} Outside
:::{dropdown} Hint 1: not of an exercise
inner
:::
::::

## Exercises

```{exercise} Twice
:label: ex-doubling-twice

Double it.
```

```{code-cell} ipython3
:tags: [exercise]

def double(x):
    # your turn
    y = 2 * x
    # end
    return y

check("doubling.twice", double)
```

:::{dropdown} Hint 1: a question
Add?
:::

```{solution-start} ex-doubling-twice
:class: dropdown
```

```{solution-code}
```

Because.

```{solution-end}
```

## Summary

```{code-cell} ipython3
x + 1
```
"""


@pytest.mark.parametrize("name", PAGES)
def test_the_pieces_give_back_the_text(name):
    text = Chapter.read(name).text
    assert joined(pieces(text)) == text
    assert len(pieces(text)) > 1


@pytest.mark.parametrize("name", PAGES)
def test_jupytext_finds_the_same_cells(name):
    for chapter in (Chapter.read(name), Chapter.read(name).shown()):
        found = jupytext.reads(chapter.text, fmt="md:myst").cells
        found = [cell for cell in found if cell.cell_type == "code"]
        assert [cell.source for cell in found] == [cell.code.strip() for cell in chapter.cells]
        tags = [frozenset(cell.metadata.get("tags", [])) for cell in found]
        assert tags == [cell.tags for cell in chapter.cells]


def test_an_exercise_is_found_with_all_that_belongs_to_it():
    (one,) = Chapter("doubling", TEXT).exercises.values()
    assert (one.name, one.title, one.statement) == ("doubling.twice", "Twice", "Double it.\n")
    assert one.hints == ("Add?\n",)
    assert BEGIN in one.source
    assert "y = ..." in one.stub
    assert "Because." in one.solution
    assert "{solution-start}" not in one.solution


def test_the_forms_of_a_chapter(monkeypatch):
    chapter = Chapter("doubling", TEXT)
    monkeypatch.delenv("SOLUTIONS", raising=False)
    shown, unsolved, solved = chapter.shown().text, chapter.unsolved().text, chapter.solved().text
    assert "y = 2 * x" in shown.split("{solution-start}")[1]
    assert "y = ..." in shown.split("{solution-start}")[0]
    assert "2 * x" not in unsolved
    assert "Because." not in unsolved
    assert "y = 2 * x" in solved
    assert "**Solution.**" in solved
    assert END not in shown + unsolved + solved
    monkeypatch.setenv("SOLUTIONS", "withheld")
    kept = chapter.shown().text
    assert KEPT_BACK in kept
    assert "2 * x" not in kept
    assert "Because." not in kept


def test_cells_know_their_tags_and_whether_they_stand_in_a_solution():
    inside = TEXT.replace("Because.", "```{code-cell} ipython3\ny = 3\n```")
    cells = Chapter("doubling", inside).cells
    assert [cell.code.splitlines()[0] for cell in cells] == [
        "x = 1", "def double(x):", "y = 3", "x + 1"
    ]  # fmt: skip
    assert cells[0].tags == {"hide-input", "full-width"}
    assert [cell.in_solution for cell in cells] == [False, False, True, False]


def test_imports_are_those_of_the_cells():
    text = "```{code-cell} ipython3\nimport numpy as np\nfrom book.audit import load\n```\n"
    assert Chapter("one", text).imports == {"numpy", "book"}
    assert {name for name in PAGES if "book" in Chapter.read(name).imports} == {
        "accessibility", "cards", "checked", "gradients", "teaching"
    }  # fmt: skip


def test_the_order_of_the_pages_is_that_of_the_contents():
    assert order()[0] == "index"
    assert sorted(order()) == sorted(names())
    assert order()[1:] == [name for listed in parts().values() for name in listed]
    assert [place("index"), place("linear")] == ["index", "chapters/linear"]
    assert all(path_of(name).is_file() for name in order())
    assert path_of("linear") == ROOT / "chapters/linear.md"


def test_a_page_that_is_not_there():
    with pytest.raises(KeyError, match="there is no page 'linea'; there are index, accessibility"):
        Chapter.read("linea")
