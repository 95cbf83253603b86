"""The hints and solutions of the exercises, as the chapters have them.

texts.json is made from the chapters (`make texts`): a hint is written once, where the reader of the
page finds it.
"""

import functools
import json
from dataclasses import dataclass
from importlib import resources

from ..tables import RENAMED

KEPT_BACK = "In this edition the solutions are kept back. Each exercise has three hints."

_shown = {}  # how many hints of each exercise the reader has asked for in this session
_wrong = {}  # how often each was answered wrongly


@functools.cache
def texts():
    """{name: {title, statement, hints, stub, solution}} of every exercise in the chapters.

    In an edition without solutions there is none.
    """
    try:
        return json.loads(resources.files(__package__).joinpath("texts.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class Text:
    """A piece of a chapter: shown as Markdown in a notebook, as it is in a terminal."""

    text: str

    def __str__(self):
        return self.text

    __repr__ = __str__

    def _repr_markdown_(self):
        return self.text


def hint(name, number=None):
    """The next hint of an exercise, or hint 1, 2 or 3 of it.

    Raises ValueError for an unknown exercise or number.
    """
    name = RENAMED.get(name, name)
    hints = _entry(name)["hints"]
    if number is None:
        number = min(_shown.get(name, 0) + 1, len(hints))
    if number not in range(1, len(hints) + 1):
        raise ValueError(f"{name} has hints 1 to {len(hints)}, got {number!r}")
    _shown[name] = number
    return Text(f"Hint {number} of {len(hints)}. {hints[number - 1]}")


def solution(name):
    """The solution of an exercise, as in the chapter. Raises ValueError for an unknown exercise."""
    return Text(_entry(RENAMED.get(name, name)).get("solution", KEPT_BACK))


def next_hint(name, wrong=False):
    """The hint under a report, "" if there is none: a further one at each `wrong` answer.

    It is never one that the reader has asked for already, unless that was the last.
    """
    hints = texts().get(name, {"hints": []})["hints"]
    place = max(_shown.get(name, 0), _wrong.get(name, 0))
    if wrong:
        _wrong[name] = _wrong.get(name, 0) + 1
    return hints[min(place, len(hints) - 1)] if hints else ""


def _entry(name):
    if name not in texts():
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(texts())}")
    return texts()[name]
