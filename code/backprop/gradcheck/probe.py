"""A layer as a function of one of its variables, and two ways to measure the derivative of that.

`gradcheck` asks the questions; here is what it asks.
"""

import copy
import inspect
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..layer import Layer, leaves
from ..validation import as_array, complex_allowed
from .state import held, memories, rewinders, slots

# Rounding costs ε|f|/h, truncation h²|f'''|/6: the sum is least near h = ε^(1/3).
DEFAULT_H = {np.dtype(np.float64): 6e-6, np.dtype(np.float32): 5e-3}
COMPLEX_H = 1e-20  # nothing is subtracted, so h may be as small as we like
EPS = np.finfo(np.float64).eps


@dataclass
class Variable:
    """An input or a parameter: its value, its gradient, and L = ⟨dY, output⟩ as a function of it.

    `terms_at` gives the terms of that sum, of the shape of the output.
    """

    name: str
    value: np.ndarray
    gradient: object
    terms_at: object
    parameter: bool = False

    def loss_at(self, value):
        """L, where the variable has this value and all others their own."""
        return np.sum(self.terms_at(value))


@dataclass
class Pass:
    """One forward and one backward: what they gave, and in words what they may not change."""

    out: np.ndarray
    returned: object
    grads: list
    changed: list


class Subject:
    """A float64 copy of a layer that is run again and again, each time from the same parameters."""

    def __init__(self, layer):
        self.layer = copy.deepcopy(layer)
        found = list(slots(self.layer))
        shared = memories(list(slots(layer)), found)
        self.parameters, self.rewinders = held(self.layer, found, shared), rewinders(found)

    def forward(self, *inputs):
        """The output; random numbers are drawn from the first state again."""
        for rewind in self.rewinders:
            rewind()
        return self.layer.forward(*inputs)

    def run(self, inputs, upstream):
        """A Pass on copies of the inputs; `upstream` gives dY for the shape of the output."""
        for parameter in self.parameters:
            parameter.value = parameter.start.copy()
        given = [np.array(x) for x in inputs]
        names = [f"its input {name}" for name in argument_names(self.layer.forward, len(given))]
        watch = Watch(self.parameters, dict(zip(names, given, strict=True)))
        out = np.array(self.forward(*given))
        if out.dtype.kind not in "fiub":
            raise ValueError(f"check_gradients expects forward to return numbers, got {out}")
        changed = watch.look("forward")
        dY = upstream(out.shape)
        sent = _start(self.layer.backward) if dY is None else [dY.copy()]
        watch = Watch(self.parameters, {**dict(zip(names, given, strict=True)), "dY": sent[:1]})
        returned = _copied(self.layer.backward(*sent))
        grads = [parameter.gradient for parameter in self.parameters]
        return Pass(out, returned, grads, changed + watch.look("backward"))


class Watch:
    """Arrays as they are now, to say afterwards which of them somebody has changed."""

    def __init__(self, parameters, arrays):
        self.parameters, self.arrays = parameters, arrays
        self.before = self._copies()

    def look(self, who):
        """What `who` has changed since, in sentences."""
        names = [
            f"changes the parameter {p.label}: leave that to the optimizer" for p in self.parameters
        ]
        names += [f"writes into {name}: work on a copy" for name in self.arrays]
        both = zip(names, self.before, self._copies(), strict=True)
        return [f"{who} {name}" for name, before, now in both if not _same(before, now)]

    def _copies(self):
        return [np.array(a) for a in [*(p.value for p in self.parameters), *self.arrays.values()]]


