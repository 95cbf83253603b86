"""What diagnose says is so: on thousands of wrong answers that the product has not been told of.

`mistaken` makes them, one kind of slip at a time, from every right formula; nothing of it is shared
with the product. Every one is noticed, nearly all are named, and no sentence is false.
"""

import ast
import random
import re
import zlib

import mistaken
import numpy as np
import planted
import pytest
from backprop.exercises import check, diagnose
from backprop.exercises.diagnosis.causes import find_causes
from backprop.exercises.diagnosis.claims import claim
from backprop.exercises.diagnosis.matching import Case
from backprop.exercises.formulas import evaluate, namespace, right_answer
from backprop.exercises.tables import QUANTITIES
from backprop.exercises.vocabulary import VOCABULARY

UNNAMED = {"wrong", "partly-wrong", "wrong-shape"}
NUMBERS = {n: q for n, q in QUANTITIES.items() if not q.shape.isdigit()}
CLAIM = re.compile(r"Your numbers are those of (.+?)(?:, with .+?)?\. ")
rng = np.random.default_rng(7)


def false_claims(quantity, inputs, answer, message):
    """The formulas that a message says the numbers are those of, and that give other numbers."""
    values = {f: evaluate(f, namespace(quantity, inputs)) for f in CLAIM.findall(message)}
    return [
        formula
        for formula, value in values.items()
        if np.shape(value) != answer.shape or not np.allclose(value, answer)
    ]


def wrong_answers(quantity, inputs, kind, count):
    """Some answers with one slip of a kind: (formula, value)."""
    some = random.Random(zlib.crc32(f"{quantity.name} {kind.__name__}".encode()))
    every = list(mistaken.wrong_formulas(quantity, namespace(quantity, inputs), kind))
    some.shuffle(every)
    for formula, where in every:
        value = mistaken.value_of(quantity, inputs, formula, where)
        if value is not None and mistaken.is_wrong(quantity, inputs, value):
            yield formula, value
            count -= 1
        if not count:
            return


def found_of(kind, quantities, count):
    """[(quantity, formula, Diagnosis)]; whatever is said is tried here."""
    found = []
    for name in quantities:
        inputs = planted.other_inputs(QUANTITIES[name], 3)
        for formula, value in wrong_answers(QUANTITIES[name], inputs, kind, count):
            one = diagnose(name, value, **inputs)
            assert not one.ok, (name, formula)
            assert not false_claims(QUANTITIES[name], inputs, value, one.message), one.message
            found.append((name, formula, one))
    return found


FEW = ["linear.dX", "linear.dW", "activations.bug", "softmax.dZ", "losses.fused_dZ", "network.dW1"]
FEW += ["optimizers.adam_w", "notation.sum", "losses.soft_L", "network.rms_dX"]


@pytest.mark.parametrize("kind", mistaken.KINDS, ids=lambda kind: kind.__name__)
def test_a_slip_of_this_kind_is_noticed_and_no_sentence_about_it_is_false(kind):
    assert found_of(kind, FEW, 1) or found_of(kind, NUMBERS, 1)


@pytest.mark.slow
def test_of_all_slips_at_all_places_nearly_all_are_named():
    # A quantity that takes nothing is one number: too many formulas give it to name one of them.
    some = [name for name, quantity in NUMBERS.items() if quantity.takes]
    found = [one for kind in mistaken.KINDS for one in found_of(kind, some, 2)]
    named = [one for one in found if one[2].mistake not in UNNAMED]
    assert len(found) > 500
    assert len(named) >= 0.92 * len(found), [one[:2] for one in found if one not in named]


