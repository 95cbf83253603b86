"""Is this gradient right? Finite differences, the complex step, random projections.

Source: chapter "Checking a gradient".

Three ways to a derivative that know nothing of `backward`:

    central      (f(x + h) − f(x − h)) / 2h    good to about 1e-10, for any f
    complex      Im f(x + ih) / h, h = 1e-20   good to the last digit, if f takes complex numbers
    projection   one complex step along a random direction v, against ⟨v, gradient⟩: the price of
                 one forward pass, however many parameters there are; a fault is then narrowed
                 down by halves to its entry
"""

from typing import NamedTuple

import numpy as np

from .gradprobe import (
    COMPLEX_H,
    DEFAULT_H,
    Probe,
    central,
    complex_step,
    number,
    rounding,
    shown,
)
from .gradreport import Finding, GradientReport
from .layer import is_layer
from .validation import as_floats, as_rng, complex_allowed, expect_function, expect_number

MANY_ENTRIES = 5_000  # from here on "auto" projects instead of taking entry by entry
METHODS = ("auto", "complex", "central", "projection")


class Rule(NamedTuple):
    """How to measure a slope, and what rounding may do to it: to that of an entry, beside the
    largest one; to that along a direction, beside the norm of all its terms."""

    slope: object
    noise: float
    noise_along: float


# Independent roundings in a sum of n terms of random sign come to ε√n beside their norm at most
# (Higham and Mary 2019): 1e-13 is enough for n = 200,000. Were it too little, that would cost a
# search for nothing: the entry that is found is judged by itself.
COMPLEX, CENTRAL = Rule(complex_step, 1e-12, 1e-13), Rule(central, 1e-9, 1e-9)


def numerical_gradient(f, x, h=None):
    """∂f/∂x by central differences: an array like x (integers become float64).

    f takes an array like x and returns a number; h is the step in the units of x,
    by default 6e-6 in float64 and 5e-3 in float32, times |x_i| where that is above
    1. x is not changed. Raises ValueError if f returns anything but one finite real
    number.
    """
    expect_function(f, "f", "numerical_gradient")
    x = as_floats(x, "x", "numerical_gradient").copy()
    if h is None:
        steps = DEFAULT_H.get(x.dtype, 5e-3) * np.maximum(1, np.abs(x))
    else:
        steps = np.full(x.shape, expect_number(h, "h", "numerical_gradient", low=1e-300))
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[index] += steps[index]
        minus[index] -= steps[index]
        width = plus[index] - minus[index]  # what the floats really differ by
        if width == 0:
            raise ValueError(
                f"numerical_gradient expects an h that changes {x[index]:g}, got {steps[index]:g}"
            )
        gradient[index] = (number(f(plus)) - number(f(minus))) / width
    return gradient


def complex_step_gradient(f, x):
    """∂f/∂x by the complex step, an array like x in float64.

    f must do its arithmetic in complex numbers. Raises ValueError if it returns anything but one
    finite complex number: a real one means that f has dropped the imaginary part.
    """
    expect_function(f, "f", "complex_step_gradient")
    x = as_floats(x, "x", "complex_step_gradient").astype(np.complex128)
    gradient = np.empty(x.shape)
    with complex_allowed():
        for index in np.ndindex(x.shape):
            moved = x.copy()
            moved[index] += 1j * COMPLEX_H
            value = np.asarray(f(moved))
            if value.shape != () or not np.iscomplexobj(value) or not np.isfinite(value):
                raise ValueError(
                    "complex_step_gradient expects f to return one finite complex number, "
                    f"got {shown(value)}"
                )
            gradient[index] = value.imag / COMPLEX_H
    return gradient


