"""Cross-entropy: what can be asked, and what goes wrong. Source: chapter "Cross-entropy"."""

from .tables import Exercise, Mistake, Quantity, add

ROWS = {"P": "one_hot(T, C)", "rows": "np.arange(S)", "p": "Y[rows, T]"}

add(
    Quantity(
        "cross_entropy.forward",
        "L",
        takes={"Y": "S C probabilities", "T": "S labels"},
        shape="",
        formula="-(P * np.log(Y)).sum() / S",
        exact="cross_entropy(Y, T)",
        section="By the probabilities",
        where=ROWS,
        mistakes=(
            Mistake(
                "missing-batch-mean",
                "-np.log(p).sum()",
                "You add the samples up. The loss is their mean: the 1/S is missing, and with it "
                "every gradient is S times too large.",
            ),
            Mistake(
                "not-reduced",
                (
                    "-np.log(p)",
                    "-P * np.log(Y)",
                    "-(P * np.log(Y)).sum(axis=0)",
                    "-np.log(p) / S",
                    "-np.log(Y)",
                ),
                "There are several numbers. The loss is one: the mean over the samples.",
            ),
            Mistake(
                "labels-as-numbers",
                (
                    "-(T[:, None] * np.log(Y)).sum() / S",
                    "-(T[:, None] * np.log(Y)).mean()",
                    "-(T[:, None] * np.log(Y)).sum()",
                    "-(T * np.log(p)).mean()",
                    "-(T * np.log(p)).sum()",
                    "-(T @ np.log(Y)).mean()",
                    "-(T @ np.log(Y)) / S",
                    "-(T @ np.log(Y))",
                    "-(T * np.log(Y.max(axis=1))).mean()",
                    "-(T * np.log(Y.max(axis=1))).sum()",
                    "-(T[:, None] * np.log(Y)).sum(axis=1)",
                    "-(T[:, None] * np.log(Y)).sum(axis=0)",
                    "-(T[:, None] * np.log(Y))",
                ),
                "You multiply by the label. A label is a name, not a number: class 2 is not twice "
                "class 1, and class 0 would never count. It picks the entry of its class.",
            ),
            Mistake(
                "extra-batch-mean",
                ("-(P * np.log(Y)).mean()", "-np.log(p).mean() / S", "-(P * np.log(Y)).sum() / C"),
                "You divide by a size too many (or by the number of classes). The mean is over the "
                "S samples and nothing else.",
            ),
            Mistake(
                "extra-term",
                (
                    "-(P * np.log(Y) + (1 - P) * np.log(1 - Y)).sum() / S",
                    "-(P * np.log(Y) + (1 - P) * np.log(1 - Y)).mean()",
                    "-(P * np.log(Y) + (1 - P) * np.log(1 - Y)).sum()",
                ),
                "You also count (1 − T) log(1 − Y): that is the loss of C yes-or-no questions, not "
                "of one question with C answers.",
            ),
            Mistake(
                "missing-term",
                ("-p.mean()", "-p.sum()", "1 - p.mean()", "p.mean()"),
                "The logarithm is missing.",
            ),
            Mistake(
                "missing-term",
                ("-np.log(Y).sum() / S", "-np.log(Y).mean()", "-np.log(Y).sum()"),
                "You count every class. Only the right class's probability counts.",
            ),
            Mistake(
                "softmax-twice",
                ("-(P * np.log(softmax(Y))).sum() / S", "-(P * np.log(softmax(Y))).sum()"),
                "You apply softmax to Y; but Y are probabilities already.",
            ),
            Mistake(
                "contraction-order",
                ("-np.log(p.mean())", "-np.log((P * Y).sum())", "-np.log((P * Y).sum() / S)"),
                "You take the mean first and the logarithm then. The loss is the mean of "
                "logarithms.",
            ),
            Mistake(
                "matmul-for-elementwise",
                (
                    "-(P @ np.log(Y).T).sum() / S",
                    "-(P @ np.log(Y).T).mean()",
                    "-(P @ np.log(Y).T).sum()",
                    "-(P @ np.log(Y).T)",
                    "-(P @ np.log(Y).T) / S",
                    "-(P.T @ np.log(Y))",
                    "-(P.T @ np.log(Y)) / S",
                    "-(P @ np.log(Y)) / S",
                    "-(P @ np.log(Y)).sum() / S",
                    "-(P @ np.log(Y))",
                    "-(P @ np.log(Y)).mean()",
                ),
                "Each sample's target meets every other sample's probabilities, by a matrix "
                "product or by Y[:, T], which takes S whole columns. T ⊙ log Y is element by "
                "element; Y[rows, T] with rows = 0 … S − 1 takes one entry of each row.",
            ),
            Mistake(
                "wrong-index",
                (
                    "-np.log(Y[rows, T - 1]).mean()",
                    "-np.log(Y[rows, T - 1]).sum()",
                    "-np.log(Y[:, T[0]]).mean()",
                    "-np.log(Y[0, T]).mean()",
                    "-np.log(Y[:, 0]).mean()",
                ),
                "The probabilities that you pick are not those of the labels: sample i has label "
                "T_i, so take Y[i, T_i], counting from 0.",
            ),
            Mistake(
                "derivative-of-log",
                ("-(1 / np.log(p)).mean()", "(1 / p).mean()", "-(1 / p).mean()"),
                "A reciprocal stands where the logarithm belongs: the loss is the mean of −log y.",
            ),
            Mistake(
                "integer-truncation",
                ("np.trunc(-np.log(p)).mean()", "np.rint(-np.log(p)).mean()"),
                "The logarithms are cut to whole numbers before the mean is taken.",
            ),
            Mistake(
                "wrong-array",
                ("-(Y * np.log(Y)).sum() / S", "-(Y * np.log(Y)).sum()", "-(Y * np.log(Y)).mean()"),
                "This is the entropy of Y with itself; the targets are not in it.",
            ),
            Mistake(
                "wrong-array",
                ("-np.log(Y.max(axis=1)).mean()", "-np.log(Y.max(axis=1)).sum()"),
                "You take each sample's largest probability. The loss looks at the probability of "
                "the right class, however small it is.",
            ),
            Mistake(
                "missing-batch-sum",
                ("-np.log(p[0])", "-np.log(p[-1])"),
                "Only one sample counts.",
            ),
        ),
    ),
    Quantity(
        "cross_entropy.dY",
        "∂L/∂Y",
        takes={"Y": "S C probabilities", "T": "S labels"},
        shape="S C",
        formula="-P / Y / S",
        exact="cross_entropy_backward(Y, T)",
        section="By the probabilities",
        where=ROWS,
        mistakes=(
            Mistake(
                "wrong-index",
                ("-np.isin(np.arange(C), T) / Y / S", "-np.isin(np.arange(C), T) / Y"),
                "Whole columns were written, as by dY[:, T]. Labels and rows go together: "
                "dY[rows, T] with rows = 0 … S − 1.",
            ),
            Mistake(
                "logit-gradient",
                (
                    "(Y - P) / S",
                    "Y - P",
                    "(softmax(Y) - P) / S",
                    "softmax(Y) - P",
                    "(Y - P) / C",
                    "(Y - P) / S / C",
                    "(Y - P) * Y",
                    "2 * (Y - P)",
                    "P * (Y - 1) / S",
                    "P * (Y - 1)",
                ),
                "This is Y − T, the gradient by the logits. Asked is the gradient by the "
                "probabilities; the backward of softmax comes on top of it, and would be done "
                "twice.",
            ),
            Mistake(
                "missing-batch-mean",
                "-P / Y",
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "extra-batch-mean",
                ("-P / Y / S / C", "-P / Y / S / S", "-P / Y / C"),
                "You divide by a size too many (or by the number of classes). 1/S comes in once.",
            ),
            Mistake(
                "fraction-inverted",
                ("-P * Y / S", "-P * Y", "P * Y / C", "-Y / P / S", "-Y / P", "-p", "-p / S"),
                "The fraction stands upside down: T over Y, not Y over T.",
            ),
            Mistake(
                "derivative-of-log",
                (
                    "-P / np.log(Y) / S",
                    "-P / np.log(Y)",
                    "-1 / np.log(Y) / S",
                    "-1 / np.log(Y)",
                    "-1 / np.log(p) / S",
                    "-1 / np.log(p)",
                    "-1 / np.log(p).mean()",
                ),
                "The derivative of log y is 1/y, not 1/log y.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("-P * np.log(Y) / S", "-P * np.log(Y)", "-np.log(Y) / S", "-np.log(Y)"),
                "The logarithm itself stands where its derivative, 1/y, belongs.",
            ),
            Mistake(
                "labels-as-numbers",
                (
                    "-T[:, None] / Y / S",
                    "-T[:, None] / Y",
                    "-T[:, None] * P / Y / S",
                    "-T[:, None] * P / Y",
                    "(Y - T[:, None]) / S",
                    "Y - T[:, None]",
                    "-T[:, None] / Y / S / C",
                    "-T[:, None] / Y / C",
                    "-T[:, None] * Y / S",
                ),
                "The label itself is multiplied in. It is a name, not a number: it says which "
                "entry of its row is not zero.",
            ),
            Mistake(
                "missing-term",
                ("-1 / Y / S", "-1 / Y", "-1 / Y / S / C"),
                "Every class gets a gradient. The loss looks at the right class's probability "
                "only; all other entries are 0.",
            ),
            Mistake(
                "missing-term",
                ("-P / S", "-P"),
                "The division by Y is missing: the derivative of log y is 1/y.",
            ),
            Mistake(
                "extra-term",
                (
                    "(-P / Y + (1 - P) / (1 - Y)) / S",
                    "-P / Y + (1 - P) / (1 - Y)",
                    "(-P / Y + (1 - P) / (1 - Y)) / S / C",
                    "(-P / Y + (1 - P)) / S",
                    "(1 - P / Y) / S",
                ),
                "There is a term for the classes that are not the right one. They don't stand in "
                "the loss.",
            ),
            Mistake(
                "softmax-twice",
                ("-P / softmax(Y) / S", "-P / softmax(Y)"),
                "You apply softmax to Y; but Y are probabilities already.",
            ),
            Mistake(
                "integer-truncation",
                ("-P // Y / S", "-P // Y", "np.trunc(-P / Y) / S", "np.trunc(-P / Y)"),
                "The decimals are cut off: // divides to whole numbers, and so does an array of "
                "integers that is written into.",
            ),
            Mistake(
                "wrong-array",
                (
                    "-P / Y.max(axis=1, keepdims=True) / S",
                    "-P / Y.max(axis=1, keepdims=True)",
                    "-P / (1 - Y) / S",
                    "-P / (1 - Y)",
                ),
                "You divide by another number than the probability of the right class.",
            ),
            Mistake(
                "wrong-array",
                ("-Y / S", "-Y", "Y / S", "Y"),
                "These are the probabilities themselves; the targets are not in it.",
            ),
            Mistake(
                "scaled",
                ("-P / Y**2 / S", "-P / Y**2"),
                "You divide by Y twice.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "-(P / Y).sum(axis=0) / S",
                    "-(P / Y).sum(axis=0)",
                    "-(P / Y).sum() / S",
                    "-(P / Y).sum()",
                    "-np.ones((S, C)) * (P / Y).sum() / S",
                    "-np.ones((S, C)) * (P / Y).sum(axis=0) / S",
                    "-P * (P / Y).sum() / S",
                    "-P * (1 / p).mean()",
                    "-P * (1 / p).mean() / S",
                    "-1 / p.mean()",
                    "-1 / p.mean() / S",
                    "-P / p.mean() / S",
                ),
                "The samples were added up. Each sample has probabilities of its own, and a row of "
                "∂L/∂Y.",
            ),
            Mistake(
                "wrong-shape",
                ("-1 / p / S", "-1 / p"),
                "There is one number for each sample: the entry of the right class. Put it into "
                "its place in a row of zeros.",
            ),
            Mistake(
                "missing-term",
                ("-np.ones((S, C)) / p[:, None] / S", "-np.ones((S, C)) / p[:, None]"),
                "The right class's entry is in the whole row. In all other columns it is 0.",
            ),
            Mistake(
                "matmul-for-elementwise",
                (
                    "-1 / Y[:, T] / S",
                    "-1 / Y[:, T]",
                    "-P @ (1 / Y).T / S",
                    "-P @ (1 / Y).T",
                    "-P.T @ (1 / Y) / S",
                    "-P.T @ (1 / Y)",
                ),
                "Each sample's target meets every other sample's probabilities, by a matrix "
                "product or by Y[:, T], which takes S whole columns. T ⊘ Y is element by element; "
                "Y[rows, T] with rows = 0 … S − 1 takes one entry of each row.",
            ),
        ),
    ),
)

