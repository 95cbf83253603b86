"""Optimizers: what can be asked, and what goes wrong. Source: chapter "Optimizers"."""

from .tables import Exercise, Mistake, Quantity, add

MOMENTUM = {
    "w": "N M", "g": "N M", "v": "N M", "lr": "positive", "mu": "share", "rho": "positive",
}  # fmt: skip
ADAM = {"w": "N M", "g": "N M", "m": "N M", "v": "N M positive", "t": "whole"}
ADAM_WHERE = {
    "m_new": "0.9 * m + 0.1 * g",
    "v_new": "0.999 * v + 0.001 * g**2",
    "m_hat": "m_new / (1 - 0.9**t)",
    "v_hat": "v_new / (1 - 0.999**t)",
}

add(
    Quantity(
        "optimizers.best-lr",
        "the best η",
        takes={"low": "share", "high": "whole"},
        shape="",
        formula="2 / (low + high)",
        section="How large may the step be?",
        mistakes=(
            Mistake(
                "missing-term",
                "2 / high",
                "This is the limit: along the steepest direction the factor is −1, and the error "
                "there never dies.",
            ),
            Mistake(
                "missing-term",
                "1 / high",
                "This kills the steepest direction in one step. The flattest one is then slower "
                "than it need be.",
            ),
            Mistake(
                "missing-term",
                ("1 / low", "2 / low"),
                "This suits the flattest direction. Along the steepest one the error grows as soon "
                "as high is above 2 low.",
            ),
            Mistake(
                "scaled",
                "1 / (low + high)",
                "Half of it. Solve the equation once more: 1 − η low = −(1 − η high).",
            ),
            Mistake(
                "wrong-sign",
                ("2 / (high - low)", "2 / (low - high)"),
                "You set 1 − η low and 1 − η high equal with a sign missing. At the best η one "
                "factor is positive, the other negative.",
            ),
            Mistake(
                "wrong",
                ("1 / np.sqrt(low * high)", "2 / np.sqrt(low * high)"),
                "The middle of the two is meant in the sense of a sum, not of a product.",
            ),
            Mistake(
                "fraction-inverted",
                ("(low + high) / 2", "low + high"),
                "Upside down: a larger curvature wants a smaller step.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("(high - low) / (high + low)", "(low - high) / (low + high)"),
                "This is the factor of the error per step, (κ − 1)/(κ + 1). Asked is the η that "
                "leads to it.",
            ),
            Mistake(
                "scaled",
                "4 / (low + high)",
                "The right sum in the denominator, but another number above it.",
            ),
        ),
    ),
    Quantity(
        "optimizers.momentum_w",
        "the new w",
        takes=MOMENTUM,
        shape="N M",
        formula="w - lr * (mu * v + (g + rho * w))",
        section="Momentum",
        where={"v_new": "mu * v + (g + rho * w)"},
        mistakes=(
            Mistake(
                "wrong-array",
                "w - lr * v",
                "You step along the old velocity. First it takes in the new gradient, then w "
                "moves.",
            ),
            Mistake(
                "missing-term",
                ("w - lr * g", "w - lr * (g + rho * w)"),
                "This is plain gradient descent: the velocity is missing.",
            ),
            Mistake(
                "missing-term",
                "w - lr * (mu * v + g)",
                "The weight decay is missing: ρ w belongs to the gradient.",
            ),
            Mistake(
                "extra-term",
                "w - lr * (g + rho * w + mu * v_new)",
                "That is Nesterov's form, with μ once more. Asked is plain momentum.",
            ),
            Mistake(
                "contraction-order",
                ("(1 - lr * rho) * (w - lr * (mu * v + g))", "w - lr * (mu * v + g) - rho * w"),
                "The weight decay acts beside the step, or behind it. In this form it is part of "
                "the gradient and goes into the velocity.",
            ),
            Mistake(
                "wrong-sign",
                "w + lr * v_new",
                "You go up. The gradient points to where L grows.",
            ),
            Mistake(
                "missing-term",
                ("w - v_new", "-lr * v_new", "lr * v_new"),
                "The learning rate, or w itself, is missing: the new weight is the old one minus η "
                "times the velocity.",
            ),
            Mistake(
                "extra-term",
                (
                    "w - lr * (mu * v + (1 - mu) * (g + rho * w))",
                    "w - lr * (mu * v + (1 - mu) * g)",
                ),
                "The gradient is damped by 1 − μ, as in a running mean. In this book's form (and "
                "PyTorch's default) it enters the velocity as it is.",
            ),
            Mistake(
                "wrong-array",
                (
                    "w - lr * (mu * v + (g + rho * v))",
                    "w - lr * (mu * w + (g + rho * w))",
                    "w - lr * (mu * v + (g + rho * g))",
                ),
                "The decay pulls at the weight and the memory is of the velocity; one of the two "
                "has taken another array.",
            ),
            Mistake(
                "wrong-array",
                "w + mu * v - lr * (g + rho * w)",
                "That is the older form, which carries η inside the velocity. Here v holds "
                "gradients, and η multiplies all of it.",
            ),
        ),
    ),
    Quantity(
        "optimizers.momentum_v",
        "the new v",
        takes=MOMENTUM,
        shape="N M",
        formula="mu * v + (g + rho * w)",
        section="Momentum",
        mistakes=(
            Mistake(
                "missing-term",
                "mu * v + g",
                "The weight decay is missing: ρ w belongs to the gradient, before it goes into the "
                "velocity.",
            ),
            Mistake(
                "missing-term",
                ("v + g + rho * w", "g + rho * w", "v + g"),
                "μ is missing, or what it multiplies. The velocity remembers the share μ of its "
                "past.",
            ),
            Mistake(
                "extra-term",
                ("mu * v - lr * (g + rho * w)", "mu * v + lr * (g + rho * w)", "mu * v - lr * g"),
                "This form carries the learning rate inside the velocity, as the older papers do. "
                "Here v holds gradients, and η comes when w moves.",
            ),
            Mistake(
                "extra-term",
                ("mu * v + (1 - mu) * (g + rho * w)", "mu * v + (1 - mu) * g"),
                "That is a running mean, as Adam keeps it. The velocity takes in the whole "
                "gradient.",
            ),
            Mistake(
                "wrong-array",
                "mu * v + (g + rho * v)",
                "The decay pulls at the weight w, not at the velocity.",
            ),
            Mistake(
                "wrong-sign",
                ("mu * v - (g + rho * w)", "mu * v + (g - rho * w)"),
                "A sign. v adds the gradients up, decay and all; the minus comes when w moves.",
            ),
            Mistake(
                "wrong-branch",
                ("v + mu * (g + rho * w)", "mu * (v + g + rho * w)", "mu * v + rho * (g + w)"),
                "The factor stands at the wrong term: μ belongs to the old velocity, ρ to the "
                "weight.",
            ),
            Mistake(
                "extra-term",
                "(g + rho * w) + mu * (mu * v + (g + rho * w))",
                "That is Nesterov's step. The velocity itself is the same as without him.",
            ),
        ),
    ),
    Exercise(
        "optimizers.momentum",
        takes="w g v lr mu rho",
        returns="optimizers.momentum_w optimizers.momentum_v",
    ),
    Quantity(
        "optimizers.adam_w",
        "the new w",
        takes=ADAM,
        shape="N M",
        formula="w - 0.01 * m_hat / (np.sqrt(v_hat) + 0.01)",
        section="Adam",
        where=ADAM_WHERE,
        mistakes=(
            Mistake(
                "missing-term",
                "w - 0.01 * m_new / (np.sqrt(v_new) + 0.01)",
                "The two corrections are missing: both means began at 0 and are still too small.",
            ),
            Mistake(
                "missing-term",
                (
                    "w - 0.01 * m_hat / (np.sqrt(v_new) + 0.01)",
                    "w - 0.01 * m_new / (np.sqrt(v_hat) + 0.01)",
                ),
                "One of the two corrections is missing. Both means began at 0.",
            ),
            Mistake(
                "missing-term",
                ("w - 0.01 * m_hat / (v_hat + 0.01)", "w - 0.01 * m_hat / (v_hat**2 + 0.01)"),
                "The root is missing. v̂ is a mean of squares; only its root has the unit of a "
                "gradient.",
            ),
            Mistake(
                "wrong-array",
                (
                    "w - 0.01 * m / (np.sqrt(v) + 0.01)",
                    "w - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 0.01)",
                ),
                "You step with the old means. First they take in the new gradient, then w moves.",
            ),
            Mistake(
                "wrong-index",
                (
                    "w - 0.01 * (m_new / (1 - 0.9 ** (t - 1)))"
                    " / (np.sqrt(v_new / (1 - 0.999 ** (t - 1))) + 0.01)",
                    "w - 0.01 * (m_new / (1 - 0.9 ** (t + 1)))"
                    " / (np.sqrt(v_new / (1 - 0.999 ** (t + 1))) + 0.01)",
                    "w - 0.01 * (m_new / (1 - 0.9)) / (np.sqrt(v_new / (1 - 0.999)) + 0.01)",
                ),
                "The exponent of the βs is another one. It is t, which counts the steps from 1, "
                "this one included; so the corrections fade as t grows.",
            ),
            Mistake(
                "wrong-index",
                (
                    "w - 0.01 * (m_new / (1 - 0.999**t)) / (np.sqrt(v_new / (1 - 0.9**t)) + 0.01)",
                    "w - 0.01 * m_hat / (np.sqrt(v_new / (1 - 0.9**t)) + 0.01)",
                    "w - 0.01 * (m_new / (1 - 0.999**t)) / (np.sqrt(v_hat) + 0.01)",
                ),
                "The corrections have each other's β, or both the same. β₁ belongs to m, β₂ to v.",
            ),
            Mistake(
                "wrong-sign",
                "w + 0.01 * m_hat / (np.sqrt(v_hat) + 0.01)",
                "You go up. The gradient points to where L grows.",
            ),
            Mistake(
                "value-instead-of-derivative",
                ("w - 0.01 * g / (np.sqrt(v_hat) + 0.01)", "w - 0.01 * m_hat / (np.abs(g) + 0.01)"),
                "The gradient of this step alone stands where a running mean belongs.",
            ),
            Mistake(
                "missing-term",
                (
                    "0.01 * m_hat / (np.sqrt(v_hat) + 0.01)",
                    "-0.01 * m_hat / (np.sqrt(v_hat) + 0.01)",
                    "w - m_hat / (np.sqrt(v_hat) + 0.01)",
                ),
                "This is the step without w, or without the learning rate. Asked is the new "
                "weight, w − η · step.",
            ),
            Mistake(
                "fraction-inverted",
                "w - 0.01 * m_hat * np.sqrt(v_hat)",
                "You multiply by the root. A weight with large gradients would make still larger "
                "steps.",
            ),
        ),
    ),
    Quantity(
        "optimizers.adam_m",
        "the new m",
        takes=ADAM,
        shape="N M",
        formula="0.9 * m + 0.1 * g",
        section="Adam",
        where=ADAM_WHERE,
        mistakes=(
            Mistake(
                "wrong-index",
                ("0.1 * m + 0.9 * g", "0.999 * m + 0.001 * g"),
                "The shares are exchanged, or those of the other mean. m keeps 0.9 of its past.",
            ),
            Mistake(
                "missing-term",
                ("0.9 * m + g", "m + 0.1 * g"),
                "A factor is missing. A mean has shares that add up to 1: 0.9 and 0.1.",
            ),
            Mistake(
                "extra-term",
                ("m_hat", "m / (1 - 0.9**t)"),
                "You return the corrected mean. It is used for the step; what is kept for the next "
                "one is m without the correction.",
            ),
            Mistake(
                "value-instead-of-derivative",
                "0.9 * m + 0.1 * g**2",
                "The squares belong to v. m is the mean of the gradients themselves.",
            ),
            Mistake(
                "never-computed",
                "m",
                "This is the old m. It has to take in the new gradient.",
            ),
            Mistake(
                "missing-term",
                ("0.1 * g", "g"),
                "The past is gone: 0.9 of the old m has to stay.",
            ),
            Mistake(
                "wrong-array",
                ("0.9 * v + 0.1 * g", "0.9 * w + 0.1 * g", "0.9 * m + 0.1 * w"),
                "Another array stands in it. The new m is made of the old m and of g.",
            ),
            Mistake(
                "wrong-sign",
                "0.9 * m - 0.1 * g",
                "A sign: the minus comes when w moves.",
            ),
        ),
    ),
    Quantity(
        "optimizers.adam_v",
        "the new v",
        takes=ADAM,
        shape="N M",
        formula="0.999 * v + 0.001 * g**2",
        section="Adam",
        where=ADAM_WHERE,
        mistakes=(
            Mistake(
                "missing-term",
                ("0.999 * v + 0.001 * g", "0.999 * v + 0.001 * np.abs(g)"),
                "The square is missing: v is the mean of the squared gradients.",
            ),
            Mistake(
                "missing-term",
                ("0.999 * v + g**2", "v + 0.001 * g**2", "v + g**2"),
                "A factor is missing. A mean has shares that add up to 1: 0.999 and 0.001.",
            ),
            Mistake(
                "wrong-index",
                ("0.001 * v + 0.999 * g**2", "0.9 * v + 0.1 * g**2"),
                "The shares are exchanged, or those of the other mean. v keeps 0.999 of its past.",
            ),
            Mistake(
                "extra-term",
                ("v_hat", "v / (1 - 0.999**t)"),
                "You return the corrected mean. It is used for the step; what is kept for the next "
                "one is v without the correction.",
            ),
            Mistake(
                "extra-term",
                ("np.sqrt(v_new)", "np.sqrt(v_hat)"),
                "The root is for the step. What is kept is the mean of the squares.",
            ),
            Mistake(
                "wrong-index",
                ("0.999 * v + (0.001 * g) ** 2", "(0.999 * v + 0.001 * g) ** 2"),
                "More is squared than g alone.",
            ),
            Mistake(
                "wrong-array",
                (
                    "0.999 * v + 0.001 * m_new**2",
                    "0.999 * v + 0.001 * m**2",
                    "0.999 * v + 0.001 * w**2",
                ),
                "Another array is squared. v is the mean of g².",
            ),
            Mistake(
                "never-computed",
                "v",
                "This is the old v. It has to take in the square of the new gradient.",
            ),
            Mistake(
                "missing-term",
                "0.001 * g**2",
                "The past is gone: 0.999 of the old v has to stay.",
            ),
        ),
    ),
    Exercise(
        "optimizers.adam",
        takes="w g m v t",
        returns="optimizers.adam_w optimizers.adam_m optimizers.adam_v",
    ),
)
