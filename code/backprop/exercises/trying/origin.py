"""Is this the function that the cell defines? One from an earlier run may still carry its name.

A reader renames the function and forgets the last line: `def shared(…)`, `check(…, my_shared)`.
What is checked is what an earlier run has left. In the page all runs of a cell have one title
("<cell 18>"), in IPython each has a file of its own; so what is looked at is the text of the cell
that calls `check`, and where the function's code says it is from.
"""

import ast
import sys

from .reading import functions, tree_of

SEEN = {}  # for each exercise, the cells (as their code calls them) that have asked about it


def calling_cell(depth):
    """The file of the cell in whose outermost lines `check` was called; "" if it was no cell."""
    frame = sys._getframe(depth)
    file = frame.f_code.co_filename
    cell = file.startswith("<") or "ipykernel" in file or "ipython-input" in file
    return file if cell and frame.f_code.co_name == "<module>" else ""


def foreign(exercise, answer, cell):
    """(words, whether it is certain to be a left-over) about an answer that the cell has not made.

    ("", False) if it has, or if there is no telling.
    """
    try:
        return _foreign(exercise, answer, cell)
    except Exception:  # an answer may do anything when it is looked at
        return "", False


def _foreign(exercise, answer, cell):
    name = exercise.name
    tree, own = tree_of(cell) if cell else ast.Module([], []), functions(answer)
    asked = _asked(tree, name)
    earlier = SEEN.setdefault(name, set())
    known, home = set(earlier), own[0].__code__.co_filename if own else ""
    earlier.add(cell)
    if not asked or not own or asked in _bound(tree):
        return "", False
    unused = _unused(tree, len(getattr(exercise, "takes", ())))
    instead = f" This cell defines `{unused[0]}`: is that what you mean?" if unused else ""
    if home == cell or home in known - {""}:
        says = f"`{asked}` is left over from an earlier run; this cell does not define it."
        # A cell that only checks is in order; one that defines another function is not.
        return (says + instead, True) if unused else (says if home == cell else "", False)
    return (f"What was checked is `{asked}`, from another cell.{instead}" if unused else ""), False


def _asked(tree, name):
    """The name that this cell hands over: "f" in `check("linear.dW", f)`; "" if it is no name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(_, [ast.Constant(value), ast.Name(asked)]) if value == name:
                return asked
    return ""


def _bound(tree):
    """All names that the cell gives a value, at any depth of blocks."""
    names = {node.id for node in ast.walk(tree) if _is_stored(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(one.asname or one.name).split(".")[0] for one in node.names}
    return names


def _is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _unused(tree, count):
    """What at the top of the cell nothing in it uses, and could be an answer.

    A class, or a function of as many arguments as the exercise gives; not one that draws a figure.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    tops = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    fit = [node for node in tops if isinstance(node, ast.ClassDef) or _count(node) == count]
    return [node.name for node in fit if node.name not in used]


def _count(function):
    return len(function.args.posonlyargs + function.args.args + function.args.kwonlyargs)
