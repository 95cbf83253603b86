"""How the cost of training with this library grows with width, depth and batch size.

The inputs are random numbers: the time does not depend on what the pictures show.
"""

import sys
import time
from statistics import median

import numpy as np
from backprop import MLP, SGD, train
from backprop.datasets import Dataset

from .task import SIZES, flops, parameters, quartiles

INPUTS, CLASSES, BATCH = SIZES[0], SIZES[-1], 128
# What is varied → its value → (sizes, batch). The rest is as in the race, or two layers alike.
SERIES = {
    "width": {w: ((INPUTS, w, w, CLASSES), BATCH) for w in (32, 64, 128, 256, 512, 1024)},
    "depth": {d: ((INPUTS, *[128] * d, CLASSES), BATCH) for d in (1, 2, 4, 8, 16)},
    "batch": {b: (SIZES, b) for b in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)},
}
# Each point has about so much work in matrix products, within limits: enough to be timed.
WORK, FEWEST, MOST = 5e9, 2048, 16384


def samples(sizes):
    """A multiple of every batch size."""
    return int(np.clip(WORK / flops(sizes, samples=1), FEWEST, MOST)) // FEWEST * FEWEST


def seconds(sizes, batch, data):
    """The time that `train` takes for one epoch of a new network."""
    model = MLP(sizes, rng=0)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    start = time.perf_counter()
    settings = {"epochs": 1, "batch_size": batch, "validation": 0, "progress": False}
    train(model, data, optimizer, **settings, watch=False)  # noise: there is nothing to learn
    return time.perf_counter() - start


def growth(rounds):
    """Per point: what is varied and its value, the size of the network, microseconds a sample.

    All points take turns in every round; the first one is not counted.
    """
    rng = np.random.default_rng(0)
    X = rng.random((MOST, INPUTS), dtype=np.float32)
    y = rng.integers(CLASSES, size=MOST)
    points = [
        {"varied": varied, "value": value, "sizes": sizes, "batch": batch}
        for varied, values in SERIES.items()
        for value, (sizes, batch) in values.items()
    ]
    times = [[] for _ in points]
    for count in range(rounds + 1):
        print(f"growth, round {count} of {rounds}", file=sys.stderr)
        for point, found in zip(points, times, strict=True):
            S = samples(point["sizes"])
            spent = seconds(point["sizes"], point["batch"], Dataset(X[:S], y[:S], None, None))
            found.append(1e6 * spent / S)
    pairs = zip(points, times, strict=True)
    return [point | cost(point["sizes"], found[1:]) for point, found in pairs]


def cost(sizes, found):
    """What a sample costs: by the formula, and as measured."""
    return {
        "parameters": parameters(sizes),
        "samples": samples(sizes),
        "flops": flops(sizes, samples=1),
        "microseconds": found,
        "median": median(found),
        "quartiles": quartiles(found),
    }
