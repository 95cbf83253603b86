"""Floats as strict as the algebra: relative errors against fifty digits, over the whole range."""

import functools
import math

import exact
import mpmath as mp
import numpy as np
import pytest
from backprop import (
    BCEWithLogits,
    CrossEntropy,
    Softmax,
    SoftmaxCrossEntropy,
    activations,
    check_gradients,
)
from backprop.gradcheck.probe import COMPLEX_H
from backprop.losses import softmax_cross_entropy
from backprop.softmax import log_softmax, log_sum_exp, softmax, softmax_jacobian
from backprop.validation import complex_allowed
from book.chapters import stubs
from book.chapters.texts import all_exercises
from exact import wrong
from helpers import ACTIVATIONS

TEXT = all_exercises()
DTYPES = [np.float64, np.float32]
REACH = {np.float64: 700, np.float32: 100}
FEW, MANY = 600, pytest.param(10_000, marks=pytest.mark.slow)
each = pytest.mark.parametrize("name", ACTIVATIONS)
both = pytest.mark.parametrize("dtype", DTYPES)
counts = pytest.mark.parametrize("count", [FEW, MANY])


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


@functools.cache
def points(dtype, count):
    """A grid over the range; random numbers of every magnitude; the zeros of h'; 0 itself."""
    rng, reach = np.random.default_rng(0), REACH[dtype]
    magnitudes = 10 ** rng.uniform(-20, math.log10(reach), count)
    near = np.outer(1 + np.logspace(-12, -3, 10), list(exact.ZEROS.values()))
    grid = np.linspace(-reach, reach, 281)
    x = [grid, magnitudes * rng.choice([-1, 1], count), near.ravel(), [0.0, -0.0]]
    return np.concatenate(x).astype(dtype)


@functools.cache
def truth(name, which, dtype, count):
    """h (which = 0) or h' (1) at the points, with fifty digits."""
    with mp.workdps(50):
        return exact.array(points(dtype, count), exact.ACTIVATIONS[name][which])


def slack(name, which, dtype, count):
    """Within 1 % of a zero of h': what h' changes if x does by a few units in its last place."""
    x = points(dtype, count)
    if which == 0 or name not in exact.ZEROS:
        return np.zeros(x.shape)
    eps, slope = float(np.finfo(dtype).eps), exact.ACTIVATIONS[name][1]
    near = abs(x - exact.ZEROS[name]) < 0.01
    return np.array(
        [
            4 * eps * abs(x * mp.diff(slope, x)) if n else 0
            for x, n in zip(x.tolist(), near, strict=True)
        ]
    )


def far_off(got, name, which, dtype, count):
    """The points at which a function that should be h or h' is wrong."""
    x, true = points(dtype, count), truth(name, which, dtype, count)
    return x[wrong(got, true, dtype, slack(name, which, dtype, count))].tolist()


@counts
@both
@each
def test_activations_forward_and_backward(name, dtype, count):
    layer, x = ACTIVATIONS[name](), points(dtype, count)
    assert far_off(layer.forward(x[None])[0], name, 0, dtype, count) == []
    assert far_off(layer.derivative(x), name, 1, dtype, count) == []
    dY = np.random.default_rng(1).standard_normal(x.shape).astype(dtype)
    true = exact.array(dY) * truth(name, 1, dtype, count)
    allowed = np.abs(dY.astype(float)) * slack(name, 1, dtype, count)
    dX = layer.backward(dY[None])[0]
    assert x[wrong(dX, true, dtype, allowed)].tolist() == []


@each
def test_the_complex_step_through_forward_is_as_exact(name):
    layer, x = ACTIVATIONS[name](), points(np.float64, FEW)
    with complex_allowed():
        step = layer.forward((x + 1j * COMPLEX_H)[None])[0].imag / COMPLEX_H
    true = truth(name, 1, np.float64, FEW)
    # The imaginary part is h times the derivative, and has to be a normal number as well.
    seen = np.array([abs(t) * COMPLEX_H > 1e-290 for t in true])
    seen &= ~np.isin(x, layer.kinks)
    off = wrong(step[seen], true[seen], np.float64, slack(name, 1, np.float64, FEW)[seen])
    assert x[seen][off].tolist() == []
    assert seen.sum() > FEW / 2


