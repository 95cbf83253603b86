"""Gradients that a reader may ask `derive` for: {name: (target, define, hypotheses)}.

What is typical of networks and of the courses, written as a reader would write it: by entries, or
as whole arrays. None is in a chapter in this form.
"""

from backprop.derivation import (
    L,
    Sum,
    array,
    d,
    diag,
    dimensions,
    erf,
    exp,
    function,
    indices,
    log,
    loss,
    ones,
    outer,
    rows_sum_to_one,
    sqrt,
    tanh,
)

S, M, N, C, D, H, R, V, Q, K = dimensions("S M N C D H R V Q K")
i, j, k, p, q = indices("i j k p q")
h, g, o = function("h"), function("g"), function("o")
s, m, c = (i, 1, S), (j, 1, M), (j, 1, C)
eps = array("epsilon", positive=True)
lam, tau, eta = array("lambda"), array("tau", positive=True), array("eta")
X, W, bias, Y = array("X", S, M), array("W", N, M), array("b", N), array("Y", S, N)
A, B, T = array("A", M, M), array("B", M, N), array("T", S, N)
x, y, v, u = array("x", M), array("y", N), array("v", M), array("u", M)
w, t, z = array("w", M), array("t", S), array("z", S)
U, E, G = array("U", S, M), array("E", S, M), array("G", S, M)
gain, shift = array("g", M), array("beta", M)
Z, P, F = array("Z", S, C), array("P", S, C), array("F", S, C)
at_k = (k, 1, M)

linear = {Y: X @ W.T + outer(ones(S), bias)}
softmax = {P[i, j]: exp(Z[i, j]) / Sum(exp(Z[i, k]), (k, 1, C))}
entropy = {L: -1 / S * Sum(F[i, j] * log(P[i, j]), s, c)}
classifier = {Z: X @ array("W", C, M).T, **softmax, **entropy}

WANTED = {}


def want(name, define, *variables, assuming=(), of=L):
    """One row for each variable."""
    for one in variables:
        WANTED[f"{name}: {one}"] = d(of, one), define, assuming


# Linear layers and what they are made of.
want("linear", linear, X, W, bias)
want("linear without bias", {Y[i, j]: Sum(X[i, k] * W[j, k], at_k)}, X, W)
want("row convention", {Y: X @ B}, X, B)
want("one sample", {y: W @ x + bias}, x, W, bias)
want("one output", {z[i]: Sum(X[i, k] * w[k], at_k)}, X, w)
want("polynomial", {Y: (X * X) @ W.T + X @ array("W2", N, M).T}, X)
down, up = array("A", R, M), array("B", N, R)
want("low rank", {Y: X @ W.T + 1 / R * (X @ down.T @ up.T)}, X, down, up)
want("low rank by stages", {array("H", S, R): X @ down.T, Y: array("H", S, R) @ up.T}, X, down)
want("tied", {array("H", S, N): h(X @ W.T), array("O", S, M): array("H", S, N) @ W}, W, X)
want("residual", {U: X + h(X @ A)}, X, A)
gate, value = array("A", S, N), array("B", S, N)
GATES = {gate: X @ W.T, value: X @ array("V", N, M).T, Y: gate * h(value)}
want("gated linear unit", GATES, X, W, array("V", N, M))
want("mask", {Y: array("D", S, N) * (X @ W.T)}, W, X)
want("one-hot embedding", {array("O", S, D): array("T", S, V) @ array("W", V, D)}, array("W", V, D))
want("sum of rows", {array("r", M): ones(S) @ X}, X)
want("mean over rows", {array("r", M): 1 / S * (ones(S) @ h(X))}, X)

