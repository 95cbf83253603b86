"""Tests of diagnose: right answers in any style pass, wrong ones are named, junk gets words."""

import time

import numpy as np
import planted
import pytest
from backprop.exercises import check, diagnose
from backprop.exercises.diagnosis.rewriting import conditions, rewritings, with_epsilon
from backprop.exercises.tables import EXERCISES, QUANTITIES
from backprop.exercises.trying.inputs import draw
from backprop.exercises.vocabulary import VOCABULARY
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def inputs_of(name, seed=0):
    return planted.other_inputs(QUANTITIES[name], seed)


def right(name, inputs):
    return planted.right_answer(QUANTITIES[name], planted.namespace(QUANTITIES[name], inputs))


# Rewriting


def test_one_slip_in_a_product():
    slips = dict((formula, code) for code, formula in rewritings("dY.T @ X", (("dY", "Y"),)))
    assert slips["dY @ X"] == "missing-transpose"
    assert slips["X @ dY.T"] == "missing-transpose"
    assert slips["dY.T * X"] == "elementwise-for-matmul"
    assert slips["Y.T @ X"] == "wrong-array"
    assert slips["dY.reshape(dY.T.shape) @ X"] == "missing-transpose"
    assert "dY.T @ X" not in slips


def test_one_slip_in_a_sum_a_fraction_and_a_case():
    assert ("missing-batch-sum", "dY") in rewritings("dY.sum(axis=0)")
    assert ("wrong-axis", "dY.sum(axis=1)") in rewritings("dY.sum(axis=0)")
    assert ("mean-instead-of-sum", "dY.mean(axis=0)") in rewritings("dY.sum(axis=0)")
    assert ("wrong-axis", "T.sum(axis=(0,))") in rewritings("T.sum(axis=(0, 1))")
    assert ("missing-batch-mean", "-P / Y") in rewritings("-P / Y / S")
    assert ("fraction-inverted", "-(Y / P)") in rewritings("-(P / Y)")
    assert ("wrong-branch", "dY * (X < 0)") in rewritings("dY * (X > 0)")
    assert ("upstream-missing", "X > 0") in rewritings("dY * (X > 0)")
    assert with_epsilon("P / Y") == ["P / (Y + eps)"]
    assert conditions("np.where(X > 0, X, 0)") == ["X > 0"]


# Of any size

LINEAR = [name for name, q in QUANTITIES.items() if "dY" in q.takes and q.shape][::6]


@pytest.mark.parametrize("size", [1e-30, 1e-10, 1e-5, 1e30])
@pytest.mark.parametrize("name", ["linear.dW", "relu.dX", "softmax.dZ", *LINEAR])
def test_a_small_gradient_is_compared_as_a_large_one(name, size):
    inputs = inputs_of(name)
    inputs["dY"] = inputs["dY"] * size
    answer = right(name, inputs)
    assert diagnose(name, answer, **inputs).ok
    assert not diagnose(name, 1.001 * answer, **inputs).ok
    assert "scaled" in diagnose(name, 3.3 * answer, **inputs).mistakes
    assert not diagnose(name, np.zeros_like(answer), **inputs).ok


# Right answers


def loops(X, W, b):
    Y = np.zeros((len(X), len(W)))
    for i in range(len(X)):
        for j in range(len(W)):
            Y[i, j] = sum(X[i, k] * W[j, k] for k in range(X.shape[1])) + b[j]
    return Y


def jacobians(dY, Z):
    Y = np.exp(Z - Z.max(axis=1, keepdims=True))
    Y = Y / Y.sum(axis=1, keepdims=True)
    return np.stack([(np.diag(y) - np.outer(y, y)) @ g for y, g in zip(Y, dY, strict=True)])


def filled(Y, T):
    dY = np.zeros_like(Y)
    dY[np.arange(len(T)), T] = -1 / Y[np.arange(len(T)), T] / len(T)
    return dY


