"""The checker checked: what it must find, what it must not, and what it leaves alone."""

import copy
import re

import numpy as np
import pytest
from backprop import (
    ELU,
    MLP,
    Linear,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    check_gradients,
    complex_step_gradient,
    exercises,
    numerical_gradient,
)
from helpers import EVERYTHING, LABELS, draw, linear

every = pytest.mark.parametrize(("make", "inputs"), EVERYTHING.values(), ids=EVERYTHING)


@every
@pytest.mark.parametrize("method", ["auto", "complex", "central", "projection"])
def test_every_gradient_of_the_library_agrees(make, inputs, method):
    report = check_gradients(make(), *inputs, method=method)
    assert report.passed, report
    assert report.worst.error < (1e-7 if method == "central" else 1e-12)


# numerical_gradient and complex_step_gradient.


def cubic(x):
    return (x**3).sum()


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_a_gradient_known_in_closed_form(shape):
    x = draw(*shape) + 3
    central, exact = numerical_gradient(cubic, x), complex_step_gradient(cubic, x)
    assert central.shape == exact.shape == shape
    np.testing.assert_allclose(central, 3 * x**2, rtol=1e-9)
    np.testing.assert_allclose(exact, 3 * x**2, rtol=1e-15)


def test_the_error_of_central_differences_is_a_V():
    """Truncation falls as h², rounding rises as 1/h; the default h is near the bottom."""
    x, true = np.array([1.0]), np.exp(1)

    def error(h):
        return abs(numerical_gradient(lambda x: np.exp(x[0]), x, h)[0] - true)

    assert error(1e-1) / error(1e-2) == pytest.approx(100, rel=0.02)
    assert error(1e-2) / error(1e-3) == pytest.approx(100, rel=0.02)
    assert error(1e-13) > 100 * error(1e-9) > 0
    assert error(None) < min(error(1e-1), error(1e-3), error(1e-9), error(1e-13)) + 1e-10
    assert error(None) < 1e-9


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-9), (np.float32, 2e-3)])
def test_h_suits_the_precision(dtype, bound):
    x = (draw(20) * 2).astype(dtype)
    gradient = numerical_gradient(lambda x: np.sin(x).sum(), x)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, np.cos(x), atol=bound)


def test_h_grows_with_large_entries():
    """Beside 1e8, a step of 6e-6 would be lost in rounding."""
    x = np.array([1e8, -3e8])
    np.testing.assert_allclose(numerical_gradient(lambda x: (x**2).sum(), x), 2 * x, rtol=1e-9)


def test_x_stays_as_it_is_also_when_f_writes_into_it():
    def careless(x):
        x *= 2
        return x.sum()

    x = draw(3)
    before, x.flags.writeable = x.copy(), False
    np.testing.assert_allclose(numerical_gradient(careless, x), 2)
    np.testing.assert_allclose(complex_step_gradient(careless, x), 2)
    assert np.array_equal(x, before)


def test_integers_count_as_floats():
    np.testing.assert_allclose(numerical_gradient(cubic, [1, 2]), [3, 12], rtol=1e-9)
    np.testing.assert_allclose(complex_step_gradient(cubic, [1, 2]), [3, 12], rtol=1e-15)


@pytest.mark.parametrize(
    ("f", "got"),
    [
        (lambda x: x, r"an array of shape \(3,\)"),
        (lambda x: x.sum(keepdims=True), r"an array of shape \(1,\)"),
        (lambda x: x.sum() * np.nan, "nan"),
        (lambda x: np.inf, "inf"),
        (lambda x: None, "None"),
        (lambda x: "1.0", "1.0"),
    ],
)
def test_f_must_return_one_finite_number(f, got):
    with pytest.raises(ValueError, match=f"numerical_gradient expects f to return one.*got {got}"):
        numerical_gradient(f, draw(3))
    with pytest.raises(ValueError, match="complex_step_gradient expects f to return one"):
        complex_step_gradient(f, draw(3))


def test_a_complex_step_that_was_dropped_is_heard():
    with pytest.raises(ValueError, match="expects f to return one finite complex number, got"):
        complex_step_gradient(lambda x: np.abs(x).sum(), draw(3))


