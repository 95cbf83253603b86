"""Numbers by hand: printed with the proved line, compared with it; and the legend of letters."""

import ast
import re

import backprop.derivation
import numpy as np
import pytest
import sympy
from backprop import Linear, activations
from backprop.derivation import *  # noqa: F403
from backprop.derivation.language.algebra import Sum as Sigma
from backprop.derivation.nodes import Node, walk
from backprop.derivation.printing.by_hand import ByHand
from backprop.derivation.printing.legend import counted
from backprop.derivation.printing.printer import indices_in
from backprop.losses import bce_with_logits_backward, mse_backward
from backprop.softmax import softmax, softmax_backward
from book.chapters import derivations
from book.chapters.chapter import Chapter

S, M, N = dimensions("S M N")  # noqa: F405
i, j, k, a, b = indices("i j k a b")  # noqa: F405
X, W, Y = array("X", S, M), array("W", N, M), array("Y", S, N)  # noqa: F405
G = gradient(Y)  # noqa: F405
LINEAR = {Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M))}  # noqa: F405
GIVEN = {X: [[1, 2], [3, -1]], W: [[1, 0], [2, -1], [-1, 2]], G: [[1, -2, 4], [2, 1, 3]]}
RESULT = [[7, 0], [1, -5], [13, 5]]


def weights():
    made = Derivation(d(L, W[a, b]), define=LINEAR)  # noqa: F405
    made.line(Sum(G[i, a] * X[i, b], (i, 1, S)), "at once", using=(chain_rule, Y))  # noqa: F405
    return made.line(G.T @ X, "as a product")


def test_the_line_in_letters_and_in_numbers_and_one_entry_worked_out():
    shown = by_hand(weights(), GIVEN, RESULT, at=(2, 1))._repr_latex_()  # noqa: F405
    assert (
        r"\frac{\partial L}{\partial W} &= \left(\frac{\partial L}{\partial Y}\right)^{\top} X"
        in shown
    )
    assert (
        r"&= \begin{bmatrix} 1 & 2 \\ -2 & 1 \\ 4 & 3 \end{bmatrix} \begin{bmatrix} 1 & 2" in shown
    )
    assert r"&= \begin{bmatrix} 7 & 0 \\ 1 & -5 \\ 13 & 5 \end{bmatrix}" in shown
    assert (
        r"\frac{\partial L}{\partial W_{21}} &= (-2) \cdot 1 + 1 \cdot 3 \\[0.8ex]" + "\n&= 1\n"
        in shown
    )


def test_a_fraction_and_a_negative_number_are_in_brackets_where_they_have_to_be():
    y = array("y")  # noqa: F405
    power = Derivation(y * y).line(y**2, "a square")  # noqa: F405
    assert r"&= (\tfrac{3}{5})^{2}" in by_hand(power, {y: "3/5"}, "9/25")._repr_latex_()  # noqa: F405
    assert r"&= (-3)^{2}" in by_hand(power, {y: -3}, 9)._repr_latex_()  # noqa: F405


@pytest.mark.parametrize("place", [*np.ndindex(3, 2)])
def test_a_wrong_digit_is_refused_with_its_place(place):
    wrong = np.array(RESULT)
    wrong[place] += 1
    at = ", ".join(str(n + 1) for n in place)
    with pytest.raises(DerivationError, match=rf"entry \({at}\) of ∂L/∂W_ab is {wrong[place]}"):  # noqa: F405
        by_hand(weights(), GIVEN, wrong)  # noqa: F405


def test_a_given_array_that_is_not_as_defined_is_refused():
    right = np.array(GIVEN[X]) @ np.array(GIVEN[W]).T
    by_hand(weights(), GIVEN | {Y: right}, RESULT)  # noqa: F405
    with pytest.raises(DerivationError, match=r"entry \(1, 1\) of Y is 2, but the formula gives 1"):  # noqa: F405
        by_hand(weights(), GIVEN | {Y: right + 1}, RESULT)  # noqa: F405


