"""Bad input: whatever is thrown at a public function, the answer is right or a ValueError.

Hypothesis replaces one valid argument after another by arrays of any rank, size and type, by text,
None, ragged lists and worse. The text of the error must name who speaks.
"""

import importlib
import inspect
import pkgutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import backprop
import numpy as np
import pytest
from backprop import (
    ELU,
    MLP,
    MSE,
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    BCEWithLogits,
    CrossEntropy,
    Dropout,
    LayerNorm,
    LeakyReLU,
    Linear,
    ReLU,
    RMSNorm,
    Sequential,
    SoftmaxCrossEntropy,
    accuracy,
    activations,
    check_gradients,
    complex_step_gradient,
    cosine,
    dropout,
    initializers,
    losses,
    normalization,
    numerical_gradient,
    optimizers,
    plotting,
    predict,
    softmax,
    train,
)
from backprop import linear as linear_module
from backprop.datasets import Dataset
from backprop.validation import (
    NotFinite,
    as_floats,
    complex_allowed,
    expect_number,
    expect_sizes,
    expects,
)
from helpers import LABELS, LAYERS, C, M, N, S, draw, linear, probabilities
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

X, W, b, dY = draw(S, M), draw(N, M), draw(N), draw(S, N)
b4 = draw(M, seed=3)
Z, Y, ROWS = draw(S, C), probabilities(S, C), probabilities(S, C, seed=1)


def cubic(x):
    return (x**3).sum()


def forward(layer):
    return lambda X: layer.forward(X)


def backward(make, *inputs):
    """backward(dY) after a valid forward."""

    def call(dY):
        layer = make()
        layer.forward(*inputs)
        return layer.backward(dY)

    return call


def train_on(X_train, y_train):
    model = MLP([M, C], rng=0)
    data = Dataset(X_train, y_train, None, None)
    train(model, data, SGD(model.parameters(), 0.1), 1, validation=0, progress=False)


def train_with(**settings):
    model = MLP([M, C], rng=0)
    arguments = {"model": model, "data": Dataset(X, LABELS, None, None), "epochs": 1}
    arguments |= {"optimizer": SGD(model.parameters(), 0.1), "validation": 0, "progress": False}
    train(**arguments | settings)


MODEL, ONE = Sequential(linear(M, C)), linear(M, N)
ONE.forward(X), ONE.backward(dY)
PARAMETERS = ONE.parameters()

