"""The pages run: every cell of every chapter in a real Chromium that reaches this machine only.

`make book` comes first. What a reader does is done here with the mouse and the keyboard.
"""

import ast
import json
import re
import sys

import pytest
from book.chapters.stubs import solved
from book.chapters.texts import all_exercises
from browser import HTML
from reader import ENDED, MINUTES, Reader
from running import RUNNING, planned

pytestmark = pytest.mark.site


@pytest.fixture(scope="session")
def shared(browser):
    """A browser for readers who change nothing: after the first, Python starts from its memory."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(MINUTES)
    return context


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNNING)
def test_every_cell_runs(name, shared, base, ran):
    with ran("chromium", name) as row:
        at = Reader(shared.new_page(), f"{base}{name}.html")
        early = r"/pyodide/|/codemirror/|\.json$"
        assert [url for url in at.requests if re.search(early, url)] == []
        cells = at.page.locator(".cell", has=at.page.locator(".run-bar"))
        row.cells, row.agent = cells.count(), at.page.evaluate("navigator.userAgent")
        said = at.run(cells.nth(row.cells - 1), "Run all above", 15 * MINUTES)
        assert said.startswith(("Done", "Error"))
        for number in range(row.cells):  # solutions, which "all above" leaves out
            if not cells.nth(number).locator(".run-status").inner_text():
                assert at.run(cells.nth(number)).startswith(("Done", "Error"))
    for number in range(row.cells):
        cell = cells.nth(number)
        failed = cell.locator(".run-error").all_inner_texts()
        meant = "tag_raises-exception" in cell.get_attribute("class")
        assert bool(failed) == meant, (cell.locator(".cell_input").inner_text(), failed)
    raising = sum(cell["raises"] for cell in planned(name))
    assert raising == at.page.locator(".run-error").count()
    assert at.errors == []
    assert [url for url in at.requests if not url.startswith((base, "blob:", "data:"))] == []
    at.page.close()


def test_the_pages_with_cells_are_all_here():
    assert {"chapters/linear", "chapters/training", "chapters/gradients"} <= set(RUNNING)
    for page in RUNNING:
        shown = (HTML / f"{page}.html").read_text("utf-8")
        cells = [cell for cell in planned(page) if not cell["hidden"]]
        assert len(re.findall(r'<div class="cell ', shown)) == len(cells)


@pytest.mark.parametrize("page", RUNNING)
def test_each_module_that_a_page_imports_can_be_the_first(page):
    """A reader runs any cell first: what another package brings along is not there then."""
    needed = json.loads((HTML / "page/files.json").read_text("utf-8"))["needed"]
    trees = [node for cell in planned(page) for node in ast.walk(ast.parse(cell["code"]))]
    names = [alias.name for node in trees if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in trees if isinstance(node, ast.ImportFrom)]
    tops = {name.split(".")[0] for name in names} - sys.stdlib_module_names
    assert tops <= set(needed)


# One exercise of each chapter; a student's slip in its solution, and what it is called.
SLIPS = {
    "first.square": ("dw = 2 * 7 * 4", "dw = 2 * 7", "missing-term"),
    "notation.shapes": ("product = (N, M)", "product = (M, N)", "missing-transpose"),
    "gradcheck.central": ("(2 * h)", "h", "scaled"),
    "linear.backward": ("dY.sum(axis=0)", "dY.mean(axis=0)", "mean-instead-of-sum"),
    "activations.bug": ("(1 / np.cosh(X)) ** 2", "(1 - np.tanh(X))", "missing-term"),
    "softmax.gradient": ("dY - (dY * Y)", "dY + (dY * Y)", "wrong-sign"),
    "losses.probabilities": (" / len(T)", "", "missing-batch-mean"),
    "network.mask": ("dA = dH * (A > 0)", "dA = dH", "missing-term"),
    "optimizers.momentum": ("(g + rho * w)", "(g - rho * w)", "wrong-sign"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_an_exercise_is_solved_in_the_page(name, reader):
    right, wrong, code = SLIPS[name]
    at = reader(f"chapters/{name.split('.')[0]}")
    cell, solution = at.cell(f'check("{name}"'), solved(all_exercises()[name].source)
    assert solution.count(right) >= 1
    assert at.run(cell).startswith("Done")
    assert "Not started" in at.answer(cell)
    at.write(cell, solution.replace(right, wrong))
    assert at.run(cell).startswith("Done")
    assert "Not yet" in at.answer(cell)
    assert code in at.answer(cell)
    at.write(cell, solution)
    at.run(cell)
    assert "Right" in at.answer(cell)
    assert "Not yet" not in at.answer(cell)


def test_what_an_earlier_run_said_is_gone_as_the_next_begins(reader):
    at = reader("chapters/linear")
    cell = at.cell("weights = Derivation(")
    assert at.run(cell).startswith("Done")
    said = cell.evaluate("""node => {
        node.querySelector(".run-bar button").click();
        return node.querySelector(".run-status").textContent;
    }""")
    assert said == "Looking at what it builds on"
    assert at.wait(cell).startswith("Done")


def test_a_wrong_step_of_a_derivation_is_refused(reader):
    at = reader("chapters/linear")
    cell = at.cell("weights = Derivation(")
    code = cell.locator(".cell_input pre").first.inner_text()
    assert at.run(cell).startswith("Done")
    cell.locator(".run-output div.math > math mfrac").first.wait_for(state="attached")
    assert "\\" not in at.answer(cell)
    at.write(cell, code.replace("dY.T @ X", "dY.T @ (2 * X)"))
    assert at.run(cell).startswith("Error")
    assert "WrongStep" in at.answer(cell)
    assert "first difference" in at.answer(cell)


def test_an_endless_loop_is_stopped(reader):
    at = reader("chapters/notation")
    first = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    book = first.locator("pre").first.inner_text()
    at.write(first, "n = 0\nwhile True:\n    n += 1")
    first.get_by_role("button", name="Run", exact=True).click()
    at.page.wait_for_function("() => document.body.textContent.includes('Running')")
    at.page.wait_for_timeout(1000)
    first.get_by_role("button", name="Stop", exact=True).click(timeout=5000)
    assert at.wait(first).startswith("Stopped")
    at.write(first, book)
    assert at.run(first).startswith("Done")


def test_another_cell_waits_and_a_stop_while_python_loads_is_heard(reader):
    at = reader("chapters/notation")
    cells = at.page.locator(".cell", has=at.page.locator(".run-bar"))
    first, second = cells.first, at.cell("f @ unit")
    first.get_by_role("button", name="Run", exact=True).click()
    second.get_by_role("button", name="Run", exact=True).click()
    assert "busy with another cell" in second.locator(".run-status").inner_text()
    first.get_by_role("button", name="Stop", exact=True).click()
    assert at.wait(first).startswith("Stopped")
    assert at.run(second).startswith("Done")
    assert at.page.locator("iframe").count() == 1


def test_endless_printing_leaves_the_page_alive(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(cell, "while True:\n    print('again and again')")
    cell.get_by_role("button", name="Run", exact=True).click()
    at.page.wait_for_selector("text=more than this is not shown")
    cell.get_by_role("button", name="Stop", exact=True).click(timeout=5000)
    assert at.wait(cell).startswith("Stopped")
    assert len(at.answer(cell)) < 101_000


def test_edits_survive_a_reload_and_can_be_reset(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    book = cell.locator("pre").first.inner_text()
    at.write(cell, "print(6 * 7)")
    at.page.reload(wait_until="load")
    at.unfold()
    cell.locator(".cm-content").wait_for()
    assert "print(6 * 7)" in cell.locator(".cm-content").inner_text()
    at.run(cell)
    assert at.answer(cell).strip() == "42"
    cell.get_by_role("button", name="Reset", exact=True).click()
    assert cell.locator(".run-output").count() == 0
    at.page.reload(wait_until="load")
    at.unfold()
    at.page.wait_for_timeout(500)
    assert cell.locator(".cm-content").count() == 0
    assert cell.locator("pre").first.inner_text() == book


def test_undo_and_tab_and_out_again(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(cell, "for k in range(2):")
    lines = lambda: cell.locator(".cm-line").all_inner_texts()  # noqa: E731
    press = at.page.keyboard.press
    press("Enter")
    at.page.keyboard.type("print(k)")
    assert lines() == ["for k in range(2):", "    print(k)"]
    press("Control+z")
    assert "print(k)" not in "".join(lines())
    press("Control+y")
    assert lines() == ["for k in range(2):", "    print(k)"]
    press("Home")
    press("Tab")
    assert lines()[-1] == "        print(k)"
    press("Shift+Tab")
    press("Shift+Enter")
    assert at.wait(cell).startswith("Done")
    assert at.answer(cell).split() == ["0", "1"]
    cell.locator(".cm-content").focus()
    press("Escape")
    press("Tab")
    assert at.page.evaluate("document.activeElement.tagName") == "BUTTON"


# What a cell might try, and how Python or the browser refuses it.
ATTEMPTS = """
import js
async def attempts():
    found = []
    for name in ("document", "localStorage", "sessionStorage", "cookieStore", "parent"):
        found.append((name, hasattr(js, name)))
    return found