class Probe:
    """A layer on some inputs, as a function of each of its variables."""

    def __init__(self, layer, inputs, rng):
        self.original, self.rng, self.dY = layer, rng, None
        self.inputs, self.cuts = [_float64(x) for x in inputs], False
        self._begin()
        if len(held(self.subject.layer, [])) > len(self.subject.parameters):
            # Its first forward has made parameters: it is looked at with them.
            self.original = self.subject.layer
            self._begin()
        if self._steps_between_integers():
            whole = self.first
            self._begin()
            self.cuts = not near(whole.out, self.first.out)
        self.layer = self.subject.layer
        self.at_rest = self.sides()
        terms = self._terms(self.first.out)
        self.rest, self.size = float(np.sum(terms)), np.abs(terms).sum()
        self.variables = list(self._variables())

    def _begin(self):
        """A fresh copy of the layer, and its first pass."""
        self.subject = Subject(self.original)
        self.first = self.repeat()

    def repeat(self):
        """Another pass of the same layer on the same inputs."""
        return self.subject.run(self.inputs, self.upstream)

    @cached_property
    def second(self):
        """The first of these."""
        return self.repeat()

    def again(self, times):
        """As many outputs more on the same inputs."""
        outputs = []
        for _ in range(times):
            self._set()
            outputs.append(np.array(self.subject.forward(*self._copies())))
        return outputs

    @property
    def is_own(self):
        """Whether part of it is not the library's."""
        return any(not type(one).__module__.startswith("backprop.") for one in leaves(self.layer))

    def upstream(self, shape):
        """dY for an output of that shape, drawn once; None for a loss."""
        if shape and (self.dY is None or self.dY.shape != shape):
            self.dY = self.rng.standard_normal(shape)
        return self.dY if shape else None

    def gradients(self):
        """{place: gradient} of the inputs that backward gives one for: a label has none."""
        returned = self.first.returned
        several = returned if isinstance(returned, tuple) else (returned,)
        pairs = enumerate(zip(self.inputs, several, strict=False))
        return {n: g for n, (x, g) in pairs if g is not None or x.dtype.kind == "f"}

    def _steps_between_integers(self):
        """Make floats of integers that have a gradient; whether there were any."""
        whole = [n for n in self.gradients() if self.inputs[n].dtype.kind in "iub"]
        for place in whole:
            self.inputs[place] = self.inputs[place].astype(np.float64)
        return bool(whole)

    def _variables(self):
        names = argument_names(self.layer.forward, len(self.inputs))
        for place, gradient in self.gradients().items():
            value = np.asarray(self.inputs[place], np.float64)
            yield Variable(names[place], value, gradient, self._input_setter(place))
        for p, gradient in zip(self.subject.parameters, self.first.grads, strict=True):
            yield Variable(p.label, p.start.copy(), gradient, self._parameter_setter(p), True)

    def variable(self, name):
        """The variable of that name."""
        return next(v for v in self.variables if v.name == name)

    @property
    def entries(self):
        """How many entries all variables have together."""
        return sum(variable.value.size for variable in self.variables)

    def sides(self):
        """On which side of each kink every unit of the last pass was; 0: on the kink itself."""
        return [
            np.sign(X.real - kink) + (X.real == kink) * np.sign(X.imag)
            for layer in leaves(self.layer)
            if isinstance(layer, Layer)
            for kink in layer.kinks
            for X in layer._recall()
        ]

    @property
    def is_leaf(self):
        """Whether the layer is not made of others: only then a kink of it is one of each entry."""
        return leaves(self.layer) == [self.layer]

    def flips(self, sides):
        """Whether in any of these passes a unit was on another side of a kink than at rest."""
        return any(
            not np.array_equal(a, b)
            for moved in sides
            for a, b in zip(moved, self.at_rest, strict=True)
        )

    def _copies(self):
        return [np.array(x) for x in self.inputs]

    def _terms(self, out):
        return out if self.dY is None else self.dY * out

    def _input_setter(self, place):
        def terms_at(value):
            self._set()
            inputs = self._copies()
            inputs[place] = value
            return self._terms(self.subject.forward(*inputs))

        return terms_at

    def _parameter_setter(self, moved):
        def terms_at(value):
            self._set(moved, value)
            return self._terms(self.subject.forward(*self._copies()))

        return terms_at

    def _set(self, moved=None, value=None):
        """All parameters to where they started, this one to another value."""
        for p in self.subject.parameters:
            p.value = p.start.copy() if self.first.changed else p.start
        if moved:  # last: another name of the same array would put it back
            moved.value = value


