"""Tests of the exercises: solutions pass, stubs are open, planted mistakes get their own name."""

import linecache
import re
from types import SimpleNamespace

import numpy as np
import planted
import pytest
from backprop import numerical_gradient
from backprop.exercises import check, hint, solution
from backprop.exercises.tables import EXERCISES, QUANTITIES, Exercise, Proof, Refusal
from backprop.exercises.trying.inputs import FIRST, SECOND, probes
from backprop.exercises.vocabulary import VOCABULARY
from book import ROOT
from book.chapters.chapter import Chapter
from book.chapters.stubs import BEGIN, END, solved, stub
from book.chapters.texts import FILE, all_exercises, as_json

TEXT = all_exercises()
CORE = ["gradcheck", "linear", "activations", "softmax", "losses", "network"]
CHECKED = [name for name, text in TEXT.items() if text.source]


# The chapters


def test_the_core_chapters_have_five_exercises_or_more_that_are_checked():
    for chapter in CORE:
        assert sum(name.split(".")[0] == chapter for name in CHECKED) >= 5, chapter


def test_every_exercise_has_three_hints_a_statement_and_a_solution():
    for text in TEXT.values():
        assert len(text.hints) == 3, text.name
        assert text.statement
        assert text.solution
        assert len(set(text.hints)) == 3


def test_every_checked_exercise_is_on_the_list_and_checks_itself():
    for name in CHECKED:
        assert name in EXERCISES, name
        assert re.search(rf'^check\("{re.escape(name)}", \w+\)$', TEXT[name].source, re.M), name


def test_hints_and_solutions_are_those_of_the_present_chapters():
    assert FILE.read_text("utf-8") == as_json(), "run `make texts`"


def test_stub_and_solution_share_every_line_outside_the_blanks():
    for name in CHECKED:
        source = TEXT[name].source
        parts = re.split(rf"^\s*{BEGIN}\n(.*?)^\s*{END}\n", source, flags=re.S | re.M)
        outside, blanks = parts[::2], parts[1::2]
        assert blanks, f"{name} has no blank"
        shown, rest = TEXT[name].stub, ""
        for piece in outside:
            before, found, rest = shown.partition(piece)
            assert found == piece, f"{name}: the stub lacks {piece!r}"
            shown = rest
        assert not rest.strip(), name


def test_a_stub_keeps_the_names_and_nothing_of_the_solution():
    inside = "    y = x.T @ (\n        x\n    )\n    z += 1\n"
    source = f"def f(x):\n    # your turn\n{inside}    # end\n    return y\n"
    assert stub(source) == "def f(x):\n    # your turn\n    y = ...\n    return y\n"
    assert solved(source).count("\n") == source.count("\n") - 2
    assert stub("# your turn\nfor i in x:\n    y = i\n# end\n") == "# your turn\n...\n"
    assert (
        stub("    # your turn\n    return a, b\n    # end\n") == "    # your turn\n    return ...\n"
    )
    with pytest.raises(ValueError, match="has no '# end'"):
        stub("# your turn\nx = 1\n")


def test_the_page_has_stubs_in_its_cells_and_solutions_in_their_places():
    text = Chapter.read("linear").text
    shown = Chapter.read("linear").shown().text
    assert END not in shown.split("\n")
    assert "{solution-code}" in text
    assert "{solution-code}" not in shown
    checked = [one for one in Chapter.read("linear").exercises.values() if one.source]
    assert len(checked) >= 8
    for one in checked:
        assert one.stub in shown
        assert solved(one.source).split("\n")[0] in shown


def run(source, names, title):
    """Run a cell as a notebook would; gives the report of the `check` in its last line."""
    linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
    before, last = source.rstrip().rpartition("\n")[::2]
    exec(compile(before, title, "exec"), names)
    return eval(compile(last, title, "eval"), names)


def shown(*values, display_id=None):
    """As in a notebook, where nobody looks."""
    return SimpleNamespace(update=shown) if display_id else None


@pytest.mark.slow
@pytest.mark.parametrize("chapter", sorted({name.split(".")[0] for name in CHECKED}))
def test_stubs_are_not_started_and_solutions_pass(chapter, capsys):
    names = {"display": shown}
    seen = 0
    for cell in Chapter.read(chapter).cells:
        source, tags = cell.code, cell.tags
        if "exercise" in tags:
            assert source.rstrip().splitlines()[-1].startswith("check("), source
            report = run(stub(source), names, f"<stub of {chapter}>")
            assert report.mistake == "not-started", report
            report = run(solved(source), names, f"<solution of {chapter}>")
            assert report.passed, report
            seen += 1
        elif "raises-exception" not in tags:
            with np.errstate(all="ignore"):  # some cells show what overflows
                exec(compile(source, f"<{chapter}>", "exec"), names)
    assert seen == sum(name.split(".")[0] == chapter for name in CHECKED)


