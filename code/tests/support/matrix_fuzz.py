"""Random lines with inverses, traces and hypotheses on matrices, rewritten truly and falsely.

Whether a pair is equal is measured in NumPy, at numbers that fulfill the hypotheses; derivatives by
central differences. `tried` asks both judges and counts: proved but different would be unsound,
refuted but equal a false counterexample.
"""

import random
from collections import Counter

import numpy as np
from backprop.derivation import (
    Derivation,
    DerivationError,
    L,
    WrongStep,
    array,
    d,
    det,
    dimensions,
    eye,
    inner,
    inverse,
    log,
    orthogonal,
    positive_definite,
    projection,
    symmetric,
    trace,
)
from backprop.derivation.language.algebra import Add, MatMul, Mul, Neg, Sub, Transpose
from backprop.derivation.language.matrices import Det, Inverse, OfMatrix
from backprop.derivation.nodes import Node, Number, node, walk
from evaluator import World

N, M = dimensions("N M")
A, B, P, Q, R, S = (array(name, N, N) for name in "ABPQRS")
T, X, Y = array("T", N, M), array("X", N, M), array("Y", N, M)
x, y, z = array("x", N), array("y", N), array("z", M)
ASSUMED = {
    P: positive_definite(P), Q: orthogonal(Q), R: projection(R), S: symmetric(S), T: orthogonal(T),
}  # fmt: skip
SHAPES = {N: 3, M: 2}, {N: 4, M: 3}, {N: 5, M: 2}
SQUARE = A, B, P, Q, R, S
NEVER_SINGULAR = A, B, P, Q, S


