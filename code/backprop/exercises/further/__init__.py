"""Quantities that no exercise asks for, and that `diagnose` knows nevertheless.

Convolution, pooling, recurrent layers, attention with a batch and a mask, losses: what people
bring along from other courses. A table of this folder has functions instead of formulas, for these
need a loop:

    ["max_pool"]
    takes = {X = "S C H W", dY = "S C h w", kernel = "any", stride = "any"}
    optional = {padding = "0"}                     inputs that may be left out, and their values
    gives = {forward = "Y", dX = "∂L/∂X"}          the quantities max_pool.forward and max_pool.dX
    mistakes = [["overwritten", "overwritten='entries'", "Where windows overlap …"]]
    conventions = [["ties-counted-twice", "ties='all'", "In a window with several maxima …"]]

The function of that name, in a module of this folder, returns all quantities by their names, on the
inputs and with one mistake more: the arguments that a line of `mistakes` adds or replaces. So what
a sentence says is evaluated before it is said. A line with RIGHT in it is a formula of the right
value. With `only = {dX = […]}` a mistake belongs to one quantity. Where the arguments have an
unknown `eps` in them, it is found. What a convention gives is right, and its sentence is said, with
a code or ""; mistakes are tried with each convention and each of `variants` as well. An input may
have several forms: "T D | S T D".

A table is read when somebody names a quantity of it.
"""

import ast
import functools
import importlib
import tomllib
from dataclasses import dataclass, field, replace
from importlib import resources
from types import SimpleNamespace

import numpy as np

from ..formulas import sizes_of
from ..tables import Mistake, Quantity

MODULES = "images", "sequences", "attending", "norms", "losses"


@dataclass(frozen=True)
class Family:
    """A function, what it takes and gives, and what goes wrong with it."""

    name: str
    takes: dict
    gives: dict
    mistakes: tuple
    optional: dict = field(default_factory=dict)
    only: dict = field(default_factory=dict)
    conventions: tuple = ()
    variants: tuple = ()
    chapter: str = ""
    section: str = ""


@functools.cache
def _texts():
    """The tables of this folder, not yet read."""
    files = sorted(resources.files(__package__).iterdir(), key=str)
    return [file.read_text("utf-8") for file in files if file.name.endswith(".toml")]


@functools.cache
def _table(text):
    """{name: Family}."""
    return {name: Family(name, **given) for name, given in tomllib.loads(text).items()}


def family_of(name):
    """The Family of "max_pool.dX", or None; no other table is read for it."""
    family = name.partition(".")[0]
    found = [_table(text)[family] for text in _texts() if f'\n["{family}"]\n' in text]
    return found[0] if found else None


def families():
    """{name: Family} of all tables of this folder."""
    return {name: family for text in _texts() for name, family in _table(text).items()}


@functools.cache
def functions():
    """All functions of the modules of this folder, as `further.max_pool` in formulas."""
    modules = [importlib.import_module(f"{__package__}.{name}") for name in MODULES]
    things = {name: thing for one in modules for name, thing in vars(one).items()}
    return SimpleNamespace(**things)


@functools.cache
def quantity(name, forms=()):
    """The Quantity "max_pool.dX", or None; `forms` are {input: its form} as pairs."""
    family, output = family_of(name), name.partition(".")[2]
    if family is None or output not in family.gives:
        return None
    lines = (*family.only.get(output, ()), *family.mistakes)
    variants = (*(more for _, *more in family.conventions), *family.variants)
    mistakes = [one for line in lines for one in _with_variants(family, output, line, variants)]
    takes = dict(forms) or _forms(family, 0)
    return Quantity(
        name,
        family.chapter,
        family.gives[output],
        dict.fromkeys((*family.takes, *family.optional), "") | takes,
        shape="",
        formula=formula(family, output),
        section=family.section,
        mistakes=tuple(mistakes),
        holds="function",
    )


def _with_variants(family, output, line, variants):
    code, *wrong, says = line
    yield Mistake(code, tuple(formula(family, output, one) for one in wrong), says)
    for more, aside in variants:
        calls = (one for one in wrong if "RIGHT" not in one)
        both = (f"{one}, {more}" for one in calls if not _names(one) & _names(more))
        yield Mistake(code, tuple(formula(family, output, one) for one in both), f"{says} {aside}")


def formula(family, output, wrong=""):
    """The call of the family's function, with the arguments of a mistake, and its output."""
    if "RIGHT" in wrong:
        return wrong.replace("RIGHT", formula(family, output))
    given = {name: name for name in (*family.takes, *family.optional)} | _arguments(wrong)
    return f"further.{family.name}({', '.join(f'{k}={v}' for k, v in given.items())})[{output!r}]"


def _arguments(text):
    return {
        one.arg: ast.unparse(one.value) for one in ast.parse(f"_({text})").body[0].value.keywords
    }


def _names(text):
    return set(_arguments(text))


def _forms(family, n):
    """{input: its form number n}, of those whose shape is given."""
    forms = {name: spec.split("|") for name, spec in family.takes.items() if spec != "any"}
    return {name: some[n % len(some)].strip() for name, some in forms.items()}


def understood(name, inputs):
    """(Quantity, names of its formulas) for these inputs; None if it is none of this folder.

    Raises ValueError if an input is missing, or fits in none of its forms.
    """
    if quantity(name) is None:
        return None
    family = family_of(name)
    if missing := [n for n, spec in family.takes.items() if spec == "any" and n not in inputs]:
        raise ValueError(f"{name} is judged on {', '.join(family.takes)}; {missing[0]} is missing")
    refused = None
    for n in range(max(spec.count("|") for spec in family.takes.values()) + 1):
        forms = _forms(family, n)
        found = quantity(name, tuple(forms.items()))
        try:
            sizes = sizes_of(replace(found, takes=forms), inputs)
        except ValueError as error:
            refused = refused or error
        else:
            known = {"np": np, "further": functions(), **_left_out(family)}
            return found, known | sizes | inputs
    raise refused


def optional(name):
    """The inputs of a quantity that may be left out."""
    family = family_of(name)
    return family.optional.keys() if family else set()


def _left_out(family):
    return {name: ast.literal_eval(value) for name, value in family.optional.items()}


def names():
    """The names of all quantities of this folder."""
    return [f"{one.name}.{output}" for one in families().values() for output in one.gives]


def choices(quantity):
    """[(code or "", formula, sentence)]: other answers that are right by another convention."""
    if quantity.holds != "function":
        return []
    family, output = family_of(quantity.name), quantity.name.partition(".")[2]
    return [(code, formula(family, output, more), says) for code, more, says in family.conventions]