@pytest.mark.parametrize("h", [0, -1e-5, np.nan, "small", None, 1e-30])
def test_h_must_change_x(h):
    if h is None:
        assert numerical_gradient(cubic, draw(3), h).shape == (3,)
    else:
        with pytest.raises(ValueError, match="numerical_gradient expects"):
            numerical_gradient(cubic, draw(3), h)


# Kinks.


def test_entries_at_a_kink_are_left_out_and_counted():
    X = draw(5, 4)
    X[1, 2] = X[3, 0] = 0
    for method in ("complex", "central"):
        report = check_gradients(ReLU(), X, method=method)
        assert report.passed
        assert report["X"].excluded == 2
    assert "2 at kinks left out" in str(report)


def test_a_step_across_a_kink_is_left_out_too():
    """1e-9 from the kink central differences see half of each slope; the complex step is exact."""
    X = draw(5, 4)
    X[1, 2] = 1e-9
    assert check_gradients(ReLU(), X, method="central")["X"].excluded == 1
    assert check_gradients(ReLU(), X, method="complex")["X"].excluded == 0


def test_inside_a_network_it_is_the_units_that_count():
    """A weight is left out if its step carries a unit behind it across the kink."""
    model, X = Sequential(linear(4, 3), ReLU()), draw(5, 4)
    model.layers[0].params["bias"][1] -= model.layers[0].forward(X)[2, 1]  # unit 1 of sample 2: 0
    report = check_gradients(model, X, method="central")
    assert report.passed, report
    assert report["layers[0].bias"].excluded == 1
    assert report["layers[0].weight"].excluded == 4
    assert report["X"].excluded == 4


def test_the_tolerance_is_not_loosened_beside_a_kink():
    """A fault in another entry is found although entries are left out."""

    class Faulty(ReLU):
        def backward(self, dY):
            dX = super().backward(dY)
            dX[4, 3] *= 1 + 1e-5
            return dX

    X = np.abs(draw(5, 4))
    X[1, 2] = 0
    report = check_gradients(Faulty(), X)
    assert (report.passed, report.worst.index) == (False, (4, 3))


@pytest.mark.parametrize("method", ["auto", "complex", "central", "projection"])
def test_where_all_is_kink_nothing_is_claimed(method):
    report = check_gradients(ReLU(), np.zeros((5, 4)), method=method)
    assert not report
    assert "kink" in report.worst.problem


@pytest.mark.parametrize(("alpha", "excluded"), [(1.0, 0), (0.7, 1)])
def test_elu_has_a_kink_unless_alpha_is_1(alpha, excluded):
    X = draw(5, 4)
    X[0, 0] = 0
    assert check_gradients(ELU(alpha), X)["X"].excluded == excluded


# What it must find.


class Scale:
    """Y = w X with a number of faults to choose from; no Layer, `params` but no `parameters`."""

    def __init__(self, fault=None):
        self.params, self.grads, self.fault = {"w": np.array([1.5, -2, 3])}, {}, fault

    def forward(self, X):
        self.X = X
        return self.params["w"] * X

    def backward(self, dY):
        dX, dw = dY * self.params["w"], (dY * self.X).sum(axis=0)
        if self.fault == "row for vector":
            dw = dw[None]
        if self.fault == "nan":
            dX[1, 2] = np.nan
        if self.fault == "complex":
            dX = dX + 0j
        if self.fault == "wrong weight":
            dw[1] *= 1.01
        if self.fault != "no gradient":
            self.grads = {"w": dw}
        return None if self.fault == "nothing" else dX


def test_a_layer_from_elsewhere_is_checked_with_its_parameters():
    report = check_gradients(Scale(), draw(5, 3))
    assert report.passed
    assert [f.name for f in report.findings] == ["X", "w"]


@pytest.mark.parametrize(
    ("fault", "name", "text"),
    [
        ("row for vector", "w", "backward gives shape (1, 3), the variable has (3,)"),
        ("nan", "X", "backward gives entries that are no finite numbers"),
        ("complex", "X", "backward gives entries that are no finite numbers"),
        ("nothing", "X", "backward returns None: the return is missing"),
    ],
)
def test_what_cannot_be_compared_is_wrong(fault, name, text):
    """Shapes are compared before values: (1, 3) against (3,) would pass by broadcasting."""
    report = check_gradients(Scale(fault), draw(5, 3))
    assert not report.passed
    assert report.worst.name == name
    assert report[name].problem == text
    assert text in str(report)