class Pairs:
    """Random pairs (target, definitions, line, hypotheses)."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def one_of(self, *choices):
        return self.rng.choice(choices)

    def square(self):
        """A factor of shape (N, N)."""
        one = self.one_of(*SQUARE)
        if one in NEVER_SINGULAR and self.rng.random() < 0.35:
            one = inverse(one)
        return one.T if self.rng.random() < 0.35 else one

    def matrix(self, rows, columns, length):
        """A product of factors of the shape (rows, columns)."""
        if length <= 1:
            if rows == columns:
                return self.square() if rows == N else self.one_of(X.T @ Y, T.T @ T, T.T @ X)
            one = self.one_of(X, Y, T)
            return one if rows == N else one.T
        middle = self.one_of(N, N, M)
        cut = self.rng.randint(1, length - 1)
        return self.matrix(rows, middle, cut) @ self.matrix(middle, columns, length - cut)

    def sum(self, rows, columns):
        """One product, or two, with numbers in front."""
        made = self.matrix(rows, columns, self.rng.randint(1, 4))
        for _ in range(self.one_of(0, 0, 1)):
            more = self.one_of(1, 2, 3) * self.matrix(rows, columns, self.rng.randint(1, 3))
            made = self.one_of(made + more, made - more)
        return made

    def scalar(self):
        rows = self.one_of(N, N, M)
        made = self.sum(rows, rows)
        vector = (x, y) if rows == N else (z, z)
        return self.one_of(
            trace(made),
            vector[0] @ made @ vector[1],
            inner(made, self.sum(rows, rows)),
            vector[0] @ self.sum(rows, N) @ (self.sum(N, rows) @ vector[1]),
        )

    def rewritten(self, expression, rewrite):
        """The expression with some part of it rewritten; itself if there is no place."""
        places = [part for part in walk(expression) if self.may(part, rewrite)]
        if not places:
            return expression
        chosen = self.rng.choice(places)
        options = rewrite(self, chosen)
        return replaced(expression, chosen, self.rng.choice(options))

    def may(self, part, rewrite):
        return isinstance(part, Node) and bool(rewrite(self, part))

    def identity(self):
        """(target, {}, line, hypotheses): a rewriting, true or false."""
        before = self.one_of(self.scalar(), self.sum(N, N), self.sum(N, M), self.sum(M, M))
        after = before
        for _ in range(self.one_of(1, 2, 3)):
            after = self.rewritten(after, truly)
        if self.rng.random() < 0.5:
            after = self.rewritten(after, falsely)
        return before, {}, after

    def gradient(self):
        """(∂L/∂W, {L: …}, line): by the rules for traces, true or with a slip."""
        w = self.one_of(A, P, S)
        factors = [self.one_of(w, w.T, inverse(w), inverse(w).T, *SQUARE) for _ in range(3)]
        factors = factors[: self.one_of(1, 2, 2, 3)] + [self.one_of(w, inverse(w), w.T)]
        loss = trace(chained(factors))
        line = node(0) * w
        for n, one in enumerate(factors):
            rest = chained(factors[n + 1 :] + factors[:n]) if len(factors) > 1 else eye(N)
            if (term := slope(one, w, rest)) is not None:
                line = term if isinstance(line, Mul) else line + term
        if self.rng.random() < 0.3:
            loss, line = loss + log(det(w)), line + inverse(w).T
        for _ in range(self.one_of(0, 0, 1, 2)):
            line = self.rewritten(line, truly)
        if self.rng.random() < 0.5:
            line = self.rewritten(line, falsely)
        return d(L, w), {L: loss}, line


def chained(factors):
    made = factors[0]
    for one in factors[1:]:
        made = made @ one
    return made


def slope(one, w, rest):
    """The gradient of tr(F rest) with respect to W for a factor F that is made of W."""
    if one == w:
        return rest.T
    if one == w.T:
        return rest
    if one == inverse(w):
        return -((inverse(w) @ rest @ inverse(w)).T)
    if one == inverse(w).T:
        return -(inverse(w).T @ rest @ inverse(w).T)
    return None


def replaced(expression, old, new):
    """The expression with one part of it in the place of another."""
    if expression is old:
        return new
    if isinstance(expression, OfMatrix) or not any(part is old for part in walk(expression)):
        return expression
    kept = {
        name: replaced(value, old, new) if isinstance(value, Node) else value
        for name, value in vars(expression).items()
        if name in expression.__dataclass_fields__
    }
    return type(expression)(**kept)


def truly(pairs, part):
    """What a part may be replaced by, with the value unchanged under the hypotheses."""
    found = []
    square = len(part.shape) == 2 and part.shape[0] == part.shape[1] == N
    if len(part.shape) == 2 and part.shape[0] == N:
        one = pairs.one_of(*NEVER_SINGULAR)
        found += [one @ inverse(one) @ part, inverse(one) @ one @ part, eye(N) @ part]
        found += [
            Q @ Q.T @ part,
            Q.T @ Q @ part,
            P @ inverse(P).T @ part,
            Q.T @ inverse(Q).T @ part,
        ]
    if len(part.shape) == 2 and part.shape[0] == M:
        found += [T.T @ T @ part]
    match part:
        case Transpose(MatMul(u, v)) if len(u.shape) == len(v.shape) == 2:
            found += [v.T @ u.T] * 4
        case MatMul(MatMul(u, v), w) if len(u.shape) == len(w.shape) == 2:
            found += [u @ (v @ w)] * 2
        case MatMul(u, Add(v, w)):
            found += [u @ v + u @ w] * 4
    if part in (P, S, R, inverse(P), inverse(S)):
        found += [part.T] * 4
    if part == R:
        found += [R @ R, R.T @ R] * 2
    if square and isinstance(part, Inverse) and part.of == Q:
        found += [Q.T] * 4
    if type(part).__name__ == "Trace":
        found += [trace(part.operand.T)]
        if isinstance(part.operand, MatMul) and len(part.operand.left.shape) == 2:
            found += [trace(part.operand.right @ part.operand.left)] * 4
    if type(part).__name__ == "Inner" and len(part.left.shape) == 2:
        found += [trace(part.left.T @ part.right), inner(part.right, part.left)] * 2
    return found


def falsely(pairs, part):
    """What students write: mostly something else, and sometimes the same."""
    found = []
    if len(part.shape) == 2 and part.shape[0] == N:
        one = pairs.one_of(A, B, S)
        found += [T @ T.T @ part, inverse(one) @ one.T @ part, R @ part, one @ one.T @ part]
    if part in SQUARE or isinstance(part, Inverse):
        found += [part.T] * 3
        found += [-part, 2 * part]
    match part:
        case Inverse(of=one):
            found += [one, one.T, inverse(one).T] * 2
        case Transpose(u) if u.shape == part.shape:
            found += [u] * 4
        case MatMul(u, v) if u.shape == v.shape == (N, N):
            found += [v @ u, u @ v.T] * 2
        case Neg(u):
            found += [u] * 4
        case Add(u, v):
            found += [u - v, u] * 2
        case Sub(u, v):
            found += [u + v, v - u] * 2
    return found


def facts_of(target, define, line):
    """All that a line may need: hypotheses, and what it cites."""
    sides = [target, line, *define.values()]
    parts = [part for side in sides for part in walk(side)]
    arrays = {part.of if isinstance(part, OfMatrix) else part for part in parts}
    used = [ASSUMED[one] for one in ASSUMED if one in arrays]
    known = {part for part in parts if isinstance(part, OfMatrix)}
    known |= {inverse(one.of) for one in known if isinstance(one, Det)}
    return [*used, *sorted(known, key=str), *define]


def equal(derivation, line, using):
    """Whether target and line are equal in numbers, at three shapes; None if that is not clear."""
    derivation = Shown(derivation, line, using)
    for sizes in SHAPES:
        world = World(derivation, sizes)
        with np.errstate(invalid="ignore"):  # log det A, of det A < 0
            one, other = (world.value(side, {}) for side in (derivation.target, line))
        scale = np.max(np.abs(one)) + np.max(np.abs(other))
        error = np.max(np.abs(one - other)) / (scale + 1e-3)
        if error > 1e-4:
            return False
        if not error < 1e-7:  # rounding, or no number
            return None
    return True


class Shown:
    """As much of a derivation as a World asks for, with a line that nobody has judged."""

    def __init__(self, derivation, line, using):
        self.target, self.definitions = derivation.target, derivation.definitions
        self.scope, self.line = derivation.scope, line
        self.hypotheses = [one for one in using if one in ASSUMED.values()]

    @property
    def steps(self):
        return [type("Step", (), {"expression": self.line})]


def verdict(derivation, line, facts):
    """proved, refuted or neither, by the judges themselves."""
    if derivation._proved(line, facts)[0]:
        return "proved"
    if derivation._refuted(line, facts):  # the same numbers, without the residual
        return "refuted"
    try:
        derivation._search(line, "a reason", facts, "proof")
    except WrongStep:
        return "refuted"
    except DerivationError:
        pass
    return "neither"


def tried(seed, number):
    """(Counter of (equal in numbers, verdict), {the same: the pairs}), for so many pairs."""
    pairs, counted, shown = Pairs(seed), Counter(), {}
    while sum(counted.values()) < number:
        target, define, line = pairs.one_of(pairs.identity, pairs.identity, pairs.gradient)()
        if isinstance(line, Number) or str(line) == str(target):
            continue
        made, using = Derivation(target, define, {N: 3, M: 2}), facts_of(target, define, line)
        truth = equal(made, line, using)
        said = verdict(made, line, made._facts(using))
        counted[truth, said] += 1
        shown.setdefault((truth, said), []).append(f"{target} {define or ''} = {line}")
    return counted, shown


if __name__ == "__main__":
    import sys

    found, shown = tried(int(sys.argv[1]), int(sys.argv[2]))
    print(found)
    for what in (False, "proved"), (True, "refuted"), (True, "neither"), (False, "neither"):
        print(what, *shown.get(what, [])[:20], sep="\n  ")
