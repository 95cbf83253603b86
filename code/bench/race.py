"""All contestants side by side, in one process with a given number of threads."""

import importlib
import random
import sys
import time
from statistics import median

from . import task

# Name → module and class; a library is loaded only when its turn comes.
CONTESTANTS = {
    "matrix products alone": "products.Products",
    "this library": "library.Library",
    "JAX, scan": "compiled.JaxScan",
    "JAX, jit": "compiled.JaxStep",
    "PyTorch, fused": "pytorch.PyTorchFused",
    "PyTorch": "pytorch.PyTorch",
    "scikit-learn": "scikit.ScikitLearn",
    "autograd": "hips.Autograd",
}
PRODUCTS, OURS, STANDARD = "matrix products alone", "this library", "PyTorch, fused"
REFERENCE = "library.LibraryInFloat64"

# Who trains the same network on the same batches has the same loss after a few steps, the last of
# them a smaller one, as at the end of an epoch. In float32 it is off by 1e-8 to 1e-6, with a
# learning rate that is off by 1 % by 5e-4. After 20 steps that would no longer tell: by then a sum
# next to 0 may have been rounded to the other side, where ReLU has another slope, and it is 1e-3.
STEPS, REMAINDER, TOLERANCE = 5, 40, 5e-5
# So over a whole epoch the mean loss tells gross mistakes only.
EPOCH_TOLERANCE = 1e-2
PAUSE = 0.1  # seconds until the threads of the one before have gone to sleep


def contestant(place, *arguments):
    """The class that `place` ("module.Class") names, made with these arguments."""
    module, name = place.split(".")
    return getattr(importlib.import_module(f"bench.contestants.{module}"), name)(*arguments)


def losses_after_steps(X, y, batch, threads):
    """Per contestant the loss after a few steps from the same weights; the products train nothing.

    Raises ValueError for one that is not where the float64 reference is: it does something else.
    """
    few = STEPS * batch + REMAINDER
    X, y, places = X[:few], y[:few], {"float64": REFERENCE, **CONTESTANTS}
    del places[PRODUCTS]
    losses = {}
    for name, place in places.items():
        entrant = contestant(place, X, y, batch, threads)
        entrant.start(task.initial_weights())
        running = entrant.epoch(0)
        losses[name] = {"mean": float(running), "end": task.mean_loss(entrant.weights(), X, y)}
    return expect_agreement(losses, losses.pop("float64"), TOLERANCE)


def expect_agreement(losses, reference, tolerance):
    """The losses, name → kind → number, if each is that of the reference; else a ValueError."""
    for name, found in losses.items():
        for kind, value in found.items():
            if not abs(value / reference[kind] - 1) <= tolerance:
                raise ValueError(
                    f"{name}: the {kind} loss is {value}, expected {reference[kind]} "
                    f"to within {tolerance:g}: it does not train what the others train"
                )
    return losses


def timed(entrant, seed):
    """Wall-clock and processor seconds of one epoch from the initial weights, and its loss."""
    entrant.start(task.initial_weights())
    time.sleep(PAUSE)
    wall, cpu = time.perf_counter(), time.process_time()
    loss = entrant.epoch(seed)
    return time.perf_counter() - wall, time.process_time() - cpu, loss


def race(threads, batch, samples, rounds):
    """Every contestant once in every round, in an order of its own; a first round is not counted.

    So a disturbance hits all alike, and a ratio within a round tells more than one of two medians.
    """
    X, y = task.data(samples)
    agreed = losses_after_steps(X, y, batch, threads)
    entrants = {name: contestant(at, X, y, batch, threads) for name, at in CONTESTANTS.items()}
    first = {name: {"epoch": timed(entrant, 0)[2]} for name, entrant in entrants.items()}
    del first[PRODUCTS]
    expect_agreement(first, first[STANDARD], EPOCH_TOLERANCE)
    walls, cpus = {name: [] for name in entrants}, {name: [] for name in entrants}
    for seed in range(1, rounds + 1):
        print(f"batch {batch}, threads {threads}, round {seed} of {rounds}", file=sys.stderr)
        for name in random.Random(seed).sample(sorted(entrants), len(entrants)):
            wall, cpu, _ = timed(entrants[name], seed)
            walls[name].append(wall)
            cpus[name].append(cpu)
    setting = {"threads": threads, "batch": batch, "samples": samples, "losses": agreed}
    return {**setting, "seconds": walls, "processor seconds": cpus, **summary(walls, cpus)}


def in_turn(steps, rounds):
    """{name: the median time of a step in milliseconds of the processor}, steps taken in turn.

    So whatever else the machine does hits all alike.
    """
    times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.process_time()
            step()
            times[name].append(1000 * (time.process_time() - start))
    return {name: median(found) for name, found in times.items()}


def summary(walls, cpus):
    """What the table shows, per contestant: medians and quartiles over the rounds."""

    def ratios(name, other):
        return median(a / b for a, b in zip(walls[name], walls[other], strict=True))

    return {
        "median": {name: median(times) for name, times in walls.items()},
        "quartiles": {name: task.quartiles(times) for name, times in walls.items()},
        "ratio": {name: ratios(name, STANDARD) for name in walls},
        "products": {name: ratios(PRODUCTS, name) for name in walls},
        "cores": {
            name: median(c / w for c, w in zip(cpus[name], walls[name], strict=True))
            for name in walls
        },
    }
