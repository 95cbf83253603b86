"""Exercises have one source: the chapter. From it come the stub, the page, hints and solutions.

In the chapter the cell of an exercise holds the solution, between two marks:

    def my_backward(dY, X, W):
        # your turn
        dX = dY @ W
        # end
        return dX

`stub` empties what is between them (`dX = ...`), so stub and solution share every other line. As a
Sphinx extension this module shows and runs the stubs, and puts the solutions in place of
`{solution-code}`. As a program (`make texts`) it writes the hints and solutions to texts.json, for
`hint` and `solution` in a notebook.

With SOLUTIONS=withheld in the environment the pages have no solutions, and the site no sources.
"""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "code/backprop/exercises/texts.json"
BEGIN, END = "# your turn", "# end"
KEPT_BACK = "*In this edition the solution is kept back. The hints lead to it.*\n"

CELL = re.compile(r"^(```\{code-cell\}[^\n]*\n:tags: \[exercise\]\n\n)(.*?)^(```)$", re.S | re.M)
BOX = re.compile(
    r"^```\{exercise\} (?P<title>[^\n]+)\n:label: ex-(?P<label>[a-z0-9_-]+)\n\n"
    r"(?P<statement>.*?)^```$"
    r"(?P<rest>.*?)(?=^```\{exercise\}|^## |\Z)",
    re.S | re.M,
)
HINT = re.compile(r"^:::\{dropdown\} Hint \d: [^\n]*\n(.*?)^:::$", re.S | re.M)
PLACE = re.compile(r"^```\{solution-code\}\n```$", re.M)
GATED = re.compile(
    r"^```\{solution-start\}[^\n]*\n:class: dropdown\n```$(.*?)^```\{solution-end\}", re.S | re.M
)
SHORT = re.compile(r"^```\{solution\}[^\n]*\n:class: dropdown\n(.*?)^```$", re.S | re.M)
WHOLE = re.compile(
    r"^```\{solution-start\}.*?^```\{solution-end\}\n```\n|^```\{solution\}.*?^```\n", re.S | re.M
)


@dataclass(frozen=True)
class Text:
    """One exercise as the chapter has it; stub and source are "" for one on paper."""

    name: str
    title: str
    statement: str
    hints: list
    stub: str
    source: str
    solution: str


def stub(source):
    """The cell with its blanks emptied: every `name = …` in them becomes `name = ...`."""
    lines, blank, indent = [], None, ""
    for line in source.splitlines():
        if line.strip() == BEGIN:
            blank, indent = [], line[: len(line) - len(line.lstrip())]
            lines.append(line)
        elif line.strip() == END:
            lines += list(dict.fromkeys(blank)) or [f"{indent}..."]
            blank = None
        elif blank is None:
            lines.append(line)
        else:
            blank += _emptied(line, indent)
    if blank is not None:
        raise ValueError(f"a blank that begins with {BEGIN!r} has no {END!r}")
    return "\n".join(lines) + "\n"


def _emptied(line, indent):
    """What is left of a line of the solution: [] or one line."""
    if not line.startswith(indent) or line[len(indent) :].startswith((" ", "#")):
        return []
    assigned = re.match(r"([\w., \[\]\"']+?) = ", line[len(indent) :])
    if assigned:
        return [f"{indent}{assigned[1]} = ..."]
    return [f"{indent}return ..."] if line[len(indent) :].startswith("return ") else []


def solved(source):
    """The cell without the marks."""
    marks = (BEGIN, END)
    return "".join(line for line in source.splitlines(keepends=True) if line.strip() not in marks)


def page(text):
    """The chapter as it is shown and run: stubs in the cells, solutions in their folded places."""
    text = without_solutions(text, KEPT_BACK) if withheld() else BOX.sub(_with_solution, text)
    return stubs(text)


def stubs(text):
    """The chapter with every exercise emptied."""
    return CELL.sub(lambda cell: cell[1] + stub(cell[2]) + cell[3], text)


def without_solutions(text, instead=""):
    """The chapter without the solutions below its exercises (those in the cells stay)."""
    return WHOLE.sub(instead, text)


def withheld():
    """Whether the solutions are kept back. A slip in the word must not publish them."""
    wanted = os.environ.get("SOLUTIONS", "")
    if wanted not in ("", "withheld"):
        raise ValueError(f"SOLUTIONS may be 'withheld' or not set, got {wanted!r}")
    return wanted == "withheld"


def _with_solution(box):
    cell = CELL.search(box["rest"])
    return PLACE.sub(lambda _: _shown(solved(cell[2])), box[0]) if cell else box[0]


def _shown(source):
    """A solution is shown; a derivation is run as well, so that the page has its proof."""
    proof = re.search(r"^check\([^,]+, (\w+)\)$", source, re.M)
    if proof and re.search(rf"^{proof[1]} = Derivation\(", source, re.M):
        return f"```{{code-cell}} ipython3\n{source.replace(proof[0], proof[1])}```"
    return f"```python\n{source}```"


def texts_of(text):
    """All exercises of a chapter."""
    return [_text(box) for box in BOX.finditer(text)]


def _text(box):
    cell = CELL.search(box["rest"])
    source = cell[2] if cell else ""
    place = GATED.search(box["rest"]) or SHORT.search(box["rest"])
    written = place[1] if place else ""
    if source:
        written = PLACE.sub(lambda _: f"```python\n{solved(source)}```", written)
    written = re.sub(
        r"^```\{code-cell\}[^\n]*\n(:tags:[^\n]*\n\n)?", "```python\n", written, flags=re.M
    )
    name = box["label"].replace("-", ".", 1)
    hints = [_plain(h) for h in HINT.findall(box["rest"])]
    emptied = stub(source) if source else ""
    return Text(
        name, box["title"], _plain(box["statement"]), hints, emptied, source, _plain(written)
    )


def _plain(markdown):
    """Without roles: {doc}`softmax` becomes softmax."""
    markdown = re.sub(r" ?\{cite\}`[^`]*`", "", markdown)
    markdown = re.sub(r"\{eq\}`[^`]*`", "the equation in the chapter", markdown)
    return re.sub(r"\{[a-z:]+\}`([^`]*)`", r"\1", markdown).strip()


def all_texts():
    """{name: Text} of all chapters, in the order of their files."""
    chapters = sorted((ROOT / "chapters").glob("*.md"))
    return {t.name: t for path in chapters for t in texts_of(path.read_text("utf-8"))}


def as_json(solutions=True):
    """What texts.json has to hold, with or without the solutions."""
    kept = ("title", "statement", "hints", "stub", *["solution"] * solutions)
    texts = {name: {k: asdict(t)[k] for k in kept} for name, t in all_texts().items()}
    return json.dumps(texts, indent=1, ensure_ascii=False) + "\n"


def setup(app):
    """Sphinx calls this: each chapter is changed after it is read, before it is parsed and run."""

    def change(app, docname, source):
        source[0] = page(source[0])

    def keep_sources_back(app, error):
        if withheld():
            shutil.rmtree(Path(app.outdir) / "_sources", ignore_errors=True)

    # Sphinx reads all chapters again if this value is another than in the build before.
    app.add_config_value("solutions", "withheld" if withheld() else "shown", "env", [str])
    app.connect("source-read", change)
    app.connect("build-finished", keep_sources_back)
    return {"version": "1", "parallel_read_safe": True}


if __name__ == "__main__":
    TEXTS.write_text(as_json(), "utf-8")
    print(f"{len(all_texts())} exercises are in {TEXTS.relative_to(ROOT)}")
