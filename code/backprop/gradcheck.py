"""Is this gradient right? Finite differences, the complex step, random projections.

Source: chapter "Checking a gradient".

Three ways to a derivative that know nothing of `backward`:

    central      (f(x + h) − f(x − h)) / 2h    good to about 1e-10, for any f
    complex      Im f(x + ih) / h, h = 1e-20   good to the last digit, if f takes complex numbers
    projection   one complex step along a random direction v, against ⟨v, gradient⟩: the price of
                 one forward pass, however many parameters there are; a fault is then narrowed
                 down by halves to its entry
"""

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
    take it, else central differences; projections for variables of more than 5,000 entries.

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
    project = method == "projection" or (method == "auto" and gradient.size > MANY_ENTRIES)
    measure = _by_projection if project else _by_entry
    if method == "central":
        return measure(probe, variable, gradient, *CENTRAL)
    try:
        finding = measure(probe, variable, gradient, *COMPLEX)
    except (TypeError, ValueError) as error:
        if method == "complex":
            raise ValueError(f"forward does not take complex numbers: {error}") from error
        return measure(probe, variable, gradient, *CENTRAL)
    if method == "auto" and _fooled(probe, variable, gradient, finding, finding.error < tolerance):
        return measure(probe, variable, gradient, *CENTRAL)
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
    rng = np.random.default_rng(int(np.prod(shape)))
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(1, 2, shape)


def _by_entry(probe, variable, gradient, slope, noise):
    """Measure every entry of the variable by itself."""
    measured, smooth = np.empty_like(gradient), np.ones(gradient.shape, bool)
    for index in np.ndindex(gradient.shape):
        measured[index], sides = slope(probe, variable, _unit(gradient.shape, index))
        smooth[index] = not probe.flips(sides)
    finding = Finding(
        variable.name,
        gradient.shape,
        slope.__name__.replace("_", " "),
        np.inf,
        excluded=int((~smooth).sum()),
    )
    if not smooth.any():
        finding.problem = "every entry meets a kink: nothing could be measured; choose other inputs"
        return finding
    # An entry below noise/1e-8 of the largest one: its own relative error would be all rounding.
    error = _relative_error(gradient, measured, noise / 1e-8, rounding(probe, slope))
    error[~smooth] = -1
    finding.index = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    finding.error = float(error[finding.index])
    finding.backward, finding.measured = map(
        float, (gradient[finding.index], measured[finding.index])
    )
    return finding


def _by_projection(probe, variable, gradient, derivative, noise):
    """Measure along one random direction; if that disagrees, narrow it down to an entry."""
    direction = _random_direction(gradient.shape)

    def slopes(entries):
        part = np.zeros_like(gradient)
        part.flat[entries] = direction.flat[entries]
        measured, sides = derivative(probe, variable, part)
        return float((gradient * part).sum()), measured, sides

    def gap(entries):
        claimed, measured, _ = slopes(entries)
        return abs(claimed - measured)

    entries = np.arange(gradient.size)
    claimed, measured, sides = slopes(entries)
    scale = np.linalg.norm(gradient * direction) + abs(measured)
    slack = rounding(probe, derivative, np.linalg.norm(direction))
    difference = max(abs(claimed - measured) - slack, 0)
    error = float(difference / scale) if scale else 0.0
    finding = Finding(variable.name, gradient.shape, "projection", error, None, claimed, measured)
    if probe.flips(sides):
        finding.error, finding.problem = np.inf, "a unit meets a kink: choose other inputs"
    elif error > noise:  # look for the entry, and judge it by itself
        while len(entries) > 1:
            entries = max(np.array_split(entries, 2), key=gap)
        finding.index = tuple(int(i) for i in np.unravel_index(entries[0], gradient.shape))
        finding.backward = float(gradient[finding.index])
        finding.measured, _ = derivative(probe, variable, _unit(gradient.shape, finding.index))
        floor = noise / 1e-8 * np.abs(gradient).max()
        size = max(abs(finding.backward), abs(finding.measured), floor)
        finding.error = max(error, abs(finding.backward - finding.measured) / size)
    return finding


# How to measure a slope, and how large its error may be beside the largest entry.
COMPLEX, CENTRAL = (complex_step, 1e-12), (central, 1e-9)


def _relative_error(gradient, measured, floor, slack):
    scale = max(np.abs(gradient).max(), np.abs(measured).max())
    size = np.maximum(np.maximum(np.abs(gradient), np.abs(measured)), floor * scale)
    difference = np.maximum(np.abs(gradient - measured) - slack, 0)  # more than rounding explains
    return np.divide(difference, size, out=np.zeros_like(gradient), where=size > 0)
