"""Tests of what `check` says: no ✓ for what is not asked, no ✗ for what is right, no false reason.

Each list is drawn from a kind of answer: the library's own functions, letters of the derivations in
every place of a program, slips of the pen, derivations that stop too early.
"""

import functools
import inspect
import linecache
from collections import Counter

import backprop
import numpy as np
import planted
import pytest
from backprop import derivation
from backprop.derivation import (
    Derivation,
    L,
    Sum,
    array,
    chain_rule,
    d,
    delta,
    dimensions,
    gradient,
    indices,
)
from backprop.exercises import check
from backprop.exercises.formulas import LIBRARY, evaluate, namespace, right_answer
from backprop.exercises.tables import EXERCISES, QUANTITIES
from backprop.exercises.telling import texts as telling
from backprop.exercises.telling.texts import texts
from backprop.exercises.trying import inputs, origin, sandbox
from backprop.exercises.trying.judging import fits
from backprop.softmax import softmax
from book.runtime.kernel import Kernel

numbers = Counter()


def written(source, names=(), title="cell"):
    """The last thing that a cell defines, with its text where Python looks for it."""
    numbers[title] += 1
    file, given = f"<{title} {numbers[title]}>", {"np": np, **dict(names)}
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), given)
    return [*given.values()][-1]


@pytest.fixture(params=["forked", "here"])
def way(request, monkeypatch):
    """With a fork, and as it is done in the page."""
    monkeypatch.setattr(sandbox, "CAN_FORK", request.param == "forked")


# The library's own functions


HOMES = [f"backprop.{home}" for home in ("activations", "gradcheck", "linear", "losses", "softmax")]
FORMULAS = [f for f in {*LIBRARY.values()} if inspect.isfunction(f) and f.__module__ in HOMES]
# What a module keeps to itself nobody hands back.
FORMULAS = [f for f in FORMULAS if not f.__name__.startswith("_")]
FORMULAS = sorted(FORMULAS, key=lambda function: function.__name__)


def handed_back():
    """(exercise, function) wherever a function of the library by itself is the right answer."""
    for name, exercise in planted.FUNCTIONS.items():
        given = planted.telling_inputs(exercise)
        for function in FORMULAS:
            try:
                with np.errstate(all="ignore"):
                    found = sandbox.bind(function, exercise.takes)(dict(given))
            except Exception:  # it takes other arguments
                continue
            values = found if isinstance(found, tuple) else (found,)
            asked = exercise.returns
            if len(values) == len(asked) and all(
                right(one, value, given) for one, value in zip(asked, values, strict=True)
            ):
                yield name, function


def right(quantity, value, given):
    return fits(quantity, np.asarray(value), inputs.Probe("", given))


HANDED = [*handed_back()]


def test_there_are_functions_to_hand_back():
    assert len(HANDED) >= 15
    names = {name for name, _ in HANDED}
    assert {"softmax.stable", "linear.backward", "losses.value", "activations.max"} <= names


@pytest.mark.parametrize(("name", "function"), HANDED)
def test_the_librarys_function_handed_back_is_noticed(name, function):
    report = check(name, function)
    assert report.mistake == "borrowed", report
    assert "the library's" in report.message


def wrapped(function):
    def mine(*given):
        return function(*given)

    return mine


class Call:
    def __call__(self, Z):
        return softmax(Z) * 1.0


def with_a_layer(Z):
    return backprop.Softmax().forward(Z)


def at_the_end(Z):
    E = np.exp(Z - Z.max())
    E /= E.sum()
    return softmax(Z)


WRAPS = [
    lambda Z: softmax(Z), functools.partial(softmax), wrapped(softmax), Call(), with_a_layer,
    at_the_end, lambda Z: softmax(Z - Z.max(axis=1, keepdims=True)),
]  # fmt: skip


@pytest.mark.parametrize("answer", WRAPS)
def test_wrapping_the_librarys_function_is_noticed(way, answer):
    report = check("softmax.stable", answer)
    assert report.mistake == "borrowed"
    assert "softmax" in report.message.lower()


