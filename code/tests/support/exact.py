"""The definitions of the formulas, evaluated with fifty digits, and the judge that compares floats.

A float is a number that mpmath can take as it is. So the truth at a float is known, whatever was
lost when that float was made: nothing but the formula's own rounding is judged.
"""

import mpmath as mp
import numpy as np

# What is wanted wherever the true value is a normal number: most formulas reach 1e-15 and 2e-7.
TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 2e-5}


def sigma(x):
    return 1 / (1 + mp.exp(-x))


def elu(alpha):
    number = mp.mpf(alpha)
    return (
        lambda x: x if x > 0 else number * mp.expm1(x),
        lambda x: mp.mpf(1) if x > 0 else number * mp.exp(x),
    )


def leaky(slope):
    number = mp.mpf(slope)
    return (lambda x: x if x > 0 else number * x, lambda x: mp.mpf(1) if x > 0 else number)


def mish(x):
    return x * mp.tanh(mp.log1p(mp.exp(x)))


def mish_derivative(x):
    bend = mp.log1p(mp.exp(x))
    return mp.tanh(bend) + x * mp.sech(bend) ** 2 * sigma(x)


# {name: (h, h')}, written down anew, in forms that lose nothing with fifty digits.
with mp.workdps(50):
    ACTIVATIONS = {
        "ReLU": (lambda x: max(x, mp.mpf(0)), lambda x: mp.mpf(x > 0)),
        "LeakyReLU": leaky("0.01"),
        "LeakyReLU(0.3)": leaky("0.3"),
        "LeakyReLU(-0.5)": leaky("-0.5"),
        "ELU": elu(1),
        "ELU(0.7)": elu("0.7"),
        "ELU(2)": elu(2),
        "Sigmoid": (sigma, lambda x: sigma(x) * sigma(-x)),
        "Tanh": (mp.tanh, lambda x: mp.sech(x) ** 2),
        "Softplus": (lambda x: mp.log1p(mp.exp(x)), sigma),
        "GELU": (lambda x: x * mp.ncdf(x), lambda x: mp.ncdf(x) + x * mp.npdf(x)),
        "SiLU": (lambda x: x * sigma(x), lambda x: sigma(x) + x * sigma(x) * sigma(-x)),
        "Mish": (mish, mish_derivative),
    }
# Where h' of the three that dip goes through 0, to see how it does there.
ZEROS = {"GELU": -0.7517915247, "SiLU": -1.2784645428, "Mish": -1.1924053381}


def array(values, function=lambda x: x):
    """The function at every float of an array, as an array of mpf."""
    return np.frompyfunc(lambda x: function(mp.mpf(float(x))), 1, 1)(values)


def log_softmax(z):
    """Z_ik − log Σ_k exp Z_ik of one sample, an array of mpf."""
    others = [[mp.exp(b - a) for j, b in enumerate(z) if j != i] for i, a in enumerate(z)]
    return np.array([-mp.log1p(mp.fsum(row)) for row in others])


def wrong(got, true, dtype, slack=0):
    """Which entries are further off than allowed: an array of booleans.

    `slack` is what may be added to the relative error where a result is a difference of terms that
    the last digit of the *inputs* decides: near a zero of the function.
    """
    dtype, got = np.dtype(dtype), np.asarray(got)
    assert got.dtype == dtype, f"{got.dtype} came out of {dtype}"
    tiny, tolerance = mp.mpf(float(np.finfo(dtype).tiny)), TOLERANCE[dtype]

    def off(got, true, slack):
        if abs(true) < tiny:  # not a normal number, so only its sign and size are asked for
            return got * true < 0 or abs(got) > 2 * tiny
        return abs(got - true) > tolerance * abs(true) + slack

    finite = np.isfinite(got)
    found = np.frompyfunc(off, 3, 1)(array(np.where(finite, got, 0)), true, slack)
    return np.asarray(found, dtype=bool) | ~finite