@pytest.mark.slow
def test_two_slips_at_once_are_noticed_and_no_sentence_about_them_is_false():
    some = random.Random(5)
    kinds, count = list(mistaken.KINDS), 0
    for name, quantity in NUMBERS.items():
        inputs = planted.other_inputs(quantity, 3)
        names = namespace(quantity, inputs)
        for _ in range(12):
            tree = ast.parse(quantity.formula, mode="eval").body
            for kind in some.sample(kinds, 2):
                changed = list(mistaken._changes(tree, kind, names | inputs))
                tree = some.choice(changed) if changed else tree
            value = mistaken.value_of(quantity, inputs, ast.unparse(tree), quantity.where)
            if value is not None and mistaken.is_wrong(quantity, inputs, value):
                one = diagnose(name, value, **inputs)
                assert not one.ok
                assert not false_claims(quantity, inputs, value, one.message), one.message
                count += 1
    assert count > 100


def test_what_is_false_is_not_claimed():
    """The two testers themselves: the product's, and the one above."""
    quantity, inputs = QUANTITIES["linear.dW"], planted.other_inputs(QUANTITIES["linear.dW"], 0)
    names = namespace(quantity, inputs)
    case = Case(quantity, -inputs["dY"].T @ inputs["X"], right_answer(quantity, names), names)
    assert claim(case, "-(dY.T @ X)") == " Your numbers are those of -(dY.T @ X)."
    for false in ("dY.T @ X", "-(X.T @ dY)", "dY @ X", ""):
        assert claim(case, false) == ""
    message = "Two things. Your numbers are those of dY.T @ X, with dW = 1. Read again."
    assert false_claims(quantity, inputs, case.answer, message) == ["dY.T @ X"]


# Right answers, computed in another way


def commuted(node):
    match node:
        case ast.BinOp(left, ast.Add() | ast.Mult() as sign, right):
            return ast.BinOp(right, sign, left)


def turned_product(node):
    match node:
        case ast.BinOp(left, ast.MatMult(), right) if isinstance(left, ast.Name | ast.Attribute):
            return ast.parse(f"np.einsum('ij,jk->ik', {u(left)}, {u(right)})", mode="eval").body


def backwards(node):
    match node:
        case ast.Call(ast.Attribute(inner, "sum"), [], [ast.keyword("axis", ast.Constant(0))]):
            return ast.parse(f"sum(row for row in ({u(inner)})[::-1])", mode="eval").body


def distributed(node):
    match node:
        case ast.BinOp(left, ast.Mult(), ast.BinOp(one, ast.Add() | ast.Sub() as sign, other)):
            parts = (ast.BinOp(left, ast.Mult(), part) for part in (one, other))
            return ast.BinOp(next(parts), sign, next(parts))
        case ast.BinOp(left, ast.Div(), right):
            return ast.BinOp(left, ast.Mult(), ast.parse(f"(1 / ({u(right)}))", mode="eval").body)


u = ast.unparse


class Rewritten(ast.NodeTransformer):
    def __init__(self, way):
        self.way = way

    def visit(self, node):
        node = super().generic_visit(node)
        return self.way(node) or node


@pytest.mark.parametrize("way", [commuted, turned_product, backwards, distributed])
def test_a_right_answer_that_is_computed_in_another_way_is_right(way):
    tried = 0
    for name, quantity in NUMBERS.items():
        tree = Rewritten(way).visit(ast.parse(quantity.formula, mode="eval").body)
        for seed in range(2):
            inputs = planted.other_inputs(quantity, seed)
            value = mistaken.value_of(quantity, inputs, u(tree), quantity.where)
            if value is not None and u(tree) != quantity.formula:
                tried += 1
                for answer in (value, value.astype(np.float32), np.array(value, order="F")):
                    assert diagnose(name, answer, **inputs).ok, (name, u(tree))
    assert tried > 8


# Kinks


def at_kinks(name):
    """Inputs of which many lie exactly at a kink."""
    inputs, whole = planted.other_inputs(QUANTITIES[name], 5), np.random.default_rng(5)
    for key in sorted(set(inputs) & {"A", "X"}):
        inputs[key] = whole.integers(-2, 3, inputs[key].shape).astype(float)
        inputs[key].flat[:3] = 0, 1, -1
    return inputs