def test_numpy_alone_means_no_helper_of_the_library():
    class Log:
        def forward(self, Z):
            lower = Z - Z.max(axis=1, keepdims=True)
            self.A, self.Z = lower - np.log(np.exp(lower).sum(axis=1, keepdims=True)), Z
            return self.A

        def backward(self, dA):
            return dA - softmax(self.Z) * dA.sum(axis=1, keepdims=True)

    report = check("softmax.log", Log)
    assert report.mistake == "borrowed"
    assert "NumPy alone" in report.message


def test_every_text_that_asks_for_more_has_it_in_its_table():
    for name, text in texts().items():
        asks = getattr(EXERCISES.get(name), "asks", ())
        assert ("NumPy alone" in text["statement"]) == ("numpy-alone" in asks), name
        assert ("without a loop" in text["statement"]) == ("no-loop" in asks), name


def test_helpers_that_an_exercise_builds_on_are_allowed():
    from backprop.linear import linear_backward  # as a reader would, who has it from the chapter

    def backward(dZ, X, A, W1, W2):
        dH, dW2, db2 = linear_backward(dZ, np.maximum(A, 0), W2)
        dX, dW1, db1 = linear_backward(dH * (A > 0), X, W1)
        return dW1, db1, dW2, db2, dX

    assert check("network.backward", backward).passed


def test_a_loop_where_none_is_asked_for_gets_a_remark(way):
    def loop(G, H, X):
        r = np.zeros(X.shape[1])
        for g, h, x in zip(G, H, X, strict=True):
            r += (g * h).sum() * x
        return r

    assert "a loop in it" in check("notation.sum", loop).message
    comprehension = lambda G, H, X: sum([(G[i] * H[i]).sum() * X[i] for i in range(len(G))])  # noqa: E731
    assert "a loop in it" in check("notation.sum", comprehension).message
    for answer in (lambda G, H, X: (G * H).sum(axis=1) @ X,
                   lambda G, H, X: np.einsum("ij,ij,ia->a", G, H, X)):  # fmt: skip
        report = check("notation.sum", answer)
        assert report.passed
        assert "a loop" not in report.message


# Letters of the derivations

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, Y, V = array("X", S, M), array("W", N, M), array("Y", S, N), array("V", M, N)
bias, dY = array("b", N), gradient(Y)
LETTERS = {
    "S": S,
    "N": N,
    "i": i,
    "j": j,
    "Y": Y,
    "dY": dY,
    "exp": backprop.derivation.exp,
    "Sum": Sum,
}

PLACES = [
    ("S * G.sum(axis=1)", "S is G.shape[0]"), ("N * G.sum(axis=1)", "N is G.shape[1]"),
    ("G.sum(axis=1) * N", "N is"), ("G.sum(axis=1) / S", "S is"), ("1 / S * G.sum(axis=1)", "S is"),
    ("np.ones(S)", "S is"), ("np.zeros((S, N))", "S is"), ("np.full(N, 2.0)", "N is"),
    ("[k for k in range(1, S)]", "S is"), ("np.arange(N)", "N is"), ("G[i, j]", "i and j"),
    ("G[:, j]", "j is"), ("G[:S]", "S is"), ("Y", "Y is"), ("dY @ G.T", "dY is"),
    ("G + Y", "Y is"), ("np.sqrt(N)", "N is"), ("exp(G)", "np.exp"), ("Sum(G)", "np.sum"),
    ("S", "S is"),
    ("(S, N)", "S and N are"), ("np.array([S, N])", "S and N are"), ("2 * N", "N is"),
    ("G.reshape(S, N)", "S is"), ("np.sum(G) if S > 2 else 0", "S is"), ("G ** N", "N is"),
    ("G.sum(axis=1) * (3 if N == 3 else 2)", "N is"), ("float(f'{N}')", "N is"),
    ("float('%s' % S)", "S is"), ("sum(G[n] for n in range(S))", "S is"), ("Y[i, j]", "Y"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "words"), PLACES)
