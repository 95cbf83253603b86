"""Why a network does not learn: what `train` looks at, and what it says about it.

Source: chapter "It does not learn".

`Watch` is told of every step and measures little of it: the first batch, the steps 1, 2, 4, 8 … of
an epoch, and at its end some hundred samples. Each check is a function of what has been `Seen`; it
gives a sentence, with the number measured and the cure, or None. They are in `AT_THE_START` and
`AFTER_AN_EPOCH`, causes before what follows from them, and the first that speaks is the only one.
"""

import copy
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .activations import ReLU
from .layer import parameters_of
from .linear import Linear
from .losses import MSE, BCEWithLogits, CrossEntropy, SoftmaxCrossEntropy
from .network import Sequential

LARGE_INPUTS = 10  # root mean square; the initial weights are made for about 1
FAR_FROM_CHANCE = 2  # nats that the first loss may lie above ln C
INACTIVE = 1e-6  # a unit below this for every sample has no gradient to speak of
ALIKE = 0.1  # units that began alike and still differ by less than this part of a weight
LARGE_STEP, SMALL_STEP = 0.2, 1e-4  # of a weight matrix, in one step
DEADLY_STEP = 0.5  # what it takes before a step is said to have made units inactive
ENOUGH_STEPS, FEW_STEPS = 200, 20  # before a loss is called still: during the run, at the end
SAMPLES = 500  # that are looked at after an epoch


class TrainingWarning(UserWarning):
    """`train` has measured something that keeps a network from learning."""


