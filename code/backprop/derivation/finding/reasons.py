"""What an author would write next to a line: the reasons, in the words of the chapters."""

from ..language.algebra import MatMul
from ..language.vectors import Ones
from ..nodes import walk
from ..printing.printer import letters


def listed(names):
    """Y; Y and U; Y, U and V."""
    names = list(map(str, names))
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def through(users):
    return f"chain rule through {listed(users)}"


def opened(users, variable, at):
    """For the line in which the definitions are differentiated."""
    own = "".join(map(str, at))
    if at and variable.name.isalnum() and own.isalnum():
        return f"of {variable}, only {variable}_{own} contributes"
    return f"the definition of {listed(users)}, differentiated"


def differentiated(arrays, cited=()):
    """For the line of a derivative that is no gradient of a loss."""
    if cited:
        return "the gradient, differentiated once more"
    if not arrays:
        return "differentiated term by term"
    return f"the definition{'s' if len(arrays) > 1 else ''} of {listed(arrays)}, differentiated"


def selected(reader, before, scope):
    """Which delta selected what, with the letters of the line above."""
    names = letters(before, [one.name for one in scope])
    pairs = []
    for one, other in reader.selected:
        mine, its = (reader.origin.get(x, x) for x in (one, other))
        said = f"{names.get(mine, '')} = {names.get(its, its)}"
        if mine in names and said not in pairs:
            pairs.append(said)
    if not pairs:
        return "written in order"
    if len(pairs) > 3:
        return "each delta selects one term of its sum"
    return f"the delta{'s select' if len(pairs) > 1 else ' selects'} {listed(pairs)}"


def recognized(arrays):
    return f"what {listed(arrays)} {'are' if len(arrays) > 1 else 'is'}"


def zero(array, axis):
    if len(array.shape) == 1:
        return f"the entries of {listed([array])} sum to 0"
    return f"each {('column', 'row')[axis]} of {listed([array])} sums to 0"


def gradient_at(stages):
    return f"the gradient{'s' if len(stages) > 1 else ''} at {listed(one.of for one in stages)}"


def as_matrices(expression):
    products = [part for part in walk(expression) if isinstance(part, MatMul)]
    if not products:
        return "for every entry at once"
    if any(isinstance(side, Ones) for part in products for side in (part.left, part.right)):
        return "as matrices: a sum is a product with ones"
    return "as a matrix product"
