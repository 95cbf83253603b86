"""CONTRIBUTING says completely what to touch: its lists are compared with the files."""

import re
from itertools import pairwise

import pytest
from backprop.derivation.printing.boxes import boxes
from book import ROOT, new
from book.chapters.directives import Prose, pieces
from repository import tracked

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
# What is made by a command, quotes others' words, or says what has changed is no place to touch.
LEFT_OUT = (".bib", "CHANGELOG.md", "CONTRIBUTING.md", "house/test_contributing.py")
# {section: what in a file shows that the example was put there}.
EXAMPLES = {
    "An activation": r"\b[Mm]ish\b",
    "A rule of the prover": r"\bwhole_roots\b",
    "A function that the prover knows": r"\bKnown\(\s*\"tanh\"",
}


def texts():
    """(path, text) of the files that people write."""
    names = [name for name in tracked() if name.endswith((".py", ".v", ".md", ".toml", ".yml"))]
    return [(name, (ROOT / name).read_text("utf-8")) for name in names]


def listed(section):
    """The files in the table of a section."""
    text = re.search(rf"^### {section}\n(.*?)(?=^##)", TEXT, re.M | re.S)[1]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([\w./-]+\.\w+)`", row.split("|")[2])}


def holding(pattern, files):
    kept = [(name, text) for name, text in files if not name.endswith(LEFT_OUT)]
    return {name for name, text in kept if re.search(pattern, text)}


@pytest.mark.parametrize("section", EXAMPLES)
def test_the_list_is_that_of_the_files_in_which_the_example_stands(section):
    assert listed(section) == holding(EXAMPLES[section], texts())


def test_a_file_more_would_be_found():
    files = [*texts(), ("code/backprop/more.py", "from .activations import Mish")]
    extra = holding(EXAMPLES["An activation"], files) - listed("An activation")
    assert extra == {"code/backprop/more.py"}


def test_a_mistake_is_one_entry_in_one_table():
    from backprop.exercises.tables import QUANTITIES

    (table,) = listed("A mistake")
    says = QUANTITIES["linear.dX"].mistakes[0].says
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "code").rglob("*.toml")]
    assert [name for name in files if says in (ROOT / name).read_text("utf-8")] == [table]


def test_what_a_chapter_needs_is_there():
    """What `book.new` does not write itself; `test_new` has the rest."""
    assert "python -m book.new" in TEXT
    assert [name for name in listed("A chapter") if not (ROOT / name).is_file()] == []
    rooms = {path.replace("NAME", "softmax") for path in new.ROOMS.values()}
    assert [room for room in rooms if f"`{room}`" not in TEXT] == []


def test_every_file_that_is_named_is_there():
    named = re.findall(r"`([\w.-]+/[\w./-]+\.(?:py|md|toml|txt|bib))`", TEXT)
    assert [name for name in named if not (ROOT / name).is_file()] == []


# Paragraphs stand on one line each: a change of a word is then a change of a line.

BEGINS = re.compile(r"\s*([-*+] |\d+\. |#|\||>|<|:|\$\$|```|\[\^|\\|---)")
NO_PROSE = re.compile(r"\A---\n.*?\n---\n|^```.*?^```|^\$\$.*?^\$\$", re.S | re.M)
FOLDED = {"admonition", "dropdown", "exercise", "solution", "grid", "grid-item-card"}


def broken(text):
    """The lines that go on with the paragraph above them."""
    for piece in pieces(text):
        if not isinstance(piece, Prose):
            yield from broken(piece.body) if piece.kind in FOLDED else ()
            continue
        for above, line in pairwise(NO_PROSE.sub("\n\n", piece).split("\n")):
            if above.strip() and line.strip() and not BEGINS.match(line) and above[0] != "#":
                yield line


PAGES = ["README.md", "CONTRIBUTING.md", "index.md"]
PAGES += sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "chapters").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_a_paragraph_is_a_line(page):
    text = (ROOT / page).read_text("utf-8")
    assert [line for line in broken(text) if "glossary" not in page] == []


def test_a_broken_paragraph_is_found():
    assert [*broken("One line\nand another.\n\n- a\n- b\n\n$$\nx\ny\n$$\n")] == ["and another."]
    assert [*broken(":::{dropdown} Hint 1\nOne\ntwo\n:::\n")] == ["two"]


# The README.


def readme_lines():
    """What the README's code leaves behind, its refused line, and its last one."""
    readme = (ROOT / "README.md").read_text("utf-8")
    code = re.search(r"^```python\n(.*?)^```", readme, re.M | re.S)[1]
    *before, slip, asked = code.strip().splitlines()
    names = {}
    exec("\n".join(before), names)
    assert "proved for all shapes" in before[-1]
    return names, slip, asked


def test_the_derivation_of_the_readme_is_proved_and_its_slip_refused():
    names, slip, _ = readme_lines()
    assert names["dW"].proved
    with pytest.raises(names["ShapeError"]) as refused:
        exec(slip, names)
    said = re.search(r"# ShapeError: … (.*)$", slip)[1]
    assert str(refused.value).splitlines()[0].endswith(said)


def test_the_mistake_of_the_readme_is_named():
    names, _, asked = readme_lines()
    answer, said = asked.split("#")
    code, words = said.strip(" ✗").split(": ")
    report = eval(answer, names)
    assert report.mistake == code
    assert words in report.message


def test_the_figure_of_the_readme_is_drawn_from_the_proof():
    """Its file, made anew where it differs: readme_figure() is what to write."""
    assert (ROOT / "_static/weights.svg").read_text("utf-8") == readme_figure()


def readme_figure():
    names, *_ = readme_lines()
    svg = re.search(r"<svg .*</svg>", boxes(names["dW"])._repr_html_(), re.S)[0]
    here = 'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" style="background: #fff"'
    alt = re.search(r'aria-label="([^"]*)"', svg)[1]
    assert f"![{alt}](_static/weights.svg)" in (ROOT / "README.md").read_text("utf-8")
    return svg.replace("<svg ", f"<svg {here} ", 1) + "\n"
