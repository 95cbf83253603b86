"""Drills: the same for the same seed, never a false verdict, a sentence for any answer."""

import ast
import dataclasses
import functools
import json
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from backprop.exercises import drill
from backprop.exercises.drilling import questions as asked
from backprop.exercises.drilling.numbers import WORDS, Chance, Numbers
from backprop.exercises.drilling.questions import NOTHING, without
from backprop.exercises.formulas import letters
from backprop.exercises.tables import (
    DRILLS,
    EXERCISES,
    QUANTITIES,
    TableError,
    parsed,
    read_drills,
    tables,
)
from backprop.exercises.telling.progress import load, note, place

SEEDS = range(200)
NAMES = [*DRILLS]
CORE = ["linear.dW", "linear.db", "linear.dX", "relu.dX", "softmax.dZ", "cross_entropy.dY",
        "losses.fused_dZ", "losses.squared_dY", "losses.binary_dZ", "network.dW1"]  # fmt: skip


@functools.cache
def questions(name, seed):
    """(the numbers, the five questions) of a seed."""
    return asked.questions(DRILLS[name], seed)


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """A file of progress for each test, and no seed that is set for all."""
    monkeypatch.setenv("GRADIENTS_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("GRADIENTS_SEED", raising=False)


def test_each_core_gradient_has_a_drill():
    assert sorted(CORE) == sorted(NAMES)
    assert not [name for name in EXERCISES if name.startswith("drill")]


# Never a false verdict.


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_are_right_and_planted_ones_wrong(name):
    for seed in SEEDS:
        _, five = questions(name, seed)
        assert len(five) == 5
        for question in five:
            assert question.judge(question.right)[0] is True, (seed, question.text)
            assert question.wrong
            for wrong in question.wrong:
                verdict, why = question.judge(wrong)
                assert verdict is False, (seed, question.text, wrong)
                assert why[-1] in ".?", why


@pytest.mark.parametrize("name", NAMES)
def test_what_is_right_is_what_the_formula_gives(name):
    """Worked out here in another way: the shape by running it, the entry by hand, the line too."""
    for seed in SEEDS:
        numbers, (shape, _, entry, line, missing) = questions(name, seed)
        quantity = QUANTITIES[name]
        assert numbers.right.shape == tuple(numbers.sizes[one] for one in letters(quantity.shape))
        names = {**numbers.names}
        value = np.asarray(eval(quantity.formula, names), float)
        place = ast.literal_eval(entry.text.partition("[")[2].partition("]")[0] + ",")
        assert entry.right == pytest.approx(value[place], abs=1e-9)
        given = dict(part.split(" = ") for part in _given(shape.text))
        assert shape.right == tuple(int(given[one]) for one in letters(quantity.shape))
        chosen = np.asarray(eval(line.choices[line.right - 1], names), float)
        assert np.allclose(chosen, value)
        written = missing.text.partition("`")[2].partition("`")[0]
        complete = np.asarray(eval(written, names), float)
        whole = complete.shape == value.shape and np.allclose(complete, value)
        assert whole == (missing.choices[missing.right - 1] == NOTHING)


def _given(text):
    """["S = 4", …] of the question for a shape."""
    words = text.removeprefix("With ").partition(":")[0].replace(" and ", ", ").split(", ")
    return [word[: word.index(" ", 4)] for word in words]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_that_are_choices_differ_and_no_size_or_array_is_degenerate(name):
    for seed in SEEDS:
        numbers, (_, _, entry, line, _) = questions(name, seed)
        values = [entry.right, *entry.wrong]
        assert len(values) >= 3
        assert min(abs(a - b) for n, a in enumerate(values) for b in values[:n]) > 1e-3
        results = [numbers.value(one) for one in line.choices]
        results = [one for one in results if one is not None]
        for n, one in enumerate(results):
            assert not any(one.shape == o.shape and np.allclose(one, o) for o in results[:n])
        assert len(set(numbers.sizes.values())) == len(numbers.sizes)  # no matrix is square
        for key, array in numbers.arrays.items():
            assert len(set(array.flat)) > 1
            if "mask" not in DRILLS[name].takes[key] and "labels" not in DRILLS[name].takes[key]:
                assert (array != 0).all()
        for question in (line, entry):
            assert len(set(question.choices)) == len(question.choices)


def test_the_sum_is_found_where_it_is():
    """Against what the chapters derive: the one place where these are written down."""
    summed = {"linear.dW": "the samples", "linear.db": "the samples", "linear.dX": "the outputs"}
    summed |= {"softmax.dZ": "the classes", "network.dW1": "the samples and the classes"}
    for name in NAMES:
        for seed in range(40):
            _, (_, question, *_) = questions(name, seed)
            assert question.choices[question.right - 1] == summed.get(name, "no sum"), name


@pytest.mark.parametrize("name", NAMES)
def test_an_axis_that_is_not_summed_is_one_of_the_result(name):
    # What the sentence about a sum too many says.
    drilled = DRILLS[name]
    _, (_, question, *_) = questions(name, 1)
    summed = question.choices[question.right - 1]
    numbers = Numbers(drilled, Chance("any"))
    for letter in numbers.sizes:
        assert WORDS[letter] in summed or letter in letters(QUANTITIES[name].shape), letter


@pytest.mark.parametrize("name", NAMES)
def test_with_the_factor_put_back_the_line_is_the_formula_of_the_table(name):
    formula = QUANTITIES[name].formula
    for label, (piece, instead) in DRILLS[name].factors.items():
        less = without(formula, (piece, instead))
        assert less != formula, label
        assert formula.count(piece) >= 1
        head, tail = formula.split(piece, 1)
        assert less == head + instead + tail
    for stranger in DRILLS[name].strangers:
        assert stranger not in DRILLS[name].factors
        assert stranger not in formula or stranger in ("X", "Y", "W"), stranger


def test_a_planted_falsehood_would_be_seen(monkeypatch):
    monkeypatch.setattr(asked, "_near", lambda one, other: abs(one - other) < 100)
    with pytest.raises(AssertionError):
        test_right_answers_are_right_and_planted_ones_wrong("linear.dW")


def test_a_drill_whose_lines_are_equal_is_refused_and_does_not_hang():
    factors = {"dY": ("dY.T", "dY.T"), "X": ("@ X", "@ (X + 0)")}
    equal = dataclasses.replace(DRILLS["linear.dW"], factors=factors)
    with pytest.raises(ValueError, match="no numbers tell the mistakes of the drill linear.dW"):
        asked.questions(equal, 7)


# Equal answers in another form.


@pytest.mark.parametrize("name", NAMES)
def test_equal_answers_in_another_form_are_right(name):
    for seed in range(50):
        _, five = questions(name, seed)
        shape, summed, entry, line, missing = five
        number = entry.right
        for same in (list(shape.right), np.array(shape.right), tuple(map(float, shape.right))):
            assert shape.judge(same)[0] is True
        exact = Fraction(number).limit_denominator(10**6)
        forms = [np.float64(number), np.float32(number), [number], (number,), exact]
        forms += [np.array([[number]]), str(exact), f"{number:.5g}", round(number, 5)]
        for same in forms:
            assert entry.judge(same)[0] is True, same
        if number == round(number):
            assert entry.judge(int(number))[0] is True
        for question in (summed, line, missing):
            text = question.choices[question.right - 1]
            for same in (text, text.upper(), f" {text} ", np.int64(question.right),
                         float(question.right), str(question.right), [question.right]):  # fmt: skip
                assert question.judge(same)[0] is True, same


def test_one_half_is_one_half():
    seed = next(s for s in SEEDS if abs(questions("losses.squared_dY", s)[1][2].right) == 0.5)
    right = questions("losses.squared_dY", seed)[1][2].right
    sign = 1 if right > 0 else -1
    for same in (0.5 * sign, 1 / 2 * sign, Fraction(sign, 2), "1/2" if sign > 0 else "−1/2"):
        assert drill("losses.squared_dY", [..., ..., same, ..., ...], seed=seed).verdicts[2] is True


def test_a_vector_has_one_axis():
    right = drill("linear.db", seed=3).right[0]
    for same in (right[0], right, [right[0]]):
        assert drill("linear.db", [same, ..., ..., ..., ...], seed=3).verdicts[0] is True
    for other in ((1, *right), (*right, 1)):
        report = drill("linear.db", [other, ..., ..., ..., ...], seed=3)
        assert report.verdicts[0] is False
        assert "too many axes" in report.sentences[0]


# What is wrong is named.


def test_the_usual_wrong_numbers_are_named():
    for seed in SEEDS:
        numbers, (_, _, entry, _, _) = questions("linear.dW", seed)
        mean = entry.right / numbers.sizes["S"]
        verdict, why = entry.judge(mean)
        assert verdict is False or mean == entry.right
        if "`dY.T @ X / S`" in why:
            assert "average over the samples" in why
            break
    else:
        pytest.fail("no drill names the mean over the samples")


def test_a_number_in_a_sentence_is_that_of_the_formula_in_it():
    for name in NAMES:
        for seed in range(30):
            numbers, (_, _, entry, _, _) = questions(name, seed)
            place = ast.literal_eval(entry.text.partition("[")[2].partition("]")[0] + ",")
            for wrong in entry.wrong[:-1]:
                why = entry.judge(wrong)[1]
                formula = why.partition("`")[2].partition("`")[0]
                value = numbers.value(formula)
                value = value if value.ndim == 0 else value[place]
                assert why.startswith(f"{asked.shown(wrong)} is what")
                assert value == pytest.approx(wrong)


def test_shapes_are_told_apart():
    numbers, (shape, *_) = questions("linear.dW", 5)
    N, M = shape.right
    assert shape.judge((M, N))[1].startswith("That is ∂L/∂W transposed.")
    given = dict(part.split(" = ") for part in _given(shape.text))
    S = int(given["S"])
    assert shape.judge((S, M))[1].startswith("That is the shape of X.")
    assert shape.judge((S, N))[1].startswith("That is the shape of dY.")
    assert shape.judge((S, N, M))[1].startswith("Those are too many axes.")


# Bad input gets a sentence.


class Hostile:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name):
        raise SystemExit("hostile")