def test_a_letter_of_the_derivations_is_named_wherever_it_stands(place, words):
    answer = written(f"def mine(G, v):\n    return G * v, {place}\n", LETTERS)
    report = check("notation.delta", answer)
    assert not report.passed
    assert words in report.message
    if "np." not in words:
        assert "of the derivations here" in report.message
        assert "take sizes from G.shape" in report.message


LINES = ["Y[i] = 3", "Y[0] = G", "n = N * G", "for n in range(1, S): pass", "if N > 2: pass"]


@pytest.mark.parametrize("line", LINES)
def test_a_letter_in_a_statement_is_named(way, line):
    answer = written(f"def mine(G, v):\n    {line}\n    return G * v, v\n", LETTERS)
    assert "of the derivations here" in check("notation.delta", answer).message


def test_letters_that_do_no_harm_are_not_spoken_of():
    source = "def mine(G, v):\n    print(f'{S}×{N}')\n    return G * v, len(v) * G.sum(axis=1)\n"
    report = check("notation.delta", written(source, LETTERS))
    assert report.passed
    assert "letter" not in report.message


@pytest.mark.slow
def test_an_attribute_is_no_letter():
    source = "def mine(dY, Z):\n    E = np.exp(Z)\n    return -dY * E / E.sum()\n"
    names = LETTERS | {"exp": derivation.exp}
    assert "derivations" not in check("softmax.gradient", written(source, names)).message
    letter = written(source.replace("np.exp", "exp"), names)
    assert "exp belongs" in check("softmax.gradient", letter).message


@pytest.mark.parametrize("letter", [S, i, Y, S * 2, X.T @ Y, dY])
@pytest.mark.parametrize("name", ["linear.db", "linear.backward", "optimizers.best-lr"])
def test_a_letter_that_comes_back_is_named(name, letter):
    count = len(EXERCISES[name].returns)
    report = check(name, lambda *given: letter if count == 1 else (letter,) * count)
    assert report.mistake == "wrong-type"
    assert "of the derivations here" in report.message


# Slips of the pen

CENTRAL = """
def mine(f, x, h):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        {copies}
        plus[index] += h
        minus[index] -= h
        gradient[index] = {slope}
    {end}
"""
COPIES, SLOPE = "plus, minus = x.astype(float), x.astype(float)", "(f(plus) - f(minus)) / (2 * h)"


def central(copies=COPIES, slope=SLOPE, end="return gradient"):
    return CENTRAL.format(copies=copies, slope=slope, end=end)


def relative(size, difference="np.abs(claimed - measured)"):
    return f"def mine(claimed, measured, floor):\n    return {difference} / {size}\n"


def steps(h):
    error = "h**2 / 6 * third + eps * size / h"
    return f"def mine(eps, size, third):\n    h = {h}\n    return h, {error}\n"


def backward(dX="dY @ W", dW="dY.T @ X", db="dY.sum(axis=0)"):
    lines = f"    dX = {dX}\n    dW = {dW}\n    db = {db}\n    return dX, dW, db\n"
    return f"def mine(dY, X, W):\n{lines}"


def squared(loss, dY):
    return f"def mine(Y, T):\n    return {loss} / len(Y), {dY}\n"


