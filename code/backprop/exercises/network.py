"""Networks: what can be asked, and what goes wrong. Source: chapter "Backpropagation through a
network"."""

from .tables import Exercise, Mistake, Quantity, add

# A network of two layers, Linear – ReLU – Linear: A goes into ReLU, H comes out of it.
TWO_LAYERS = {"dZ": "S C", "X": "S M", "A": "S K", "W1": "K M", "W2": "C K"}
H = {"H": "np.maximum(A, 0)"}

add(
    Quantity(
        "network.mask",
        "∂L/∂b₁",
        takes={"dH": "S K", "A": "S K"},
        shape="K",
        formula="(dH * (A > 0)).sum(axis=0)",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "missing-batch-sum",
                "dH * (A > 0)",
                "This is ∂L/∂A, a row for each sample. The bias is the same for all of them: add "
                "the rows up.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "(dH * (A > 0)).mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂H already.",
            ),
            Mistake(
                "missing-term",
                "dH.sum(axis=0)",
                "The indicator is missing. Where A_ia is not above 0, ReLU is flat, and nothing "
                "that comes back gets through.",
            ),
            Mistake(
                "contraction-order",
                ("dH.sum(axis=0) * (A > 0).sum(axis=0)", "dH.sum(axis=0) * (A > 0).mean(axis=0)"),
                "The two factors were added up apart. The indicator of sample i belongs to the "
                "gradient of sample i: multiply first, then add.",
            ),
            Mistake(
                "samples-mixed",
                (
                    "dH.sum(axis=0) * (A.sum(axis=0) > 0)",
                    "dH.sum(axis=0) * (A[0] > 0)",
                ),
                "The indicator stands outside the sum, one for all samples. Its index i is the "
                "summed one: every sample has an indicator of its own.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("(dH * A).sum(axis=0)", "(dH * H).sum(axis=0)"),
                "You multiply by the value, A or ReLU of it. The chain rule wants ReLU's slope, "
                "which is 1 or 0.",
            ),
            Mistake(
                "wrong-array",
                "(dH * (dH > 0)).sum(axis=0)",
                "The indicator looks at the gradient that comes back. What opens or shuts a unit "
                "is what went into it, A.",
            ),
            Mistake(
                "wrong-branch",
                "(dH * (A < 0)).sum(axis=0)",
                "The gradient gets through where A_ia is negative. It is the other way round.",
            ),
            Mistake(
                "upstream-missing",
                "(A > 0).sum(axis=0)",
                "This counts the samples for which the unit is open. What each of them says, its "
                "∂L/∂H, is not in it.",
            ),
        ),
    ),
    Quantity(
        "network.three",
        "∂L/∂W₁",
        takes={"dZ": "S C", "X": "S M", "D1": "S K", "D2": "S N", "W2": "N K", "W3": "C N"},
        shape="K M",
        formula="(((dZ @ W3) * D2) @ W2 * D1).T @ X",
        section="End to end",
        mistakes=(
            Mistake(
                "missing-term",
                ("((dZ @ W3) @ W2 * D1).T @ X", "(((dZ @ W3) * D2) @ W2).T @ X"),
                "One of the two activations is missing. On its way back the gradient goes through "
                "both, and is multiplied by the slope of each.",
            ),
            Mistake(
                "missing-term",
                "(dZ @ W3 @ W2).T @ X",
                "This is a network without activations: neither slope is in it.",
            ),
            Mistake(
                "wrong-shape",
                "((dZ @ W3) * D2).T @ X",
                "You stop at A₂. That is the gradient by the second activation's input; there is "
                "another layer and another activation before you come to W₁.",
            ),
            Mistake(
                "missing-batch-sum",
                "np.outer(((dZ[0] @ W3) * D2[0]) @ W2 * D1[0], X[0])",
                "This is what the first sample says. The product with X has to run over all of "
                "them.",
            ),
            Mistake(
                "contraction-order",
                "np.outer((((dZ @ W3) * D2) @ W2 * D1).sum(axis=0), X.sum(axis=0))",
                "Both factors were summed over the samples before they met. Sample i's gradient "
                "belongs to sample i's X.",
            ),
            Mistake(
                "contraction-order",
                "(((dZ @ W3) @ W2 * D1).T @ X) * (D2.sum())",
                "The slope of the second activation stands outside. It belongs between W₃ and W₂, "
                "where each of its entries meets an entry of the gradient.",
            ),
            Mistake(
                "upstream-missing",
                "((np.ones((S, C)) @ W3 * D2) @ W2 * D1).T @ X",
                "All is there but what comes from the loss, ∂L/∂Z.",
            ),
            Mistake(
                "wrong-array",
                (
                    "(((dZ @ W3) * (D2 > 0)) @ W2 * D1).T @ X",
                    "(((dZ @ W3) * D2) @ W2 * (D1 > 0)).T @ X",
                ),
                "You take a mask of the slopes. D₁ and D₂ are the slopes themselves, for any "
                "activation, not only for ReLU.",
            ),
        ),
    ),
    Quantity(
        "network.dW2",
        "∂L/∂W₂",
        takes={"dZ": "S C", "A": "S K"},
        shape="C K",
        formula="dZ.T @ H",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "wrong-array",
                "dZ.T @ A",
                "You multiply by A, what goes into ReLU. Into the second layer goes what comes out "
                "of it, H.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "dZ.T @ (A > 0)",
                "You multiply by the mask, ReLU's slope. The second layer gets ReLU's value, H.",
            ),
            Mistake(
                "missing-transpose",
                ("H.T @ dZ", "A.T @ dZ"),
                "It is turned over: W₂ is C × K, a row for each class, and so is its gradient.",
            ),
            Mistake(
                "missing-batch-sum",
                ("dZ[:, :, None] * H[:, None, :]", "np.outer(dZ[0], H[0])"),
                "The outer product of a sample is there, but the samples are not added up.",
            ),
            Mistake(
                "contraction-order",
                (
                    "np.outer(dZ.sum(axis=0), H.sum(axis=0))",
                    "np.outer(dZ.sum(axis=0), H.mean(axis=0))",
                ),
                "You sum over the samples first and multiply then. Sample i's ∂L/∂Z belongs to "
                "sample i's H: multiply first.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dZ.T @ H / S",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Z already.",
            ),
            Mistake(
                "upstream-missing",
                ("np.ones((C, S)) @ H", "H"),
                "This is made of H alone. What the loss says, ∂L/∂Z, is not in it.",
            ),
            Mistake(
                "wrong-array",
                "dZ.T @ np.tanh(A)",
                "The activation here is ReLU, not tanh.",
            ),
        ),
    ),
    Quantity(
        "network.db2",
        "∂L/∂b₂",
        takes={"dZ": "S C", "A": "S K"},
        shape="C",
        formula="dZ.sum(axis=0)",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "missing-batch-sum",
                ("dZ", "dZ[0]", "dZ[-1]"),
                "This is ∂L/∂Z without a sum. The bias is the same for all samples, so what they "
                "say has to be added.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dZ.mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Z already.",
            ),
            Mistake(
                "wrong-axis",
                ("dZ.sum(axis=1)", "dZ.mean(axis=1)"),
                "You sum over the classes, axis 1. There is a bias for each class: the samples, "
                "axis 0, have to go.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dZ.sum()", "np.full(C, dZ.sum())"),
                "You sum over the classes too. Each has a bias of its own.",
            ),
            Mistake(
                "extra-term",
                "(dZ * (dZ > 0)).sum(axis=0)",
                "A mask was put on it. No activation stands behind the second layer.",
            ),
            Mistake(
                "upstream-missing",
                ("np.ones(C)", "S * np.ones(C)"),
                "This is ∂Z/∂b₂ alone, ones. What the loss says, ∂L/∂Z, is not in it.",
            ),
            Mistake(
                "wrong-array",
                ("H.sum(axis=0)", "A.sum(axis=0)"),
                "Another array stands in it. A bias needs nothing but the gradient by its layer's "
                "output.",
            ),
        ),
    ),
    Quantity(
        "network.dW1",
        "∂L/∂W₁",
        takes={"dZ": "S C", "X": "S M", "A": "S K", "W2": "C K"},
        shape="K M",
        formula="((dZ @ W2) * (A > 0)).T @ X",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "missing-term",
                "(dZ @ W2).T @ X",
                "The gradient goes through ReLU as if it were not there. Multiply by its slope, "
                "the mask of A, before you come to the first layer.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("((dZ @ W2) * H).T @ X", "((dZ @ W2) * A).T @ X"),
                "You multiply by what goes into ReLU or comes out of it. The chain rule wants its "
                "slope, 1 where A is above 0 and 0 elsewhere.",
            ),
            Mistake(
                "wrong-array",
                "((dZ @ W2) * (dZ @ W2 > 0)).T @ X",
                "The mask looks at the gradient that comes back. What opens or shuts a unit is "
                "what went into it, A.",
            ),
            Mistake(
                "wrong-branch",
                "((dZ @ W2) * (A < 0)).T @ X",
                "The mask is upside down: the gradient gets through where A is positive.",
            ),
            Mistake(
                "wrong-array",
                ("((dZ @ W2) * (A > 0)).T @ H", "((dZ @ W2) * (A > 0)).T @ A"),
                "Into the first layer goes X, not what comes later. So X stands in the gradient by "
                "its weights.",
            ),
            Mistake(
                "missing-transpose",
                "X.T @ ((dZ @ W2) * (A > 0))",
                "It is turned over: W₁ is K × M, a row for each hidden unit, and so is its "
                "gradient.",
            ),
            Mistake(
                "samples-mixed",
                ("((dZ @ W2) * (A.sum(axis=0) > 0)).T @ X", "((dZ @ W2) * (A[0] > 0)).T @ X"),
                "One mask serves all samples. Each sample opens and shuts the units for itself.",
            ),
            Mistake(
                "missing-batch-sum",
                (
                    "((dZ @ W2) * (A > 0))[:, :, None] * X[:, None, :]",
                    "np.outer(((dZ @ W2) * (A > 0))[0], X[0])",
                ),
                "The outer product of a sample is there, but the samples are not added up.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "((dZ @ W2) * (A > 0)).T @ X / S",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Z already.",
            ),
        ),
    ),
    Quantity(
        "network.db1",
        "∂L/∂b₁",
        takes={"dZ": "S C", "A": "S K", "W2": "C K"},
        shape="K",
        formula="((dZ @ W2) * (A > 0)).sum(axis=0)",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "missing-term",
                "(dZ @ W2).sum(axis=0)",
                "The mask is missing: this is what reaches ReLU from behind, not what gets through "
                "it.",
            ),
            Mistake(
                "missing-batch-sum",
                ("(dZ @ W2) * (A > 0)", "((dZ @ W2) * (A > 0))[0]"),
                "This is ∂L/∂A without a sum. The bias is the same for all samples: add them up.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "((dZ @ W2) * (A > 0)).mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Z already.",
            ),
            Mistake(
                "contraction-order",
                (
                    "(dZ @ W2).sum(axis=0) * (A > 0).sum(axis=0)",
                    "(dZ.sum(axis=0) @ W2) * (A.sum(axis=0) > 0)",
                ),
                "The samples were added up before the mask was put on. Each sample has its own "
                "mask: multiply first.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("((dZ @ W2) * H).sum(axis=0)", "((dZ @ W2) * A).sum(axis=0)"),
                "You multiply by what goes into ReLU or comes out of it. The chain rule wants its "
                "slope, 1 or 0.",
            ),
            Mistake(
                "wrong-array",
                ("((dZ @ W2) * (dZ @ W2 > 0)).sum(axis=0)", "dZ.sum(axis=0)"),
                "You have the wrong gradient or the wrong mask: it is ∂L/∂Z sent back through W₂, "
                "where A is above 0.",
            ),
            Mistake(
                "wrong-branch",
                "((dZ @ W2) * (A < 0)).sum(axis=0)",
                "The mask is upside down: the gradient gets through where A is positive.",
            ),
            Mistake(
                "wrong-axis",
                "((dZ @ W2) * (A > 0)).sum(axis=1)",
                "You sum over the hidden units. There is a bias for each of them: the samples have "
                "to go.",
            ),
        ),
    ),
    Quantity(
        "network.dX",
        "∂L/∂X",
        takes={"dZ": "S C", "X": "S M", "A": "S K", "W1": "K M", "W2": "C K"},
        shape="S M",
        formula="((dZ @ W2) * (A > 0)) @ W1",
        section="End to end",
        where=H,
        mistakes=(
            Mistake(
                "missing-term",
                "dZ @ W2 @ W1",
                "The two layers are chained as if ReLU did not stand between them. Its mask is "
                "missing.",
            ),
            Mistake(
                "wrong-shape",
                ("(dZ @ W2) * (A > 0)", "dZ @ W2"),
                "You stop before the first layer. From A it is one more step to X, through W₁.",
            ),
            Mistake(
                "wrong-array",
                ("(dZ @ W2 @ W1) * (X > 0)", "((dZ @ W2) * (A > 0)) @ W1 * (X > 0)"),
                "A mask of X is put on it. ReLU acts on A, between the layers; X meets no "
                "activation.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("((dZ @ W2) * H) @ W1", "((dZ @ W2) * A) @ W1"),
                "You multiply by what goes into ReLU or comes out of it. The chain rule wants its "
                "slope, 1 or 0.",
            ),
            Mistake(
                "wrong-array",
                "((dZ @ W2) * (dZ @ W2 > 0)) @ W1",
                "The mask looks at the gradient that comes back. What opens or shuts a unit is "
                "what went into it, A.",
            ),
            Mistake(
                "wrong-branch",
                "((dZ @ W2) * (A < 0)) @ W1",
                "The mask is upside down: the gradient gets through where A is positive.",
            ),
            Mistake(
                "samples-mixed",
                ("((dZ @ W2) * (A[0] > 0)) @ W1", "((dZ @ W2) * (A.sum(axis=0) > 0)) @ W1"),
                "One mask serves all samples. Each sample opens and shuts the units for itself.",
            ),
            Mistake(
                "upstream-missing",
                ("((A > 0) * W2.sum(axis=0)) @ W1", "(A > 0) @ W1"),
                "This is ∂Z/∂X alone, with ones for what the loss says. ∂L/∂Z is not in it.",
            ),
        ),
    ),
    Exercise(
        "network.backward",
        takes="dZ X A W1 W2",
        returns="network.dW1 network.db1 network.dW2 network.db2 network.dX",
    ),
    Quantity(
        "network.bug",
        "∂L/∂W₁",
        takes={"dZ": "S C", "X": "S M", "A": "S K", "W2": "C K"},
        shape="K M",
        formula="((dZ @ W2) * (1 - H**2)).T @ X",
        section="End to end",
        where={"H": "np.tanh(A)"},
        mistakes=(
            Mistake(
                "wrong-array",
                "((dZ @ W2) * (1 - A**2)).T @ X",
                "That is the planted bug. 1 − (something)² is the slope of tanh only if the "
                "something is what comes out of it.",
            ),
            Mistake(
                "missing-term",
                "(dZ @ W2).T @ X",
                "The slope of tanh is gone altogether. Near 0 it is nearly 1, so the fault is "
                "small there; elsewhere it is not.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "((dZ @ W2) * H).T @ X",
                "You multiply by the value of tanh. The chain rule wants its slope.",
            ),
            Mistake(
                "missing-term",
                ("((dZ @ W2) * (1 - H)).T @ X", "((dZ @ W2) * (1 - np.abs(H))).T @ X"),
                "The square is missing.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "((dZ @ W2) * H * (1 - H)).T @ X",
                "h (1 − h) is the slope of the sigmoid. This is tanh.",
            ),
            Mistake(
                "wrong-array",
                (
                    "((dZ @ W2) * (1 - np.tanh(H) ** 2)).T @ X",
                    "((dZ @ W2) * (1 - np.tanh(dZ @ W2) ** 2)).T @ X",
                ),
                "tanh is taken of the wrong array: A goes into it, and its output is squared as it "
                "is.",
            ),
            Mistake(
                "wrong-array",
                "((dZ @ W2) * (A > 0)).T @ X",
                "That is ReLU's slope. The activation here is tanh.",
            ),
            Mistake(
                "missing-transpose",
                "X.T @ ((dZ @ W2) * (1 - H**2))",
                "The slope is right now, but the result is turned over: W₁ is K × M.",
            ),
        ),
    ),
    Quantity(
        "network.residual",
        "∂L/∂X",
        takes={"dY": "S M", "X": "S M", "W1": "K M", "W2": "M K"},
        shape="S M",
        formula="dY + ((dY @ W2) * (A > 0)) @ W1",
        section="When a value is used twice",
        where={"A": "X @ W1.T", "H": "np.maximum(X @ W1.T, 0)"},
        mistakes=(
            Mistake(
                "missing-term",
                "((dY @ W2) * (A > 0)) @ W1",
                "This is the way through the layers alone. X also reaches Y past them, and what "
                "comes back on that way has to be added.",
            ),
            Mistake(
                "missing-term",
                "dY",
                "This is the way around alone. The layers have been overwritten, or forgotten.",
            ),
            Mistake(
                "upstream-twice",
                "dY * (((dY @ W2) * (A > 0)) @ W1)",
                "You multiply what comes back on the two ways. Along a way the chain rule "
                "multiplies; over the ways it adds.",
            ),
            Mistake(
                "wrong-array",
                ("X + ((dY @ W2) * (A > 0)) @ W1", "dY + X + ((dY @ W2) * (A > 0)) @ W1"),
                "X itself stands in the sum, as in the forward pass. On the way back it is the "
                "gradient that goes around.",
            ),
            Mistake(
                "upstream-missing",
                "1 + ((dY @ W2) * (A > 0)) @ W1",
                "The way around has the slope 1, and you stopped there: the 1 has to be multiplied "
                "by ∂L/∂Y.",
            ),
            Mistake(
                "missing-term",
                "dY + dY @ W2 @ W1",
                "The sum over the two ways is there. On the way through the layers ReLU's mask is "
                "missing.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("dY + ((dY @ W2) * H) @ W1", "dY + ((dY @ W2) * A) @ W1"),
                "On the way through the layers you multiply by ReLU's value. It is its slope that "
                "belongs there.",
            ),
            Mistake(
                "wrong-array",
                (
                    "dY + ((dY @ W2) * (dY @ W2 > 0)) @ W1",
                    "(dY * (X > 0)) + ((dY @ W2) * (A > 0)) @ W1",
                ),
                "A mask is made of the wrong array, or put in the wrong place: ReLU acts on X W₁ᵀ "
                "and on nothing else.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "(dY + ((dY @ W2) * (A > 0)) @ W1) / 2",
                "You average over the two ways. They add up: if X moves, Y is moved by both.",
            ),
        ),
    ),
    Quantity(
        "network.rms_forward",
        "Y",
        takes={"X": "S M"},
        shape="S M",
        formula="X / np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
        section="When a value is used twice",
        mistakes=(
            Mistake(
                "wrong-axis",
                ("X / np.sqrt((X**2).mean(axis=0) + 0.001)", "X / np.sqrt((X**2).mean() + 0.001)"),
                "The mean runs over the samples. Each row has a root of its own, over its M "
                "entries.",
            ),
            Mistake(
                "missing-term",
                "X / ((X**2).mean(axis=1, keepdims=True) + 0.001)",
                "You divide by the mean square; the root is missing.",
            ),
            Mistake(
                "missing-term",
                "X / np.sqrt((X**2).sum(axis=1, keepdims=True) + 0.001)",
                "You divide by the length of the row, the root of the sum of its squares. The "
                "1/M of the mean is missing.",
            ),
            Mistake(
                "extra-term",
                (
                    "X / np.sqrt(X.var(axis=1, keepdims=True) + 0.001)",
                    "(X - X.mean(axis=1, keepdims=True))"
                    " / np.sqrt(X.var(axis=1, keepdims=True) + 0.001)",
                    "(X - X.mean(axis=1, keepdims=True))"
                    " / np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
                ),
                "The mean of the row was taken away, as layer norm does. RMS norm leaves it in.",
            ),
            Mistake(
                "missing-term",
                "X / np.sqrt((X**2).mean(axis=1, keepdims=True))",
                "The ε below the root is missing: a row of zeros would be divided by 0.",
            ),
            Mistake(
                "stray-epsilon",
                (
                    "X / np.sqrt((X**2).mean(axis=1, keepdims=True) + 1e-5)",
                    "X / (np.sqrt((X**2).mean(axis=1, keepdims=True)) + 0.001)",
                ),
                "There is an ε, but another one, or in another place: 0.001 is added to the mean "
                "square, below the root.",
            ),
            Mistake(
                "fraction-inverted",
                "X * np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
                "You multiply by the root where you should divide.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "X / np.abs(X).mean(axis=1, keepdims=True)",
                "This is the mean of the absolute values. First square, then take the mean, then "
                "the root.",
            ),
            Mistake(
                "contraction-order",
                "X / np.abs(X.mean(axis=1, keepdims=True))",
                "You take the mean before you square. The squares come first.",
            ),
            Mistake(
                "not-reduced",
                (
                    "np.sqrt((X**2).mean(axis=1))",
                    "np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
                ),
                "These are the roots, one for each row. X has to be divided by them.",
            ),
        ),
    ),
    Quantity(
        "network.rms_dX",
        "∂L/∂X",
        takes={"X": "S M", "dY": "S M"},
        shape="S M",
        formula="(dY - Y * (dY * Y).mean(axis=1, keepdims=True)) / r",
        section="When a value is used twice",
        where={
            "r": "np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
            "Y": "X / np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)",
        },
        mistakes=(
            Mistake(
                "missing-term",
                "dY / r",
                "You treat r as a constant. X_ib stands in the root too, so it changes every entry "
                "of its row: that is a second way from X to Y.",
            ),
            Mistake(
                "missing-term",
                "-Y * (dY * Y).mean(axis=1, keepdims=True) / r",
                "This is the way through the root alone. X also stands above the fraction bar.",
            ),
            Mistake(
                "missing-term",
                "(dY - Y * (dY * Y).sum(axis=1, keepdims=True)) / r",
                "You sum over the row where a mean belongs: the 1/M under the root is still there "
                "after differentiating.",
            ),
            Mistake(
                "wrong-array",
                (
                    "(dY - X * (dY * X).mean(axis=1, keepdims=True)) / r",
                    "(dY - X * (dY * Y).mean(axis=1, keepdims=True)) / r",
                ),
                "X stands where the normalised rows Y belong: there is an r too few below.",
            ),
            Mistake(
                "contraction-missing",
                ("(dY - Y * dY * Y / M) / r", "(dY - Y * dY * Y) / r"),
                "This is the diagonal of the Jacobian alone. An entry of X changes all entries of "
                "its row: their gradients have to be added up.",
            ),
            Mistake(
                "contraction-order",
                (
                    "(dY - Y * dY.mean(axis=1, keepdims=True) * Y.mean(axis=1, keepdims=True)) / r",
                    "(dY - Y**2 * dY.mean(axis=1, keepdims=True)) / r",
                    "(dY - Y * dY.mean(axis=1, keepdims=True)) / r",
                ),
                "The mean is of the products ∂L/∂Y_ij Y_ij: multiply first, then take the mean.",
            ),
            Mistake(
                "samples-mixed",
                ("(dY - Y * (dY * Y).mean(axis=0)) / r", "(dY - Y * (dY * Y).mean()) / r"),
                "The mean runs over the samples. A row is divided by its own root, so only its own "
                "gradients come back to it.",
            ),
            Mistake(
                "fraction-inverted",
                "(dY - Y * (dY * Y).mean(axis=1, keepdims=True)) * r",
                "You multiply by r where you should divide.",
            ),
            Mistake(
                "missing-term",
                "dY - Y * (dY * Y).mean(axis=1, keepdims=True)",
                "The bracket is right; it has to be divided by r.",
            ),
            Mistake(
                "wrong-sign",
                "(dY + Y * (dY * Y).mean(axis=1, keepdims=True)) / r",
                "The sign between the two terms: a larger entry makes a larger root, and the root "
                "is below.",
            ),
        ),
    ),
    Exercise(
        "network.rms",
        takes="X dY",
        returns="network.rms_forward network.rms_dX",
        kind="layer",
    ),
)