BAD = ["", "seven", b"3", True, None, ..., NotImplemented, float("nan"), float("inf"), 1j, [], (),
       [[1], [2, 3]], {}, {1}, object(), Hostile(), len, np.array(["a"]), np.zeros((2, 2)), -1, 0,
       99, 2.5, "1/0", [None], 10**400, np.array(None), "∂"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_answer_gets_a_sentence_and_none_of_these_is_right(name):
    for bad in BAD:
        for seed in (7, 8):
            found = drill(name, [bad] * 5, seed=seed)
            assert not found.passed
            for n, (verdict, sentence) in enumerate(
                zip(found.verdicts, found.sentences, strict=True)
            ):
                if bad is None or bad is ... or bad is NotImplemented:
                    assert (verdict, sentence) == (None, "")
                else:
                    assert verdict is not True or found.right[n] == bad
                    assert sentence.endswith("."), (bad, sentence)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: drill("linear.dw"), "there is no drill 'linear.dw' (is it 'linear.dW'?)"),
        (lambda: drill(7), "the name of a drill has to be a text, got a int"),
        (lambda: drill("linear.dW", 7), "answers has to be a list of five, got a int"),
        (lambda: drill("linear.dW", [1, 2]), "expected 5 answers, with ... for an open one, got 2"),
        (lambda: drill("linear.dW", seed=1.5), "seed has to be an integer or a text, got a float"),
        (lambda: drill("linear.dW", seed=True), "seed has to be an integer or a text, got a bool"),
    ],
)
def test_a_wrong_call_is_told_what_was_expected(call, says):
    with pytest.raises(ValueError, match="^" + re.escape(says)):
        call()


