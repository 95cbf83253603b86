"""A figure that asks first: its entries appear as the reader works them out.

    sheet = Steps({"Forward →": {"X": X, "A": A}, "← Backward": {"∂L/∂A": dA}})
    sheet.sum(("A", 1, 0), [("X", 1, 0), ("W", 0, 0)], [("b", 0)])      A₂₁ = X₂₁ W₁₁ + b₁
    sheet.shown(show(fig, alt="The finished sheet."))

In a page of the book a script (`steps.js`) asks and tells; where none runs, a still figure of
the finished sheet is shown. A step whose numbers do not give the entry is refused.
"""

import html
import json
import math

import numpy as np

from .plotting import Html, signed

LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Steps:
    """Arrays in rows, {heading: {name: array}}, and the order of the questions."""

    def __init__(self, rows, title="Step by step"):
        self.rows = {
            heading: {name: np.asarray(array, dtype=float) for name, array in arrays.items()}
            for heading, arrays in rows.items()
        }
        self.title, self.steps = title, []

    def value(self, entry):
        """The number at an entry, (name, row, column), (name, row) or (name,)."""
        name, *place = entry
        for arrays in self.rows.values():
            if name in arrays:
                return float(arrays[name][tuple(place)])
        raise ValueError(f"Steps has no array {name!r}")

    def sum(self, entry, *products):
        """Ask for an entry that is a sum of products of entries."""
        factors = [[self.value(one) for one in product] for product in products]
        worth = [math.prod(product) for product in factors]
        how = " + ".join(" · ".join(map(_bracketed, product)) for product in factors)
        uses = [one for product in products for one in product]
        self.step(entry, sum(worth), how, uses, _slips(factors, worth))

    def step(self, entry, value, how, uses, slips=()):
        """Ask for an entry: `how` it is worked out, of which entries; slips are (number, sentence).

        Raises ValueError if the entry is not this `value`.
        """
        if not math.isclose(value, self.value(entry), abs_tol=1e-12):
            raise ValueError(f"{label(entry)} is {self.value(entry):g}, and {how} is {value:g}")
        told = {}
        for number, sentence in slips:
            if not math.isclose(number, value, abs_tol=1e-12):
                told.setdefault(f"{number:g}", sentence)
        asked = {"entry": _place(entry), "label": label(entry), "how": how, "value": value}
        self.steps.append({**asked, "uses": [_place(one) for one in uses], "slips": told})

    def shown(self, still):
        """The figure, with one of the finished sheet for where no script runs."""
        rows = [
            {"heading": heading, "arrays": [_listed(*one) for one in arrays.items()]}
            for heading, arrays in self.rows.items()
        ]
        data = {"title": self.title, "rows": rows, "steps": self.steps}
        text = html.escape(json.dumps(data, ensure_ascii=False), quote=True)
        return Html(f'<div class="steps" data-steps="{text}">{still._repr_html_()}</div>')


def label(entry):
    """An entry as the text writes it: ("A", 1, 0) is A₂₁."""
    name, *place = entry
    return name + "".join(str(index + 1) for index in place).translate(LOW)


def _place(entry):
    """[name, row, column]: a vector is a column, a number one cell."""
    name, row, column, *_ = [*entry, 0, 0]
    return [name, row, column]


def _listed(name, array):
    cells = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    return {"name": name, "values": cells.tolist()}


def _bracketed(value):
    return f"({signed(value)})" if value < 0 else signed(value)


def _slips(factors, worth):
    """(number, sentence) of what goes wrong with a sum of products."""
    total, several = sum(worth), len(worth) > 1
    for product, one in zip(factors, worth, strict=True):
        alone = " · ".join(map(_bracketed, product))
        if several and len(product) > 1:
            yield one, f"That is {alone} alone. The other paths are missing: add them."
        if several:
            yield total - one, f"That leaves out {alone}. Every path adds its part."
    if several:
        yield total / len(worth), f"That is the sum divided by {len(worth)}: add, don't average."
        yield math.prod(worth), "That multiplies the paths. Along a path multiply, then add paths."
    if any(len(product) > 1 for product in factors):
        yield sum(map(sum, factors)), "That adds the factors. Along a path they are multiplied."
    yield -total, "The size is right; the sign is not."
