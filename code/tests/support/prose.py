"""What a reader of the book is told, line by line: pages, messages, docstrings; no code.

Each function yields (file, number of the line, text). In the text a formula is written 𝑥 and a
piece of code 𝑐, so that a pattern can ask for them.
"""

import io
import re
import tokenize

from book import ROOT
from repository import tracked

FENCE = re.compile(r"^(`{3,})(.*)$")
FRONT = re.compile(r"\A---\n.*?\n---\n", re.S)
SHOWN = ("code-cell", "exercise", "solution", "solution-start", "admonition", "grid")
SENTENCE = re.compile(r'"((?:[^"\\]|\\.)*)"\],?\s*$')
NAMED = re.compile(r'^(?:section|symbol|headline|advice|says)\s*=\s*"(.*)"')


def pages():
    """The names of all that is read as text."""
    return ["index.md", "README.md", *(n for n in tracked() if re.match(r"chapters/.*\.md$", n))]


def messages():
    """The names of the files in which the strings are for readers."""
    return [n for n in tracked() if re.match(r"code/backprop/.*\.(py|toml)$", n)]


def programs():
    """The names of all programs, with their comments."""
    return [n for n in tracked() if n.startswith("code/") and n.endswith(".py")]


def lines(name, text=None):
    """The lines of a file that are words."""
    text = (ROOT / name).read_text("utf-8") if text is None else text
    kind = {".md": of_page, ".py": of_code, ".toml": of_table}[name[name.rindex(".") :]]
    return [(name, number, line) for number, line in kind(text) if line.strip()]


def of_page(text):
    """The prose of a page, and the strings and comments of its cells."""
    text = FRONT.sub(lambda front: "\n" * front[0].count("\n"), text)
    text = re.sub(r"^\$\$\n.*?^\$\$", lambda m: "\n" * m[0].count("\n"), text, flags=re.S | re.M)
    cell, kind, started = [], None, 0
    for number, line in enumerate(text.split("\n"), 1):
        fence = FENCE.match(line)
        if kind is None and fence and fence[2]:
            kind, started, cell = fence[2], number, []
            directive = re.match(r"\{([\w-]+)\}\s*(.*)", kind)
            if directive and directive[1] not in ("code-cell", "literalinclude"):
                yield number, plain(directive[2])
                kind = "prose" if directive[1] == "exercise" else "skipped"
        elif kind is not None and fence and not fence[2]:
            if kind.startswith("{code-cell}"):
                yield from ((started + at, words) for at, words in of_code("\n".join(cell)))
            kind = None
        elif kind is None or kind == "prose":
            yield number, plain(re.sub(r"^(:[\w-]+:.*|\([\w-]+\)=)$", "", line))
        else:
            cell.append("" if line.startswith(":") else line)


def of_code(text):
    """The strings and the comments of a program."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            for offset, line in enumerate(token.string.split("\n")):
                yield token.start[0] + offset, plain(line)


def of_table(text):
    """The sentences of a table of mistakes, and the names that it shows."""
    for number, line in enumerate(text.split("\n"), 1):
        if found := SENTENCE.search(line) or NAMED.search(line):
            yield number, found[1]
        elif line.startswith("#"):
            yield number, line


def plain(line):
    """The line with 𝑥 for each formula and 𝑐 for each piece of code."""
    line = re.sub(r"\{(?:doc|cite|cite:t|eq|ref)\}`[^`]*`", "𝑐", line)
    line = re.sub(r"\{term\}`([^`<]*?)(?: ?<[^`>]*>)?`", r"\1", line)
    line = re.sub(r"`[^`]*`", "𝑐", line)
    line = re.sub(r"\$[^$]+\$", "𝑥", line)
    return line.replace("*", "")
