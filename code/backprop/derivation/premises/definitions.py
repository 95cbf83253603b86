"""What a derivation defines, {Y[i, j]: …}, and which array depends on which."""

from dataclasses import dataclass
from functools import cache

from ..errors import DerivationError, HiddenDependence, ShapeError
from ..language import cures
from ..language.arrays import Array, Derivative, Direct, Entry, Gradient, Loss
from ..language.matrices import ByEntries, OfMatrix, matrices_of, said
from ..nodes import Index, axes, entry, node, shape_name, walk
from . import recursion
from .scope import arrays_in, check_indices, free_indices


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
        if any(isinstance(part, Derivative | Direct) for part in walk(right)):
            raise DerivationError(f"a definition has no derivative in it, got {left}: {right}")
        if isinstance(left, Array | Entry) and isinstance(getattr(left, "array", left), OfMatrix):
            raise DerivationError(f"it is known what {left} is: define another letter")
        if isinstance(left, Array) and left.shape:
            if right.shape != left.shape:
                shapes = shape_name(left.shape), shape_name(right.shape)
                cure = cures.defined(left, right, free_indices(right))
                raise ShapeError(f"{left} is {shapes[0]}, {right} is {shapes[1]}{cure}")
            indices = axes(left.shape)
            check_indices(right, {})
            return cls(left, right, left, indices, entry(right, *indices))
        if not isinstance(left, Entry) or right.shape:
            raise DerivationError(
                f"define Y[i, j] as a scalar or Y as an array, got {left}: {right}"
                + cures.defined(left, right, {})
            )
        letters = {index for index in left.indices if isinstance(index, Index)}
        if len(letters) < len(left.indices):
            raise DerivationError(f"a definition needs its own letter on each axis, got {left}")
        check_indices(right, dict(zip(left.indices, left.array.shape, strict=True)))
        return cls(left, right, left.array, left.indices, right)

    @classmethod
    def known(cls, array):
        """That of A⁻¹ or det A, which nobody writes: each judge knows it in its own way."""
        indices = axes(array.shape)
        return cls(*said(array), array, indices, ByEntries(array, indices))


