"""The engine: the layers' gradients bit for bit, fan-out, broadcasting, depth, both modes."""

import gc
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from backprop import (
    MLP,
    SGD,
    Adam,
    Linear,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    engine,
    load_digits,
    numerical_gradient,
    train,
)
from backprop.engine import (
    Dual,
    Node,
    add,
    cross_entropy,
    linear,
    matmul,
    multiply,
    relu,
    softmax,
    sum_to,
    tanh,
    topological,
    total,
)
from backprop.layer import Layer
from helpers import LABELS, C, M, N, S, draw

SOURCE = Path(engine.__file__).read_text("utf-8")


def test_it_can_be_read_at_a_sitting():
    reverse, forward = SOURCE.split("# Forward mode.")
    lines = [sum(bool(line.strip()) for line in part.splitlines()) for part in (reverse, forward)]
    assert lines[0] <= 100
    assert lines[1] <= 20


# Reverse mode, against the layers and against central differences.


def model_by_engine(layers, X):
    """The output of Linear, ReLU and Tanh layers as a Node, and the nodes of the parameters."""
    functions, parameters = {ReLU: relu, Tanh: tanh}, []
    for layer in layers:
        if isinstance(layer, Linear):
            weight, bias = Node(layer.params["weight"]), Node(layer.params["bias"])
            parameters += [weight, bias]
            X = linear(X, weight, bias)
        else:
            X = functions[type(layer)](X)
    return X, parameters


