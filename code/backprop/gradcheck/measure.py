"""One variable's gradient, measured: each entry by itself, or along a direction, then by halves."""

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np

from .opinion import HEALTHY, Along, at_kink, grain, second_opinion, unit
from .probe import DEFAULT_H, EPS, central, central_bend, complex_bend, complex_step
from .report import Finding

MANY_ENTRIES = 5_000  # from here on "auto" projects instead of taking each entry by itself


class Rule(NamedTuple):
    """How to measure a derivative, and what rounding may do to it: to that of an entry, relative
    to the largest one; to that along a direction, relative to the norm of all its terms.

    `bend` says how far the derivatives to both sides are apart, `bends` from when on that matters;
    `step` is how near a kink has to be to matter; `grain` what L itself is rounded by, and `lost`
    the same as a part of L if that is more than the last digit.
    """

    name: str
    slope: object
    noise: float
    noise_along: float
    bend: object
    bends: float
    step: float
    grain: float = 0.0
    lost: float = 0.0

    def rounding(self, length=1.0):
        """What rounding of L may put into a derivative along a direction of that length."""
        return 8 * self.grain * length / self.step


# Independent roundings in a sum of n terms of random sign are at most ε√n relative to their norm
# (Higham and Mary 2019): 1e-13 is enough for n = 200,000. Were it too little, that would cost a
# search for nothing: the entry that is found is judged by itself.
# Nothing is subtracted, so L may be rounded as it likes: the grain is 0.
COMPLEX = Rule("complex step", complex_step, 1e-12, 1e-13, complex_bend, 1e-9, 1e-9)


def by_central_differences(probe, variable):
    """The Rule of central differences, with the step that suits the digits which forward has."""
    line = Along(variable, random_direction(variable.value.shape))
    coarse = float(np.linalg.norm(grain(line)[0]))  # independent roundings
    lost = coarse / probe.size if probe.size else 0.0
    if lost <= HEALTHY:
        coarse, lost, h, noise = EPS * probe.size, 0.0, DEFAULT_H[np.dtype(np.float64)], 1e-9
    else:
        h = min((3 * lost) ** (1 / 3), 0.05)
        noise = 30 * h**2
    slope, bend = partial(central, h=h), partial(central_bend, h=h)
    return Rule("central", slope, noise, noise, bend, max(1e-3, 3 * h), h, coarse, lost)


def random_direction(shape):
    """Entries of ±1 to ±2, so that every entry counts about the same."""
    numbers = np.random.default_rng(int(np.prod(shape))).uniform(-1, 1, shape)
    return numbers + np.copysign(1, numbers)


def by_entry(probe, variable, gradient, rule, tolerance):
    """Measure every entry of the variable by itself; those that disagree get a second opinion."""
    measured, smooth = np.empty_like(gradient), np.ones(gradient.shape, bool)
    for index in np.ndindex(gradient.shape):
        measured[index], sides = rule.slope(probe, variable, unit(gradient.shape, index))
        smooth[index] = not probe.flips(sides)
    finding = _started(variable, gradient, rule, tolerance)
    error = _relative_error(gradient, measured, floor_of(rule), rule.rounding())
    whole = error.copy()
    error[~smooth] = -1
    for index in [tuple(place) for place in np.argwhere(~smooth)] if probe.is_leaf else []:
        if not at_kink(variable, index, gradient[index], rule.step):
            error[index] = whole[index]  # neither the derivative from left nor that from right
    for index in tied(probe, variable, gradient, rule, smooth):
        if at_kink(variable, index, gradient[index], rule.step):
            error[index] = -1
    _hear(finding, variable, gradient, measured, error, rule)
    finding.left_out, finding.errors = error == -1, error
    finding.excluded = int(finding.left_out.sum())
    if finding.excluded == error.size:
        finding.problem = "every entry meets a kink: nothing could be measured; choose other inputs"
        finding.open = True
        return finding
    show(finding, error, gradient, measured)
    return finding


def _started(variable, gradient, rule, tolerance):
    """A Finding that knows in how many digits forward computes."""
    finding = Finding(variable.name, gradient.shape, rule.name, np.inf, tolerance=tolerance)
    if rule.lost:
        finding.lost, finding.tolerance = rule.lost, max(tolerance, rule.noise)
        largest = np.abs(gradient).max() or 1
        finding.known = min(1.0, max(rule.noise, rule.rounding() / largest))
    return finding


def tied(probe, variable, gradient, rule, smooth):
    """The entries that may sit on a kink of L.

    One look along a direction through all of them first: most layers have none.
    """
    limit = rule.bends * max(np.abs(gradient).max(), np.finfo(float).tiny) + rule.rounding()
    if rule.bend(probe, variable, random_direction(gradient.shape)) <= limit:
        return []
    places = [tuple(place) for place in np.argwhere(smooth)]
    bent = (rule.bend(probe, variable, unit(gradient.shape, place)) > limit for place in places)
    return list(itertools.compress(places, bent))


