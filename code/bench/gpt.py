"""The GPT on Pride and Prejudice: settings by validation, three seeds, longer, a step's time.

    make gpt

writes `data/gpt_runs.json`, which the chapter "A GPT" shows. Every fit is kept as soon as it is
done: started again, the program goes on with the next. All on one thread and in single precision;
seconds are those of the processor (`cpu_seconds`), without the looks at held-out text, and of the
clock (`seconds`).
"""

import json
import time

import numpy as np
from backprop import AdamW
from backprop import load_pride_and_prejudice as load
from backprop.datasets import DATA_FOLDER
from backprop.gpt import learn, mean_loss, sample
from threadpoolctl import threadpool_limits

from .convnet import warm_cosine
from .fashion import rounded
from .gpt_rival import network, parity, step_times
from .machine import machine

LOG = DATA_FOLDER / "gpt_runs.json"
SEEDS = (1, 2, 3)
NET = {"length": 64, "width": 96, "heads": 4, "depth": 3, "batch_size": 16}
CANDIDATES = [NET | {"lr": lr, "steps": 1_000} for lr in (2e-3, 4e-3)]
SHORT, LONG = 5_000, 10_000  # steps
PAGE = {"length": 32, "width": 48, "heads": 4, "depth": 2, "batch_size": 8}
PAGE |= {"lr": 7e-3, "steps": 7_200}  # what a page does in three minutes
LOOKS = 9


def main():
    with threadpool_limits(1):
        log = json.loads(LOG.read_text("utf-8")) if LOG.is_file() else {}
        log = {"trials": [], "page": [], "short": [], "long": []} | machine("torch") | log
        text = load()
        fewer = round(8 / 9 * len(text.train))  # as much is left to choose by as to test on
        for settings in CANDIDATES[len(log["trials"]) :]:
            log["trials"].append(fit(settings, 0, text.train[:fewer], text.train[fewer:], text))
            save(log)
        best = min(log["trials"], key=lambda trial: trial["curve"][-1]["held_out"])
        log["chosen"] = {name: best[name] for name in (*NET, "lr")}
        runs(log, "short", SHORT, text)
        if not log["page"]:
            log["page"].append(fit(PAGE, 0, text.train, text.test, text))
            save(log)
        if "step" not in log:
            log |= {"parity": parity(NET), "step": step_times(NET)}
            save(log)
        runs(log, "long", LONG, text)
    for kind in ("short", "long"):
        found = [run["curve"][-1]["held_out"] for run in log[kind]]
        print(f"{kind}: {np.mean(found):.4f} nats over {len(found)} seeds")


def runs(log, kind, steps, text):
    """A run with the chosen settings for each seed that has none yet, on all training text."""
    for seed in SEEDS[len(log[kind]) :]:
        settings = log["chosen"] | {"steps": steps}
        log[kind].append(fit(settings, seed, text.train, text.test, text))
        save(log)


def save(log):
    LOG.write_text(json.dumps(rounded(log), indent=1, ensure_ascii=False) + "\n", "utf-8")


def fit(settings, seed, train, held_out, text):
    """What there is to log of a run: nine looks at held-out text, each with a sample."""
    model, steps = network(settings, seed), settings["steps"]
    optimizer = AdamW(model.parameters(), lr=settings["lr"])
    progress, size = (n / steps for n in range(steps)), settings["batch_size"]
    run = learn(model, train, optimizer, progress, size, warm_cosine, rng=seed)
    curve, cpu, start = [], 0.0, time.perf_counter()
    for look in range(1, LOOKS + 1):
        before = time.process_time()
        losses = [next(run) for _ in range(steps * look // LOOKS - steps * (look - 1) // LOOKS)]
        cpu += time.process_time() - before
        curve.append(
            {
                "step": steps * look // LOOKS,
                "cpu_seconds": cpu,
                "train": float(np.mean(losses)),
                "held_out": mean_loss(model, held_out),
                "sample": text.spelled(sample(model, text.numbered("\n"), 160, 0.8, rng=0))[1:],
            }
        )
    seconds = time.perf_counter() - start
    count = sum(p.value.size for p in model.parameters())
    taken = f"{cpu:.0f} s, {seconds:.0f} s by the clock"
    print(f"{settings}, seed {seed}: {curve[-1]['held_out']:.4f}, {taken}", flush=True)
    facts = {"seed": seed, "parameters": count, "cpu_seconds": cpu, "seconds": seconds}
    return settings | facts | {"curve": curve}


if __name__ == "__main__":
    main()
