"""`check`: run a reader's answer on inputs that tell mistakes apart, and say what is wrong.

Never raises for a fault of the reader's, and never hangs (`sandbox`).
"""

import difflib

from ..gradcheck.report import GradientReport
from .diagnosis.failures import in_words, is_open
from .tables import EXERCISES, RENAMED, Proof, Refusal
from .telling.progress import note
from .telling.report import Report, report
from .trying.origin import calling_cell, foreign
from .trying.proofs import check_proof, check_refusal
from .trying.trials import check_function
from .vocabulary import VOCABULARY


def check(name, answer):
    """Say whether `answer` solves the exercise `name` ("linear.backward"), and if not, why.

    The answer is a function; for some exercises a class with forward and backward, or a Derivation.
    A gradient may also be handed over as a Derivation of it, or as what check_gradients reports
    about a layer of the reader's own. Returns a Report with .passed, .mistake and .message,
    whatever the answer is and does.
    """
    exercise = EXERCISES.get(RENAMED.get(name, name)) if type(name) is str else None
    if exercise is None:
        return _unknown(name if type(name) is str else "that")
    name = exercise.name
    if is_open(answer):
        called = " None was handed over: give the function itself, its name without brackets."
        return report(name, "not-started", VOCABULARY["not-started"] + called * (answer is None))
    remark, left_over = foreign(exercise, answer, calling_cell(2))
    if left_over:
        return report(name, "left-over", remark)
    try:
        found = _look(exercise, answer)
    except BaseException as error:  # an object may do anything when it is looked at
        if isinstance(error, KeyboardInterrupt):
            raise
        return report(name, "wrong-type", f"This can't be used as an answer. {in_words(error)[1]}")
    for deed in found.deeds:
        note(name, deed)
    found.message += f" {remark}" if remark else ""
    return found


def _unknown(name):
    near = difflib.get_close_matches(name[:60], EXERCISES, 1)
    message = "There is no exercise of this name." + "".join(f" Is it {n!r}?" for n in near)
    return Report(name[:60], "not-started", message)


def _look(exercise, answer):
    """The Report, by the way that fits the exercise and the answer."""
    if isinstance(exercise, Proof) or type(answer).__name__ == "Derivation":
        return check_proof(exercise, answer)
    if isinstance(exercise, Refusal):
        return check_refusal(exercise, answer)
    if isinstance(answer, GradientReport):
        return _check_measured(exercise, answer)
    return check_function(exercise, answer)


def _check_measured(exercise, measured):
    """What check_gradients says of a layer, if it has looked at all gradients expected."""
    asked = [one.symbol for one in exercise.returns if one.symbol.startswith("∂L")]
    seen = [f"∂L/∂{finding.name}" for finding in measured.findings]
    if not measured.passed:
        said = measured.headline if measured.doubts else str(measured.worst)
        error = None if measured.doubts else measured.worst.mistaken
        return report(exercise.name, "wrong", said, error=error)
    if not asked or len(seen) < len(asked):
        listed = ", ".join(one.symbol for one in exercise.returns)
        message = f"This has measured {', '.join(seen)}; expected {listed}."
        return report(exercise.name, "wrong-type", message)
    return report(exercise.name, None, measured.headline, deeds=["checked"])