add(
    Exercise("losses.value", takes="Y T", returns="cross_entropy.forward"),
    Exercise("losses.probabilities", takes="Y T", returns="cross_entropy.dY"),
)

NUMBERS = {"Y": "S N", "T": "S N"}
add(
    Quantity(
        "losses.squared_L",
        "L",
        takes=NUMBERS,
        shape="",
        formula="((Y - T) ** 2).sum() / S",
        section="By the probabilities",
        mistakes=(
            Mistake(
                "missing-batch-mean",
                "((Y - T) ** 2).sum()",
                "You add the samples up. The loss is their mean: the 1/S is missing.",
            ),
            Mistake(
                "extra-batch-mean",
                ("((Y - T) ** 2).mean()", "((Y - T) ** 2).sum() / N"),
                "You divide by the number of outputs. The mean is over the S samples; within a "
                "sample the squares are added.",
            ),
            Mistake(
                "not-reduced",
                (
                    "((Y - T) ** 2).sum(axis=1)",
                    "(Y - T) ** 2",
                    "((Y - T) ** 2).sum(axis=0) / S",
                    "((Y - T) ** 2).mean(axis=1)",
                    "(Y - T) ** 2 / S",
                ),
                "There are several numbers. The loss is one.",
            ),
            Mistake(
                "scaled",
                "((Y - T) ** 2).sum() / S / 2",
                "There is a ½ in front. Many books define the squared error with it; here it "
                "stands without.",
            ),
            Mistake(
                "missing-term",
                ("(Y - T).sum() / S", "(Y - T).mean()"),
                "The differences are added without a square, so that one that is too large makes "
                "up for one that is too small.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("np.abs(Y - T).sum() / S", "np.abs(Y - T).mean()"),
                "These are absolute values; the squares are asked for.",
            ),
            Mistake(
                "contraction-order",
                ("((Y - T).sum(axis=1) ** 2).sum() / S", "(Y - T).sum() ** 2 / S"),
                "You add first and square then. Square each difference by itself.",
            ),
            Mistake(
                "contraction-order",
                "(Y**2 - T**2).sum() / S",
                "This is a difference of squares. Asked is the square of the difference.",
            ),
            Mistake(
                "extra-term",
                (
                    "np.sqrt(((Y - T) ** 2).sum(axis=1)).sum() / S",
                    "np.sqrt(((Y - T) ** 2).sum() / S)",
                    "np.sqrt(((Y - T) ** 2).sum())",
                    "np.sqrt(((Y - T) ** 2).sum()) / S",
                ),
                "There is a root in it: that is a distance, not its square.",
            ),
        ),
    ),
    Quantity(
        "losses.squared_dY",
        "∂L/∂Y",
        takes=NUMBERS,
        shape="S N",
        formula="2 * (Y - T) / S",
        section="By the probabilities",
        mistakes=(
            Mistake(
                "missing-term",
                "(Y - T) / S",
                "The square leaves a factor when it is differentiated, and there is no ½ here to "
                "cancel it.",
            ),
            Mistake(
                "missing-batch-mean",
                ("2 * (Y - T)", "Y - T"),
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "extra-batch-mean",
                ("2 * (Y - T) / S / N", "2 * (Y - T) / N", "2 * (Y - T) / S / S"),
                "You divide by a size too many (or by the number of outputs). 1/S comes in once.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("(Y - T) ** 2 / S", "2 * (Y - T) ** 2 / S", "(Y - T) ** 2"),
                "The square itself stands where its derivative belongs.",
            ),
            Mistake(
                "missing-term",
                ("np.sign(Y - T) / S", "2 * np.sign(Y - T) / S"),
                "Only the sign of the difference is in it, as for absolute values. The derivative "
                "of a square grows with the difference.",
            ),
            Mistake(
                "missing-term",
                ("2 * Y / S", "Y / S"),
                "The target is not in it. A prediction that is right would be pushed away.",
            ),
            Mistake(
                "extra-term",
                ("2 * (Y - T) * Y / S", "2 * (Y - T) * T / S"),
                "There is a factor too many. The derivative of Y − T by Y is 1.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("2 * (Y - T).sum(axis=0) / S", "2 * (Y - T).sum() / S"),
                "The samples were added up. Each sample has predictions of its own, and a row of "
                "∂L/∂Y.",
            ),
        ),
    ),
    Exercise("losses.squared", takes="Y T", returns="losses.squared_L losses.squared_dY"),
)

