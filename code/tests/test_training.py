"""Training: that it learns, what it never looks at, and that an interruption leaves no trace."""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import textwrap
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from backprop import (
    MLP,
    MSE,
    SGD,
    Adam,
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
    TrainingWarning,
    accuracy,
    cosine,
    load_digits,
    predict,
    train,
)
from backprop import training as training_module
from backprop.datasets import Dataset
from helpers import draw, linear

CODE = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def small(digits):
    """300 digits: an epoch takes milliseconds, and the last batch of 64 is smaller than others."""
    return digits._replace(X_train=digits.X_train[:300], y_train=digits.y_train[:300])


def momentum(model, lr=0.1):
    return SGD(model.parameters(), lr, momentum=0.9)


def fit(data, epochs=3, make=momentum, dropout=0.2, **arguments):
    model = MLP([64, 16, 10], rng=0, dropout=dropout)
    arguments = {"batch_size": 64, "progress": False} | arguments
    return model, train(model, data, make(model), epochs, **arguments)


def of_images(rng=0):
    rng = np.random.default_rng(rng)
    inside = [Conv2d(1, 8, 3, 1, 1, rng, np.float32), MaxPool2d(2), ReLU(), Flatten()]
    return Sequential(*inside, Dropout(0.1, rng), Linear(8 * 4 * 4, 10, rng, np.float32, 0.1))


def test_a_network_of_images_is_trained_and_goes_on_with_the_same_bits(small, tmp_path):
    images = small._replace(
        X_train=small.X_train.reshape(-1, 1, 8, 8), X_test=small.X_test.reshape(-1, 1, 8, 8)
    )
    ends = []
    for stops in ([8], [3, 8]):
        for epochs in stops:
            model = of_images()
            given = {"checkpoint": tmp_path / f"{len(stops)}.npz", "progress": False}
            optimizer = Adam(model.parameters(), lr=5e-3)
            history = train(model, images, optimizer, epochs, batch_size=32, **given)
        ends.append((history, predict(model, images.X_test, batch_size=100)))
    assert ends[0][0] == ends[1][0]
    np.testing.assert_array_equal(ends[0][1], ends[1][1])
    assert accuracy(model, images.X_test, images.y_test) > 0.8
    assert history.val_accuracy[-1] > 0.8


def weights(model):
    return [p.value.tobytes() for p in model.parameters()]


def test_it_learns_to_read_digits(digits):
    """From ln 10 at the start to nine in ten of the digits it has never seen."""
    model, history = fit(digits, epochs=12, dropout=0)
    assert history.loss[0] < math.log(10)
    assert history.loss[-1] < 0.2 * history.loss[0]
    assert history.val_accuracy[-1] > 0.9
    assert accuracy(model, digits.X_test, digits.y_test) > 0.9
    assert {len(values) for values in vars(history).values()} == {12}


def test_the_digits_of_the_training_chapter(digits):
    """The run that opens the chapter, without its drawing."""
    model = MLP([64, 128, 10], rng=0, dropout=0.2)
    train(model, digits, Adam(model.parameters(), lr=2e-3), 30, 64, progress=False)
    assert accuracy(model, digits.X_test, digits.y_test) >= 0.975


def test_the_figures_of_an_epoch_are_means_over_samples(small):
    """With lr = 0 nothing changes, so each epoch must report what the whole set gives, although
    300 is no multiple of 64: a mean over batches would count the last 44 samples for too much."""
    model, history = fit(small, make=lambda m: SGD(m.parameters(), 0.0), dropout=0, validation=0)
    Z = model.forward(small.X_train)
    loss = SoftmaxCrossEntropy().forward(Z, small.y_train)
    assert history.loss == pytest.approx([loss] * 3, rel=1e-6)
    assert history.accuracy == [accuracy(model, small.X_train, small.y_train)] * 3
    assert history.val_loss == history.val_accuracy == []


def test_every_sample_comes_once_per_epoch_in_a_new_order_with_its_label(small):
    class Spy(SoftmaxCrossEntropy):
        def forward(self, Z, T):
            seen.append((model.layers[0]._recall()[0].copy(), np.array(T)))
            return super().forward(Z, T)

    seen, model = [], MLP([64, 10], rng=0)
    train(model, small, momentum(model), 2, 64, loss=Spy(), validation=0, progress=False)
    assert [len(y) for _, y in seen] == [64, 64, 64, 64, 44] * 2
    orders = []
    place = {x.tobytes(): i for i, x in enumerate(small.X_train)}
    for epoch in (seen[:5], seen[5:]):
        order = [place[x.tobytes()] for X, _ in epoch for x in X]
        labels = np.concatenate([y for _, y in epoch])
        assert sorted(order) == list(range(300))
        assert np.array_equal(labels, small.y_train[order])
        orders.append(order)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("poison", ["nan", "wrong labels", "absent"])
