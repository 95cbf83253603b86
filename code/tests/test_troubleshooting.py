"""What `train` says: nothing of a run that learns, and of each planted failure its own sentence."""

import contextlib
import warnings

import numpy as np
import pytest
from backprop import (
    MLP,
    MSE,
    SGD,
    Adam,
    AdamW,
    BCEWithLogits,
    CrossEntropy,
    Dropout,
    Linear,
    ReLU,
    Sequential,
    Softmax,
    SoftmaxCrossEntropy,
    Tanh,
    TrainingWarning,
    load_digits,
    train,
)
from backprop import troubleshooting as watching
from backprop.activations import Activation
from backprop.datasets import Dataset
from backprop.initializers import xavier_normal, xavier_uniform
from backprop.layer import Layer
from helpers import draw

DIGITS = load_digits()
# What each sentence has, and no other.
SAYS = {
    "equal inputs": "all have the same inputs",
    "inputs": "the inputs reach",
    "softmax": "are probabilities already",
    "first loss": "the first loss is",
    "equal": "are the same",
    "inactive": "are inactive",
    "still weights": "no parameter of the model has changed",
    "large step": "the loss has risen",
    "rising loss": "the loss rises",
    "small step": "the steps are too small",
    "still loss": "the loss has not moved",
}


def blobs(samples=400, inputs=12, classes=4, seed=0):
    """Clouds around points that lie apart, one for each class."""
    y = np.arange(samples) % classes
    X = draw(samples, inputs, seed=seed) + 2 * draw(classes, inputs, seed=seed + 1)[y]
    return Dataset(X / 2, y, None, None)


def line(samples=400, columns=1, seed=0):
    """Real targets, tanh of a line and some noise."""
    X = draw(samples, 8, seed=seed)
    y = np.tanh(X @ draw(8, columns, seed=seed + 1) / 3) + 0.1 * draw(samples, columns, seed=7)
    return Dataset(X, y, None, None)


def raw(data, reach=255):
    return data._replace(X_train=data.X_train * (reach / np.abs(data.X_train).max()))


