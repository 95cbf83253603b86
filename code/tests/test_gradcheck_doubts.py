"""check_gradients doubts the layer: each hidden fault is named, and no right layer is accused."""

import math

import numpy as np
import pytest
from backprop import MLP, Dropout, Linear, ReLU, Sequential, Softmax, check_gradients
from helpers import EVERYTHING, LAYERS, draw, linear

X = draw(5, 4)
ZEROS = X.copy()
ZEROS[0, 0] = ZEROS[1, 2] = ZEROS[3] = 0


def elementwise(function, derivative):
    """A layer as a reader writes it: no Layer, no params."""

    class Own:
        def forward(self, X):
            self.X = X
            return function(X)

        def backward(self, dY):
            return dY * derivative(self.X)

    return Own()


class Dense:
    """A right linear layer of a reader's, with params and grads; the faults below spoil it."""

    def __init__(self):
        self.params, self.grads = {"W": draw(3, 4, seed=1), "b": draw(3, seed=2)}, {}

    def forward(self, X):
        self.X = X
        return X @ self.params["W"].T + self.params["b"]

    def backward(self, dY):
        self.grads = {"W": dY.T @ self.X, "b": dY.sum(axis=0)}
        return dY @ self.params["W"]


class StepInside(Dense):
    def backward(self, dY):
        dX = super().backward(dY)
        self.params["W"] = self.params["W"] - 0.1 * self.grads["W"]
        return dX


class StepInPlace(StepInside):
    def backward(self, dY):
        dX = Dense.backward(self, dY)
        self.params["b"] -= 0.1 * self.grads["b"]
        return dX


class ForwardNormalizes(Dense):
    def forward(self, X):
        self.params["W"] /= np.linalg.norm(self.params["W"])
        return super().forward(X)


class WritesX(Dense):
    def forward(self, X):
        X -= X.mean(axis=0)
        return super().forward(X)


class WritesCachedX(Dense):
    def backward(self, dY):
        dX = super().backward(dY)
        self.X *= 0
        return dX


class WritesdY(Dense):
    def backward(self, dY):
        dX = super().backward(dY)
        dY *= 2
        return dX


class Adds(Dense):
    def __init__(self):
        super().__init__()
        self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}

    def backward(self, dY):
        self.grads["W"] += dY.T @ self.X
        self.grads["b"] = self.grads["b"] + dY.sum(axis=0)
        return dY @ self.params["W"]


class Fades(Dense):
    times = 0

    def backward(self, dY):
        self.times += 1
        return super().backward(dY) / self.times


class RandomMask(Dense):
    def forward(self, X):
        return super().forward(X) * (np.random.random((len(X), 3)) > 0.5)  # noqa: NPY002


class Counts(Dense):
    times = 0

    def forward(self, X):
        self.times += 1
        return super().forward(X) * self.times


class KeepsFirstX(Dense):
    X = None

    def forward(self, X):
        if self.X is None:
            self.X = X
        return X @ self.params["W"].T + self.params["b"]


class KeepsFirstScale(Dense):
    scale = None

    def forward(self, X):
        if self.scale is None:
            self.scale = float(np.cos(np.arange(X.size) @ X.ravel()))
        return super().forward(X)

    def backward(self, dY):
        return super().backward(dY) * (1 + 0 * self.scale) + 0 * dY.sum() + self._late()

    def _late(self):
        return self.scale


class Attributes:
    """W and b as attributes, dW and db too; where they are kept, `kept` says."""

    def __init__(self, wrong=1.0):
        self.W, self.b, self.wrong = draw(3, 4, seed=1), draw(3, seed=2), wrong

    def forward(self, X):
        self.X = X
        return X @ self.W.T + self.b

    def backward(self, dY):
        self.dW, self.db = self.wrong * dY.T @ self.X, dY.sum(axis=0)
        return dY @ self.W


class InLists(Attributes):
    def __init__(self):
        self.weights, self.gradients = [draw(3, 4, seed=1), draw(3, seed=2)], [None, None]

    def forward(self, X):
        self.X = X
        return X @ self.weights[0].T + self.weights[1]

    def backward(self, dY):
        self.gradients = [dY.T @ self.X, dY.sum(axis=0)]
        return dY @ self.weights[0]


class InAnotherDict(Attributes):
    def __init__(self):
        self.theta, self.d = {"W": draw(3, 4, seed=1)}, {}

    def forward(self, X):
        self.X = X
        return X @ self.theta["W"].T

    def backward(self, dY):
        self.d["W"] = dY.T @ self.X
        return dY @ self.theta["W"]


