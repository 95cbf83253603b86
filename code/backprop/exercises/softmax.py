"""Softmax: what can be asked, and what goes wrong. Source: chapter "Softmax"."""

from .tables import Exercise, Mistake, Quantity, Refusal, add

add(
    Quantity(
        "softmax.forward",
        "Y",
        takes={"Z": "S C large"},
        shape="S C",
        formula="E / E.sum(axis=1, keepdims=True)",
        exact="softmax(Z)",
        section="Only differences count",
        where={"E": "np.exp(Z)", "F": "np.exp(Z - Z.max(axis=1, keepdims=True))"},
        mistakes=(
            Mistake(
                "not-normalised",
                (
                    "E",
                    "np.exp(Z - Z.max(axis=1, keepdims=True))",
                    "np.exp(Z - Z.max(axis=0))",
                    "np.exp(Z - Z.max())",
                    "F / E.sum(axis=1, keepdims=True)",
                ),
                "These numbers do not sum to 1. Divide each exponential by the sum of its row.",
            ),
            Mistake(
                "wrong-axis",
                (
                    "E / E.sum(axis=0)",
                    "F / F.sum(axis=0)",
                    "softmax(Z - Z.max(axis=0))",
                ),
                "The columns are normalised, or shifted by their own maximum. A sample is a row: "
                "its classes lie along axis 1.",
            ),
            Mistake(
                "wrong-axis",
                ("E / E.sum()", "F / F.sum()", "E / E.mean()", "E / E.sum() * S"),
                "The whole matrix is normalised. Each sample, each row, has probabilities of its "
                "own that sum to 1.",
            ),
            Mistake(
                "wrong-axis",
                (
                    "np.exp(Z - Z.max()) / E.sum(axis=1, keepdims=True)",
                    "np.exp(Z - Z.max(axis=0)) / E.sum(axis=1, keepdims=True)",
                    "E / np.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)",
                    "E / np.exp(Z - Z.max()).sum(axis=1, keepdims=True)",
                ),
                "Numerator and denominator are shifted by different numbers. The shift cancels "
                "only if it is the same in both, and the same for all classes of a sample.",
            ),
            Mistake(
                "stray-epsilon",
                (
                    "F / (F.sum(axis=1, keepdims=True) + eps)",
                    "(F + eps) / (F + eps).sum(axis=1, keepdims=True)",
                    "F / F.sum(axis=1, keepdims=True) + eps",
                    "np.exp(Z - Z.max()) / (np.exp(Z - Z.max()).sum(axis=1, keepdims=True) + eps)",
                ),
                "A small constant was added, so the probabilities are a little off. After the "
                "shift by the maximum the sum is at least 1, and nothing needs protecting.",
            ),
            Mistake(
                "elementwise-softmax",
                ("1 / (1 + np.exp(-Z))", "E / (1 + E)", "np.tanh(Z)"),
                "This is the sigmoid (or tanh) of each logit by itself. Softmax sets the classes "
                "of a sample against each other: its rows sum to 1.",
            ),
            Mistake(
                "samples-mixed",
                (
                    "E / np.cumsum(E.sum(axis=1))[:, None]",
                    "E / E[0].sum()",
                    "E / E[-1].sum()",
                ),
                "You divide by a sum that belongs to another sample, or to several. Each row has a "
                "sum of its own.",
            ),
            Mistake(
                "softmax-twice",
                "softmax(softmax(Z))",
                "You apply softmax to probabilities. Once is enough; twice is flatter.",
            ),
            Mistake(
                "missing-term",
                (
                    "Z / Z.sum(axis=1, keepdims=True)",
                    "(Z - Z.max(axis=1, keepdims=True)) "
                    "/ (Z - Z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)",
                ),
                "You divide the logits by their sum; the exponential is missing. Exponentials are "
                "positive for every logit; logits are not.",
            ),
            Mistake(
                "extra-term",
                ("np.log(softmax(Z))", "-np.log(softmax(Z))"),
                "This is the logarithm of softmax.",
            ),
            Mistake(
                "not-normalised",
                "E / E.max(axis=1, keepdims=True) ** 2",
                "You divide by the largest exponential, not by the sum of all of them.",
            ),
            Mistake(
                "wrong-sign",
                "softmax(-Z)",
                "The logits come in with the wrong sign: the largest logit gets the smallest "
                "probability.",
            ),
            Mistake(
                "scaled",
                ("softmax(2 * Z)", "softmax(Z / 2)", "softmax(Z / S)", "softmax(Z / C)"),
                "The logits are multiplied by a number before softmax.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "softmax(Z) * (1 - softmax(Z))",
                "This is a derivative of softmax. Asked is its value.",
            ),
        ),
    ),
    Quantity(
        "softmax.dZ",
        "∂L/∂Z",
        takes={"dY": "S C", "Z": "S C large"},
        shape="S C",
        formula="Y * (dY - (dY * Y).sum(axis=1, keepdims=True))",
        exact="softmax_backward(dY, softmax(Z))",
        section="Times the upstream gradient",
        where={
            "Y": "softmax(Z)",
            "J": "Y[:, :, None] * (np.eye(C) - Y[:, None, :])",
            "Y0": "softmax(Z.T).T",
            "E": "np.exp(Z)",
            "F": "np.exp(Z - Z.max(axis=1, keepdims=True))",
            "Yall": "E / E.sum()",
        },
        mistakes=(
            Mistake(
                "elementwise-softmax",
                ("dY * Y * (1 - Y)", "Y * (1 - Y)"),
                "This takes only the diagonal of the Jacobian, y(1 − y), as if softmax were an "
                "element-wise activation. Each logit also lowers the probabilities of all other "
                "classes.",
            ),
            Mistake(
                "wrong-index",
                (
                    "Y * (dY - Y * dY.sum(axis=1, keepdims=True))",
                    "Y * dY - (dY * Y**2).sum(axis=1, keepdims=True)",
                    "dY * Y - dY * Y**2 * C",
                ),
                "One y in the Jacobian has the wrong index: it is y_j (δ_jk − y_k), with the "
                "probabilities of both classes, not of one of them twice.",
            ),
            Mistake(
                "upstream-missing",
                "J",
                "These are the Jacobians alone. What the rest of the network says, ∂L/∂Y, has to "
                "be multiplied in, and summed over the classes.",
            ),
            Mistake(
                "contraction-missing",
                ("J * dY[:, :, None]", "J * dY[:, None, :]"),
                "The Jacobian is there, but not summed over the classes: it remains to add up what "
                "all probabilities of the sample say.",
            ),
            Mistake(
                "contraction-order",
                (
                    "J.sum(axis=1) * dY",
                    "J.sum(axis=2) * dY",
                    "Y * (dY - Y.sum(axis=1, keepdims=True) * dY)",
                    "J.sum(axis=1) * dY.sum(axis=1, keepdims=True)",
                ),
                "You sum the Jacobian over the classes before the upstream gradient comes in. Its "
                "rows sum to 0: nothing but rounding is left.",
            ),
            Mistake(
                "wrong-index",
                (
                    "Y * (dY.sum(axis=1, keepdims=True) - (dY * Y).sum(axis=1, keepdims=True))",
                    "Y * dY.sum(axis=1, keepdims=True) - dY * Y**2",
                ),
                "The Kronecker delta is lost: it lets only the class itself through, not the sum "
                "of all.",
            ),
            Mistake(
                "wrong-axis",
                (
                    "Y * (dY - (dY * Y).sum(axis=0))",
                    "Y * (dY - (dY * Y).sum())",
                    "Y0 * (dY - (dY * Y0).sum(axis=0))",
                    "Y0 * (dY - (dY * Y0).sum(axis=1, keepdims=True))",
                    "Yall * (dY - (dY * Yall).sum())",
                    "Yall * (dY - (dY * Yall).sum(axis=1, keepdims=True))",
                    "Yall * (dY - (dY * Yall).sum(axis=0))",
                ),
                "A sum runs over the samples. Softmax works on each row by itself, and so does its "
                "gradient.",
            ),
            Mistake(
                "samples-mixed",
                (
                    "dY @ J[0]",
                    "dY @ J[-1]",
                    "dY @ J.sum(axis=0)",
                    "dY @ J.mean(axis=0)",
                    "dY @ (np.diag(Y.sum(axis=0)) - Y.T @ Y)",
                    "dY @ (np.diag(Y.mean(axis=0)) - Y.T @ Y)",
                    "dY @ (np.diag(Y.mean(axis=0)) - Y.T @ Y / S)",
                    "dY @ (np.diag(Y.mean(axis=0)) - np.outer(Y.mean(axis=0), Y.mean(axis=0)))",
                    "dY @ (np.diag(Y.sum(axis=0)) - np.outer(Y.sum(axis=0), Y.sum(axis=0)))",
                    "dY @ (np.eye(C) - Y.T @ Y)",
                    "dY * Y - dY @ (Y.T @ Y)",
                    "np.einsum('ijk,lk->ij', J, dY)",
                    "np.einsum('ijk,lk->lj', J, dY)",
                    "Y * (dY - dY @ Y.T @ np.ones((S, C)))",
                    "Y * dY - (dY @ Y.T) @ Y",
                    "Y * dY - Y @ (Y.T @ dY)",
                    "np.einsum('ijk,ik->ij', np.cumsum(J, axis=0), dY)",
                    "Y * dY - (Y @ dY.T) @ Y",
                    "Y * dY - Y * (dY @ Y.T).sum(axis=1, keepdims=True)",
                    "Y * dY - Y * (dY @ Y.T).sum(axis=0)[:, None]",
                ),
                "The numbers of several samples meet in it. Each sample has a Jacobian of its own, "
                "made of its own probabilities.",
            ),
            Mistake(
                "not-normalised",
                (
                    "E * (dY - (dY * E).sum(axis=1, keepdims=True))",
                    "F * (dY - (dY * F).sum(axis=1, keepdims=True))",
                    "E * dY",
                    "F * dY",
                ),
                "Exponentials stand where the probabilities belong: divide them by the sum of "
                "their row first.",
            ),
            Mistake(
                "softmax-twice",
                (
                    "softmax_backward(dY, softmax(Y))",
                    "softmax_backward(softmax_backward(dY, softmax(Y)), Y)",
                    "softmax_backward(softmax_backward(dY, Y), Y)",
                    "softmax(Y) * (1 - softmax(Y)) * dY",
                ),
                "You apply softmax to what are probabilities already, or its backward twice.",
            ),
            Mistake(
                "logit-gradient",
                ("Y - dY", "(Y - dY) / S"),
                "This has the form of Y − T, the end of a network with cross-entropy. Here any "
                "∂L/∂Y may come in.",
            ),
            Mistake(
                "stray-epsilon",
                (
                    "softmax_backward(dY, Y + eps)",
                    "softmax_backward(dY, E / (E.sum(axis=1, keepdims=True) + eps))",
                ),
                "A small constant was added to the probabilities.",
            ),
            Mistake(
                "missing-term",
                "Y * dY - (dY * Y).sum(axis=1, keepdims=True)",
                "What is taken away lacks its factor Y: did a bracket get lost?",
            ),
            Mistake(
                "mean-instead-of-sum",
                "Y * (dY - (dY * Y).mean(axis=1, keepdims=True))",
                "The probabilities are the weights of the mean already: add up, and don't divide "
                "by C.",
            ),
            Mistake(
                "missing-term",
                ("Y * dY", "Y"),
                "This is the part with the Kronecker delta only; the second part of "
                "y_j (δ_jk − y_k) is missing.",
            ),
            Mistake(
                "missing-term",
                (
                    "dY - (dY * Y).sum(axis=1, keepdims=True)",
                    "dY - dY.sum(axis=1, keepdims=True) * Y",
                    "dY - dY.mean(axis=1, keepdims=True)",
                ),
                "A factor Y is missing: this is the gradient of something else (of log-softmax, "
                "perhaps).",
            ),
            Mistake(
                "missing-term",
                (
                    "-Y * (dY * Y).sum(axis=1, keepdims=True)",
                    "-np.einsum('ij,ik,ik->ij', Y, Y, dY)",
                ),
                "The part with the Kronecker delta is missing: Y_j falls when another logit grows, "
                "but it rises with its own.",
            ),
        ),
    ),
)