# name: (what is called, its valid arguments)
CALLS = {
    "linear_forward": (linear_module.linear_forward, {"X": X, "W": W, "b": b}),
    "linear_backward": (linear_module.linear_backward, {"dY": dY, "X": X, "W": W}),
    "softmax": (softmax.softmax, {"Z": Z}),
    "softmax_backward": (softmax.softmax_backward, {"dY": Z, "Y": Y}),
    "softmax_jacobian": (softmax.softmax_jacobian, {"y": Y[0]}),
    "log_sum_exp": (softmax.log_sum_exp, {"Z": Z}),
    "log_softmax": (softmax.log_softmax, {"Z": Z}),
    "smoothed": (losses.smoothed, {"T": ROWS, "label_smoothing": 0.1}),
    "one_hot": (losses.one_hot, {"labels": LABELS, "classes": C, "dtype": np.float64}),
    "cross_entropy": (losses.cross_entropy, {"Y": Y, "T": ROWS}),
    "cross_entropy_backward": (losses.cross_entropy_backward, {"Y": Y, "T": LABELS}),
    "softmax_cross_entropy": (losses.softmax_cross_entropy, {"Z": Z, "T": LABELS}),
    "softmax_cross_entropy_backward": (
        losses.softmax_cross_entropy_backward,
        {"Z": Z, "T": ROWS},
    ),
    "mse": (losses.mse, {"Y": dY, "T": dY + 1}),
    "bce_with_logits": (losses.bce_with_logits, {"Z": dY, "T": Y[:, :1] + 0 * dY}),
    "bce_with_logits_backward": (
        losses.bce_with_logits_backward,
        {"Z": dY[:, :1], "T": Y[:, 0]},
    ),
    "mse_backward": (losses.mse_backward, {"Y": dY[:, :1], "T": dY[:, 0]}),
    "dropout_mask": (dropout.dropout_mask, {"shape": (S, M), "p": 0.5, "rng": 0}),
    "numerical_gradient": (numerical_gradient, {"f": cubic, "x": b, "h": 1e-5}),
    "complex_step_gradient": (complex_step_gradient, {"f": cubic, "x": b}),
    "check_gradients": (
        lambda layer_or_loss, X, **k: check_gradients(layer_or_loss, X, **k),
        {"layer_or_loss": ReLU(), "X": X, "method": "auto", "tolerance": 1e-7, "rng": 0},
    ),
    "predict": (predict, {"model": MODEL, "X": X, "batch_size": 2}),
    "accuracy": (accuracy, {"model": MODEL, "X": X, "y": LABELS}),
    "train, data": (train_on, {"X_train": X, "y_train": LABELS}),
    "train": (
        train_with,
        {
            "model": None,  # only replaced: a model must come with its own optimizer
            "data": Dataset(X, LABELS, None, None),
            "epochs": 1,
            "batch_size": 2,
            "validation": 0,
            "schedule": None,
            "rng": 0,
        },
    ),
    "cosine": (cosine, {"progress": 0.5}),
    "Linear": (
        Linear,
        {"in_features": M, "out_features": N, "rng": 0, "dtype": np.float64, "gain": 1},
    ),
    "layer_norm": (normalization.layer_norm, {"X": X, "weight": b4, "bias": -b4, "eps": 1e-5}),
    "layer_norm_backward": (
        normalization.layer_norm_backward,
        {"dY": X + 1, "X": X, "weight": b4, "eps": 1e-5},
    ),
    "rms_norm": (normalization.rms_norm, {"X": X, "weight": b4, "eps": 1e-5}),
    "rms_norm_backward": (
        normalization.rms_norm_backward,
        {"dY": X + 1, "X": X, "weight": b4, "eps": 1e-5},
    ),
    "batch_norm": (normalization.batch_norm, {"X": X, "weight": b4, "bias": -b4, "eps": 1e-5}),
    "batch_norm_backward": (
        normalization.batch_norm_backward,
        {"dY": X + 1, "X": X, "weight": b4, "eps": 1e-5},
    ),
    "batch_norm_fixed": (
        normalization.batch_norm_fixed,
        {"X": X, "mean": b4, "var": b4**2, "weight": b4, "bias": -b4, "eps": 1e-5},
    ),
    "batch_norm_fixed_backward": (
        normalization.batch_norm_fixed_backward,
        {"dY": X + 1, "X": X, "mean": b4, "var": b4**2, "weight": b4, "eps": 1e-5},
    ),
    "LayerNorm": (LayerNorm, {"normalized_shape": M, "eps": 1e-5, "dtype": np.float64}),
    "RMSNorm": (RMSNorm, {"normalized_shape": M, "eps": 1e-5, "dtype": np.float64}),
    "BatchNorm": (
        BatchNorm,
        {"num_features": M, "eps": 1e-5, "momentum": 0.1, "dtype": np.float64},
    ),
    "LeakyReLU": (LeakyReLU, {"slope": 0.3}),
    "ELU": (ELU, {"alpha": 0.7}),
    "Dropout": (Dropout, {"p": 0.5, "rng": 0}),
    "Sequential": (Sequential, {"layers": ReLU()}),
    "MLP": (
        lambda **k: MLP(**{"sizes": [4, 3, 2], "rng": 0} | k),
        {"sizes": [4, 3, 2], "activation": ReLU, "rng": 0, "dtype": np.float64, "dropout": 0.5},
    ),
    "SGD": (
        SGD,
        {"parameters": PARAMETERS, "lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    ),
    "Adam": (
        Adam,
        {"parameters": PARAMETERS, "lr": 0.1, "betas": (0.9, 0.99), "eps": 1e-8},
    ),
    "AdamW": (AdamW, {"parameters": PARAMETERS, "lr": 0.1, "weight_decay": 0.1}),
    "gain": (initializers.gain, {"activation": ReLU}),
    "figure": (plotting.figure, {"width": 6, "height": 3, "rows": 1, "columns": 2}),
    "draw_matrix": (
        lambda **k: plotting.draw_matrix(plotting.figure()[1], name="X", color="red", **k),
        {"left": 0, "rows": 3, "columns": 4},
    ),
    "draw_values": (
        lambda **k: plotting.draw_values(plotting.figure()[1], name="X", color="red", **k),
        {"left": 0, "middle": 1, "values": X},
    ),
    "draw_graph": (
        lambda **k: plotting.draw_graph(plotting.figure()[1], **k),
        {
            "nodes": {"x": (0, 1, 3, 30), "L": (2, 1, 25, None)},
            "edges": [("x", "L", "× 10")],
        },
    ),
    "signed": (plotting.signed, {"value": -3}),
    "maths": (plotting.maths, {"tex": r"\frac{1}{S}"}),
    "show": (plotting.show, {"fig": plotting.figure()[0], "alt": "an empty pair of axes"}),
    "CrossEntropy.forward": (lambda Y, T: CrossEntropy().forward(Y, T), {"Y": Y, "T": ROWS}),
    "SoftmaxCrossEntropy.forward": (
        lambda Z, T: SoftmaxCrossEntropy().forward(Z, T),
        {"Z": Z, "T": LABELS},
    ),
    "MSE.forward": (lambda Y, T: MSE().forward(Y, T), {"Y": dY, "T": dY + 1}),
    "BCEWithLogits.forward": (
        lambda Z, T: BCEWithLogits().forward(Z, T),
        {"Z": dY, "T": Y[:, :1] + 0 * dY},
    ),
}
for name in [n for n in dir(initializers) if n.startswith(("kaiming", "xavier"))]:
    arguments = {"shape": (N, M), "gain": 1, "rng": 0, "dtype": np.float64}
    CALLS[name] = (getattr(initializers, name), arguments)
for name, function in inspect.getmembers(activations, inspect.isfunction):
    if function.__module__ == activations.__name__ and not name.startswith("_"):
        _, *more = inspect.signature(function).parameters  # slope or alpha, if any
        CALLS[name] = (function, {"X": X} | dict.fromkeys(more, 0.3))
for name, (make, inputs) in LAYERS.items():
    CALLS[f"{name}.forward"] = (forward(make()), {"X": inputs[0]})
    CALLS[f"{name}.backward"] = (backward(make, *inputs), {"dY": make().forward(*inputs)})

# A chapter's own tests may list its calls too, as `book.new` writes them.
for path in sorted(Path(__file__).parent.glob("test_*.py")):
    if "\nCALLS = {" in path.read_text("utf-8") and path != Path(__file__):
        spec = spec_from_file_location(path.stem, path)
        spec.loader.exec_module(room := module_from_spec(spec))
        CALLS |= room.CALLS

dtypes = st.sampled_from([np.float64, np.float32, np.int64, np.uint8, bool, np.complex128])
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6) | st.sampled_from(
    [(S, M), (M, S), (S, N), (N, M), (S, C), (C, S), (1, N), (N, 1), (S,), (N,), (S, 1), (1, C)]
)
entries = {
    "f": st.floats(-1e3, 1e3, width=32) | st.sampled_from([np.nan, np.inf, -np.inf]),
    "i": st.integers(-3, 9),
    "u": st.integers(0, 9),
    "b": st.booleans(),
    "c": st.complex_numbers(max_magnitude=10),
}


@st.composite
def arrays(draw_):
    dtype = np.dtype(draw_(dtypes))
    return draw_(hnp.arrays(dtype, draw_(shapes), elements=entries[dtype.kind]))


oddities = st.sampled_from(
    [
        *(None, "text", "", b"bytes", True, 3, -1, 0, 2.5, -0.5, 1e30, np.nan, np.inf, 1j),
        *(10**400, [], [[]], [[1, 2], [3]], [None], [["a", "b"]], {}, {"X": 1}, {1, 2}, (1, 2, 3)),
        *(object(), object, len, range(3), slice(3), np.datetime64("2020-01-01"), ReLU, ReLU()),
        *([1.5, 10**400], [draw(2), draw(2, 2)], np.array([1, None]), np.array(["a"])),
        *(np.float32(0.5), np.int8(2), np.ones((2, 3), "V4"), np.ones((S, M), object)),
    ]
)  # fmt: skip


def finite(result):
    """Whether all numbers in a result are finite; what holds none has nothing to say."""
    parts = result if isinstance(result, tuple) else (result,)
    return all(np.isfinite(x).all() for x in parts if np.asarray(x).dtype.kind in "fc")


# Where a float is no other way to write an integer.
WHOLE = {"T", "labels", "y", "y_train", "rng", "shape", "sizes", "indices"}
WHOLE |= {"mask", "key_padding_mask", "text", "start"}
# A function that raises an error of its own is no affair of the one that calls it.
FUNCTIONS = {"f", "activation", "schedule"}
PAIRS = [(name, argument) for name, (_, valid) in CALLS.items() for argument in valid]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::backprop.TrainingWarning")  # of what can't be learned
@pytest.mark.parametrize(("name", "argument"), PAIRS, ids=map(".".join, PAIRS))
@settings(max_examples=60)
@given(value=oddities | arrays())
def test_a_right_result_or_a_ValueError_that_says_what_is_wrong(name, argument, value):
    call, valid = CALLS[name]
    assume(not (argument in FUNCTIONS and callable(value)))
    if name == "train":
        valid = {}
    arguments = valid | {argument: value}
    if name == "Sequential":
        arguments = {}
        call = (lambda: Sequential(value)) if value is not None else Sequential
    try:
        result = call(**arguments)
    except ValueError as error:
        text = str(error)
        assert " expects " in text, text
        assert ", got " in text or "sum to" in text, text
    else:
        assert finite(result), result
        whole = isinstance(value, np.ndarray) and value.dtype.kind in "iub"
        if whole and argument not in WHOLE:
            as_given, as_floats_ = call(**valid | {argument: value * 1.0}), result
            np.testing.assert_equal(as_given, as_floats_)


def test_the_valid_arguments_are_valid():
    """Else the test above would be of little worth: every call works before it is spoilt."""
    for name, (call, valid) in CALLS.items():
        if name == "train":
            valid = {k: v for k, v in valid.items() if v is not None}
        call(*valid.values()) if name == "Sequential" else call(**valid)


# Whatever is public is in the table, or here with the reason why not.
ELSEWHERE = {
    "load_digits": "test_datasets.py",
    "load_fashion_mnist": "test_datasets.py",
    "load_pride_and_prejudice": "test_gpt.py",
    "split_validation": "test_datasets.py",
    "matmul": "test_gpt.py, by the layers",
    "projected": "test_gpt.py, by the layers",
    "rows": "test_gpt.py, by the layers",
}


def test_every_public_name_is_thrown_at():
    thrown = {name.split(".")[0].split(",")[0] for name in CALLS} | set(ELSEWHERE)
    assert set(backprop.__all__) - {"TrainingWarning"} <= thrown  # which nobody calls
    # What the others are built from, and data.
    inside = {"validation", "layer", "datasets", "checkpoint", "troubleshooting"}
    inside |= {"derivation", "exercises"}
    inside |= {"asked", "first", "steps", "shown"}  # for pages
    inside |= {"engine"}  # thrown at in test_engine.py, by way of its nodes
    for module in pkgutil.iter_modules(backprop.__path__):
        if module.name in inside:
            continue
        members = inspect.getmembers(
            importlib.import_module(f"backprop.{module.name}"), inspect.isfunction
        )
        public = {
            name
            for name, f in members
            if f.__module__ == f"backprop.{module.name}" and not name.startswith("_")
        }
        assert public <= thrown, module.name


# The messages.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Linear(784, 10, rng=0).forward(np.ones((128, 783))),
            "Linear expects X of shape (S, 784), got (128, 783)",
        ),
        (
            lambda: ReLU().forward(np.ones((0, 4))),
            "ReLU expects X to hold at least one entry, got shape (0, 4)",
        ),
        (
            lambda: ReLU().forward([[1, 2], [3]]),
            "ReLU expects X to be an array, got rows of unequal length",
        ),
        (
            lambda: ReLU().forward([["a"]]),
            "ReLU expects X to hold real numbers, got <U1",
        ),
        (
            lambda: ReLU().forward([[1j]]),
            "ReLU expects X to hold real numbers, got complex128",
        ),
        (
            lambda: ReLU().forward(None),
            "ReLU expects X to hold real numbers, got NoneType",
        ),
        (
            lambda: ReLU().forward([[1, 2], [3, np.nan]]),
            "ReLU expects X to be finite, got nan at [1, 1]",
        ),
        (
            lambda: softmax.softmax([[1, -np.inf]]),
            "Softmax expects Z to be finite, got -inf at [0, 1]",
        ),
        (
            lambda: Linear(0, 3),
            "Linear expects in_features to be an integer at least 1, got 0",
        ),
        (
            lambda: Linear(3, 2.5),
            "Linear expects out_features to be an integer at least 1, got 2.5",
        ),
        (
            lambda: Dropout(2),
            "Dropout expects p to be a number at least 0 and at most 0.999, got 2",
        ),
        (
            lambda: Linear(2, 3).forward([[1, 2], [3]]),
            "Linear expects X to be an array, got rows of unequal length",
        ),
        (
            lambda: Linear(4, 3).forward(np.ones((2, 5, 3))),
            "Linear expects X of shape (…, 4), got (2, 5, 3)",
        ),
        (
            lambda: SoftmaxCrossEntropy().forward(np.ones((2, 5, 3)), np.zeros((5, 2), int)),
            "SoftmaxCrossEntropy expects T of shape (2, 5) or (2, 5, 3), got (5, 2)",
        ),
        (
            lambda: LayerNorm(4).forward(np.ones((2, 3, 5))),
            "LayerNorm expects X of shape (…, 4), got (2, 3, 5)",
        ),
        (
            lambda: BatchNorm(4).forward(np.ones((5, 3, 2, 2))),
            "BatchNorm expects X of shape (S, 4, …), got (5, 3, 2, 2)",
        ),
        (
            lambda: LAYERS["LayerNorm, sequences"][0]().forward(np.ones(3)),
            "LayerNorm expects X of shape (4,), got (3,)",
        ),
        (
            lambda: backward(LAYERS["LayerNorm"][0], np.ones((3, 4)))(np.ones((4, 4))),
            "LayerNorm expects dY of shape (3, 4), got (4, 4)",
        ),
        (
            lambda: LayerNorm(4, eps=0),
            "LayerNorm expects eps to be a number at least 1e-12, got 0",
        ),
        (
            lambda: LAYERS["BatchNorm, training"][0]().forward(np.ones((1, 4))),
            "BatchNorm expects X with two or more values of each feature while training, got "
            "shape (1, 4): the variance of one is 0",
        ),
        (
            lambda: MLP([3, 0]),
            "MLP expects each size in sizes to be an integer at least 1, got 0",
        ),
    ],
)
def test_the_message_says_what_was_expected_and_what_came(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message


# The tools themselves.


@expects("f", A="P Q", B="Q", c="number", D="...")
def f(A, B, c=1.0, D=0.0):
    return A, B, c, D


def test_arguments_are_checked_wherever_they_stand():
    wanted = r"f expects B of shape \(3,\), got \(2,\)"
    for call in (lambda: f([[1, 2, 3]], [1, 2]), lambda: f(B=[1, 2], A=[[1, 2, 3]])):
        with pytest.raises(ValueError, match=wanted):
            call()
    A, B, c, D = f([[1, 2, 3]], B=[1, 2, 3])
    assert A.dtype == B.dtype == float
    assert (c, D) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("A", "B", "message"),
    [
        ((5, 4), (4, 4), r"g expects A of shape \(N, N\), got \(5, 4\)"),
        ((4, 4), (4, 5), r"g expects B of shape \(4, 4\), got \(4, 5\)"),
        ((4, 4), (5, 5), r"g expects B of shape \(4, 4\), got \(5, 5\)"),
    ],
)
def test_a_letter_that_comes_twice_is_one_size(A, B, message):
    g = expects("g", A="N N", B="N N")(lambda A, B: A @ B)
    assert g(np.ones((4, 4)), np.ones((4, 4))).shape == (4, 4)
    with pytest.raises(ValueError, match=message):
        g(np.ones(A), np.ones(B))