def test_the_test_set_is_never_looked_at(small, poison):
    spoiled = {
        "nan": small._replace(X_test=np.full_like(small.X_test, np.nan)),
        "wrong labels": small._replace(y_test=np.full_like(small.y_test, -7)),
        "absent": small._replace(X_test=None, y_test=None),
    }[poison]
    (a, history_a), (b, history_b) = fit(small), fit(spoiled)
    assert weights(a) == weights(b)
    assert history_a == history_b


def test_the_validation_part_is_not_trained_on(small, monkeypatch):
    """A share of 1/4 is held out; none of its samples ever comes in a batch, the rest all do."""
    batches, held_out = set(), set()
    step, validate = training_module._Run._step, training_module._Run.validate

    def spy_step(self, X, y):
        batches.update(x.tobytes() for x in X)
        return step(self, X, y)

    def spy_validate(self, epoch, X, y):
        held_out.update(x.tobytes() for x in X)
        return validate(self, epoch, X, y)

    monkeypatch.setattr(training_module._Run, "_step", spy_step)
    monkeypatch.setattr(training_module._Run, "validate", spy_validate)
    fit(small, epochs=1, validation=1 / 4)
    assert not batches & held_out
    assert batches | held_out == {x.tobytes() for x in small.X_train}
    assert len(held_out) == pytest.approx(75, abs=5)


def test_validation_is_without_dropout(small):
    """The last validation figures are those of the finished model, asked again."""
    seen = []

    class Spy(SoftmaxCrossEntropy):
        def forward(self, Z, T):
            seen.append((Z, T))
            return super().forward(Z, T)

    model, history = fit(small, dropout=0.5, loss=Spy())
    Z, T = seen[-1]
    assert history.val_loss[-1] == pytest.approx(float(SoftmaxCrossEntropy().forward(Z, T)))
    assert history.val_accuracy[-1] == (Z.argmax(axis=1) == T).mean()
    assert model.training is False
    assert np.array_equal(predict(model, small.X_train), predict(model, small.X_train))


def test_the_same_seed_gives_the_same_numbers(small):
    (a, history_a), (b, history_b), (c, _) = fit(small), fit(small), fit(small, rng=1)
    assert weights(a) == weights(b) != weights(c)
    assert history_a == history_b


def test_the_data_stay_as_they_are(small):
    X, y = small.X_train.copy(), small.y_train.copy()
    X.flags.writeable = y.flags.writeable = False
    fit(small._replace(X_train=X, y_train=y))
    assert np.array_equal(X, small.X_train)


def test_the_schedule_sets_the_rate_and_the_rate_returns(small):
    """Steps at progress 0, 1/12 … 11/12; afterwards the optimizer is as it was given."""
    seen = []

    def schedule(progress):
        seen.append(progress)
        return 1 - progress

    model = MLP([64, 10], rng=0)
    optimizer = momentum(model)
    history = train(model, small, optimizer, 3, 75, None, 0, schedule, progress=False)
    np.testing.assert_allclose(seen, np.arange(12) / 12)
    np.testing.assert_allclose(history.lr, 0.1 * (1 - np.array([3, 7, 11]) / 12))
    assert optimizer.lr == 0.1


def test_another_loss_may_be_given(small):
    """A last layer softmax, cross-entropy by the probabilities: the same run, up to rounding."""
    fused, apart = (
        Sequential(Linear(64, 10, rng=0, gain=0.1), *layers) for layers in ([], [Softmax()])
    )
    a = train(fused, small, momentum(fused), 2, 64, progress=False)
    b = train(apart, small, momentum(apart), 2, 64, CrossEntropy(), progress=False)
    np.testing.assert_allclose(a.loss, b.loss, rtol=1e-5)


# Interruptions.

RUNS = {
    "momentum": momentum,
    "Adam": lambda model: Adam(model.parameters(), 0.01),
}
each_run = pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
each_schedule = pytest.mark.parametrize("schedule", [None, cosine], ids=["constant", "cosine"])


class InterruptAt(SoftmaxCrossEntropy):
    """A loss during whose n-th backward somebody presses Ctrl-C."""

    def __init__(self, n):
        super().__init__()
        self.left = n

    def backward(self):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().backward()


InterruptAt.__name__ = "SoftmaxCrossEntropy"  # so that a checkpoint takes it for the same loss


