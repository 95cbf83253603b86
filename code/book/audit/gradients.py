"""The tables of the page "Every gradient on one page": printed from the objects that were proved.

A row is (what, chapter, proofs, code, error): what the gradient is of, where it is derived, its
Derivations, the function that computes it, and how far that is off what was measured.
"""

from backprop.derivation import Derivation
from backprop.derivation.language.arrays import Array
from backprop.derivation.nodes import walk
from backprop.derivation.printing.page import by_definition, condition, rows, sign
from backprop.derivation.printing.printer import latex
from backprop.plotting import Table, maths

from ..chapters.chapter import derived

HEADS = ("Gradient of", "Formula", "Shape", "It assumes", "How it was proved", "In the code")
NO_CODE = "none: such targets are refused"
CHAIN_RULE, NOTHING = "the chain rule", "nothing but its definitions"


def every_gradient(measured):
    """The table of all rows."""
    body = [_cells(*row) for row in measured]
    return Table([*HEADS, "Error"], body, caption="Every gradient of the book")


def everything_else(measured):
    """The table of all that the chapters derive and that is in none of the rows."""
    listed = [proof for _, _, proofs, *_ in measured for proof in proofs]
    found = [(name, one) for name, proofs in derived().items() for one in proofs.values()]
    body = [_short(name, proof) for name, proof in found if proof not in listed]
    heads = ["Chapter", "Statement", *HEADS[3:5]]
    return Table(heads, body, caption="Everything else that is proved")


def _cells(what, chapter, proofs, code, error):
    sides = ["right of 0: ", "left of 0: "] if len(proofs) > 1 else [""]
    formulas = [
        part
        for side, proof in zip(sides, proofs, strict=True)
        for part in [side + formula(proof), *definitions(proof)]
    ]
    name = f"{code.__module__.removeprefix('backprop.')}.{code.__qualname__}" if code else ""
    return [
        f"<a href='{chapter}.html'>{what}</a>",
        stacked(formulas),
        stacked(map(shape, proofs)),
        stacked(part for proof in proofs for part in assumed(proof)) or NOTHING,
        stacked(map(how, proofs)),
        f"<code>{name}</code>" if code else NO_CODE,
        f"<span style='white-space: nowrap'>{error:.0e}</span>",
    ]


def _short(chapter, proof):
    return [
        f"<a href='{chapter}.html'>{chapter.replace('_', ' ')}</a>",
        stacked([formula(proof), *definitions(proof)]),
        stacked(assumed(proof)) or NOTHING,
        how(proof),
    ]


def stacked(parts):
    """Each once, one below the other."""
    return "<br>".join(dict.fromkeys(parts))


def formula(proof):
    """The last line and what it equals, as they stand in the chapter."""
    left = [left for left, *_ in rows(proof, latex) if left][-1]
    weakest = next((step for step in proof.steps if step.how == "numbers"), proof.steps[-1])
    return maths(rf"\displaystyle {left} {sign(weakest, tex=True)} {latex(proof.last)}")


def definitions(proof):
    """What the derivation, or one that it cites, uses of its definitions."""
    used = {array for step in steps(proof) for array in step.facts.arrays}
    known = [one for array, one in proof.definitions.items() if array in used]
    return [f"<small>with {maths(equation(one))}</small>" for one in known]


def equation(one):
    """A definition or a hypothesis: its two sides."""
    return f"{latex(one.left)} = {latex(one.right)}"


def steps(proof):
    """The lines of a derivation, and of those that it cites."""
    cited = [fact for step in proof.steps for fact in step.using if isinstance(fact, Derivation)]
    return [*proof.steps, *(step for one in cited for step in steps(one))]


def assumed(proof):
    """The axiom, the hypotheses, the side conditions, and what is declared positive."""
    parts = [part for side in [proof.target, *proof.definitions.sides] for part in walk(side)]
    declared = {part for part in parts if isinstance(part, Array) and part.positive}
    declared -= proof.definitions.keys()
    return [
        *[CHAIN_RULE for step in steps(proof) if step.facts.chain_rule][:1],
        *(f"{maths(equation(one))} " for one in proof.hypotheses),
        *(
            f"{maths(condition(one, latex))} {by_definition(one).strip()}"
            for step in steps(proof)
            for one in step.where
        ),
        *(f"{maths(f'{latex(one)} > 0')} " for one in sorted(declared, key=str)),
    ]


def shape(proof):
    """The shape of the gradient."""
    sizes = proof.scope.values()
    return maths(r" \times ".join(map(latex, sizes))) if sizes else "number"


def how(proof):
    """How many lines, and the words of the judge."""
    ways = " or ".join(sorted({step.checked for step in proof.steps}))
    return f"{len(proof.steps)} line{'s' if len(proof.steps) > 1 else ''}, {ways}"
