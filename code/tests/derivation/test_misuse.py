"""Misuse is answered in words: whatever is given to the language, no other error comes out."""

import contextlib
import copy
import itertools
import math
import operator
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from backprop import derivation
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    NotProved,
    ShapeError,
    Sum,
    WrongStep,
    array,
    as_sympy,
    chain_rule,
    d,
    delta,
    diag,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    loss,
    maximum,
    minimum,
    ones,
    outer,
    rows_sum_to_one,
    sqrt,
)
from backprop.derivation.judges import work
from backprop.derivation.judges.explicit import terms_of
from backprop.derivation.judges.zero import is_zero
from backprop.derivation.nodes import node

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, Y = array("X", S, M), array("W", N, M), array("Y", S, N)
A, B, u, v = array("A", M, M), array("B", M, M), array("u", M), array("v", M)
x, y, h = array("x"), array("y"), function("h")
LINEAR = {Y: X @ W.T}


def begin(target=None, **options):
    return Derivation(d(L, W) if target is None else target, **{"define": LINEAR, **options})


# Everything that an author calls, with one place for something that does not belong there.
CALLS = {
    "a target": lambda it: Derivation(it),
    "define": lambda it: begin(define=it),
    "a name that is defined": lambda it: begin(define={it: X}),
    "a definition": lambda it: begin(define={Y: it}),
    "a definition of entries": lambda it: begin(define={Y[i, j]: it}),
    "sizes": lambda it: begin(sizes=it),
    "a size": lambda it: begin(sizes={S: it, M: 3, N: 4}),
    "a line": lambda it: begin().line(it, "a reason"),
    "a line of entries": lambda it: begin(d(L, W[a, b])).line(it, "a reason"),
    "a reason": lambda it: begin().line(2 * gradient(W), it),
    "using": lambda it: begin().line(2 * gradient(W), "a reason", using=it),
    "using two": lambda it: begin().line(2 * gradient(W), "a reason", using=(chain_rule, it)),
    "how": lambda it: begin().line(2 * gradient(W), "a reason", how=it),
    "array": lambda it: array(it),
    "a shape": lambda it: array("R", S, it),
    "positive": lambda it: array("R", S, positive=it),
    "as_sympy": as_sympy,
    "d of": lambda it: d(it, W[a, b]),
    "d by": lambda it: d(L, it),
    "d of an entry by": lambda it: d(Y[i, j], it),
    "delta": lambda it: delta(i, it),
    "diag": diag,
    "dimensions": dimensions,
    "indices": indices,
    "function": function,
    "gradient": gradient,
    "of=": lambda it: gradient(W, of=it),
    "loss": loss,
    "ones": ones,
    "outer": lambda it: outer(u, it),
    "rows_sum_to_one": rows_sum_to_one,
    "sqrt": sqrt,
    "exp": exp,
    "h": h,
    "Σ of": lambda it: Sum(it, (i, 1, S)),
    "a range": lambda it: Sum(X[i, k], it),
    "an index of Σ": lambda it: Sum(X[i, k], (it, 1, S)),
    "the start of Σ": lambda it: Sum(X[i, k], (i, it, S)),
    "the end of Σ": lambda it: Sum(X[i, k], (i, 1, it)),
    "an index": lambda it: X[i, it],
    "one index": lambda it: X[it],
    "an exponent": lambda it: x**it,
    **{f"x {sign} it": lambda it, sign=sign: getattr(operator, sign)(x, it)
       for sign in ("add", "sub", "mul", "truediv", "matmul")},
    **{f"it {sign} X": lambda it, sign=sign: getattr(operator, sign)(it, X)
       for sign in ("add", "sub", "mul", "truediv", "matmul", "pow", "xor", "mod", "floordiv")},
}  # fmt: skip
THINGS = [
    None, True, 0, 3, -2, 0.5, math.nan, 1j, Decimal("0.5"), Fraction(1, 3), "X", "", "x+y", b"X",
    [], [X], [i, j], (), (X, 1), (i, 1, S), set(), {Y}, {}, {Y: X}, {"S": 2}, range(3),
    frozenset({X}),
    int, print, lambda: 0, object(), NotImplemented, ..., slice(None), iter([X]), Exception("X"),
    np.float64(0.5), np.int64(2), np.ones(3), np.ones((3, 3)), np.array("X"), np.array([1, 2]),
    np.nan,
    sympy.Symbol("x"), sympy.nan, sympy.oo, sympy.pi, sympy.Rational(1, 2), sympy.Matrix([1]),
    sympy.sin, S, i, x, L, X, W, u, X[i, k], X.T, h, h.prime,
    exp, gradient(Y), d(Y[i, j], W[a, b]), u @ v, Sum(X[i, k], (i, 1, S)), delta(i, j), ones(S),
    chain_rule, rows_sum_to_one(X), Derivation(x + y), Derivation(x + y).line(y + x, "swapped"),
    derivation, DerivationError, array("R", S, M, N), node(1), loss("C"), array("e1"),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_wrong_types_are_refused_in_words_or_make_sense(call):
    for thing in THINGS:
        if not (call in KEYS and unhashable(thing)):  # Python's own: {[]: X} is no dictionary
            with contextlib.suppress(DerivationError):
                repr(CALLS[call](thing))


KEYS = ("a name that is defined",)


def unhashable(thing):
    try:
        hash(thing)
    except TypeError:
        return True
    return False


CURES = {
    "ones(S) @ X": [lambda: X.sum(axis=0), lambda: np.sum(X), lambda: X.mean(), lambda: np.mean(X)],
    "write A @ B": [lambda: np.dot(A, B), lambda: A.dot(B), lambda: np.matmul(A, B)],
    "write outer(u, v)": [lambda: np.outer(u, v)],
    "write A.T": [lambda: np.transpose(A)],
    "without brackets: A.T": [lambda: A.T()],
    "write ** for a power": [lambda: x ^ 2, lambda: Sum(X[i, k], (i, 1, S)) ^ 2, lambda: A ^ "T"],
    "write exp(X)": [lambda: np.exp(X)],
    "write exp(x)": [lambda: sympy.exp(x)],
    "exp(x * log(2))": [lambda: 2**x],
    "X / 2": [lambda: 0.5 * X, lambda: X * 0.5, lambda: 1 / 2 * Sum(X[i, k], (i, 1, S))],
    "numbers of NumPy": [
        lambda: np.float64(0.5) * X, lambda: np.ones(3) * u, lambda: np.ones(3) @ u,
    ],
    "a letter or an integer from 1": [
        lambda: X[0, k], lambda: X[1.5, k], lambda: X[x, k],
    ],
    "take sizes from the shape": [
        lambda: range(S), lambda: np.ones(S), lambda: math.exp(x), lambda: int(S), lambda: [0][S],
        lambda: np.array(X), lambda: np.array([X, X]), lambda: float(x),
    ],
    "the letter of its axis": [lambda: len(u), lambda: len(X)],
    "write Sum(": [lambda: list(X), lambda: sum(X), lambda: [row for row in X], lambda: x in X],
    "define={Y[i, j]": [lambda: operator.setitem(X, (i, k), x)],
    "there is a kink": [lambda: x >= 0, lambda: X <= Y],
    "nobody knows which": [lambda: 0 < x < 1, lambda: not X > 0, lambda: max(x, y)],
    "> compares equal shapes": [lambda: X > x, lambda: X > u],
    "for a letter c": [lambda: x < X],
    "write maximum(A, B)": [lambda: np.maximum(X, 0)],
    "write (X > 0) * A": [lambda: np.where(X, 1, 0)],
    "needs the same shape": [lambda: maximum(X, u), lambda: minimum(u, Y)],
    "write what it is applied to": [lambda: h * 2, lambda: h + h, lambda: 2 - h.prime],
    "of one scalar": [lambda: h(), lambda: h(x, y)],
    "too large": [
        lambda: sum([y] * 300, node(0)),
        lambda: nested(400),
        lambda: doubled(40),
    ],
    "with more axes": [lambda: array("R", S, M, N) @ ones(N)],
    "takes a scalar that has a name": [lambda: gradient(W, of=Y[i, j]), lambda: gradient(Y, of=X)],
    "is fixed when a derivation begins": [lambda: setattr(Derivation(x + y), "target", 2 * x)],
    "M is no size of this derivation (S)": [
        lambda: Derivation(Sum(x, (i, 1, S))).line(Sum(x, (i, 1, M)), "(wrong)")
    ],
    "add it: using=chain_rule": [
        lambda: begin(d(L, W[a, b])).line(
            Sum(gradient(Y)[i, j] * d(Y[i, j], W[a, b]), (i, 1, S), (j, 1, N)), "(not said)"
        )
    ],
}  # fmt: skip


def nested(depth):
    e = x
    for _ in range(depth):
        e = h(e)
    return e


def doubled(times):
    e = x
    for _ in range(times):
        e = e + e
    return e


@pytest.mark.parametrize("cure", CURES)
def test_each_refusal_says_what_to_write(cure):
    for attempt in CURES[cure]:
        with pytest.raises(DerivationError) as error:
            attempt()
        assert cure in str(error.value)


def test_letters_are_still_objects_of_python():
    assert copy.deepcopy(X) == copy.copy(X) == pickle.loads(pickle.dumps(X)) == X
    assert hash(X) == hash(array("X", S, M))
    assert X != W
    assert sympy.Rational(1, 2) * x == Fraction(1, 2) * x
    assert x
    assert not hasattr(x, "no_such_thing")


NAMES = ["2", "1", "x+y", "X}\\\\&=0", "X\n", "\n", "x_1", "x y", "", " ", "'", "Aᵀ", "x²", "W⁽¹⁾",
         "é̂", "½", "^{(1)}", "X^{(1", "A'B", "x-", "∂", "Σ·", "$x$", "\\alpha",
         "x\u200b"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_can_not_be_read_as_a_formula(name):
    for make in (array, loss, function):
        with pytest.raises(DerivationError, match="a name is letters"):
            make(name)
    if name.strip() and " " not in name and "\n" not in name:
        for make in (dimensions, indices):
            with pytest.raises(DerivationError, match="a name is letters"):
                make(name)


def test_names_that_are_printed_like_something_else_are_refused():
    for make in (lambda: array("pi"), lambda: array("e"), lambda: array("delta", M, M)):
        with pytest.raises(DerivationError, match="meaning of its own"):
            make()
    numbered = array("x", M)
    with pytest.raises(DerivationError, match="look alike"):
        Derivation(numbered[1] + array("x1"))
    with pytest.raises(DerivationError, match="S is an array and a size"):
        Derivation(array("S", S)[i] * x)
    for name in ("X", "W1", "T'", "W^{(1)}", "λ", "lambda", "W12", "beta"):
        assert array(name, S).name == name


REASONS = [r"$\\ &= 2$", r"$\end{aligned}$", "$a & b$", "$} {$", r"$\begin{x}$", r"$\llap{x}$",
           r"$\def\x{y}$", "a\nb", "$a % b$", r"$\kern-9em$", r"$\tag{1}$",
           "$#1$", r"$\cr$"]  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_can_not_add_to_the_page(reason):
    with pytest.raises(DerivationError, match="reason"):
        Derivation(x + 1).line(1 + x, reason)


def test_a_reason_may_have_formulas():
    for reason in (
        r"as $\frac{1}{2} \cdot 2 = 1$",
        "$Y > 0$",
        r"$\hat{y}$, $e^{z_1}$",
        "X_ik is here",
    ):
        assert Derivation(x + 1).line(1 + x, reason).proved


# What a scalar is, wherever one may stand; arrays of more than two axes; real values.


def test_two_vectors_make_a_scalar():
    assert Derivation(u @ v).line(v @ u, "symmetric").proved
    for target, define, using in [
        (d(u @ A @ u, u), {}, ()),
        (d(u @ A @ u, u[a]), {}, ()),
        (d(L, u), {L: u @ A @ u}, L),
    ]:
        right, wrong = (A + A.T) @ u, 2 * (A @ u)
        if target.shape == ():
            right, wrong = right[a], wrong[a]
        Derivation(target, define=define).line(right, "both places", using=using)
        with pytest.raises(WrongStep):
            Derivation(target, define=define).line(wrong, "(wrong)", using=using)
    total = Derivation(ones(S) @ (X * X) @ ones(M))
    assert total.line(Sum(X[i, k] ** 2, (i, 1, S), (k, 1, M)), "all squares").proved
    Derivation(d(u @ v / sqrt(v @ v), u)).line(v / sqrt(v @ v), "linear in u")
    cancelled = Derivation(x / (u @ v) * (u @ v)).line(x, "cancel")
    assert "where uᵀ @ v ≠ 0" in str(cancelled)
    assert Derivation(1 / (u @ u + 1)).line(1 / (1 + u @ u), "a sum of squares").proved
    assert Derivation(exp(u @ v) * X[i, k]).line(X[i, k] * exp(v @ u), "swapped").proved
    assert str((u @ v) * A) == "(uᵀ @ v) · A"


def test_arrays_with_more_axes_are_added_and_multiplied():
    P, Q, c = array("P", S, M, N), array("Q", S, M, N), indices("c")
    made = Derivation(d(L, P), define={Q: P * P + h(P)})
    made.line(2 * P * gradient(Q) + h.prime(P) * gradient(Q), "squares", using=(chain_rule, Q))
    assert made.proved
    with pytest.raises(WrongStep):
        Derivation(d(L, P), define={Q: P * P}).line(
            P * gradient(Q), "(wrong)", using=(chain_rule, Q)
        )
    Derivation(P[a, b, c] + ones(S, M, N)[a, b, c]).line(1 + P[a, b, c], "a one everywhere")
    for wrong in (lambda: P.T, lambda: P @ P, lambda: P + X, lambda: diag(P), lambda: outer(P, u)):
        with pytest.raises(ShapeError):
            wrong()


TRUE_WHERE_REAL = {
    "roots": (sqrt(x) * sqrt(y), sqrt(x * y)),
    "logarithms": (exp(derivation.log(x) / 2 + derivation.log(y) / 2), sqrt(x * y)),
    "a quotient of roots": (sqrt(x) / sqrt(y), sqrt(x / y)),
    "three roots": (sqrt(x) * sqrt(y) * sqrt(x * y), x * y),
    "by way of a difference": (sqrt(x - y) * sqrt(x - y), x - y),
}


@pytest.mark.parametrize("what", TRUE_WHERE_REAL)
def test_numbers_without_a_real_value_refute_nothing(what):
    before, after = TRUE_WHERE_REAL[what]
    try:
        Derivation(before).line(after, "true wherever both have a value")
    except NotProved:
        pass
    with pytest.raises(WrongStep):
        Derivation(before).line(2 * after, "(wrong)")


def test_two_unknown_functions_differ_in_numbers():
    names = ["h", "o", *(f"{one}{n}" for one in "fgh" for n in range(1, 5))]
    for one, other in itertools.combinations(map(function, names), 2):
        with pytest.raises(WrongStep):
            Derivation(one(x)).line(other(x), "(wrong)", how="numbers")


def test_definitions_may_stand_in_another_order():
    U = array("U", S, N)
    one, two = {Y: X @ W.T, U: Y * Y}, {U: Y * Y, Y: X @ W.T}
    known = Derivation(d(L, Y), define=one).line(
        2 * Y * gradient(U), "square", using=(chain_rule, U)
    )
    made = Derivation(d(L, W), define=two)
    made.line((2 * Y * gradient(U)).T @ X, "cited", using=(chain_rule, Y, known))
    assert made.proved


# A line that is too large is refused, after a number of steps that does not depend on the machine.


def test_a_line_that_is_too_large_is_not_proved_and_says_why(monkeypatch):
    monkeypatch.setattr(work, "MOST", 300)
    square = sum(([x, y, array("z"), array("w")] * 2), node(1))
    with pytest.raises(NotProved, match="too large to be compared .*put a smaller step"):
        Derivation(square**4).line(square**2 * square**2 + 0 * x, "true, and long")
    letters = indices("i j k l m n p q")
    every_pair = (h(A[p, q]) for p, q in itertools.combinations(letters, 2))
    terms = Sum(math.prod(every_pair, start=node(1)), *((p, 1, M) for p in letters))
    monkeypatch.setattr(work, "MOST", 30)
    with pytest.raises(NotProved, match="too large"):
        Derivation(terms).line(terms + 0 * x, "true, and symmetric")


SAYS = "too large to be compared .*put a smaller step in between, or give a part of it a name"


def test_the_search_for_a_counterexample_ends_in_words(monkeypatch):
    """Nothing under the root is ever positive, so no numbers refute the line."""
    monkeypatch.setattr("backprop.derivation.steps.WRITTEN_OUT", 20)
    p, q = indices("p q")
    below = Sum(-1 - A[p, q] ** 2, (p, 1, M), (q, 1, M))
    with pytest.raises(NotProved, match=SAYS):
        Derivation(sqrt(below)).line(2 * sqrt(below), "wrong")


@pytest.mark.parametrize("kind", ["fractions", "a logarithm", "an exponent"])
def test_what_the_other_judge_may_not_begin_is_refused_in_words(kind):
    letters = sympy.symbols("a b c d e f g h", positive=True)
    large = (sum(letters)) ** 9 + 1
    many = sum(1 / (one**2 + letters[0] + 1) for one in letters[1:])
    line = {
        "fractions": many**40 * (1 + many) - many**40 - many**41,
        "a logarithm": sympy.log(large / (large + 1)),
        "an exponent": sympy.exp(large * (large + 1)) - 1,
    }[kind]
    with pytest.raises(work.TooMuch, match=SAYS), work.limited(1000):
        is_zero(line)


def test_numbers_of_functions_inside_each_other_are_short():
    """Exact, the value of h(h(… h(x))) has a number of digits that is 5 to the depth."""
    nested = x
    for _ in range(15):
        nested = h(nested)
    with pytest.raises(WrongStep, match="in numbers"):
        Derivation(nested).line(2 * nested, "(wrong)")


@pytest.mark.slow
@pytest.mark.parametrize("power", [30, 200])
def test_a_power_is_not_multiplied_out_to_show_a_difference(monkeypatch, power):
    counted = []
    expand = sympy.expand
    monkeypatch.setattr(sympy, "expand", lambda one: counted.append(one) or expand(one))
    four = x + y + array("z") + 1
    with pytest.raises(WrongStep):
        Derivation(four**power).line(four ** (power - 1) * (four + 1), "(wrong)")
    assert [one for one in counted if terms_of(one) > 2000] == []


def test_the_limit_is_far_above_what_is_needed():
    chain = [A[p, q] for p, q in itertools.pairwise(indices("i j k l m n p q r s"))]
    letters = indices("i j k l m n p q r s")
    cycle = Sum(math.prod(chain, start=node(1)) * A[letters[-1], letters[0]],
                *((p, 1, M) for p in letters))  # fmt: skip
    turned = Sum(math.prod(chain[1:], start=node(1)) * A[letters[-1], letters[0]] * chain[0],
                 *((p, 1, M) for p in letters[::-1]))  # fmt: skip
    assert Derivation(cycle).line(turned, "a trace is cyclic").proved