def said(model, data, optimizer, epochs=4, batch_size=32, **settings):
    """(the kinds of sentences that came, the history)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = None
        with contextlib.suppress(FloatingPointError):  # which says what it has to say itself
            history = train(
                model, data, optimizer, epochs, batch_size=batch_size, progress=False, **settings
            )
    texts = [str(one.message) for one in caught]
    assert {one.category for one in caught} <= {TrainingWarning}
    kinds = [[kind for kind, words in SAYS.items() if words in text] for text in texts]
    assert all(len(kind) == 1 for kind in kinds), texts
    return [kind for (kind,) in kinds], history


SETS = {
    "digits": (DIGITS, [64, 32, 10]),
    "blobs": (blobs(), [12, 16, 4]),
    "two classes": (blobs(300, 5, 2, seed=3), [5, 8, 2]),
    "twenty classes": (blobs(800, 30, 20, seed=5), [30, 40, 20]),
}
OPTIMIZERS = {
    "SGD": lambda model: SGD(model.parameters(), 0.2),
    "momentum": lambda model: SGD(model.parameters(), 0.05, momentum=0.9),
    "Nesterov": lambda model: SGD(model.parameters(), 0.05, momentum=0.9, nesterov=True),
    "Adam": lambda model: Adam(model.parameters(), 3e-3),
    "AdamW": lambda model: AdamW(model.parameters(), 3e-3, weight_decay=0.1),
}
each_set = pytest.mark.parametrize("where", SETS)
each_seed = pytest.mark.parametrize("seed", [0, 1])


# Runs that learn.


@pytest.mark.slow
@each_set
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", Activation.__subclasses__(), ids=lambda kind: kind.__name__)
def test_nothing_is_said_of_a_run_that_learns(activation, optimizer, where):
    data, sizes = SETS[where]
    model = MLP(sizes, activation, rng=1, dropout=0.1)
    kinds, history = said(model, data, OPTIMIZERS[optimizer](model), epochs=3)
    learned = history.loss[-1] < 0.9 * np.log(sizes[-1])
    assert kinds == [] or not learned
    assert learned or activation.__name__ == "Sigmoid"  # which needs longer


@pytest.mark.parametrize("initial", [xavier_normal, xavier_uniform, None])
@pytest.mark.parametrize("depth", [0, 1, 3])
@each_seed
def test_nor_with_other_initial_weights(initial, depth, seed):
    """Among them a last layer of zeros, which is no fault: its classes differ by their labels."""
    sizes = [64, *[24] * depth, 10]
    model = MLP(sizes, Tanh, rng=seed)
    for p in model.parameters()[0:-2:2]:
        if initial:
            p.value[...] = initial(p.value.shape, rng=seed)
    model.parameters()[-2].value[...] = 0
    assert said(model, DIGITS, Adam(model.parameters(), 3e-3))[0] == []


def test_nor_of_labels_smoothed_or_a_loss_by_the_probabilities_or_one_of_the_readers():
    class Own(SoftmaxCrossEntropy):
        pass

    for loss, last in [(SoftmaxCrossEntropy(0.1), []), (CrossEntropy(), [Softmax()]), (Own(), [])]:
        model = Sequential(*MLP([64, 32, 10], rng=0).layers, *last)
        assert said(model, DIGITS, Adam(model.parameters(), 3e-3), loss=loss)[0] == []


def test_nor_when_a_trained_model_goes_on():
    """Its loss is low and moves no more; nor where some fifty samples are learned by rote."""
    model = MLP([64, 32, 10], rng=0)
    for lr in (1e-2, 1e-3, 1e-6):
        assert said(model, DIGITS, Adam(model.parameters(), lr), epochs=8)[0] == []
    few = DIGITS._replace(X_train=DIGITS.X_train[:50], y_train=DIGITS.y_train[:50])
    model = MLP([64, 32, 10], rng=0)
    optimizer = Adam(model.parameters())
    assert said(model, few, optimizer, epochs=60, batch_size=25, validation=0)[0] == []


def test_nor_of_classes_that_are_not_equally_frequent():
    rare = np.flatnonzero((DIGITS.y_train > 1) <= (np.arange(len(DIGITS.y_train)) % 8 == 0))
    data = DIGITS._replace(X_train=DIGITS.X_train[rare], y_train=DIGITS.y_train[rare])
    model = MLP([64, 32, 10], rng=0)
    assert said(model, data, Adam(model.parameters(), 3e-3), validation=0)[0] == []


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("shift", [0, 5])
@pytest.mark.parametrize("optimizer", ["momentum", "Adam"])
@pytest.mark.parametrize("activation", [ReLU, Tanh])
def test_nor_of_a_regression(activation, optimizer, shift, columns):
    data = line(columns=columns)
    data = data._replace(y_train=data.y_train + shift)
    model = MLP([8, 16, columns], activation, rng=0)
    make = {"momentum": SGD(model.parameters(), 0.01, 0.9), "Adam": Adam(model.parameters(), 0.01)}
    assert said(model, data, make[optimizer], epochs=6, loss=MSE())[0] == []


def faint_classes(part, seed, samples=3000):
    """Two classes, of which the first input tells a little."""
    X = draw(samples, 10, seed=seed)
    return Dataset(X, (part * X[:, 0] + draw(samples, seed=seed + 50) > 0) * 1, None, None)


def faint_line(part, seed, shift=0.0, samples=3000):
    """Real targets of variance 1, of which a line through the inputs explains this part."""
    X = draw(samples, 10, seed=seed)
    noise = draw(samples, 1, seed=seed + 50)
    return Dataset(X, np.sqrt(part) * X[:, :1] + np.sqrt(1 - part) * noise + shift, None, None)


def plain(inputs, outputs, seed):
    return Sequential(Linear(inputs, outputs, seed))


def small(inputs, outputs, seed):
    return MLP([inputs, 8, outputs], Tanh, seed)


@pytest.mark.slow
@pytest.mark.parametrize("make", [plain, small])
@pytest.mark.parametrize("lr", [0.5, 0.1])
@pytest.mark.parametrize("part", [0.2, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nor_where_there_is_little_to_learn_and_it_is_learned(part, lr, make, seed):
    """The loss falls within a few steps and then stays near a guess; so does a second call."""
    model, data = make(10, 2, seed), faint_classes(part, seed)
    for epochs in (20, 10):
        optimizer = SGD(model.parameters(), lr)
        assert said(model, data, optimizer, epochs, 128)[0] == []


@pytest.mark.slow
@pytest.mark.parametrize("make", [plain, small])
@pytest.mark.parametrize("part", [0.03, 0.04, 0.1])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nor_of_a_line_that_explains_little(part, make, seed):
    model, data = make(10, 1, seed), faint_line(part, seed)
    for lr in (0.05, 0.05, 1e-7):
        optimizer = SGD(model.parameters(), lr)
        assert said(model, data, optimizer, 10, 128, loss=MSE())[0] == []


@pytest.mark.parametrize("make", [plain, small])
@pytest.mark.parametrize("target", [0.5, 3.0])
@each_seed
def test_nor_of_a_target_that_is_constant(target, make, seed):
    """No loss is below that of a guess, which is 0; that it has fallen can be seen all the same."""
    data = faint_line(0, seed, samples=400)
    data = data._replace(y_train=np.full_like(data.y_train, target))
    model = make(10, 1, seed)
    optimizer = SGD(model.parameters(), 0.02)
    assert said(model, data, optimizer, 20, 32, loss=MSE())[0] == []


class Dense(Layer):
    """One's own: W (M, N) or (N, M), under one name or another, and a bias (N,) or (1, N)."""

    def __init__(self, inputs, units, turned, name, flat, seed):
        super().__init__()
        W = draw(inputs, units, seed=seed).astype(np.float32) / np.sqrt(inputs)
        self.turned, self.name = turned, name
        bias = np.zeros(units if flat else (1, units), np.float32)
        self.params = {name: W.copy() if turned else W.T.copy(), "b": bias}

    def forward(self, X):
        self.X = X
        W = self.params[self.name]
        return X @ (W if self.turned else W.T) + self.params["b"]

    def backward(self, dY):
        W, dW = self.params[self.name], self.X.T @ dY
        self.grads = {self.name: dW if self.turned else dW.T}
        self.grads["b"] = dY.sum(axis=0).reshape(self.params["b"].shape)
        return dY @ (W.T if self.turned else W)


