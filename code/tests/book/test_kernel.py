"""The kernel of a page, without the page: what it tells of a cell, and which names a cell needs."""

import importlib
import io
import sys
import time
import zipfile

import pytest
from book.runtime.kernel import ENOUGH, Kernel, NotHere, Unpacker
from book.runtime.names import defined_and_needed, files_for


@pytest.fixture
def told():
    return []


@pytest.fixture
def run(told, monkeypatch):
    """Runs a cell and returns what was told of it."""
    monkeypatch.delenv("GRADIENTS_PROGRESS", raising=False)
    kernel = Kernel(lambda kind, data: told.append((kind, data)))

    def run(code, title="cell 3"):
        told.clear()
        ended = kernel.run(code, title)
        assert ended == all(kind != "error" for kind, _ in told)
        return told

    return run


def printed(told):
    return "".join(data for kind, data in told if kind == "stream")


def shown(told):
    return [data for kind, data in told if kind == "show"]


def test_the_last_expression_is_shown(run):
    assert shown(run("a = 6\na * 7"))[0]["text/plain"] == "42"
    assert shown(run("a"))[0]["text/plain"] == "6"
    assert shown(run("a * 7;")) == []
    assert shown(run("b = 1")) == []
    assert shown(run("None")) == []
    assert run("") == []


def test_what_is_printed_comes_before_what_is_shown(run):
    kinds = [kind for kind, _ in run("print('first', end='')\n'second'")]
    assert kinds == ["stream", "show"]


def test_printing_line_by_line_is_told_at_once_and_in_order(run):
    found = run("import sys\nfor k in range(5):\n    print(k, k)\nprint('e', file=sys.stderr)")
    assert printed(found) == "0 0\n1 1\n2 2\n3 3\n4 4\ne\n"
    assert len(found) >= 5


def test_too_much_is_cut_and_said(run):
    found = run(f"for k in range({ENOUGH}):\n    print(k)")
    assert ENOUGH < len(printed(found)) < ENOUGH + 100
    assert printed(found).endswith("… more than this is not shown.\n")
    assert printed(run("print(1)")) == "1\n"  # the next cell starts anew
    assert len(found) < 1000


def test_rich_values(run):
    class_ = (
        "class T:\n def _repr_html_(self): return '<b>x</b>'\n def __repr__(self): return 'T'\n"
    )
    assert (
        shown(run(class_ + "T()"))[0].items()
        >= {"text/html": "<b>x</b>", "text/plain": "T"}.items()
    )
    assert set(shown(run("T"))[0]) == {"text/plain", "id"}  # the class itself is not rich
    assert shown(run("import sympy\nsympy.sqrt(2)"))[0]["text/latex"] == r"$\displaystyle \sqrt{2}$"
    broken = "class B:\n    def _repr_html_(self): 1 / 0\n    def __repr__(self): return 'B'\nB()"
    assert shown(run(broken))[0]["text/plain"] == "B"


def test_display_shows_and_shows_again_in_the_same_place(run):
    first, second, third = shown(run("h = display(1, display_id=True)\nh.update(2)\ndisplay(3)"))
    assert [one["text/plain"] for one in (first, second, third)] == ["1", "2", "3"]
    assert first["id"] == second["id"] != third["id"]


def test_an_error_in_the_words_of_the_cells(run):
    run("def half(x):\n    return x / 0", "cell 2")
    ((kind, data),) = run("y = 1\nhalf(y)")
    assert kind == "error"
    assert data["short"].splitlines() == [
        "In this cell, line 2:", "    half(y)",
        "In cell 2, line 2, in half:", "    return x / 0",
        "ZeroDivisionError: division by zero",
    ]  # fmt: skip
    assert "Traceback" in data["whole"]


def test_an_exception_that_has_more_to_show_shows_it_below_its_words(run):
    code = """
class Refused(ValueError):
    def _repr_latex_(self):
        return "$x$"
raise Refused("no")"""
    (error, words), (show, what) = run(code)
    assert (error, show) == ("error", "show")
    assert words["short"].endswith("Refused: no")
    assert what["text/latex"] == "$x$"
    assert "text/plain" not in what
    assert [kind for kind, _ in run("1 / 0")] == ["error"]


def test_a_syntax_error_shows_its_place(run):
    ((_, data),) = run("x = 1\ny = = 2")
    assert "y = = 2" in data["short"]
    assert "^" in data["short"]
    assert "line 2" in data["short"]


@pytest.mark.parametrize(
    "code", ["raise SystemExit", "exit()", "raise KeyboardInterrupt", "input()"]
)
def test_nothing_ends_the_kernel(run, code):
    assert run(code)[-1][0] == "error"
    assert printed(run("print('alive')")) == "alive\n"


def test_recursion_without_end_is_told_briefly(run):
    ((_, data),) = run("def f(n):\n    return f(n + 1)\nf(0)")
    assert data["short"].endswith("RecursionError: maximum recursion depth exceeded")
    assert len(data["short"]) < 500


def test_figures_of_pyplot_are_shown_once(run):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 4]); plt.title('Squares')"
    pictures = [one for one in shown(run(code)) if "image/svg+xml" in one]
    assert [one["label"] for one in pictures] == ["Squares"]
    assert pictures[0]["image/svg+xml"].startswith('<svg role="img"')
    assert shown(run("1;")) == []


def test_progress_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIENTS_PROGRESS", str(tmp_path / "progress.json"))
    assert run("pass") == []
    (tmp_path / "progress.json").write_text("{}")
    assert run("pass") == [("progress", "{}")]


