"""One short text that changes when a file does: what is stale is decided by contents, not dates."""

import hashlib

from . import ROOT


def fingerprint(*places, but=()):
    """Of files and of all files in folders: of their paths from the root and their contents."""
    found = hashlib.sha256()
    for path in sorted(path for place in places for path in files(ROOT / place)):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix != ".pyc" and not name.startswith(tuple(but)):
            found.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def files(place):
    """The files of a folder, or the file itself; none where nothing is."""
    if place.is_dir():
        return [path for path in place.rglob("*") if path.is_file()]
    return [place] if place.is_file() else []
