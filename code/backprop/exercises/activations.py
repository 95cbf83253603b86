"""Activations: what can be asked, and what goes wrong. Source: chapter "Activations"."""

from .tables import Exercise, Mistake, Quantity, add

REDUCED = (
    "X.max()",
    "X.max(axis=0)",
    "X.max(axis=1)",
    "np.maximum(X.max(axis=0), 0)",
    "np.maximum(X.max(axis=1), 0)",
    "np.maximum(X.max(), 0)",
    "X * 0 + X.max()",
    "X * 0 + X.max(axis=0)",
    "X * 0 + X.max(axis=1, keepdims=True)",
    "X.max() * (X > 0)",
    "X.max(axis=0) * (X > 0)",
    "X.max(axis=1, keepdims=True) * (X > 0)",
)

add(
    Quantity(
        "relu.forward",
        "Y",
        takes={"X": "S M large"},
        shape="S M",
        formula="np.where(X > 0, X, 0)",
        section="Nine of them",
        mistakes=(
            Mistake(
                "reduction-for-elementwise",
                REDUCED,
                "You take the maximum of a whole axis. ReLU compares each number with 0: "
                "np.maximum(a, b) is element by element, np.max(a) is the largest of all.",
            ),
            Mistake(
                "wrong-branch",
                ("np.minimum(X, 0)", "-np.minimum(X, 0)", "np.where(X > 0, 0, 1) * X * -1.0"),
                "The negative entries are kept and the positive ones cut off; it is the other way "
                "round.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("np.where(X > 0, 1.0, 0.0)", "np.where(X > 0, 0.0, 1.0)"),
                "This is ReLU's derivative, 0 or 1. Asked is its value.",
            ),
            Mistake("missing-term", "X", "This is X itself; nothing was cut off."),
            Mistake("wrong-branch", "np.abs(X)", "This is |X|: negative entries become 0, not −x."),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X > 0, X, 0.01 * X)",
                    "np.where(X > 0, X, 0.1 * X)",
                    "np.where(X > 0, X, np.expm1(np.minimum(X, 0)))",
                ),
                "Something is left of the negative entries, as in Leaky ReLU or ELU. ReLU makes "
                "them 0.",
            ),
            Mistake("wrong-branch", "np.maximum(X, 1)", "The entries are compared with 1, not 0."),
        ),
    ),
    Quantity(
        "relu.dX",
        "∂L/∂X",
        takes={"dY": "S M", "X": "S M large"},
        shape="S M",
        formula="dY * (X > 0)",
        section="Nine of them",
        where={"Y": "np.maximum(X, 0)"},
        mistakes=(
            Mistake(
                "value-instead-of-derivative",
                ("dY * Y", "Y", "dY * X", "dY * np.abs(X)", "dY * np.clip(X, 0, 1)"),
                "You multiply by ReLU's value, or by X. The chain rule wants its derivative, which "
                "is 1 where x > 0 and 0 elsewhere.",
            ),
            Mistake(
                "upstream-missing",
                ("(X > 0) * 1.0", "np.sign(Y)"),
                "This is h′ alone. What the rest of the network says, ∂L/∂Y, has to be multiplied "
                "in.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * (X < 0)", "np.where(X > 0, 0, dY)"),
                "The gradient passes where x < 0; it has to pass where x > 0.",
            ),
            Mistake(
                "wrong-array",
                ("dY * (dY > 0)", "X * (dY > 0)", "np.maximum(dY, 0)", "Y * (dY > 0)"),
                "The mask comes from ∂L/∂Y. What decides is what came in: X.",
            ),
            Mistake("missing-term", "dY", "This is ∂L/∂Y as it came: nothing was stopped."),
            Mistake(
                "wrong-array",
                ("X * (X > 0) * 2", "X * (X > 0) ** 2 * dY**0 * 3"),
                "X itself stands where ∂L/∂Y belongs.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X > 0, dY, 0.01 * dY)",
                    "np.where(X > 0, dY, dY * np.exp(np.minimum(X, 0)))",
                ),
                "Some gradient passes where x < 0, as in Leaky ReLU or ELU. ReLU stops it.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X > 0, dY, -dY)",
                    "np.where(X > 0, dY, 1.0)",
                    "np.where(X > 0, 1.0, dY)",
                ),
                "One branch is right. In the other, where x < 0, the gradient is 0.",
            ),
            Mistake(
                "reduction-for-elementwise",
                ("dY * (X.max(axis=0) > 0)", "dY * (X.sum(axis=1, keepdims=True) > 0)"),
                "The mask is made of a whole row or column. Each entry decides for itself.",
            ),
        ),
    ),
    Quantity(
        "elu.forward",
        "Y",
        takes={"X": "S M large", "alpha": "positive"},
        shape="S M",
        formula="np.where(X > 0, X, alpha * (np.exp(X) - 1))",
        exact="elu(X, alpha)",
        section="Nine of them",
        mistakes=(
            Mistake(
                "missing-term",
                ("np.where(X > 0, X, alpha * np.exp(X))", "np.where(X > 0, X, np.exp(X))"),
                "The −1 is missing: α eˣ is α at x = 0 and jumps there; α(eˣ − 1) is 0 and meets "
                "the other branch.",
            ),
            Mistake(
                "missing-term",
                (
                    "np.where(X > 0, X, alpha * np.exp(X) - 1)",
                    "np.where(X > 0, X, np.exp(X) - alpha)",
                ),
                "The brackets are missing: α multiplies eˣ − 1, not eˣ alone.",
            ),
            Mistake(
                "missing-term",
                "np.where(X > 0, X, np.exp(X) - 1)",
                "α is missing in the branch where x < 0.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X < 0, X, alpha * (np.exp(X) - 1))",
                    "np.where(X > 0, alpha * (np.exp(X) - 1), X)",
                    "np.where(X > alpha, X, alpha * (np.exp(X) - 1))",
                    "alpha * (np.exp(X) - 1)",
                ),
                "The branches are exchanged, or the condition is another one.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X > 0, alpha * X, alpha * (np.exp(X) - 1))",
                    "np.where(X > 0, alpha * X, np.exp(X) - 1)",
                ),
                "α multiplies the branch where x > 0, too. There ELU is x itself.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.where(X > 0, X, 0)",
                    "np.where(X > 0, X, alpha * X)",
                    "np.where(X > 0, X, alpha)",
                    "np.where(X > 0, X, 0.01 * X)",
                ),
                "The branch where x < 0 is that of another activation.",
            ),
            Mistake(
                "wrong-sign",
                (
                    "np.where(X > 0, X, alpha * (1 - np.exp(X)))",
                    "np.where(X > 0, X, alpha * (np.exp(-X) - 1))",
                ),
                "A sign is wrong where x < 0: ELU is negative there, and above −α.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "np.where(X > 0, 1, alpha * np.exp(X))",
                "This is ELU's derivative. Asked is its value.",
            ),
            Mistake(
                "reduction-for-elementwise",
                REDUCED,
                "You take the maximum of a whole axis. ELU looks at each number by itself.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "np.maximum(X, 0) + alpha * (np.exp(X) - 1)",
                    "X + alpha * (np.exp(np.minimum(X, 0)) - 1)",
                    "np.where(X > 0, X, X + alpha * (np.exp(X) - 1))",
                ),
                "Both branches are added. For each x only one of them counts.",
            ),
        ),
    ),
    Quantity(
        "elu.dX",
        "∂L/∂X",
        takes={"dY": "S M", "X": "S M large", "alpha": "positive"},
        shape="S M",
        formula="dY * np.where(X > 0, 1, alpha * np.exp(X))",
        exact="dY * elu_derivative(X, alpha)",
        section="Nine of them",
        where={"Y": "elu(X, alpha)"},
        mistakes=(
            Mistake(
                "value-instead-of-derivative",
                (
                    "dY * Y",
                    "Y",
                    "dY * np.where(X > 0, 1, Y)",
                    "dY * np.where(X > 0, X, alpha * np.exp(X))",
                    "dY * X",
                    "dY * np.minimum(Y, 1)",
                    "np.where(X > 0, dY, Y)",
                    "dY * np.where(X > 0, 1, alpha * np.exp(X) - 1)",
                    "dY * np.where(X > 0, 1, X)",
                ),
                "The value of ELU (or a branch of it) stands where its derivative belongs. The "
                "derivative of α(eˣ − 1) is α eˣ, that of x is 1.",
            ),
            Mistake(
                "upstream-missing",
                (
                    "np.where(X > 0, 1, alpha * np.exp(X))",
                    "np.where(X > 0, dY, alpha * np.exp(X))",
                    "np.where(X > 0, 1, dY * alpha * np.exp(X))",
                ),
                "This is h′ alone, at least in one branch. What the rest of the network says, "
                "∂L/∂Y, has to be multiplied in.",
            ),
            Mistake(
                "missing-term",
                ("dY * np.where(X > 0, 1, np.exp(X))", "dY * np.where(X > 0, 1, alpha)"),
                "A factor of α eˣ is missing where x < 0.",
            ),
            Mistake(
                "integer-truncation",
                "dY * (X > 0)",
                "Where x < 0 every entry is 0, as if α eˣ had been cut to a whole number: was it "
                "written into an array of integers? (Or is this branch ReLU's?)",
            ),
            Mistake(
                "missing-term",
                "dY",
                "This is ∂L/∂Y as it came: h′ is missing. Where x < 0 it is α eˣ.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "dY * np.where(X < 0, 1, alpha * np.exp(X))",
                    "dY * np.where(X > alpha, 1, alpha * np.exp(X))",
                    "dY * alpha * np.exp(X)",
                    "dY * np.where(X > 0, 0, alpha * np.exp(X))",
                ),
                "The branches are exchanged, or the condition is another one.",
            ),
            Mistake(
                "wrong-branch",
                "dY * np.where(X > 0, alpha, alpha * np.exp(X))",
                "α multiplies the branch where x > 0, too. There the slope is 1.",
            ),
            Mistake(
                "wrong-array",
                (
                    "dY * np.where(X > 0, 1, alpha * np.exp(Y))",
                    "dY * np.where(X > 0, 1, alpha * np.exp(dY))",
                    "dY * np.where(dY > 0, 1, alpha * np.exp(X))",
                    "dY * np.where(dY > 0, 1, alpha * np.exp(dY))",
                ),
                "h′ is taken at the wrong place. It belongs to what came in: X.",
            ),
            Mistake(
                "extra-term",
                (
                    "dY * np.where(X > 0, 1, Y + 1 + alpha)",
                    "dY * (1 + alpha * np.exp(X))",
                    "dY * np.where(X > 0, 1, alpha * X * np.exp(X))",
                    "dY * np.where(X > 0, 1, Y + 2 * alpha)",
                ),
                "Something too much stands in the branch where x < 0.",
            ),
            Mistake(
                "wrong-sign",
                (
                    "dY * np.where(X > 0, 1, -alpha * np.exp(X))",
                    "dY * np.where(X > 0, 1, alpha * np.exp(-X))",
                ),
                "A sign is wrong where x < 0.",
            ),
        ),
    ),
)

