"""Tests run under the book's settings; in CI one that can't run counts as failed, not skipped."""

import os

import pytest
from book.settings import settle
from browser import base, browser, context, opened  # noqa: F401
from reader import reader  # noqa: F401
from running import (  # noqa: F401
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
    ran,
)

settle()  # before a test imports NumPy

CI = os.environ.get("CI") == "true"


def refuse_skip(report):
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, but nothing may be skipped in CI: {report.longrepr[2]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refuse_skip((yield))
