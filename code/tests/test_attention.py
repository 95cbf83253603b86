"""Attention: what its formula promises, masks, rows that see nothing, and logits far out."""

import numpy as np
import pytest
from backprop import MultiHeadAttention, check_gradients
from backprop.attention import attention, attention_backward, attention_weights, causal_mask
from helpers import draw, drawn

Q, K, V, DY = draw(2, 3, 4), draw(2, 5, 4, seed=1), draw(2, 5, 6, seed=2), draw(2, 3, 6, seed=3)
MASK = np.zeros((2, 3, 5), bool)
MASK[0, 1, 2:], MASK[1, 2, 1:] = True, True  # of the last query all keys but one are masked


def test_weights_are_probabilities_and_masked_ones_0():
    P = attention_weights(Q, K, MASK)
    np.testing.assert_allclose(P.sum(axis=-1), 1)
    assert (P[MASK] == 0).all()
    assert (P[~MASK] > 0).all()
    np.testing.assert_array_equal(attention(Q, K, V, MASK)[1, 2], V[1, 0])


def test_what_is_masked_does_not_matter_whatever_it_is():
    """A mask of -1e4 or so lets it through once the logits are large."""
    far, mask = K.copy(), np.broadcast_to([False, False, False, True, True], (3, 5))
    far[:, 3:] = 1e6
    np.testing.assert_array_equal(attention(Q, K, V, mask), attention(Q, far, V, mask))


class Attention:
    """The three gradients through a layer of three inputs, for check_gradients."""

    mask = None

    def forward(self, Q, K, V):
        self.given = Q, K, V
        return attention(Q, K, V, self.mask)

    def backward(self, dY):
        return attention_backward(dY, *self.given, self.mask)


@pytest.mark.parametrize("mask", [None, MASK, MASK[0], MASK[:, :1]])
def test_gradients(mask):
    layer = Attention()
    layer.mask = mask
    report = check_gradients(layer, Q, K, V)
    assert report.headline.startswith("Attention: every gradient agrees: Q, K and V,"), report


def test_a_query_that_sees_nothing_gives_0_and_passes_nothing_back():
    mask = MASK.copy()
    mask[0, 0] = True
    assert (attention(Q, K, V, mask)[0, 0] == 0).all()
    dQ, dK, dV = attention_backward(DY, Q, K, V, mask)
    other = DY.copy()
    other[0, 0] = 100
    assert (dQ[0, 0] == 0).all()
    for one, same in zip((dK, dV), attention_backward(other, Q, K, V, mask)[1:], strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [40, 1e3, 1e6])
def test_logits_far_out_stay_finite(size, dtype):
    given = [one.astype(dtype) for one in (size * Q, K, V)]
    results = [attention(*given), *attention_backward(DY.astype(dtype), *given)]
    assert all(np.isfinite(one).all() and one.dtype == dtype for one in results)


def test_the_weights_do_not_change_if_all_keys_move():
    np.testing.assert_allclose(attention_weights(Q, K + draw(4, seed=9)), attention_weights(Q, K))


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_of_all_heads(causal, padded):
    padding = np.array([[False] * 5, [True, False, False, True, True]]) if padded else None
    inputs = (draw(2, 5, 6), padding) if padded else (draw(2, 5, 6),)
    report = check_gradients(drawn(MultiHeadAttention, 6, 3, causal)(), *inputs)
    assert report.passed, report
    assert (report.doubts, report.unseen) == ([], [])


def test_causal_heads_see_no_later_place():
    layer, X = drawn(MultiHeadAttention, 6, 3, True)(), draw(2, 5, 6)
    later = X.copy()
    later[:, 3:] = 7
    np.testing.assert_allclose(layer.forward(X)[:, :3], layer.forward(later)[:, :3], rtol=1e-13)
    assert not np.allclose(layer.forward(X)[:, 3:], layer.forward(later)[:, 3:])


def test_a_sequence_that_is_all_padding_gives_the_bias():
    layer, padding = drawn(MultiHeadAttention, 6, 3)(), np.array([[False] * 5, [True] * 5])
    Y, dX = layer.forward(draw(2, 5, 6), padding), layer.backward(draw(2, 5, 6, seed=1))
    np.testing.assert_array_equal(Y[1], np.tile(layer.params["out_proj.bias"], (5, 1)))
    assert (dX[1] == 0).all()


def test_permuting_the_places_permutes_the_output():
    layer, X = drawn(MultiHeadAttention, 6, 3)(), draw(2, 5, 6)
    np.testing.assert_allclose(layer.forward(X[:, ::-1]), layer.forward(X)[:, ::-1], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: attention(Q, K, V[:, :4]),
            "attention expects V of shape (2, 5, e), got (2, 4, 6)",
        ),
        (
            lambda: attention(Q[..., :3], K, V),
            "attention expects Q of shape (2, Tq, 4), got (2, 3, 3)",
        ),
        (
            lambda: attention_backward(DY[..., :5], Q, K, V),
            "attention expects dY of shape (2, 3, 6), got (2, 3, 5)",
        ),
        (
            lambda: attention(Q, K, V, MASK.astype(int)),
            "attention expects mask to hold booleans, True where a query must not see a key, in a "
            "shape that broadcasts to (2, 3, 5), got int64 (2, 3, 5)",
        ),
        (
            lambda: MultiHeadAttention(6, 4),
            "MultiHeadAttention expects embed_dim to be a multiple of num_heads, got 6 and 4",
        ),
        (
            lambda: MultiHeadAttention(6, 3).forward(draw(2, 5, 4)),
            "MultiHeadAttention expects X of shape (S, T, 6), got (2, 5, 4)",
        ),
        (
            lambda: MultiHeadAttention(6, 3).forward(draw(2, 5, 6), np.zeros((5, 2), bool)),
            "MultiHeadAttention expects key_padding_mask to hold booleans, shape (2, 5), got bool "
            "(5, 2)",
        ),
    ],
)
def test_the_message_says_what_was_expected_and_what_came(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the whole text is compared below
        call()
    assert str(caught.value) == message


CALLS = {
    "attention_weights": (attention_weights, {"Q": Q, "K": K, "mask": MASK}),
    "attention": (attention, {"Q": Q, "K": K, "V": V, "mask": MASK}),
    "attention_backward": (attention_backward, {"dY": DY, "Q": Q, "K": K, "V": V, "mask": MASK}),
    "causal_mask": (causal_mask, {"T": 4}),
    "MultiHeadAttention": (
        MultiHeadAttention,
        {"embed_dim": 6, "num_heads": 3, "causal": True, "rng": 0, "dtype": np.float64},
    ),
}
