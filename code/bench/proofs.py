"""How long the checker of derivations takes: `python -m bench.proofs [name …]`, in CPU seconds.

Networks of a size that nobody derives in one breath: a transformer block with all its definitions
in one dictionary, deep networks, recurrent ones, right and with a definition forgotten; and all
derivations of every page. Everything runs in one process, one after another.
"""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    Sum,
    array,
    chain_rule,
    d,
    dimensions,
    exp,
    function,
    gradient,
    indices,
    ones,
    outer,
    sqrt,
)
from book.chapters.chapter import Chapter, names

S, D, H, F, C = dimensions("S D H F C")
i, j, k, l, a, b = indices("i j k l a b")  # noqa: E741
h, one, epsilon = function("h"), ones(S), array("ε", positive=True)


class Line(NamedTuple):
    """∂L/∂`of` in one line, and what it cites."""

    of: object
    right: object
    using: tuple


def normalized(R, m, s, U):
    """Layer normalization of the rows of R: U = (R − m)/s."""
    mean = Sum(R[i, k], (k, 1, D)) / D
    spread = Sum((R[i, k] - m[i]) ** 2, (k, 1, D)) / D
    return {m[i]: mean, s[i]: sqrt(spread + epsilon), U[i, j]: (R[i, j] - m[i]) / s[i]}


def through_norm(U, s):
    """∂L/∂R_ij by way of layer normalization alone."""
    dU = gradient(U)
    mean = Sum(dU[i, k], (k, 1, D)) / D + U[i, j] * Sum(dU[i, k] * U[i, k], (k, 1, D)) / D
    return (dU[i, j] - mean) / s[i]


def block():
    """Every gradient of a transformer block, X → Y, by 17 definitions in one dictionary."""
    X, U, R, U2, Y = (array(name, S, D) for name in ("X", "U", "R", "U'", "Y"))
    Q, K, V, O = (array(name, S, H) for name in "QKVO")  # noqa: E741
    Wq, Wk, Wv = (array(name, H, D) for name in ("Wq", "Wk", "Wv"))
    E, P, WO = array("E", S, S), array("P", S, S, positive=True), array("WO", D, H)
    Z, A, G = array("Z", S, F), array("A", S, F), array("G", S, D)
    W1, W2 = array("W1", F, D), array("W2", D, F)
    m, s, m2, s2 = array("m", S), array("s", S), array("m'", S), array("s'", S)
    define = normalized(X, m, s, U) | normalized(R, m2, s2, U2)
    define |= {Q: U @ Wq.T, K: U @ Wk.T, V: U @ Wv.T, E: Q @ K.T, O: P @ V}
    define |= {P[i, j]: exp(E[i, j]) / Sum(exp(E[i, k]), (k, 1, S)), R: X + O @ WO.T}
    define |= {Z: U2 @ W1.T, A: h(Z), G: A @ W2.T, Y: R + G}
    g = gradient
    softmax = P * (g(P) - outer((g(P) * P) @ one, one))
    heads = g(Q) @ Wq + g(K) @ Wk + g(V) @ Wv
    lines = [
        Line(G, g(Y), (Y,)), Line(A, g(G) @ W2, (G,)), Line(W2, g(G).T @ A, (G,)),
        Line(Z, g(A) * h.prime(Z), (A,)), Line(W1, g(Z).T @ U2, (Z,)), Line(U2, g(Z) @ W1, (Z,)),
        Line(R[i, j], g(Y)[i, j] + through_norm(U2, s2), (Y, U2, m2, s2)),
        Line(O, g(R) @ WO, (R,)), Line(WO, g(R).T @ O, (R,)), Line(V, P.T @ g(O), (O,)),
        Line(P, g(O) @ V.T, (O,)), Line(E, softmax, (P,)), Line(Q, g(E) @ K, (E,)),
        Line(K, g(E).T @ Q, (E,)), Line(Wq, g(Q).T @ U, (Q,)), Line(Wk, g(K).T @ U, (K,)),
        Line(Wv, g(V).T @ U, (V,)), Line(U, heads, (Q, K, V)),
        Line(X[i, j], g(R)[i, j] + through_norm(U, s), (R, U, m, s)),
    ]  # fmt: skip
    return [drawn(define, line) for line in lines]


def drawn(define, line, start=None):
    """The derivation that has this one line."""
    made = Derivation(d(L, line.of) if start is None else start, define=define)
    return made.line(line.right, "in one line", using=(chain_rule, *line.using))


