"""Builds the book in _build/html: `python -m book.build`, on every system; `make book` calls it.

What is stale is decided by Sphinx (`website.extension`) and by what files contain. Where nothing
has changed since a build that went well, nothing is done. The PDF, which takes a minute, is printed
when there is none; one of an earlier build is kept, and said to be such, until `--pdf` prints it
again.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys

from . import ROOT
from .chromium import chromium
from .fingerprint import files, fingerprint
from .settings import EPUB, PDF, settle

BUILD = ROOT / "_build"
HTML = BUILD / "html"
DONE = BUILD / "done.json"
PRINTED = BUILD / "printed.txt"  # of which pages the PDF is
SOURCES = ["_config.yml", "_toc.yml", "index.md", "references.bib", "requirements.lock", "chapters"]
SOURCES += ["_static", "vendor", "code/backprop", "code/book", "code/data"]
SPHINX = "from jupyter_book.cli.main import main; main()"


def main(arguments=None):
    """Build what is stale."""
    parser = argparse.ArgumentParser(
        prog="python -m book.build", description=__doc__.partition(":")[0]
    )
    parser.add_argument("--pdf", action="store_true", help="print the PDF again if it is stale")
    options = parser.parse_args(arguments)
    now = [given(), made()]
    kept, printed = last()
    if kept != now or options.pdf and not printed:
        DONE.unlink(missing_ok=True)
        settle()
        if kept != now:
            build()
        printed = paper(options.pdf)
        # As it was at the start: what has changed meanwhile is not in these pages.
        DONE.write_text(json.dumps([[now[0], made()], printed]), "utf-8")
    print(f"The book is in {HTML.relative_to(ROOT)}. To read it: make serve.")
    if not printed:
        print("Its PDF is that of an earlier build: `make pdf` prints it again, in a minute.")


def last():
    """[given, made] of the last build that went well, and whether it printed the PDF."""
    try:
        return json.loads(DONE.read_text("utf-8"))
    except (OSError, ValueError):
        return None, False


def given():
    """What a build is made from."""
    sources = fingerprint(*SOURCES, but=["vendor/pyodide"])  # which `build` fetches
    return [sources, os.environ.get("SOLUTIONS", ""), chromium(), sys.version]


def made():
    """What a build has made: its files with their sizes, so that one deleted by hand is missed."""
    return sorted([path.relative_to(HTML).as_posix(), path.stat().st_size] for path in files(HTML))


def build():
    """All steps, in order."""
    # Not above: where nothing has changed, nothing of this is needed, and it takes a second.
    from .notebooks import editions
    from .paper import epub
    from .runtime import pyodide
    from .website import finish

    pyodide.main()
    sphinx()
    for path in editions.write(HTML):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")
    finish.finish(HTML)
    epub.main(HTML, HTML / EPUB)


def paper(again):
    """Print the PDF if there is none, or `again` if it is stale; whether it is of these pages."""
    from .paper import pdf  # not above: as in `build`

    out, now = HTML / PDF, pdf.version(HTML)
    before = PRINTED.read_text("utf-8") if PRINTED.is_file() and out.is_file() else ""
    if now != before and out.is_file() and not again:
        return False
    if now != before:
        pdf.main(HTML, out)
        PRINTED.write_text(now, "utf-8")
    return True


def sphinx():
    """Let Jupyter Book run the cells and write the pages; a warning is an error."""
    command = [sys.executable, "-c", SPHINX, "build", ".", "-W", "--keep-going", "-n"]
    if code := subprocess.run(command, cwd=ROOT).returncode:
        # Sphinx would not repeat the warnings of pages that it has read already.
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        sys.exit(code)


if __name__ == "__main__":
    main()
