"""The GPT on Pride and Prejudice: settings by validation, three seeds, longer, a step's time.

    make gpt

writes `data/gpt_runs.json`, which the chapter "A GPT" shows. Every fit is kept as soon as it is
done: started again, the program goes on with the next. All on one thread and in single precision;
seconds are those of the processor (`cpu_seconds`), without the looks at held-out text, and of the
clock (`seconds`).
"""

import json
import time
from statistics import median

import numpy as np
from backprop import GPT, AdamW, SoftmaxCrossEntropy, clip_gradients, cosine
from backprop import load_pride_and_prejudice as load
from backprop.datasets import DATA_FOLDER
from backprop.gpt import learn, mean_loss, pieces, sample
from backprop.validation import trusted
from threadpoolctl import threadpool_limits

from .fashion import rounded
from .machine import machine

LOG = DATA_FOLDER / "gpt_runs.json"
SEEDS = (1, 2, 3)
NET = {"length": 64, "width": 96, "heads": 4, "depth": 3, "batch_size": 16}
CANDIDATES = [NET | {"lr": lr, "steps": 1_500} for lr in (2e-3, 4e-3)]
SHORT, LONG = 4_800, 8_000  # steps
PAGE = {"length": 32, "width": 48, "heads": 4, "depth": 2, "batch_size": 8}
PAGE |= {"lr": 7e-3, "steps": 7_200}  # what a page does in three minutes
LOOKS, WARM_UP, ROUNDS = 9, 0.02, 40


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
        for kind, steps in (("short", SHORT), ("long", LONG)):
            for seed in SEEDS[len(log[kind]) :]:
                settings = log["chosen"] | {"steps": steps}
                log[kind].append(fit(settings, seed, text.train, text.test, text))
                save(log)
        if not log["page"]:
            log["page"].append(fit(PAGE, 0, text.train, text.test, text))
        log |= {"parity": parity(), "step": step_times()}
        save(log)
    for kind in ("short", "long"):
        found = [run["curve"][-1]["held_out"] for run in log[kind]]
        print(f"{kind}: {np.mean(found):.4f} ± {np.std(found, ddof=1):.4f} nats", log["step"])


def save(log):
    LOG.write_text(json.dumps(rounded(log), indent=1, ensure_ascii=False) + "\n", "utf-8")


def network(settings, seed, dtype=np.float32):
    """The GPT of these settings, for the 75 characters of the novel."""
    sizes = (settings[name] for name in ("length", "width", "heads", "depth"))
    return GPT(75, *sizes, rng=seed, dtype=dtype)


def warm_cosine(progress):
    """The cosine schedule after a linear rise over the first fiftieth of the steps."""
    return min(1.0, progress / WARM_UP) * cosine(progress)


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


