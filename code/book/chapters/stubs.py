"""The cell of an exercise holds the solution, between two marks; the stub is made from it.

    def my_backward(dY, X, W):
        # your turn
        dX = dY @ W
        # end
        return dX

`stub` empties what is between them (`dX = ...`), so stub and solution share every other line. What
the function is given is not asked for: a solution that changes `dY` leaves no `dY = ...` behind.
"""

import re

BEGIN, END = "# your turn", "# end"


def stub(source):
    """The cell with its blanks emptied: every `name = …` in them becomes `name = ...`."""
    lines, blank, indent, given = [], None, "", set()
    for line in source.splitlines():
        if line.strip() == BEGIN:
            blank, indent = [], line[: len(line) - len(line.lstrip())]
            lines.append(line)
        elif line.strip() == END:
            lines += list(dict.fromkeys(blank)) or [f"{indent}..."]
            blank = None
        elif blank is None:
            lines.append(line)
            if function := re.match(r"def \w+\((.*)\):", line):
                given = set(re.findall(r"\w+", function[1]))
        else:
            blank += _emptied(line, indent, given)
    if blank is not None:
        raise ValueError(f"a blank that begins with {BEGIN!r} has no {END!r}")
    return "\n".join(lines) + "\n"


def _emptied(line, indent, given):
    """What is left of a line of the solution: [] or one line."""
    if not line.startswith(indent) or line[len(indent) :].startswith((" ", "#")):
        return []
    assigned = re.match(r"([\w., \[\]\"']+?) = ", line[len(indent) :])
    if assigned and assigned[1] in given:
        return []
    if assigned:
        return [f"{indent}{assigned[1]} = ..."]
    return [f"{indent}return ..."] if line[len(indent) :].startswith("return ") else []


def solved(source):
    """The cell without the marks."""
    marks = (BEGIN, END)
    return "".join(line for line in source.splitlines(keepends=True) if line.strip() not in marks)


def as_shown(source):
    """A solution as a page has it: shown, and run if it is a derivation, for its proof."""
    source = solved(source)
    proof = re.search(r"^check\([^,]+, (\w+)\)$", source, re.M)
    if proof and re.search(rf"^{proof[1]} = Derivation\(", source, re.M):
        return f"```{{code-cell}} ipython3\n{source.replace(proof[0], proof[1])}```"
    return f"```python\n{source}```"