def dense(inputs, units, classes, activation, *how):
    """An MLP of them."""
    last = Dense(units, classes, *how, seed=2)
    return Sequential(Dense(inputs, units, *how, seed=1), activation(), last)


class Scale(Layer):
    """(X − shift)/size, without parameters."""

    def __init__(self, shift, size):
        super().__init__()
        self.shift, self.size = shift, size

    def forward(self, X):
        return ((X - self.shift) / self.size).astype(np.float32)

    def backward(self, dY):
        return dY / self.size


class Normalise(Layer):
    """A batch norm that has to see its own batch last: its backward needs what it remembers."""

    def __init__(self, inputs):
        super().__init__()
        self.params = {"gamma": np.ones(inputs, np.float32), "beta": np.zeros(inputs, np.float32)}
        self.mean, self.var = 0.0, 1.0

    def forward(self, X):
        if self.training:
            self.mean, self.var = X.mean(axis=0), X.var(axis=0)
        self.scaled = (X - self.mean) / np.sqrt(self.var + 1e-5)
        return self.params["gamma"] * self.scaled + self.params["beta"]

    def backward(self, dY):
        self.grads = {"gamma": (dY * self.scaled).sum(axis=0), "beta": dY.sum(axis=0)}
        return dY


class Lookup(Layer):
    """One row of a table for each word: the inputs are numbers of words."""

    def __init__(self, words, size):
        super().__init__()
        self.params = {"table": draw(words, size, seed=4).astype(np.float32)}

    def forward(self, X):
        self.words = X.astype(int)
        return self.params["table"][self.words].reshape(len(X), -1)

    def backward(self, dY):
        self.grads = {"table": np.zeros_like(self.params["table"])}
        rows = dY.reshape(*self.words.shape, -1)
        np.add.at(self.grads["table"], self.words, rows)


def words(samples=400):
    """Three words in a row, whose first decides the class."""
    X = np.random.default_rng(0).integers(200, size=(samples, 3))
    return Dataset(X.astype(np.float32), X[:, 0] % 4, None, None)


