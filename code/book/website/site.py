"""What the built pages need beside Sphinx's output, so that they run their cells.

Written into the site:

    page/             the scripts of the pages, from code/book/runtime
    page/cells/       for each chapter its cells: code, what they define and need (names.py)
    page/exercises.json   the names of the exercises, by page
    page/files.json   what a kernel is made of, with sizes
    page/book.zip     the library, chapters, and what of the data a page can carry

Pyodide itself is in vendor/pyodide (pyodide.py), which Sphinx copies as it is.
"""

import hashlib
import io
import json
from functools import cache

import numpy as np
from backprop.exercises import tables

from .. import ROOT
from ..chapters.chapter import Chapter, names, place
from ..chapters.texts import all_exercises
from ..fingerprint import fingerprint
from ..notebooks import archive
from ..runtime import pyodide
from ..runtime.names import defined_and_needed
from .policy import RUNTIME, frame

SCRIPTS = ["run.css", "worker.js", "kernel.py", "names.py"]
PARTS = ["tools", "store", "output", "cell", "python", "yours", "run"]  # of run.js, in this order
# What cells read. All of Fashion-MNIST would be 30 MB: a part of it goes along.
DATA = ["digits.npz", "published_results.csv", "fashion_runs.json", "bench.json"]
DATA += ["student_mistakes.csv", "LICENSE-digits", "LICENSE-fashion-mnist"]
FASHION = "code/data/fashion_mnist.npz"
TABLES = "code/backprop/exercises/tables"


def write(site):
    """Write the folder `page` of the site."""
    folder = site / "page"
    for name in names():
        if cells := cells_of(name):
            path = folder / f"cells/{place(name)}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(cells, ensure_ascii=False), "utf-8")
    for script in SCRIPTS:
        (folder / script).write_bytes((RUNTIME / script).read_bytes())
    (folder / "run.js").write_text(joined(), "utf-8")
    (folder / "exercises.json").write_text(json.dumps(_exercises()), "utf-8")
    (folder / "frame.html").write_text(frame(), "utf-8")
    archive.write(folder / "book.zip", _book())
    (folder / "files.json").write_text(json.dumps(_files(site), indent=1), "utf-8")


def _exercises():
    """{page: [its exercises]}: the list of pages shows how many are done."""
    pages = {}
    for name in all_exercises():
        pages.setdefault(name.split(".")[0], []).append(name)
    return pages


def joined():
    """The script of a page with cells: one file, whose parts see each other and nobody sees them.

    Modules would be the way, but a page that is opened as a file could not load them, and say why
    nothing runs.
    """
    parts = [(RUNTIME / f"page/{part}.js").read_text("utf-8") for part in PARTS]
    return "\n".join(['"use strict";', "(() => {", *parts, "})();", ""])


@cache
def cells_of(name):
    """The code cells of a page as it is shown, in order; [] for what is no page of the book."""
    return [_entry(cell) for cell in Chapter.read(name).shown().cells] if name in names() else []


def _entry(cell):
    defines, needs = defined_and_needed(cell.code)
    return {
        "code": cell.code.rstrip("\n"),
        "hidden": "remove-cell" in cell.tags,  # not on the page at all
        "raises": "raises-exception" in cell.tags,
        "solution": cell.in_solution,
        "defines": sorted(defines),
        "needs": sorted(needs),
    }


def _book():
    """{path: bytes} of what cells import and read, laid out as in the repository."""
    files = archive.library() | archive.read(ROOT / "code/data" / name for name in DATA)
    files = {name: data for name, data in files.items() if not name.endswith(".toml")}
    files[f"{TABLES}/{tables.MADE}"] = json.dumps(tables.tables(), ensure_ascii=False).encode()
    for name in names():
        files[f"{place(name)}.md"] = Chapter.read(name).shown().text.encode()
    return files | {"code/data/fashion_mnist_part.npz": part_of_fashion()}


def part_of_fashion():
    """The first 5,000 images to train on and 1,000 to test on, of 60,000 and 10,000, as .npz.

    To compress them takes seconds, so they are kept from one build to the next.
    """
    kept = ROOT / f"_build/fashion_part-{fingerprint(FASHION)}.npz"
    if not kept.is_file():
        data = np.load(ROOT / FASHION)
        part = {name: data[name][: 5000 if "train" in name else 1000] for name in data.files}
        out = io.BytesIO()
        np.savez_compressed(out, **part)
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(out.getvalue())
    return kept.read_bytes()


def _files(site):
    """Where the files of a kernel are, and which archives hold which module."""
    archives = {"backprop": ["book.zip"], "book": ["book.zip"], **pyodide.wheels()}
    paths = {name: f"pyodide/{pyodide.kept_as(name).name}" for name in pyodide.CORE}
    paths |= {name: f"pyodide/{name}" for names in pyodide.wheels().values() for name in names}
    paths |= {name: f"page/{name}" for name in ("book.zip", "worker.js", "kernel.py", "names.py")}
    files = [
        {"name": name, "path": path, "bytes": (site / path).stat().st_size}
        for name, path in paths.items()
    ]
    contents = b"".join((site / path).read_bytes() for path in paths.values())
    version = hashlib.sha256(contents).hexdigest()[:12]
    return {"files": files, "archives": archives, "version": version}
