"""What the reader has proved, implemented and checked; kept in one file on this machine.

The file is GRADIENTS_PROGRESS if that is set, else progress.json in a folder of the user's own
(XDG_DATA_HOME, or ~/.local/share, or %LOCALAPPDATA%). Nothing is sent anywhere.
"""

import contextlib
import html
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ..tables import EXERCISES, RENAMED, Exercise, Proof
from .texts import texts

DEEDS = ("proved", "implemented", "checked")
SEED = "seed"  # kept with the exercises, as a list too: so it travels with "Save my work"
_session = {}  # where nothing can be written, the seed lasts as long as Python


def place():
    """The file in which progress is kept."""
    if os.environ.get("GRADIENTS_PROGRESS"):
        return Path(os.environ["GRADIENTS_PROGRESS"])
    home = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(home or os.path.expanduser("~/.local/share")) / "gradients-by-hand/progress.json"


def load():
    """{exercise: [deeds]}; an unreadable file counts as empty and is left for inspection."""
    kept = _read()
    return {n: [d for d in deeds if d in DEEDS] for n, deeds in kept.items() if n != SEED}


def note(name, deed):
    """Keep that this exercise was done. A disk that can't be written to is no reason to stop."""
    kept = _read()
    done = [d for d in kept.get(name, []) if d in DEEDS]
    if deed not in done:
        _write(kept | {name: [*done, deed]})


def own_seed():
    """The seed of this reader's drills: drawn once and kept, or GRADIENTS_SEED if that is set."""
    if os.environ.get("GRADIENTS_SEED"):
        return os.environ["GRADIENTS_SEED"]
    kept = _read()
    for seed in kept.get(SEED, []):
        if type(seed) is int:
            return seed
    seed = _session.setdefault(SEED, secrets.randbelow(10**6))
    _write(kept | {SEED: [seed]})
    return seed


def _read():
    try:
        kept = json.loads(place().read_text("utf-8"))
        lists = {name: one for name, one in kept.items() if isinstance(one, list)}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    before = {new: lists.pop(old) for old, new in RENAMED.items() if old in lists}
    return lists | {name: lists.get(name, []) + done for name, done in before.items()}


def _write(kept):
    unreadable = not _read() and place().exists()
    with contextlib.suppress(OSError):
        place().parent.mkdir(parents=True, exist_ok=True)
        if unreadable:
            os.replace(place(), place().with_suffix(".damaged"))
        new = place().with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1, sort_keys=True), "utf-8")
        os.replace(new, place())


@dataclass(frozen=True)
class Progress:
    """A table of the exercises and what of each has been done."""

    done: dict

    def rows(self):
        """(name, {deed: True, False, or None where it is not asked for}), in the book's order."""
        listed = [name for name in texts() if name in EXERCISES]
        for name in dict.fromkeys([*listed, *EXERCISES]):
            asked = possible(EXERCISES[name])
            deeds = self.done.get(name, [])
            if deeds or name in texts():
                yield (
                    name,
                    {d: True if d in deeds else False if d in asked else None for d in DEEDS},
                )

    def pages(self):
        """(page, how many of its exercises something was done about, how many it has)."""
        pages = {}
        for name, marks in self.rows():
            pages.setdefault(name.split(".")[0], []).append(any(marks.values()))
        return [(page, sum(done), len(done)) for page, done in pages.items()]

    def __str__(self):
        bars = [
            f"{page:16}{'█' * done}{'·' * (count - done)} {done} of {count}"
            for page, done, count in self.pages()
        ]
        lines = [f"{'':24}" + "".join(f"{deed:13}" for deed in DEEDS)]
        lines += [
            f"{name:24}" + "".join(f"{MARKS[m]:13}" for m in marks.values())
            for name, marks in self.rows()
        ]
        return "\n".join([self.headline, *bars, *(line.rstrip() for line in lines)])

    __repr__ = __str__

    @property
    def headline(self):
        """How many of each."""
        marks = [marks for _, marks in self.rows()]
        return ", ".join(f"{sum(m[d] is True for m in marks)} {d}" for d in DEEDS)

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{deed}</th>' for deed in ("exercise", *DEEDS))
        body = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{MARKS[m]}</td>" for m in marks.values())
            + "</tr>"
            for name, marks in self.rows()
        )
        bars = "".join(
            f'<tr><th scope="row">{page}</th><td><progress aria-label="{page}" value="{done}" '
            f'max="{count}"></progress></td><td>{done} of {count}</td></tr>'
            for page, done, count in self.pages()
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        each = f"<details><summary>Each exercise</summary>{table}</details>"
        return f"<p>{self.headline}</p><table><tbody>{bars}</tbody></table>{each}"


MARKS = {True: "✓", False: "·", None: ""}


def possible(exercise):
    """What can be done about an exercise: gradients can be proved and measured, too."""
    if isinstance(exercise, Proof):
        return ("proved",)
    if not isinstance(exercise, Exercise):
        return ("checked",)
    if exercise.kind == "layer":
        return ("implemented", "checked")
    gradient = exercise.returns[-1].symbol.startswith("∂L")
    return DEEDS if gradient else ("implemented",)


def progress():
    """Show which gradients have been proved, implemented and checked on this machine."""
    return Progress(load())