@each_run
@each_schedule
@pytest.mark.parametrize("batches", [1, 6, 11, 18], ids=lambda n: f"in batch {n}")
def test_an_interrupted_run_ends_with_the_same_bits(small, tmp_path, make, schedule, batches):
    """Four batches per epoch: interrupted in the first, second, third and last epoch."""
    arguments = {"epochs": 5, "make": make, "schedule": schedule}
    whole, history = fit(small, **arguments)
    arguments["checkpoint"] = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        fit(small, loss=InterruptAt(batches), **arguments)
    resumed, again = fit(small, **arguments)
    assert weights(resumed) == weights(whole)
    assert again == history


@each_schedule
@pytest.mark.parametrize("batches", [3, 10])
def test_the_same_cell_may_be_run_again(small, tmp_path, schedule, batches):
    """With the model, the optimizer and the Generator that the interruption left in mid-epoch,
    in the first and in the third of them."""
    arguments = {"epochs": 4, "batch_size": 64, "schedule": schedule, "progress": False}
    model = MLP([64, 16, 10], rng=0, dropout=0.2)
    history = train(model, small, momentum(model), **arguments, rng=np.random.default_rng(5))

    again, rng = MLP([64, 16, 10], rng=0, dropout=0.2), np.random.default_rng(5)
    optimizer, arguments["checkpoint"] = momentum(again), tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        train(again, small, optimizer, **arguments, rng=rng, loss=InterruptAt(batches))
    assert again.training is False
    assert again.needs_dX is True
    assert optimizer.lr == 0.1
    assert train(again, small, optimizer, **arguments, rng=rng) == history
    assert weights(again) == weights(model)


def test_dropout_inside_a_nested_network_resumes_too(small, tmp_path):
    def make():
        inner = Sequential(Tanh(), Dropout(0.3, rng=7))
        return Sequential(Linear(64, 16, rng=0), inner, Linear(16, 10, rng=1, gain=0.1))

    def run(model, **arguments):
        return train(model, small, momentum(model), 4, 64, progress=False, **arguments)

    whole, broken, resumed = make(), make(), make()
    run(whole)
    with pytest.raises(KeyboardInterrupt):
        run(broken, loss=InterruptAt(10), checkpoint=tmp_path / "run.npz")
    run(resumed, checkpoint=tmp_path / "run.npz")
    assert weights(resumed) == weights(whole)


def test_a_killed_process_leaves_a_whole_checkpoint(small, tmp_path):
    """kill -9 while it trains; another process goes on and ends like one that ran through."""
    program = """
        import sys, time
        from backprop import MLP, Adam, cosine, load_digits, train

        data = load_digits()
        data = data._replace(X_train=data.X_train[:300], y_train=data.y_train[:300])
        model = MLP([64, 16, 10], rng=0, dropout=0.2)
        def schedule(progress):
            time.sleep(float(sys.argv[2]))
            return cosine(progress)
        schedule.__name__ = "cosine"
        optimizer = Adam(model.parameters(), 0.01)
        train(model, data, optimizer, 30, 64, None, 1 / 6, schedule, 0, sys.argv[1], False)
        print(sum(hash(p.value.tobytes()) for p in model.parameters()))
    """

    def start(path, pause):
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), str(path), str(pause)],
            env=os.environ | {"PYTHONPATH": str(CODE), "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )

    path = tmp_path / "run.npz"
    killed = start(path, 0.01)
    deadline = time.monotonic() + 60
    while not Path(f"{path}.previous").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)  # into some later epoch
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    killed.stdout.close()
    with np.load(path) as file:
        done = len(json.loads(str(file["facts"]))["history"]["loss"])
    assert 0 < done < 30
    resumed, whole = (start(p, 0).communicate(timeout=60)[0] for p in (path, tmp_path / "new.npz"))
    assert resumed == whole != ""


def test_more_epochs_may_be_asked_for_later(small, tmp_path):
    path = tmp_path / "run.npz"
    fit(small, epochs=2, checkpoint=path)
    longer, history = fit(small, epochs=5, checkpoint=path)
    whole, _ = fit(small, epochs=5)
    assert weights(longer) == weights(whole)
    assert len(history.loss) == 5


def test_a_finished_run_is_not_run_again(small, tmp_path):
    path = tmp_path / "run.npz"
    model, history = fit(small, checkpoint=path)
    before = path.read_bytes()
    again, same = fit(small, checkpoint=path)
    assert weights(again) == weights(model)
    assert same == history
    assert path.read_bytes() == before


