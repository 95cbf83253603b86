"""Exercises that are a function or a layer: try it on all inputs, and find what is wrong first."""

import time
from dataclasses import dataclass

import numpy as np

from ...gradcheck import check_gradients
from ..diagnosis.failures import is_open
from ..diagnosis.matching import Case, equal
from ..diagnosis.verdict import Diagnosis, diagnosed, no_array
from ..diagnosis.weighing import weighed
from ..formulas import namespace, right_answer
from ..telling.report import report
from ..vocabulary import VOCABULARY
from .inputs import Probe, probes
from .sandbox import Foreign, Outcome, bind, run

PATIENCE = 4.0  # seconds for everything


@dataclass(frozen=True)
class Failure:
    """A quantity (None: all of them) that is wrong on the inputs of a probe, and how."""

    quantity: object
    diagnosis: Diagnosis
    probe: Probe
    outcome: Outcome


def check_function(exercise, answer):
    """The Report about a function, or about a class with forward and backward."""
    layer = exercise.kind == "layer"
    if layer and not (hasattr(answer, "forward") and hasattr(answer, "backward")):
        message = f"A class with forward and backward is asked for, not a {type(answer).__name__}."
        return report(exercise.name, "wrong-type", message)
    if not (callable(answer) or layer):
        kind = type(answer).__name__
        message = f"Hand over the function itself, without calling it; this is a {kind}."
        return report(exercise.name, "wrong-type", message)
    end = time.monotonic() + PATIENCE
    tried = list(probes(_takes(exercise)))
    call = (_layer if layer else _function)(exercise, answer)
    outcomes = run(call, [(probe.inputs, probe.read_only, probe.twice) for probe in tried])
    failures = [_failure(exercise, *pair, end) for pair in zip(tried, outcomes, strict=False)]
    failures = [failure for failure in failures if failure]
    if failures:
        return _say(exercise, failures, end)
    shown = ", ".join(quantity.symbol for quantity in exercise.returns)
    message = f"{shown}: right on {len(tried)} sets of inputs, some of them chosen to be nasty."
    more = {"printed": outcomes[0].printed, "deeds": ["implemented"]}
    if layer:
        measured = _measured(exercise, answer, tried[0])
        message += f" {measured}"
        if measured.startswith("check_gradients agrees"):
            more["deeds"].append("checked")
    return report(exercise.name, None, message, **more)


def _takes(exercise):
    """{name: what it holds} of everything that is needed, the function's own arguments first."""
    specs = {n: spec for quantity in exercise.returns for n, spec in quantity.takes.items()}
    return {n: specs[n] for n in exercise.takes} | specs


def _function(exercise, answer):
    inner, several = bind(answer, exercise.takes), len(exercise.returns) > 1

    def call(inputs):
        value = inner(inputs)
        return tuple(value) if several and isinstance(value, tuple | list) else (value,)

    return call


def _layer(exercise, answer):
    def call(inputs):
        layer = _made(answer)
        value = layer.forward(*_forward_inputs(exercise, inputs))
        back = layer.backward(inputs["dY"])
        return (value, *back) if isinstance(back, tuple) else (value, back)

    return call


def _made(answer):
    return answer() if isinstance(answer, type) else answer


def _forward_inputs(exercise, inputs):
    return [inputs[name] for name in exercise.takes if name != "dY"]


def _measured(exercise, answer, probe):
    """What finite differences say of a layer whose values are right, as the reader would ask it."""

    def call(inputs):
        found = check_gradients(_made(answer), *_forward_inputs(exercise, inputs))
        return (found.worst.error,)

    outcome = run(call, [(probe.inputs,)], seconds=1.5)[0]
    if outcome.raised:
        return f"check_gradients can't measure it, though. {outcome.raised[1]}"
    error = float(outcome.answers[0])
    if error < 1e-7:
        return f"check_gradients agrees: error {error:.0e} at most."
    return f"check_gradients sees an error of {error:.0e}: does it compute in less than float64?"


def _failure(exercise, probe, outcome, end):
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
        message = f"{len(wanted)} values are asked for, {symbols}, in this order; {len(came)} came."
        return "wrong-type", message
    return None


def _judge(quantity, answer, names, end):
    """The Diagnosis of a value that came back from the sandbox."""
    if isinstance(answer, Foreign) and answer.kind == "large array":
        answer = np.broadcast_to(0.0, answer.shape)  # too large to be sent, so the shape is wrong
    if isinstance(answer, Foreign):
        return Diagnosis(False, "wrong-type", no_array(quantity, f"a {answer.kind}"))
    if isinstance(answer, tuple):  # of whole numbers: right where a shape is asked for
        if not quantity.shape.isdigit():
            return Diagnosis(False, "wrong-type", no_array(quantity, "a list of numbers"))
        answer = np.asarray(answer)
    return diagnosed(quantity, answer, names, end)


def _say(exercise, failures, end):
    """The report on the first failure on telling inputs, else on the first at an edge."""
    telling = [failure for failure in failures if failure.probe.plain]
    failure = telling[0] if telling else failures[0]
    order = _order(exercise, failure)
    if order:
        message = f"These are the right arrays in another order: {', '.join(order)}."
        return report(exercise.name, "wrong-array", message)
    diagnosis = _decided(exercise, telling, end) if telling else _at_the_edge(failure)
    message = diagnosis.message
    symbol = failure.quantity.symbol if failure.quantity else ""
    if symbol and len(exercise.returns) > 1 and not message.startswith(symbol):
        message = f"{symbol}: {message}"
    more = {"error": diagnosis.error, "printed": failure.outcome.printed}
    return report(exercise.name, diagnosis.mistake, message, **more)


def _at_the_edge(failure):
    """Right at the telling inputs, wrong at a special one: that gives the code, if it has one."""
    code, message, probe = failure.diagnosis.mistake, failure.diagnosis.message, failure.probe
    if probe.blame and _blames(probe, code):
        code = probe.blame
        says = "Something is remembered from call to call." if probe.twice else VOCABULARY[code]
        more = failure.diagnosis.mistake not in (code, "wrong") and says not in message
        message = f"{says} {message}" if more else says
    message = f"Right elsewhere, but not {probe.special}. {message}"
    return Diagnosis(False, code, message, error=failure.diagnosis.error)


def _order(exercise, failure):
    """The symbols in the order in which they came, if all are right and in another order."""
    asked, came = exercise.returns, failure.outcome.answers
    if failure.quantity is None or len(asked) < 2:
        return None
    found = [
        next((q.symbol for q in asked if _fits(q, answer, failure.probe)), None) for answer in came
    ]
    symbols = [quantity.symbol for quantity in asked]
    return found if found != symbols and sorted(map(str, found)) == sorted(symbols) else None


def _fits(quantity, answer, probe):
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biuf":
        return False
    right = right_answer(quantity, namespace(quantity, probe.inputs))
    return answer.shape == right.shape and equal(answer, right)


def _blames(probe, code):
    """Whether a mistake at this probe is what the probe is there for."""
    if probe.blame == "unstable":
        return code in ("not-finite", "raises")
    if probe.blame == "integer-truncation":
        return code in ("integer-truncation", "raises", "partly-wrong", "wrong", "wrong-branch")
    return code not in ("mutates-input", "right-values-wrong-shape", "stray-epsilon")


def _decided(exercise, failures, end):
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
