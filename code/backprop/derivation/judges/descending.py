"""How two lines are read where arrays are defined by themselves, H[t] by H[t − 1].

Such a definition could be put in without end. On each way into an expression it is put in once, and
so is the chain rule for each gradient; what is met a second time is left as it is. Whatever is left
stands for any numbers, so a proof holds for the true ones. Which side says dZ[t] and which one what
it is made of, dZ[t + 1], the author knows; here both are tried.
"""

from ..language.arrays import Derivative, Gradient
from ..nodes import walk
from .opening import Opening, gradients_in

NONE, NEW, ALL = "none", "those that the other line does not name", "all"
OPENED = (NEW, NONE), (ALL, NONE), (NEW, NEW), (ALL, ALL), (NONE, NEW), (NONE, ALL)
EACH = 5_000  # steps of work for one of the ways


class Descending(Opening):
    """What is put into the line above, side 0, and into the new one, side 1.

    `opened` says of each side which of the gradients that it names are taken apart, `values` of
    which arrays the cited definition is put in for the entries that it names.
    """

    def __init__(self, definitions, facts, lines, opened, values):
        super().__init__(definitions, facts, lines)
        self.named = [gradients_in(line) for line in lines]
        self.opened, self.values, self.asked = opened, values, set()

    def of(self, gradient):
        return super().of(gradient) and self.begins(gradient)

    def begins(self, gradient):
        """Whether a gradient is opened: the first on a path as the side says."""
        inside = any(isinstance(one, Gradient) for _, one in self.path)
        if inside or self.opened[self.side] == NONE:
            return gradient not in self.named[0] | self.named[1]
        return self.opened[self.side] == ALL or gradient not in self.named[1 - self.side]

    def puts_in(self, array):
        """Whether a definition, or the result of a derivation, is put in for an entry."""
        if ("entry", array) in self.path:
            return False
        if isinstance(array, Gradient):
            return array.of not in self.definitions.steps or self.begins(array)
        if array in self.definitions.steps:
            self.asked.add(array)
            return array in self.values[self.side]
        return True

    def goes_on(self, array):
        """Whether the derivative of an array is taken by what its definition says."""
        if array not in self.definitions.steps:
            return True
        return self.opened[self.side] != NONE and ("total", array) not in self.path


def descents(definitions, facts, lines):
    """The ways to read two lines, those first that authors write.

    A definition is put in on both sides or only on one of them, if the lines have such entries.
    """
    slopes = any(isinstance(part, Gradient | Derivative) for one in lines for part in walk(one))
    said = facts.arrays.union(*(one.arrays for one in facts.results))
    none, asked, tried = frozenset(), set(), set()
    while asked | {none} > tried:
        some = min((asked | {none}) - tried, key=lambda one: (len(one), sorted(map(str, one))))
        tried.add(some)
        for values in dict.fromkeys([(some, some), (some, none), (none, some)]):
            for opened in OPENED if slopes else OPENED[:1]:
                way = Descending(definitions, facts, lines, opened, values)
                yield way
                asked |= {some | {one} for one in way.asked & said}