GOOD_SIZE = "np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), floor)"
SLIPS = [
    ("gradcheck.central", central(slope="(f(plus) - f(minus)) / 2 * h"), "write `/ (2 * h)`"),
    ("gradcheck.central", central(slope="f(plus) - f(minus) / (2 * h)"), "brackets are missing"),
    ("gradcheck.central", central(slope="f(plus) - f(minus) / 2 * h"), "write `/ (2 * h)`"),
    ("gradcheck.central", central("plus = x; minus = x"), "one array"),
    ("gradcheck.central", central("plus = minus = x.copy()"), "two names"),
    ("gradcheck.central", central("plus, minus = x, x"), "one array"),
    ("gradcheck.central", central(end="    return gradient"), "inside the loop"),
    ("gradcheck.h", steps("(3 * eps * size / third) ** 1 / 3"), "write `** (1 / 3)`"),
    ("gradcheck.h", steps("(3 * eps * size / third) ^ (1 / 3)"), "`**`"),
    ("gradcheck.relative", relative(GOOD_SIZE, "(claimed - measured)"), "absolute value"),
    ("gradcheck.relative", relative("np.maximum(np.maximum(claimed, measured), floor)"), "bsolute"),
    ("gradcheck.relative", relative("max(abs(claimed), abs(measured), floor)"), "np.maximum(np.ma"),
    ("gradcheck.relative", relative("np.maximum(np.abs(claimed), np.abs(measured), floor)"),
     "np.maximum(np.maximum"),
    ("linear.backward", backward(dW="dY^T @ X"), "`dY.T`"),
    ("linear.backward", backward(dW="dY.T() @ X"), "without brackets"),
    ("linear.backward", backward(db="sum(dY) / dY.shape(0)"), "square brackets"),
    ("losses.squared", squared("((Y - T)^2).sum()", "2 * (Y - T)"), "`**`"),
    ("losses.squared", squared("((Y - T)**2).sum()", "2 * (Y - T / len(Y))"), "brackets"),
    ("softmax.stable", "def mine(Z):\n    E = np.exp(Z - Z.max(axis=1))\n"
     "    return E / E.sum(axis=1, keepdims=True)\n", "keepdims=True"),
    ("softmax.gradient", "def mine(dY, Z):\n    E = np.exp(Z - Z.max(axis=1, keepdims=True))\n"
     "    Y = E / E.sum(axis=1, keepdims=True)\n    return Y * (dY - (dY * Y).sum(axis=1))\n",
     "(5, 6) meets (5,)"),
    ("linear.bilinear", "def mine(dY, X, A, U):\n    return dY * (U @ A.T), X, U\n", "dY[:, None]"),
    ("linear.bilinear", "def mine(dY, X, A, U):\n    return dY * X, X, U\n", "(5,) meets (5, 4)"),
    ("linear.db", "def mine(dY):\n    db = np.zeros(dY.shape[1])\n    for row in dY:\n"
     "        db += row\n        return db\n", "inside the loop"),
    ("network.rms", "class Mine:\n    def forward(X):\n        return X\n"
     "    def backward(dY):\n        return dY\n", "`self` is missing"),
    ("notation.shapes", "def mine(S, M, N):\n    return (N, M), (S), (N,), (S, N, N, M)\n",
     "comma that makes the tuple"),
    ("optimizers.best-lr", "def mine(low, high):\n    return 2 / low + high\n", "(low + high)"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "source", "words"), SLIPS)
def test_a_slip_of_the_pen_is_said_in_words_that_lead_on(name, source, words):
    report = check(name, written(source))
    assert not report.passed
    assert words in report.message


def test_whole_numbers_and_a_power_that_is_none():
    answer = written("def mine(S, M, N):\n    return (N, M), (N,), (S, N, N, M), S * N * M ^ 1\n")
    report = check("linear.sizes", answer)
    assert report.mistake == "slip"
    assert "`^` is no power in Python" in report.message


INNOCENT = [
    ("linear.db", "def mine(dY):\n    total = dY\n    return total.sum(axis=1)\n", "wrong-axis"),
    ("linear.dX", "def mine(dY, W):\n    return dY @ W / 2 * 3\n", "scaled"),
    ("losses.squared", squared("((Y - T)**2).sum()", "(T - Y) * 2 / len(Y)"), "wrong-sign"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "source", "code"), INNOCENT)
def test_what_is_not_the_cause_is_not_blamed(name, source, code):
    report = check(name, written(source))
    assert report.mistake == code
    assert "With that it is right" not in report.message


