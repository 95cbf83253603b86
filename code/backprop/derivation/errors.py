"""What can be wrong with a line. All are ValueErrors, and each says what to look at."""

from sympy import SympifyError


class DerivationError(ValueError):
    """The line or the derivation cannot be judged as it is written; base of all others.

    A page shows it as the lines that were accepted, with the refused one below them.
    """

    _shown = None

    def refused_by(self, shown):
        """Keep how the derivation shows itself with this line, for a page that asks."""
        self._shown = shown

    def say_typed(self, line):
        """Add the line as its author typed it, unless the message has it already."""
        if line not in str(self) and "\n    ".join(line.split("\n")) not in str(self):
            self.args = (f"{self}\n  as typed:\n    {line}",)

    def _repr_latex_(self):
        return self._shown() if self._shown else None


class ShapeError(DerivationError):
    """Two shapes do not meet, or an index is used on an axis of another length."""


class HiddenDependence(DerivationError):
    """A derivative of something of which no definition says how it depends on the variable."""


class VacuousStep(DerivationError):
    """The line says nothing new, or cites what it does not need."""


class UnusedFact(VacuousStep):
    """The line holds without a fact that it cites."""


class UncitedFact(DerivationError):
    """The line holds only by a definition or by the chain rule, and does not cite it."""


class NotProved(DerivationError):
    """The line could not be proved, and no counterexample was found either."""


class NotForSympy(DerivationError, SympifyError):
    """A letter was given to a function of SymPy."""

    def __init__(self, message):
        ValueError.__init__(self, message)

    __str__ = ValueError.__str__


class WrongStep(DerivationError):
    """The line differs from the one above it.

    `step` and `reason` name the line, `before` and `after` are both lines as text, `sizes` the
    shape and `index` the first entry that differs, {name: number}; `residual` is before − after
    there (SymPy), `values` both sides at fixed odd rational values of all entries.
    """

    def __init__(self, step, reason, before, after, sizes, difference, hint=""):
        self.step, self.reason, self.before, self.after = step, reason, before, after
        self.sizes, self.index = sizes, {str(i): n for i, n in difference.index.items()}
        self.residual, self.values = difference.residual, difference.values
        shape = ", ".join(f"{size} = {number}" for size, number in sizes.items())
        entry = ", ".join(f"{letter} = {number}" for letter, number in self.index.items())
        left, right = (value.evalf(6) for value in self.values)
        where = ": entry ".join(filter(None, (shape and f", at {shape}", entry)))
        super().__init__(
            f"step {step} is wrong: {reason}\n"
            f"  before: {before}\n"
            f"  after:  {after}\n"
            f"  first difference{where}\n"
            f"  before − after = {shortened(str(self.residual))}\n"
            f"  in numbers: {left} before, {right} after{hint}"
        )


def shortened(text, length=300):
    return text if len(text) <= length else text[:length] + " …"
