"""What `check_gradients` answers: a finding for every variable, and all of them as a table."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Finding:
    """What was found for one variable: its worst entry, or why there is none to show."""

    name: str
    shape: tuple
    method: str
    error: float
    index: tuple | None = None
    backward: float = np.nan
    measured: float = np.nan
    excluded: int = 0
    problem: str = ""

    def __str__(self):
        """The worst entry in words, or the problem."""
        if self.problem:
            return f"∂L/∂{self.name}: {self.problem}"
        if self.index is None:
            return f"∂L/∂{self.name}: error {self.error:.1e}"
        slopes = f"backward {self.backward:.4g}, measured {self.measured:.4g}"
        return f"∂L/∂{self.name}, entry {list(self.index)}: {slopes}"


@dataclass
class GradientReport:
    """The answer of `check_gradients`: `.passed`, `.worst`, and a `Finding` per variable."""

    who: str
    tolerance: float
    findings: list = field(default_factory=list)

    @property
    def passed(self):
        """True if every variable's error is below the tolerance."""
        return all(f.error < self.tolerance for f in self.findings)

    @property
    def worst(self):
        """The finding with the largest error."""
        return max(self.findings, key=lambda f: np.inf if np.isnan(f.error) else f.error)

    def __getitem__(self, name):
        return {f.name: f for f in self.findings}[name]

    def __bool__(self):
        return self.passed

    @property
    def headline(self):
        """The verdict in one line."""
        answer = "every gradient agrees" if self.passed else "a gradient is WRONG"
        how = ", ".join(dict.fromkeys(f.method for f in self.findings))
        return f"{self.who}: {answer}, largest error {self.worst.error:.1e} ({how})"

    HEAD = "gradient,shape,error,worst entry,backward,measured,".split(",")

    def _rows(self):
        for f in self.findings:
            verdict = "" if f.error < self.tolerance else " WRONG"
            whole = "all at once" if f.method == "projection" else ""
            entry = str(list(f.index)) if f.index else whole
            slopes = ["" if np.isnan(x) else f"{x:.6g}" for x in (f.backward, f.measured)]
            note = f.problem or (f"{f.excluded} at kinks left out" if f.excluded else "")
            yield [f"∂L/∂{f.name}", str(f.shape), f"{f.error:.0e}{verdict}", entry, *slopes, note]

    def __str__(self):
        rows = [self.HEAD, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.headline, *lines])

    __repr__ = __str__
