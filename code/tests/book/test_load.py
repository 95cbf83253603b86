"""Tests of what a teacher uses: the server for a whole class, Binder, and the load run.

The server is nginx with the configuration that the book recommends, serving the built pages.
"""

import gc
import gzip
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from book import ROOT
from book.audit import line, load
from book.website import policy
from repository import copied

BINDER = ROOT / ".binder"
COMPRESSED = {
    "/index.html": "text/html; charset=utf-8",
    "/chapters/linear.html": "text/html; charset=utf-8",
    "/temml/temml.min.js": "text/javascript; charset=utf-8",
    "/_static/pygments.css": "text/css; charset=utf-8",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
TYPES = {
    "mjs": "text/javascript; charset=utf-8",
    "wasm": "application/wasm",
    "whl": "application/zip",
    "ipynb": "application/json; charset=utf-8",
    "gz": "application/gzip",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "unknown": "application/octet-stream",
}


def need(thing, reason):
    """What a test cannot do without. In CI a skipped test counts as failed (conftest.py)."""
    if not thing:
        pytest.skip(reason)
    return thing


def apart(function, *arguments):
    """Call it in a thread of its own: Playwright runs once in a thread, and other tests have it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()


@pytest.fixture(scope="module")
def port():
    """A server of the built pages."""
    need(load.HTML.is_dir(), "there are no built pages: run make book")
    need(load.program("nginx"), "there is no nginx: apt-get install nginx-light")
    with load.nginx(load.HTML) as port:
        yield port


@pytest.fixture
def site(tmp_path):
    """A server of a few files of each type, in a folder that is not the book's."""
    need(load.program("nginx"), "there is no nginx: apt-get install nginx-light")
    tmp_path.chmod(0o755)
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden").write_text("secret", "utf-8")
    (tmp_path / "page.html").write_text("a page", "utf-8")
    for kind in TYPES:
        (tmp_path / f"file.{kind}").write_text(f"of type {kind}", "utf-8")
    with load.nginx(tmp_path) as port:
        yield port


# The server.


@pytest.mark.site
@pytest.mark.parametrize("path", COMPRESSED)
def test_the_server_sends_the_compressed_file(port, path):
    response, body = load.ask(port, path)
    assert response.status == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"] == COMPRESSED[path]
    assert body == (load.HTML / f"{path[1:]}.gz").read_bytes()
    assert gzip.decompress(body) == (load.HTML / path[1:]).read_bytes()


@pytest.mark.site
def test_a_browser_without_gzip_gets_the_file_itself(port):
    response, body = load.ask(port, "/index.html", **{"Accept-Encoding": "identity"})
    assert response.headers["Content-Encoding"] is None
    assert response.headers["Vary"] == "Accept-Encoding"
    assert body == (load.HTML / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["/page.html", "/file.wasm", "/missing.html"])
def test_every_answer_has_the_headers(site, path):
    response, _ = load.ask(site, path)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/page.html", "/missing.html", "/"])
def test_the_server_has_the_policy_of_the_pages(site, path):
    response, _ = load.ask(site, path)
    sent = f"{policy.policy()}; frame-ancestors 'self'"
    assert response.headers["Content-Security-Policy"] == sent


def test_the_frame_in_which_python_runs_has_a_stricter_policy_too():
    allowed = re.search(r'content="(.*?)"', policy.frame())[1]
    scripts = re.findall(r"<script>(.*?)</script>", policy.frame(), re.DOTALL)
    script = policy.known(scripts[0])
    scripts_of = f"script-src {script} 'wasm-unsafe-eval'"
    assert allowed == f"default-src 'none'; {scripts_of}; worker-src blob:"
    assert len(scripts) == 1
    assert "<script src" not in policy.frame()


@pytest.mark.site
@pytest.mark.slow
def test_python_runs_in_the_page_under_these_headers(port):
    need(load.chromium(), "there is no Chromium: install it, or name one in the variable CHROMIUM")
    need(load.first_run(load.HTML), "these pages have no Run")
    built, ran = apart(checked, port)
    assert "average" in built
    assert ran == built


def checked(port):
    """A check on the first page: what the built page shows, and what a Run puts there."""
    with load.browser() as browser:
        tab = browser.new_page()
        tab.goto(f"http://127.0.0.1:{port}/")
        cell = tab.locator(".cell", has_text="check(")
        built = cell.locator(".cell_output").inner_text()
        cell.get_by_role("button", name="Run", exact=True).click()
        cell.locator(".run-output").filter(has_text=re.compile("\\w")).wait_for(timeout=120_000)
        return built.strip(), cell.locator(".run-output").inner_text().strip()


@pytest.mark.parametrize("kind", TYPES)
def test_a_file_has_its_type(site, kind):
    response, body = load.ask(site, f"/file.{kind}")
    assert response.headers["Content-Type"] == TYPES[kind]
    assert response.headers["Content-Encoding"] is None  # also of .gz: the page unpacks it itself
    assert body == f"of type {kind}".encode()


def test_addresses_work_without_html_and_nothing_is_listed(site):
    statuses = ["/page", "/page.html", "/", "/folder", "/folder/", "/.hidden", "/folder/../.hidden"]
    assert [load.ask(site, path)[0].status for path in statuses] == [200, 200, *[404] * 5]


def test_what_may_change_is_asked_for_again_and_what_has_a_fingerprint_is_not(site):
    caching = {
        p: load.ask(site, p)[0].headers["Cache-Control"] for p in ["/page.html", "/file.svg"]
    }
    assert set(caching.values()) == {"no-cache"}
    for query in ("v=26a4bc78", "digest=8d27b9dea8ad943066ae"):
        kept = load.ask(site, f"/file.svg?{query}")[0].headers["Cache-Control"]
        assert kept == "public, max-age=31536000, immutable"


def test_a_second_visit_costs_no_body(site):
    first, _ = load.ask(site, "/page.html")
    again, body = load.ask(site, "/page.html", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, body) == (304, b"")


# The load run.


@pytest.mark.site
@pytest.mark.slow
def test_a_class_is_served_without_an_error():
    need(not load.lacking(), f"not installed: {load.lacking()}")
    need(load.HTML.is_dir(), "there are no built pages: run make book")
    run = [sys.executable, "-m", "book.audit.load", "--seconds", "2", "--html", load.HTML]
    done = subprocess.run(run, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"A first view: \d+ requests, [\d,.]+ [KM]B", done.stdout)
    assert re.search(r"500 connections for 2 s: [\d,]{4,} requests a second", done.stdout)
    assert done.stdout.count("errors: 0") == 1 + bool(load.first_run(load.HTML))


def test_the_load_run_counts_what_is_not_served(site):
    need(load.program("wrk"), "there is no wrk: apt-get install wrk")
    right, wrong = "/file.svg", "/missing.html"
    counted = load.measure(site, [[right, wrong]], seconds=1, connections=10)
    assert counted["wrong"] == {wrong: 404}
    assert counted["status"] == pytest.approx(counted["requests"] / 2, rel=0.05)
    assert load.errors(counted) > counted["status"]
    assert "404 for /missing.html" in load.told("A visit", counted)


def test_the_load_run_fails_with_the_server(site, capsys, monkeypatch, tmp_path):
    need(not load.lacking(), f"not installed: {load.lacking()}")
    (tmp_path / "index.html").write_text("a page", "utf-8")
    view = {"/page.html": ["/page.html", "/missing.css"]}
    monkeypatch.setattr(load, "first_views", lambda port, pages: view)
    run = ["--seconds", "1", "--connections", "10", "--html", str(tmp_path)]
    assert load.main(run) == 1
    assert "404 for /missing.css" in capsys.readouterr().out


def test_a_first_view_is_what_a_browser_asks_for(tmp_path):
    need(not load.lacking(), f"not installed: {load.lacking()}")
    tmp_path.chmod(0o755)
    page = "<link rel=stylesheet href=one.css><img src='a.svg' alt=''><script src=two.js></script>"
    (tmp_path / "page.html").write_text(f"<!doctype html>{page}", "utf-8")
    (tmp_path / "one.css").write_text("body { background: url(b.svg) }", "utf-8")
    (tmp_path / "two.js").write_text("fetch('three.json?v=1#here')", "utf-8")
    with load.nginx(tmp_path) as port:
        views = apart(load.first_views, port, ["/page.html"])
    asked = ["/page.html", "/one.css", "/a.svg", "/two.js", "/b.svg", "/three.json?v=1"]
    assert set(views["/page.html"]) - {"/favicon.ico"} == set(asked)


def test_the_load_run_says_what_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(load, "program", lambda name: None if name == "wrk" else name)
    assert load.main(["--seconds", "1"]) == 1
    assert (
        "Not installed: wrk (Debian: apt-get install nginx-light wrk chromium)"
        in capsys.readouterr().out
    )


def test_a_first_run_is_what_the_pages_list(tmp_path):
    assert load.first_run(tmp_path) == []
    (tmp_path / "page").mkdir()
    listed = {"files": [{"name": "numpy", "path": "pyodide/numpy.whl", "bytes": 7}]}
    (tmp_path / "page/files.json").write_text(json.dumps(listed), "utf-8")
    assert load.first_run(tmp_path) == ["/page/files.json", "/pyodide/numpy.whl"]


def test_readers_a_minute_is_arithmetic():
    counted = {"requests": 6000, "seconds": 2.0, "files": 30, "size": 1_250_000}
    assert load.readers(counted) == (6000, 6000)  # 3,000 requests a second; 125 MB/s


# Binder.


def test_binder_can_run_its_script():
    script = BINDER / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", script], check=True, timeout=60)
    assert "set -euo pipefail" in script.read_text("utf-8")  # repo2docker goes on after an error


def test_binder_names_a_python_that_the_book_runs_on():
    version = (BINDER / "runtime.txt").read_text("utf-8")
    assert re.fullmatch(r"python-3\.\d+\n", version)
    asked = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "code/pyproject.toml").read_text())
    assert int(version.split(".")[1]) >= int(asked[1])


