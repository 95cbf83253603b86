"""Reads a short answer: a number, a shape, one of several choices. What can't be read says why."""

from fractions import Fraction

import numpy as np


class Unreadable(ValueError):
    """An answer of another kind than expected; the text says of which."""


def number(answer):
    """A real number: 0.5, 1/2, np.float64(0.5), [0.5], a Fraction, the text "1/2"."""
    if isinstance(answer, str):
        answer = _from_text(answer)
    if isinstance(answer, Fraction):
        answer = float(answer)
    array = _array(answer, "a number, such as 3 or 1/2")
    if array.size != 1:
        raise Unreadable(f"Expected one number, got {array.size}.")
    value = float(array.reshape(-1)[0])
    if not np.isfinite(value):
        raise Unreadable(f"Expected a number, got {value}.")
    return value


def _from_text(text):
    try:
        return Fraction(text.replace(" ", "").replace("−", "-"))
    except (ValueError, ZeroDivisionError):
        raise Unreadable("Expected a number, such as 3 or 1/2, got a text.") from None


def shape(answer):
    """A shape as a tuple of integers: (3, 2), [3, 2], np.array([3, 2]); 3 for (3,)."""
    form = "a shape, such as (4, 3) or (4,)"
    array = np.atleast_1d(_array(answer, form))
    if array.ndim != 1 or array.size == 0 or (array != np.rint(array)).any():
        raise Unreadable(f"Expected {form}: integers, one for each axis.")
    return tuple(int(one) for one in array)


def choice(answer, choices):
    """The place of a choice: its number, counted from 1, or its text."""
    form = f"the number of a choice, 1 to {len(choices)}"
    if isinstance(answer, str):
        said = _plain(answer)
        if said.strip("()").isdecimal():
            return choice(int(said.strip("()")), choices)
        places = [place for place, one in enumerate(choices) if _plain(one) == said]
        if not places:
            raise Unreadable(f"Expected {form}, or its text.")
        return places[0]
    array = _array(answer, form)
    if array.size != 1 or float(array.reshape(-1)[0]) not in range(1, len(choices) + 1):
        raise Unreadable(f"Expected {form}.")
    return int(array.reshape(-1)[0]) - 1


def _plain(text):
    return "".join(text.casefold().replace("−", "-").split()).strip("`.")


def _array(answer, form):
    if not isinstance(answer, (int, float, list, tuple, np.ndarray, np.generic)):
        raise Unreadable(f"Expected {form}, got a {type(answer).__name__}.")
    try:
        array = np.asarray(answer)
    except ValueError:  # rows of several lengths
        raise Unreadable(f"Expected {form}, got a list of lists.") from None
    if array.dtype.kind not in "iuf" or array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Unreadable(f"Expected {form}.")
    return array