# The tables


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_a_quantity_is_well_formed(quantity):
    headings = re.findall(
        r"^#+ (.+)$", (ROOT / f"chapters/{quantity.chapter}.md").read_text("utf-8"), re.M
    )
    assert quantity.section in headings
    for mistake in quantity.mistakes:
        assert mistake.code in VOCABULARY
        assert mistake.says.endswith((".", "?", "!", ".)", "?)")), mistake.says
        assert not re.search(r"\b(clearly|simply|obviously|easy to see)\b", mistake.says)


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=QUANTITIES)
def test_the_exact_formula_says_the_same_as_the_plain_one(quantity):
    inputs = planted.other_inputs(quantity, 1)
    plain, exact = (
        planted.value(quantity, f, inputs) for f in (quantity.formula, quantity.exact or "right")
    )
    if quantity.exact:
        np.testing.assert_allclose(plain, exact, rtol=1e-12, atol=1e-12)
    shape = [int(d) if d.isdigit() else FIRST[d] for d in quantity.shape.split()]
    assert plain.shape == tuple(shape)
    assert np.isfinite(plain.astype(float)).all()


@pytest.mark.parametrize("exercise", planted.FUNCTIONS.values(), ids=planted.FUNCTIONS)
def test_the_right_answer_is_finite_on_all_inputs_that_check_uses(exercise):
    for probe in probes(planted.takes(exercise)):
        for quantity in exercise.returns:
            formula = quantity.exact or quantity.formula
            found = planted.value(quantity, formula, probe.inputs)
            assert found is not None, quantity.name
            assert np.isfinite(found.astype(float)).all(), (quantity.name, probe.special)


def test_sizes_tell_mistakes_apart():
    for sizes in (FIRST, SECOND):
        assert len(set(sizes.values())) == len(sizes)
        assert min(sizes.values()) >= 2
    some = next(
        iter(probes({"X": "S M", "W": "N M", "b": "N", "dY": "S N", "T": "S labels", "Z": "S C"}))
    )
    assert all(some.inputs[n].all() for n in "XWbZ")
    assert some.inputs["dY"].std() > 0.1
    assert some.inputs["T"].max() == FIRST["C"] - 1
    assert some.inputs["T"].min() == 0


# Every gradient is measured on what it is a gradient of.


def is_gradient(quantity):
    return quantity.symbol.startswith("∂")


def test_every_gradient_says_what_it_is_a_gradient_of():
    for name, quantity in QUANTITIES.items():
        assert is_gradient(quantity) == bool(quantity.of) == bool(quantity.wrt), name


GRADIENTS = [name for name, quantity in QUANTITIES.items() if is_gradient(quantity)]


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_formula_of_a_gradient_agrees_with_central_differences(name):
    quantity = QUANTITIES[name]
    inputs = planted.other_inputs(quantity, 2)
    if name == "gradcheck.central":
        inputs["h"] = 1e-5
    names = planted.namespace(quantity, inputs)
    for unseen, formula in quantity.unseen.items():
        names[unseen] = planted.evaluate(formula, names)
    if name.startswith("activations.max"):
        names["A"], names["B"] = (
            names["A"] * 0.7 + 0.1,
            names["B"],
        )  # no ties: there it is a convention

    def loss(x):
        found = planted.evaluate(quantity.of, {**names, quantity.wrt: x})
        return float((names["dY"] * found).sum() if np.ndim(found) else found)

    formula = quantity.exact or quantity.formula
    measured = numerical_gradient(loss, names[quantity.wrt])
    np.testing.assert_allclose(planted.evaluate(formula, names), measured, rtol=1e-6, atol=1e-7)


# Planted mistakes


def mistakes_of(exercise):
    """(quantity, code, change) of every mistake that is planted in an exercise."""
    inputs = planted.telling_inputs(exercise)
    for quantity in exercise.returns:
        for mistake in quantity.mistakes:
            for formula in mistake.formulas:
                found = (
                    None
                    if "eps" in formula and "eps" not in quantity.takes
                    else (planted.value(quantity, formula, inputs))
                )
                if found is not None and np.isfinite(found).all():
                    yield quantity, mistake.code, planted.by_formula(formula)


GENERAL = {
    "wrong-sign": lambda names, right: -right,
    "scaled": lambda names, right: 3.7 * right,
    "never-computed": lambda names, right: 0.0 * right,
    "not-finite": lambda names, right: right / 0.0,
    "right-values-wrong-shape": lambda names, right: right[None],
    "wrong-shape": lambda names, right: np.ones((11, 13)) + right.sum(),
    "wrong-type": lambda names, right: [1.5, "no array"],
}


