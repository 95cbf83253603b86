"""Cross-entropy in its two forms, against sums written out, and at the edges of what is finite."""

import math

import numpy as np
import pytest
from backprop import (
    MSE,
    BCEWithLogits,
    CrossEntropy,
    Softmax,
    SoftmaxCrossEntropy,
    check_gradients,
    numerical_gradient,
    one_hot,
)
from backprop.losses import (
    bce_with_logits,
    bce_with_logits_backward,
    cross_entropy,
    cross_entropy_backward,
    mse,
    mse_backward,
    smoothed,
    softmax_cross_entropy,
    softmax_cross_entropy_backward,
)
from helpers import LABELS, draw, probabilities, seeds, sizes
from hypothesis import given
from hypothesis import strategies as st


def by_hand(Y, T):
    S, C = Y.shape
    return -math.fsum(T[i, j] * math.log(Y[i, j]) for i in range(S) for j in range(C)) / S


@given(sizes(2), seeds)
def test_values_are_the_double_sum(shape, seed):
    Z, T = draw(*shape, seed=seed), probabilities(*shape, seed=seed + 1)
    Y = Softmax().forward(Z)
    assert cross_entropy(Y, T) == pytest.approx(by_hand(Y, T), rel=1e-13, abs=1e-15)
    assert softmax_cross_entropy(Z, T) == pytest.approx(by_hand(Y, T), rel=1e-13, abs=1e-15)


def test_an_example_by_hand():
    Y, T = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]), np.array([1, 2])
    assert cross_entropy(Y, T) == pytest.approx((math.log(4) - math.log(0.7)) / 2, rel=1e-15)
    dY = cross_entropy_backward(Y, T)
    np.testing.assert_allclose(dY, [[0, -4 / 2, 0], [0, 0, -1 / 0.7 / 2]], rtol=1e-15)
    dZ = softmax_cross_entropy_backward(np.log(Y), T)
    np.testing.assert_allclose(dZ, [[0.25, -0.375, 0.125], [0.05, 0.1, -0.15]], rtol=1e-14)


