"""Where two names fit at one size, another size decides: the cause that fits at all of them."""

import numpy as np

from .causes import find_causes
from .verdict import Diagnosis, put_in_words


def weighed(cases, diagnoses, end):
    """The Diagnosis of an answer that is wrong in all these cases, from those of each by itself."""
    diagnosis = diagnoses[0]
    if diagnosis.causes:
        fitting = _common([one.causes for one in diagnoses]) or _common(
            [find_causes(case, end, every=True) for case in cases]
        )
        diagnosis = put_in_words(cases[0], fitting)
    factor = _same_factor(cases) if diagnosis.mistake == "wrong" else None
    if factor:
        message = f"It is {factor:.4g} times the right answer, whatever goes in."
        return Diagnosis(False, "scaled", message)
    return diagnosis


def _common(causes):
    """The causes of the first case whose codes are in all of them, single mistakes first."""
    codes = [{cause.codes for cause in some} for some in causes]
    fitting = [cause for cause in causes[0] if all(cause.codes in some for some in codes)]
    return sorted(fitting, key=lambda cause: len(cause.codes))


def _same_factor(cases):
    """A single number is a multiple of the right one by chance; on several inputs it is not."""
    if any(case.right.size != 1 or case.answer.size != 1 for case in cases):
        return None
    factors = [case.answer.item() / case.right.item() for case in cases]
    return factors[0] if np.ptp(factors) < 1e-6 * abs(factors[0]) else None
