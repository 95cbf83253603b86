"""A GPT: gradients of the whole, the table's two paths, its start, its training, its text."""

import numpy as np
import pytest
from backprop import (
    GPT,
    AdamW,
    SoftmaxCrossEntropy,
    check_gradients,
    clip_gradients,
    load_pride_and_prejudice,
    products,
    train,
)
from backprop.datasets import Dataset
from backprop.gpt import Positions, Residual, learn, mean_loss, pieces, sample
from helpers import drawn, linear

V, LENGTH = 7, 6
TEXT = np.random.default_rng(1).integers(0, V, 60)
INDICES, TARGETS = pieces(TEXT, 5, 3, 0)


def gpt(dtype=np.float64, depth=2, seed=0):
    """A small one, whose parameters are not 0 and 1 but drawn."""
    model, rng = GPT(V, LENGTH, 8, 2, depth, rng=seed, dtype=dtype), np.random.default_rng(seed)
    for p in model.parameters():
        p.value = p.value + (0.3 * rng.standard_normal(p.value.shape)).astype(dtype)
    return model


# What test_validation.py throws things at.
MODEL = gpt()
CALLS = {
    "GPT": (GPT, dict(vocabulary=V, length=6, width=8, heads=2, depth=1, rng=0, dtype=np.float64)),
    "GPT.forward": (lambda indices: gpt().forward(indices), {"indices": INDICES}),
    "Positions": (Positions, {"length": 6, "width": 8, "rng": 0, "dtype": np.float64}),
    "pieces": (pieces, {"text": TEXT, "length": 5, "count": 3, "rng": 0}),
    "learn": (
        lambda **given: list(learn(optimizer=AdamW(MODEL.parameters(), lr=0), **given)),
        {"model": MODEL, "text": TEXT, "progress": [0.0, 0.5], "batch_size": 2, "rng": 0},
    ),
    "mean_loss": (lambda **given: mean_loss(MODEL, **given), {"text": TEXT, "batch_size": 2}),
    "sample": (
        lambda **given: sample(MODEL, **given),
        {"start": TEXT[:3], "count": 2, "temperature": 0.5, "rng": 0},
    ),
    "clip_gradients": (
        lambda limit: clip_gradients(stepped().parameters(), limit),
        {"limit": 1.0},
    ),
}


def stepped(model=None):
    """A model that has been forward and back."""
    model, loss = model or gpt(), SoftmaxCrossEntropy()
    loss.forward(model.forward(INDICES), TARGETS)
    model.backward(loss.backward())
    return model


# The whole is checked


def test_every_gradient_of_the_whole_model():
    report = check_gradients(gpt(), INDICES, method="projection")
    assert report.passed, report
    assert len(report.findings) == 2 + 2 * 12 + 2
    assert report.worst.error < 1e-12


def off_by_a_millionth(model, dZ):
    GPT.backward(model, dZ)
    model.layers[5].layers[1].grads["weight"][7, 3] *= 1 + 1e-6


def without_the_first_path(model, dZ):
    GPT.backward(model, dZ)
    (H,), table = model._recall(), model.table
    table.grads["weight"] = dZ.reshape(-1, V).T @ H.reshape(-1, 8)


def without_the_second_path(model, dZ):
    (H,) = model._recall()
    GPT.backward(model, dZ)
    model.table.grads["weight"] -= dZ.reshape(-1, V).T @ H.reshape(-1, 8)


def unused_place_trained(layer, dY):
    layer.grads = {"weight": np.ones_like(layer.params["weight"])}
    return dY


