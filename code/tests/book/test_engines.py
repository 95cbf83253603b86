"""The pages run in the engines of Firefox and of Safari as they do in Chromium (test_run.py)."""

import time

import engines
import pytest

pytestmark = [
    pytest.mark.site,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:setting remote_server_addr"),  # selenium warns of itself
]

LIMIT = 300  # seconds for all cells of a page
RUN_ALL = """() => {
    document.querySelectorAll("details").forEach(details => { details.open = true; });
    const bars = [...document.querySelectorAll(".cell .run-bar")];
    bars.at(-1).querySelectorAll("button")[1].click();
    return bars.length;
}"""
SAID = "() => [...document.querySelectorAll('.run-status')].at(-1).textContent"
UNMEANT = """() => [...document.querySelectorAll(".run-error")]
    .filter(node => !node.closest(".cell").matches(".tag_raises-exception"))
    .map(node => node.textContent)"""
OUTPUTS = "() => document.querySelectorAll('.run-output').length"


def said_at_last(browser):
    """What the last cell of the page says when it has ended."""
    begin = time.monotonic()
    while not (said := browser.run(SAID)).startswith(("Done", "Error", "Not run", "Stopped")):
        assert time.monotonic() - begin < LIMIT, f"after {LIMIT} s the page still says: {said}"
        time.sleep(0.5)
    return said


@pytest.mark.parametrize("engine", [engines.firefox, engines.webkit], ids=lambda one: one.__name__)
def test_all_cells_of_a_page_run(engine, base):
    with engine() as browser:
        browser.open(f"{base}chapters/linear.html")
        assert browser.run(RUN_ALL) > 20
        assert said_at_last(browser).startswith("Done")
        assert browser.run(OUTPUTS) > 20
        assert browser.run(UNMEANT) == []
        assert browser.errors() == []