LOGITS = {"Z": "S C large", "T": "S labels"}
FUSED = {"P": "one_hot(T, C)", "E": "np.exp(Z)", "Y": "softmax(Z)", "rows": "np.arange(S)"}
FUSED |= {"m": "Z.max(axis=1, keepdims=True)", "right": "(P * Z).sum(axis=1)"}
add(
    Quantity(
        "losses.fused_L",
        "L",
        takes=LOGITS,
        shape="",
        formula="(np.log(E.sum(axis=1)) - right).sum() / S",
        exact="softmax_cross_entropy(Z, T)",
        section="By the logits, in one go",
        where=FUSED,
        mistakes=(
            Mistake(
                "missing-batch-mean",
                "(np.log(E.sum(axis=1)) - right).sum()",
                "You add the samples up. The loss is their mean: the 1/S is missing.",
            ),
            Mistake(
                "not-reduced",
                ("np.log(E.sum(axis=1)) - right", "(np.log(E.sum(axis=1)) - right) / S"),
                "There is a number for each sample. The loss is one: their mean.",
            ),
            Mistake(
                "extra-batch-mean",
                (
                    "(np.log(E.sum(axis=1)) - right).sum() / S / C",
                    "(np.log(E.sum(axis=1)) - right).sum() / C",
                ),
                "You divide by the number of classes. The mean is over the S samples and nothing "
                "else.",
            ),
            Mistake(
                "missing-term",
                "-right.sum() / S",
                "This is the right class's logit alone. The log-sum-exp of its row is missing.",
            ),
            Mistake(
                "missing-term",
                "np.log(E.sum(axis=1)).sum() / S",
                "This is log-sum-exp alone. The right class's logit, which should be large, is not "
                "in it.",
            ),
            Mistake(
                "wrong-axis",
                (
                    "np.log(E.sum()) - right.sum() / S",
                    "np.log(E.sum(axis=0)).sum() / S - right.sum() / S",
                    "np.log(E.sum(axis=0)).mean() - right.sum() / S",
                ),
                "The sum of the exponentials takes in other samples. Each sample has a log-sum-exp "
                "of its own, over its classes.",
            ),
            Mistake(
                "missing-term",
                "(np.log(np.exp(Z - m).sum(axis=1)) - right).sum() / S",
                "The logits are shifted in log-sum-exp, but not in the other term. The shift "
                "cancels only if both have it.",
            ),
            Mistake(
                "extra-term",
                "(np.log(E.sum(axis=1)) - (P * (Z - m)).sum(axis=1)).sum() / S",
                "The right class's logit is shifted, the others are not. The shift cancels only if "
                "both terms have it.",
            ),
            Mistake(
                "missing-term",
                (
                    "(np.log(E.sum(axis=1)) - Z.sum(axis=1)).sum() / S",
                    "-np.log(Y).sum() / S",
                    "-np.log(Y).mean()",
                ),
                "Every class counts in it. Only the right class's logit is compared with "
                "log-sum-exp.",
            ),
            Mistake(
                "contraction-order",
                "(Z.sum(axis=1) - right).sum() / S",
                "You add up logarithms of exponentials. The logarithm of a sum is not the sum of "
                "the logarithms.",
            ),
            Mistake(
                "missing-term",
                ("-(P * Y).sum() / S", "(E.sum(axis=1) - right).sum() / S"),
                "A logarithm is missing.",
            ),
            Mistake(
                "labels-as-numbers",
                (
                    "-(T[:, None] * np.log(Y)).sum() / S",
                    "(np.log(E.sum(axis=1)) - (T[:, None] * Z).sum(axis=1)).sum() / S",
                    "(np.log(E.sum(axis=1)) - T).sum() / S",
                ),
                "The label itself enters the calculation. It is a name, not a number: it says "
                "which logit of its row is meant.",
            ),
            Mistake(
                "softmax-twice",
                "-(P * np.log(softmax(Y))).sum() / S",
                "You apply softmax to what are probabilities already.",
            ),
            Mistake(
                "wrong-index",
                "(np.log(E.sum(axis=1)) - Z[:, T]).mean()",
                "Labels and rows do not go together: Z[:, T] takes S whole columns. From each row "
                "one logit is wanted.",
            ),
        ),
    ),
    Quantity(
        "losses.fused_dZ",
        "∂L/∂Z",
        takes=LOGITS,
        shape="S C",
        formula="(Y - P) / S",
        section="By the logits, in one go",
        where=FUSED,
        mistakes=(
            Mistake(
                "missing-term",
                ("Y / S - P", "Y - P / S"),
                "1/S has reached one of the two terms only. It belongs to both.",
            ),
            Mistake(
                "missing-batch-mean",
                "Y - P",
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "extra-batch-mean",
                ("(Y - P) / S / S", "(Y - P) / S / C", "(Y - P) / C"),
                "You divide by a size too many (or by the number of classes). 1/S comes in once.",
            ),
            Mistake(
                "wrong-sign",
                "(P - Y) / S",
                "The difference is turned over. A step against this gradient would lower the right "
                "class's logit.",
            ),
            Mistake(
                "labels-as-numbers",
                ("(Y - T[:, None]) / S", "Y - T[:, None]"),
                "The label itself is subtracted. It is a name, not a number: it says in which "
                "column the target is 1.",
            ),
            Mistake(
                "wrong-index",
                (
                    "(Y - np.isin(np.arange(C), T)) / S",
                    "(Y - np.bincount(T, minlength=C)) / S",
                    "Y - np.isin(np.arange(C), T)",
                ),
                "The 1 is subtracted in whole columns. Labels and rows go together: each row has "
                "one entry of 1 in its target.",
            ),
            Mistake(
                "wrong-array",
                ("(Z - P) / S", "Z - P"),
                "The logits themselves are compared with the targets. Probabilities belong there.",
            ),
            Mistake(
                "missing-term",
                ("-P / Y / S", "-P / Y"),
                "This is the gradient by the probabilities. From there it still has to go back "
                "through softmax.",
            ),
            Mistake(
                "extra-term",
                (
                    "Y * ((Y - P) - ((Y - P) * Y).sum(axis=1, keepdims=True)) / S",
                    "(Y - P) * Y * (1 - Y) / S",
                ),
                "You go back through softmax once more. It is in Y − T already.",
            ),
            Mistake(
                "missing-term",
                ("P * (Y - P) / S", "P * (Y - P)"),
                "Only the right class has a gradient here. Log-sum-exp contains every logit of the "
                "row, so each of them has one.",
            ),
            Mistake(
                "missing-term",
                ("Y / S", "Y"),
                "The target is not in it. This is the derivative of log-sum-exp alone.",
            ),
            Mistake(
                "not-normalised",
                ("(E - P) / S", "(np.exp(Z - m) - P) / S"),
                "Exponentials stand where the probabilities belong: divide them by the sum of "
                "their row.",
            ),
            Mistake(
                "collapsed-over-batch",
                ("(Y - P).sum(axis=0) / S", "(Y - P).sum(axis=0)"),
                "The samples were added up. Each sample has logits of its own, and a row of ∂L/∂Z.",
            ),
        ),
    ),
    Exercise("losses.fused", takes="Z T", returns="losses.fused_L losses.fused_dZ"),
)

