"""What an exercise is made of, as data: a quantity, its right formula, the mistakes it invites.

A formula is a line of NumPy. It is evaluated on the inputs that `takes` names, on what `where`
derives from them, and on the sizes as numbers (S, M, N, C, …). So the same line finds the mistake,
stands in the message, and is planted in the tests.

    Quantity("linear.db", "∂L/∂b", takes={"dY": "S N"}, shape="N", formula="dY.sum(axis=0)", …)

The shape of an input is given by letters, and may be followed by what it holds:

    "S C large"          numbers that may be as large as 1,000 (logits)
    "S C probabilities"  rows of positive numbers that sum to 1
    "S labels"           whole numbers from 0 to C − 1
    "S C targets"        rows that sum to 1
    "positive", "share", "whole"      a number above 0; one between 0 and 1; one from 2 to 9
    "S M positive"       positive numbers
    "S C mask"           0 or 1, at least one 1 in each row
    "S M few"            −2, −1, 0, 1 or 2: arrays with ties between them
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Mistake:
    """A wrong formula, its code in the vocabulary, and a sentence: what was done, and why not.

    Several formulas, in a tuple, are ways to the same mistake.
    """

    code: str
    formula: str | tuple
    says: str

    @property
    def formulas(self):
        """All of them, as a tuple."""
        return (self.formula,) if isinstance(self.formula, str) else self.formula


@dataclass(frozen=True)
class Quantity:
    """Something that can be asked for: `name` is "topic.what", `symbol` how the text writes it.

    `exact` is the formula where `formula` would overflow or divide by 0; `section` is the heading
    in the topic's chapter where it is derived.
    """

    name: str
    symbol: str
    takes: dict
    shape: str
    formula: str
    section: str
    mistakes: tuple = ()
    where: dict = field(default_factory=dict)
    exact: str = ""

    @property
    def chapter(self):
        """The name of its chapter."""
        topic = self.name.split(".")[0]
        return {"relu": "activations", "elu": "activations", "cross_entropy": "losses"}.get(
            topic, topic
        )


@dataclass(frozen=True)
class Exercise:
    """What `check` asks for: a function of `takes` that returns the quantities in this order.

    `kind` is "function", or "layer": a class with forward and backward, where the first quantity is
    what forward returns and the second what backward does.
    """

    name: str
    takes: tuple
    returns: tuple
    kind: str = "function"


@dataclass(frozen=True)
class Proof:
    """A derivation of `target` (as printed) whose last line has no derivatives but `given`."""

    name: str
    target: str
    given: tuple = ()


@dataclass(frozen=True)
class Refusal:
    """A function that breaks a derivation: calling it has to be refused with this error."""

    name: str
    error: str


QUANTITIES, EXERCISES = {}, {}


def add(*entries):
    """Put quantities and exercises on the list. A quantity by itself is an exercise too."""
    for entry in entries:
        if isinstance(entry, Quantity):
            QUANTITIES[entry.name] = entry
            EXERCISES.setdefault(entry.name, Exercise(entry.name, tuple(entry.takes), (entry,)))
        elif isinstance(entry, Proof | Refusal):
            EXERCISES[entry.name] = entry
        else:
            names = entry.returns.split() if isinstance(entry.returns, str) else entry.returns
            takes = tuple(entry.takes.split()) if isinstance(entry.takes, str) else entry.takes
            returns = tuple(QUANTITIES[name] for name in names)
            EXERCISES[entry.name] = replace(entry, takes=takes, returns=returns)
