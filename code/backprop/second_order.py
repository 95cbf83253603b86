"""Directions through an MLP: forward, backward, and twice, without a Jacobian or a Hessian.

H = tanh(X W₁ᵀ), Z = H W₂ᵀ, and the mean cross-entropy of softmax(Z). A direction (V₁, V₂) says how
the weights move. Biases are a column of ones in X. Source: chapter "Second derivatives".
"""

import numpy as np

from .losses import softmax_cross_entropy_backward
from .softmax import softmax, softmax_backward
from .validation import expects

WEIGHTS = {"X": "S M", "W1": "K M", "W2": "C K"}
DIRECTION = {**WEIGHTS, "V1": "K M", "V2": "C K"}


@expects("mlp_logits", **WEIGHTS)
def mlp_logits(X, W1, W2):
    """The hidden units and the logits: X (S, M), W1 (K, M), W2 (C, K) → H (S, K), Z (S, C)."""
    H = np.tanh(X @ W1.T)
    return H, H @ W2.T


@expects("jvp", **DIRECTION)
def jvp(X, W1, W2, V1, V2):
    """J v: how the logits move when the weights move along (V1, V2). Returns (S, C)."""
    H, _ = mlp_logits(X, W1, W2)
    dot_H = (1 - H**2) * (X @ V1.T)
    return dot_H @ W2.T + H @ V2.T


@expects("vjp", **WEIGHTS, U="S C")
def vjp(X, W1, W2, U):
    """Jᵀ u: the gradients of ⟨U, Z⟩ with respect to W1 (K, M) and W2 (C, K)."""
    H, _ = mlp_logits(X, W1, W2)
    dA = (U @ W2) * (1 - H**2)
    return dA.T @ X, U.T @ H


@expects("cross_entropy_hessian_vector", Z="S C", V="S C")
def cross_entropy_hessian_vector(Z, V):
    """The Hessian of the mean cross-entropy with respect to the logits, times V: (S, C).

    Row by row (diag(y) − y yᵀ) v / S; the targets are not in it.
    """
    return softmax_backward(V, softmax(Z)) / len(Z)


@expects("gauss_newton_vector", **DIRECTION)
def gauss_newton_vector(X, W1, W2, V1, V2):
    """Jᵀ H_Z J v for softmax cross-entropy: forward, the loss's Hessian, backward. As W1, W2."""
    _, Z = mlp_logits(X, W1, W2)
    return vjp(X, W1, W2, cross_entropy_hessian_vector(Z, jvp(X, W1, W2, V1, V2)))


@expects("hessian_vector", **DIRECTION)
def hessian_vector(X, W1, W2, T, V1, V2):
    """The derivative of both weight gradients along (V1, V2): as W1 (K, M), W2 (C, K).

    T are labels (S,) or rows that sum to 1, (S, C). Each line of the backward pass, differentiated.
    """
    H, Z = mlp_logits(X, W1, W2)
    dot_H = (1 - H**2) * (X @ V1.T)
    dZ = softmax_cross_entropy_backward(Z, T)
    dot_dZ = cross_entropy_hessian_vector(Z, dot_H @ W2.T + H @ V2.T)
    dot_dH = dot_dZ @ W2 + dZ @ V2
    dot_dA = dot_dH * (1 - H**2) - 2 * (dZ @ W2) * H * dot_H
    return dot_dA.T @ X, dot_dZ.T @ H + dZ.T @ dot_H
