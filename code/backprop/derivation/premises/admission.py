"""May this line be here? All that is required of a line before a judge compares it."""

from ..errors import DerivationError, ShapeError
from ..language import cures
from ..language.arrays import Direct, Gradient
from ..nodes import entry, shape_name, walk
from .conditions import check_deltas, check_positive, check_shifted
from .scope import check_entries, check_indices, check_names, free_indices


def admit_target(target, definitions, shapes):
    """The indices of a target that may be derived from these definitions. Raises otherwise."""
    check_names([target, *definitions.sides], shapes[0])
    check_positive(definitions)
    for side in [target, *definitions.sides]:
        check_shifted(side)
    check_losses(target, definitions)
    scope = free_indices(target)
    check_indices(target, scope)
    return scope


def check_losses(expression, definitions):
    """A gradient is that of a loss, of which it is said how it depends on the variable."""
    for part in walk(expression):
        if isinstance(part, Gradient):
            definitions.check_is_loss(part)
            if part.loss in definitions:
                definitions.check_loss(part.loss, part.of)
        if isinstance(part, Direct) and part.of.array not in definitions:
            raise DerivationError(
                f"direct({part.of}, {part.by}) is taken by the definition of {part.of.array}, "
                "and it has none"
            )


def admit(line, derivation, hypotheses=()):
    """Raises DerivationError or ShapeError for a line that may not be in a derivation.

    Its arrays are those of the derivation, its shape and its free indices those of the target, and
    it divides by nothing that is 0 for sure.
    """
    target, scope, shapes = derivation.target, derivation.scope, derivation.shapes
    lines = [step.expression for step in derivation.steps]
    others = [target, *lines, *derivation.definitions.sides, *(one.left for one in hypotheses)]
    known = ", ".join(map(str, shapes[0])) or "it has none"
    why = f"{{}} is no size of this derivation ({known}): it occurs neither in its target nor in "
    check_names([*others, line], shapes[0], why + "a definition")
    check_losses(line, derivation.definitions)
    shape = tuple(scope.values())
    if line.shape and derivation.whole is None:
        named = f"{line} is {shape_name(line.shape)}"
        raise ShapeError(f"{named}: {target} has no name without indices, so no line is an array")
    if line.shape != shape and (line.shape or target.shape):
        named = f"{line} is {shape_name(line.shape)}"
        cure = cures.line_of(line, derivation.whole, scope, free_indices(line))
        raise ShapeError(f"{named}, {derivation.whole} is {shape_name(shape)}{cure}")
    check_entries(line, shapes)
    check_deltas(line)
    check_shifted(line)
    check_indices(line, {} if line.shape else scope)
    check_indices(entry(line, *scope), scope)
