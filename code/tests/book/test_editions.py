"""Tests of the notebooks, the folder of `make lab`, the buttons, and of what is withheld."""

import copy
import inspect
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import nbformat
import pytest
from book import ROOT
from book.chapters import markdown, texts
from book.chapters.chapter import Chapter, order, place
from book.chapters.stubs import BEGIN
from book.notebooks import editions, lab
from book.runtime.names import defined_and_needed
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

PAGES = order()
CHAPTERS = [Chapter.read(name) for name in PAGES]
URL = "https://github.com/example/gradients-by-hand"
VENDORED = {"_static", "temml", "latin-modern-math", "pyodide", "codemirror"}


NOTEBOOK = editions.notebook  # which tests replace


@cache
def made(name, solutions=False):
    return NOTEBOOK(name, solutions)


def sources(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def asked(notebook):
    """The cells of the exercises."""
    return [cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", [])]


# What is a line of a solution, and stands nowhere else?


def letters(text):
    """The text without markup and white space, which differ between a page and its source."""
    return re.sub(r"[^a-zA-Z0-9]+", "", text)


@cache
def elsewhere():
    """All that a reader may see: chapters without solutions, and the library."""
    chapters = [chapter.unsolved().text for chapter in CHAPTERS]
    files = (ROOT / "code/backprop").rglob("*.*")
    library = [path.read_text("utf-8") for path in files if path.suffix in (".py", ".toml")]
    return letters("\n".join(chapters + library))


@cache
def telling_lines():
    """{exercise: lines of its solution, in code and in words, that stand nowhere else}."""
    found = {}
    for chapter in CHAPTERS:
        for one in chapter.exercises.values():
            lines = set(one.source.splitlines()) - set(one.stub.splitlines())
            written = re.split(r"\{[a-z:]+\}`[^`]*`|\n", one.solution)
            lines |= {line for line in written if not line.startswith(("```", ":"))}
            lines = {letters(re.sub(r"^\d+\. ", "", line)) for line in lines}
            found[one.name] = {li for li in lines if len(li) >= 20 and li not in elsewhere()}
    return found


def given_away(text):
    """The lines of solutions that stand in a text."""
    text = letters(text)
    return [
        (name, line) for name, lines in telling_lines().items() for line in lines if line in text
    ]


def test_nearly_every_solution_has_lines_of_its_own():
    without = [name for name, lines in telling_lines().items() if not lines]
    assert len(telling_lines()) - len(without) >= 0.9 * len(telling_lines()), without


# The notebooks.


@pytest.mark.parametrize("solutions", [False, True], ids=["student", "teacher"])
@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_is_valid_and_has_not_been_run(name, solutions):
    notebook = made(name, solutions)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        assert cell.source.strip()
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("solutions", [False, True], ids=["student", "teacher"])
@pytest.mark.parametrize("name", PAGES)
def test_the_same_page_gives_the_same_bytes(name, solutions):
    again = editions.notebook(name, solutions)
    assert editions.as_text(again) == editions.as_text(made(name, solutions))


@pytest.mark.parametrize("solutions", [False, True], ids=["student", "teacher"])
@pytest.mark.parametrize("name", PAGES)
def test_no_source_shows_through(name, solutions):
    directive, role, option = r"^ *:{3,}|^ *`{3,}\{", r"\{[a-z:-]+\}`", r"^:[\w-]+: "
    label, attribute, other = r"^\([\w-]+\)=$|\$\$ *\(", r"\]\([^)]*\)\{", r"^%|^\+\+\+"
    myst = "|".join([directive, role, option, label, attribute, other])
    for text in sources(made(name, solutions), "markdown"):
        assert re.findall(myst, text, re.M) == []
        assert text.count("<details>") == text.count("</details>")
        assert text.count("```") % 2 == 0
        quoted = [line for line in text.splitlines() if line.startswith(">")]
        assert [
            line for line in quoted if line.count("$") % 2
        ] == []  # it would not end in its line


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_lost(name):
    # Every word of the chapter that is no directive is in the teacher's notebook.
    text = "\n".join(cell.source for cell in made(name, True).cells)
    lines = Chapter.read(name).text.split("---\n", 2)[-1].splitlines()
    prose = [line for line in lines if not re.match(r"[:`]{3}|:[\w-]+:|\$\$ \(|\([\w-]+\)=$", line)]
    words = {
        w for line in prose for w in re.findall(r"\w{3,}", re.sub(r"\{[^`]*`[^`]*`", "", line))
    }
    assert words - {"your", "turn", "end", "html", *re.findall(r"\w+", text)} == set()


def test_a_term_leads_to_the_glossary():
    said = markdown.plain("{term}`loss` and {term}`paths add up <paths add>`", "linear")
    assert said == "[loss](glossary.ipynb) and [paths add up](glossary.ipynb)"
    assert "glossary" in PAGES


def test_a_directive_without_a_plain_form_is_an_error():
    with pytest.raises(ValueError, match="directive 'mermaid' has no plain form"):
        markdown.plain(":::{mermaid} x\n:::\n", "linear")
    with pytest.raises(ValueError, match="role 'numref' has no plain form"):
        markdown.plain("{numref}`logits`", "linear")
    with pytest.raises(ValueError, match="no equation 'eq-nowhere'"):
        markdown.plain("{eq}`eq-nowhere`", "linear")
    with pytest.raises(ValueError, match="no section 'nowhere'"):
        markdown.plain("{ref}`nowhere`", "linear")


def test_links_equations_and_citations_read_well():
    text = "\n".join(sources(made("losses"), "markdown"))
    assert "Put (1) in [Softmax](softmax.ipynb) into the logarithm" in text
    weights = "The gradient with respect to the weights"
    for page, leads_to in ("index", "linear.ipynb"), ("linear", "#the-gradient-by-the-weights"):
        made_of = markdown.plain("See {ref}`the-gradient-by-the-weights`.", page)
        assert made_of == f"See [{weights}]({leads_to})."
    told = "See {ref}`that <the-gradient-by-the-weights>`."
    assert markdown.plain(told, "index") == "See [that](linear.ipynb)."
    text = "\n".join(sources(made("linear"), "markdown"))
    numbered = re.findall(r"^\$\$ \(", Chapter.read("linear").text, re.M)
    tags = re.findall(r"\\tag\{(\d)\}\n\$\$", text)
    assert [*map(int, tags)] == [*range(1, len(numbered) + 1)]
    assert len(tags) > 2
    assert "adding them all up is (2);" in text
    text = "\n".join(sources(made("initializers"), "markdown"))
    assert "He et al. (2015) assume" in text
    assert "[the second exercise](#ex-initializers-telescope)" in text
    assert '<a id="ex-initializers-telescope"></a>\n\n' in text
    assert "## References\n" in text
    assert "Delving deep into rectifiers" in text


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_notebooks_and_places_in_them(name):
    text = "\n".join(sources(made(name), "markdown"))
    links = re.findall(r"\]\(([^):\s]*\.ipynb|#[^)]*)\)", text)
    anchors = {f"#{anchor}" for anchor in re.findall(r'<a id="([^"]*)">', text)}
    assert set(links) <= {f"{page}.ipynb" for page in PAGES} | anchors


def test_included_code_is_whole():
    from backprop import AdamW, Sequential, activations, linear, optimizers

    for name, parts in {
        "activations": [activations.elu, activations.sigmoid, activations.softplus],
        "linear": [linear.linear_forward, linear.linear_backward],
        "network": [Sequential.forward, Sequential.backward],
        "optimizers": [optimizers.SGD, optimizers.Adam._update, AdamW, optimizers.cosine],
    }.items():
        text = "\n".join(sources(made(name), "markdown"))
        fences = re.findall(r"```python\n(.*?)\n```", text, re.S)
        assert fences == [inspect.getsource(inspect.unwrap(part)).rstrip() for part in parts]


# Students' and teachers'.


@pytest.mark.parametrize("name", PAGES)
def test_a_student_notebook_has_no_solution(name):
    text = "\n".join(cell.source for cell in made(name).cells)
    assert given_away(text) == []
    assert "Solution" not in text
    exercises = Chapter.read(name).exercises.values()
    stubs = [one.stub.rstrip("\n") for one in exercises if one.stub]
    assert [cell.source for cell in asked(made(name))] == stubs
    assert text.count("<summary>Hint ") == sum(len(one.hints) for one in exercises)


@pytest.mark.parametrize("name", PAGES)
def test_a_teacher_notebook_has_every_solution(name):
    text = letters("\n".join(cell.source for cell in made(name, True).cells))
    for one in Chapter.read(name).exercises.values():
        assert [line for line in telling_lines()[one.name] if line not in text] == [], one.name
    assert BEGIN not in "\n".join(sources(made(name, True), "code"))


def test_the_hints_stand_above_the_cell():
    cells = made("linear").cells
    place = cells.index(asked(made("linear"))[0])
    assert "<summary>Hint 3: nearly the answer</summary>" in cells[place - 1].source


def test_figures_hide_their_code_and_errors_do_not_stop_a_run():
    cells = made("linear").cells
    hidden = [
        cell.source for cell in cells if cell.metadata.get("jupyter", {}).get("source_hidden")
    ]
    text = Chapter.read("linear").text
    assert len(hidden) == text.count("hide-input") + text.count("remove-")
    raising = [cell for cell in cells if "raises-exception" in cell.metadata.get("tags", [])]
    assert len(raising) == text.count("raises-exception")


@pytest.mark.parametrize("name", PAGES)
def test_no_cell_of_a_student_needs_what_only_a_solution_defines(name):
    defined, missing = set(), []
    solved = {
        word for code in sources(made(name, True), "code") for word in defined_and_needed(code)[0]
    }
    for code in sources(made(name), "code"):
        defines, needs = defined_and_needed(code)
        missing += sorted(set(needs) & solved - defined - set(defines))
        defined |= set(defines)
    assert missing == []


def run(notebook, folder, monkeypatch):
    """Run it as a reader's kernel would, with the reader's progress and settings kept out."""
    monkeypatch.setenv("GRADIENTS_PROGRESS", str(folder / "progress.json"))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "code"))
    notebook, place = copy.deepcopy(notebook), {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=550, kernel_name="python3", resources=place).execute()
    return notebook


