"""The long run on Fashion-MNIST: choose on the validation part, then train five networks.

    make fashion

writes `data/fashion_runs.json`, which the chapter "Making it fast" plots: every trial, and for each
of five seeds the whole history, the seconds, and the accuracy on the test pictures.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache

import numpy as np
from backprop import MLP, AdamW, SoftmaxCrossEntropy, accuracy, cosine, load_fashion_mnist, train
from backprop.datasets import DATA_FOLDER

from .machine import machine

LOG = DATA_FOLDER / "fashion_runs.json"
SEEDS = (1, 2, 3, 4, 5)
AT_ONCE = 2  # each in a process of its own, with one thread
CANDIDATES = [
    {"hidden": hidden, "dropout": dropout, "weight_decay": weight_decay, "epochs": epochs}
    for hidden, dropout, epochs in (([512, 256], 0.3, 40), ([768, 384], 0.4, 45))
    for weight_decay in (0.0, 0.05, 0.1)
]


def main():
    with ProcessPoolExecutor(AT_ONCE) as processes:
        trials = list(processes.map(trial, CANDIDATES))
        best = max(trials, key=lambda trial: trial["history"]["val_accuracy"][-1])
        chosen = {name: best[name] for name in CANDIDATES[0]}
        runs = list(processes.map(run, [chosen] * len(SEEDS), SEEDS))
    log = {**machine(), "trials": trials, "chosen": chosen, "runs": runs}
    LOG.write_text(json.dumps(rounded(log), indent=1) + "\n", "utf-8")
    scores = np.array([run["test_accuracy"] for run in log["runs"]])
    print(f"{chosen}: test accuracy {scores.mean():.4f} ± {scores.std(ddof=1):.4f}")


def trial(settings):
    """A run with one sixth of the training pictures held out; the test pictures are not seen."""
    return fit(settings, seed=0, validation=1 / 6)[1]


def run(settings, seed):
    """A run with all training pictures, and its accuracy on the test pictures."""
    model, log = fit(settings, seed, validation=0)
    return log | {"test_accuracy": accuracy(model, standardised().X_test, standardised().y_test)}


@cache
def standardised():
    """Fashion-MNIST, with mean 0 and standard deviation 1 over all pixels of the training part."""
    data = load_fashion_mnist()
    mean, deviation = data.X_train.mean(), data.X_train.std()
    return data._replace(
        X_train=(data.X_train - mean) / deviation, X_test=(data.X_test - mean) / deviation
    )


def fit(settings, seed, validation):
    """A network trained with these settings, and what there is to log of it."""
    sizes = [784, *settings["hidden"], 10]
    model = MLP(sizes, rng=seed, dropout=settings["dropout"])
    data, start = standardised(), time.perf_counter()
    history = train(
        model,
        data,
        AdamW(model.parameters(), lr=1e-3, weight_decay=settings["weight_decay"]),
        epochs=settings["epochs"],
        batch_size=128,
        loss=SoftmaxCrossEntropy(label_smoothing=0.1),
        validation=validation,
        schedule=cosine,
        rng=seed,
        progress=False,
    )
    seconds = time.perf_counter() - start
    print(f"{settings}, seed {seed}: {seconds:.0f} s", flush=True)
    return model, {**settings, "seed": seed, "seconds": seconds, "history": asdict(history)}


def rounded(value):
    """Numbers to five digits: enough to plot, and short enough to read a difference."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
