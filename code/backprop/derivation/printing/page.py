"""A derivation as it is shown: one aligned LaTeX block, or plain text for a terminal."""

import hashlib
import re
from functools import partial

from ..errors import DerivationError
from ..language import arrays
from ..language.functions import KNOWN
from ..language.matrices import Det, OfMatrix
from ..nodes import Node, walk
from ..premises.claims import Claim, Earlier, earlier
from ..premises.conditions import UNIQUE
from ..premises.facts import ChainRule, chain_rule
from ..premises.hypotheses import Hypothesis
from .printer import is_row, latex, letters, text
from .styles import GREEK, Latex

MATHS = re.compile(r"(\$[^$]+\$|\b[^\W_]+_[^\W_]+\b)")
COMMANDS = {
    *f"{GREEK} Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega frac sqrt sum prod".split(),
    *"partial nabla cdot times odot oslash top prime infty to in le leq ge geq ne neq".split(),
    *"approx sim pm exp log tanh sin cos max min text mathbf mathrm mathbb mathcal".split(),
    *"operatorname hat bar tilde dot ldots cdots dots quad left right ell , ; : ! { } |".split(),
    " ",
}
SLOPES = arrays.Gradient, arrays.Derivative, arrays.Direct
SIGNS = {"Σ": r"\sum", "δ": r"\delta"}


def check_reason(reason):
    """A reason is prose; Y_ij or $…$ in it is maths. Raises DerivationError otherwise."""
    if not isinstance(reason, str) or not reason.strip() or not reason.isprintable():
        raise DerivationError(f"every line needs a reason, one line of words, got {reason!r}")
    if bad := set(MATHS.sub("", reason)) & set("\\{}$%#&^~_"):
        raise DerivationError(
            f"write {' '.join(sorted(bad))} between dollar signs in the reason {reason!r}"
        )
    for formula in re.findall(r"\$([^$]+)\$", reason):
        check_formula(formula, reason)


def check_formula(formula, reason):
    """Raises DerivationError for LaTeX that could change the page beyond the reason."""
    commands = {*re.findall(r"\\([a-zA-Z]+|.?)", formula)}
    braces = re.sub(r"\\.", "", formula)
    depths = [braces[:n].count("{") - braces[:n].count("}") for n in range(len(braces) + 1)]
    if bad := sorted(commands - COMMANDS):
        what = "\\" + bad[0]
    elif bad := sorted({*braces} & set("&%#~")):
        what = bad[0]
    elif min(depths) < 0 or depths[-1]:
        what = "a brace without its partner"
    else:
        return
    raise DerivationError(
        f"a reason is words and short formulas: {what} has no place in the reason {reason!r}"
    )


def prose(reason):
    r"""A reason in LaTeX: words as \text{…}, Y_ij as Y_{ij}, $…$ as it is."""
    return "".join(
        maths(part) if k % 2 else rf"\text{{{part}}}"
        for k, part in enumerate(MATHS.split(reason))
        if part
    )


def maths(part):
    if part.startswith("$"):
        return part[1:-1]
    base, _, indices = part.partition("_")
    return Latex().subscript(SIGNS.get(base) or Latex().name(base), indices)


def notes(step, tex):
    """The reason of a line; the conditions that come or go with it; what it assumes and cites."""
    show, mark = (latex, "$") if tex else (text, "")
    out = [step.reason]
    for one in step.where:
        after = f" {UNIQUE}" if one.sign == UNIQUE else by_definition(one)
        out.append(f"where {mark}{condition(one, show)}{mark}{after}")
    for one in step.facts.hypotheses:
        out.append(f"assuming {mark}{show(one.left)} = {show(one.right)}{mark}{one.more}")
    if known := cited(step.using, tex):
        out.append(f"[{known}]")
    return stacked(map(prose, out)) if tex else ", ".join(out).replace(", [", " [")


def condition(one, show):
    """A side condition: Y > 0, or A ≠ B."""
    if one.sign == UNIQUE:
        return show(one.what)
    sign = r"\neq" if show is latex and one.sign == "≠" else one.sign
    return f"{show(one.what)} {sign} {show(one.than)}"


def by_definition(one):
    return " by its definition" if one.known else ""


def stacked(parts):
    """Small notes in LaTeX, one below the other: the formula needs the width."""
    parts = list(parts)
    rows = r" \\ ".join(parts)
    if len(parts) > 1:
        rows = rf"\begin{{array}}{{l}} {rows} \end{{array}}"
    return rf"{{\small {rows}}}"


