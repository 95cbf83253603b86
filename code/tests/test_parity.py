"""Agreement with PyTorch, which shares no line with this library, to 1e-12 in float64."""

import numpy as np
import pytest
from backprop import (
    ELU,
    GELU,
    MLP,
    MSE,
    SGD,
    Adam,
    AdamW,
    AvgPool2d,
    BatchNorm,
    BCEWithLogits,
    Conv2d,
    CrossEntropy,
    Dropout,
    Embedding,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Mish,
    MultiHeadAttention,
    ReLU,
    RMSNorm,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
    engine,
)
from backprop.attention import attention, attention_backward
from bench import gpt_rival
from helpers import draw, linear, probabilities, seeds, sizes
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed: no parity was tested")
torch.set_num_threads(1)

# PyTorch's Softplus becomes the identity at its threshold, 20 by default, where it is off by 2e-9.
ACTIVATIONS = {
    "ReLU": (ReLU, torch.nn.ReLU()),
    "LeakyReLU": (LeakyReLU, torch.nn.LeakyReLU()),
    "LeakyReLU(0.3)": (lambda: LeakyReLU(0.3), torch.nn.LeakyReLU(0.3)),
    "LeakyReLU(-0.5)": (lambda: LeakyReLU(-0.5), torch.nn.LeakyReLU(-0.5)),
    "ELU": (ELU, torch.nn.ELU()),
    "ELU(0.7)": (lambda: ELU(0.7), torch.nn.ELU(0.7)),
    "ELU(2)": (lambda: ELU(2.0), torch.nn.ELU(2.0)),
    "Sigmoid": (Sigmoid, torch.nn.Sigmoid()),
    "Tanh": (Tanh, torch.nn.Tanh()),
    "Softplus": (Softplus, torch.nn.Softplus(threshold=1e3)),
    "GELU": (GELU, torch.nn.GELU()),
    "SiLU": (SiLU, torch.nn.SiLU()),
    "Mish": (Mish, torch.nn.Mish()),
}
scales = st.sampled_from([0.1, 1.0, 10.0])  # up to about ±30