def reports(notebook):
    """What check said in each cell of an exercise."""
    return [cell.outputs[-1]["data"]["text/plain"] for cell in asked(notebook)]


RUN = [chapter.name for chapter in CHAPTERS if chapter.cells]
ASKED = [c.name for c in CHAPTERS if any(one.source for one in c.exercises.values())]


def shorter(notebook):
    """With as many images as in the page: all of them are for the pages, which `make book` runs."""
    some = "(whole := load_fashion_mnist())._make(array[:5000] for array in whole)"
    for cell in notebook.cells:
        cell.source = cell.source.replace("load_fashion_mnist()", some)
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
def test_a_solved_notebook_runs_and_every_check_passes(name, tmp_path, monkeypatch):
    said = reports(run(shorter(made(name, True)), tmp_path, monkeypatch))
    assert len(said) == len(asked(made(name)))
    assert [text for text in said if not re.match(r"[\w.-]+: Right\.", text)] == []


NOT_STARTED = re.compile(r"[\w.-]+: Not started\.")


@pytest.mark.slow
def test_an_open_notebook_runs_and_no_exercise_is_started(tmp_path, monkeypatch):
    said = reports(run(made("linear"), tmp_path, monkeypatch))
    assert said
    assert all(map(NOT_STARTED.match, said))


