"""Begins a chapter: `python -m book.new NAME "PART OF THE BOOK"` writes its four rooms.

    chapters/NAME.md                               the text
    code/backprop/NAME.py                          the formulas and the layer
    code/tests/test_NAME.py                        the tests
    code/backprop/exercises/tables/NAME.toml       the mistakes that its exercises name

and puts it into _toc.yml, at the end of its part. All of it works at once, for a layer Y = 2 X:
`make quick` passes, and every line is there to be replaced. What is written is in `skeleton`.
"""

import re
import sys

from . import ROOT
from .chapters import texts
from .chapters.chapter import names, parts

SKELETON = ROOT / "code/book/skeleton"
ROOMS = {
    "chapter.md": "chapters/NAME.md",
    "module.py.txt": "code/backprop/NAME.py",
    "test.py.txt": "code/tests/test_NAME.py",
    "table.toml.txt": "code/backprop/exercises/tables/NAME.toml",
}


def begin(name, part):
    """Write the rooms of a chapter: their paths. Where that can't be, ValueError and no file."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"a chapter's name is that of a module, such as dropout, got {name!r}")
    if part not in parts():
        raise ValueError(f"there is no part {part!r}; there are {', '.join(map(repr, parts()))}")
    rooms = {kind: ROOT / path.replace("NAME", name) for kind, path in ROOMS.items()}
    if name in names() or (taken := [path for path in rooms.values() if path.exists()]):
        there = f"chapters/{name}.md" if name in names() else taken[0].relative_to(ROOT)
        raise ValueError(f"{there} is there already")
    for kind, path in rooms.items():
        path.write_text(filled((SKELETON / kind).read_text("utf-8"), name), "utf-8")
    enter(name, part)
    return [*rooms.values()]


def filled(text, name):
    """The text with the chapter's name in it: NAME, Name for the class, and TITLE."""
    title = name.replace("_", " ")
    text = text.replace("TITLE", title.capitalize()).replace("NAME", name)
    return text.replace("Name", title.title().replace(" ", ""))


def enter(name, part):
    """Put the chapter into _toc.yml, behind the last one of its part."""
    contents, last = ROOT / "_toc.yml", parts()[part][-1]
    line = re.compile(rf"^( *- file: chapters/){last}$", re.M)
    text, times = line.subn(rf"\g<0>\n\g<1>{name}", contents.read_text("utf-8"))
    if times != 1:
        raise ValueError(f"_toc.yml has {times} lines for chapters/{last}, 1 was expected")
    contents.write_text(text, "utf-8")


def main(arguments):
    try:
        for path in begin(*arguments):
            print(path.relative_to(ROOT))
    except (TypeError, ValueError) as error:
        sys.exit(f'{error}\nUsage: python -m book.new NAME "PART"')
    parts.cache_clear()
    texts.FILE.write_text(texts.as_json(), "utf-8")
    print("It stands in _toc.yml. `make quick` checks it; CONTRIBUTING.md says what comes next.")


if __name__ == "__main__":
    main(sys.argv[1:])
