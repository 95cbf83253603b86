"""`drill`: five short questions about a gradient, made from a seed, with a verdict on each answer.

    drill("linear.dW")                                          five questions: the reader's own
    drill("linear.dW", answers=[(3, 2), "the samples", 7, 1, "1/S"])      a verdict on each
    drill("linear.dW", seed=7)                                  the same for everybody

The seed of a reader is drawn once and kept with the progress. Equal seeds give equal questions, on
a page, in a notebook and in an exam.
"""

import difflib
import html

import numpy as np

from .diagnosis.failures import in_words, is_open
from .drilling.answers import Unreadable
from .drilling.questions import questions
from .tables import DRILLS
from .telling.progress import own_seed
from .telling.report import MARKS, marked

LETTERS = "abcde"


def drill(name, answers=None, *, seed=None):
    """Show the five questions of a drill, and say of each answer whether it is right, and why.

    `name` is that of a gradient ("linear.dW"), `seed` an integer or a text; without it the seed is
    the reader's own. `answers` has five entries, with ... for what is still open. Returns a Drill.
    Raises ValueError for an unknown name, for another kind of seed, and for another number of
    answers; an answer itself may be anything.
    """
    if type(name) is not str or name not in DRILLS:
        raise ValueError(_unknown(name))
    if seed is not None and (
        isinstance(seed, bool) or not isinstance(seed, (int, np.integer, str))
    ):
        raise ValueError(f"seed has to be an integer or a text, got a {type(seed).__name__}")
    answers = [...] * len(LETTERS) if answers is None else answers
    if not isinstance(answers, (list, tuple)):
        raise ValueError(f"answers has to be a list of five, got a {type(answers).__name__}")
    if len(answers) != len(LETTERS):
        raise ValueError(f"expected 5 answers, with ... for an open one, got {len(answers)}")
    return Drill(DRILLS[name], own_seed() if seed is None else seed, answers)


def _unknown(name):
    known = f"there are {', '.join(DRILLS)}"
    if type(name) is not str:
        return f"the name of a drill has to be a text, got a {type(name).__name__}; {known}"
    lower = {one.lower(): one for one in DRILLS}
    near = difflib.get_close_matches(name[:60].lower(), lower, 1)
    guess = f" (is it {lower[near[0]]!r}?)" if near else ""
    return f"there is no drill {name[:60]!r}{guess}; {known}"


def judged(question, answer):
    """(True, False or None if it is open or can't be read; a sentence)."""
    if is_open(answer):
        return None, ""
    try:
        return question.judge(answer)
    except Unreadable as error:
        return None, str(error)
    except BaseException as error:  # an answer may do anything when it is looked at
        if isinstance(error, KeyboardInterrupt):
            raise
        return None, f"This can't be used as an answer. {in_words(error)[1]}"


class Drill:
    """`.questions`, `.verdicts` (True, False, None for each), `.passed`, `.right`: the answers."""

    def __init__(self, made_of, seed, answers):
        self.name, self.seed, self.note = made_of.drills, seed, made_of.note
        numbers, self.questions = questions(made_of, seed)
        self.arrays, self.symbol = numbers.arrays, numbers.quantity.symbol
        found = [judged(*pair) for pair in zip(self.questions, answers, strict=True)]
        self.verdicts, self.sentences = zip(*found, strict=True)

    @property
    def right(self):
        """The right answers, for `answers=`."""
        return [question.right for question in self.questions]

    @property
    def passed(self):
        """True if all five answers are right."""
        return all(self.verdicts)

    __bool__ = passed.fget

    @property
    def headline(self):
        """How many are right, and which drill this is."""
        count = sum(verdict is True for verdict in self.verdicts)
        said = f"{count} of {len(LETTERS)} right" if any(self.sentences) else "five questions"
        return f"{self.name}, seed {self.seed}: {said}"

    def __str__(self):
        lines = [self.headline, "", *self._given()]
        for letter, question, verdict, sentence in self._rows():
            lines += ["", f"({letter}) {question.text}"]
            lines += [f"    {n}. {one}" for n, one in enumerate(question.choices, 1)]
            lines += [f"    {_said(verdict, sentence)}"] if sentence else []
        return "\n".join(lines)

    __repr__ = __str__

    def _rows(self):
        return zip(LETTERS, self.questions, self.verdicts, self.sentences, strict=True)

    def _given(self):
        """The arrays as text, and what is to be known about them."""
        lines = []
        for name, array in self.arrays.items():
            rows = _rows_of(array)
            lines += [f"{name} = {rows[0]}", *(f"{'':{len(name) + 3}}{row}" for row in rows[1:])]
        return [*lines, *([self.note] if self.note else [])]

    def _repr_html_(self):
        parts = []
        for _, question, verdict, sentence in self._rows():
            kind = {True: "right", False: "wrong", None: "open"}[verdict]
            said = f"{MARKS[kind]} {marked(_said(verdict, sentence))}"
            told = f'<p class="exercise-report {kind}">{said}</p>' if sentence else ""
            parts.append(f"<li>{marked(question.text)}{_listed(question)}{told}</li>")
        given = html.escape("\n".join(self._given()))
        head = f"<p><strong>{html.escape(self.headline)}</strong></p>"
        return (
            f'<div class="drill">{head}<pre>{given}</pre><ol type="a">{"".join(parts)}</ol></div>'
        )


def _listed(question):
    """The choices as a list."""
    texts = [html.escape(one) for one in question.choices]
    lines = [
        f"<li><code>{one}</code></li>" if question.code else f"<li>{one}</li>" for one in texts
    ]
    return f"<ol>{''.join(lines)}</ol>" if lines else ""


def _said(verdict, sentence):
    word = {True: "Right", False: "Not yet", None: "No answer yet"}[verdict]
    return f"{word}: {sentence}"


def _rows_of(array):
    """The rows of an array, its columns under each other."""
    texts = np.vectorize(lambda one: f"{one + 0:g}")(np.atleast_2d(array))
    width = max(map(len, texts.flat))
    rows = [f"[{', '.join(text.rjust(width) for text in row)}]" for row in texts]
    if array.ndim == 1:
        return rows
    return [f"[{rows[0]}," if len(rows) > 1 else f"[{rows[0]}]", *(f" {r}," for r in rows[1:-1]),
            *([f" {rows[-1]}]"] if len(rows) > 1 else [])]  # fmt: skip