FAULTS = {
    "one weight, by a millionth": (GPT, off_by_a_millionth, "layers[5].layers[1].weight", (7, 3)),
    "the table overwritten": (GPT, without_the_first_path, "layers[0].weight", None),
    "the table as embedding only": (GPT, without_the_second_path, "layers[0].weight", None),
    "positions not summed": (Positions, unused_place_trained, "layers[1].weight", None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(monkeypatch, fault):
    kind, wrong, name, index = FAULTS[fault]
    twin = type(kind.__name__, (kind,), {"backward": wrong})
    model = gpt()
    if kind is GPT:
        model.__class__ = twin
    else:
        model.layers[1].__class__ = twin
    report = check_gradients(model, INDICES, method="projection")
    assert not report.passed
    assert [f.name for f in report.findings if f.wrong] == [name]
    assert index in (None, report.worst.index)


def test_a_residual_without_its_second_path_is_found(monkeypatch):
    monkeypatch.setattr(Residual, "backward", lambda layer, dY: super(Residual, layer).backward(dY))
    assert not check_gradients(gpt(), INDICES, method="projection").passed


def test_a_row_of_the_table_that_no_place_uses_is_trained_by_the_output_alone():
    model, text = gpt(), np.array([[0, 1, 2]])
    Z = model.forward(text)
    dZ = np.random.default_rng(0).standard_normal(Z.shape)
    model.backward(dZ)
    (H,) = model._recall()
    np.testing.assert_allclose(model.table.grads["weight"][3:], (dZ[0].T @ H[0])[3:], rtol=1e-12)
    assert (model.layers[1].grads["weight"][3:] == 0).all()


def test_no_place_sees_what_comes_after_it():
    model, changed = gpt(), INDICES.copy()
    changed[:, -1] = (changed[:, -1] + 1) % V
    moved = np.abs(model.forward(changed) - model.forward(INDICES)).max(axis=(0, 2))
    assert (moved[:-1] == 0).all()
    assert moved[-1] > 0.1


def test_products_without_blas_are_the_same(monkeypatch):
    with_blas = stepped()
    monkeypatch.setattr(products, "HAS_BLAS", False)
    for one, same in zip(stepped().parameters(), with_blas.parameters(), strict=True):
        np.testing.assert_allclose(one.grad, same.grad, rtol=1e-11, atol=1e-13)
    assert check_gradients(gpt(), INDICES, method="projection").passed  # complex numbers too


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_precision_stays_single(dtype):
    model = stepped(gpt(dtype))
    assert model.forward(INDICES).dtype == dtype
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(dtype)}
    AdamW(model.parameters()).step()
    assert {p.value.dtype for p in model.parameters()} == {np.dtype(dtype)}


# Its start


def test_it_begins_near_a_guess_and_residual_paths_begin_small():
    model = GPT(75, 16, 48, 4, 4, rng=0)
    text = np.random.default_rng(0).integers(0, 75, 500)
    assert mean_loss(model, text) == pytest.approx(np.log(75) + 1 / 2, abs=0.2)
    shallow = GPT(75, 16, 48, 4, 1, rng=0)
    ends = [m.layers[3].layers[3].params["weight"].std() for m in (shallow, model)]
    assert ends[0] / ends[1] == pytest.approx(2, rel=0.05)  # √(2·4)/√(2·1)
    X = np.random.default_rng(1).standard_normal((2, 16, 48)).astype(np.float32)
    deep = X
    for layer in model.layers[2:-1]:
        deep = layer.forward(deep)
    assert deep.std() < 2.5 * X.std()


# It learns


def test_it_learns_a_text_that_repeats_and_writes_it():
    model, text = GPT(3, 6, 8, 2, 1, rng=0), np.tile([0, 1, 2], 40)
    losses = list(learn(model, text, AdamW(model.parameters(), 0.02), np.linspace(0, 1, 150), 4))
    assert losses[0] > 1
    assert losses[-1] < 0.05
    assert mean_loss(model, text) == pytest.approx(losses[-1], abs=0.1)
    assert sample(model, [0], 8, 0.1).tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_seed_gives_the_same_bits_and_the_learning_rate_comes_back():
    ends = []
    for _ in range(2):
        model = gpt(np.float32)
        optimizer = AdamW(model.parameters(), 0.01)
        run = learn(model, TEXT, optimizer, [0.0, 0.5], 4, lambda done: 1 - done, rng=3)
        ends.append([next(run), optimizer.lr, next(run), optimizer.lr])
        run.close()
        assert optimizer.lr == 0.01
    assert ends[0] == ends[1]
    assert ends[0][1::2] == [0.01, 0.005]


def test_the_mean_loss_is_that_of_every_place():
    model, Z = gpt(), []
    for i in range(0, 54, LENGTH):
        Z.append(model.forward(TEXT[None, i : i + LENGTH]))
    wanted = SoftmaxCrossEntropy().forward(np.concatenate(Z), TEXT[1:55].reshape(9, LENGTH))
    assert mean_loss(model, TEXT, batch_size=2) == pytest.approx(wanted, rel=1e-13)


def test_a_low_temperature_takes_the_most_probable():
    model = gpt()
    drawn_ = sample(model, TEXT[:4], 10, 1e-3)
    for place in range(4, 14):
        before = drawn_[max(0, place - LENGTH) : place]
        assert drawn_[place] == model.forward(before[None])[0, -1].argmax()
    assert (sample(model, TEXT[:4], 10, 5.0) != drawn_).any()


def test_pieces_are_of_the_text_and_their_targets_one_further():
    X, T = pieces(np.arange(50), 8, 20, 0)
    np.testing.assert_array_equal(X[:, 1:], X[:, :-1] + 1)
    np.testing.assert_array_equal(T, X + 1)
    assert X.min() < 8
    assert T.max() > 41
    assert pieces(np.arange(9), 8, 1, 0)[1].max() == 8  # the last character is a target


def test_clipping_shortens_and_keeps_the_direction():
    model = stepped()
    before = [p.grad.copy() for p in model.parameters()]
    norm = clip_gradients(model.parameters(), 1e9)
    assert norm == pytest.approx(np.sqrt(sum((g**2).sum() for g in before)), rel=1e-13)
    assert all((p.grad == g).all() for p, g in zip(model.parameters(), before, strict=True))
    assert clip_gradients(model.parameters(), norm / 4) == pytest.approx(norm)
    for p, g in zip(model.parameters(), before, strict=True):
        np.testing.assert_allclose(p.grad, g / 4, rtol=1e-5)


# `train` takes sequences


def sequences(seed=0):
    X, y = pieces(np.tile([0, 1, 2, 3, 4], 40), 6, 40, seed)
    return Dataset(X, y, None, None)


def test_train_takes_integers_and_a_label_for_each_place():
    model = GPT(5, 6, 8, 2, 1, rng=0)
    optimizer = AdamW(model.parameters(), 0.02)
    data = sequences()
    history = train(model, data, optimizer, 12, 8, validation=0.2, clip=1.0, progress=False)
    assert history.accuracy[-1] > 0.95
    assert history.val_accuracy[-1] > 0.95
    assert history.val_loss[-1] < 0.2
    from backprop import accuracy, predict

    assert predict(model, data.X_train, 7).shape == (40, 6, 5)
    assert accuracy(model, data.X_train, data.y_train) > 0.95


def test_train_goes_on_from_a_checkpoint_with_sequences(tmp_path):
    def run(epochs, path=None):
        model = GPT(5, 6, 8, 2, 1, rng=0)
        optimizer = AdamW(model.parameters(), 0.01)
        settings = dict(batch_size=8, validation=0, clip=0.5, progress=False, checkpoint=path)
        train(model, sequences(), optimizer, epochs, **settings)
        return [p.value for p in model.parameters()]

    path = tmp_path / "run.npz"
    run(1, path)
    for one, same in zip(run(3, path), run(3), strict=True):
        np.testing.assert_array_equal(one, same)


def test_train_takes_floats_in_sequences():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 4, 3))
    model = linear(3, 2)
    history = train(
        model, Dataset(X, (X[..., 0] > 0).astype(int), None, None), AdamW(model.parameters(), 0.1),
        30, 10, validation=0, progress=False,
    )  # fmt: skip
    assert history.accuracy[-1] > 0.9