def asked_for():
    """The exercises of the chapters, and the quantities that stand in none of them."""
    shown = [e for name, e in planted.FUNCTIONS.items() if name in CHECKED]
    covered = {quantity.name for e in shown for quantity in e.returns}
    return [e.name for e in shown] + sorted(set(QUANTITIES) - covered)


@pytest.mark.slow
@pytest.mark.parametrize("name", asked_for())
def test_every_planted_mistake_is_rejected_under_its_own_code(name):
    exercise = planted.FUNCTIONS[name]
    assert check(name, planted.answer(exercise)).passed
    wrong, count = [], 0
    for quantity, code, change in mistakes_of(exercise):
        report = check(name, planted.answer(exercise, quantity, change))
        count += 1
        if report.passed or report.mistake != code:
            wrong.append((quantity.name, code, report.mistake, report.message))
    for code, change in GENERAL.items():
        quantity = exercise.returns[-1]
        if quantity.shape.isdigit() and code not in ("wrong-sign", "never-computed"):
            continue  # a shape is asked for, and that is a few whole numbers
        if not quantity.takes and code == "scaled":
            continue  # by chance: each number is a multiple of each other one
        own = {m.code for m in quantity.mistakes}
        with np.errstate(all="ignore"):
            report = check(name, planted.answer(exercise, quantity, change))
        count += 1
        if report.passed or (report.mistake != code and report.mistake not in own):
            wrong.append((quantity.name, code, report.mistake, report.message))
    assert not wrong, wrong
    assert count >= 8


def test_a_number_that_is_worked_out_on_paper_is_not_given_away():
    """An exercise that takes nothing has one right answer: no message may contain it."""
    report = check("first.square", lambda: (42, 55, 14))
    assert report.mistake == "wrong"
    assert "∂L/∂w is not 55" in report.message
    assert "56" not in report.message
    assert "times the right answer" not in report.message
    right = check("first.square", lambda: (42, 56, 14)).message
    assert right == "∂L/∂x, ∂L/∂w, ∂L/∂b: right."
    assert "x, not none" in check("first.square", lambda x: (42, 56, 14)).message


def strided(array):
    """A view of every second number of a larger array."""
    larger = np.full((*array.shape, 2), np.nan)
    larger[..., 0] = array
    return larger[..., 0]


STYLES = {
    "float32": lambda array: array.astype(np.float32),
    "in the order of Fortran": lambda array: np.array(array, order="F"),
    "a transposed view": lambda array: np.array(array.T).T,
    "a strided view": strided,
    "an axis kept and dropped": lambda array: array[None][0],
    "read-only": lambda array: np.broadcast_to(array, array.shape),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", asked_for())
def test_the_right_numbers_pass_in_any_memory(name):
    exercise = planted.FUNCTIONS[name]
    for style, styled in STYLES.items():
        for quantity in exercise.returns:
            if not quantity.shape.isdigit():
                answer = planted.answer(exercise, quantity, lambda names, right: styled(right))  # noqa: B023
                assert check(name, answer).passed, (quantity.name, style)


def test_every_kind_of_exercise_is_in_the_book():
    kinds = {type(EXERCISES[name]) for name in CHECKED}
    assert kinds == {Exercise, Proof, Refusal}
    assert any(e.kind == "layer" for e in planted.FUNCTIONS.values())


# hint and solution


def test_hints_come_one_after_the_other():
    texts = [str(hint("linear.backward", n)) for n in (1, 2, 3)]
    assert len(set(texts)) == 3
    assert texts[0].startswith("Hint 1 of 3.")
    hint("linear.twice", 1)
    assert str(hint("linear.twice")).startswith("Hint 2 of 3.")
    assert str(hint("linear.twice")).startswith("Hint 3 of 3.")
    assert str(hint("linear.twice")).startswith("Hint 3 of 3.")
    assert "dY.T @ X" in str(solution("linear.backward"))


def test_a_notebook_shows_hints_as_markdown_and_as_nothing_that_it_prefers():
    assert "$" in hint("linear.backward", 2)._repr_markdown_()
    assert not hasattr(hint("linear.backward", 2), "_repr_html_")


@pytest.mark.parametrize(
    "call", [lambda: hint("linear.x"), lambda: hint("linear.backward", 4), lambda: solution(3)]
)
def test_an_unknown_exercise_is_named(call):
    with pytest.raises(ValueError, match="there is no exercise|has hints 1 to 3"):
        call()
