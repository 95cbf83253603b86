"""Strong induction: a claim for every step, lines that may use it at the steps before."""

from dataclasses import replace

from .nodes import node
from .premises.admission import admit
from .premises.claims import Claim, check_claim, earlier
from .printing.printer import latex
from .steps import Derivation


class Induction(Derivation):
    """Lines that show left = right for every step t = 1, 2, …: the last line is the right side.

    A line that cites `earlier` may use the claim at all steps before t, and at no other: at t = 1
    there is none, so the start needs no case. `over` is the letter t, which is in the left side;
    `define` and `sizes` are those of a Derivation. Raises DerivationError or ShapeError.
    """

    def __init__(self, left, right, over, define=None, sizes=None):
        super().__init__(left, define, sizes)
        right = node(right)
        check_claim(self.target, right, over, self.scope)
        admit(right, self)
        self.claim = Claim(self.target, right, over, tuple(self.scope.items()))

    @property
    def proved(self):
        """Whether a line says what was claimed, and all lines are proved for all shapes."""
        return super().proved and self.complete

    @property
    def complete(self):
        """Whether a line says what was claimed."""
        return any(latex(step.expression) == latex(self.claim.right) for step in self.steps)

    def _facts(self, using):
        facts = super()._facts(tuple(fact for fact in using if fact is not earlier))
        return replace(facts, claim=self.claim) if any(f is earlier for f in using) else facts

    def _citable(self, expression):
        return [*super()._citable(expression), self.claim]
