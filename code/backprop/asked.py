"""Two figures that ask before they tell: a delta collapses a double sum; softmax subtracts a mean.

    collapse(dY, X)          which terms of the double sum are left? The reader chooses a weight
    weighted_mean(Z, dY)     which entries of ∂L/∂Z are negative? The reader moves Z and ∂L/∂Y

In a page of the book a script (`asked.js`) asks, and computes what the reader chose; where none
runs, a still figure of the example is shown. Source: chapters "The linear layer" and "Softmax".
"""

import html
import json

import numpy as np
from matplotlib.patches import Rectangle

from .plotting import BLUE, GREY, INK, ORANGE, Html, figure, show, signed
from .softmax import softmax, softmax_backward
from .validation import as_floats


def collapse(dY, X, a=2, b=1):
    """The terms of the double sum of ∂L/∂W_ab as a grid; the reader says which column is left.

    dY is (S, N), X (S, M). The still figure is that of one `a` and `b`, counted from 1.
    """
    dY, X = as_floats(dY, "dY", "collapse"), as_floats(X, "X", "collapse")
    if dY.ndim != 2 or X.ndim != 2 or len(dY) != len(X):
        raise ValueError(f"collapse expects dY (S, N) and X (S, M), got {dY.shape} and {X.shape}")
    if not (1 <= a <= dY.shape[1] and 1 <= b <= X.shape[1]):
        raise ValueError(f"collapse expects a and b to be an output and an input, got {a} and {b}")
    still = show(drawn_terms(dY, X, a, b), alt=terms_in_words(dY, X, a, b))
    return asking("collapse", {"dY": dY.tolist(), "X": X.tolist(), "a": a, "b": b}, still)


def weighted_mean(Z, dY):
    """∂L/∂Y of one sample with its mean weighted by softmax(Z), and ∂L/∂Z.

    Z and dY are vectors of as many classes; the reader moves both.
    """
    Z, dY = as_floats(Z, "Z", "weighted_mean"), as_floats(dY, "dY", "weighted_mean")
    if Z.ndim != 1 or Z.shape != dY.shape:
        raise ValueError(f"weighted_mean expects two vectors, got {Z.shape} and {dY.shape}")
    still = show(drawn_mean(Z, dY), alt=mean_in_words(Z, dY))
    return asking("mean", {"Z": Z.tolist(), "dY": dY.tolist()}, still)


def asking(kind, data, still):
    """The place of a figure, with its data and the still one."""
    text = html.escape(json.dumps(data), quote=True)
    return Html(
        f'<div class="asked" data-asked="{kind}" data-of="{text}">{still._repr_html_()}</div>'
    )


def terms_in_words(dY, X, a, b):
    """What is to be seen in the still figure of a double sum."""
    total = signed(dY[:, a - 1] @ X[:, b - 1])
    return (
        f"The terms of the double sum for a = {a}, b = {b} as a grid, a row for each sample i and "
        f"a column for each output j. The delta is 1 in column {a} and 0 in all others, which are "
        f"crossed out. What is left adds up to {total}."
    )


def drawn_terms(dY, X, a, b):
    """The grid of terms: those that the delta makes 0 are crossed out."""
    (S, N), total = dY.shape, dY[:, a - 1] @ X[:, b - 1]
    fig, ax = figure(5, 0.55 * S + 1.3)
    for i, j in np.ndindex(S, N):
        left, on = j == a - 1, f"{factor(dY[i, j])} · {int(j == a - 1)} · {factor(X[i, b - 1])}"
        box = {"facecolor": BLUE if left else "none", "alpha": 0.35 if left else 1}
        ax.add_patch(Rectangle((j, S - i - 1), 1, 1, edgecolor=INK, **box))
        ax.text(j + 0.5, S - i - 0.5, on, ha="center", va="center", color=INK if left else GREY)
        if not left:
            ax.plot([j + 0.12, j + 0.88], [S - i - 0.5] * 2, color=GREY, lw=1)
    for j in range(N):
        ax.text(j + 0.5, S + 0.12, f"j = {j + 1}", ha="center", fontsize=10)
    for i in range(S):
        ax.text(-0.12, S - i - 0.5, f"i = {i + 1}", ha="right", va="center", fontsize=10)
    ax.text(a - 0.5, -0.35, f"sum: {signed(total)}", ha="center", color=BLUE)
    ax.set(xlim=(-0.6, N + 0.05), ylim=(-0.6, S + 0.5))
    ax.axis("off")
    return fig


def factor(value):
    """A number between dots."""
    return f"({signed(value)})" if value < 0 else signed(value)


def mean_in_words(Z, dY):
    """What is to be seen in the still figure of the mean."""
    Y, dZ = (array[0] for array in backward(Z, dY))
    numbers = [", ".join(signed(round(float(v), 2)) for v in values) for values in (Y, dY, dZ)]
    return (
        f"Left: the upstream gradients {numbers[1]} of {len(Z)} classes as bars, each as wide as "
        f"its probability ({numbers[0]}), and a dashed line at their weighted mean, "
        f"{signed(round(float(Y @ dY), 2))}. Right: the gradient with respect to the logits, "
        f"{numbers[2]}: negative where the bar is below the line."
    )


def backward(Z, dY):
    """(Y, ∂L/∂Z) of one sample, each (1, C)."""
    Y = softmax(Z[None])
    return Y, softmax_backward(dY[None], Y)


def drawn_mean(Z, dY):
    """Bars as wide as the probabilities, their mean, and what is above it, times its width."""
    Y, dZ = (array[0] for array in backward(Z, dY))
    fig, (left, right) = figure(7, 2.8, columns=2)
    edges = np.concatenate([[0], np.cumsum(Y)])
    left.bar(edges[:-1], dY, Y, align="edge", color=BLUE, edgecolor=INK)
    left.axhline(Y @ dY, color=ORANGE, linestyle="--", label="weighted mean")
    left.set(title="∂L/∂Y, as wide as Y", xticks=(edges[1:] + edges[:-1]) / 2)
    left.legend(fontsize=9)
    right.bar(range(len(Z)), dZ, color=BLUE, edgecolor=INK)
    right.set(title="∂L/∂Z", xticks=range(len(Z)))
    for ax in (left, right):
        ax.axhline(0, color=INK, lw=0.8)
        ax.set(xticklabels=range(1, len(Z) + 1), xlabel="class")
    return fig