add(
    Exercise("softmax.stable", takes="Z", returns="softmax.forward"),
    Exercise("softmax.gradient", takes="dY Z", returns="softmax.dZ"),
    Exercise("softmax.bug", takes="Z dY", returns="softmax.forward softmax.dZ"),
    Refusal("softmax.break", error="WrongStep"),
)

TEMPERED = {"E": "np.exp(Z / tau)", "Y": "softmax(Z / tau)", "Y1": "softmax(Z)"}
add(
    Quantity(
        "softmax.tempered_Y",
        "Y",
        takes={"Z": "S C large", "tau": "positive"},
        shape="S C",
        formula="E / E.sum(axis=1, keepdims=True)",
        exact="Y",
        section="Only differences count",
        where=TEMPERED,
        mistakes=(
            Mistake(
                "missing-term",
                "Y1",
                "τ is not in it. (If you have added it to the logits: what is the same for all "
                "logits of a row changes nothing.)",
            ),
            Mistake(
                "fraction-inverted",
                "softmax(Z * tau)",
                "The logits are multiplied by τ. A high temperature should make the probabilities "
                "more alike, and here it sets them apart.",
            ),
            Mistake(
                "not-normalised",
                ("Y1 / tau", "Y1 * tau"),
                "The temperature comes in after softmax, so the rows no longer sum to 1. It acts "
                "on the logits.",
            ),
            Mistake(
                "not-normalised",
                ("Y1 ** (1 / tau)", "Y1 ** tau"),
                "You raise the probabilities to a power. Their row then has to be divided by its "
                "sum again.",
            ),
            Mistake(
                "not-normalised",
                ("E", "np.exp((Z - Z.max(axis=1, keepdims=True)) / tau)"),
                "These are bare exponentials. Divide each by the sum of its row.",
            ),
            Mistake(
                "wrong-axis",
                ("E / E.sum(axis=0)", "E / E.sum()"),
                "The sum in the denominator takes in other samples. Each row has a sum of its own.",
            ),
            Mistake(
                "missing-term",
                (
                    "E / np.exp(Z).sum(axis=1, keepdims=True)",
                    "np.exp(Z) / E.sum(axis=1, keepdims=True)",
                ),
                "τ stands in the numerator or in the denominator, but not in both.",
            ),
            Mistake(
                "softmax-twice",
                ("softmax(Y1 / tau)", "softmax(Y)"),
                "You apply softmax to what are probabilities already.",
            ),
        ),
    ),
    Quantity(
        "softmax.tempered_dZ",
        "∂L/∂Z",
        takes={"Z": "S C large", "tau": "positive", "dY": "S C"},
        shape="S C",
        formula="Y * (dY - (dY * Y).sum(axis=1, keepdims=True)) / tau",
        section="Times the upstream gradient",
        where=TEMPERED,
        mistakes=(
            Mistake(
                "missing-term",
                "Y * (dY - (dY * Y).sum(axis=1, keepdims=True))",
                "This is the gradient by what softmax was given. The logits were changed before "
                "that, and the derivative of that step is missing.",
            ),
            Mistake(
                "fraction-inverted",
                "Y * (dY - (dY * Y).sum(axis=1, keepdims=True)) * tau",
                "You multiply by τ. What is the derivative of z/τ by z?",
            ),
            Mistake(
                "scaled",
                "Y * (dY - (dY * Y).sum(axis=1, keepdims=True)) / tau**2",
                "τ comes in once more than it should: one division in forward leaves one factor in "
                "backward.",
            ),
            Mistake(
                "wrong-array",
                (
                    "Y1 * (dY - (dY * Y1).sum(axis=1, keepdims=True)) / tau",
                    "Y1 * (dY - (dY * Y1).sum(axis=1, keepdims=True))",
                    "Y1 * (dY - (dY * Y1).sum(axis=1, keepdims=True)) * tau",
                ),
                "The probabilities in it are those at τ = 1. Take the ones that your forward has "
                "returned.",
            ),
            Mistake(
                "missing-term",
                (
                    "Y * (dY / tau - (dY * Y).sum(axis=1, keepdims=True))",
                    "Y * (dY - (dY * Y).sum(axis=1, keepdims=True) / tau)",
                ),
                "τ has reached one of the two terms only. It belongs to both.",
            ),
            Mistake(
                "elementwise-softmax",
                ("dY * Y * (1 - Y) / tau", "dY * Y * (1 - Y)"),
                "This takes only the diagonal of the Jacobian. Each logit also lowers the "
                "probabilities of all other classes.",
            ),
            Mistake(
                "samples-mixed",
                ("Y * (dY - (dY * Y).sum()) / tau", "Y * (dY - (dY * Y).sum())"),
                "One sum for the whole batch. Each sample has a weighted mean of its own.",
            ),
            Mistake(
                "missing-term",
                ("Y * dY / tau", "Y * dY"),
                "The part with the Kronecker delta is there; what each logit takes from the other "
                "classes is missing.",
            ),
            Mistake(
                "missing-term",
                "dY / tau",
                "This goes back through the division only. Softmax is on the way, too.",
            ),
            Mistake(
                "wrong-index",
                "Y * (dY - Y * dY.sum(axis=1, keepdims=True)) / tau",
                "The probabilities have to be multiplied in before the sum over the classes, not "
                "after it.",
            ),
        ),
    ),
    Exercise(
        "softmax.temperature",
        takes="Z tau dY",
        returns="softmax.tempered_Y softmax.tempered_dZ",
        kind="layer",
    ),
)

