"""The linear layer: what can be asked, and what goes wrong. Source: chapter "The linear layer"."""

from .tables import Exercise, Mistake, Proof, Quantity, Refusal, add

ALL = {"dY": "S N", "X": "S M", "W": "N M", "b": "N"}

add(
    Quantity(
        "linear.forward",
        "Y",
        takes={"X": "S M", "W": "N M", "b": "N"},
        shape="S N",
        formula="X @ W.T + b",
        section="The layer and its shapes",
        mistakes=(
            Mistake("bias-missing", "X @ W.T", "This is X Wᵀ alone; the bias is never added."),
            Mistake(
                "bias-missing",
                ("X @ W.T - b", "X @ W.T + b.sum()", "X @ W.T + b.mean()", "X @ W.T + 1"),
                "X Wᵀ is there, but what is added to it is not the bias of each output.",
            ),
            Mistake(
                "missing-transpose",
                ("X @ W + b", "X.T @ W.T + b", "X.T @ W + b", "W @ X + b"),
                "A factor of X Wᵀ is turned over. W is N × M, a row for each output, so a sample, "
                "which is a row of X, needs the transpose of W.",
            ),
            Mistake(
                "bias-missing",
                "X @ W.T * b",
                "The bias is multiplied, not added.",
            ),
            Mistake(
                "contraction-missing",
                ("X[:, None, :] * W + b[:, None]", "X[:, None, :] * W"),
                "The products X_ik W_jk are there, but not summed over k.",
            ),
        ),
    ),
    Quantity(
        "linear.dX",
        "∂L/∂X",
        takes=ALL,
        shape="S M",
        formula="dY @ W",
        section="The gradient by the input",
        where={"Y": "X @ W.T + b", "dW": "dY.T @ X"},
        mistakes=(
            Mistake(
                "wrong-array",
                ("dY @ dW", "dY @ dY.T @ X"),
                "You multiply by ∂L/∂W. What takes X to Y is W itself, so W takes the gradient "
                "back.",
            ),
            Mistake(
                "wrong-array",
                ("Y @ W", "X @ W.T @ W"),
                "You send Y back through W. It is ∂L/∂Y that goes back.",
            ),
            Mistake(
                "upstream-missing",
                ("W", "W.sum(axis=0)", "np.ones((S, N)) @ W"),
                "This is ∂Y/∂X alone. What the rest of the network says, ∂L/∂Y, is not in it.",
            ),
            Mistake(
                "missing-transpose",
                ("dY @ W.T", "dY.T @ W", "dY.T @ W.T"),
                "A transpose too many. In Σ_j ∂L/∂Y_aj W_jb the summed index j stands last in the "
                "first factor and first in the second: nothing has to be turned over.",
            ),
            Mistake(
                "extra-term",
                ("dY @ W + b", "dY @ W + X"),
                "Something is added to it. X enters Y in one product only.",
            ),
            Mistake(
                "contraction-missing",
                ("dY[:, :, None] * W", "np.swapaxes(dY[:, :, None] * W, 1, 2)"),
                "The products ∂L/∂Y_aj W_jb are there, but not summed over the outputs j.",
            ),
            Mistake(
                "samples-mixed",
                ("np.tile(dY.sum(axis=0) @ W, (S, 1))", "np.tile(dY.mean(axis=0) @ W, (S, 1))"),
                "Every row is the same: the samples were brought together. Each sample has a row "
                "of ∂L/∂X of its own.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dY.sum(axis=0) @ W", "dY.mean(axis=0) @ W"),
                "The samples were added up. Each sample has a row of X of its own, and a row of "
                "∂L/∂X.",
            ),
        ),
    ),
    Quantity(
        "linear.dW",
        "∂L/∂W",
        takes=ALL,
        shape="N M",
        formula="dY.T @ X",
        section="The gradient by the weights",
        where={"Y": "X @ W.T + b", "dX": "dY @ W"},
        mistakes=(
            Mistake(
                "missing-transpose",
                "X.T @ dY",
                "This is the transpose of ∂L/∂W: a row for each input. W has a row for each "
                "output, so the factor with the outputs comes first.",
            ),
            Mistake(
                "missing-transpose",
                ("dY @ X", "dY @ X.T", "X @ dY"),
                "A factor is turned over. In Σ_i ∂L/∂Y_ia X_ib the summed index i comes first in "
                "both factors; a matrix product wants it last in the first one.",
            ),
            Mistake(
                "upstream-missing",
                ("np.ones((N, S)) @ X", "X", "X.sum(axis=0)", "X.T"),
                "This is made of X alone. What the rest of the network says, ∂L/∂Y, is not in it.",
            ),
            Mistake(
                "wrong-array",
                ("dY.T @ dX", "Y.T @ X", "dY.T @ dY @ W"),
                "The product has the right form, with another array in it. It takes ∂L/∂Y and "
                "what came in, X.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dY.T @ X / S",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Y already; here it "
                "would come in twice.",
            ),
            Mistake(
                "missing-batch-sum",
                (
                    "dY[:, :, None] * X[:, None, :]",
                    "np.outer(dY[0], X[0])",
                    "np.outer(dY[-1], X[-1])",
                ),
                "The outer product of a sample is there, but the samples are not added up: every "
                "one of them has a say about W.",
            ),
            Mistake(
                "contraction-order",
                (
                    "np.outer(dY.sum(axis=0), X.sum(axis=0))",
                    "np.outer(dY.mean(axis=0), X.mean(axis=0))",
                ),
                "You sum over the samples first and multiply then. Sample i's ∂L/∂Y belongs to "
                "sample i's X: multiply first.",
            ),
            Mistake(
                "extra-term",
                ("dY.T @ X + W", "dY.T @ X + dY.sum(axis=0)[:, None]"),
                "Something is added to it. A penalty such as weight decay belongs to the optimizer "
                "or to the loss, not to the layer.",
            ),
        ),
    ),
    Quantity(
        "linear.db",
        "∂L/∂b",
        takes=ALL,
        shape="N",
        formula="dY.sum(axis=0)",
        section="The gradient by the bias",
        where={"Y": "X @ W.T + b"},
        mistakes=(
            Mistake(
                "missing-batch-sum",
                ("dY", "dY[0]", "dY[-1]"),
                "This is ∂L/∂Y without a sum. The bias is the same for all samples, so what they "
                "say has to be added: Σ_i ∂L/∂Y_ia.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dY.mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Y already; here it "
                "would come in twice.",
            ),
            Mistake(
                "wrong-axis",
                ("dY.sum(axis=1)", "dY.mean(axis=1)"),
                "You sum over the outputs, axis 1. There is a bias for each output and none for a "
                "sample: the samples, axis 0, have to go.",
            ),
            Mistake(
                "wrong-axis",
                ("dY.sum()", "dY.mean()", "np.full(N, dY.sum())", "np.full(N, dY.mean())"),
                "You sum over the outputs too. Each output has a bias of its own.",
            ),
            Mistake(
                "upstream-missing",
                ("np.ones(N)", "np.ones(N) * S", "np.ones((1, S)) @ np.ones((S, N))"),
                "This is ∂Y/∂b alone, ones. What the rest of the network says, ∂L/∂Y, is missing.",
            ),
            Mistake(
                "extra-term",
                ("dY.sum(axis=0) + b", "dY.sum(axis=0) * b"),
                "The bias itself stands in it. The derivative of Y by b is 1, whatever b is.",
            ),
            Mistake(
                "wrong-array",
                ("Y.sum(axis=0)", "b", "X.sum(axis=0)"),
                "Another array stands in it. Only ∂L/∂Y is needed.",
            ),
        ),
    ),
)

