"""Who finds a wrong weight, and what a check costs: this library beside three others.

One weight of a network gets a gradient that is off by a part e of itself. `side_by_side` asks who
notices: check_gradients, PyTorch's gradcheck (also fast_mode), JAX's check_grads, SciPy's
check_grad, each at its defaults, in float64, one thread, on the same weights. Checkers that
measure every entry by itself get a small network. `costs` times check_gradients by method.
Source: chapter "Checking a gradient".
"""

import statistics
import time
from typing import NamedTuple

import numpy as np
from backprop import MLP, Tanh, check_gradients

FULL, SMALL, BATCH = (784, 256, 128, 10), (20, 12, 8, 5), 32
ERRORS = (1e-2, 1e-3, 1e-4, 1e-6)
PLACE = 2  # the layer with the wrong weight
SLOW = 30_000  # entries that `costs` takes one by one; beyond, it would take minutes


class Row(NamedTuple):
    """One checker on one network with one planted error; `error` 0 is the network without.

    `verdict` is "passes" or "false alarm" where nothing is planted, else "found", "missed", or
    "can't tell": the right gradient was refused as well.
    """

    checker: str
    sizes: tuple
    parameters: int
    error: float
    verdict: str
    seconds: float
    answer: str


class Faulty(MLP):
    """A float64 MLP in which the gradient of one weight is multiplied by `factor`."""

    def __init__(self, sizes, factor=1.0):
        super().__init__(sizes, Tanh, rng=0, dtype=np.float64)  # no kinks: nobody is misled
        self.factor, self.wrong = factor, None
        # A weight like the others: its gradient is nearest to the median.
        self.forward(inputs(sizes))
        self.backward(draw(BATCH, sizes[-1]))
        gradient = np.abs(self.layers[PLACE].grads["weight"])
        nearest = np.abs(gradient - np.median(gradient)).argmin()
        self.wrong = tuple(map(int, np.unravel_index(nearest, gradient.shape)))

    def backward(self, dY):
        dX = super().backward(dY)
        if self.wrong:
            self.layers[PLACE].grads["weight"][self.wrong] *= self.factor
        return dX

    def arrays(self):
        return [parameter.value for parameter in self.parameters()]


