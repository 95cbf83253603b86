"""A page of the book as it is written, and the forms in which it is shown: one object reads it.

    chapter = Chapter.read("linear")
    chapter.cells, chapter.exercises, chapter.derivations
    chapter.shown(), chapter.unsolved(), chapter.solved()      each a Chapter again

An exercise stands once, in its chapter, and its cell holds the solution (`stubs`).
"""

import ast
import os
import re
from dataclasses import dataclass
from functools import cache, cached_property

from .. import ROOT
from .directives import Prose, joined, pieces
from .stubs import as_shown, solved, stub

WITH_CODE = "own_derivation"  # the chapter that teaches how lines are written as code
KEPT_BACK = "*In this edition the solution is kept back. The hints lead to it.*"


@dataclass(frozen=True)
class Cell:
    """A code cell: its code, its tags, and whether it stands in the solution of an exercise."""

    code: str
    tags: frozenset
    in_solution: bool


@dataclass(frozen=True)
class Exercise:
    """One exercise, in MyST; `source` is its cell, solved and with marks, "" if it is on paper."""

    name: str
    title: str
    statement: str
    hints: tuple
    source: str
    solution: str

    @property
    def stub(self):
        """The cell as a reader gets it; "" for an exercise on paper."""
        return stub(self.source) if self.source else ""