@each
@pytest.mark.parametrize("x", [-36.0, -30, -20, -7, -6.5, -5.75, 6.5, 20, 30, 36])
def test_check_gradients_calls_no_layer_wrong_far_out(name, x):
    """What `forward` loses, the complex step loses with it, and a right gradient looks wrong.

    One number at a time: errors are measured against the largest entry of a gradient.
    """
    report = check_gradients(ACTIVATIONS[name](), np.array([[x]]))
    assert report.passed, report


@both
def test_a_probability_is_one(dtype):
    x = points(dtype, FEW)
    for p in (activations.sigmoid(x), activations._normal(x)[0]):
        assert ((p >= 0) & (p <= 1)).all()
        assert p[x < -1].max() < 0.5 < p[x > 1].min()
    assert activations.sigmoid(-x[x > 0]) + activations.sigmoid(x[x > 0]) == pytest.approx(1)


# The formulas as they stand in a book, and what they lose. The judge has to catch every one.


def old_normal_cdf(x):
    """½ plus a series: its terms have one sign, but left of 0 not that of ½."""
    x = np.clip(x, -9, 9)
    term, total = x, x
    for n in range(3, 400, 2):
        term = term * x**2 / n
        total = total + term
    return 0.5 + total * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def old_sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def bell(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


NAIVE = {
    "Sigmoid, by tanh": ("Sigmoid", 0, old_sigmoid),
    "Sigmoid, σ − σ²": (
        "Sigmoid",
        1,
        lambda x: activations.sigmoid(x) - activations.sigmoid(x) ** 2,
    ),
    "Tanh, by its quotient": (
        "Tanh",
        0,
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    ),
    "Tanh, 1 − tanh²": ("Tanh", 1, lambda x: 1 - np.tanh(x) ** 2),
    "Softplus, log of a sum": ("Softplus", 0, lambda x: np.log(1 + np.exp(x))),
    "Softplus, log where log1p belongs": (
        "Softplus",
        0,
        lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))),
    ),
    "Softplus', by tanh": ("Softplus", 1, old_sigmoid),
    "ELU, eˣ − 1": ("ELU", 0, lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)),
    "GELU, ½ + a series": ("GELU", 0, lambda x: x * old_normal_cdf(x)),
    "GELU', ½ + a series": ("GELU", 1, lambda x: old_normal_cdf(x) + x * bell(x)),
    "GELU, 1 + erf": (
        "GELU",
        0,
        lambda x: x * np.vectorize(lambda t: 0.5 * (1 + math.erf(t / math.sqrt(2))))(x),
    ),
    "SiLU, by tanh": ("SiLU", 0, lambda x: x * old_sigmoid(x)),
    "SiLU', by tanh": ("SiLU", 1, lambda x: old_sigmoid(x) * (1 + x * (1 - old_sigmoid(x)))),
    "Mish, log of a sum": ("Mish", 0, lambda x: x * np.tanh(np.log(1 + np.exp(x)))),
    "in half the digits": ("SiLU", 0, lambda x: (x * activations.sigmoid(x)).astype(np.float16)),
    "a wrong sign at one point": (
        "SiLU",
        0,
        lambda x: np.where(x == x.min(), -1, 1) * activations.silu(x),
    ),
    "one inf": ("ReLU", 0, lambda x: np.where(x == x.max(), np.inf, activations.relu(x))),
}


@both
@pytest.mark.parametrize("case", NAIVE)
def test_the_judge_catches_what_cancels(case, dtype):
    name, which, formula = NAIVE[case]
    with np.errstate(all="ignore"):
        got = formula(points(dtype, FEW)).astype(dtype)
    assert far_off(got, name, which, dtype, FEW) != []


