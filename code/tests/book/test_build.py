"""What is stale is built again, and nothing else: decided by contents, never by dates."""

import os
from types import SimpleNamespace

import pytest
from book import ROOT, build, fingerprint
from book.chapters.chapter import Chapter, names
from book.website import extension

LOOK_AT_OTHERS = {
    f"chapters/{name}" for name in "accessibility cards checked gradients teaching".split()
} | {"index"}  # which says how long the whole book takes


# Fingerprints.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A root of its own, with two files in a folder."""
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / name).write_text(name, "utf-8")
    return tmp_path


def test_a_fingerprint_changes_with_contents_and_names(folder):
    before = fingerprint.fingerprint("code")
    os.utime(folder / "code/a.py", (0, 0))
    (folder / "code/a.pyc").write_bytes(b"compiled")
    assert fingerprint.fingerprint("code") == before
    (folder / "code/a.py").write_text("another", "utf-8")
    changed = fingerprint.fingerprint("code")
    (folder / "code/b.py").rename(folder / "code/c.py")
    assert len({before, changed, fingerprint.fingerprint("code")}) == 3


def test_what_is_left_out_does_not_count(folder):
    before = fingerprint.fingerprint("code", but=["code/b.py"])
    (folder / "code/b.py").write_text("another", "utf-8")
    assert fingerprint.fingerprint("code", but=["code/b.py"]) == before
    assert fingerprint.fingerprint("nowhere") == fingerprint.fingerprint()


# The steps of a build.


@pytest.fixture
def built(tmp_path, monkeypatch):
    """A build whose steps only say that they were taken; what it was told to do, as a list."""
    html, done, sources = tmp_path / "html", [], {"text": "one"}
    html.mkdir()

    def write():
        done.append("pages")
        (html / "index.html").write_text(sources["text"], "utf-8")

    monkeypatch.setattr(build, "HTML", html)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "DONE", tmp_path / "done.json")
    monkeypatch.setattr(build, "settle", lambda: None)
    monkeypatch.setattr(build, "given", lambda: [sources["text"]])
    monkeypatch.setattr(build, "build", write)
    monkeypatch.setattr(build, "paper", lambda again: done.append("paper") or again)

    def run(*arguments):
        done.clear()
        build.main([*arguments])
        return list(done)

    return SimpleNamespace(run=run, html=html, sources=sources)


def test_a_second_build_does_nothing(built):
    assert built.run("--pdf") == ["pages", "paper"]
    assert built.run() == []
    assert built.run("--pdf") == []


def test_a_changed_source_and_a_missing_page_are_built(built):
    built.run("--pdf")
    built.sources["text"] = "longer"
    assert built.run() == ["pages", "paper"]
    assert built.run() == []
    (built.html / "index.html").unlink()
    assert built.run() == ["pages", "paper"]


def test_what_changes_while_it_builds_is_built_by_the_next(built, monkeypatch):
    write = build.build

    def changed_meanwhile():
        write()
        built.sources["text"] = "other"  # as long as before: only its source tells

    monkeypatch.setattr(build, "build", changed_meanwhile)
    built.sources["text"] = "early"
    assert built.run() == ["pages", "paper"]
    monkeypatch.setattr(build, "build", write)
    assert built.run() == ["pages", "paper"]
    assert built.run() == []


def test_a_stale_pdf_is_said_to_be_one_and_printed_on_demand(built, capsys):
    built.run()
    assert "of an earlier build" in capsys.readouterr().out
    built.run()
    assert "of an earlier build" in capsys.readouterr().out  # not only once
    assert built.run("--pdf") == ["paper"]
    assert "earlier" not in capsys.readouterr().out
    assert built.run() == []


def test_a_build_that_failed_is_not_taken_for_one_that_went_well(built, monkeypatch):
    built.run("--pdf")
    built.sources["text"] = "wrong"
    monkeypatch.setattr(build, "build", lambda: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            built.run()


def test_the_paper_is_of_these_pages(tmp_path, monkeypatch):
    from book.paper import pdf

    printed = []
    monkeypatch.setattr(build, "HTML", tmp_path)
    monkeypatch.setattr(build, "PRINTED", tmp_path / "printed.txt")
    monkeypatch.setattr(pdf, "version", lambda site: (site / "page").read_text("utf-8"))
    monkeypatch.setattr(pdf, "main", lambda site, out: printed.append(out.write_bytes(b"pdf")))
    page = tmp_path / "page"
    page.write_text("one", "utf-8")
    assert build.paper(again=False)  # there is none yet
    page.write_text("two", "utf-8")
    assert not build.paper(again=False)
    assert build.paper(again=True)
    page.write_text("one", "utf-8")
    assert not build.paper(again=False)
    page.write_text("two", "utf-8")
    assert build.paper(again=False)  # a change that was taken back
    assert len(printed) == 2


# What Sphinx is told.


def outdated(env):
    return {*extension._that_look_at_others(None, env, set(), set(), set())}


def test_pages_that_look_at_others_are_run_again_when_one_of_these_has_changed(monkeypatch):
    env = SimpleNamespace()
    assert outdated(env) == LOOK_AT_OTHERS
    assert outdated(env) == set()
    text = Chapter.read("linear").text
    changed = {"linear": Chapter("linear", text.replace("# The linear layer", "# A linear layer"))}
    read = Chapter.read
    monkeypatch.setattr(Chapter, "read", lambda name: changed.get(name) or read(name))
    assert outdated(env) == set()  # a word
    changed["linear"] = Chapter("linear", text + "\n```{code-cell} ipython3\n1\n```\n")
    assert outdated(env) == LOOK_AT_OTHERS  # a cell
    monkeypatch.setattr(extension, "fingerprint", lambda *places, but=(): "other numbers")
    assert outdated(env) == LOOK_AT_OTHERS  # what `make load` or `make mutants` has kept


def test_the_cache_is_named_after_the_library(monkeypatch, tmp_path):
    monkeypatch.setattr(extension, "ROOT", tmp_path)
    (tmp_path / "_build/.jupyter_cache/old").mkdir(parents=True)
    config = SimpleNamespace()
    extension._name_the_cache(None, config)
    first = config.nb_execution_cache_path
    assert [*(tmp_path / "_build/.jupyter_cache").iterdir()] == []
    monkeypatch.setattr(extension, "fingerprint", lambda *places, but=(): "another")
    extension._name_the_cache(None, config)
    assert config.nb_execution_cache_path != first


def test_pages_that_look_at_others_are_not_taken_from_the_cache():
    for name in names():
        if "book" in Chapter.read(name).imports:
            assert "mystnb:\n  execution_mode: force\n" in Chapter.read(name).text, name


def test_the_sources_of_a_build_are_there():
    for place in [*build.SOURCES, *extension.LIBRARY, *extension.AROUND, extension.TEXTS]:
        assert (ROOT / place).exists(), place