def test_a_text_that_is_not_the_functions_is_not_believed():
    answer = written("def mine(f, x, h):\n    return np.zeros(x.shape)\n")
    linecache.cache[answer.__code__.co_filename] = (
        0, None, central(slope="(f(plus) - f(minus)) / 2 * h").lstrip().splitlines(True), ""
    )  # fmt: skip
    assert check("gradcheck.central", answer).mistake == "never-computed"


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("linear.backward", backward(dW="np.zeros((3, 4)) + dY.T @ X"), "3 is N, which is dY.sha"),
        ("linear.db", "def mine(dY):\n    return sum(dY[n] for n in range(5))\n", "5 is S"),
        ("linear.db", "def mine(dY):\n    return dY.mean(axis=0) * 5\n", "5 is S"),
        ("linear.backward", backward(dW="np.zeros((2, 3)) + dY.T @ X"), "written in as a number"),
    ],
)
def test_numbers_that_are_written_in_are_said(name, source, words):
    report = check(name, written(source))
    assert not report.passed
    assert words in report.message


# What is not started, called, or a function


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.ones((5, 3)), "a ndarray of shape (5, 3)"), (3, "a int"), ("linear.db", "a str"),
        ((1, 2), "a tuple"),
    ],
)  # fmt: skip
def test_an_answer_that_was_called_is_asked_for_by_its_name(answer, words):
    report = check("linear.db", answer)
    assert report.mistake == "wrong-type"
    assert words in report.message
    assert "without brackets" in report.message


def test_what_is_not_about_arguments_is_not_said_to_be():
    report = check("linear.db", functools.lru_cache(lambda dY: dY.sum(axis=0)))
    assert "unhashable" in report.message


def test_other_arguments_are_listed():
    report = check("linear.dX", lambda one, two, three, four, five: 1)
    assert "one, two, three, four, five, not dY, X, W, b" in report.message


# What changes from call to call, and what is cut off


def accumulates():
    total = {}

    def mine(dY):
        total[dY.shape] = total.get(dY.shape, 0) + dY.sum(axis=0)
        return total[dY.shape]

    return mine


def accumulates_anything():
    total = [np.zeros(3)]

    def mine(dY):
        total[0] = total[0] + dY.sum(axis=0)
        return total[0]

    return mine


def draws_at_random():
    rng = np.random.default_rng(0)
    return lambda dY: dY.sum(axis=0) + rng.normal() / 10


@pytest.mark.parametrize("make", [accumulates, accumulates_anything, draws_at_random])
def test_what_is_remembered_from_call_to_call_is_said(way, make):
    report = check("linear.db", make())
    assert report.mistake == "wrong"
    assert "kept from call to call" in report.message
    assert "sample" not in report.message


PLACEHOLDERS = ["np.zeros_like(Z)", "np.empty_like(Z)", "Z.copy()", "Z * 0", "np.full_like(Z, 1)"]


@pytest.mark.parametrize("made", PLACEHOLDERS)
def test_decimals_written_into_whole_numbers_are_said_to_be_cut_off(made):
    rows = "for row, z in zip(Y, Z):\n        e = np.exp(z - z.max())\n        row[:] = e / e.sum()"
    answer = written(f"def mine(Z):\n    Y = {made}\n    {rows}\n    return Y\n")
    report = check("softmax.stable", answer)
    assert report.mistake == "integer-truncation"
    assert "written into the array" not in report.message


def test_a_power_of_whole_numbers_is_no_truncation():
    report = check("relu.forward", lambda X: np.where(X > 0, (X**-1) ** -1, 0))
    assert report.mistake == "raises"
    assert "no negative power" in report.message


# Kinks: any slope is right there, so `check` does not look


@pytest.mark.parametrize("name", planted.FUNCTIONS)
def test_no_input_is_at_a_kink(name):
    exercise = planted.FUNCTIONS[name]
    for probe in inputs.probes_off_kinks(planted.takes(exercise), exercise.returns):
        assert not inputs._at_a_kink(exercise.returns, probe.inputs), probe.special


