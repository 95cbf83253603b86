"""Tests of the house itself: the files beside the chapters and the library."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from book import ROOT
from book.chapters.chapter import order, place
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from repository import tracked

CHAPTERS = [place(name) for name in order() if name != "index"]
# Chapters that explain or list, and so have a room for text only.
TEXT_ONLY = {"chapters/notation", "chapters/glossary", "chapters/bibliography"}
TEXT_ONLY |= {"chapters/flaws", "chapters/own_derivation", "chapters/gradients", "chapters/checked"}
TEXT_ONLY |= {"chapters/proving", "chapters/scale"}
TEXT_ONLY |= {"chapters/speed", "chapters/teaching", "chapters/accessibility", "chapters/cards"}
REQUIREMENTS = ["requirements.txt", "requirements/test.txt", "requirements/bench.txt"]
LOCKS = {
    name.replace(".txt", ".lock"): list(dict.fromkeys([REQUIREMENTS[0], name]))
    for name in REQUIREMENTS
}
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
WRITES = {"pages.yml": {"deploy": {"pages", "id-token"}, "notebooks": {"contents"}}}
HEADER = {"extension": ".md", "format_name": "myst"}


def read(name):
    return (ROOT / name).read_text("utf-8")


def texts():
    """The pages of the book, as (name, text)."""
    paths = [ROOT / "index.md", *sorted((ROOT / "chapters").glob("*.md"))]
    return [(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in paths]


def found(pattern, name, text, flags=re.IGNORECASE):
    """Where the pattern occurs, as lines for an error message."""
    return [
        f"{name}:{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line, flags)
    ]


# The folder code/ has the name of a module of the standard library.


def test_code_is_not_a_package():
    assert not (ROOT / "code/__init__.py").exists()


def test_code_does_not_shadow_the_standard_library():
    program = "import pdb, code; code.InteractiveConsole"
    run = [sys.executable, "-c", program]
    subprocess.run(run, cwd=ROOT, check=True, timeout=60)


# Chapters.


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_has_its_rooms(chapter):
    topic = Path(chapter).name
    rooms = [f"{chapter}.md"]
    if chapter not in TEXT_ONLY:
        rooms += [f"code/backprop/{topic}.py", f"code/tests/test_{topic}.py"]
    missing = [room for room in rooms if not (ROOT / room).is_file()]
    folders = [f"code/backprop/{topic}.py"] * (ROOT / f"code/backprop/{topic}").is_dir()
    assert missing in ([], folders)


def test_every_chapter_is_in_the_contents():
    files = {f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.md")}
    assert files == set(CHAPTERS)


@pytest.mark.parametrize(("name", "text"), texts())
def test_page_with_cells_has_the_header(name, text):
    if "{code-cell}" not in text:
        return
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert front, f"{name} does not start with a header"
    header = yaml.safe_load(front[1])
    assert header["jupytext"]["text_representation"].items() >= HEADER.items()
    assert header["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize(("name", "text"), texts())
def test_nothing_is_called_obvious(name, text):
    assert found(r"\b(clearly|obviously|simply|trivially|easy to see)\b", name, text) == []


@pytest.mark.parametrize(("name", "text"), texts())
def test_equations_have_myst_labels(name, text):
    assert found(r"\\(label|eqref)\b", name, text) == []


@pytest.mark.parametrize(("name", "text"), texts())
def test_no_number_is_typed_where_a_reference_belongs(name, text):
    prose = re.sub(r"^```\{code-cell\}.*?^```", cut, text, flags=re.DOTALL | re.MULTILINE)
    number = r"\b(chapters?|sections?|equations?|eqs?\.|figures?|exercises?|theorems?)\s+\(?\d"
    lines = found(number, name, prose)
    assert [line for line in lines if "{cite" not in line] == []  # the number of another book


def cut(match):
    """Nothing but the line ends, so that line numbers stay right."""
    return "\n" * match[0].count("\n")


# Dependencies.


def requirements(name):
    lines = [line for line in read(name).splitlines() if line and not line.startswith("#")]
    return [Requirement(line.split("#")[0]) for line in lines]


def pins(lock):
    """The pinned requirements of a lock file with their numbers of hashes."""
    entries = re.findall(r"^([^\s#].*?==.*?) \\\n((?:    --hash.*\n?)*)", read(lock), re.MULTILINE)
    return [(Requirement(pin), hashes.count("--hash=sha256:")) for pin, hashes in entries]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_has_a_reason(name):
    lines = [line for line in read(name).splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[^#\s]+\s+# \S.{9,}", line)] == []


def test_the_library_asks_for_what_the_book_asks():
    """And the book gives the reasons."""
    project = tomllib.loads(read("code/pyproject.toml"))["project"]
    asked = {str(requirement) for requirement in requirements("requirements.txt")}
    assert project["dependencies"]
    assert set(project["dependencies"]) <= asked


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock):
    lines = re.findall(r"^[^\s#].*$", read(lock), re.MULTILINE)
    assert len(pins(lock)) == len(lines) > 50
    assert [str(pin) for pin, hashes in pins(lock) if hashes == 0] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_match_the_requirements(lock):
    versions = {}
    for pin, _ in pins(lock):
        version = str(pin.specifier).removeprefix("==")
        versions.setdefault(canonicalize_name(pin.name), []).append(version)
    for name in LOCKS[lock]:
        for requirement in requirements(name):
            locked = versions.get(canonicalize_name(requirement.name), [])
            assert locked, f"{requirement} is not in {lock}: run make lock"
            wrong = [v for v in locked if not requirement.specifier.contains(v, prereleases=True)]
            assert wrong == [], f"{requirement}, but {lock} has {wrong}: run make lock"


def test_book_tests_and_bench_run_with_the_same_versions():
    """All in one environment; the machines on which one is needed may differ from lock to lock."""
    book, tests, bench = (
        {(canonicalize_name(pin.name), str(pin.specifier)) for pin, _ in pins(lock)}
        for lock in LOCKS
    )
    assert book <= tests & bench
    shared = {name for name, _ in tests} & {name for name, _ in bench}
    assert not {name for name, _ in tests ^ bench} & shared


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_index(lock):
    assert found(r"://|--index|--find-links", lock, read(lock)) == []


# Commands and workflows.


def commands(text):
    return re.findall(r"^\s*(make [a-z]+)\b", text, re.MULTILINE)


def test_ci_runs_the_commands_of_the_readme():
    fences = re.findall(r"^```sh\n(.*?)^```", read("README.md"), re.DOTALL | re.MULTILINE)
    assert commands(read(".ci/run")) == ["make book", "make test"]
    assert set(commands(read(".ci/run"))) <= set(commands("".join(fences)))


def test_ci_can_be_run():
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "Makefile", ".ci/run"])
def test_named_targets_exist(name):
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    text = re.sub(r"\bmake (?=(PYTHON|-))", "", read(name))
    named = set(re.findall(r"[`'\n]make ([a-z]+)", text))
    assert named <= targets


def test_help_lists_every_target():
    run = ["make", "--no-print-directory", "help"]
    printed = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split()
    assert {line.split()[1] for line in printed.stdout.splitlines()} == set(phony)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_is_pinned_and_has_least_permissions(path):
    text = path.read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job
        writes = {what for what, level in job.get("permissions", {}).items() if level == "write"}
        assert writes <= WRITES.get(path.name, {}).get(name, set())
    uses = re.findall(r"uses: *(.*)", text)
    assert uses
    pinned = r"[\w./-]+@[0-9a-f]{40} # v\d[\d.]*"
    assert [use for use in uses if not re.fullmatch(pinned, use)] == []


# Files.


def text_files():
    """(path, text) of the text files that git keeps or would keep."""
    for name in tracked():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            yield name, data.decode("utf-8")


def test_no_program_has_left_its_cache_among_the_files():
    """Of what is no text the project keeps its data, and nothing else."""
    others = {*tracked()} - {name for name, _ in text_files()}
    assert {name for name in others if not re.fullmatch(r"code/data/\w+\.npz", name)} == set()


def test_no_file_names_a_place_on_somebodys_machine():
    path = r"(?<![\w.~])/(work|tmp|opt|root|home|Users)/\w"
    assert [line for name, text in text_files() for line in found(path, name, text)] == []


def test_the_package_has_the_licence_of_the_code():
    assert read("code/LICENSE") == read("LICENSE")