def torch_gpt(model):
    """The same network in PyTorch, eager, with the same weights: (function, its parameters)."""
    import torch
    from torch.nn import functional as F

    parameters = [torch.tensor(p.value, requires_grad=True) for p in model.parameters()]
    heads = model.layers[2].layers[1].num_heads

    def norm(x, weight, bias):
        return F.layer_norm(x, x.shape[-1:], weight, bias)

    def forward(indices):
        table, positions, *rest = parameters
        x = F.embedding(indices, table) + positions[: indices.shape[1]]
        (S, T, D), split = x.shape, lambda y: y.view(S, T, heads, D // heads).transpose(1, 2)
        for n in range(0, len(rest) - 2, 12):
            g, b, w_in, b_in, w_out, b_out, g2, b2, w1, b1, w2, b2_ = rest[n : n + 12]
            q, k, v = (split(y) for y in F.linear(norm(x, g, b), w_in, b_in).split(D, -1))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + F.linear(y.transpose(1, 2).reshape(S, T, D), w_out, b_out)
            x = x + F.linear(F.gelu(F.linear(norm(x, g2, b2), w1, b1)), w2, b2_)
        return norm(x, *rest[-2:]) @ table.T

    return forward, parameters


def contestants(model, X, T, lr, clip=1.0):
    """(our step, PyTorch's step): forward, backward, clipping, AdamW; each returns its loss."""
    import torch

    torch.set_num_threads(1)
    theirs, parameters = torch_gpt(model)
    loss, optimizer = SoftmaxCrossEntropy(), AdamW(model.parameters(), lr)
    other = torch.optim.AdamW(parameters, lr, weight_decay=optimizer.weight_decay)
    X_, T_ = torch.from_numpy(X.astype(np.int64)), torch.from_numpy(T.astype(np.int64))

    def ours():
        with trusted():  # as in `learn`, after the first step
            nats_ = loss.forward(model.forward(X), T)
            model.backward(loss.backward())
        clip_gradients(optimizer.parameters, clip)
        optimizer.step()
        return float(nats_)

    def in_torch():
        other.zero_grad()
        nats_ = torch.nn.functional.cross_entropy(theirs(X_).flatten(0, 1), T_.flatten())
        nats_.backward()
        torch.nn.utils.clip_grad_norm_(parameters, clip)
        other.step()
        return nats_.item()

    return ours, in_torch, parameters


def parity(settings=NET, steps=100, seed=0):
    """How far the two are apart after 100 steps in double precision: losses and parameters."""
    model, rng = network(settings, seed, np.float64), np.random.default_rng(seed)
    X, T = pieces(load().train, settings["length"], settings["batch_size"], rng)
    ours, in_torch, parameters = contestants(model, X, T, 1e-3)
    losses = np.array([(ours(), in_torch()) for _ in range(steps)])
    apart = [
        np.abs(p.value - q.detach().numpy()).max() / np.abs(p.value).max()
        for p, q in zip(model.parameters(), parameters, strict=True)
    ]
    return {
        "steps": steps,
        "first_loss": losses[0, 0],
        "last_loss": losses[-1, 0],
        "losses": float(np.abs(losses[:, 0] / losses[:, 1] - 1).max()),
        "parameters": float(max(apart)),
    }


def step_times(settings=NET):
    """Milliseconds of the processor for a step, for its large products alone, and for PyTorch.

    In turn, so that whatever else the machine does hits all three alike; medians.
    """
    model, rng = network(settings, 0), np.random.default_rng(0)
    X, T = pieces(load().train, settings["length"], settings["batch_size"], rng)
    ours, in_torch, _ = contestants(model, X, T, 1e-3)
    rivals = {"this library": ours, "matrix products alone": products(settings)}
    rivals |= {"PyTorch": in_torch}
    times = {name: [] for name in rivals}
    for _ in range(ROUNDS):
        for name, step in rivals.items():
            start = time.process_time()
            step()
            times[name].append(1000 * (time.process_time() - start))
    return {name: median(found) for name, found in times.items()}


def products(settings):
    """The matrix products of a step and nothing else, on numbers of no meaning."""
    B, T, D, H = (settings[name] for name in ("batch_size", "length", "width", "heads"))
    rng, rows, d = np.random.default_rng(0), B * T, D // H
    sizes = [(3 * D, D), (D, D), (4 * D, D), (D, 4 * D)] * settings["depth"] + [(75, D)]
    layers = [
        [rng.standard_normal(shape, np.float32) for shape in ((rows, m), (n, m), (rows, n))]
        for n, m in sizes
    ]
    head, P = (rng.standard_normal((B, H, T, m), np.float32) for m in (d, T))

    def step():
        for X, W, dY in layers:
            X @ W.T, dY @ W, dY.T @ X
        for _ in range(settings["depth"]):
            head @ head.swapaxes(2, 3), P @ head
            P.swapaxes(2, 3) @ head, head @ head.swapaxes(2, 3), P @ head, P.swapaxes(2, 3) @ head

    return step


if __name__ == "__main__":
    main()