# The same seed gives the same drill; the reader's own is kept.


def test_equal_seeds_give_equal_drills_and_others_do_not():
    for name in NAMES:
        assert str(drill(name, seed=7)) == str(drill(name, seed=7)) == str(drill(name, seed="7"))
        assert len({str(drill(name, seed=seed)).split("\n", 1)[1] for seed in range(50)}) == 50


def test_this_drill_is_for_ever_that_of_seed_seven():
    # An exam, a page and a notebook of different years have the same numbers.
    found = drill("linear.dW", seed=7)
    assert found.arrays["X"].tolist() == [[3, 3, -3, 4], [-2, -2, 1, -2]]
    assert found.right == [(4, 7), 4, 8.0, 1, 1]


def test_another_python_has_the_same_drill():
    program = "from backprop.exercises import drill; print(drill('softmax.dZ', seed='ada'))"
    run = [sys.executable, "-c", program]
    said = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said == f"{drill('softmax.dZ', seed='ada')}\n"


def test_the_seed_is_ones_own_and_is_kept_with_the_progress():
    first = drill("linear.dW")
    assert drill("linear.dW").seed == first.seed
    assert json.loads(place().read_text("utf-8")) == {"seed": [first.seed]}
    assert load() == {}
    note("linear.db", "implemented")
    assert drill("linear.dW").seed == first.seed
    assert load() == {"linear.db": ["implemented"]}
    place().unlink()
    assert str(drill("linear.dW", seed=first.seed)) == str(first)


