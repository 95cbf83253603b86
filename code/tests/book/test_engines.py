"""The pages run in the engines of Firefox and of Safari as they do in Chromium (test_run.py)."""

import json
import time
from threading import Event
from types import SimpleNamespace

import engines
import pytest
from book.audit.engines import NAMES, kept
from book.chapters.stubs import solved
from book.chapters.texts import all_exercises
from running import RUNNING, planned, workers
from serving import served

pytestmark = [
    pytest.mark.site,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:setting remote_server_addr"),  # selenium warns of itself
]

LIMIT = 300  # seconds for all cells of a page
RUN_ALL = """() => {
    document.querySelectorAll("details").forEach(details => { details.open = true; });
    window.bars = [...document.querySelectorAll(".cell .run-bar")];
    window.begun = bars.at(-1);
    begun.querySelectorAll("button")[1].click();
    return bars.length;
}"""
# Solutions, which "all above" leaves out.
RUN_NEXT = """() => {
    window.begun = bars.find(bar => !bar.querySelector(".run-status").textContent);
    window.begun?.querySelector("button").click();
    return Boolean(begun);
}"""
SAID = "() => window.begun.querySelector('.run-status').textContent"
UNMEANT = """() => [...document.querySelectorAll(".run-error")]
    .filter(node => !node.closest(".cell").matches(".tag_raises-exception"))
    .map(node => node.textContent)"""
FAILED = "() => document.querySelectorAll('.run-error').length"
UNDRAWN = """() => {
    const wide = node => node?.getBoundingClientRect().width > 1;
    return [...document.querySelectorAll(".math")]
        .filter(node => node.checkVisibility() && !wide(node.querySelector("math")))
        .map(node => node.textContent);
}"""
CUT = """() => {
    const children = { msub: 2, msup: 2, mfrac: 2, munder: 2, mover: 2, msubsup: 3, munderover: 3 };
    return [...document.querySelectorAll(Object.keys(children).join())]
        .filter(node => node.children.length !== children[node.localName])
        .map(node => node.outerHTML);
}"""


ENGINES = [engines.firefox, engines.webkit]


@pytest.fixture(scope="session", params=ENGINES, ids=lambda one: one.__name__)
def started(request):
    kept = engines.Kept(request.param)
    yield kept
    kept.close()


@pytest.fixture
def engine(started):
    """A browser that reaches this machine only, and whose console stays empty."""
    browser = started.browser()
    yield browser
    assert browser.errors() == []
    assert browser.asked == []


def end(browser):
    """What the cell that was begun last says when it has ended."""
    begin = time.monotonic()
    while not (said := browser.run(SAID)).startswith(("Done", "Error", "Not run", "Stopped")):
        assert time.monotonic() - begin < LIMIT, f"after {LIMIT} s the page still says: {said}"
        time.sleep(0.2)
    return said


@pytest.mark.parametrize("page", RUNNING)
def test_every_cell_runs(engine, started, page, base, ran):
    with ran(started.name, page) as row:
        engine.open(f"{base}{page}.html")
        row.agent = engine.run("() => navigator.userAgent")
        row.cells = engine.run(RUN_ALL)
        assert end(engine).startswith(("Done", "Error"))
        while engine.run(RUN_NEXT):
            assert end(engine).startswith(("Done", "Error"))
        assert engine.run(UNMEANT) == []
        assert engine.run(FAILED) == sum(cell["raises"] for cell in planned(page))
        assert engine.run(UNDRAWN) == []
        assert engine.run(CUT) == []


def test_the_page_about_checks_shows_all_pages_and_engines():
    shown = {(page, engine) for page, engine, *_ in kept()["rows"]}
    assert shown == {(page, engine) for page in RUNNING for engine in NAMES}  # run make engines


def test_a_host_that_is_asked_would_be_seen(started, tmp_path):
    (tmp_path / "index.html").write_text("<img src='http://elsewhere.example/a.png'>", "utf-8")
    browser = started.browser()
    with served(tmp_path) as address:
        browser.open(address)
    assert any("elsewhere.example" in asked for asked in browser.asked)
    started.close()


def test_a_firefox_that_has_ended_is_cleared_away_and_replaced():
    """What it leaves open would be told of some later test."""
    kept = engines.Kept(engines.firefox)
    ended = kept.browser()
    ended.process.kill()
    ended.process.wait()
    assert kept.browser().run("() => 6 * 7") == 42
    kept.close()
    assert ended.process.stdout.closed


def test_a_driver_that_hangs_at_its_start_is_replaced():
    """WebKitWebDriver has waited for its browser without end."""
    ended = [Event(), Event()]

    class Webdriver:
        @staticmethod
        def WebKitGTK(options, service):
            if service is waiting[0]:
                assert ended[0].wait(10)
                raise ConnectionError
            return "a session"

    waiting = [SimpleNamespace(process=SimpleNamespace(kill=one.set)) for one in ended]
    more = iter(waiting)
    assert engines.begun(Webdriver, None, lambda: next(more), patience=0.1) == "a session"
    assert not ended[1].is_set()


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
        return self.ended()

    def ended(self):
        self.until(f"() => /^(Done|Error|Not run|Stopped)/.test(({STATUS % self.cell})())")
        return self.browser.run(ANSWER % self.cell)


def test_an_exercise_is_failed_named_stopped_and_solved(engine, started, base):
    name = "linear.backward"
    right = solved(all_exercises()[name].source)
    wrong = right.replace("dY.sum(axis=0)", "dY.mean(axis=0)")
    exercise = Exercise(engine, f"{base}chapters/linear.html", name)
    exercise.write(wrong)
    assert "mean-instead-of-sum" in exercise.answer()
    exercise.write(f"while True:\n    pass\n{right}")
    exercise.press("Run")
    exercise.until(f"() => ({STATUS % exercise.cell})() === 'Running'")
    assert workers(started.name) > 0
    exercise.press("Stop")
    exercise.until(f"() => ({STATUS % exercise.cell})().startsWith('Stopped')")
    begin = time.monotonic()
    while workers(started.name):  # what is said to be stopped does not go on unseen
        assert time.monotonic() - begin < LIMIT, "the loop goes on, though the page says it stopped"
        time.sleep(0.3)
    exercise.write(right)
    assert "Right" in exercise.answer()
    time.sleep(0.5)
    engine.open(exercise.address)
    exercise.until("() => document.querySelector('.run-solved:not(:empty)') !== null")
    engine.run("() => localStorage.clear()")


# On one line, since the editor indents what is typed.
TYPED = (
    "linear_backward = lambda dY, X, W: (dY @ W, dY.T @ X, dY.sum(axis=0)); "
    'check("linear.backward", linear_backward)'
)
HERE = "document.activeElement"


def test_the_keyboard_alone_suffices(engine, base):
    exercise = Exercise(engine, f"{base}chapters/linear.html", "linear.backward")

    def tab_to(what, limit=900):
        for _ in range(limit):
            engine.press("Tab")
            if engine.run(f"() => {what}"):
                return
        raise AssertionError(f"{what}: not reached with {limit} presses of Tab")

    tab_to(f"{HERE}.textContent === 'Edit' && {HERE}.closest('.cell') === ({exercise.cell})()")
    engine.press("Enter")
    exercise.until(f"() => {HERE}.matches('.cm-content')")
    engine.press("Control+a")
    engine.write(TYPED)
    engine.press("Shift+Enter")
    assert "Right" in exercise.ended()
    time.sleep(0.5)
    engine.open(exercise.address)
    exercise.until(f"() => ({exercise.cell})().textContent.includes('lambda dY, X, W')")
    engine.run("() => localStorage.clear()")
