"""Why an answer is wrong, where its numbers alone don't tell: the function is looked at once more.

Each reason is tried before it is said. That something is kept: the function is called again.
That decimals are cut off: it gets the same numbers as floats. That a slip of the pen is to blame:
it runs with the slip put right. That the library did the work: it was seen doing it.
"""

import ast
import inspect
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..formulas import letters as sizes_in
from . import letters, slips
from .inputs import FIRST
from .judging import fits, specs
from .reading import definition, numbers_in
from .sandbox import run

WHICH = "(which repair)"


@dataclass
class Trial:
    """An answer and all that it was tried on; made(answer) is a call that gives a tuple."""

    exercise: object
    answer: object
    made: object
    tried: list
    end: float

    @cached_property
    def call(self):
        return self.made(self.answer)

    @cached_property
    def outcomes(self):
        return run(self.call, [_arguments(probe) for probe in self.tried])

    @property
    def pairs(self):
        """(probe, outcome), as far as it came."""
        return zip(self.tried, self.outcomes, strict=False)

    @property
    def plain(self):
        """The telling probes."""
        return [probe for probe in self.tried if probe.plain]


def _arguments(probe):
    return probe.inputs, probe.read_only, probe.twice


# What the library has done


def borrowed(trial):
    """What to say of right answers that are the library's work, "" if they are the reader's."""
    exercise, plain = trial.exercise, trial.outcomes[: len(trial.plain)]
    for place, quantity in enumerate(exercise.returns):
        makers = {outcome.makers[place] for outcome in plain}
        if len(makers) == 1 and (maker := makers.pop()) and maker not in exercise.using:
            return (
                f"{quantity.symbol} is right, but it is the library's: `{maker}` made it. "
                "The exercise asks for a function of your own."
            )
    called = {name for outcome in plain for name in outcome.called} - {*exercise.using}
    if "numpy-alone" in exercise.asks and called:
        return (
            f"The values are right, but your function calls the library's `{sorted(called)[0]}`, "
            "and the exercise asks for NumPy alone."
        )
    return ""


# What is wrong


def better(trial, failures, failure, diagnosis):
    """A Diagnosis that says more than the numbers do; None if there is none."""
    if diagnosis.mistake == "not-started" or failure.outcome.letters:
        return None
    for reason in (_arguments_differ, _remembers, _written, _slipped, _lettered, _sized):
        code, message = reason(trial, failures, failure, diagnosis) or ("", "")
        if message:
            return replace(diagnosis, mistake=code or diagnosis.mistake, message=message)
    return None


def only_as_integers(trial, failure):
    """Whether the same numbers, as floats, are answered rightly: then it is the type that fails."""
    if failure.probe.blame != "integer-truncation":
        return False
    inputs = {name: _as_float(value) for name, value in failure.probe.inputs.items()}
    return _right(trial, failure.quantity, replace(failure.probe, inputs=inputs), trial.call)


def _as_float(value):
    is_whole = isinstance(value, np.ndarray) and value.dtype.kind == "i" and value.ndim > 1
    return value.astype(np.float64) if is_whole else value


def _right(trial, quantity, probe, call):
    return _all_right(trial, quantity, probe, run(call, [_arguments(probe)], seconds=1)[0])


def _all_right(trial, quantity, probe, outcome):
    """Whether this quantity (None: every one) is right in an outcome."""
    pairs = [*zip(trial.exercise.returns, outcome.answers, strict=False)]
    judged = [fits(one, answer, probe) for one, answer in pairs if quantity in (None, one)]
    return bool(judged) and all(judged) and not outcome.changed


def _arguments_differ(trial, failures, failure, diagnosis):
    """A function that can't be called with what the exercise gives, or a method without self."""
    raised = failure.outcome.raised
    said = ("this call lacks", "this call has too many", "has no argument called")
    if not raised or not raised[1].startswith("It raised") or not any(s in raised[1] for s in said):
        return None
    for name in ("forward", "backward") if trial.exercise.kind == "layer" else ():
        method = getattr(type(trial.answer), name, None)
        method = getattr(trial.answer, name) if isinstance(trial.answer, type) else method
        parameters = _parameters(method)
        if parameters is not None and "self" not in parameters[:1]:
            taken = ", ".join(["self", *parameters])
            return "", f"`self` is missing: the first line of {name} is `def {name}({taken}):`."
    parameters = _parameters(trial.answer)
    if trial.exercise.kind == "layer" or parameters is None:
        return None
    given, takes = (", ".join(names) or "none" for names in (trial.exercise.takes, parameters))
    if given == takes:
        return None
    return "", f"Your function takes other arguments than the exercise gives: {takes}, not {given}."


def _parameters(function):
    try:
        return [*inspect.signature(function).parameters]
    except Exception:  # whatever an object's own signature does
        return None


