"""The field's words on every page and in every message; the list is words.toml."""

import re
import tomllib

import pytest
from book import ROOT
from docutils.nodes import make_id
from prose import lines, messages, pages, programs

LIST = tomllib.loads((ROOT / "code/tests/house/words.toml").read_text("utf-8"))
NEAR = 60


def compiled(entry):
    """(what may not come back, what excuses it, what to write) of an entry."""
    pattern = entry.get("pattern") or rf"\b({entry['british']})\b"
    unless = re.compile(entry.get("unless", r"(?!)"), re.I)
    return re.compile(pattern, re.I), unless, entry.get("write") or entry["american"]


WORDS = [compiled(entry) for entry in LIST["word"]]
SPELLINGS = [compiled(entry) for entry in LIST["spelling"]]


def refused(line, among):
    """The words of a line that may not come back, each with what to write."""
    for pattern, unless, write in among:
        for found in pattern.finditer(line):
            around = line[max(0, found.start() - NEAR) : found.end() + NEAR]
            if not unless.search(around):
                yield f"{found[0].strip()!r}: write {write}"


def excused(name, line):
    return any(one["file"] == name and one["quote"] in line for one in LIST["exception"])


def faults(name, text=None, among=WORDS):
    """What is wrong in a file, as lines for an error message."""
    return [
        f"{name}:{number}: {fault}"
        for name, number, line in lines(name, text)
        if not excused(name, line)
        for fault in refused(line, among)
    ]


@pytest.mark.parametrize("name", [*pages(), *messages()])
def test_the_words_are_the_fields(name):
    assert faults(name) == []


@pytest.mark.parametrize("name", [*pages(), "CONTRIBUTING.md", *messages()])
def test_the_spelling_is_american(name):
    assert faults(name, among=SPELLINGS) == []


def test_the_spelling_of_all_programs_is_american():
    assert [fault for name in programs() for fault in faults(name, among=SPELLINGS)] == []


# The test of the test: each word is planted once, and right English is let through.

PLANTED = [(entry, sentence) for entry in LIST["word"] for sentence in entry["planted"]]
MISSPELT = [(entry, sentence) for entry in LIST["spelling"] for sentence in entry["planted"]]
RIGHT = [
    sentence for kind in ("word", "spelling") for one in LIST[kind] for sentence in one["right"]
]


@pytest.mark.parametrize(("entry", "sentence"), [*PLANTED, *MISSPELT])
def test_a_planted_word_is_refused_with_its_place(entry, sentence):
    (fault, *_) = faults("planted.md", f"Right.\n\n{sentence}\n", [compiled(entry)])
    assert fault.startswith("planted.md:3: ")
    assert fault.endswith(f": write {compiled(entry)[2]}")


@pytest.mark.parametrize("sentence", RIGHT)
def test_right_english_is_let_through(sentence):
    assert faults("planted.md", sentence, WORDS + SPELLINGS) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "```{code-cell} ipython3\nshow(fig, alt='A picture.')\n```"),
        ("a.md", "```{code-cell} ipython3\nx = 1  # the picture\n```"),
        ("a.md", "```{exercise} A picture\n:label: ex-a-b\n\nText.\n```"),
        ("a.py", 'def f():\n    """A picture."""\n'),
        ("a.toml", '  ["wrong", "X",\n   "This is a picture."],\n'),
        ("a.toml", 'section = "A picture"\n'),
    ],
)
def test_strings_titles_and_docstrings_are_read(name, text):
    assert len(faults(name, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "```sh\npicture\n```",
        "Call `picture()` and $picture$.",
        "$$\npicture\n$$",
        "```{code-cell} ipython3\npicture = 1\n```",
    ],
)
def test_code_and_formulas_are_not_words(text):
    assert faults("a.md", text) == []


@pytest.mark.parametrize("name", pages())
def test_a_heading_that_has_changed_keeps_its_old_address(name):
    text = (ROOT / name).read_text("utf-8")
    for label, below in re.findall(r"^\(([\w-]+)\)=\n(.*)$", text, re.M):
        assert below.startswith("#"), label
        assert label != make_id(below.replace("`", "")), label


def test_no_two_headings_have_one_old_address():
    labels = [
        label
        for name in pages()
        for label in re.findall(r"^\(([\w-]+)\)=$", (ROOT / name).read_text("utf-8"), re.M)
    ]
    assert len(labels) == len({*labels}) > 20


def test_every_exception_is_needed():
    for one in LIST["exception"]:
        assert one["why"]
        kept = [line for _, _, line in lines(one["file"]) if one["quote"] in line]
        assert any([*refused(line, WORDS + SPELLINGS)] for line in kept), one
