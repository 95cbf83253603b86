"""What `check` answers: the verdict, a sentence, a picture of the error, where to get help."""

import html
from dataclasses import dataclass

import numpy as np

from .texts import next_hint

RIGHT, WRONG, OPEN = "#1b9a72", "#d1495b", "#808080"


@dataclass
class Report:
    """`.passed`, `.mistake` (a code of the vocabulary, or None), `.message`, `.name`.

    `error` has an entry for each of the answer's (0 where it is right), if the shape allows it;
    `hint` is the text of the next hint, if there is one; `printed` what the function printed.
    """

    name: str
    mistake: str | None
    message: str
    error: np.ndarray | None = None
    hint: str = ""
    printed: str = ""

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
        colour = RIGHT if self.passed else WRONG if self._code else OPEN
        verdict = f'<strong style="color: {colour}">{self.verdict}</strong>'
        code = f" <code>{self._code}</code>" if self._code else ""
        parts = [
            f"<p>{verdict} {html.escape(self.name)}{code}</p>",
            f"<p>{_text(self.message)}</p>",
        ]
        if self.error is not None and not self.passed:
            parts.append(picture(self.error))
        if self.printed:
            parts.append(f"<p>Your function printed:</p><pre>{html.escape(self.printed)}</pre>")
        if self._code and self.hint:
            hint = f"<summary>The next hint</summary><p>{html.escape(self.hint)}</p>"
            parts.append(f"<details>{hint}</details>")
        return f'<div class="exercise-report">{"".join(parts)}</div>'


def report(name, mistake, message, **more):
    """A Report with the next hint of this exercise, unless it has been solved."""
    return Report(name, mistake, message, hint=next_hint(name) if mistake else "", **more)


def _text(text):
    """`x` becomes code; everything else is text."""
    pieces = html.escape(text).split("`")
    if len(pieces) % 2 == 0:
        return html.escape(text)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))


def picture(error):
    """An SVG of the entries: filled where the answer is wrong, the darker the larger the error."""
    grid = np.atleast_2d(np.asarray(error, dtype=float))
    if grid.ndim > 2 or grid.size > 400 or grid.size < 2:
        return ""
    grid = np.nan_to_num(grid, nan=np.inf)
    finite = grid[np.isfinite(grid)]
    largest = finite.max(initial=0)
    rows, columns = grid.shape
    wrong = [(i, j) for i, j in np.ndindex(grid.shape) if grid[i, j] > 1e-7 * max(largest, 1e-300)]
    cells = [
        f'<rect x="{14 * j + 1}" y="{14 * i + 1}" width="12" height="12" stroke="currentColor" '
        f'stroke-opacity="0.5" fill="{WRONG if (i, j) in set(wrong) else "none"}" '
        f'fill-opacity="{_shade(grid[i, j], largest)}"/>'
        for i, j in np.ndindex(grid.shape)
    ]
    places = ", ".join(str(list(place)) for place in wrong[:4])
    label = f"{len(wrong)} of {grid.size} entries are wrong: {places}"
    label += " and more" * (len(wrong) > 4)
    size = f'width="{14 * columns}" height="{14 * rows}" viewBox="0 0 {14 * columns} {14 * rows}"'
    return f'<svg role="img" aria-label="{label}" {size}>{"".join(cells)}</svg>'


def _shade(value, largest):
    return (
        1
        if not np.isfinite(value) or largest == 0
        else round(0.25 + 0.75 * min(1, value / largest), 2)
    )
