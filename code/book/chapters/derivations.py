"""Collects the derivations of a chapter from its cells, where they are written and nowhere else.

`found_in(cells)` runs those statements that derivations are made of, and no others: no figure is
drawn and nothing is trained.
"""

import ast
from contextlib import redirect_stdout
from io import StringIO

from backprop import derivation
from backprop.derivation import Derivation


def found_in(cells, name):
    """{variable: derivation} for every finished derivation in these cells, in reading order.

    One in a dict or a tuple has a name such as `slopes['relu']`.
    """
    namespace = {"display": lambda *shown: None}
    code = compile(needed(statements(cells)), f"{name}.md", "exec")
    with redirect_stdout(StringIO()):
        exec(code, namespace)  # the book's own cells, as on its pages
    found = {}
    for variable, value in namespace.items():
        found |= {key: one for key, one in named(variable, value) if one not in found.values()}
    return {key: one for key, one in found.items() if one.steps}


def statements(cells):
    """The code of the cells as syntax trees, without what leads to an error."""
    for cell in cells:
        body = ast.parse(cell.code).body
        if "raises-exception" in cell.tags:  # in such a cell the last statement fails
            body = [statement for statement in body[:-1] if not is_derived(statement)]
        yield from body


def needed(statements):
    """The statements that derivations are made of, and those that define the names in them."""
    wanted, kept = set(), []
    for statement in reversed([*statements]):
        used, made = names(statement)
        if wanted & made or is_derived(statement):
            wanted = wanted - made | used
            kept.append(statement)
    return ast.Module(kept[::-1], [])


def is_derived(statement):
    """Whether a derivation is begun or continued in it."""
    calls = [part.func for part in ast.walk(statement) if isinstance(part, ast.Call)]
    return any(
        isinstance(call, ast.Name) and call.id == "Derivation"
        or isinstance(call, ast.Attribute) and call.attr == "line"
        for call in calls
    )  # fmt: skip


def names(statement):
    """(used, made): the names that a statement reads, and those that it gives or adds a value."""
    used, made = set(), set()
    loops = [part for part in ast.walk(statement) if isinstance(part, ast.comprehension)]
    inside = {id(name) for loop in loops for name in ast.walk(loop.target)}  # known there only
    for part in ast.walk(statement):
        match part:
            case ast.Name() if id(part) in inside:
                pass
            case ast.ImportFrom(names=[ast.alias("*")]):
                made |= {*derivation.__all__}
            case ast.alias(name, asname):
                made.add(asname or name.split(".")[0])
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.Name(name, ast.Store()):
                made.add(name)
            case ast.Subscript(ast.Name(name), _, ast.Store()):
                made.add(name)
            case ast.Name(name, ast.Load()):
                used.add(name)
    return used, made


def named(variable, value):
    """(name, derivation) for a derivation, and for all that stand in a dict, a list or a tuple."""
    if isinstance(value, Derivation):
        yield variable, value
    elif isinstance(value, dict | list | tuple):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from named(f"{variable}[{key!r}]", one)
