"""The pages on a telephone: derivations are read without scrolling sideways, cells are tapped.

`make book` comes first. Every page is opened at 390 and at 360 pixels with all that is folded open.
"""

import time
from functools import cache

import engines
import pytest
from book.chapters.stubs import solved
from book.chapters.texts import all_exercises
from browser import LIMIT, PAGES
from reader import MINUTES, Reader

pytestmark = pytest.mark.site

# Formulas that are wider than the screen by themselves scroll, with a shadow at the side: how many
# there are in the whole book. Before reasons were below their lines, it was 91 and 106 of 137; the
# derivation of binary cross-entropy and a line of its exercise have come since.
# Of the chapters on norms and attention, and of lines that `derive` has found, 12 more are wide;
# of those on convolution, depth, matrices and second derivatives, 13 or 14; of the GPT, one.
SCROLLING = {390: 41, 360: 48}

# What is seen of the derivations in a window: lines that have their reason beside them, words of a
# reason beyond the edge, and how many displays scroll.
SEEN = """(window) => {
    const all = (node, what) =>
        [...node.querySelectorAll(what)].filter(one => one.checkVisibility());
    const box = (node) => node.getBoundingClientRect();
    for (const fold of window.document.querySelectorAll("details")) fold.open = true;
    const displays = all(window.document, "div.math"), beside = [], cut = [];
    for (const display of displays) {
        const edge = box(display).left + display.clientWidth + 1;
        for (const line of all(display, ".lines > mtr")) {
            const reason = line.querySelector(".line-reason");
            const right = line.querySelector(".line-right");
            if (box(reason).top < box(right).bottom - 1) beside.push(line.textContent);
        }
        for (const words of all(display, ".prose > mtext"))
            for (const piece of words.getClientRects())
                if (piece.right > edge) cut.push(words.textContent);
    }
    const lines = all(window.document, ".lines > mtr").length;
    const scrolling = displays.filter(one => one.scrollWidth > one.clientWidth + 1).length;
    return { lines, beside, cut, scrolling };
}"""
IN_THIS_WINDOW = f"() => ({SEEN})(window)"
MANY = 200  # lines of derivations are in the book, and more


@pytest.fixture(scope="session")
def seen(browser, base):
    """A function from a width to what is seen of every page in a window of it."""

    @cache
    def seen(width):
        context = browser.new_context(viewport={"width": width, "height": 844})
        context.set_default_timeout(LIMIT)
        page, found = context.new_page(), {}
        for name in PAGES:
            page.goto(f"{base}{name}.html", wait_until="load")
            page.evaluate("document.fonts.ready.then(() => null)")
            found[name] = page.evaluate(IN_THIS_WINDOW)
        context.close()
        return found

    return seen


@pytest.mark.parametrize("width", SCROLLING)
def test_each_reason_is_below_its_line_and_none_is_cut_off(width, seen):
    found = seen(width)
    assert sum(page["lines"] for page in found.values()) > MANY
    assert {name: page["beside"] for name, page in found.items() if page["beside"]} == {}
    assert {name: page["cut"] for name, page in found.items() if page["cut"]} == {}


@pytest.mark.parametrize("width", SCROLLING)
def test_few_formulas_are_wider_than_the_screen(width, seen):
    assert sum(page["scrolling"] for page in seen(width).values()) <= SCROLLING[width]


def test_on_a_desk_reasons_are_beside_their_lines(seen):
    found = seen(1280)
    lines = sum(page["lines"] for page in found.values())
    assert lines == sum(len(page["beside"]) for page in found.values()) > MANY


