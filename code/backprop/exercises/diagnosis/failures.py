"""An exception in words: the expression that failed, and the shapes that met in it."""

import ast
import dis
import linecache
import re
import traceback

import numpy as np

LIBRARIES = ("/backprop/", "site-packages", "/lib/python")
DERIVATIONS = "backprop.derivation"

# What Python or NumPy says, and what it means.
MEANINGS = [
    (
        r"matmul:.*size (\d+) is different from (\d+)",
        "the inner sizes of a product must be equal; here {1} meets {0}",
    ),
    (
        r"shapes .* not aligned: (\d+) \(dim \d+\) != (\d+)",
        "the inner sizes of a product must be equal; here {0} meets {1}",
    ),
    (r"shapes .* not aligned", "the inner sizes of a product must be equal"),
    (
        r"matmul: Input operand \d does not have enough dimensions",
        "@ is the product of matrices and vectors; a scalar is multiplied with *",
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
    (r"truth value of an array", "an array is neither true nor false: `if` needs a scalar"),
    (
        r"only .*integer.* (indices|index)|arrays used as indices",
        "an index has to be an integer",
    ),
    (
        r"only .* arrays can be converted to Python scalars|must be real number, not .*ndarray",
        "this takes a scalar, not an array; NumPy's functions, such as np.exp, take arrays",
    ),
    (
        r"Cannot cast ufunc .* from dtype\('float\d+'\) to dtype\('u?int\d+'\)",
        "decimals don't fit into an array of integers: make it an array of floats first",
    ),
    (
        r"Integers to negative integer powers",
        "an integer has no negative power in NumPy: divide, or make it a float first",
    ),
    (r"bitwise_xor|for \^=?:", "`^` is no power in Python, which is `**`, and no transpose, `.T`"),
    (r"return arrays must be of ArrayType", "the third argument is where the result is put"),
    (r"'(.*)' object is not callable", "brackets after something that is no function call it: {0}"),
    (r"name '(.*)' is not defined", "nothing is called {0}"),
    (r"missing \d+ required positional arguments?: (.*)", "this call lacks {0}"),
    (r"takes .*positional argument", "this call has too many arguments"),
    (r"unexpected keyword argument '(.*)'", "this function has no argument called {0}"),
    (r"maximum recursion depth", "the function calls itself forever"),
    (
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        "there is no axis {0} in an array of {1} axes",
    ),
]

# What failed and how, and what to write for it: (in the line, in the message, what to do).
CURES = [
    (r"\.T\(", r"not callable", "`.T` is no function: write it without brackets."),
    (r"\.line\(", r"missing .*'reason'", "The reason, in words, is the second argument of `line`."),
    (r"\.shape\(", r"not callable", "`.shape` is a tuple: `.shape[0]`, with square brackets."),
    (
        r"\^",
        r"bitwise_xor|for \^=?:|name 'T' is not defined",
        "The transpose of dY is `dY.T`, and a power is written `**`: `^` is neither.",
    ),
    (
        r"\b(?<!\.)(max|min)\(",
        r"truth value of an array",
        "Python's max and min want to know which whole array is larger. Elementwise it is "
        "np.maximum(a, b); of three, np.maximum(np.maximum(a, b), c).",
    ),
    (
        r"np\.(maximum|minimum)\(",
        r"return arrays must be of ArrayType",
        "np.maximum compares two arrays; for three write np.maximum(np.maximum(a, b), c).",
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
    arrays = _arrays(code, frame.f_locals)
    met = ", ".join(f"{name} is {shape_in_words(array.shape)}" for name, array in arrays.items())
    said = f"{kind}: {_misfit(text, arrays)}" if "could not be broadcast together" in text else said
    where = (f"In `{code}`" if code else f"In line {place.lineno}") + (f" ({met})" if met else "")
    line = linecache.getline(place.filename, place.lineno)
    cure = next((cure for a, b, cure in CURES if re.search(a, line) and re.search(b, text)), "")
    return f"{where} it raised {kind}. {cure}" if cure else f"{where} it raised {said}."


def _meaning(text):
    for pattern, words in MEANINGS:
        found = re.search(pattern, text, re.S)
        if found:
            return words.format(*found.groups())
    return ""


def _misfit(text, arrays):
    """Two shapes that meet elementwise and don't fit, and how an axis would help."""
    shapes = [tuple(map(int, re.findall(r"\d+", one))) for one in re.findall(r"\([\d,]*\)", text)]
    said = "elementwise operations need equal shapes, or an axis of size 1"
    if len(shapes) != 2:
        return said
    short, long = sorted(shapes, key=len)
    said = f"{shapes[0]} meets {shapes[1]}; {said}"
    if not 0 < len(short) < len(long) or long[: len(short)] != short:
        return said
    name = next((name for name, array in arrays.items() if array.shape == short), "a")
    none = ", ".join(["None"] * (len(long) - len(short)))
    axis = f"{short} is lined up with the last axis; to line it up with the first, keep its axis"
    return f"{said}. {axis}: try keepdims=True in the sum, or {name}[:, {none}]"


def _readers_frame(error):
    """The innermost frame of the reader's own code, and its place in the text."""
    found = None, None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    places = traceback.extract_tb(error.__traceback__)
    for frame, place in zip(frames, places, strict=True):
        if not is_library(frame.f_code.co_filename):
            found = frame, place
    return found


def is_library(file):
    """Whether code of this file is Python's, a package's or ours, and none of the reader's."""
    name = file.replace("\\", "/")
    return any(part in name for part in LIBRARIES) or name.startswith("<frozen")


def _expression(place):
    """The part of the line that failed: "X @ W"."""
    line = linecache.getline(place.filename, place.lineno)
    if place.colno is not None and place.end_lineno == place.lineno:
        part = line.encode()[place.colno : place.end_colno].decode(errors="ignore").strip()
        return part or line.strip()
    return line.strip()


def _arrays(code, names):
    """{"X": array, …}: the arrays that occur in the expression."""
    used = _names(code)
    return {name: names[name] for name in used if isinstance(names.get(name), np.ndarray)}


def _names(code):
    """The names in an expression, each once; of what can't be parsed by itself, all words."""
    try:
        used = [node.id for node in ast.walk(ast.parse(code.strip())) if isinstance(node, ast.Name)]
    except SyntaxError:
        used = re.findall(r"[A-Za-z_]\w*", code)
    return list(dict.fromkeys(used))


def shape_in_words(shape):
    """A shape as Python writes it."""
    return str(tuple(map(int, shape))) if len(shape) else "() (a scalar)"


def letters_in(error):
    """{name: letter} of the derivations' objects in the expression that failed."""
    try:
        frame, place = _readers_frame(error)
        if frame is None:
            return {}
        known = {**frame.f_globals, **frame.f_locals}
        found = letters_among(_names(_expression(place)), known)
        # Without a text only the code is left; it has to have failed in the derivations.
        own = DERIVATIONS in type(error).__module__
        return found or (letters_among(names_used(frame.f_code), known) if own else {})
    except BaseException:  # names may hold anything
        return {}


def names_used(code):
    """The global names that a code looks up: `exp`, and not the exp of np.exp or self.exp."""
    looked_up = ("LOAD_GLOBAL", "LOAD_NAME")
    return [one.argval for one in dis.get_instructions(code) if one.opname in looked_up]


def letters_among(names, known):
    """{name: its object} for those of `names` that belong to the derivations."""
    return {name: known[name] for name in names if name in known and is_letter(known[name])}


def is_letter(thing):
    """Whether this is a letter, an expression or a function of the derivations."""
    try:
        home = getattr(thing, "__module__", None) if callable(thing) else type(thing).__module__
    except Exception:  # an object may do anything when it is looked at
        return False
    return type(home) is str and home.startswith(DERIVATIONS)
