"""Optimizers: steps computed by hand, and what they refuse. test_parity.py goes 100 steps."""

import math

import numpy as np
import pytest
from backprop import SGD, Adam, AdamW, cosine
from backprop.layer import Layer
from helpers import draw


def one_weight(value, dtype=np.float64):
    """A layer with a single parameter w, of shape (1,)."""
    layer = Layer()
    layer.params = {"w": np.array([value], dtype)}
    return layer


def steps(make, value, gradients):
    """The values of w after each step with these gradients."""
    layer = one_weight(value)
    optimizer, seen = make(layer.parameters()), []
    for g in gradients:
        layer.grads = {"w": np.array([g])}
        optimizer.step()
        seen.append(float(layer.params["w"][0]))
    return seen


# With w = 1, lr = 0.1 and the gradients 2, then −1: the values of w after each step.
BY_HAND = {
    "SGD": (lambda p: SGD(p, 0.1), [1 - 0.1 * 2, 0.8 + 0.1]),
    "SGD, weight decay": (
        lambda p: SGD(p, 0.1, weight_decay=0.5),
        [1 - 0.1 * (2 + 0.5 * 1), 0.75 - 0.1 * (-1 + 0.5 * 0.75)],
    ),
    "momentum": (lambda p: SGD(p, 0.1, momentum=0.5), [1 - 0.2, 0.8 - 0.1 * (0.5 * 2 - 1)]),
    "Nesterov": (
        lambda p: SGD(p, 0.1, momentum=0.5, nesterov=True),
        [1 - 0.1 * (2 + 0.5 * 2), 0.7 - 0.1 * (-1 + 0.5 * (0.5 * 2 - 1))],
    ),
    # The first step of Adam has size lr, whatever the gradient is.
    "Adam": (
        lambda p: Adam(p, 0.1, betas=(0.5, 0.75), eps=0),
        [0.9, 0.9 - 0.1 * ((0.5 * 1 - 0.5) / 0.75) / math.sqrt((0.75 + 0.25) / (1 - 0.75**2))],
    ),
    "Adam, eps": (lambda p: Adam(p, 0.1, betas=(0.5, 0.75), eps=2), [1 - 0.1 * 2 / (2 + 2)]),
    "Adam, weight decay": (
        lambda p: Adam(p, 0.1, betas=(0.5, 0.75), eps=2, weight_decay=4),
        [1 - 0.1 * 6 / (6 + 2)],
    ),
    "AdamW": (
        lambda p: AdamW(p, 0.1, betas=(0.5, 0.75), eps=2, weight_decay=4),
        [1 - 0.1 * 4 * 1 - 0.1 * 2 / (2 + 2)],
    ),
}


@pytest.mark.parametrize(("make", "wanted"), BY_HAND.values(), ids=BY_HAND)
def test_steps_computed_by_hand(make, wanted):
    assert steps(make, 1.0, [2.0, -1.0][: len(wanted)]) == pytest.approx(wanted, rel=1e-12)


MAKERS = {
    "SGD": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.02, momentum=0.9),
    "Nesterov": lambda p: SGD(p, 0.02, momentum=0.9, nesterov=True),
    "Adam": lambda p: Adam(p, 0.1),
    "AdamW": lambda p: AdamW(p, 0.1, weight_decay=0.0),
}
each = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@each
def test_a_bowl_is_gone_down_to_the_bottom(make):
    layer, target = one_weight(3.0), -2.0
    optimizer = make(layer.parameters())
    for _ in range(600):
        layer.grads = {"w": 2 * (layer.params["w"] - target)}
        optimizer.step()
    assert layer.params["w"][0] == pytest.approx(target, abs=1e-3)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_are_changed_in_place_and_keep_their_type(make, dtype):
    layer = one_weight(1.0, dtype)
    w, layer.grads = layer.params["w"], {"w": np.array([2.0], dtype)}
    optimizer = make(layer.parameters())
    optimizer.step()
    assert layer.params["w"] is w
    assert w[0] < 1
    assert {a.dtype for a in (w, *optimizer.state[0].values())} == {np.dtype(dtype)}


@each
def test_gradients_stay_as_they_are(make):
    layer = one_weight(1.0)
    layer.grads = {"w": np.array([2.0])}
    layer.grads["w"].flags.writeable = False
    optimizer = make(layer.parameters())
    optimizer.step()
    optimizer.step()
    assert layer.grads["w"].tolist() == [2]


