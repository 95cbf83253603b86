"""What every layer has: parameters, their gradients, a memory of the last forward pass, and a mode."""

from dataclasses import dataclass


@dataclass
class Parameter:
    """The place where a parameter lives: reading and writing always meets the layer's current arrays.

    `label` says where in a network that is: "layers[0].weight".
    """

    layer: "Layer"
    name: str
    label: str

    @property
    def value(self):
        return self.layer.params[self.name]

    @value.setter
    def value(self, array):
        self.layer.params[self.name] = array

    @property
    def grad(self):
        """∂L/∂(this parameter), of the parameter's shape; raises ValueError before the first backward."""
        if self.name not in self.layer.grads:
            who = type(self.layer).__name__
            raise ValueError(f"{who} has no gradient of its {self.name} yet: call backward first")
        return self.layer.grads[self.name]


def parameters_of(layer):
    """The parameters of any layer: of its own making, or made from its dict `params`, if it has one."""
    if hasattr(layer, "parameters"):
        return layer.parameters()
    return [Parameter(layer, name, name) for name in getattr(layer, "params", {})]


class Layer:
    """A function with memory: `forward` remembers what `backward` needs, `backward` fills `grads`.

    `params` and `grads` are dicts of arrays under the same names. `training` is True only while `train` is at
    work; layers that act differently then (Dropout) look at it.
    """

    kinks = ()  # inputs at which an element-wise layer has no derivative; gradcheck keeps away from them

    def __init__(self):
        self.params, self.grads = {}, {}
        self.training = False
        self._memory = None

    def parameters(self):
        """Every parameter as a `Parameter`, in a fixed order: what an optimizer is given."""
        return [Parameter(self, name, name) for name in self.params]

    def _remember(self, *arrays):
        self._memory = arrays

    def _recall(self):
        if self._memory is None:
            who = type(self).__name__
            raise ValueError(f"{who}.backward was called before forward: nothing to go back through")
        return self._memory

    def __repr__(self):
        shapes = [f"{name} {array.shape}" for name, array in self.params.items()]
        numbers = [f"{name}={x:g}" for name, x in vars(self).items() if type(x) in (int, float)]
        return f"{type(self).__name__}({', '.join(shapes or numbers)})"
