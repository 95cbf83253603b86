"""The folder of `make lab`: the students' notebooks, renewed without ever touching their work.

`python -m book.notebooks.lab FOLDER` writes the notebook of each page into FOLDER. A notebook that
is there already is renewed, if its cells are still those that were written. One that was edited or
run stays as it is; when its chapter has changed, the new version is put beside it, as
linear-2.ipynb.
"""

import hashlib
import json
import os
import sys
from itertools import count
from pathlib import Path

import nbformat

from ..chapters.chapter import order
from . import editions

# In the folder: {file: fingerprint of the last version that was written there or put beside it}.
LIST = ".made.json"


def renew(folder):
    """Write the notebooks of all pages into the folder; return a line for each put beside.

    A file is replaced in one step, and the list is written last. So after a crash no file is half
    written, and at worst an untouched notebook is taken for an edited one.
    """
    folder, told = Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    made = _made(folder)
    for name in order():
        text = editions.as_text(editions.notebook(name))
        own, new = folder / f"{name}.ipynb", fingerprint(text)
        if _free(own, made, new):
            _put(own, text, new)
        elif made.get(own.name) != new:
            beside = (folder / f"{name}-{number}.ipynb" for number in count(2))
            place = next(one for one in beside if _free(one, made, new))
            _put(place, text, new)
            made[place.name] = new
            told.append(f"{own.name} has your work, so the new version is beside it: {place.name}")
        made[own.name] = new
    _replace(folder / LIST, json.dumps(made, indent=1, sort_keys=True) + "\n")
    return told


def fingerprint(text):
    """A hash of what one writes and computes in a notebook; "" if it can't be read.

    That a cell was folded, or that JupyterLab noted which kernel runs, is nobody's work.
    """
    try:
        cells = nbformat.reads(text, as_version=4).cells
    except Exception:  # whatever a damaged file raises: it is not what was written
        return ""
    kept = [
        (cell.cell_type, cell.source, cell.get("outputs", []), cell.get("attachments", {}))
        for cell in cells
    ]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _free(place, made, new):
    """Whether a notebook may be written there: nothing is lost by it."""
    return not place.exists() or _now(place) in (new, made.get(place.name))


def _put(place, text, new):
    if not place.exists() or _now(place) != new:
        _replace(place, text)


def _now(place):
    return fingerprint(place.read_text("utf-8", errors="replace"))


def _made(folder):
    """The list, or an empty one if it can't be read: then all that differs counts as edited."""
    try:
        made = json.loads((folder / LIST).read_text("utf-8"))
        return {str(name): str(value) for name, value in made.items() if value}
    except (OSError, ValueError, AttributeError):
        return {}


def _replace(place, text):
    new = place.with_name(f".{place.name}.new")
    new.write_text(text, "utf-8")
    os.replace(new, place)


def main(folder):
    for line in renew(folder):
        print(line)
    print(f"The notebooks are in {folder}; what you change there is never overwritten.")


if __name__ == "__main__":
    main(sys.argv[1])
