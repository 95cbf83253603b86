"""The GPT against the same network in PyTorch: the same numbers, and the time of a step."""

import numpy as np
from backprop import GPT, AdamW, SoftmaxCrossEntropy, clip_gradients
from backprop import load_pride_and_prejudice as load
from backprop.gpt import pieces
from backprop.validation import trusted

from .race import in_turn

ROUNDS = 40  # of steps that are timed


def network(settings, seed, dtype=np.float32):
    """The GPT of these settings, for the 75 characters of the novel."""
    sizes = (settings[name] for name in ("length", "width", "heads", "depth"))
    return GPT(75, *sizes, rng=seed, dtype=dtype)


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


def parity(settings, steps=100, seed=0):
    """How far apart losses (in parts) and parameters are after these steps, in double precision."""
    model, rng = network(settings, seed, np.float64), np.random.default_rng(seed)
    X, T = pieces(load().train, settings["length"], settings["batch_size"], rng)
    ours, in_torch, parameters = contestants(model, X, T, 1e-3)
    losses = np.array([(ours(), in_torch()) for _ in range(steps)])
    apart = [
        np.abs(p.value - q.detach().numpy()).max()
        for p, q in zip(model.parameters(), parameters, strict=True)
    ]
    return {
        "steps": steps,
        "first_loss": float(losses[0, 0]),
        "last_loss": float(losses[-1, 0]),
        "losses": float(np.abs(losses[:, 0] / losses[:, 1] - 1).max()),
        "parameters": float(max(apart)),
    }


def step_times(settings):
    """Milliseconds of the processor for a step, for its large products alone, and for PyTorch."""
    model, rng = network(settings, 0), np.random.default_rng(0)
    X, T = pieces(load().train, settings["length"], settings["batch_size"], rng)
    ours, in_torch, _ = contestants(model, X, T, 1e-3)
    rivals = {"this library": ours, "matrix products alone": products(settings)}
    return in_turn(rivals | {"PyTorch": in_torch}, ROUNDS)


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
