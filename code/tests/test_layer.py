"""What every layer and every loss keeps to, whatever its formula."""

import numpy as np
import pytest
from backprop import Linear, SoftmaxCrossEntropy
from helpers import EVERYTHING, LAYERS, LOSSES, draw, linear, run, takes_dtype

every = pytest.mark.parametrize(("make", "inputs"), EVERYTHING.values(), ids=EVERYTHING)
each_layer = pytest.mark.parametrize(("make", "inputs"), LAYERS.values(), ids=LAYERS)


def same(a, b):
    """Equal in every bit, dtype and shape."""
    return all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@every
def test_arguments_stay_as_they_are(make, inputs):
    """Read-only arrays go through, so nothing can have been written to them."""
    frozen = [np.array(x) for x in inputs]
    before = [x.tobytes() for x in frozen]
    for x in frozen:
        x.flags.writeable = False
    run(make(), *frozen)
    assert [x.tobytes() for x in frozen] == before


@each_layer
def test_the_upstream_gradient_stays_as_it_is(make, inputs):
    layer = make()
    dY = draw(*layer.forward(*inputs).shape, seed=3)
    before = dY.tobytes()
    dY.flags.writeable = False
    layer.backward(dY)
    assert dY.tobytes() == before


@every
def test_backward_twice_gives_the_same_and_adds_nothing_up(make, inputs):
    layer = make()
    first = run(layer, *inputs)
    upstream = [draw(*first[0].shape, seed=9)] if np.shape(first[0]) else []
    again = layer.backward(*upstream)
    assert np.array_equal(first[1], again)
    assert same(first[2:], [p.grad for p in layer.parameters()])


@every
def test_forward_twice_forgets_the_first_pass(make, inputs):
    layer, fresh = make(), make()
    layer.forward(*[np.roll(x, 1, axis=0) for x in inputs])
    assert same(run(layer, *inputs), run(fresh, *inputs))


@each_layer
def test_integers_count_as_floats(make, inputs):
    """Never truncated: neither the input nor an upstream gradient of integers."""
    whole = [np.round(3 * x).astype(int) for x in inputs]
    assert same(run(make(), *whole), run(make(), *[x.astype(float) for x in whole]))
    layer = make()
    dY = np.round(5 * draw(*layer.forward(*inputs).shape, seed=3)).astype(int)
    assert same([layer.backward(dY)], [layer.backward(dY.astype(float))])


@pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]])
@pytest.mark.parametrize("name", LOSSES)
def test_integer_rows_count_as_floats(name, rows):
    make, _ = LOSSES[name]
    T = [2, 1] if "labels" in name else rows
    assert same(run(make(), np.array(rows), T), run(make(), np.array(rows, float), T))


@every
def test_float32_stays_float32(make, inputs):
    single = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs]
    maker = (lambda: make(dtype=np.float32)) if takes_dtype(make) else make
    double, results = run(make(), *inputs), run(maker(), *single)
    for result, wanted in zip(results, double, strict=True):
        assert result.dtype == np.float32
        size = max(1, np.abs(wanted).max())
        np.testing.assert_allclose(result, wanted, rtol=2e-5, atol=2e-6 * size)


@every
def test_lists_are_accepted(make, inputs):
    assert same(run(make(), *inputs), run(make(), *[x.tolist() for x in inputs]))


@every
@pytest.mark.parametrize("arrange", ["Fortran order", "every second entry", "backwards"])
def test_the_layout_in_memory_does_not_matter(make, inputs, arrange):
    def laid_out(x):
        if arrange == "Fortran order":
            return np.asfortranarray(x)
        if arrange == "every second entry":
            return np.repeat(x, 2, axis=-1)[..., ::2]
        return np.ascontiguousarray(x[::-1])[::-1]

    results = run(make(), *[laid_out(x) for x in inputs])
    for result, wanted in zip(results, run(make(), *inputs), strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-13, atol=1e-15)


@each_layer
def test_writing_into_the_output_does_not_change_the_gradient(make, inputs):
    """`probs[rows, y] -= 1` in place is a common idiom; the layer must not depend on its output."""
    layer, untouched = make(), make()
    Y = layer.forward(*inputs)
    dY = draw(*Y.shape, seed=3)
    Y[...] = 7
    untouched.forward(*inputs)
    assert np.array_equal(layer.backward(dY), untouched.backward(dY))


@every
def test_backward_before_forward_is_refused_by_name(make, inputs):
    layer = make()
    upstream = [draw(2, 3)] if make in [m for m, _ in LAYERS.values()] else []
    with pytest.raises(ValueError, match=r"(\w+)\.backward was called before forward"):
        layer.backward(*upstream)


def test_a_parameter_meets_the_current_arrays_of_its_layer():
    layer = Linear(4, 3, rng=0)
    weight, _ = layer.parameters()
    layer.params["weight"] = draw(3, 4)
    assert weight.value is layer.params["weight"]
    weight.value = draw(3, 4, seed=1)
    assert layer.params["weight"] is weight.value


def test_the_gradient_of_a_parameter_exists_only_after_backward():
    weight, bias = linear(4, 3).parameters()
    with pytest.raises(ValueError, match="Linear has no gradient of its bias yet"):
        _ = bias.grad
    weight.layer.forward(draw(5, 4))
    weight.layer.backward(draw(5, 3))
    assert weight.grad.shape == (3, 4)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Linear", "Linear(weight (3, 4), bias (3,))"),
        ("LeakyReLU(0.3)", "LeakyReLU(slope=0.3)"),
        ("ELU(2)", "ELU(alpha=2)"),
        ("Dropout", "Dropout(p=0.4)"),
        ("Softmax", "Softmax()"),
        ("BatchNorm", "BatchNorm(weight (4,), bias (4,), eps=1e-05, momentum=0.1)"),
    ],
)
def test_a_layer_says_what_it_is(name, text):
    """Checkpoints compare these texts: what changes the function must change the text."""
    assert repr(LAYERS[name][0]()) == text


def test_a_loss_has_no_parameters():
    assert SoftmaxCrossEntropy().parameters() == []
