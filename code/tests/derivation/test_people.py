"""The language for people: what a newcomer gets wrong leads on, and few tries are enough."""

import re

import pytest
from backprop import derivation as language
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    NotProved,
    ShapeError,
    Sum,
    UncitedFact,
    UnusedFact,
    WrongStep,
    array,
    auto,
    chain_rule,
    d,
    delta,
    diag,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    legend,
    ones,
    outer,
    pi,
    rows_sum_to_one,
    sqrt,
)
from backprop.derivation.printing.typed import WIDTH, typed

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, bias = array("X", S, M), array("W", N, M), array("b", N)
Y, T = array("Y", S, N), array("T", S, N)
dY = gradient(Y)
every = [(i, 1, S), (j, 1, N)]
REGRESSION = {
    Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j],
    L: 1 / (2 * S) * Sum((Y[i, j] - T[i, j]) ** 2, *every),
}


def begin(target=None, define=REGRESSION):
    return Derivation(d(L, W[a, b]) if target is None else target, define=define)


# A newcomer's cell, and what is refused in it, one after the other: (what the message has to say
# so that it leads on, what is replaced, by what). Nothing is replaced that no message named.
NAMES = """
S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, bias = array("X", S, M), array("W", N, M), array("b", N)
Y, T = array("Y", S, N), array("T", S, N)
dY = gradient(Y)
"""
NEWCOMERS = {
    "by NumPy": (
        """
dW = Derivation(d(L, W), define={Y: X @ W.T + bias, L: 1 / (2 * S) * ((Y - T) ** 2).sum()})
dW.line((Y - T).T @ X, "chain rule")
""",
        [
            ("X @ W.T + outer(ones(S), b)", "W.T + bias", "W.T + outer(ones(S), bias)"),
            ("ones(S) @ ((Y - T) * (Y - T)) @ ones(N)",
             "((Y - T) ** 2).sum()", "(ones(S) @ ((Y - T) * (Y - T)) @ ones(N))"),
            ("with the factor 1 / S, the line holds by using=(Y, L)",
             '(Y - T).T @ X, "chain rule"', '1 / S * (Y - T).T @ X, "chain rule", using=(Y, L)'),
        ],
    ),
    "by indices": (
        """
dW = Derivation(d(L, W), define={Y[i, j]: Sum(X[i, k] * W[j, k], k) + bias[j]})
dW.line(Sum(dY[i, j] * d(Y[i, j], W[a, b]), (i, 1, S), (j, 1, N)), "chain rule")
dW.line(Sum(dY[i, j] * delta(j, a) * X[i, b], (i, 1, S), (j, 1, N)), "only W_ab")
dW.line(dY.T @ X, "as matrices")
""",
        [
            ("(k, 1, M)", "W[j, k], k)", "W[j, k], (k, 1, M))"),
            ("Derivation(d(L, W[a, b])", "Derivation(d(L, W),", "Derivation(d(L, W[a, b]),"),
            ("using=auto", 'W_ab")', 'W_ab", using=auto)', 'rule")', 'rule", using=auto)'),
        ],
    ),
    "by the chain rule of numbers": (
        """
dW = Derivation(d(L, W), define={Y: X @ W.T})
dW.line(dY * d(Y, W), "chain rule", using="chain_rule")
""",
        [
            ("d(Y[i, j], W[a, b]); the chain rule sums over those of Y, in Derivation(d(L, W[a",
             "d(L, W)", "d(L, W[a, b])", "dY * d(Y, W)",
             "Sum(dY[i, j] * d(Y[i, j], W[a, b]), (i, 1, S), (j, 1, N))"),
            ("without quotes", '"chain_rule"', "chain_rule"),
        ],
    ),
    "by shapes": (
        """
db = Derivation(d(L, bias), define={Y[i, j]: X @ W.T + outer(ones(S), bias)})
db.line(dY, "the derivative of b is 1", using=auto)
""",
        [
            ("{Y: X @ W.T + outer(ones(S), b)}", "Y[i, j]:", "Y:"),
            ("ones(S) @ dY", "line(dY", "line(ones(S) @ dY"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("who", NEWCOMERS)
def test_a_newcomer_needs_four_tries_at_most(who):
    cell, refused = NEWCOMERS[who]
    for says, *changes in refused:
        with pytest.raises(DerivationError) as caught:
            run(cell)
        assert says in str(caught.value)
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in cell
            cell = cell.replace(old, new)
    run(cell)
    assert len(refused) + 1 <= 4


def run(cell):
    exec(NAMES + cell, dict(vars(language)))


CURES = {
    "in each row, write X @ W.T + outer(ones(S), b)": lambda: X @ W.T + bias,
    "in each column, write outer(r, ones(M)) * X": lambda: array("r", S) * X,
    "written out: ones(S, N) - Y": lambda: 1 - Y,
    "written out: Y + 2 * ones(S, N)": lambda: Y + 2,
    "the shapes meet in X @ W.T (S×N)": lambda: X @ W,
    "@ is the matrix product: dY.T @ X (N×M)": lambda: dY.T * X,
    "a scalar factor is written with *: 2 * X": lambda: 2 @ X,
    "as the transpose has: dY.T @ X": lambda: begin(d(L, W)).line(X.T @ dY, "why"),
    "all products is outer(ones(S), b)": lambda: ones(S) @ bias,
    "d(L, W)": lambda: L / W,
    "write ones(S) @ dY": lambda: dY.sum(axis=0),
    "write dY @ ones(N)": lambda: dY.sum(axis=1),
    "write ones(N) @ b": lambda: bias.sum(),
    "write 1 / (S * N) * (ones(S) @ (Y - T) @ ones(N))": lambda: (Y - T).mean(),
    "outer(…, ones(M)) repeats it": lambda: X.sum(axis=1, keepdims=True),
    "write it by entries, sqrt(Y[i, j])": lambda: sqrt(Y),
    "the sum of all its entries is ones(S) @ Y @ ones(N)": lambda: Sum(Y),
    "Sum(Y[i, j], (i, 1, S), (j, 1, N))": lambda: Sum(Y, *every),
    "Sum(…, (i, 1, S), (j, 1, N))": lambda: Sum(Y[i, j], i, j),
    "put a star": lambda: Sum(Y[i, j], every),
    "one bracket, [i, j]": lambda: Y[i],
    "a row is no expression": lambda: Y[i, :],
    "counted from 1": lambda: Y[0, j],
    "the whole array: {Y: X @ W.T}": lambda: begin(d(L, W), {Y[i, j]: X @ W.T}),
    "its entries: {Y[i, j]: …}": lambda: begin(d(L, W), {Y: X[i, 1] * W[j, 1]}),
    "all entries is ones(S) @ Y @ ones(N)": lambda: begin(d(L, W), {L: Y}),
    "is a formula": lambda: begin(d(L, W), {X @ W.T: Y}),
    "without quotes": lambda: begin(d(L, W), {"Y": X @ W.T}),
    "j runs to N": lambda: begin().line(
        Sum(dY[i, j] * delta(i, a) * X[i, b], *every), "why", using=auto
    ),
    "a sum over it is Sum(…, (i, 1, S))": lambda: begin().line(dY[i, a] * X[i, b], "why"),
    "either all by entries": lambda: begin(d(L, W)).line(dY * X[i, b], "why"),
    "S is no axis of ∂L/∂b: add up over it, ones(S) @ dY": lambda: begin(d(L, bias)).line(
        dY, "why"
    ),
    "every line needs a reason": lambda: begin().line(dY),
    'name it first, S, M = dimensions("S M")': lambda: array("X", 5, 4),
    "an index has no value": lambda: X @ W.T + b,
}


@pytest.mark.parametrize("cure", CURES)
def test_a_refusal_says_what_to_write(cure):
    with pytest.raises(DerivationError, match=re.escape(cure)):
        CURES[cure]()


def test_what_a_refusal_proposes_can_be_built_and_has_the_shape():
    """The cures of sums and of repetition are themselves lines of the language."""
    names = {**vars(language), "S": S, "N": N, "Y": Y, "T": T, "b": bias, "dY": dY, "X": X, "W": W}
    for make, shape in {
        lambda: dY.sum(axis=0): (N,), lambda: dY.sum(axis=-1): (S,), lambda: (Y - T).mean(): (),
        lambda: bias.mean(): (), lambda: (Y - T).mean(axis=1): (S,),
        lambda: X @ W.T + bias: (S, N), lambda: 1 - Y: (S, N), lambda: Y / bias: (S, N),
    }.items():  # fmt: skip
        with pytest.raises(DerivationError) as caught:
            make()
        assert (
            eval(str(caught.value).rsplit("write ", 1)[-1].rsplit("out: ", 1)[-1], names).shape
            == shape
        )


def test_a_power_of_an_array_is_elementwise():
    assert (Y - T) ** 2 == (Y - T) * (Y - T)
    assert X**3 == X * X * X
    with pytest.raises(DerivationError):
        X**4


# What is typed

h = function("h")
LINES = [
    X @ W.T + outer(ones(S), bias), 1 / S * (Y - T).T @ X, -(Y - T), Y - (T - Y), Y - T - Y,
    Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j], (Y[i, j] - T[i, j]) ** 2, sqrt(X[1, k]),
    d(Y[i, j], W[a, b]), d(L, W), dY[i, j] * delta(j, a), diag(bias) @ W, ones(S, N) / Y,
    h(X @ W.T), h.prime(X[i, k]), exp(X) * X, X[i, k] ** -2, 2 * pi, X[i + a - 1, k], -X[i, k] * 2,
    (X[i, k] + 1) / 2, X[i, k] / (W[j, k] / 2), (X @ W.T).T, X[i, k] - 2 * X[i, k], (-X[i, k]) ** 2,
    ones(S) @ (Y * Y) @ ones(N), (X @ W.T) @ W, X @ (W.T @ W), Sum(Y[i, j], *every) ** 2,
]  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=str)
def test_a_line_as_typed_is_the_line(line):
    letters = {"i": i, "j": j, "k": k, "a": a, "b": b if "W[a, b]" in typed(line) else bias}
    arrays = {"S": S, "M": M, "N": N, "X": X, "W": W, "Y": Y, "T": T, "dY": dY, "dW": gradient(W)}
    assert eval(typed(line), {**vars(language), **letters, **arrays, "h": h}) == line


def test_a_long_line_is_laid_out_and_still_the_line():
    term = dY[i, j] * delta(j, a) * X[i, b] + dY[i, j] * d(Y[i, j], W[a, b]) * h(X[i, b])
    long = Sum(term - X[i, b] * X[i, b] * X[i, b], *every) - (X[1, b] + term.left) + X[1, b]
    text = typed(long)
    assert text.count("\n") > 2
    assert max(map(len, text.split("\n"))) <= WIDTH + 8
    names = dict(S=S, N=N, X=X, Y=Y, W=W, dY=dY, h=h, i=i, j=j, a=a, b=b, d=d, delta=delta, Sum=Sum)
    assert eval(f"({text})", names) == long


def test_a_refused_line_is_shown_as_typed():
    with pytest.raises(
        WrongStep, match=re.escape("as typed:\n    Sum(dY[i, j] * X[i, b], (i, 1, S)")
    ):
        begin().line(Sum(dY[i, j] * X[i, b], *every), "(wrong)", using=(chain_rule, Y))


# Which facts


def test_auto_finds_the_facts_and_prints_them(capsys):
    made = begin()
    made.line(Sum(dY[i, j] * d(Y[i, j], W[a, b]), *every), "chain rule", using=auto)
    made.line(Sum(dY[i, j] * delta(j, a) * X[i, b], *every), "only W_ab", using=auto)
    made.line(dY.T @ X, "as matrices", using=auto)
    made.line(1 / S * (Y - T).T @ X, "what L is", using=auto)
    assert [step.using for step in made.steps] == [(chain_rule,), (Y,), (), (L,)]
    assert made.proved
    said = capsys.readouterr().out
    assert said == (
        "step 1: using=chain_rule\nstep 2: using=Y\nstep 3: no facts\nstep 4: using=L\n"
    )


def test_auto_is_what_an_author_could_have_cited():
    whole, cited = begin(d(L, W)), begin(d(L, W))
    whole.line(dY.T @ X, "at once", using=auto)
    cited.line(dY.T @ X, "at once", using=whole.steps[0].using)
    assert set(whole.steps[0].using) == {chain_rule, Y}
    assert repr(whole) == repr(cited)


def test_auto_takes_what_is_given_along():
    outputs = begin(d(L, Y)).line(1 / S * (Y - T), "squares", using=auto)
    weights = begin(d(L, W)).line(dY.T @ X, "chain rule", using=auto)
    weights.line(1 / S * (Y - T).T @ X, "as found", using=(auto, outputs))
    assert weights.steps[-1].using == (outputs,)
    total = Derivation(Sum(T[i, j], (j, 1, N)))
    with pytest.raises((WrongStep, NotProved)):
        total.line(ones(S)[i], "(wrong) nothing is assumed", using=auto)
    total.line(ones(S)[i], "rows", using=(auto, rows_sum_to_one(T)))


def test_auto_does_not_let_a_wrong_line_pass():
    for wrong in (X.T @ dY).T * 2, (Y - T).T @ X, -(dY.T @ X):
        with pytest.raises(WrongStep):
            begin(d(L, W)).line(wrong, "(wrong)", using=auto)
    with pytest.raises(UncitedFact):  # strict is what one gets without it
        begin(d(L, W)).line(dY.T @ X, "at once")


def test_too_few_and_too_many_facts_are_told_at_once():
    line = 1 / S * (Y - T).T @ X
    with pytest.raises(UncitedFact, match=re.escape("add it: using=(Y, L), or using=auto")):
        begin(d(L, W)).line(line, "at once", using=chain_rule)
    with pytest.raises(UnusedFact, match=re.escape("enough: using=(Y, L)")):
        begin(d(L, W)).line(line, "at once", using=(chain_rule, Y, L))


# What is wrong with a line


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ((Y - T).T @ X, "2 times as much\n  with the factor 1 / S, the line holds"),
        (-1 / S * (Y - T).T @ X, "the same with the other sign\n  with the factor -1"),
        (2 / S * (Y - T).T @ X, "with the factor 1 / 2, the line holds"),
        (1 / (S * N) * (Y - T).T @ X, "1/3 of it\n  with the factor N"),
    ],
)
def test_a_factor_is_named(line, says):
    with pytest.raises(WrongStep) as caught:
        begin(d(L, W)).line(line, "(wrong)", using=(Y, L))
    assert says in str(caught.value)