@pytest.mark.parametrize(
    ("given", "result", "says"),
    [
        (GIVEN, np.array(RESULT).T, "has shape"),
        ({G: GIVEN[G]}, RESULT, "no numbers for X"),
        (GIVEN | {X: [1, 2]}, RESULT, "the numbers of X have shape"),
        (GIVEN | {X: [[1, 2]]}, RESULT, "S is 1, and"),
        (GIVEN | {X: [[0.5, 2], [3, -1]]}, RESULT, "exact numbers"),
        (GIVEN | {X: [["x", 2], [3, -1]]}, RESULT, "exact numbers"),
    ],
)
def test_bad_numbers_are_refused_in_words(given, result, says):
    with pytest.raises(DerivationError, match=says):  # noqa: F405
        by_hand(weights(), given, result)  # noqa: F405


def test_what_a_line_assumes_has_to_be_true_of_the_numbers():
    T, P = array("T", S, N), array("P", S, N, positive=True)  # noqa: F405
    made = Derivation(Sum(T[i, j], (j, 1, N)))  # noqa: F405
    made.line(1, "each row", using=rows_sum_to_one(T))  # noqa: F405
    by_hand(made, {T: [["1/4", "3/4"]]}, [1])  # noqa: F405
    with pytest.raises(DerivationError, match="T does not fulfill Σ_{j=1..N} T_ij = 1"):  # noqa: F405
        by_hand(made, {T: [["1/4", "1/4"]]}, [1])  # noqa: F405
    twice = Derivation(P[i, j] + P[i, j]).line(2 * P[i, j], "twice")  # noqa: F405
    by_hand(twice, {P: [[1, 2]]}, [[2, 4]], at=(1, 2))  # noqa: F405
    with pytest.raises(DerivationError, match="P is positive"):  # noqa: F405
        by_hand(twice, {P: [[1, 0]]}, [[2, 0]])  # noqa: F405


# All examples of the book, found by running the cells that make them.

CORE = ["linear", "activations", "softmax", "losses", "network"]


def calls(statement, *wanted):
    parts = ast.walk(statement)
    found = [part.func for part in parts if isinstance(part, ast.Call)]
    return any(isinstance(one, ast.Name) and one.id in wanted for one in found)


def examples(name):
    """The arguments of every by_hand() of a chapter."""
    made = []

    def recorded(*arguments, **more):
        made.append((arguments, more))
        return by_hand(*arguments, **more)  # noqa: F405

    with pytest.MonkeyPatch.context() as patch:
        is_derived = derivations.is_derived
        patch.setattr(derivations, "is_derived", lambda s: is_derived(s) or calls(s, "by_hand"))
        patch.setattr(backprop.derivation, "by_hand", recorded)
        cells = [cell for cell in Chapter.read(name).cells if not cell.in_solution]
        derivations.found_in(cells, name)
    return made


EXAMPLES = {name: examples(name) for name in CORE}


def begun(derivation):
    """Its target and first line: an exercise may go on with it."""
    return str(derivation.target), str(derivation.steps[0].expression)


def test_every_gradient_of_a_core_chapter_has_its_example():
    for name, wanted in {
        "linear": "entry weights biases inputs",
        "activations": "elementwise sigmoid hyperbolic smooth_relu gelu silu rectified leaky "
        "exponential",
        "softmax": "jacobian product",
        "losses": "dL_dY dL_dZ fused hessian squared binary",
        "network": "at_Z at_H at_A second_weights second_biases first first_biases to_input",
    }.items():
        found = {begun(arguments[0]) for arguments, _ in EXAMPLES[name]}
        chapter = Chapter.read(name).derivations
        missing = [one for one in wanted.split() if begun(chapter[one]) not in found]
        assert missing == []


