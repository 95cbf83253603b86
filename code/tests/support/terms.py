"""The glossary's terms, and where a chapter uses them in running text: not in headings, tables,
code, formulas, boxes, exercises or solutions.
"""

import re
from functools import cache

from book import ROOT

# Forms other than the term itself and its plural in s.
FORMS = {
    "SGD": "SGD|stochastic gradient descent",
    "KL divergence": "KL divergence|Kullback–Leibler divergence",
    "Jacobian–vector product": "Jacobian[–-]vector products?|JVPs?",
    "MLP": "MLPs?|multilayer perceptrons?",
    "affine layer": "affine|fully connected",
    "batch": "batch(?:es)?",
    "dead unit": "dead(?: units?)?",
    "fan-in, fan-out": "fan-in|fan-out",
    "gain": "gain(?! less)",
    "logits": "logits?",
    "nats": "nats?",
    "overfitting": "overfit(?:ting|ted|s)?",
    "saturation": "saturat(?:ed|ion)",
    "subnormal number": "subnormal(?: numbers?)?",
    "vector–Jacobian product": "vector[–-]Jacobian products?|VJPs?",
}
# Where a word is not the term.
OTHERWISE = {
    ("own_derivation", "gain"): "a factor for each column",
    ("speed", "gain"): "what is gained",
    ("teaching", "cache"): "a browser's",
}
ROLE = re.compile(r"\{term\}`([^`<]*?)(?: ?<([^`>]*)>)?`")
HIDDEN = [
    r"\A---\n.*?\n---\n",  # the header
    r"^```\{solution-start\}.*?^```\{solution-end\}",
    r"^(`{3,}|:{3,}).*?^\1$",  # cells and boxes
    r"^\$\$.*?^\$\$.*?$",
    r"^(?:#|\||\().*?$",  # headings, tables, labels
    r"\[[^\]\n]*\]\([^)\n]*\)",  # links
    r"(?:\{[\w:]+\})?`[^`\n]+`",  # roles and code
    r"\$[^$\n]+\$",
]


@cache
def terms():
    """The glossary's terms, each once."""
    text = (ROOT / "chapters/glossary.md").read_text("utf-8")
    return re.findall(r"^(\S.*)\n  \S", text.split(":::{glossary}\n")[1], re.M)


def pattern(term):
    return FORMS.get(term, re.escape(term) + "s?")


@cache
def running(text):
    """The text with blanks for all that is no running text; links to terms stay."""
    for hidden in HIDDEN:
        text = re.sub(hidden, _blank, text, flags=re.M | re.S)
    return text


def _blank(found):
    return found[0] if ROLE.fullmatch(found[0]) else re.sub(r"[^\n]", " ", found[0])


@cache
def uses(text):
    """(term, start, end, whether it is linked) of each use, in order; the longest term wins."""
    names = sorted(terms(), key=len, reverse=True)
    forms = "|".join(f"(?P<t{n}>{pattern(term)})" for n, term in enumerate(names))
    either = re.compile(rf"{ROLE.pattern}|(?<![\w-])(?:{forms})(?![\w-])", re.I)
    return [
        (_term(use, names), *use.span(), use[0][0] == "{") for use in either.finditer(running(text))
    ]


def _term(use, names):
    linked = use[0].startswith("{term}")
    return use[2] or use[1] if linked else names[int(use.lastgroup[1:])]


def first_uses(name, text):
    """The first use of each term in a chapter."""
    seen = set()
    for use in uses(text):
        if use[0] not in seen and (name, use[0]) not in OTHERWISE:
            seen.add(use[0])
            yield use
