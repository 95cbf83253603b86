"""The table of symbols in the notation chapter is complete: every letter that a derivation uses."""

import re

from book.chapters.chapter import Chapter, names

TABLE = Chapter.read("notation").text.split("## The letters")[1].split("\n## ")[0]
CALLS = r"\b(?:array|dimensions|indices|function)\(\"([^\"]+)\"|\bmap\(array, \[([^\]]+)\]"
GREEK = "alpha beta gamma delta epsilon eta kappa lambda mu rho sigma tau phi".split()


def declared(text):
    """The letters, without digits and primes, that the cells of a page declare."""
    found = re.findall(CALLS, text)
    words = re.findall(r"[A-Za-z]+", " ".join(" ".join(pair) for pair in found))
    return {word.removeprefix("d") if re.fullmatch("d[wbx]", word) else word for word in words}


def explained():
    """The letters in the first column of the table; an ε is written in two ways."""
    cells = [line.split("|")[1] for line in TABLE.splitlines() if line.count("|") > 2]
    shown = re.findall(r"\\?([A-Za-z]+)", " ".join(cells).replace("var", ""))
    return set(shown)


def test_every_letter_of_a_derivation_is_in_the_table():
    pages = {name: declared(Chapter.read(name).text) for name in names()}
    assert sum(map(len, pages.values())) > 100
    letters = {
        name: {one for one in found if len(one) == 1 or one in GREEK}
        for name, found in pages.items()
    }
    missing = {name: sorted(found - explained()) for name, found in letters.items()}
    assert {name: found for name, found in missing.items() if found} == {}
