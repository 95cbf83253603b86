"""The letters of the derivations in a function that should compute with numbers: `N * G.sum()`.

In a chapter S, X and exp are letters, which a derivation is made of. A reader's function that uses
one that it does not get as an argument meets an object without a number. Python's own words about
it lead nowhere, so these are said instead.
"""

import numpy as np

from ..diagnosis.failures import is_letter, letters_among, letters_in, names_used
from ..formulas import letters as sizes_in
from .reading import codes, functions

SIZES, INDICES, FUNCTIONS, OTHERS = "size", "index", "function", "other"


def of_error(error):
    """((name, kind, letter), …) of the letters in the expression that failed."""
    return _described(letters_in(error))


def of_values(values):
    """The same of the letters that came back instead of numbers, also inside tuples and arrays."""
    found = {}
    for value in values:
        for letter in _inside(value):
            found[getattr(letter, "name", None) or type(letter).__name__] = letter
    return _described(found)


def of_code(function):
    """The same of the letters that the text of a function uses, whether it came to that or not."""
    found = {}
    for one in functions(function):
        cells = zip(one.__code__.co_freevars, one.__closure__ or (), strict=False)
        closed = {name: cell.cell_contents for name, cell in cells if _is_full(cell)}
        names = [name for code in codes(one.__code__) for name in names_used(code)]
        found |= letters_among([*names, *closed], {**one.__globals__, **closed})
    return _described(found)


def _inside(value, depth=3):
    if is_letter(value):
        named = isinstance(getattr(value, "name", None), str)
        children = [] if named or not hasattr(value, "children") else value.children()
        yield from [value] * named or (inner for child in children for inner in _inside(child))
    elif isinstance(value, np.ndarray) and value.dtype == object and depth:
        yield from (inner for one in value.ravel()[:50] for inner in _inside(one, depth - 1))
    elif isinstance(value, tuple | list) and depth:
        yield from (inner for one in value[:50] for inner in _inside(one, depth - 1))


def _is_full(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _described(found):
    return tuple((name, _kind(one), getattr(one, "name", name)) for name, one in found.items())


def _kind(letter):
    kinds = {"Dimension": SIZES, "Index": INDICES}
    if type(letter).__name__ in kinds:
        return kinds[type(letter).__name__]
    return FUNCTIONS if callable(letter) else OTHERS


def in_words(letters, takes):
    """What to say about these letters in an exercise that gives `takes`, {name: what it holds}."""
    functions = [name for name, kind, _ in letters if kind == FUNCTIONS]
    others = [one for one in letters if one[1] != FUNCTIONS]
    said = [_without_numbers(others, takes)] if others else []
    for name in functions:
        same = name.lower()  # Sum, too
        numpys = f"; NumPy's is np.{same}" if hasattr(np, same) else ""
        said.append(f"{name} belongs to the derivations here and takes their letters{numpys}.")
    return " ".join(said)


def _without_numbers(letters, takes):
    names = [name for name, _, _ in letters]
    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    are = "are letters" if len(names) > 1 else "is a letter"
    return f"{listed} {are} of the derivations here, without a number; {_instead(letters, takes)}."


def _instead(letters, takes):
    """Where the numbers are: sizes in the shape of an argument that has them."""
    axes = {}
    for name, spec in takes.items():
        for axis, size in enumerate(sizes_in(spec)):
            axes.setdefault(size, f"{name}.shape[{axis}]")
    if not axes:
        return f"use what your function gets: {', '.join(takes)}"
    wanted = {own: axes[own] for _, kind, own in letters if kind == SIZES and own in axes}
    array = next(iter(wanted.values()), next(iter(axes.values()))).partition(".")[0]
    each = ", ".join(f"{size} is {place}" for size, place in wanted.items())
    says = f"take sizes from {array}.shape" + (f": {each}" if each else "")
    index = next((name for name, kind, _ in letters if kind == INDICES), "")
    if index and not each:
        says += f", and let {index} run: for {index} in range({array}.shape[0])"
    if any(kind == OTHERS for _, kind, _ in letters):
        says += ", and work with the arrays that your function gets or makes"
    return says
