"""Programs as students write them, one or more for every code of the vocabulary."""

import backprop
import numpy as np
import pytest
from backprop.derivation import (
    Derivation,
    L,
    Sum,
    array,
    chain_rule,
    d,
    dimensions,
    gradient,
    indices,
)
from backprop.exercises import check, further
from backprop.exercises.vocabulary import VOCABULARY

PROGRAMS = []


def student(code, name):
    """Put a program on the list: `check(name, program)` has to answer with this code."""

    def keep(program):
        PROGRAMS.append((code, name, program))
        return program

    return keep


def chain_rule_only():
    """A derivation that has just begun."""
    S, M, N = dimensions("S M N")
    X, V, Y = array("X", S, M), array("V", M, N), array("Y", S, N)
    i, j, a, b = indices("i j a b")
    whole = Sum(gradient(Y)[i, j] * d(Y[i, j], V[a, b]), (i, 1, S), (j, 1, N))
    derivation = Derivation(d(L, V[a, b]), define={Y: X @ V})
    return derivation.line(whole, "chain rule", using=chain_rule)


def probabilities(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


@student("not-started", "linear.dW")
def leaves_it_open(dY, X):
    pass


@student("raises", "linear.dW")
def multiplies_what_does_not_fit(dY, X):
    return dY @ X


@student("wrong-type", "linear.db")
def collects_in_a_list(dY):
    sums = []
    for column in dY.T:
        sums.append(sum(column))
    return sums


@student("wrong-shape", "linear.dW")
def takes_the_input_apart(dY, X):
    return dY.T @ X[:, :2]


@student("right-values-wrong-shape", "linear.db")
def keeps_the_axis(dY):
    return np.sum(dY, axis=0, keepdims=True)


@student("missing-transpose", "linear.dW")
def thinks_in_columns(dY, X):
    dW = np.zeros((X.shape[1], dY.shape[1]))
    for x, g in zip(X, dY, strict=True):
        dW += np.outer(x, g)
    return dW


@student("missing-batch-sum", "linear.db")
def passes_it_on(dY):
    return dY.copy()


@student("missing-batch-sum", "linear.dW")
def overwrites_in_the_loop(dY, X):
    for g, x in zip(dY, X, strict=True):
        dW = np.outer(g, x)
    return dW


@student("wrong-axis", "linear.db")
def sums_the_rows(dY):
    return np.array([row.sum() for row in dY])


@student("wrong-axis", "softmax.forward")
def normalises_the_columns(Z):
    E = np.exp(Z)
    return E / np.sum(E, 0)


@student("wrong-axis", "softmax.forward")
def normalises_the_batch(Z):
    Z = Z - np.max(Z)
    return np.exp(Z) / np.sum(np.exp(Z))


@student("mean-instead-of-sum", "linear.db")
def averages(dY):
    return np.average(dY, axis=0)


@student("mean-instead-of-sum", "linear.dW")
def averages_outer_products(dY, X):
    return np.mean([np.outer(g, x) for g, x in zip(dY, X, strict=True)], axis=0)


@student("missing-batch-mean", "cross_entropy.dY")
def forgets_the_mean(Y, T):
    dY = np.zeros(Y.shape)
    for i, t in enumerate(T):
        dY[i, t] = -1 / Y[i, t]
    return dY


@student("missing-batch-mean", "cross_entropy.forward")
def adds_the_losses_up(Y, T):
    return sum(-np.log(y[t]) for y, t in zip(Y, T, strict=True))


@student("extra-batch-mean", "losses.fused_dZ")
def divides_twice(Z, T):
    dZ = probabilities(Z) / len(Z)
    dZ[np.arange(len(T)), T] -= 1 / len(Z)
    return dZ / len(Z)


@student("wrong-sign", "cross_entropy.forward")
def forgets_the_minus(Y, T):
    return np.mean(np.log(Y[range(len(T)), T]))


@student("wrong-sign", "losses.squared_dY")
def takes_away_the_wrong_way_round(Y, T):
    return (T - Y) * 2 / Y.shape[0]


@student("never-computed", "linear.dW")
def makes_a_new_one(dY, X, W):
    dW = np.zeros_like(W)
    for g, x in zip(dY, X, strict=True):
        dW + np.outer(g, x)
    return dW


@student("scaled", "softmax.dZ")
def halves_it(dY, Z):
    Y = probabilities(Z)
    return 0.5 * Y * (dY - np.einsum("ij,ij->i", dY, Y)[:, None])


@student("value-instead-of-derivative", "relu.dX")
def multiplies_by_the_output(dY, X):
    return dY * X.clip(min=0)


@student("elementwise-softmax", "softmax.dZ")
def takes_the_diagonal(dY, Z):
    Y = probabilities(Z)
    return np.array([dy @ np.diag(y * (1 - y)) for dy, y in zip(dY, Y, strict=True)])


@student("wrong-index", "softmax.dZ")
def repeats_an_index(dY, Z):
    Y, dZ = probabilities(Z), np.zeros(Z.shape)
    S, C = Z.shape
    for i in range(S):
        for k in range(C):
            for j in range(C):
                dZ[i, k] += dY[i, j] * Y[i, j] * ((j == k) - Y[i, j])
    return dZ


@student("contraction-missing", "softmax.dZ")
def stops_at_the_jacobian(dY, Z):
    Y = probabilities(Z)
    J = np.stack([np.diag(y) - np.outer(y, y) for y in Y])
    return J * dY[:, :, None]


@student("contraction-order", "softmax.dZ")
def sums_the_jacobian_first(dY, Z):
    Y = probabilities(Z)
    J = np.stack([np.diag(y) - np.outer(y, y) for y in Y])
    return J.sum(axis=2) * dY


@student("samples-mixed", "softmax.dZ")
def keeps_the_last_jacobian(dY, Z):
    for y in probabilities(Z):
        J = np.diag(y) - np.outer(y, y)
    return dY @ J


@student("not-normalised", "softmax.forward")
def exponentials_only(Z):
    return np.exp(Z - np.max(Z, axis=1)[:, None])


@student("softmax-twice", "cross_entropy.forward")
def takes_probabilities_for_logits(Y, T):
    return -np.log(probabilities(Y)[np.arange(len(T)), T]).mean()


@student("logit-gradient", "cross_entropy.dY")
def knows_the_famous_formula(Y, T):
    dY = Y.copy()
    dY[np.arange(len(T)), T] -= 1
    return dY / len(T)


@student("labels-as-numbers", "cross_entropy.forward")
def multiplies_by_the_labels(Y, T):
    return -np.mean(np.sum(T.reshape(-1, 1) * np.log(Y), axis=1))


@student("class-count-from-batch", "cross_entropy.dY")
def counts_the_labels(Y, T):
    onehot = np.zeros((len(T), T.max() + 1))
    onehot[np.arange(len(T)), T] = 1
    return np.where(onehot > 0, -1 / Y / len(T), 0)


@student("fraction-inverted", "cross_entropy.dY")
def turns_the_fraction(Y, T):
    return -np.eye(Y.shape[1])[T] * Y / len(T)


@student("derivative-of-log", "cross_entropy.dY")
def divides_by_the_logarithm(Y, T):
    dY = np.zeros_like(Y)
    dY[np.arange(len(T)), T] = -1 / np.log(Y[np.arange(len(T)), T])
    return dY / len(T)


@student("not-reduced", "cross_entropy.forward")
def returns_all_losses(Y, T):
    return np.array([-np.log(Y[i, t]) for i, t in enumerate(T)])


@student("collapsed-over-batch", "linear.dX")
def adds_the_samples_up(dY, W):
    return dY.sum(axis=0) @ W


@student("upstream-missing", "relu.dX")
def local_slope_only(dY, X):
    return np.where(X > 0, 1.0, 0.0)


@student("upstream-twice", "elu.dX")
def multiplies_twice(dY, X, alpha):
    dX = dY * np.where(X > 0, 1, alpha * np.exp(np.minimum(X, 0)))
    return dX * dY


@student("wrong-array", "relu.dX")
def masks_by_the_gradient(dY, X):
    dX = np.array(dY)
    dX[dY <= 0] = 0
    return dX


@student("elementwise-for-matmul", "linear.twice")
def multiplies_the_shares(dY1, X1, dY2, X2):
    return (dY1.T @ X1) * (dY2.T @ X2)


@student("matmul-for-elementwise", "cross_entropy.forward")
def picks_columns(Y, T):
    return -np.log(Y[:, T]).mean()


@student("reduction-for-elementwise", "relu.forward")
def largest_of_a_column(X):
    return np.max(X, 0)


@student("bias-missing", "linear.forward")
def forgets_the_bias(X, W, b):
    return np.dot(X, W.T)


@student("extra-term", "linear.dW")
def decays_the_weights(dY, X, W):
    return dY.T @ X + 0.01 * W


@student("missing-term", "elu.forward")
def forgets_the_one(X, alpha):
    return np.where(X > 0, X, alpha * np.exp(np.minimum(X, 0)))


@student("mask-too-weak", "attention.forward")
def hides_with_a_small_number(Q, K, V, mask):
    return probabilities(Q @ K.T / np.sqrt(Q.shape[1]) - 1e-4 * mask) @ V


@student("overwritten", "attention.dTable")
def keeps_the_last_place_of_a_word(t, dX, dZ, H):
    dW = dZ.T @ H
    dW[t] += dX
    return dW


@student("wrong-branch", "relu.dX")
def lets_the_wrong_ones_pass(dY, X):
    return np.where(X > 0, 0, dY)


@student("stray-epsilon", "cross_entropy.dY")
def protects_the_denominator(Y, T):
    return -np.eye(Y.shape[1])[T] / (Y + 1e-4) / len(T)


@student("integer-truncation", "relu.dX")
def writes_into_integers(dY, X):
    dX = np.zeros(X.shape, dtype=int)
    dX[X > 0] = dY[X > 0]
    return dX


@student("integer-truncation", "elu.forward")
def keeps_the_type_of_the_input(X, alpha):
    Y = X.copy()
    Y[X <= 0] = alpha * np.expm1(X[X <= 0])
    return Y


@student("mutates-input", "relu.dX")
def writes_into_the_upstream(dY, X):
    dY[X <= 0] = 0
    return dY


@student("unstable", "softmax.forward")
def trusts_exp(Z):
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


@student("not-finite", "cross_entropy.dY")
def divides_by_everything(Y, T):
    return -np.eye(Y.shape[1])[T] / Y / len(T)


@student("not-finite", "cross_entropy.forward")
def takes_all_logarithms(Y, T):
    return -(np.eye(Y.shape[1])[T] * np.log(Y)).sum() / len(T)


@student("updated-weights", "linear.backward")
def takes_the_step_first(dY, X, W):
    dW = dY.T @ X
    W = W - 0.1 * dW
    return dY @ W, dW, dY.sum(axis=0)


@student("wrong-constant", "optimizers.adam")
def takes_another_step(w, g, m, v, t):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    root = np.sqrt(v / (1 - 0.999**t))
    return w - 0.001 * (m / (1 - 0.9**t)) / (root + 0.01), m, v


def normalized(X, axis, eps):
    D = X - X.mean(axis=axis, keepdims=True)
    r = 1 / np.sqrt((D**2).mean(axis=axis, keepdims=True) + eps)
    return D * r, r


@student("gamma-outside-sum", "layer_norm.dX")
def multiplies_by_gamma_at_the_end(dY, X, gamma, eps):
    U, r = normalized(X, 1, eps)
    means = dY.mean(axis=1, keepdims=True) + U * (dY * U).mean(axis=1, keepdims=True)
    return gamma * r * (dY - means)


@student("wrong-count", "layer_norm.dX")
def divides_by_the_number_of_samples(dY, X, gamma, eps):
    (U, r), dU, S = normalized(X, 1, eps), dY * gamma, len(X)
    sums = dU.sum(axis=1, keepdims=True) + U * (dU * U).sum(axis=1, keepdims=True)
    return r * (dU - sums / S)


@student("swapped-gradients", "batch_norm.dgamma")
def returns_the_other_one(dY, X, eps):
    return dY.sum(axis=0)


@student("overwritten", "embedding.dW")
def adds_with_an_index(dY, N, W):
    dW = np.zeros(W.shape)
    dW[N] += dY
    return dW


@student("slip", "losses.squared")
def forgets_the_brackets(Y, T):
    return ((Y - T) ** 2).sum() / len(Y), Y - T * 2 / len(Y)


@student("gamma-outside-sum", "normalization.backward")
def scales_last(dY, X, gamma, eps):
    C = X - X.mean(axis=1, keepdims=True)
    r = np.sqrt((C**2).mean(axis=1, keepdims=True) + eps)
    along = (dY * C / r).mean(axis=1, keepdims=True)
    return gamma * (dY - dY.mean(axis=1, keepdims=True) - C / r * along) / r


@student("wrong-count", "normalization.averages")
def forgets_bessel(X, mean, var, momentum):
    old = 1 - momentum
    return old * mean + momentum * X.mean(axis=0), old * var + momentum * X.var(axis=0)


@student("swapped-gradients", "layer_norm.dgamma")
def takes_the_shift_for_the_scale(dY, X, eps):
    return dY.sum(axis=0)


@student("borrowed", "softmax.stable")
def knows_where_it_is(Z):
    return backprop.Softmax().forward(Z)


student("unfinished", "linear.xv")(chain_rule_only())


@student("partly-wrong", "linear.dX")
def forgets_the_last_sample(dY, W):
    dX = np.zeros((len(dY), W.shape[1]))
    for i in range(len(dY) - 1):
        dX[i] = dY[i] @ W
    return dX


@student("wrong", "linear.dW")
def guesses(dY, X):
    return np.cos(dY.T @ X)


@pytest.mark.parametrize(("code", "name", "program"), PROGRAMS)
def test_the_mistake_is_called_by_its_name(code, name, program):
    report = check(name, program)
    assert report.mistake == code, report
    assert report.message


def test_every_word_of_the_vocabulary_is_spoken():
    two_cells = {"left-over"}  # and two cells are run in test_checking
    families = further.families().values()  # these no exercise asks for: test_further
    lines = [
        line for one in families for some in (*one.only.values(), one.mistakes) for line in some
    ]
    beyond = {line[0] for line in lines} | {"ties-counted-twice"}
    assert {code for code, _, _ in PROGRAMS} | two_cells | beyond == set(VOCABULARY)
