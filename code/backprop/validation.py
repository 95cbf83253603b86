"""What a function expects of its arrays, said once in a line above it.

    @expects("Linear", W="N M", X="S M", b="N")
    def linear_forward(X, W, b): ...

Each name in the line is an argument, each word a dimension. The arrays are looked at in the order
in which they are there, so a dimension that an earlier array has fixed is printed as its number:
"Linear expects X of shape (S, 784), got (128, 783)". Three dots stand for any shape, and among
words for any axes there, the same ones in each array: "... M" is (S, M) as well as (S, T, M). The
word "number" stands for a number that is no array.
"""

import contextlib
import contextvars
import functools
import inspect
import re
import sys

import numpy as np

_complex_allowed = contextvars.ContextVar("complex_allowed", default=False)
_trusted = contextvars.ContextVar("trusted", default=False)


class NotFinite(ValueError):
    """The ValueError for nan and inf; training takes it as the sign that it diverges."""


@contextlib.contextmanager
def complex_allowed():
    """Let complex arrays pass: the complex step of `gradcheck` needs them, nobody else does."""
    token = _complex_allowed.set(True)
    try:
        yield
    finally:
        _complex_allowed.reset(token)


@contextlib.contextmanager
def trusted(when=True):
    """Let arrays pass unseen, for a caller who has looked at them before.

    `train` does: its data were checked, the first batch has tried all shapes, and what is no
    longer finite shows in the loss.
    """
    token = _trusted.set(when)
    try:
        yield
    finally:
        _trusted.reset(token)


def as_array(value, name, who):
    """`np.asarray(value)`, but rows of unequal length are a ValueError that says so."""
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{who} expects {name} to be an array, got rows of unequal length"
        ) from None


def as_floats(value, name, who):
    """`value` as a real, finite, non-empty array; integers become float64, float32 stays.

    Raises ValueError, in the name of `who`, for anything that is no such array.
    """
    array = as_array(value, name, who)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f" and not (array.dtype.kind == "c" and _complex_allowed.get()):
        raise ValueError(f"{who} expects {name} to hold real numbers, got {_kind(value, array)}")
    if array.size == 0:
        raise ValueError(
            f"{who} expects {name} to hold at least one entry, got shape {array.shape}"
        )
    if not _trusted.get() and not _is_finite(array):
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise NotFinite(f"{who} expects {name} to be finite, got {array[bad]} at {list(bad)}")
    return array


def as_integers(value, name, who, high):
    """`value` as a non-empty array of integers from 0 to `high`; raises ValueError otherwise."""
    array = as_array(value, name, who)
    if array.dtype.kind not in "iu" or array.size == 0:
        got = f"{_kind(value, array)} of shape {array.shape}"
        raise ValueError(f"{who} expects {name} to hold integers, got {got}")
    outside = (array < 0) | (array > high)
    if outside.any():
        bad = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"{who} expects {name} from 0 to {high}, got {array[bad]} at {list(bad)}")
    return array


def expect_shape(array, dims, sizes, name, who):
    """Compare `array.shape` with `dims`, note new sizes; raise ValueError if they differ."""
    if _trusted.get():
        return
    dims = _spelled(dims, array.ndim, sizes)
    wanted, new = [sizes.get(dim, dim) for dim in dims], {}
    pairs = zip(wanted, array.shape, strict=False)
    fits = (n == (new.setdefault(w, n) if isinstance(w, str) else w) for w, n in pairs)
    if array.ndim != len(wanted) or not all(fits):  # a letter that comes twice is one size
        shape = "(" + ", ".join(map(str, wanted)) + (",)" if len(wanted) == 1 else ")")
        shape = re.sub(r"…\d+(, …\d+)*", "…", shape)
        raise ValueError(f"{who} expects {name} of shape {shape}, got {array.shape}")
    sizes.update(zip(dims, array.shape, strict=True))