def damaged(data, kind):
    """What a bad disk or a broken download leaves."""
    middle = len(data) // 2
    return {
        "empty": b"",
        "half": data[:middle],
        "one byte less": data[:-1],
        "zeros": bytes(len(data)),
        "text": b"not an archive",
        "a changed byte": data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :],
        "an array": b"\x93NUMPY\x01\x00",
    }[kind]


DAMAGES = ["empty", "half", "one byte less", "zeros", "text", "a changed byte", "an array"]


@pytest.mark.parametrize("kind", [*DAMAGES, "another archive"])
def test_a_damaged_checkpoint_is_refused_and_left(small, tmp_path, kind):
    path = tmp_path / "run.npz"
    fit(small, checkpoint=path)
    Path(f"{path}.previous").write_bytes(b"damaged too")
    if kind == "another archive":
        np.savez(path, X=draw(3))
    else:
        path.write_bytes(damaged(path.read_bytes(), kind))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.npz is damaged .*; it was left as it is"):
        fit(small, epochs=5, checkpoint=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_checkpoint_is_replaced_by_the_one_before(small, tmp_path, kind):
    """With a warning, the same bits at the end, and the damaged file kept for whoever asks why."""
    path = tmp_path / "run.npz"
    whole, history = fit(small, epochs=5)
    fit(small, checkpoint=path)
    bad = damaged(path.read_bytes(), kind)
    path.write_bytes(bad)
    with pytest.warns(RuntimeWarning, match=r"run\.npz is damaged .* the one before it is used"):
        resumed, again = fit(small, epochs=5, checkpoint=path)
    assert weights(resumed) == weights(whole)
    assert again == history
    assert Path(f"{path}.damaged").read_bytes() == bad
    fit(small, epochs=5, checkpoint=path)  # and now all is well


def test_the_checkpoint_before_must_be_of_the_same_run_too(small, tmp_path):
    path = tmp_path / "run.npz"
    fit(small, checkpoint=path, dropout=0.3)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="previous is of another run: its model is"):
        fit(small, checkpoint=path)
    assert path.read_bytes() == b""


def test_no_changed_byte_goes_unnoticed(small, tmp_path):
    """Every 97th byte of a checkpoint flipped in turn: refused, or (in a gap that ZIP does not
    use) without any effect, but never another model and never another exception."""
    path = tmp_path / "run.npz"
    model, _ = fit(small, epochs=1, checkpoint=path)
    Path(f"{path}.previous").unlink()
    data, refused = path.read_bytes(), 0
    for place in range(0, len(data), 97):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            again, _ = fit(small, epochs=1, checkpoint=path)
        except ValueError:
            refused += 1
        else:
            assert weights(again) == weights(model), place
    assert refused > 0.9 * len(range(0, len(data), 97))


