"""Which facts a line needs: for using=auto, and for the messages about one too few or too many."""

from collections.abc import Iterable

from .nodes import Node, Word
from .premises.claims import earlier
from .premises.facts import chain_rule
from .premises.hypotheses import Hypothesis


class Auto(Word):
    """Given for `using`: the definitions that a line needs, and the chain rule, are looked for."""

    word = "auto"


auto = Auto()


def cited(using):
    """What an author gave for `using`, as a tuple."""
    return tuple(using) if isinstance(using, tuple | list) else (using,)


def least(facts: Iterable, holds):
    """The facts without those that the line can spare, tried one after the other."""
    facts = [*facts]
    for fact in tuple(facts):
        others = [one for one in facts if one is not fact]
        if holds(others):
            facts = others
    return tuple(facts)


def found(given, definitions, holds):
    """What a line may cite by which it holds: what is given, and the least that is to be added.

    It is all there is if the line does not even hold by that.
    """
    added = [chain_rule, *definitions]
    if holds(given):
        return given
    if not holds((*given, *added)):
        return (*given, *added)
    needed = least([*definitions, chain_rule], lambda some: holds((*given, *some)))
    return (*given, *(one for one in added if one in needed))


def as_typed(using):
    """using=(chain_rule, Y), as an author would type it; a derivation has a name of his own, …"""
    names = [*dict.fromkeys(map(name, using))]
    return f"using={names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'}"


def name(fact):
    if fact is chain_rule:
        return "chain_rule"
    if fact is earlier:
        return "earlier"
    if isinstance(fact, Hypothesis):
        return f"{fact.called}({fact.array})"
    return f"{fact:typed}" if isinstance(fact, Node) else "…"
