"""`diagnose`: what is wrong with an answer, as a code of the vocabulary and in words."""

from dataclasses import dataclass, field, replace

import numpy as np

from .. import further
from ..formulas import SmoothFunction, evaluate, is_large, namespace, right_answer
from ..tables import QUANTITIES
from ..vocabulary import VOCABULARY
from .causes import Cause, find_causes, formulas
from .claims import claim
from .failures import in_words, is_open, shape_in_words
from .kinks import convention, ties
from .matching import Case, looseness
from .rewriting import conditions

MANY = 100_000  # entries; of a larger answer only the shape is looked at


@dataclass(frozen=True)
class Diagnosis:
    """`.ok`, `.mistake` (a code of the vocabulary, or None), `.mistakes`, `.message`.

    `mistakes` are all that were named, and the message says something about each; `mistake` is the
    first, `also` the second. `causes` is everything that would explain the numbers, `error` how far
    each entry is off, if the shape is right.
    """

    ok: bool
    mistake: str | None
    message: str
    also: str | None = None
    causes: tuple = ()
    error: np.ndarray | None = field(default=None, compare=False)

    @property
    def mistakes(self):
        named = (self.mistake, *(self.causes[0].codes if self.causes else ()), self.also)
        return tuple(code for code in dict.fromkeys(named) if code)

    def __str__(self):
        return self.message


def diagnose(quantity, answer, **inputs):
    """Say what is wrong with `answer` as the value of `quantity` ("linear.db") on these inputs.

    Returns a Diagnosis, whatever comes in: an unknown quantity, inputs that don't fit and what is
    no answer at all get words, not an exception.
    """
    if type(quantity) is not str or not (quantity in QUANTITIES or further.quantity(quantity)):
        known = ", ".join((*QUANTITIES, *further.names()))
        called = f"{quantity!r:.60}" if type(quantity) is str else "that"
        message = f"Nothing is called {called} here. Known: {known}"
        return Diagnosis(False, "not-started", message)
    try:
        entry, names = _understood(quantity, inputs)
    except BaseException as error:  # an input may do anything when it is looked at
        return Diagnosis(False, "wrong-type", f"The inputs can't be used: {in_words(error)[1]}")
    try:
        if entry.shape.isdigit() and type(answer) in (tuple, list):
            answer = np.asarray(answer)  # a shape
        return diagnosed(entry, answer, names)
    except BaseException as error:  # and so may an answer
        message = f"The answer, or these inputs, can't be used: {in_words(error)[1]}"
        return Diagnosis(False, "wrong-type", message)


def _understood(name, inputs):
    """(Quantity, names of its formulas): of a chapter, of `further`, or with the mistakes of both.

    Raises ValueError if the inputs fit in neither.
    """
    entry, beyond = QUANTITIES.get(name), further.quantity(name)
    takes = {n for one in (entry, beyond) if one for n in one.takes}
    given = {n: _usable(value) for n, value in inputs.items() if n in takes and value is not None}
    found, refused = [], None
    for reads in (_of_a_chapter, further.understood):
        try:
            found += filter(None, [reads(name, given)])
        except ValueError as error:
            refused = refused or error
    if not found:
        raise refused
    if len(found) == 1:
        return found[0]
    (entry, names), (beyond, more) = found
    takes, mistakes = beyond.takes | entry.takes, (*entry.mistakes, *beyond.mistakes)
    return replace(entry, takes=takes, mistakes=mistakes), more | names


def _of_a_chapter(name, given):
    entry = QUANTITIES.get(name)
    if entry is None or not given.keys() & further.optional(name) <= entry.takes.keys():
        return None  # a mask, say, that the chapter's formula would leave out
    return entry, namespace(entry, {n: v for n, v in given.items() if n in entry.takes})


def _usable(value):
    """Integers as they are, floats as float64, a number as a number.

    Of functions only our own is called: another one might never come back.
    """
    if isinstance(value, SmoothFunction):
        return value
    value = np.asarray(value)
    if value.dtype.kind not in "biuf" or not np.isfinite(value).all():
        raise ValueError(f"one of them holds {value.dtype}, or entries that are not finite")
    value = value.astype(np.float64) if value.dtype.kind == "f" else value
    return value.item() if value.ndim == 0 else value