def _spelled(dims, count, sizes):
    """`dims` with a name for each axis that its three dots stand for, if it has any."""
    if "..." not in dims:
        return dims
    place, more = dims.index("..."), max(0, count - len(dims) + 1)
    more = sizes.setdefault("...", more)
    return (*dims[:place], *(f"…{n}" for n in range(more)), *dims[place + 1 :])


def expects(who=None, **specs):
    """Decorate a function: check the arrays named in `specs` before its body runs.

    `who` is the name that errors speak in; by default that of the object whose method it is.
    """
    free = ("...", "number")
    specs = {name: spec if spec in free else tuple(spec.split()) for name, spec in specs.items()}

    def decorate(function):
        places = list(inspect.signature(function).parameters)

        @functools.wraps(function)
        def checked(*args, **kwargs):
            if _trusted.get():
                return function(*args, **kwargs)
            args, sizes = list(args), {}
            speaker = who or type(args[0]).__name__
            for name, spec in specs.items():
                place = places.index(name)
                if place >= len(args) and name not in kwargs:
                    continue  # Python's own message about a missing argument is a good one
                given, key = (args, place) if place < len(args) else (kwargs, name)
                if spec == "number":
                    given[key] = expect_number(given[key], name, speaker)
                    continue
                array = as_floats(given[key], name, speaker)
                if spec != "...":
                    expect_shape(array, spec, sizes, name, speaker)
                given[key] = array
            return function(*args, **kwargs)

        return checked

    return decorate


def expect_number(value, name, who, low=-np.inf, high=np.inf, whole=False):
    """`value` as a Python number with low ≤ value ≤ high; raises ValueError otherwise."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    number = isinstance(value, kinds) and not isinstance(value, (bool, np.bool_))
    # Compared as a Python number: it may be too large for NumPy, and the bounds for float32.
    exact = value.item() if number and isinstance(value, np.generic) else value
    if not (number and abs(exact) <= sys.float_info.max and low <= exact <= high):
        kind = "an integer" if whole else "a number"
        lowest = f" at least {low}" if low > -np.inf else ""
        highest = f" at most {high}" if high < np.inf else ""
        both = " and" if lowest and highest else ""
        raise ValueError(f"{who} expects {name} to be {kind}{lowest}{both}{highest}, got {value!r}")
    return int(exact) if whole else float(exact)


def expect_function(value, name, who):
    """Raise ValueError if `value` cannot be called."""
    if not callable(value):
        raise ValueError(f"{who} expects {name} to be a function, got {value!r}")


def expect_sizes(sizes, name, who):
    """`sizes` as a list of integers of at least 1; raises ValueError otherwise."""
    row = np.ndim(sizes) == 1 if isinstance(sizes, np.ndarray) else isinstance(sizes, (list, tuple))
    if not row:
        raise ValueError(f"{who} expects {name} to be a row of integers, got {sizes!r}")
    return [expect_number(size, f"each size in {name}", who, low=1, whole=True) for size in sizes]


def as_rng(rng, who):
    """A NumPy Generator from a seed, a Generator or None; raises ValueError for anything else."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        what = "a seed or a NumPy Generator"
        raise ValueError(f"{who} expects rng to be {what}, got {rng!r}") from None


def as_dtype(dtype, who):
    """The NumPy dtype; raises ValueError unless it is float32 or float64."""
    known = (np.float32, np.float64, "float32", "float64")
    if not isinstance(dtype, (str, type, np.dtype)) or dtype not in known:
        raise ValueError(f"{who} expects dtype float32 or float64, got {dtype!r}")
    return np.dtype(dtype)


def _is_finite(array):
    # The sum of squares is one pass over memory and finite for nearly every finite array; only if
    # it overflows does every entry have to be looked at.
    flat = array.ravel(order="K")  # as it is in memory: images are there with the samples last
    with np.errstate(over="ignore", invalid="ignore"):
        quick = np.vdot(flat, flat)
    return bool(np.isfinite(quick)) or bool(np.isfinite(array).all())


def _kind(value, array):
    return type(value).__name__ if array.dtype == object else f"{array.dtype}"