# Softmax, its logarithm, and the losses


@functools.cache
def logits(dtype, count):
    """Batches of unequal sizes: logits near and far, one far ahead, ties, and large offsets."""
    rng, reach, found = np.random.default_rng(2), REACH[dtype] * 0.85, []
    for C in (1, 2, 3, 6):
        scale = 10 ** rng.uniform(-9, math.log10(reach / 5), (count, 1))
        Z = np.clip(scale * rng.standard_normal((count, C)), -reach / 2, reach / 2)
        Z[::4, rng.integers(C)] += reach / 2 * rng.uniform(0, 1, len(Z[::4]))
        Z[1::4] += reach / 2 * rng.uniform(-1, 1, (len(Z[1::4]), 1))
        Z[2::4] = np.round(Z[2::4])
        found.append(Z.astype(dtype))
    return found


@functools.cache
def true_logs(dtype, count):
    with mp.workdps(50):
        return [
            np.array([exact.log_softmax(exact.array(z)) for z in Z]) for Z in logits(dtype, count)
        ]


def batches(dtype, count):
    """(Z, log Y, Y, 1 − Y) of each batch, the last three with fifty digits."""
    for Z, logs in zip(logits(dtype, count), true_logs(dtype, count), strict=True):
        yield Z, logs, exact_of(mp.exp, logs), exact_of(lambda a: -mp.expm1(a), logs)


def exact_of(function, values):
    return np.frompyfunc(function, 1, 1)(values)


def upstream(shape, dtype):
    return np.random.default_rng(3).standard_normal(shape).astype(dtype)


softmax_counts = pytest.mark.parametrize("count", [25, pytest.param(1_000, marks=pytest.mark.slow)])


@softmax_counts
@both
def test_probabilities_and_their_logarithms(dtype, count):
    eps = float(np.finfo(dtype).eps)
    for Z, logs, Y, _ in batches(dtype, count):
        assert not wrong(log_softmax(Z), logs, dtype).any()
        ours = Softmax().forward(Z)
        assert not wrong(ours, Y, dtype).any()
        assert ((ours >= 0) & (ours <= 1)).all()
        exact_Z = exact.array(Z)
        true = (exact_Z - logs).max(axis=1)
        # Where the largest logit is negative, log-sum-exp goes through 0.
        assert not wrong(log_sum_exp(Z), true, dtype, 4 * eps * np.abs(Z).max(axis=1)).any()


def softmax_gradient(dY, Y):
    """The truth, written as differences of dY; and the sum of the magnitudes of its terms."""
    gaps = dY[:, :, None] - dY[:, None, :]
    terms = Y[:, :, None] * Y[:, None, :]
    return (terms * gaps).sum(axis=2), (terms * np.abs(gaps)).sum(axis=2)


def jacobian_column(Y, k):
    """∂Y_ik/∂Z_ij for every class j."""
    return softmax_gradient(exact.array(np.tile(np.eye(Y.shape[1])[k], (len(Y), 1))), Y)[0]


@softmax_counts
@both
def test_softmax_backward(dtype, count):
    for Z, _, Y, _ in batches(dtype, count):
        layer, dY = Softmax(), upstream(Z.shape, dtype)
        layer.forward(Z)
        true, terms = softmax_gradient(exact.array(dY), Y)
        allowed = exact.TOLERANCE[np.dtype(dtype)] * terms
        assert not wrong(layer.backward(dY), true, dtype, allowed).any()
        J = np.array([softmax_jacobian(y) for y in softmax(Z)[:20]])
        for k in range(Z.shape[1]):
            assert not wrong(J[:, k], jacobian_column(Y[:20], k), dtype).any()


def targets(Z, dtype):
    """Labels, those of the largest logit and others; and soft rows."""
    S, C = Z.shape
    rng = np.random.default_rng(4)
    labels = np.where(rng.random(S) < 0.5, Z.argmax(axis=1), rng.integers(0, C, S))
    soft = rng.dirichlet(np.ones(C), S).astype(dtype)
    return [(labels, np.eye(C)[labels]), (soft, soft)]


