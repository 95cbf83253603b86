"""Where two names fit at one size, another size decides: the cause that fits at all of them."""

from dataclasses import replace

import numpy as np

from .causes import find_causes
from .verdict import Diagnosis, put_in_words


def weighed(cases, diagnoses, end):
    """The Diagnosis of an answer that is wrong in all these cases, from those of each by itself."""
    diagnosis, same = diagnoses[0], _same_number(cases)
    if diagnosis.causes:
        fitting = _common(cases, [one.causes for one in diagnoses])
        if same:
            fitting = _telling(cases[0], fitting)
        elif not fitting:
            fitting = _common(cases, [find_causes(case, end, every=True) for case in cases])
        diagnosis = put_in_words(cases[0], fitting)
    factor = _same_factor(cases)
    if diagnosis.mistake == "wrong" and (factor or same):
        code = "scaled" if factor else "wrong"
        return Diagnosis(False, code, factor or same, error=diagnosis.error)
    return replace(diagnosis, message=f"{same} {diagnosis.message}") if same else diagnosis


def _telling(case, causes):
    """Of the causes of one value for all inputs, those that the tables know: others are chance."""
    own = {one.says for one in case.quantity.mistakes if one.code != "integer-truncation"}
    return [cause for cause in causes if cause.says in own and not cause.formula]


def _common(cases, causes):
    """The causes of the first case that explain all the others too, single mistakes first."""
    others = list(zip(cases[1:], causes[1:], strict=True))
    fitting = [one for one in causes[0] if all(_explains(one, *other) for other in others)]
    return sorted(fitting, key=lambda cause: len(cause.codes))


def _explains(cause, case, causes):
    """Whether it is the same mistake here: by the formula, or the words if it has none.

    So a number that was found is the same number: what is fitted anew each time explains nothing.
    """
    if not cause.way:
        return any((cause.codes, cause.says) == (one.codes, one.says) for one in causes)
    value = case.value(cause.way)
    return value is not None and case.fits(case.answer, value) is not None


def _same_factor(cases):
    """A single number is a multiple of the right one by chance; on several inputs it is not."""
    if not cases[0].quantity.takes or any(
        case.right.size != 1 or case.answer.size != 1 for case in cases
    ):
        return ""
    factors = [case.answer.item() / case.right.item() for case in cases]
    if not np.ptp(factors) < 1e-6 * abs(factors[0]):
        return ""
    return f"It is {factors[0]:.4g} times the right answer, for all inputs."


def _same_number(cases):
    """A sentence if all entries are one value everywhere (not 0), and the right ones differ."""
    if any(case.answer.shape != case.right.shape for case in cases):
        return ""
    answers, right = (np.concatenate([getattr(case, n).ravel() for case in cases]) for n in SIDES)
    if not answers.any() or np.ptp(answers) or not np.ptp(right):
        return ""
    what = "Every entry is" if cases[0].answer.ndim else "It is"
    return f"{what} {answers[0]:.4g} for all inputs, and the right answers differ."


SIDES = ("answer", "right")
