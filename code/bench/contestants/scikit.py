"""scikit-learn's MLPClassifier, one pass of `partial_fit`."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from ..task import LR, MOMENTUM, SIZES, order


class Order(np.random.RandomState):
    """Shuffles into the order that the others take; scikit-learn's own generator draws another."""

    def shuffle(self, indices):
        indices[...] = indices[order(self.epoch, len(indices))]


class ScikitLearn:
    """SGD with plain momentum and no weight decay, as everybody here."""

    def __init__(self, X, y, batch, threads):
        self.X, self.y, self.batch = X, y, batch

    def start(self, weights):
        self.order = Order(0)
        self.order.epoch = 0
        settings = {"learning_rate_init": LR, "momentum": MOMENTUM, "nesterovs_momentum": False}
        settings |= {"batch_size": self.batch, "alpha": 0.0, "random_state": self.order}
        self.model = MLPClassifier(SIZES[1:-1], solver="sgd", **settings)
        # It makes its own weights as it sees the first samples: then they are overwritten, and the
        # momentum of that step is forgotten.
        X, y, classes = self.X[: self.batch], self.y[: self.batch], np.arange(SIZES[-1])
        self.model.partial_fit(X, y, classes=classes)
        for array, value in zip(self._arrays(), weights, strict=True):
            array[...] = value.T
        for velocity in self.model._optimizer.velocities:
            velocity[...] = 0

    def epoch(self, seed):
        self.order.epoch = seed
        self.model.partial_fit(self.X, self.y)
        return self.model.loss_

    def _arrays(self):
        layers = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [array for layer in layers for array in layer]

    def weights(self):
        return [array.T for array in self._arrays()]