class Nested(Attributes):
    def __init__(self):
        self.inner = linear(4, 3)

    def forward(self, X):
        return self.inner.forward(X)

    def backward(self, dY):
        return self.inner.backward(dY)


class ReturnsThem(Attributes):
    def backward(self, dY):
        return dY @ self.W, dY.T @ self.X, dY.sum(axis=0)


class StepsOnAttribute(Attributes):
    def backward(self, dY):
        dX = dY @ self.W
        self.W = self.W - 0.1 * dY.T @ self.X
        return dX


FAULTS = [
    (StepInside, "backward changes the parameter W"),
    (StepInPlace, "backward changes the parameter b"),
    (ForwardNormalizes, "forward changes the parameter W"),
    (WritesX, "forward writes into its input X"),
    (WritesCachedX, "backward writes into its input X"),
    (WritesdY, "backward writes into dY"),
    (Adds, "backward adds to what is in grads['W']: set it"),
    (Fades, "backward gives another gradient the second time"),
    (RandomMask, "forward is random"),
    (Counts, "forward gives another output the second time"),
    (KeepsFirstX, "backward uses the input of an earlier forward"),
    (KeepsFirstScale, "backward uses the input of an earlier forward"),
    (Attributes, "no parameters found in params: self.W and self.b change the output; put them"),
    (lambda: Attributes(7.0), "no parameters found in params: self.W and self.b change the output"),
    (InLists, "self.weights[0] and self.weights[1] change the output"),
    (InAnotherDict, "self.theta['W'] changes the output; put it into params"),
    (Nested, "self.inner.params['weight'] and self.inner.params['bias'] change the output"),
    (ReturnsThem, "the gradient (number 2 that backward returns and number 3"),
    (StepsOnAttribute, "backward changes self.W: leave that to the optimizer"),
]


@pytest.mark.parametrize(("make", "name"), FAULTS, ids=[name for _, name in FAULTS])
def test_a_hidden_fault_is_named(make, name):
    report = check_gradients(make(), X)
    assert name in report.headline or name in str(report)
    assert not report.passed
    assert "every gradient agrees" not in report.headline


def test_grads_that_add_up_are_not_called_wrong_for_that():
    """The gradient of one pass is right; that it is added is the fault."""
    report = check_gradients(Adds(), X)
    assert all(finding.right for finding in report.findings)


def test_a_random_forward_is_told_how_to_hold_still():
    said = check_gradients(RandomMask(), X).headline
    assert "self.rng" in said
    assert "WRONG" not in said


@pytest.mark.parametrize("name", ["rng", "generator", "dice"])
def test_draws_from_the_layers_own_generator_are_rewound(name):
    class OwnDropout:
        def __init__(self):
            setattr(self, name, np.random.default_rng(0))

        def forward(self, X):
            self.mask = (getattr(self, name).random(X.shape) > 0.5) / 0.5
            return X * self.mask

        def backward(self, dY):
            return dY * self.mask

    assert check_gradients(OwnDropout(), X)


def test_a_parameter_that_is_an_attribute_too_is_moved_in_both_places():
    class Shown(Attributes):
        def __init__(self):
            super().__init__()
            self.params = {"W": self.W, "b": self.b}

        def backward(self, dY):
            dX = super().backward(dY)
            self.grads = {"W": self.dW, "b": self.db}
            return dX

    report = check_gradients(Shown(), X)
    assert report.passed, report
    assert [f.name for f in report.findings] == ["X", "W", "b"]