LOG = {
    "E": "np.exp(Z)",
    "Y": "softmax(Z)",
    "largest": "Z.max(axis=1, keepdims=True)",
    "A": "Z - log_sum_exp(Z)[:, None]",
}
add(
    Quantity(
        "softmax.log_A",
        "A",
        takes={"Z": "S C large"},
        shape="S C",
        formula="Z - np.log(E.sum(axis=1, keepdims=True))",
        exact="A",
        section="Only differences count",
        where=LOG,
        mistakes=(
            Mistake(
                "missing-term",
                "Y",
                "These are the probabilities. Asked are their logarithms.",
            ),
            Mistake(
                "missing-term",
                "Z",
                "This is the logarithm of the numerator. A logarithm of the denominator has to be "
                "taken away.",
            ),
            Mistake(
                "contraction-order",
                "Z - Z.sum(axis=1, keepdims=True)",
                "You add up logarithms of exponentials, and those are the logits. The logarithm of "
                "a sum is not the sum of the logarithms.",
            ),
            Mistake(
                "wrong-axis",
                ("Z - np.log(E.sum(axis=0))", "Z - np.log(E.sum())"),
                "The sum under the logarithm takes in other samples. Each row has a log-sum-exp of "
                "its own.",
            ),
            Mistake(
                "missing-term",
                "Z - largest",
                "The largest logit is taken away, and nothing else. That is the shift; the "
                "logarithm of the sum is still missing.",
            ),
            Mistake(
                "extra-term",
                "Z - largest - np.log(E.sum(axis=1, keepdims=True))",
                "The largest logit is taken away twice: log-sum-exp of the unshifted logits has it "
                "in it already.",
            ),
            Mistake(
                "missing-term",
                "Z - np.log(np.exp(Z - largest).sum(axis=1, keepdims=True))",
                "The logits are shifted in the sum, but not in front of it. What is taken away "
                "inside has to be taken away outside, too.",
            ),
            Mistake(
                "missing-term",
                "Z - E.sum(axis=1, keepdims=True)",
                "The denominator itself is taken away; its logarithm is wanted.",
            ),
            Mistake(
                "missing-term",
                "Z / np.log(E.sum(axis=1, keepdims=True))",
                "You divide one logarithm by the other. The logarithm of a quotient is a "
                "difference.",
            ),
            Mistake(
                "softmax-twice",
                "np.log(softmax(Y))",
                "You apply softmax to probabilities.",
            ),
        ),
    ),
    Quantity(
        "softmax.log_dZ",
        "∂L/∂Z",
        takes={"Z": "S C large", "dY": "S C"},
        shape="S C",
        formula="dY - Y * dY.sum(axis=1, keepdims=True)",
        section="Times the upstream gradient",
        where=LOG,
        mistakes=(
            Mistake(
                "missing-term",
                "Y * (dY - (dY * Y).sum(axis=1, keepdims=True))",
                "This is the backward of softmax. The logarithm comes after it, and ∂L/∂A has to "
                "go back through that first.",
            ),
            Mistake(
                "missing-term",
                "dY / Y",
                "This goes back through the logarithm, to the probabilities. From there it still "
                "has to go through softmax.",
            ),
            Mistake(
                "contraction-missing",
                "dY - Y * dY",
                "Each class keeps its own ∂L/∂A in the second term. A logit enters all logarithms "
                "of its row, so there is a sum over the classes.",
            ),
            Mistake(
                "wrong-index",
                "dY - (dY * Y).sum(axis=1, keepdims=True)",
                "The probability has got under the sum. In the sum over j stands ∂L/∂A_ij; the "
                "probability there is Y_ik, that of the class by whose logit you differentiate.",
            ),
            Mistake(
                "wrong-axis",
                "dY - Y * dY.sum(axis=0)",
                "The sum runs over the samples. It belongs to the classes of one sample.",
            ),
            Mistake(
                "samples-mixed",
                "dY - Y * dY.sum()",
                "One sum for the whole batch. Each sample has a sum of its own.",
            ),
            Mistake(
                "missing-term",
                ("dY - dY.sum(axis=1, keepdims=True)", "dY - dY.mean(axis=1, keepdims=True)"),
                "The sum is taken away from all classes alike. The probabilities say how it is "
                "shared out.",
            ),
            Mistake(
                "not-normalised",
                "dY - E * dY.sum(axis=1, keepdims=True)",
                "An exponential stands where a probability belongs: divide it by the sum of its "
                "row.",
            ),
            Mistake(
                "wrong-array",
                "dY - A * dY.sum(axis=1, keepdims=True)",
                "A, the logarithm, stands where the probability belongs.",
            ),
            Mistake(
                "upstream-missing",
                "1 - Y",
                "This is a derivative of A alone, for j = k. The upstream gradient is not in it.",
            ),
        ),
    ),
    Exercise("softmax.log", takes="Z dY", returns="softmax.log_A softmax.log_dZ", kind="layer"),
)

