"""Makes the files of Python and its packages smaller for the pages: what no cell reads is left out.

The files in vendor/pyodide are whole, and have been compared with their SHA-256 (pyodide.py). What
is left out of them is listed in the site, in page/left-out.json. An archive is stored without
compression and then packed as one: text that many of its members share counts once.
"""

import gzip
import hashlib
import io
import re
import zipfile

from .. import ROOT
from ..runtime import pyodide

UNUSED = re.compile(
    r"/tests/|/benchmarks/|/test-examples/|\.(pyi|pxd|pyx|h|a|pc|orig|1|g4)$|dist-info/RECORD$"
    r"|/$|^numpy/(f2py|distutils|_pyinstaller)/"
    r"|/mpl-data/(sample_data|images|fonts/(afm|pdfcorefonts))/|/DejaVu(Serif|SansMono-)"
)
AGE = (1980, 1, 1, 0, 0, 0)


def served(name):
    """Where a file of vendor/pyodide is in the site, and its bytes there."""
    if not name.endswith((".whl", ".zip")):
        path = pyodide.kept_as(name)
        return f"pyodide/{path.name}", path.read_bytes()
    return f"pyodide/{name}.gz", _packed(name)


def left_out(name):
    """The members of an archive that no page is served."""
    if not name.endswith((".whl", ".zip")):
        return []
    with zipfile.ZipFile(pyodide.kept_as(name)) as whole:
        return [member for member in whole.namelist() if UNUSED.search(member)]


def _packed(name):
    """Packing takes seconds, so what it gives is kept from one build to the next."""
    whole = pyodide.content(name)
    mark = hashlib.sha256(whole + UNUSED.pattern.encode()).hexdigest()[:16]
    kept = ROOT / f"_build/light/{name}-{mark}.gz"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(gzip.compress(_used(whole), 9, mtime=0))
    return kept.read_bytes()


def _used(whole):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(out, "w") as light:
        for name in archive.namelist():
            if not UNUSED.search(name):
                light.writestr(zipfile.ZipInfo(name, AGE), archive.read(name))
    return out.getvalue()
