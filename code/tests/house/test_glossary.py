"""Each term of the glossary is linked where a chapter first uses it."""

import re

import pytest
from book import ROOT
from book.chapters.chapter import order
from terms import OTHERWISE, ROLE, first_uses, terms, uses

CHAPTERS = [name for name in order() if name not in ("index", "glossary", "bibliography")]
NEEDED = """stochastic gradient descent, mini-batch, maximum likelihood, negative log-likelihood,
KL divergence, entropy, affine, vector–Jacobian product, Jacobian–vector product, fan-out, nats,
computational graph, topological order, vanishing gradient, exploding gradient, saturation,
hyperparameter, regularization, automatic differentiation, numerator layout, denominator layout,
Kronecker delta, cache, logits, Jacobian, broadcasting, nonlinear, elementwise, scalar"""


def text_of(name):
    return (ROOT / f"chapters/{name}.md").read_text("utf-8")


def unlinked(name, text):
    """Where a term is first used and not linked, as lines for an error message."""
    return [
        f"chapters/{name}.md:{text.count(chr(10), 0, start) + 1}: link {text[start:end]!r} "
        f"to the glossary, {{term}}`{term}`"
        for term, start, end, linked in first_uses(name, text)
        if not linked
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_term_is_linked_at_its_first_use(name):
    assert unlinked(name, text_of(name)) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_link_leads_to_a_term(name):
    links = {target or shown for shown, target in ROLE.findall(text_of(name))}
    assert links <= set(terms())


def test_the_terms_are_in_order_and_each_once():
    key = [re.sub(r"[-–]", " ", term.lower()) for term in terms()]
    assert key == sorted(key)
    assert len({*key}) == len(key)


@pytest.mark.parametrize("words", [words.strip() for words in NEEDED.split(",")])
def test_what_a_reader_searches_for_is_in_the_glossary_and_in_a_chapter(words):
    (found,) = {term for term, *_ in uses(words)}
    assert any(found == term for name in CHAPTERS for term, *_ in uses(text_of(name)))


# The test of the test.


@pytest.mark.parametrize("term", terms())
def test_a_planted_term_without_a_link_is_found(term):
    for plain in (f"Then {term} is used.", f"*{term}*"):
        (fault,) = unlinked("planted", f"# Title\n\n{plain}\n") if "," not in term else [":3:"]
        assert ":3:" in fault
    assert unlinked("planted", f"Then {{term}}`{term}`, and {term} again.") == []


@pytest.mark.parametrize(
    "text",
    [
        "# Softmax",
        "| softmax | 1 |",
        "Call `softmax` or $softmax$, see {doc}`softmax` and [softmax](softmax.html).",
        "```{code-cell} ipython3\nsoftmax(Z)\n```",
        ":::{dropdown} Hint\nsoftmax\n:::",
        "```{solution-start} ex-a\n```\n\nsoftmax\n\n```{solution-end}\n```",
        "a cross-softmax-loss",
    ],
)
def test_other_places_need_no_link(text):
    assert unlinked("planted", text) == []


def test_every_exception_is_needed():
    for name, term in OTHERWISE:
        assert term in {found for found, *_ in uses(text_of(name))}
