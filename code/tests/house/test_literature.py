"""What the pages cite is in references.bib, and the works that a topic stands on are cited."""

import re

import pytest
from book import ROOT
from book.chapters.chapter import Chapter, names
from book.chapters.markdown import bibliography, cited

CITED = {name: set(cited(Chapter.read(name).text)) for name in names()}
PARENTS = {
    "index": "goodfellow2016deep bishop2024deep murphy2022probabilistic zhang2023dive "
    "deisenroth2020mathematics",
    "network": "linnainmaa1970representation werbos1974beyond rumelhart1986learning "
    "griewank2008evaluating he2016deep",
    "linear": "magnus2019matrix petersen2012matrix minka2000old laue2018computing",
    "activations": "nair2010rectified glorot2011deep maas2013rectifier dugas2001incorporating "
    "elfwing2018sigmoid ramachandran2017searching hendrycks2016gaussian misra2019mish "
    "clevert2016fast clarke1983optimization bertoin2021numerical howard2019searching",
    "softmax": "blanchard2021accurately",
    "optimizers": "robbins1951stochastic bottou2018optimization duchi2011adaptive "
    "tieleman2012lecture kingma2015adam nocedal2006numerical polyak1964some",
    "checked": "demillo1978hints",
}


@pytest.mark.parametrize("name", names())
def test_what_is_cited_is_in_the_bibliography(name):
    assert CITED[name] - bibliography().entries.keys() == set()


@pytest.mark.parametrize("name", PARENTS)
def test_a_topic_cites_what_it_stands_on(name):
    assert set(PARENTS[name].split()) - CITED[name] == set()


def test_no_key_stands_twice():
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text("utf-8"), re.M)
    assert len(keys) == len(set(keys)) == len(bibliography().entries)


def test_the_homework_has_no_name():
    """Its slips are shown as slips that anyone makes, not as a person's."""
    (author,) = bibliography().entries["homework2024"].persons["author"]
    assert str(author) == "{Anonymous student}"
