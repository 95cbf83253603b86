"""An exception in words: the expression that failed, and the shapes that met in it."""

import ast
import linecache
import re
import traceback

import numpy as np

OURS = "/backprop/exercises/"

# What NumPy says, and what it means.
MEANINGS = [
    (
        r"matmul:.*size (\d+) is different from (\d+)",
        "the inner sizes of a product must be equal; here {1} meets {0}",
    ),
    (r"shapes .* not aligned", "the inner sizes of a product must be equal"),
    (
        r"operands could not be broadcast together",
        "element by element needs the same shape, or a size of 1",
    ),
    (r"non-broadcastable output operand", "the result does not fit into the array on the left"),
    (r"could not broadcast input array", "the value does not fit into the place on the left"),
    (r"(read-only|is not writeable)", "the array that it was given may not be written to"),
    (
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        "index {0} in an axis of {2} entries",
    ),
    (r"too many indices", "the array has fewer axes than that"),
    (r"Unable to allocate (.*)", "there is not that much memory: {0}"),
    (r"truth value of an array", "an array is neither true nor false: `if` wants one number"),
    (
        r"only .*integer.* (indices|index)|arrays used as indices",
        "an index has to be a whole number",
    ),
    (r"name '(.*)' is not defined", "nothing is called {0}"),
    (r"(missing|takes) .*positional argument", "it takes other arguments than the exercise gives"),
    (r"maximum recursion depth", "the function calls itself for ever"),
    (
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        "there is no axis {0} in an array of {1} axes",
    ),
]


def is_open(answer):
    """Whether this is no answer yet: None, ... or NotImplemented."""
    return answer is None or answer is Ellipsis or answer is NotImplemented


def in_words(error):
    """(name of the exception's class, what happened): never fails, whatever the exception is."""
    kind = type(error).__name__
    try:
        text = str.__str__(str(error))[:2000].encode("utf-8", "backslashreplace").decode()
    except BaseException:
        text = ""
    try:
        return kind, _sentence(error, kind, text)
    except BaseException:
        return kind, f"It raised {kind}: {text}"


def _sentence(error, kind, text):
    frame, place = _readers_frame(error)
    meaning = _meaning(text) if kind != "MemoryError" or text else "there is not that much memory"
    said = f"{kind}: {meaning or text or 'no reason given'}"
    if frame is None:
        return f"It raised {said}."
    code = _expression(place)
    shapes = _shapes(code, frame.f_locals)
    where = f"In `{code}`" if code else f"In line {place.lineno}"
    met = f" ({shapes})" if shapes else ""
    return f"{where}{met} it raised {said}."


def _meaning(text):
    for pattern, words in MEANINGS:
        found = re.search(pattern, text, re.S)
        if found:
            return words.format(*found.groups())
    return ""


def _readers_frame(error):
    """The innermost frame of the reader's own code, and its place in the text."""
    found = None, None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    places = traceback.extract_tb(error.__traceback__)
    for frame, place in zip(frames, places, strict=True):
        name = frame.f_code.co_filename.replace("\\", "/")
        library = "site-packages" in name or "/lib/python" in name or name.startswith("<frozen")
        if OURS not in name and not library and "/backprop/" not in name:
            found = frame, place
    return found


def _expression(place):
    """The part of the line that failed: "X @ W"."""
    line = linecache.getline(place.filename, place.lineno)
    if place.colno is not None and place.end_lineno == place.lineno:
        part = line.encode()[place.colno : place.end_colno].decode(errors="ignore").strip()
        return part or line.strip()
    return line.strip()


def _shapes(code, names):
    """ "X is 5×4, W is 3×4": the arrays that stand in the expression."""
    try:
        used = [node.id for node in ast.walk(ast.parse(code.strip())) if isinstance(node, ast.Name)]
    except SyntaxError:
        used = re.findall(r"[A-Za-z_]\w*", code)
    arrays = [n for n in dict.fromkeys(used) if isinstance(names.get(n), np.ndarray)]
    return ", ".join(f"{n} is {shape_in_words(names[n].shape)}" for n in arrays)


def shape_in_words(shape):
    """(5, 4) → "5×4"; (5,) → "(5,)"; () → "a number"."""
    return "×".join(map(str, shape)) if len(shape) > 1 else str(shape) if shape else "a number"
