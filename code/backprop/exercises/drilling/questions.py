"""The five questions of a drill. What is right is computed from the formula in the table."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..formulas import letters
from ..tables import QUANTITIES
from . import answers
from .numbers import WORDS, Chance, Numbers, sizes

CLOSE = 5e-4  # relative: four digits are enough, and no two numbers of a question are so near
TRIES = 1000  # of numbers; a few are enough, unless a table asks for what can't be
NOTHING = "nothing is missing"
NO_SUM = "no sum"


@dataclass(frozen=True)
class Question:
    """`text` and `choices` are shown; `right` is the answer; `judge(answer)` gives (bool, why).

    `wrong` are answers that are known to be wrong: those that the sentences name. With `code` the
    choices are lines of NumPy.
    """

    text: str
    right: object
    judge: object
    choices: tuple = ()
    wrong: tuple = field(default=())
    code: bool = False


def questions(drill, seed):
    """(numbers, the five Questions) for a seed."""
    chance = Chance(drill.drills, seed)
    for _ in range(TRIES):
        numbers = Numbers(drill, chance)
        entry = chance.pick(list(np.ndindex(numbers.right.shape)))
        slips = distinct(numbers, entry, drill.slips)
        # One time in three a right answer of 0 may stay: most gradients are mostly not 0.
        kept = numbers.right[entry] != 0 or chance.pick([True, False, False])
        if kept and len(slips) > 1 and _tells(numbers, drill):
            return numbers, (
                of_shape(drill, chance),
                of_the_sum(drill, numbers, chance),
                of_an_entry(numbers, entry, slips),
                of_products(drill, numbers, chance),
                of_factors(drill, numbers, chance),
            )
    raise ValueError(f"no numbers tell the mistakes of the drill {drill.drills} apart")


def _tells(numbers, drill):
    """Whether no array is constant, and no two lines of a question are worth the same."""
    formula = numbers.quantity.formula
    lines = [formula, *(without(formula, pair) for pair in drill.factors.values())]
    return numbers.telling and _apart(numbers, drill.products) and _apart(numbers, lines)


def named(symbol, entry):
    """An entry in words: ∂L/∂W[1, 0]."""
    return f"{symbol}[{', '.join(map(str, entry))}]"


def shown(value):
    """A number with at most six digits."""
    return f"{value + 0:.6g}"


def read_again(quantity):
    """Where the chapter derives it."""
    return f'Read again: "{quantity.section}" in the chapter {quantity.chapter}.'


# (a) Which shape?


def of_shape(drill, chance):
    """The shape of the gradient for sizes that are none of the arrays' own."""
    quantity = QUANTITIES[drill.drills]
    given = sizes(drill, chance, among=range(3, 10))
    listed = [f"{letter} = {given[letter]} {WORDS[letter]}" for letter in WORDS if letter in given]
    text = f"With {_joined(listed)}: which shape has {quantity.symbol}?"
    right = tuple(given[letter] for letter in letters(quantity.shape))
    takes = quantity.takes | drill.takes
    others = {name: tuple(given[one] for one in letters(spec)) for name, spec in takes.items()
              if set(letters(spec)) <= set(given)}  # fmt: skip
    wrong = {right[::-1], (*right, 1), *others.values()} - {right, ()}
    judge = partial(judge_shape, quantity, right, others)
    return Question(text, right, judge, wrong=tuple(sorted(wrong)))


def judge_shape(quantity, right, others, answer):
    """Whether it is the shape; if not, whose it is."""
    variable = quantity.symbol.rpartition("∂")[2]
    said = answers.shape(answer)
    if said == right:
        return True, f"{right}: a gradient has the shape of its variable, {variable}."
    why = f" {quantity.symbol} has an entry for each entry of {variable}."
    if len(said) == len(right) and said == right[::-1]:
        return False, f"That is {quantity.symbol} transposed.{why}"
    for name, one in others.items():
        if said == one:
            return False, f"That is the shape of {name}.{why}"
    if len(said) > len(right):
        return False, f"Those are too many axes.{why}"
    return False, f"It is another shape.{why}"


# (b) Over which index is summed?


def of_the_sum(drill, numbers, chance):
    """The axes along which an entry of the gradient takes in more than one upstream entry."""
    symbol, upstream = numbers.quantity.symbol, drill.upstream
    occurring = numbers.occurring(upstream)
    entry = chance.pick(sorted(occurring))
    places = occurring[entry]
    axes = letters(drill.takes[upstream])
    right = frozenset(a for n, a in enumerate(axes) if len({place[n] for place in places}) > 1)
    options = {right, frozenset(), *(frozenset(one) for one in numbers.sizes)}
    options.add(frozenset({"S", next(one for one in numbers.sizes if one != "S")}))
    options = chance.shuffled(sorted(options, key=lambda one: (len(one), sorted(one))))
    choices = tuple(_over(one) for one in options)
    text = f"In {named(symbol, entry)}, written with the arrays above: over what is summed?"

    def judge(answer):
        said = options[answers.choice(answer, choices)]
        all_of = [named(upstream, place) for place in places]
        occur = f"{_joined(all_of)} {'occur' if len(all_of) > 1 else 'occurs'} in it"
        if said == right:
            return True, f"of {upstream}, {occur}."
        if right - said:
            pair = _apart_along(places, axes.index(min(right - said)))
            both = " and ".join(named(upstream, place) for place in pair)
            lost = _over(frozenset({min(right - said)}))
            return False, f"{both} both occur in it: there is a sum over {lost}."
        word = WORDS[min(said - right)]
        return False, f"{symbol} has an axis for the {word}, and no two of them meet in one entry."

    wrong = tuple(n + 1 for n, one in enumerate(options) if one != right)
    return Question(text, options.index(right) + 1, judge, choices, wrong)


