"""The page says what was judged: no letter means two things, and what a line rests on is shown."""

import random
import re

import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Sum,
    VacuousStep,
    WrongStep,
    array,
    chain_rule,
    d,
    diag,
    dimensions,
    exp,
    gradient,
    indices,
    log,
    ones,
    outer,
    sqrt,
)
from backprop.derivation.printing import printer
from backprop.derivation.printing.printer import latex, text

S, M = dimensions("S M")
i, j, k, l, m = indices("i j k l m")  # noqa: E741
A, B, C, v = array("A", M, M), array("B", M, M), array("C", M, M), array("v", M)
x, T, Y, q = array("x"), array("T", S, M), array("Y", S, M), array("q", S, M)
EVERY = (i, 1, S), (j, 1, M)


def test_the_index_of_a_product_is_a_letter_of_its_own():
    assert text((A @ B)[i, j]) == "Σ_{k=1..M} A_ik · B_kj"
    assert text((A @ B)[i, k]) == "Σ_{m=1..M} A_im · B_mk"
    nested = text((A @ B @ C)[i, j])
    assert nested == "Σ_{k=1..M} (Σ_{m=1..M} A_im · B_mk) · C_kj"
    assert latex((A @ B)[i, k]) == r"\sum_{m=1}^{M} A_{im} \, B_{mk}"


def test_a_letter_of_the_left_side_is_not_summed_on_the_right():
    Z = array("Z", M, M)
    made = Derivation(Z[k, j], define={Z: A @ B}).line((A @ B)[k, j], "what Z is", using=Z)
    assert "Z_kj = Σ_{m=1..M} A_km · B_mj" in str(made)
    beside = Derivation(x * v[k]).line(v[k] * x + 0 * (A @ B)[1, 1], "nothing is added")
    assert "Σ_{m=1..M}" in str(beside)


def test_what_differs_is_not_called_the_same():
    with pytest.raises(WrongStep):
        Derivation((A @ B @ A)[i, j]).line((A @ B.T @ A)[i, j], "(wrong) a transpose")
    with pytest.raises(VacuousStep):
        Derivation((A @ B @ A)[i, j]).line((A @ B @ A)[i, j], "the same again")


# The fuzz: entries of random products, printed and read back in numbers.

NUMBERS = {
    one.name: np.random.default_rng(n).uniform(0.3, 2, (2, 2)) for n, one in enumerate((A, B, C))
}
NUMBERS["v"] = np.array([0.7, 1.9])
SIGMA = re.compile(r"Σ_\{(\w+'*)=1\.\.M\} ")


def product(rng, depth):
    """A random matrix made of products, and of entries of products within them."""
    if depth == 0:
        return rng.choice([A, B, C])
    one, two = product(rng, depth - 1), product(rng, depth - 1)
    kinds = [one @ two, one @ two, one @ two.T, (one @ two).T, one + two, one * two]
    kinds += [diag(v) @ one, outer(one @ v, v @ two)]
    return rng.choice(kinds)


def value(matrix):
    """What a matrix is, by NumPy."""
    kind, parts = type(matrix).__name__, [value(part) for part in matrix.children() if part.shape]
    if kind == "Array":
        return NUMBERS[matrix.name]
    made = {"MatMul": np.matmul, "Add": np.add, "Mul": np.multiply, "Transpose": np.transpose,
            "Outer": np.outer, "Diag": np.diag}  # fmt: skip
    return made[kind](*parts)


def read(plain, at):
    """The number that a line of plain text stands for, letter by letter; no letter may mean two."""
    plain = plain.replace("·", "*").replace("−", "-")
    match = SIGMA.search(plain)
    if not match:
        return eval(re.sub(r"([ABCvδ])_(\S+?)(?=[\s)]|$)", lambda one: entry(one, at), plain))
    letter, end = match[1], closing(plain, match.end())
    assert letter not in at, "a letter that has a meaning already is summed"
    inner = plain[match.end() : end]
    total = sum(read(inner, {**at, letter: n}) for n in range(2))
    return read(f"{plain[: match.start()]}({float(total)!r}){plain[end:]}", at)