def check_gradients(layer_or_loss, *inputs, method="auto", tolerance=1e-7, rng=0):
    """Compare `backward` with what is measured on `forward`, for every input and every parameter.

    `layer_or_loss` has forward(*inputs) and backward(dY), or backward() if forward returns a
    number; if backward returns several gradients they belong to the first inputs in turn. For a
    layer a random upstream dY is drawn from `rng` (a seed or Generator). All is done in float64 on
    a copy: the layer and the inputs stay as they are.

    The error of an entry is |backward − measured| relative to the larger of the two, or to a small
    part of the variable's largest entry where both are smaller than that. Entries for which a unit
    sits on, or a step carries a unit across, one of its layer's `kinks` are left out and counted.
    `method` is "complex", "central", "projection", or "auto": the complex step where forward can
    take it, else central differences; projections where all variables together have more than
    5,000 entries.

    A projection costs one forward pass for each variable, and if it disagrees log₂(entries) more
    to name the entry. An entry wrong by a part in a million stands out if it is not below some
    3e-5 of the largest one of its variable.

    Raises ValueError for an unknown method and whatever forward and backward raise for bad input.
    """
    who = type(layer_or_loss).__name__
    if not is_layer(layer_or_loss):
        raise ValueError(
            f"check_gradients expects a layer with forward and backward, got {layer_or_loss!r}"
        )
    if not isinstance(method, str) or method not in METHODS:
        names = ", ".join(METHODS)
        raise ValueError(f"check_gradients expects method to be one of {names}, got {method!r}")
    if not inputs:
        raise ValueError("check_gradients expects the inputs of forward after the layer, got none")
    # A stream of its own: X drawn with the same seed must not come again as dY.
    (rng,) = as_rng(rng, "check_gradients").spawn(1)
    probe = Probe(layer_or_loss, inputs, rng)
    report = GradientReport(who, expect_number(tolerance, "tolerance", "check_gradients", low=0))
    for variable in probe.variables:
        report.findings.append(_examine(probe, variable, method, report.tolerance))
    return report


def _examine(probe, variable, method, tolerance):
    """One variable's Finding."""
    finding = Finding(variable.name, variable.value.shape, method, np.inf)
    gradient = np.asarray(variable.gradient)
    if gradient.shape != variable.value.shape:
        finding.problem = (
            f"backward gives shape {gradient.shape}, the variable has {variable.value.shape}"
        )
        return finding
    if gradient.dtype.kind not in "fiu" or not np.isfinite(gradient).all():
        finding.problem = "backward gives entries that are no finite numbers"
        return finding
    gradient = gradient.astype(np.float64)
    project = method == "projection" or (method == "auto" and probe.entries > MANY_ENTRIES)
    measure = _by_projection if project else _by_entry
    if method == "central":
        return measure(probe, variable, gradient, CENTRAL)
    try:
        finding = measure(probe, variable, gradient, COMPLEX)
    except (TypeError, ValueError) as error:
        if method == "complex":
            raise ValueError(f"forward does not take complex numbers: {error}") from error
        return measure(probe, variable, gradient, CENTRAL)
    if method == "auto" and _fooled(probe, variable, gradient, finding, finding.error < tolerance):
        return measure(probe, variable, gradient, CENTRAL)
    return finding


def _fooled(probe, variable, gradient, finding, passed):
    """Whether central differences along one direction say something else, by far.

    A forward that drops imaginary parts on the way (an `abs`, a norm) fools the complex step: it
    may call the right gradient wrong, and a wrong one right.
    """
    if passed:
        direction = _random_direction(gradient.shape)
        said, scale = (gradient * direction).sum(), np.linalg.norm(gradient * direction)
    elif finding.index is not None:
        direction = _unit(gradient.shape, finding.index)
        said, scale = finding.measured, 1e-4 * np.abs(gradient).max()
    else:
        return False
    try:
        measured, sides = central(probe, variable, direction)
    except ValueError:  # the step leads out of where forward is defined
        return False
    slack = rounding(probe, central, np.linalg.norm(direction))
    agrees = abs(said - measured) <= 1e-3 * max(scale, abs(said), abs(measured)) + slack
    return not agrees and not probe.flips(sides)


def _unit(shape, index):
    direction = np.zeros(shape)
    direction[index] = 1
    return direction


