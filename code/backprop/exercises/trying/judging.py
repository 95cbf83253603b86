"""What the outcomes of a function say: the first thing that is wrong, and how it is told."""

from dataclasses import dataclass

import numpy as np

from ..diagnosis.failures import is_open
from ..diagnosis.matching import Case, equal
from ..diagnosis.verdict import Diagnosis, diagnosed, no_array
from ..diagnosis.weighing import weighed
from ..formulas import namespace, right_answer
from ..vocabulary import VOCABULARY
from . import letters
from .inputs import Probe
from .sandbox import Foreign, Outcome


@dataclass(frozen=True)
class Failure:
    """A quantity (None: all of them) that is wrong on the inputs of a probe, and how."""

    quantity: object
    diagnosis: Diagnosis
    probe: Probe
    outcome: Outcome


def failure_in(exercise, probe, outcome, end):
    """The first thing that is wrong in this outcome; None if nothing is."""
    general = _general(exercise, outcome)
    if general:
        return Failure(None, Diagnosis(False, *general), probe, outcome)
    pairs = list(zip(exercise.returns, outcome.answers, strict=True))
    for quantity, answer in pairs:
        if not is_open(answer):
            diagnosis = _judge(quantity, answer, namespace(quantity, probe.inputs), end)
            if not diagnosis.ok:
                return Failure(quantity, diagnosis, probe, outcome)
    still = [quantity.symbol for quantity, answer in pairs if is_open(answer)]
    if still:
        right = [quantity.symbol for quantity, answer in pairs if not is_open(answer)]
        message = f"Right so far: {', '.join(right)}. Still open: {', '.join(still)}."
        return Failure(None, Diagnosis(False, "not-started", message), probe, outcome)
    if outcome.changed:
        message = f"{VOCABULARY['mutates-input']} It has written to {outcome.changed}."
        return Failure(None, Diagnosis(False, "mutates-input", message), probe, outcome)
    return None


def _general(exercise, outcome):
    """(code, message) if there is no answer to be judged."""
    wanted, came = exercise.returns, outcome.answers
    if outcome.letters:
        code = "raises" if outcome.raised else "wrong-type"
        return code, letters.in_words(outcome.letters, specs(exercise))
    some = len(came) == len(wanted) and not all(map(is_open, came))
    if outcome.open and not some:
        returned = " Your function returns None; if it is finished, the return is missing."
        missing = returned if came and all(a is None for a in came) else ""
        return "not-started", VOCABULARY["not-started"] + missing
    if outcome.raised:
        code = "mutates-input" if "may not be written to" in outcome.raised[1] else "raises"
        return code, outcome.raised[1]
    if len(came) != len(wanted):
        symbols = ", ".join(quantity.symbol for quantity in wanted)
        message = f"Expected {len(wanted)} values, {symbols}, in this order; got {len(came)}."
        return "wrong-type", message
    return None


def specs(exercise):
    """{name: what it holds} of the function's own arguments."""
    every = {n: spec for quantity in exercise.returns for n, spec in quantity.takes.items()}
    return {name: every[name] for name in exercise.takes}


def _judge(quantity, answer, names, end):
    """The Diagnosis of a value that came back from the sandbox."""
    if isinstance(answer, Foreign) and answer.kind == "large array":
        answer = np.broadcast_to(0.0, answer.shape)  # too large to be sent, so the shape is wrong
    if isinstance(answer, Foreign):
        return Diagnosis(False, "wrong-type", no_array(quantity, f"a {answer.kind}"))
    if isinstance(answer, tuple):  # of integers: right where a shape is expected
        if not quantity.shape.isdigit():
            return Diagnosis(False, "wrong-type", no_array(quantity, "a list of numbers"))
        answer = np.asarray(answer)
    elif quantity.shape == "1" and not np.ndim(answer):
        return Diagnosis(False, "wrong-type", _no_tuple(quantity, answer, names))
    return diagnosed(quantity, answer, names, end)


def _no_tuple(quantity, answer, names):
    """A bare number where the shape of a vector is expected."""
    sizes = (size for spec in quantity.takes for size in [spec] if names[size] == answer)
    size = next(sizes, "n")
    return (
        f"Expected a tuple of one number, got a bare number: `({size})` is {size} itself. It is "
        f"the comma that makes the tuple, `({size},)`."
    )


def at_the_edge(failure, cut=False):
    """Right at the telling inputs, wrong at a special one: that gives the code, if it has one.

    `cut` says whether the same numbers, as floats, would have been answered rightly.
    """
    code, message, probe = failure.diagnosis.mistake, failure.diagnosis.message, failure.probe
    if probe.blame and _blames(failure, cut):
        code = probe.blame
        says = "Something is kept from call to call." if probe.twice else VOCABULARY[code]
        kept = () if code == "integer-truncation" else (code, "wrong")
        more = failure.diagnosis.mistake not in kept and says not in message
        message = f"{says} {message}" if more and not cut else says
    message = f"Right elsewhere, but not {probe.special}. {message}"
    return Diagnosis(False, code, message, error=failure.diagnosis.error)


def order(exercise, failure):
    """The symbols in the order in which they came, if all are right and in another order."""
    asked, came = exercise.returns, failure.outcome.answers
    if failure.quantity is None or len(asked) < 2:
        return None
    found = [
        next((q.symbol for q in asked if fits(q, answer, failure.probe)), None) for answer in came
    ]
    symbols = [quantity.symbol for quantity in asked]
    return found if found != symbols and sorted(map(str, found)) == sorted(symbols) else None


def fits(quantity, answer, probe):
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biuf":
        return False
    right = right_answer(quantity, namespace(quantity, probe.inputs))
    return answer.shape == right.shape and equal(answer, right)


def _blames(failure, cut):
    """Whether a mistake at this probe is what the probe is there for."""
    code, blame = failure.diagnosis.mistake, failure.probe.blame
    if blame == "unstable":
        return code in ("not-finite", "raises")
    if blame == "integer-truncation":
        return cut and "negative power" not in failure.diagnosis.message
    return code not in ("mutates-input", "right-values-wrong-shape", "stray-epsilon")


def decided(exercise, failures, end):
    """The Diagnosis on all the telling inputs on which the first quantity is wrong."""
    quantity, diagnosis = failures[0].quantity, failures[0].diagnosis
    same = [f for f in failures if f.quantity is quantity and f.diagnosis.error is not None]
    if quantity is None or len(same) < 2:
        return diagnosis
    cases = [_case(exercise, failure) for failure in same]
    return weighed(cases, [failure.diagnosis for failure in same], end)


def _case(exercise, failure):
    quantity, place = failure.quantity, exercise.returns.index(failure.quantity)
    names = namespace(quantity, failure.probe.inputs)
    with np.errstate(all="ignore"):
        answer = np.asarray(failure.outcome.answers[place]).astype(np.float64)
    return Case(quantity, answer, right_answer(quantity, names), names)