@pytest.mark.site
@pytest.mark.parametrize("name", RUN)
def test_the_cells_of_a_notebook_are_those_that_the_page_ran(name):
    """But for solutions, whose names no other cell needs (above): so it runs as the page did."""
    built = nbformat.read(ROOT / f"_build/jupyter_execute/{place(name)}.ipynb", 4)
    ran = iter(code := [cell for cell in built.cells if cell.cell_type == "code"])
    cells = [cell for cell in made(name).cells if cell.cell_type == "code"]
    found = [next((one for one in ran if one.source == cell.source), None) for cell in cells]
    assert [cell.source for cell, one in zip(cells, found, strict=True) if one is None] == []
    said = [one.outputs[-1]["data"]["text/plain"] for one in found if one in asked(built)]
    assert len(said) == len(asked(made(name)))
    assert all(map(NOT_STARTED.match, said))
    assert name in ASKED or sources(made(name, True), "code") == [cell.source for cell in code]


# The library, for a notebook that comes alone.


@pytest.mark.parametrize("url", ["", URL])
@pytest.mark.parametrize("name", RUN)
def test_a_notebook_to_download_says_how_to_get_the_library(name, url):
    setup = editions.setup(name, url)
    notebook = editions.notebook(name, setup=setup)
    assert sources(notebook, "code")[0] == setup
    assert notebook.cells[0].source.startswith("# ")
    compile(TransformerManager().transform_cell(setup), name, "exec")
    assert (url in setup) if url else ("README" in setup)
    needed = {
        word for code in sources(made(name), "code") for word in re.findall(r"from book\.", code)
    }
    assert ("import book." in setup) == bool(needed)


