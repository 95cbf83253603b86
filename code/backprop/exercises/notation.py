"""Notation: what can be asked, and what goes wrong. Source: chapter "Notation and shapes"."""

from .tables import Exercise, Mistake, Quantity, Refusal, add

SIZES = {"S": "whole", "M": "whole", "N": "whole"}
COLUMNS = {"dY_cols": "N S", "X_cols": "M S", "W": "N M"}

add(
    Quantity(
        "notation.read",
        "1ᵀ (A ⊙ B) 1",
        takes={"A": "S N", "B": "S N"},
        shape="",
        formula="(A * B).sum()",
        section="Signs",
        mistakes=(
            Mistake(
                "not-reduced",
                ("A * B", "(A * B).sum(axis=0)", "(A * B).sum(axis=1)"),
                "Not everything is added up. 1_Sᵀ in front adds the rows up, 1_N behind the "
                "columns: what is left is a number.",
            ),
            Mistake(
                "matmul-for-elementwise",
                ("(A @ B.T).sum()", "(A.T @ B).sum()", "A @ B.T", "A.T @ B"),
                "⊙ multiplies entry by entry, before anything is summed. This pairs whole rows or "
                "columns, as a matrix product does.",
            ),
            Mistake(
                "contraction-order",
                "A.sum() * B.sum()",
                "You add up before you multiply. The bracket comes first: ⊙, then the two sums.",
            ),
            Mistake(
                "missing-term",
                ("A.sum()", "B.sum()"),
                "One of the two arrays is missing.",
            ),
            Mistake(
                "extra-term",
                "A.sum() + B.sum()",
                "You add A and B. ⊙ is a product.",
            ),
            Mistake(
                "mean-instead-of-sum",
                ("(A * B).mean()", "(A * B).sum() / S", "(A * B).sum() / N"),
                "You average. Products with ones are sums; nothing is divided.",
            ),
            Mistake(
                "extra-term",
                ("S * (A * B).sum()", "N * (A * B).sum()", "S * N * (A * B).sum()"),
                "The ones were counted as well as used. 1_Sᵀ is the sum; no factor comes with it.",
            ),
        ),
    ),
    Quantity(
        "notation.shape_product",
        "the shape of Gᵀ X",
        takes=SIZES,
        shape="2",
        formula="np.array([N, M])",
        section="Signs",
        mistakes=(
            Mistake(
                "missing-transpose",
                "np.array([M, N])",
                "The two are exchanged. The rows of a product are those of its first factor, and "
                "Gᵀ has N rows.",
            ),
            Mistake(
                "missing-transpose",
                ("np.array([S, M])", "np.array([N, S])"),
                "S is still there. It is the length of the summed index: S columns of Gᵀ meet "
                "S rows of X, and both are gone.",
            ),
            Mistake(
                "elementwise-for-matmul",
                ("np.array([S, N])", "np.array([M, S])"),
                "This is the shape of G, or of Xᵀ; the product is Gᵀ X.",
            ),
            Mistake(
                "not-reduced",
                ("np.array([S, N, M])", "np.array([N, S, M])", "np.array([N, S, S, M])"),
                "An index too many: the one over which a product sums is gone afterwards.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([S, S])", "np.array([N, N])", "np.array([M, M])"),
                "Both sizes are the same one. Gᵀ leaves the outputs, X leaves the inputs.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([N * M])", "np.array([N])", "np.array([M])"),
                "A product of two matrices is a matrix: it has two sizes.",
            ),
        ),
    ),
    Quantity(
        "notation.shape_rows",
        "the shape of ((G W) ⊙ X) 1_M",
        takes=SIZES,
        shape="1",
        formula="np.array([S])",
        section="Signs",
        mistakes=(
            Mistake(
                "wrong-axis",
                "np.array([M])",
                "1_M behind adds the M columns up, so it is they that are gone. A number for each "
                "sample is left.",
            ),
            Mistake(
                "wrong-axis",
                "np.array([N])",
                "N is the length of the summed index of G W: it was gone before 1_M came.",
            ),
            Mistake(
                "not-reduced",
                "np.array([S, M])",
                "This is the shape of the bracket. 1_M behind it still adds the columns up.",
            ),
            Mistake(
                "not-reduced",
                ("np.array([S, N])", "np.array([S, N, M])"),
                "There is an index too many. G W sums over the outputs, 1_M over the inputs.",
            ),
            Mistake(
                "right-values-wrong-shape",
                ("np.array([S, 1])", "np.array([1, S])"),
                "In this book a matrix times a vector is a vector, with one index, and so it is in "
                "NumPy: (S,).",
            ),
            Mistake(
                "collapsed-over-batch",
                "np.array([1])",
                "1_M adds up over the columns alone. The samples stay apart.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([S, S])", "np.array([M, S])"),
                "Go from the inside out: G W is S × M, ⊙ keeps the shape, 1_M takes one index "
                "away.",
            ),
        ),
    ),
    Quantity(
        "notation.shape_columns",
        "the shape of 1_Sᵀ G",
        takes=SIZES,
        shape="1",
        formula="np.array([N])",
        section="Signs",
        mistakes=(
            Mistake(
                "wrong-axis",
                "np.array([S])",
                "1_Sᵀ in front adds the S rows up. It is they that are gone, and a number for each "
                "output is left.",
            ),
            Mistake(
                "wrong-index",
                "np.array([M])",
                "G is S × N: nothing in it runs over the inputs.",
            ),
            Mistake(
                "not-reduced",
                "np.array([S, N])",
                "This is the shape of G. The ones in front still add its rows up.",
            ),
            Mistake(
                "right-values-wrong-shape",
                ("np.array([1, N])", "np.array([N, 1])"),
                "In this book a vector times a matrix is a vector, with one index, and so it is in "
                "NumPy: (N,). A bias has this shape, and so has its gradient.",
            ),
            Mistake(
                "collapsed-over-batch",
                "np.array([1])",
                "1_Sᵀ adds up over the rows alone. The outputs stay apart.",
            ),
            Mistake(
                "missing-transpose",
                ("np.array([N, S])", "np.array([S, S])", "np.array([N, N])"),
                "A row of S ones meets S rows, and both are gone.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([S, 1])", "np.array([1, S])"),
                "G has two indices. One of them is summed, the other is left.",
            ),
        ),
    ),
    Quantity(
        "notation.shape_jacobian",
        "the shape of ∂Y/∂W",
        takes=SIZES,
        shape="4",
        formula="np.array([S, N, N, M])",
        section="A gradient has the shape of its variable",
        mistakes=(
            Mistake(
                "wrong-shape",
                "np.array([N, M])",
                "That is the shape of ∂L/∂W. Y is no number: each of its entries has a derivative "
                "by each entry of W.",
            ),
            Mistake(
                "wrong-shape",
                ("np.array([S, N])", "np.array([S, M])"),
                "That is the shape of one array. Here each entry of Y meets each entry of W.",
            ),
            Mistake(
                "missing-transpose",
                (
                    "np.array([N, M, S, N])",
                    "np.array([S, N, M, N])",
                    "np.array([N, S, N, M])",
                    "np.array([N, S, M, N])",
                ),
                "The four sizes are there, in another order: first the indices of Y, i and j, then "
                "those of W, a and b.",
            ),
            Mistake(
                "contraction-missing",
                ("np.array([S, N, M])", "np.array([S, M, N])"),
                "There are three. The N of Y and the N of W are two indices, j and a: the "
                "derivative is 0 unless they are the same, but the entries exist.",
            ),
            Mistake(
                "wrong-shape",
                (
                    "np.array([S * N, N * M])",
                    "np.array([N * M, S * N])",
                    "np.array([S * N * N * M])",
                ),
                "These are the four indices rolled into fewer. Count them one by one.",
            ),
            Mistake(
                "wrong-index",
                ("np.array([S, M, N, M])", "np.array([S, N, N, N])", "np.array([S, N, M, M])"),
                "One of the sizes is another's. Y is S × N, W is N × M.",
            ),
        ),
    ),
    Exercise(
        "notation.shapes",
        takes="S M N",
        returns="notation.shape_product notation.shape_rows notation.shape_columns "
        "notation.shape_jacobian",
    ),
    Quantity(
        "notation.sum",
        "r",
        takes={"G": "S N", "H": "S N", "X": "S M"},
        shape="M",
        formula="(G * H).sum(axis=1) @ X",
        section="Signs",
        mistakes=(
            Mistake(
                "contraction-order",
                "(G.sum(axis=1) * H.sum(axis=1)) @ X",
                "You sum G and H over j each for itself. The j of G and the j of H are one and the "
                "same: multiply first.",
            ),
            Mistake(
                "contraction-order",
                ("(G * H).sum() * X.sum(axis=0)", "(G.sum() * H.sum()) * X.sum(axis=0)"),
                "You sum over i in G ⊙ H and in X apart. It is one i: row i meets row i.",
            ),
            Mistake(
                "contraction-missing",
                ("(G * H).T @ X", "X.T @ (G * H)"),
                "The sum over j is missing. On the left stands r_a, with one index.",
            ),
            Mistake(
                "missing-batch-sum",
                ("(G * H).sum(axis=1)[:, None] * X", "(G * H)[0].sum() * X[0]"),
                "The sum over i is missing. On the left stands r_a, with one index.",
            ),
            Mistake(
                "matmul-for-elementwise",
                (
                    "(G @ H.T).sum(axis=1) @ X",
                    "(G @ H.T).sum(axis=0) @ X",
                    "G @ H.T @ X",
                    "(G @ H.T).T @ X",
                ),
                "In G Hᵀ the two row indices are different ones. Here both rows are i: that is ⊙.",
            ),
            Mistake(
                "missing-term",
                (
                    "G.sum(axis=1) @ X",
                    "H.sum(axis=1) @ X",
                    "(G * H).sum(axis=1)",
                    "(G * H).sum(axis=0)",
                ),
                "One of the three arrays is missing.",
            ),
            Mistake(
                "mean-instead-of-sum",
                ("(G * H).mean(axis=1) @ X", "(G * H).sum(axis=1) @ X / S"),
                "You average. Σ adds up and divides by nothing.",
            ),
            Mistake(
                "wrong-array",
                ("(G * G).sum(axis=1) @ X", "(H * H).sum(axis=1) @ X"),
                "One array stands there twice, the other not at all.",
            ),
            Mistake(
                "extra-term",
                "(G + H).sum(axis=1) @ X",
                "G_ij and H_ij are multiplied, not added.",
            ),
        ),
    ),
    Quantity(
        "notation.delta_pick",
        "R",
        takes={"G": "S N", "v": "N"},
        shape="S N",
        formula="G * v",
        section="Signs",
        mistakes=(
            Mistake(
                "contraction-order",
                ("G @ v", "(G @ v)[:, None] + 0 * G"),
                "You sum over j. The delta has used this sum up: of all j only j = a is left.",
            ),
            Mistake(
                "missing-term",
                "G",
                "v is gone. The delta puts j = a into every factor that has a j, so v_j becomes "
                "v_a.",
            ),
            Mistake(
                "wrong-index",
                ("G * v.sum()", "G * v.mean()"),
                "v was summed by itself. Its j is the one that the delta sets to a.",
            ),
            Mistake(
                "missing-transpose",
                "(G * v).T",
                "It is turned over. R_ba has b first, which runs over the samples.",
            ),
            Mistake(
                "upstream-missing",
                ("v", "np.ones((S, N)) * v"),
                "G is gone. The deltas put i = b and j = a into it; they don't remove it.",
            ),
            Mistake(
                "wrong-index",
                (
                    "G.sum() * v",
                    "G.sum(axis=0) * v",
                    "np.ones((S, 1)) * (G.sum(axis=0) * v)",
                    "G.sum(axis=1, keepdims=True) * v",
                ),
                "G was summed although the deltas have used up both sums.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("(G * v).sum()", "G.sum() * v.sum()"),
                "One number is left, as if both deltas were 1 everywhere. b and a are free: there "
                "is an entry for each pair.",
            ),
            Mistake(
                "extra-term",
                ("G * v * S", "G * v * N", "G * v * S * N"),
                "A sum that a delta ends leaves one term, not a size.",
            ),
        ),
    ),
    Quantity(
        "notation.delta_count",
        "c",
        takes={"G": "S N"},
        shape="S",
        formula="N * G.sum(axis=1)",
        section="Signs",
        mistakes=(
            Mistake(
                "missing-term",
                "G.sum(axis=1)",
                "You took Σ_j δ_jj for 1. δ_jj is 1 for every j, and there are N of them.",
            ),
            Mistake(
                "wrong-index",
                ("S * G.sum(axis=1)", "N**2 * G.sum(axis=1)"),
                "The factor is another number. j runs to N, and each δ_jj is 1: count.",
            ),
            Mistake(
                "not-reduced",
                ("N * G", "G"),
                "The sum over k is still there: c_i has one index.",
            ),
            Mistake(
                "wrong-axis",
                ("N * G.sum(axis=0)", "G.sum(axis=0)"),
                "You sum over i, the samples. Summed is k, the second index of G.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("N * G.sum()", "G.sum()"),
                "You sum over the samples too. i is free: there is a c_i for each of them.",
            ),
            Mistake(
                "wrong-index",
                ("N * np.diag(G)", "N * np.trace(G)", "np.trace(G)", "np.diag(G)"),
                "You took entries on the diagonal of G. The j of the delta does not stand in G.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "G.mean(axis=1)",
                "You average over k. Σ_k adds up.",
            ),
        ),
    ),
    Exercise("notation.delta", takes="G v", returns="notation.delta_pick notation.delta_count"),
    Quantity(
        "notation.other_dW",
        "∂L/∂W",
        takes=COLUMNS,
        shape="N M",
        formula="dY_cols @ X_cols.T",
        section="A dictionary between books",
        mistakes=(
            Mistake(
                "missing-transpose",
                "X_cols @ dY_cols.T",
                "It is turned over. δ xᵀ has a row for each output, and summed are "
                "the samples, which are the columns of both.",
            ),
            Mistake(
                "missing-batch-sum",
                (
                    "np.outer(dY_cols[:, 0], X_cols[:, 0])",
                    "np.outer(dY_cols[:, -1], X_cols[:, -1])",
                    "np.array([np.outer(d, x) for d, x in zip(dY_cols.T, X_cols.T)])",
                ),
                "This is δ xᵀ of each sample, or of one. The same W serves all of them: add up.",
            ),
            Mistake(
                "contraction-order",
                "np.outer(dY_cols.sum(axis=1), X_cols.sum(axis=1))",
                "You sum over the samples first and multiply then. Sample i's δ belongs to sample "
                "i's x.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dY_cols @ X_cols.T / S",
                "You average over the samples. The 1/S of the loss is in δ already.",
            ),
            Mistake(
                "upstream-missing",
                "np.ones((N, S)) @ X_cols.T",
                "δ is missing: this is made of X alone.",
            ),
            Mistake(
                "wrong-array",
                ("dY_cols @ dY_cols.T @ W", "W @ X_cols @ X_cols.T"),
                "Another array stands in the product. It takes δ and what came in, x.",
            ),
            Mistake(
                "extra-term",
                "dY_cols @ X_cols.T + W",
                "W itself is added.",
            ),
        ),
    ),
    Quantity(
        "notation.other_db",
        "∂L/∂b",
        takes=COLUMNS,
        shape="N",
        formula="dY_cols.sum(axis=1)",
        section="A dictionary between books",
        mistakes=(
            Mistake(
                "wrong-axis",
                ("dY_cols.sum(axis=0)", "dY_cols.mean(axis=0)"),
                "You sum over axis 0. There a sample is a column, so the samples are axis 1.",
            ),
            Mistake(
                "missing-batch-sum",
                ("dY_cols", "dY_cols.T", "dY_cols[:, 0]", "dY_cols[:, -1]", "dY_cols[0]"),
                "The samples are not added up. For one sample the lecture writes ∂L/∂b = δ; the "
                "bias is the same for all of them.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dY_cols.mean(axis=1)",
                "You average over the samples. The 1/S of the loss is in δ already.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("dY_cols.sum()", "np.full(N, dY_cols.sum())"),
                "You sum over the outputs too. Each has a bias of its own.",
            ),
            Mistake(
                "upstream-missing",
                ("np.ones(N)", "S * np.ones(N)"),
                "δ is missing: this is the derivative of Y by b alone.",
            ),
            Mistake(
                "wrong-array",
                ("X_cols.sum(axis=1)", "W.sum(axis=1)"),
                "Another array stands in it. The bias needs δ and nothing else.",
            ),
        ),
    ),
    Quantity(
        "notation.other_dX",
        "∂L/∂X",
        takes=COLUMNS,
        shape="S M",
        formula="dY_cols.T @ W",
        section="A dictionary between books",
        mistakes=(
            Mistake(
                "missing-transpose",
                "W.T @ dY_cols",
                "This is right in the other book: a column for each sample. In ours a sample is a "
                "row; turn it over on the way back.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "dY_cols.sum(axis=1) @ W",
                    "dY_cols.mean(axis=1) @ W",
                    "np.ones((S, 1)) * (dY_cols.sum(axis=1) @ W)",
                ),
                "The samples were added up. Each has a row of ∂L/∂X of its own.",
            ),
            Mistake(
                "upstream-missing",
                ("W", "np.ones((S, N)) @ W", "W.sum(axis=0)"),
                "δ is missing: this is made of W alone.",
            ),
            Mistake(
                "wrong-array",
                "(W @ X_cols).T @ W",
                "You send Y back through W. It is ∂L/∂Y that goes back.",
            ),
            Mistake(
                "wrong-array",
                ("dY_cols.T @ (dY_cols @ X_cols.T)", "X_cols.T"),
                "The gradient goes back through W, the weights themselves.",
            ),
            Mistake(
                "extra-batch-mean",
                ("dY_cols.T @ W / S", "dY_cols.T @ W / N"),
                "You divide by a size. 1/S is in δ already, and in no other place.",
            ),
        ),
    ),
    Exercise(
        "notation.other",
        takes="dY_cols X_cols W",
        returns="notation.other_dW notation.other_db notation.other_dX",
    ),
    Refusal("notation.break", error="WrongStep"),
)
