"""The pages that run, and a table of which browser ran what, printed when all tests have ended."""

import json
import os
import re
import time
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from book.audit.engines import FILE, table
from browser import HTML, PAGES


@cache
def planned(page):
    """The cells of a page, as site.py has written them; [] for a page without."""
    path = HTML / f"page/cells/{page}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else []


RUNNING = [page for page in PAGES if planned(page)]


@pytest.fixture
def ran(record_property):
    """`with ran("firefox", page) as row:`, in which `row.cells` and `row.agent` are set."""

    @contextmanager
    def timed(engine, page):
        row, begin = SimpleNamespace(), time.monotonic()
        yield row
        seconds = round(time.monotonic() - begin, 1)
        record_property("agent", [engine, row.agent])
        record_property("ran", [page, engine, row.cells, seconds, megabytes(engine)])

    return timed


# What each engine calls the processes that hold a page and its Python.
PROCESSES = {"chromium": "--type=renderer", "firefox": " tab", "webkit": "WebKitWebProcess"}
THREADS = {"firefox": "DOM Worker", "webkit": "WebCore: Worker"}


def megabytes(engine):
    """What the page takes that the browser of this process has open; None where /proc isn't.

    The largest process of its kind: a browser keeps empty ones ready."""
    found = [re.search(r"VmRSS:\s+(\d+)", (one / "status").read_text()) for one in holding(engine)]
    return round(max(int(one[1]) for one in found if one) / 1024) if found else None


def holding(engine):
    """The processes of pages, of the browsers that this process has started."""
    return [one for one in Path("/proc").glob("[0-9]*") if ours(one, PROCESSES[engine])]


def workers(engine):
    """How many threads there are in which a page has a worker, such as Python."""
    threads = [one for process in holding(engine) for one in process.glob("task/*/comm")]
    return sum(one.read_text().strip() == THREADS[engine] for one in threads)


def ours(process, name):
    """Whether a process has this word in its command, and was started by us or by one of ours."""
    try:
        if name not in (process / "cmdline").read_text():
            return False
        while process.name not in ("0", "1", str(os.getpid())):
            process = process.with_name(
                (process / "stat").read_text().rpartition(")")[2].split()[1]
            )
        return process.name == str(os.getpid())
    except OSError:  # it has ended meanwhile
        return False


def pytest_addoption(parser):
    parser.addoption("--keep-table", action="store_true", help="write the table of the browsers")


def pytest_collection_modifyitems(config, items):
    """Beside Chromium each page runs in one more engine a day, by turns; with --keep-table in all.

    What a day leaves out is counted as deselected, and `make engines` runs everything.
    """
    if config.getoption("--keep-table"):
        return
    day = date.today().toordinal() % 2
    turns = {"webkit": RUNNING[day::2], "firefox": RUNNING[1 - day :: 2]}
    later = {
        f"test_every_cell_runs[{engine}-{page}]"
        for engine, pages in turns.items()
        for page in {*RUNNING} - {*pages}
    }
    chosen = [one for one in items if one.name not in later]
    config.hook.pytest_deselected(items=[one for one in items if one.name in later])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter, config):
    told = [pair for one in terminalreporter.getreports("passed") for pair in one.user_properties]
    rows = [value for name, value in told if name == "ran"]
    if not rows:
        return
    terminalreporter.section("cells that ran, seconds and memory in each browser")
    terminalreporter.write_line(table(rows))
    if config.getoption("--keep-table"):
        agents = dict(value for name, value in told if name == "agent")
        kept = {"date": str(date.today()), "agents": agents, "rows": in_order(rows)}
        FILE.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def in_order(rows):
    return sorted(rows, key=lambda row: (PAGES.index(row[0]), row[1]))
