"""A guess at what was done: codes, a sentence for each, the wrong formula, and what it is worth."""

from dataclasses import dataclass, replace

import numpy as np

from ..vocabulary import VOCABULARY
from .trees import filled


@dataclass(frozen=True)
class Guess:
    """Mistakes that would give `value`; `shown` says whether the formula is worth showing.

    `says` has sentences, or Slips that can say one: thousands are guessed, one is said.
    """

    codes: tuple
    says: tuple
    tree: object = None
    value: np.ndarray | None = None
    shown: bool = True
    inside: tuple | None = None  # what is around the tree: (template, what is inside it)

    def also(self, code, template, value):
        """The same with one more mistake on top; the template writes it around the formula A."""
        more = (
            "On top of that every sign is reversed." if code == "wrong-sign" else VOCABULARY[code]
        )
        told = (*self.says, more)
        return Guess((*self.codes, code), told, self.tree, value, inside=(template, self.inside))

    @property
    def whole(self):
        """The tree of the whole formula, if there is one."""
        return None if self.tree is None else _wrapped(self.tree, self.inside)

    def turned(self):
        """The same with the last mistake named first."""
        codes, says = self.codes, self.says
        return replace(self, codes=(codes[-1], *codes[:-1]), says=(says[-1], *says[:-1]))

    def slipped(self, case, slip):
        """The same with a slip more; the same slip at two places is one mistake."""
        value = case.value(slip.tree)
        if slip.code in self.codes:
            return replace(self, tree=slip.tree, value=value, shown=True)
        return Guess((*self.codes, slip.code), (*self.says, slip), slip.tree, value)

    @property
    def sentences(self):
        return [one if isinstance(one, str) else one.says for one in self.says]


def guess(case, codes, says, tree, shown=True):
    """The Guess of a wrong formula."""
    return Guess(codes, (says,), tree, case.value(tree), shown)


def _wrapped(tree, inside):
    if inside is None:
        return tree
    template, inner = inside
    return filled(template, A=_wrapped(tree, inner))
