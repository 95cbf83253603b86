"""A claim for every step t, and what strong induction lets a line assume: the same before t."""

from dataclasses import dataclass

from ..errors import DerivationError
from ..nodes import Index, Node, Word
from .scope import arrays_in


class Earlier(Word):
    """What a line of an induction cites: the claim at all earlier steps."""

    word = "earlier"


earlier = Earlier()


@dataclass(frozen=True)
class Claim:
    """left = right at every `step`, and for every other index in `scope`, {index: size}."""

    left: Node
    right: Node
    step: Index
    scope: tuple

    def __str__(self):
        return "earlier"


def check_claim(left, right, step, scope):
    """Raises DerivationError for what induction over a step cannot show."""
    if left.shape or right.shape:
        raise DerivationError(
            f"a claim says of a number that it is another one, x[t, i] or Σ, got {left} = {right}"
        )
    if step not in scope:
        raise DerivationError(
            f"the induction is over a letter of the claim, such as over=t, got {step!r}"
        )
    if common := arrays_in(left) & arrays_in(right):
        raise DerivationError(
            f"{min(map(str, common))} is on both sides of the claim {left} = {right}: leave on the "
            "left what is made step by step, and say on the right what it is"
        )
