"""Which gradients a proof takes apart by the chain rule: no more than can matter.

∂L/∂Y = Σ ∂L/∂Z ∂Z/∂Y, and so on to the last layer, may be put into every line that cites the chain
rule, and is too long to be compared in a deep network. A gradient that is left as it is stands for
any numbers: what is proved then holds for the true ones as well.
"""

from contextlib import contextmanager

from ..language.arrays import Derivative, Direct, Entry, Gradient
from ..nodes import walk
from ..premises.definitions import closure
from ..premises.scope import arrays_in


class Opening:
    """Says of a gradient whether it is opened; `stops` are some that are left as they are.

    `lines` are the two that are compared. If they are not given, all is opened.
    """

    def __init__(self, definitions, facts, lines=(), stops=frozenset()):
        self.definitions, self.stops, self.stopped = definitions, stops, False
        self.side, self.path = 0, []  # the line that is read, what is being put in just now
        self.mentioned = mentioned(lines, facts) if lines else None

    @contextmanager
    def within(self, kind, array):
        """While an array is put in, as an "entry", a "gradient" or a "total" derivative."""
        self.path.append((kind, array))
        try:
            yield
        finally:
            self.path.pop()

    def puts_in(self, array):
        """Whether a definition that is cited is put in for an entry."""
        return True

    def goes_on(self, array):
        """Whether the derivative of an array is taken by what its definition says."""
        return True

    def of(self, gradient):
        """Whether the chain rule takes it apart: once on each way."""
        if ("gradient", gradient) in self.path:
            return False
        if self.mentioned is not None and not self.mentioned & self.after(gradient):
            return False
        stop = gradient in self.stops
        self.stopped = self.stopped or stop
        return not stop

    def after(self, gradient):
        """The arrays between a variable and the loss."""
        following = lambda one: self.definitions.users(gradient.by(one))  # noqa: E731
        users = {*self.definitions.users(gradient)}
        return closure(users, lambda one: {*following(one)} - {gradient.loss}) - {gradient.loss}


def openings(definitions, facts, lines):
    """The ways to read two lines: stopping at the gradients that one of them names, or nowhere."""
    for line in reversed(lines):
        tried = Opening(definitions, facts, lines, gradients_in(line))
        yield tried
        if not tried.stopped:
            return
    yield Opening(definitions, facts, lines)


def gradients_in(line):
    """The gradients that a line names."""
    found = {part for part in walk(line) if isinstance(part, Gradient)}
    for part in walk(line):
        if isinstance(part, Derivative) and isinstance(part.of, Entry) and not part.of.indices:
            found.add(Gradient.made(array_of(part.by), part.of.array))
    return found


def array_of(by):
    return by.array if isinstance(by, Entry) else by


def mentioned(lines, facts):
    """The arrays of which the lines say a derivative, or of which a fact says something."""
    found = set().union(*map(named_by, facts.arrays))
    for result in facts.results:
        found = found.union(*map(named_by, result.arrays))
    for line in lines:
        for part in walk(line):
            if isinstance(part, Gradient):
                found |= named_by(part)
            if isinstance(part, Derivative | Direct):
                found |= {*arrays_in(part.of), array_of(part.by)}
    return found


def named_by(array):
    """The array itself, or what a gradient is the gradient of, and with respect to what."""
    return {array.of, array.loss} if isinstance(array, Gradient) else {array}
