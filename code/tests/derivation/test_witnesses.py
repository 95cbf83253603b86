"""Every line of every derivation of the book, judged by others than its prover.

By explicit entries at two further shapes; in NumPy, by central differences; and as a reader does,
from the LaTeX that is printed and from the MathML that is shown. Nothing is listed here:
`book.derivations` finds them all.
"""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    L,
    Sum,
    array,
    d,
    delta,
    derive,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    ones,
    outer,
)
from backprop.derivation.judges import explicit
from backprop.derivation.judges.entries import Entries
from backprop.derivation.language.matrices import matrices_of
from backprop.derivation.nodes import entry
from backprop.derivation.printing.styles import Latex, Part
from book.chapters.chapter import Chapter, derived, names
from book.website import maths
from evaluator import World
from latex_reader import Matrix, Reader, Unreadable, shape
from mathml_reader import shown
from wanted import WANTED

BOOK = {f"{name}: {key}": one for name, found in derived().items() for key, one in found.items()}
# Not those at which the checker looks itself; the larger networks have a width of 1 to be fast.
SHAPES = (3, 5, 2, 4), (5, 2, 4, 3)
SHAPES_OF_MANY = (3, 2, 4, 1, 5, 6), (4, 5, 2, 3, 1, 6)
SHAPES_WITH_INVERSE = (3, 4, 2, 5), (2, 5, 4, 3)  # one of 5 × 5 has too many terms
# S N P Q C I J, stride, padding, K R of a convolution: small ones, at which windows lie in X.
SHAPES_OF_IMAGES = (2, 3, 2, 3, 1, 4, 3, 2, 1, 3, 2), (3, 1, 3, 2, 2, 3, 4, 1, 2, 4, 3)
ROW = re.compile(r"(.*?) ?&(=|\\approx) (.*) && \\quad (.*)")


@pytest.fixture(params=BOOK)
def derivation(request):
    return BOOK[request.param]


def sizes(derivation, which=0):
    """{size: number} at one of two shapes."""
    found = [*derivation.shapes[0]]
    every = (SHAPES, SHAPES_OF_MANY, SHAPES_OF_IMAGES)
    numbers = next(one for one in every if len(found) <= len(one[0]))[which]
    if any(map(matrices_of, [*derivation.lines, *derivation.definitions.sides])):
        numbers = SHAPES_WITH_INVERSE[which]
    return dict(zip(found, numbers[: len(found)], strict=True))


def close(found, expected):
    """Equal to 1e-8 of the largest entry; a sum that is 0 is so but for its rounding."""
    expected = np.asarray(expected)
    assert np.all(np.isfinite(expected))
    rounding = max(1e-8 * np.abs(expected).max(), 1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=rounding)


# The other judge.


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1])
def test_every_line_holds_entry_by_entry(derivation, which):
    entries = Entries(sizes(derivation, which), derivation.definitions)
    lines = [derivation.target, *(step.expression for step in derivation.steps)]
    lines = [entry(line, *derivation.scope) for line in lines]
    for step, pair in zip(derivation.steps, pairwise(lines), strict=True):
        claim = step.facts.claim  # which is true by all that the derivation assumes
        assumed = derivation.hypotheses if claim else step.facts.hypotheses
        found = explicit.judge(*pair, derivation.scope, entries, assumed, claim)
        if step.how == "numbers":
            assert (found.values if found else True) is None, step.reason
        else:  # the residual is 0 as well where the judge needed SymPy's `expand` to see it
            assert found is None or found.residual == 0, step.reason


# In numbers.


def number(world, expression):
    """An expression at all entries of the derivation's target."""
    scope = world.derivation.scope
    at = {} if expression.shape else world.grid(scope, scope.values())
    return np.broadcast_to(world.value(expression, at), world.shape(scope.values()))


def test_every_line_agrees_with_finite_differences(derivation):
    world = World(derivation, sizes(derivation))
    measured = number(world, derivation.target)
    for step in derivation.steps:
        close(number(world, step.expression), measured)


# As it is read.


def rows(tex):
    """(left, sign, right, notes) of every line of a block; an empty left is the one above."""
    body = re.search(r"\\begin\{aligned\}\n(.*)\n\\end\{aligned\}", tex, re.S)[1]
    return [ROW.fullmatch(row).groups() for row in body.split(" \\\\[0.8ex]\n")]


def notes(tex):
    """{word: [formula]} of what stands beside a line: what it assumes, and where it holds."""
    tex = re.sub(
        r"\\(begin|end)\{array\}(\{l\})?", "", tex.removeprefix(r"{\small").removesuffix("}")
    )
    parts = [re.match(r"\s*\\text\{(assuming|where) \}(.*)", part) for part in tex.split(r" \\ ")]
    return [re.sub(r"\\text\{.*", "", part[2]) for part in parts if part]


def definitions(tex):
    """The formulas that stand below the lines."""
    below = re.split(r" \\\\(?:\[1ex\])?\s+", tex.split("\\end{aligned}")[1])
    return [
        found[1] for line in below if (found := re.match(r"\{\\small \\text\{with \}(.*)\}", line))
    ]


