"""What the tests of the built pages share: a host, and a Chromium that reaches nothing else."""

import os
import shutil
from functools import cache

import pytest
from book import ROOT
from book.chapters.chapter import order, place
from book.chromium import chromium
from bs4 import BeautifulSoup
from serving import served

HTML = ROOT / "_build/html"
PAGES = [place(name) for name in order()]
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update""".split()
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
LIMIT = 30_000  # milliseconds for any one step in the browser


def shell():
    """Chromium that draws nothing around a page, where it is installed beside the other."""
    return None if os.environ.get("CHROMIUM") else shutil.which("chromium-headless-shell")


def need(thing, reason):
    """What a test cannot do without. In CI a skipped test counts as failed (conftest.py)."""
    if not thing:
        pytest.skip(reason)
    return thing


@cache
def article(page):
    """What a built page says, without links to itself and without the list of old addresses.

    All tests share it: nobody may change it.
    """
    path = need((HTML / f"{page}.html").is_file() and HTML / f"{page}.html", "no built pages")
    found = BeautifulSoup(path.read_text("utf-8"), "html.parser").article
    for useless in found.select("a.headerlink, .moved"):
        useless.decompose()
    return found


@pytest.fixture(scope="session")
def base():
    """The address of the built pages."""
    need((HTML / "index.html").is_file(), "there are no built pages: run make book")
    with served(HTML) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A browser that reaches this machine only."""
    sync_api = pytest.importorskip("playwright.sync_api")
    missing = "there is no Chromium: install it, or name one in the variable CHROMIUM"
    program = need(shell() or chromium(), missing)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*FLAGS, ONLY_HERE],
            timeout=60_000,
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser):
    """One window for pages that are only looked at."""
    context = browser.new_context(color_scheme="light")
    context.set_default_timeout(LIMIT)
    return context


@pytest.fixture
def opened(browser, base):
    """A function that opens a page, under other conditions if there are any."""
    contexts = []

    def opened(name, **conditions):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **conditions)
        context.set_default_timeout(LIMIT)
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.errors.append(m.text))
        page.goto(f"{base}{name}.html", wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
