"""What an exercise is made of, as data: a quantity, its right formula, the mistakes it invites.

The tables are the .toml files of this folder, one for each chapter, by the chapter's name:

    ["linear.dX"]
    symbol = "∂L/∂X"                                  how the text writes it
    takes = {dY = "S N", X = "S M", W = "N M"}        the inputs that it is judged on
    shape = "S M"
    formula = "dY @ W"                                the right answer
    section = "The gradient with respect to the input"   where the chapter derives it
    of = "X @ W.T + b"                                what it is the gradient of, and
    wrt = "X"                                         with respect to what: the tests measure it
    mistakes = [
      ["upstream-missing", "W", "W.sum(axis=0)",      code, wrong formulas, sentence
       "This is ∂Y/∂X alone. The upstream gradient ∂L/∂Y is not in it."],
    ]

A formula is a line of NumPy. It is evaluated on the inputs that `takes` names, on what `where`
derives from them, and on the sizes as numbers (S, M, N, C, …). So the same line finds the mistake,
is in the message, and is planted in the tests. `exact` is the right answer where `formula`
would overflow or divide by 0; `unseen` gives values to variables in `of` that are not handed over.
With holds = "derivative" a comparison in the formula takes a derivative, though the formula is no
gradient by itself; "function" says that it calls a function of the folder `further`.
The shape of an input is given by letters, and may be followed by what it holds:

    "S C large"          numbers that may be as large as 1,000 (logits)
    "S C probabilities"  rows of positive numbers that sum to 1
    "S labels"           integers from 0 to C − 1
    "S C targets"        rows that sum to 1
    "positive", "share", "whole"      a number above 0; one between 0 and 1; one from 2 to 9
    "S M positive"       positive numbers
    "S N share"          numbers between 0 and 1
    "S C mask"           0 or 1, at least one 1 in each row
    "S M few"            −2, −1, 0, 1 or 2: arrays with ties between them

A quantity by itself is an exercise too. One that asks for several, or for a class (kind = "layer"),
has `takes` and `returns`; a derivation has its `target`, one to be broken the `error` it meets.
["drill.linear.dW"] is no exercise but what the five questions of a drill are made of (`Drill`).
An answer is the reader's own: `using` names the functions of the library that may make it all the
same. With asks = "numpy-alone" none may be called; with asks = "no-loop" a loop gets a remark.
"""

import json
import tomllib
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib import resources

from ..vocabulary import VOCABULARY


class TableError(ValueError):
    """Something in a table is not as it must be: names the file, the entry and the field."""


@dataclass(frozen=True)
class Mistake:
    """Wrong formulas, their code in the vocabulary, and a sentence: what was done, why not."""

    code: str
    formulas: tuple
    says: str


@dataclass(frozen=True)
class Quantity:
    """Something that can be asked for: `name` is "topic.what", `chapter` where it is derived."""

    name: str
    chapter: str
    symbol: str
    takes: dict
    shape: str
    formula: str
    section: str
    mistakes: tuple = ()
    where: dict = field(default_factory=dict)
    exact: str = ""
    of: str = ""
    wrt: str = ""
    unseen: dict = field(default_factory=dict)
    holds: str = ""
    asks: tuple = ()
    using: tuple = ()


@dataclass(frozen=True)
class Exercise:
    """What `check` asks for: a function of `takes` that returns the quantities in this order.

    `kind` is "function", or "layer": a class with forward and backward, where the first quantity is
    what forward returns and the second what backward does. `asks` says what the text asks for
    besides, `using` which of the library's functions may make an answer.
    """

    name: str
    chapter: str
    takes: tuple
    returns: tuple
    kind: str = "function"
    asks: tuple = ()
    using: tuple = ()


@dataclass(frozen=True)
class Proof:
    """A derivation of `target` (as printed), in `lines` lines or more.

    Its last line has no derivatives but `given`, and is a whole array: that of `worth`, a formula
    of what `takes` names.
    """

    name: str
    chapter: str
    target: str
    given: tuple = ()
    worth: str = ""
    takes: dict = field(default_factory=dict)
    lines: int = 1