def diagnosed(quantity, answer, names, end=None):
    """The Diagnosis of an answer; `names` is the namespace that the inputs make.

    The search for the mistake stops at the time `end` (`find_causes`).
    """
    unusable = _no_answer(quantity, answer)
    if unusable is not None:
        return unusable
    answer = np.asarray(answer)
    right = right_answer(quantity, names)
    loose = looseness(answer.dtype)
    case = Case(quantity, answer, right, names)
    if answer.shape != right.shape and answer.size > (8 if quantity.shape.isdigit() else MANY):
        return _shape_only(case)
    if not np.isfinite(answer).all():
        with np.errstate(all="ignore"):
            return _not_finite(case)
    if answer.shape == right.shape and case.same(answer, right, 1e-7 * loose, 1e-9 * loose):
        return Diagnosis(True, None, f"{quantity.symbol} is right.")
    with np.errstate(all="ignore"):  # an answer, or a wrong formula, may overflow
        whole = answer.dtype.kind in "iu"
        case = Case(quantity, answer.astype(np.float64), right, names, whole)
        if said := convention(case):
            return Diagnosis(True, None, f"{quantity.symbol} is right. {said}")
        for code, formula, says in further.choices(quantity):
            if _is_chosen(case, formula):
                message = f"{quantity.symbol} is right, by another convention. {says}"
                return Diagnosis(True, None, message, code or None)
        return put_in_words(case, [] if is_large(quantity, names) else find_causes(case, end))


def _is_chosen(case, formula):
    value = case.value(formula)
    return value is not None and value.shape == case.answer.shape and case.same(case.answer, value)


def _no_answer(quantity, answer):
    """What can be said without comparing: there is no answer, or no array of real numbers."""
    if is_open(answer):
        return Diagnosis(False, "not-started", VOCABULARY["not-started"])
    array = isinstance(answer, np.ndarray | np.generic | int | float)
    if array and np.asarray(answer).dtype.kind in "biuf":
        return None
    kind = f"an array of {np.asarray(answer).dtype}" if array else f"a {type(answer).__name__}"
    return Diagnosis(False, "wrong-type", no_array(quantity, kind))


def no_array(quantity, kind):
    """The sentence for an answer of the wrong type."""
    asked = "an array of real numbers" if quantity.shape else "a real number"
    return f"{quantity.symbol} is expected as {asked}, and this is {kind}."


def _not_finite(case):
    """Which entries are nan or infinite, and which formula makes just these so, if one does."""
    answer, symbol = case.answer, case.quantity.symbol
    holes = ~np.isfinite(answer)
    bad = tuple(int(i) for i in np.argwhere(holes)[0])
    place = f"entry {list(bad)} is {answer[bad]}" if bad else f"it is {answer[bad]}"
    message = f"{holes.sum()} of {answer.size} entries of {symbol} are nan or infinite: {place}."
    cause = None if is_large(case.quantity, case.names) else _hollow(case, holes)
    if cause:
        message = f"{cause.says} {message}"
        return Diagnosis(False, cause.codes[0], message, "not-finite", (cause,), holes)
    message += (
        " Look for a division by 0, the logarithm of 0, or the exponential of a large number."
    )
    return Diagnosis(False, "not-finite", message, error=holes)


def _hollow(case, holes):
    """The wrong formula that has these holes, and the answer's numbers everywhere else."""
    answer, right = case.answer, case.right
    if right.shape != answer.shape or case.same(answer[~holes], right[~holes]):
        return None
    for one in formulas(case):
        value = case.value(one.tree, finite=False)
        if value is not None and value.shape == holes.shape:
            same = (~np.isfinite(value) == holes).all()
            if same and case.same(answer[~holes], value[~holes]):
                return Cause(one.codes, one.sentences[0])
    return None


def put_in_words(case, causes):
    """The Diagnosis that says the first of the causes; without one, what is left to say."""
    quantity, answer, right = case.quantity, case.answer, case.right
    error = np.abs(answer - right) if answer.shape == right.shape else None
    if causes:
        codes = causes[0].codes
        also = next((code for code in codes[1:] if code != codes[0]), None)
        opening = "Two things at once. " if also else ""
        claimed = claim(case, causes[0].formula)
        message = f"{opening}{causes[0].says}{claimed}{_shapes(case)}{_pointer(quantity)}"
        return Diagnosis(False, codes[0], message, also, tuple(causes), error)
    if error is None:
        return _shape_only(case)
    if _cut_on_the_way(case):
        message = f"Every entry is an integer. {VOCABULARY['integer-truncation']}"
        return Diagnosis(False, "integer-truncation", message + _pointer(quantity), error=error)
    return _entries(case, error)