@pytest.mark.parametrize("name", CORE)
def test_a_wrong_digit_planted_in_any_number_found_by_hand_is_caught(name):
    assert EXAMPLES[name]
    for (derivation, given, result, *_), more in EXAMPLES[name]:
        right = ByHand(derivation, given, result, None, more.get("fixed", {}), more.get("line", 0))
        for place in np.ndindex(*right.result.shape):
            wrong = right.result.copy()
            wrong[place] += sympy.Rational(1, 16)
            with pytest.raises(DerivationError, match="by hand"):  # noqa: F405
                by_hand(derivation, given, wrong, **{**more, "at": None})  # noqa: F405


def floats(values):
    return np.array(values).astype(float)


def found(name, target):
    """(given by name, result) of the examples of a gradient."""
    for (derivation, given, result, *_), more in EXAMPLES[name]:
        made = ByHand(derivation, given, result, None, more.get("fixed", {}), more.get("line", 0))
        if str(derivation.target).startswith(target):
            yield (
                {str(one): floats(values) for one, values in made.given.items()},
                floats(made.result),
            )


def test_the_library_gives_the_same_numbers():
    given, dW = next(found("linear", "∂L/∂W"))
    layer = Linear(2, 3, rng=0)
    layer.params["weight"] = given["W"]
    layer.forward(given["X"])
    dX = layer.backward(given["∂L/∂Y"])
    np.testing.assert_array_equal(layer.grads["weight"], dW)
    np.testing.assert_array_equal(layer.grads["bias"], next(found("linear", "∂L/∂b"))[1])
    np.testing.assert_array_equal(dX, next(found("linear", "∂L/∂X"))[1])
    given, dX = next(found("activations", "∂L/∂X"))
    np.testing.assert_array_equal(given["∂L/∂Y"] * activations.relu_derivative(given["X"]), dX)
    given, dZ = next(found("softmax", "∂L/∂Z"))
    np.testing.assert_allclose(softmax(given["Z"]), given["Y"])
    np.testing.assert_allclose(softmax_backward(given["∂L/∂Y"], given["Y"]), dZ, atol=1e-15)
    given, dY = list(found("losses", "∂L/∂Y"))[1]
    np.testing.assert_allclose(mse_backward(given["Y"], given["T"]), dY)
    given, dZ = list(found("losses", "∂L/∂Z"))[-1]
    np.testing.assert_allclose(bce_with_logits_backward(given["Z"], given["T"]), dZ)


# Numbers in the prose.

FRACTION = r"\\[dt]?frac(?:\{(\d+)\}\{(\d+)\}|(\d)(\d))"


def prose(name):
    text = Chapter.read(name).text.split("## Exercises")[0]
    return re.sub(r"^```\{code-cell\}.*?^```", "", text, flags=re.S | re.M)


def value(tex):
    """The value of a side of an equation that is made of numbers alone; else None."""
    text = re.sub(FRACTION, lambda m: f"({m[1] or m[3]}/{m[2] or m[4]})", tex)
    text = re.sub(r"\\sqrt\{([\d.]+)\}", r"(\1**0.5)", text).replace(r"\cdot", "*")
    return eval(text) if re.fullmatch(r"[\d\s.+*()/-]*\d[\d\s.+*()/-]*", text) else None


def wrong_sums(text):
    """The equations in a text whose sides of pure numbers differ, and how many there are."""
    found = [one.split("=") for one in re.findall(r"\$([^$\n]*=[^$\n]*)\$", text)]
    sides = [[value(side.strip().rstrip(".,")) for side in one] for one in found]
    several = [[one for one in row if one is not None] for row in sides]
    several = [row for row in several if len(row) > 1]
    return [row for row in several if not np.allclose(row, row[0])], len(several)


def test_every_sum_in_the_prose_is_right():
    counts = {name: wrong_sums(prose(name)) for name in [*CORE, "optimizers"]}
    assert {name: wrong for name, (wrong, _) in counts.items() if wrong} == {}
    assert sum(count for _, count in counts.values()) >= 8


def test_a_planted_sum_is_found():
    planted = prose("softmax").replace(r"0 \cdot \frac14 = 4$", r"0 \cdot \frac14 = 5$")
    assert planted != prose("softmax")
    assert wrong_sums(planted)[0] == [[4, 5]]