add(
    Exercise("activations.max", takes="X", returns="relu.forward"),
    Exercise("activations.backward", takes="X dY alpha", returns="elu.forward elu.dX"),
    Quantity(
        "activations.output",
        "∂L/∂X",
        takes={"dY": "S M", "Y": "S M positive"},
        shape="S M",
        formula="dY * (1 - np.exp(-Y))",
        section="Nine of them",
        mistakes=(
            Mistake(
                "value-instead-of-derivative",
                ("dY * np.log(1 + np.exp(Y))", "dY * Y"),
                "The value of softplus stands where its derivative belongs.",
            ),
            Mistake(
                "wrong-array",
                "dY / (1 + np.exp(-Y))",
                "This is σ(Y). The slope is σ(X), and X is not at hand: write it by what is, Y.",
            ),
            Mistake(
                "missing-term",
                "dY * np.exp(-Y)",
                "e^−y is 1/(1 + eˣ), what is missing of σ(x) to 1. You stopped one step early.",
            ),
            Mistake(
                "fraction-inverted",
                ("dY * (1 - np.exp(Y))", "dY * (np.exp(Y) - 1)"),
                "The exponent has the other sign. A slope of softplus lies between 0 and 1.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * Y * (1 - Y)", "dY * (1 - Y)", "dY * (1 - Y ** 2)"),
                "This is the rule of another activation: y(1 − y) is the sigmoid's, 1 − y² is "
                "tanh's.",
            ),
            Mistake(
                "upstream-missing",
                ("1 - np.exp(-Y)", "dY + (1 - np.exp(-Y))"),
                "The slope is right. It has to multiply ∂L/∂Y.",
            ),
            Mistake(
                "missing-term",
                "dY",
                "This is ∂L/∂Y as it came. That would be right for an activation of slope 1.",
            ),
            Mistake(
                "extra-term",
                "dY * Y * (1 - np.exp(-Y))",
                "A factor Y too many: this is the slope times the value.",
            ),
            Mistake(
                "wrong-array",
                "Y * (1 - np.exp(-dY))",
                "Y and ∂L/∂Y stand in each other's places.",
            ),
        ),
    ),
    Quantity(
        "activations.bug",
        "∂L/∂X",
        takes={"dY": "S M", "X": "S M"},
        shape="S M",
        formula="dY * (1 - np.tanh(X) ** 2)",
        section="Nine of them",
        where={"Y": "np.tanh(X)"},
        mistakes=(
            Mistake(
                "wrong-array",
                "dY * (1 - X ** 2)",
                "1 − y² is right with y = tanh x, what came out. You square what came in.",
            ),
            Mistake(
                "wrong-array",
                ("dY * (1 - np.tanh(np.tanh(X)) ** 2)", "dY * (1 - np.tanh(dY) ** 2)"),
                "The tanh of another array than X is squared (of Y, which is a tanh already, or of "
                "∂L/∂Y).",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("dY * np.tanh(X)", "np.tanh(X)", "dY * X"),
                "The value of tanh stands where its derivative belongs.",
            ),
            Mistake(
                "missing-term",
                ("dY * (1 - np.tanh(X))", "dY * np.tanh(X) ** 2"),
                "The square, or the 1 from which it is taken, is missing.",
            ),
            Mistake(
                "wrong-sign",
                ("dY * (1 + np.tanh(X) ** 2)", "dY * (np.tanh(X) ** 2 - 1)"),
                "A sign is wrong. The slope of tanh is 1 at x = 0, and nowhere larger.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * np.tanh(X) * (1 - np.tanh(X))", "dY * sigmoid(X) * (1 - sigmoid(X))"),
                "y(1 − y) is the rule of the sigmoid. That of tanh is another.",
            ),
            Mistake(
                "fraction-inverted",
                "dY / (1 - np.tanh(X) ** 2)",
                "You divide by the slope; the chain rule multiplies.",
            ),
            Mistake(
                "upstream-missing",
                ("1 - np.tanh(X) ** 2", "dY + 1 - np.tanh(X) ** 2"),
                "The slope is right. It has to multiply ∂L/∂Y.",
            ),
        ),
    ),
    Quantity(
        "activations.hard_swish",
        "Y",
        takes={"X": "S M"},
        shape="S M",
        formula="X * np.minimum(np.maximum(X + 1.5, 0), 3) / 3",
        section="Nine of them",
        mistakes=(
            Mistake(
                "missing-term",
                "np.minimum(np.maximum(X + 1.5, 0), 3) / 3",
                "This is the factor that is cut off at 0 and 1; x itself has still to be "
                "multiplied by it.",
            ),
            Mistake(
                "missing-term",
                (
                    "X * np.minimum(np.maximum(X + 1.5, 0), 3)",
                    "X * np.minimum(np.maximum(X, 0), 3) / 3",
                ),
                "A constant is missing: the 3/2 or the 3.",
            ),
            Mistake(
                "missing-term",
                (
                    "X * np.maximum(X + 1.5, 0) / 3",
                    "X * np.minimum(X + 1.5, 3) / 3",
                    "X * (X + 1.5) / 3",
                ),
                "One of the two bounds is missing, or both. The factor lies between 0 and 1 "
                "everywhere.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "X * np.maximum(np.minimum(X + 1.5, 0), 3) / 3",
                    "X * np.minimum(np.minimum(X + 1.5, 0), 3) / 3",
                    "X * np.maximum(np.maximum(X + 1.5, 0), 3) / 3",
                ),
                "Minimum and maximum are exchanged. First the larger of x + 3/2 and 0, then the "
                "smaller of that and 3.",
            ),
            Mistake(
                "wrong-branch",
                ("np.maximum(X, 0)", "np.minimum(np.maximum(X, 0), 3)"),
                "This is a ReLU. Hard swish is bent between −3/2 and 3/2.",
            ),
            Mistake(
                "wrong-branch",
                "X * sigmoid(X)",
                "This is the swish itself. Its hard form has straight pieces instead of σ.",
            ),
            Mistake(
                "reduction-for-elementwise",
                "X * X.max(axis=0)",
                "You take the maximum of an axis. np.maximum(a, b) is element by element.",
            ),
        ),
    ),
    Quantity(
        "activations.hard_swish_dX",
        "∂L/∂X",
        takes={"dY": "S M", "X": "S M"},
        shape="S M",
        formula="dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, (2 * X + 1.5) / 3, 1))",
        section="At the kink",
        mistakes=(
            Mistake(
                "missing-term",
                "dY * np.minimum(np.maximum(X + 1.5, 0), 3) / 3",
                "You differentiate x and keep the other factor. The product rule has a second "
                "term, in which the other factor is differentiated.",
            ),
            Mistake(
                "missing-term",
                "dY * np.where((X > -1.5) & (X <= 1.5), X / 3, 0)",
                "You differentiate the cut-off factor and keep x. The product rule has another "
                "term, in which x is differentiated.",
            ),
            Mistake(
                "value-instead-of-derivative",
                (
                    "dY * X * np.minimum(np.maximum(X + 1.5, 0), 3) / 3",
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, (X ** 2 + 1.5 * X) / 3, 1))",
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, (2 * X + 1.5) / 3, X))",
                ),
                "A value stands where a slope belongs, at least in one piece.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, (2 * X + 1.5) / 3, 0))",
                    "dY * np.where(X <= -1.5, 1, np.where(X <= 1.5, (2 * X + 1.5) / 3, 0))",
                    "dY * np.where(X <= -1.5, 1, np.where(X <= 1.5, (2 * X + 1.5) / 3, 1))",
                    "dY * (2 * X + 1.5) / 3",
                    "dY * np.where(X <= -1.5, 0, (2 * X + 1.5) / 3)",
                    "dY * np.where(X <= 1.5, (2 * X + 1.5) / 3, 1)",
                ),
                "An outer piece is wrong. Left of −3/2 the function is 0, right of 3/2 it is x.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "dY * np.where(X <= 0, 0, np.where(X <= 3, (2 * X + 1.5) / 3, 1))",
                    "dY * np.where(X <= 0, 0, np.where(X <= 1.5, (2 * X + 1.5) / 3, 1))",
                    "dY * (X > 0)",
                ),
                "The kinks are elsewhere: where x + 3/2 is 0, and where it is 3.",
            ),
            Mistake(
                "missing-term",
                (
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, 2 * X + 1.5, 1))",
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, 2 * X / 3, 1))",
                    "dY * np.where(X <= -1.5, 0, np.where(X <= 1.5, 2 * X + 1.5 / 3, 1))",
                ),
                "In the middle piece, x²/3 + x/2, a term or a division by 3 got lost.",
            ),
            Mistake(
                "upstream-missing",
                "np.where(X <= -1.5, 0, np.where(X <= 1.5, (2 * X + 1.5) / 3, 1))",
                "The slope is right. It has to multiply ∂L/∂Y.",
            ),
        ),
    ),
    Exercise(
        "activations.new",
        takes="X dY",
        returns="activations.hard_swish activations.hard_swish_dX",
        kind="layer",
    ),
)

