"""Which names a cell defines, and which it needs from the cells above it.

So Run can run first what a cell builds on. For the cells as the book has them this is known when
the site is built (site.py); of a cell that the reader has changed, the kernel is asked.
"""

import ast
import builtins
import importlib
import symtable


def defined_and_needed(code):
    """Two sets of names; both empty where `code` is not Python."""
    defined, needed = set(), set()
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return defined, needed
    for statement in statements:
        stored, loaded = _names(statement)
        needed |= loaded - defined - set(dir(builtins))
        defined |= stored
    return defined, needed


def _names(statement):
    """The global names that one statement binds, and those that it (or a function in it) reads."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    stored = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    loaded = {node.id for node in ast.walk(statement) if _is_read(node)}
    own = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    inner = {
        s.get_name() for inside in _inside(table) for s in inside.get_symbols() if s.is_global()
    }
    loaded &= own | inner
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        loaded -= {statement.name}
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        stored |= set(importlib.import_module(statement.module).__all__)
    return stored, loaded


def _is_read(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _inside(table):
    for child in table.get_children():
        yield child
        yield from _inside(child)