MASKED = ["relu.dX", "network.mask", "network.dW1", "network.db1", "network.dX"]
MASKED += ["troubleshooting.order", "troubleshooting.twice"]
SLOPED = {
    "elu.dX": "dY * (M(X) + (1 - M(X)) * alpha * np.exp(X))",
    "activations.prelu_dX": "dY * (M(X) + (1 - M(X)) * a)",
    **{name: re.sub(r"\((\w) > 0\)", r"M(\1)", QUANTITIES[name].formula) for name in MASKED},
}
DECISIONS = {
    "all": lambda X: 1.0 * (X >= 0),
    "half": lambda X: (X > 0) + 0.5 * (X == 0),
    "mixed": lambda X: (X > 0) + (X == 0) * np.random.default_rng(1).uniform(0, 1, X.shape),
}


def answer_at_kinks(name, formula, inputs, decision):
    names = namespace(QUANTITIES[name], inputs) | {"M": decision}
    return np.asarray(evaluate(formula, names), float)


@pytest.mark.parametrize("name", SLOPED)
@pytest.mark.parametrize("how", DECISIONS)
@pytest.mark.parametrize("dtype", [float, int])
def test_another_slope_at_a_kink_is_a_convention_and_no_mistake(name, how, dtype):
    inputs = at_kinks(name)
    inputs |= {key: inputs[key].astype(dtype) for key in set(inputs) & {"A", "X"}}
    answer = answer_at_kinks(name, SLOPED[name], inputs, DECISIONS[how])
    assert mistaken.is_wrong(QUANTITIES[name], inputs, answer)  # another one than the book's
    found = diagnose(name, answer, **inputs)
    assert found.ok, found.message
    assert found.mistakes == ()
    assert "convention" in found.message


@pytest.mark.parametrize("name", SLOPED)
def test_a_mistake_is_named_alike_whatever_slope_is_taken_at_a_kink(name):
    inputs = at_kinks(name)
    answer = answer_at_kinks(name, SLOPED[name], inputs, DECISIONS["all"])
    found = diagnose(name, -answer, **inputs)
    assert found.mistake == "wrong-sign", found.message
    assert "convention" in found.message


def test_what_no_slope_explains_is_wrong_at_a_kink_too():
    inputs = at_kinks("relu.dX")
    X, dY = inputs["X"], inputs["dY"]
    beyond = diagnose("relu.dX", dY * ((X > 0) + 1.5 * (X == 0)), **inputs)
    assert not beyond.ok
    assert "kink" in beyond.message
    assert not diagnose("relu.dX", dY * (X > 1), **inputs).ok
    masked = planted.other_inputs(QUANTITIES["softmax.masked_dZ"], 2)
    free = "free * (dY - (dY * free).sum(axis=1, keepdims=True))"
    value = planted.value(QUANTITIES["softmax.masked_dZ"], free, masked)
    assert not diagnose("softmax.masked_dZ", value, **masked).ok  # a mask of 0 is no kink


def test_a_function_of_three_pieces_has_two_kinks():
    inputs = planted.other_inputs(QUANTITIES["activations.hard_swish_dX"], 5)
    inputs["X"].flat[:4] = [-1.5, 1.5, 1.5, -1.5]
    pieces = "dY * np.where(X < -1.5, 0, np.where(X < 1.5, (2 * X + 1.5) / 3, 1))"
    answer = planted.value(QUANTITIES["activations.hard_swish_dX"], pieces, inputs)
    found = diagnose("activations.hard_swish_dX", answer, **inputs)
    assert found.ok
    assert "X = 1.5" in found.message


def test_where_the_choice_at_a_tie_is_asked_for_another_one_is_a_mistake():
    inputs = planted.other_inputs(QUANTITIES["activations.max_dA"], 0)
    dY, A, B = (inputs[name] for name in ("dY", "A", "B"))
    assert (A == B).any()
    assert not diagnose("activations.max_dA", dY * (A >= B), **inputs).ok


