"""The sheet of the first network: two layers, two samples, every number, and a figure that asks.

Source: chapter "A gradient in numbers". The formulas are those of the chapters on the linear layer,
the activations and the losses; here they are asked for one number at a time (`steps`).
"""

import numpy as np

from .plotting import BLUE, GREY, ORANGE, PURPLE, draw_values, figure, signed
from .steps import Steps

BOTH = (0, 1)


def two_layers(X, T, W, b, V, c):
    """A = X Wᵀ + b, H = ReLU(A), Y = H Vᵀ + c, the squared error L, and all gradients of L.

    All of X, T, W, V are (2, 2), b and c (2,). Returns {name: array} twice.
    """
    A = X @ W.T + b
    H = np.maximum(A, 0)
    Y = H @ V.T + c
    L = ((Y - T) ** 2).sum() / len(X)
    dY = 2 * (Y - T) / len(X)
    dH = dY @ V
    dA = dH * (A > 0)
    forward = {"X": X, "W": W, "b": b, "A": A, "H": H, "V": V, "c": c, "Y": Y, "T": T, "L": L}
    backward = {"X": dA @ W, "W": dA.T @ X, "b": dA.sum(axis=0), "A": dA}
    backward |= {"H": dH, "V": dY.T @ H, "c": dY.sum(axis=0), "Y": dY}
    return forward, {gradient(name): array for name, array in backward.items()}


def gradient(name):
    """The gradient of L with respect to `name`, as the text writes it."""
    return f"∂L/∂{name}"


def sheet(X, T, W, b, V, c):
    """The network's Steps: what the chapter leaves to the reader, in the order of the two passes.

    Sample 1 is worked out in the text. The figure asks for sample 2, and for all
    sums over the samples.
    """
    forward, backward = two_layers(X, T, W, b, V, c)
    asked = Steps({"Forward →": forward, "← Backward": backward}, "The network, number by number")
    _linear(asked, "X", "W", "b", "A")
    _relu(asked)
    _linear(asked, "H", "V", "c", "Y")
    _loss(asked)
    _parameters(asked, "H", "V", "c", "Y")
    _input(asked, "H", "V", "Y")
    _mask(asked)
    _parameters(asked, "X", "W", "b", "A")
    _input(asked, "X", "W", "A")
    return asked


def _linear(asked, into, weights, bias, out):
    """The outputs of sample 2: two products and the bias."""
    for j in BOTH:
        asked.sum((out, 1, j), *[[(into, 1, k), (weights, j, k)] for k in BOTH], [(bias, j)])


def _relu(asked):
    slips = ["ReLU turns what is negative into 0.", "ReLU keeps what is positive."]
    for k in BOTH:
        A, H = asked.value(("A", 1, k)), asked.value(("H", 1, k))
        how = f"the larger of 0 and {signed(A)}"
        asked.step(("H", 1, k), H, how, [("A", 1, k)], [(A, slips[0]), (0, slips[1])])


def _loss(asked):
    """The loss, and the gradient at which the backward pass begins."""
    entries = [(i, j) for i in BOTH for j in BOTH]
    off = {(i, j): asked.value(("Y", i, j)) - asked.value(("T", i, j)) for i, j in entries}
    squares = [f"{signed(n)}²" if n >= 0 else f"({signed(n)})²" for n in off.values()]
    total, uses = sum(n * n for n in off.values()), [(n, *at) for at in entries for n in "YT"]
    slips = [(total, "That is the sum of the squares. The mean over 2 samples is half of it.")]
    slips += [(total / 4, "You divide by 4, the numbers. The mean is over the 2 samples.")]
    asked.step(("L",), total / 2, f"({' + '.join(squares)}) / 2", uses, slips)
    for j in BOTH:
        Y, T = (("Y", 1, j), ("T", 1, j))
        how = f"{signed(asked.value(Y))} − {signed(asked.value(T))}"
        slips = [(-off[1, j], "Prediction minus target, not target minus prediction.")]
        slips += [(2 * off[1, j], "The derivative of the square. The loss is a mean: divide by 2.")]
        asked.step((gradient("Y"), 1, j), off[1, j], how, [Y, T], slips)


def _parameters(asked, into, weights, bias, out):
    """The gradients of a layer's weights and bias: sums over the samples."""
    above = gradient(out)
    for j in BOTH:
        for k in BOTH:
            paths = [[(above, i, j), (into, i, k)] for i in BOTH]
            asked.sum((gradient(weights), j, k), *paths)
    for j in BOTH:
        asked.sum((gradient(bias), j), *[[(above, i, j)] for i in BOTH])


def _input(asked, into, weights, out):
    """The gradient of sample 2's input: sums over the outputs that it feeds."""
    for k in BOTH:
        paths = [[(gradient(out), 1, j), (weights, j, k)] for j in BOTH]
        asked.sum((gradient(into), 1, k), *paths)


def _mask(asked):
    """Back through ReLU: 1 where it let the number through, 0 where it cut it off."""
    for k in BOTH:
        dH, open_ = asked.value((gradient("H"), 1, k)), int(asked.value(("A", 1, k)) > 0)
        slip = (dH, "ReLU has cut this entry of A off, so its local derivative is 0.")
        uses, how = [(gradient("H"), 1, k), ("A", 1, k)], f"{signed(dH)} · {open_}"
        asked.step((gradient("A"), 1, k), dH * open_, how, uses, [slip])


def drawn(asked):
    """The finished sheet as a figure: values above, below each the gradient of its shape."""
    fig, ax = figure(8, 3.7)
    (above, values), (below, gradients) = asked.rows.items()
    places, right = {}, 0
    for name, array in values.items():
        color = PURPLE if name in "WbVc" else GREY if name in "XT" else BLUE
        places[name] = right
        right = draw_values(ax, right, 3.2, array, name, color) + 0.6
    for name, array in gradients.items():
        draw_values(ax, places[name[-1]], -1.4, array, name, ORANGE)
    for heading, y in [(above, 5.3), (below, 0.75)]:
        ax.text(0, y, heading, fontsize=11)
    ax.set(xlim=(-0.4, right), ylim=(-3, 5.9))
    ax.axis("off")
    return fig
