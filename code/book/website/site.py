"""What the built pages need beside Sphinx's output, so that they run their cells.

Written into the site:

    page/             the scripts of the pages, from code/book/runtime
    page/cells/        for each chapter its cells: code, what they define and need (names.py)
    page/exercises.json  the names of the exercises, by page
    page/files.json    what a kernel is made of, with sizes, and which module needs which files
    page/book.zip      the library, chapters, and small data
    page/fashion.zip   the part of Fashion-MNIST that a page can carry
    page/novel.zip     the text of the GPT
    page/left-out.json what of Python and its packages no page is served
    pyodide/           Python and its packages, made smaller (light.py)
"""

import hashlib
import io
import json
from fnmatch import fnmatch
from functools import cache

import numpy as np
from backprop.exercises import tables

from .. import ROOT
from ..chapters.chapter import Chapter, names, place
from ..chapters.texts import all_exercises
from ..fingerprint import fingerprint
from ..notebooks import archive
from ..runtime import pyodide
from ..runtime.names import defined_and_needed, files_for
from . import foresight, light
from .policy import RUNTIME, frame

SCRIPTS = ["run.css", "steps.js", "asked.js", "worker.js", "kernel.py", "names.py"]
# The parts of run.js, in this order.
PARTS = ["tools", "store", "waiting", "files", "maths", "output", "cell", "python", "yours", "run"]
# What cells read. All of Fashion-MNIST would be 30 MB: a part of it goes along.
DATA = ["digits.npz", "published_results.csv", "fashion_runs.json", "bench.json"]
DATA += [
    "convnet_runs.json",
    "gpt_runs.json",
    "student_mistakes.csv",
    "LICENSE-digits",
    "LICENSE-fashion-mnist",
]
NOVEL = "code/data/pride_and_prejudice.npz"
FASHION, FASHION_PART = "code/data/fashion_mnist.npz", "code/data/fashion_mnist_part.npz"
TABLES = "code/backprop/exercises/tables"


def write(site):
    """Write the folders `page` and `pyodide` of the site."""
    folder = site / "page"
    for name in names():
        if cells := cells_of(name):
            put(folder / f"cells/{place(name)}.json", as_json(cells))
    for script in SCRIPTS:
        put(folder / script, (RUNTIME / script).read_bytes())
    put(folder / "run.js", joined().encode())
    put(folder / "exercises.json", as_json(_exercises()))
    put(folder / "frame.html", frame().encode())
    archive.write(folder / "book.zip", _book())
    archive.write(folder / "fashion.zip", {FASHION_PART: part_of_fashion()})
    archive.write(folder / "novel.zip", {NOVEL: (ROOT / NOVEL).read_bytes()})
    _python(site)
    put(folder / "files.json", as_json(_files(site), indent=1))


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def as_json(value, **how):
    return json.dumps(value, ensure_ascii=False, **how).encode()


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
        "files": sorted(files_for(cell.code, needed())),
    }


@cache
def needed():
    """{module or other word of a cell: the files that it needs}."""
    own = {"backprop": ["book.zip"], "book": ["book.zip"]}
    found = foresight.needed(archive.library(), own | pyodide.wheels())
    return found | {
        "load_fashion_mnist": ["fashion.zip"],
        "load_pride_and_prejudice": ["novel.zip"],
    }


@cache
def _book():
    """{path: bytes} of what cells import and read, laid out as in the repository."""
    files = archive.library() | archive.read(ROOT / "code/data" / name for name in DATA)
    files = {name: one for name, one in files.items() if not fnmatch(name, f"{TABLES}/*.toml")}
    files[f"{TABLES}/{tables.MADE}"] = json.dumps(tables.tables(), ensure_ascii=False).encode()
    for name in names():
        files[f"{place(name)}.md"] = Chapter.read(name).shown().text.encode()
    return files


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


def _python(site):
    """Python and its packages, as they are served, in place of what Sphinx has copied."""
    names = [*pyodide.CORE, *pyodide.all_wheels()]
    served = dict(light.served(name) for name in names)
    for path in set((site / "pyodide").glob("*")) - {site / path for path in served}:
        path.unlink()
    for path, content in served.items():
        put(site / path, content)
    left_out = {name: light.left_out(name) for name in names}
    put(site / "page/left-out.json", as_json(left_out, indent=1))


def _files(site):
    """The files of a kernel: those that Python itself is, and those that modules need."""
    core = {name: light.served(name)[0] for name in pyodide.CORE}
    core |= {name: f"page/{name}" for name in ("worker.js", "kernel.py", "names.py")}
    packages = {name: light.served(name)[0] for name in pyodide.all_wheels()}
    packages |= {name: f"page/{name}" for name in ("book.zip", "fashion.zip", "novel.zip")}
    files = [_file(site, name, path, "Python") for name, path in core.items()]
    files += [_file(site, name, path, _title(name)) for name, path in packages.items()]
    contents = b"".join((site / file["path"]).read_bytes() for file in files)
    version = hashlib.sha256(contents).hexdigest()[:12]
    return {"files": files, "needed": needed(), "version": version}


def _file(site, name, path, what):
    size = (site / path).stat().st_size
    return {"name": name, "path": path, "bytes": size, "what": what, "core": what == "Python"}


TITLES = {"numpy": "NumPy", "sympy": "SymPy", "mpmath": "SymPy", "tqdm": "the library"}
TITLES |= {"book.zip": "the library", "fashion.zip": "Fashion-MNIST"}
TITLES |= {"novel.zip": "Pride and Prejudice"}


def _title(name):
    """What a reader is told is loading; what matplotlib needs goes by its name."""
    return TITLES.get(name.split("-")[0], "matplotlib")
