"""What can be wrong with a line. All are ValueErrors, and each says what to look at."""


class DerivationError(ValueError):
    """The line or the derivation cannot be judged as it is written; base of all others."""


class ShapeError(DerivationError):
    """Two shapes do not meet, or an index stands on an axis of another length."""


class HiddenDependence(DerivationError):
    """A derivative of something of which no definition says how it depends on the variable."""


class UnusedHypothesis(DerivationError):
    """The line holds without the hypothesis that it cites."""


class NotProved(DerivationError):
    """The line could not be proved, and no counterexample was found either."""


class WrongStep(DerivationError):
    """The line differs from the one above it.

    `step` and `reason` name the line, `before` and `after` are both lines as text, `sizes` the shape and
    `index` the first entry that differs, `residual` is before − after there (SymPy), `values` both
    sides at fixed odd rational values.
    """

    def __init__(self, step, reason, before, after, sizes, index, residual, values):
        self.step, self.reason, self.before, self.after = step, reason, before, after
        self.sizes, self.index, self.residual, self.values = sizes, index, residual, values
        shape = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        entry = ", ".join(f"{name} = {number}" for name, number in index.items())
        super().__init__(
            f"step {step} is wrong: {reason}\n"
            f"  before:   {before}\n"
            f"  after:    {after}\n"
            f"  at {shape}" + (f", entry {entry}:\n" if entry else ":\n") + f"  before − after = {residual}\n"
            "  at a point with odd rational values: {:.6g} before, {:.6g} after".format(*map(float, values))
        )
