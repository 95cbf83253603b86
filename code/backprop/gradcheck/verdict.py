"""The verdict on one variable: which measurement is to be believed, and where it has to be made."""

import numpy as np

from .measure import (
    COMPLEX,
    MANY_ENTRIES,
    by_central_differences,
    by_entry,
    by_projection,
    random_direction,
)
from .opinion import HEALTHY, Along, noise_of, unit
from .probe import EPS, Probe, central, number
from .report import ELSEWHERE, Finding
from .state import floats, slots

METHODS = ("auto", "complex", "central", "projection")
FEW = 1e-2  # known to two digits at least, or to none


def examine(probe, variable, method, tolerance):
    """One variable's Finding; where forward loses digits it has to hold on other inputs as well."""
    problem = problem_of(variable)
    if problem:
        return Finding(variable.name, variable.value.shape, method, np.inf, problem=problem)
    finding = _measured(probe, variable, method, tolerance)
    if finding.wrong and _single(probe, variable.gradient):
        finding = _measured(probe, variable, method, max(tolerance, 1e-4))
        finding.note = "compared to 4 digits: float32"
    if finding.lost > HEALTHY and finding.right:
        finding = _settled(probe, finding, method, tolerance)
    if finding.open and finding.lost and method == "auto":  # or do complex numbers mislead here?
        differences = _measured(probe, variable, "central", tolerance)
        return differences if differences.right and not differences.lost else finding
    return finding


def problem_of(variable):
    """Why this gradient cannot be compared with anything, in words; "" if it can."""
    value, gradient = variable.value, variable.gradient
    if gradient is None and variable.parameter:
        return "there is no gradient in grads under its name: backward has to put it there"
    if gradient is None:
        return "backward returns None: the return is missing"
    if isinstance(gradient, list):
        return "backward returns a list: return an array, of several gradients a tuple of arrays"
    gradient = np.asarray(gradient)
    if gradient.shape != value.shape:
        return f"backward gives shape {gradient.shape}, the variable has {value.shape}"
    if gradient.dtype.kind not in "fiu" or not np.isfinite(gradient).all():
        return "backward gives entries that are no finite numbers"
    return ""


def _measured(probe, variable, method, tolerance):
    """By the complex step where forward takes complex numbers, else by central differences."""
    gradient = np.asarray(variable.gradient).astype(np.float64)
    project = method == "projection" or (method == "auto" and probe.entries > MANY_ENTRIES)
    measure = by_projection if project else by_entry

    def differences():
        rule = by_central_differences(probe, variable)
        return measure(probe, variable, gradient, rule, tolerance)

    if method == "central":
        return differences()
    try:
        finding = measure(probe, variable, gradient, COMPLEX, tolerance)
    except Exception as error:  # complex numbers may break anything in a forward made for real ones
        if method == "complex":
            raise ValueError(f"forward does not take complex numbers: {error}") from error
        return differences()
    fooled = method == "auto" and _fooled(probe, variable, gradient, finding)
    return differences() if fooled else finding


def _fooled(probe, variable, gradient, finding):
    """Whether central differences along one direction say something else, by far.

    A forward that drops imaginary parts inside (an `abs`, a norm) fools the complex step: it
    may call the right gradient wrong, and a wrong one right.
    """
    if finding.right:
        direction = random_direction(gradient.shape) * ~finding.left_out
        said, scale = (gradient * direction).sum(), np.linalg.norm(gradient * direction)
    elif finding.index is not None:
        direction = unit(gradient.shape, finding.index)
        said, scale = finding.measured, 1e-4 * np.abs(gradient).max()
    else:
        return False
    try:
        if abs(said - _ahead(probe, variable, direction)) <= 1e-4 * max(scale, abs(said)):
            return False
        measured, sides = central(probe, variable, direction)
    except ValueError:  # the step leads out of where forward is defined
        return False
    off = abs(said - measured) - 1e-3 * max(scale, abs(said), abs(measured))
    length = np.linalg.norm(direction)
    if off <= 8 * EPS * probe.size * length / 6e-6 or probe.flips(sides):
        return False
    blur = 8 * EPS * probe.size * length / 1e-7
    nearer = central(probe, variable, direction, h=1e-7)[0]
    if probe.size == 0 or abs(nearer - measured) > 100 * (abs(measured) + blur):
        # Nothing but zeros that have a derivative; or no derivative that two steps share.
        finding.lost = 1.0
        return False
    rule = by_central_differences(probe, variable)  # or is it only that forward is coarse?
    finding.lost = max(finding.lost, rule.lost)
    return off > 8 * max(rule.grain, EPS * probe.size) * length / 6e-6


def _ahead(probe, variable, direction):
    """The derivative from a one-sided difference: good to some five digits, for a single pass."""
    h = 6e-6 / np.linalg.norm(direction)
    return (number(variable.loss_at(variable.value + h * direction)) - probe.rest) / h


def _single(probe, gradient):
    """Whether this gradient was computed in float32."""
    gradient = np.asarray(gradient)
    with np.errstate(over="ignore"):
        exact = np.array_equal(gradient, gradient.astype(np.float32))
        short = np.array_equal(gradient, gradient.astype(np.float16))
    return gradient.dtype.itemsize < 8 or (exact and not short) or _keeps_single(probe)


def _keeps_single(probe):
    """Whether forward gives float32, or the layer keeps something in it."""
    kept = any(slot.value.dtype == np.float32 for slot in floats(slots(probe.layer)))
    return kept or probe.first.out.dtype == np.float32


# Where forward loses digits.


def _settled(probe, finding, method, tolerance):
    """A gradient that is right as far as forward's digits go: does it hold where they are whole?"""
    finding.single = _keeps_single(probe)
    other = None if finding.single else _elsewhere(probe, finding.name, method, tolerance)
    few = max(finding.known, finding.lost) > FEW  # here is next to nothing to compare
    if other and (other.wrong or few):
        other.lost, other.note = finding.lost, ELSEWHERE
        return other
    if finding.known:
        finding.note = f"agrees to {max(0, -np.log10(finding.known)):.0f} digits"
    finding.open = finding.known > FEW
    return finding


def _elsewhere(probe, name, method, tolerance):
    """The Finding for the variable on the first other inputs on which forward keeps its digits."""
    for inputs in _others(probe.inputs):
        try:
            there = Probe(probe.original, inputs, np.random.default_rng(0))
            variable = there.variable(name)
            direction = random_direction(variable.value.shape)
            if noise_of(Along(variable, direction))[0] > HEALTHY:
                continue
            finding = _measured(there, variable, method, tolerance)
        except Exception:  # inputs that we chose may be out of bounds
            continue
        if not finding.lost and not finding.problem:
            return finding
    return None


def _others(inputs):
    """Inputs of other sizes, and some drawn at random; labels stay."""
    data = [x.dtype.kind == "f" for x in inputs]
    largest = max(np.abs(x).max(initial=0) for x, use in zip(inputs, data, strict=True) if use) or 1
    for size in (1.0, 0.2):
        yield [x * (size / largest) if use else x for x, use in zip(inputs, data, strict=True)]
    rng = np.random.default_rng(0)
    for change in (lambda x: x, np.abs):
        yield [
            change(rng.standard_normal(x.shape)) if use else x
            for x, use in zip(inputs, data, strict=True)
        ]
