"""From gradients to steps: SGD, Adam, AdamW, and a schedule. Source: chapter "Optimizers".

An optimizer is given `model.parameters()` once and reads their gradients at each `step()`; `lr` may
be changed between steps. The formulas are PyTorch's, which differ from the papers' where a
docstring says so.
"""

import math

import numpy as np

from .validation import expect_number, expects


class Optimizer:
    """What all have in common: parameters, a learning rate, and arrays of state for each."""

    def __init__(self, parameters, lr, weight_decay, memory=()):
        who = type(self).__name__
        if not isinstance(parameters, (list, tuple)):
            raise ValueError(f"{who} expects the list model.parameters(), got {parameters!r}")
        self.parameters = list(parameters)
        if not all(hasattr(p, "value") for p in self.parameters) or not self.parameters:
            raise ValueError(f"{who} expects parameters of a model, got {self.parameters}")
        self.lr = expect_number(lr, "lr", who, low=0)
        self.weight_decay = expect_number(weight_decay, "weight_decay", who, low=0)
        self.steps = 0
        self.state = [{name: np.zeros_like(p.value) for name in memory} for p in self.parameters]

    def step(self):
        """Change every parameter in place; raises ValueError without a gradient of its shape."""
        gradients = [parameter.grad for parameter in self.parameters]
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            shape = parameter.value.shape
            if gradient.shape != shape:
                raise ValueError(
                    f"{parameter.label} has shape {shape}, its gradient {gradient.shape}"
                )
        self.steps += 1
        for parameter, gradient, state in zip(self.parameters, gradients, self.state, strict=True):
            self._update(parameter.value, gradient, **state)

    def _update(self, w, g, **state):
        raise NotImplementedError

    def _flush(self, memory):
        """Now and then, set to 0 what has nearly faded out.

        A weight whose gradient has become 0 (of a pixel that is rarely lit, of a unit that is
        off) has a memory that shrinks with every step, until it is subnormal, and many a
        processor computes with that many times slower.
        """
        if self.steps % 100 == 0:
            numbers = np.finfo(memory.dtype)
            memory[np.abs(memory) < numbers.tiny / numbers.eps] = 0


class SGD(Optimizer):
    """v ← μ v + g, w ← w − η v; with `nesterov`, w ← w − η (g + μ v).

    g is ∂L/∂w + weight_decay · w, η is `lr`, μ is `momentum`. Without momentum this
    is w ← w − η g. Polyak 1964 and Sutskever et al. 2013 have η inside the velocity,
    v ← μ v − η g, w ← w + v: the same while η is constant.
    """

    def __init__(self, parameters, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
        self.momentum = expect_number(momentum, "momentum", "SGD", low=0, high=1)
        super().__init__(parameters, lr, weight_decay, ["velocity"] if self.momentum else [])
        self.nesterov = bool(nesterov)
        if self.nesterov and self.momentum == 0:
            raise ValueError("SGD expects a momentum above 0 for nesterov=True, got 0")

    def _update(self, w, g, velocity=None):
        g = g + self.weight_decay * w if self.weight_decay else g
        if self.momentum:
            v = velocity
            v *= self.momentum
            v += g
            self._flush(v)
            g = g + self.momentum * v if self.nesterov else v
        w -= self.lr * g


class Adam(Optimizer):
    """m ← β₁ m + (1−β₁) g, v ← β₂ v + (1−β₂) g², w ← w − η m̂ / (√v̂ + ε) (Kingma and Ba 2015).

    m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ) undo the start at zero. `weight_decay` is added to the
    gradient: g is ∂L/∂w + weight_decay · w.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay, ["m", "v"])
        who = type(self).__name__
        if not isinstance(betas, (list, tuple)) or len(betas) != 2:
            raise ValueError(f"{who} expects two betas, got {betas!r}")
        self.beta1, self.beta2 = (
            expect_number(beta, "each beta", who, low=0, high=1 - 1e-9) for beta in betas
        )
        self.eps = expect_number(eps, "eps", who, low=0)

    def _update(self, w, g, m, v):
        g = self._decay(w, g)
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * g**2
        self._flush(m)
        m_hat = m / (1 - self.beta1**self.steps)
        v_hat = v / (1 - self.beta2**self.steps)
        w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)

    def _decay(self, w, g):
        return g + self.weight_decay * w if self.weight_decay else g


class AdamW(Adam):
    """Adam with decoupled decay: w ← w − η · weight_decay · w, in addition to Adam's step.

    Source: Loshchilov and Hutter 2019. There the decay is not multiplied by η: it is η_t λ w with
    the schedule η_t alone (Algorithm 2, line 12). So weight_decay is their λ divided by their α.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def _decay(self, w, g):
        w -= self.lr * self.weight_decay * w
        return g


def clip_gradients(parameters, limit):
    """Shorten all gradients by one factor if their norm together is above `limit`; the norm before.

    In place, between backward and step: ‖g‖ = √Σ g² over every entry of every parameter, and the
    factor is limit/(‖g‖ + 1e-6), as in PyTorch, but at most 1 (Pascanu et al. 2013). The direction
    stays, which clipping each entry or each parameter by itself would change.
    """
    limit = expect_number(limit, "limit", "clip_gradients", low=0)
    gradients = [parameter.grad for parameter in parameters]
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    factor = limit / (norm + 1e-6)
    if factor < 1:
        for gradient in gradients:
            gradient *= factor
    return norm


@expects("cosine", progress="...")
def cosine(progress):
    """The cosine schedule (1 + cos(π · progress))/2: 1 at the start, 0 at the end."""
    return (1 + np.cos(np.pi * progress)) / 2
