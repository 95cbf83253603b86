"""The convolutional network on Fashion-MNIST: settings by validation, three seeds, a step's time.

    make convnet

writes `data/convnet_runs.json`, which the chapter "Convolution" shows. Every fit is kept as soon as
it is done: started again, the program goes on with the next. Seconds are those of the processor
(`cpu_seconds`) and of the clock (`seconds`), which is longer where others are at work.
"""

import json
import time
from dataclasses import asdict

import numpy as np
from backprop import (
    AdamW,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    accuracy,
    cosine,
    train,
)
from backprop.datasets import DATA_FOLDER
from backprop.initializers import gain
from backprop.network import OUTPUT_GAIN
from backprop.validation import trusted
from threadpoolctl import threadpool_limits

from .fashion import rounded, standardised
from .machine import machine
from .race import in_turn

LOG = DATA_FOLDER / "convnet_runs.json"
SEEDS = (1, 2, 3)
CANDIDATES = [
    {"channels": [16, 32], "hidden": 128, "dropout": dropout, "lr": lr, "epochs": 12}
    for dropout, lr in ((0.25, 2e-3), (0.25, 1e-3))
]
BATCH, WEIGHT_DECAY, WARM_UP, VALIDATION = 64, 0.01, 0.02, 1 / 12
ROUNDS = 60  # of steps that are timed


def main():
    with threadpool_limits(1):
        log = json.loads(LOG.read_text("utf-8")) if LOG.is_file() else {"trials": [], "runs": []}
        log = machine("torch") | log
        for settings in CANDIDATES[len(log["trials"]) :]:
            log["trials"].append(fit(settings, 0, VALIDATION)[1])
            save(log)
        best = max(log["trials"], key=lambda trial: trial["history"]["val_accuracy"][-1])
        log["chosen"] = {name: best[name] for name in CANDIDATES[0]}
        for seed in SEEDS[len(log["runs"]) :]:
            log["runs"].append(run(log["chosen"], seed))
            save(log)
        log["step"] = step_times(log["chosen"])
        save(log)
    scores = np.array([run["test_accuracy"] for run in log["runs"]])
    print(f"{log['chosen']}: test accuracy {scores.mean():.4f} ± {scores.std(ddof=1):.4f}")


def save(log):
    LOG.write_text(json.dumps(rounded(log), indent=1) + "\n", "utf-8")


def images():
    """Fashion-MNIST as images (S, 1, 28, 28), with mean 0 and deviation 1."""
    data = standardised()
    return data._replace(
        X_train=data.X_train.reshape(-1, 1, 28, 28), X_test=data.X_test.reshape(-1, 1, 28, 28)
    )


def network(channels, hidden, dropout, seed):
    """Twice convolution, pooling, ReLU, each halving the image; then two linear layers.

    ReLU(max) = max(ReLU), so the pooling goes first: ReLU has a quarter of the work.
    """
    rng, layers, before = np.random.default_rng(seed), [], 1
    for count, factor in zip(channels, (1.0, gain(ReLU())), strict=True):
        convolution = Conv2d(before, count, 3, 1, 1, rng, np.float32, factor)
        layers += [convolution, MaxPool2d(2), ReLU()]
        before = count
    layers += [Flatten(), Dropout(dropout, rng)]
    layers += [Linear(before * 7 * 7, hidden, rng, np.float32, gain(ReLU())), ReLU()]
    layers += [Dropout(dropout, rng), Linear(hidden, 10, rng, np.float32, OUTPUT_GAIN)]
    return Sequential(*layers)


def warm_cosine(progress):
    """The cosine schedule after a linear rise over the first fiftieth of the steps."""
    return min(1.0, progress / WARM_UP) * cosine(progress)


def fit(settings, seed, validation):
    """A network trained with these settings, and what there is to log of it."""
    model = network(settings["channels"], settings["hidden"], settings["dropout"], seed)
    optimizer = AdamW(model.parameters(), lr=settings["lr"], weight_decay=WEIGHT_DECAY)
    wall, cpu = time.perf_counter(), time.process_time()
    history = train(
        model,
        images(),
        optimizer,
        epochs=settings["epochs"],
        batch_size=BATCH,
        validation=validation,
        schedule=warm_cosine,
        rng=seed,
        progress=False,
    )
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{settings}, seed {seed}: {cpu_seconds:.0f} s, {seconds:.0f} s by the clock", flush=True)
    facts = {"seed": seed, "seconds": seconds, "cpu_seconds": cpu_seconds}
    return model, {**settings, **facts, "history": asdict(history)}


def run(settings, seed):
    """A run with all training images, and its accuracy on the test images."""
    model, log = fit(settings, seed, 0)
    return log | {"test_accuracy": accuracy(model, images().X_test, images().y_test)}


def step_times(settings):
    """Milliseconds of the processor for a step, for its matrix products alone, and for PyTorch."""
    X, y = images().X_train[:BATCH], images().y_train[:BATCH]
    contestants = {
        "this library": our_step(settings, X, y),
        "matrix products alone": products(settings),
        "PyTorch": torch_step(settings, X, y),
    }
    return in_turn(contestants, ROUNDS)


def our_step(settings, X, y):
    """A step of `train`: forward, backward, update."""
    model, loss = network(settings["channels"], settings["hidden"], 0.25, 0), SoftmaxCrossEntropy()
    optimizer = AdamW(model.parameters(), lr=settings["lr"], weight_decay=WEIGHT_DECAY)
    model.training, model.needs_dX = True, False

    def step():
        with trusted():  # as in `train`, after the first batch
            loss.forward(model.forward(X), y)
            model.backward(loss.backward())
        optimizer.step()

    return step


def torch_step(settings, X, y):
    """The same in PyTorch, eager."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    (one, two), hidden, p = settings["channels"], settings["hidden"], settings["dropout"]
    model = nn.Sequential(
        *(nn.Conv2d(1, one, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(one, two, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Dropout(p), nn.Linear(two * 49, hidden), nn.ReLU()),
        *(nn.Dropout(p), nn.Linear(hidden, 10)),
    )
    optimizer = torch.optim.AdamW(model.parameters(), settings["lr"], weight_decay=WEIGHT_DECAY)
    X, y = torch.from_numpy(X), torch.from_numpy(y)

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()

    return step


def products(settings):
    """The matrix products of a step and nothing else, on numbers of no meaning."""
    (one, two), hidden = settings["channels"], settings["hidden"]
    # (outputs, inputs, columns) of each layer; the first needs no input gradient.
    sizes = [(one, 9, 784 * BATCH), (two, 9 * one, 196 * BATCH)]
    sizes += [(hidden, 49 * two, BATCH), (10, hidden, BATCH)]
    rng = np.random.default_rng(0)
    draws = [
        [rng.standard_normal(shape, np.float32) for shape in ((n, m), (m, k), (n, k))]
        for n, m, k in sizes
    ]

    def step():
        for place, (W, X, dY) in enumerate(draws):
            W @ X
            dY @ X.T
            if place:
                W.T @ dY

    return step


if __name__ == "__main__":
    main()
