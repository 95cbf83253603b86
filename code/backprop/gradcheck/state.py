"""What a layer keeps: every array in its attributes, lists, dicts and inner layers, and its draws.

`probe` runs a copy of a layer many times over. Here is how it finds the arrays that belong to
a parameter, sets them, and rewinds the random numbers.
"""

import random
from dataclasses import dataclass

import numpy as np

from ..layer import parameters_of

PLAIN = (str, bytes, int, float, complex, type, np.dtype, np.generic, type(np), type(len))


@dataclass
class Slot:
    """One place that holds something: an attribute, or an entry of a list, a tuple or a dict."""

    holder: object
    key: object
    label: str

    @property
    def value(self):
        return getattr(self.holder, self.key) if self.by_name else self.holder[self.key]

    @value.setter
    def value(self, new):
        if self.by_name:
            setattr(self.holder, self.key, new)
        elif not isinstance(self.holder, tuple):
            self.holder[self.key] = new

    @property
    def by_name(self):
        return not isinstance(self.holder, (dict, list, tuple))


def slots(thing, label="self", seen=None):
    """Every place inside `thing`, however deep, with its name: self.W, self.inner.params['W']."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, PLAIN) or isinstance(thing, np.ndarray):
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        inside = [Slot(thing, key, f"{label}[{key!r}]") for key in thing]
    elif isinstance(thing, (list, tuple)):
        inside = [Slot(thing, place, f"{label}[{place}]") for place in range(len(thing))]
    else:
        inside = [Slot(thing, name, f"{label}.{name}") for name in getattr(thing, "__dict__", {})]
    for slot in inside:
        yield slot
        yield from slots(slot.value, slot.label, seen)


def floats(found):
    """Those of the slots that hold an array of floats."""
    return [s for s in found if isinstance(s.value, np.ndarray) and s.value.dtype.kind == "f"]


class Memory:
    """Numbers that several arrays share, as views of one another: self.WT = self.W.T.

    A copy of a layer parts them. Here all of them follow when one is set.
    """

    def __init__(self, root, views):
        self.numbers = np.array(root, np.float64)
        self.places = {slot.label: (slot, _place(view, root)) for slot, view in views}

    def put(self, label, array):
        """Give one of them other numbers; all are views of the same array again."""
        if not np.iscomplexobj(array) and not self.numbers.imag.any():
            self.numbers = self.numbers.real
        self.numbers = self.numbers.astype(np.result_type(self.numbers, array))
        self.at(label)[...] = array
        for name, (slot, _) in self.places.items():
            slot.value = self.at(name)

    def at(self, label):
        """The array that belongs into that slot."""
        shape, strides, offset = self.places[label][1]
        flat = self.numbers.ravel(order="K")  # no copy: it owns them
        size = flat.itemsize
        return np.ndarray(shape, flat.dtype, flat, offset * size, [step * size for step in strides])


def memories(originals, copies):
    """{label: Memory} of the slots of a copy that held views of one another in the original."""
    families, now = {}, {slot.label: slot for slot in floats(copies)}
    for old in floats(originals):
        if old.label in now:  # a layer may leave something out of its copies
            families.setdefault(id(_root(old.value)), []).append((now[old.label], old.value))
    several = [f for f in families.values() if len({id(view) for _, view in f}) > 1]
    found = [(Memory(_root(family[0][1]), family), family) for family in several]
    return {slot.label: memory for memory, family in found for slot, _ in family}


def _root(array):
    """The array that owns these numbers."""
    while isinstance(array.base, np.ndarray) and array.base.dtype == array.dtype:
        array = array.base
    return array


def _place(view, root):
    """(shape, strides, offset) of a view, in entries of the array that owns its numbers."""
    start, first = (a.__array_interface__["data"][0] for a in (root, view))
    strides = [step // root.itemsize for step in view.strides]
    return view.shape, strides, (first - start) // root.itemsize


class Held:
    """A parameter with all places that hold its array: setting it sets them all.

    A layer may compute with self.W and show the same array in `params`, or keep a view of it.
    """

    def __init__(self, parameter, found, shared):
        self.parameter, self.label = parameter, parameter.label
        array = parameter.value
        self.slots = [slot for slot in found if slot.value is array]
        self.place = next((s.label for s in self.slots if s.label in shared), None)
        self.memory = shared.get(self.place)
        if self.memory:
            self.slots = [slot for slot, _ in self.memory.places.values()]
        self.value = self.start = np.array(array, np.float64)

    @property
    def value(self):
        return self.parameter.value

    @value.setter
    def value(self, array):
        if self.memory:
            self.memory.put(self.place, array)
            self.parameter.value = self.memory.at(self.place)
            return
        self.parameter.value = array
        for slot in self.slots:
            slot.value = array

    @property
    def gradient(self):
        """A copy of its gradient; None where the layer has none in `grads`, or no `grads`."""
        try:
            gradient = self.parameter.grad
        except (AttributeError, KeyError, ValueError):
            return None
        return None if gradient is None else np.array(gradient)


def held(layer, found, shared=None):
    """The parameters that the layer names, each with its slots, of which some are `shared`.

    `params` of another kind than a dict, or `parameters` that gives bare arrays, name none.
    """
    if not hasattr(layer, "parameters") and not isinstance(getattr(layer, "params", {}), dict):
        return []
    named = [p for p in parameters_of(layer) if hasattr(p, "value") and hasattr(p, "label")]
    return [Held(p, found, shared or {}) for p in named if p.value is not None]


def rewinders(found):
    """A function for each generator of random numbers that puts it back to where it is now."""
    generators = {id(slot.value): slot.value for slot in found}.values()
    return [back for one in generators if (back := _rewinder(one))]


def _rewinder(rng):
    if isinstance(rng, np.random.Generator):
        bits, state = rng.bit_generator, rng.bit_generator.state
        return lambda: setattr(bits, "state", state)
    if isinstance(rng, np.random.RandomState):
        old = rng.get_state()
        return lambda: rng.set_state(old)
    if isinstance(rng, random.Random):
        now = rng.getstate()
        return lambda: rng.setstate(now)
    return None
