"""What to look at in a wrong line: a factor that is missing, a sum of equal terms, a definition."""

from . import citing
from .language.algebra import Sum
from .language.arrays import Derivative, Entry, Gradient
from .nodes import node, walk
from .printing.printer import indices_in


def hints(derivation, expression, facts, sizes, values):
    """The end of the message about a wrong line; `values` are both sides in numbers."""
    found = [
        ratio(derivation, expression, facts, sizes, values),
        idle(expression),
        forgotten(derivation, expression),
        apart(derivation),
        unsaid(derivation, expression),
    ]
    return "".join(found)


def ratio(derivation, expression, facts, sizes, values):
    """What the second number is of the first, and whether the line holds with such a factor."""
    said, factors = multiple(values, sizes)
    for factor in factors:
        with_factor = factor * expression
        using = derivation.least_facts(with_factor, facts)
        if using is not None:
            by = f" by {citing.as_typed(using)}" if using else ""
            return f": {said}\n  with the factor {factor:typed}, the line holds{by}"
    return f": {said}" if said else ""


def multiple(values, sizes):
    """(in words, the factors that make it right): 2 is the number, or a size that is 2 here."""
    before, after = values
    if not before or not after:
        return "", []
    size = abs(after / before)
    sign, other = (1, "") if before * after > 0 else (-1, " with the other sign")
    if size == 1:
        return "the same" + other, [node(-1)]
    named = {2: [node(2)]}
    for one, number in sizes.items():
        named.setdefault(number, []).insert(0, one)
    for number, called in named.items():
        if size == number:
            return f"{number} times as much{other}", [node(sign) / one for one in called]
        if size * number == 1:
            return f"1/{number} of it{other}", [one if sign > 0 else -one for one in called]
    return "", []


def idle(expression):
    """The letters over which a Σ has equal terms, as nothing in it has them."""
    found = ""
    for part in walk(expression):
        if isinstance(part, Sum):
            used = {*indices_in(part.body)}
            for letter, size in zip(part.indices, part.sizes, strict=True):
                if letter not in used:
                    found += (
                        f"\n  nothing in the sum over {letter} has that letter: {size} equal terms"
                    )
    return found


def forgotten(derivation, expression):
    """The letters of the target that are nowhere in a line by entries."""
    used = {*indices_in(expression)}
    lost = [str(one) for one in derivation.scope if one not in used]
    if expression.shape or not used or not lost:
        return ""
    have = "is" if len(lost) == 1 else "are"
    return f"\n  {' and '.join(lost)} {have} in {derivation.target}, but not in this line"


def unsaid(derivation, expression):
    """If a line says what the gradient of a loss is, of which nothing is said."""
    if not derivation.loss_and_variable:
        return ""
    loss, _ = derivation.loss_and_variable
    gradients = any(isinstance(part, Gradient | Derivative) for part in walk(expression))
    if gradients or loss in derivation.definitions:
        return ""
    return (
        f"\n  no definition says what {loss} is, so ∂{loss}/∂… stays in the line: go as far as "
        f"that, or put the loss into define={{…, {loss}: …}}"
    )


def apart(derivation):
    """If the target is 0 because no definition leads from the variable to it."""
    match derivation.target:
        case Gradient(of=variable, loss=of) | Derivative(Entry(of), Entry(variable)):
            pass
        case _:
            return ""
    definitions = derivation.definitions
    if of not in definitions or definitions.leads(of, variable):
        return ""
    return (
        f"\n  in these definitions {of} is not made of {variable}, so its derivative is 0: "
        "is one missing in define?"
    )
