"""Builds the book in _build/html: `python -m book.build`, on every system; `make book` calls it.

What is stale is decided by Sphinx (`website.extension`) and by what files contain. Where nothing
has changed since a build that went well, nothing is done.
"""

import json
import os
import shutil
import subprocess
import sys

from . import ROOT
from .chromium import chromium
from .fingerprint import files, fingerprint
from .settings import settle

BUILD = ROOT / "_build"
HTML = BUILD / "html"
DONE = BUILD / "done.json"
SOURCES = ["_config.yml", "_toc.yml", "index.md", "references.bib", "requirements.lock", "chapters"]
SOURCES += ["_static", "vendor", "code/backprop", "code/book", "code/data"]
SPHINX = "from jupyter_book.cli.main import main; main()"


def main():
    """Build what is stale."""
    if last() != [given(), made()]:
        DONE.unlink(missing_ok=True)
        settle()
        build()
        DONE.write_text(json.dumps([given(), made()]), "utf-8")
    print(f"The book is in {HTML.relative_to(ROOT)}. To read it: make serve.")


def last():
    """[given, made] of the last build that went well; None if there is none."""
    try:
        return json.loads(DONE.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def given():
    """What a build is made from."""
    sources = fingerprint(*SOURCES)
    return [sources, os.environ.get("SOLUTIONS", ""), chromium(), sys.version]


def made():
    """What a build has made: its files with their sizes, so that one deleted by hand is missed."""
    return sorted([path.relative_to(HTML).as_posix(), path.stat().st_size] for path in files(HTML))


def build():
    """All steps, in order."""
    # Not above: where nothing has changed, nothing of this is needed, and it takes a second.
    from .notebooks import editions
    from .paper import pdf
    from .runtime import pyodide
    from .website import finish

    pyodide.main()
    sphinx()
    for path in editions.write(HTML):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")
    finish.finish(HTML)
    pdf.main(HTML, HTML / finish.PDF)


def sphinx():
    """Let Jupyter Book run the cells and write the pages; a warning is an error."""
    command = [sys.executable, "-c", SPHINX, "build", ".", "-W", "--keep-going", "-n"]
    if code := subprocess.run(command, cwd=ROOT).returncode:
        # Sphinx would not repeat the warnings of pages that it has read already.
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
