"""Is this gradient right? Finite differences, the complex step, random projections.

Source: chapter "Checking a gradient".

Three ways to a derivative that do not use `backward`:

    central      (f(x + h) − f(x − h)) / 2h    good to about 1e-10, for any f
    complex      Im f(x + ih) / h, h = 1e-20   as good as f itself, if f takes complex numbers
    projection   one complex step along a random direction v, against ⟨v, gradient⟩: the price of
                 one forward pass, however many parameters there are; a fault is then narrowed
                 down by halves to its entry
"""

import numpy as np

from ..layer import is_layer
from ..validation import as_floats, as_rng, complex_allowed, expect_function, expect_number
from .doubting import doubts, unmeasurable
from .probe import COMPLEX_H, DEFAULT_H, Probe, number, shown
from .report import UNMEASURED, Finding, GradientReport
from .unseen import hidden, in_words, stepped
from .verdict import METHODS, examine


def numerical_gradient(f, x, h=None):
    """∂f/∂x by central differences: an array like x (integers become float64).

    f takes an array like x and returns a scalar; h is the step in the units of x,
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
    part of the variable's largest entry where both are smaller than that. Entries on a kink are
    left out and counted if backward lies between the derivatives to both sides.

    The layer is doubted as well: it is run twice, and after another input. `.doubts` holds
    sentences on what it changes, adds up, draws or caches, and on parameters in no `params`;
    with a doubt it has not passed. Where forward loses digits, `.headline` says about how many, and
    a gradient that agrees as far as they reach has to agree on other inputs too.
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
    report = GradientReport(who, expect_number(tolerance, "tolerance", "check_gradients", low=0))
    probe = Probe(layer_or_loss, inputs, rng)
    report.doubts = unmeasurable(probe)
    if report.doubts:
        report.doubts = stepped(probe) + report.doubts
        report.findings = [_unmeasured(variable, method) for variable in probe.variables]
        return report
    hidden_arrays = hidden(probe)
    report.doubts = doubts(probe) + in_words(hidden_arrays, probe)
    report.unseen = [one.label for one in hidden_arrays]
    report.findings = [examine(probe, v, method, report.tolerance) for v in probe.variables]
    return report


def _unmeasured(variable, method):
    return Finding(variable.name, variable.value.shape, method, np.inf, problem=UNMEASURED)