SOFT = {"Z": "S C", "T": "S C targets"}
HARD = {"Y": "softmax(Z)", "largest": "one_hot(T.argmax(axis=1), C)"}
add(
    Quantity(
        "losses.soft_L",
        "L",
        takes=SOFT,
        shape="",
        formula="-(T * np.log(Y)).sum() / S",
        exact="softmax_cross_entropy(Z, T)",
        section="By the logits, step by step",
        where=HARD,
        mistakes=(
            Mistake(
                "extra-batch-mean",
                "-(T * np.log(Y)).sum(axis=0).mean()",
                "You divide by the number of classes: sum(axis=0) leaves a number for each class, "
                "and their mean is no mean over the samples.",
            ),
            Mistake(
                "extra-batch-mean",
                "-(T * np.log(Y)).mean()",
                "The mean over all entries divides by the number of classes as well. The mean is "
                "over the S samples and nothing else.",
            ),
            Mistake(
                "missing-batch-mean",
                "-(T * np.log(Y)).sum()",
                "You add the samples up. The loss is their mean: the 1/S is missing.",
            ),
            Mistake(
                "not-reduced",
                ("-(T * np.log(Y)).sum(axis=1)", "-(T * np.log(Y)).sum(axis=0) / S"),
                "There are several numbers. The loss is one.",
            ),
            Mistake(
                "wrong-index",
                "-(largest * np.log(Y)).sum() / S",
                "You take the largest target for a label and drop the others. These targets are "
                "soft: each class counts as much as its target says.",
            ),
            Mistake(
                "contraction-order",
                "-np.log((T * Y).sum(axis=1)).sum() / S",
                "You add first and take the logarithm then. With one-hot targets nobody would "
                "notice; with soft ones it is another number.",
            ),
            Mistake(
                "contraction-order",
                "-np.log((T * Y).sum() / S)",
                "You take the mean first and the logarithm then.",
            ),
            Mistake(
                "wrong-array",
                "-(Y * np.log(T)).sum() / S",
                "Predictions and targets have changed places. The logarithm is taken of what was "
                "said, the weight is what is so.",
            ),
            Mistake(
                "wrong-array",
                "-(Y * np.log(Y)).sum() / S",
                "This is the entropy of the predictions; the targets are not in it.",
            ),
            Mistake(
                "extra-term",
                "-(T * np.log(Y) + (1 - T) * np.log(1 - Y)).sum() / S",
                "You also count (1 − T) log(1 − Y): that is the loss of C yes-or-no questions.",
            ),
            Mistake(
                "extra-term",
                "(T * np.log(T) - T * np.log(Y)).sum() / S",
                "The entropy of the targets is taken away: this is the Kullback–Leibler "
                "divergence. Its gradient is the same, its value is not.",
            ),
            Mistake(
                "missing-term",
                "-(T * Y).sum() / S",
                "The logarithm is missing.",
            ),
            Mistake(
                "softmax-twice",
                "-(T * np.log(softmax(Y))).sum() / S",
                "You apply softmax to what are probabilities already.",
            ),
        ),
    ),
    Quantity(
        "losses.soft_dZ",
        "∂L/∂Z",
        takes=SOFT,
        shape="S C",
        formula="(Y - T) / S",
        section="By the logits, step by step",
        where=HARD,
        mistakes=(
            Mistake(
                "missing-term",
                ("Y / S - T", "Y - T / S"),
                "1/S has reached one of the two terms only. It belongs to both.",
            ),
            Mistake(
                "extra-batch-mean",
                "(Y - T) / C",
                "You divide by the number of classes, where the number of samples belongs. As long "
                "as both are the same nobody can tell.",
            ),
            Mistake(
                "extra-batch-mean",
                ("(Y - T) / S / C", "(Y - T) / S / S"),
                "You divide by a size too many. 1/S comes in once.",
            ),
            Mistake(
                "missing-batch-mean",
                "Y - T",
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "wrong-index",
                ("(Y - largest) / S", "(Y - largest) / C", "Y - largest"),
                "You take the largest target for a label. These targets are soft: subtract them as "
                "they are.",
            ),
            Mistake(
                "wrong-array",
                ("(Z - T) / S", "(np.log(Y) - T) / S"),
                "Probabilities have to be compared with the targets, not logits or logarithms.",
            ),
            Mistake(
                "missing-term",
                ("-T / Y / S", "-T / Y / C", "-T / Y"),
                "This is the gradient by the probabilities. From there it still has to go back "
                "through softmax.",
            ),
            Mistake(
                "extra-term",
                (
                    "Y * ((Y - T) - ((Y - T) * Y).sum(axis=1, keepdims=True)) / S",
                    "(Y - T) * Y * (1 - Y) / S",
                ),
                "You go back through softmax once more. It is in Y − T already.",
            ),
            Mistake(
                "missing-term",
                ("Y / S", "Y"),
                "The target is not in it.",
            ),
            Mistake(
                "extra-term",
                ("T * (Y - T) / S", "T * (Y - T)"),
                "The difference is multiplied by the target once more. All classes count, also "
                "those with a small target.",
            ),
        ),
    ),
    Exercise("losses.bug", takes="Z T", returns="losses.soft_L losses.soft_dZ"),
)