def test_the_matrices_in_the_prose_are_those_of_the_cell():
    part = prose("network").split("**By hand.**")[1].split("are a half")[0]
    rows = [one.split(r"\\") for one in re.findall(r"\\begin\{bmatrix\}(.*?)\\end", part)]
    written = [[[int(n) for n in row.split("&")] for row in one] for one in rows]
    given = {str(one): values for one, values in EXAMPLES["network"][0][0][1].items()}
    assert written == [given[name] for name in "AHZ"]


# The legend.


def test_the_legend_reads_what_a_letter_counts_off_the_axes():
    words = "a counts outputs, from 1 to N; b and k count inputs, from 1 to M"
    one = Derivation(d(Y[i, j], W[a, b]), define=LINEAR)  # noqa: F405
    one.line(Sum(X[i, k] * delta(j, a) * delta(k, b), (k, 1, M)), "x", using=Y)  # noqa: F405
    assert set(words.split("; ")) < set(repr(legend(one, N="outputs"))[9:-1].split("; ")) | {  # noqa: F405
        "a counts outputs, from 1 to N"
    }
    assert counted(one) == {i: S, j: N, k: M, a: N, b: M}
    assert "count units" in repr(legend(weights(), M="units", N="units"))  # noqa: F405


def test_a_letter_that_counts_two_things_has_no_legend():
    other = Derivation(d(L, X[a, b]), define=LINEAR)  # noqa: F405
    other.line(G @ W, "x", using=(chain_rule, Y))  # noqa: F405
    with pytest.raises(DerivationError, match="a counts to N and to S"):  # noqa: F405
        legend(weights(), other)  # noqa: F405


def without_legend(name, text=None):
    """The derivations of a chapter whose letters no legend explains, at them or before them."""
    chapter = Chapter(name, text) if text else Chapter.read(name)
    made, known, waiting, missing = chapter.derivations, {}, {}, []
    cells = [one for one in chapter.cells if not one.in_solution and "exercise" not in one.tags]
    for cell in cells:
        tree = ast.parse(cell.code)
        for call in [part for part in ast.walk(tree) if calls(ast.Expr(part), "legend")]:
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "legend":
                for one in call.args:
                    known |= counted(made[one.id])
        begun = re.findall(r"^(\w+) = Derivation\(", cell.code, re.M)
        waiting = {one: age + 1 for one, age in waiting.items()}
        waiting |= dict.fromkeys([one for one in begun if one in made], 0)
        for one in [one for one in waiting if counted(made[one]).items() <= known.items()]:
            del waiting[one]
        missing += [one for one, age in waiting.items() if age > 2]
        waiting = {one: age for one, age in waiting.items() if age <= 2}
    return missing + [*waiting]


@pytest.mark.parametrize("name", CORE)
def test_every_derivation_has_its_legend_where_the_letters_change(name):
    assert without_legend(name) == []


def test_a_legend_that_is_missing_is_missed():
    text = Chapter.read("linear").text
    assert (
        without_legend("linear", text.replace("legend(biases)", "biases")) == []
    )  # a and i as before
    assert "inputs" in without_legend("linear", text.replace("legend(inputs)", "inputs"))
    assert "entry" in without_legend("linear", text.replace("legend(entry)", "entry"))


# Shifted places.


def slide():
    """A kernel of two along four numbers, the example of the chapter "Convolution"."""
    P, K = dimensions("P K")  # noqa: F405
    x, w, y, u = array("x", M), array("w", K), array("y", P), indices("u")  # noqa: F405
    define = {y[i]: Sum(x[i + u - 1] * w[u], (u, 1, K))}  # noqa: F405
    made = Derivation(d(L, x[a]), define=define)  # noqa: F405
    terms = gradient(y)[i] * w[u] * delta(a, i + u - 1)  # noqa: F405
    made.line(Sum(terms, (i, 1, P), (u, 1, K)), "chain rule", using=(chain_rule, y))  # noqa: F405
    made.line(Sum(gradient(y)[i] * w[a - i + 1], (i, 1, P)), "the delta selects u")  # noqa: F405
    return made, {x: [1, 3, 2, 4], w: [2, -1], y: [-1, 4, 0], gradient(y): [1, 2, -1]}  # noqa: F405