@pytest.mark.parametrize("formula", ["(A >= 0).mean(axis=0)", "(A != 0).mean(axis=0)"])
def test_what_a_definition_says_of_0_is_no_convention(formula):
    inputs = at_kinks("troubleshooting.active")
    found = diagnose("troubleshooting.active", evaluate(formula, {"np": np, **inputs}), **inputs)
    report = check("troubleshooting.active", lambda A: evaluate(formula, {"np": np, "A": A}))
    assert found.mistake == report.mistake == "wrong-branch", (found.message, report.message)


# Names


def updated():
    """(quantity, weights that take a step first), where the tables know their gradient."""
    for name, quantity in NUMBERS.items():
        for weight in quantity.takes:
            if f"d{weight}" in quantity.where and weight in quantity.formula:
                yield name, weight


@pytest.mark.parametrize(("name", "weight"), [*updated()])
@pytest.mark.parametrize("eta", [0.1, 0.0037, -2.0])
def test_a_gradient_through_updated_weights_is_named(name, weight, eta):
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 1)
    names = namespace(quantity, inputs)
    moved = {**names, weight: names[weight] - eta * names[f"d{weight}"]}
    found = diagnose(name, evaluate(quantity.formula, moved), **inputs)
    assert found.mistake == "updated-weights", found.message
    assert f"{eta:g}" in found.message


@pytest.mark.parametrize("name", ["network.dW1", "network.db1", "network.dX", "network.bug"])
def test_another_cached_array_inside_a_network_is_named(name):
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 1)
    for formula in (
        quantity.formula.replace("W2", "dW2"),
        quantity.formula.replace("dZ @ W2", "H"),
        quantity.formula.replace("dZ @ W2", "A"),
    ):
        value = planted.value(quantity, formula, inputs)
        assert diagnose(name, value, **inputs).mistake == "wrong-array", formula


ADAM = "w - 0.01 * (m_new {} (1 - 0.9**{})) / (np.sqrt(v_new {} (1 - 0.999**{})) + 0.01)"
NAMES = [  # (quantity, wrong formula, the name)
    *[("optimizers.adam_w", ADAM.format("/", f"({n})", "/", f"({n})"), "wrong-index")
      for n in ("t + 2", "t + 7", "t - 2", "0 * t + 1")],
    ("optimizers.adam_w", ADAM.format("/", "(t + 3)", "/", "t"), "wrong-index"),
    ("optimizers.adam_w", ADAM.format("*", "t", "*", "t"), "fraction-inverted"),
    ("optimizers.adam_w", ADAM.format("*", "t", "/", "t"), "fraction-inverted"),
    ("optimizers.adam_w", "w - 0.01 * m_hat / np.sqrt(v_hat + 0.01)", "stray-epsilon"),
    ("optimizers.adam_w", "w - 0.01 * m_hat / (np.sqrt(v_hat) + 0.003)", "stray-epsilon"),
    ("optimizers.adam_w", "w - 0.002 * m_hat / (np.sqrt(v_hat) + 0.01)", "wrong-constant"),
    ("optimizers.adam_w", "w - 0.01 * m_new / (np.sqrt(v_new) + 0.01)", "missing-term"),
    ("losses.fused_dZ", "Y / S - P / S / S", "extra-batch-mean"),
    ("losses.soft_dZ", "Y / S / S - T / S", "extra-batch-mean"),
    ("losses.penalty_dW", "((Y - P / S) / S).T @ X + weight_decay * W", "extra-batch-mean"),
    ("losses.fused_dZ", "(Y - P) / S**3", "extra-batch-mean"),
    ("softmax.dZ", "Y * (dY - (dY * Y).sum(axis=1, keepdims=True)) * S**2", "missing-batch-mean"),
    ("softmax.dZ", "np.diag(Y.ravel()) - np.outer(Y, Y)", "samples-mixed"),
    ("network.rms_dX", "(dY - Y * (dY @ Y.T).mean(axis=1, keepdims=True)) / r",
     "matmul-for-elementwise"),
    ("activations.bug", "dY @ (1 - np.tanh(X) ** 2).T", "matmul-for-elementwise"),
    ("network.dW1", "((dZ @ W2) @ (1.0 * (A > 0)).T).T @ X", "matmul-for-elementwise"),
    ("linear.bilinear_dA", "(X.T @ U) * dY.sum()", "samples-mixed"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "formula", "code"), NAMES)