@each
def test_the_learning_rate_may_change_between_steps(make):
    layer = one_weight(1.0)
    optimizer = make(layer.parameters())
    layer.grads = {"w": np.array([2.0])}
    optimizer.lr = 0.0
    optimizer.step()
    assert layer.params["w"][0] == 1
    optimizer.lr = 0.1
    optimizer.step()
    assert layer.params["w"][0] < 1


@each
def test_a_missing_gradient_is_refused_and_nothing_moves(make):
    a, b = one_weight(1.0), one_weight(2.0)
    a.grads = {"w": np.array([1.0])}
    optimizer = make([*a.parameters(), *b.parameters()])
    with pytest.raises(ValueError, match="Layer has no gradient of its w yet: call backward first"):
        optimizer.step()
    assert (a.params["w"][0], optimizer.steps) == (1, 0)


@each
def test_a_gradient_of_another_shape_is_refused(make):
    """(1, N) for (N,): broadcasting would turn a bias into a matrix."""
    layer = one_weight(1.0)
    layer.grads = {"w": np.array([[2.0]])}
    with pytest.raises(ValueError, match=r"w has shape \(1,\), its gradient \(1, 1\)"):
        make(layer.parameters()).step()


PARAMETERS = one_weight(1.0).parameters()


@pytest.mark.parametrize(
    "call",
    [
        lambda: SGD([], 0.1),
        lambda: SGD(None, 0.1),
        lambda: SGD(one_weight(1.0), 0.1),
        lambda: SGD([draw(3)], 0.1),
        lambda: SGD(PARAMETERS, -0.1),
        lambda: SGD(PARAMETERS, None),
        lambda: SGD(PARAMETERS, 0.1, momentum=1.5),
        lambda: SGD(PARAMETERS, 0.1, nesterov=True),
        lambda: SGD(PARAMETERS, 0.1, weight_decay=-1),
        lambda: Adam(PARAMETERS, "0.1"),
        lambda: Adam(PARAMETERS, betas=(0.9, 1)),
        lambda: Adam(PARAMETERS, betas=(0.9, 0.99, 0.999)),
        lambda: Adam(PARAMETERS, betas=0.9),
        lambda: Adam(PARAMETERS, betas=None),
        lambda: Adam(PARAMETERS, eps=-1e-8),
        lambda: AdamW(PARAMETERS, weight_decay=float("nan")),
        lambda: cosine("half"),
        lambda: cosine(None),
        lambda: cosine([0.0, np.nan]),
    ],
)
def test_bad_arguments_are_refused(call):
    with pytest.raises(ValueError, match="(SGD|Adam|AdamW|cosine) expects"):
        call()


def test_the_cosine_schedule():
    factors = cosine([0, 1 / 3, 0.5, 2 / 3, 1])
    np.testing.assert_allclose(factors, [1, 0.75, 0.5, 0.25, 0], atol=1e-15)
    assert float(cosine(0.5)) == pytest.approx(0.5)


# How long a step of Adam can be (chapter "Optimizers").


def longest_step(gradients, betas):
    layer, longest = Layer(), 0
    layer.params["w"] = np.zeros(1)
    optimizer = Adam(layer.parameters(), 1.0, betas, eps=1e-300)
    for g in gradients:
        before = layer.params["w"].copy()
        layer.grads["w"] = np.array([g])
        optimizer.step()
        longest = max(longest, np.abs(layer.params["w"] - before)[0])
    return longest


def bounds(b1, b2):
    """That of one gradient after zeros, and that of every sequence."""
    sparse = (1 - b1) / np.sqrt(1 - b2)
    return sparse, sparse / np.sqrt(1 - b1**2 / b2)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.99), (0.8, 0.9)])
def test_no_gradients_make_a_longer_step_of_adam(betas):
    (b1, b2), rng = betas, np.random.default_rng(4)
    sparse, every = bounds(b1, b2)
    zeros, growing = np.zeros(int(10 / (1 - b2))), (b2 / b1) ** np.arange(150)
    assert longest_step([*zeros, 1.0], betas) == pytest.approx(sparse, rel=1e-4)
    reached = longest_step([*zeros, *growing], betas)
    assert reached == pytest.approx(every, rel=1e-2)
    assert reached > 1.1 * sparse  # so it is no bound
    for _ in range(10):
        power = rng.uniform(0, 3)
        noise = rng.standard_normal(60) * np.exp(power * rng.standard_normal(60))
        assert longest_step([*zeros, *noise], betas) <= every * (1 + 1e-9)