@pytest.mark.parametrize(
    ("code", "defines", "needs"),
    [
        ("x = 1", "x", ""),
        ("x = y", "x", "y"),
        ("x = x + 1", "x", "x"),
        ("x = 1\nx += 1\nprint(x)", "x", ""),
        ("def f(a):\n    b = a + c\n    return b", "f", "c"),
        ("def f(n):\n    return f(n - 1)", "f", ""),
        ("class A(B):\n    def m(self):\n        return g(self)", "A", "B g"),
        ("import numpy as np\nnp.ones(2)", "np", ""),
        ("from a.b import c, d as e", "c e", ""),
        ("[k for k in xs]", "", "xs"),
        ("f = lambda t: t + s", "f", "s"),
        ("a, (b, c) = z", "a b c", "z"),
        ("with open('f') as file:\n    text = file.read()", "file text", "file"),
        ("for", "", ""),
        ("del_ = 1\nobject.name = 2", "del_", ""),
    ],
)
def test_names(code, defines, needs):
    assert defined_and_needed(code) == (set(defines.split()), set(needs.split()))


def test_names_behind_a_star():
    defines, _ = defined_and_needed("from backprop.derivation import *")
    assert {"Derivation", "Sum", "array"} <= defines


@pytest.fixture
def wheel(tmp_path):
    """An archive of a package, not unpacked yet, and the folder for it."""
    path = tmp_path / "soonhere.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("soonhere/__init__.py", "from .inner import x\n")
        archive.writestr("soonhere/inner.py", "x = 42\n")
    folder = tmp_path / "site"
    folder.mkdir()
    return path, folder


def import_by(unpacker, folder, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("soonhere")]:
        del sys.modules[name]
    monkeypatch.setattr(sys, "meta_path", [unpacker, *sys.meta_path])
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return importlib.import_module("soonhere")


NEEDED = {"soonhere": ["soonhere.whl"], "notyet": ["soonhere.whl"]}
NEEDED |= {"soonhere.inner": ["more.whl", "soonhere.whl"]}


def test_an_import_of_what_is_not_here_says_which_files_it_needs(wheel, monkeypatch):
    path, folder = wheel
    unpacker = Unpacker(NEEDED)
    unpacker.find_spec("another")
    with pytest.raises(NotHere) as found:
        import_by(unpacker, folder, monkeypatch)
    assert found.value.files == ["soonhere.whl"]
    unpacker.here.add("more.whl")
    unpacker.take(str(path), str(folder))
    assert import_by(unpacker, folder, monkeypatch).x == 42
    assert not path.exists()


@pytest.mark.parametrize(
    ("code", "again"), [("{}", True), ("print(1)\n{}", False), ("display(1)\n{}", False)]
)
def test_a_cell_runs_again_for_a_file_unless_it_has_shown_something(code, again, told, monkeypatch):
    monkeypatch.delenv("GRADIENTS_PROGRESS", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Unpacker(NEEDED), *sys.meta_path])
    kernel = Kernel(lambda kind, data: told.append((kind, data)))
    trying = "try:\n    import notyet\nexcept Exception:\n    pass"  # the file is to come
    ended = kernel.run(code.format(trying), "cell 1")
    assert ended == {"missing": ["soonhere.whl"], "again": again}
    assert [kind for kind, _ in told if kind == "error"] == ([] if again else ["error"])


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import soonhere", "soonhere.whl"),
        ("def f():\n    from soonhere import inner", "more.whl soonhere.whl"),
        ("from soonhere.inner import x", "more.whl soonhere.whl"),
        ("import importlib\nimportlib.import_module('soonhere.inner')", "more.whl soonhere.whl"),
        ("data = lib.load_it()", "data.zip"),
        ("print('soonhere')\nimport another", ""),
        ("for", ""),
    ],
)
def test_files_are_foreseen(code, files):
    assert files_for(code, NEEDED | {"load_it": ["data.zip"]}) == set(files.split())


def test_what_was_compiled_is_used_again(wheel, monkeypatch, tmp_path):
    path, folder = wheel
    copy = tmp_path / "copy.whl"
    copy.write_bytes(path.read_bytes())
    first = Unpacker({})
    first.take(str(path), str(folder))
    import_by(first, folder, monkeypatch)
    compiled = tmp_path / "compiled.zip"
    compiled.write_bytes(first.kept())
    assert first.kept() == b""  # nothing new since
    for one in sorted(folder.rglob("*"), reverse=True):
        one.unlink() if one.is_file() else one.rmdir()
    second = Unpacker({}, str(compiled))
    assert second.kept() == b""  # what a page does not need is not lost
    second.take(str(copy), str(folder))
    (cached,) = folder.rglob("inner.*.pyc")
    made = cached.stat().st_mtime_ns
    time.sleep(0.02)
    assert import_by(second, folder, monkeypatch).x == 42
    assert cached.stat().st_mtime_ns == made  # it was valid: Python did not write it again


def test_what_was_compiled_before_stays_beside_what_is_new(wheel, monkeypatch, tmp_path):
    path, folder = wheel
    before = tmp_path / "compiled.zip"
    with zipfile.ZipFile(before, "w") as archive:
        archive.writestr("lib/old.pyc", b"old")
    unpacker = Unpacker({}, str(before))
    unpacker.take(str(path), str(folder))
    import_by(unpacker, folder, monkeypatch)
    names = zipfile.ZipFile(io.BytesIO(unpacker.kept())).namelist()
    assert "lib/old.pyc" in names
    assert any("inner" in name for name in names)
