"""Where the time of an epoch goes: cProfile's measurements, summed by what a function is for.

Every function of the library has a purpose, known by its module. What is called by it and belongs
to no module of the library (NumPy's functions, say) is time spent for that purpose too. A matrix
product written with @ is an operator, not a call: it counts in the function that it stands in.
"""

import cProfile
import pstats
import sys
from pathlib import Path
from statistics import median

from . import task
from .contestants.library import Library
from .race import timed

# (module, part of the function's name) → purpose; the first that fits. Whatever the training loop
# does itself is the rest, but for `take`, which gathers a batch.
PURPOSES = {
    ("linear", "forward"): "linear layers, forward",
    ("linear", ""): "linear layers, backward",
    ("activations", ""): "activations",
    ("losses", ""): "loss",
    ("softmax", ""): "loss",
    ("optimizers", ""): "optimizer",
    ("layer", ""): "rest",
    ("validation", ""): "checks",
    ("training", "gather"): "gathering batches",
    ("training", ""): "rest",
    ("network", ""): "rest",
}
GATHER = "gathering batches"
NAMES = [*dict.fromkeys(PURPOSES.values())]


def purpose(function):
    """What a function, as cProfile names it (file, line, name), is for; None if not of the book."""
    file, _, name = function
    if "'take'" in name or name == "take":
        return GATHER
    if Path(file).parent.name != "backprop":
        return None
    for (module, part), found in PURPOSES.items():
        if Path(file).stem == module and part in name:
            return found
    return "rest"


def split(function, stats, above=()):
    """Purpose → share of this function's own time: its own purpose, or those of its callers."""
    if found := purpose(function):
        return {found: 1.0}
    callers = {
        caller: timing[2]
        for caller, timing in stats[function][4].items()
        if caller not in above and caller != function
    }
    total, shares = sum(callers.values()), {}
    if not total:
        return {"rest": 1.0}
    for caller, spent in callers.items():
        for name, share in split(caller, stats, (*above, function)).items():
            shares[name] = shares.get(name, 0) + share * spent / total
    return shares


def by_purpose(stats):
    """Purpose → seconds, from the `stats` of a pstats.Stats."""
    seconds = dict.fromkeys(NAMES, 0.0)
    for function, (_, _, own, _, _) in stats.items():
        for name, share in split(function, stats).items():
            seconds[name] += share * own
    return seconds


def profiled(library, seed):
    """One epoch from the initial weights: its seconds by purpose."""
    library.start(task.initial_weights())
    profiler = cProfile.Profile()
    profiler.runcall(library.epoch, seed)
    return by_purpose(pstats.Stats(profiler).stats)


def shares(batch, samples, rounds):
    """The seconds of an epoch by purpose, each the median over some epochs, and their shares.

    Epochs without the profiler take turns with them: what it costs can be seen.
    """
    library = Library(*task.data(samples), batch, threads=1)
    plain, found = [], []
    for seed in range(rounds + 1):  # the first is not counted
        print(f"profile, round {seed} of {rounds}", file=sys.stderr)
        plain.append(timed(library, seed)[0])
        found.append(profiled(library, seed))
    seconds = {name: median(epoch[name] for epoch in found[1:]) for name in NAMES}
    total = sum(seconds.values())
    return {
        "batch": batch,
        "samples": samples,
        "epoch": median(plain[1:]),
        "profiled epoch": total,
        "seconds": seconds,
        "shares": {name: spent / total for name, spent in seconds.items()},
    }
