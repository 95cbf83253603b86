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
LEVELS = ("core", "more", "challenge")  # every exercise has one; a reader in haste does the core
# What an exercise takes, and a drill: estimates, from which the chapters' heads are checked.
MINUTES = {"core": 12, "more": 15, "challenge": 25}
DRILL = 8
# The quickest that a page can be read: words and lines of code a minute, minutes for a formula or
# figure. No head may promise less.
WORDS, LINES, FIGURE = 120, 12, 0.5
# In a text: how long the whole book takes, and the way to its first gradient of a matrix.
HOURS = {
    "{{ core hours }}": lambda: hours("core"),
    "{{ hours }}": lambda: hours("all"),
    "{{ first matrix gradient }}": lambda: to_first_matrix(),
}
KEPT_BACK = "*In this edition the solution is kept back. The hints lead to it.*"


@dataclass(frozen=True)
class Cell:
    """A code cell: its code, its tags, and whether it stands in the solution of an exercise."""

    code: str
    tags: frozenset
    in_solution: bool


@dataclass(frozen=True)
class Exercise:
    """One exercise, in MyST; `source` is its cell, solved and with marks, "" if it is on paper.

    `levels` should be one of LEVELS, `goals` are numbers of the chapter's goals that it assesses;
    `in_words` says that it asks for words, `answer` is the cell in which they are written.
    """

    name: str
    title: str
    statement: str
    hints: tuple
    source: str
    solution: str
    levels: tuple = ()
    goals: tuple = ()
    in_words: bool = False
    answer: str = ""

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
    def goals(self):
        """What a reader can do afterwards, as the chapter's head says: a list of texts."""
        head = re.search(r"\*\*Afterwards you can\*\*\n\n((?:\d+\. .*\n)+)", self.text)
        return re.findall(r"^\d+\. (.*)$", head[1], re.M) if head else []

    @cached_property
    def minutes(self):
        """(reading, core exercises, all exercises), as its head says; None if it says nothing."""
        found = re.search(
            r"^\*\*Time\*\* an estimated (\d+) minutes to read"
            r"(?:, (\d+) for the core exercises, (\d+) for all)?\.",
            self.text,
            re.M,
        )
        return tuple(int(number or 0) for number in found.groups()) if found else None

    @cached_property
    def exercising(self):
        """(minutes for the core exercises and drills, for all), by MINUTES, in steps of five."""
        drills = DRILL * sum("drill(" in cell.code for cell in self.cells)
        core = self._minutes("core") + drills
        every = drills + sum(self._minutes(level) for level in LEVELS)
        return tuple(-(-minutes // 5) * 5 for minutes in (core, every))

    def _minutes(self, level):
        return MINUTES[level] * sum(level in one.levels for one in self.exercises.values())

    def quickest(self, upto="## Exercises"):
        """The least minutes that it takes to read up to a heading; what is folded is not read."""
        before, found, _ = self.text.partition(f"\n{upto}\n")
        if not found:
            raise ValueError(f"{self.name} has no heading {upto!r}")
        return sum(map(reading, pieces(before)))

    def minutes_to(self, upto):
        """The minutes to read up to a heading: its part of what the head says."""
        return self.minutes[0] * self.quickest(upto) / self.quickest()

    @property
    def counts_hours(self):
        """Whether it says how long the book takes."""
        return any(said in self.text for said in HOURS)

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
        shown = self._changed(_kept_back if withheld() else _in_the_page, box=labelled)
        return shown if self.name == WITH_CODE else shown._lines_first()

    def unsolved(self):
        """Without any solution."""
        return self._changed(lambda piece, exercise: None)

    def solved(self):
        """For teachers: every cell solved, and below it in words what the cell does not say."""
        return self._changed(_in_words, solved)

    def _changed(self, in_solution, cell=stub, box=lambda piece: piece):
        """With the cells and boxes of exercises, and what stands in solutions, changed."""
        made = []
        for piece, of, answer in self._placed:
            if answer:
                piece = in_solution(piece, self.exercises[name_of(of)])
            elif piece.kind == "exercise":
                piece = box(piece)
            elif "exercise" in piece.tags:
                code = code_of(piece)
                piece = piece.with_body(piece.body.replace(code, cell(code)))
            made += [] if piece is None else [piece]
        text = joined(made)
        for said, computed in HOURS.items() if self.counts_hours else ():
            text = text.replace(said, str(computed()))
        return Chapter(self.name, text)

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
        words = "".join(code_of(piece) for piece, _ in mine if "answer" in piece.tags)
        solution = joined(_unframed(piece) for piece, in_solution in mine if in_solution)
        return Exercise(
            name_of(box), box.title, box.body.lstrip("\n"), hints, source, solution,
            levels_of(box), goals_of(box), "words" in classes(box), words,
        )  # fmt: skip


def reading(piece):
    """The minutes that one piece of a page takes at least."""
    if isinstance(piece, Prose):
        text = re.sub(r"\A---\n.*?\n---\n", "", piece, flags=re.S)
        words, formulas = re.subn(r"\$\$.*?\$\$", "", text, flags=re.S)
        return len(words.split()) / WORDS + formulas * FIGURE
    if piece.kind != "code-cell":
        return 0 if piece.kind == "dropdown" else len(piece.body.split()) / WORDS
    if piece.tags & {"hide-input", "remove-input"}:
        return FIGURE
    return 0 if "remove-cell" in piece.tags else len(code_of(piece).splitlines()) / LINES


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


# What its options say: `:class: core goal-1 goal-3 words`.


def classes(box):
    """The words of its class."""
    return box.option("class").split()


def levels_of(box):
    """Those of its words that are levels: one, the tests see to it."""
    return tuple(word for word in classes(box) if word in LEVELS)


def goals_of(box):
    """The numbers of the goals that it assesses."""
    return tuple(int(w.removeprefix("goal-")) for w in classes(box) if w.startswith("goal-"))


def labelled(box):
    """An exercise as the page shows it: its level above the statement, and what it is for."""
    goals = [str(number) for number in goals_of(box)]
    what = f" for goal {goals[0]}" if len(goals) == 1 else f" for goals {' and '.join(goals)}"
    level = " ".join(levels_of(box))
    label = f'<span class="level {level}">{level}</span>{what if goals else ""}'
    return box.with_body(f"\n{label}\n{box.body}") if level else box


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


def hours(level="all"):
    """How long the book takes with its core exercises, or with all: estimated, in whole hours."""
    place = {"core": 1, "all": 2}[level]
    found = [Chapter.read(name).minutes or (0, 0, 0) for name in names()]
    return round(sum(minutes[0] + minutes[place] for minutes in found) / 60)


def to_first_matrix():
    """The minutes from the landing page to the end of the first gradient of a matrix."""
    before = [Chapter.read(name).minutes[0] for name in ("first", "notation")]
    after = "### The same as a figure"  # by then ∂L/∂W is derived, and worked out by hand
    return round(sum(before) + Chapter.read("linear").minutes_to(after))


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
