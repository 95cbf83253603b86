"""Which files a program needs, told from the modules that it imports: no more are loaded for it.

A module of the library needs what it imports as it is imported itself. What it imports in a
function does not count: it may never be called, and if it is, the kernel sees what is missing.
"""

import ast
from importlib.util import resolve_name

from ..runtime.names import parents


def needed(files, archives):
    """{module: the archives that importing it takes}.

    files: {path in the repository: bytes}; archives: {module: names of archives}.
    """
    modules = dict(_module(path, text) for path, text in files.items() if _is_module(path))
    return {name: sorted(_reached(name, modules, archives)) for name in [*archives, *modules]}


def _is_module(path):
    return path.startswith("code/") and path.endswith(".py")


def _module(path, text):
    """(its dotted name, what it imports at once)."""
    parts = path.removeprefix("code/").removesuffix(".py").split("/")
    package = ".".join(parts[:-1])
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts), list(_imported(ast.parse(text), package))


def _imported(node, package):
    """The modules that a tree imports outside its functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = resolve_name("." * child.level + (child.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in child.names)
        elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _imported(child, package)


def _reached(name, modules, archives):
    found, seen, waiting = set(), set(), parents(name)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            found.update(archives.get(module, ()))
            waiting += [one for name in modules.get(module, ()) for one in parents(name)]
    return found
