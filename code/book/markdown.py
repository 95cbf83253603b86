"""Turns the MyST of a chapter into plain Markdown, as JupyterLab, Colab and VS Code show it.

`plain(text, name)` does it for a piece of the page `name`. A directive or a role that has no plain
form here is an error, so that none is ever shown raw.
"""

import ast
import re
from functools import cache
from pathlib import Path

import yaml
from pybtex.database import parse_file
from pybtex.plugin import find_plugin

ROOT = Path(__file__).resolve().parents[2]

# :::{name} title, options, body; a longer row of colons holds shorter ones.
COLONS = re.compile(
    r"^(:{3,})\{([\w-]+)\} *([^\n]*)\n((?::[\w-]+:[^\n]*\n)*)\n*(.*?)^\1$", re.S | re.M
)
FENCE = re.compile(r"^```\{([\w-]+)\} *([^\n]*)\n((?::[\w-]+:[^\n]*\n)*)\n*(.*?)^```$", re.S | re.M)
ROLE = re.compile(r"\{([a-z:]+)\}`([^`<]*?)(?: ?<([^`>]*)>)?`")
LABELLED = re.compile(r"^\$\$ \((eq-[\w-]+)\)$", re.M)
CITED = re.compile(r"\{cite(?::t)?\}`([^`]*)`")
TITLE = re.compile(r"^# (.+)$", re.M)


@cache
def pages():
    """{name: path} of all pages, in the order of the contents. A name is that of the notebook."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    paths = [ROOT / f"{page}.md" for page in [contents["root"], *chapters]]
    return {path.stem: path for path in paths}


@cache
def read(name):
    """The text of a page."""
    return pages()[name].read_text("utf-8")


def link(name):
    """A link to the notebook of a page."""
    return f"[{TITLE.search(read(name))[1]}]({name}.ipynb)"


def plain(text, name):
    """The text, a piece of the page `name`, without directives and roles."""
    text = ROLE.sub(lambda role: _role(role, name), text)
    text = LABELLED.sub(lambda end: rf"\tag{{{_number(end[1])[1]}}}" + "\n$$", text)
    text = FENCE.sub(lambda fence: _directive(*fence.groups(), name), text)
    return _without_colons(text, name)


def _without_colons(text, name):
    def flat(found):
        _, kind, title, options, body = found.groups()
        return _directive(kind, title, options, _without_colons(body, name), name)

    return COLONS.sub(flat, text)


def _directive(kind, title, options, body, name):
    body = body.strip()
    match kind:
        case "dropdown":
            return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"
        case "admonition":
            return "\n".join(
                f"> {line}".rstrip() for line in [f"**{title}**", "", *body.split("\n")]
            )
        case "exercise":
            label = re.search(r"^:label: (\S+)$", options, re.M)[1]
            anchor = f'<a id="{label}"></a>\n\n' if f"<{label}>`" in read(name) else ""
            return f"### Exercise: {title}\n\n{anchor}{body}"
        case "grid":
            return body
        case "grid-item-card":
            return f"**{title}.** {body}"
        case "glossary":
            return re.sub(r"^(\S.*)\n  ", r"**\1**<br>\n", body, flags=re.M)
        case "literalinclude":
            return _included(pages()[name].parent / title, options)
        case "bibliography":
            return references(bibliography().entries)
    raise ValueError(f"{name}: the directive {kind!r} has no plain form yet")


def _included(path, options):
    """The code of a file, or of one function or class in it, as {literalinclude} shows it."""
    options = dict(re.findall(r"^:([\w-]+): (.*)$", options, re.M))
    code = path.read_text("utf-8").rstrip()
    if wanted := options.get("pyobject"):
        node = ast.parse(code)
        for part in wanted.split("."):
            node = next(one for one in node.body if getattr(one, "name", None) == part)
        first = min(one.lineno for one in [node, *node.decorator_list])
        code = "\n".join(code.split("\n")[first - 1 : node.end_lineno])
    return f"```{options['language']}\n{code}\n```"


def _role(role, name):
    kind, text, target = role.groups()
    match kind:
        case "doc":
            page = Path(target or text).name
            return f"[{text}]({page}.ipynb)" if target else link(page)
        case "eq":
            page, number = _number(text)
            return f"({number})" if page == name else f"({number}) in {link(page)}"
        case "ref":
            return f"[{text}](#{target})"
        case "cite":
            return "(" + "; ".join(", ".join(label(key)) for key in text.split(",")) + ")"
        case "cite:t":
            return "{} ({})".format(*label(text))
    raise ValueError(f"{name}: the role {kind!r} has no plain form yet")


@cache
def _number(equation):
    """(page, number) of a labelled equation; each page counts its own."""
    for name in pages():
        labels = LABELLED.findall(read(name))
        if equation in labels:
            return name, labels.index(equation) + 1
    raise ValueError(f"there is no equation {equation!r}")


# What is cited.


@cache
def bibliography():
    """The entries of references.bib."""
    return parse_file(ROOT / "references.bib")


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
    style = find_plugin("pybtex.style.formatting", "plain")()
    backend = find_plugin("pybtex.backends", "markdown")()
    entries = style.format_entries([bibliography().entries[key] for key in keys])
    lines = [" ".join(entry.text.render(backend).split()) for entry in entries]
    return "\n".join(f"- {line}" for line in lines)
