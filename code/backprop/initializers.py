"""Initial weights that keep the scale of the signal. Source: chapter "Initialization".

W has shape (N, M): its rows are the outputs, so fan_in = M and fan_out = N. Each function returns a
new array; `rng` is a seed or a NumPy Generator. Kaiming: He et al. 2015; Xavier: Glorot and Bengio
2010.
"""

import numpy as np

from .validation import as_dtype, as_floats, as_rng, expect_number, expect_shape, expect_sizes


def kaiming_normal(shape, gain=1.0, rng=None, dtype=np.float64):
    """Normal, standard deviation gain/√fan_in: Var(Y_ij) = gain² · mean(X_ik²)."""
    (_, fan_in), gain, rng, dtype = _arguments("kaiming_normal", shape, gain, rng, dtype)
    return (gain / np.sqrt(fan_in) * rng.standard_normal(shape)).astype(dtype)


def kaiming_uniform(shape, gain=1.0, rng=None, dtype=np.float64):
    """Uniform entries in ±gain·√(3/fan_in): the same standard deviation gain/√fan_in."""
    (_, fan_in), gain, rng, dtype = _arguments("kaiming_uniform", shape, gain, rng, dtype)
    bound = gain * np.sqrt(3 / fan_in)
    return rng.uniform(-bound, bound, shape).astype(dtype)


def xavier_normal(shape, gain=1.0, rng=None, dtype=np.float64):
    """Normal entries of standard deviation gain·√(2/(fan_in + fan_out)).

    It lies between what the forward pass (fan_in) and the backward pass (fan_out) ask for.
    """
    (fan_out, fan_in), gain, rng, dtype = _arguments("xavier_normal", shape, gain, rng, dtype)
    return (gain * np.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal(shape)).astype(dtype)


def xavier_uniform(shape, gain=1.0, rng=None, dtype=np.float64):
    """Uniform in ±gain·√(6/(fan_in + fan_out)), as spread out as `xavier_normal`."""
    (fan_out, fan_in), gain, rng, dtype = _arguments("xavier_uniform", shape, gain, rng, dtype)
    bound = gain * np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, shape).astype(dtype)


def gain(activation):
    """The gain 1/√E[h(z)²], z ~ N(0, 1), that keeps the mean square: √2 for ReLU.

    `activation` is a layer (ReLU()), its class (ReLU) or a function of an array.
    The expectation is a sum over a fine grid (step 0.001 on [−10, 10]), exact to
    about 1e-7 for every activation of this book. Raises ValueError where h is 0
    almost everywhere or not finite.
    """
    h = activation() if isinstance(activation, type) else activation
    h = getattr(h, "forward", h)
    if not callable(h):
        raise ValueError(f"gain expects a layer or a function of an array, got {activation!r}")
    z = np.arange(-10, 10, 0.001)[:, None] + 0.0005
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    values = as_floats(h(z), "h(z)", "gain")
    expect_shape(values, z.shape, {}, "h(z)", "gain")
    second_moment = (values**2 * density).sum() * 0.001
    if not 0 < second_moment < np.inf:
        raise ValueError(
            f"gain expects an activation with a positive finite E[h(z)²], got {second_moment}"
        )
    return float(1 / np.sqrt(second_moment))


def _arguments(who, shape, gain, rng, dtype):
    shape = expect_sizes(shape, "shape", who)
    if len(shape) != 2:
        raise ValueError(f"{who} expects a shape (N, M), got {tuple(shape)}")
    return shape, expect_number(gain, "gain", who, low=0), as_rng(rng, who), as_dtype(dtype, who)