STYLES = {
    "linear.forward": [
        loops,
        lambda X, W, b: np.einsum("im,nm->in", X, W) + b[None],
        lambda X, W, b: np.asfortranarray(X @ W.T + b),
        lambda X, W, b: np.add(np.matmul(X, np.swapaxes(W, 0, 1)), np.tile(b, (len(X), 1))),
    ],
    "linear.dX": [lambda dY, W: (W.T @ dY.T).T, lambda dY, W: np.tensordot(dY, W, axes=1)],
    "linear.dW": [
        lambda dY, X: sum(np.outer(g, x) for g, x in zip(dY, X, strict=True)),
        lambda dY, X: np.einsum("ia,ib->ab", dY, X)[::1],
        lambda dY, X: (dY.astype(np.float32).T @ X.astype(np.float32)),
    ],
    "linear.db": [
        lambda dY: np.ones(len(dY)) @ dY,
        lambda dY: np.add.reduce(dY),
        lambda dY: dY.sum(axis=0, keepdims=True)[0],
        lambda dY: dY.T.sum(1),
    ],
    "relu.forward": [lambda X: X * (X > 0), lambda X: (X + np.abs(X)) / 2, lambda X: X.clip(0)],
    "relu.dX": [lambda dY, X: np.where(X >= 0, dY, 0), lambda dY, X: dY * np.heaviside(X, 0)],
    "elu.forward": [
        lambda X, alpha: np.maximum(X, 0) + alpha * np.expm1(np.minimum(X, 0)),
        lambda X, alpha: np.where(X > 0, X, alpha * (np.exp(X) - 1)),
    ],
    "elu.dX": [lambda dY, X, alpha: dY * np.where(X > 0, 1, alpha * np.exp(np.minimum(X, 0)))],
    "softmax.forward": [
        lambda Z: np.exp(Z - np.logaddexp.reduce(Z, axis=1, keepdims=True)),
        lambda Z: np.stack([np.exp(z - z.max()) / np.exp(z - z.max()).sum() for z in Z]),
    ],
    "softmax.dZ": [jacobians],
    "cross_entropy.forward": [
        lambda Y, T: -np.log(Y[np.arange(len(T)), T]).mean(),
        lambda Y, T: float(np.mean([-np.log(y[t]) for y, t in zip(Y, T, strict=True)])),
        lambda Y, T: np.float64(-np.log((Y * np.eye(Y.shape[1])[T]).sum(axis=1)).sum() / len(Y)),
    ],
    "cross_entropy.dY": [filled],
}  # fmt: skip


@pytest.mark.parametrize(("name", "function"), [(n, f) for n, fs in STYLES.items() for f in fs])
def test_a_right_answer_in_another_style_passes(name, function):
    report = check(name, function)
    assert report.passed, report


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("seed", range(3))
def test_the_right_answer_is_right_for_any_numbers(name, seed):
    inputs = inputs_of(name, seed)
    answer = right(name, inputs)
    for styled in (answer, np.array(answer, order="F"), answer.astype(np.float32)):
        found = diagnose(name, styled, **inputs)
        assert found.ok, found.message
        assert found.mistake is None


# Wrong answers