def deep(depth, wide=False):
    """The arrays and definitions of an MLP with `depth` hidden layers, all of width H."""
    X, define = array("X", S, H), {}
    before, Ws, Zs, As = X, [], [], []
    for n in range(1, depth + 2):
        Ws.append(array(f"W{n}", H, H))
        Zs.append(array(f"Z{n}", S, H))
        define[Zs[-1]] = before @ Ws[-1].T
        if n <= depth:
            As.append(array(f"A{n}", S, H))
            define[As[-1]] = h(Zs[-1])
            before = As[-1]
    return X, Ws, Zs, As, define


def stepwise(depth):
    """Every gradient of an MLP, each from the one after it."""
    X, Ws, Zs, As, define = deep(depth)
    g, found = gradient, []
    for W, Z, before in zip(Ws, Zs, [X, *As], strict=True):
        found.append(drawn(define, Line(W, g(Z).T @ before, (Z,))))
        found.append(drawn(define, Line(before, g(Z) @ W, (Z,))))
    for Z, A in zip(Zs, As, strict=False):
        found.append(drawn(define, Line(Z, g(A) * h.prime(Z), (A,))))
    return found


def first_line(depth, factor=1):
    """The first line of dW1, in a deep network of equal widths: the chain rule and nothing else."""
    _, [W1, *_], [Z1, *_], _, define = deep(depth)
    made = Derivation(d(L, W1[a, b]), define=define)
    every = (i, 1, S), (j, 1, H)
    line = factor * Sum(gradient(Z1)[i, j] * d(Z1[i, j], W1[a, b]), *every)
    return made.line(line, "chain rule", using=chain_rule)


def at_once(depth, forgotten=False):
    """dW1 of an MLP from the last gradient in one step; one definition may be forgotten."""
    X, Ws, Zs, As, define = deep(depth)
    right = gradient(Zs[-1])
    for W, Z in zip(Ws[:0:-1], Zs[-2::-1], strict=True):
        right = (right @ W) * h.prime(Z)
    using = (*Zs, *As[forgotten:])
    return drawn(define, Line(Ws[0], right.T @ X, using))


def recurrent(steps, forgotten=False):
    """∂L/∂U of a recurrent network, H_t = h(Z_t), Z_t = X_t Wᵀ + H_{t−1} Uᵀ, written out."""
    W, U = array("W", H, D), array("U", H, H)
    Xs = [array(f"X{t}", S, D) for t in range(1, steps + 1)]
    Hs, Zs, Ys = ([array(f"{n}{t}", S, H) for t in range(1, steps + 1)] for n in "HZY")
    define, V = {}, array("V", H, H)
    for t in range(steps):
        define[Zs[t]] = Xs[t] @ W.T + Hs[t - 1] @ U.T if t else Xs[t] @ W.T
        define[Hs[t]], define[Ys[t]] = h(Zs[t]), Hs[t] @ V.T
    terms = [gradient(Z).T @ H for Z, H in zip(Zs[1:], Hs, strict=False)]
    right = sum(terms[1:], terms[0])
    return drawn(define, Line(U, right, () if forgotten else tuple(Zs[1:])))


def of_page(name):
    """All derivations of a page, made anew."""
    return lambda: Chapter(name, Chapter.read(name).text).derivations


CASES = {
    "block": block,
    "MLP 12 stepwise": lambda: stepwise(12),
    "MLP 10 first line": lambda: first_line(10),
    "MLP 10 first line, doubled": lambda: first_line(10, factor=2),
    "MLP 6 at once": lambda: at_once(6),
    "MLP 5 at once, A1 forgotten": lambda: at_once(5, forgotten=True),
    "RNN 6": lambda: recurrent(6),
    "RNN 6, Zs forgotten": lambda: recurrent(6, forgotten=True),
    "RNN 8": lambda: recurrent(8),
}


def pages():
    """{name: what makes its derivations} of the pages that have some."""
    return {name: of_page(name) for name in names() if "Derivation(" in Chapter.read(name).text}


def timed(make: Callable):
    """(CPU seconds, what came of it in a word)."""
    began = time.process_time()
    try:
        made = make()
        verdict = f"{len(made)} proved" if hasattr(made, "__len__") else "proved"
    except DerivationError as error:
        verdict = f"{type(error).__name__}: {str(error).splitlines()[0][:70]}"
    return time.process_time() - began, verdict


def main():
    wanted = sys.argv[1:]
    for name, make in (CASES | pages()).items():
        if not wanted or any(word in name for word in wanted):
            seconds, verdict = timed(make)
            print(f"{seconds:8.2f} s  {name:30} {verdict}", flush=True)


if __name__ == "__main__":
    main()
