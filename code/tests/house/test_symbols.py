"""The table of symbols in the notation chapter is complete: every letter that a derivation uses."""

import re

from book.chapters.chapter import Chapter, names

READ = Chapter.read("notation").text.split("## Exercises")[0]
# The letters of a layer, the symbols with their examples, and the list of all others.
PARTS = ["The letters", "Symbols", "The Kronecker delta", "Every letter, to look up"]
SECTION = "\n".join(READ.split(f"\n## {part}\n")[1].split("\n## ")[0] for part in PARTS)
CALLS = r"\b(?:array|dimensions|indices|function)\(\"([^\"]+)\"|\bmap\(array, \[([^\]]+)\]"
GREEK = "alpha beta gamma delta epsilon eta kappa lambda mu rho sigma tau phi".split()


def declared(text):
    """The letters, without digits and primes, that the cells of a page declare."""
    found = re.findall(CALLS, text)
    words = re.findall(r"[A-Za-z]+", " ".join(" ".join(pair) for pair in found))
    return {word.removeprefix("d") if re.fullmatch("d[wbx]", word) else word for word in words}


def explained():
    """The letters in the first column of the table; an ε is written in two ways."""
    cells = [line.split("|")[1] for line in SECTION.splitlines() if line.count("|") > 2]
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


# What formulas are made of besides letters that the cells declare.

# Known from school or from calculus, or spaces and brackets.
KNOWN = """frac tfrac dfrac sqrt left right Big cdot times dots quad qquad approx ge le ne pm in to
infty max min sin sinh cosh tanh exp log ln pi displaystyle Longleftrightarrow mapsto mathbf mathbb
mathcal rVert""".split()
WORDS = r"\\(?:text|label|tag|begin|end)\s*\{[^}]*\}"
NAME = r"\\operatorname\{(\w+)\}"
FUNCTIONS = {"softmax", "ReLU", "relu", "erf", "argmax"}  # each has its chapter


def symbols(text):
    """The letters, commands and names of functions in the formulas of a page."""
    text = re.sub(r"^```\{code-cell\}.*?^```", "", text, flags=re.M | re.S)
    both = re.findall(r"\$\$(.*?)\$\$|(?<![\\$])\$([^$\n]+)\$", text, re.S)
    formulas = re.sub(WORDS, " ", " ; ".join("".join(pair) for pair in both))
    formulas = re.sub(r"\\mathrm\{\w+\}", " ", formulas)
    names_ = set(re.findall(NAME, formulas)) - FUNCTIONS
    found = re.findall(r"\\?[A-Za-z]+", re.sub(NAME, " ", formulas))
    commands = {one[1:] for one in found if one[0] == "\\"} - set(KNOWN)
    letters = {letter for one in found if one[0] != "\\" for letter in one}
    return names_ | commands | letters


def test_every_symbol_of_a_formula_is_in_the_table():
    explained_here = symbols(SECTION)
    found = {name: symbols(Chapter.read(name).text) for name in names()}
    assert len(set().union(*found.values())) > 70
    missing = {name: sorted(used - explained_here) for name, used in found.items()}
    assert {name: used for name, used in missing.items() if used} == {}


def test_a_planted_symbol_is_missed():
    planted = r"$A \boxtimes B$ and $$\operatorname{rank}(\Xi)$$ (eq-a)"
    assert symbols(planted) - symbols(SECTION) == {"boxtimes", "rank", "Xi"}