class Definitions(dict):
    """{array: Definition}, the graph that keeps dependence from being hidden.

    The one rule for a loss that is not defined: it is any function of the arrays that are defined
    last (see `last`), and so of all that they are made of. How it depends on anything else nobody
    says. What is neither defined nor a loss is a letter and depends on nothing.
    """

    def __init__(self, define, target=None):
        made = [Definition.made(left, right) for left, right in pairs_of(define)]
        super().__init__((one.array, one) for one in made)
        if len(self) < len(made):
            raise DerivationError("an array is defined twice")
        self.matrices = [*dict.fromkeys(m for one in made for m in matrices_of(one.body))]
        self.users, self.uses = cache(self.users), cache(self.uses)
        self.below, self.depth = cache(self.below), cache(self.depth)
        self.is_curved = cache(self.is_curved)
        self.kept = {}  # what a judge keeps that follows from the definitions alone
        self.check_graph()
        self.letters = set().union(*map(self.uses, self), self.letters_of(target))

    def __contains__(self, array):
        return isinstance(array, OfMatrix) or super().__contains__(array)

    def __missing__(self, array):
        if isinstance(array, OfMatrix):
            return Definition.known(array)
        raise KeyError(array)

    def check_graph(self):
        """Raises DerivationError for definitions that rest on themselves, but by steps down."""
        for part in {*self}.union(*(arrays_in(one.body) for one in self.values())):
            if isinstance(part, Gradient):
                self.check_is_loss(part)
        for array in self:
            self.check_no_feedback(array)
        self.steps = recursion.places(self)
        for array in self:
            if isinstance(array, Gradient) and (array.loss in self or self.users(array)):
                raise DerivationError(f"{array} follows from the other definitions: derive it")

    def check_no_feedback(self, array):
        """Raises DerivationError if a loss depends on an array that is made of its gradient."""
        for part in arrays_in(self[array].body):
            if isinstance(part, Gradient) and not isinstance(array, Gradient):
                written = self.written_with(part.loss)
                if array in written or any(map(self.is_open, written)):
                    raise DerivationError(
                        f"{array} is made of {part}, and {part.loss} of {array}, unless a "
                        "definition says otherwise"
                    )

    def written_with(self, array):
        """The array itself, and all arrays in its definition and in theirs."""
        return closure({array}, lambda one: arrays_in(self[one].body) if one in self else set())

    def is_open(self, array):
        """Whether it is a loss of which no definition says what it is."""
        return isinstance(array, Loss) and array not in self

    def open_in(self, loss):
        """The losses without a definition in a loss, or itself if it has none."""
        return sorted(filter(self.is_open, self.written_with(loss)), key=str)

    def check_is_loss(self, gradient):
        """Raises DerivationError for the gradient of a letter, which depends on nothing."""
        if not isinstance(gradient.loss, Loss) and gradient.loss not in self:
            name = gradient.loss.name
            raise DerivationError(
                f"{name} is a letter, which depends on nothing: define it, or make it a loss, "
                f'{name} = loss("{name}")'
            )

    @property
    def sides(self):
        """Both sides of every definition, as written."""
        return [side for one in self.values() for side in (one.left, one.right)]

    def same(self, others):
        """Whether others say the same, in whatever order."""
        return {(one.left, one.right) for one in self.values()} == {
            (one.left, one.right) for one in others.values()
        }

    @property
    def forward(self):
        """The defined arrays that are not gradients."""
        return [array for array in self if not isinstance(array, Gradient)]

    @property
    def losses(self):
        """The losses that occur in a definition and have none, in a fixed order."""
        found = set().union(*(arrays_in(self[array].body) for array in self.forward))
        return sorted(filter(self.is_open, found), key=str)

    def users(self, gradient):
        """For ∂L/∂Y: the arrays that Y goes straight into, on a way to L."""
        made = [*self.forward, *self.matrices]
        users = [array for array in made if gradient.of in arrays_in(self[array].body)]
        open_ones = [one for one in self.losses if one != gradient.loss]
        users += [one for one in open_ones if gradient.of in self.arguments(one)]
        return [user for user in users if self.leads(gradient.loss, user)]

    def uses(self, array):
        """The arrays of which one is made: by its definition, or a gradient by the chain rule."""
        if array in self:
            return arrays_in(self[array].body)
        if self.is_open(array):
            return self.arguments(array)
        if not isinstance(array, Gradient):
            return set()
        if self.is_curved(array):
            return {*self.last()}
        users = self.users(array)
        upstream = {array.by(user) for user in users if user != array.loss}
        return upstream.union(*(self.parts_of_slope(user, array.of) for user in users))

    def is_curved(self, array):
        """Whether it is the gradient of a loss of which nothing is said, by what it is made of.

        It then changes with all that this loss is a function of, in a way that nobody knows.
        """
        return self.is_smooth(array) and self.is_open(array.loss) and array.of in self.last()

    def is_smooth(self, array):
        """Whether it is the gradient of a loss with second derivatives: no gradient of it is said.

        One that an author defines need not be the gradient of anything.
        """
        if not isinstance(array, Gradient):
            return False
        return not any(isinstance(one, Gradient) and one.loss == array.loss for one in self)

    def is_mixed(self, gradient, variable):
        """Whether ∂²L/∂W∂V is to be written as ∂²L/∂V∂W: both are letters, V the first of them."""
        letters = self.is_smooth(gradient) and gradient.of not in self and variable not in self
        return letters and str(variable) < str(gradient.of)

    def parts_of_slope(self, user, variable):
        """The arrays that may be in the derivative of one that the variable goes into."""
        if self.is_open(user):
            return {Gradient.made(variable, user)}
        return arrays_in(self[user].body)

    def arguments(self, loss):
        """Of what a loss that is not defined is a function: or what its gradient is said of."""
        said = {one.of for one in self if isinstance(one, Gradient) and one.loss == loss}
        return said | set(self.last())

    def below(self, array):
        """All arrays of which one is made, in any number of steps."""
        return closure(self.uses(array), self.uses)

    def leads(self, array, variable):
        """Whether an array depends on a variable."""
        return array == variable or variable in self.below(array)

    def reach(self, loss, variable):
        """Whether a derivative is a gradient of a loss, which has a name of its own."""
        return isinstance(loss, Loss) or loss in self and self.leads(loss, variable)

    def mutual(self, one, other):
        """Whether each of two arrays is made of the other, or they are the same."""
        return one == other or one in self.below(other) and other in self.below(one)

    def steps_down(self, array):
        """Whether an array, or one below it, is defined by itself at an earlier step."""
        return any(one in self.steps for one in {array} | self.below(array))

    def depth(self, array):
        """How many definitions are below an array, at most; a circle counts as one."""
        if self.is_open(array) or self.is_curved(array):
            return 0
        circle = {one for one in {array} | self.below(array) if self.mutual(array, one)}
        parts = set().union(*map(self.uses, circle)) - circle
        return max((1 + self.depth(part) for part in parts), default=int(array in self))

    def last(self):
        """The arrays of which nothing is made; what is made of an open loss does not count."""
        counted = [
            one for one in self.forward if not any(map(self.is_open, self.written_with(one)))
        ]
        used = set().union(*(arrays_in(self[array].body) for array in counted))
        used |= {one.of for one in used if isinstance(one, OfMatrix)}
        return [array for array in counted if array not in used]

    def ways(self, array, variable):
        """The arrays in the definition of one that lead to a variable, or are it."""
        used = self.uses(array)
        return [one for one in sorted(used, key=str) if self.leads(one, variable)]

    def check_loss(self, loss, variable):
        """Raises HiddenDependence if nobody says how a loss, or one in it, depends on one."""
        for one in [loss, *sorted(self.below(loss), key=str)]:
            if self.is_open(one) and not (self.leads(one, variable) or self.leads(variable, one)):
                raise self.hidden(one, variable)
        if loss not in self and not self.leads(loss, variable):
            raise self.hidden(loss, variable)

    def check_dependence(self, array, variable, beside=()):
        """Raises HiddenDependence if how an array depends on a variable cannot be seen.

        `beside` is what is with it in what is differentiated.
        """
        letters = self.letters | {variable} | self.seen(beside, variable)
        for part in [array, *sorted(self.below(array), key=str)]:
            opaque = isinstance(part, Gradient) and not self.users(part)
            opaque = opaque and not (self.is_curved(part) and self.leads(part, variable))
            lost = self.is_open(part) and not self.leads(part, variable) and part != variable
            unknown = not isinstance(part, Gradient | Loss) and part not in letters
            if part not in self and (opaque or lost or unknown):
                raise self.hidden(part, variable)
        self.check_common(array, variable)

    def check_common(self, array, variable):
        """Raises HiddenDependence if it can't be said what is held fixed."""
        if self.leads(array, variable):
            return
        if array in self.below(variable):
            raise HiddenDependence(f"{variable} is made of {array}, not {array} of {variable}")
        if common := sorted(self.below(array) & self.below(variable), key=str):
            raise HiddenDependence(
                f"{array} and {variable} are both made of {common[0]}: "
                f"no definition says how {array} depends on {variable}"
            )

    def seen(self, arrays, variable):
        """The letters among arrays, if one of these shows how the variable goes in."""
        return set(arrays) if any(self.leads(one, variable) for one in arrays) else set()

    def letters_of(self, target):
        """The letters of what a target differentiates."""
        found = set()
        for part in walk(target) if target is not None else ():
            if isinstance(part, Derivative):
                by = part.by.array if isinstance(part.by, Entry) else part.by
                found |= self.seen(arrays_in(part.of), by)
        return found

    def hidden(self, array, variable):
        """The error that says so, and what an open loss does depend on."""
        why = f"no definition says how {array} depends on {variable}"
        if self.is_open(array):
            names = ", ".join(map(str, sorted(self.arguments(array), key=str)))
            why += f": {array}, which is not defined, is a function of what is defined last"
            why += f" ({names})" if names else self.nothing_last()
        return HiddenDependence(why + "; say it in define={Y: …, L: …}")

    def nothing_last(self):
        """Why no array is defined last."""
        if not self.forward:
            return ", and nothing is defined"
        names = " and ".join(map(str, self.steps))
        return (
            f", and {names} go into each other: define what the loss is made of, such as an "
            "output Y[t, i], or the last step, Y[i]: H[T, i]"
        )


def pairs_of(define):
    """The pairs of a dictionary of definitions. Raises DerivationError for anything else."""
    if define is not None and not isinstance(define, dict):
        raise DerivationError(f"define is a dictionary such as {{Y: X @ W.T}}, got {define!r}")
    for left in define or {}:
        if isinstance(left, str):
            raise DerivationError(f"define has arrays on its left, {{{left}: …}} without quotes")
    return (define or {}).items()


def closure(front, following):
    """All that is reached from `front`, with itself, in any number of steps."""
    found = set()
    while front:
        found |= front
        front = set().union(*map(following, front)) - found
    return found
