"""PyTorch in eager mode: the loop of its tutorial, all data in one tensor."""

import torch
from torch import nn

from ..task import LR, MOMENTUM, SIZES, order


class PyTorch:
    """The optimizer at its defaults."""

    options = {}

    def __init__(self, X, y, batch, threads):
        torch.set_num_threads(threads)
        self.X, self.y, self.batch = torch.from_numpy(X), torch.from_numpy(y), batch

    def start(self, weights):
        first, second, third = (nn.Linear(*pair) for pair in zip(SIZES, SIZES[1:], strict=False))
        self.model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(value))
        settings = {"lr": LR, "momentum": MOMENTUM, **self.options}
        self.optimizer = torch.optim.SGD(self.model.parameters(), **settings)

    def epoch(self, seed):
        total = 0.0
        for batch in torch.from_numpy(order(seed, len(self.X))).split(self.batch):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(self.X[batch]), self.y[batch])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(batch)
        return total / len(self.X)

    def weights(self):
        return [parameter.detach().numpy() for parameter in self.model.parameters()]


class PyTorchFused(PyTorch):
    """The optimizer in one pass over each parameter."""

    options = {"fused": True}
