"""Somebody who reads the built pages in a real Chromium, and runs their cells."""

import pytest

MINUTES = 60_000  # milliseconds
# Milliseconds between two looks. Else Playwright looks at each frame, and Chromium draws sixty a
# second for it, at the cost of the Python that is waited for.
POLLING = 100
ENDED = """bar => {
    const said = bar.querySelector(".run-status").textContent;
    return /^(Done|Error|Not run|Stopped)/.test(said) && said;
}"""


class Reader:
    """Somebody before a page: finds cells by what is in them, presses buttons, reads answers."""

    def __init__(self, page, address):
        self.page, self.requests, self.errors = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address, wait_until="load")
        self.unfold()

    def unfold(self):
        self.page.wait_for_selector(".run-bar", state="attached")
        self.page.evaluate("""() => {
            document.querySelectorAll("details").forEach(details => { details.open = true; });
            document.querySelectorAll(".toggle-hidden .toggle-button").forEach(b => b.click());
        }""")

    def cell(self, containing):
        """The first cell whose code has these words in it."""
        return (
            self.page.locator(".cell", has=self.page.locator(".run-bar"))
            .filter(has=self.page.locator(".cell_input", has_text=containing))
            .first
        )

    def run(self, cell, button="Run", limit=2 * MINUTES):
        """Press a button of a cell; what the cell says when it has ended."""
        cell.get_by_role("button", name=button, exact=True).click()
        return self.wait(cell, limit)

    def wait(self, cell, limit=2 * MINUTES):
        bar = cell.locator(".run-bar").element_handle()
        ended = self.page.wait_for_function(ENDED, arg=bar, timeout=limit, polling=POLLING)
        return ended.json_value()

    def write(self, cell, code):
        """Put other code into a cell, as with the clipboard."""
        edit = cell.get_by_role("button", name="Edit", exact=True)
        if edit.is_visible():
            edit.click()
        editor = cell.locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def answer(self, cell):
        return cell.locator(".run-output").inner_text()


@pytest.fixture
def reader(browser, base):
    """A function from the name of a page to a Reader of it, with storage of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(MINUTES)
    yield lambda name: Reader(context.new_page(), f"{base}{name}.html")
    context.close()
