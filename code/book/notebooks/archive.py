"""What the zips of the site have in common: the library, laid out as in the repository."""

import zipfile

from .. import ROOT
from ..chapters import texts
from ..chapters.chapter import withheld

# Of what builds the book, this is what the pages need that look at the whole book.
ROOMS = ["chapters", "audit"]
KINDS = {".py", ".json", ".toml", ".v"}


def library():
    """{path in the repository: bytes} of `backprop`, and of what pages import from `book`.

    In an edition without solutions, there are none in it.
    """
    book = ROOT / "code/book"
    folders = [ROOT / "code/backprop", *(book / room for room in ROOMS)]
    paths = [path for folder in folders for path in folder.rglob("*") if path.suffix in KINDS]
    found = read([*paths, *book.glob("*.py")])
    if withheld():
        kept = texts.as_json(solutions=False)
        found[texts.FILE.relative_to(ROOT).as_posix()] = kept.encode()
    return found


def read(paths):
    """{path in the repository: bytes} of these files."""
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


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
