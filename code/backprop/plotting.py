"""Figures that say in words what is to be seen, and that are readable on white and on black.

A figure is drawn with matplotlib in `INK` for all that is text, axis or outline, and shown as SVG
in which INK has become `currentColor`: the color of the text around it, whatever the theme.

    fig, ax = figure(6, 3)
    ax.plot(...)
    show(fig, alt="The error falls with h², then rises as 1/h.")
"""

import hashlib
import html
import io
import re

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .shown import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, Html, Picture, Table, maths  # noqa: F401
from .validation import as_floats, expect_number, expect_sizes

NARROW = 5  # inches: a figure that is no wider is shown whole on a telephone

STYLE = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE]),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 2,
}


def figure(width=6.0, height=3.2, rows=1, columns=1, **kwargs):
    """A matplotlib figure of `width` × `height` inches in the book's style, and its axes."""
    width, height = (
        expect_number(side, "each side", "figure", low=0.1, high=100) for side in (width, height)
    )
    rows, columns = expect_sizes((rows, columns), "rows and columns", "figure")
    mpl.rcParams.update(STYLE)  # for good: legends and texts are made after this function returns
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns, **kwargs)


def show(fig, alt):
    """The figure as a `Picture`; `alt` says what is to be seen in it.

    Raises ValueError if `alt` says nothing, or `fig` is no figure.
    """
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"show expects alt to say what is to be seen, in a sentence, got {alt!r}")
    if not isinstance(fig, Figure):
        raise ValueError(f"show expects a matplotlib figure, got {fig!r}")
    out = io.StringIO()
    # The salt makes the ids of clip paths the same at every build and different in every figure.
    with mpl.rc_context(STYLE | {"svg.hashsalt": hashlib.sha256(alt.encode()).hexdigest()}):
        fig.savefig(
            out, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _without_unused_ids(svg).replace(INK, "currentColor")
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1, flags=re.DOTALL)
    label = html.escape(alt, quote=True)
    fits = ' class="narrow"' if fig.get_figwidth() <= NARROW else ""
    return Picture(svg.replace("<svg", f'<svg{fits} role="img" aria-label="{label}"', 1), alt)


def _without_unused_ids(svg):
    # Matplotlib numbers its groups alike in every figure; on a page with two figures such ids would
    # clash.
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    return re.sub(r' id="([^"]*)"', lambda m: m.group(0) if m.group(1) in used else "", svg)


def draw_matrix(ax, left, rows, columns, name, color):
    """A matrix as a grid of unit cells, centered on y = 0: name above, rows × columns below."""
    rows, columns = expect_sizes((rows, columns), "rows and columns", "draw_matrix")
    left, bottom = expect_number(left, "left", "draw_matrix"), -rows / 2
    for row in range(rows):
        for column in range(columns):
            corner = left + column, bottom + row
            ax.add_patch(Rectangle(corner, 1, 1, facecolor=color, edgecolor=INK, alpha=0.55))
    middle = left + columns / 2
    ax.text(middle, bottom + rows + 0.25, name, ha="center", fontsize=13)
    ax.text(middle, bottom - 0.7, f"{rows} × {columns}", ha="center", fontsize=9)


def draw_values(ax, left, middle, values, name, color):
    """An array of at most two axes with its numbers in it, centered on y = `middle`; name above.

    A vector is drawn as a column, a single number as one cell. Returns where its right side is.
    """
    left, middle = (expect_number(x, "left and middle", "draw_values") for x in (left, middle))
    cells = np.atleast_1d(as_floats(values, "values", "draw_values"))
    cells = cells[:, None] if cells.ndim == 1 else cells
    if cells.ndim > 2:
        raise ValueError(f"draw_values expects values of at most two axes, got {cells.shape}")
    top = middle + len(cells) / 2
    for (row, column), value in np.ndenumerate(cells):
        x, y = left + column, top - row - 1
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=color, edgecolor=INK, alpha=0.35))
        text = signed(value)
        size = 12 if len(text) < 4 else 9
        ax.text(x + 0.5, y + 0.47, text, ha="center", va="center", fontsize=size)
    ax.text(left + cells.shape[1] / 2, top + 0.25, name, ha="center", fontsize=12)
    return left + cells.shape[1]


def draw_graph(ax, nodes, edges):
    """A computational graph: {name: (x, y, value, gradient)}, edges (from, to, local derivative).

    Values are above the nodes, gradients below in a frame; a gradient may be None. Each edge
    carries, as a text, what the gradient is multiplied by in the backward pass.
    """
    _expect_graph(nodes, edges)
    for start, end, local in edges:
        (x, y), (to_x, to_y) = nodes[start][:2], nodes[end][:2]
        arrow = {"arrowstyle": "->", "color": INK, "lw": 1.3, "shrinkA": 17, "shrinkB": 17}
        ax.annotate("", (to_x, to_y), (x, y), arrowprops=arrow)
        rise = 0.14 if to_y == y else 0.24 if to_y > y else -0.36
        ax.text((x + to_x) / 2, (y + to_y) / 2 + rise, local, ha="center", fontsize=10)
    framed = {"boxstyle": "round", "facecolor": "none", "edgecolor": ORANGE}
    for name, (x, y, value, gradient) in nodes.items():
        circle = {"boxstyle": "circle", "facecolor": "none", "edgecolor": INK}
        ax.text(x, y, name, ha="center", va="center", fontsize=13, bbox=circle)
        ax.text(x, y + 0.52, signed(value), ha="center", va="center", fontsize=13, color=BLUE)
        if gradient is not None:
            below = signed(gradient)
            ax.text(x, y - 0.55, below, ha="center", va="center", fontsize=12, bbox=framed)
    ax.axis("off")


def _expect_graph(nodes, edges):
    """Raise ValueError unless these are nodes, and edges between them."""
    if not isinstance(nodes, dict):
        raise ValueError(f"draw_graph expects nodes as a dict, got {type(nodes).__name__}")
    for name, node in nodes.items():
        if not isinstance(node, tuple) or len(node) != 4:
            raise ValueError(
                f"draw_graph expects (x, y, value, gradient) for node {name!r}, got {node!r}"
            )
    if not isinstance(edges, list):
        raise ValueError(f"draw_graph expects edges as a list, got {type(edges).__name__}")
    for edge in edges:
        if not isinstance(edge, tuple) or len(edge) != 3 or not {*edge[:2]} <= nodes.keys():
            names = ", ".join(nodes)
            raise ValueError(f"draw_graph expects edges between {names}, got {edge!r}")


def signed(value):
    """A number as the text writes it, with a real minus: 11.5, −3."""
    return f"{expect_number(value, 'value', 'signed'):g}".replace("-", "\N{MINUS SIGN}")
