"""What `check_gradients` answers: a finding for every variable, and all of them as a table."""

import html
from dataclasses import dataclass, field

import numpy as np

from .picture import picture

UNMEASURED, ELSEWHERE = "not measured", "measured on other inputs"


@dataclass
class Finding:
    """What was found for one variable: its worst entry, or why there is none to show.

    `tolerance` is what its error is held against: more than was asked for where `forward` computes
    in fewer digits. `lost` is the part of itself by which `forward` is rounded where that is more
    than the last digit, `known` the part of itself to which the gradient could be measured then;
    `open` says that this is too little to tell right from wrong.
    """

    name: str
    shape: tuple
    method: str
    error: float
    index: tuple | None = None
    backward: float = np.nan
    measured: float = np.nan
    excluded: int = 0
    problem: str = ""
    tolerance: float = 1e-7
    note: str = ""
    open: bool = False
    lost: float = 0.0
    known: float = 0.0
    single: bool = False
    left_out: object = field(default=False, repr=False, compare=False)
    errors: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def right(self):
        """Whether backward and measurement agree."""
        return self.error < self.tolerance and not self.open

    @property
    def wrong(self):
        """Whether they do not; neither is so where it stays open, or was not measured."""
        return not (self.right or self.open or self.problem == UNMEASURED)

    @property
    def mistaken(self):
        """The error of each entry that is wrong, 0 for the others; None if none was measured."""
        if not self.wrong or self.errors is None:
            return None
        return np.where(self.errors < self.tolerance, 0, self.errors)

    @property
    def beside(self):
        """Its error as a multiple of its tolerance."""
        size = max(self.tolerance, np.finfo(float).tiny)
        return np.inf if np.isnan(self.error) else self.error / size

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
    """The answer of `check_gradients`: `.passed`, `.headline`, `.worst`, a `Finding` per variable.

    `doubts` are sentences about the layer: whatever its gradients are, it has not passed. `unseen`
    names arrays that change the output and have no gradient that anybody could look at.
    """

    who: str
    tolerance: float
    findings: list = field(default_factory=list)
    doubts: list = field(default_factory=list)
    unseen: list = field(default_factory=list)

    @property
    def passed(self):
        """True if there is no doubt, and every variable's error is below its tolerance."""
        return bool(self.findings) and not self.doubts and all(f.right for f in self.findings)

    @property
    def worst(self):
        """The finding with the largest error relative to its tolerance."""
        return max(self.findings, key=lambda f: (f.beside, f.error))

    def __getitem__(self, name):
        return {f.name: f for f in self.findings}[name]

    def __bool__(self):
        return self.passed

    @property
    def headline(self):
        """The verdict in one line: what was looked at, and the first doubt if there is one."""
        if not self.findings:
            return f"{self.who}: nothing to look at: no input has a gradient, no params"
        if all(f.problem == UNMEASURED for f in self.findings):
            return f"{self.who}: {self.doubts[0]}"
        how = ", ".join(dict.fromkeys(f.method for f in self.findings))
        answer = f"{self._answer}, largest error {self.worst.error:.1e} ({how})"
        return f"{self.who}: " + "; ".join([*self.doubts[:1], answer, *self._digits])

    @property
    def _digits(self):
        """That forward loses digits, and how many."""
        lost = max(f.lost for f in self.findings)
        if any(f.single for f in self.findings):
            return ["forward computes in float32, in some 7 digits"]
        if lost <= 1e-13:
            return []
        count = min(16, round(16 + np.log10(lost)))
        where = ", measured on others" if any(f.note == ELSEWHERE for f in self.findings) else ""
        return [f"forward loses about {count} of 16 digits on these inputs{where}"]

    @property
    def _answer(self):
        wrong = [f for f in self.findings if f.wrong]
        if any(f.problem for f in wrong):
            return "a gradient is WRONG: " + next(str(f) for f in wrong if f.problem)
        if wrong:
            return "a gradient is WRONG"
        if any(f.open for f in self.findings):
            return f"can't tell about {listed(f.name for f in self.findings if f.open)}"
        looked = listed(f.name for f in self.findings)
        if self.unseen:
            them = f"not looked at: {listed(self.unseen)} (in no params)"
            return f"agrees for {looked}; {them}"
        if self.doubts:
            return f"measured by itself, {looked} would agree"
        return f"every gradient agrees: {looked}"

    HEAD = "gradient,shape,error,worst entry,backward,measured,".split(",")

    def _rows(self):
        for f in self.findings:
            verdict = " WRONG" if f.wrong else " ?" if f.open else ""
            whole = "all at once" if f.method == "projection" else ""
            entry = str(list(f.index)) if f.index else whole
            slopes = ["" if np.isnan(x) else f"{x:.6g}" for x in (f.backward, f.measured)]
            kinks = f"{f.excluded} at kinks left out" if f.excluded else ""
            note = f.problem or "; ".join(filter(None, [kinks, f.note]))
            yield [f"∂L/∂{f.name}", str(f.shape), f"{f.error:.0e}{verdict}", entry, *slopes, note]

    def __str__(self):
        rows = [self.HEAD, *self._rows()] if self.findings else []
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.headline, *self.doubts[1:], *lines])

    __repr__ = __str__

    def _repr_html_(self):
        """The same with a figure of each gradient that is wrong; None if the text says it all."""
        drawn = {f.name: picture(f.mistaken) for f in self.findings if f.mistaken is not None}
        drawn = [f"<p>∂L/∂{html.escape(name)}</p>{svg}" for name, svg in drawn.items() if svg]
        if not drawn:
            return None
        text = html.escape(str(self))
        return f'<div class="gradient-report"><pre>{text}</pre>{"".join(drawn)}</div>'


def listed(names, most=4):
    """ "X, weight and bias"; of a long list the first ones and how many more."""
    names = list(names)
    if len(names) > most:
        names = [*names[: most - 2], f"{len(names) - most + 2} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