def variable(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def close(ours, theirs, largest=1.0):
    np.testing.assert_allclose(
        ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-12 * max(1, largest)
    )


def compare(layer, module, X, dY_seed):
    """Output, gradient w.r.t. the input and, in order, the parameters."""
    x = variable(X)
    y = module(x)
    Y, dY = layer.forward(X), draw(*y.shape, seed=dY_seed)
    y.backward(torch.tensor(dY))
    close(Y, y)
    close(layer.backward(dY), x.grad)
    theirs = list(module.parameters()) if isinstance(module, torch.nn.Module) else []
    for p, q in zip(layer.parameters(), theirs, strict=True):
        close(p.grad, q.grad)


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(shape=sizes(2), seed=seeds, scale=scales)
def test_activations(name, shape, seed, scale):
    make, module = ACTIVATIONS[name]
    compare(make(), module, scale * draw(*shape, seed=seed), seed + 1)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_conventions_at_zero_are_those_of_pytorch(name):
    make, module = ACTIVATIONS[name]
    compare(make(), module, np.zeros((2, 3)), 0)


def test_the_threshold_of_pytorchs_softplus_is_the_reason_for_the_other_one():
    """By default PyTorch is off by 5e-10 at 21.4, and the test above would see it."""
    x = 21.4
    default = torch.nn.Softplus()(torch.tensor(x, dtype=torch.float64)).item()
    assert abs(Softplus().forward([[x]])[0, 0] - default) > 1e-10


def torch_linear(layer):
    """PyTorch's layer with the same weights: the layout is the same, so they are just copied."""
    module = torch.nn.Linear(layer.in_features, layer.out_features, dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(layer.params["weight"]))
        module.bias.copy_(torch.tensor(layer.params["bias"]))
    return module


@given(shape=sizes(3), seed=seeds)
def test_linear(shape, seed):
    S, M, N = shape
    layer = linear(M, N, seed)
    compare(layer, torch_linear(layer), draw(S, M, seed=seed + 2), seed + 3)


@pytest.mark.parametrize("lead", [(1, 1), (2, 5), (2, 1, 3)])
@given(shape=sizes(2), seed=seeds)
def test_linear_at_each_place_of_a_sequence(lead, shape, seed):
    layer = linear(*shape, seed)
    compare(layer, torch_linear(layer), draw(*lead, shape[0], seed=seed + 2), seed + 3)


@given(shape=sizes(3), seed=seeds, smoothing=st.sampled_from([0.0, 0.2]))
def test_cross_entropy_of_sequences(shape, seed, smoothing):
    """PyTorch has the classes on the second axis."""
    Z, labels = (
        draw(*shape, seed=seed),
        np.random.default_rng(seed).integers(shape[2], size=shape[:2]),
    )
    z, loss = variable(Z), SoftmaxCrossEntropy(smoothing)
    theirs = torch.nn.functional.cross_entropy(
        z.swapaxes(1, 2), torch.tensor(labels), label_smoothing=smoothing
    )
    theirs.backward()
    close(loss.forward(Z, labels), theirs)
    close(loss.backward(), z.grad)


@given(shape=sizes(2), seed=seeds, scale=scales)
def test_softmax(shape, seed, scale):
    Z = scale * draw(*shape, seed=seed)
    compare(Softmax(), torch.nn.Softmax(dim=1), Z, seed + 1)


def with_parameters(layer, module, seed):
    """Both with the same parameters, in the order of PyTorch's, drawn."""
    for n, (name, theirs) in enumerate(zip(layer.params, module.parameters(), strict=True)):
        layer.params[name] = draw(*theirs.shape, seed=seed + n)
        theirs.data = torch.tensor(layer.params[name])
    return layer, module


LEADING = [(5,), (1,), (3, 2), (1, 1), (2, 1, 3)]


@pytest.mark.parametrize("lead", LEADING)
@given(M=st.integers(2, 7), seed=seeds, scale=scales)
def test_layer_and_rms_norm(lead, M, seed, scale):
    X = scale * draw(*lead, M, seed=seed)
    for ours, theirs in [
        (LayerNorm(M), torch.nn.LayerNorm(M, dtype=torch.float64)),
        (RMSNorm(M), torch.nn.RMSNorm(M, eps=1e-6, dtype=torch.float64)),
    ]:
        compare(*with_parameters(ours, theirs, seed), X, seed + 3)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("places", [(), (1, 1), (2, 3), (4, 1)])
@given(S=st.integers(2, 7), M=st.integers(1, 5), seed=seeds)
def test_batch_norm(places, training, S, M, seed):
    """Three batches in sequence: the running averages have to walk the same path."""
    kind = torch.nn.BatchNorm2d if places else torch.nn.BatchNorm1d
    ours, theirs = with_parameters(BatchNorm(M), kind(M, dtype=torch.float64), seed)
    for step in range(3):
        ours.training = training or step == 0
        theirs.train(ours.training).zero_grad()
        compare(ours, theirs, draw(S, M, *places, seed=seed + step), seed + step)
        close(ours.running_mean, theirs.running_mean)
        close(ours.running_var, theirs.running_var)


def test_one_sample_goes_through_batch_norm_in_evaluation():
    ours, theirs = with_parameters(BatchNorm(3), torch.nn.BatchNorm1d(3, dtype=torch.float64), 0)
    compare(ours, theirs.eval(), draw(1, 3), 1)


@pytest.mark.parametrize("shape", [(1,), (6,), (3, 1), (1, 4), (2, 3, 5)])
@given(sizes=sizes(2), seed=seeds)
def test_embedding(shape, sizes, seed):
    V, D = sizes
    ours, theirs = with_parameters(
        Embedding(V, D), torch.nn.Embedding(V, D, dtype=torch.float64), seed
    )
    words = np.random.default_rng(seed).integers(V, size=shape)
    dY = draw(*shape, D, seed=seed)
    y = theirs(torch.tensor(words))
    y.backward(torch.tensor(dY))
    close(ours.forward(words), y)
    assert ours.backward(dY) is None
    close(ours.grads["weight"], theirs.weight.grad)


@pytest.mark.parametrize("lead", [(), (2,), (1, 1), (2, 3)])
@pytest.mark.parametrize("masking", ["none", "some", "all but one"])
@given(shape=sizes(4, 6), seed=seeds, scale=scales)
def test_attention(lead, masking, shape, seed, scale):
    """T_q ≠ T_k and d ≠ e; PyTorch's function takes the opposite mask, True where it may see."""
    Tq, Tk, d, e = shape
    arrays = [draw(*lead, *two, seed=seed + n) for n, two in enumerate([(Tq, d), (Tk, d), (Tk, e)])]
    rng = np.random.default_rng(seed)
    hidden = rng.random((*lead, Tq, Tk)) < (0.5 if masking == "some" else 1)
    hidden[..., rng.integers(Tk)] = False
    mask = None if masking == "none" else hidden
    q, k, v = map(variable, [scale * arrays[0], *arrays[1:]])
    seen = None if mask is None else torch.tensor(~mask)
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, seen)
    dY = draw(*lead, Tq, e, seed=seed + 5)
    y.backward(torch.tensor(dY))
    arrays[0] = scale * arrays[0]
    close(attention(*arrays, mask), y)
    for ours, theirs in zip(attention_backward(dY, *arrays, mask), (q, k, v), strict=True):
        close(ours, theirs.grad, scale)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [1, 2, 3])
