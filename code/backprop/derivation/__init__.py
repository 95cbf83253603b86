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
all expressions have in common, `misuse`, what may not be done to them, and `errors`. Each room
imports only from those before it:

language    what an author writes: algebra, arrays, shifted (indices), functions, vectors, matrices
premises    what may be in a line (admission, scope, ranges, conditions), and what it may rest on
            (definitions, hypotheses, facts)
judges      both use reading, opaque, rational and work (a limit); the one for all shapes is normal,
            rules, matrices, atoms, indexed, opening, derivatives, and quick, which says no first;
            the one that finds the counterexample is explicit, entries, zero
printing    what is shown: styles, printer, page, boxes, by_hand, legend, as_numpy
steps       a derivation: what uses the rooms above and is used by the one below
finding     derive: proposes the lines of a derivation that nobody wrote, for `steps` to judge
"""

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
from .judges.entries import as_sympy
from .language import functions
from .language.algebra import Sum, sqrt
from .language.arrays import L, array, d, delta, dimensions, gradient, indices, loss
from .language.functions import *  # noqa: F403
from .language.matrices import det, eye, inner, inverse, trace
from .language.vectors import diag, ones, outer
from .nodes import pi
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
    "Derivation", "DerivationError", "HiddenDependence", "L", "NotProved", "ShapeError", "Sum",
    "UncitedFact", "UnusedFact", "VacuousStep", "WrongStep", "array", "as_sympy", "boxes",
    "by_hand", "chain_rule", "d", "delta", "derive", "det", "diag", "dimensions", "eye", "gradient",
    "indices", "inner", "inverse", "legend", "loss", "ones", "orthogonal", "outer", "pi",
    "positive_definite", "projection", "rows_sum_to_one", "sqrt", "symmetric", "trace",
    *functions.__all__,
]  # fmt: skip
