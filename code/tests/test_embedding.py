"""The embedding: rows of a table, and a gradient that adds up what equal integers get."""

import numpy as np
import pytest
from backprop import Embedding, check_gradients
from backprop.embedding import embedding, embedding_backward
from helpers import draw

V, D = 7, 3
WORDS = np.array([[2, 0, 2, 2], [6, 6, 1, 0]])  # (S, T) = (2, 4): 2 occurs three times, 3 never


def test_it_is_the_product_of_one_hot_rows_with_the_table():
    W, dY = draw(V, D), draw(2, 4, D, seed=1)
    rows = np.eye(V)[WORDS]
    np.testing.assert_array_equal(embedding(WORDS, W), rows @ W)
    wanted = np.einsum("stv,std->vd", rows, dY)
    np.testing.assert_allclose(embedding_backward(dY, WORDS, V), wanted, rtol=1e-14)


@pytest.mark.parametrize("method", ["complex", "central", "projection"])
@pytest.mark.parametrize("indices", [WORDS, WORDS[0], np.array(5), WORDS[None].astype(np.uint8)])
def test_gradients(indices, method):
    report = check_gradients(Embedding(V, D, rng=0), indices, method=method)
    assert report.headline.startswith("Embedding: every gradient agrees: weight,")
    assert (report.doubts, report.unseen) == ([], [])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_backward_sets_its_gradient_and_gives_none_for_integers(dtype):
    layer, words = Embedding(V, D, rng=0, dtype=dtype), WORDS.copy()
    words.flags.writeable = False
    Y, dY = layer.forward(words), draw(2, 4, D, dtype=dtype)
    dY.flags.writeable = False
    assert layer.backward(dY) is None
    first = layer.grads["weight"]
    layer.backward(dY)
    np.testing.assert_array_equal(first, layer.grads["weight"])
    assert Y.dtype == first.dtype == dtype
    assert (first[[3, 4, 5]] == 0).all()


def test_what_the_caller_does_to_the_integers_later_does_not_matter():
    layer, words, dY = Embedding(V, D, rng=0), WORDS.copy(), draw(2, 4, D)
    layer.forward(words)
    words[:] = 0
    layer.backward(dY)
    np.testing.assert_array_equal(layer.grads["weight"], embedding_backward(dY, WORDS, V))


def overwritten(layer, dY):
    (indices,) = layer._recall()
    layer.grads = {"weight": np.zeros((V, D))}
    layer.grads["weight"][indices] += dY


def mean_of_each_word(layer, dY):
    (indices,) = layer._recall()
    counts = np.bincount(indices.ravel(), minlength=V)[:, None]
    layer.grads = {"weight": embedding_backward(dY, indices, V) / np.maximum(counts, 1)}


def batch_mixed(layer, dY):
    (indices,) = layer._recall()
    layer.grads = {"weight": embedding_backward(dY[::-1], indices, V)}


@pytest.mark.parametrize("wrong", [overwritten, mean_of_each_word, batch_mixed])
def test_a_planted_mistake_is_found(wrong):
    planted = type("Embedding", (Embedding,), {"backward": wrong})(V, D, rng=0)
    report = check_gradients(planted, WORDS)
    assert not report.passed
    assert report["weight"].wrong
    assert report.doubts == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Embedding(V, D).forward([[1, 7]]),
            "Embedding expects indices from 0 to 6, got 7 at [0, 1]",
        ),
        (
            lambda: Embedding(V, D).forward([-1]),
            "Embedding expects indices from 0 to 6, got -1 at [0]",
        ),
        (
            lambda: Embedding(V, D).forward([[1.0]]),
            "Embedding expects indices to hold integers, got float64 of shape (1, 1)",
        ),
        (
            lambda: embedding_backward(draw(4, D), WORDS, V),
            "Embedding expects dY of shape (2, 4, D), got (4, 3)",
        ),
        (
            lambda: Embedding(V, 0),
            "Embedding expects embedding_dim to be an integer at least 1, got 0",
        ),
    ],
)
def test_the_message_says_what_was_expected_and_what_came(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message


def test_a_gradient_of_another_width_is_refused():
    layer = Embedding(V, D, rng=0)
    layer.forward(WORDS)
    with pytest.raises(ValueError, match=r"expects dY of shape \(2, 4, 3\), got \(2, 4, 5\)"):
        layer.backward(draw(2, 4, 5))


def _backward(dY):
    layer = Embedding(V, D, rng=0)
    layer.forward(WORDS)
    return layer.backward(dY) or layer.grads["weight"]


CALLS = {
    "embedding": (embedding, {"indices": WORDS, "W": draw(V, D)}),
    "embedding_backward": (
        embedding_backward,
        {"dY": draw(2, 4, D), "indices": WORDS, "V": V},
    ),
    "Embedding": (
        Embedding,
        {"num_embeddings": V, "embedding_dim": D, "rng": 0, "dtype": np.float64, "std": 1},
    ),
    "Embedding.forward": (
        lambda indices: Embedding(V, D, rng=0).forward(indices),
        {"indices": WORDS},
    ),
    "Embedding.backward": (_backward, {"dY": draw(2, 4, D)}),
}
