"""`check`: run a reader's answer on inputs that tell mistakes apart, and say what is wrong.

Never raises for a fault of the reader's, and never hangs (`sandbox`).
"""

import difflib

from ..gradreport import GradientReport
from .progress import note
from .proofs import check_proof, check_refusal
from .report import Report, report
from .tables import EXERCISES, Proof, Refusal
from .trials import check_function
from .vocabulary import VOCABULARY


def check(name, answer):
    """Say whether `answer` solves the exercise `name` ("linear.backward"), and if not, why.

    The answer is a function; for some exercises a class with forward and backward, or a Derivation.
    A gradient may also be handed over as a Derivation of it, or as what check_gradients reports
    about a layer of the reader's own. Returns a Report with .passed, .mistake and .message,
    whatever the answer is and does.
    """
    exercise = EXERCISES.get(name) if isinstance(name, str) else None
    if exercise is None:
        return _unknown(f"{name!s:.60}")
    if answer is None or answer is Ellipsis or answer is NotImplemented:
        return report(name, "not-started", VOCABULARY["not-started"])
    look, deeds = _how(exercise, answer)
    found = look(exercise, answer)
    for deed in deeds if found.passed else ():
        note(name, deed)
    return found


def _unknown(name):
    near = difflib.get_close_matches(name, EXERCISES, 1)
    message = "There is no exercise of this name." + "".join(f" Is it {n!r}?" for n in near)
    return Report(name, "not-started", message)


def _how(exercise, answer):
    """How to look at this answer, and what the reader has done with it if it is right."""
    if isinstance(exercise, Proof) or type(answer).__name__ == "Derivation":
        return check_proof, ["proved"]
    if isinstance(exercise, Refusal):
        return check_refusal, ["checked"]
    if isinstance(answer, GradientReport):
        return _check_measured, ["checked"]
    done = ["implemented", "checked"] if exercise.kind == "layer" else ["implemented"]
    return check_function, done


def _check_measured(exercise, measured):
    if measured.passed:
        return report(exercise.name, None, measured.headline)
    return report(exercise.name, "wrong", str(measured.worst))