@softmax_counts
@both
def test_the_losses(dtype, count):
    eps = float(np.finfo(dtype).eps)
    for Z, logs, Y, rest in batches(dtype, count):
        for T, rows in targets(Z, dtype):
            true_T = exact.array(rows)
            loss = SoftmaxCrossEntropy()
            assert not wrong(loss.forward(Z, T), -(true_T * logs).sum() / len(Z), dtype).any()
            true, terms = Y * (1 - true_T) - true_T * rest, Y * (1 - true_T) + true_T * rest
            # With soft targets the gradient goes through 0 where Y = T.
            reach = 1 + np.abs(Z.astype(float)).max(axis=1, keepdims=True)
            allowed = 4 * eps * reach * terms / len(Z) if T is rows else 0
            assert not wrong(loss.backward(), true / len(Z), dtype, allowed).any()
            for i in range(0, len(Z), 5):  # a batch hides the small losses behind the large
                value, true = loss.forward(Z[[i]], T[[i]]), -(true_T[i] * logs[i]).sum()
                assert not wrong(value, true, dtype).any()


@both
def test_cross_entropy_of_the_probabilities(dtype):
    for Z in logits(dtype, 25):
        Y = np.maximum(softmax(Z), 4 * np.finfo(dtype).tiny)
        true_Y = exact.array(Y)
        for T, rows in targets(Z, dtype):
            loss, true_T = CrossEntropy(), exact.array(rows)
            true = -(true_T * exact_of(mp.log, true_Y)).sum() / len(Y)
            assert not wrong(loss.forward(Y, T), true, dtype).any()
            kept = true_T / true_Y / len(Y) < float(np.finfo(dtype).max)
            dY = np.where(kept, loss.backward(), 0)
            assert not wrong(dY, np.where(kept, -true_T / true_Y / len(Y), mp.mpf(0)), dtype).any()


@counts
@both
@pytest.mark.parametrize("t", [0, 1])
def test_binary_cross_entropy(dtype, count, t):
    """One logit at a time: a sum hides the small losses behind the large."""
    x = points(dtype, count)
    z = exact.array(x)
    value = exact_of(lambda one: mp.log1p(mp.exp(one)), (1 - 2 * t) * z)
    slope = exact_of(lambda one: 1 / (1 + mp.exp(-one)), (1 - 2 * t) * z) * (1 - 2 * t)
    loss = BCEWithLogits()
    got = [(loss.forward(one, [t]), loss.backward()[0, 0]) for one in x.reshape(-1, 1, 1)]
    values, slopes = np.array(got, dtype).T
    assert not wrong(values, value, dtype).any()
    assert not wrong(slopes, slope, dtype).any()


def test_the_complex_step_through_softmax_and_the_loss():
    for Z, _, Y, rest in batches(np.float64, 25):
        labels = Z.argmax(axis=1)
        T = np.eye(Z.shape[1])[labels]
        true = Y * (1 - T) - T * rest
        for a in range(Z.shape[1]):
            moved = Z + 1j * COMPLEX_H * np.eye(Z.shape[1])[a]
            with complex_allowed():
                step = softmax(moved).imag / COMPLEX_H
                losses = [
                    softmax_cross_entropy(z[None], [t]) for z, t in zip(moved, labels, strict=True)
                ]
            for got, truth_ in [
                (step, jacobian_column(Y, a)),
                (np.imag(losses) / COMPLEX_H, true[:, a]),
            ]:
                seen = exact_of(lambda t: abs(t) * COMPLEX_H > 1e-290, truth_).astype(bool)
                assert not wrong(got[seen], truth_[seen], np.float64).any()