class Transposed(Dense):
    """Keeps a view of a parameter, made once: a copy of the layer must not part the two."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.WT, self.factor = self.params["W"].T, factor

    def forward(self, X):
        self.X = X
        return X @ self.WT + self.params["b"]

    def backward(self, dY):
        dX = super().backward(dY)
        self.grads["W"] = self.factor * self.grads["W"]
        return dX


class Flat(Transposed):
    """All parameters lie in one array, as in libraries that hand one vector to the optimizer."""

    def __init__(self, factor=1.0):
        super().__init__(factor)
        self.theta = np.concatenate([self.params[k].ravel() for k in ("W", "b")])
        self.params = {"W": self.theta[:12].reshape(3, 4), "b": self.theta[12:]}

    def forward(self, X):
        self.X = X
        return X @ self.theta[:12].reshape(3, 4).T + self.theta[12:]


class Backwards(Transposed):
    """The view runs the other way."""

    def __init__(self, factor=1.0):
        super().__init__(factor)
        self.turned = self.params["W"][::-1]

    def forward(self, X):
        self.X = X
        return X @ self.turned[::-1].T + self.params["b"]


@pytest.mark.parametrize("make", [Transposed, Flat, Backwards])
@pytest.mark.parametrize("method", ["complex", "central"])
def test_a_parameter_and_a_view_of_it_are_one(make, method):
    layer = make()
    kept = [array.copy() for array in layer.params.values()]
    report = check_gradients(layer, X, method=method)
    assert report.passed, report
    assert "every gradient agrees" in report.headline
    wrong = check_gradients(make(1.01), X, method=method)
    assert [f.name for f in wrong.findings if f.wrong] == ["W"]
    assert all(map(np.array_equal, kept, layer.params.values()))


@pytest.mark.parametrize("factor", [1, 1.01])
def test_two_names_of_one_array_are_said(factor):
    class Tied(Dense):
        def __init__(self):
            super().__init__()
            self.params["V"] = self.params["W"]

        def forward(self, X):
            self.H = X @ self.params["W"].T
            return super().forward(X) + self.H @ self.params["V"] @ self.params["W"].T

        def backward(self, dY):
            W, dX = self.params["W"], super().backward(dY)
            dH = dY @ W @ W.T
            self.grads["W"] += dH.T @ self.X + dY.T @ (self.H @ W)
            self.grads["V"] = factor * (self.H.T @ (dY @ W))
            return dX + dH @ W

    report = check_gradients(Tied(), X)
    assert "params 'W' and 'V' are one array" in report.doubts[0]
    assert not report.passed
    assert [f.name for f in report.findings if f.wrong] == ([] if factor == 1 else ["W", "V"])


@pytest.mark.parametrize("factor", [1, 1.01])
def test_three_names_of_one_array_are_added_up_too(factor):
    class Thrice(Dense):
        def __init__(self):
            super().__init__()
            self.params |= dict.fromkeys("UV", self.params["W"])

        def backward(self, dY):
            dX = super().backward(dY)
            whole = self.grads["W"]
            self.grads |= {"W": 0.5 * whole, "U": 0.3 * whole, "V": 0.2 * factor * whole}
            return dX

    report = check_gradients(Thrice(), X)
    assert "params 'W' and 'U' and 'V' are one array" in report.doubts[0]
    assert [f.name for f in report.findings if f.wrong] == ([] if factor == 1 else ["W", "U", "V"])


def test_a_layer_may_leave_something_out_of_its_copies():
    class Forgetful(Transposed):
        def __init__(self):
            super().__init__()
            self.cache = np.ones((2, 3))

        def __deepcopy__(self, memo):
            return type(self)()

        def forward(self, X):
            self.cache = None
            return super().forward(X)

    layer = Forgetful()
    layer.forward(X)  # now it lacks an array that its copies have
    assert check_gradients(layer, X).passed


def test_a_constant_array_is_said_and_not_accused():
    class Shift:
        def __init__(self):
            self.table = draw(4)

        def forward(self, X):
            return X + self.table

        def backward(self, dY):
            return dY * 1.0

    report = check_gradients(Shift(), X)
    assert report.passed
    assert "every gradient agrees" not in report.headline
    assert "not looked at: self.table" in report.headline


class Normalized(Dense):
    """Averages of earlier batches beside two parameters of the same shape, which has gradients."""

    def __init__(self):
        self.params, self.grads = {"gamma": draw(4, seed=3), "beta": draw(4, seed=4)}, {}
        self.mean, self.deviation = draw(4, seed=5), 1 + draw(4, seed=6) ** 2

    def forward(self, X):
        self.X = (X - self.mean) / self.deviation
        return self.params["gamma"] * self.X + self.params["beta"]

    def backward(self, dY):
        self.grads = {"gamma": (dY * self.X).sum(axis=0), "beta": dY.sum(axis=0)}
        return dY * self.params["gamma"] / self.deviation


class Standardized(Dense):
    """A constant of the shape of b, beside b."""

    def __init__(self):
        super().__init__()
        self.shift = draw(3, seed=7)

    def forward(self, X):
        return super().forward(X) + self.shift


@pytest.mark.parametrize("kind", [Normalized, Standardized])
@pytest.mark.parametrize("wrap", [lambda layer: layer, lambda layer: Sequential(layer, ReLU())])
def test_constants_beside_parameters_are_not_taken_for_them(kind, wrap):
    report = check_gradients(wrap(kind()), X)
    assert report.passed, report
    assert "not looked at: self." in report.headline


def test_each_gradient_belongs_to_one_array():
    class ByAttributes(Normalized):
        def __init__(self):
            super().__init__()
            self.gamma, self.beta = self.params["gamma"], self.params["beta"]
            del self.params, self.grads

        def forward(self, X):
            self.X = (X - self.mean) / self.deviation
            return self.gamma * self.X + self.beta

        def backward(self, dY):
            self.dgamma, self.dbeta = (dY * self.X).sum(axis=0), dY.sum(axis=0)
            return dY * self.gamma / self.deviation

    report = check_gradients(ByAttributes(), X)
    assert not report.passed
    assert "put them into params and the gradient (self.dgamma and self.dbeta)" in report.headline
    assert report.headline.startswith(
        "ByAttributes: no parameters found in params: self.gamma and self.beta change the output"
    )


@pytest.mark.parametrize("grads", [{"W": 1}, {"W": 1, "db": 1}, {}])
def test_a_gradient_that_backward_does_not_leave_is_missed(grads):
    class Short(Dense):
        def backward(self, dY):
            dX = super().backward(dY)
            whole = {"W": self.grads["W"], "db": self.grads["b"]}
            self.grads = {name: whole[name] for name in grads}
            return dX

    report = check_gradients(Short(), X)
    assert not report.passed
    assert "no gradient in grads under its name" in str(report)
    assert report["X"].right


def test_a_parameter_that_is_none_is_none():
    class Unbiased(Dense):
        def __init__(self):
            super().__init__()
            self.params["b"] = None

        def forward(self, X):
            self.X = X
            return X @ self.params["W"].T

    assert check_gradients(Unbiased(), X).passed


@pytest.mark.parametrize("factor", [1, 3])
def test_parameters_that_forward_makes_are_looked_at(factor):
    class Late(Dense):
        def __init__(self):
            self.params, self.grads = {}, {}

        def forward(self, X):
            if not self.params:
                self.params = {"W": draw(3, X.shape[1], seed=1), "b": draw(3, seed=2)}
            return super().forward(X)

        def backward(self, dY):
            dX = super().backward(dY)
            self.grads["W"] *= factor
            return dX

    report = check_gradients(Late(), X)
    assert report.passed == (factor == 1), report
    assert [found.name for found in report.findings] == ["X", "W", "b"]


@pytest.mark.parametrize("seed", range(6))
def test_a_unit_that_is_seldom_dropped_is_random_all_the_same(seed):
    class Seldom:
        def forward(self, X):
            self.mask = (np.random.random(X.shape) > 0.02) / 0.98  # noqa: NPY002
            return X * self.mask

        def backward(self, dY):
            return dY * self.mask

    np.random.seed(seed)  # noqa: NPY002 what a reader's layer draws from
    assert "forward is random" in check_gradients(Seldom(), draw(6, 5)).headline


# Kinks of a layer that says nothing of them.


def at_zero(slope, x):
    return np.where(x == 0, slope, x > 0)


RELUS = {
    "maximum": lambda x: np.maximum(x, 0),
    "where": lambda x: np.where(x > 0, x, 0),
    "mask": lambda x: x * (x > 0),
    "abs": lambda x: (x + np.abs(x)) / 2,
}


@pytest.mark.parametrize("name", RELUS)
@pytest.mark.parametrize("slope", [0, 0.3, 0.5, 1, 7, -1])
def test_any_slope_between_left_and_right_passes_at_a_kink_and_no_other(name, slope):
    report = check_gradients(elementwise(RELUS[name], lambda x: at_zero(slope, x)), ZEROS)
    assert report.passed is (0 <= slope <= 1), report
    assert not report.passed or report["X"].excluded == 6
    assert not report.passed or "6 at kinks left out" in str(report)


@pytest.mark.parametrize("slope", [0, 1, 7])
def test_the_kink_of_a_library_layer_is_held_to_its_slopes_too(slope):
    layer = type("Own", (ReLU,), {"derivative": staticmethod(lambda x: at_zero(slope, x))})()
    assert check_gradients(layer, ZEROS).passed is (slope <= 1)


@pytest.mark.parametrize("share", ["first", "all", "split"])
def test_ties_of_a_maximum_are_kinks(share):
    class MaxPool:
        def forward(self, X):
            self.X = X
            return X.max(axis=1)

        def backward(self, dY):
            top = (self.X == self.X.max(axis=1, keepdims=True)) * 1.0
            if share == "first":
                top = np.eye(4)[self.X.argmax(axis=1)]
            return dY[:, None] * (top / top.sum(axis=1, keepdims=True) if share == "split" else top)

    ties = np.array([[1.0, 2, 2, 0], [3, 1, 1, 3], [0, 1, 2, 3]])
    report = check_gradients(MaxPool(), ties)
    assert report.passed, report
    assert report["X"].excluded == 4


def test_a_loss_and_a_parameter_may_sit_on_a_kink():
    class Absolute:
        def __init__(self):
            self.params, self.grads = {"w": np.array([0.0, 1.0, -2.0, 0.0])}, {}

        def forward(self, X):
            self.X = X
            return np.abs(self.params["w"]).sum() + np.maximum(0, 1 - X).mean()

        def backward(self):
            self.grads = {"w": np.sign(self.params["w"])}
            return -1.0 * (self.X < 1) / self.X.size

    inputs = X.copy()
    inputs[0, :2] = 1
    report = check_gradients(Absolute(), inputs)
    assert report.passed, report
    assert [f.excluded for f in report.findings] == [2, 2]


# float32, complex numbers, integers, what is returned.


def half(x):
    return x.astype(np.float32)


def slope_of_tanh(x):
    return 1 - np.tanh(x) ** 2


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda x: np.tanh(half(x)), slope_of_tanh),
        (lambda x: np.tanh(half(x)).astype(float), slope_of_tanh),
        (np.tanh, lambda x: half(slope_of_tanh(x))),
        (lambda x: np.maximum(half(x), 0), lambda x: x > 0),
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1.02, -1.0])
def test_float32_inside_is_known(forward, backward, factor):
    layer = elementwise(forward, lambda x: factor * backward(x))
    report = check_gradients(layer, ZEROS)
    assert report.passed is (factor == 1), report
    if report.passed and report["X"].tolerance > 1e-7:
        assert "float32" in report.headline or "loses about 8 of 16" in report.headline


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (np.abs, np.sign),
        (lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
        (np.vectorize(math.tanh), slope_of_tanh),
        (lambda x: np.clip(x, -1, 1), lambda x: np.abs(x) < 1),
        (np.sign, lambda x: 0 * x),
        (np.round, lambda x: 0 * x),
        (lambda x: np.abs(np.sin(x)), lambda x: np.sign(np.sin(x)) * np.cos(x)),
    ],
)
@pytest.mark.parametrize("size", [1, 1e4])
def test_a_forward_that_complex_numbers_mislead_is_judged_by_differences(forward, backward, size):
    assert check_gradients(elementwise(forward, backward), size * X)
    assert not check_gradients(elementwise(forward, lambda x: backward(x) + 0.5), size * X)


def test_integers_are_numbers():
    whole = np.array([[1, 2], [3, -4]])
    assert check_gradients(elementwise(np.tanh, slope_of_tanh), whole)

    def cut(x):
        Y = np.zeros_like(x)
        Y[...] = np.tanh(x)
        return Y

    assert "integers" in check_gradients(elementwise(cut, slope_of_tanh), whole).headline


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda dY: None, "backward returns None: the return is missing"),
        (lambda dY: [dY], "backward returns a list"),
        (lambda dY: dY.T, "backward gives shape (4, 5), the variable has (5, 4)"),
        (lambda dY: dY * np.nan, "no finite numbers"),
    ],
)
def test_what_is_no_gradient_is_said_in_words(returned, words):
    own = type("Own", (), {"forward": lambda s, X: X * 1.0, "backward": lambda s, dY: returned(dY)})
    assert words in check_gradients(own(), X).headline


# A forward that loses digits.


def sigmoid(x):
    return (1 + np.tanh(x / 2)) / 2


def cdf(x):
    """The normal distribution function by a series: in the left tail it is ½ − ½."""
    x = np.clip(x.real, -9, 9) + (x - x.real)
    term, total = x, x
    for n in range(3, 400, 2):
        term = term * x**2 / n
        total = total + term
    return 0.5 + total * density(x)


def density(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


tail = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2)
CANCELLING = {
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x), [-20, -30, -33, -36, -38]),
    "sigmoid, 1 − y": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), [-20, -30, -36]),
    "sigmoid, a good backward": (
        sigmoid,
        lambda x: 1 / (1 + np.exp(x)) / (1 + np.exp(-x)),
        [-30, -36],
    ),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * density(x), [-5.75, -6.5, -7, -8]),
    "gelu, a good backward": (
        lambda x: x * cdf(x),
        lambda x: tail(x) + x * density(x),
        [-5.75, -6.5, -7, -8],
    ),
    "(1 − cos x)/x²": (
        lambda x: (1 - np.cos(x)) / x**2,
        lambda x: np.sin(x) / x**2 - 2 * (1 - np.cos(x)) / x**3,
        [1e-2, 1e-4, 1e-6],
    ),
    "tanh, saturated": (np.tanh, slope_of_tanh, [10, 15, 18, 20]),
    "√(1 + x²) − 1": (
        lambda x: np.sqrt(1 + x * x) - 1,
        lambda x: x / np.sqrt(1 + x * x),
        [1e-3, 1e-9],
    ),
}
PLACES = [(name, place) for name, (*_, places) in CANCELLING.items() for place in places]


@pytest.mark.parametrize(("name", "place"), PLACES)
@pytest.mark.parametrize("spread", [0, 0.02])
def test_a_right_gradient_is_not_wrong_because_forward_cancels(name, place, spread):
    forward, backward, _ = CANCELLING[name]
    inputs = place * (1 + spread * np.random.default_rng(0).random((3, 2)))
    report = check_gradients(elementwise(forward, backward), inputs)
    assert report.passed, report
    assert report.worst.error < 1e-7 or "loses about" in report.headline


@pytest.mark.parametrize(("name", "place"), PLACES)
@pytest.mark.parametrize("factor", [0, 1.02, -1])
def test_a_wrong_gradient_does_not_pass_because_forward_cancels(name, place, factor):
    forward, backward, _ = CANCELLING[name]
    layer = elementwise(forward, lambda x: factor * backward(x))
    assert not check_gradients(layer, np.full((3, 2), float(place)))


@pytest.mark.parametrize("offset", [0, 1e3, 1e5, 1e6])
@pytest.mark.parametrize("factor", [1, 1.05])
def test_a_variance_as_a_difference_of_squares(offset, factor):
    class Normalize:
        def forward(self, X):
            mean = X.mean(axis=1, keepdims=True)
            self.r = 1 / np.sqrt((X**2).mean(axis=1, keepdims=True) - mean**2 + 1e-5)
            self.U = (X - mean) * self.r
            return self.U

        def backward(self, dY):
            along = (dY * self.U).mean(axis=1, keepdims=True) * self.U
            return factor * self.r * (dY - dY.mean(axis=1, keepdims=True) - along)

    assert check_gradients(Normalize(), offset + draw(4, 6)).passed is (factor == 1)


# No false alarms.


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_layer_of_the_library_is_doubted(name):
    make, inputs = EVERYTHING[name]
    report = check_gradients(make(), *inputs)
    assert report.passed, report
    assert (report.doubts, report.unseen) == ([], [])
    assert "every gradient agrees" in report.headline
    assert ";" not in report.headline


@pytest.mark.parametrize("name", LAYERS)
def test_nor_in_float32_nor_when_it_was_used_before(name):
    make, (inputs,) = LAYERS[name]
    layer, single = make(), inputs.astype(np.float32)
    layer.backward(layer.forward(single))
    assert check_gradients(layer, single)


def test_nor_networks_and_what_is_trained():
    dropping = MLP([4, 7, 6, 3], rng=0, dropout=0.3)
    dropping.training = True
    own = Sequential(
        linear(4, 6), elementwise(RELUS["maximum"], lambda x: x > 0), Dense6(), Softmax()
    )
    for model in (dropping, own, Sequential(Linear(4, 3, rng=0), Dropout(0.5, rng=0))):
        report = check_gradients(model, X)
        assert report.passed, report
        assert not report.doubts


class Dense6(Dense):
    def __init__(self):
        self.params, self.grads = {"W": draw(3, 6, seed=1), "b": draw(3, seed=2)}, {}


def test_a_check_costs_some_passes_more_and_not_many():
    """Against two for each entry by central differences."""

    class Counting(Dense):
        passes = []

        def forward(self, X):
            self.passes.append(1)
            return super().forward(X)

    layer = Counting()
    check_gradients(layer, X)
    assert len(layer.passes) <= 2 * (X.size + 15)