def complex_step(probe, variable, direction, side=1):
    """The derivative of L along `direction` by the complex step, and the sides of the kinks there.

    Where two numbers tie, NumPy compares their imaginary parts: with `side` 1 a unit on a kink is
    taken to the right of it, with −1 to the left.
    """
    moved = variable.value.astype(np.complex128)
    moved.imag = side * COMPLEX_H * direction
    with complex_allowed(), warnings.catch_warnings():
        # A dropped imaginary part must be heard.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            out = np.asarray(variable.loss_at(moved))
        except np.exceptions.ComplexWarning as warning:
            raise ValueError(str(warning)) from warning
    if not np.iscomplexobj(out):
        raise ValueError("it returns real numbers")
    return side * float(out.imag / COMPLEX_H), [probe.sides()]


def central(probe, variable, direction, h=None):
    """The derivative of L along `direction` by central differences, and the sides at both ends."""
    # Along many entries at once the step has the length that it has along one.
    h = (h or DEFAULT_H[np.dtype(np.float64)]) / np.linalg.norm(direction)
    ahead, behind = variable.value + h * direction, variable.value - h * direction
    up = number(variable.loss_at(ahead))
    sides = [probe.sides()]
    down = number(variable.loss_at(behind))
    # Both ends were rounded: this is how far apart they are, in steps of the direction.
    width = np.vdot(ahead - behind, direction) / np.vdot(direction, direction)
    if width == 0:  # relative to so large an entry the step is lost
        return np.nan, [*sides, probe.sides()]
    return (up - down) / width, [*sides, probe.sides()]


def complex_bend(probe, variable, direction):
    """By how much L's derivatives from both sides differ: the value is exactly on a kink."""
    ahead, behind = (complex_step(probe, variable, direction, side)[0] for side in (1, -1))
    return abs(ahead - behind)


def central_bend(probe, variable, direction, h):
    """The same by differences: a kink nearer than h."""
    h = h / np.linalg.norm(direction)
    places = (variable.value + n * h * direction for n in (-1, 0, 1))
    behind, here, ahead = map(variable.loss_at, places)
    return abs(ahead - 2 * here + behind) / h


def number(value):
    """`value` as a float; raises ValueError unless it is one finite real number."""
    value = np.asarray(value)
    if value.shape != () or value.dtype.kind not in "fiu" or not np.isfinite(value):
        raise ValueError(
            f"numerical_gradient expects f to return one finite number, got {shown(value)}"
        )
    return float(value)


def near(a, b):
    """Whether two answers, arrays or tuples of them, differ by rounding at most."""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(near, a, b))
    if a is None or b is None or np.shape(a) != np.shape(b):
        return a is b
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind not in "fciub":
        return True
    size = np.abs(b[np.isfinite(b)]).max(initial=0)
    return np.allclose(a, b, rtol=1e-6, atol=1e-6 * size, equal_nan=True)


def shown(value):
    """A value in a message: a number itself, an array by its shape."""
    return f"{value}" if value.shape == () else f"an array of shape {value.shape}"


def argument_names(forward, count):
    """What `forward` calls its first arguments."""
    names = list(inspect.signature(forward).parameters)[:count]
    return names + [f"input {place}" for place in range(len(names), count)]


def _same(before, now):
    return np.array_equal(before, now, equal_nan=before.dtype.kind in "fc")


def _float64(x):
    x = as_array(x, "every input", "check_gradients")
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def _start(backward):
    """What the backward of a loss gets: nothing, or ∂L/∂L = 1 if it insists on an argument."""
    asked = inspect.signature(backward).parameters.values()
    return [1.0] if any(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in asked) else []


def _copied(returned):
    """A copy: the next pass may write into what this one gave."""
    if isinstance(returned, (tuple, list)):
        return type(returned)(map(_copied, returned))
    return np.array(returned) if isinstance(returned, np.ndarray) else returned