@given(sizes(2), seeds)
def test_the_two_forms_agree(shape, seed):
    """Softmax, then cross-entropy by the probabilities: the same loss, the same gradient by Z."""
    Z, T = draw(*shape, seed=seed), probabilities(*shape, seed=seed + 1)
    softmax, loss, fused = Softmax(), CrossEntropy(), SoftmaxCrossEntropy()
    value = loss.forward(softmax.forward(Z), T)
    assert fused.forward(Z, T) == pytest.approx(value, rel=1e-13, abs=1e-15)
    dZ = softmax.backward(loss.backward())
    np.testing.assert_allclose(fused.backward(), dZ, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_at_chance_the_loss_is_ln_C(classes):
    S, T = 7, np.arange(7) % classes
    assert cross_entropy(np.full((S, classes), 1 / classes), T) == pytest.approx(math.log(classes))
    assert softmax_cross_entropy(np.full((S, classes), 3.0), T) == pytest.approx(math.log(classes))


@pytest.mark.parametrize("name", ["by the probabilities", "by the logits"])
def test_labels_are_rows_with_a_single_one(name):
    rows = np.eye(6)[LABELS]
    if name == "by the probabilities":
        value, backward, X = cross_entropy, cross_entropy_backward, probabilities(5, 6)
    else:
        value, backward, X = softmax_cross_entropy, softmax_cross_entropy_backward, draw(5, 6)
    assert value(X, LABELS) == value(X, rows)
    assert np.array_equal(backward(X, LABELS), backward(X, rows))


def test_labels_are_names_and_not_numbers():
    """Renaming the classes renames the columns and changes nothing else."""
    Z, order = draw(5, 6), np.array([4, 2, 0, 5, 1, 3])
    renamed = np.argsort(order)[LABELS]
    a, b = softmax_cross_entropy(Z, LABELS), softmax_cross_entropy(Z[:, order], renamed)
    assert a == pytest.approx(b, rel=1e-14)


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_the_loss_is_a_mean(copies):
    """Every sample twice: the same loss; each copy has half the gradient."""
    Z, T = np.tile(draw(5, 6), (copies, 1)), np.tile(LABELS, copies)
    once = softmax_cross_entropy_backward(Z[:5], LABELS)
    assert softmax_cross_entropy(Z, T) == pytest.approx(softmax_cross_entropy(Z[:5], LABELS))
    dZ = softmax_cross_entropy_backward(Z, T)
    np.testing.assert_allclose(dZ[:5], once / copies, rtol=1e-13)


@given(sizes(2), seeds, st.floats(-1e3, 1e3))
def test_a_shift_of_the_logits_changes_nothing(shape, seed, shift):
    Z, T = draw(*shape, seed=seed), probabilities(*shape, seed=seed + 1)
    a, b = softmax_cross_entropy(Z, T), softmax_cross_entropy(Z + shift, T)
    assert a == pytest.approx(b, rel=1e-10, abs=1e-12)


@given(sizes(2), seeds)
def test_the_rows_of_dZ_sum_to_zero(shape, seed):
    dZ = softmax_cross_entropy_backward(draw(*shape, seed=seed), probabilities(*shape, seed=1))
    np.testing.assert_allclose(dZ.sum(axis=1), 0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(dtype):
    Z, T = np.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], dtype), [0, 1]
    loss = softmax_cross_entropy(Z, T)
    assert loss == 1e4
    assert loss.dtype == dtype
    assert softmax_cross_entropy_backward(Z, T).tolist() == [[0, 0, 0], [0.5, -0.5, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_probability_of_zero(dtype):
    """Of another class: 0 · log 0 = 0. Of its own: large, but finite, in the gradient too."""
    Y, tiny = np.array([[1, 0, 0]], dtype), float(np.finfo(dtype).tiny)
    assert cross_entropy(Y, [0]) == 0
    assert cross_entropy_backward(Y, [0]).tolist() == [[-1, 0, 0]]
    assert cross_entropy(Y, [2]) == pytest.approx(-math.log(tiny), rel=1e-6)
    dY = cross_entropy_backward(Y, [2])
    assert np.isfinite(dY).all()
    assert dY[0, 2] == pytest.approx(-1 / tiny, rel=1e-6)


def test_a_small_probability_is_not_padded():
    """No stray epsilon: log(p + 1e-12) would give 27.6 for 46.05."""
    Y = np.array([[1e-20, 1 - 1e-20]])
    assert cross_entropy(Y, [0]) == pytest.approx(20 * math.log(10), rel=1e-14)
    assert cross_entropy_backward(Y, [0])[0, 0] == pytest.approx(-1e20, rel=1e-14)


@given(sizes(2), seeds)
def test_gradients_agree_with_the_complex_step(shape, seed):
    T = probabilities(*shape, seed=seed + 1)
    assert check_gradients(CrossEntropy(), probabilities(*shape, seed=seed), T, tolerance=1e-12)
    # For one class dZ is 0, and so is what is measured, down to rounding.
    if shape[1] > 1:
        assert check_gradients(SoftmaxCrossEntropy(), draw(*shape, seed=seed), T, tolerance=1e-9)


@pytest.mark.parametrize("labels", [[2, 0, 1], np.array([2, 0, 1], np.uint8)])
def test_one_hot(labels):
    rows = one_hot(labels, 4)
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert one_hot(labels, 4, np.float32).dtype == np.float32
    assert rows.dtype == np.float64


Y23, T23 = np.full((2, 3), 1 / 3), [[0.5, 0.5, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: one_hot([0, 3], 3), "one_hot expects labels from 0 to 2, got 3 for sample 1"),
        (lambda: one_hot([0, -1], 3), "one_hot expects labels from 0 to 2, got -1 for sample 1"),
        (
            lambda: one_hot([0.0, 1.0], 3),
            "one_hot expects labels to be integers of shape (S,), got float64 (2,)",
        ),
        (
            lambda: one_hot([0], 3, "float16"),
            "one_hot expects dtype float32 or float64, got 'float16'",
        ),
        (
            lambda: cross_entropy(Y23, [0, 1, 2]),
            "CrossEntropy expects T of shape (2,) or (2, 3), got (3,)",
        ),
        (
            lambda: cross_entropy(Y23, [[0.5, 0.5, 0], [2, -1, 0]]),
            "CrossEntropy expects T to hold probabilities, got 2 at [1, 0]",
        ),
        (
            lambda: softmax_cross_entropy(Y23, [[0.5, 0.5, 0], [1, 1, 0]]),
            "SoftmaxCrossEntropy expects each row of T to sum to 1, row 1 sums to 2",
        ),
        (
            lambda: cross_entropy([[1.5, -0.5]], [0]),
            "CrossEntropy expects Y to hold probabilities, got 1.5 at [0, 0]; "
            "SoftmaxCrossEntropy takes logits",
        ),
        (
            lambda: softmax_cross_entropy(Y23, [[0], [1]]),
            "SoftmaxCrossEntropy expects T of shape (2,) or (2, 3), got (2, 1)",
        ),
        (
            lambda: softmax_cross_entropy(Y23, [0, 7]),
            "SoftmaxCrossEntropy expects labels from 0 to 2, got 7 for sample 1",
        ),
        (
            lambda: softmax_cross_entropy(Y23[0], [0]),
            "SoftmaxCrossEntropy expects Z of shape (S, C), got (3,)",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message


# What is no probability is refused, wherever it stands, and the argument that is wrong is blamed.

batches = st.tuples(st.integers(1, 7), st.integers(2, 7))
SPOILED = {
    "negative": lambda P, i, j: P.__setitem__(
        (i, [j, j - 1]), [-0.25, P[i, j - 1] + P[i, j] + 0.25]
    ),
    "above 1": lambda P, i, j: P.__setitem__((i, j), 1.5),
    "sum above 1": lambda P, i, j: P.__setitem__(i, P[i] * 1.02),
    "sum below 1": lambda P, i, j: P.__setitem__(i, P[i] * 0.98),
    "logits": lambda P, i, j: P.__setitem__(i, np.log(P[i])),
    "zeros": lambda P, i, j: P.__setitem__(i, 0),
}
VALUES = {"CrossEntropy": cross_entropy, "SoftmaxCrossEntropy": softmax_cross_entropy}
SLOPES = {"CrossEntropy": cross_entropy_backward}
SLOPES |= {"SoftmaxCrossEntropy": softmax_cross_entropy_backward}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.parametrize(
    ("name", "blamed"), [(name, "T") for name in VALUES] + [("CrossEntropy", "Y")]
)
@given(shape=batches, seed=seeds)
def test_what_is_no_probability_is_refused(name, blamed, how, dtype, shape, seed):
    rng = np.random.default_rng(seed)
    good, bad = (probabilities(*shape, seed=seed + k).astype(dtype) for k in range(2))
    i = int(rng.integers(shape[0]))
    SPOILED[how](bad, i, int(rng.integers(shape[1])))
    for function in (VALUES[name], SLOPES[name]):
        with pytest.raises(
            ValueError, match=rf"^{name} expects .*\b{blamed}\b.* to (hold|sum)"
        ) as caught:
            function(*((good, bad) if blamed == "T" else (bad, good)))
        assert f"[{i}, " in str(caught.value) or f"row {i} " in str(caught.value)
        assert (blamed == "Y") == str(caught.value).endswith("SoftmaxCrossEntropy takes logits")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(shape=batches, seed=seeds, amount=st.floats(0, 1), spread=st.floats(0, 60))
def test_what_is_a_probability_passes(dtype, shape, seed, amount, spread):
    """Softmax of anything, in either precision; labels, one-hot rows, soft and smoothed ones."""
    Y = Softmax().forward((spread * draw(*shape, seed=seed)).astype(dtype))
    labels = np.random.default_rng(seed).integers(shape[1], size=shape[0])
    hard = one_hot(labels, shape[1], dtype)
    for T in (labels, hard, Y, smoothed(hard, amount), smoothed(Y, amount)):
        assert np.isfinite(cross_entropy(Y, T))
        assert np.isfinite(softmax_cross_entropy(Y, T))
    assert np.isfinite(SoftmaxCrossEntropy(label_smoothing=amount).forward(Y, labels))


@given(shape=batches, seed=seeds)
def test_the_gradient_by_the_probabilities_can_be_measured(shape, seed):
    """Every probe leaves the simplex: it moves one entry, or all of them, and no other makes up."""
    Y, T = probabilities(*shape, seed=seed), probabilities(*shape, seed=seed + 1)
    for method in ("central", "complex", "projection"):
        assert check_gradients(CrossEntropy(), Y, T, method=method, tolerance=1e-6)
    for dtype, near in ((np.float64, 1e-6), (np.float32, 0.1)):
        Y = (0.9 * Y + 0.1 / shape[1]).astype(
            dtype
        )  # no entry so small that it would turn negative
        measured = numerical_gradient(lambda Y: cross_entropy(Y, T), Y)
        dY = cross_entropy_backward(Y, T)
        np.testing.assert_allclose(measured, dY, rtol=near, atol=near * np.abs(dY).max())


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0, 10**9]])
def test_labels_outside_of_the_classes(name, labels):
    for function in (VALUES[name], SLOPES[name]):
        with pytest.raises(ValueError, match=f"^{name} expects labels from 0 to 2, got "):
            function(Y23, labels)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    ("name", "blamed"), [(name, "T") for name in VALUES] + [("CrossEntropy", "Y")]
)
def test_what_is_not_finite(name, blamed, bad):
    rows = np.array([[0.5, bad, 0.5], [1, 0, 0]])
    for function in (VALUES[name], SLOPES[name]):
        with pytest.raises(
            ValueError, match=rf"^{name} expects {blamed} to be finite, got .* at \[0, 1\]"
        ):
            function(*((Y23, rows) if blamed == "T" else (rows, T23)))


