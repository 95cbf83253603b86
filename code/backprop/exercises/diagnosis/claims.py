"""Where the sentence "Your numbers are those of …" is made: what it says is tried first."""

from .trees import names_in, parsed


def claim(case, formula):
    """The sentence about a whole wrong formula, if it gives the answer; else ""."""
    if not formula:
        return ""
    value = case.value(formula)
    if value is None or value.shape != case.answer.shape or not case.same(case.answer, value):
        return ""
    return f" Your numbers are those of {formula}{_meanings(case.quantity, formula)}."


def _meanings(quantity, formula):
    """ ", with H = np.maximum(A, 0)" for each defined name that the formula depends on."""
    used = names_in(parsed(formula))
    meanings = []
    for name, meant in reversed(quantity.where.items()):
        if name in used:
            meanings.insert(0, f"{name} = {meant}")
            used |= names_in(parsed(meant))
    return f", with {', '.join(meanings)}" if meanings else ""
