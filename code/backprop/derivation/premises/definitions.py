"""What a derivation defines, {Y[i, j]: …}, and which array depends on which."""

from dataclasses import dataclass
from functools import cache

from ..errors import DerivationError, HiddenDependence, ShapeError
from ..language.arrays import Array, Derivative, Entry, Gradient
from ..nodes import Index, entry, node, shape_name, walk
from .scope import arrays_in, check_indices


@dataclass(frozen=True)
class Definition:
    """Y_ij := body: as written, for the page, and with indices, for the judge."""

    left: object
    right: object
    array: Array
    indices: tuple
    body: object

    @classmethod
    def made(cls, left, right):
        """From Y[i, j] and a number, or from a whole Y and an array. Raises DerivationError."""
        right = node(right)
        if any(isinstance(part, Derivative) for part in walk(right)):
            raise DerivationError(f"a definition has no derivative in it, got {left}: {right}")
        if isinstance(left, Array) and left.shape:
            if right.shape != left.shape:
                shapes = shape_name(left.shape), shape_name(right.shape)
                raise ShapeError(f"{left} is {shapes[0]}, {right} is {shapes[1]}")
            indices = tuple(Index.fresh(name) for name in "ij"[: len(left.shape)])
            check_indices(right, {})
            return cls(left, right, left, indices, entry(right, *indices))
        if not isinstance(left, Entry) or right.shape:
            raise DerivationError(
                f"define Y[i, j] by a number or Y by an array, got {left}: {right}"
            )
        letters = {index for index in left.indices if isinstance(index, Index)}
        if len(letters) < len(left.indices):
            raise DerivationError(f"a definition needs its own letter on each axis, got {left}")
        check_indices(right, dict(zip(left.indices, left.array.shape, strict=True)))
        return cls(left, right, left.array, left.indices, right)


class Definitions(dict):
    """{array: Definition}, the graph that keeps dependence from being hidden."""

    def __init__(self, define):
        made = [Definition.made(left, right) for left, right in (define or {}).items()]
        super().__init__((one.array, one) for one in made)
        if len(self) < len(made):
            raise DerivationError("an array is defined twice")
        self.users, self.uses = cache(self.users), cache(self.uses)
        self.below, self.depth = cache(self.below), cache(self.depth)
        for array in self:
            self.check_no_feedback(array)
        for array in self:
            if array in self.below(array):
                raise DerivationError(f"the definition of {array} goes in a circle")
            if isinstance(array, Gradient) and (array.loss in self or self.users(array)):
                raise DerivationError(f"{array} follows from the other definitions: derive it")

    def check_no_feedback(self, array):
        """Raises DerivationError if a loss depends on an array that is made of its gradient."""
        for part in arrays_in(self[array].body):
            if isinstance(part, Gradient) and not isinstance(array, Gradient):
                if part.loss not in self or array in self.written_with(part.loss):
                    raise DerivationError(f"{array} is made of {part}, and {part.loss} of {array}")

    def written_with(self, array):
        """The array itself, and all arrays in its definition and in theirs."""
        return closure({array}, lambda one: arrays_in(self[one].body) if one in self else set())

    @property
    def sides(self):
        """Both sides of every definition, as written."""
        return [side for one in self.values() for side in (one.left, one.right)]

    @property
    def forward(self):
        """The defined arrays that are not gradients."""
        return [array for array in self if not isinstance(array, Gradient)]

    def users(self, gradient):
        """For ∂L/∂Y: the arrays that Y goes straight into, on a way to L."""
        users = [array for array in self.forward if gradient.of in arrays_in(self[array].body)]
        return [u for u in users if gradient.loss not in self or self.leads(gradient.loss, u)]

    def uses(self, array):
        """The arrays of which one is made: by its definition, or a gradient by the chain rule."""
        if array in self:
            return arrays_in(self[array].body)
        if not isinstance(array, Gradient):
            return set()
        users = self.users(array)
        upstream = {array.by(user) for user in users if user != array.loss}
        return upstream.union(*(arrays_in(self[user].body) for user in users))

    def below(self, array):
        """All arrays of which one is made, in any number of steps."""
        return closure(self.uses(array), self.uses)

    def leads(self, array, variable):
        """Whether an array depends on a variable."""
        return array == variable or variable in self.below(array)

    def reach(self, loss, variable):
        """Whether a loss depends on a variable; of an opaque loss this is taken for granted."""
        return loss not in self or self.leads(loss, variable)

    def depth(self, array):
        """How many definitions stand below an array, at most."""
        return max((1 + self.depth(part) for part in self.uses(array)), default=int(array in self))

    def last(self):
        """The arrays of which nothing is made: by way of them an opaque loss depends on all."""
        used = set().union(*(self.uses(array) for array in self.forward))
        return [array for array in self.forward if array not in used]

    def ways(self, array, variable):
        """The arrays in the definition of one that lead to a variable, or are it."""
        used = self.uses(array)
        return [one for one in sorted(used, key=str) if self.leads(one, variable)]

    def check_loss(self, loss, variable):
        """Raises HiddenDependence if nothing leads from a variable to an opaque loss."""
        known = {loss, variable, Gradient.made(variable, loss)} & self.keys()
        if not known and not any(self.leads(array, variable) for array in self.last()):
            raise HiddenDependence(f"no definition says how {loss} depends on {variable}")

    def check_dependence(self, array, variable):
        """Raises HiddenDependence if how an array depends on a variable cannot be seen."""
        inputs = set().union(*map(self.uses, self))
        for part in {array} | self.below(array):
            opaque = isinstance(part, Gradient) and not self.users(part)
            unknown = not isinstance(part, Gradient) and part not in inputs | {variable}
            if part not in self and (opaque or unknown):
                raise HiddenDependence(f"no definition says how {part} depends on {variable}")
        if array in self.below(variable) and not self.leads(array, variable):
            raise HiddenDependence(f"{variable} is made of {array}, not {array} of {variable}")


def closure(front, following):
    """All that is reached from `front`, with itself, in any number of steps."""
    found = set()
    while front:
        found |= front
        front = set().union(*map(following, front)) - found
    return found