@pytest.mark.slow
@pytest.mark.parametrize("name", QUANTITIES)
def test_a_single_wrong_entry_is_found_and_shown(name):
    inputs = inputs_of(name)
    answer = right(name, inputs)
    if answer.size < 4:
        return  # too few entries to be partly right
    place = tuple(n // 2 for n in answer.shape)
    answer[place] += 0.37 * (1 + abs(answer[place]))
    found = diagnose(name, answer, **inputs)
    assert not found.ok
    assert found.mistake in ("partly-wrong", "wrong-branch")
    assert str(list(place)) in found.message
    assert (found.error > 1e-6).sum() == 1


TWICE = [  # (quantity, wrong answer, the two codes, the more telling one first)
    ("linear.db", lambda right, dY: -dY.mean(axis=0), ("mean-instead-of-sum", "wrong-sign")),
    (
        "linear.db",
        lambda right, dY: dY.mean(axis=0)[None],
        ("mean-instead-of-sum", "right-values-wrong-shape"),
    ),
    ("linear.dW", lambda right, dY: -right.T, ("wrong-sign", "missing-transpose")),
    ("linear.dX", lambda right, dY: right * 3.3 * -1, ("scaled", None)),
    ("cross_entropy.dY", lambda right, Y: -len(Y) * right, ("wrong-sign", "missing-batch-mean")),
    ("softmax.dZ", lambda right, dY: -right / len(dY), ("wrong-sign", "extra-batch-mean")),
    ("relu.dX", lambda right, dY: -3 * dY, ("missing-term", "scaled")),
]


@pytest.mark.parametrize(("name", "wrong", "codes"), TWICE)
def test_two_mistakes_at_once_are_both_named(name, wrong, codes):
    inputs = inputs_of(name)
    known = inputs.get("dY", inputs.get("Y"))
    found = diagnose(name, wrong(right(name, inputs), known), **inputs)
    assert {found.mistake, found.also} == set(codes), found.message


def test_where_two_names_fit_at_one_size_another_size_decides():
    # With S = 5 = "five", a factor of 5 is S; check() looks at other sizes as well.
    dY = np.random.default_rng(0).normal(size=(5, 3))
    inputs = {"dY": dY, "X": np.ones((5, 4)), "W": np.ones((3, 4)), "b": np.ones(3)}
    assert diagnose("linear.db", 5 * dY.sum(axis=0), **inputs).mistake == "missing-batch-mean"
    assert check("linear.db", lambda dY: 5 * dY.sum(axis=0)).mistake == "scaled"
    assert check("linear.db", lambda dY: len(dY) * dY.sum(axis=0)).mistake == "missing-batch-mean"


def test_one_matrix_for_all_samples_is_recognised_whatever_it_is():
    inputs = inputs_of("softmax.dZ")
    A = np.random.default_rng(5).normal(size=(6, 6))
    found = diagnose("softmax.dZ", inputs["dY"] @ (A + A.T), **inputs)
    assert found.mistake == "samples-mixed"


@pytest.mark.parametrize("eps", [1e-3, 2e-4, 1e-5])
def test_a_small_constant_is_found_and_its_size_said(eps):
    inputs = inputs_of("cross_entropy.dY")
    P = np.eye(6)[inputs["T"]]
    for factor in (1, 5):
        found = diagnose("cross_entropy.dY", -factor * P / (inputs["Y"] + eps) / 5, **inputs)
        assert found.mistake == "stray-epsilon"
        assert f"{eps:g}" in found.message


def test_a_relative_error_of_a_millionth_in_one_entry_is_an_error():
    inputs = inputs_of("linear.dW")
    answer = right("linear.dW", inputs)
    answer[0, 1] *= 1 + 1e-6
    assert not diagnose("linear.dW", answer, **inputs).ok


def test_nan_is_said_where_it_is():
    inputs = inputs_of("softmax.dZ")
    answer = right("softmax.dZ", inputs)
    answer[1, 2] = np.nan
    found = diagnose("softmax.dZ", answer, **inputs)
    assert found.mistake == "not-finite"
    assert "[1, 2]" in found.message
    T = np.eye(6)[inputs_of("cross_entropy.dY")["T"]]
    with np.errstate(divide="ignore"):
        upside_down = -inputs_of("cross_entropy.dY")["Y"] / T / 5
    found = diagnose("cross_entropy.dY", upside_down, **inputs_of("cross_entropy.dY"))
    assert (found.mistake, found.also) == ("fraction-inverted", "not-finite")


@pytest.mark.parametrize("answer", [None, ..., NotImplemented])
def test_no_answer_is_not_started(answer):
    assert diagnose("linear.db", answer, **inputs_of("linear.db")).mistake == "not-started"


@pytest.mark.parametrize(
    "answer", [[1.0, 2.0], "a", {}, 1j, np.array(["a"]), np.array([None]), lambda: 1]
)
def test_what_is_no_array_of_numbers_is_said_to_be_none(answer):
    found = diagnose("linear.db", answer, **inputs_of("linear.db"))
    assert not found.ok
    assert found.mistake == "wrong-type"
    assert found.message


def test_inputs_that_do_not_fit_are_named():
    inputs = inputs_of("linear.db")
    missing = diagnose("linear.db", np.ones(3), dY=inputs["dY"])
    assert not missing.ok
    assert "X is missing" in missing.message
    inputs["W"] = inputs["W"].T
    assert "W of shape ('N', 4)" in (
        found := diagnose("linear.db", np.ones(3), **inputs)
    ).message or ("W" in found.message and "(4, 3)" in found.message)
    unknown = diagnose("linear.dB", np.ones(3), **inputs)
    assert not unknown.ok
    assert "'linear.dB'" in unknown.message


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.complex_numbers(),
    st.lists(st.floats(), max_size=4), st.dictionaries(st.text(), st.integers(), max_size=2),
    st.sampled_from([..., NotImplemented, object(), object, Exception(), print, np.ma.masked]),
    hnp.arrays(
        st.sampled_from(["f8", "f4", "f2", "i8", "u1", "b1", "c16", "O", "U3", "M8[s]"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=5000)
@given(
    name=st.one_of(st.sampled_from(sorted(QUANTITIES)), JUNK),
    answer=JUNK,
    junk=st.booleans(),
    data=st.data(),
)
def test_junk_gets_a_diagnosis_whatever_it_is(name, answer, junk, data):
    known = name if isinstance(name, str) and name in QUANTITIES else "linear.dW"
    inputs = inputs_of(known, 3)
    if junk and inputs:
        inputs[data.draw(st.sampled_from(sorted(inputs)))] = data.draw(JUNK)
    found = diagnose(name, answer, **inputs)
    assert isinstance(found.ok, bool)
    assert isinstance(found.message, str)
    assert found.ok is (found.mistake is None)
    assert found.ok or found.mistake in VOCABULARY


@settings(max_examples=100, deadline=5000)
@given(
    name=st.one_of(st.sampled_from(sorted(EXERCISES)), JUNK), answer=JUNK, returned=st.booleans()
)
def test_junk_gets_a_report_whatever_it_is(name, answer, returned):
    report = check(name, (lambda *values: answer) if returned else answer)
    assert report.passed is False
    assert report.mistake in VOCABULARY
    assert report.message
    assert str(report)
    assert report._repr_html_()


@pytest.mark.parametrize("name", ["softmax.dZ", "linear.dW", "linear.dX", "cross_entropy.dY"])
def test_large_inputs_are_judged_in_time(name):
    sizes = {"S": 900, "M": 700, "N": 500, "C": 800}
    inputs = draw(QUANTITIES[name].takes, sizes, np.random.default_rng(0))
    answer = right(name, inputs)
    assert diagnose(name, answer, **inputs).ok
    begin = time.monotonic()
    found = diagnose(name, answer[::-1], **inputs)
    assert not found.ok
    assert time.monotonic() - begin < 5


def test_a_function_that_never_comes_back_is_not_called():
    def endless(x):
        while True:
            pass

    inputs = {"f": endless, "x": np.ones((3, 2)), "h": 1e-5}
    assert diagnose("gradcheck.central", np.ones((3, 2)), **inputs).mistake == "wrong-type"


class Rude:
    def __getattribute__(self, name):
        raise RuntimeError("don't look at me")

    def __array__(self, *args, **kwargs):
        raise SystemExit


def test_rude_objects_get_a_report():
    inputs = inputs_of("linear.db")
    assert diagnose("linear.db", Rude(), **inputs).mistake == "wrong-type"
    assert diagnose("linear.db", np.ones(3), **(inputs | {"X": Rude()})).mistake == "wrong-type"
    assert diagnose(Rude(), np.ones(3)).mistake == "not-started"
    assert check(Rude(), Rude()).mistake == "not-started"
    for name in ("linear.db", "network.rms", "linear.xv", "linear.break"):
        assert check(name, Rude()).mistake in VOCABULARY


def test_an_answer_in_less_than_float64_is_not_given_a_false_name():
    def low(dY, X, W):
        dY, X, W = (a.astype(np.float32) for a in (dY, X, W))
        return (dY @ W).astype(float), (dY.T @ X).astype(float), dY.sum(axis=0).astype(float)

    report = check("linear.backward", low)
    assert report.mistake in (None, "wrong", "partly-wrong"), report


def test_sizes_that_are_zero_get_a_diagnosis():
    assert diagnose("linear.nonzeros", 1, S=0, M=0, N=0).mistake
    assert diagnose("linear.shape_dW", (3, 4), S=5, M=4, N=3).ok
    assert diagnose("gradcheck.step", 1.0, eps=-1e-16, size=1.0, third=1.0).mistake == "wrong-type"