def test_a_parameter_without_gradient_is_missed():
    report = check_gradients(Scale("no gradient"), draw(5, 3))
    assert not report.passed
    assert "no gradient in grads under its name" in report["w"].problem


@pytest.mark.parametrize("method", ["auto", "complex", "central", "projection"])
def test_the_worst_entry_is_named(method):
    report = check_gradients(Scale("wrong weight"), draw(5, 3), method=method)
    worst = report.worst
    assert (report.passed, worst.name, worst.index) == (False, "w", (1,))
    assert worst.backward / worst.measured == pytest.approx(1.01, rel=1e-6)
    assert "WRONG" in str(report)
    assert "[1]" in str(report)
    assert f"{worst.backward:.6g}" in str(report)
    assert f"{worst.measured:.6g}" in str(report)


class Abs:
    """Y = |X| by `abs`, which drops imaginary parts: only central differences can judge."""

    def forward(self, X):
        self.X = X
        return np.abs(X)

    def backward(self, dY):
        return dY * np.sign(self.X)


def test_a_forward_that_returns_real_numbers_is_judged_by_central_differences():
    report = check_gradients(Abs(), draw(5, 3))
    assert report.passed
    assert report.worst.method == "central"
    with pytest.raises(ValueError, match="forward does not take complex numbers"):
        check_gradients(Abs(), draw(5, 3), method="complex")


class Unit:
    """Y = X/‖X‖, the norm by NumPy, which drops imaginary parts; backward is right if `whole`."""

    def __init__(self, whole):
        self.whole = whole

    def forward(self, X):
        self.X, self.norm = X, np.linalg.norm(X, axis=1, keepdims=True)
        return X / self.norm

    def backward(self, dY):
        Y = self.X / self.norm
        along = (dY * Y).sum(axis=1, keepdims=True) * Y if self.whole else 0
        return (dY - along) / self.norm


def test_a_forward_that_drops_an_imaginary_part_fools_nobody():
    """The complex step takes the norm for a constant: it calls the right gradient wrong, and the
    one that forgets the path through the norm right. Central differences have the last word."""
    X = draw(5, 3)
    assert not check_gradients(Unit(whole=True), X, method="complex")
    assert check_gradients(Unit(whole=False), X, method="complex")
    assert check_gradients(Unit(whole=True), X)
    assert not check_gradients(Unit(whole=False), X)


# A network of 235,146 parameters: projections find the entry.

VARIABLES = [(place, name) for place in (0, 2, 4) for name in ("weight", "bias")]


class Counter:
    """Counts forward passes, and stays itself when the model is copied."""

    count = 0

    def __deepcopy__(self, _):
        return self


class Faulty(MLP):
    """784-256-128-10; the gradients in `faults`, {(place, name, index): factor}, are wrong."""

    def __init__(self, rng=0, activation=ReLU):
        super().__init__([784, 256, 128, 10], activation, rng)
        self.faults, self.passes = {}, Counter()

    def forward(self, X):
        self.passes.count += 1
        return super().forward(X)

    def backward(self, dY):
        dX = super().backward(dY)
        for (place, name, index), factor in self.faults.items():
            self.layers[place].grads[name][index] *= factor
        return dX

    def entry(self, X, place, name, share, seed=0):
        """The entry whose gradient is nearest to a share of the largest one when X is checked."""
        out = self.forward(X)
        self.backward(np.random.default_rng(seed).spawn(1)[0].standard_normal(out.shape))
        gradient = np.abs(self.layers[place].grads[name])
        nearest = np.abs(gradient - share * gradient.max()).argmin()
        return tuple(map(int, np.unravel_index(nearest, gradient.shape)))


def wrong(report):
    return [(f.name, f.index) for f in report.findings if not f.error < report.tolerance]