def cited(using, tex=False):
    """How the facts that a line cites are called: its hypotheses are said in full elsewhere."""
    show, mark = (latex, "$") if tex else (text, "")
    nodes = [getattr(fact, "array", fact) for fact in using if isinstance(fact, Node)]
    shown = [mark + show(one) + mark for one in nodes if not isinstance(one, Det)]
    out = ["axiom"] if chain_rule in using else []
    out += [f"definition{'s' if len(shown) > 1 else ''} of {', '.join(shown)}"] if shown else []
    out += [f"derivative of {mark}{show(one)}{mark}" for one in nodes if isinstance(one, Det)]
    out += ["the claim at earlier steps"] if any(fact is earlier for fact in using) else []
    known = Node | Hypothesis | ChainRule | Earlier
    other = [fact for fact in using if not isinstance(fact, known)]
    targets = [in_steps(fact, show)(fact.target) for fact in other]
    out += [f"{mark}{target}{mark} as proved" for target in targets]
    return ", ".join(out)


def named(fact):
    """How one fact is called in a message."""
    if isinstance(fact, Hypothesis):
        return f"{text(fact.left)} = {text(fact.right)}{fact.more}"
    if isinstance(fact, Claim | Earlier):
        return "the claim at earlier steps"
    return str(fact) if fact is chain_rule else f"the {cited((fact,))}"


def sign(step, tex):
    """What is between two lines: = only if it was proved."""
    return "=" if step.how != "numbers" else r"\approx" if tex else "≈"


def in_steps(derivation, show):
    """How its lines are shown: where arrays are made step by step, ∂ and d are told apart."""
    return partial(show, steps=bool(derivation.definitions.steps))


def rows(derivation, show):
    """(left, right, step) of every line; the left is empty where it stays the same."""
    show = in_steps(derivation, show)
    previous, whole = show(derivation.target), derivation.whole
    taken = [*letters(derivation.target).values()]
    for k, step in enumerate(derivation.steps):
        whole_line = step.expression.shape
        left = show(whole, is_row(step.expression)) if whole_line else previous
        right = show(step.expression, taken=() if whole_line else taken)
        yield (left if k == 0 or left != previous else ""), right, step
        previous = left


def conclusion(derivation):
    """What a derivation has shown, in LaTeX: what it began with, and its last line."""
    left = [left for left, *_ in rows(derivation, latex) if left][-1]
    right = in_steps(derivation, latex)(derivation.last)
    return rf"{left} {sign(weakest(derivation), tex=True)} {right}"


def weakest(derivation):
    """A line that is not proved, if there is one; else the last."""
    tested = (step for step in derivation.steps if step.how == "numbers")
    return next(tested, derivation.steps[-1])


def anchor(derivation):
    """A name for a derivation, the same wherever it is run: its place in the table of gradients."""
    return f"proof-{hashlib.sha256(as_text(derivation).encode()).hexdigest()[:8]}"


def footer(derivation, tex):
    """What is below: the definitions, the axiom, and how the lines were checked."""
    show, say, mark = (latex, prose, "$") if tex else (text, str, "")
    show = in_steps(derivation, show)
    for one in shown_definitions(derivation):
        is_gradient = isinstance(one.array, arrays.Gradient)
        such = f", assuming that there is such a loss {one.array.loss}" if is_gradient else ""
        taken = [*letters(one.left).values()]
        left = show(one.left, is_row(one.right))  # (1ᵀ X) is a row, so it is rᵀ
        yield say(f"with {mark}{left} = {show(one.right, taken=taken)}{mark}{such}")
    for size in derivation.computed:
        yield say(f"with {mark}{show(size)} = {show(size.formula)}{mark}")
    if derivation.through:
        yield say(
            "by the chain rule (the axiom) through "
            + ", ".join(mark + show(x) + mark for x in derivation.through)
        )
    if derivation.outside:
        yield say("an entry whose index is not on its axis is 0")
    if any(map(is_second, (part for line in derivation.lines for part in walk(line)))):
        yield say("second derivatives are continuous, so their order does not matter")
    lines = [*derivation.lines, *derivation.definitions.sides]
    if derivation.definitions.steps and any(map(has_slope, lines)):
        d = r"$\mathrm{d}$" if tex else "d"
        yield say(f"∂ holds the rest of the definition fixed, {d} follows all paths")
    if claim := vars(derivation).get("claim"):
        yield say(hence(derivation, claim, show, mark))
    ways = {step.checked for step in derivation.steps}
    if len(ways) == 1:
        yield say("each line " + checked(*ways, mark))


def is_second(part):
    """Whether a node is the derivative of a derivative."""
    inner = getattr(part, "of", None) if isinstance(part, arrays.Derivative) else None
    inner = inner.array if isinstance(inner, arrays.Entry) else inner
    return isinstance(inner, arrays.Gradient | arrays.Derivative)