def test_this_is_named(name, formula, code):
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 1)
    value = planted.value(quantity, formula, inputs)
    assert value is not None
    assert mistaken.is_wrong(quantity, inputs, value)
    found = diagnose(name, value, **inputs)
    assert code in found.mistakes, (found.mistakes, found.message)
    assert not false_claims(quantity, inputs, value, found.message)


@pytest.mark.parametrize("name", ["elu.dX", "activations.bug", "softmax.dZ", "network.rms_dX"])
def test_the_jacobian_without_the_upstream_gradient_is_named_in_any_layout(name):
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 1)
    dY = inputs["dY"]
    units = np.eye(dY.size).reshape(dY.size, *dY.shape)
    rows = [right_answer(quantity, namespace(quantity, inputs | {"dY": unit})) for unit in units]
    full = np.array(rows).reshape(*dY.shape, *dY.shape)
    each = np.einsum("ijik->ijk", full)
    for answer in (full, full.reshape(dY.size, dY.size), each, each.swapaxes(1, 2)):
        assert diagnose(name, answer, **inputs).mistake == "upstream-missing"


def test_zeros_from_an_integer_array_are_cut_and_others_were_never_computed():
    Z = np.array([[1, 0, 2, 5], [3, -1, 0, 1], [2, 2, 4, 0]])
    assert diagnose("softmax.forward", np.zeros_like(Z), Z=Z).mistake == "integer-truncation"
    assert diagnose("softmax.forward", np.zeros((3, 4)), Z=Z / 1.5).mistake == "never-computed"
    dY = np.array([[0.2, 0.3], [-0.1, 0.4]])
    X, W, b = np.eye(2), np.eye(2), np.ones(2)
    cut = np.zeros(2, dtype=int)
    assert diagnose("linear.db", cut, dY=dY, X=X, W=W, b=b).mistake == "integer-truncation"


def test_all_that_is_named_is_in_mistakes():
    inputs = planted.other_inputs(QUANTITIES["linear.db"], 1)
    found = diagnose("linear.db", -inputs["dY"].mean(axis=0), **inputs)
    assert found.mistakes == ("mean-instead-of-sum", "wrong-sign")
    assert (found.mistake, found.also) == found.mistakes
    assert "(1)" in found.message
    assert "(2)" in found.message
    assert "Your numbers are those of -dY.mean(axis=0)." in found.message
    assert diagnose("linear.db", inputs["dY"].sum(axis=0), **inputs).mistakes == ()
    assert diagnose("linear.db", None).mistakes == ("wrong-type",)


def test_a_wrong_sign_is_said_where_it_is():
    inputs = planted.other_inputs(QUANTITIES["losses.smoothing"], 1)
    quantity = QUANTITIES["losses.smoothing"]
    for wrong, says in [
        ("(Y - (1 - eps) * P + eps / C) / S", "eps / C has to be subtracted, and it is added."),
        ("(Y - (1 + eps) * P - eps / C) / S", "eps has to be subtracted, and it is added."),
        ("-(Y - (1 - eps) * P - eps / C) / S", "every sign is reversed"),
    ]:
        found = diagnose(quantity.name, planted.value(quantity, wrong, inputs), **inputs)
        assert found.mistake == "wrong-sign"
        assert says in found.message


LAYERS = re.compile(
    r"softmax|relu|sigmoid|tanh|linear|cross-entropy|dropout|convolution|pool|norm\b|attention|adam",
    re.IGNORECASE,
)


def names_a_layer(code, text):
    """Whether a general text speaks of a layer; two codes have softmax in their very name."""
    return "softmax" not in code and bool(LAYERS.search(text))


def test_a_general_text_names_no_layer():
    assert [code for code, text in VOCABULARY.items() if names_a_layer(code, text)] == []
    assert names_a_layer("contraction-order", "The rows of softmax's Jacobian sum to zero.")