@pytest.mark.parametrize(
    ("first", "data", "inputs"),
    [
        (lambda: [Scale(0, 64)], raw(blobs()), 12),
        (lambda: [Scale(0, 128), Dropout(0.1, 0)], raw(blobs()), 12),
        (lambda: [Sequential(Scale(10, 32))], raw(blobs(), 100), 12),
        (lambda: [Normalise(12)], raw(blobs()), 12),
        (lambda: [Lookup(200, 5)], words(), 15),
    ],
    ids=["scale", "scale and dropout", "scale inside", "batch norm", "words"],
)
def test_nor_of_a_model_that_scales_its_inputs_itself(first, data, inputs):
    """And the copy that is asked leaves the run as it is."""
    models = [Sequential(*first(), *MLP([inputs, 16, 4], rng=0).layers) for _ in range(2)]
    ends = [
        said(model, data, Adam(model.parameters(), 3e-3), watch=on)
        for model, on in zip(models, [True, False], strict=True)
    ]
    assert ends[0][0] == []
    assert ends[0] == ends[1]


@pytest.mark.slow
@pytest.mark.parametrize("lr", [0.003, 0.01])
@pytest.mark.parametrize("same", [True, False], ids=["the optimizer goes on", "a new one"])
@each_seed
def test_nor_of_a_trained_model_that_gets_other_data(same, lr, seed):
    """It is sure, and wrong at first: it has learned from other labels."""
    model, data = MLP([12, 16, 4], rng=seed), blobs(seed=seed)
    optimizer = Adam(model.parameters(), lr)
    assert said(model, data, optimizer, epochs=60)[0] == []
    other = data._replace(y_train=(data.y_train + 1) % 4)
    start = SoftmaxCrossEntropy().forward(model.forward(other.X_train), other.y_train)
    assert start > np.log(4) + watching.FAR_FROM_CHANCE
    optimizer = optimizer if same else Adam(model.parameters(), lr)
    assert said(model, other, optimizer, epochs=20)[0] == []


@pytest.mark.slow
@pytest.mark.parametrize("start", [0.2, 0.5])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@each_set
def test_nor_of_a_schedule_that_begins_with_nothing(optimizer, start, where):
    data, sizes = SETS[where]
    model = MLP(sizes, rng=0)

    def late(progress):
        return max(0.0, (progress - start) / (1 - start))

    kinds, _ = said(model, data, OPTIMIZERS[optimizer](model), epochs=10, schedule=late)
    assert kinds == []


@pytest.mark.parametrize("power", [1, 3, 6])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_nor_of_a_schedule_that_begins_with_little(optimizer, power):
    model = MLP([64, 32, 10], rng=0)
    optimizer = OPTIMIZERS[optimizer](model)
    kinds, _ = said(
        model, DIGITS, optimizer, 20, 128, schedule=lambda p: min(1.0, (p / 0.3) ** power)
    )
    assert kinds == []


@pytest.mark.parametrize("activation", [ReLU, Tanh])
@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("flat", [True, False], ids=["bias (N,)", "bias (1, N)"])
def test_nor_of_a_last_layer_of_zeros_of_ones_own(activation, turned, flat):
    model = dense(64, 32, 10, activation, turned, "W", flat)
    model.layers[-1].params["W"][...] = 0
    assert said(model, DIGITS, Adam(model.parameters(), 3e-3))[0] == []


# Planted failures.


@pytest.mark.parametrize("activation", [ReLU, Tanh])
@pytest.mark.parametrize("turned", [True, False], ids=["(in, out)", "(out, in)"])
@pytest.mark.parametrize("name", ["W", "weight"])
@pytest.mark.parametrize("number", [0, 0.1])
@pytest.mark.parametrize("flat", [True, False], ids=["bias (N,)", "bias (1, N)"])
def test_equal_weights_of_ones_own_layer(activation, turned, name, number, flat):
    """Its units lie along one axis or the other; the bias has their number."""
    model = dense(64, 32, 10, activation, turned, name, flat)
    for layer in (model.layers[0], model.layers[2]):
        layer.params[name][...] = number
    with pytest.warns(TrainingWarning, match=r"all 32 units of layers\[0\] are the same"):
        train(model, DIGITS, SGD(model.parameters(), 0.1), 2, 32, progress=False)


@pytest.mark.parametrize("activation", [ReLU, Tanh])
@pytest.mark.parametrize("bias", [-1000, 0])
def test_only_a_relu_that_is_off_is_said_to_block_the_gradient(activation, bias):
    """Tanh is 0 in its middle, where its derivative is 1; and so is that of ReLU at 1e-9."""
    model = MLP([64, 32, 10], activation, rng=0)
    model.layers[0].params["weight"] *= 1e-9
    model.layers[0].params["bias"] += bias if activation is ReLU else 0
    optimizer = SGD(model.parameters()[-1:], 0.1)
    with pytest.warns(TrainingWarning, match="32 of 32 units") as caught:
        train(model, DIGITS, optimizer, 2, progress=False)
    shut = activation is ReLU and bias < 0
    assert ("get no gradient" in str(caught[0].message)) == shut