def _remembers(trial, failures, failure, diagnosis):
    """The same question asked again, at the first inputs and at those that failed."""
    if "TimeoutError" in failure.outcome.raised or failure.probe.twice:
        return None
    places = [0, 0, trial.tried.index(failure.probe), trial.tried.index(failure.probe)]
    again = run(trial.call, [_arguments(trial.tried[n]) for n in places], seconds=1)
    if len(again) < len(places) or any("TimeoutError" in one.raised for one in again):
        return None
    pairs = [again[:2], again[2:], (again[0], trial.outcomes[0])]
    if all(_alike(one, other) for one, other in [*pairs, (again[2], failure.outcome)]):
        return None
    return "wrong", (
        "Called a second time with the same arguments, your function gives another answer. "
        "Something is kept from call to call, or drawn at random."
    )


def _alike(one, other):
    if len(one.answers) != len(other.answers) or one.raised[:1] != other.raised[:1]:
        return False
    return all(map(_equal, one.answers, other.answers))


def _equal(one, other):
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == other.dtype.kind == "f")
    return type(one) is type(other) and not isinstance(one, np.ndarray) and one == other


def _written(trial, failures, failure, diagnosis):
    """Right at the first sizes and wrong at others: a size may be written in as a number."""
    wrong = [one.probe for one in failures if one.probe.plain]
    if len(trial.plain) < 3 or wrong != trial.plain[1:2]:
        return None
    places = {}
    for name, spec in specs(trial.exercise).items():
        for axis, size in enumerate(sizes_in(spec)):
            places.setdefault(size, f"{name}.shape[{axis}]")
    places = {size: place for size, place in places.items() if size in FIRST}
    repair = slips.with_sizes(trial.answer, {FIRST[size]: place for size, place in places.items()})
    at = ", ".join(f"{size} = {FIRST[size]}" for size in places)
    if at and any(_explaining(trial, failures, failure, [repair])):
        found = [size for size in places if FIRST[size] in numbers_in(trial.answer)]
        said = " and ".join(f"{FIRST[size]} is {size}, which is {places[size]}" for size in found)
        return "", f"Right for {at}, wrong at other sizes: numbers are written in. Here {said}."
    unnamed = diagnosis.mistake in ("raises", "wrong", "partly-wrong", "wrong-shape", "wrong-type")
    if not at or not unnamed:
        return None
    asked = "Is a size written in as a number?"
    return "", f"Right for {at}, wrong at other sizes. {asked} {diagnosis.message}"


def _slipped(trial, failures, failure, diagnosis):
    """A slip of the pen with which put right the function is right."""
    repairs = slips.repairs(trial.answer, specs(trial.exercise))
    for repair in _explaining(trial, failures, failure, repairs):
        kept = "" if diagnosis.mistake in ("mutates-input", "raises") else repair.code
        before = f"{diagnosis.message} " if diagnosis.mistake == "raises" else ""
        return kept, f"{before}{repair.says} With that it is right."
    return None


def _explaining(trial, failures, failure, repairs):
    """The repairs with which the quantity that failed is right on all telling inputs."""
    telling = [one for one in failures if one.probe.plain]
    repairs = [slips.unchanged(trial.answer), *repairs]
    if not telling or None in repairs or "TimeoutError" in failure.outcome.raised:
        return
    plain, count = trial.plain, len(trial.plain)
    many = [({WHICH: n} | p.inputs, False, False) for n in range(len(repairs)) for p in plain]
    outcomes = run(_repaired(trial, repairs), many, seconds=1.5)
    groups = [outcomes[k : k + count] for k in range(0, len(many), count)]
    first = groups[0][plain.index(telling[0].probe) :][:1]
    if not first or not _alike(first[0], telling[0].outcome):
        return  # the text is not the function's
    for repair, group in zip(repairs[1:], groups[1:], strict=True):
        right = [
            _all_right(trial, failure.quantity, *one) for one in zip(plain, group, strict=False)
        ]
        if len(right) == count and all(right):
            yield repair


def _repaired(trial, repairs):
    """A call of one of the repaired functions, each of which is made when it is first needed."""
    made = {}

    def call(inputs):
        n = inputs[WHICH]
        if n not in made:
            made[n] = slips.built(trial.answer, repairs[n].tree)
        return trial.made(made[n])({k: v for k, v in inputs.items() if k != WHICH})

    return call


def _lettered(trial, failures, failure, diagnosis):
    """Letters of the derivations that the function uses without an exception."""
    found = letters.of_code(trial.answer)
    if not found:
        return None
    return "", f"{letters.in_words(found, specs(trial.exercise))} {diagnosis.message}"


def _sized(trial, failures, failure, diagnosis):
    """An array, or a loop, whose length is written in as a number."""
    if diagnosis.mistake not in ("raises", "wrong-shape", "partly-wrong"):
        return None
    node, _ = definition(trial.answer)
    makers = ("zeros", "ones", "empty", "full", "eye", "reshape", "range")
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Call) and ast.unparse(part.func).split(".")[-1] in makers:
            numbers = [one for one in ast.walk(part) if isinstance(one, ast.Constant)]
            if any(type(one.value) is int and one.value > 1 for one in numbers):
                says = f"In `{ast.unparse(part)}` a size is written in as a number"
                return "", f"{diagnosis.message} {says}: take it from the shape of the input."
    return None