SIZES = {"S": "whole", "M": "whole", "N": "whole"}
add(
    Quantity(
        "linear.shape_dW",
        "the shape of ∂L/∂W",
        takes=SIZES,
        shape="2",
        formula="np.array([N, M])",
        section="The layer and its shapes",
        mistakes=(
            Mistake(
                "missing-transpose",
                "np.array([M, N])",
                "This is the shape of Wᵀ. W has a row for each output.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([S, N])", "np.array([N, S])"),
                "This is what ∂L/∂Y looks like. A gradient has the shape of its own variable.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([S, M])", "np.array([M, S])"),
                "This is what X looks like. A gradient has the shape of its own variable.",
            ),
            Mistake(
                "not-reduced",
                ("np.array([S, N, N, M])", "np.array([S, N, M])"),
                "There are indices left that the chain rule sums over. ∂L/∂W has a number for each "
                "weight, and no more.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("np.array([N])", "np.array([M])"),
                "An axis is missing: each weight has its own number.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([N * M])", "N * M"),
                "This is how many weights there are. Asked are the lengths of both axes.",
            ),
        ),
    ),
    Quantity(
        "linear.shape_db",
        "the shape of ∂L/∂b",
        takes=SIZES,
        shape="1",
        formula="np.array([N])",
        section="The layer and its shapes",
        mistakes=(
            Mistake(
                "not-reduced",
                ("np.array([S, N])", "np.array([N, S])"),
                "This is what ∂L/∂Y looks like. The bias has no row for each sample; the samples "
                "are added up.",
            ),
            Mistake(
                "wrong-axis",
                ("np.array([S])", "np.array([S, 1])"),
                "This is a number for each sample. There is a bias for each output.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([M])", "np.array([1, M])"),
                "This is a number for each input. There is a bias for each output.",
            ),
            Mistake(
                "right-values-wrong-shape",
                ("np.array([1, N])", "np.array([N, 1])"),
                "The bias of this book is a vector, with one axis. A row or a column has two: in "
                "b -= lr * db NumPy would stop, and b = b - lr * db would change the shape of b.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([N, M])", "np.array([N, N])"),
                "This has two axes, as W has. b has one.",
            ),
            Mistake(
                "collapsed-over-batch",
                "np.array([1])",
                "This is one number for all. Each output has a bias of its own.",
            ),
        ),
    ),
    Quantity(
        "linear.shape_four",
        "the shape of ∂Y/∂W",
        takes=SIZES,
        shape="4",
        formula="np.array([S, N, N, M])",
        section="What the rest of the network tells the layer",
        mistakes=(
            Mistake(
                "missing-transpose",
                "np.array([N, M, S, N])",
                "The indices of W come first here. In ∂Y_ij/∂W_ab they come last.",
            ),
            Mistake(
                "missing-transpose",
                ("np.array([S, N, M, N])", "np.array([N, S, N, M])"),
                "All four indices are there; those of one array are in the wrong order.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([S, M, N, M])", "np.array([S, M, S, N])", "np.array([S, N, S, M])"),
                "X has no index in ∂Y_ij/∂W_ab. The four are those of Y and those of W.",
            ),
            Mistake(
                "missing-term",
                "np.array([S, N, M])",
                "An index is missing. That δ_ja is 0 unless j = a does not take the zeros out of "
                "the array.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([S * N, N * M])", "np.array([S * N * N * M])", "S * N * N * M"),
                "The numbers are in a row or in a table here; they are as many as they should be, "
                "but two of the four indices (or all) are gone.",
            ),
            Mistake(
                "wrong-array",
                ("np.array([N, M])", "np.array([S, N])", "np.array([S, M])"),
                "This is the shape of one of the arrays. An array by an array has the indices of "
                "both.",
            ),
        ),
    ),
    Quantity(
        "linear.nonzeros",
        "how many entries of ∂Y/∂W are not 0",
        takes=SIZES,
        shape="",
        formula="S * N * M",
        section="The gradient by the weights",
        mistakes=(
            Mistake(
                "missing-term",
                ("S * N * N * M", "S * N * N * M - S * N", "S * N * N * M - S * N * M"),
                "You count too many, or those that are 0. Y_ij contains W_ab only if j = a.",
            ),
            Mistake(
                "missing-batch-sum",
                "N * M",
                "This counts one sample. Every sample has entries of its own.",
            ),
            Mistake(
                "missing-term",
                ("S * N", "S * M", "S * N * N", "N * N * M"),
                "A factor is missing. Fix (i, j): row j of W is what lives then, and it has more "
                "entries than one; there are as many pairs (i, j) as entries of Y.",
            ),
            Mistake(
                "extra-term",
                "S * S * N * M",
                "A size stands there twice. How many of the four indices are free once j = a?",
            ),
            Mistake(
                "wrong",
                ("S * N + N * M", "S * N + M"),
                "Sizes are added. Choices that can be made one after the other multiply.",
            ),
        ),
    ),
    Exercise(
        "linear.sizes",
        takes="S M N",
        returns="linear.shape_dW linear.shape_db linear.shape_four linear.nonzeros",
    ),
    Exercise("linear.backward", takes="dY X W", returns="linear.dX linear.dW linear.db"),
    Quantity(
        "linear.twice",
        "∂L/∂W",
        takes={"dY1": "S N", "X1": "S M", "dY2": "S N", "X2": "S M"},
        shape="N M",
        formula="dY1.T @ X1 + dY2.T @ X2",
        section="The gradient by the weights",
        mistakes=(
            Mistake(
                "missing-term",
                ("dY2.T @ X2", "dY1.T @ X1"),
                "One place's share is gone: overwritten, or never asked. W acts in both places.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "(dY1.T @ X1 + dY2.T @ X2) / 2",
                "You take the mean of the two shares. The chain rule sums over all ways from W to "
                "L.",
            ),
            Mistake(
                "wrong-array",
                (
                    "dY1.T @ X2 + dY2.T @ X1",
                    "(dY1 + dY2).T @ X1",
                    "(dY1 + dY2).T @ X2",
                    "dY1.T @ (X1 + X2)",
                    "dY2.T @ (X1 + X2)",
                ),
                "One place's upstream gradient meets the other place's inputs. Each place has a "
                "share that is made of its own two arrays.",
            ),
            Mistake(
                "contraction-order",
                "(dY1 + dY2).T @ (X1 + X2)",
                "You add first and multiply then. So each upstream gradient meets the inputs of "
                "the other place as well.",
            ),
            Mistake(
                "elementwise-for-matmul",
                "(dY1.T @ X1) * (dY2.T @ X2)",
                "The two shares are multiplied. Two ways from W to L add.",
            ),
            Mistake(
                "wrong-sign",
                "dY1.T @ X1 - dY2.T @ X2",
                "One share is subtracted. Both places use W in the same way.",
            ),
            Mistake(
                "missing-transpose",
                "X1.T @ dY1 + X2.T @ dY2",
                "Both products are turned over: this has the shape of Wᵀ.",
            ),
        ),
    ),
    Proof("linear.xv", target="∂L/∂V_ab", given=("∂L/∂Y",)),
    Refusal("linear.break", error="WrongStep"),
)