print([name for name in ("document", "localStorage", "sessionStorage") if hasattr(js, name)])
print("origin", js.origin)
for what in ("indexedDB.open('x')", "caches.keys()", "new XMLHttpRequest()", "new WebSocket('ws://127.0.0.1:1')"):
    pass
try:
    asked = js.XMLHttpRequest.new()
    asked.open("GET", ADDRESS, False)
    asked.send()
    print("reached", asked.status)
except BaseException as error:
    print("not reached")
try:
    js.indexedDB.open("x")
    print("storage opened")
except BaseException as error:
    print("no storage")
try:
    js.importScripts(ADDRESS)
    print("script loaded")
except BaseException as error:
    print("no script")
"""


def test_code_in_a_cell_reaches_neither_page_nor_host(reader, base):
    at = reader("chapters/notation")
    at.page.evaluate("document.cookie = 'secret=1'; localStorage.setItem('secret', '1')")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    outside = ATTEMPTS.replace("ADDRESS", repr(f"{base}index.html"))
    at.write(cell, outside)
    at.run(cell)
    assert at.answer(cell).strip().split("\n") == [
        "[]",
        "origin null",
        "not reached",
        "no storage",
        "no script",
    ]


def test_an_exception_is_told_in_the_words_of_the_cell(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(cell, "def half(x):\n    return x / 0\n\nhalf(1)")
    assert at.run(cell).startswith("Error")
    told = cell.locator(".run-error > pre").inner_text().splitlines()
    assert told == [
        "In this cell, line 4:",
        "    half(1)",
        "In this cell, line 2, in half:",
        "    return x / 0",
        "ZeroDivisionError: division by zero",
    ]
    assert cell.get_by_text("The whole traceback").is_visible()


def test_a_figure_of_the_reader_s_own_is_shown(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(cell, "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.title('Squares');")
    assert at.run(cell).startswith("Done")
    assert at.page.get_by_role("img", name="Squares").is_visible()


def test_two_figures_of_one_cell_are_both_shown(reader):
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    draw = "plt.figure(); plt.plot([1, 4]); plt.title({!r})\n"
    lines = draw.format("Squares") + draw.format("Cubes")
    at.write(cell, f"import matplotlib.pyplot as plt\n{lines}None")
    assert at.run(cell).startswith("Done")
    shown = cell.locator(".run-output svg[role=img]")
    assert shown.evaluate_all("all => all.map(s => s.ariaLabel)") == ["Squares", "Cubes"]


def test_run_says_how_much_is_to_come(reader):
    at = reader("chapters/notation")
    said = """() => {
        window.said = [];
        const watch = new MutationObserver(changes => changes.forEach(
            change => window.said.push(change.target.textContent)));
        document.querySelectorAll(".run-status").forEach(
            status => watch.observe(status, { childList: true, subtree: true }));
    }"""
    at.page.evaluate(said)
    at.run(at.page.locator(".cell", has=at.page.locator(".run-bar")).first)
    first = next(line for line in at.page.evaluate("window.said") if "MB" in line)
    wanted = planned("chapters/notation")[0]["files"]
    files = json.loads((HTML / "page/files.json").read_text())["files"]
    size = sum(file["bytes"] for file in files if file["core"] or file["name"] in wanted) / 1e6
    assert first == f"Loading Python: {size:.1f} of {size:.1f} MB to come"


def test_progress_is_found_on_the_next_page(reader):
    at = reader("chapters/linear")
    cell, name = at.cell('check("linear.backward"'), "linear.backward"
    at.write(
        cell, solved(all_exercises()[name].source) + "\nfrom backprop.exercises import progress"
    )
    at.run(cell)
    at.page.reload(wait_until="load")
    at.unfold()
    first = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(first, "from backprop.exercises import progress\nprint(progress().headline)")
    at.run(first)
    assert "1 implemented" in at.answer(first)


def test_the_next_page_goes_on_from_the_memory_that_python_started_with(reader):
    """The secret of `hash`, drawn when Python starts, is the same; random numbers are not."""
    code = "import random\nprint(hash('gradient'), random.random())"

    def started(page):
        at = reader(page)
        cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
        at.write(cell, code)
        at.run(cell)
        at.page.wait_for_function("caches.match('../page/memory.bin')")
        return at.answer(cell).split()

    (secret, number), (again, another) = started("chapters/linear"), started("chapters/softmax")
    assert again == secret
    assert another != number


def test_a_cell_cannot_change_the_memory_that_the_next_page_starts_with(reader):
    at = reader("chapters/softmax")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    at.write(cell, "import __main__\n__main__.tell('memory', bytes(5))\nprint('told')")
    at.run(cell)
    assert at.answer(cell).strip() == "told"
    at.page.wait_for_timeout(1000)
    size = "async () => (await (await caches.match('../page/memory.bin')).arrayBuffer()).byteLength"
    assert at.page.evaluate(size) > 1e6


def test_loss_curve_moves_while_the_network_trains(reader):
    at = reader("chapters/training")
    cell = at.cell("display(curve")
    cell.get_by_role("button", name="Run", exact=True).click()
    seen = set()
    while not at.page.evaluate(ENDED, cell.locator(".run-bar").element_handle()):
        seen |= set(
            cell.locator(".run-output svg").evaluate_all("all => all.map(s => s.ariaLabel)")
        )
        at.page.wait_for_timeout(50)
    epochs = {int(n) for label in seen for n in re.findall(r"so far (\d+) of 30", label or "")}
    assert len(epochs) > 3
    assert cell.locator(".run-output svg").count() == 1
    assert float(re.search(r"test accuracy ([\d.]+)", at.answer(cell))[1]) > 0.95


def test_keyboard_alone_leads_to_a_passed_exercise(reader):
    at = reader("index")
    press = at.page.keyboard.press

    def tab_to(what, limit=900):
        for _ in range(limit):
            press("Tab")
            if at.page.evaluate(f"e => {what}", at.page.evaluate_handle("document.activeElement")):
                return
        raise AssertionError(f"{what}: not reached with {limit} presses of Tab")

    tab_to("e.matches('a[href$=\"chapters/linear.html\"]') && e.checkVisibility()")
    press("Enter")
    at.page.wait_for_url("**/chapters/linear.html")
    at.page.wait_for_selector(".run-bar", state="attached")
    in_cell = "e.closest('.cell')?.textContent.includes('check(\"linear.backward\"')"
    tab_to(f"e.textContent === 'Edit' && {in_cell}")
    press("Enter")
    at.page.wait_for_selector(".cm-content")
    press("Control+a")
    at.page.keyboard.insert_text(solved(all_exercises()["linear.backward"].source))
    press("Shift+Enter")
    cell = at.page.locator(".cell", has_text='check("linear.backward"').first
    at.wait(cell)
    assert "Right" in at.answer(cell)
