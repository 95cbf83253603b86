"""Which names a cell defines, which it needs from the cells above it, and which files.

So Run can load and run first what a cell builds on. For the cells as the book has them this is
known when the site is built (site.py); of a cell that the reader has changed, the kernel is asked.
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


def files_for(code, needed):
    """The files that `code` may need, from {word or module: files}."""
    names = {name for word in _words(code) for name in parents(word)}
    return {file for name in names for file in needed.get(name, ())}


def parents(module):
    """`a`, `a.b` and `a.b.c` for `a.b.c`: all of them are imported."""
    parts = module.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _words(code):
    """The names in `code`, and the modules that it imports anywhere, in functions too."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                yield alias.name
                yield f"{node.module}.{alias.name}"
        elif _imports_by_text(node):
            yield node.args[0].value


def _imports_by_text(node):
    """Whether this is `import_module("…")` or `__import__("…")`."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return called in ("import_module", "__import__") and isinstance(node.args[0].value, str)