def upside_down(kind):
    """A loss whose gradient has the wrong sign."""

    class Negative(kind):
        def backward(self):
            return -super().backward()

    return Negative()


@pytest.mark.slow
@each_set
@pytest.mark.parametrize("lr", [0.01, 0.003])
@pytest.mark.parametrize("activation", [ReLU, Tanh])
def test_a_loss_that_rises_by_small_steps(activation, lr, where):
    data, sizes = SETS[where]
    model = MLP(sizes, activation, rng=0)
    optimizer, loss = SGD(model.parameters(), lr), upside_down(SoftmaxCrossEntropy)
    kinds, history = said(model, data, optimizer, epochs=30, loss=loss)
    assert kinds == ["rising loss"]
    assert history.loss[-1] > history.loss[0]


def test_what_is_said_of_a_rising_loss_is_true_and_names_the_cure():
    model, data = MLP([8, 16, 1], Tanh, rng=0), line()
    optimizer, loss = SGD(model.parameters(), 1e-3), upside_down(MSE)
    with pytest.warns(TrainingWarning, match="wrong sign, so check_gradients") as caught:
        train(model, data, optimizer, 20, 32, loss=loss, progress=False)
    first, late = str(caught[0].message).split("rises, from ")[1].split(", ")[0].split(" to ")
    assert float(first) < float(late)


def with_weights(sizes, activation, number):
    model = MLP(sizes, activation, rng=0)
    for p in model.parameters()[::2]:
        p.value[...] = number
    return model


def strangers(sizes):
    """The parameters of another model, with gradients."""
    other = MLP(sizes, rng=5)
    other.forward(draw(4, sizes[0]).astype(np.float32))
    other.backward(draw(4, sizes[-1]).astype(np.float32))
    return other


def deaf(sizes):
    """No sample reaches a unit of its hidden layer."""
    model = MLP(sizes, ReLU, rng=0)
    model.layers[0].params["bias"] -= 1000
    return model


@pytest.mark.slow
@each_set
@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("activation", [ReLU, Tanh])
class TestPlanted:
    """Each failure is planted with several sizes, numbers of classes, activations, optimizers."""

    @pytest.mark.parametrize("reach", [255, 1000])
    def test_inputs_that_are_not_scaled(self, activation, optimizer, where, reach):
        data, sizes = SETS[where]
        model = MLP(sizes, activation, rng=0)
        data = raw(data, reach)
        assert said(model, data, OPTIMIZERS[optimizer](model))[0] == ["inputs"]

    def test_softmax_before_the_loss_that_has_it(self, activation, optimizer, where):
        data, sizes = SETS[where]
        model = Sequential(MLP(sizes, activation, rng=0), Softmax())
        assert said(model, data, OPTIMIZERS[optimizer](model))[0] == ["softmax"]

    @pytest.mark.parametrize("number", [0, 0.1])
    def test_weights_that_are_all_one_number(self, activation, optimizer, where, number):
        data, sizes = SETS[where]
        model = with_weights(sizes, activation, number)
        assert said(model, data, OPTIMIZERS[optimizer](model))[0] == ["equal"]

    def test_a_last_layer_that_is_too_sure(self, activation, optimizer, where):
        data, sizes = SETS[where]
        model = MLP(sizes, activation, rng=0)
        model.layers[-1].params["weight"] *= 300
        assert said(model, data, OPTIMIZERS[optimizer](model))[0] == ["first loss"]

    def test_an_optimizer_of_another_model(self, activation, optimizer, where):
        data, sizes = SETS[where]
        model = MLP(sizes, activation, rng=0)
        other = OPTIMIZERS[optimizer](strangers(sizes))
        assert said(model, data, other)[0] == ["still weights"]


@each_set
@pytest.mark.parametrize("first", [[], [Tanh], [lambda: Dropout(0.1)], [lambda: Scale(0, 2)]])
def test_inputs_that_are_not_scaled_enough(first, where):
    """What scales too little is no excuse; Tanh in front is: all it gives lies in -1 … 1."""
    data, sizes = SETS[where]
    model = Sequential(*(make() for make in first), *MLP(sizes, rng=0).layers)
    kinds, _ = said(model, raw(data), SGD(model.parameters(), 0.01))
    assert ("inputs" in kinds) == (first != [Tanh])