SEQUENCES = [
    (lambda X, y: (X * 1.0, y), "train expects X_train to hold integers, got float64"),
    (lambda X, y: (X + 1, y), r"train expects X_train from 0 to 4, got 5 at \[0, \d\]"),
    (lambda X, y: (X[0], y[0]), r"train expects X_train of shape \(S, T\), got \(6,\)"),
    (
        lambda X, y: (X, y[:, :-1]),
        r"y_train to hold integers, shape \(40,\) or \(40, 6\), got int64 \(40, 5\)",
    ),
    (
        lambda X, y: (X, np.eye(5)[y]),
        r"rows that sum to 1, \(40, 6, 5\): y_train.argmax\(axis=2\) has the labels",
    ),
    (lambda X, y: (X, y[:, 0]), r"SoftmaxCrossEntropy expects T of shape \(8, 6\) or \(8, 6, 5\)"),
    (lambda X, y: (X, y + 1), "SoftmaxCrossEntropy expects labels from 0 to 4, got 5"),
    (lambda X, y: (np.tile(X, 2), np.tile(y, 2)), r"GPT expects indices of shape .* at most 6"),
]


@pytest.mark.parametrize(("change", "message"), SEQUENCES)
def test_bad_sequences_are_refused(change, message):
    model, data = GPT(5, 6, 8, 2, 1, rng=0), sequences()
    with pytest.raises(ValueError, match=message):
        train(
            model, Dataset(*change(data.X_train, data.y_train), None, None),
            AdamW(model.parameters()), 1, 8, validation=0, progress=False,
        )  # fmt: skip