@given(S=st.integers(1, 3), T=st.integers(1, 5), d=st.integers(1, 3), seed=seeds)
def test_multi_head_attention(heads, causal, S, T, d, seed):
    """With all keys but the first masked in one of the sequences."""
    D = heads * d
    module = torch.nn.MultiheadAttention(D, heads, batch_first=True, dtype=torch.float64)
    layer, module = with_parameters(MultiHeadAttention(D, heads, causal), module, seed)
    X, dY = draw(S, T, D, seed=seed + 7), draw(S, T, D, seed=seed + 8)
    padding = np.random.default_rng(seed).random((S, T)) < 0.3
    padding[-1], padding[:, 0] = True, False
    x, future = variable(X), torch.triu(torch.ones(T, T, dtype=torch.bool), 1)
    y, _ = module(x, x, x, torch.tensor(padding), False, future if causal else None)
    y.backward(torch.tensor(dY))
    close(layer.forward(X, padding), y)
    close(layer.backward(dY), x.grad, 100)
    for p, q in zip(layer.parameters(), module.parameters(), strict=True):
        close(p.grad, q.grad, 100)


def test_a_gpt_for_a_hundred_steps():
    """Forward, backward, clipping and AdamW, from the same weights on the same pieces of text."""
    small = {"length": 9, "width": 12, "heads": 3, "depth": 2, "batch_size": 3}
    apart = gpt_rival.parity(small, steps=100, seed=1)
    assert apart["last_loss"] < apart["first_loss"] - 1
    assert apart["losses"] < 1e-10
    assert apart["parameters"] < 1e-10


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
paddings = st.tuples(st.integers(0, 3), st.integers(0, 3))
images = st.tuples(*[st.integers(1, 3)] * 2, *[st.integers(3, 8)] * 2)  # S or C may be 1


@given(shape=images, N=st.integers(1, 3), kernel=pairs, stride=pairs, padding=paddings, seed=seeds)
def test_convolution(shape, N, kernel, stride, padding, seed):
    ours = Conv2d(shape[1], N, kernel, stride, padding)
    theirs = torch.nn.Conv2d(shape[1], N, kernel, stride, padding, dtype=torch.float64)
    compare(*with_parameters(ours, theirs, seed), draw(*shape, seed=seed + 2), seed + 3)


def test_convolution_of_more_samples_than_go_into_one_block(monkeypatch):
    monkeypatch.setattr("backprop.convolution.BLOCK", 100)
    theirs = torch.nn.Conv2d(2, 3, 3, 2, 1, dtype=torch.float64)
    compare(*with_parameters(Conv2d(2, 3, 3, 2, 1), theirs, 0), draw(7, 2, 6, 5), 1)


@given(shape=images, kernel=pairs, stride=pairs, padding=paddings, ties=st.booleans(), seed=seeds)
def test_pooling(shape, kernel, stride, padding, ties, seed):
    """Windows overlap or leave entries out; of equal ones the first wins."""
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    X = draw(*shape, seed=seed)
    X = np.round(X) if ties else X
    for ours, theirs in [(MaxPool2d, torch.nn.MaxPool2d), (AvgPool2d, torch.nn.AvgPool2d)]:
        compare(ours(kernel, stride, padding), theirs(kernel, stride, padding), X, seed + 1)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(MaxPool2d, torch.nn.MaxPool2d), (AvgPool2d, torch.nn.AvgPool2d)]
)
def test_the_stride_of_pooling_is_the_kernel_unless_given(ours, theirs):
    compare(ours(3), theirs(3), draw(2, 3, 7, 8), 1)


targets = st.sampled_from(["labels", "soft rows", "one-hot rows"])


