"""The inputs that `check` tries an answer on: sizes that differ, then everything at the edge.

Sizes are pairwise different and above 1, weights and biases random, the upstream gradient random:
no two mistakes look alike. Then come the cases that are forgotten: one sample, one class, a batch
without the last class, integers, probabilities of 0, logits of ±1,000, arrays that may not be
written to.
"""

import ast
import functools
import zlib
from dataclasses import dataclass, field

import numpy as np

from ..formulas import SmoothFunction, evaluate, letters, namespace, words

FIRST = {"S": 5, "M": 4, "N": 3, "C": 6, "K": 7, "V": 8, "H": 9, "D": 2}
FIRST |= {"T": 10, "T'": 11}  # places of queries, and of keys
SECOND = {"S": 3, "M": 6, "N": 7, "C": 4, "K": 2, "V": 5, "H": 8, "D": 9}
SECOND |= {"T": 11, "T'": 10}
# Under convolutions: I = P + K - 1 inputs; Q = 2 P - 2 + K and J = 2 P + 1 where the stride is 2.
FIRST |= {"P": 12, "I": 18, "J": 25, "Q": 29}
SECOND |= {"P": 13, "I": 14, "J": 27, "Q": 26}
STEP = 7  # of the second integers: a rounded logarithm of these is another one


@dataclass(eq=False)
class Probe:
    """One set of inputs, what is special about it in words, and the code if only it goes wrong."""

    special: str
    inputs: dict
    blame: str = ""
    read_only: bool = False
    twice: bool = False
    plain: bool = field(default=False)


def probes(takes, seed=0):
    """All Probes for these inputs, the telling ones first."""
    rng = np.random.default_rng([seed, zlib.crc32(repr(sorted(takes.items())).encode())])
    first, second = draw(takes, FIRST, rng, sign=1), draw(takes, SECOND, rng, sign=-1, step=STEP)
    dims = {letter for spec in takes.values() for letter in letters(spec)}
    kinds = {word for spec in takes.values() for word in spec.split()} - dims
    yield Probe("", first, plain=True)
    yield Probe("", second, plain=True)
    yield Probe(
        "with a first entry of the other sign", draw(takes, FIRST, rng, sign=-1), plain=True
    )
    for letter in sorted(dims & {"S", "C", "N", "M"}, key="SCNM".index):
        what = {"S": "one sample", "C": "one class", "N": "one output", "M": "one input"}[letter]
        yield Probe(f"with {what} ({letter} = 1)", draw(takes, {**FIRST, letter: 1}, rng))
    if "labels" in kinds:
        few = draw(takes, SECOND, rng, last_class=False, step=STEP)
        yield Probe("on a batch without the last class", few, "class-count-from-batch")
    if any(_is_plain(spec) for spec in takes.values()):
        whole = {n: _whole(v) if _is_plain(takes[n]) else v for n, v in first.items()}
        yield Probe("given integers (an integer array)", whole, "integer-truncation")
    if "probabilities" in kinds:
        yield Probe("where a probability is exactly 0", _with_zeros(takes, first), "not-finite")
    if "large" in kinds:
        large = {n: _large(v, rng) if "large" in takes[n].split() else v for n, v in first.items()}
        yield Probe("for numbers of ±1,000", large, "unstable")
    yield Probe("given arrays that may not be written to", first, "mutates-input", read_only=True)
    yield Probe("called a second time with the same arguments", first, "wrong", twice=True)


def probes_off_kinks(takes, quantities):
    """The Probes as a list, none of them at a kink of a quantity, where any derivative is right.

    Integers easily make one inside a network: Σ X W = 0 is ReLU's.
    """
    found = list(probes(takes))
    for seed in range(1, 200):
        at_kinks = [n for n, probe in enumerate(found) if _at_a_kink(quantities, probe.inputs)]
        if not at_kinks:
            return found
        others = list(probes(takes, seed))
        found = [others[n] if n in at_kinks else one for n, one in enumerate(found)]
    return [probe for n, probe in enumerate(found) if n not in at_kinks]


def _at_a_kink(quantities, inputs):
    """Whether two numbers that a formula compares are equal, but for ties that matter."""
    for quantity in quantities:
        apart = {n for n, spec in quantity.takes.items() if {"few", "mask"} & {*spec.split()}}
        names = namespace(quantity, inputs)
        sides = {s for f in (quantity.formula, *quantity.where.values()) for s in _sides(f)}
        if any(np.any(evaluate(s, names) == 0) for s in sides if not apart & words(s)):
            return True
    return False