def test_pages_without_code_need_no_library():
    assert editions.setup("glossary", URL) == ""


# The zips.


def unpacked(path, folder):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / "gradients-by-hand"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What `make book` adds to a site."""
    site = tmp_path_factory.mktemp("site")
    editions.write(site)
    return site / "notebooks"


def test_there_is_a_notebook_for_each_page(written):
    assert {path.stem for path in written.glob("*.ipynb")} == set(PAGES)


def test_zips_are_the_same_each_time(written, tmp_path):
    editions.write(tmp_path)
    for name in (editions.STUDENT, editions.TEACHER):
        assert (written / name).read_bytes() == (tmp_path / "notebooks" / name).read_bytes()


def test_the_zip_for_students_works_by_itself(written, tmp_path):
    folder = unpacked(written / editions.STUDENT, tmp_path)
    for path in [*folder.rglob("*.ipynb"), *folder.rglob("*.md")]:
        if path.name != "README.md":
            assert given_away(path.read_text("utf-8")) == [], path.name
    imports = {
        line
        for path in folder.rglob("*.ipynb")
        for code in sources(nbformat.read(path, 4), "code")
        for line in re.findall(
            r"^(?:from|import) (?:book|backprop)\b(?:[^(\n]*\([^)]*\)|.*)", code, re.M
        )
    }
    assert any("book." in line for line in imports)
    program = "\n".join(
        [
            *sorted(imports),
            "import backprop, book.chapters.chapter, sys",
            "assert all(sys.argv[1] in m.__file__ for m in (backprop, book.chapters.chapter))",
            "assert book.chapters.chapter.Chapter.read('linear').derivations",
            "backprop.load_digits(), backprop.load_fashion_mnist()",
        ]
    )
    environment = {**os.environ, "PYTHONPATH": str(folder / "code")}
    command = [sys.executable, "-c", program, str(folder)]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=120)


def test_the_zip_for_teachers_has_all_notebooks_solved(written, tmp_path):
    folder = unpacked(written / editions.TEACHER, tmp_path)
    assert {path.stem for path in folder.rglob("*.ipynb")} == set(PAGES)
    text = (folder / "solved/linear.ipynb").read_text("utf-8")
    assert text == editions.as_text(made("linear", True))


# `make lab`, and its folder.


@pytest.mark.parametrize("user", [0, 1000])
def test_lab_takes_options_and_starts_as_root(user, tmp_path):
    program = tmp_path / "id"
    program.write_text(f"#!/bin/sh\necho {user}\n", "utf-8")
    program.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    asked = ["make", "-n", "lab", "LAB=--ip 0.0.0.0"]
    said = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    (start,) = [line for line in said.stdout.splitlines() if "jupyter lab" in line]
    assert start.endswith("--ip 0.0.0.0")
    assert ("--allow-root" in start) == (user == 0)


@pytest.fixture
def chapters(monkeypatch):
    """{page: text added to it}: chapters that change while a student works."""
    changes = {}

    def notebook(name):
        node = copy.deepcopy(made(name))
        node.cells[0].source += changes.get(name, "")
        return node

    monkeypatch.setattr(editions, "notebook", notebook)
    return changes


def edit(path, number=0, source="# mine"):
    node = nbformat.read(path, 4)
    node.cells[number].source = source
    nbformat.write(node, path)
    return path.read_bytes()


def test_lab_writes_every_notebook_once(chapters, tmp_path):
    assert lab.renew(tmp_path) == []
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.ipynb")}
    assert {path.stem for path in before} == set(PAGES)
    assert lab.renew(tmp_path) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.ipynb")} == before


def test_lab_renews_what_was_left_alone(chapters, tmp_path):
    lab.renew(tmp_path)
    chapters["linear"] = "\n\nNew."
    assert lab.renew(tmp_path) == []
    assert "New." in (tmp_path / "linear.ipynb").read_text("utf-8")
    assert not (tmp_path / "linear-2.ipynb").exists()


def test_lab_leaves_work_alone_and_puts_the_new_version_beside_it(chapters, tmp_path):
    lab.renew(tmp_path)
    mine = edit(tmp_path / "linear.ipynb")
    assert lab.renew(tmp_path) == []
    chapters["linear"] = "\n\nNew."
    told = lab.renew(tmp_path)
    assert told == ["linear.ipynb has your work, so the new version is beside it: linear-2.ipynb"]
    assert (tmp_path / "linear.ipynb").read_bytes() == mine
    assert "New." in (tmp_path / "linear-2.ipynb").read_text("utf-8")
    assert lab.renew(tmp_path) == []  # said once
    chapters["linear"] = "\n\nNewer."
    assert len(lab.renew(tmp_path)) == 1  # the second was left alone, so it is renewed
    assert "Newer." in (tmp_path / "linear-2.ipynb").read_text("utf-8")
    also_mine = edit(tmp_path / "linear-2.ipynb")
    chapters["linear"] = "\n\nNewest."
    assert lab.renew(tmp_path)[0].endswith("linear-3.ipynb")
    assert (tmp_path / "linear.ipynb").read_bytes() == mine
    assert (tmp_path / "linear-2.ipynb").read_bytes() == also_mine


def test_outputs_are_work_but_folding_a_cell_is_not(chapters, tmp_path):
    lab.renew(tmp_path)
    linear, softmax = tmp_path / "linear.ipynb", tmp_path / "softmax.ipynb"
    node = nbformat.read(linear, 4)
    cell = next(cell for cell in node.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="hours of training")]
    nbformat.write(node, linear)
    node = nbformat.read(softmax, 4)
    node.cells[0].metadata["collapsed"] = True
    node.metadata["language_info"] = {"name": "python", "version": "3.12"}  # JupyterLab does this
    nbformat.write(node, softmax)
    ran = linear.read_bytes()
    chapters |= {"linear": "\n\nNew.", "softmax": "\n\nNew."}
    assert len(lab.renew(tmp_path)) == 1
    assert linear.read_bytes() == ran
    assert "New." in softmax.read_text("utf-8")


def test_deleted_notebooks_come_back(chapters, tmp_path):
    lab.renew(tmp_path)
    (tmp_path / "linear.ipynb").unlink()
    assert lab.renew(tmp_path) == []
    assert (tmp_path / "linear.ipynb").exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"linear.ipynb": null}', None])
def test_without_its_list_lab_takes_everything_for_edited(chapters, tmp_path, damage):
    lab.renew(tmp_path)
    mine = edit(tmp_path / "linear.ipynb")
    if damage is None:
        (tmp_path / lab.LIST).unlink()
    else:
        (tmp_path / lab.LIST).write_text(damage, "utf-8")
    assert len(lab.renew(tmp_path)) == 1
    assert (tmp_path / "linear.ipynb").read_bytes() == mine
    assert not (tmp_path / "softmax-2.ipynb").exists()  # it is as it would be written now


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"cells": 1}'])
def test_a_file_that_cannot_be_read_is_left_alone(chapters, tmp_path, content):
    lab.renew(tmp_path)
    (tmp_path / "linear.ipynb").write_bytes(content)
    chapters["linear"] = "\n\nNew."
    assert len(lab.renew(tmp_path)) == 1
    assert (tmp_path / "linear.ipynb").read_bytes() == content


@pytest.mark.parametrize("after", [0, 1, 5, 20])
def test_a_crash_loses_nothing(chapters, tmp_path, monkeypatch, after):
    lab.renew(tmp_path)
    mine = edit(tmp_path / "linear.ipynb")
    chapters |= dict.fromkeys(PAGES, "\n\nNew.")
    replace, count = os.replace, iter(range(after))

    def crash(*paths):
        if next(count, None) is None:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(lab.os, "replace", crash)
    if after < len(PAGES):
        with pytest.raises(KeyboardInterrupt):
            lab.renew(tmp_path)
    monkeypatch.setattr(lab.os, "replace", replace)
    lab.renew(tmp_path)
    for path in tmp_path.glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, 4))
    assert (tmp_path / "linear.ipynb").read_bytes() == mine
    assert "New." in (tmp_path / "linear-2.ipynb").read_text("utf-8")
    assert "New." in (tmp_path / "softmax.ipynb").read_text("utf-8")


def test_lab_as_a_program(tmp_path):
    command = [sys.executable, "-m", "book.notebooks.lab", str(tmp_path / "notebooks")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "code")}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") == 1
    text = (tmp_path / "notebooks/linear.ipynb").read_text("utf-8")
    assert text == editions.as_text(made("linear"))  # no cell for the library: it is there


# A site built with the solutions and then, in the same folder, without.


def build(folder, edition):
    """Build the pages without running them; then the notebooks. Return the site."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "code"), "SOLUTIONS": edition}
    site = folder / "_build/html"
    builder = Path(sys.executable).with_name("jupyter-book")
    for command in (
        [builder, "build", "--quiet", folder],
        [sys.executable, "-m", "book.notebooks.editions", site],
    ):
        ran = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400
        )
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return site