OTHER = {
    "model": lambda: (MLP([64, 17, 10], rng=0, dropout=0.2), {}),
    "dtype": lambda: (MLP([64, 16, 10], rng=0, dropout=0.2, dtype=np.float64), {}),
    "optimizer": lambda: (None, {"make": lambda m: Adam(m.parameters(), 0.1)}),
    "lr": lambda: (None, {"make": lambda m: SGD(m.parameters(), 0.2, momentum=0.9)}),
    "momentum": lambda: (None, {"make": lambda m: SGD(m.parameters(), 0.1, momentum=0.8)}),
    "nesterov": lambda: (None, {"make": lambda m: SGD(m.parameters(), 0.1, 0.9, nesterov=True)}),
    "weight_decay": lambda: (
        None,
        {"make": lambda m: SGD(m.parameters(), 0.1, 0.9, weight_decay=0.01)},
    ),
    "loss": lambda: (None, {"loss": CrossEntropy()}),
    "label_smoothing": lambda: (None, {"loss": SoftmaxCrossEntropy(label_smoothing=0.1)}),
    "batch_size": lambda: (None, {"batch_size": 32}),
    "shape of X": lambda: (None, {"validation": 0.3}),
    "schedule": lambda: (None, {"schedule": cosine}),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_checkpoint_of_other_settings_is_refused_by_name(small, tmp_path, name):
    path = tmp_path / "run.npz"
    fit(small, epochs=1, checkpoint=path)
    before = path.read_bytes()
    model, arguments = OTHER[name]()
    model = model or MLP([64, 16, 10], rng=0, dropout=0.2)
    make = arguments.pop("make", momentum)
    arguments = {"batch_size": 64} | arguments
    with pytest.raises(ValueError, match=f"another run: its {name} is .*, here .*; it was left"):
        train(model, small, make(model), 2, progress=False, checkpoint=path, **arguments)
    assert path.read_bytes() == before


@pytest.mark.parametrize("dropout", [0.3, 0])
def test_another_dropout_is_another_model(small, tmp_path, dropout):
    path = tmp_path / "run.npz"
    fit(small, epochs=1, checkpoint=path)
    with pytest.raises(ValueError, match="another run: its model is"):
        fit(small, epochs=1, checkpoint=path, dropout=dropout)


# Speed and memory.


@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
def test_training_is_nothing_but_its_steps(small, make):
    """The same bits as the plain loop, which checks every array and computes every gradient."""
    model, twin = (MLP([64, 16, 10], rng=0) for _ in range(2))
    train(model, small, make(model), 3, 64, validation=0, rng=4, progress=False)
    rng, optimizer, loss = np.random.default_rng(4), make(twin), SoftmaxCrossEntropy()
    for _ in range(3):
        order = rng.permutation(300)
        for start in range(0, 300, 64):
            batch = order[start : start + 64]
            loss.forward(twin.forward(small.X_train[batch]), small.y_train[batch])
            twin.backward(loss.backward())
            optimizer.step()
    assert weights(model) == weights(twin)


def spied(function, seen):
    """The function, which notes every array that it is given or gives."""

    def spy(*arguments):
        result = function(*arguments)
        results = result if isinstance(result, tuple) else (result,)
        seen.extend(x for x in (*arguments, *results) if isinstance(x, np.ndarray))
        return result

    return spy


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [momentum, lambda m: Adam(m.parameters(), weight_decay=0.1)])
def test_everything_keeps_the_precision_of_the_data(small, dtype, make):
    """What goes into and comes out of every layer, the loss, gradients, memory, parameters."""
    model, loss = MLP([64, 16, 12, 10], rng=0, dtype=dtype, dropout=0.2), SoftmaxCrossEntropy(0.1)
    seen = []
    for layer in [*model.layers, loss]:
        layer.forward = spied(layer.forward, seen)
        layer.backward = spied(layer.backward, seen)
    optimizer = make(model)
    data = small._replace(X_train=small.X_train.astype(dtype))
    train(model, data, optimizer, 2, 64, loss, schedule=cosine, progress=False)
    seen += [array for p in model.parameters() for array in (p.value, p.grad)]
    seen += [array for state in optimizer.state for array in state.values()]
    seen += loss._recall()
    floats = {array.dtype for array in seen if array.dtype.kind == "f"}
    assert len(seen) > 100
    assert floats == {np.dtype(dtype)}