def draw_targets(kind, S, C, seed):
    """The same targets for both sides."""
    if kind == "soft rows":
        rows = probabilities(S, C, seed=seed)
        return rows, torch.tensor(rows)
    labels = np.random.default_rng(seed).integers(C, size=S)
    return (labels if kind == "labels" else np.eye(C)[labels]), torch.tensor(labels)


@given(shape=sizes(2), seed=seeds, scale=scales, kind=targets)
def test_softmax_cross_entropy(shape, seed, scale, kind):
    Z, (T, t) = scale * draw(*shape, seed=seed), draw_targets(kind, *shape, seed)
    z, loss = variable(Z), SoftmaxCrossEntropy()
    theirs = torch.nn.functional.cross_entropy(z, t)
    theirs.backward()
    close(loss.forward(Z, T), theirs)
    close(loss.backward(), z.grad)


@given(shape=sizes(2), seed=seeds, kind=targets, amount=st.floats(0, 1))
def test_label_smoothing(shape, seed, kind, amount):
    Z, (T, t) = draw(*shape, seed=seed), draw_targets(kind, *shape, seed)
    z, loss = variable(Z), SoftmaxCrossEntropy(label_smoothing=amount)
    theirs = torch.nn.functional.cross_entropy(z, t, label_smoothing=amount)
    theirs.backward()
    close(loss.forward(Z, T), theirs)
    close(loss.backward(), z.grad)


@given(shape=sizes(2), seed=seeds, kind=targets)
def test_cross_entropy(shape, seed, kind):
    """By the probabilities it is the negative log likelihood of the logarithm."""
    Y, (T, t) = probabilities(*shape, seed=seed), draw_targets(kind, *shape, seed)
    y, loss = variable(Y), CrossEntropy()
    if kind == "soft rows":
        theirs = -(t * y.log()).sum(dim=1).mean()
    else:
        theirs = torch.nn.functional.nll_loss(y.log(), t)
    theirs.backward()
    close(loss.forward(Y, T), theirs)
    close(loss.backward(), y.grad)


@given(shape=sizes(2), seed=seeds, scale=scales)
def test_squared_error(shape, seed, scale):
    """PyTorch's mean is over all S · N entries, ours over the S samples."""
    Y, T = scale * draw(*shape, seed=seed), scale * draw(*shape, seed=seed + 1)
    y, loss = variable(Y), MSE()
    theirs = shape[1] * torch.nn.functional.mse_loss(y, torch.tensor(T))
    theirs.backward()
    close(loss.forward(Y, T), theirs, scale**2)
    close(loss.backward(), y.grad, scale)


@given(S=st.integers(1, 7), seed=seeds)
def test_squared_error_of_one_output(S, seed):
    """Where N = 1 the two are the same."""
    Y, T = draw(S, 1, seed=seed), draw(S, seed=seed + 1)
    y, loss = variable(Y), MSE()
    theirs = torch.nn.MSELoss()(y[:, 0], torch.tensor(T))
    theirs.backward()
    close(loss.forward(Y, T), theirs)
    close(loss.backward(), y.grad)


@given(shape=sizes(2), seed=seeds, scale=scales)
def test_binary_cross_entropy(shape, seed, scale):
    """PyTorch's mean is over all S · N entries, ours over the S samples."""
    Z, T = scale * draw(*shape, seed=seed), np.random.default_rng(seed).uniform(0, 1, shape)
    z, loss = variable(Z), BCEWithLogits()
    entries = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(T))
    theirs = shape[1] * entries
    theirs.backward()
    close(loss.forward(Z, T), theirs, scale)
    close(loss.backward(), z.grad)


def twin(model):
    """The same network in PyTorch."""
    modules = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            modules.append(torch_linear(layer))
        elif isinstance(layer, Sequential):
            modules.append(twin(layer))
        elif isinstance(layer, Dropout):
            modules.append(torch.nn.Identity())  # the mask is shared: see `through`
        else:
            same = (m for make, m in ACTIVATIONS.values() if repr(make()) == repr(layer))
            modules.append(next(same))
    return torch.nn.Sequential(*modules)


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(shape=sizes(4), seed=seeds)
def test_networks(name, shape, seed):
    """An MLP, its biases not 0, and one Sequential in another."""
    S, *widths = shape
    activation = ACTIVATIONS[name][0]
    model = MLP(widths, activation, rng=seed, dtype=np.float64)
    for p in model.parameters()[1::2]:
        p.value[...] = draw(*p.value.shape, seed=seed)
    nested = Sequential(model, activation(), linear(widths[-1], 2, seed))
    X = draw(S, widths[0], seed=seed)
    compare(model, twin(model), X, seed + 1)
    compare(nested, twin(nested), X, seed + 1)