def test_no_factor_is_named_where_none_mends_the_line():
    with pytest.raises(WrongStep) as caught:
        begin(d(L, W)).line(1 / S * (Y + T).T @ X, "(wrong)", using=(Y, L))
    assert "factor" not in str(caught.value)


WRONG = {
    "nothing in the sum over j has that letter: N equal terms": lambda: begin().line(
        Sum(dY[i, a] * X[i, b], *every), "(wrong)", using=(chain_rule, Y)
    ),
    "b is in ∂L/∂W_ab, but not in this line": lambda: begin().line(
        Sum(dY[i, a] * X[i, k], (i, 1, S), (k, 1, M)), "(wrong)", using=auto
    ),
    "in these definitions L is not made of W": lambda: begin(d(L, W), {L: REGRESSION[L]}).line(
        1 / S * (Y - T).T @ X, "(wrong)", using=L
    ),
    "no definition says what L is": lambda: begin(d(L, W), {Y: X @ W.T}).line(
        1 / S * (Y - T).T @ X, "(wrong)", using=auto
    ),
}


@pytest.mark.parametrize("says", WRONG)
def test_what_to_look_at_in_a_wrong_line(says):
    with pytest.raises(WrongStep, match=re.escape(says)):
        WRONG[says]()


# Matrices or entries, and the letters