def everywhere(world, meaning, scope):
    """What something means at all entries of a scope, {letter: size}: an array, or a Matrix."""
    values = []
    for places in np.ndindex(world.shape(scope.values())):
        values.append(meaning(world, dict(zip(scope, places, strict=True))))
        if isinstance(values[0], Matrix):  # all entries at once
            return values[0]
    return np.reshape(values, world.shape(scope.values()))


def same(found, expected):
    """The same number everywhere, or the same matrix: a row is no column."""
    assert shape(found) == shape(expected)
    close(numbers_of(found), numbers_of(expected))


def numbers_of(meaning):
    return meaning.numbers if isinstance(meaning, Matrix) else meaning


def check_relation(world, tex, scope):
    """What a definition, an assumption or a condition says is true here."""
    left, sign, right, free = Reader(world.derivation, tex).relation()
    scope = scope | free
    if not sign:  # in words: the number is there, and the points that are drawn fulfill it
        assert np.all(np.isfinite(numbers_of(everywhere(world, left, scope))))
        return None
    if sign == "=":
        return same(everywhere(world, left, scope), everywhere(world, right, scope))
    found = numbers_of(everywhere(world, left, scope))
    try:
        number = right(world, {})
    except Unreadable:  # it has letters, as the margin of a hinge has
        number = numbers_of(everywhere(world, right, scope))
    assert np.all(found > number if sign == ">" else found != number)


def read(derivation, tex):
    """Read the whole block: compare each line with the left side and with what was judged."""
    world, left = World(derivation, sizes(derivation)), None
    scope = {} if derivation.target.shape else derivation.scope
    scope = {index.name: size for index, size in scope.items()}
    for step, (new, sign, right, beside) in zip(derivation.steps, rows(tex), strict=True):
        left = new or left
        assert sign == (r"\approx" if step.how == "numbers" else "=")
        sides = [
            everywhere(world, Reader(derivation, side).formula(), scope) for side in (left, right)
        ]
        same(*reversed(sides))
        judged = number(world, step.expression)
        close(numbers_of(sides[1]).reshape(judged.shape), judged)
        assert len(notes(beside)) == len(step.where) + len(step.facts.hypotheses)
        for formula in notes(beside):
            check_relation(world, formula, scope)
    cited = {array for step in derivation.steps for array in step.facts.arrays}
    assert len(definitions(tex)) >= len(cited)
    for formula in definitions(tex):
        check_relation(world, formula, {})


def read_all():
    for derivation in BOOK.values():
        read(derivation, derivation._repr_latex_())


def test_what_is_printed_is_what_was_judged(derivation):
    read(derivation, derivation._repr_latex_())


@pytest.fixture(scope="module")
def javascript():
    with maths.engine() as javascript:
        yield javascript


def test_what_is_shown_is_what_was_judged(derivation, javascript):
    """From the MathML that the page is made of, too."""
    tex = derivation._repr_latex_().strip("$")
    read(derivation, shown(javascript.call("mathml", tex, True)))


# What `derive` found is read and measured like what an author wrote.


@pytest.mark.slow
@pytest.mark.parametrize("name", WANTED)
def test_what_was_found_is_what_was_judged(name):
    target, define, assuming = WANTED[name]
    found = derive(target, define, assuming)
    for one in (*found.stages, found):
        read(one, one._repr_latex_())
        world = World(one, sizes(one))
        close(number(world, one.last), number(world, one.target))


# Who watches them. First the collection.

CHAPTER = """
```{code-cell} ipython3
:tags: [hide-input]

raise AssertionError("no derivation needs this cell")
```
```{code-cell} ipython3
from backprop.derivation import *

x, y = array("x"), array("y")

def cube(t):
    return t ** 3
```
```{code-cell} ipython3
powers = {"three": cube(x)}
powers["two"] = x * x
slopes = {name: Derivation(d(y, x), define={y: power}) for name, power in powers.items()}
slopes["two"].line(2 * x, "product rule", using=y)
```
```{code-cell} ipython3
pair = tuple(slopes.values())
for slope, factor in zip(pair, [x ** 2, x]):
    if not slope.steps:
        slope.line(3 * factor, "product rule", using=y)
display(pair)
unfinished = Derivation(d(y, x), define={y: x})
```
```{code-cell} ipython3
:tags: [raises-exception]

slopes["two"].line(3 * x, "wrong")
```
"""


def test_derivations_are_found_wherever_they_stand():
    found = Chapter("powers", CHAPTER).derivations
    assert Chapter("words", "A chapter with no derivation.\n").derivations == {}
    lasts = {name: str(one.last) for name, one in found.items()}
    assert lasts == {"slopes['three']": "3 · x^2", "slopes['two']": "2 · x"}


@pytest.mark.slow
def test_no_derivation_of_the_book_is_missed(monkeypatch):
    made, begin = [], Derivation.__init__
    monkeypatch.setattr(
        Derivation, "__init__", lambda one, *a, **k: made.append(one) or begin(one, *a, **k)
    )
    chapters = [Chapter(name, Chapter.read(name).text) for name in names()]
    found = [one for chapter in chapters for one in chapter.derivations.values()]
    assert {id(one) for one in made if one.steps} == {id(one) for one in found}
    assert len(found) == len(BOOK)


