"""What `check` answers: the verdict, a sentence, a figure of the error, where to get help."""

import html
import re
from dataclasses import dataclass, field

import numpy as np

from ...gradcheck.picture import picture
from .texts import next_hint

MARKS = {"right": "✓", "wrong": "✗", "open": "○"}


@dataclass
class Report:
    """`.passed`, `.mistake` (a code of the vocabulary, or None), `.message`, `.name`.

    `error` has an entry for each of the answer's (0 where it is right), if the shape allows it;
    `hint` is the text of the next hint, if there is one; `printed` what the function printed;
    `deeds` what has been done by this answer: proved, implemented, checked.
    """

    name: str
    mistake: str | None
    message: str
    error: np.ndarray | None = None
    hint: str = ""
    printed: str = ""
    deeds: list = field(default_factory=list)

    @property
    def passed(self):
        """True if nothing is wrong."""
        return self.mistake is None

    def __bool__(self):
        return self.passed

    @property
    def verdict(self):
        """One or two words."""
        return "Right" if self.passed else "Not yet" if self._code else "Not started"

    @property
    def _code(self):
        return "" if self.mistake in (None, "not-started") else self.mistake

    def __str__(self):
        code = f" [{self._code}]" if self._code else ""
        lines = [f"{self.name}: {self.verdict}{code}. {self.message}"]
        if self.printed:
            lines.append(f"Your function printed: {self.printed.strip()}")
        if not self.passed and self.hint:
            lines.append(f'hint("{self.name}") has a hint.')
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        kind = "right" if self.passed else "wrong" if self._code else "open"
        code = f" <code>{self._code}</code>" if self._code else ""
        head = f"{MARKS[kind]} <strong>{self.verdict}</strong>: {html.escape(self.name)}{code}"
        parts = [f"<p>{head}</p>", f"<p>{marked(self.message)}</p>"]
        if self.error is not None and not self.passed:
            parts.append(picture(self.error))
        if self.printed:
            parts.append(f"<p>Your function printed:</p><pre>{html.escape(self.printed)}</pre>")
        if self._code and self.hint:
            hint = f"<summary>The next hint</summary><p>{marked(self.hint)}</p>"
            parts.append(f'<details class="next-hint">{hint}</details>')
        named = f'data-exercise="{html.escape(self.name)}"'
        return f'<div class="exercise-report {kind}" {named}>{"".join(parts)}</div>'


def report(name, mistake, message, **more):
    """A Report with the next hint of this exercise, unless it has been solved."""
    wrong = mistake not in (None, "not-started")
    return Report(name, mistake, message, hint=next_hint(name, wrong) if mistake else "", **more)


def marked(text):
    """`x` becomes code, $x$ a formula, and lines stay lines; everything else is text."""
    safe = html.escape(text.strip()).replace("\n", "<br>")
    pieces = safe.split("`")
    if len(pieces) % 2 == 0:
        return safe
    return "".join(f"<code>{p}</code>" if i % 2 else _maths(p) for i, p in enumerate(pieces))


def _maths(text):
    """With formulas as the page and Jupyter set them."""
    formula = r'<span class="math notranslate nohighlight">\\(\1\\)</span>'
    return re.sub(r"\$([^$<]+)\$", formula, text)
