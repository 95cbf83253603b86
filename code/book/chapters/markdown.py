"""Turns the MyST of a chapter into plain Markdown, as JupyterLab, Colab and VS Code show it.

`plain(text, name)` does it for a piece of the page `name`. A directive or a role that has no plain
form here is an error, so that none is ever shown raw.
"""

import ast
import re
from functools import cache
from pathlib import Path

from pybtex.backends.markdown import Backend
from pybtex.database import parse_file
from pybtex.style.formatting.plain import Style

from .. import ROOT
from .chapter import Chapter, levels_of, order, path_of
from .directives import Prose, joined, pieces

ROLE = re.compile(r"\{([a-z:]+)\}`([^`<]*?)(?: ?<([^`>]*)>)?`")
LABELLED = re.compile(r"^\$\$ \((eq-[\w-]+)\)$", re.M)
TARGET = re.compile(r"^\(([\w-]+)\)=\n", re.M)  # an older or shorter name of the heading below it
CITED = re.compile(r"\{cite(?::t)?\}`([^`]*)`")


def link(name):
    """A link to the notebook of a page."""
    return f"[{Chapter.read(name).title}]({name}.ipynb)"


def plain(text, name):
    """The text, a piece of the page `name`, without directives and roles."""
    text = ROLE.sub(
        lambda role: _role(role, name), TARGET.sub(lambda one: _anchor(one, name), text)
    )
    text = LABELLED.sub(lambda end: rf"\tag{{{_number(end[1])[1]}}}" + "\n$$", text)
    return _flat(text, name)


def _anchor(target, name):
    """The label of a section as a place to link to, if its own page links there."""
    label = target[1]
    linked = re.search(rf"\{{ref\}}`(?:[^`]*<)?{label}>?`", Chapter.read(name).text)
    return f'<a id="{label}"></a>\n\n' if linked else ""


def _flat(text, name):
    parts = pieces(text)
    return joined(part if isinstance(part, Prose) else _directive(part, name) for part in parts)


def _directive(found, name):
    body = _flat(found.body, name).strip() if found.fence != "```" else found.body.strip()
    match found.kind:
        case "dropdown":
            return f"<details>\n<summary>{found.title}</summary>\n\n{body}\n\n</details>"
        case "admonition":
            lines = [f"**{found.title}**", "", *body.split("\n")]
            return "\n".join(f"> {line}".rstrip() for line in lines)
        case "exercise":
            label = found.option("label")
            linked = f"<{label}>`" in Chapter.read(name).text
            anchor = f'<a id="{label}"></a>\n\n' if linked else ""
            level = "".join(f" ({one})" for one in levels_of(found))
            return f"### Exercise{level}: {found.title}\n\n{anchor}{body}"
        case "grid":
            return body
        case "grid-item-card":
            return f"**{found.title}.** {body}"
        case "glossary":
            return re.sub(r"^(\S.*)\n  ", r"**\1**<br>\n", body, flags=re.M)
        case "literalinclude":
            return _included(path_of(name).parent / found.title, found)
        case "bibliography":
            return references(bibliography().entries)
    raise ValueError(f"{name}: the directive {found.kind!r} has no plain form yet")


def _included(path, found):
    """The code of a file, or of one function or class in it, as {literalinclude} shows it."""
    code = path.read_text("utf-8").rstrip()
    if wanted := found.option("pyobject"):
        node = ast.parse(code)
        for part in wanted.split("."):
            node = next(one for one in node.body if getattr(one, "name", None) == part)
        first = min(one.lineno for one in [node, *node.decorator_list])
        code = "\n".join(code.split("\n")[first - 1 : node.end_lineno])
    return f"```{found.option('language')}\n{code}\n```"


def _role(role, name):
    kind, text, target = role.groups()
    match kind:
        case "doc":
            page = Path(target or text).name
            return f"[{text}]({page}.ipynb)" if target else link(page)
        case "term":
            return f"[{text}](glossary.ipynb)"
        case "eq":
            page, number = _number(text)
            return f"({number})" if page == name else f"({number}) in {link(page)}"
        case "ref":
            page, heading = _labeled(target or text)
            address = f"#{target or text}" if page == name else f"{page}.ipynb"
            return f"[{text if target else heading}]({address})"
        case "cite":
            return "(" + "; ".join(", ".join(label(key)) for key in text.split(",")) + ")"
        case "cite:t":
            return "{} ({})".format(*label(text))
    raise ValueError(f"{name}: the role {kind!r} has no plain form yet")


@cache
def _labeled(wanted):
    """(page, heading) of a labeled section or an exercise."""
    section, exercise = rf"^\({wanted}\)=\n#+ (.*)$", rf"\{{exercise\}} (.*)\n:label: {wanted}$"
    for name in order():
        if found := re.search(f"{section}|{exercise}", Chapter.read(name).text, re.M):
            return name, found[1] or found[2]
    raise ValueError(f"there is no section {wanted!r}")


@cache
def _number(equation):
    """(page, number) of a labeled equation; each page counts its own."""
    for name in order():
        labels = LABELLED.findall(Chapter.read(name).text)
        if equation in labels:
            return name, labels.index(equation) + 1
    raise ValueError(f"there is no equation {equation!r}")


# What is cited.


@cache
def bibliography():
    """The entries of references.bib."""
    return parse_file(ROOT / "references.bib")


@cache
def label(key):
    """(authors, year) of an entry, as one cites it in a sentence."""
    entry = bibliography().entries[key.strip()]
    names = [
        "".join(person.rich_last_names[0].render_as("text")) for person in entry.persons["author"]
    ]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return authors, entry.fields["year"]


def cited(text):
    """The keys of what a text cites, each once."""
    keys = [key.strip() for found in CITED.findall(text) for key in found.split(",")]
    return list(dict.fromkeys(keys))


def references(keys):
    """A list of entries, sorted by their authors."""
    style, backend = Style(), Backend()
    entries = style.format_entries([bibliography().entries[key] for key in keys])
    lines = [" ".join(entry.text.render(backend).split()) for entry in entries]
    return "\n".join(f"- {line}" for line in lines)
