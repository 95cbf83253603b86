"""A layer as a function of one of its variables, and two ways to measure the slope of that.

`gradcheck` asks the questions; here is what it asks.
"""

import copy
import inspect
import warnings
from dataclasses import dataclass

import numpy as np

from .layer import Layer, leaves, parameters_of
from .validation import as_array, complex_allowed

# Rounding costs ε|f|/h, truncation h²|f'''|/6: the sum is least near h = ε^(1/3).
DEFAULT_H = {np.dtype(np.float64): 6e-6, np.dtype(np.float32): 5e-3}
COMPLEX_H = 1e-20  # nothing is subtracted, so h may be as small as we like


@dataclass
class Variable:
    """An input or a parameter: its value, its gradient, and L as a function of it."""

    name: str
    value: np.ndarray
    gradient: object
    loss_at: object


class Probe:
    """A float64 copy of the layer, as a function L = ⟨dY, forward(inputs)⟩ of each variable."""

    def __init__(self, layer, inputs, rng):
        self.layer = copy.deepcopy(layer)
        parameters = parameters_of(self.layer)
        for parameter in parameters:
            parameter.value = np.array(parameter.value, np.float64)
        self.inputs = [_float64(x) for x in inputs]
        self.rngs = [
            (leaf.rng, leaf.rng.bit_generator.state)
            for leaf in leaves(self.layer)
            if hasattr(leaf, "rng")
        ]
        out = np.asarray(self.layer.forward(*self._copies()))
        self.at_rest = self.sides()
        self.dY = rng.standard_normal(out.shape) if out.ndim else None
        self.size = np.abs(out if self.dY is None else self.dY * out).sum()  # of the terms of L
        gradients = self.layer.backward(*([] if self.dY is None else [self.dY.copy()]))
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        names = _argument_names(self.layer.forward, len(self.inputs))
        self.variables = [
            Variable(name, np.asarray(x, np.float64), gradient, self._input_setter(place))
            for place, (name, x, gradient) in enumerate(
                zip(names, self.inputs, gradients, strict=False)  # targets have no gradient
            )
        ]
        # The gradients of parameters are taken now: every further forward may change what the layer
        # remembers.
        self.variables += [
            Variable(p.label, p.value.copy(), np.array(p.grad), self._parameter_setter(p))
            for p in parameters
        ]

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

    def flips(self, sides):
        """Whether in any of these passes a unit was on another side of a kink than at rest."""
        return any(
            not np.array_equal(a, b)
            for moved in sides
            for a, b in zip(moved, self.at_rest, strict=True)
        )

    def _copies(self):
        return [np.array(x) for x in self.inputs]

    def _loss(self, inputs):
        for rng, state in self.rngs:  # the same dropout mask every time
            rng.bit_generator.state = state
        out = self.layer.forward(*inputs)
        return np.sum(self.dY * out) if self.dY is not None else out

    def _input_setter(self, place):
        def loss_at(value):
            inputs = self._copies()
            inputs[place] = value
            return self._loss(inputs)

        return loss_at

    def _parameter_setter(self, parameter):
        def loss_at(value):
            original, parameter.value = parameter.value, value
            try:
                return self._loss(self._copies())
            finally:
                parameter.value = original

        return loss_at


def complex_step(probe, variable, direction):
    """The slope of L along `direction` by the complex step, and the sides of the kinks there."""
    moved = variable.value.astype(np.complex128)
    moved.imag = COMPLEX_H * direction
    with complex_allowed(), warnings.catch_warnings():
        # A dropped imaginary part must be heard.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            out = np.asarray(variable.loss_at(moved))
        except np.exceptions.ComplexWarning as warning:
            raise ValueError(str(warning)) from warning
    if not np.iscomplexobj(out):
        raise ValueError("it returns real numbers")
    return float(out.imag / COMPLEX_H), [probe.sides()]


def rounding(probe, slope, length=1.0):
    """What rounding alone may put into a slope along a direction of that length.

    By central differences ε|L|/h; by the complex step nothing.
    """
    h = DEFAULT_H[np.dtype(np.float64)] / length
    return 8 * np.finfo(np.float64).eps * probe.size / h if slope is central else 0.0


def central(probe, variable, direction):
    """The slope of L along `direction` by central differences, and the sides at both ends."""
    # Along many entries at once the step has the length that it has along one.
    h = DEFAULT_H[np.dtype(np.float64)] / np.linalg.norm(direction)
    up = number(variable.loss_at(variable.value + h * direction))
    sides = [probe.sides()]
    down = number(variable.loss_at(variable.value - h * direction))
    return (up - down) / (2 * h), [*sides, probe.sides()]


def number(value):
    """`value` as a float; raises ValueError unless it is one finite real number."""
    value = np.asarray(value)
    if value.shape != () or value.dtype.kind not in "fiu" or not np.isfinite(value):
        raise ValueError(
            f"numerical_gradient expects f to return one finite number, got {shown(value)}"
        )
    return float(value)


def shown(value):
    """A value in a message: a number itself, an array by its shape."""
    return f"{value}" if value.shape == () else f"an array of shape {value.shape}"


def _float64(x):
    x = as_array(x, "every input", "check_gradients")
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def _argument_names(forward, count):
    names = list(inspect.signature(forward).parameters)[:count]
    return names + [f"input {place}" for place in range(len(names), count)]
