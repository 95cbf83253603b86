"""What every layer has: parameters, gradients, a memory of the last forward pass, a mode."""

from dataclasses import dataclass


@dataclass
class Parameter:
    """The place where a parameter lives: it reads and writes the layer's current arrays.

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
        """∂L/∂(this parameter), of its shape; raises ValueError before the first backward."""
        if self.name not in self.layer.grads:
            who = type(self.layer).__name__
            raise ValueError(f"{who} has no gradient of its {self.name} yet: call backward first")
        return self.layer.grads[self.name]


def parameters_of(layer):
    """The parameters of any layer: its own list, or one made from its dict `params`, if any."""
    if hasattr(layer, "parameters"):
        return layer.parameters()
    return [Parameter(layer, name, name) for name in getattr(layer, "params", {})]


def is_layer(thing):
    """Whether it has forward and backward; a class has them too, but is no layer yet."""
    return hasattr(thing, "forward") and hasattr(thing, "backward") and not isinstance(thing, type)


def leaves(layer):
    """The innermost layers that a layer is made of, in order; itself if it is not made of any."""
    inner = getattr(layer, "layers", None)
    return [leaf for child in inner for leaf in leaves(child)] if inner else [layer]


def buffers(layer):
    """[(leaf, name)] of what its leaves declare to be no parameters, such as running averages."""
    return [(leaf, name) for leaf in leaves(layer) for name in getattr(leaf, "buffers", ())]


class Layer:
    """A function with a cache: `forward` caches what `backward` needs, `backward` fills `grads`.

    `params` and `grads` are dicts of arrays under the same names. `training` is True only while
    `train` is at work; layers that act differently then (Dropout) look at it. Where nobody asks for
    the input gradient, as before the first layer of a network, `needs_dX` is False.
    """

    kinks = ()  # where an elementwise layer has no derivative: gradcheck keeps away from there
    buffers = ()  # names of arrays that are no parameters, but belong into a checkpoint
    settings = ()  # names of numbers that `repr` says besides the shapes of the parameters

    def __init__(self):
        self.params, self.grads = {}, {}
        self.training, self.needs_dX = False, True
        self._memory = None

    def parameters(self):
        """Every parameter as a `Parameter`, in a fixed order: what an optimizer is given."""
        return [Parameter(self, name, name) for name in self.params]

    def _remember(self, *arrays):
        self._memory = arrays

    def _recall(self):
        if self._memory is None:
            who = type(self).__name__
            raise ValueError(
                f"{who}.backward was called before forward: nothing to go back through"
            )
        return self._memory

    def __repr__(self):
        shapes = [f"{name} {array.shape}" for name, array in self.params.items()]
        numbers = [f"{name}={x:g}" for name, x in vars(self).items() if type(x) in (int, float)]
        if shapes:
            numbers = [f"{name}={getattr(self, name):g}" for name in self.settings]
        return f"{type(self).__name__}({', '.join(shapes + numbers)})"
