"""The tables of the page "Every gradient on one page": printed from the objects that were proved.

A row (`measured.Row`) says what the gradient is of, where it is derived, its Derivations, the
function that computes it, and how far that is off what was measured.
"""

from backprop.derivation import Derivation
from backprop.derivation.language.arrays import Array
from backprop.derivation.nodes import walk
from backprop.derivation.printing.page import anchor, by_definition, conclusion, condition
from backprop.derivation.printing.printer import latex
from backprop.shown import Html, Table, maths

from ..chapters.chapter import derived

HEADS = ("Gradient of", "Formula", "Shape", "Error")
NO_CODE = "in no function: such targets are refused"
CHAIN_RULE, NOTHING = "the chain rule", "nothing but its definitions"


def every_gradient(measured):
    """The table of all rows. It fits the column; on a telephone each row is a card."""
    heads = "".join(f"<th scope='col'>{name}</th>" for name in HEADS)
    body = "".join(map(_row, measured))
    table = "<table class='results gradients'><caption>Every gradient of the book</caption>"
    return Html(f"{table}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>")


def everything_else(measured):
    """The table of all that the chapters derive and that is in none of the rows."""
    listed = [proof for row in measured for proof in row.proofs]
    chapters = {name: proofs for name, proofs in derived().items() if name != "index"}
    found = [(name, one) for name, proofs in chapters.items() for one in proofs.values()]
    body = [_short(name, proof) for name, proof in found if proof not in listed]
    heads = ["Chapter", "Statement", "It assumes", "How it was proved"]
    return Table(heads, body, caption="Everything else that is proved")


def _row(row):
    sides = ["right of 0: ", "left of 0: "] if len(row.proofs) > 1 else [""]
    formulas = [
        part
        for side, proof in zip(sides, row.proofs, strict=True)
        for part in [side + formula(proof), *definitions(proof)]
    ]
    assumes = list(dict.fromkeys(part for proof in row.proofs for part in assumed(proof)))
    says = f"assumes {', '.join(assumes) or NOTHING}; {'; '.join(map(how, row.proofs))}"
    link = f"<a href='{row.chapter}.html'>{row.what}</a>"
    cells = [
        f"<th scope='row'>{link}<br><small>{_named(row.code)}</small></th>",
        _cell("Formula", stacked([*formulas, f"<small class='says'>{says}</small>"])),
        _cell("Shape", stacked(map(shape, row.proofs))),
        _cell("Error", f"{row.error:.0e}"),
    ]
    return f"<tr id='{anchor(row.proofs[-1])}'>{''.join(cells)}</tr>"


def _cell(head, value):
    """A cell that says, where the heads are not shown, which column it is."""
    return f"<td data-head='{head}'>{value}</td>"


def _named(code):
    if not code:
        return NO_CODE
    name = f"{code.__module__.removeprefix('backprop.')}.{code.__qualname__}"
    return f"<code>{name.replace('.', '.<wbr>').replace('_', '_<wbr>')}</code>"


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
    return maths(rf"\displaystyle {conclusion(proof)}")


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
    return maths(r" \times ".join(map(latex, sizes))) if sizes else "scalar"


def how(proof):
    """How many lines, and the words of the judge."""
    ways = " or ".join(sorted({step.checked for step in proof.steps}))
    return f"{len(proof.steps)} line{'s' if len(proof.steps) > 1 else ''}, {ways}"