def test_nothing_is_left_out_for_the_sake_of_kinks():
    for exercise in planted.FUNCTIONS.values():
        takes = planted.takes(exercise)
        kept = inputs.probes_off_kinks(takes, exercise.returns)
        assert [one.special for one in kept] == [one.special for one in inputs.probes(takes)]


def test_a_planted_kink_is_seen():
    quantity = QUANTITIES["network.residual"]
    given = planted.telling_inputs(planted.FUNCTIONS["network.residual"])
    assert not inputs._at_a_kink([quantity], given)
    assert inputs._at_a_kink([quantity], given | {"X": 0 * given["X"]})


CONVENTIONS = [
    ("relu.dX", lambda dY, X: dY * (X >= 0)),
    ("relu.dX", lambda dY, X: dY * np.heaviside(X, 0.5)),
    ("network.mask", lambda dH, A: (dH * (A >= 0)).sum(axis=0)),
    ("network.residual", lambda dY, X, W1, W2: dY + ((dY @ W2) * (X @ W1.T >= 0)) @ W1),
    ("activations.prelu", lambda dY, X, a: (dY * np.where(X >= 0, 1, a),
                                            (dY * np.minimum(X, 0)).sum(axis=0))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer"), CONVENTIONS)
def test_another_choice_at_the_kink_is_right(name, answer):
    assert check(name, answer).passed


# Right answers in other words: none is refused


def passing_on(function):
    @functools.wraps(function)
    def outer(*given, **named):
        return function(*given, **named)

    return outer


RIGHT = [
    ("linear.db", passing_on(lambda dY: dY.sum(axis=0))),
    ("linear.backward", lambda dY, X, W: (np.einsum("sn,nm->sm", dY, W),
                                          np.einsum("sn,sm->nm", dY, X), np.einsum("sn->n", dY))),
    ("linear.backward", lambda dY, X, W: (np.dot(dY, W), sum(map(np.outer, dY, X)),
                                          dY.T @ np.ones(len(dY)))),
    ("linear.db", lambda dY: np.add.reduce(dY)),
    ("linear.db", lambda dY: np.ones(len(dY)) @ dY),
    ("linear.embedding", lambda dY, t, W: np.eye(len(W))[t].T @ dY),
    ("softmax.gradient", lambda dY, Z: softmax(Z) * (dY - (softmax(Z) * dY).sum(1)[:, None])),
    ("losses.probabilities", lambda Y, T: np.where(np.eye(Y.shape[1])[T] > 0,
                                                   -1 / np.where(Y > 0, Y, 1), 0) / len(T)),
    ("gradcheck.central", written(central("plus = x.astype(float); minus = np.array(x, float)"))),
    ("notation.shapes", lambda S, M, N: [[N, M], [S], [N], [S, N, N, M]]),
    ("activations.max", lambda X: X * (X > 0)),
    ("activations.max", lambda X: (X + np.abs(X)) / 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_the_right_answer_in_other_words_passes(name, answer):
    report = check(name, answer)
    assert report.passed, report


@pytest.mark.slow
@pytest.mark.parametrize("name", planted.FUNCTIONS)
def test_no_right_formula_is_taken_for_the_librarys(name):
    assert check(name, planted.answer(planted.FUNCTIONS[name])).passed


# Functions that the cell does not define

BODY = "(dY1, X1, dY2, X2):\n    return dY1.T @ X1 + dY2.T @ X2\n"
ASK = 'check("linear.twice", my_shared)'


@pytest.fixture(params=["the page", "IPython"])
def cells(request, monkeypatch):
    """run(code, title) gives the Report of a cell, in the page and as JupyterLab does it."""
    monkeypatch.setattr(origin, "SEEN", {})
    if request.param == "the page":
        kernel = Kernel(lambda kind, data: None)

        def run(code, title="cell 18"):
            kernel.names["_"] = None
            assert kernel.run(code, title)
            return kernel.names["_"]
    else:
        shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()

        def run(code, title=""):
            return shell.run_cell(code).result

    run("from backprop.exercises import check", "cell 1")
    return run


def test_a_function_left_over_from_an_earlier_run_is_no_answer(cells):
    assert cells(f"def my_shared{BODY}{ASK}").passed
    report = cells(f"def shared{BODY}{ASK}")
    assert report.mistake == "left-over"
    assert "`my_shared`" in report.message
    assert "`shared`" in report.message


def test_a_function_of_another_cell_is_remarked_upon_where_this_one_defines_another(cells):
    cells(f"def my_shared{BODY}", "cell 17")
    report = cells(f"def shared{BODY}{ASK}")
    assert report.passed
    assert "What was checked is `my_shared`, from another cell." in report.message


@pytest.mark.parametrize(
    "code",
    [
        ASK,
        f"def shared{BODY}check('linear.twice', shared)",
        f"shared = my_shared\n{ASK.replace('my_', '')}",
        f"def helper(x):\n    return x\nhelper(3)\n{ASK}",
        "check('linear.twice', lambda *given: my_shared(*given))",
        f"def other{BODY}check('linear.twice', other)\n{ASK}",
        f"class shared:\n    pass\nfor my_shared in [my_shared]:\n    pass\n{ASK}",
    ],
)
def test_a_function_of_another_cell_may_be_checked(cells, code):
    cells(f"def my_shared{BODY}{ASK}", "cell 17")
    report = cells(code)
    assert report.passed
    assert report.message.endswith("chosen to be nasty.")


def test_a_function_that_could_be_no_answer_accuses_nobody(cells):
    assert cells(f"def my_shared{BODY}{ASK}").passed
    report = cells(f"def draws_a_figure(x):\n    return x\n{ASK}", "cell 19")
    assert report.passed
    assert report.message.endswith("chosen to be nasty.")


@pytest.mark.parametrize("given", ["dY, X, W, b", "W, dY, X", "one, two, three, four"])
def test_a_decorator_that_hands_on_by_place(given):
    def logged(function):
        @functools.wraps(function)
        def inner(*given):
            return function(*given)

        return inner

    first, second = ("dY", "X") if "dY" in given else ("one", "two")
    answer = written(f"def mine({given}):\n    return {first}.T @ {second}\n")
    assert check("linear.dW", logged(answer)).passed


def test_a_cell_that_runs_again_has_its_new_function(cells):
    assert cells(f"def my_shared{BODY}{ASK}").passed
    assert not cells(f"def my_shared{BODY.replace('+', '-')}{ASK}").passed
    assert cells(f"def my_shared{BODY}{ASK}").passed


# Derivations

every = [(i, 1, S), (j, 1, N)]
LAYER = {Y[i, j]: Sum(X[i, k] * V[k, j], (k, 1, M)) + bias[j]}
CHAIN = Sum(dY[i, j] * d(Y[i, j], V[a, b]), *every), "chain rule", chain_rule
DELTA = Sum(dY[i, j] * X[i, a] * delta(j, b), *every), "only V_ab", Y
SINGLE = Sum(X[i, a] * dY[i, b], (i, 1, S)), "j = b", ()
FORM = X.T @ dY, "as a product", ()


def derived(*lines, define=LAYER):
    derivation = Derivation(d(L, V[a, b]), define=define)
    for expression, reason, using in lines:
        derivation.line(expression, reason, using=using)
    return derivation


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([CHAIN], "∂Y_ij/∂V_ab still appears"),
        ([CHAIN, DELTA], "Still to come: the matrix form"),
        ([CHAIN, DELTA, SINGLE], "Still to come: the matrix form"),
        ([(SINGLE[0], "at once", (chain_rule, Y))], "Still to come: the matrix form"),
        ([(FORM[0], "at once", (chain_rule, Y))], "in 1 line: write the steps"),
        ([CHAIN, (FORM[0], "the rest", Y)], "in 2 lines: write the steps"),
    ],
)
def test_a_derivation_that_stops_early_is_told_what_is_missing(lines, words):
    report = check("linear.xv", derived(*lines))
    assert report.mistake == "unfinished"
    assert words in report.message


@pytest.mark.parametrize("lines", [(CHAIN, DELTA, SINGLE, FORM), (CHAIN, DELTA, FORM)])
def test_a_derivation_with_its_steps_and_its_form_passes(lines):
    assert check("linear.xv", derived(*lines)).passed


@pytest.mark.parametrize("factor", [2, -1])
def test_a_derivation_of_another_layer_is_another(factor):
    other = {Y[i, j]: factor * Sum(X[i, k] * V[k, j], (k, 1, M)) + bias[j]}
    lines = CHAIN, (factor * DELTA[0], *DELTA[1:]), (factor * FORM[0], *FORM[1:])
    report = check("linear.xv", derived(*lines, define=other))
    assert report.mistake == "wrong"
    assert "another layer" in report.message


u, v = array("u", S), array("v", N)
TWO = Sum(u[i], (i, 1, S)), Sum(v[j], (j, 1, N))


def breaking(*given):
    def mine():
        derivation = Derivation(Sum(u[i] + v[j], *every))
        if given:
            derivation.line(*given)

    return mine


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ((5 * TWO[0] + 3 * TWO[1], "no"), None, "passes at S = 3 and N = 5"),
        ((3 * TWO[0] + 5 * TWO[1], "no"), "wrong", "also at S = 3 and N = 5"),
        ((TWO[0] + TWO[1], "no"), "wrong", "also at S = 3 and N = 5"),
        ((N * TWO[0] + S * TWO[1], "yes"), "wrong", "it is true"),
        ((5 * TWO[0] + 3 * TWO[1],), "raises", "every line needs a reason"),
        ((u, "no"), "raises", "refused as"),
        ((), "not-started", "No line is written yet"),
    ],
)
def test_a_line_that_should_pass_at_one_shape_has_to(given, code, words):
    report = check("proving.break", breaking(*given))
    assert report.mistake == code
    assert words in report.message