def test_a_missing_argument_is_a_matter_for_python():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'B'"):
        f([[1, 2, 3]])


@pytest.mark.parametrize("value", [1e200, -1e300])
def test_numbers_whose_squares_overflow_are_finite(value):
    """The quick test sums squares; where that overflows every entry is looked at."""
    assert as_floats([1.0, value], "x", "f")[1] == value


def test_what_is_not_finite_has_an_error_of_its_own():
    with pytest.raises(NotFinite):
        as_floats([1.0, np.inf], "x", "f")
    assert issubclass(NotFinite, ValueError)


def test_complex_numbers_pass_only_where_the_complex_step_is_at_work():
    with complex_allowed():
        assert as_floats([1j], "x", "f")[0] == 1j
    with pytest.raises(ValueError, match="f expects x to hold real numbers, got complex128"):
        as_floats([1j], "x", "f")


def test_the_permission_ends_with_an_error_too():
    with pytest.raises(KeyError), complex_allowed():
        raise KeyError
    with pytest.raises(ValueError, match="real numbers"):
        as_floats([1j], "x", "f")


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3)])
def test_whole_numbers(value):
    assert expect_number(value, "n", "f", whole=True) == 3
    assert type(expect_number(value, "n", "f", whole=True)) is int
    assert type(expect_number(value, "n", "f")) is float


@pytest.mark.parametrize("value", [3.0, np.float64(3), True, "3", None, [3], 3j, np.array(3)])
def test_what_is_no_whole_number(value):
    with pytest.raises(ValueError, match="f expects n to be an integer, got"):
        expect_number(value, "n", "f", whole=True)


def test_bounds_belong_to_the_range():
    assert expect_number(0, "n", "f", 0, 1) == 0
    assert expect_number(1, "n", "f", 0, 1) == 1
    for value in (-1e-9, 1 + 1e-9, 10**400):
        with pytest.raises(ValueError, match="f expects n to be a number at least 0 and at"):
            expect_number(value, "n", "f", 0, 1)


def test_sizes():
    assert expect_sizes(np.array([3, 4]), "shape", "f") == [3, 4]
    with pytest.raises(ValueError, match="f expects shape to be a row of integers, got 5"):
        expect_sizes(5, "shape", "f")


def test_optimizers_are_the_ones_that_are_public():
    """So that a new one is not forgotten in the table above."""
    public = {k for k, v in vars(optimizers).items() if isinstance(v, type)} - {"Optimizer"}
    assert public <= set(CALLS)