BY_MATRICES = {
    Y: X @ W.T + outer(ones(S), bias),
    L: 1 / (2 * S) * (ones(S) @ (Y - T) ** 2 @ ones(N)),
}


@pytest.mark.parametrize("define", [REGRESSION, BY_MATRICES], ids=["entries", "matrices"])
def test_definitions_by_matrices_or_entries_prove_the_same(define):
    for variable, last in {
        W: 1 / S * (Y - T).T @ X, bias: 1 / S * (ones(S) @ (Y - T)), X: 1 / S * (Y - T) @ W,
    }.items():  # fmt: skip
        assert begin(d(L, variable), define).line(last, "at once", using=(Y, L)).proved
    for wrong in (Y - T).T @ X, 1 / S * (Y + T).T @ X:
        with pytest.raises(WrongStep):
            begin(d(L, W), define).line(wrong, "(wrong)", using=(Y, L))
    chain = Sum(dY[i, j] * d(Y[i, j], W[a, b]), *every)
    assert begin(define=define).line(chain, "chain rule", using=chain_rule).proved


def test_the_legend_has_the_letters_of_definitions_that_are_shown():
    made = begin(d(L, W)).line(1 / S * (Y - T).T @ X, "at once", using=(Y, L))
    text = repr(legend(made))
    assert "i counts samples, from 1 to S" in text
    assert "j counts outputs, from 1 to N" in text
    assert "k counts inputs, from 1 to M" in text


def test_a_letter_of_the_lines_keeps_its_meaning_in_the_legend():
    made = Derivation(d(Y[k, j], X[k, b]), define={Y[i, j]: REGRESSION[Y[i, j]]})
    made.line(W[j, b], "row by row", using=Y)
    text = repr(legend(made))
    assert "k counts samples" in text or "i and k count samples" in text or "k and i" in text
    assert "from 1 to M" in text


def test_a_legend_without_letters_says_so():
    made = begin(d(L, W), BY_MATRICES).line(dY.T @ X, "at once", using=(chain_rule, Y))
    assert repr(legend(made)) == "Letters: none, the lines are matrices."


def test_shape_errors_are_shape_errors():
    for make in (lambda: X @ W, lambda: X + bias, lambda: Sum(Y)):
        with pytest.raises(ShapeError):
            make()