class Chapter:
    """One page: `name` is that of its file, `text` what stands in it."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    @classmethod
    @cache
    def read(cls, name):
        """The page of this name. KeyError if there is none."""
        if name not in names():
            raise KeyError(f"there is no page {name!r}; there are {', '.join(names())}")
        return cls(name, path_of(name).read_text("utf-8"))

    @property
    def title(self):
        """Its heading."""
        return re.search(r"^# (.+)$", self.text, re.M)[1]

    @cached_property
    def cells(self):
        """The code cells, in order."""
        return [
            Cell(code_of(piece), piece.tags, in_solution)
            for piece, _, in_solution in self._placed
            if piece.kind == "code-cell"
        ]

    @cached_property
    def exercises(self):
        """{name: Exercise}, in order."""
        boxes = [box for box, _, _ in self._placed if box.kind == "exercise"]
        found = [self._exercise(box) for box in boxes]
        return {exercise.name: exercise for exercise in found}

    @cached_property
    def imports(self):
        """The packages that its cells import; `book` is in it if it looks at other pages."""
        parts = [part for cell in self.cells for part in ast.walk(ast.parse(cell.code))]
        found = {one.name for part in parts if isinstance(part, ast.Import) for one in part.names}
        found |= {part.module for part in parts if isinstance(part, ast.ImportFrom)}
        return {name.split(".")[0] for name in found}

    @cached_property
    def derivations(self):
        """{variable: derivation} of all that its cells derive (`derivations`)."""
        from .derivations import found_in  # not above: most who read a chapter need no SymPy

        return found_in((self.shown() if withheld() else self).cells, self.name)

    # The forms in which it is shown.

    def shown(self):
        """As the page shows and runs it: stubs in the cells, solutions in their folded places."""
        shown = self._changed(_kept_back if withheld() else _in_the_page)
        return shown if self.name == WITH_CODE else shown._lines_first()

    def unsolved(self):
        """Without any solution."""
        return self._changed(lambda piece, exercise: None)

    def solved(self):
        """For teachers: every cell solved, and below it in words what the cell does not say."""
        return self._changed(_in_words, solved)

    def _changed(self, in_solution, cell=stub):
        """With the cells of exercises, and what stands in solutions, changed by two functions."""
        made = []
        for piece, box, answer in self._placed:
            if answer:
                piece = in_solution(piece, self.exercises[name_of(box)])
            elif "exercise" in piece.tags:
                code = code_of(piece)
                piece = piece.with_body(piece.body.replace(code, cell(code)))
            made += [] if piece is None else [piece]
        return Chapter(self.name, joined(made))

    def _lines_first(self):
        """From its second derivation on, a page shows the lines first, their code folded below."""
        made, before = [], False
        for piece in pieces(self.text):
            derives = shows_lines(piece)
            made.append(piece.tagged("hide-input", "lines-first") if derives and before else piece)
            before = before or derives
        return Chapter(self.name, joined(made))

    @cached_property
    def _placed(self):
        """[(piece, the box of the exercise to which it belongs, whether it is in a solution)]."""
        found, box, inside = [], None, False
        for piece in pieces(self.text):
            if piece.kind == "exercise":
                box = piece
            elif isinstance(piece, Prose) and re.search(r"^## ", piece, re.M):
                box = None
            inside = inside or piece.kind == "solution-start"
            found.append((piece, box, inside or piece.kind == "solution"))
            inside = inside and piece.kind != "solution-end"
        return found

    def _exercise(self, box):
        mine = [(piece, answer) for piece, of, answer in self._placed if of is box]
        hints = tuple(piece.body for piece, _ in mine if is_hint(piece))
        source = "".join(code_of(piece) for piece, _ in mine if "exercise" in piece.tags)
        answer = joined(_unframed(piece) for piece, in_solution in mine if in_solution)
        return Exercise(name_of(box), box.title, box.body.lstrip("\n"), hints, source, answer)


def code_of(cell):
    """The code of a code cell."""
    return cell.body.lstrip("\n")


def shows_lines(piece):
    """Whether a cell, open and meant to go well, ends by showing a derivation that it makes."""
    if piece.kind != "code-cell" or piece.tags or "Derivation(" not in piece.body:
        return False
    match ast.parse(code_of(piece)).body:
        case [*_, ast.Expr(ast.Name() | ast.Call(ast.Name("display")))]:
            return True
    return False


def is_hint(piece):
    """Whether a piece is a hint."""
    return piece.kind == "dropdown" and piece.title.startswith("Hint ")


def name_of(box):
    """The name of an exercise in `check`: linear.backward for the label ex-linear-backward."""
    return box.option("label").removeprefix("ex-").replace("-", ".", 1)


# What becomes of a piece of a solution; None drops it.


def _in_the_page(piece, exercise):
    return as_shown(exercise.source) if piece.kind == "solution-code" else piece


def _kept_back(piece, exercise):
    return KEPT_BACK if piece.kind in ("solution-start", "solution") else None


def _in_words(piece, exercise):
    match piece.kind:
        case "solution-start":
            return "**Solution.**"
        case "solution":
            return f"**Solution.** {piece.body.strip()}"
        case "solution-end" | "solution-code":
            return ""
    return piece


def _unframed(piece):
    """What a solution says, without the directive around it."""
    if piece.kind in ("solution-start", "solution-end"):
        return ""
    return piece.body if piece.kind == "solution" else piece


# The pages of the book.


@cache
def derived():
    """{chapter: {variable: derivation}} of all chapters that derive something."""
    found = {name: Chapter.read(name).derivations for name in names()}
    return {name: derivations for name, derivations in found.items() if derivations}


def path_of(name):
    """The file of a page."""
    return ROOT / (f"{name}.md" if name == "index" else f"chapters/{name}.md")


def names():
    """The names of all pages, by the alphabet: what is there, also where nothing reads YAML."""
    return ["index", *sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))]


@cache
def parts():
    """{caption: [names]} of the parts of the book, as _toc.yml has them."""
    import yaml  # not above: the page of the site has no YAML, and asks for no order

    listed = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    return {
        part["caption"]: [one["file"].removeprefix("chapters/") for one in part["chapters"]]
        for part in listed
    }


def order():
    """The names of all pages in the order of the book."""
    return ["index", *sum(parts().values(), [])]


def place(name):
    """Where the site has a page, without .html: chapters/linear."""
    return path_of(name).relative_to(ROOT).with_suffix("").as_posix()


def withheld():
    """Whether the solutions are kept back. A slip in the word must not publish them."""
    wanted = os.environ.get("SOLUTIONS", "")
    if wanted not in ("", "withheld"):
        raise ValueError(f"SOLUTIONS may be 'withheld' or not set, got {wanted!r}")
    return wanted == "withheld"