LARGER = {"dY": "S M", "A": "S M few", "B": "S M few"}
LEARNED = {"dY": "S M", "X": "S M", "a": "M"}
add(
    Quantity(
        "activations.max_dA",
        "∂L/∂A",
        takes=LARGER,
        shape="S M",
        formula="dY * ((A > B) + (A == B) / 2)",
        section="At the kink",
        mistakes=(
            Mistake(
                "wrong-branch",
                "dY * (A >= B)",
                "At a tie the whole gradient goes to A. Asked is the fair choice: half to each.",
            ),
            Mistake(
                "missing-term",
                "dY * (A > B)",
                "At a tie A gets nothing. Asked is the fair choice: half to each.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * ((A < B) + (A == B) / 2)", "dY * (A < B)", "dY * (A <= B)"),
                "A gets the gradient where it is the smaller one. There Y is B, and A has no say.",
            ),
            Mistake(
                "extra-term",
                "dY * ((A >= B) + (A == B) / 2)",
                "At a tie A gets one and a half times the gradient: ≥ holds there, too.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("dY * np.maximum(A, B)", "dY * A", "np.maximum(A, B)"),
                "The value stands where the derivative belongs, which is 1, 0, or 1/2.",
            ),
            Mistake(
                "missing-term",
                ("dY / 2", "dY", "dY * (A == B) / 2", "dY * (A == B)"),
                "The cases are not told apart, or the one in which A is larger is missing.",
            ),
            Mistake(
                "upstream-missing",
                ("(A > B) + (A == B) / 2", "dY + (A > B) + (A == B) / 2"),
                "The derivative is right. It has to multiply ∂L/∂Y.",
            ),
        ),
    ),
    Quantity(
        "activations.max_dB",
        "∂L/∂B",
        takes=LARGER,
        shape="S M",
        formula="dY * ((B > A) + (A == B) / 2)",
        section="At the kink",
        mistakes=(
            Mistake(
                "wrong-branch",
                "dY * (B >= A)",
                "At a tie the whole gradient goes to B. Asked is the fair choice: half to each.",
            ),
            Mistake(
                "missing-term",
                "dY * (B > A)",
                "At a tie B gets nothing. Asked is the fair choice: half to each.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * ((B < A) + (A == B) / 2)", "dY * (B < A)", "dY * (B <= A)"),
                "B gets the gradient where it is the smaller one. There Y is A, and B has no say.",
            ),
            Mistake(
                "extra-term",
                "dY * ((B >= A) + (A == B) / 2)",
                "At a tie B gets one and a half times the gradient: ≥ holds there, too.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("dY * np.maximum(A, B)", "dY * B", "np.maximum(A, B)"),
                "The value stands where the derivative belongs, which is 1, 0, or 1/2.",
            ),
            Mistake(
                "missing-term",
                ("dY / 2", "dY", "dY * (A == B) / 2", "dY * (A == B)"),
                "The cases are not told apart, or the one in which B is larger is missing.",
            ),
            Mistake(
                "upstream-missing",
                ("(B > A) + (A == B) / 2", "dY + (B > A) + (A == B) / 2"),
                "The derivative is right. It has to multiply ∂L/∂Y.",
            ),
        ),
    ),
    Exercise("activations.tie", takes="dY A B", returns="activations.max_dA activations.max_dB"),
    Quantity(
        "activations.prelu_dX",
        "∂L/∂X",
        takes=LEARNED,
        shape="S M",
        formula="dY * np.where(X > 0, 1, a)",
        section="The gradient, for any h",
        mistakes=(
            Mistake(
                "missing-term",
                ("dY * (X > 0)", "dY"),
                "Left of 0 this passes nothing, or everything. The slope there is a_j.",
            ),
            Mistake(
                "value-instead-of-derivative",
                (
                    "dY * np.where(X > 0, X, a * X)",
                    "dY * np.where(X > 0, 1, a * X)",
                    "dY * np.where(X > 0, X, a)",
                ),
                "The value of h stands where its slope belongs, at least in one branch.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * np.where(X > 0, a, 1)", "dY * a"),
                "a_j is the slope left of 0. Right of 0 the slope is 1.",
            ),
            Mistake(
                "wrong-array",
                ("dY * np.where(dY > 0, 1, a)", "dY * np.where(X > 0, 1, X)"),
                "Another array decides, or stands in the branch. X decides; the slope is a_j.",
            ),
            Mistake(
                "wrong-branch",
                ("dY * np.where(X > 0, 1, 0.01)", "dY * np.where(X > 0, 1, a.mean())"),
                "One slope is taken for all units. Each has a slope of its own, a_j.",
            ),
            Mistake(
                "upstream-missing",
                ("np.where(X > 0, 1, a)", "np.where(X > 0, dY, a)", "np.where(X > 0, 1, dY * a)"),
                "∂L/∂Y is missing, at least in one branch.",
            ),
            Mistake(
                "wrong-sign",
                "dY * np.where(X > 0, 1, -a)",
                "A sign is wrong left of 0.",
            ),
        ),
    ),
    Quantity(
        "activations.prelu_da",
        "∂L/∂a",
        takes=LEARNED,
        shape="M",
        formula="(dY * np.where(X > 0, 0, X)).sum(axis=0)",
        section="The gradient, for any h",
        mistakes=(
            Mistake(
                "missing-batch-sum",
                "dY * np.where(X > 0, 0, X)",
                "There is a number for each entry of Y. A unit has one slope for all samples, so "
                "what they say is added, as for a bias.",
            ),
            Mistake(
                "mean-instead-of-sum",
                "(dY * np.where(X > 0, 0, X)).mean(axis=0)",
                "You average over the samples. The 1/S of the loss is in ∂L/∂Y already.",
            ),
            Mistake(
                "wrong-branch",
                (
                    "(dY * X).sum(axis=0)",
                    "(dY * np.where(X > 0, X, 0)).sum(axis=0)",
                    "(dY * np.where(X > 0, 1, X)).sum(axis=0)",
                    "(dY * np.abs(X)).sum(axis=0)",
                ),
                "Entries with x > 0 are in it, where a_j has no say: the derivative by a_j is 0 "
                "there.",
            ),
            Mistake(
                "missing-term",
                (
                    "(dY * (X <= 0)).sum(axis=0)",
                    "(dY * np.where(X > 0, 0, np.sign(X))).sum(axis=0)",
                    "dY.sum(axis=0)",
                ),
                "The factor X is missing: y = a_j x left of 0, so its derivative by a_j is x.",
            ),
            Mistake(
                "extra-term",
                (
                    "(dY * np.where(X > 0, 0, a * X)).sum(axis=0)",
                    "(dY * np.where(X > 0, X, a * X)).sum(axis=0)",
                ),
                "a_j is still there: this is the value. By a_j the derivative of a_j x is x.",
            ),
            Mistake(
                "wrong-array",
                (
                    "(dY * np.where(X > 0, 0, a)).sum(axis=0)",
                    "(dY * np.where(X > 0, 1, a)).sum(axis=0)",
                ),
                "This is made of the slope, the derivative by x. Asked is the derivative by the "
                "slope.",
            ),
            Mistake(
                "wrong-axis",
                "(dY * np.where(X > 0, 0, X)).sum(axis=1)",
                "You sum over the units and leave a number for each sample.",
            ),
            Mistake(
                "collapsed-over-batch",
                (
                    "(dY * np.where(X > 0, 0, X)).sum()",
                    "a * 0 + (dY * np.where(X > 0, 0, X)).sum()",
                ),
                "You sum over the units, too. Each unit has a slope of its own.",
            ),
        ),
    ),
    Exercise(
        "activations.prelu",
        takes="dY X a",
        returns="activations.prelu_dX activations.prelu_da",
    ),
)
