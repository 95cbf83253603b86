"""Derivations of which SymPy checks every line before it is shown. Source: chapter "Notation".

from backprop.derivation import *

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, Y, bias = array("X", S, M), array("W", N, M), array("Y", S, N), array("b", N)
dY = gradient(Y)
linear = {Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j]}

every = [(i, 1, S), (j, 1, N)]
dW = Derivation(d(L, W[a, b]), define=linear)
dW.line(Sum(dY[i, j] * d(Y[i, j], W[a, b]), *every), "chain rule", using=chain_rule)
dW.line(Sum(dY[i, j] * delta(j, a) * X[i, b], *every), "of W, only W_ab contributes", using=Y)
dW.line(dY.T @ X, "as a matrix product")
dW

To read the code, begin with `steps`: a derivation, line by line. On this floor also `nodes`, what
all expressions have in common, `misuse`, what may not be done to them, `errors`, `citing`, which
facts a line needs, and `hints`, what to look at in a wrong one. Each room imports only from those
before it:

language    what an author writes: algebra, arrays, shifted (indices), computed (sizes), functions,
            kinks, chosen, vectors, matrices; cures; step is what both judges make of a kink
premises    what may be in a line (admission, scope, ranges, conditions), and what it may rest on
            (definitions, recursion, hypotheses, claims, facts)
judges      both use reading, opaque, rational and work (a limit); the one for all shapes is normal,
            rules, matrices, atoms, indexed, opening, descending, claimed, derivatives, lengths,
            and quick, which may say no before it;
            the one that finds the counterexample is explicit, entries, zero, branches
printing    what is shown: styles, printer, typed, page, boxes, by_hand, legend, as_numpy
steps       a derivation: what uses the rooms above and is used by the one below
induction   the same for a claim at every step, of which the lines may use the earlier ones
finding     derive: proposes the lines of a derivation that nobody wrote, for `steps` to judge
"""

from .citing import auto
from .errors import (
    DerivationError,
    HiddenDependence,
    NotProved,
    ShapeError,
    UncitedFact,
    UnusedFact,
    VacuousStep,
    WrongStep,
)
from .finding.search import derive
from .induction import Induction
from .judges.entries import as_sympy
from .language import functions
from .language.algebra import Sum, sqrt
from .language.arrays import L, array, d, delta, dimensions, direct, gradient, indices, loss
from .language.chosen import Max, argmax, integers
from .language.computed import computed
from .language.functions import *  # noqa: F403
from .language.kinks import maximum, minimum
from .language.matrices import det, eye, inner, inverse, trace
from .language.vectors import diag, ones, outer
from .nodes import pi
from .premises.claims import earlier
from .premises.facts import chain_rule
from .premises.hypotheses import (
    orthogonal,
    positive_definite,
    projection,
    rows_sum_to_one,
    symmetric,
)
from .printing.boxes import boxes
from .printing.by_hand import by_hand
from .printing.legend import legend
from .steps import Derivation

__all__ = [
    "Derivation", "DerivationError", "HiddenDependence", "Induction", "L", "Max", "NotProved",
    "ShapeError", "Sum", "UncitedFact", "UnusedFact", "VacuousStep", "WrongStep", "argmax",
    "array", "as_sympy", "auto", "boxes", "by_hand", "chain_rule", "computed", "d", "delta",
    "derive", "det", "diag", "dimensions", "direct", "earlier", "eye", "gradient", "indices",
    "inner", "integers", "inverse", "legend", "loss", "maximum", "minimum", "ones", "orthogonal",
    "outer", "pi", "positive_definite", "projection", "rows_sum_to_one", "sqrt", "symmetric",
    "trace",
    *functions.__all__,
]  # fmt: skip