@dataclass(frozen=True)
class Refusal:
    """A function that breaks a derivation: calling it has to be refused with this error.

    The false line has to pass at the sizes `passes`, if there are any; `lines` are true already.
    """

    name: str
    chapter: str
    error: str
    passes: dict = field(default_factory=dict)
    lines: int = 0


@dataclass(frozen=True)
class Drill:
    """What the five questions about a gradient are made of: `drills` is the quantity's name.

    `takes` are the arrays that are shown, with what they hold ("S C probabilities"), `sizes` the
    sizes that a letter may have, `upstream` the array whose entries are summed. `slips` are wrong
    formulas from the quantity's own mistakes, whose numbers are recognized. Of `products` the first
    is right. `factors` are {label: (piece of the right formula, what is left without the factor)},
    `strangers` labels of what does not belong into the formula.
    """

    name: str
    chapter: str
    drills: str
    takes: dict
    upstream: str
    slips: tuple
    products: tuple
    factors: dict
    strangers: tuple
    sizes: dict = field(default_factory=dict)
    note: str = ""


MADE = "tables.json"
# What exercises were called before they moved: older notebooks, and records of what was solved.
RENAMED = {
    "notation.other": "linear.other",
    "notation.break": "proving.break",
    "gradcheck.projection": "scale.projection",
    "gradcheck.halving": "scale.halving",
}
DRILL = "drill."  # how the name of a drill's entry begins
# The field by which an entry is known for what it is.
KINDS = {"formula": Quantity, "returns": Exercise, "target": Proof, "error": Refusal}
KINDS |= {"drills": Drill}