OPTIMIZERS = {
    "SGD": (SGD, torch.optim.SGD, {"lr": 0.1}),
    "SGD, weight decay": (SGD, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.01}),
    "momentum": (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
    "Nesterov": (
        SGD,
        torch.optim.SGD,
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    "Adam": (Adam, torch.optim.Adam, {"lr": 0.01}),
    "Adam, weight decay": (
        Adam,
        torch.optim.Adam,
        {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.05},
    ),
    "AdamW": (AdamW, torch.optim.AdamW, {"lr": 0.01}),
    "AdamW, weight decay": (
        AdamW,
        torch.optim.AdamW,
        {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.2},
    ),
}


def through(module, model, X):
    """The output of the twin, with the masks that the model has just drawn."""
    X = torch.tensor(X)
    for layer, step in zip(model.layers, module, strict=True):
        X = X * torch.tensor(layer._recall()[0]) if isinstance(layer, Dropout) else step(X)
    return X


@pytest.mark.parametrize("dropout", [0, 0.3])
@pytest.mark.parametrize(("ours", "theirs", "settings"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_optimizers_walk_the_same_path(ours, theirs, settings, dropout):
    """100 steps from the same weights with the same batches; the rate is halved on the way."""
    model = MLP([7, 6, 4], Tanh, rng=0, dtype=np.float64, dropout=dropout)
    model.training = True
    module, loss = twin(model), SoftmaxCrossEntropy()
    mine, other = ours(model.parameters(), **settings), theirs(module.parameters(), **settings)
    start = model.parameters()[0].value.copy()
    for step in range(100):
        X, T = draw(5, 7, seed=step), np.random.default_rng(step).integers(4, size=5)
        value = loss.forward(model.forward(X), T)
        model.backward(loss.backward())
        mine.step()
        other.zero_grad()
        Z = through(module, model, X)
        theirs_value = torch.nn.functional.cross_entropy(Z, torch.tensor(T))
        theirs_value.backward()
        other.step()
        assert value == pytest.approx(theirs_value.item(), abs=1e-10)
        if step == 50:
            mine.lr /= 2
            other.param_groups[0]["lr"] /= 2
    for p, q in zip(model.parameters(), module.parameters(), strict=True):
        np.testing.assert_allclose(p.value, q.detach().numpy(), rtol=1e-10, atol=1e-10)
    assert np.abs(model.parameters()[0].value - start).max() > 0.01


# The engine, in both directions, on a graph with fan-out and broadcasting.


def shared(X, W, b, c, softmax, tanh):
    """A and H are used twice, b and c broadcast."""
    A = X @ W + b
    H = tanh(A) * A
    return softmax(H * c + H + A)


def by_torch(X, W, b, c):
    return shared(X, W, b, c, lambda Z: torch.softmax(Z, 1), torch.tanh)


@given(sizes(3), seeds)
def test_the_engine_agrees_with_autograd_in_both_directions(dims, seed):
    (S, _, N), shapes = dims, [dims[:2], dims[1:], dims[2:], (dims[0], 1)]
    values, moved = ([draw(*one, seed=seed + k) for one in shapes] for k in (0, 1))
    U, nodes = draw(S, N, seed=seed + 2), [engine.Node(value) for value in values]
    shared(*nodes, engine.softmax, engine.tanh).backward(U)
    theirs = [torch.tensor(value, requires_grad=True) for value in values]
    by_torch(*theirs).backward(torch.tensor(U))
    for node, other in zip(nodes, theirs, strict=True):
        np.testing.assert_allclose(node.grad, other.grad.numpy(), rtol=1e-10, atol=1e-12)
    duals = [engine.Dual(*pair) for pair in zip(values, moved, strict=True)]
    tangent = shared(*duals, engine.softmax, engine.tanh).tangent
    given_, along = (tuple(map(torch.tensor, arrays)) for arrays in (values, moved))
    _, expected = torch.autograd.functional.jvp(by_torch, given_, along)
    np.testing.assert_allclose(tangent, expected.numpy(), rtol=1e-10, atol=1e-12)