@functools.cache
def _sides(formula):
    """The differences in a formula whose sign decides: "A - (0)" for A > 0."""
    signs = ast.Gt | ast.Lt | ast.GtE | ast.LtE
    found = []
    for node in ast.walk(ast.parse(formula)):
        match node:
            case ast.Compare(left, [sign], [right]) if isinstance(sign, signs):
                found.append(f"({ast.unparse(left)}) - ({ast.unparse(right)})")
            case ast.Call(ast.Attribute(_, "sign"), [left]):
                found.append(ast.unparse(left))
    return tuple(found)


def draw(takes, sizes, rng, sign=0, last_class=True, step=1):
    """One value for each input; `sign` that of every array's first entry, 0 for any."""
    whole = iter(rng.permutation(np.arange(2, 10)) * step)
    values = {name: _draw(spec, sizes, rng, last_class, whole) for name, spec in takes.items()}
    for name, spec in takes.items():
        if sign and _is_plain(spec) and "positive" not in spec.split():
            values[name].flat[0] = sign * abs(values[name].flat[0])
        if "targets" in spec and sizes.get("C") == 1:
            values[name] = np.ones_like(values[name])
    return values


def _draw(spec, sizes, rng, last_class, whole):
    shape = tuple(int(d) if d.isdigit() else sizes[d] for d in letters(spec))
    kinds = set(spec.split())
    if "labels" in kinds:
        classes = sizes["C"] if last_class else sizes["C"] - 1
        labels = rng.integers(classes, size=shape)
        labels.flat[0] = classes - 1
        if labels.size > 3:
            labels.flat[-1] = labels.flat[1] = 0  # class 0 occurs, and one class occurs twice
        return labels
    if kinds & {"probabilities", "targets"}:
        positive = rng.uniform(0.2, 2, shape)
        return positive / positive.sum(axis=-1, keepdims=True)
    if "mask" in kinds:
        mask = rng.integers(0, 2, shape).astype(float)
        mask[..., 0] = 1
        mask[..., -1] = 0 if mask.shape[-1] > 1 else 1
        return mask
    if "few" in kinds:
        return rng.integers(-2, 3, shape).astype(float)
    if "whole" in kinds:
        return int(next(whole)) if not shape else rng.integers(2, 10, shape)
    if "function" in kinds:
        return SmoothFunction(rng)
    if "share" in kinds:
        shares = rng.uniform(0.2, 0.8, shape)
        return shares if shape else float(shares)
    values = rng.uniform(0.4, 2, shape)
    if not kinds & {"positive"}:
        values = values * rng.choice([-1.0, 1.0], shape)
    if "zeros" in kinds:
        values.flat[1::3] = 0  # and some close to it, so that near is told from equal
        values.flat[2::5] *= 0.3
    return values if shape else float(values)


def _is_plain(spec):
    """Arrays of any real numbers: not probabilities, labels, masks, and not a single number."""
    special = set(spec.split()) & {
        "few",
        "probabilities",
        "labels",
        "targets",
        "share",
        "mask",
        "whole",
        "function",
    }
    return bool(letters(spec)) and not special


def _whole(values):
    return (np.sign(values) * np.ceil(np.abs(values) * 2)).astype(np.int64)


def _large(values, rng):
    large = 1000 * rng.choice([-1.0, 1.0], values.shape)
    large.flat[:: max(2, values.shape[-1] - 1)] = values.flat[:: max(2, values.shape[-1] - 1)]
    large[-1] = -1000 + np.arange(values.shape[-1])  # a row far below 0: exp of all of it is 0
    return large


def _with_zeros(takes, inputs):
    """The probabilities of one class set to 0 in each row, but never that of the target."""
    changed = dict(inputs)
    labels = next((inputs[n] for n, spec in takes.items() if "labels" in spec), None)
    for name, spec in takes.items():
        if "probabilities" not in spec:
            continue
        rows = inputs[name].copy()
        if rows.shape[1] > 1:
            keep = labels if labels is not None else np.zeros(len(rows), int)
            rows[np.arange(len(rows)), (keep + 1) % rows.shape[1]] = 0
            rows[0] = np.eye(rows.shape[1])[keep[0]]  # one row entirely sure
        changed[name] = rows / rows.sum(axis=1, keepdims=True)
    return changed
