"""What a line cites: a definition, the chain rule, a hypothesis, the result of a derivation.

A fact acts in the line that cites it and in no other.
"""

from dataclasses import dataclass, replace

from ..errors import DerivationError
from ..language.arrays import Array, Derivative, Entry, Gradient
from ..nodes import Index, Word, entry
from .claims import Claim, Earlier
from .hypotheses import Hypothesis, check_together


class ChainRule(Word):
    """∂L/∂x = Σ ∂L/∂y ∂y/∂x over all y in whose definition x occurs: the only axiom."""

    word = "the chain rule"


chain_rule = ChainRule()


@dataclass(frozen=True)
class Result:
    """What a finished derivation says of an entry, or of a derivative, with indices.

    It holds for all values of the arrays that are not in `rests_on`: those that it assumes
    something of, and those whose definition it uses. So by these it must not be differentiated.
    """

    arrays: tuple
    indices: tuple
    body: object
    hypotheses: tuple
    rests_on: frozenset
    where: tuple

    @classmethod
    def of(cls, derivation, definitions):
        """Raises DerivationError if its target has no name, or if it rests on other definitions."""
        if not derivation.proved:
            raise DerivationError(f"nothing is proved for all shapes of {derivation.target}")
        if not derivation.definitions.same(definitions):
            raise DerivationError(f"{derivation.target} was derived from other definitions")
        body = entry(derivation.last, *derivation.scope)
        facts = [step.facts for step in derivation.steps]
        where = tuple(one for step in derivation.steps for one in step.where if not one.known)
        rest = derivation.hypotheses, frozenset().union(*(one.rests_on for one in facts)), where
        match entry(derivation.target, *derivation.scope):
            case Derivative(Entry(loss, ()), Entry(array, indices)) if derivation.loss_and_variable:
                return cls((Gradient.made(array, loss),), indices, body, *rest)
            case Derivative(Entry(one, rows), Entry(other, columns)):
                return cls((one, other), rows + columns, body, *rest)
            case Entry(array, indices):
                return cls((array,), indices, body, *rest)
        raise DerivationError(f"{derivation.target} has no name by which it could be cited")

    def at(self, indices):
        """(body, {index: what stands for it}), or None if the indices do not fit."""
        found = {}
        for mine, given in zip(self.indices, indices, strict=True):
            if not isinstance(mine, Index) or found.setdefault(mine, given) != given:
                return None
        return self.body, found


@dataclass(frozen=True)
class Facts:
    """What one line cites, sorted by kind."""

    arrays: frozenset = frozenset()
    chain_rule: bool = False
    hypotheses: tuple = ()
    results: tuple = ()
    claim: Claim | None = None

    @classmethod
    def of(cls, using, definitions):
        """From what the author wrote. Raises DerivationError for what is no fact."""
        made = cls()
        for fact in using:
            match fact:
                case Entry(array, ()) | (Array() as array) if array in definitions:
                    made = replace(made, arrays=made.arrays | {array})
                case ChainRule():
                    made = replace(made, chain_rule=True)
                case Hypothesis(array=array) if array not in definitions and not isinstance(
                    array, Gradient
                ):
                    made = replace(made, hypotheses=(*made.hypotheses, fact))
                case Result():
                    made = replace(
                        made,
                        results=(*made.results, fact),
                        hypotheses=(*made.hypotheses, *fact.hypotheses),
                    )
                case Earlier():
                    raise DerivationError(
                        "earlier is the claim of an Induction at the steps before: there is none"
                    )
                case Hypothesis(array=array):
                    why = "a gradient" if isinstance(array, Gradient) else "defined"
                    raise DerivationError(f"{array} is {why}, so nothing is to be assumed of it")
                case Entry(array) if array in definitions:
                    raise DerivationError(
                        f"the definition of {array} is cited whole: using={array}"
                    )
                case Array() | Entry():
                    raise DerivationError(f"{fact} has no definition here that could be cited")
                case _:
                    raise DerivationError(
                        "a line cites arrays that are defined, chain_rule, a hypothesis or a "
                        f"derivation, got {fact!r}"
                        + ("; write it without quotes" if isinstance(fact, str) else "")
                    )
        check_together(made.hypotheses)
        return made

    def result(self, arrays, indices):
        """What a cited derivation says of an entry or of a derivative: (expression, indices)."""
        for one in self.results:
            if one.arrays == arrays and (found := one.at(indices)):
                return found
        return None

    @property
    def rests_on(self):
        """The arrays of which something is assumed, and those whose definition is used."""
        assumed = {one.array for one in self.hypotheses}
        return self.arrays.union(assumed, *(one.rests_on for one in self.results))

    def without(self, array):
        """The facts that hold whatever the array is: those that can be differentiated by it."""
        results = tuple(
            one for one in self.results if one.arrays != (array,) and array not in one.rests_on
        )
        return replace(self, arrays=self.arrays - {array}, results=results)

    def has(self, fact):
        if isinstance(fact, Claim):
            return self.claim == fact
        return self.chain_rule if fact is chain_rule else fact in self.arrays

    def plus(self, more):
        """These facts and further definitions, the chain rule, or a claim."""
        arrays = self.arrays | {fact for fact in more if isinstance(fact, Array)}
        claims = [fact for fact in more if isinstance(fact, Claim)]
        return replace(
            self,
            arrays=arrays,
            chain_rule=self.chain_rule or chain_rule in more,
            claim=claims[0] if claims else self.claim,
        )