@pytest.mark.parametrize("clip", [-1, "1", np.nan])
def test_a_bad_clip_is_refused(clip):
    model = GPT(5, 6, 8, 2, 1, rng=0)
    with pytest.raises(ValueError, match="train expects clip to be a number at least 0"):
        train(model, sequences(), AdamW(model.parameters()), 1, clip=clip, progress=False)


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GPT(75, 64, 96, 5, 3), "embed_dim to be a multiple of num_heads, got 96 and 5"),
        (lambda: GPT(75, 64, 96, 4, 0), "GPT expects depth to be an integer at least 1, got 0"),
        (lambda: gpt().forward(INDICES + V), "GPT expects indices from 0 to 6, got"),
        (lambda: gpt().forward(INDICES[0]), r"GPT expects indices of shape \(S, T\), T at most 6"),
        (lambda: gpt().forward(INDICES * 1.0), "GPT expects indices to hold integers, got float64"),
        (lambda: gpt().backward(None), "GPT.backward was called before forward"),
        (
            lambda: stepped().backward(np.ones((3, 5, 6))),
            r"GPT expects dZ of shape \(3, 5, 7\), got \(3, 5, 6\)",
        ),
        (
            lambda: Positions(4, 8).forward(np.ones((2, 5, 8))),
            r"Positions expects at most 4 places in X, got \(2, 5, 8\)",
        ),
        (lambda: pieces(TEXT[:5], 5, 1), r"pieces expects text of shape \(T,\), T at least 6"),
        (lambda: sample(gpt(), TEXT[:2], 3, 0), "sample expects temperature to be a number at l"),
        (lambda: learn(linear(3, 2), TEXT, None, [0]), "learn expects a GPT and an optimizer"),
        (
            lambda: next(learn(gpt(), TEXT, AdamW(gpt().parameters()), [2.0])),
            "learn expects progress to be a number at least 0 and at most 1, got 2.0",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# The text


def test_the_novel():
    text = load_pride_and_prejudice()
    assert (len(text.train), len(text.test), len(text.characters)) == (616_291, 68_477, 75)
    assert text.spelled(text.train[:19]) == "PRIDE AND PREJUDICE"
    assert text.spelled(text.test[-22:]) == "means of uniting them.\n"[-22:]
    np.testing.assert_array_equal(text.numbered("Mr. Darcy"), [36, 66, 10, 1, 27, 49, 66, 51, 73])
    with pytest.raises(ValueError, match="Text expects characters of .* got '£'"):
        text.numbered("£5")


def test_positions_by_hand():
    layer = drawn(Positions, 3, 2)()
    layer.params["weight"] = np.array([[1.0, 2], [3, 4], [5, 6]])
    X = np.array([[[10.0, 20], [30, 40]], [[1, 1], [2, 2]]])
    np.testing.assert_array_equal(layer.forward(X), [[[11, 22], [33, 44]], [[2, 3], [5, 6]]])
    dY = np.array([[[1.0, 0], [2, 1]], [[3, 5], [0, -1]]])
    np.testing.assert_array_equal(layer.backward(dY), dY)
    np.testing.assert_array_equal(layer.grads["weight"], [[4, 5], [2, 0], [0, 0]])
