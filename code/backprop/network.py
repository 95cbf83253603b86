"""Sequential and the MLP: layers in sequence. Chapter "Backpropagation through a network"."""

import itertools

import numpy as np

from .activations import ReLU
from .dropout import Dropout
from .initializers import gain
from .layer import Layer, is_layer, parameters_of
from .linear import Linear
from .validation import as_rng, expect_number, expect_sizes

# The last layer starts small: logits near 0, softmax near uniform and the loss near ln C.
OUTPUT_GAIN = 0.1


class Sequential(Layer):
    """Layers in sequence: forward from first to last, backward from last to first."""

    def __init__(self, *layers):
        super().__init__()
        in_one = len(layers) == 1 and isinstance(layers[0], (list, tuple))
        self.layers = list(layers[0] if in_one else layers)
        for place, layer in enumerate(self.layers):
            if not is_layer(layer):
                raise ValueError(
                    f"Sequential expects layers with forward and backward, got {layer!r}"
                )
            if any(layer is earlier for earlier in self.layers[:place]):
                raise ValueError(
                    "Sequential expects another layer at every place, since each caches one "
                    f"pass, got {layer!r} twice, the second time at {place}"
                )
        if not self.layers:
            raise ValueError("Sequential expects at least one layer, got none")

    def forward(self, X):
        """X (S, M) → the last layer's output."""
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, dY):
        """The gradient w.r.t. the output → that w.r.t. X; every layer sets its grads."""
        self.layers[0].needs_dX = self.needs_dX
        for layer in reversed(self.layers):
            dY = layer.backward(dY)
        return dY

    def parameters(self):
        """The parameters of all layers, labeled by place: "layers[0].weight"."""
        found = []
        for place, layer in enumerate(self.layers):
            for parameter in parameters_of(layer):
                parameter.label = f"layers[{place}].{parameter.label}"
                found.append(parameter)
        return found

    @property
    def training(self):
        """True while training; setting it sets it for every layer."""
        return self._training

    @training.setter
    def training(self, value):
        self._training = value
        for layer in getattr(self, "layers", []):
            layer.training = value

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


class MLP(Sequential):
    """A multilayer perceptron: Linear and activation alternate, the last Linear gives the logits.

    sizes [M, hidden …, C]; `activation` a class (ReLU) or any function that makes a layer; `rng` a
    seed or Generator; `dtype` float32 or float64; `dropout` the probability p of a Dropout after
    each activation. Weights are Kaiming normal: gain 1 for the raw inputs, the activation's own
    gain after it, 0.1 for the logits.
    """

    def __init__(self, sizes, activation=ReLU, rng=None, dtype=np.float32, dropout=0.0):
        sizes = expect_sizes(sizes, "sizes", "MLP")
        if len(sizes) < 2:
            raise ValueError(f"MLP expects at least two sizes, [inputs, …, classes], got {sizes}")
        if not callable(activation):
            raise ValueError(f"MLP expects activation to make a layer, got {activation!r}")
        dropout, rng = expect_number(dropout, "dropout", "MLP", low=0), as_rng(rng, "MLP")
        layers, behind = [], gain(activation())
        for n_in, n_out in itertools.pairwise(sizes[:-1]):
            layers += [Linear(n_in, n_out, rng, dtype, behind if layers else 1.0), activation()]
            if dropout:
                layers.append(Dropout(dropout, rng))
        super().__init__(*layers, Linear(sizes[-2], sizes[-1], rng, dtype, OUTPUT_GAIN))
