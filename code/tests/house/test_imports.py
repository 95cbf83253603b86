"""No circle of imports in code/, and every arrow leads down: a folder says what may call a file."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from book import ROOT

CODE = ROOT / "code"
HOUSES = ["backprop", "book", "bench", "tests/support"]

# From the ground up: each room imports only from those that stand before it in its line.
FLOORS = {
    "": ["backprop", "book", "bench", "tests"],
    "backprop.derivation": (
        "errors misuse nodes language premises judges printing steps finding".split()
    ),
    "backprop.exercises": "vocabulary tables formulas further cards diagnosis telling drilling "
    "drills trying checking".split(),
    "book": "chromium fingerprint settings chapters runtime notebooks website paper audit build "
    "new".split(),
}


def modules(code):
    """{name: path} of all modules below these houses."""
    paths = [path for house in HOUSES for path in (code / house).rglob("*.py")]
    return {name_of(path.relative_to(code)): path for path in paths}


def name_of(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(name, path, known):
    """The modules that one imports, at the top or late; a late one not if a comment says why."""
    lines = path.read_text("utf-8").splitlines()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for part in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(part, ast.Import):
            wanted = [one.name for one in part.names]
        elif isinstance(part, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - part.level + 1]
            base = ".".join([*above, *filter(None, [part.module])]) if part.level else part.module
            inner = [f"{base}.{one.name}" for one in part.names]
            wanted = [one if one in known else base for one in inner]
        else:
            continue
        # Above a late import, or behind it, a comment may say why it is late.
        said = part.col_offset and any("#" in line for line in lines[part.lineno - 2 : part.lineno])
        if not said:
            yield from (one for one in wanted if one in known and one != name)


def arrows(code):
    """{module: the modules that it imports}."""
    known = modules(code)
    return {name: {*imports(name, path, known)} for name, path in known.items()}


def circle(graph):
    """A circle of imports, as a list; [] if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def upward(graph):
    """The arrows that lead from a room to one that does not stand before it."""
    for name, wanted in graph.items():
        for house, floors in FLOORS.items():
            here, *there = (room(one, house, floors) for one in [name, *wanted])
            for target, floor in zip(wanted, there, strict=True):
                if here is not None and floor is not None and floor > here:
                    yield f"{name} → {target}"


def room(name, house, floors):
    """The floor of a module in a house, None if it is not in a room of it."""
    inside = name.removeprefix(f"{house}.") if house else name
    first = inside.split(".")[0]
    known = name.startswith(f"{house}.") if house else True
    return floors.index(first) if known and first in floors else None


def test_there_is_no_circle():
    assert len(modules(CODE)) > 100
    assert circle(arrows(CODE)) == []


def test_every_arrow_leads_down():
    assert [*upward(arrows(CODE))] == []


@pytest.mark.parametrize("house", [house for house in FLOORS if house])
def test_every_room_has_its_floor(house):
    folder = CODE / house.replace(".", "/")
    rooms = {path.stem for path in folder.glob("*.py")}
    rooms |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert rooms - {"__init__", *FLOORS[house]} <= {"ipython_config"}


# The test, tested.


@pytest.fixture
def planted(tmp_path):
    """A function that writes modules {path: text} into a copy of nothing, and gives its arrows."""

    def write(files):
        for name, text in files.items():
            path = Path(tmp_path, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return arrows(tmp_path)

    return write


LATE = "def f():\n    from .one import x\n"
WHY = "def f():\n    from .one import x  # late: one takes a while\n"
CIRCLES = {
    "at the top": ({"one.py": "from .two import y", "two.py": "from . import one"}, True),
    "in a function": ({"one.py": "from .two import y", "two.py": LATE}, True),
    "in a function, with a reason": ({"one.py": "from .two import y", "two.py": WHY}, False),
    "by its full name": ({"one.py": "import backprop.two", "two.py": "import backprop.one"}, True),
    "none": ({"one.py": "from .two import y", "two.py": "import numpy"}, False),
}  # fmt: skip


@pytest.mark.parametrize("kind", CIRCLES)
def test_a_planted_circle_is_found(kind, planted):
    files, expected = CIRCLES[kind]
    found = circle(planted({f"backprop/{name}": text for name, text in files.items()}))
    assert bool(found) == expected, found


def test_a_planted_arrow_upwards_is_found(planted):
    graph = planted({
        "backprop/derivation/nodes.py": "def f():\n    from .printing import page\n",
        "backprop/derivation/printing/page.py": "from .. import nodes",
        "backprop/linear.py": "import book.build",
        "book/build.py": "from backprop import linear",
    })  # fmt: skip
    assert {*upward(graph)} == {
        "backprop.derivation.nodes → backprop.derivation.printing.page",
        "backprop.linear → book.build",
    }
