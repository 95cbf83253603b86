"""How much memory training takes, as a multiple of the training set.

What is counted is the largest resident size of a fresh process until `train` has ended, less what
it was before there were any data: so the training set counts once, and everything made from it,
the network and the optimizer too. The pictures are random numbers of the same size, since reading
the file takes memory of its own.
"""

import resource
import sys

import numpy as np
from backprop import MLP, SGD, train
from backprop.datasets import Dataset

from .task import LR, MOMENTUM, SIZES


def peak():
    """The largest resident size so far, in bytes (macOS counts in bytes, Linux in kilobytes)."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else 1024 * size


def memory(batch, samples, validation):
    """Bytes of the training set in float32, bytes that training took, and their ratio."""
    before = peak()
    rng = np.random.default_rng(0)
    X, y = rng.random((samples, SIZES[0]), np.float32), rng.integers(SIZES[-1], size=samples)
    model = MLP(SIZES, rng=0)
    optimizer = SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    settings = {"epochs": 1, "batch_size": batch, "validation": validation, "progress": False}
    # Of random labels nothing can be learned, which `train` would say.
    train(model, Dataset(X, y, None, None), optimizer, **settings, watch=False)
    taken = peak() - before
    setting = {"batch": batch, "samples": samples, "validation": validation}
    return {**setting, "training set": X.nbytes, "taken": taken, "ratio": taken / X.nbytes}
