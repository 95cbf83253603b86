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
dW.line(Sum(dY[i, j] * delta(j, a) * X[i, b], *every), "only W_ab counts", using=Y)
dW.line(dY.T @ X, "as a matrix product")
dW

To read the code, begin with `steps`. The language: nodes, algebra, arrays, functions, vectors. What
is known: definitions, hypotheses, facts, conditions, scope. Two judges read it with `reading`: the
one for all shapes is indexed, atoms, powers, sums, normal; the one that finds the counterexample
is entries, zero, rational, explicit. What is shown: styles, display, page, errors.
"""

from .algebra import Sum, sqrt
from .arrays import L, array, d, delta, dimensions, gradient, indices, loss
from .entries import as_sympy
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
from .facts import chain_rule
from .functions import erf, exp, function, log, tanh
from .hypotheses import rows_sum_to_one
from .nodes import pi
from .steps import Derivation
from .vectors import diag, ones, outer

__all__ = [
    "Derivation", "DerivationError", "HiddenDependence", "L", "NotProved", "ShapeError", "Sum",
    "UncitedFact", "UnusedFact", "VacuousStep", "WrongStep", "array", "as_sympy", "chain_rule", "d",
    "delta", "diag", "dimensions", "erf", "exp", "function", "gradient", "indices", "log", "loss",
    "ones", "outer", "pi", "rows_sum_to_one", "sqrt", "tanh",
]  # fmt: skip