@pytest.mark.parametrize("sizes", [[12, 4], [12, 16, 4], [12, 16, 16, 4]])
def test_inputs_that_are_not_scaled_for_any_depth(sizes):
    model = MLP(sizes, rng=0)
    assert said(model, raw(blobs()), SGD(model.parameters(), 0.01))[0] == ["inputs"]


@each_set
@pytest.mark.parametrize("number", [0, 0.5, 255])
@pytest.mark.parametrize("lr", [0.1, 1e-7])
def test_inputs_that_nobody_has_filled(lr, number, where):
    data, sizes = SETS[where]
    data = data._replace(X_train=np.full_like(data.X_train, number))
    model = MLP(sizes, rng=0)
    assert said(model, data, SGD(model.parameters(), lr))[0] == ["equal inputs"]


@each_set
@pytest.mark.parametrize("depth", [1, 2])
def test_units_that_no_sample_reaches(where, depth):
    data, sizes = SETS[where]
    model = deaf([sizes[0], *[20] * depth, sizes[-1]])
    assert said(model, data, Adam(model.parameters()))[0] == ["inactive"]


@pytest.mark.parametrize("sizes", [[64, 32, 10], [64, 50, 10], [64, 40, 20, 10]])
@pytest.mark.parametrize("lr", [3.0, 10.0])
@each_seed
def test_units_that_a_step_has_switched_off(sizes, lr, seed):
    model = MLP(sizes, ReLU, rng=seed)
    assert said(model, DIGITS, SGD(model.parameters(), lr), epochs=6)[0] == ["inactive"]


@pytest.mark.parametrize(("lr", "activation"), [(5.0, Tanh), (30.0, Tanh), (1e3, Tanh)])
@each_seed
def test_a_step_that_is_too_large_for_units_that_do_not_die(lr, activation, seed):
    model = MLP([64, 40, 30, 10], activation, rng=seed)
    assert said(model, DIGITS, SGD(model.parameters(), lr), epochs=3)[0] == ["large step"]


@each_set
@pytest.mark.parametrize("activation", [ReLU, Tanh])
@pytest.mark.parametrize(
    "make", [lambda m: SGD(m.parameters(), 1e-6), lambda m: Adam(m.parameters(), 1e-7)]
)
def test_a_step_that_is_too_small(make, activation, where):
    data, sizes = SETS[where]
    model = MLP(sizes, activation, rng=0)
    assert said(model, data, make(model))[0] == ["small step"]


def test_a_loss_that_does_not_move():
    """Noise, of which there is nothing to learn: at the end of a short run, or after 200 steps."""
    noise = Dataset(draw(2000, 20), np.random.default_rng(0).integers(5, size=2000), None, None)
    model = MLP([20, 5], rng=0)
    assert said(model, noise, SGD(model.parameters(), 0.01), epochs=2)[0] == ["still loss"]


def test_real_targets_that_are_not_scaled():
    data = line()
    data = data._replace(y_train=1e4 * data.y_train + 1e4)
    model = MLP([8, 16, 1], rng=0)
    with pytest.warns(TrainingWarning, match="scale the targets, whose root mean square is"):
        train(model, data, Adam(model.parameters()), 4, 32, loss=MSE(), progress=False)


@pytest.mark.parametrize(
    ("kind", "plant"),
    [
        ("inputs", lambda m, d: (m, raw(d, 400))),
        ("equal", lambda m, d: (with_weights([8, 16, 1], Tanh, 0.2), d)),
        ("inactive", lambda m, d: (deaf([8, 16, 1]), d)),
    ],
)
def test_planted_in_a_regression(kind, plant):
    model, data = plant(MLP([8, 16, 1], Tanh, rng=0), line())
    assert said(model, data, Adam(model.parameters(), 0.01), loss=MSE())[0] == [kind]


# One sentence, that can be switched off, and that changes nothing.


def test_it_speaks_once_and_can_be_switched_off():
    model = MLP([64, 32, 10], rng=0)
    data, optimizer = raw(DIGITS), SGD(model.parameters(), 0.1)
    assert len(said(model, data, optimizer, epochs=6)[0]) == 1
    assert said(model, data, optimizer, watch=False)[0] == []


