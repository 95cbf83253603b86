"""`python -m book.new` writes the rooms of a chapter, in a copy of the book; they work at once."""

import os
import subprocess
import sys

import pytest
from book import new
from repository import copied


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository in which a chapter was begun."""
    folder = copied(tmp_path_factory.mktemp("copy") / "book")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = program(folder, "book.new", "layer_scale", "The network")
    assert done.returncode == 0, done.stderr
    return folder


def program(folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(folder / "code"), "PYTEST_ADDOPTS": ""}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=500,
    )  # fmt: skip


def test_the_four_rooms_are_there(copy):
    for path in new.ROOMS.values():
        text = (copy / path.replace("NAME", "layer_scale")).read_text("utf-8")
        assert "layer_scale" in text
        assert not {"NAME", "Name", "TITLE"} & set(text.replace("_", " ").split())
    assert "class LayerScale(Layer)" in (copy / "code/backprop/layer_scale.py").read_text("utf-8")
    contents = (copy / "_toc.yml").read_text("utf-8")
    assert "chapters/optimizers\n      - file: chapters/layer_scale\n  - caption" in contents
    texts = copy / "code/backprop/exercises/telling/texts.json"
    assert '"layer_scale.backward"' in texts.read_text("utf-8")


@pytest.mark.slow
def test_they_pass_the_tests_that_know_all_chapters(copy):
    """`make quick` passes: here what knows all chapters, and of the rest what is about this one."""
    every = "test_layer_scale.py house exercises/test_tables.py exercises/test_vocabulary.py"
    every = [f"code/tests/{room}" for room in [*every.split(), "book/test_chapter.py"]]
    its_own = ["-k", "layer_scale or LayerScale or every_public", "code/tests/test_validation.py"]
    its_own += ["code/tests/exercises", "code/tests/derivation/test_witnesses.py"]
    for asked in every, its_own:
        done = program(
            copy, "pytest", "-q", "-m", "not site and not slow", "-p", "no:cacheprovider", *asked,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
    mistakes = "test_every_planted_mistake or test_the_right_numbers or a_right_result"
    done = program(
        copy, "pytest", "-q", "-k", f"layer_scale and ({mistakes})", "-p", "no:cacheprovider",
        "code/tests/exercises", "code/tests/test_validation.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_code_is_written_as_all_code_is(copy):
    for command in ["check", "format --check"]:
        done = program(
            copy, "ruff", *command.split(), "--config", "code/pyproject.toml", "--no-cache",
            "code/backprop/layer_scale.py", "code/tests/test_layer_scale.py",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["linear", "The network"], "chapters/linear.md is there already"),
        (["layer", "The network"], "code/backprop/layer.py is there already"),
        (["Batch-Norm", "The network"], "a chapter's name is that of a module"),
        (["norm", "Nowhere"], "there is no part 'Nowhere'; there are 'Start', 'The layers'"),
        (["norm"], "Usage: python -m book.new NAME"),
    ],
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(copy, arguments, says):
    def files():
        kept = [path for path in copy.rglob("*") if path.suffix in {".py", ".md", ".toml", ".yml"}]
        return {path: path.read_bytes() for path in kept}

    before = files()
    done = program(copy, "book.new", *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert files() == before