SMOOTH = {"P": "one_hot(T, C)", "Y": "softmax(Z)"}
PENALTY = {"X": "S M", "W": "C M", "b": "C", "T": "S labels", "weight_decay": "positive"}
PENALISED = {"P": "one_hot(T, C)", "Y": "softmax(X @ W.T + b)", "dZ": "(Y - P) / S"}
add(
    Quantity(
        "losses.smoothing",
        "∂L/∂Z",
        takes={"Z": "S C", "T": "S labels", "eps": "share"},
        shape="S C",
        formula="(Y - (1 - eps) * P - eps / C) / S",
        section="By the logits, step by step",
        where=SMOOTH,
        mistakes=(
            Mistake(
                "missing-term",
                ("Y / S - ((1 - eps) * P + eps / C)", "Y - ((1 - eps) * P + eps / C) / S"),
                "1/S has reached one of the two terms only. It belongs to both.",
            ),
            Mistake(
                "missing-term",
                "(Y - P) / S",
                "The targets are not smoothed: ε is not in it.",
            ),
            Mistake(
                "missing-term",
                "(Y - (1 - eps) * P) / S",
                "The right class gets less, and the rest goes to nobody: these targets sum to "
                "1 − ε. The rows of ∂L/∂Z then don't sum to 0.",
            ),
            Mistake(
                "missing-term",
                "(Y - P - eps / C) / S",
                "Every class gets its share of ε, but the right class does not give it away: these "
                "targets sum to 1 + ε.",
            ),
            Mistake(
                "missing-term",
                "(Y - (1 - eps) * P - eps) / S",
                "Every class gets the whole ε. It has to be shared out among the classes.",
            ),
            Mistake(
                "wrong-index",
                "(Y - (1 - eps) * P - eps / S) / S",
                "ε is shared out among the samples. It belongs to the classes.",
            ),
            Mistake(
                "wrong-branch",
                "(Y - (1 - eps) * P - eps / (C - 1) * (1 - P)) / S",
                "Only the wrong classes share ε. That exists, too; here all C of them do, the "
                "right one included.",
            ),
            Mistake(
                "wrong-branch",
                "(Y - eps * P - (1 - eps) / C) / S",
                "ε and 1 − ε have changed places.",
            ),
            Mistake(
                "wrong-array",
                ("((1 - eps) * Y + eps / C - P) / S", "(softmax((1 - eps) * Z + eps / C) - P) / S"),
                "The predictions are smoothed. It is the targets that change.",
            ),
            Mistake(
                "scaled",
                "(1 - eps) * (Y - P) / S",
                "The whole gradient is made smaller. Smoothing changes what it is compared with.",
            ),
            Mistake(
                "missing-batch-mean",
                "Y - (1 - eps) * P - eps / C",
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "labels-as-numbers",
                ("(Y - (1 - eps) * T[:, None] - eps / C) / S", "(Y - T[:, None]) / S"),
                "The label itself enters the calculation. It is a name, not a number: turn it into "
                "a one-hot row first.",
            ),
            Mistake(
                "missing-term",
                ("-((1 - eps) * P + eps / C) / Y / S", "-((1 - eps) * P + eps / C) / Y"),
                "This is the gradient by the probabilities. From there it still has to go back "
                "through softmax.",
            ),
        ),
    ),
    Quantity(
        "losses.penalty_dW",
        "∂L/∂W",
        takes=PENALTY,
        shape="C M",
        formula="((Y - P) / S).T @ X + weight_decay * W",
        section="By the logits, step by step",
        where=PENALISED,
        mistakes=(
            Mistake(
                "missing-term",
                "dZ.T @ X",
                "The penalty is not in it. W enters the loss in a second place.",
            ),
            Mistake(
                "missing-term",
                "weight_decay * W",
                "This is the gradient of the penalty alone.",
            ),
            Mistake(
                "scaled",
                "dZ.T @ X + 2 * weight_decay * W",
                "The penalty counts twice. It has a ½ in front, which cancels the 2 of the square.",
            ),
            Mistake(
                "scaled",
                "dZ.T @ X + weight_decay / 2 * W",
                "The penalty counts half. The ½ in front cancels the 2 that the square leaves.",
            ),
            Mistake(
                "value-instead-of-derivative",
                (
                    "dZ.T @ X + weight_decay / 2 * W**2",
                    "dZ.T @ X + weight_decay / 2 * (W**2).sum()",
                    "dZ.T @ X + weight_decay * W**2",
                ),
                "The penalty itself is added. Its derivative by W belongs there.",
            ),
            Mistake(
                "wrong-sign",
                "dZ.T @ X - weight_decay * W",
                "The penalty's gradient has the wrong sign: this would make the weights grow.",
            ),
            Mistake(
                "extra-batch-mean",
                ("dZ.T @ X + weight_decay * W / S", "dZ.T @ X / S + weight_decay * W / S"),
                "The penalty is divided by S. It looks at no samples, and has no mean over them.",
            ),
            Mistake(
                "missing-batch-mean",
                ("(Y - P).T @ X + weight_decay * W", "(Y - P).T @ X"),
                "The 1/S of cross-entropy is missing; the penalty then weighs S times too little.",
            ),
            Mistake(
                "missing-term",
                ("dZ.T @ X + W", "dZ.T @ X + weight_decay"),
                "A factor of the penalty's gradient is missing: it is made of λ and of W.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "dZ.T @ X + weight_decay * np.sign(W)",
                "This is the gradient of the absolute values, the L1 penalty. Here the squares are "
                "penalised.",
            ),
            Mistake(
                "missing-transpose",
                ("X.T @ dZ + weight_decay * W.T", "X.T @ dZ"),
                "This is the transpose: W has a row for each class, so ∂L/∂Z comes first.",
            ),
            Mistake(
                "wrong-array",
                "dZ.T @ X + weight_decay * dZ.T @ X",
                "λ multiplies the gradient. It belongs to W.",
            ),
        ),
    ),
    Quantity(
        "losses.penalty_db",
        "∂L/∂b",
        takes=PENALTY,
        shape="C",
        formula="((Y - P) / S).sum(axis=0)",
        section="By the logits, step by step",
        where=PENALISED,
        mistakes=(
            Mistake(
                "extra-term",
                ("dZ.sum(axis=0) + weight_decay * b", "dZ.sum(axis=0) + weight_decay"),
                "The bias is penalised. In this loss only W is.",
            ),
            Mistake(
                "extra-term",
                "dZ.sum(axis=0) + weight_decay * W.sum(axis=1)",
                "The penalty of W has got into the bias. No b stands in it.",
            ),
            Mistake(
                "missing-batch-sum",
                "dZ",
                "This is ∂L/∂Z itself, a row for each sample. The bias is the same for all of "
                "them, so what they say has to be added.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "dZ.mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Z already.",
            ),
            Mistake(
                "missing-batch-mean",
                "(Y - P).sum(axis=0)",
                "The 1/S of the loss is missing: it is the mean over the samples.",
            ),
            Mistake(
                "extra-batch-mean",
                "(Y - P).sum(axis=0) / C",
                "You divide by the number of classes. The mean is over the samples.",
            ),
            Mistake(
                "wrong-axis",
                "dZ.sum(axis=1)",
                "You sum over the classes, axis 1. There is a bias for each class and none for a "
                "sample: the samples, axis 0, have to go.",
            ),
            Mistake(
                "missing-term",
                ("Y.sum(axis=0) / S", "-P.sum(axis=0) / S"),
                "Only what was said, or only what is so, is in it. Their difference is the "
                "gradient by the logits.",
            ),
        ),
    ),
    Exercise(
        "losses.penalty",
        takes="X W b T weight_decay",
        returns="losses.penalty_dW losses.penalty_db",
    ),
)
