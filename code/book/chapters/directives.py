"""MyST text in pieces: prose as it stands, and directives. The one place where a page is parsed.

It reads the form that the book's own pages have; notebooks are made by jupytext, which a test
compares with this.
"""

import re
from dataclasses import dataclass, replace

# ```{name} title, options, the body. A longer row of colons holds shorter ones.
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3}|:{3,})\{(?P<kind>[\w-]+)\}(?P<heading>[^\n]*)\n"
    r"(?P<options>(?::[\w-]+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)$",
    re.S | re.M,
)


class Prose(str):
    """Text between directives."""

    kind, tags = "", frozenset()


@dataclass(frozen=True)
class Directive:
    """One directive; `str` gives back its text, character for character."""

    fence: str
    kind: str
    heading: str
    options: str
    body: str

    @property
    def title(self):
        """What stands behind the name."""
        return self.heading.strip()

    def option(self, name):
        """The value of an option, "" if it is not given."""
        found = re.search(rf"^:{name}: *(.*)$", self.options, re.M)
        return found[1] if found else ""

    @property
    def tags(self):
        """The tags of a cell: {"hide-input"}."""
        return frozenset(re.findall(r"[\w-]+", self.option("tags")))

    def tagged(self, *tags):
        """The same cell with these tags added."""
        rest = re.sub(r"^:tags:[^\n]*\n", "", self.options, flags=re.M)
        row = ", ".join([*re.findall(r"[\w-]+", self.option("tags")), *tags])
        return replace(self, options=f":tags: [{row}]\n{rest}")

    def with_body(self, body):
        """The same directive around another body."""
        return replace(self, body=body)

    def __str__(self):
        opening = f"{self.fence}{{{self.kind}}}{self.heading}\n"
        return opening + self.options + self.body + self.fence


def pieces(text):
    """The text as a list of Prose and Directive; joined, they give it back."""
    found, end = [], 0
    for match in DIRECTIVE.finditer(text):
        found += [Prose(text[end : match.start()]), Directive(**match.groupdict())]
        end = match.end()
    return [piece for piece in [*found, Prose(text[end:])] if piece != ""]


def joined(parts):
    """The text of pieces."""
    return "".join(map(str, parts))