def _pointer(quantity):
    if not quantity.section:
        return ""
    return f' Read again: "{quantity.section}" in the chapter {quantity.chapter}.'


def _shapes(case):
    """What to say of a shape that is not the right one; where a shape is expected, of a tuple."""
    quantity, answer, right = case.quantity, case.answer, case.right
    if answer.shape == right.shape:
        return ""
    if quantity.shape.isdigit():
        came = answer.size if answer.ndim else "a bare number"
        asked = "one number, such as (n,)," if right.size == 1 else f"{right.size} numbers,"
        return f" Expected a tuple of {asked} got {came}."
    shapes = shape_in_words(answer.shape), shape_in_words(right.shape)
    why = ""
    if quantity.symbol.startswith("∂L"):
        why = " A gradient has the shape of its variable, or an update would broadcast."
    return f" Your result has shape {shapes[0]}, expected {shapes[1]} for {quantity.symbol}.{why}"


def _cut_on_the_way(case):
    """Integers near the right ones: cut once for each sample, perhaps."""
    answer, right = case.answer, case.right
    whole = (answer == np.rint(answer)).all() and not (right == np.rint(right)).all()
    near = (np.abs(answer - right) <= max(1, case.size("S"))).all()
    return bool(whole and near and len(np.unique(answer)) > 2)


def _shape_only(case):
    says = "" if case.quantity.shape.isdigit() else VOCABULARY["wrong-shape"]
    message = f"{says}{_shapes(case)}{_pointer(case.quantity)}".strip()
    return Diagnosis(False, "wrong-shape", message)


def _entries(case, error):
    """Some entries may be right: say which are not, and whether a condition tells them apart."""
    quantity, answer, right = case.quantity, case.answer, case.right
    scale = max(1e-300, float(np.abs(right).max(initial=0)))
    wrong = error > 1e-7 * np.maximum(np.abs(right), 1e-2 * scale)
    places = [tuple(place.tolist()) for place in np.argwhere(wrong)[:3]]
    shown = [f"{list(p)} is {_two(answer[p], right[p])}" for p in places]
    if not quantity.takes and not right.ndim:  # the right number would be the answer
        says = f"{quantity.symbol} is not {answer[()]:.7g}, and this is none of the mistakes that "
        return Diagnosis(False, "wrong", f"{says}are known.{_pointer(quantity)}", error=error)
    if right.size == 1 or wrong.all():
        worst = f"Entry {shown[0]}" if right.ndim else f"It is {_two(answer[()], right[()])}"
        says = f"{quantity.symbol} is wrong, by none of the mistakes that are known. {worst}."
        return Diagnosis(False, "wrong", says + _pointer(quantity), error=error)
    count = (
        f"{wrong.sum()} of {right.size} entries of {quantity.symbol} are wrong, the others right"
    )
    if _at_kinks(case, wrong):
        says = (
            "all of them lie at a kink, where any value between the derivatives from the left and "
        )
        message = (
            f"{count}: {says}from the right would do. Entry {'; '.join(shown)}.{_pointer(quantity)}"
        )
        return Diagnosis(False, "wrong-branch", message, error=error)
    side = _one_side(case, wrong)
    code = "wrong-branch" if side else "partly-wrong"
    where = f": all of them lie where {side}" if side else ""
    message = f"{count}{where}. Entry {'; '.join(shown)}.{_pointer(quantity)}"
    return Diagnosis(False, code, message, error=error)


def _at_kinks(case, wrong):
    return any(
        tie.shape == wrong.shape and not (wrong & ~tie).any() for tie, _ in ties(case).values()
    )


def _two(answer, right):
    """Both numbers, with enough digits to differ."""
    digits = next((n for n in (4, 7, 10) if f"{answer:.{n}g}" != f"{right:.{n}g}"), 17)
    return f"{answer:.{digits}g}, right is {right + 0:.{digits}g}"


def _one_side(case, wrong):
    """The side of a condition in the formula on which all wrong entries lie, or ""."""
    for condition in conditions(case.quantity.formula):
        holds = evaluate(condition, case.names)
        if np.shape(holds) == wrong.shape:
            for where, side in [(condition, holds), (f"not {condition}", ~holds)]:
                if not (wrong & ~side).any() and wrong[side].mean() > 0.5:
                    return where
    return ""