class Recorded(Layer):
    """A network whose layers do nothing but keep the parameters: the engine does both passes."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.layers = inner, ()

    def parameters(self):
        return self.inner.parameters()

    def forward(self, X):
        self.output, self.nodes = model_by_engine(self.inner.layers, X)
        return self.output.value

    def backward(self, dY):
        self.output.backward(dY)
        for layer in self.inner.layers:
            if isinstance(layer, Linear):
                weight, bias = self.nodes.pop(0), self.nodes.pop(0)
                layer.grads = {"weight": weight.grad, "bias": bias.grad}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [ReLU, Tanh])
def test_the_gradients_of_a_network_are_those_of_the_layers_bit_for_bit(dtype, activation):
    model = MLP([M, 7, N, C], activation, rng=1, dtype=dtype)
    X, loss = draw(S, M, dtype=dtype), SoftmaxCrossEntropy()
    expected = loss.forward(model.forward(X), LABELS)
    dX = model.backward(loss.backward())
    x = Node(X)
    output, nodes = model_by_engine(model.layers, x)
    L = cross_entropy(output, LABELS)
    L.backward()
    assert L.value == expected
    for node, parameter in zip(nodes, model.parameters(), strict=True):
        assert node.grad.dtype == dtype
        assert node.grad.tobytes() == parameter.grad.tobytes()
    assert x.grad.tobytes() == dX.tobytes()


@pytest.mark.parametrize(
    "optimizer", [lambda p: SGD(p, 0.1, momentum=0.9), lambda p: Adam(p, weight_decay=1e-4)]
)
def test_it_trains_the_mlp_of_the_book_to_the_same_bits(optimizer):
    """Hidden layers, batches and `train` of the chapter on training; the images are smaller."""
    data, histories, weights = load_digits(), [], []
    for wrap in (lambda model: model, Recorded):
        model = MLP([64, 256, 128, 10], rng=4)
        network = wrap(model)
        settings = {"batch_size": 128, "rng": 5, "progress": False}
        history = train(network, data, optimizer(network.parameters()), 3, **settings)
        histories.append(history.loss)
        weights.append([p.value.tobytes() for p in model.parameters()])
    assert histories[0] == histories[1]
    assert histories[0][-1] < 0.8 * histories[0][0]
    assert weights[0] == weights[1]


def test_a_wrong_engine_trains_to_other_bits(monkeypatch):
    """The comparison above can fail: one gradient that is off in its last bit is seen."""
    right = engine.linear_backward
    model = MLP([M, 7, C], rng=1, dtype=np.float64)
    loss = SoftmaxCrossEntropy()
    loss.forward(model.forward(draw(S, M)), LABELS)
    model.backward(loss.backward())

    def off(dY, X, W):
        dX, dW, db = right(dY, X, W)
        return dX, np.nextafter(dW, 1), db

    monkeypatch.setattr(engine, "linear_backward", off)
    output, nodes = model_by_engine(model.layers, draw(S, M))
    cross_entropy(output, LABELS).backward()
    assert nodes[0].grad.tobytes() != model.parameters()[0].grad.tobytes()


# Each operation: its arrays of unequal sizes, and the function that it is.
OPERATIONS = {
    "add": (add, [(S, M), (M,)]),
    "multiply": (multiply, [(S, M), (S, 1)]),
    "matmul": (matmul, [(S, M), (M, N)]),
    "total": (total, [(S, M)]),
    "linear": (linear, [(S, M), (N, M), (N,)]),
    "relu": (relu, [(S, M)]),
    "tanh": (tanh, [(S, M)]),
    "softmax": (softmax, [(S, C)]),
    "cross_entropy": (lambda Z: cross_entropy(Z, LABELS), [(S, C)]),
}


def arrays(shapes, seed=0):
    return [draw(*shape, seed=seed + n) for n, shape in enumerate(shapes)]


def measured(function, values, U):
    """Central differences of ⟨U, f⟩ with respect to each input."""
    found = []
    for n, value in enumerate(values):

        def of(moved, n=n):
            return (U * function(*values[:n], moved, *values[n + 1 :])).sum()

        found.append(numerical_gradient(of, value))
    return found


def test_every_operation_is_tried():
    named = {name for name, one in vars(engine).items() if isinstance(one, engine.Operation)}
    assert named - {"symmetric"} == set(OPERATIONS)  # the variable of a loop


def compare_with_measured(function, values, seed):
    """The gradients of an operation, for a random upstream gradient, against differences."""
    inputs = [Node(value) for value in values]
    Y = function(*inputs)
    U = draw(*Y.value.shape, seed=seed)
    Y.backward(U)
    for node, found in zip(inputs, measured(function, values, U), strict=True):
        assert node.grad.shape == node.value.shape
        np.testing.assert_allclose(node.grad, found, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_vjp_is_the_measured_gradient(name):
    function, shapes = OPERATIONS[name]
    compare_with_measured(function, arrays(shapes), seed=9)


@pytest.mark.parametrize("name", OPERATIONS)
def test_both_modes_are_adjoint(name):
    """⟨U, J V⟩ = ⟨Jᵀ U, V⟩, and J V is the measured derivative along V."""
    function, shapes = OPERATIONS[name]
    values, directions = arrays(shapes), arrays(shapes, seed=20)
    pushed = function(*map(Dual, values, directions)).tangent
    U, nodes = draw(*np.shape(pushed), seed=9), [Node(value) for value in values]
    function(*nodes).backward(U)
    pulled = sum((node.grad * V).sum() for node, V in zip(nodes, directions, strict=True))
    np.testing.assert_allclose((U * pushed).sum(), pulled, rtol=1e-12)
    found = numerical_gradient(
        lambda t: (
            U * function(*[x + t * V for x, V in zip(values, directions, strict=True)])
        ).sum(),
        np.array(0.0),
    )
    np.testing.assert_allclose((U * pushed).sum(), found, rtol=1e-6)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_wrong_jvp_or_vjp_breaks_the_adjointness(name, monkeypatch):
    operation = getattr(engine, name)
    right = operation.jvp
    monkeypatch.setattr(operation, "jvp", lambda *given: right(*given) * 1.001)
    with pytest.raises(AssertionError):
        test_both_modes_are_adjoint(name)


def test_a_network_is_adjoint_too():
    layers = Sequential(Linear(M, 7, rng=0), Tanh(), Linear(7, C, rng=1)).layers
    X, V, U = draw(S, M), draw(S, M, seed=1), draw(S, C, seed=2)
    x = Node(X)
    model_by_engine(layers, x)[0].backward(U)
    moved = Dual(X, V)
    for layer in layers:
        moved = tanh(moved) if isinstance(layer, Tanh) else linear(moved, *layer.params.values())
    np.testing.assert_allclose((U * moved.tangent).sum(), (x.grad * V).sum(), rtol=1e-12)


# Fan-out.


def test_paths_add():
    t = Node(2.0)
    u, v = 3 * t, t + 1
    (u * v).backward()
    assert (t.grad, u.grad, v.grad) == (15, 3, 6)


def test_a_node_that_is_used_twice_by_one_operation():
    x = Node(draw(S, M))
    total(x * x).backward()
    np.testing.assert_array_equal(x.grad, 2 * x.value)


def test_a_shared_intermediate_is_sent_back_once():
    """Of recursion without an order: b = 4 a feeds c and d, and 28 came out for 24."""
    a = Node(2.0)
    b = a * 4
    (b + 3 + b * 5).backward()
    assert a.grad == 24


def test_a_second_pass_starts_afresh_and_no_array_is_shared_by_accident():
    x = Node(draw(S, M))
    y = x + x
    U = draw(S, M, seed=1)
    for _ in range(2):
        (y + x).backward(U)
        np.testing.assert_array_equal(x.grad, 3 * U)
    np.testing.assert_array_equal(y.grad, draw(S, M, seed=1))
    np.testing.assert_array_equal(U, draw(S, M, seed=1))


def overwriting(self, gradient, order):
    """backward with = for +=."""
    for node in order:
        node.grad = None
    self.grad = gradient
    for node in reversed(order):
        for one, product_ in zip(node.inputs, node.products(), strict=True):
            if isinstance(one, Node):
                one.grad = product_


def in_place(self, gradient, order):
    """backward with +=: add hands the same array to both inputs."""
    for node in order:
        node.grad = None
    self.grad = gradient
    for node in reversed(order):
        for one, product_ in zip(node.inputs, node.products(), strict=True):
            if isinstance(one, Node) and one.grad is None:
                one.grad = product_
            elif isinstance(one, Node):
                one.grad += product_


def as_found(self, gradient, order):
    """backward in the order in which the graph is met from its end, not in a topological one."""
    met, queue = [], [self]
    while queue:
        node = queue.pop(0)
        if node not in met:
            met.append(node)
            queue += [one for one in node.inputs if isinstance(one, Node)]
    accumulated(self, gradient, met[::-1])


def accumulated(self, gradient, order):
    for node in order:
        node.grad = 0.0
    self.grad = gradient
    for node in reversed(order):
        for one, product_ in zip(node.inputs, node.products(), strict=True):
            if isinstance(one, Node):
                one.grad = one.grad + product_


def whole_graph():
    """x feeds two nodes at different depths, and one of them feeds two more."""
    x = Node(draw(S, M))
    a = x + 0.0
    b = a * a
    return x, a * (b + x), lambda v: v * (v * v + v)


@pytest.mark.parametrize(
    ("sweep", "right"),
    [(accumulated, True), (overwriting, False), (as_found, False)],
)
def test_a_wrong_sweep_is_seen(sweep, right):
    x, y, function = whole_graph()
    U = draw(S, M, seed=3)
    sweep(y, U, topological(y))
    (found,) = measured(function, [x.value], U)
    assert np.allclose(x.grad, found, rtol=1e-6) == right


def test_adding_in_place_is_seen():
    x, z, U = Node(draw(S, M)), Node(draw(S, M, seed=1)), draw(S, M, seed=2)
    y = x + z
    last = y + x
    in_place(last, U.copy(), topological(last))
    assert not np.allclose(z.grad, U)  # wrong: x's second path was added into it
    last.backward(U)
    np.testing.assert_array_equal(z.grad, U)


def test_the_order_is_topological_and_has_each_node_once():
    x, y, _ = whole_graph()
    order = topological(y)
    assert len(order) == len(set(order))
    assert {x, y} <= set(order)
    place = {node: n for n, node in enumerate(order)}
    for node in order:
        assert all(place[one] < place[node] for one in node.inputs if isinstance(one, Node))


# Broadcasting: every pattern of a repeated or missing axis, at sizes that differ.


def patterns(shape):
    """All shapes that broadcast to this one: an axis kept or 1, leading axes missing."""
    for start in range(len(shape) + 1):
        yield from product(*[(1, size) for size in shape[start:]])


FULL = (2, 3, 4)


@pytest.mark.parametrize("right", [*patterns(FULL)])
@pytest.mark.parametrize("operation", [add, multiply])
def test_broadcasting_all_axis_patterns(operation, right):
    for left in patterns(FULL):
        compare_with_measured(operation, arrays([left, right]), seed=5)


@pytest.mark.parametrize("shape", [*patterns(FULL)])
def test_sum_to_is_the_adjoint_of_repeating(shape):
    x, U = draw(*shape), draw(*FULL, seed=1)
    np.testing.assert_allclose((U * np.broadcast_to(x, FULL)).sum(), (sum_to(U, x) * x).sum())
    assert sum_to(U, x).shape == shape


# Deep graphs.


def test_ten_thousand_nodes_in_a_row_and_gone_again():
    x = Node(draw(2, 3))
    y = x
    for _ in range(10_000):
        y = y + 1.0
    y.backward(np.full((2, 3), 2.0))
    np.testing.assert_array_equal(x.grad, np.full((2, 3), 2.0))
    del y
    gc.collect()


def test_a_ladder_takes_no_longer_than_its_nodes():
    """Each rung doubles the paths: 2 to the 60 of them, but 61 nodes."""
    x = Node(1.0)
    y = x
    for _ in range(60):
        y = y + y
    assert len(topological(y)) == 61
    y.backward()
    assert x.grad == 2.0**60


# Bad input.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Node(draw(S, M)).backward(), r"expects a scalar, or dY; got shape \(5, 4\)"),
        (lambda: Node(draw(S, M)).backward(draw(M, S)), r"dY of shape \(5, 4\), got \(4, 5\)"),
        (lambda: Node(draw(S)).backward([1, 2, "x", 4, 5]), "backward expects dY to hold real"),
        (lambda: Node("text"), "Node expects value to hold real numbers"),
        (lambda: Node([1.0, np.nan]), "Node expects value to be finite"),
        (lambda: Node(draw(S, M)) @ Node(draw(S, M)), r"matmul expects B of shape \(4, N\)"),
        (lambda: linear(Node(draw(S, M)), draw(N, N), draw(N)), "Linear expects X of shape"),
        (lambda: Node(draw(S, M)) + Node(draw(S, N)), "could not be broadcast"),
        (lambda: Dual(draw(S), draw(M)), r"Dual expects tangent of shape \(5,\), got \(4,\)"),
    ],
)
def test_bad_input_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_value_that_backward_needs_is_read_only():
    x = Node(draw(S, M))
    for node in (x, x * x, relu(x)):
        with pytest.raises(ValueError, match="read-only"):
            node.value[0] = 0


def test_the_callers_own_array_stays_writeable_and_is_not_copied():
    """So a training step may change the weights in place, after the backward pass."""
    W = draw(N, M)
    node = Node(W)
    W[0, 0] = 7
    assert node.value[0, 0] == 7


def test_constants_stay_arrays():
    assert isinstance(relu(draw(S, M)), np.ndarray)
    assert isinstance(draw(S, M) * Node(draw(S, M)), Node)
    assert isinstance((Node(1.0) * np.ones(3)).value, np.ndarray)
