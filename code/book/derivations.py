"""Collects the derivations of the book from its chapters, where they are written and nowhere else.

`of_chapter("linear")` runs those cells of the chapter that a derivation needs, and no others: no
figure is drawn and nothing is trained. `python -m book.derivations` prints what there is.
"""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from time import perf_counter

from backprop import derivation
from backprop.derivation import Derivation

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^```$", re.S | re.M)
LANGUAGE = {*derivation.__all__, "Derivation", "line"}


def chapters():
    """The names of all chapters that have derivations."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted(CHAPTERS.glob("*.md"))}
    return [name for name, text in texts.items() if re.search(r"^\w+ = Derivation\(", text, re.M)]


@cache
def of_chapter(name):
    """{variable: derivation} for every finished derivation of a chapter, in reading order."""
    namespace = {"display": lambda *shown: None}
    for tree in needed(cells(name)):
        exec(compile(tree, name, "exec"), namespace)  # the book's own cells, as its pages run them
    found = {key: value for key, value in namespace.items() if isinstance(value, Derivation)}
    return {key: value for key, value in found.items() if value.steps}


def cells(name):
    """The code of the cells that run without an error, as syntax trees."""
    text = (CHAPTERS / f"{name}.md").read_text("utf-8")
    return [ast.parse(code) for tags, code in CELL.findall(text) if "raises-exception" not in tags]


def needed(trees):
    """The statements that derivations are made of, and those that define the names in them."""
    statements = [part for tree in trees for part in tree.body]
    wanted, kept = set(), []
    for statement in reversed(statements):
        used, made = names(statement)
        if wanted & made or is_derived(statement):
            wanted = wanted - made | used
            kept.append(statement)
    return [ast.Module([statement], []) for statement in reversed(kept)]


def is_derived(statement):
    """Whether a derivation is begun or continued in it."""
    calls = [part.func for part in ast.walk(statement) if isinstance(part, ast.Call)]
    return any(
        isinstance(call, ast.Name) and call.id == "Derivation"
        or isinstance(call, ast.Attribute) and call.attr == "line"
        for call in calls
    )  # fmt: skip


def names(statement):
    """(used, made): the names that a statement reads and those that it gives a value."""
    if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
        return set(), LANGUAGE
    parts = [*ast.walk(statement)]
    found = {(part.id, type(part.ctx)) for part in parts if isinstance(part, ast.Name)}
    aliases = [part for part in parts if isinstance(part, ast.alias)]
    made = {name for name, context in found if context is ast.Store}
    made |= {alias.asname or alias.name.split(".")[0] for alias in aliases}
    return {name for name, context in found if context is ast.Load}, made


def main():
    """Print what every chapter has, and the seconds that it takes to check."""
    for name in chapters():
        start = perf_counter()
        found = of_chapter(name)
        seconds, steps = perf_counter() - start, [s for one in found.values() for s in one.steps]
        how = ", ".join(f"{n} by {how}" for how, n in Counter(step.how for step in steps).items())
        print(f"{name:15} {len(found):3} derivations {len(steps):4} lines {seconds:5.1f} s  {how}")


if __name__ == "__main__":
    main()