def _random_direction(shape):
    """Entries of ±1 to ±2, so that every entry counts about the same."""
    numbers = np.random.default_rng(int(np.prod(shape))).uniform(-1, 1, shape)
    return numbers + np.copysign(1, numbers)


def _by_entry(probe, variable, gradient, rule):
    """Measure every entry of the variable by itself."""
    measured, smooth = np.empty_like(gradient), np.ones(gradient.shape, bool)
    for index in np.ndindex(gradient.shape):
        measured[index], sides = rule.slope(probe, variable, _unit(gradient.shape, index))
        smooth[index] = not probe.flips(sides)
    finding = Finding(
        variable.name,
        gradient.shape,
        rule.slope.__name__.replace("_", " "),
        np.inf,
        excluded=int((~smooth).sum()),
    )
    if not smooth.any():
        finding.problem = "every entry meets a kink: nothing could be measured; choose other inputs"
        return finding
    # An entry below noise/1e-8 of the largest one: its own relative error would be all rounding.
    error = _relative_error(gradient, measured, rule.noise / 1e-8, rounding(probe, rule.slope))
    error[~smooth] = -1
    finding.index = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    finding.error = float(error[finding.index])
    finding.backward, finding.measured = map(
        float, (gradient[finding.index], measured[finding.index])
    )
    return finding


def _by_projection(probe, variable, gradient, rule):
    """Measure along one random direction; if that disagrees, narrow it down to an entry."""
    direction = _random_direction(gradient.shape)
    claimed = float(np.vdot(gradient, direction))
    measured, sides = rule.slope(probe, variable, direction)
    scale = np.linalg.norm(gradient * direction) + abs(measured)
    slack = rounding(probe, rule.slope, np.linalg.norm(direction))
    difference = max(abs(claimed - measured) - slack, 0)
    error = float(difference / scale) if scale else 0.0
    finding = Finding(variable.name, gradient.shape, "projection", error, None, claimed, measured)
    if probe.flips(sides):
        if gradient.size <= MANY_ENTRIES:  # one by one those at the kink can be left out
            return _by_entry(probe, variable, gradient, rule)
        finding.error, finding.problem = np.inf, "a unit meets a kink: choose other inputs"
    elif error > rule.noise_along:
        _find_entry(finding, probe, variable, gradient, rule, direction)
    return finding


def _find_entry(finding, probe, variable, gradient, rule, direction):
    """Look for the entry that made the projection disagree, and judge it by itself."""

    def gap(part):
        return float(np.vdot(gradient, part)) - rule.slope(probe, variable, part)[0]

    finding.index = _narrow(direction, gap, finding.backward - finding.measured)
    finding.backward = float(gradient[finding.index])
    finding.measured, _ = rule.slope(probe, variable, _unit(gradient.shape, finding.index))
    floor = rule.noise / 1e-8 * np.abs(gradient).max()
    size = max(abs(finding.backward), abs(finding.measured), floor)
    finding.error = max(finding.error, abs(finding.backward - finding.measured) / size)


def _narrow(direction, gap, whole):
    """Where an entry is wrong, by halves: of two, follow the one with the larger gap.

    gap(part) is what `backward` claims along a part of the direction less what is measured there,
    `whole` is that of all. Gaps add up: the second half has what the first leaves.
    """
    start, stop = 0, direction.size
    while stop - start > 1:
        middle, part = (start + stop) // 2, np.zeros_like(direction)
        part.flat[start:middle] = direction.flat[start:middle]
        first = gap(part)
        second = whole - first
        if abs(first) > abs(second):
            stop, whole = middle, first
        else:
            start, whole = middle, second
    return tuple(int(i) for i in np.unravel_index(start, direction.shape))


def _relative_error(gradient, measured, floor, slack):
    scale = max(np.abs(gradient).max(), np.abs(measured).max())
    size = np.maximum(np.maximum(np.abs(gradient), np.abs(measured)), floor * scale)
    difference = np.maximum(np.abs(gradient - measured) - slack, 0)  # more than rounding explains
    return np.divide(difference, size, out=np.zeros_like(gradient), where=size > 0)