NAIVE_OF_ROWS = {
    "log of softmax": (lambda Z: np.log(softmax(Z)), lambda logs, Y, rest: logs),
    "log, not log1p": (
        lambda Z: (
            (low := Z - Z.max(axis=1, keepdims=True))
            - np.log(np.exp(low).sum(axis=1, keepdims=True))
        ),
        lambda logs, Y, rest: logs,
    ),
    "y (1 − y)": (lambda Z: softmax(Z) * (1 - softmax(Z)), lambda logs, Y, rest: Y * rest),
    "Y − T": (lambda Z: softmax(Z) - 1, lambda logs, Y, rest: -rest),
    "a stray epsilon": (lambda Z: softmax(Z) + 1e-16, lambda logs, Y, rest: Y),
}


@both
@pytest.mark.parametrize("case", NAIVE_OF_ROWS)
def test_the_judge_catches_what_cancels_in_a_row(case, dtype):
    naive, true = NAIVE_OF_ROWS[case]
    found = False
    for Z, *exact_values in batches(dtype, 25):
        with np.errstate(all="ignore"):
            found |= wrong(naive(Z).astype(dtype), true(*exact_values), dtype).any()
    assert found


# The model solutions of the exercises are held to it as well.


def solution(name):
    """The function or class that the solved cell of an exercise hands to `check`."""
    before, check = stubs.solved(TEXT[name].source).rstrip().rsplit("\n", 1)
    names = {"np": np, "softmax": softmax}
    exec(before, names)
    return names[check.removesuffix(")").split(", ")[1]]


def ordinary(x):
    """np.cosh and np.exp overflow further out than any derivative is a normal number."""
    return x[abs(x) < 80]


@both
def test_the_solutions_of_the_chapter_on_activations(dtype):
    x = points(dtype, FEW)
    dY, ones = upstream(x.shape, dtype), np.ones_like(x)
    Y, dX = solution("activations.backward")(x[None], dY[None], 0.7)
    assert far_off(Y[0], "ELU(0.7)", 0, dtype, FEW) == []
    true = exact.array(dY) * truth("ELU(0.7)", 1, dtype, FEW)
    assert not wrong(dX[0], true, dtype).any()
    x = ordinary(x)
    slopes = solution("activations.bug")(ones[None, : len(x)], x[None])[0]
    assert not wrong(slopes, exact.array(x, exact.ACTIVATIONS["Tanh"][1]), dtype).any()
    y = abs(x[x != 0])
    slopes = solution("activations.output")(ones[None, : len(y)], y[None])[0]
    assert not wrong(slopes, exact.array(y, lambda y: -mp.expm1(-y)), dtype).any()


@both
def test_the_solutions_of_the_chapters_on_softmax_and_the_losses(dtype):
    for Z, logs, Y, rest in batches(dtype, 25):
        dY, tolerance = upstream(Z.shape, dtype), exact.TOLERANCE[np.dtype(dtype)]
        true, terms = softmax_gradient(exact.array(dY), Y)
        ours, dZ = solution("softmax.bug")(Z, dY)
        for P in (ours, solution("softmax.stable")(Z)):
            assert not wrong(P, Y, dtype).any()
        for got in (dZ, solution("softmax.gradient")(dY, Z)):
            assert not wrong(got, true, dtype, tolerance * terms).any()
        layer, D = solution("softmax.log")(), exact.array(dY)
        assert not wrong(layer.forward(Z), logs, dtype).any()
        others = D.sum(axis=1, keepdims=True) - D
        terms = np.abs(D) * rest + Y * np.abs(others)
        true = D * rest - Y * others
        assert not wrong(layer.backward(dY), true, dtype, tolerance * terms).any()
        for z, truth_, labels in [(Z[[i]], logs[i], [Z[i].argmax()]) for i in range(0, len(Z), 3)]:
            loss, dZ = solution("losses.fused")(z, labels)
            assert not wrong(loss, -truth_[labels[0]], dtype).any()
            T = np.eye(z.shape[1])[labels]
            true = exact_of(mp.exp, truth_) * (1 - T) + T * exact_of(mp.expm1, truth_)
            assert not wrong(dZ, true, dtype).any()
