"""What a cell needs is loaded, and no more: in a real browser, and in the files that are served."""

import gzip
import io
import json
import zipfile

import pytest
from book.runtime import pyodide
from book.website import foresight, light
from browser import HTML

pytestmark = pytest.mark.site

# A cell, and how many MB its first Run may load.
KINDS = {
    "numpy": ("initializers", "import numpy as np", 9.5),
    "derivation": ("softmax", "from backprop.derivation import *", 14),
    "figure": ("notation", "draw_graph", 16),
}
UNFORESEEN = "exec('import sympy as s')\ns.sqrt(8)"


def counted(page):
    """[address, bytes on the line] of each answer, as it comes, told by the browser itself."""
    found, addresses = [], {}
    told = page.context.new_cdp_session(page)
    told.send("Network.enable")
    told.on(
        "Network.responseReceived",
        lambda e: addresses.update({e["requestId"]: e["response"]["url"]}),
    )
    told.on(
        "Network.loadingFinished",
        lambda e: found.append((addresses.get(e["requestId"], ""), e["encodedDataLength"])),
    )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_run_loads_what_its_cell_needs(kind, reader):
    chapter, text, limit = KINDS[kind]
    at = reader(f"chapters/{chapter}")
    at.page.wait_for_load_state("networkidle")
    found = counted(at.page)
    cell = at.cell(text)
    assert at.run(cell).startswith("Done")
    assert 5 < sum(size for _, size in found) / 1e6 <= limit
    names = [address.rsplit("/", 1)[-1].split("-")[0] for address, _ in found]
    assert len(set(names)) == len(names)
    assert ("sympy" in names) == (kind == "derivation")
    assert ("matplotlib" in names) == (kind == "figure")
    assert "fashion.zip" not in names
    found.clear()
    assert at.run(cell).startswith("Done")
    assert found == []


def test_what_another_cell_needs_comes_when_it_runs_and_stays(reader):
    at = reader("chapters/initializers")
    cell = at.cell("import numpy as np")
    assert at.run(cell).startswith("Done")
    for code, file in [
        ("from backprop.derivation import *\nDerivation", "sympy"),
        ("import backprop\ndata = backprop.load_fashion_mnist()\nlen(data.X_test)", "fashion.zip"),
        ("def draw():\n    import matplotlib\n    return 3\ndraw()", "matplotlib"),
    ]:
        asked = lambda file=file: [url for url in at.requests if f"/{file}" in url]  # noqa: E731
        assert asked() == []
        at.write(cell, code)
        assert at.run(cell).startswith("Done")
        assert len(asked()) == 1


def test_an_import_that_nothing_foretells_works(reader):
    at = reader("chapters/initializers")
    cell = at.cell("import numpy as np")
    at.write(cell, UNFORESEEN)
    assert at.run(cell).startswith("Done")
    cell.locator(".run-output .math > math").wait_for()
    at.write(cell, "print('first')\nexec('import matplotlib as m')\nm.__name__")
    assert at.run(cell).startswith("Error")
    assert "run this cell again" in at.answer(cell)
    assert at.run(cell).startswith("Done")
    assert "'matplotlib'" in at.answer(cell)


@pytest.mark.parametrize("name", [*pyodide.CORE, *pyodide.all_wheels()])
def test_a_served_file_is_the_official_one_without_what_is_listed(name):
    listed = json.loads((HTML / "page/left-out.json").read_text("utf-8"))[name]
    path, content = light.served(name)
    assert (HTML / path).read_bytes() == content
    if not path.endswith((".whl.gz", ".zip.gz")):
        assert content == pyodide.kept_as(name).read_bytes()
        return
    whole = zipfile.ZipFile(io.BytesIO(pyodide.content(name)))
    served = zipfile.ZipFile(io.BytesIO(gzip.decompress(content)))
    assert sorted([*served.namelist(), *listed]) == sorted(whole.namelist())
    assert all(served.read(member) == whole.read(member) for member in served.namelist())
    assert not [member for member in listed if "LICENSE" in member.upper()]


def test_a_module_needs_what_it_imports_outside_its_functions():
    files = {
        "code/a/__init__.py": b"",
        "code/a/b.py": b"from .c import x\n\ndef f():\n    import big\n",
        "code/a/c/__init__.py": b"try:\n    import small\nexcept ImportError:\n    small = None\n",
        "code/a/d.py": b"from . import e",
        "code/a/e.py": b"class E:\n    from big import y\n",
        "code/data/table.csv": b"",
    }
    archives = {"a": ["book"], "small": ["small"], "big": ["big", "small"]}
    needed = foresight.needed(files, archives)
    assert needed["a"] == ["book"]
    assert needed["a.b"] == needed["a.c"] == ["book", "small"]
    assert needed["a.d"] == needed["a.e"] == ["big", "book", "small"]
    assert needed["big"] == ["big", "small"]