def closing(plain, start):
    """Where what is summed ends: at the bracket that closes around it, or at a + outside."""
    depth = 0
    for place in range(start, len(plain)):
        depth += {"(": 1, ")": -1}.get(plain[place], 0)
        if depth < 0 or depth == 0 and plain[place : place + 3] in (" + ", " - "):
            return place
    return len(plain)


def entry(match, at):
    letters = match[2].split(",") if "," in match[2] else re.findall(r"\w'*", match[2])
    places = tuple(at[one] for one in letters)
    if match[1] == "δ":
        return str(float(places[0] == places[1]))
    return repr(float(NUMBERS[match[1]][places]))


def check(seeds):
    for seed in seeds:
        rng = random.Random(seed)
        matrix = product(rng, rng.choice([1, 2, 2, 3]))
        row, column = rng.choice([(i, j), (i, k), (k, m), (m, l), (j, i)])
        shown = text(matrix[row, column])
        found = read(shown, {row.name: 0, column.name: 1})
        assert np.isclose(found, value(matrix)[0, 1], rtol=1e-9), shown


def test_entries_of_products_are_printed_as_they_are():
    check(range(300))


def test_a_printer_with_one_letter_for_all_is_caught(monkeypatch):
    letters = lambda expression, taken=(): {  # noqa: E731
        index: index.name for index in printer.indices_in(expression)
    }
    monkeypatch.setattr(printer, "letters", letters)
    with pytest.raises(AssertionError):
        check(range(300))


# Conditions.

p = array("p", positive=True)
RESTS_ON = [
    (T[i, j] * Y[i, j] / Y[i, j], T[i, j], "Y ≠ 0", r"Y \neq 0"),
    (T[i, j] * exp(log(Y[i, j])), T[i, j] * Y[i, j], "Y > 0", "Y > 0"),
    (T[i, j] * sqrt(Y[i, j]) ** 2, T[i, j] * Y[i, j], "Y > 0", "Y > 0"),
    (T[i, j] * x**-1 * x, T[i, j], "x ≠ 0", r"x \neq 0"),
    (T[i, j] * p / p, T[i, j], "p > 0", "p > 0"),
]


@pytest.mark.parametrize(("formula", "line", "plain", "tex"), RESTS_ON)
def test_a_definition_that_is_opened_brings_its_conditions(formula, line, plain, tex):
    r = array("r")
    define = {q[i, j]: formula, r: Sum(q[i, j], *EVERY)}
    opened = Derivation(q[i, j], define=define).line(line, "cancel", using=q)
    total = Derivation(r, define=define)
    total.line(Sum(line, *EVERY), "cited", using=(r, opened))
    again = Derivation(2 * r, define=define)
    again.line(2 * Sum(line, *EVERY), "cited twice", using=total)
    for made in (opened, total, again):
        assert f"where {plain}" in str(made)
        assert rf"\text{{where }}{tex}" in made._repr_latex_()


def test_a_condition_by_definition_is_not_repeated():
    P, r = array("P", S, M, positive=True), array("r", positive=True)
    define = {P[i, j]: exp(Y[i, j]), r: Sum(P[i, j] ** 2, *EVERY) + p, L: log(r) / p}
    made = Derivation(d(L, P), define=define).line(2 / (p * r) * P, "a square", using=(L, r))
    shown = [str(one.what) for one in made.steps[0].where]
    assert sorted(shown) == ["p", "r"]


def test_a_gradient_with_conditions_says_them_where_it_is_cited():
    define = {L: Sum(log(Y[i, j]), *EVERY), Y[i, j]: x * T[i, j]}
    upstream = Derivation(d(L, Y), define=define).line(ones(S, M) / Y, "log", using=L)
    made = Derivation(d(L, T), define=define)
    made.line(x * gradient(Y), "a factor", using=(chain_rule, Y))
    made.line(x * (ones(S, M) / Y), "the gradient at Y", using=upstream)
    assert {(str(one.what), one.sign) for one in made.steps[1].where} == {("Y", "≠"), ("Y", ">")}
    with pytest.raises(DerivationError):
        made.line(ones(S, M) / T, "x cancels, and nothing is said of Y")