# The squared error.


@given(sizes(2), seeds)
def test_the_squared_error_is_the_double_sum_over_S(shape, seed):
    (S, N), Y, T = shape, draw(*shape, seed=seed), draw(*shape, seed=seed + 1)
    wanted = math.fsum((Y[i, j] - T[i, j]) ** 2 for i in range(S) for j in range(N)) / S
    assert mse(Y, T) == pytest.approx(wanted, rel=1e-13)
    np.testing.assert_allclose(mse_backward(Y, T), 2 * (Y - T) / S, rtol=1e-15)
    assert check_gradients(MSE(), Y, T, tolerance=1e-9)


def test_the_squared_error_by_hand():
    """The example of the chapter: misses of 1, −2, 0 and 3 in two samples."""
    Y, T = np.array([[2.0, 1.0], [4.0, 5.0]]), np.array([[1, 3], [4, 2]])
    assert mse(Y, T) == 7
    assert mse_backward(Y, T).tolist() == [[1, -2], [0, 3]]


@given(st.integers(1, 7), seeds)
def test_one_output_and_targets_in_a_row(S, seed):
    """(S, 1) − (S,) would be (S, S): everyone's output with everyone's target."""
    Y, T = draw(S, 1, seed=seed), draw(S, seed=seed + 1)
    assert mse(Y, T) == mse(Y, T[:, None])
    assert np.array_equal(mse_backward(Y, T), mse_backward(Y, T[:, None]))
    assert MSE().forward(Y, T) == pytest.approx(((Y[:, 0] - T) ** 2).mean(), rel=1e-13)