def test_the_data_are_not_copied():
    """Beside the data, a run needs the held-out part, one batch at a time, and little else."""
    X, y = draw(6000, 120).astype(np.float32), np.arange(6000) % 10
    model = MLP([120, 16, 10], rng=0)
    tracemalloc.start()
    data = Dataset(X, y, None, None)  # nothing can be learned of it, which `train` would say
    train(model, data, momentum(model, 0.01), 2, progress=False, watch=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert X.nbytes / 6 < peak < X.nbytes / 2


def test_the_first_layer_does_without_the_gradient_by_the_data(small):
    model, given = MLP([64, 16, 10], rng=0, dropout=0), []
    first = model.layers[0]
    plain, first.backward = first.backward, lambda dY: given.append(plain(dY))
    train(model, small, momentum(model), 1, 64, progress=False)
    assert given == [None] * len(given) != []
    first.backward = plain
    model.forward(small.X_train)
    assert model.backward(draw(300, 10)).shape == (300, 64)


def test_what_fades_out_is_set_to_zero():
    """A weight whose input is always 0 from some step on: its memory never becomes subnormal."""
    for make in (momentum, lambda m: Adam(m.parameters())):
        layer = Linear(3, 2, rng=0, dtype=np.float32)
        optimizer = make(layer)
        layer.grads = {"weight": np.ones((2, 3), np.float32), "bias": np.ones(2, np.float32)}
        optimizer.step()
        layer.grads["weight"][:, 1] = 0
        for _ in range(2000):
            optimizer.step()
            memory = next(iter(optimizer.state[0].values()))
            faded = memory[(memory != 0) & (np.abs(memory) < np.finfo(np.float32).tiny)]
            assert faded.size == 0
        assert np.array_equal(memory[:, 1], [0, 0])
        assert memory[:, 0].all()


def test_a_label_out_of_range_is_found_in_whatever_batch_it_is(small):
    y = small.y_train.copy()
    y[np.random.default_rng(0).permutation(300)[-1]] = 10  # the last of the first epoch
    with pytest.raises(ValueError, match="labels from 0 to 9, got 10"):
        fit(small._replace(y_train=y), validation=0, rng=0)


# Divergence and bad data.


@pytest.mark.parametrize(
    ("batch_size", "lr", "where"),
    [(64, 1e3, r"epoch \d+, step \d"), (1000, 1e30, r"the end of epoch \d")],
)
def test_divergence_is_an_error_with_a_sentence(small, batch_size, lr, where):
    """With all samples in one batch it is the validation that meets it first. No warning of NumPy's
    comes; the one of `train`, an epoch before, says the same."""
    model = Sequential(Linear(64, 32, rng=0), Linear(32, 16, rng=1), Linear(16, 10, rng=2))
    with (
        pytest.warns(TrainingWarning, match="the loss has risen from .* try a smaller lr"),
        pytest.raises(FloatingPointError, match=f"diverged at {where}: .*; try a smaller lr"),
    ):
        train(model, small, SGD(model.parameters(), lr), 30, batch_size, progress=False)
    assert model.training is False


@pytest.mark.parametrize("sizes", [[64, 10], [64, 16, 10]])
def test_a_rate_a_thousand_times_too_large_is_never_taken_for_learning(small, sizes):
    """It diverges, or the loss stays far above that of a guess; and a warning says why."""
    model = MLP(sizes, rng=0)
    history, optimizer = None, SGD(model.parameters(), 1e3)
    with (
        pytest.warns(TrainingWarning, match="try a smaller lr"),
        contextlib.suppress(FloatingPointError),
    ):
        history = train(model, small, optimizer, 10, 64, progress=False)
    assert history is None or history.loss[-1] > math.log(10)


def test_the_last_step_may_diverge_too(small):
    """The loss of the last step is still finite, and no validation follows."""
    model = MLP([64, 16, 10], rng=0)
    optimizer = SGD(model.parameters(), 1e30)
    with pytest.raises(FloatingPointError, match="diverged at the end of epoch 1: .*weight"):
        train(
            model, small, optimizer, 1, 300, validation=0, schedule=lambda _: 1e30, progress=False
        )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_divergence(small, value):
    class Broken(SoftmaxCrossEntropy):
        def forward(self, Z, T):
            return super().forward(Z, T) * value

    with pytest.raises(FloatingPointError, match="diverged at epoch 1, step 1: the loss is"):
        fit(small, loss=Broken())


def with_one_nan(X):
    X = X.copy()
    X[7, 3] = np.nan
    return X


# What is changed in the data, and what the error says.
BAD_DATA = [
    (lambda X, y: (with_one_nan(X), y), r"train expects X_train to be finite, got nan at \[7, 3\]"),
    (lambda X, y: (X[:, 0], y), r"train expects X_train of shape \(S, M\), got \(300,\)"),
    (lambda X, y: (X[:0], y[:0]), "train expects X_train to hold at least one entry"),
    (
        lambda X, y: (X, y[:-1]),
        r"y_train to hold integers, shape \(300,\), got int64 \(299,\)",
    ),
    (lambda X, y: (X, y[:, None]), r"train expects y_train to hold .* got int64 \(300, 1\)"),
    (lambda X, y: (X, y * 1.0), r"train expects y_train to hold .* got float64 \(300,\)"),
    (lambda X, y: (None, y), "train expects X_train to hold real numbers"),
    (lambda X, y: (X[:, :63], y), r"Linear expects X of shape \(S, 64\), got \(64, 63\)"),
    (lambda X, y: (X, y + 5), "SoftmaxCrossEntropy expects labels from 0 to 9, got"),
]


@pytest.mark.parametrize(("change", "message"), BAD_DATA)
def test_bad_data_are_refused_before_anything_is_learnt(small, change, message):
    model = MLP([64, 16, 10], rng=0)
    before = weights(model)
    data = Dataset(*change(small.X_train, small.y_train), None, None)
    with pytest.raises(ValueError, match=message):
        train(model, data, momentum(model), 1, 64, progress=False)
    assert weights(model) == before


@pytest.mark.parametrize("data", [None, draw(5, 4), (draw(5, 4), [0, 1, 2, 0, 1])])
def test_what_is_no_dataset_is_refused(data):
    model = MLP([4, 3], rng=0)
    with pytest.raises(ValueError, match="train expects data with X_train and y_train, got"):
        train(model, data, momentum(model), 1, progress=False)


@pytest.mark.parametrize(
    "arguments",
    [
        {"epochs": 0},
        {"epochs": 1.5},
        {"epochs": None},
        {"batch_size": 0},
        {"batch_size": "64"},
        {"validation": 1},
        {"validation": -0.1},
        {"validation": None},
        {"rng": "seed"},
        {"schedule": 0.5},
        {"checkpoint": 5},
        {"checkpoint": "no/such/folder/run.npz"},
        {"optimizer": None},
        {"optimizer": 0.1},
        {"model": None},
        {"model": MLP},
        {"model": [linear(64, 10)]},
    ],
    ids=str,
)
def test_bad_settings_are_refused_before_anything_is_learnt(small, arguments):
    """The folder of a checkpoint too: not after an epoch that took an hour."""
    model = MLP([64, 16, 10], rng=0)
    before = weights(model)
    settings = {"model": model, "data": small, "optimizer": momentum(model), "epochs": 1}
    with pytest.raises(ValueError, match="train expects"):
        train(**settings | {"progress": False} | arguments)
    assert weights(model) == before


# Prediction.


def test_predictions_do_not_depend_on_the_batch_size():
    model, X = MLP([4, 7, 3], rng=0, dtype=np.float64, dropout=0.5), draw(10, 4)
    model.training = True
    for size in (1, 3, 10, 1000):
        np.testing.assert_allclose(predict(model, X, size), predict(model, X), rtol=1e-13)
    assert model.training is True
    model.training = False
    np.testing.assert_allclose(predict(model, X), model.forward(X), rtol=1e-13)


def test_accuracy_counts_samples():
    """By an identity: the logits are the input. Of equal logits the first wins."""
    model = Sequential(Linear(3, 3, rng=0))
    model.layers[0].params["weight"] = np.eye(3)
    Z = [[1, 5, 2], [7, 0, 0], [0, 1, 9], [4, 4, 0]]
    assert accuracy(model, Z, [1, 0, 0, 0]) == 0.75
    assert accuracy(model, Z, [1, 0, 0, 1]) == 0.5
    assert isinstance(accuracy(model, Z, [1, 0, 0, 0]), float)


@pytest.mark.parametrize("y", [[1], [[1], [0], [0], [0]], [1, 0, 0], [1.0, 0, 0, 0], None, 1])
def test_accuracy_compares_labels_one_by_one(y):
    """(4, 1) against (4,) would broadcast to 16 comparisons and give a number."""
    model = Sequential(linear(3, 3))
    with pytest.raises(ValueError, match="accuracy expects y to hold integers"):
        accuracy(model, draw(4, 3), y)


def test_a_dataset_by_hand_will_do(small):
    assert fit(Dataset(small.X_train, small.y_train, None, None))[1] == fit(small)[1]


def test_the_bar_shows_the_latest_figures(small, capfd):
    fit(small, epochs=2, progress=True)
    text = capfd.readouterr().err
    assert "2/2" in text
    assert "val_accuracy=" in text


def test_a_function_sees_the_history_after_each_epoch(small):
    seen = []
    _, history = fit(small, after_epoch=lambda so_far: seen.append([*so_far.loss]))
    assert seen == [history.loss[:n] for n in (1, 2, 3)]
    assert len(history.val_loss) == 3
    with pytest.raises(ValueError, match="after_epoch to be a function"):
        fit(small, after_epoch="draw")


# Regression.


def regression(columns=None, S=300, seed=0):
    """Targets that tanh of a line gives, and a little noise: (S,) or (S, columns)."""
    X = draw(S, 8, seed=seed)
    y = np.tanh(X @ draw(8, columns or 1, seed=seed + 1) / 3) + 0.1 * draw(S, columns or 1, seed=9)
    return Dataset(X, y if columns else y[:, 0], None, None)


def regress(data, outputs=1, epochs=4, **arguments):
    model = MLP([8, 16, outputs], Tanh, rng=0)
    arguments = {"batch_size": 32, "progress": False, "loss": MSE()} | arguments
    return model, train(model, data, Adam(model.parameters(), 0.01), epochs, **arguments)


@pytest.mark.parametrize("columns", [None, 1, 3])
def test_real_targets_are_learned_with_the_squared_error(columns):
    """The held-out loss falls far below the variance; there is no accuracy to speak of."""
    data = regression(columns)
    model, history = regress(data, columns or 1, epochs=20)
    assert history.val_loss[-1] < 0.3 * data.y_train.var(axis=0).sum()
    assert history.accuracy == history.val_accuracy == []
    assert len(history.loss) == len(history.val_loss) == 20
    assert predict(model, data.X_train).shape == (300, columns or 1)


def test_whole_numbers_may_be_real_targets():
    data = regression()
    counts = data._replace(y_train=np.round(3 * data.y_train).astype(int))
    _, history = regress(counts, epochs=20)
    assert history.val_loss[-1] < 0.5 * counts.y_train.var()
    assert history.accuracy == []


def test_the_figures_of_regression_are_means_over_samples():
    """With lr = 0: the loss of all 300 samples, although the last batch is smaller."""
    data, model = regression(3), MLP([8, 5, 3], rng=0, dtype=np.float64)
    arguments = {"loss": MSE(), "validation": 0, "progress": False}
    history = train(model, data, SGD(model.parameters(), 0.0), 1, 64, **arguments)
    wanted = ((model.forward(data.X_train) - data.y_train) ** 2).sum() / 300
    assert history.loss == [pytest.approx(wanted, rel=1e-12)]


def test_regression_resumes_with_the_same_bits(tmp_path):
    class Interrupted(MSE):
        left = 9

        def backward(self):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return super().backward()

    Interrupted.__name__ = "MSE"
    data, path = regression(), tmp_path / "run.npz"
    whole, history = regress(data)
    with pytest.raises(KeyboardInterrupt):
        regress(data, loss=Interrupted(), checkpoint=path)
    resumed, again = regress(data, checkpoint=path)
    assert weights(resumed) == weights(whole)
    assert again == history


def test_the_bar_of_a_regression_shows_losses_alone(capfd):
    regress(regression(), progress=True)
    text = capfd.readouterr().err
    assert "val_loss=" in text
    assert "accuracy" not in text


def test_the_validation_part_of_a_regression_is_held_out():
    seen, (_, history) = set(), regress(regression(), epochs=1)
    assert len(history.val_loss) == 1

    class Spy(MSE):
        def forward(self, Y, T):
            seen.update(np.ravel(T).tolist())
            return super().forward(Y, T)

    regress(regression(), epochs=1, loss=Spy())
    assert seen == set(regression().y_train.tolist())


BAD_TARGETS = [
    (lambda y: y[:-1], r"y_train of shape \(300,\) or \(300, N\), .* got \(299,\)"),
    (lambda y: y[:, None, None], r"y_train of shape \(300,\) or \(300, N\), .* got \(300, 1, 1\)"),
    (
        lambda y: np.stack([y, y], axis=1),
        r"one output for each column of y_train, 2, got 1 outputs?",
    ),
    (lambda y: np.where(y == y[7], np.nan, y), r"train expects y_train to be finite, got nan"),
    (lambda y: np.where(y == y[7], np.inf, y), r"train expects y_train to be finite, got inf"),
    (lambda y: [str(one) for one in y], "train expects y_train to hold real numbers"),
    (lambda y: None, "train expects y_train to hold real numbers"),
]


@pytest.mark.parametrize(("change", "message"), BAD_TARGETS)
def test_bad_targets_are_refused_in_the_name_of_y_train(change, message):
    data = regression()
    model = MLP([8, 5, 1], rng=0)
    before = weights(model)
    with pytest.raises(ValueError, match=message):
        train(
            model,
            data._replace(y_train=change(data.y_train)),
            momentum(model),
            1,
            loss=MSE(),
            progress=False,
        )
    assert weights(model) == before


def test_three_outputs_for_targets_in_a_row_are_refused():
    """(S, 3) − (S,) would fit by chance at S = 3, and mean nothing."""
    with pytest.raises(ValueError, match=r"each column of y_train, 1, got 3 outputs"):
        regress(regression(), outputs=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y * 1.0, r"real targets go with loss=MSE\(\)"),
        (lambda y: np.eye(10)[y], r"got rows that sum to 1, \(300, 10\): y_train.argmax\(axis=1\)"),
        (lambda y: np.eye(10, dtype=int)[y], r"got rows that sum to 1"),
    ],
)
def test_other_targets_than_labels_are_told_where_they_belong(small, change, message):
    with pytest.raises(ValueError, match=message):
        fit(small._replace(y_train=change(small.y_train)))


def test_a_divergence_names_what_is_not_scaled(small):
    """The inputs, or the targets; "a smaller lr" alone would be no cure."""
    data = regression()
    far = data._replace(y_train=1e4 * data.y_train)
    model = MLP([8, 16, 1], rng=0)
    with pytest.raises(FloatingPointError, match="scale the targets, which reach"):
        train(model, far, SGD(model.parameters(), 1e3), 9, loss=MSE(), progress=False, watch=False)
    pixels = small._replace(X_train=255 * small.X_train)
    model = Sequential(Linear(64, 32, rng=0), Linear(32, 16, rng=1), Linear(16, 10, rng=2))
    with (
        pytest.warns(TrainingWarning, match="the inputs reach 255"),
        pytest.raises(FloatingPointError, match="scale the inputs, which reach 255, and try"),
    ):
        train(model, pixels, SGD(model.parameters(), 1e3), 30, 64, progress=False)