def test_a_damaged_seed_is_drawn_again_and_progress_stays():
    place().write_text('{"seed": ["x"], "linear.db": ["implemented"]}', "utf-8")
    seed = drill("linear.dW").seed
    assert type(seed) is int
    assert json.loads(place().read_text("utf-8")) == {"seed": [seed], "linear.db": ["implemented"]}


def test_where_nothing_can_be_written_the_seed_lasts_as_long_as_python(monkeypatch):
    monkeypatch.setenv("GRADIENTS_PROGRESS", "/proc/nowhere/progress.json")
    assert drill("linear.dW").seed == drill("linear.db").seed


def test_a_seed_may_be_set_for_all(monkeypatch):
    monkeypatch.setenv("GRADIENTS_SEED", "exam 3")
    assert drill("linear.dW").seed == "exam 3"
    assert not place().exists()


# What is shown.


def test_what_is_shown_has_questions_arrays_and_verdicts():
    open_ = drill("linear.dW", seed=7)
    assert open_.headline == "linear.dW, seed 7: five questions"
    assert "dY = [[-1,  3, -1, -3,  1],\n      [-2, -4,  5,  2, -4]]" in str(open_)
    assert "Not yet" not in str(open_) + open_._repr_html_()
    answered = drill("linear.dW", [(7, 4), "the samples", 8, ..., "X"], seed=7)
    assert answered.headline == "linear.dW, seed 7: 3 of 5 right"
    assert "Not yet: That is ∂L/∂W transposed." in str(answered)
    shown = answered._repr_html_()
    assert shown.count('class="exercise-report right"') == 3
    assert shown.count('class="exercise-report wrong"') == 1
    assert not answered
    assert drill("linear.dW", open_.right, seed=7)
    assert "<script" not in drill("linear.dW", seed="<script>")._repr_html_()


# The table.


DRILL = tables()["linear"]["drill.linear.dW"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("drills", "linear.dV", "expected a quantity, got 'linear.dV'"),
        ("slips", ["dY + 1"], "expected a formula of its mistakes, got 'dY \\+ 1'"),
        ("factors", {"dY": ["dX", "1"]}, "expected a piece of the formula, got 'dX'"),
        ("factors", {"dY": "dY"}, "expected a table of label"),
        ("factors", {}, "expected a table of label"),
        ("products", "dY @ X", "expected a list of texts"),
    ],
)
def test_a_planted_error_in_the_table_is_refused_with_its_place(field, value, says):
    table = {"linear": {"drill.linear.dW": DRILL | {field: value}}}
    with pytest.raises(TableError, match=rf"linear\.toml, drill\.linear\.dW, {field}: {says}"):
        read_drills(table, QUANTITIES)
    assert parsed('["drill.x"]\ndrills = "y"\n', "linear")