# Squared errors and norms.
want(
    "squares",
    {**linear, L: 1 / (2 * S) * Sum((Y[i, j] - T[i, j]) ** 2, s, (j, 1, N))},
    X,
    W,
    bias,
    Y,
)
want(
    "least squares",
    {L: Sum((Sum(X[i, k] * w[k], at_k) - t[i]) ** 2, s) / 2},
    w,
    X,
)
want("ridge", {L: Sum((Sum(X[i, k] * w[k], at_k) - t[i]) ** 2, s) / (2 * S) + lam / 2 * (w @ w)}, w)
want("weighted squares", {L: Sum(z[i] * (Sum(X[i, k] * w[k], at_k) - t[i]) ** 2, s)}, w, z)
J = loss("J")
want("penalty", {**linear, J: L + lam / 2 * Sum(W[j, k] ** 2, (j, 1, N), at_k)}, W, X, of=J)
want("length", {L: sqrt(x @ x)}, x)
want(
    "Frobenius", {L: Sum((Sum(A[i, k] * X[j, k], at_k) - U[j, i]) ** 2, (j, 1, S), (i, 1, M))}, A, X
)
want(
    "trace", {L: Sum(A[i, k] * B[k, j] * array("C", N, M)[j, i], (i, 1, M), at_k, (j, 1, N))}, A, B
)
want("distance", {L: (x - u) @ (x - u)}, x, u)
want(
    "autoencoder",
    {
        array("H", S, N): h(X @ W.T),
        L: Sum((Sum(array("H", S, N)[i, k] * W[k, j], (k, 1, N)) - X[i, j]) ** 2, s, m) / 2,
    },
    W,
)
want("total variation", {L: Sum((X[i, j] - X[i, k]) ** 2, s, m, at_k) / 4}, X)

# Forms.
want("quadratic form", {L: x @ A @ x}, x, A)
want("bilinear form", {L: x @ B @ y}, x, y, B)
want("Mahalanobis", {L: (x - u) @ A @ (x - u) / 2}, x, u, A)
want(
    "Mahalanobis of rows",
    {L: Sum((X[i, j] - u[j]) * A[j, k] * (X[i, k] - u[k]), s, m, at_k)},
    X,
    u,
    A,
)
want("Gaussian", {L: Sum((x[k] - u[k]) ** 2 / (2 * exp(v[k])) + v[k] / 2, at_k)}, u, v)
want("Rayleigh quotient", {L: (x @ A @ x) / (x @ x)}, x)
want("cosine", {L: (x @ u) / (sqrt(x @ x) * sqrt(u @ u))}, x)
lx = array("l", positive=True)
want("cosine by length", {lx: sqrt(x @ x + eps), L: (x @ u) / lx}, x, u)
want("bilinear scores", {array("Y", S, S): X @ A @ X.T}, X, A)

# Softmax, entropies.
want("softmax", softmax, Z)
want(
    "softmax with temperature",
    {P[i, j]: exp(Z[i, j] / tau) / Sum(exp(Z[i, k] / tau), (k, 1, C))},
    Z,
    tau,
)
want("log-softmax", {P[i, j]: Z[i, j] - log(Sum(exp(Z[i, k]), (k, 1, C)))}, Z)
want("cross-entropy", {**softmax, **entropy}, Z, P, assuming=rows_sum_to_one(F))
want("cross-entropy, any targets", {**softmax, **entropy}, Z)
want("classifier", classifier, array("W", C, M), X, assuming=rows_sum_to_one(F))
FUSED = {L: Sum(log(Sum(exp(Z[i, k]), (k, 1, C))), s) - Sum(F[i, j] * Z[i, j], s, c)}
want("fused", FUSED, Z)
want("entropy of a softmax", {**softmax, L: -Sum(P[i, j] * log(P[i, j]), s, c)}, P)
want("log-sum-exp", {z[i]: log(Sum(exp(X[i, k]), at_k))}, X)
yy = array("Y", S, N)
want(
    "binary cross-entropy",
    {
        yy[i, j]: 1 / (1 + exp(-T[i, j])),
        L: -Sum(
            array("O", S, N)[i, j] * log(yy[i, j])
            + (1 - array("O", S, N)[i, j]) * log(1 - yy[i, j]),
            s,
            (j, 1, N),
        ),
    },
    T,
)
want(
    "logistic regression",
    {z[i]: Sum(X[i, k] * w[k], at_k), L: Sum(log(1 + exp(-t[i] * z[i])), s)},
    w,
)
want("KL of a Gaussian", {L: Sum(u[k] ** 2 + exp(v[k]) - v[k] - 1, at_k) / 2}, u, v)
want(
    "contrastive",
    {
        array("A", S, S): U @ E.T,
        L: Sum(log(Sum(exp(array("A", S, S)[i, k]), (k, 1, S))) - array("A", S, S)[i, i], s),
    },
    U,
)

