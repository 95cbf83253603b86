"""Exercises that are a function or a layer: try it on all inputs, and find what is wrong first."""

import time
from functools import partial

import numpy as np

from ...gradcheck import check_gradients
from ..telling.report import report
from . import reasons
from .inputs import probes_off_kinks
from .judging import at_the_edge, decided, failure_in, order
from .reading import has_loop
from .sandbox import bind, run

PATIENCE = 4.0  # seconds for everything


def check_function(exercise, answer):
    """The Report about a function, or about a class with forward and backward."""
    unfit = _unfit(exercise, answer)
    if unfit:
        return report(exercise.name, "wrong-type", unfit)
    end = time.monotonic() + PATIENCE
    tried = probes_off_kinks(_takes(exercise), exercise.returns)
    trial = reasons.Trial(exercise, answer, partial(_call, exercise), tried, end)
    failures = [failure_in(exercise, *pair, end) for pair in trial.pairs]
    failures = [failure for failure in failures if failure]
    if failures:
        return _say(trial, failures)
    borrowed = reasons.borrowed(trial)
    if borrowed:
        return report(exercise.name, "borrowed", borrowed)
    return _passed(trial)


def _unfit(exercise, answer):
    """Why this can't be tried at all, or ""."""
    if exercise.kind == "layer":
        if hasattr(answer, "forward") and hasattr(answer, "backward"):
            return ""
        return f"Expected a class with forward and backward, got a {type(answer).__name__}."
    if callable(answer):
        return ""
    shape = f" of shape {answer.shape}" if isinstance(answer, np.ndarray) else ""
    return (
        f"Expected a function, got a {type(answer).__name__}{shape}. Hand over the function itself "
        f'without calling it, its name without brackets: check("{exercise.name}", my_function).'
    )


def _passed(trial):
    exercise, answer, outcomes = trial.exercise, trial.answer, trial.outcomes
    shown = ", ".join(quantity.symbol for quantity in exercise.returns)
    sets = f" on {len(trial.tried)} sets of inputs, some of them chosen to be nasty"
    message = f"{shown}: right{sets if exercise.takes else ''}."
    more = {"printed": outcomes[0].printed, "deeds": ["implemented"]}
    if "no-loop" in exercise.asks and has_loop(answer):
        message += " There is a loop in it, though, and the exercise asks for a form without one."
    if exercise.kind == "layer":
        measured = _measured(exercise, answer, trial.tried[0])
        message += f" {measured}"
        if measured.startswith("check_gradients agrees"):
            more["deeds"].append("checked")
    return report(exercise.name, None, message, **more)


def _takes(exercise):
    """{name: what it holds} of everything that is needed, the function's own arguments first."""
    specs = {n: spec for quantity in exercise.returns for n, spec in quantity.takes.items()}
    return {n: specs[n] for n in exercise.takes} | specs


def _call(exercise, answer):
    """A call of the answer that gives a tuple of values."""
    return (_layer if exercise.kind == "layer" else _function)(exercise, answer)


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
        return found.worst.error, float(found.passed), float(bool(found.doubts))

    outcome = run(call, [(probe.inputs,)], seconds=1.5)[0]
    if outcome.raised:
        return f"check_gradients can't measure it, though. {outcome.raised[1]}"
    error, passed, doubts = map(float, outcome.answers)
    if passed:
        return f"check_gradients agrees: error {error:.0e} at most."
    if doubts:
        return "check_gradients has a doubt: hand your layer to it, and it says which."
    return f"check_gradients sees an error of {error:.0e}: does it compute in less than float64?"


def _say(trial, failures):
    """The report on the first failure on telling inputs, else on the first at an edge."""
    exercise = trial.exercise
    telling = [failure for failure in failures if failure.probe.plain]
    failure = telling[0] if telling else failures[0]
    arrays = order(exercise, failure)
    if arrays:
        message = f"These are the right arrays in another order: {', '.join(arrays)}."
        return report(exercise.name, "wrong-array", message)
    if telling:
        diagnosis = decided(exercise, telling, trial.end)
    else:
        diagnosis = at_the_edge(failure, reasons.only_as_integers(trial, failure))
    diagnosis = reasons.better(trial, failures, failure, diagnosis) or diagnosis
    message = diagnosis.message
    symbol = failure.quantity.symbol if failure.quantity else ""
    if symbol and len(exercise.returns) > 1 and not message.startswith(symbol):
        message = f"{symbol}: {message}"
    more = {"error": diagnosis.error, "printed": failure.outcome.printed}
    return report(exercise.name, diagnosis.mistake, message, **more)
