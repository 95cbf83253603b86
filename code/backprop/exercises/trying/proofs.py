"""Exercises about derivations: one to be finished, one to be broken."""

from functools import partial

from ..formulas import evaluate
from ..tables import Proof
from ..telling.report import report
from ..vocabulary import VOCABULARY
from .sandbox import run


def check_proof(exercise, derivation):
    """A Derivation of the target, whose last line has no derivative left to be worked out.

    That its lines are true need not be looked at: it would not have taken them otherwise. But they
    may start from other definitions, stop early, or be too few.
    """
    from ...derivation import Derivation  # here, not above: SymPy takes a while to import
    from ...derivation.printing.printer import text

    if not isinstance(derivation, Derivation):
        message = f"Expected a Derivation, got a {type(derivation).__name__}."
        return report(exercise.name, "wrong-type", message)
    target, (asked, given) = text(derivation.target), _asked(exercise)
    if target != asked and not target.startswith(f"{asked}_"):
        return report(exercise.name, "wrong", f"This derives {target}, expected {asked}.")
    if not derivation.steps:
        return report(exercise.name, "not-started", "The derivation has no line yet.")
    code, message = _unfinished(exercise, derivation, given) or _other_model(exercise, derivation)
    if message:
        return report(exercise.name, code, message)
    message = f"{_lines(len(derivation.steps))}, each of them checked."
    return report(exercise.name, None, message, deeds=["proved"])


def _lines(count):
    return f"{count} line{'s' * (count != 1)}"


def _unfinished(exercise, derivation, given):
    """(code, what is still to come) of a derivation that is right so far; None if it is whole."""
    left = [d for d in _derivatives(derivation.last) if d not in given]
    if left:
        message = f"Right so far. {left[0]} still appears in the last line: go on."
        return "unfinished", message
    if not isinstance(exercise, Proof):
        return None
    if not derivation.last.shape:
        message = (
            "Right so far. Still to come: the matrix form, without indices and without a sum. "
            "The last line is one entry of it."
        )
        return "unfinished", message
    if len(derivation.steps) < exercise.lines:
        message = (
            f"This is proved, but in {_lines(len(derivation.steps))}: write the steps, "
            f"{_lines(exercise.lines)} or more. First the chain rule by itself, with the "
            "derivatives still in it; then what they are; last the matrix form."
        )
        return "unfinished", message
    return None


def _other_model(exercise, derivation):
    """("wrong", why) if the last line is not worth what the exercise asks; else ("", "")."""
    asked = isinstance(exercise, Proof) and exercise.worth
    if not asked or _is_worth(derivation, exercise.worth, exercise.takes):
        return "", ""
    return "wrong", (
        "Each line is proved, but of another layer than the exercise's: `define` says something "
        "else there. Start from the definition in the cell as it was."
    )


def _is_worth(derivation, formula, takes):
    """Whether the last line is the formula, elementwise, at one shape with unequal sizes."""
    import numpy as np  # late, as the derivations below: who checks a function needs neither

    from ...derivation.judges.entries import Entries
    from ...derivation.language.arrays import Array
    from ...derivation.nodes import walk
    from ...derivation.printing.printer import text

    entries = Entries(derivation.shapes[0], derivation.definitions)
    arrays = {text(part): part for part in walk(derivation.last) if isinstance(part, Array)}
    names = {}
    for name in takes:
        array = arrays.get(f"∂L/∂{name[1:]}" if name.startswith("d") else name)
        if array is None:
            return False
        shape = tuple(entries.sizes[size] for size in array.shape)
        names[name] = np.array(entries.everywhere(array)).reshape(shape)
    right = evaluate(formula, {"np": np, **names})
    if right is None:
        return False
    last, places = derivation.last, np.ndindex(right.shape)
    if tuple(entries.sizes[size] for size in last.shape) != right.shape:
        return False
    return all(
        (entries.value(last[tuple(n + 1 for n in place)], {}) - right[place]).expand() == 0
        for place in places
    )


def _asked(exercise):
    """The target, and the gradients that may stay in the last line."""
    if isinstance(exercise, Proof):
        return exercise.target, exercise.given
    return exercise.returns[-1].symbol, ("∂L/∂Y",)


def _derivatives(expression):
    """The derivatives and gradients that occur in an expression, as they are printed."""
    from ...derivation.language.arrays import Derivative, Gradient
    from ...derivation.nodes import walk
    from ...derivation.printing.printer import text

    return [text(part) for part in walk(expression) if isinstance(part, Derivative | Gradient)]


def check_refusal(exercise, function):
    """A function that breaks a derivation: it has to be refused with the error asked for."""
    if not callable(function):
        message = "Hand over the function itself, without calling it."
        return report(exercise.name, "wrong-type", message)
    call = partial(_broken, exercise, function)
    outcome = run(call, [({},)], seconds=9)[0]  # SymPy takes its time, and more on a busy computer
    error, words = outcome.raised or ("", "")
    if error == exercise.error:
        at = " and ".join(f"{size} = {n}" for size, n in exercise.passes.items())
        also = f", and it passes at {at}" if at else ""
        return report(
            exercise.name, None, f"Refused, as it should be{also}. {words}", deeds=["checked"]
        )
    if error == PassesNot.__name__:
        return report(exercise.name, "wrong", words.partition(": ")[2])
    if error and outcome.open:
        return report(exercise.name, "not-started", VOCABULARY["not-started"])
    if not error and outcome.answers[0] > exercise.lines:
        message = "Your line was accepted: it is true, and proved. Expected a false one."
        return report(exercise.name, "wrong", message)
    if not error:
        return report(exercise.name, "not-started", "No line is written yet.")
    kind = f"refused as {error}" if error in REFUSALS else "not refused"
    message = f"It was {kind}; expected a {exercise.error}. {words}"
    return report(exercise.name, "raises", message)


REFUSALS = ("NotProved", "ShapeError", "HiddenDependence", "VacuousStep", "UnusedFact")
REFUSALS += ("UncitedFact", "DerivationError", "WrongStep")


class PassesNot(Exception):
    """A false line that is false at the sizes, too, at which it should pass."""


def _broken(exercise, function, inputs):
    """(the number of lines that were accepted,); what is raised goes on, or PassesNot."""
    from ...derivation import Derivation, WrongStep  # late, as above

    accepted, line = [], Derivation.line

    def watched(self, *given, **named):
        try:
            accepted.append(line(self, *given, **named))
        except WrongStep:
            if exercise.passes:
                _expect_to_pass(self, exercise.passes, partial(line, self, *given, **named))
            raise
        return self

    Derivation.line = watched
    try:
        function()
    finally:
        Derivation.line = line
    return (len(accepted),)


def _expect_to_pass(derivation, passes, again):
    """Raises PassesNot if the line that is written `again` is wrong at these sizes."""
    from ...derivation import WrongStep  # late, as above

    wanted = {size: passes.get(size.name, n) for size, n in derivation.shapes[0].items()}
    # Fixed for those who write lines; this derivation is thrown away.
    vars(derivation)["shapes"] = (wanted, *derivation.shapes)
    try:
        again()
    except WrongStep as error:
        if all(wanted[size] == n for size, n in error.sizes.items()):
            left, right = (value.evalf(6) for value in error.values)
            at = " and ".join(f"{size} = {n}" for size, n in passes.items())
            raise PassesNot(
                f"The line is false, but also at {at}, where it should pass: {left} before it, "
                f"{right} after it"
            ) from None