def shown_definitions(derivation):
    """Those on which its lines rest, or all if they cite none."""
    cited = {array for step in derivation.steps for array in step.facts.arrays}
    used = cited | {*derivation.through} if cited else {*derivation.definitions}
    known = sorted((one for one in cited if isinstance(one, OfMatrix)), key=str)
    return [derivation.definitions[one] for one in [*derivation.definitions, *known] if one in used]


def has_slope(line):
    return any(isinstance(part, SLOPES) for part in walk(line))


def claimed(derivation, tex):
    """What an induction claims, and what its lines may assume; nothing for another derivation."""
    show, say, mark = (latex, prose, "$") if tex else (text, str, "")
    if claim := vars(derivation).get("claim"):
        step, whole = spoken(claim, mark)
        yield say(f"Claim: {formula(claim, show, mark)} for all {whole}")
        yield say(f"assumed where it is cited: the same at all steps before {step}")


def hence(derivation, claim, show, mark):
    """The end of an induction, once its last line says what was claimed."""
    if not derivation.complete:
        return "the claim is not shown yet: no line is its right side"
    return f"hence, by induction, {formula(claim, show, mark)} for all {spoken(claim, mark)[1]}"


def formula(claim, show, mark):
    return f"{mark}{show(claim.left)} = {show(claim.right)}{mark}"


def spoken(claim, mark):
    """A step, and all of its steps: t, and t = 1, …, T."""
    step, size = claim.step, dict(claim.scope)[claim.step]
    dots = r"\ldots" if mark else "…"
    return f"{mark}{step}{mark}", f"{mark}{step} = 1, {dots}, {size}{mark}"


def checked(words, mark):
    """The words of the judge; the sizes in them are maths."""
    return re.sub(r"\w+ = \d+", lambda size: f"{mark}{size[0]}{mark}", words)


def as_latex(derivation):
    """The block between $$ and $$: the aligned lines, and what is below from the left edge."""
    lines = accepted(derivation) or [in_steps(derivation, latex)(derivation.target)]
    if len({step.checked for step in derivation.steps}) > 1:
        lines = [
            line + prose("; " + checked(step.checked, "$"))
            for line, step in zip(lines, derivation.steps, strict=True)
        ]
    block = aligned(lines)
    above, below = (
        [rf"{{\small {one}}}" for one in f(derivation, True)] for f in (claimed, footer)
    )
    whole = " \\\\[1ex]\n".join([*above, block, *below])
    return "$$\n\\begin{array}{l}\n" + whole + "\n\\end{array}\n$$"


def as_refused(derivation, expression, reason):
    """The lines that were accepted, and below them the one that was not, between $$ and $$."""
    show = in_steps(derivation, latex)
    left = "" if derivation.steps else show(derivation.target)
    note = prose(f"✗ refused: {reason}")
    refused = rf"{left} &\overset{{?}}{{=}} {show(expression)} && \quad {{\small {note}}}"
    return f"$$\n{aligned([*accepted(derivation), refused])}\n$$"


def accepted(derivation):
    """The lines in LaTeX, each with its reason."""
    return [
        rf"{left} &{sign(step, True)} {right} && \quad {notes(step, True)}"
        for left, right, step in rows(derivation, latex)
    ]


def aligned(lines):
    """Lines of LaTeX as one block."""
    return "\\begin{aligned}\n" + " \\\\[0.8ex]\n".join(lines) + "\n\\end{aligned}"


def as_text(derivation):
    """Lines in columns: left-hand side, line, reason; then what is below."""
    table = [
        (left, sign(step, False), right, notes(step, False))
        for left, right, step in rows(derivation, text)
    ]
    if not table:
        table = [(in_steps(derivation, text)(derivation.target), "=", "", "no line yet")]
    widths = [max(len(row[k]) for row in table) for k in (0, 2)]
    lines = [
        f"{left:<{widths[0]}} {sign} {right:<{widths[1]}}   {note}"
        for left, sign, right, note in table
    ]
    if len({step.checked for step in derivation.steps}) > 1:
        lines = [
            f"{line}; {step.checked}" for line, step in zip(lines, derivation.steps, strict=True)
        ]
    above, below = ([f"  {one}" for one in f(derivation, False)] for f in (claimed, footer))
    return "\n".join([*above, *lines, *below])


def known_functions():
    """(name, LaTeX, LaTeX of the derivative, where it has a value) of every known function."""
    x = arrays.array("x")
    for name, one in KNOWN.items():
        where = "where x > 0" if one.of_positive else "where x ≠ 0" if one.kink else "everywhere"
        yield name, latex(one(x)), latex(one.slope(x)), where