# A forbidden logit that nothing can bring back, and that is still a number.
MASKED = {
    "E": "mask * np.exp(Z)",
    "Y": "softmax(np.where(mask > 0, Z, -1e5))",
    "free": "softmax(Z)",
}
add(
    Quantity(
        "softmax.masked_Y",
        "Y",
        takes={"Z": "S C large", "mask": "S C mask"},
        shape="S C",
        formula="E / E.sum(axis=1, keepdims=True)",
        exact="Y",
        section="Only differences count",
        where=MASKED,
        mistakes=(
            Mistake(
                "missing-term",
                "free",
                "The mask is not in it: forbidden classes have probabilities above 0.",
            ),
            Mistake(
                "not-normalised",
                "mask * free",
                "The forbidden classes are 0, but they had their share in the denominator: the "
                "rows sum to less than 1.",
            ),
            Mistake(
                "extra-term",
                ("softmax(mask * Z)", "mask * softmax(mask * Z)"),
                "You set forbidden logits to 0. That is no probability of 0: each of them still "
                "adds e⁰ = 1 to the denominator.",
            ),
            Mistake(
                "extra-term",
                ("softmax(Z + mask)", "softmax(Z - mask)"),
                "You add the mask to the logits. A forbidden class becomes a little less likely "
                "(or more), not impossible.",
            ),
            Mistake(
                "wrong-branch",
                "softmax(np.where(mask > 0, -1e5, Z))",
                "Allowed and forbidden are exchanged: a 1 in the mask means allowed.",
            ),
            Mistake(
                "not-normalised",
                ("E", "E / mask.sum(axis=1, keepdims=True)"),
                "The exponentials of the allowed classes are there. They have to be divided by "
                "their own sum.",
            ),
            Mistake(
                "wrong-axis",
                ("E / E.sum()", "E / E.sum(axis=0)"),
                "The sum in the denominator takes in other samples. Each row has a sum of its own.",
            ),
            Mistake(
                "wrong-array",
                "mask / mask.sum(axis=1, keepdims=True)",
                "All allowed classes have the same probability: the logits are not in it.",
            ),
            Mistake(
                "softmax-twice",
                ("softmax(mask * free)", "softmax(Y)"),
                "You apply softmax to what are probabilities already; a 0 among them becomes "
                "e⁰ = 1 once more.",
            ),
        ),
    ),
    Quantity(
        "softmax.masked_dZ",
        "∂L/∂Z",
        takes={"Z": "S C large", "mask": "S C mask", "dY": "S C"},
        shape="S C",
        formula="Y * (dY - (dY * Y).sum(axis=1, keepdims=True))",
        section="Times the upstream gradient",
        where=MASKED,
        mistakes=(
            Mistake(
                "wrong-array",
                "free * (dY - (dY * free).sum(axis=1, keepdims=True))",
                "The probabilities in it are those without a mask. Take the ones that your forward "
                "has returned.",
            ),
            Mistake(
                "wrong-array",
                "mask * free * (dY - (dY * free).sum(axis=1, keepdims=True))",
                "You go back through softmax without a mask and cut the result off. The allowed "
                "classes had other probabilities.",
            ),
            Mistake(
                "not-normalised",
                "mask * free * (dY - (dY * mask * free).sum(axis=1, keepdims=True))",
                "The probabilities are cut off by the mask, but their rows do not sum to 1.",
            ),
            Mistake(
                "wrong-array",
                "Y * (dY - (dY * free).sum(axis=1, keepdims=True))",
                "The mean that is taken away is weighted by probabilities without the mask: what "
                "the forbidden classes say has got into it.",
            ),
            Mistake(
                "elementwise-softmax",
                "dY * Y * (1 - Y)",
                "This takes only the diagonal of the Jacobian. Each logit also lowers the "
                "probabilities of all other allowed classes.",
            ),
            Mistake(
                "samples-mixed",
                "Y * (dY - (dY * Y).sum())",
                "One sum for the whole batch. Each sample has a weighted mean of its own.",
            ),
            Mistake(
                "missing-term",
                "mask * dY",
                "The mask is there, softmax is not: this only stops the gradient of forbidden "
                "classes.",
            ),
            Mistake(
                "missing-term",
                "Y * dY",
                "The weighted mean of the upstream gradient is not taken away.",
            ),
            Mistake(
                "missing-term",
                "mask * (dY - (dY * Y).sum(axis=1, keepdims=True))",
                "The weighted mean is taken away, but the difference has to be multiplied by the "
                "probability of its class, not by 0 or 1.",
            ),
            Mistake(
                "missing-term",
                (
                    "Y * (dY - dY.mean(axis=1, keepdims=True))",
                    "Y * (dY - (mask * dY).sum(axis=1, keepdims=True) "
                    "/ mask.sum(axis=1, keepdims=True))",
                ),
                "A plain mean is taken away. It has to be weighted by the probabilities.",
            ),
            Mistake(
                "wrong-index",
                "Y * (dY - Y * dY.sum(axis=1, keepdims=True))",
                "The probabilities have to be multiplied in before the sum over the classes, not "
                "after it.",
            ),
        ),
    ),
    Exercise(
        "softmax.masked",
        takes="Z mask dY",
        returns="softmax.masked_Y softmax.masked_dZ",
        kind="layer",
    ),
)
