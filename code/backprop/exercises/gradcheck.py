"""Gradient checks: what can be asked, and what goes wrong. Source: chapter "Checking a gradient".

f is a smooth function that maps an array of any shape to a number.
"""

from .tables import Exercise, Mistake, Quantity, add

# E holds an array for each entry of x, 1 there and 0 elsewhere; B moves all earlier entries, too.
MOVED = {
    "E": "np.eye(x.size).reshape(x.size, *x.shape)",
    "B": "np.tril(np.ones((x.size, x.size)), -1).reshape(x.size, *x.shape)",
    "plus": "np.reshape([f(moved) for moved in x + h * E], x.shape)",
    "minus": "np.reshape([f(moved) for moved in x - h * E], x.shape)",
    "here": "np.full(x.shape, f(x))",
}
BOTH = "np.maximum(np.abs(claimed), np.abs(measured))"

add(
    Quantity(
        "gradcheck.central",
        "∂f/∂x",
        takes={"f": "function", "x": "S M", "h": "positive"},
        shape="S M",
        formula="(plus - minus) / (2 * h)",
        section="Two points",
        where=MOVED,
        mistakes=(
            Mistake(
                "missing-term",
                ("(plus - here) / h", "(here - minus) / h"),
                "This is the one-sided difference: x itself is one of its two points. The central "
                "one goes a step to both sides, and its error shrinks with h² instead of h.",
            ),
            Mistake(
                "scaled",
                "(plus - minus) / h",
                "You divide by h. From x − h to x + h the way is 2h, so this is twice too large.",
            ),
            Mistake(
                "scaled",
                "(plus - here) / (2 * h)",
                "You divide by 2h, but go only h far: one of your two points is x itself.",
            ),
            Mistake(
                "wrong-sign",
                "(plus + minus) / (2 * h)",
                "You add the two values. A slope is a difference of values, divided by the way "
                "between.",
            ),
            Mistake(
                "missing-term",
                ("(plus - minus) / 2", "plus - minus"),
                "The step h is missing in the denominator: a slope is a difference for each unit "
                "of x.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "(f(x + h) - f(x - h)) / (2 * h)",
                    "np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))",
                ),
                "All entries of x are moved at once, which gives one number, the sum of all "
                "slopes. Move one entry, measure, put it back, go on to the next.",
            ),
            Mistake(
                "partly-wrong",
                (
                    "np.reshape([(f(x + h * (b + e)) - f(x + h * (b - e))) / (2 * h)"
                    " for e, b in zip(E, B)], x.shape)",
                    "np.reshape([(f(x - h * (b - e)) - f(x - h * (b + e))) / (2 * h)"
                    " for e, b in zip(E, B)], x.shape)",
                ),
                "The first entry is right, the later ones are not: an entry that was moved was not "
                "put back before the next one's turn.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "np.array([(f(x + h * r) - f(x - h * r)) / (2 * h) for r in"
                    " np.eye(S)[:, :, None] * np.ones(M)])",
                    "np.array([[(f(x + h * r) - f(x - h * r)) / (2 * h)] * M for r in"
                    " np.eye(S)[:, :, None] * np.ones(M)])",
                    "np.array([(f(x + h * c) - f(x - h * c)) / (2 * h) for c in np.eye(M)])",
                ),
                "Whole rows or columns of x are moved at once. x[i] of a matrix is a row; an entry "
                "has two indices. np.ndindex(x.shape) runs through all of them.",
            ),
        ),
    ),
    Quantity(
        "gradcheck.step",
        "h",
        takes={"eps": "positive", "size": "positive", "third": "positive"},
        shape="",
        formula="(3 * eps * size / third) ** (1 / 3)",
        section="Two points",
        mistakes=(
            Mistake(
                "missing-term",
                "eps ** (1 / 3)",
                "That is the rule of thumb, for f and f‴ of about the same size. How large they "
                "are is given here: put it in.",
            ),
            Mistake(
                "fraction-inverted",
                "(3 * eps * third / size) ** (1 / 3)",
                "The fraction stands upside down. A large f‴ makes Taylor's error large, and a "
                "smaller step then pays.",
            ),
            Mistake(
                "missing-term",
                (
                    "(eps * size / third) ** (1 / 3)",
                    "(3 * eps / third) ** (1 / 3)",
                    "(3 * eps * size) ** (1 / 3)",
                ),
                "A factor is missing below the root. Set the derivative of the whole error by h to "
                "0 once more: h/3 · |f‴| − ε|f|/h² = 0.",
            ),
            Mistake(
                "scaled",
                "(6 * eps * size / third) ** (1 / 3)",
                "Here the two errors are equal. Their sum is least where their slopes cancel, "
                "which is not the same place.",
            ),
            Mistake(
                "wrong",
                (
                    "(3 * eps * size / third) ** (1 / 2)",
                    "(2 * eps * size / third) ** (1 / 2)",
                    "2 * (eps * size / third) ** (1 / 2)",
                    "eps ** (1 / 2)",
                ),
                "The square root belongs to the forward difference, whose Taylor error goes with "
                "h. That of the central one goes with h².",
            ),
            Mistake(
                "missing-term",
                "3 * eps * size / third",
                "This is h³. The third root is still to be taken.",
            ),
            Mistake(
                "wrong",
                "(3 * eps * size / third) ** 3",
                "You take the third power where the third root belongs.",
            ),
            Mistake(
                "scaled",
                "(3 * eps * size / (2 * third)) ** (1 / 3)",
                "A factor of 2 has crept in below the root. In the whole error the rounding is "
                "ε|f|/h: the 2 of its numerator and the 2 of 2h are gone already.",
            ),
        ),
    ),
    Quantity(
        "gradcheck.least_error",
        "the error at the best h",
        takes={"eps": "positive", "size": "positive", "third": "positive"},
        shape="",
        formula="h**2 / 6 * third + eps * size / h",
        section="Two points",
        where={"h": "(3 * eps * size / third) ** (1 / 3)", "rule": "eps ** (1 / 3)"},
        mistakes=(
            Mistake(
                "missing-term",
                "h**2 / 6 * third",
                "This is Taylor's error alone. At the best h the rounding is twice as large.",
            ),
            Mistake(
                "missing-term",
                "eps * size / h",
                "This is the rounding alone. Taylor's error comes on top of it.",
            ),
            Mistake(
                "missing-term",
                "h**2 * third + eps * size / h",
                "Taylor's error lacks its 1/6.",
            ),
            Mistake(
                "missing-term",
                ("h / 6 * third + eps * size / h", "h / 2 * third + eps * size / h"),
                "Taylor's error of the central difference goes with h², not with h.",
            ),
            Mistake(
                "wrong-array",
                "rule**2 / 6 * third + eps * size / rule",
                "This is the error at the rule of thumb ε^(1/3), not at the best h.",
            ),
            Mistake(
                "missing-term",
                ("h**2 / 6 * third + eps / h", "h**2 / 6 + eps * size / h"),
                "A size is missing: Taylor's error is proportional to |f‴|, rounding to |f|.",
            ),
            Mistake(
                "fraction-inverted",
                "h**2 / 6 * third + eps * size * h",
                "The rounding is divided by h. A small step blows it up.",
            ),
            Mistake(
                "wrong-sign",
                "h**2 / 6 * third - eps * size / h",
                "You subtract the two. Each may have either sign, so their sizes are added: the "
                "error is at most that.",
            ),
        ),
    ),
    Exercise("gradcheck.h", takes="eps size third", returns="gradcheck.step gradcheck.least_error"),
    Quantity(
        "gradcheck.relative",
        "the relative error",
        takes={"claimed": "S M", "measured": "S M", "floor": "positive"},
        shape="S M",
        formula="np.abs(claimed - measured)"
        " / np.maximum(np.maximum(np.abs(claimed), np.abs(measured)), floor)",
        section="How large is an error?",
        where={"larger": BOTH},
        mistakes=(
            Mistake(
                "missing-term",
                "np.abs(claimed - measured)",
                "This is the absolute error. A difference of 0.001 is a lot for a gradient of "
                "0.002 and nothing for one of 1,000: divide by the size.",
            ),
            Mistake(
                "missing-term",
                (
                    "np.abs(claimed - measured) / larger",
                    "np.abs(claimed - measured) / (np.abs(claimed) + np.abs(measured))",
                ),
                "The floor is missing. Where both numbers are near 0 there is nothing but "
                "rounding, and this calls it a mistake.",
            ),
            Mistake(
                "missing-term",
                (
                    "np.abs(claimed - measured) / np.maximum(np.abs(measured), floor)",
                    "np.abs(claimed - measured) / np.maximum(np.abs(claimed), floor)",
                    "np.abs(claimed - measured) / np.abs(measured)",
                    "np.abs(claimed - measured) / np.abs(claimed)",
                ),
                "You divide by the size of one of the two numbers. If that one happens to be "
                "nearly 0, the error is huge: take the larger of the two.",
            ),
            Mistake(
                "stray-epsilon",
                (
                    "np.abs(claimed - measured) / (larger + floor)",
                    "np.abs(claimed - measured) / (np.abs(claimed) + np.abs(measured) + floor)",
                ),
                "The floor is added. Then it makes every error smaller, those of large gradients "
                "too. It is a lower bound: the larger of size and floor.",
            ),
            Mistake(
                "scaled",
                "np.abs(claimed - measured)"
                " / np.maximum(np.abs(claimed) + np.abs(measured), floor)",
                "You divide by the sum of the two sizes. Others do, and then right is half as "
                "large; here the larger of the two is asked for.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.abs(claimed - measured)"
                    " / np.minimum(np.minimum(np.abs(claimed), np.abs(measured)), floor)",
                    "np.abs(claimed - measured) / np.minimum(larger, floor)",
                ),
                "A minimum stands where a maximum belongs: divide by the largest of the three.",
            ),
            Mistake(
                "missing-term",
                (
                    "(claimed - measured) / np.maximum(larger, floor)",
                    "(measured - claimed) / np.maximum(larger, floor)",
                ),
                "The absolute value of the difference is missing. A negative error would pass any "
                "tolerance.",
            ),
            Mistake(
                "missing-term",
                (
                    "np.abs(claimed - measured) / np.maximum(np.maximum(claimed, measured), floor)",
                    "np.abs(claimed - measured) / np.abs(claimed + measured)",
                ),
                "The larger of the two sizes is asked for: take the absolute values before you "
                "compare.",
            ),
            Mistake(
                "reduction-for-elementwise",
                "np.abs(claimed - measured) / max(larger.max(), floor)",
                "You divide every entry by the largest of the whole array. An entry of usual size "
                "beside a huge one could then be all wrong, and pass.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "np.linalg.norm(claimed - measured)"
                    " / max(np.linalg.norm(claimed), np.linalg.norm(measured), floor)",
                    "(np.abs(claimed - measured) / np.maximum(larger, floor)).max()",
                    "(np.abs(claimed - measured) / np.maximum(larger, floor)).mean()",
                ),
                "This is one number for the whole array. Each entry has an error of its own; which "
                "one is off is what you want to know.",
            ),
        ),
    ),
    Quantity(
        "gradcheck.claimed",
        "⟨gradient, V⟩",
        takes={"gradient": "S M", "V": "S M"},
        shape="",
        formula="(gradient * V).sum()",
        section="All parameters at once",
        mistakes=(
            Mistake(
                "not-reduced",
                ("gradient * V", "(gradient * V).sum(axis=0)", "(gradient * V).sum(axis=1)"),
                "The products are there, but not all added up. How fast f changes along V is one "
                "number.",
            ),
            Mistake(
                "matmul-for-elementwise",
                (
                    "gradient @ V.T",
                    "gradient.T @ V",
                    "(gradient @ V.T).sum()",
                    "(gradient.T @ V).sum()",
                ),
                "A matrix product pairs a row with every other row. Here each entry of the "
                "gradient meets the entry of V in its own place.",
            ),
            Mistake(
                "contraction-order",
                "gradient.sum() * V.sum()",
                "You add first and multiply then. Each entry moves by its own amount: multiply "
                "first.",
            ),
            Mistake(
                "missing-term",
                "gradient.sum()",
                "V is missing: this is the slope along a direction of ones.",
            ),
            Mistake(
                "extra-term",
                (
                    "(gradient * V).sum() / np.linalg.norm(V)",
                    "(gradient * V).sum() / np.linalg.norm(V) / np.linalg.norm(gradient)",
                    "(gradient * V).sum() / (V**2).sum()",
                ),
                "You divide by a length. That would be a slope for each unit of way, or a cosine; "
                "what is measured moves by all of V.",
            ),
            Mistake(
                "mean-instead-of-sum",
                (
                    "(gradient * V).mean()",
                    "(gradient * V).sum(axis=0).mean()",
                    "(gradient * V).sum(axis=1).mean()",
                ),
                "You average. Every entry that moves adds its share.",
            ),
            Mistake(
                "wrong-array",
                ("(V * V).sum()", "(gradient * gradient).sum()"),
                "The same array stands there twice. It is the gradient times the direction.",
            ),
            Mistake(
                "missing-term",
                "np.abs(gradient * V).sum()",
                "The sign is lost: along −V the function changes by the opposite amount.",
            ),
        ),
    ),
    Quantity(
        "gradcheck.along",
        "the slope of f along V",
        takes={"f": "function", "x": "S M", "V": "S M", "h": "positive"},
        shape="",
        formula="(f(x + h * V) - f(x - h * V)) / (2 * h)",
        section="All parameters at once",
        where={"unit": "V / np.linalg.norm(V)"},
        mistakes=(
            Mistake(
                "missing-term",
                ("(f(x + h * V) - f(x)) / h", "(f(x) - f(x - h * V)) / h"),
                "This is the one-sided difference. Go a step to both sides.",
            ),
            Mistake(
                "scaled",
                "(f(x + h * V) - f(x - h * V)) / h",
                "You divide by h. The way from one point to the other is 2h (in steps of V).",
            ),
            Mistake(
                "missing-term",
                ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h * np.ones((S, M))) - f(x)) / h"),
                "V is missing: every entry is moved by the same amount.",
            ),
            Mistake(
                "missing-term",
                ("(f(x + V) - f(x - V)) / (2 * h)", "(f(x + V) - f(x - V)) / 2"),
                "You go the whole of V to both sides. The step is h V, and h is small.",
            ),
            Mistake(
                "missing-term",
                ("f(x + h * V) - f(x - h * V)", "(f(x + h * V) - f(x - h * V)) / 2"),
                "h is missing in the denominator: this is by how much f changes, not how fast.",
            ),
            Mistake(
                "extra-term",
                (
                    "(f(x + h * V) - f(x - h * V)) / (2 * h * np.linalg.norm(V))",
                    "(f(x + h * unit) - f(x - h * unit)) / (2 * h)",
                ),
                "The length of V was divided out. Then the other side would have to do without it, "
                "too: ⟨gradient, V⟩ knows nothing of that.",
            ),
            Mistake(
                "not-reduced",
                (
                    "(f(x + h * V) - f(x - h * V)) / (2 * h * V)",
                    "(f(x + h * V) - f(x - h * V)) / (2 * h) * V",
                ),
                "There is an array where a number is asked for: V belongs in the step and nowhere "
                "else.",
            ),
            Mistake(
                "wrong-sign",
                (
                    "(f(x - h * V) - f(x + h * V)) / (2 * h)",
                    "(f(x + h * V) + f(x - h * V)) / (2 * h)",
                ),
                "A sign: it is what stands ahead, minus what stands behind.",
            ),
        ),
    ),
    Exercise(
        "gradcheck.projection",
        takes="f x gradient V h",
        returns="gradcheck.claimed gradcheck.along",
    ),
    Quantity(
        "gradcheck.ones",
        "∂L/∂X",
        takes={"dY": "S M"},
        shape="S M",
        formula="np.cumsum(dY[:, ::-1], axis=1)[:, ::-1]",
        section="A layer is not a number",
        mistakes=(
            Mistake(
                "wrong-index",
                "np.cumsum(dY, axis=1)[:, ::-1]",
                "That is the planted bug. With equal entries it does not matter which of them are "
                "added up, only how many; here it does.",
            ),
            Mistake(
                "wrong-index",
                "np.cumsum(dY, axis=1)",
                "This adds up from the left, as the forward pass does. X_ik goes into Y_ik and all "
                "that stand to its right: their gradients come back to it.",
            ),
            Mistake(
                "wrong-index",
                "np.cumsum(dY[:, ::-1], axis=1)",
                "The sums are right, in the wrong order: turn the row round once more.",
            ),
            Mistake(
                "wrong-axis",
                ("np.cumsum(dY[::-1], axis=0)[::-1]", "np.cumsum(dY, axis=0)"),
                "You add up over the samples. Each row is a sample, and adds up for itself.",
            ),
            Mistake(
                "contraction-order",
                ("dY * np.arange(M, 0, -1)", "dY * np.arange(1, M + 1)"),
                "You count how often X_ik is used, and multiply. That is right if all its uses "
                "have the same upstream gradient, as with ones.",
            ),
            Mistake(
                "wrong-index",
                "np.cumsum(dY[:, ::-1], axis=1)[:, ::-1] - dY",
                "The sum begins one too late: X_ik also goes into Y_ik, its own place.",
            ),
            Mistake(
                "wrong-index",
                (
                    "dY.sum(axis=1, keepdims=True) + 0 * dY",
                    "dY.sum(axis=1, keepdims=True)",
                    "dY.sum(axis=1)",
                ),
                "You sum over the whole row. X_ik is in no Y_ij that stands to its left.",
            ),
            Mistake(
                "upstream-missing",
                ("np.arange(M, 0, -1)", "np.arange(M, 0, -1) + 0 * dY"),
                "This counts how often X_ik is used. What each of these places says, its ∂L/∂Y, is "
                "not in it.",
            ),
            Mistake(
                "missing-term",
                ("dY", "dY + np.roll(dY, -1, axis=1)"),
                "The upstream gradient was not added up to the end of the row.",
            ),
        ),
    ),
)