def parsed(text, chapter):
    """The table of a chapter as TOML has it. Raises TableError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{chapter}.toml: {error}") from None


def _entry(name, chapter, given):
    place = f"{chapter}.toml, {name}"
    if not isinstance(given, dict) or len(kinds := KINDS.keys() & given.keys()) != 1:
        raise TableError(f"{place}: an entry has one of the fields {', '.join(KINDS)}")
    kind = KINDS[kinds.pop()]
    known = {one.name: one for one in fields(kind) if one.name not in ("name", "chapter")}
    for unknown in given.keys() - known:
        raise TableError(f"{place}: there is no field {unknown!r}; there are {', '.join(known)}")
    for key, one in known.items():
        if key not in given and one.default is one.default_factory is MISSING:
            raise TableError(f"{place}: the field {key!r} is missing")
    values = {key: _value(kind, key, value, f"{place}, {key}") for key, value in given.items()}
    return kind(name, chapter, **values)


def _value(kind, key, value, place):
    """The value of a field as its class has it."""
    if key == "mistakes":
        _expect(isinstance(value, list), place, "a list of mistakes", value)
        return tuple(_mistake(one, f"{place}[{n}]") for n, one in enumerate(value))
    if key == "lines":
        _expect(type(value) is int, place, "an integer", value)
        return value
    if key == "passes":
        whole = isinstance(value, dict) and all(type(size) is int for size in value.values())
        _expect(whole, place, "sizes as integers", value)
        return value
    if key == "factors":
        pairs = isinstance(value, dict) and all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
            for pair in value.values()
        )
        _expect(pairs and value, place, "a table of label = [piece, replacement]", value)
        return {label: tuple(pair) for label, pair in value.items()}
    if key in ("takes", "where", "unseen", "sizes") and kind in (Quantity, Proof, Drill):
        _expect(isinstance(value, dict), place, "a table of texts", value)
        for name, text in value.items():
            _expect(isinstance(text, str) and name.isidentifier(), place, "names = texts", value)
        return value
    if key in ("given", "slips", "products", "strangers"):
        _expect(isinstance(value, list) and _texts(value), place, "a list of texts", value)
        return tuple(value)
    _expect(isinstance(value, str), place, "a text", value)
    return tuple(value.split()) if key in ("takes", "returns", "asks", "using") else value


def _mistake(value, place):
    form = "[code, formula, …, sentence]"
    _expect(isinstance(value, list) and _texts(value) and len(value) > 2, place, form, value)
    code, *formulas, says = value
    _expect(code in VOCABULARY, place, "a code of the vocabulary", code)
    return Mistake(code, tuple(formulas), says)


def _texts(values):
    return all(isinstance(one, str) and one for one in values)


def _expect(holds, place, wanted, value):
    if not holds:
        raise TableError(f"{place}: expected {wanted}, got {value!r:.80}")


def read_all(tables):
    """(quantities, exercises) of {chapter: table}; an exercise has what it returns.

    Raises TableError for what is not of this form.
    """
    entries, exercises = {}, {}
    for chapter, table in tables.items():
        for name, given in table.items():
            if name in entries:
                other = entries[name].chapter
                raise TableError(f"{chapter}.toml, {name}: {other}.toml has this name already")
            entries[name] = _entry(name, chapter, given)
    quantities = {name: one for name, one in entries.items() if isinstance(one, Quantity)}
    for name, one in entries.items():
        if isinstance(one, Drill):
            continue
        if isinstance(one, Quantity):
            asked = Exercise(name, one.chapter, tuple(one.takes), (one,))
            exercises[name] = replace(asked, asks=one.asks, using=one.using)
        elif isinstance(one, Exercise):
            exercises[name] = _with_quantities(one, quantities)
        else:
            exercises[name] = one
    return quantities, exercises


def _with_quantities(exercise, quantities):
    place = f"{exercise.chapter}.toml, {exercise.name}"
    for name in exercise.returns:
        _expect(name in quantities, f"{place}, returns", "names of quantities", name)
    returns = tuple(quantities[name] for name in exercise.returns)
    known = {name for quantity in returns for name in quantity.takes}
    for name in exercise.takes:
        _expect(name in known, f"{place}, takes", f"inputs of {', '.join(exercise.returns)}", name)
    kind = exercise.kind
    _expect(kind in ("function", "layer"), f"{place}, kind", "function or layer", kind)
    for one in exercise.asks:
        _expect(one in ("numpy-alone", "no-loop"), f"{place}, asks", "numpy-alone or no-loop", one)
    return replace(exercise, returns=returns)


def read_drills(tables, quantities):
    """{name: Drill} of {chapter: table}, by the name of the quantity. Raises TableError."""
    found = {}
    for chapter, table in tables.items():
        for name, given in table.items():
            if name.startswith(DRILL):
                one = _entry(name, chapter, given)
                place = f"{chapter}.toml, {name}"
                _expect(one.drills in quantities, f"{place}, drills", "a quantity", one.drills)
                wrong = {f for m in quantities[one.drills].mistakes for f in m.formulas}
                for slip in one.slips:
                    _expect(slip in wrong, f"{place}, slips", "a formula of its mistakes", slip)
                formula = quantities[one.drills].formula
                for piece, _ in one.factors.values():
                    _expect(piece in formula, f"{place}, factors", "a piece of the formula", piece)
                found[one.drills] = one
    return found


def tables():
    """{chapter: table} of this folder: the folder is the list.

    The page of the site has them as JSON (`book.website.site`), which is read ten times as fast.
    """
    folder = resources.files(__package__)
    if (made := folder / MADE).is_file():
        return json.loads(made.read_text("utf-8"))
    paths = [path for path in folder.iterdir() if path.name.endswith(".toml")]
    names = {path.name.removesuffix(".toml"): path for path in sorted(paths, key=str)}
    return {name: parsed(path.read_text("utf-8"), name) for name, path in names.items()}


_TABLES = tables()
QUANTITIES, EXERCISES = read_all(_TABLES)
DRILLS = read_drills(_TABLES, QUANTITIES)