def test_a_search_stops_in_time():
    quantity, inputs = QUANTITIES["softmax.dZ"], planted.other_inputs(QUANTITIES["softmax.dZ"], 1)
    names = namespace(quantity, inputs)
    right = right_answer(quantity, names)
    case = Case(quantity, np.cos(3 * right), right, names)
    assert find_causes(case, end=0.0) == []


# The same number whatever goes in


ON_PAPER = [n for n, e in planted.FUNCTIONS.items() if not planted.takes(e)]
ARRAYS = [
    n
    for n, e in planted.FUNCTIONS.items()
    if n not in ON_PAPER and not e.returns[0].shape.isdigit()
]
ONE_NUMBER = [
    n
    for n, e in planted.FUNCTIONS.items()
    if n not in ON_PAPER and e.kind != "layer" and len(e.returns) == 1 and not e.returns[0].shape
]


def constant(exercise, number):
    return planted.answer(
        exercise, exercise.returns[0], lambda names, right: np.full(right.shape, number)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["losses.value", "losses.fused_L", "losses.squared_L", "linear.db"]
)
@pytest.mark.parametrize("number", [1.0, 2.0, 0.7])
def test_a_constant_gets_no_name_that_is_chance(name, number):
    exercise = planted.FUNCTIONS[name]
    report = check(name, constant(exercise, number))
    own = {one.code for one in exercise.returns[0].mistakes} - {"integer-truncation"}
    assert not report.passed
    assert report.mistake in {"wrong", "partly-wrong", *own}, report.message
    assert f"{number:g} for all inputs" in report.message


@pytest.mark.slow
@pytest.mark.parametrize("name", ARRAYS)
def test_no_exercise_gives_a_constant_a_name_that_is_chance(name):
    test_a_constant_gets_no_name_that_is_chance(name, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_NUMBER)
def test_a_number_that_is_right_once_does_not_pass(name):
    exercise = planted.FUNCTIONS[name]
    right = planted.answer(exercise)(**planted.telling_inputs(exercise))
    assert not check(name, constant(exercise, right)).passed


@pytest.mark.parametrize("name", ON_PAPER)
def test_a_number_from_paper_gets_no_name_that_is_chance(name):
    """Some formula gives any number: only the mistakes that are known are named."""
    exercise = planted.FUNCTIONS[name]
    quantity = exercise.returns[0]
    right = right_answer(quantity, namespace(quantity, {}))
    own = {code.code for code in quantity.mistakes} | {"wrong", "wrong-sign", "never-computed"}
    some = random.Random(name).sample(range(-70, 71), 6)  # others for each exercise
    for number in [*some, float(right), 0.5, 0.25, 12.5, 0.04]:
        report = check(name, constant(exercise, float(number)))
        assert report.passed == (number == right)
        assert report.passed or report.mistake in own, (number, report.message)


@pytest.mark.parametrize("name", ["cross_entropy.forward", "losses.fused_L", "losses.squared_L"])
@pytest.mark.parametrize("cut", [np.trunc, np.floor, np.rint])
@pytest.mark.parametrize("kind", [float, int])
def test_a_single_number_is_cut_where_it_is_an_integer(name, cut, kind):
    quantity, inputs = QUANTITIES[name], planted.other_inputs(QUANTITIES[name], 1)
    value = cut(right_answer(quantity, namespace(quantity, inputs)))
    found = diagnose(name, kind(value), **inputs)
    assert value == 0 or ("integer-truncation" in found.mistakes) == (kind is int), found.message


@pytest.mark.parametrize("name", ["linear.dX", "linear.dW", "linear.db", "softmax.dZ"])
@pytest.mark.parametrize("factor", [5 / 4, 5 / 3, 5 / 6, 1 / 5])
def test_too_small_is_said_of_what_is_smaller(name, factor):
    inputs = planted.other_inputs(QUANTITIES[name], 1)
    names = namespace(QUANTITIES[name], inputs)
    found = diagnose(name, factor * right_answer(QUANTITIES[name], names), **inputs)
    assert not found.ok
    assert factor < 1 or "too small" not in found.message
