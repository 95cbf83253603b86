"""What the zips of the site have in common: the library, laid out as in the repository."""

import zipfile
from pathlib import Path

from . import exercises

ROOT = Path(__file__).resolve().parents[2]
# Of what builds the book, this is what the pages look at that look at the whole book.
LOOKED_AT = [
    *("chromium.py", "derivations.py", "exercises.py", "load.py", "load.json"),
    *("mutants.py", "mutants.json"),
]


def library():
    """{path in the repository: bytes} of `backprop`, and of what pages import from `book`.

    In an edition without solutions, there are none in it.
    """
    code = ROOT / "code"
    paths = [path for path in (code / "backprop").rglob("*") if path.suffix in (".py", ".json")]
    found = read(paths + [code / "book" / name for name in LOOKED_AT])
    if exercises.withheld():
        texts = exercises.as_json(solutions=False)
        found[str(exercises.TEXTS.relative_to(ROOT))] = texts.encode()
    return found


def read(paths):
    """{path in the repository: bytes} of these files."""
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in paths}


def write(path, files):
    """A zip of {name: bytes}; the same files give the same bytes, and it is whole or not there."""
    new = path.with_suffix(".new")
    with zipfile.ZipFile(new, "w") as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name)
            packed = name.endswith(".npz")  # already compressed
            member.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    new.replace(path)