def test_a_refusal_keeps_its_lines():
    shown = check("proving.break", breaking(5 * TWO[0] + 3 * TWO[1], "no"))._repr_html_()
    assert shown.count("<br>") >= 5
    assert "before − after" in shown


class Rude:
    """Raises whenever it is looked at, and returns itself."""

    __module__ = property(lambda self: 1 / 0)

    def __call__(self, *given):
        return self


def test_an_object_that_raises_when_it_is_looked_at_is_reported(way):
    report = check("linear.db", Rude())
    assert not report.passed
    assert "Python itself was ended" not in report.message


# What was measured of a layer


def test_a_measurement_of_too_little_is_no_answer():
    report = backprop.check_gradients(backprop.Softmax(), np.ones((2, 3)))
    assert not check("linear.backward", report).passed
    assert not check("notation.shapes", report).passed


# Hints


def test_the_next_hint_moves_on_with_each_wrong_answer(monkeypatch):
    for counted in ("_shown", "_wrong"):  # as at the start of a session
        monkeypatch.setattr(telling, counted, {})

    def wrong(dY, Y):
        return dY

    three = texts()["activations.output"]["hints"]
    assert [check("activations.output", wrong).hint for _ in range(4)] == [*three, three[-1]]
    assert check("activations.output", None).hint == three[-1]


def test_formulas_of_the_tables_are_what_the_trial_compares_with():
    """The judge of this file, judged: a planted wrong number is not taken for the right one."""
    quantity = QUANTITIES["linear.db"]
    given = planted.telling_inputs(planted.FUNCTIONS["linear.db"])
    value = right_answer(quantity, namespace(quantity, given))
    assert right(quantity, value, given)
    assert not right(quantity, value * 1.001, given)
    assert evaluate("dY.sum(axis=0)", given).shape == value.shape