SKIP = {"dY": "S M", "X": "S M", "W": "M M", "b": "M"}
add(
    Quantity(
        "linear.skip_dX",
        "∂L/∂X",
        takes=SKIP,
        shape="S M",
        formula="dY + dY @ W",
        section="The gradient by the input",
        mistakes=(
            Mistake(
                "missing-transpose",
                "dY + dY @ W.T",
                "W is turned over. It is square, so no shape can tell; the place of the summed "
                "index can.",
            ),
            Mistake(
                "missing-term",
                "dY @ W",
                "The way by which X goes past the weights is missing.",
            ),
            Mistake(
                "missing-term",
                "dY",
                "This is the way past the weights alone. X goes through them as well.",
            ),
            Mistake(
                "wrong-array",
                ("X + dY @ W", "X + X @ W", "X + X @ W.T", "X + X @ W.T + b"),
                "What comes back along both ways is ∂L/∂Y; X is what went forward.",
            ),
            Mistake(
                "upstream-missing",
                ("1 + dY @ W", "1 + W.sum(axis=0) + 0 * X", "W + np.eye(M)"),
                "The derivative of X by itself is 1 (and that of X Wᵀ is made of W), but "
                "∂L/∂Y has to be multiplied in.",
            ),
            Mistake(
                "extra-term",
                ("dY + dY @ W + b", "dY + dY @ W + X"),
                "Something is added that has no business here. There are two ways from X to Y, and "
                "two terms.",
            ),
            Mistake(
                "elementwise-for-matmul",
                "dY * (dY @ W)",
                "The two ways are multiplied. Ways add.",
            ),
        ),
    ),
    Quantity(
        "linear.skip_dW",
        "∂L/∂W",
        takes=SKIP,
        shape="M M",
        formula="dY.T @ X",
        section="The gradient by the weights",
        mistakes=(
            Mistake(
                "missing-transpose",
                "X.T @ dY",
                "This is the transpose of the right answer. W is square, so no shape can tell: ask "
                "which index belongs to the output.",
            ),
            Mistake(
                "extra-term",
                ("dY.T @ X + np.eye(M)", "dY.T @ X + W", "dY.T @ X + np.diag(dY.sum(axis=0))"),
                "Something is added for the way past the weights. There is no W on that way.",
            ),
            Mistake(
                "wrong-array",
                ("dY.T @ (X + X @ W.T + b)", "dY.T @ (X @ W.T)", "dY.T @ (X + X @ W.T)"),
                "You take what came out, where what went in belongs: X.",
            ),
            Mistake(
                "upstream-missing",
                "X.T @ X",
                "X meets itself. One of the two factors is the upstream gradient.",
            ),
            Mistake(
                "wrong-array",
                "dY.T @ dY",
                "The upstream gradient meets itself. One of the two factors is X.",
            ),
            Mistake(
                "missing-batch-sum",
                ("np.outer(dY[0], X[0])", "dY[:, :, None] * X[:, None, :]"),
                "The outer product of a sample is there, but the samples are not added up.",
            ),
        ),
    ),
    Quantity(
        "linear.skip_db",
        "∂L/∂b",
        takes=SKIP,
        shape="M",
        formula="dY.sum(axis=0)",
        section="The gradient by the bias",
        mistakes=(
            Mistake(
                "mean-instead-of-sum",
                "dY.mean(axis=0)",
                "You average over the samples. With one sample nobody can tell a mean from a sum; "
                "with more it is S times too small.",
            ),
            Mistake(
                "wrong-axis",
                ("dY.sum(axis=1)", "dY.mean(axis=1)"),
                "You sum over the outputs and leave a number for each sample. It is the samples "
                "that have to go.",
            ),
            Mistake(
                "missing-batch-sum",
                ("dY", "dY[0]", "dY[-1]"),
                "The samples are not added up. With one sample nobody can tell.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dY.sum()", "np.full(M, dY.sum())"),
                "You sum over the outputs too. Each output has a bias of its own.",
            ),
            Mistake(
                "scaled",
                ("2 * dY.sum(axis=0)",),
                "Both ways are counted. The bias is added once, to what went through the weights.",
            ),
            Mistake(
                "wrong-array",
                ("X.sum(axis=0)", "dY.sum(axis=0) @ W", "dY.sum(axis=0) + dY.sum(axis=0) @ W"),
                "Neither X nor W is needed: Y depends on b with the derivative 1.",
            ),
        ),
    ),
    Exercise("linear.bug", takes="dY X W", returns="linear.skip_dX linear.skip_dW linear.skip_db"),
    Quantity(
        "linear.embedding",
        "∂L/∂W",
        takes={"dY": "S M", "t": "S labels", "W": "C M"},
        shape="C M",
        formula="one_hot(t, C).T @ dY",
        section="The gradient by the weights",
        mistakes=(
            Mistake(
                "missing-batch-sum",
                (
                    "(one_hot(t, C) * ~np.triu(t[:, None] == t, 1).any(axis=1)[:, None]).T @ dY",
                    "(one_hot(t, C) * ~np.tril(t[:, None] == t, -1).any(axis=1)[:, None]).T @ dY",
                ),
                "A row that is looked up several times gets the gradient of one look-up only. "
                "dW[t] = dY overwrites; and so does dW[t] += dY, because NumPy reads dW[t] once, "
                "before anything is added.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "one_hot(t, C).T @ dY / np.maximum(one_hot(t, C).sum(axis=0), 1)[:, None]",
                "You average over the look-ups of a row. The chain rule adds them.",
            ),
            Mistake(
                "upstream-missing",
                ("one_hot(t, C).T @ np.ones_like(dY)", "one_hot(t, C).sum(axis=0)"),
                "This counts how often each row is looked up. What the rest of the network says "
                "about each look-up, ∂L/∂Y, is not in it.",
            ),
            Mistake(
                "not-reduced",
                "dY",
                "This is ∂L/∂Y, a row for each look-up. W has a row for each word, whether it was "
                "looked up never, once or often.",
            ),
            Mistake(
                "wrong-array",
                ("one_hot(t, C).T @ W[t]", "W"),
                "You put the rows of W itself back. It is the rows of ∂L/∂Y that go back to where "
                "they came from.",
            ),
            Mistake(
                "extra-term",
                (
                    "one_hot(t, C).T @ dY + W",
                    "W - one_hot(t, C).T @ dY",
                    "one_hot(t, C).T @ (dY * W[t])",
                ),
                "W itself stands in it (did you start from a copy of W, not from zeros?). Its rows "
                "are passed on as they are, so the derivative is 0 or 1.",
            ),
            Mistake(
                "labels-as-numbers",
                ("(one_hot(t, C) * t[:, None]).T @ dY", "np.ones((C, 1)) * (t @ dY)"),
                "The index is multiplied in. It says which row is meant; word 4 is not four times "
                "word 1.",
            ),
            Mistake(
                "wrong-index",
                (
                    "np.roll(one_hot(t, C), 1, axis=1).T @ dY",
                    "np.roll(one_hot(t, C), -1, axis=1).T @ dY",
                ),
                "Everything is right but a row too low or too high. Indices start at 0.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("np.ones((C, 1)) * dY.sum(axis=0)", "dY.sum(axis=0)"),
                "Every row gets the sum of all. A row that was not looked up has the gradient 0.",
            ),
        ),
    ),
)