def test_the_mean_of_the_targets_is_the_best_constant():
    """At it the gradient sums to 0, and the loss is the variance: what `train` compares with."""
    T = draw(9, 3)
    Y = np.tile(T.mean(axis=0), (9, 1))
    np.testing.assert_allclose(mse_backward(Y, T).sum(axis=0), 0, atol=1e-15)
    assert mse(Y, T) == pytest.approx(T.var(axis=0).sum(), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_squared_error_keeps_the_precision_of_the_output(dtype):
    Y, T = draw(5, 3, dtype=dtype), draw(5, 3, seed=1)
    assert mse(Y, T).dtype == dtype
    assert mse_backward(Y, T).dtype == dtype


@pytest.mark.parametrize(
    ("Y", "T", "message"),
    [
        (draw(5, 3), draw(5), "MSE expects T of shape (5, 3), as Y, got (5,)"),
        (draw(5, 3), draw(3, 5), "MSE expects T of shape (5, 3), as Y, got (3, 5)"),
        (draw(5, 1), draw(4), "MSE expects T of shape (5, 1), as Y, got (4,)"),
        (draw(5, 1), 3.0, "MSE expects T of shape (5, 1), as Y, got ()"),
        (draw(5), draw(5), "MSE expects Y of shape (S, N), got (5,)"),
        (draw(2, 1), [0, np.nan], "MSE expects T to be finite, got nan at [1]"),
        (draw(2, 1), ["a", "b"], "MSE expects T to hold real numbers, got <U1"),
    ],
)
def test_bad_arguments_of_the_squared_error_are_named(Y, T, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        mse(Y, T)
    assert str(caught.value) == message
    with pytest.raises(ValueError, match="MSE expects"):
        MSE().forward(Y, T)


# Binary cross-entropy.


@given(sizes(2), seeds)
def test_binary_cross_entropy_is_the_double_sum_over_S(shape, seed):
    S, Z = shape[0], draw(*shape, seed=seed)
    T = np.random.default_rng(seed).uniform(0, 1, shape)
    Y = 1 / (1 + np.exp(-Z))
    entries = T * np.log(Y) + (1 - T) * np.log(1 - Y)
    assert bce_with_logits(Z, T) == pytest.approx(-math.fsum(entries.flat) / S, rel=1e-12)
    np.testing.assert_allclose(bce_with_logits_backward(Z, T), (Y - T) / S, rtol=1e-9, atol=1e-12)
    assert check_gradients(BCEWithLogits(), Z, T, tolerance=1e-9)


def test_binary_cross_entropy_by_hand():
    """The example of the chapter: σ is ½, ¾ in one sample and ¼, ½ in the other."""
    Z, T = np.log([[1, 3], [1 / 3, 1]]), np.array([[1, 0], [0, 1]])
    losses = [math.log(2), math.log(4), math.log(4 / 3), math.log(2)]
    assert bce_with_logits(Z, T) == pytest.approx(sum(losses) / 2, rel=1e-15)
    wanted = np.array([[-1 / 2, 3 / 4], [1 / 4, -1 / 2]]) / 2
    np.testing.assert_allclose(bce_with_logits_backward(Z, T), wanted, rtol=1e-15)


@given(st.integers(1, 7), seeds)
def test_one_question_is_a_softmax_over_two_classes(S, seed):
    """With the logits 0 and z, softmax gives σ(z) for the second class."""
    z, T = draw(S, 1, seed=seed), np.arange(S) % 2
    two = np.hstack([np.zeros_like(z), z])
    assert bce_with_logits(z, T) == pytest.approx(softmax_cross_entropy(two, T), rel=1e-13)
    np.testing.assert_allclose(
        bce_with_logits_backward(z, T)[:, 0],
        softmax_cross_entropy_backward(two, T)[:, 1],
        rtol=1e-12,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_cross_entropy_is_finite_for_large_logits_and_keeps_their_precision(dtype):
    Z, T = np.array([[1000, -1000, 1000, -1000]], dtype), np.array([[1, 0, 0, 1]])
    assert bce_with_logits(Z, T) == 2000
    assert bce_with_logits(Z, T).dtype == dtype
    assert bce_with_logits_backward(Z, T).tolist() == [[0, 0, 1, -1]]
    assert bce_with_logits_backward(Z, T).dtype == dtype


@pytest.mark.parametrize(
    ("Z", "T", "message"),
    [
        (draw(5, 3), np.ones(5), "BCEWithLogits expects T of shape (5, 3), as Z, got (5,)"),
        (draw(2, 1), [0, 2], "BCEWithLogits expects T from 0 to 1, got 2 at [1, 0]"),
        (draw(2, 1), [-1, 1], "BCEWithLogits expects T from 0 to 1, got -1 at [0, 0]"),
        (draw(2), [0, 1], "BCEWithLogits expects Z of shape (S, N), got (2,)"),
        (draw(2, 1), [0, np.nan], "BCEWithLogits expects T to be finite, got nan at [1]"),
    ],
)
def test_bad_arguments_of_binary_cross_entropy_are_named(Z, T, message):
    for function in bce_with_logits, bce_with_logits_backward, BCEWithLogits().forward:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
            function(Z, T)
        assert str(caught.value) == message