# Then the judges: what is wrong has to look wrong to them.

S, M, N, C = dimensions("S M N C")
i, j, k, a, b = indices("i j k a b")
X, W, Y, bias = array("X", S, M), array("W", N, M), array("Y", S, N), array("b", N)
Z, T, P = array("Z", S, C), array("T", S, C), array("P", S, C, positive=True)
LINEAR = {Y: X @ W.T + outer(ones(S), bias)}
SOFTMAX = {P[i, j]: exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C))}
dY, dP, h = gradient(Y), gradient(P), function("h")
CASES = [
    (d(L, W[a, b]), LINEAR, dY.T @ X, [2 * (dY.T @ X), 1 / S * (dY.T @ X), W]),
    (d(L, bias), LINEAR, dY.T @ ones(S), [bias, 1 / S * (dY.T @ ones(S))]),
    (d(L, X), LINEAR, dY @ W, [-dY @ W, X]),
    (d(L, Z), SOFTMAX, P * (dP - outer((dP * P) @ ones(C), ones(C))), [P * (dP - dP * P), dP * P]),
    (d(P[i, j], Z[i, k]), SOFTMAX, P[i, j] * (delta(j, k) - P[i, k]), [P[i, j] * (1 - P[i, j])]),
    (d(L, X), {Y: h(X @ W.T)}, (dY * h.prime(X @ W.T)) @ W, [(dY * h(X @ W.T)) @ W]),
    (T @ ones(C) + 0 * ones(S), {}, T @ ones(C), [ones(S), S * (T @ ones(C))]),
]  # fmt: skip


@pytest.mark.parametrize(("target", "define", "right", "wrong"), CASES)
def test_numbers_tell_right_from_wrong(target, define, right, wrong):
    derivation = Derivation(target, define=define)
    world = World(derivation, sizes(derivation))
    measured = number(world, target)
    close(number(world, right), measured)
    for line in wrong:
        with pytest.raises(AssertionError):
            close(number(world, line), measured)


def test_a_world_is_what_numpy_says():
    world = World(Derivation(d(L, W), define=LINEAR), {S: 3, M: 5, N: 2})
    X_, W_, b_ = (world.array(one) for one in (X, W, bias))
    assert X_.shape == (3, 5)
    close(world.array(Y), X_ @ W_.T + b_)
    moved = world.holding(bias, b_ + 1)
    close(moved.array(Y), world.array(Y) + 1)
    assert moved.array(W) is W_


@pytest.mark.parametrize(
    "tex",
    [
        "X W", "X + W", r"X \odot Y", "b b", r"b^{\top} X", "X_{iz}", "X_{i}", "Q",
        r"\frac{X}{Y}", "X^{2}", r"\sum_{i=1}^{C} X_{ij}", "(X", r"\frac{\partial L}{\partial Q}",
    ],
)  # fmt: skip
def test_nonsense_is_not_read(tex):
    world = World(derivation := Derivation(Y[i, j], define=LINEAR), sizes(derivation))
    with pytest.raises(Unreadable):
        Reader(derivation, tex).formula()(world, {"i": 0, "j": 0})


# Lies of a printer: each has to be noticed on one of the pages.


def swapped(method):
    return lambda self, above, below, *more: method(self, below, above, *more)


LATEX = {name: getattr(Latex, name) for name in vars(Latex) if not name.startswith("_")}
LIES = {
    "parentheses forgotten": ("group", lambda self, text: text),
    "a fraction upside down": ("fraction", swapped(Latex.fraction)),
    "1/S as −S": ("fraction", lambda self, above, below: Part(f"-{below.text}")),
    "a derivative upside down": ("partial", swapped(Latex.partial)),
    "a transpose forgotten": ("transpose", lambda self, text: Part(text)),
    "a minus forgotten": ("minus", ""),
    "⊘ for ⊙": ("hadamard", Latex.divide),
    "a product for ⊘": ("divide", " "),
    "a sum for a product": ("times", " + "),
    "⊙ for a matrix product": ("matmul", Latex.hadamard),
    "indices in reverse": (
        "subscript",
        lambda self, of, at: LATEX["subscript"](self, of, at[::-1]),
    ),
    "an exponent forgotten": ("power", lambda self, base, exponent: Part(base)),
    "a root forgotten": ("root", lambda self, text: Part(text)),
    "a Σ forgotten": ("sigma", lambda self, index, size: ""),
    "another index below Σ": ("sigma", lambda self, index, size: LATEX["sigma"](self, "z", size)),
    "a prime forgotten": (
        "apply",
        lambda self, h, x, scalar: LATEX["apply"](self, replace(h, order=0), x, scalar),
    ),
    "a square of ones": ("ones", lambda self, shape: LATEX["ones"](self, shape * 2)),
    "δ for 1": ("delta", "1 "),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_printer_that_lies_is_caught(lie, monkeypatch):
    monkeypatch.setattr(Latex, *LIES[lie])
    with np.errstate(all="ignore"), pytest.raises((AssertionError, Unreadable)):
        read_all()
