"""Writes the hints and solutions of all chapters for `hint` and `solution` (`make texts`).

They go to backprop/exercises/telling/texts.json, so that a notebook can show them without the book.
"""

import json
import re

from .. import ROOT
from .chapter import Chapter, code_of, order
from .directives import joined, pieces
from .stubs import solved

FILE = ROOT / "code/backprop/exercises/telling/texts.json"


def all_exercises():
    """{name: Exercise} of all chapters, in the order of the book."""
    return {
        name: exercise
        for chapter in order()
        for name, exercise in Chapter.read(chapter).exercises.items()
    }


def as_json(solutions=True):
    """What texts.json has to hold, with or without the solutions."""
    texts = {name: _texts(exercise) for name, exercise in all_exercises().items()}
    if not solutions:
        for text in texts.values():
            del text["solution"]
    return json.dumps(texts, indent=1, ensure_ascii=False) + "\n"


def _texts(exercise):
    return {
        "title": exercise.title,
        "level": " ".join(exercise.levels),
        "statement": plain(exercise.statement),
        "hints": [plain(hint) for hint in exercise.hints],
        "stub": exercise.stub,
        "solution": plain(joined(_fenced(p, exercise) for p in pieces(exercise.solution))),
    }


def _fenced(piece, exercise):
    """A piece of a solution, its code as Markdown has it."""
    match piece.kind:
        case "solution-code":
            return f"```python\n{solved(exercise.source)}```"
        case "code-cell":
            return f"```python\n{code_of(piece)}```"
    return piece


def plain(markdown):
    """Without roles: {doc}`softmax` becomes softmax."""
    markdown = re.sub(r" ?\{cite\}`[^`]*`", "", markdown)
    markdown = re.sub(r"\{eq\}`[^`]*`", "the equation in the chapter", markdown)
    return re.sub(r"\{[a-z:]+\}`([^`]*)`", r"\1", markdown).strip()


if __name__ == "__main__":
    FILE.write_text(as_json(), "utf-8")
    print(f"{len(all_exercises())} exercises are in {FILE.relative_to(ROOT)}")
