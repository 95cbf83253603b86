"""Training: batches, epochs, a history; a run goes on from its checkpoint (`checkpoint`).

Source: chapter "Training".
"""

import contextlib
from dataclasses import asdict, dataclass, field

import numpy as np
from tqdm import tqdm

from . import checkpoint as checkpoints
from .datasets import stratified_split
from .layer import buffers, is_layer, leaves
from .losses import SoftmaxCrossEntropy
from .optimizers import clip_gradients
from .troubleshooting import SAMPLES, Watch, advice, are_probabilities
from .validation import (
    NotFinite,
    as_array,
    as_floats,
    as_integers,
    as_rng,
    expect_function,
    expect_number,
    expect_shape,
    trusted,
)


@dataclass
class History:
    """One entry per epoch: mean training loss (nats) and accuracy as the epoch ran, validation
    loss and accuracy at its end (absent without validation), and the learning rate at its end.
    There is no accuracy for real targets."""

    loss: list = field(default_factory=list)
    accuracy: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    val_accuracy: list = field(default_factory=list)
    lr: list = field(default_factory=list)

    def latest(self):
        """{name: the last number, as text} of what has one."""
        return {name: f"{values[-1]:.4f}" for name, values in asdict(self).items() if values}


def predict(model, X, batch_size=1000):
    """The outputs (S, C) of all samples X, computed batch by batch, with dropout off.

    X is (S, M), images (S, C, H, W) or sequences (S, T, M) for a model that takes them, and
    integers (S, T) for one that begins with an Embedding.
    """
    _check_model(model, "predict")
    X = _inputs(X, "X", model, "predict")
    size = expect_number(batch_size, "batch_size", "predict", low=1, whole=True)
    was, model.training = getattr(model, "training", False), False
    try:
        return np.concatenate([model.forward(X[i : i + size]) for i in range(0, len(X), size)])
    finally:
        model.training = was


def accuracy(model, X, y):
    """The fraction of samples whose largest logit is at their label; of equals, the first.

    Of sequences, the fraction of places.
    """
    Z = predict(model, X)
    return float((Z.argmax(axis=-1) == _labels(y, "y", [Z.shape[:-1]], "accuracy")).mean())


def train(
    model,
    data,
    optimizer,
    epochs,
    batch_size=128,
    loss=None,
    validation=1 / 6,
    schedule=None,
    rng=0,
    checkpoint=None,
    progress=True,
    after_epoch=None,
    watch=True,
    clip=None,
):
    """Train `model` on data.X_train and data.y_train for a number of epochs; returns a `History`.

    X_train is (S, M), or images (S, C, H, W) for a model that takes them. y_train holds labels
    (S,), or with `loss` MSE() or BCEWithLogits() targets (S,) or (S, N). Of sequences, X_train is
    (S, T, M), or integers (S, T) for a model that begins with an Embedding, and y_train holds a
    label for each place, (S, T); accuracies are then those of places. The test part of `data` is
    never looked at: `validation` is the fraction of the training part held out for the figures per
    epoch (0: none). `loss` is SoftmaxCrossEntropy() unless given. `schedule` maps the progress of
    the run, 0 … 1, to a factor on the learning rate (`cosine`).
    `rng` (a seed or Generator) draws the order of the samples. `checkpoint` is a path: at the start
    and after each epoch the whole state is written there, and a run that finds it goes on from it,
    ending with the same bits as if it had never stopped, wherever it did. The state before that is
    kept next to it, and used with a warning if the file turns out to be damaged. `after_epoch` is
    called with the History so far, after each epoch: to draw it, say. With `watch`, a network that
    does not learn gets one TrainingWarning that says why (`troubleshooting`). `clip` is the largest
    norm that all gradients together may have (`clip_gradients`).

    Raises ValueError for bad data or settings or a checkpoint of another run, FloatingPointError
    when the loss is no longer finite.
    """
    loss = loss or SoftmaxCrossEntropy()
    _check_model(model, "train")
    X, y = _checked(data, loss, model)
    _check_parts(optimizer, schedule=schedule, after_epoch=after_epoch)
    validation = expect_number(validation, "validation", "train", low=0, high=0.9)
    rows, held_out = np.arange(len(X)), None
    if validation:
        rows, others = _split(y, validation)
        held_out = X[others], y[others]
    run = _Run(
        model=model,
        optimizer=optimizer,
        loss=loss,
        rng=as_rng(rng, "train"),
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        clip=clip,
        shape=[len(rows), *X.shape[1:]],
        advice=advice(X[rows[:SAMPLES]], y[rows[:SAMPLES]]),
    )
    checkpoints.resume(run, checkpoint)
    run.watch = Watch(model, loss, X, y, rows, getattr(optimizer, "steps", 0)) if watch else None
    done = len(run.history.loss)
    left = range(done, run.epochs)
    bar = tqdm(left, disable=not progress, unit="epoch", initial=done, total=run.epochs)
    for epoch in bar:
        run.epoch(epoch, X, y, rows)
        if held_out:
            run.validate(epoch, *held_out)
        checkpoints.save(run, checkpoint)
        if watch:
            run.watch.end()
        bar.set_postfix(run.history.latest(), refresh=False)  # shown as the bar moves on
        if after_epoch:
            after_epoch(run.history)
    return run.history


