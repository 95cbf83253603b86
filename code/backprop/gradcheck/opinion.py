"""A second opinion on an entry for which `backward` and measurement disagree.

Three things excuse a disagreement: the entry sits on a kink, and backward has taken one of the
derivatives there; `forward` cancels, so that the measurement has fewer digits than it shows; or the
entry is too small relative to the output to be seen at all.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .probe import EPS

WIDE = [0.1, 1e-2, 1e-3, 1e-4]  # the first of these steps on which forward is defined is taken
VISIBLE = 1e-9  # what is rounded by less explains no disagreement worth a word
HEALTHY = 1e-13  # a forward that is good to here has lost no digits worth a word


def unit(shape, index):
    """The direction of one entry."""
    direction = np.zeros(shape)
    direction[index] = 1
    return direction


class Opinion(NamedTuple):
    """`verdict` is "kink", "lost", "right" or "wrong"; `noise` by which part of itself forward is
    rounded; `known` to what part of itself the entry is known, 1 if not at all."""

    verdict: str
    noise: float = EPS
    known: float = 0.0


@dataclass
class Along:
    """The terms of L on a line through the variable's value: t → the terms there."""

    variable: object
    direction: np.ndarray

    def __post_init__(self):
        # Small entries move by parts of themselves: of 1e-8 a step of 1e-6 would leave nothing.
        value = np.minimum(np.abs(self.variable.value), 1)
        self.scale = np.where(value > 0, value, 1)
        self.known = {}

    @cached_property
    def wide(self):
        """How far one may go: rows of probabilities, say, end where they no longer sum to 1."""
        for wide in WIDE[:-1]:
            try:
                self.relative(wide), self.relative(-wide)
            except Exception:  # whatever a forward raises where it ends
                continue
            return wide
        return WIDE[-1]

    def __call__(self, t):
        if t == 0:
            return self.relative(t)
        return np.array(self.variable.terms_at(self.variable.value + t * self.direction))

    def relative(self, t):
        """The same, with t as a part of each entry that is smaller than 1."""
        if t not in self.known:  # some are needed more than once
            moved = self.variable.value + t * self.direction * self.scale
            self.known[t] = np.array(self.variable.terms_at(moved))
        return self.known[t]


def grain(line):
    """(the smallest change that terms can show, which of them move at all), near 0.

    A function that is computed to the last digit moves evenly on tiny steps already, and as fast as
    on larger ones. One that has lost digits stays constant and jumps, or drifts and jumps, until
    the steps are larger than its grain.
    """
    f, wide = line.relative, line.wide
    rest, ahead, behind = f(0.0), f(wide), f(-wide)
    slow = np.abs(ahead - behind).sum() / (2 * wide) / 3
    fast = 3 * max(np.abs(ahead - rest).sum(), np.abs(behind - rest).sum()) / wide
    largest, moved = np.zeros(rest.shape), np.zeros(rest.shape, bool)
    steps = 4.0 ** np.arange(-12, -1, 2)
    for step in steps[3 * steps <= 2 * wide]:
        values = np.array([rest, *(f(n * step) for n in (1, 2, 3))])
        bends = np.abs(np.diff(values, 2, axis=0)).max(axis=0)
        due = np.minimum(abs(ahead - rest), abs(behind - rest)) / wide * 3 * step
        bends = np.where((values == rest).all(axis=0), due, bends)  # a move that was swallowed
        largest, moved = np.maximum(largest, bends), moved | (values != rest).any(axis=0)
        move = np.abs(values[-1] - rest).sum() / 3
        if slow < move / step < fast and bends.sum() <= 0.1 * move:
            break
    return largest / 3, moved  # a kink is three roundings large


def noise_of(line, slope=1.0):
    """(by which part of themselves the terms are rounded near 0, which of them move).

    What never moves has lost everything if it has a derivative, and nothing if it has none.
    """
    coarse, moved = grain(line)
    size = np.maximum(np.abs(line.relative(0.0)), np.abs(line.relative(line.wide)))[moved].sum()
    return (min(coarse[moved].sum() / size, 1.0) if size else float(slope != 0)), moved