def _over(axes):
    return " and ".join(f"the {WORDS[one]}" for one in WORDS if one in axes) or NO_SUM


def _apart_along(places, axis):
    """Two of the places that differ along an axis, and nowhere else if there are such."""
    pairs = [(p, q) for p in places for q in places if p[axis] != q[axis]]
    return min(pairs, key=lambda pair: sum(a != b for a, b in zip(*pair, strict=True)))


# (c) One entry, in numbers.


def distinct(numbers, entry, formulas):
    """{wrong formula: its number}, those only that differ from the right one and each other."""
    right, found = float(numbers.right[entry]), {}
    for formula in formulas:
        value = _at(numbers.value(formula), entry)
        near = [right, *found.values()]
        if value is not None and not any(
            abs(value - one) <= 0.01 * abs(one) + 0.001 for one in near
        ):
            found[formula] = value
    return found


def _at(array, entry):
    """The number at an entry; of a single number, that; None if there is no such entry."""
    if array is None or not np.isfinite(array).all():
        return None
    if array.ndim == 0:
        return float(array)
    inside = array.ndim == len(entry) and all(
        n < s for n, s in zip(entry, array.shape, strict=True)
    )
    return float(array[entry]) if inside else None


def of_an_entry(numbers, entry, slips):
    """What the formula is worth at one entry; the numbers of usual slips are recognized."""
    quantity, right = numbers.quantity, round(float(numbers.right[entry]), 12)
    says = {one: mistake.says for mistake in quantity.mistakes for one in mistake.formulas}
    text = f"What is {named(quantity.symbol, entry)}? (Places are counted from 0.)"

    def judge(answer):
        said = answers.number(answer)
        if _near(said, right):
            return True, f"`{quantity.formula}` has {shown(right)} there."
        for formula, value in slips.items():
            if _near(said, value):
                return False, f"{shown(said)} is what `{formula}` has there. {says[formula]}"
        if _near(said, -right):
            return False, "The number is right but for its sign."
        return False, f"No usual mistake gives {shown(said)}. {read_again(quantity)}"

    none = 17 + max(map(abs, [right, *slips.values()]))  # what no usual mistake gives
    return Question(text, right, judge, wrong=(*slips.values(), none))


def _near(one, other):
    return abs(one - other) <= CLOSE * abs(other) + 1e-9


# (d) Transposed or not?


def of_products(drill, numbers, chance):
    """Which of four lines is the gradient: the shapes decide, for no two sizes are equal."""
    symbol, right = numbers.quantity.symbol, numbers.right
    choices = tuple(chance.shuffled(drill.products))
    mistakes = numbers.quantity.mistakes
    says = {one: f" {mistake.says}" for mistake in mistakes for one in mistake.formulas}

    def judge(answer):
        formula = choices[answers.choice(answer, choices)]
        value = numbers.value(formula)
        if value is not None and value.shape == right.shape and np.allclose(value, right):
            return True, f"its shape is {right.shape}, and its entries are those of {symbol}."
        if value is None:
            arrays = [f"{name} {one.shape}" for name, one in numbers.arrays.items()]
            return False, f"In `{formula}` the shapes do not meet: {_joined(arrays)}."
        if value.shape != right.shape:
            return False, f"`{formula}` has shape {value.shape}, expected {right.shape}."
        place = tuple(np.argwhere(~np.isclose(value, right))[0].tolist())
        two = f"`{formula}` has {shown(value[place])} in place {list(place)}, right is "
        return False, f"{two}{shown(right[place])}.{says.get(formula, '')}"

    place = choices.index(drill.products[0]) + 1
    wrong = tuple(n + 1 for n in range(len(choices)) if n + 1 != place)
    return Question(f"Which line gives {symbol}?", place, judge, choices, wrong, code=True)


def _apart(numbers, formulas):
    """Whether no two of them are the same numbers."""
    values = [value for value in map(numbers.value, formulas) if value is not None]
    return not any(
        one.shape == other.shape and np.allclose(one, other)
        for n, one in enumerate(values)
        for other in values[:n]
    )


# (e) What is missing?


def of_factors(drill, numbers, chance):
    """A formula that lacks a factor, or lacks none."""
    quantity = numbers.quantity
    missing = chance.pick([*drill.factors, NOTHING])
    formula = without(quantity.formula, drill.factors.get(missing))
    labels = [*drill.factors, *drill.strangers]
    choices = tuple([*chance.shuffled(labels), NOTHING])
    text = f"A student writes {quantity.symbol} = `{formula}`. What is missing?"
    value = numbers.value(formula)

    def judge(answer):
        said = choices[answers.choice(answer, choices)]
        if said == missing:
            return True, f"{quantity.symbol} = `{quantity.formula}`."
        if said == NOTHING:
            return False, f"Something is: {difference(value, numbers.right)}."
        if missing == NOTHING:
            return False, f"The line is complete: all its entries are those of {quantity.symbol}."
        if said in drill.factors:
            return False, f"{said} is there already; something else is not."
        return False, f"{said} does not belong into {quantity.symbol}."

    wrong = tuple(n + 1 for n, one in enumerate(choices) if one != missing)
    return Question(text, choices.index(missing) + 1, judge, choices, wrong)


def without(formula, pair):
    """The formula in which one piece has been replaced."""
    return formula.replace(*pair, 1) if pair else formula


def difference(value, right):
    """How a wrong array differs from the right one."""
    if value.shape != right.shape:
        return f"the line has shape {value.shape}, expected {right.shape}"
    place = np.unravel_index(np.abs(value - right).argmax(), right.shape)
    where = [int(one) for one in place]
    return f"in place {where} the line has {shown(value[place])}, right is {shown(right[place])}"


def _joined(parts):
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