@dataclass(kw_only=True)
class _Run:
    """A run under way: everything that a checkpoint has to hold."""

    model: object
    optimizer: object
    loss: object
    rng: np.random.Generator
    epochs: int
    batch_size: int
    schedule: object
    clip: object
    shape: list
    advice: str
    watch: Watch | None = None
    history: History = field(default_factory=History)

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            setattr(self, name, expect_number(getattr(self, name), name, "train", 1, whole=True))
        if self.clip is not None:
            self.clip = expect_number(self.clip, "clip", "train", low=0)

    def epoch(self, epoch, X, y, rows):
        """One pass over these rows in a new order; a smaller last batch has a smaller weight."""
        order, first_lr = rows[self.rng.permutation(len(rows))], self.optimizer.lr
        starts = range(0, len(rows), self.batch_size)
        inputs = np.empty((min(self.batch_size, len(rows)), *X.shape[1:]), X.dtype)
        total = right = 0.0
        if self.watch:
            self.watch.begin(epoch, self.epochs, first_lr)
        self.model.training, self.model.needs_dX = True, False
        try:
            for step, start in enumerate(starts):
                if self.schedule:
                    progress = (epoch + step / len(starts)) / self.epochs
                    self.optimizer.lr = first_lr * float(self.schedule(progress))
                batch = order[start : start + self.batch_size]
                # All batches are gathered into the same memory; "clip" lets NumPy do so directly.
                X_batch = X.take(batch, axis=0, out=inputs[: len(batch)], mode="clip")
                with self._diverging(f"epoch {epoch + 1}, step {step + 1}"), trusted(step > 0):
                    Z, loss = self._step(X_batch, y[batch])
                total += loss * len(batch)
                right += _right(Z, y[batch])
            self.history.lr.append(self.optimizer.lr)
        finally:  # after an interruption too: the same call then starts from the same settings
            self.model.training, self.model.needs_dX = False, True
            self.optimizer.lr = first_lr
        with self._diverging(f"the end of epoch {epoch + 1}"):
            for parameter in self.optimizer.parameters:
                as_floats(parameter.value, parameter.label, "train")
        self.history.loss.append(total / len(rows))
        if _is_labels(y):
            self.history.accuracy.append(float(right / len(rows)))

    def _step(self, X, y):
        Z = self.model.forward(X)
        _fits(Z, y, self.loss)
        loss = _finite(self.loss.forward(Z, y))
        if self.watch:
            self.watch.forward(Z, loss, y)
        self.model.backward(self.loss.backward())
        if self.clip is not None:
            clip_gradients(self.optimizer.parameters, self.clip)
        self.optimizer.step()
        if self.watch:
            self.watch.stepped(self.optimizer.lr)
        return Z, loss

    def validate(self, epoch, X, y):
        with self._diverging(f"the end of epoch {epoch + 1}"):
            Z = predict(self.model, X)
            self.history.val_loss.append(_finite(self.loss.forward(Z, y)))
        if _is_labels(y):
            self.history.val_accuracy.append(float(_right(Z, y) / len(y)))

    @contextlib.contextmanager
    def _diverging(self, where):
        """The data were finite when training began, so whatever is not finite now has diverged."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                yield
        except NotFinite as error:
            raise FloatingPointError(
                f"training diverged at {where}: {error}; {self.advice}"
            ) from None

    def settings(self):
        """What must be the same for a run to go on."""
        numbers = {k: v for k, v in vars(self.optimizer).items() if isinstance(v, (bool, float))}
        schedule = self.schedule and getattr(self.schedule, "__name__", "another")
        return {
            "model": repr(self.model),
            "dtype": str(self.optimizer.parameters[0].value.dtype),
            "optimizer": type(self.optimizer).__name__,
            **numbers,
            "loss": type(self.loss).__name__,
            "label_smoothing": getattr(self.loss, "label_smoothing", 0),
            "batch_size": self.batch_size,
            "clip": self.clip,
            "shape of X": self.shape,
            "schedule": schedule,
            "epochs": self.epochs if self.schedule else None,
        }

    def _rngs(self):
        return [self.rng, *(leaf.rng for leaf in leaves(self.model) if hasattr(leaf, "rng"))]

    def state(self):
        """(arrays, facts): all that a run needs to go on with the same bits."""
        arrays = {f"parameter {k}": p.value for k, p in enumerate(self.optimizer.parameters)}
        for k, state in enumerate(self.optimizer.state):
            arrays |= {f"state {k} {name}": array for name, array in state.items()}
        for k, (layer, name) in enumerate(buffers(self.model)):
            arrays[f"buffer {k}"] = getattr(layer, name)
        return arrays, {
            "history": asdict(self.history),
            "steps": self.optimizer.steps,
            "rngs": [rng.bit_generator.state for rng in self._rngs()],
        }

    def restore(self, arrays, facts):
        """Take over what `state` gave."""
        for k, parameter in enumerate(self.optimizer.parameters):
            parameter.value[...] = arrays[f"parameter {k}"]
        for k, (layer, name) in enumerate(buffers(self.model)):
            setattr(layer, name, arrays[f"buffer {k}"])
        for key, array in arrays.items():
            if key.startswith("state "):
                _, k, name = key.split(" ", 2)
                self.optimizer.state[int(k)][name] = array
        self.history = History(**facts["history"])
        self.optimizer.steps = facts["steps"]
        for rng, state in zip(self._rngs(), facts["rngs"], strict=True):
            rng.bit_generator.state = state


def _finite(loss):
    if not np.isfinite(loss):
        raise NotFinite(f"the loss is {loss}")
    return float(loss)


def _checked(data, loss, model):
    """X (S, M …) and y: labels (S,), or real targets (S,) or (S, N) for a loss that takes them.

    Of sequences, X (S, T, M) or integers (S, T), there may be a label for each place.
    """
    if not (hasattr(data, "X_train") and hasattr(data, "y_train")):
        raise ValueError(f"train expects data with X_train and y_train, got {type(data).__name__}")
    X = _inputs(data.X_train, "X_train", model, "train")
    if not getattr(loss, "real_targets", False):
        shapes = [X.shape[:1]]
        if _vocabulary(model) or X.ndim == 3:
            shapes.append(X.shape[:2])
        return X, _labels(data.y_train, "y_train", shapes, "train")
    y = as_floats(data.y_train, "y_train", "train")
    if y.ndim not in (1, 2) or len(y) != len(X):
        raise ValueError(
            f"train expects y_train of shape ({len(X)},) or ({len(X)}, N), one row for each row of "
            f"X_train, got {y.shape}"
        )
    return X, y


def _inputs(X, name, model, who):
    """X as the model takes it: floats (S, M …), or integers (S, T) for an Embedding."""
    if vocabulary := _vocabulary(model):
        X = as_integers(X, name, who, vocabulary - 1)
        expect_shape(X, ("S", "T"), {}, name, who)
        return X
    X = as_floats(X, name, who)
    expect_shape(X, ("S", "M", "..."), {}, name, who)
    return X


def _vocabulary(model):
    """How many integers the model tells apart; 0 for one that takes floats."""
    first = leaves(model)[0]
    return len(first.params["weight"]) if getattr(first, "takes_integers", False) else 0


def _is_labels(y):
    """Whether y holds labels, of which an accuracy can be counted."""
    return y.dtype.kind in "iu"


def _split(y, fraction):
    """Two lists of indices into y, the second with this fraction: of each class, if y has any."""
    if _is_labels(y) and y.ndim == 1:
        return stratified_split(y, fraction, 0, "split_validation")
    order, count = np.random.default_rng(0).permutation(len(y)), round(fraction * len(y))
    if not 0 < count < len(y):
        raise ValueError(
            f"train expects samples on both sides of the validation split, got {count} of {len(y)} "
            "held out"
        )
    return order[count:], order[:count]


def _fits(Z, y, loss):
    """Real targets have one column for each output; the reader knows them as y_train."""
    if getattr(loss, "real_targets", False) and y.shape[1:] != Z.shape[1:]:
        if y.ndim > 1 or Z.shape[1:] != (1,):
            columns = y.shape[1] if y.ndim > 1 else 1
            raise ValueError(
                f"train expects the model to have one output for each column of y_train, "
                f"{columns}, got {Z.shape[1]} outputs"
            )


def _right(Z, y):
    """How many samples have their largest logit at their label; parts of a sequence count."""
    if not _is_labels(y):
        return 0
    return (Z.argmax(axis=-1) == y).mean(axis=tuple(range(1, y.ndim)), dtype=np.float64).sum()


def _check_model(model, who):
    if not is_layer(model):
        raise ValueError(f"{who} expects a model with forward and backward, got {model!r}")


def _check_parts(optimizer, **functions):
    if not hasattr(optimizer, "step"):
        raise ValueError(f"train expects an optimizer with step, got {optimizer!r}")
    for name, function in functions.items():
        if function is not None:
            expect_function(function, name, "train")


def _labels(y, name, shapes, who):
    """`y` as integers of one of these shapes; raises ValueError otherwise."""
    y, wanted = as_array(y, name, who), " or ".join(map(str, shapes))
    if y.shape in shapes and y.dtype.kind in "iu":
        return y
    rows = y.reshape(-1, y.shape[-1]) if y.ndim > 1 and y.size else y
    if y.shape[:-1] in shapes and y.dtype.kind in "iuf" and are_probabilities(rows):
        raise ValueError(
            f"{who} expects {name} to hold integers, shape {wanted}, got rows that sum to 1, "
            f"{y.shape}: {name}.argmax(axis={y.ndim - 1}) has the labels"
        )
    raise ValueError(
        f"{who} expects {name} to hold integers, shape {wanted}, got {y.dtype} {y.shape}"
        + (" (real targets go with loss=MSE())" if y.dtype.kind == "f" else "")
    )
