"""The figures that ask first: their data, their still pictures, and what they refuse."""

import html
import json
import re

import numpy as np
import pytest
from backprop.asked import backward, collapse, mean_in_words, terms_in_words, weighted_mean

dY, X = np.array([[1, -2, 4], [2, 1, 3]]), np.array([[1, 2], [3, -1]])
Z, G = np.array([0, 1, -0.5]), np.array([2, 0.5, -1.5])


def data(shown):
    source = shown._repr_html_()
    return json.loads(html.unescape(re.search(r'data-of="([^"]*)"', source)[1])), source


def test_the_double_sum_has_its_data_and_a_still_picture_with_its_words():
    of, source = data(collapse(dY, X, a=2, b=1))
    assert of == {"dY": dY.tolist(), "X": X.tolist(), "a": 2, "b": 1}
    assert 'data-asked="collapse"' in source
    assert "adds up to 1." in terms_in_words(dY, X, 2, 1)
    assert html.escape(terms_in_words(dY, X, 2, 1)) in source
    assert source.count(" · 0 · ") == 4
    assert source.count(" · 1 · ") == 2


def test_the_mean_has_its_data_and_a_still_picture_with_its_words():
    of, source = data(weighted_mean(Z, G))
    assert of == {"Z": Z.tolist(), "dY": G.tolist()}
    assert 'data-asked="mean"' in source
    Y, dZ = (array[0] for array in backward(Z, G))
    words = mean_in_words(Z, G)
    assert f"{Y @ G:.2f}".rstrip("0") in words
    assert [
        float(n.replace("−", "-")) for n in re.findall(r"−?0\.\d+", words.split("logits")[1])
    ] == [round(float(one), 2) for one in dZ]
    # The question is worth asking: an entry of ∂L/∂Y is positive, and that of ∂L/∂Z is not.
    assert np.any((G > 0) & (dZ < 0))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: collapse(dY, X[:1]), "collapse expects dY"),
        (lambda: collapse(dY, X, a=4), "a and b to be an output and an input"),
        (lambda: collapse(dY[0], X), "collapse expects dY"),
        (lambda: weighted_mean(Z, G[:2]), "weighted_mean expects two vectors"),
    ],
)
def test_bad_shapes_are_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
