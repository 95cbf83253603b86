"""Arrays that change the output of a layer and are in no `params`: out of the checker's sight."""

from dataclasses import dataclass

import numpy as np

from ..layer import buffers
from .probe import Subject, near
from .report import listed
from .state import floats, slots


@dataclass
class Hidden:
    """Such an array by name, where its gradient seems to be, and whether backward changes it."""

    label: str
    partner: str
    changed: bool


def hidden(probe):
    """A Hidden for every array of floats in the layer that moves the output and is no parameter."""
    layer = probe.original
    if near(probe.second.out, probe.first.out):  # after a pass: some make their weights only then
        for rewind in probe.subject.rewinders:
            rewind()
        layer = probe.subject.layer
    found = _effective(Subject(layer), probe)
    return _looked_up(found, probe) if found else []


def stepped(probe):
    """That backward changes such an array: then the next forward gives something else."""
    fresh = Subject(probe.original).forward(*map(np.array, probe.inputs))
    if not near(fresh, probe.first.out):  # it is random: every array would seem to move it
        return []
    return [said for said in in_words(hidden(probe), probe) if said.startswith("backward changes")]


def in_words(found, probe):
    """What to do about those that backward changes, or has a gradient of."""
    said = [f"backward changes {h.label}: leave that to the optimizer" for h in found if h.changed]
    learned = [h for h in found if h.partner]
    if learned:
        them = listed([h.label for h in learned])
        theirs = listed(dict.fromkeys(h.partner for h in learned))
        change, it = ("changes", "it") if len(learned) == 1 else ("change", "them")
        none = "" if probe.subject.parameters else "no parameters found in params: "
        what = f"{them} {change} the output; put {it} into params"
        said.append(f"{none}{what} and the gradient ({theirs}) into grads")
    return said


def _effective(subject, probe):
    """{label: shape} of the arrays that move the output, each once."""
    known = {id(slot.value) for p in subject.parameters for slot in p.slots}
    known |= {id(p.value) for p in subject.parameters}
    known |= {id(getattr(leaf, name)) for leaf, name in buffers(subject.layer)}
    arrays = {id(s.value): s for s in reversed(floats(slots(subject.layer)))}
    arrays = [slot for key, slot in reversed(arrays.items()) if key not in known]
    # One look at all together first: most layers hide nothing.
    if not arrays or not _moves(subject, probe, arrays):
        return {}
    return {s.label: s.value.shape for s in arrays if _moves(subject, probe, [s])}


def _moves(subject, probe, found):
    """Whether the output changes when these arrays do; they are put back."""
    arrays = [slot.value for slot in found]
    before = [array.copy() for array in arrays]
    rng = np.random.default_rng(0)
    for array in arrays:
        size = np.abs(array).max(initial=0) or 1
        array[...] = array + size * rng.uniform(0.1, 0.5, array.shape)
    try:
        with np.errstate(all="ignore"):
            return not near(subject.forward(*map(np.array, probe.inputs)), probe.first.out)
    except Exception:  # whatever it was, the layer has noticed
        return True
    finally:
        for array, old in zip(arrays, before, strict=True):
            array[...] = old


def _looked_up(found, probe):
    """What one backward does to and for each of them."""
    subject = Subject(probe.original)
    layer = subject.layer
    layer.forward(*map(np.array, probe.inputs))
    before = {s.label: (s.value, s.value.copy()) for s in floats(slots(layer))}
    returned = layer.backward(*([] if probe.dY is None else [probe.dY.copy()]))
    set_now = {s.label: s.value for s in floats(slots(layer)) if _is_new(s, before)}
    several = returned if isinstance(returned, (tuple, list)) else (returned,)
    # These belong to inputs, output and parameters.
    through = [*several[: len(probe.inputs)], probe.dY, *(p.gradient for p in subject.parameters)]
    gradients = {k: v for k, v in set_now.items() if not any(near(v, g) for g in through)}
    beyond = enumerate(several[len(probe.inputs) :], len(probe.inputs))
    gradients |= {f"number {n + 1} that backward returns": g for n, g in beyond}
    partners = _partners(found, gradients)
    return [Hidden(label, partners.get(label, ""), label in set_now) for label in found]


def _is_new(slot, before):
    array, copy = before.get(slot.label, (None, None))
    return slot.value is not array or not np.array_equal(array, copy, equal_nan=True)


def _partners(found, gradients):
    """{label: the array of its shape that backward has set}, each once; names alike come first."""
    free, partners = {k: np.shape(g) for k, g in gradients.items() if k not in found}, {}
    for alike in (True, False):
        for label, shape in found.items():
            name = label.rpartition(".")[2]
            fit = [k for k, size in free.items() if size == shape and (name in k or not alike)]
            if fit and label not in partners:
                partners[label] = fit[0]
                del free[fit[0]]
    return partners