@pytest.mark.parametrize("seed", range(10))
def test_a_fault_of_one_millionth_in_one_entry_of_a_large_network_is_named(seed):
    """In any variable, and no other is blamed; without a fault none is."""
    model, X = Faulty(rng=seed), draw(32, 784, seed=seed)
    report = check_gradients(model, X, rng=seed)
    assert report.passed
    assert report.worst.error < 1e-13
    for place, name in VARIABLES:
        model.faults = {}
        index = model.entry(X, place, name, 0.3, seed)
        model.faults = {(place, name, index): 1 + 1e-6}
        report = check_gradients(model, X, rng=seed)
        assert wrong(report) == [(f"layers[{place}].{name}", index)]
        assert report.worst.error == pytest.approx(1e-6, rel=1e-3)
        assert f"layers[{place}].{name}" in str(report.worst)
        assert str(list(index)) in str(report.worst)


@pytest.mark.parametrize("place", [0, 2])
def test_a_weight_of_small_gradient_is_found_too(place):
    model, X = Faulty(), draw(32, 784)
    index = model.entry(X, place, "weight", 5e-5)
    model.faults = {(place, "weight", index): 1 + 1e-6}
    assert wrong(check_gradients(model, X)) == [(f"layers[{place}].weight", index)]


def test_of_two_wrong_weights_at_least_one_is_named():
    """Also if they are neighbors, and if one gradient is too large and the other too small."""
    model, X = Faulty(), draw(32, 784)
    index = model.entry(X, 2, "weight", 0.3)
    beside = (index[0], (index[1] + 1) % 256)
    for other, factor in [((5, 200), 1 + 1e-6), (beside, 1 - 1e-6), (beside, 1 + 1e-6)]:
        model.faults = {(2, "weight", index): 1 + 1e-6, (2, "weight", other): factor}
        ((name, found),) = wrong(check_gradients(model, X))
        assert name == "layers[2].weight"
        assert found in (index, other)


def test_two_wrong_variables_are_both_named():
    model, X = Faulty(), draw(32, 784)
    places = [(place, name, model.entry(X, place, name, 0.3)) for place, name in VARIABLES[1:3]]
    model.faults = dict.fromkeys(places, 1 + 1e-6)
    expected = [(f"layers[{place}].{name}", index) for place, name, index in places]
    assert wrong(check_gradients(model, X)) == expected


def test_a_large_network_takes_few_passes():
    """Not one for every entry: that would be 260,234."""
    model, X = Faulty(), draw(32, 784)
    check_gradients(model, X)
    assert model.passes.count <= 30
    model.faults = {(0, "weight", model.entry(X, 0, "weight", 0.3)): 1 + 1e-6}
    model.passes.count = 0
    assert not check_gradients(model, X)
    assert model.passes.count <= 50


def test_central_differences_name_an_entry_of_a_large_network_too():
    class Real(Faulty):
        def forward(self, X):
            if any(np.iscomplexobj(array) for array in [X, *(p.value for p in self.parameters())]):
                raise ValueError("no complex numbers here")
            return super().forward(X)

    model, X = Real(activation=Tanh), draw(32, 784)
    assert check_gradients(model, X)
    index = model.entry(X, 4, "weight", 1)
    model.faults = {(4, "weight", index): 1 + 1e-4}
    assert wrong(check_gradients(model, X)) == [("layers[4].weight", index)]


def test_many_small_variables_meet_a_kink_one_by_one():
    """A projection cannot leave an entry out, and these variables are small enough without."""
    model, X = Sequential(linear(60, 70), ReLU()), draw(20, 60)
    X[2], model.layers[0].params["bias"][1] = 0, 0  # unit 1 of sample 2 is 0
    report = check_gradients(model, X)
    assert report.passed, report
    assert [f.excluded for f in report.findings] == [60, 0, 1]