NARROW = """() => {
    const frame = document.createElement("iframe");
    frame.style.cssText = "position: fixed; inset: 0 auto auto 0; width: 390px; height: 844px";
    frame.src = location.href;
    document.body.append(frame);
}"""
LOADED = """() => {
    const there = document.body.lastElementChild.contentDocument;
    return there.readyState === "complete" && there.querySelector(".run-bar") !== null;
}"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:setting remote_server_addr")  # selenium warns of itself
@pytest.mark.parametrize("engine", [engines.firefox, engines.webkit], ids=lambda one: one.__name__)
def test_reasons_are_below_in_other_engines_too(engine, base):
    """A frame is as narrow as a telephone; the window of an engine may not be."""
    with engine() as browser:
        browser.open(f"{base}chapters/linear.html")
        browser.run(NARROW)
        begin = time.monotonic()
        while not browser.run(LOADED):
            assert time.monotonic() - begin < LIMIT / 1000
            time.sleep(0.2)
        found = browser.run(f"() => ({SEEN})(document.body.lastElementChild.contentWindow)")
        assert found["lines"] > 10
        assert (found["beside"], found["cut"]) == ([], [])


# Touch.


@pytest.fixture
def touched(browser, base):
    """A function from the name of a page to a Reader of it who has no mouse."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**phone)
    context.set_default_timeout(MINUTES)
    yield lambda name: Reader(context.new_page(), f"{base}{name}.html")
    context.close()


def tap(place, name):
    place.get_by_role("button", name=name, exact=True).tap()


def write(at, cell, code):
    """Put other code into a cell, as with the keyboard on the screen."""
    tap(cell, "Edit")
    cell.locator(".cm-content").tap()
    at.page.keyboard.press("Control+a")
    at.page.keyboard.insert_text(code)


def test_a_cell_is_edited_and_run_by_touch(touched):
    at = touched("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    write(at, cell, "print(6 * 7)")
    at.page.keyboard.press("Enter")
    at.page.keyboard.type("print(8 * 9)")
    tap(cell, "Run")
    assert at.wait(cell).startswith("Done")
    assert at.answer(cell).split() == ["42", "72"]
    tap(cell, "Close")
    assert cell.locator(".cm-content").is_hidden()
    at.page.wait_for_timeout(500)  # Chromium hands what is kept on to the process of the next page
    at.page.reload(wait_until="load")
    at.page.locator(".run-go-on a").tap()
    assert cell.evaluate("node => node.matches(':target')")
    assert cell.evaluate("node => Math.abs(node.getBoundingClientRect().top) < innerHeight")
    assert at.page.locator(".run-go-on").count() == 0


def test_an_exercise_is_failed_and_solved_by_touch(touched):
    at = touched("chapters/linear")
    name = "linear.backward"
    cell, right = at.cell(f'check("{name}"'), solved(all_exercises()[name].source)
    write(at, cell, right.replace("dY.sum(axis=0)", "dY.mean(axis=0)"))
    tap(cell, "Run")
    at.wait(cell)
    assert "mean-instead-of-sum" in at.answer(cell)
    cell.locator(".cm-content").tap()
    at.page.keyboard.press("Control+a")
    at.page.keyboard.insert_text(right)
    tap(cell, "Run")
    at.wait(cell)
    assert "Right" in at.answer(cell)
    overflow = "() => document.documentElement.scrollWidth - innerWidth"
    assert at.page.evaluate(overflow) <= 0


def test_a_derivation_that_was_run_has_its_reasons_below_too(touched):
    at = touched("chapters/linear")
    cell = at.cell("weights = Derivation(")
    code = cell.locator(".cell_input pre").first.inner_text()
    tap(cell, "Run")
    assert at.wait(cell).startswith("Done")
    cell.locator(".run-output .derivation .line-reason").first.wait_for()
    write(at, cell, code.replace("dY.T @ X", "dY.T @ (2 * X)"))
    tap(cell, "Run")
    assert at.wait(cell).startswith("Error")
    cell.locator(".run-output .derivation .line-reason").last.wait_for()
    found = at.page.evaluate(IN_THIS_WINDOW)
    assert (found["beside"], found["cut"]) == ([], [])


BUTTONS = """(within) => [...document.querySelectorAll("button")]
    .filter(one => one.checkVisibility() && one.closest(within))
    .map(one => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"""


def test_buttons_can_be_hit(touched):
    at = touched("chapters/linear")
    cell = at.cell('check("linear.backward"')
    tap(cell, "Edit")
    tap(cell, "Run")
    at.wait(cell)
    at.page.wait_for_timeout(500)
    at.page.reload(wait_until="load")
    at.unfold()
    at.page.locator(".run-go-on").wait_for()
    ours = at.page.evaluate(BUTTONS, ".run-bar, .run-go-on, .run-yours")
    assert len(ours) > 50
    assert min(ours) >= 28
    assert min(at.page.evaluate(BUTTONS, "article")) >= 24  # and what the theme puts on code