def strings(value):
    """All strings in what JSON holds."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def words(name, content):
    """All text that stands in a file of a site; zips are opened."""
    match name.rsplit(".", 1)[-1]:
        case "html":
            return BeautifulSoup(content, "html.parser").get_text()
        case "json" | "ipynb":
            return "\n".join(strings(json.loads(content)))
        case "zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return "\n".join(words(one, archive.read(one)) for one in archive.namelist())
        case "npz" | "png" | "inv" | "woff" | "woff2":
            return ""
    return content.decode("utf-8")


def everything(site):
    """{file: its text} of all that is ours."""
    files = [path for path in site.rglob("*") if path.is_file()]
    ours = [path for path in files if path.relative_to(site).parts[0] not in VENDORED]
    return {str(path.relative_to(site)): words(path.name, path.read_bytes()) for path in ours}


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """What stands in the site with the solutions, and then in the one without them; its folder."""
    folder = tmp_path_factory.mktemp("book")
    for name in ("code", "chapters", "_static"):
        ignored = shutil.ignore_patterns("__pycache__", "tests", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    (folder / "vendor").symlink_to(ROOT / "vendor")
    config = (ROOT / "_config.yml").read_text("utf-8")
    off = config.replace("execute_notebooks: cache", 'execute_notebooks: "off"')
    assert off != config
    (folder / "_config.yml").write_text(off, "utf-8")
    for path in (folder / "chapters").glob("*.md"):
        text = path.read_text("utf-8").replace("mystnb:\n  execution_mode: force\n", "")
        path.write_text(text, "utf-8")
    shown = everything(build(folder, ""))
    return shown, everything(build(folder, "withheld")), folder


@pytest.mark.slow
def test_the_search_finds_solutions_where_there_are_some(sites):
    pages = [text for name, text in sites[0].items() if name.endswith(".html")]
    given = {pair for text in pages for pair in given_away(text)}
    everywhere = {(name, line) for name, lines in telling_lines().items() for line in lines}
    assert everywhere - given == set()
    assert given_away(sites[0]["notebooks/" + editions.TEACHER])
    assert given_away(sites[0]["_sources/chapters/linear.md"])


@pytest.mark.slow
def test_a_site_without_solutions_has_none(sites):
    assert set(sites[0]) - set(sites[1]) == {
        name for name in sites[0] if name.startswith("_sources")
    } | {f"notebooks/{editions.TEACHER}"}
    given = {name: given_away(text) for name, text in sites[1].items()}
    assert {name: pairs[:3] for name, pairs in given.items() if pairs} == {}
    assert (sites[2] / "_build/teacher" / editions.TEACHER).is_file()


@pytest.mark.slow
def test_each_exercise_says_that_its_solution_is_kept_back(sites):
    said = "In this edition the solution is kept back."
    count = {name: text.count(said) for name, text in sites[1].items() if name.endswith(".html")}
    assert sum(count.values()) == len(texts.all_exercises())


@pytest.mark.slow
@pytest.mark.parametrize("url", ["", URL, "https://gitlab.com/group/part/book"])
def test_the_buttons_of_a_page(sites, url):
    for page in ("index", "chapters/linear", "chapters/glossary"):
        name = Path(page).name
        html = (sites[2] / f"_build/html/{page}.html").read_text("utf-8")
        soup = BeautifulSoup(html, "html.parser")
        editions.buttons(soup, page, url)
        links = {a.get_text(strip=True): a["href"] for a in soup.select(".dropdown-menu a")}
        assert (
            (sites[2] / f"_build/html/{page}")
            .parent.joinpath(links.pop("Notebook (.ipynb)"))
            .is_file()
        )
        assert soup.select("a[download]")
        assert set(links) == (
            {"Open in Binder", "Open in Colab"}
            if "github" in url
            else {"Open in Binder"}
            if url
            else set()
        )
        assert not [link for link in links.values() if f"{name}.ipynb" not in link]
        before = BeautifulSoup(html, "html.parser")
        for kind in ("img", "script", "[onclick]", "iframe"):
            assert len(soup.select(kind)) <= len(before.select(kind))


def test_launch_links():
    binder = "https://mybinder.org/v2/gh/example/gradients-by-hand/HEAD?urlpath=lab%2Ftree%2Fnotebooks%2Flinear.ipynb"
    colab = "https://colab.research.google.com/github/example/gradients-by-hand/blob/notebooks/linear.ipynb"
    assert editions.launch_links("linear", f"{URL}.git") == [("Binder", binder), ("Colab", colab)]
    assert editions.launch_links("linear", URL) == [("Binder", binder), ("Colab", colab)]
    assert editions.launch_links("linear", "") == editions.launch_links("linear", None) == []


# Solutions withheld, in the library.


@pytest.fixture
def without_solutions(monkeypatch):
    from backprop.exercises import telling

    kept = json.loads(texts.as_json(solutions=False))
    monkeypatch.setattr(telling.texts, "texts", lambda: kept)


def test_solution_says_that_it_is_withheld(without_solutions):
    from backprop.exercises import hint, solution

    assert "kept back" in str(solution("linear.backward"))
    assert str(hint("linear.backward", 1)).startswith("Hint 1 of 3.")
    with pytest.raises(ValueError, match="there is no exercise"):
        solution("linear.forwards")


def test_the_summary_of_all_proofs_leaves_out_those_of_solutions(monkeypatch):
    def found():
        return {
            name: [*Chapter(name, Chapter.read(name).text).derivations]
            for name in ("linear", "losses")
        }

    shown = found()
    monkeypatch.setenv("SOLUTIONS", "withheld")
    withheld = found()
    assert set(shown["linear"]) - set(withheld["linear"]) == {"other", "to_A", "to_X"}
    assert set(withheld["losses"]) < set(shown["losses"])


@pytest.mark.parametrize("slip", ["with-held", "hidden", "1"])
def test_a_slip_in_the_word_publishes_nothing(monkeypatch, slip):
    monkeypatch.setenv("SOLUTIONS", slip)
    with pytest.raises(ValueError, match=f"SOLUTIONS may be 'withheld' or not set, got '{slip}'"):
        Chapter("none", "").shown()