@dataclass
class Seen:
    """What has been measured of a run so far; the checks read nothing else.

    `guess` is the loss of the best answer that ignores the inputs (None where it is not known), and
    `gains` says by how much each batch had less: the same labels, so of less noise than the losses.
    `steps` holds, for each weight matrix, the largest ‖Δw‖/‖w‖ of the steps measured so far, and
    `lr` the largest of the epoch; `full_lr` is that of the optimizer, without a schedule.
    """

    model: object
    loss: object
    X: np.ndarray
    y: np.ndarray
    guess: float | None = None
    Z: np.ndarray | None = None
    fresh: bool = True
    losses: list = field(default_factory=list)
    gains: list = field(default_factory=list)
    steps: dict = field(default_factory=dict)
    began_alike: list = field(default_factory=list)
    changed: bool = True
    lr: float = 0.0
    full_lr: float = 0.0
    epoch: int = 0
    last: bool = False

    @property
    def late(self):
        """The mean loss of the last third of all steps."""
        return float(np.mean(self.losses[-self._third :]))

    @property
    def _third(self):
        return max(1, len(self.losses) // 3)

    @property
    def opening(self):
        """The mean loss of the first steps, ten at most."""
        return float(np.mean(self.losses[: self._few]))

    @property
    def _few(self):
        return min(10, self._third)

    def has_had_time(self):
        """Whether one may ask what has become of the loss: during the run later than at the end."""
        return len(self.losses) >= (FEW_STEPS if self.last else ENOUGH_STEPS)

    def has_made_steps(self):
        """Whether lr is above 0, and no schedule holds it back that may yet raise it."""
        return self.lr > 0 and (self.last or self.lr >= self.full_lr / 2)

    def is_near_a_guess(self):
        """Whether the loss is that of a guess, or worse, and was given a chance to fall."""
        near = self.guess is not None and self.has_made_steps() and self.late >= 0.95 * self.guess
        return near and not self.beats_a_guess()

    def beats_a_guess(self):
        """Whether it has learned to, as far as noise lets one see; not by the luck of the draw."""
        _, late = self._ends(self.gains, self._few)
        if self.fresh:
            by_steps = self.largest_step()[1] >= SMALL_STEP
            return bool(by_steps and late.mean() > 2 * late.std() / np.sqrt(late.size))
        return bool(late.mean() > 0)

    def has_fallen(self):
        """Whether the loss of the last third is below that of the first, or of the first steps."""
        early, late = self._ends(self.losses, self._third)
        noise = np.sqrt((early.var() + late.var()) / self._third)
        steady = early.mean() - late.mean() > max(0.002 * early.mean(), 2 * noise)
        return bool(steady or self._gained(0.005) > 3 or self._gained(0.02, few=1) > 3)

    def has_risen(self):
        """Whether the loss of the last third is above that of the first steps."""
        return self._gained() < -3

    def _gained(self, part=0.001, few=None):
        """By how many times its noise the loss has fallen since the first few steps; 0 where it is
        not even by this part of it."""
        early, late = self._ends(self.gains, few or self._few)
        noise = late.std() * np.sqrt(1 / early.size + 1 / late.size) + 1e-300
        gained = late.mean() - early.mean()
        return gained / noise if abs(gained) > part * self.opening else 0.0

    def _ends(self, numbers, few):
        return np.array(numbers[:few]), np.array(numbers[-self._third :])

    def largest_step(self, hidden=False):
        """(label, ratio) of the weight that was moved furthest; `hidden` leaves out the last."""
        steps = list(self.steps.items()) or [("no weight", 0.0)]
        return max(steps[:-1] if hidden and len(steps) > 1 else steps, key=lambda step: step[1])


# At the start, when the first batch has gone through.


def equal_inputs(seen):
    """An array that nobody has filled: nothing tells the samples apart."""
    if len(seen.X) > 1 and not np.ptp(seen.X, axis=0).any():
        return (
            f"the {len(seen.X)} samples looked at all have the same inputs, so there is nothing to "
            "tell the targets by: see how X_train is filled"
        )


def large_inputs(seen):
    """Pixels from 0 to 255, prices, years: far from the scale that the weights are made for."""
    scale = rms(seen.X)
    if scale > LARGE_INPUTS and size_at_the_weights(seen.model, seen.X) > LARGE_INPUTS:
        return (
            f"the inputs reach {np.abs(seen.X).max():.4g} (root mean square {scale:.3g}), and the "
            "initial weights are made for about 1: scale the inputs, (X - mean) / deviation"
        )


def softmax_twice(seen):
    """Rows that are probabilities, given to the loss that applies softmax itself."""
    if isinstance(seen.loss, SoftmaxCrossEntropy) and are_probabilities(seen.Z):
        return (
            "the rows of the model's output are probabilities already (none below 0, sum 1), and "
            f"{type(seen.loss).__name__} applies softmax itself: leave out the last Softmax"
        )


def far_first_loss(seen):
    """A network that predicts uniformly has the loss ln C; a trained one may be wrong."""
    if not isinstance(seen.loss, (CrossEntropy, SoftmaxCrossEntropy)):
        return
    classes, first = seen.Z.shape[-1], seen.losses[0]
    if seen.fresh and first > np.log(classes) + FAR_FROM_CHANCE:
        return (
            f"the first loss is {first:.3g}, where a guess among {classes} classes has "
            f"ln {classes} = {np.log(classes):.3f}: the network is confident before it has learned "
            "anything, so start with smaller weights, those of the last layer above all"
        )


# After an epoch.


def equal_units(seen):
    """Weights that began as zeros, or as one number: all units get the same gradient."""
    for label, weight, axes in seen.began_alike:
        W = weight.value
        if all(spread(W, axis) <= ALIKE * np.abs(W).max() for axis in axes):
            number = f"{W.shape[axes[0]]} " if len(axes) == 1 else ""
            return (
                f"all {number}units of {label.rpartition('.')[0] or 'the layer'} are "
                "the same: they began with equal weights and get equal gradients, so draw the "
                "initial weights at random"
            )


def inactive_units(seen):
    """Units that give 0 for every sample: nothing gets through, and with ReLU no gradient does."""
    for label, layer, output in hidden_outputs(seen.model, seen.X):
        off, (_, step) = (np.abs(output) < INACTIVE).all(axis=0), seen.largest_step(hidden=True)
        thrown = off.mean() >= 0.5 and step > DEADLY_STEP and seen.is_near_a_guess()
        if off.all() or thrown:
            shut = isinstance(layer, ReLU) and not output[:, off].any()
            blocked = ", and get no gradient" if shut else ""
            return (
                f"{off.sum()} of {off.size} units of {label} ({type(layer).__name__}) are inactive "
                f"(0) for each of the {len(output)} samples looked at{blocked}: "
                + (
                    f"one step changed a weight matrix by {step:.2g} times its norm, so try a "
                    "smaller lr"
                    if step > DEADLY_STEP
                    else "look at the initial weights and biases, and try a smaller lr"
                )
            )


def still_weights(seen):
    """An epoch of steps, and the same bits as before it."""
    if not seen.changed and seen.has_made_steps():
        return (
            f"no parameter of the model has changed in an epoch (lr {seen.lr:g}): see that the "
            "optimizer was given model.parameters() of this model, that the gradients are not 0, "
            "and that lr is not too small"
        )


def large_steps(seen):
    """The loss is far above a guess, and the weights are thrown about."""
    label, step = seen.largest_step(hidden=True)
    if seen.guess and seen.late > 1.2 * max(seen.guess, seen.losses[0]) and step > LARGE_STEP:
        return (
            f"one step changed {label} by {step:.3g} times its norm, and the loss has risen from "
            f"{seen.losses[0]:.3g} to {seen.late:.3g}: try a smaller lr (and if it rises with a "
            "small one too, check_gradients)"
        )


def rising_loss(seen):
    """It climbs above a guess, and by steps that should not make it climb."""
    label, step = seen.largest_step()
    worse = seen.is_near_a_guess() and seen.late > 1.05 * seen.guess
    if seen.has_had_time() and worse and seen.has_risen() and 0 < step <= LARGE_STEP:
        return (
            f"the loss rises, from {seen.opening:.4g} to {seen.late:.4g}, though no step that was "
            f"measured changed a weight matrix by more than {step:.1g} of its norm ({label}): a "
            "gradient may have the wrong sign, so check_gradients, and if all are right try a "
            f"smaller lr than {seen.lr:g}"
        )


def small_steps(seen):
    """Nothing is wrong but the pace."""
    label, step = seen.largest_step()
    if _stays_at_a_guess(seen) and 0 < step < SMALL_STEP:
        return (
            f"the steps are too small: none that was measured changed a weight matrix by more than "
            f"{step:.1g} of its norm ({label}), and the loss is still {seen.late:.4g}: try a "
            f"larger lr than {seen.lr:g}"
        )


def still_loss(seen):
    """After all these steps the loss is that of a guess."""
    if seen.has_had_time() and _stays_at_a_guess(seen):
        return (
            f"the loss has not moved in {len(seen.losses)} steps: {seen.opening:.4g} at first, "
            f"{seen.late:.4g} now, {seen.guess:.4g} for a guess that ignores the inputs; see that "
            f"X_train[i] belongs to y_train[i], check_gradients, and {_other_pace(seen)}"
        )


def _stays_at_a_guess(seen):
    return seen.is_near_a_guess() and not seen.has_fallen() and not seen.has_risen()


def _other_pace(seen):
    """What the size of the targets, or else of the steps, lets one try."""
    if isinstance(seen.loss, MSE) and rms(seen.y) > LARGE_INPUTS:
        return f"scale the targets, whose root mean square is {rms(seen.y):.3g}"
    label, step = seen.largest_step(hidden=True)
    size = "smaller" if step > LARGE_STEP else "larger"
    measured = f"the steps that were measured changed {label} by {step:.1g} of its norm at most"
    return f"try a {size} lr than {seen.lr:g} ({measured})"


AT_THE_START = (equal_inputs, large_inputs, softmax_twice, far_first_loss)
AFTER_AN_EPOCH = (
    *(equal_units, inactive_units, still_weights),
    *(large_steps, rising_loss, small_steps, still_loss),
)  # fmt: skip


# What is measured.


def rms(array):
    """The root mean square of all entries."""
    return float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


def relative_change(before, after):
    """‖after − before‖/‖before‖; inf where it is too large for a float."""
    change, size = (np.linalg.norm(part) for part in (after - before, before))
    return float(np.nan_to_num(change / size, nan=np.inf, posinf=np.inf))


def spread(W, axis=0):
    """How far apart the units along this axis of W are at most, in one entry."""
    return float(np.ptp(W, axis=axis).max())


def is_matrix(parameter):
    """Whether it holds weights of units: a reader's bias may have the shape (1, N)."""
    shape = np.shape(parameter.value)
    return len(shape) == 2 and (min(shape) > 1 or isinstance(_layer_of(parameter), Linear))


def began_alike(weight):
    """Whether its rows are equal, if they are known to be the units; else all of its entries."""
    rows = isinstance(_layer_of(weight), Linear)
    return spread(weight.value) == 0 if rows else np.ptp(weight.value) == 0


def axes_of_units(weight, parameters):
    """(0,) for W (N, M), (1,) for W (M, N), as the biases of the layer tell; both if they do not.

    A reader's layer may have either.
    """
    layer, shape = _layer_of(weight), weight.value.shape
    if isinstance(layer, Linear):
        return (0,)
    biases = {np.size(p.value) for p in parameters if _layer_of(p) is layer and not is_matrix(p)}
    axes = tuple(axis for axis in (0, 1) if shape[axis] in biases)
    return axes or (0, 1)


def _layer_of(parameter):
    return getattr(parameter, "layer", None)


def are_fresh(parameters):
    """Whether they look as no step has left them: there are biases, each vector all 0 or all 1."""
    vectors = [p.value for p in parameters if np.size(p.value) == max(np.shape(p.value) or (1,))]
    return bool(vectors) and all(not v.any() or (v == 1).all() for v in vectors)


def are_probabilities(Z):
    """Whether no entry is below 0, and each row sums to 1 up to rounding."""
    Z = np.asarray(Z)
    if Z.ndim != 2 or Z.shape[1] < 2 or (Z < 0).any():
        return False
    return bool((np.abs(Z.sum(axis=1) - 1) < 1e-4).all())


def guess(loss, y, rows, classes):
    """The loss of the best answer that is the same for every sample; None if it is not known."""
    answer = best_answer(loss, y[rows], classes)
    return None if answer is None else loss_of(answer, loss, y[rows])


def best_answer(loss, y, classes):
    """The mean of real targets, or the fractions of the classes; None for a loss of other kind."""
    if isinstance(loss, (MSE, BCEWithLogits)):
        return np.mean(y, axis=0, dtype=np.float64)
    if isinstance(loss, (CrossEntropy, SoftmaxCrossEntropy)):
        return _shares(loss, y, classes)
    return None


def loss_of(answer, loss, y):
    """The loss of one answer given to all of these samples."""
    if isinstance(loss, MSE):
        return float(np.mean(np.square(y - answer), axis=0).sum())
    if isinstance(loss, BCEWithLogits):
        return float(_entropy(y.mean(axis=0), answer) + _entropy(1 - y.mean(axis=0), 1 - answer))
    shares = _shares(loss, y, len(answer))
    return float(_entropy(shares, answer))


def _entropy(shares, answer):
    return -(shares * np.log(np.maximum(answer, 1e-300))).sum()


def _shares(loss, y, classes):
    alpha = getattr(loss, "label_smoothing", 0)
    labels = y.ravel().astype(np.intp)  # in a page NumPy counts in 32 bits
    return (1 - alpha) * np.bincount(labels, minlength=classes) / y.size + alpha / classes


def hidden_outputs(model, X):
    """(label, layer, output) of each layer without parameters that comes after one with some."""
    behind = False
    for label, layer in chain(model):
        X, parameters = layer.forward(X), parameters_of(layer)
        if behind and not parameters and np.ndim(X) == 2:
            yield label, layer, X
        behind = behind or bool(parameters)


def size_at_the_weights(model, X):
    """The rms of what the first weights are given, or make of it; 0 if that is not known.

    A layer may scale by itself, look up what the inputs stand for, or normalize. A copy is run:
    the model still needs what it caches of its own forward pass.
    """
    try:
        for _, layer in copy.deepcopy(chain(model)):
            if type(layer).forward is Linear.forward:
                return rms(X)
            X = layer.forward(X)
            if parameters_of(layer):
                return rms(X)
    except Exception:  # a reader's layer, of which anything may come
        return 0.0
    return 0.0


def chain(layer, label=""):
    """[(label, layer)] through which the samples go in this order; [] if that is not known."""
    inner = getattr(layer, "layers", None)
    if not inner:
        return [(label or "the model", layer)]
    if type(layer).forward is not Sequential.forward:
        return []
    parts = [chain(one, f"{label}.layers[{k}]".lstrip(".")) for k, one in enumerate(inner)]
    return [link for part in parts for link in part] if all(parts) else []


def advice(X, y):
    """The cure for a loss that is no longer finite."""
    if X.dtype.kind == "f" and rms(X) > LARGE_INPUTS:
        return f"scale the inputs, which reach {np.abs(X).max():.4g}, and try a smaller lr"
    if y.dtype.kind == "f" and rms(y) > LARGE_INPUTS:
        return f"scale the targets, which reach {np.abs(y).max():.4g}, or try a smaller lr"
    return "try a smaller lr"


class Watch:
    """Looks on while `train` trains, and changes nothing: no draw, no weight, no gradient."""

    def __init__(self, model, loss, X, y, rows, steps=0):
        some = rows[:: max(1, len(rows) // SAMPLES)]
        self.seen = Seen(model, loss, X[some], y[some])
        self.seen.fresh = steps == 0 and are_fresh(parameters_of(model))
        self.y, self.rows, self.said, self.before = y, rows, False, None
        parameters = parameters_of(model)
        self.weights = [p for p in parameters if is_matrix(p)]
        self.seen.began_alike = [
            (p.label, p, axes_of_units(p, parameters))
            for p in self.weights[:-1]
            if len(p.value) > 1 and began_alike(p)
        ]

    def begin(self, epoch, epochs, lr):
        """Before an epoch."""
        self.seen.full_lr = lr
        self.seen.epoch, self.seen.last, self.seen.lr = epoch, epoch + 1 == epochs, 0.0
        self.step = 0
        self.start = [p.value.copy() for p in parameters_of(self.seen.model)]

    def forward(self, Z, loss, y):
        """After the forward pass of a batch, before its step."""
        self.seen.losses.append(loss)
        if len(self.seen.losses) == 1:
            self._first(Z)
        if self.answer is not None:
            self.seen.gains.append(loss_of(self.answer, self.seen.loss, y) - loss)
        measured = self.step & (self.step + 1) == 0  # the steps 0, 1, 3, 7 … of the epoch
        self.before = [p.value.copy() for p in self.weights] if measured else None
        self.step += 1

    def _first(self, Z):
        self.seen.Z = Z
        self.seen.guess = guess(self.seen.loss, self.y, self.rows, Z.shape[-1])
        self.answer = best_answer(self.seen.loss, self.y[self.rows], Z.shape[-1])
        self.say(AT_THE_START)

    def stepped(self, lr):
        """After the step, which a schedule may have made a small one, or none."""
        steps, self.seen.lr = self.seen.steps, max(self.seen.lr, lr)
        for parameter, before in zip(self.weights, self.before or [], strict=False):
            if np.any(before):
                ratio = relative_change(before, parameter.value)
                steps[parameter.label] = max(ratio, steps.get(parameter.label, 0.0))

    def end(self):
        """After an epoch."""
        now = [p.value for p in parameters_of(self.seen.model)]
        self.seen.changed = any(map(np.any, map(np.not_equal, now, self.start)))
        self.say(AFTER_AN_EPOCH)

    def say(self, checks):
        """The sentence of the first check that has one, as a warning; the only one of the run."""
        sentences = (check(self.seen) for check in ([] if self.said else checks))
        if sentence := next(filter(None, sentences), None):
            self.said = True
            text = f"train: {sentence} (watch=False ends such warnings)"
            warnings.warn(text, TrainingWarning, stacklevel=_outside())


def _outside():
    """The stacklevel of the caller of this library."""
    here, level, frame = str(Path(__file__).parent), 1, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(here):
        level, frame = level + 1, frame.f_back
    return level
