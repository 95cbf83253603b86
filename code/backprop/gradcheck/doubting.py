"""What may be wrong with a layer apart from its gradient: state, randomness, hidden parameters.

A measurement takes `forward` for a function of its inputs and parameters, and takes one `backward`
for all of them. Each doubt below asks whether that is so, and answers in sentences; [] is no doubt.
"""

import numpy as np

from .probe import Subject, near

REPEATS = 8


def unmeasurable(probe):
    """Why forward is no function on these inputs that could be measured; [] if it is one."""
    return _first(probe, not_finite, random_forward)


def doubts(probe):
    """What the first pass changed, and the first doubt that holds: others may follow from it."""
    found = _first(probe, cut_decimals, adding_up, remembering)
    return list(dict.fromkeys(probe.first.changed + tied(probe) + found))


def _first(probe, *doubts):
    return next((said for doubt in doubts if (said := doubt(probe))), [])


def not_finite(probe):
    """Nothing can be measured on nan."""
    if np.isfinite(probe.first.out).all():
        return []
    return ["forward gives nan or inf on these inputs: choose others"]


def tied(probe):
    """Two names of one array: moving it moves both, so what is measured is the sum."""
    families, values = {}, [p.value for p in probe.subject.parameters]  # alive, so that ids differ
    for p, value in zip(probe.subject.parameters, values, strict=True):
        families.setdefault(id(value), []).append(p)
    several = [family for family in families.values() if len(family) > 1]
    for family in several:
        _add_up([probe.variable(p.label) for p in family])
    names = [" and ".join(repr(p.parameter.name) for p in family) for family in several]
    one = "are one array: give it one name, and grads the sum of the gradients"
    return [f"params {them} {one}" for them in names]


def _add_up(variables):
    if all(np.shape(v.gradient) == v.value.shape for v in variables):
        total = sum(v.gradient for v in variables)
        for variable in variables:
            variable.gradient = total


def cut_decimals(probe):
    """np.zeros_like of integers holds integers, whatever is written into it."""
    cuts = "forward gives other values for integers than for the same numbers as floats"
    return [f"{cuts}: an array made like X holds integers only"] if probe.cuts else []


def random_forward(probe):
    """Forwards on the same input; rewound are the generators that the layer itself holds.

    A reader's own layer is run some more times: one that drops a unit in fifty drops none in most
    small batches.
    """
    outputs = [probe.second.out, *probe.again(REPEATS if probe.is_own else 0)]
    if all(near(out, probe.first.out) for out in outputs):
        return []
    fresh = [Subject(probe.original).run(probe.inputs, probe.upstream).out for _ in range(REPEATS)]
    if all(near(out, probe.first.out) for out in fresh):
        return ["forward gives another output the second time: it keeps something between calls"]
    said = "forward is random: on the same input it gives another output"
    return [
        f"{said}. Hold its draws still: draw from self.rng, a NumPy Generator, which is rewound"
    ]


def adding_up(probe):
    """Two backwards leave the same gradients, unless the second adds its own to those in grads."""
    first, second = probe.first, probe.second
    if near(first.grads, second.grads) and near(first.returned, second.returned):
        return []
    third = probe.repeat()
    grads = zip(first.grads, second.grads, third.grads, strict=True)
    said = []
    for p, (one, two, three) in zip(probe.subject.parameters, grads, strict=True):
        if _adds(one, two, three):
            said.append(f"backward adds to what is in grads[{p.parameter.name!r}]: set it")
            probe.variable(p.label).gradient = two - one  # that of one pass
    if said:
        return said
    what = "backward gives another gradient the second time, for the same input and dY"
    return [f"{what}: it keeps something between calls"]


def _adds(first, second, third):
    if first is None or np.shape(first) != np.shape(third):
        return False
    return near(third - second, second - first) and not near(second, first)


def remembering(probe):
    """A pass on another input before this one must not matter."""
    other = Subject(probe.original)
    try:
        other.run(_others(probe.inputs), probe.upstream)
    except Exception:  # another input may be out of bounds, and it was we who chose it
        return []
    now = other.run(probe.inputs, probe.upstream)
    if not near(now.out, probe.first.out):
        return ["forward keeps something of the first input: another one changes what it gives now"]
    same = near(now.grads, probe.first.grads) and near(now.returned, probe.first.returned)
    said = "backward uses the input of an earlier forward"
    return [] if same else [f"{said}: keep what it needs anew in every forward"]


def _others(inputs):
    """The same numbers in another order, so that probabilities stay what they are."""
    turned = [np.flip(x).copy() if x.dtype.kind == "f" else x for x in inputs]
    alike = all(map(np.array_equal, turned, inputs))
    return [x * 0.75 if x.dtype.kind == "f" else x for x in inputs] if alike else turned
