"""The pages run in the engines of Firefox and of Safari as they do in Chromium (test_run.py)."""

import json
import time

import engines
import pytest
from book.chapters.stubs import solved
from book.chapters.texts import all_exercises

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
UNDRAWN = """() => {
    const wide = node => node?.getBoundingClientRect().width > 1;
    return [...document.querySelectorAll(".math")]
        .filter(node => node.checkVisibility() && !wide(node.querySelector("math")))
        .map(node => node.textContent);
}"""
OUTPUTS = "() => document.querySelectorAll('.run-output').length"


def said_at_last(browser):
    """What the last cell of the page says when it has ended."""
    begin = time.monotonic()
    while not (said := browser.run(SAID)).startswith(("Done", "Error", "Not run", "Stopped")):
        assert time.monotonic() - begin < LIMIT, f"after {LIMIT} s the page still says: {said}"
        time.sleep(0.5)
    return said


ENGINES = pytest.mark.parametrize(
    "engine", [engines.firefox, engines.webkit], ids=lambda one: one.__name__
)


@ENGINES
def test_all_cells_of_a_page_run(engine, base):
    with engine() as browser:
        browser.open(f"{base}chapters/linear.html")
        assert browser.run(RUN_ALL) > 20
        assert said_at_last(browser).startswith("Done")
        assert browser.run(OUTPUTS) > 20
        assert browser.run(UNMEANT) == []
        assert browser.run(UNDRAWN) == []
        assert browser.errors() == []


# An exercise, as a reader of another browser does it: what was written is there after a reload.

CELL = """() => [...document.querySelectorAll(".cell")].find(cell =>
    cell.querySelector(".cell_input pre")?.textContent.includes(%s))"""
KEEP = """() => {
    const cell = (%s)(), place = [...document.querySelectorAll(".cell")].indexOf(cell);
    window.original ??= cell.querySelector(".cell_input pre").textContent.trimEnd();
    localStorage.setItem("edits:chapters/linear", JSON.stringify([{ original, text: %s, place }]));
}"""
PRESS = (
    "() => [...(%s)().querySelectorAll('.run-bar button')].find(b => b.textContent === %s).click()"
)
STATUS = "() => (%s)().querySelector('.run-status').textContent"
ANSWER = "() => (%s)().querySelector('.run-output')?.textContent ?? ''"


class Exercise:
    """One exercise on its page in one engine."""

    def __init__(self, browser, address, name):
        self.browser, self.address = browser, address
        self.cell = CELL % json.dumps(f'check("{name}"')
        browser.open(address)

    def write(self, text):
        """Leave this text in the storage, and come back to the page."""
        self.browser.run(KEEP % (self.cell, json.dumps(text)))
        time.sleep(0.5)
        self.browser.open(self.address)
        self.until("() => document.querySelectorAll('.cm-content').length === 1")

    def press(self, button):
        self.browser.run(PRESS % (self.cell, json.dumps(button)))

    def until(self, condition):
        begin = time.monotonic()
        while not self.browser.run(condition):
            assert time.monotonic() - begin < LIMIT, f"{condition} is not so: {self.said}"
            time.sleep(0.3)

    @property
    def said(self):
        return self.browser.run(STATUS % self.cell)

    def answer(self):
        """What the cell answers when it has run."""
        self.press("Run")
        self.until(f"() => /^(Done|Error|Not run|Stopped)/.test(({STATUS % self.cell})())")
        return self.browser.run(ANSWER % self.cell)


@ENGINES
def test_an_exercise_is_failed_named_stopped_and_solved(engine, base):
    name = "linear.backward"
    right = solved(all_exercises()[name].source)
    wrong = right.replace("dY.sum(axis=0)", "dY.mean(axis=0)")
    with engine() as browser:
        exercise = Exercise(browser, f"{base}chapters/linear.html", name)
        exercise.write(wrong)
        assert "mean-instead-of-sum" in exercise.answer()
        exercise.write(f"while True:\n    pass\n{right}")
        exercise.press("Run")
        exercise.until(f"() => ({STATUS % exercise.cell})() === 'Running'")
        exercise.press("Stop")
        exercise.until(f"() => ({STATUS % exercise.cell})().startsWith('Stopped')")
        exercise.write(right)
        assert "Right" in exercise.answer()
        time.sleep(0.5)
        browser.open(exercise.address)
        exercise.until("() => document.querySelector('.run-solved:not(:empty)') !== null")
        assert browser.errors() == []