# Norms of layers.
mean, var, root = array("m", S), array("v", S, positive=True), array("r", S, positive=True)
layer_norm = {
    mean[i]: 1 / M * Sum(X[i, k], at_k),
    root[i]: sqrt(1 / M * Sum((X[i, k] - mean[i]) ** 2, at_k) + eps),
    U[i, j]: (X[i, j] - mean[i]) / root[i],
    G[i, j]: gain[j] * U[i, j] + shift[j],
}
want("layer norm", layer_norm, X, U, gain, shift)
rms = {root[i]: sqrt(1 / M * Sum(X[i, k] ** 2, at_k) + eps), U[i, j]: X[i, j] / root[i]}
want("RMS norm", rms, X)
want("RMS norm and gain", {**rms, G: U * outer(ones(S), gain)}, X, gain)
mu, sd = array("m", M), array("s", M, positive=True)
batch_norm = {
    mu[j]: 1 / S * Sum(X[i, j], s),
    sd[j]: sqrt(1 / S * Sum((X[i, j] - mu[j]) ** 2, s) + eps),
    U[i, j]: (X[i, j] - mu[j]) / sd[j],
    G[i, j]: gain[j] * U[i, j] + shift[j],
}
want("batch norm", batch_norm, X, gain, shift)
want("centering", {U[i, j]: X[i, j] - 1 / M * Sum(X[i, k], at_k)}, X)
want("unit rows", {root[i]: sqrt(Sum(X[i, k] ** 2, at_k) + eps), U[i, j]: X[i, j] / root[i]}, X)
vw = array("V", N, M)
rw = array("r", N, positive=True)
want(
    "weight norm",
    {rw[j]: sqrt(Sum(vw[j, k] ** 2, at_k) + eps), W[j, k]: bias[j] * vw[j, k] / rw[j], Y: X @ W.T},
    vw,
    bias,
)

# Attention and recurrence.
query, key, val = array("Q", S, D), array("K", S, D), array("V", S, D)
score, weight, out = array("Z", S, S), array("P", S, S), array("O", S, D)
attention = {
    score: 1 / sqrt(D) * (query @ key.T),
    weight[i, j]: exp(score[i, j]) / Sum(exp(score[i, k]), (k, 1, S)),
    out: weight @ val,
}
want("attention", attention, query, key, val)
want("attention scores", {score: query @ key.T}, query, key)
wq = array("W", D, M)
want("projected query", {query: X @ wq.T, **attention}, wq)
h1, h2, h0 = array("h'", M), array("h''", M), array("h0", M)
rec = array("R", M, M)
want("two steps of a recurrence", {h1: tanh(rec @ h0 + x), h2: tanh(rec @ h1 + u)}, rec, x)
f_, c_, s_ = array("f", M), array("c", M), array("a", M)
want("a cell", {f_: o(rec @ h0), c_: f_ * u + (ones(M) - f_) * g(A @ x), s_: tanh(c_)}, rec, A, u)
heads = array("Q", S, H, D), array("K", S, H, D), array("Z", S, S, H)
want("heads", {heads[2][i, j, q]: Sum(heads[0][i, q, p] * heads[1][j, q, p], (p, 1, D))}, heads[0])
want("sigmoid", {U[i, j]: 1 / (1 + exp(-X[i, j]))}, X)
want("tanh", {U: tanh(X)}, X)
want("softplus", {U[i, j]: log(1 + exp(X[i, j]))}, X)
want("SiLU", {U[i, j]: X[i, j] / (1 + exp(-X[i, j]))}, X)
want("GELU", {U[i, j]: X[i, j] * (1 + erf(X[i, j] / sqrt(2))) / 2}, X)
want("diagonal weights", {U: X @ diag(gain)}, X, gain)
want(
    "squeeze and excite",
    {array("r", M): h(A @ (1 / S * (ones(S) @ X))), U[i, j]: array("r", M)[j] * X[i, j]},
    X,
)
want(
    "two layers",
    {
        array("A", S, N): X @ W.T,
        array("H", S, N): h(array("A", S, N)),
        P: array("H", S, N) @ array("W2", C, N).T,
    },
    W,
    X,
)
