"""What a reader types into the search box is found on the page where it belongs."""

import json
import re

import pytest
from book import ROOT
from prose import lines
from sphinx.search.en import SearchEnglish

# phrase: where it has to be found, among others
PHRASES = {
    "gradient with respect to the weights": "linear",
    "gradient with respect to the logits": "losses",
    "weight gradient": "linear network",
    "vector-Jacobian product": "softmax network",
    "Jacobian-vector product": "network",
    "negative log-likelihood": "losses",
    "maximum likelihood": "losses",
    "mini-batch": "optimizers",
    "stochastic gradient descent": "optimizers",
    "vanishing gradient": "initializers",
    "exploding gradient": "initializers",
    "broadcasting": "linear notation",
    "fully connected": "linear",
    "automatic differentiation": "network",
    "Kronecker delta": "notation",
    "Kronecker product": "linear",
    "unbiased estimate": "optimizers",
    "saturated": "activations",
}
CASES = [(phrase, name) for phrase, names in PHRASES.items() for name in names.split()]
LANGUAGE = SearchEnglish({})


def words(phrase):
    """The stems that the search looks for; it leaves out the commonest words."""
    split = re.findall(r"\w+", phrase)
    return [LANGUAGE.stem(word) for word in split if LANGUAGE.word_filter(word.lower())]


def pages_with(phrase, index):
    """The pages that hold each word of the phrase, as searchtools.js finds them."""
    found = [
        {
            index["docnames"][n]
            for kind in ("terms", "titleterms")
            for n in _as_list(index[kind].get(word, []))
        }
        for word in words(phrase)
    ]
    return set.intersection(*found)


def _as_list(numbers):
    return numbers if isinstance(numbers, list) else [numbers]


@pytest.mark.parametrize(("phrase", "name"), CASES)
def test_the_words_are_on_the_page_one_after_the_other(phrase, name):
    text = " ".join(line for _, _, line in lines(f"chapters/{name}.md"))
    assert re.search(phrase.replace("-", "[-–]"), text, re.I)


@pytest.mark.site
@pytest.mark.parametrize(("phrase", "name"), CASES)
def test_the_search_finds_the_page(phrase, name):
    built = (ROOT / "_build/html/searchindex.js").read_text("utf-8")
    index = json.loads(built.removeprefix("Search.setIndex(").rstrip(";\n").removesuffix(")"))
    assert f"chapters/{name}" in pages_with(phrase, index)


def test_a_page_without_one_of_the_words_is_not_found():
    index = {
        "docnames": ["chapters/a", "chapters/b"],
        "terms": {"mini": 0, "batch": [0, 1]},
        "titleterms": {"mini": []},
    }
    assert pages_with("mini-batch", index) == {"chapters/a"}