def test_what_is_not_on_the_axis_is_0_and_its_term_is_not_written():
    shown = by_hand(*slide(), [2, 3, -4, 1], at=(2,))._repr_latex_()  # noqa: F405
    assert r"x_{2}} &= 1 \cdot (-1) + 2 \cdot 2 \\[0.8ex]" + "\n&= 3\n" in shown
    first = by_hand(*slide(), [2, 3, -4, 1], at=(1,))._repr_latex_()  # noqa: F405
    assert r"x_{1}} &= 1 \cdot 2 \\[0.8ex]" + "\n&= 2\n" in first
    assert "entry" not in repr(by_hand(*slide(), [2, 3, -4, 1], line=1))  # noqa: F405


@pytest.mark.parametrize("wrong", [[2, -1, -2, 1], [2, 3, -4, 0]])  # overwritten; the end left out
def test_wrong_numbers_of_a_shifted_line_are_refused(wrong):
    with pytest.raises(DerivationError, match=r"by hand entry \(\d\) of ∂L/∂x_a is"):  # noqa: F405
        by_hand(*slide(), wrong)  # noqa: F405
    made, given = slide()
    [y] = [one for one in given if str(one) == "y"]
    with pytest.raises(DerivationError, match="of y is 5, but the formula gives 4"):  # noqa: F405
        by_hand(made, given | {y: [-1, 5, 0]}, [2, 3, -4, 1])  # noqa: F405


# A bound index that is renamed is said.


def bound(expression):
    sums = [part for part in walk(expression) if isinstance(part, Sigma)]
    return {index for part in sums for index in part.indices if not index.number}


def renamed(derivation):
    """The reasons of lines that sum over a letter where what they open has another."""
    before = derivation.target
    for step in derivation.steps:
        opened = [derivation.definitions[one] for one in step.using if isinstance(one, Node)
                  and one in derivation.definitions]  # fmt: skip
        sides = [before, *(side for one in opened for side in (one.left, one.right))]
        sides += [one.last for one in step.using if isinstance(one, Derivation)]  # noqa: F405
        known = {index for side in sides for index in indices_in(side)}
        new, summed = (
            bound(step.expression) - known,
            {x for one in opened for x in bound(one.right)},
        )
        if new and summed:
            yield step.reason
        before = step.expression


@pytest.mark.parametrize("name", CORE)
def test_a_renamed_index_is_said(name):
    main = {part for cell in Chapter.read(name).cells if not cell.in_solution
            for part in re.findall(r"^(\w+) = Derivation\(", cell.code, re.M)}  # fmt: skip
    for one, derivation in Chapter.read(name).derivations.items():
        if one in main:
            assert [reason for reason in renamed(derivation) if "renamed" not in reason] == []


def test_a_renaming_is_seen_and_softmax_has_none():
    assert [*renamed(Chapter.read("softmax").derivations["jacobian"])] == []
    S, C = dimensions("S C")  # noqa: F405
    i, j, k, n = indices("i j k n")  # noqa: F405
    Z, Y = array("Z", S, C), array("Y", S, C, positive=True)  # noqa: F405
    total = Sum(exp(Z[i, n]), (n, 1, C))  # noqa: F405
    rows = {Y[i, j]: exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C))}  # noqa: F405
    planted = Derivation(d(Y[i, j], Z[i, k]), define=rows)  # noqa: F405
    top = delta(j, k) * exp(Z[i, j]) * total - exp(Z[i, j]) * exp(Z[i, k])  # noqa: F405
    planted.line(top / total**2, "quotient rule", using=Y)
    assert [*renamed(planted)] == ["quotient rule"]
