"""The tables of mistakes are data: what is not of their form is refused, with its place."""

import ast

import pytest
from backprop.exercises import tables
from backprop.exercises.tables import EXERCISES, QUANTITIES, TableError, parsed, read_all
from book import ROOT
from book.chapters.chapter import names
from book.website import site

FOLDER = ROOT / "code/backprop/exercises/tables"
GOOD = """
["linear.dX"]
symbol = "∂L/∂X"
takes = {dY = "S N", W = "N M"}
shape = "S M"
formula = "dY @ W"
section = "The input gradient"
mistakes = [
  ["missing-transpose", "dY @ W.T", "dY.T @ W",
   "A transpose too many."],
  ["upstream-missing", "W",
   "This is W alone."],
]

["linear.backward"]
takes = "dY W"
returns = "linear.dX"

["linear.proof"]
target = "∂L/∂X_ab"
given = ["∂L/∂Y"]

["linear.break"]
error = "WrongStep"
"""


def test_a_table_is_read():
    quantities, exercises = read_all({"linear": parsed(GOOD, "linear")})
    assert [*quantities] == ["linear.dX"]
    assert [*exercises] == ["linear.dX", "linear.backward", "linear.proof", "linear.break"]
    first = quantities["linear.dX"].mistakes[0]
    assert (first.code, first.formulas) == ("missing-transpose", ("dY @ W.T", "dY.T @ W"))
    assert exercises["linear.backward"].returns == (quantities["linear.dX"],)
    assert exercises["linear.proof"].given == ("∂L/∂Y",)


# (what stands there, what is planted in its place, the place that the error names, what it says)
PLANTED = {
    "no TOML": ('symbol = "∂L/∂X"', "symbol = ∂L/∂X", "linear.toml:", "line 3"),
    "an unknown field": ("shape =", "shapes =", "linear.toml, linear.dX", "no field 'shapes'"),
    "a field is missing": ('shape = "S M"\n', "", "linear.toml, linear.dX", "'shape' is missing"),
    "no kind": ("returns =", "gives =", "linear.toml, linear.backward", "one of the fields"),
    "two kinds": ("error =", 'target = "x"\nerror =', "linear.toml, linear.break", "one of the"),
    "no entry": ('["linear.break"]\nerror', "error", "linear.toml, linear.proof", "one of the"),
    "a number for a text": ('"S M"', "2", "linear.dX, shape", "expected a text, got 2"),
    "no table": ('{dY = "S N", W = "N M"}', '"dY W"', "linear.dX, takes", "a table of texts"),
    "no name": ('{dY = "S N"', '{"d Y" = "S N"', "linear.dX, takes", "names = texts"),
    "an unknown code": (
        '"upstream-missing"', '"upstream-gone"', "linear.toml, linear.dX, mistakes[1]",
        "a code of the vocabulary, got 'upstream-gone'",
    ),
    "no sentence": (
        '"W",\n   "This is W alone."', '"W"', "linear.dX, mistakes[1]", "[code, formula, …"
    ),
    "an empty formula": ('"W",\n', '"",\n', "linear.dX, mistakes[1]", "[code, formula"),
    "a mistake in two": (
        '"upstream-missing", "W",', '["upstream-missing", "W"],', "linear.dX, mistakes[1]", "[code"
    ),
    "an unknown quantity": (
        '"linear.dX"\n', '"linear.dZ"\n', "linear.toml, linear.backward, returns",
        "names of quantities, got 'linear.dZ'",
    ),
    "an unknown input": (
        '"dY W"', '"dY V"', "linear.toml, linear.backward, takes", "inputs of linear.dX, got 'V'"
    ),
    "an unknown kind": (
        "returns =", 'kind = "class"\nreturns =', "linear.toml, linear.backward, kind",
        "function or layer, got 'class'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_error_is_refused_with_its_place(what):
    there, planted, place, says = PLANTED[what]
    assert there in GOOD
    with pytest.raises(TableError) as refused:
        read_all({"linear": parsed(GOOD.replace(there, planted), "linear")})
    assert place in str(refused.value)
    assert says in str(refused.value)


def test_one_name_is_one_entry():
    with pytest.raises(TableError, match=r"more\.toml, linear\.dX: linear\.toml has this name"):
        read_all({"linear": parsed(GOOD, "linear"), "more": parsed(GOOD, "more")})
    with pytest.raises(TableError, match="linear.toml: "):  # twice in one file
        parsed(GOOD + '["linear.break"]\nerror = "WrongStep"\n', "linear")


def test_the_folder_is_the_list():
    files = {path.stem for path in FOLDER.glob("*.toml")}
    assert {quantity.chapter for quantity in QUANTITIES.values()} <= files  # or lines are refused
    assert {exercise.chapter for exercise in EXERCISES.values()} == files
    assert files <= {*names()}


def test_every_table_says_for_which_chapter_it_is():
    for path in FOLDER.glob("*.toml"):
        assert path.read_text("utf-8").startswith("# "), path.name


def test_every_formula_is_python():
    for quantity in QUANTITIES.values():
        wrong = [formula for mistake in quantity.mistakes for formula in mistake.formulas]
        for formula in [quantity.formula, quantity.exact or "0", *quantity.where.values(), *wrong]:
            ast.parse(formula, mode="eval")


def test_mistakes_are_shown_once():
    for quantity in QUANTITIES.values():
        formulas = [formula for mistake in quantity.mistakes for formula in mistake.formulas]
        assert len(formulas) == len(set(formulas)), quantity.name


def test_the_page_has_the_same_tables_as_json(tmp_path, monkeypatch):
    files = site._book()
    assert not [name for name in files if "/tables/" in name and name.endswith(".toml")]
    made = tmp_path / tables.MADE
    made.write_bytes(files[f"code/backprop/exercises/tables/{tables.MADE}"])
    before = tables.tables()
    monkeypatch.setattr(tables.resources, "files", lambda package: tmp_path)
    assert tables.tables() == before