def test_what_binder_names_is_there():
    script = (BINDER / "postBuild").read_text("utf-8")
    files = re.findall(r"-r (\S+)|-e (\S+)", script)
    assert len(files) >= 2
    assert [name for pair in files for name in pair if name and not (ROOT / name).exists()] == []
    modules = re.findall(r"python -m (book[\w.]+)", script)
    assert modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_binder_makes_notebooks_that_open(tmp_path):
    """The script itself, in a copy of the repository and a home of its own; pip is left out."""
    copy, home = copied(tmp_path / "book"), tmp_path / "home"
    home.mkdir()
    script = copy / ".binder/postBuild"
    text = script.read_text("utf-8")
    script.write_text(re.sub(r"^python -m pip .*\n", "", text, flags=re.M), "utf-8")
    programs = Path(sys.executable).parent
    env = {"HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["bash", script], cwd=copy, env=env, check=True, timeout=300)
    assert {p.stem for p in (copy / "notebooks").glob("*.ipynb")} >= {"linear", "softmax"}
    settings = [p.read_text("utf-8") for p in home.rglob("*") if p.is_file()]
    assert any("Jupytext Notebook" in text for text in settings)


# The branch with the notebooks.


def git(*words, cwd):
    run = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.org", *words]
    return subprocess.run(run, cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def publish(tmp_path):
    """A function that runs the workflow's step on notebooks, and returns what the branch has."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text("utf-8"))
    (step,) = (
        s["run"] for s in workflow["jobs"]["notebooks"]["steps"] if "branch" in s.get("name", "")
    )
    (tmp_path / "origin").mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=tmp_path / "origin")
    git("commit", "--quiet", "--allow-empty", "--message=First", cwd=tmp_path / "origin")

    def publish(**notebooks):
        checkout = tmp_path / f"checkout-{len(list(tmp_path.iterdir()))}"
        git("clone", "--quiet", "--depth=1", f"file://{tmp_path}/origin", checkout, cwd=tmp_path)
        built = checkout / "_build/html/notebooks"
        built.mkdir(parents=True)
        (built / "all.zip").write_text("a zip", "utf-8")
        for name, text in notebooks.items():
            (built / f"{name}.ipynb").write_text(text, "utf-8")
        (temp := checkout.with_suffix(".temp")).mkdir()
        env = os.environ | {"RUNNER_TEMP": str(temp), "GITHUB_SHA": "0123abc"}
        subprocess.run(["bash", "-e", "-c", step], cwd=checkout, env=env, check=True, timeout=60)
        listed = git("ls-tree", "-r", "--name-only", "notebooks", cwd=tmp_path / "origin").split()
        texts = [git("show", f"notebooks:{name}", cwd=tmp_path / "origin") for name in listed]
        commits = git("log", "--format=%H", "notebooks", cwd=tmp_path / "origin").split()
        return dict(zip(listed, texts, strict=True)), commits

    return publish


def test_the_branch_gets_a_commit_when_a_notebook_has_changed(publish):
    files, first = publish(linear="one", softmax="one")
    assert files == {"linear.ipynb": "one", "softmax.ipynb": "one"}
    assert len(first) == 1
    assert publish(linear="one", softmax="one") == (files, first)
    files, second = publish(linear="two", losses="one")
    assert files == {"linear.ipynb": "two", "losses.ipynb": "one"}
    assert second[1:] == first  # added, not replaced: who has pulled the branch can pull again


def test_a_slow_line_is_as_slow_as_it_says_and_loses_nothing(site, tmp_path):
    content = bytes(range(256)) * 2000
    (tmp_path / "file.unknown").write_bytes(content)
    with line.slow(site) as far:
        begun = time.monotonic()
        _, body = load.ask(far, "/file.unknown")
    assert body == content
    assert time.monotonic() - begun > len(content) / line.RATE + line.DELAY


def test_a_line_that_ends_in_the_middle_leaves_nothing_open():
    """What it left open would be told of some later test."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with line.slow(silent.getsockname()[1]) as far:
            reader = socket.create_connection(("127.0.0.1", far))
            answering, _ = silent.accept()
        reader.close()
        answering.close()
    gc.collect()