BILINEAR = {"dY": "S", "X": "S M", "A": "M N", "U": "S N"}
add(
    Quantity(
        "linear.bilinear_dX",
        "∂L/∂X",
        takes=BILINEAR,
        shape="S M",
        formula="dY[:, None] * (U @ A.T)",
        section="The gradient by the input",
        mistakes=(
            Mistake(
                "upstream-missing",
                "U @ A.T",
                "This is ∂Y/∂X alone. Each row still has to be multiplied by its sample's ∂L/∂Y_i.",
            ),
            Mistake(
                "wrong-array",
                "dY[:, None] * (X @ A)",
                "This is what U needs. With respect to X it is U that stays.",
            ),
            Mistake(
                "extra-term",
                ("dY[:, None] * X * (U @ A.T)", "X * (U @ A.T)"),
                "X is still there. Y_i is linear in x_i, so in its derivative x_i does not occur.",
            ),
            Mistake(
                "samples-mixed",
                ("dY.sum() * (U @ A.T)", "dY.mean() * (U @ A.T)"),
                "The upstream gradients are added up before each has met its own sample.",
            ),
            Mistake(
                "wrong-array",
                ("dY[:, None] * A.sum(axis=1)", "dY[:, None] * (X @ A @ A.T)"),
                "A is summed over its second index with the wrong array, or with none. It has to "
                "be U.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dY @ U @ A.T", "np.ones((S, 1)) * (dY @ U @ A.T)"),
                "You sum over the samples. Each sample has a row of X of its own.",
            ),
            Mistake(
                "missing-transpose",
                "(dY[:, None] * (U @ A.T)).T",
                "This is the transpose: the samples stand in columns.",
            ),
        ),
    ),
    Quantity(
        "linear.bilinear_dA",
        "∂L/∂A",
        takes=BILINEAR,
        shape="M N",
        formula="X.T @ (dY[:, None] * U)",
        section="The gradient by the weights",
        mistakes=(
            Mistake(
                "upstream-missing",
                "X.T @ U",
                "This is the sum of all ∂Y_i/∂A. Before the samples are added up, each is "
                "weighted by its ∂L/∂Y_i.",
            ),
            Mistake(
                "upstream-twice",
                ("(dY[:, None] * X).T @ (dY[:, None] * U)", "np.outer(dY @ X, dY @ U)"),
                "Both X and U are weighted by ∂L/∂y. It comes in once.",
            ),
            Mistake(
                "missing-transpose",
                "(dY[:, None] * U).T @ X",
                "This is the transpose. The first index of A belongs to X.",
            ),
            Mistake(
                "contraction-order",
                (
                    "np.outer(dY @ X, U.sum(axis=0))",
                    "np.outer(X.sum(axis=0), dY @ U)",
                    "dY.sum() * np.outer(X.sum(axis=0), U.sum(axis=0))",
                ),
                "You sum over the samples before the product is made. So the x of one sample meets "
                "the u of another.",
            ),
            Mistake(
                "samples-mixed",
                ("dY.sum() * (X.T @ U)", "dY.mean() * (X.T @ U)"),
                "The upstream gradients are added up before each has met its own sample.",
            ),
            Mistake(
                "missing-batch-sum",
                (
                    "dY[:, None, None] * X[:, :, None] * U[:, None, :]",
                    "dY[0] * np.outer(X[0], U[0])",
                ),
                "There is an outer product for each sample, or the first one alone. A is the same "
                "for all samples: their shares are added.",
            ),
            Mistake(
                "extra-term",
                ("A * (X.T @ (dY[:, None] * U))", "X.T @ (dY[:, None] * U) + A"),
                "A is still there. Y_i is linear in A, so in its derivative A does not occur.",
            ),
        ),
    ),
    Quantity(
        "linear.bilinear_dU",
        "∂L/∂U",
        takes=BILINEAR,
        shape="S N",
        formula="dY[:, None] * (X @ A)",
        section="The gradient by the input",
        mistakes=(
            Mistake(
                "upstream-missing",
                "X @ A",
                "This is ∂Y/∂U alone. Each row still has to be multiplied by its sample's ∂L/∂Y_i.",
            ),
            Mistake(
                "wrong-array",
                "dY[:, None] * (U @ A.T)",
                "This is what X needs. With respect to U it is X that stays.",
            ),
            Mistake(
                "extra-term",
                ("dY[:, None] * U * (X @ A)", "U * (X @ A)"),
                "U is still there. Y_i is linear in u_i, so in its derivative u_i does not occur.",
            ),
            Mistake(
                "samples-mixed",
                ("dY.sum() * (X @ A)", "dY.mean() * (X @ A)"),
                "The upstream gradients are added up before each has met its own sample.",
            ),
            Mistake(
                "wrong-array",
                ("dY[:, None] * A.sum(axis=0)", "dY[:, None] * (U @ A.T @ A)"),
                "A is summed over its first index with the wrong array, or with none. It has to be "
                "X.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dY @ X @ A", "np.ones((S, 1)) * (dY @ X @ A)"),
                "You sum over the samples. Each sample has a row of U of its own.",
            ),
            Mistake(
                "missing-transpose",
                "(dY[:, None] * (X @ A)).T",
                "This is the transpose: the samples stand in columns.",
            ),
        ),
    ),
    Exercise(
        "linear.bilinear",
        takes="dY X A U",
        returns="linear.bilinear_dX linear.bilinear_dA linear.bilinear_dU",
    ),
)