def draw(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def inputs(sizes):
    return draw(BATCH, sizes[0], seed=0)


# Each checker takes a Faulty and a batch, and says whether it refuses, and what it answers.


def by_this_library(model, X):
    report = check_gradients(model, X)
    place = f"{report.worst.name}{list(report.worst.index or [])}"
    return not report.passed, "" if report.passed else place


def by_pytorch(model, X, fast_mode=False):
    import torch

    class Plant(torch.autograd.Function):
        @staticmethod
        def forward(ctx, W):
            return W.clone()

        @staticmethod
        def backward(ctx, dW):
            dW = dW.clone()
            dW[model.wrong] *= model.factor
            return dW

    def forward(X, *parameters):
        for place in range(0, len(parameters), 2):
            W, b = parameters[place : place + 2]
            X = torch.tanh(X) if place else X
            X = torch.nn.functional.linear(X, Plant.apply(W) if place == PLACE else W, b)
        return X

    torch.set_num_threads(1)
    tensors = [torch.tensor(array, requires_grad=True) for array in [X, *model.arrays()]]
    good = torch.autograd.gradcheck(forward, tensors, fast_mode=fast_mode, raise_exception=False)
    return not good, "" if good else "wrong somewhere"


def by_pytorch_fast(model, X):
    return by_pytorch(model, X, fast_mode=True)


def by_jax(model, X):
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    @jax.custom_vjp
    def plant(W):
        return W

    plant.defvjp(lambda W: (W, None), lambda _, dW: (dW.at[model.wrong].multiply(model.factor),))

    def forward(X, *parameters):
        for place in range(0, len(parameters), 2):
            W, b = parameters[place : place + 2]
            X = jnp.tanh(X) if place else X
            X = X @ (plant(W) if place == PLACE else W).T + b
        return X

    with jax.enable_x64(True):  # by default all is float32, and the tolerance 200 times larger
        try:
            check_grads(forward, [X, *model.arrays()], order=1, modes=["rev"])
        except AssertionError:
            return True, "wrong somewhere"
    return False, ""


def by_scipy(model, X, direction="all"):
    """check_grad gives no verdict but a number: that of a right gradient, by forward differences,
    is the measure; twice as much counts as found."""
    from scipy.optimize import check_grad

    dY, flat = draw(BATCH, model.layers[-1].out_features), np.concatenate
    parameters = model.parameters()
    ends = np.cumsum([0, *(p.value.size for p in parameters)])

    def loss(w):
        for parameter, start, end in zip(parameters, ends[:-1], ends[1:], strict=True):
            parameter.value = w[start:end].reshape(parameter.value.shape)
        return (dY * model.forward(X)).sum()

    def gradient(w):
        loss(w)
        model.backward(dY)
        return flat([p.grad.ravel() for p in parameters])

    w = flat([array.ravel() for array in model.arrays()])
    number = check_grad(loss, gradient, w, direction=direction, rng=0)
    factor, model.factor = model.factor, 1.0
    right = check_grad(loss, gradient, w, direction=direction, rng=0)
    model.factor = factor
    loss(w)  # check_grad leaves the weights where it looked last
    return bool(number > 2 * right), f"{number:.1e}; of a right gradient {right:.1e}"


def by_scipy_random(model, X):
    return by_scipy(model, X, direction="random")


CHECKERS = [
    ("check_gradients", by_this_library, FULL),
    ("check_gradients", by_this_library, SMALL),
    ("PyTorch gradcheck", by_pytorch, SMALL),
    ("PyTorch gradcheck, fast_mode", by_pytorch_fast, FULL),
    ("JAX check_grads, rev", by_jax, FULL),
    ("JAX check_grads, rev", by_jax, SMALL),
    ("SciPy check_grad", by_scipy, SMALL),
    ("SciPy check_grad, random", by_scipy_random, FULL),
]


def checkers():
    """Both tables as they are kept: who finds what, and what a check costs."""
    return {"verdicts": [row._asdict() for row in side_by_side()], "costs": costs()}


def side_by_side(errors=ERRORS, repeat=3):
    """A Row for each checker and planted error, and one without; seconds are medians.

    SciPy's are those of two checks, with the fault and without.
    """
    rows = []
    for name, checker, sizes in CHECKERS:
        X, model = inputs(sizes), Faulty(sizes)
        size = sum(array.size for array in model.arrays())
        alarm, _ = checker(model, X)  # and all is imported and warm
        for error in (0.0, *errors):
            model.factor = 1 + error
            seconds, (refused, answer) = timed(lambda m=model, x=X, c=checker: c(m, x), repeat)
            verdict = _verdict(error, refused, alarm)
            rows.append(Row(name, sizes, size, error, verdict, seconds, answer))
    return rows


def _verdict(error, refused, alarm):
    if not error:
        return "false alarm" if refused else "passes"
    if alarm:
        return "can't tell"
    return "found" if refused else "missed"


def costs(widths=(4, 12, 32, 96, 280, 800), repeat=3):
    """A row for each width M of an MLP M-M-M-10: (parameters, seconds by central, complex,
    projection); None where it was not run."""
    rows = []
    for width in widths:
        model, X = MLP([width, width, width, 10], Tanh, rng=0), draw(BATCH, width)
        size = sum(p.value.size for p in model.parameters())
        one_by_one = [
            timed(lambda m=model, x=X, by=method: check_gradients(m, x, method=by), 1)[0]
            if size + X.size <= SLOW
            else None
            for method in ("central", "complex")
        ]
        projected, _ = timed(
            lambda m=model, x=X: check_gradients(m, x, method="projection"), repeat
        )
        rows.append((size, *one_by_one, projected))
    return rows


def timed(call, repeat):
    """The median time of a call in seconds, and what it returned."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        answer = call()
        times.append(time.perf_counter() - start)
    return statistics.median(times), answer
