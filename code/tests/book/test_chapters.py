"""Tests of the chapters as texts, and as the notebooks that `make book` ran and left behind."""

import ast
import re

import nbformat
import pytest
from book import ROOT
from book.chapters.chapter import Chapter
from book.runtime.names import defined_and_needed

pytestmark = pytest.mark.site

REFERENCE = {"glossary", "bibliography", "teaching", "accessibility", "cards"}
FRAME = ["**You need**", "**Time**", "**Afterwards you can**"]
FRAME += ["## Exercises", "## Summary", "**What's next.**"]
OURS = {"ValueError", "FloatingPointError", "DerivationError", "WrongStep", "ShapeError"}
OURS |= {"NotProved", "UncitedFact", "UnusedFact", "VacuousStep", "HiddenDependence"}
CHAPTERS = sorted(p for p in (ROOT / "chapters").glob("*.md") if p.stem not in REFERENCE)
NAMES = [path.stem for path in CHAPTERS]


def text(path):
    return path.read_text("utf-8")


def executed(path):
    """The code cells of the chapter as the build ran them."""
    notebook = ROOT / "_build/jupyter_execute" / path.relative_to(ROOT).with_suffix(".ipynb")
    assert notebook.is_file(), f"{notebook} is missing: run `make book` first"
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def failed(cell):
    return [out for out in cell.outputs if out.output_type == "error"]


def expects_error(cell):
    return "raises-exception" in cell.metadata.get("tags", [])


PAGES = [ROOT / "index.md", *CHAPTERS]
PAGES += [ROOT / "chapters/teaching.md", ROOT / "chapters/accessibility.md"]


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_the_notebook_is_the_page(path):
    shown = Chapter.read(path.stem).shown().cells
    assert [cell.source.strip() for cell in executed(path)] == [one.code.strip() for one in shown]


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_cells_fail_where_failing_is_the_lesson_and_nowhere_else(path):
    # A cell tagged raises-exception that does not fail would teach the opposite, without a warning.
    for cell in executed(path):
        assert bool(failed(cell)) == expects_error(cell), cell.source


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_an_error_that_is_shown_speaks_to_the_reader(path):
    for cell in executed(path):
        for error in failed(cell):
            assert error.ename in OURS, f"{error.ename}: {error.evalue}"


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_train_has_nothing_to_say_of_the_runs_of_the_book(path):
    # Where it has, the chapter catches it and prints it as its own output, or says watch=False.
    for cell in executed(path):
        streams = [out.get("text", "") for out in cell.outputs if out.get("name") == "stderr"]
        assert "TrainingWarning" not in "".join(streams), cell.source


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_every_chapter_has_the_same_frame(path):
    page = text(path)
    assert re.search(r":::\{admonition\} Before you start\n:class: start\n", page)
    for part in FRAME:
        assert page.count(part) == 1, part


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_every_exercise_has_three_hints_and_a_solution(path):
    exercises = text(path).split("## Exercises")[1].split("## Summary")[0]
    labels = re.findall(r"\{exercise\}[^\n]*\n:label: (ex-[a-z0-9_-]+)", exercises)
    solutions = re.findall(r"\{solution(?:-start)?\} (ex-[a-z0-9_-]+)\n:class: dropdown", exercises)
    hints = re.findall(r"\{dropdown\} Hint (\d)", exercises)
    assert len(labels) >= 3
    assert labels == solutions
    assert hints == ["1", "2", "3"] * len(labels)


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_the_page_runs_the_stubs_and_none_of_them_fails(path):
    stubs = [cell for cell in executed(path) if "exercise" in cell.metadata.get("tags", [])]
    assert len(stubs) == text(path).count(":tags: [exercise]")
    for cell in stubs:
        (output,) = cell.outputs
        assert ": Not started. " in output["data"]["text/plain"], cell.source
        assert "exercise-report open" in output["data"]["text/html"]


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_labels_carry_the_name_of_the_chapter(path):
    labels = re.findall(r"^\$\$ \(([^)]+)\)|^:label: (\S+)", text(path), re.M)
    names = [equation or exercise for equation, exercise in labels]
    assert len(names) == len(set(names))
    assert [n for n in names if not re.fullmatch(rf"(eq|ex)-{path.stem}(-[a-z0-9-]+)?", n)] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=NAMES)
def test_cells_are_short(path):
    # Cells that draw may be longer; the page folds them away.
    for cell in executed(path):
        folded = {"hide-input", "remove-input", "remove-cell"} & set(cell.metadata.get("tags", []))
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= (40 if folded else 17), cell.source
        assert folded or max(map(len, lines)) <= 86, cell.source  # what fits the column


FOLDED = {"hide-input", "remove-input", "remove-cell", "hide-cell"}


def imports(cell):
    """The names that the imports of a cell give."""
    found = [n for n in ast.parse(cell.code).body if isinstance(n, ast.Import | ast.ImportFrom)]
    return {a.asname or a.name.split(".")[0] for node in found for a in node.names}


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_no_import_that_a_cell_needs_hides_in_a_folded_one(path):
    # The reader would not see where a name comes from, and wait for a figure that nobody asked for.
    hidden = {}  # name: the folded cell that imports it
    for cell in Chapter.read(path.stem).shown().cells:
        defines, needs = defined_and_needed(cell.code)
        if FOLDED & set(cell.tags):
            hidden |= {name: cell.code for name in imports(cell)}
        else:
            assert not set(needs) & set(hidden), cell.code
            hidden = {name: code for name, code in hidden.items() if name not in defines}


@pytest.mark.parametrize("path", PAGES, ids=[p.stem for p in PAGES])
def test_a_check_fails_only_where_the_cell_says_so(path):
    # A claim in the prose would not notice that the "True" below it has become a "False".
    for cell in executed(path):
        streams = [out.get("text", "") for out in cell.outputs]
        results = [out.get("data", {}).get("text/plain", "") for out in cell.outputs]
        if re.search(r"\b(False|WRONG)\b", "\n".join(streams + results)):
            assert re.search(r"\bnot\b|wrong|spoiled", cell.source, re.I), cell.source