def show(finding, error, gradient, measured):
    """Put the worst entry into the finding."""
    worst = tuple(int(i) for i in np.unravel_index(error.argmax(), error.shape))
    index = worst if finding.index is None else finding.index  # that has got a second opinion
    finding.index, finding.error = index, float(error[index])
    finding.backward, finding.measured = float(gradient[index]), float(measured[index])


def _hear(finding, variable, gradient, measured, error, rule):
    """A second opinion on all that disagree, the worst first, until one is plainly wrong."""
    excused, before = [], (finding.lost, finding.known)
    for index in _worst_first(error, finding.tolerance):
        said = second_opinion(variable, index, gradient, measured, rule.step)
        if said.verdict == "wrong":
            for other in excused:
                error[other] = 0  # this one is to be shown
            finding.index, (finding.lost, finding.known) = index, before
            return
        if said.verdict in ("kink", "right"):
            error[index] = -1 if said.verdict == "kink" else 0
        else:
            excused.append(index)
            finding.lost = max(finding.lost, said.noise)
            finding.known = max(finding.known, said.known)
    if excused:
        finding.tolerance = max(finding.tolerance, 1.001 * error.max())


def _worst_first(error, tolerance):
    order = np.argsort(-error, axis=None)
    worst = [np.unravel_index(n, error.shape) for n in order if not error.flat[n] < tolerance]
    return [tuple(map(int, index)) for index in worst]


def floor_of(rule):
    """Below which part of the largest entry an entry's own relative error would be all rounding."""
    return min(rule.noise / 1e-8, 0.1)


def by_projection(probe, variable, gradient, rule, tolerance):
    """Measure along one random direction; if that disagrees, narrow it down to an entry."""
    direction = random_direction(gradient.shape)
    claimed = float(np.vdot(gradient, direction))
    measured, sides = rule.slope(probe, variable, direction)
    scale = np.linalg.norm(gradient * direction) + abs(measured)
    slack = rule.rounding(np.linalg.norm(direction))
    difference = max(abs(claimed - measured) - slack, 0)
    error = float(difference / scale) if scale else 0.0
    finding = _started(variable, gradient, rule, tolerance)
    finding.method, finding.error = "projection", error
    finding.backward, finding.measured = claimed, measured
    if probe.flips(sides):
        return _at_a_kink(finding, probe, variable, gradient, rule)
    if error > rule.noise_along:
        _find_entry(finding, probe, variable, gradient, rule, direction)
        if finding.wrong and _excused(finding, variable, rule):
            return _at_a_kink(finding, probe, variable, gradient, rule)
    return finding


def _at_a_kink(finding, probe, variable, gradient, rule):
    """One by one the entries at the kink can be left out, unless there are too many to measure."""
    if gradient.size <= MANY_ENTRIES:
        return by_entry(probe, variable, gradient, rule, finding.tolerance)
    finding.error, finding.problem = np.inf, "a unit meets a kink: choose other inputs"
    finding.open = True
    return finding


def _excused(finding, variable, rule):
    gradient, measured = {finding.index: finding.backward}, {finding.index: finding.measured}
    said = second_opinion(variable, finding.index, gradient, measured, rule.step)
    return said.verdict != "wrong"


def _find_entry(finding, probe, variable, gradient, rule, direction):
    """Look for the entry that made the projection disagree, and judge it by itself."""

    def gap(part):
        return float(np.vdot(gradient, part)) - rule.slope(probe, variable, part)[0]

    finding.index = _narrow(direction, gap, finding.backward - finding.measured)
    finding.backward = float(gradient[finding.index])
    finding.measured, _ = rule.slope(probe, variable, unit(gradient.shape, finding.index))
    floor = floor_of(rule) * np.abs(gradient).max()
    size = max(abs(finding.backward), abs(finding.measured), floor)
    finding.error = max(finding.error, abs(finding.backward - finding.measured) / size)


def _narrow(direction, gap, whole):
    """Where an entry is wrong, by halves: of two, follow the one with the larger gap.

    gap(part) is what `backward` claims along a part of the direction less what is measured there,
    `whole` is that of all. Gaps add up: the second half has what the first leaves.
    """
    start, stop = 0, direction.size
    while stop - start > 1:
        middle, part = (start + stop) // 2, np.zeros_like(direction)
        part.flat[start:middle] = direction.flat[start:middle]
        first = gap(part)
        second = whole - first
        if abs(first) > abs(second):
            stop, whole = middle, first
        else:
            start, whole = middle, second
    return tuple(int(i) for i in np.unravel_index(start, direction.shape))


def _relative_error(gradient, measured, floor, slack):
    scale = max(np.abs(gradient).max(), np.abs(measured).max())
    size = np.maximum(np.maximum(np.abs(gradient), np.abs(measured)), floor * scale)
    difference = np.maximum(np.abs(gradient - measured) - slack, 0)  # more than rounding explains
    return np.divide(difference, size, out=np.zeros_like(gradient), where=size > 0)
