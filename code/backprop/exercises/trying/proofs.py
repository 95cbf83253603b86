"""Exercises about derivations: one to be finished, one to be broken."""

from ..tables import Proof
from ..telling.report import report
from ..vocabulary import VOCABULARY
from .sandbox import run


def check_proof(exercise, derivation):
    """A Derivation of what is asked, whose last line has no derivative left to be worked out.

    That its lines are true need not be looked at: it would not have taken them otherwise.
    """
    from ...derivation import Derivation  # here, not above: SymPy takes a while to import
    from ...derivation.printing.printer import text

    if not isinstance(derivation, Derivation):
        message = f"A Derivation is asked for, and this is a {type(derivation).__name__}."
        return report(exercise.name, "wrong-type", message)
    target, (asked, given) = text(derivation.target), _asked(exercise)
    if target != asked and not target.startswith(f"{asked}_"):
        return report(exercise.name, "wrong", f"This derives {target}; asked is {asked}.")
    if not derivation.steps:
        return report(exercise.name, "not-started", "The derivation has no line yet.")
    left = [d for d in _derivatives(derivation.last) if d not in given]
    if left:
        message = f"Each line is proved, but {left[0]} still stands in the last one: go on."
        return report(exercise.name, "partly-wrong", message)
    message = f"{len(derivation.steps)} lines, each of them checked."
    return report(exercise.name, None, message, deeds=["proved"])


def _asked(exercise):
    """The target, and the gradients that may stay in the last line."""
    if isinstance(exercise, Proof):
        return exercise.target, exercise.given
    return exercise.returns[-1].symbol, ("∂L/∂Y",)


def _derivatives(expression):
    """The derivatives and gradients that stand in an expression, as they are printed."""
    from ...derivation.language.arrays import Derivative, Gradient
    from ...derivation.nodes import walk
    from ...derivation.printing.printer import text

    return [text(part) for part in walk(expression) if isinstance(part, Derivative | Gradient)]


def check_refusal(exercise, function):
    """A function that breaks a derivation: it has to be refused with the error asked for."""
    if not callable(function):
        message = "Hand over the function itself, without calling it."
        return report(exercise.name, "wrong-type", message)
    outcome = run(lambda inputs: (function(),), [({},)], seconds=4.5)[0]  # SymPy takes its time
    error, words = outcome.raised or ("", "")
    if error == exercise.error:
        message = f"Refused, as it should be. {words}"
        return report(exercise.name, None, message, deeds=["checked"])
    if error and outcome.open:
        return report(exercise.name, "not-started", VOCABULARY["not-started"])
    if not error:
        message = "Nothing was refused: no line is written yet, or the checker finds it true."
        return report(exercise.name, "not-started", message)
    message = f"It was refused for another reason; asked is a {exercise.error}. {words}"
    return report(exercise.name, "raises", message)