def second_opinion(variable, index, gradient, first, step):
    """An Opinion on the entry at `index`; `first` is what was measured, with that `step`."""
    claimed, measured = float(gradient[index]), float(first[index])
    direction = unit(variable.value.shape, index)
    line = Along(variable, direction)
    noise, moved = noise_of(line, measured)
    far = np.abs(variable.value[direction != 0]).max()
    if between_sides(line, claimed, step * max(1, far), noise):
        return Opinion("kink")
    rest = line(0.0)
    size = np.abs(rest[moved]).sum() or np.abs(rest).sum()
    largest = max(abs(claimed), abs(measured))
    # What rounding of the output may add to a derivative: an entry too small for it cannot be seen.
    blur = 4 * (noise if noise > HEALTHY else EPS) * size / min(1, far or 1)
    excuse = blur + 4 * noise * largest
    if abs(claimed - measured) <= excuse > VISIBLE * largest:
        return Opinion("lost", max(noise, min(1.0, blur / largest)), min(1.0, excuse / largest))
    if noise <= HEALTHY and step > 1e-9 and _agrees_nearer(line, claimed, step, size):
        return Opinion("right")
    if noise > HEALTHY:
        slope, error = ridders(line, line.wide * max(1, far), noise * size)
        if abs(claimed - slope) <= 3 * error <= 0.03 * abs(claimed):
            return Opinion("lost", noise, 3 * error / abs(claimed))
    return Opinion("wrong", noise)


def _agrees_nearer(line, claimed, step, size):
    """Whether smaller steps find it: those of a difference may have been too long."""
    for smaller in step / 8.0 ** np.arange(1, 4):
        slope = float((line(smaller) - line(-smaller)).sum() / (2 * smaller))
        if abs(claimed - slope) <= 1e-7 * abs(claimed) + 8 * EPS * size / smaller:
            return True
    return False


def at_kink(variable, index, claimed, step):
    """Whether the entry sits on a kink, and `claimed` lies between the derivatives there."""
    line = Along(variable, unit(variable.value.shape, index))
    far = max(1, abs(variable.value[index]))
    return between_sides(line, float(claimed), step * far, EPS)


def between_sides(line, claimed, step, noise):
    """Whether the derivatives from left and right differ here, and `claimed` lies between them."""
    rest = line(0.0)
    left, right = _sides(line, rest, step)
    size = np.abs(right).sum() + np.abs(left).sum()
    moved = np.abs(rest[right + left != 0]).sum()
    rounding = 20 * max(noise, EPS) * moved / step
    gap = np.abs(right - left).sum()
    if gap <= (1e-5 + 3 * step) * size + rounding or _bends(line, rest, step, gap):
        return False
    low, high = np.minimum(left, right).sum(), np.maximum(left, right).sum()
    margin = 1e-5 * size + rounding
    return low - margin <= claimed <= high + margin


def _sides(line, rest, step):
    return (rest - line(-step)) / step, (line(step) - rest) / step


def _bends(line, rest, step, gap):
    """A curve's derivatives differ by a quarter if the step is a quarter; a kink's do not."""
    for smaller in (step / 4, step / 16):
        left, right = _sides(line, rest, smaller)
        before, gap = gap, np.abs(right - left).sum()
        if not 0.2 * before < gap < 0.3 * before:
            return False
    return True


def ridders(line, h, coarse):
    """The derivative at 0 and how well it is known: central differences at ever smaller steps, each
    pair combined so that the error of the lower order drops out (Ridders 1982). `coarse` is what
    the function is rounded by."""
    best, error, above = 0.0, np.inf, []
    for _ in range(16):
        row = [float((line(h) - line(-h)).sum() / (2 * h))]
        for n, coarser in enumerate(above, 1):
            row.append((4**n * row[-1] - coarser) / (4**n - 1))
            off = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser)) + 2 * coarse / h
            if off < error:
                best, error = row[-1], off
        above, h = row, h / 2
    return best, error
