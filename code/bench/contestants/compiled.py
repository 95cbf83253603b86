"""JAX: a step compiled, and the loop over the steps compiled too."""

import jax
import jax.numpy as jnp
import numpy as np

from ..task import LR, MOMENTUM, SIZES, order


def mean_loss(weights, X, y):
    for W, b in weights[:-1]:
        X = jax.nn.relu(X @ W.T + b)
    W, b = weights[-1]
    log_p = jax.nn.log_softmax(X @ W.T + b)
    return -(jax.nn.one_hot(y, SIZES[-1]) * log_p).sum() / len(y)


def step(state, X, y, batch):
    """The state (weights, velocities) after one batch, given by its indices, and its loss."""
    weights, velocities = state
    loss, grads = jax.value_and_grad(mean_loss)(weights, X[batch], y[batch])
    velocities = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocities, grads)
    weights = jax.tree.map(lambda w, v: w - LR * v, weights, velocities)
    return (weights, velocities), loss


def scan(state, X, y, batches):
    """One step per row of `batches`."""
    return jax.lax.scan(lambda state, batch: step(state, X, y, batch), state, batches)


class JaxStep:
    """A compiled step, called from a loop in Python; the old state is given up to the new one."""

    def __init__(self, X, y, batch, threads):
        self.X, self.y, self.batch = jnp.asarray(X), jnp.asarray(y.astype(np.int32)), batch
        self.step = jax.jit(step, donate_argnums=0)
        self.scan = jax.jit(scan, donate_argnums=0)

    def start(self, weights):
        pairs = zip(weights[0::2], weights[1::2], strict=True)
        pairs = [(jnp.array(W), jnp.array(b)) for W, b in pairs]
        self.state = pairs, jax.tree.map(jnp.zeros_like, pairs)

    def epoch(self, seed):
        taken, total = order(seed, len(self.X)).astype(np.int32), 0.0
        for start in range(0, len(taken), self.batch):
            batch = taken[start : start + self.batch]
            self.state, loss = self.step(self.state, self.X, self.y, batch)
            total += loss * len(batch)
        return self._ready(total)

    def _ready(self, total):
        jax.block_until_ready(self.state)  # JAX returns before the work is done
        return float(total) / len(self.X)

    def weights(self):
        return [np.asarray(array) for pair in self.state[0] for array in pair]


class JaxScan(JaxStep):
    """All full batches in one compiled loop; the smaller last one by a step of its own."""

    def epoch(self, seed):
        taken = order(seed, len(self.X)).astype(np.int32)
        full = len(taken) // self.batch * self.batch
        batches, rest = taken[:full].reshape(-1, self.batch), taken[full:]
        self.state, losses = self.scan(self.state, self.X, self.y, batches)
        total = losses.sum() * self.batch
        if len(rest):
            self.state, loss = self.step(self.state, self.X, self.y, rest)
            total += loss * len(rest)
        return self._ready(total)
