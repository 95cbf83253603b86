"""Sequential and MLP: the chain of layers, and how an MLP is built."""

import math

import numpy as np
import pytest
from backprop import (
    MLP,
    Dropout,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    check_gradients,
)
from helpers import draw, linear, seeds, sizes
from hypothesis import given


class Double:
    """A layer of somebody else's: no Layer, no parameters."""

    def forward(self, X):
        return 2 * X

    def backward(self, dY):
        return 2 * dY


def test_a_sequence_is_its_layers_one_after_the_other():
    first, h, second = linear(4, 7), Tanh(), linear(7, 3)
    X, dY = draw(5, 4), draw(5, 3, seed=1)
    Y = second.forward(h.forward(first.forward(X)))
    dX = first.backward(h.backward(second.backward(dY)))
    grads = [p.grad for layer in (first, second) for p in layer.parameters()]
    for model in (Sequential(first, h, second), Sequential([first, h, second])):
        assert np.array_equal(model.forward(X), Y)
        assert np.array_equal(model.backward(dY), dX)
        for p, grad in zip(model.parameters(), grads, strict=True):
            assert np.array_equal(p.grad, grad)


def test_parameters_are_labelled_by_place():
    model = Sequential(ReLU(), Sequential(linear(4, 3), Tanh()), linear(3, 2))
    labels = [p.label for p in model.parameters()]
    assert labels == [
        "layers[1].layers[0].weight",
        "layers[1].layers[0].bias",
        "layers[2].weight",
        "layers[2].bias",
    ]


def test_training_reaches_the_innermost_layer():
    inner = Dropout(0.5)
    model = Sequential(linear(4, 3), Sequential(Tanh(), inner))
    assert inner.training is model.training is False
    model.training = True
    assert inner.training is model.training is True


def test_a_layer_without_parameters_of_its_own_may_take_part():
    model = Sequential(linear(4, 3), Double())
    assert len(model.parameters()) == 2
    assert check_gradients(model, draw(5, 4))


def test_a_layer_cannot_stand_at_two_places():
    """It remembers one forward pass: the first place would get the gradient of the second."""
    relu = ReLU()
    with pytest.raises(ValueError, match=r"another layer at every place.*ReLU\(\) twice.* at 3"):
        Sequential(linear(4, 3), relu, linear(3, 3), relu)


@pytest.mark.parametrize("layers", [(), ([],), (ReLU(), "ReLU"), (ReLU,), (None,), (4, 3)])
def test_what_is_no_layer_is_refused(layers):
    """A class too: `Sequential(linear, ReLU)` lacks a pair of brackets."""
    with pytest.raises(ValueError, match="Sequential expects"):
        Sequential(*layers)


def test_an_mlp_has_the_layers_of_its_sizes():
    model = MLP([7, 5, 4, 3], rng=0)
    kinds = [type(layer) for layer in model.layers]
    assert kinds == [Linear, ReLU, Linear, ReLU, Linear]
    shapes = [p.value.shape for p in model.parameters()]
    assert shapes == [(5, 7), (5,), (4, 5), (4,), (3, 4), (3,)]
    assert {p.value.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert [type(layer) for layer in MLP([7, 3], rng=0).layers] == [Linear]


def test_dropout_follows_each_activation():
    model = MLP([7, 5, 4, 3], rng=0, dropout=0.3)
    kinds = [type(layer) for layer in model.layers]
    assert kinds == [Linear, ReLU, Dropout, Linear, ReLU, Dropout, Linear]
    assert model.layers[2].p == 0.3


def test_a_seed_repeats_the_weights_and_no_two_layers_are_alike():
    a, b, c = (MLP([6, 6, 6, 3], rng=seed).parameters() for seed in (0, 0, 1))
    assert all(np.array_equal(p.value, q.value) for p, q in zip(a, b, strict=True))
    assert not np.array_equal(a[0].value, c[0].value)
    assert not np.array_equal(a[0].value, a[2].value)


def test_the_weights_have_the_spread_that_the_docstring_says():
    """Gain 1 for the raw inputs, √2 behind ReLU, 0.1 for the logits, each over √fan_in."""
    first, second, last = MLP([400, 300, 200, 100], rng=0, dtype=np.float64).parameters()[::2]
    for p, gain in ((first, 1), (second, math.sqrt(2)), (last, 0.1)):
        assert p.value.std() * math.sqrt(p.value.shape[1]) == pytest.approx(gain, rel=0.02)


def test_a_new_network_guesses():
    """The loss is near ln C before any training: the check that comes first in practice."""
    model, T = MLP([784, 256, 128, 10], rng=0), np.arange(60) % 10
    loss = SoftmaxCrossEntropy().forward(model.forward(draw(60, 784)), T)
    assert loss == pytest.approx(math.log(10), rel=0.01)


def test_the_activation_may_be_any_function_that_makes_a_layer():
    model = MLP([7, 5, 3], activation=lambda: LeakyReLU(0.3), rng=0)
    assert repr(model.layers[1]) == "LeakyReLU(slope=0.3)"


@given(sizes(4, largest=6), seeds)
def test_gradients_of_an_mlp_agree(shape, seed):
    S, *widths = shape
    model = MLP(widths, activation=Tanh, rng=seed, dtype=np.float64)
    for p in model.parameters():
        p.value[...] = draw(*p.value.shape, seed=seed)
    assert check_gradients(model, draw(S, widths[0], seed=seed))


@pytest.mark.parametrize(
    "arguments",
    [
        {"sizes": [5]},
        {"sizes": 5},
        {"sizes": None},
        {"sizes": "73"},
        {"sizes": [5, 0, 3]},
        {"sizes": [5, 2.5, 3]},
        {"sizes": [[5, 3], [2, 1]]},
        {"activation": "relu"},
        {"activation": ReLU()},
        {"activation": type(None)},
        {"rng": "seed"},
        {"dtype": int},
        {"dtype": None},
        {"dropout": -0.1},
        {"dropout": "0.5"},
        {"dropout": 1.0},
        {"dropout": float("nan")},
    ],
    ids=str,
)
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match="expects"):
        MLP(**{"sizes": [7, 5, 3]} | arguments)


def test_inside_a_network_the_layer_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"Linear expects X of shape \(S, 7\), got \(5, 6\)"):
        MLP([7, 5, 3], rng=0).forward(draw(5, 6))
