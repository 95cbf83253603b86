"""The summary card of a chapter: formula, shapes, a line of NumPy, the usual mistake, a figure.

    card(("linear.dW", weights), ("linear.db", biases))       with what the chapter has proved
    card("optimizers.momentum_w")                             what has no proof: its name alone

Nothing on it is typed a second time. The formula and the figure are printed from the derivation
that was proved; NumPy's line and the wrong one are those of the tables, against which `check`
compares.
"""

import ast
import csv
import html
import os
from collections import Counter

from ..datasets import DATA_FOLDER, IN_THE_PAGE
from ..shown import Html, maths
from .formulas import PLAIN, letters, words
from .tables import QUANTITIES

PAGES = "GRADIENTS_PAGES"  # how the book's pages end; it is set where they are built
# What is said of an input besides its shape.
SAID = {word: word for word in PLAIN - {"large", "few", "zeros"}} | {"share": "from 0 to 1"}


def card(*entries):
    """The cards of these quantities: each a name, or a name and the derivation that proves it.

    Raises ValueError for an unknown name, or a derivation that is not finished or of another shape.
    """
    pairs = [one if isinstance(one, tuple) else (one, None) for one in entries]
    for pair in pairs:
        _expect(*pair)
    shown = "".join(_card(QUANTITIES[name], proof) for name, proof in pairs)
    names = ", ".join(name for name, _ in pairs)
    return Html(f'<div class="summary-cards">{shown}</div>', f"[summary card: {names}]")


def _expect(name, proof=None, *more):
    if more or not isinstance(name, str) or name not in QUANTITIES:
        raise ValueError(f"card expects the name of a quantity, such as 'linear.dW', got {name!r}")
    if proof is None:
        return
    if not getattr(proof, "proved", False):
        raise ValueError(f"card expects a finished proof of {name}, got {proof!r:.80}")
    shape = " ".join(map(str, proof.scope.values()))
    if shape != QUANTITIES[name].shape:
        wanted = QUANTITIES[name].shape
        raise ValueError(f"card expects a proof of {name}, of shape {wanted}, got one of {shape}")


def _card(quantity, proof):
    wrong = usual(quantity)
    rows = {
        "Formula": _formula(proof) if proof else "",
        "Shapes": _shapes(quantity, wrong.formulas[0]),
        "In NumPy": f"<code>{html.escape(quantity.formula)}</code>",
        "with": "<br>".join(map(_code, definitions(quantity, wrong.formulas[0]))),
    }
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items() if value)
    title = f"<strong>{html.escape(quantity.symbol)}</strong> <code>{quantity.name}</code>"
    return (
        f'<article class="summary-card" aria-label="Summary card: {quantity.name}">'
        f'<p class="card-name">{title}</p>{_picture(proof)}<dl>{listed}</dl>'
        f"{_mistake(wrong)}{_links(proof)}</article>"
    )


def _formula(proof):
    from ..derivation.printing.page import conclusion  # late: most cells need no SymPy

    return maths(rf"\displaystyle {conclusion(proof)}")


def _picture(proof):
    """The formula as boxes, where it is one of whole arrays."""
    if proof is None or not proof.last.shape or proof.whole is None:
        return ""
    from ..derivation.printing.boxes import boxes  # late: as above

    return boxes(proof)._repr_html_()


def _mistake(wrong):
    """The usual mistake: marked by a word, a sign, an edge and a color."""
    formula, says = html.escape(wrong.formulas[0]), html.escape(wrong.says)
    said = f"<strong>✗ The usual mistake, wrong:</strong> <code>{formula}</code>"
    return f'<p class="card-mistake">{said}<br>{says}</p>'


def _links(proof):
    row = ""
    if proof is not None:
        from ..derivation.printing.page import anchor  # late: as above

        row = f"#{anchor(proof)}"
    end = os.environ.get(PAGES, ".html" if IN_THE_PAGE else ".ipynb")
    said = "Its row among all gradients" if row else "All gradients"
    links = {f"gradients{end}{row}": said, f"cards{end}": "all cards on one sheet"}
    shown = " · ".join(f'<a href="{place}">{name}</a>' for place, name in links.items())
    return f'<p class="card-links">{shown}</p>'


def _code(text):
    return f"<code>{html.escape(text)}</code>"


def _shapes(quantity, wrong):
    """The result's shape, and those of what it is made of."""
    used = _used(quantity, wrong)
    inputs = [
        f"{_code(name)} {_sides(spec)}{_besides(spec)}"
        for name, spec in quantity.takes.items()
        if name in used and letters(spec)
    ]
    made = f" from {', '.join(inputs)}" if inputs else ""
    return f"{_sides(quantity.shape)}{made}"


def _sides(shape):
    return " × ".join(letters(shape)) or "a scalar"


def _besides(spec):
    said = [SAID[word] for word in spec.split() if word in SAID]
    return f" ({said[0]})" if said else ""


def _used(quantity, wrong):
    """All names in the two formulas, and in what they are made of."""
    used, waiting = set(), [quantity.formula, wrong]
    while waiting:
        new = words(waiting.pop()) - used
        used |= new
        waiting += [quantity.where[name] for name in new & quantity.where.keys()]
    return used


def definitions(quantity, wrong):
    """["E = np.exp(Z)", …] of the names in the two formulas that are no inputs, in order."""
    used = _used(quantity, wrong)
    found = sorted((name for name in quantity.where if name in used), key=_depth(quantity))
    return [f"{name} = {quantity.where[name]}" for name in found]


def _depth(quantity):
    """How often a definition leads to another one: what is used comes before what uses it."""

    def depth(name):
        inner = words(quantity.where[name]) & quantity.where.keys()
        return 1 + max(map(depth, inner), default=0)

    return depth


def usual(quantity):
    """The mistake that most students made, if the data count one twice; else the table's first."""
    counts = seen()
    made = [counts[quantity.name, mistake.code] for mistake in quantity.mistakes]
    often = max(made) if max(made) > 1 else None
    return quantity.mistakes[made.index(often) if often else 0]


def seen():
    """{(quantity, mistake): how many authors made it}; nothing where there are no data."""
    path = DATA_FOLDER / "student_mistakes.csv"
    if not path.is_file():
        return Counter()
    with path.open(newline="", encoding="utf-8") as file:
        keys = ("collection", "author", "quantity", "mistake")
        rows = {tuple(row[key] for key in keys) for row in csv.DictReader(file)}
    return Counter((quantity, mistake) for _, _, quantity, mistake in rows)


def called(code):
    """[(name, variable or None), …] of each call of `card` in a cell: what a sheet is made from."""
    calls = [
        part
        for part in ast.walk(ast.parse(code))
        if isinstance(part, ast.Call) and getattr(part.func, "id", "") == "card"
    ]
    return [_entry(argument) for call in calls for argument in call.args]


def _entry(argument):
    match argument:
        case ast.Constant(str(name)):
            return name, None
        case ast.Tuple([ast.Constant(str(name)), ast.Name(variable)]):
            return name, variable
    raise ValueError(
        f"card is called with a name, or (name, variable), got {ast.unparse(argument)}"
    )
