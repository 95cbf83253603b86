"""Training: batches, epochs, a history, and checkpoints that a run can go on from. Source: chapter "Training"."""

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .datasets import split_validation
from .initializers import as_rng
from .losses import SoftmaxCrossEntropy
from .validation import as_array, as_floats, expect_number


@dataclass
class History:
    """One number per epoch: mean training loss (nats) and accuracy as the epoch ran, validation loss and accuracy
    at its end (absent without validation), and the learning rate at its end."""

    loss: list = field(default_factory=list)
    accuracy: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    val_accuracy: list = field(default_factory=list)
    lr: list = field(default_factory=list)


def predict(model, X, batch_size=1000):
    """The logits (S, C) of all samples X (S, M), computed batch by batch, with dropout off."""
    was, model.training = model.training, False
    try:
        return np.concatenate(
            [model.forward(X[i : i + batch_size]) for i in range(0, len(X), batch_size)]
        )
    finally:
        model.training = was


def accuracy(model, X, y):
    """The share of samples whose largest logit is at their label, in [0, 1]; ties go to the lower class."""
    return float((predict(model, X).argmax(axis=1) == y).mean())


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
):
    """Train `model` on data.X_train and data.y_train for a number of epochs; returns a `History`.

    The test part of `data` is never looked at: `validation` is the share of the training part held out for the
    figures per epoch (0: none). `loss` is SoftmaxCrossEntropy() unless given. `schedule` maps the progress of the run,
    0 … 1, to a factor on the learning rate (`cosine`). `rng` (a seed or Generator) draws the order of the samples.
    `checkpoint` is a path: after each epoch the whole state is written there, and a run that finds it
    goes on from it, ending with the same bits as if it had never stopped.

    Raises ValueError for bad data or settings or a checkpoint of another run, FloatingPointError when the loss
    is no longer finite.
    """
    data = _checked(data)
    epochs = expect_number(epochs, "epochs", "train", low=1, whole=True)
    batch_size = expect_number(batch_size, "batch_size", "train", low=1, whole=True)
    validation = expect_number(validation, "validation", "train", low=0, high=0.9)
    X, y, held_out = data.X_train, data.y_train, None
    if validation:
        X, y, *held_out = split_validation(data, validation, rng=0)
    run = _Run(model, optimizer, as_rng(rng, "train"), epochs, batch_size, schedule)
    run.resume(checkpoint)
    loss = loss or SoftmaxCrossEntropy()
    bar = tqdm(
        range(len(run.history.loss), epochs),
        disable=not progress,
        unit="epoch",
        initial=len(run.history.loss),
        total=epochs,
    )
    for epoch in bar:
        run.epoch(epoch, X, y, loss)
        if held_out:
            run.validate(*held_out, loss)
        run.save(checkpoint)
        bar.set_postfix(
            {name: f"{values[-1]:.4f}" for name, values in asdict(run.history).items() if values}
        )
    return run.history


class _Run:
    """A run under way: everything that a checkpoint has to hold."""

    def __init__(self, model, optimizer, rng, epochs, batch_size, schedule):
        self.model, self.optimizer, self.rng = model, optimizer, rng
        self.epochs, self.batch_size, self.schedule = epochs, batch_size, schedule
        self.history, self.first_lr = History(), optimizer.lr

    def epoch(self, epoch, X, y, loss):
        """One pass over the samples in a new order. The last batch may be smaller and counts by its size."""
        order = self.rng.permutation(len(X))
        starts = range(0, len(X), self.batch_size)
        total = right = 0.0
        self.model.training = True
        try:
            for step, start in enumerate(starts):
                if self.schedule:
                    self.optimizer.lr = self.first_lr * float(
                        self.schedule((epoch + step / len(starts)) / self.epochs)
                    )
                batch = order[start : start + self.batch_size]
                Z = self._step(X[batch], y[batch], loss, f"epoch {epoch + 1}, step {step + 1}")
                total += self.batch_loss * len(batch)
                right += (Z.argmax(axis=1) == y[batch]).sum()
        finally:
            self.model.training = False
        self.history.loss.append(total / len(X))
        self.history.accuracy.append(float(right / len(X)))
        self.history.lr.append(self.optimizer.lr)

    def _step(self, X, y, loss, where):
        try:
            Z = self.model.forward(X)
            self.batch_loss = float(loss.forward(Z, y))
            self.model.backward(loss.backward())
        except ValueError as error:
            # The data were finite when training began, so whatever is not finite now has diverged.
            if "finite" in str(error):
                raise FloatingPointError(
                    f"training diverged at {where}: {error}; try a smaller lr"
                ) from None
            raise
        self.optimizer.step()
        return Z

    def validate(self, X, y, loss):
        Z = predict(self.model, X)
        self.history.val_loss.append(float(loss.forward(Z, y)))
        self.history.val_accuracy.append(float((Z.argmax(axis=1) == y).mean()))

    def _settings(self):
        """What must be the same for a run to go on."""
        return {
            "model": repr(self.model),
            "optimizer": type(self.optimizer).__name__,
            "lr": self.first_lr,
            "batch_size": self.batch_size,
            "epochs": self.epochs if self.schedule else None,
        }

    def _rngs(self):
        return [
            self.rng,
            *(layer.rng for layer in getattr(self.model, "layers", []) if hasattr(layer, "rng")),
        ]

    def save(self, path):
        """Write the state beside `path` first and move it there when whole: a kill leaves the old file."""
        if path is None:
            return
        arrays = {f"parameter {k}": p.value for k, p in enumerate(self.optimizer.parameters)}
        arrays |= {
            f"state {k} {name}": a
            for k, s in enumerate(self.optimizer.state)
            for name, a in s.items()
        }
        facts = {
            "settings": self._settings(),
            "history": asdict(self.history),
            "steps": self.optimizer.steps,
            "current_lr": self.optimizer.lr,
            "rngs": [rng.bit_generator.state for rng in self._rngs()],
        }
        part = Path(f"{path}.part")
        with open(part, "wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)

    def resume(self, path):
        """Go on from the checkpoint at `path`, if there is one."""
        if path is None or not Path(path).exists():
            return
        try:
            with np.load(path) as file:
                arrays = dict(file)
            facts = json.loads(str(arrays["facts"]))
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"the checkpoint {path} is damaged ({error}); it was left as it is"
            ) from None
        for name, wanted in self._settings().items():
            found = facts["settings"].get(name)
            if found != wanted:
                raise ValueError(
                    f"the checkpoint {path} is of another run: its {name} is {found!r}, here {wanted!r}"
                )
        for k, parameter in enumerate(self.optimizer.parameters):
            parameter.value[...] = arrays[f"parameter {k}"]
        for key, array in arrays.items():
            if key.startswith("state "):
                _, k, name = key.split(" ", 2)
                self.optimizer.state[int(k)][name] = array
        self.history = History(**facts["history"])
        self.optimizer.steps, self.optimizer.lr = facts["steps"], facts["current_lr"]
        for rng, state in zip(self._rngs(), facts["rngs"]):
            rng.bit_generator.state = state


def _checked(data):
    X = as_floats(data.X_train, "X_train", "train")
    y = as_array(data.y_train, "y_train", "train")
    if X.ndim != 2 or y.shape != (len(X),):
        raise ValueError(
            f"train expects X_train (S, M) and y_train (S,), got {X.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise ValueError(f"train expects y_train to hold whole numbers, got {y.dtype}")
    return data._replace(X_train=X, y_train=y)
