"""What the built pages need beside Sphinx's output, so that they run their cells.

A Sphinx extension: after each build it writes into the site

    page/             the scripts of the pages, from code/book/page
    page/cells/       for each chapter its cells: code, what they define and need (names.py)
    page/files.json   what a kernel is made of, with sizes
    page/book.zip     the library, chapters, and what of the data a page can carry

Pyodide itself is in vendor/pyodide (pyodide.py), which Sphinx copies as it is.
"""

import hashlib
import io
import json
import re
from functools import cache
from pathlib import Path

import jupytext
import numpy as np

from . import archive, exercises, pyodide
from .page.names import defined_and_needed

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(__file__).resolve().parent / "page"
# What cells read. All of Fashion-MNIST would be 30 MB: a part of it goes along.
DATA = ["digits.npz", "published_results.csv", "fashion_runs.json", "bench.json"]
DATA += ["LICENSE-digits", "LICENSE-fashion-mnist"]


def setup(app):
    """Sphinx calls this."""
    app.connect("html-page-context", _with_scripts)
    app.connect("build-finished", _complete)
    return {"version": "1", "parallel_read_safe": True}


def _with_scripts(app, name, template, context, doctree):
    """Pages with cells load the script that runs them."""
    if doctree is not None and cells_of(name):
        app.add_js_file("../page/run.js", loading_method="defer", **{"data-page": name})
        app.add_css_file("../page/run.css")


def _complete(app, error):
    if error is None and app.builder.name == "html":
        write(Path(app.outdir), app.env.found_docs)


def write(site, names):
    """Write the folder `page` of the site; `names` are those of its pages."""
    folder = site / "page"
    for name in names:
        if cells := cells_of(name):
            path = folder / f"cells/{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(cells, ensure_ascii=False), "utf-8")
    for script in PAGE.glob("*.*"):
        (folder / script.name).write_bytes(script.read_bytes())
    archive.write(folder / "book.zip", _book())
    (folder / "files.json").write_text(json.dumps(_files(site), indent=1), "utf-8")


@cache
def cells_of(name):
    """The code cells of a page as it is shown, in order."""
    path = ROOT / f"{name}.md"
    if not path.exists() or "```{code-cell}" not in (text := path.read_text("utf-8")):
        return []
    cells, in_solution = [], False
    for cell in jupytext.reads(exercises.page(text), fmt="md:myst").cells:
        if cell.cell_type == "markdown":
            marks = re.findall(r"^```\{solution-(start|end)\}", cell.source, re.M)
            in_solution = marks[-1] == "start" if marks else in_solution
        elif cell.cell_type == "code":
            cells.append(_entry(cell.source, cell.metadata.get("tags", []), in_solution))
    return cells


def _entry(code, tags, in_solution):
    defines, needs = defined_and_needed(code)
    return {
        "code": code,
        "hidden": "remove-cell" in tags,  # not on the page at all
        "raises": "raises-exception" in tags,
        "solution": in_solution,
        "defines": sorted(defines),
        "needs": sorted(needs),
    }


def _book():
    """{path: bytes} of what cells import and read, laid out as in the repository."""
    files = archive.library() | archive.read(ROOT / "code/data" / name for name in DATA)
    for chapter in (ROOT / "chapters").glob("*.md"):
        files[f"chapters/{chapter.name}"] = exercises.page(chapter.read_text("utf-8")).encode()
    return files | {"code/data/fashion_mnist_part.npz": _part_of_fashion()}


def _part_of_fashion():
    """The first 5,000 pictures to train on and 1,000 to test on, of 60,000 and 10,000."""
    data = np.load(ROOT / "code/data/fashion_mnist.npz")
    part = {name: data[name][: 5000 if "train" in name else 1000] for name in data.files}
    out = io.BytesIO()
    np.savez_compressed(out, **part)
    return out.getvalue()


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
