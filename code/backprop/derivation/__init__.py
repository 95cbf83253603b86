"""Derivations of which SymPy checks every line before it is shown. Source: chapter "Notation".

from backprop.derivation import *

S, M, N = dimensions("S M N")
i, j, k, a, b = indices("i j k a b")
X, W, Y, bias = array("X", S, M), array("W", N, M), array("Y", S, N), array("b", N)
dY = gradient(Y)
linear = {Y[i, j]: Sum(X[i, k] * W[j, k], (k, 1, M)) + bias[j]}

dW = Derivation(d(L, W[a, b]), {S: 2, M: 3, N: 4}, define=linear)
dW.line(Sum(dY[i, j] * d(Y[i, j], W[a, b]), (i, 1, S), (j, 1, N)), "chain rule")
dW.line(Sum(dY[i, j] * delta(j, a) * X[i, b], (i, 1, S), (j, 1, N)), "only W_ab counts")
dW.line(dY.T @ X, "as a matrix product")
dW
"""

from .algebra import Sum
from .arrays import L, array, d, delta, dimensions, gradient, indices, loss
from .errors import (
    DerivationError,
    HiddenDependence,
    NotProved,
    ShapeError,
    UnusedHypothesis,
    VacuousStep,
    WrongStep,
)
from .functions import exp, function, log
from .hypotheses import rows_sum_to_one
from .steps import Derivation
from .vectors import diag, ones, outer

__all__ = [
    "Derivation", "DerivationError", "HiddenDependence", "L", "NotProved", "ShapeError", "Sum",
    "UnusedHypothesis", "VacuousStep", "WrongStep", "array", "d", "delta", "diag", "dimensions",
    "exp", "function", "gradient", "indices", "log", "loss", "ones", "outer", "rows_sum_to_one",
]  # fmt: skip