class Product:
    """Two inputs, two gradients: Y = A ⊙ B."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def forward(self, A, B):
        self.A, self.B = A, B
        return A * B

    def backward(self, dY):
        return dY * self.B, self.factor * dY * self.A


def test_a_layer_with_two_inputs_returns_two_gradients():
    A, B = draw(5, 3), draw(5, 3, seed=1)
    report = check_gradients(Product(), A, B)
    assert report.passed
    assert [f.name for f in report.findings] == ["A", "B"]
    report = check_gradients(Product(factor=0.5), A, B)
    assert [f.name for f in report.findings if not f.error < 1e-7] == ["B"]


def test_an_upstream_gradient_of_ones_would_be_blind():
    """A backward that shuffles the rows of dY is right for ones; the checker draws dY at random."""

    class Shuffled(Linear):
        def backward(self, dY):
            return super().backward(dY[::-1])

    layer, X = Shuffled(4, 3, rng=0), draw(5, 4)
    ones = np.ones((5, 3))
    layer.forward(X)
    layer.backward(ones)
    W = layer.params["weight"]
    with_ones = numerical_gradient(lambda W: (X @ W.T).sum(), W)
    np.testing.assert_allclose(layer.grads["weight"], with_ones, rtol=1e-8)
    assert not check_gradients(layer, X)


def test_entries_that_are_zero_on_both_sides_agree():
    """0/0 is no error: a sample with weight 0 has no gradient."""

    class Masked(Scale):
        def forward(self, X):
            return super().forward(X) * np.array([0, 1, 1])

        def backward(self, dY):
            return super().backward(dY * np.array([0, 1, 1]))

    report = check_gradients(Masked(), draw(5, 3))
    assert report.passed


# What it leaves alone.


def test_the_layer_stays_as_it_was():
    """Its memory, gradients, float32 parameters: backward then still belongs to its own forward."""
    model = MLP([4, 7, 3], rng=0)
    X, dY = draw(5, 4, dtype=np.float32), draw(5, 3, seed=1, dtype=np.float32)
    model.forward(X)
    dX = model.backward(dY)
    before = copy.deepcopy([layer.__dict__ for layer in model.layers])
    check_gradients(model, draw(6, 4))
    for layer, state in zip(model.layers, before, strict=True):
        np.testing.assert_equal(layer.__dict__, state)
        assert all(a.dtype == np.float32 for a in layer.params.values())
    assert np.array_equal(model.backward(dY), dX)


def test_a_float32_layer_is_checked_in_float64():
    report = check_gradients(MLP([4, 7, 3], rng=0), draw(5, 4, dtype=np.float32))
    assert report.worst.error < 1e-12


def test_inputs_stay_as_they_are():
    Z, T = draw(5, 6), LABELS.copy()
    Z.flags.writeable = T.flags.writeable = False
    assert check_gradients(SoftmaxCrossEntropy(), Z, T)
    assert check_gradients(SoftmaxCrossEntropy(), Z.tolist(), T.tolist())


def test_the_same_seed_gives_the_same_report():
    a, b, c = (str(check_gradients(linear(4, 3), draw(5, 4), rng=seed)) for seed in (1, 1, 2))
    assert a == b
    assert a != c


@pytest.mark.parametrize("method", ["auto", "complex", "central", "projection"])
def test_a_gradient_of_zero_that_is_right_passes(method):
    """Differences of nothing are all rounding: they must not be taken for a slope."""

    class NoBias(Linear):
        def forward(self, X):
            return super().forward(X) - self.params["bias"]

        def backward(self, dY):
            dX = super().backward(dY)
            self.grads["bias"] = np.zeros(3)
            return dX

    for seed in range(10):
        layer = NoBias(4, 3, rng=seed)
        layer.params["bias"] = draw(3, seed=seed + 1)
        report = check_gradients(layer, draw(5, 4, seed=seed + 2), method=method)
        assert report, report


# The report, and what is refused.


def test_the_report_is_a_table():
    report = check_gradients(linear(4, 3), draw(5, 4))
    title, head, *rows = str(report).splitlines()
    assert title.startswith("Linear: every gradient agrees")
    assert head.split()[:3] == ["gradient", "shape", "error"]
    assert [row.split("  ")[0].removeprefix("∂L/∂") for row in rows] == ["X", "weight", "bias"]
    assert repr(report) == str(report)
    assert bool(report) is report.passed is True
    with pytest.raises(KeyError, match="W"):
        report["W"]


def test_the_tolerance_decides():
    layer, X = Scale("wrong weight"), draw(5, 3)
    assert not check_gradients(layer, X, tolerance=0.009)
    assert check_gradients(layer, X, tolerance=0.011)
    assert not check_gradients(linear(4, 3), draw(5, 4), tolerance=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: check_gradients(ReLU(), draw(5, 4), method="forward"),
        lambda: check_gradients(ReLU(), draw(5, 4), method=None),
        lambda: check_gradients(ReLU()),
        lambda: check_gradients(None, draw(5, 4)),
        lambda: check_gradients(np.exp, draw(5, 4)),
        lambda: check_gradients(ReLU, draw(5, 4)),
        lambda: check_gradients(ReLU(), draw(5, 4), tolerance=-1),
        lambda: check_gradients(ReLU(), draw(5, 4), tolerance="small"),
        lambda: check_gradients(ReLU(), draw(5, 4), rng="seed"),
        lambda: check_gradients(ReLU(), draw(5)),
        lambda: check_gradients(ReLU(), [[1, 2], [3]]),
        lambda: check_gradients(ReLU(), [["a", "b"]]),
        lambda: check_gradients(ReLU(), None),
        lambda: check_gradients(ReLU(), draw(5, 4) * 1j),
        lambda: check_gradients(SoftmaxCrossEntropy(), draw(5, 6), [0, 1, 2, 3, 6]),
    ],
)
def test_bad_arguments_are_refused(call):
    with pytest.raises(ValueError, match="expects"):
        call()


# The picture of where a gradient is wrong.


class Slipped(Linear):
    """The weight gradient is wrong in its second row, once a little and once by much."""

    def backward(self, dY):
        dX = super().backward(dY)
        self.grads["weight"] = self.grads["weight"].copy()
        self.grads["weight"][1, 0] *= 1.001
        self.grads["weight"][1, 2] *= 3
        return dX


def squares(shown):
    """Which entries are filled, and how dark."""
    shades = [float(shade) for shade in re.findall(r'fill-opacity="([\d.]+)"', shown)]
    return {place: shade for place, shade in enumerate(shades) if shade}


def test_a_picture_says_which_entries_are_wrong():
    report = check_gradients(Slipped(3, 2), draw(5, 3))
    shown = report._repr_html_()
    words = "2 of 6 entries are wrong: [1, 0], [1, 2]"
    assert f'role="img" aria-label="{words}"' in shown
    assert f"<p>{words}; the darker, the larger the error.</p>" in shown
    assert shown.count("<svg") == 1  # the gradient of the input and that of the bias are right
    found = squares(shown)
    assert list(found) == [3, 5]
    assert found[3] < found[5] == 1
    assert "∂L/∂weight" in shown


def test_what_is_right_or_was_not_measured_entry_by_entry_is_told_in_words():
    assert check_gradients(Linear(3, 2), draw(5, 3))._repr_html_() is None
    projected = check_gradients(Slipped(3, 2), draw(5, 3), method="projection")
    too_many = check_gradients(Slipped(300, 2), draw(5, 300))
    for report in projected, too_many:
        assert not report.passed
        assert report._repr_html_() is None


def test_an_entry_of_a_vector_is_named_by_its_one_index():
    class Mean(Linear):
        def backward(self, dY):
            dX = super().backward(dY)
            self.grads["bias"] = dY.mean(axis=0)
            return dX

    shown = check_gradients(Mean(3, 2), draw(5, 3))._repr_html_()
    assert 'aria-label="2 of 2 entries are wrong: [0], [1]"' in shown
    assert 'viewBox="0 0 28 14"' in shown


def test_a_picture_leaves_out_what_was_at_a_kink():
    class Broken(ReLU):
        def backward(self, dY):
            return 2 * super().backward(dY)

    X = np.array([[1.0, 0.0], [-1.0, 2.0]])
    report = check_gradients(Broken(), X)
    assert list(squares(report._repr_html_())) == [0, 3]


def test_check_shows_the_picture_of_what_was_measured():
    report = check_gradients(Slipped(3, 2), draw(5, 3))
    shown = exercises.check("linear.backward", report)._repr_html_()
    assert 'aria-label="2 of 6 entries are wrong: [1, 0], [1, 2]"' in shown