def test_the_warning_points_to_the_call_of_train():
    model = MLP([64, 32, 10], rng=0)
    with pytest.warns(TrainingWarning) as caught:
        train(model, raw(DIGITS), SGD(model.parameters(), 0.1), 1, progress=False)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("plant", [lambda data: data, raw])
def test_looking_on_changes_no_bit(plant):
    ends = []
    for watch in (True, False):
        model = MLP([64, 24, 16, 10], rng=0, dropout=0.3)
        optimizer = Adam(model.parameters(), 0.01)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)
            history = train(model, plant(DIGITS), optimizer, 3, progress=False, watch=watch)
        ends.append((history, [p.value.tobytes() for p in model.parameters()]))
    assert ends[0] == ends[1]


def test_a_learning_rate_of_zero_is_taken_for_intended():
    model = MLP([64, 32, 10], rng=0)
    assert said(model, DIGITS, SGD(model.parameters(), 0.0))[0] == []


def test_what_it_measures_is_said_truly():
    """The numbers of the sentence, computed apart."""
    model, data = deaf([64, 32, 10]), DIGITS
    with pytest.warns(TrainingWarning, match=r"32 of 32 units of layers\[1\] \(ReLU\)"):
        train(model, data, Adam(model.parameters()), 1, progress=False)
    pixels = raw(data)
    scale = np.sqrt((pixels.X_train**2).mean())
    model = MLP([64, 32, 10], rng=0)
    with pytest.warns(TrainingWarning) as caught:
        train(model, pixels, Adam(model.parameters()), 1, progress=False)
    measured = float(str(caught[0].message).split("root mean square ")[1].split(")")[0])
    assert measured == pytest.approx(scale, rel=0.02)  # some hundred of the rows


# The measurements.


def test_the_layers_of_a_chain_have_the_names_of_their_parameters():
    inner = Sequential(Tanh(), Dropout(0.3))
    model = Sequential(Linear(4, 5, rng=0), inner, Linear(5, 3, rng=0))
    labels = [label for label, _ in watching.chain(model)]
    assert labels == ["layers[0]", "layers[1].layers[0]", "layers[1].layers[1]", "layers[2]"]

    class Residual(Sequential):
        def forward(self, X):
            return X + super().forward(X)

    assert watching.chain(Sequential(Linear(4, 4, rng=0), Residual(Tanh()))) == []


@pytest.mark.parametrize(
    ("Z", "are"),
    [
        ([[0.2, 0.8], [1.0, 0.0]], True),
        (np.full((3, 10), 0.1, np.float32), True),
        ([[0.2, 0.9], [1.0, 0.0]], False),
        ([[-0.2, 1.2], [1.0, 0.0]], False),
        ([[1.0], [1.0]], False),
    ],
)
def test_probabilities_are_known_by_their_rows(Z, are):
    assert watching.are_probabilities(np.array(Z)) is are


def test_the_loss_of_a_guess():
    """ln C for equal classes, the entropy of their shares for others, the variance for numbers."""
    rows, fair, rare = np.arange(8), np.arange(8) % 4, np.array([0, 0, 0, 0, 0, 0, 0, 1])
    loss = SoftmaxCrossEntropy()
    assert watching.guess(loss, fair, rows, 4) == pytest.approx(np.log(4))
    entropy = -(7 * np.log(7 / 8) + np.log(1 / 8)) / 8
    assert watching.guess(loss, rare, rows, 2) == pytest.approx(entropy)
    assert watching.guess(MSE(), np.array([1.0, 3.0]), rows[:2], 1) == 1
    answers = np.array([[1.0, 1], [0, 1], [0, 0], [0, 0]])
    entropies = -(np.log(1 / 4) + 3 * np.log(3 / 4)) / 4 + np.log(2)
    assert watching.guess(BCEWithLogits(), answers, rows[:4], 2) == pytest.approx(entropies)
    assert watching.guess(Tanh(), fair, rows, 4) is None


def test_a_step_too_large_for_a_float_is_no_small_one():
    big = np.full((3, 3), 3e38, np.float32)
    with np.errstate(all="ignore"):
        assert watching.relative_change(big, -big) == np.inf
    assert watching.relative_change(np.ones((2, 2)), np.full((2, 2), 1.5)) == 0.5
