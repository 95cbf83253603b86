"""What a reader has written and solved is kept, offered, taken along and erased."""

import json

import pytest
from backprop.exercises.telling.texts import texts
from book.chapters.stubs import solved
from book.chapters.texts import all_exercises

pytestmark = pytest.mark.site

PAGE = "chapters/notation"
MINE = "print(6 * 7)  # mine"
KEPT = "() => JSON.parse(localStorage.getItem('edits:chapters/notation') ?? '[]')"


def cells(at):
    return at.page.locator(".cell", has=at.page.locator(".run-bar"))


def keep(at, *edits):
    """Put edits into the storage, as another edition of the page has left them, and come back."""
    at.page.evaluate(
        "edits => localStorage.setItem('edits:chapters/notation', JSON.stringify(edits))", edits
    )
    at.page.wait_for_timeout(500)  # Chromium hands it on to the process of the next page
    at.page.reload(wait_until="load")
    at.unfold()


def written(at, number=0):
    at.write(cells(at).nth(number), MINE)
    at.page.wait_for_function(f"() => ({KEPT})().length > 0")


def code_of(at, number):
    return cells(at).nth(number).locator(".cell_input pre").first.text_content().rstrip()


def yours(at):
    return at.page.locator(".run-yours")


def press(place, name):
    place.get_by_role("button", name=name, exact=True).click()


def test_an_edit_belongs_to_its_cell_when_the_cell_has_changed(reader):
    at = reader(PAGE)
    book = code_of(at, 2)
    lines = book.split("\n")
    earlier = "\n".join(["# of an earlier edition", *lines])
    assert len(lines) > 2
    keep(at, {"original": earlier, "text": f"{earlier}\n{MINE}", "place": 4})
    cell = cells(at).nth(2)
    assert MINE in cell.locator(".run-earlier").inner_text()
    assert at.page.locator(".run-earlier").count() == 1
    assert code_of(at, 2) == book  # the new edition's text runs until the reader chooses
    press(cell, "Use yours")
    cell.locator(".cm-content").wait_for()
    assert MINE in cell.locator(".cm-content").inner_text()
    assert at.page.evaluate(KEPT) == [
        {"original": book, "text": f"{earlier}\n{MINE}", "place": 2},
    ]
    assert at.page.locator(".run-earlier").count() == 0


def test_the_text_of_the_book_can_be_chosen_too(reader):
    at = reader(PAGE)
    earlier = f"# before\n{code_of(at, 2)}"
    keep(at, {"original": earlier, "text": MINE, "place": 2})
    press(cells(at).nth(2), "Keep this one")
    assert at.page.evaluate(KEPT) == []
    assert at.page.locator(".run-earlier").count() == 0


def test_an_exercise_is_the_same_whatever_its_text(reader):
    at = reader(PAGE)
    keep(at, {"original": 'def f():\n    pass\n\ncheck("notation.shapes", f)', "text": MINE})
    cell = at.cell('check("notation.shapes"')
    assert MINE in cell.locator(".run-earlier").inner_text()


def test_an_edit_of_a_cell_that_is_gone_is_not_left_behind_unseen(reader):
    at = reader(PAGE)
    keep(at, {"original": "something = quite(different)", "text": MINE, "place": 1})
    assert MINE in yours(at).inner_text()
    assert "no longer on the page" in yours(at).inner_text()
    press(yours(at), "Throw it away")
    assert at.page.evaluate(KEPT) == []


def test_edits_as_they_were_kept_at_first_are_found(reader):
    at = reader(PAGE)
    at.page.evaluate(
        "([original, text]) => localStorage.setItem(`cell:chapters/notation:${original}`, text)",
        [code_of(at, 1), MINE],
    )
    at.page.reload(wait_until="load")
    at.unfold()
    cells(at).nth(1).locator(".cm-content").wait_for()
    assert MINE in cells(at).nth(1).locator(".cm-content").inner_text()


def test_a_page_is_reset_as_a_whole(reader):
    at = reader(PAGE)
    books = [code_of(at, 0), code_of(at, 1)]
    written(at, 0)
    written(at, 1)
    assert "You have changed 2 cells" in yours(at).inner_text()
    press(yours(at), "Reset this page")
    assert at.page.evaluate(KEPT) == []
    assert "You have changed no cell" in yours(at).inner_text()
    contents = [cells(at).nth(n).locator(".cm-content").inner_text() for n in (0, 1)]
    assert [text.split() for text in contents] == [book.split() for book in books]


def test_all_that_is_kept_can_be_seen_and_erased(reader):
    at = reader(PAGE)
    written(at)
    at.run(cells(at).nth(0))
    at.page.reload(wait_until="load")
    at.unfold()
    assert "your text in 1 cell on 1 page" in yours(at).inner_text()
    press(yours(at), "Erase all of it")
    at.page.wait_for_function("() => localStorage.getItem('edits:chapters/notation') === null")
    at.unfold()
    assert at.page.evaluate("() => caches.keys()") == []
    left = "() => Object.keys(localStorage).filter(key => /edits|cell|progress|solved/.test(key))"
    assert at.page.evaluate(left) == []
    assert "your text" not in yours(at).inner_text()


def test_work_goes_to_another_device_as_a_file(reader, tmp_path):
    at = reader(PAGE)
    written(at)
    at.page.evaluate("""() => {
        localStorage.setItem("progress", '{"linear.backward": ["implemented"]}');
        localStorage.setItem("solved", '{"linear.backward": "2026-11-02T08:00:00Z"}');
    }""")
    with at.page.expect_download() as download:
        press(yours(at), "Save my work as a file")
    file = tmp_path / "work.json"
    download.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))["book"] == "gradients-by-hand"
    there = at.page.context.browser.new_context()
    try:
        page = there.new_page()
        page.goto(at.page.url, wait_until="load")
        # Here stands another text in the same cell, and another exercise is solved.
        page.evaluate(
            """original => {
                const edit = { original, text: "print('here')", place: 0 };
                localStorage.setItem("edits:chapters/notation", JSON.stringify([edit]));
                localStorage.setItem("progress", '{"linear.xv": ["proved"]}');
            }""",
            code_of(at, 0),
        )
        page.reload(wait_until="load")
        page.locator(".run-yours input[type=file]").set_input_files(file)
        page.wait_for_function(f"() => ({KEPT})().length === 2")
        page.locator(".run-earlier").wait_for()
        assert MINE in page.locator(".run-earlier").inner_text()
        page.locator(".cm-content", has_text="here").wait_for()
        kept = page.evaluate("() => JSON.parse(localStorage.getItem('progress'))")
        assert kept == {"linear.xv": ["proved"], "linear.backward": ["implemented"]}
    finally:
        there.close()


def test_a_file_of_another_kind_changes_nothing(reader, tmp_path):
    at = reader(PAGE)
    written(at)
    (tmp_path / "other.json").write_text('{"cells": []}', "utf-8")
    at.page.locator(".run-yours input[type=file]").set_input_files(tmp_path / "other.json")
    at.page.locator(".run-said", has_text="Nothing has been changed").wait_for()
    assert len(at.page.evaluate(KEPT)) == 1


def test_a_solved_exercise_is_marked_and_so_is_its_page(reader):
    at = reader("chapters/linear")
    name = "linear.backward"
    cell = at.cell(f'check("{name}"')
    assert cell.locator(".run-solved").inner_text() == ""
    at.write(cell, solved(all_exercises()[name].source))
    at.run(cell)
    at.page.reload(wait_until="load")
    at.unfold()
    assert cell.locator(".run-solved").inner_text().startswith("✓ solved on ")
    others = at.cell('check("linear.bilinear"').locator(".run-solved")
    assert others.inner_text() == ""
    mark = at.page.locator(".bd-links .run-done")
    mark.wait_for()
    count = sum(one.startswith("linear.") for one in texts())
    assert mark.all_inner_texts() == [f"1/{count}"]


def test_the_editor_looks_like_the_code_and_can_be_closed(reader):
    at = reader(PAGE)
    cell = cells(at).nth(2)
    style = "(node, what) => getComputedStyle(node)[what]"
    size = cell.locator(".cell_input pre").first.evaluate(style, "fontSize")
    number = cell.locator(".cell_input pre .mi").first.evaluate(style, "color")
    text = code_of(at, 2)
    press(cell, "Edit")
    assert cell.locator(".cm-content").evaluate(style, "fontSize") == size
    assert cell.locator(".cm-content .tok-number").first.evaluate(style, "color") == number
    assert cell.locator(".cm-content").evaluate(style, "color") != number
    at.write(cell, f"{text}\nadded = 12")
    press(cell, "Close")
    assert cell.locator(".cm-content").is_hidden()
    assert code_of(at, 2) == f"{text}\nadded = 12"
    assert cell.locator(".cell_input pre .tok-number").last.evaluate(style, "color") == number
    press(cell, "Edit")
    assert "added = 12" in cell.locator(".cm-content").inner_text()


def test_opening_the_editor_moves_nothing_below_it(reader):
    at = reader(PAGE)
    cell = cells(at).nth(2)
    height = "node => node.querySelector('.run-bar').offsetTop - node.offsetTop"
    before = cell.evaluate(height)
    press(cell, "Edit")
    cell.locator(".cm-content").wait_for()
    assert abs(cell.evaluate(height) - before) <= 2


def test_the_blank_cell_has_all_that_the_page_defines(reader):
    at = reader("chapters/linear")
    blank = at.page.locator(".run-blank")
    at.write(blank, "print(dY)")
    assert at.run(blank).startswith("Done")
    assert "∂L" in at.answer(blank) or "dY" in at.answer(blank)
    at.page.reload(wait_until="load")
    blank.locator(".cm-content").wait_for()
    assert "print(dY)" in blank.locator(".cm-content").inner_text()


def test_a_cell_that_failed_is_named_and_linked(reader):
    at = reader("chapters/linear")
    first = at.cell("S, M, N = dimensions")
    at.write(first, "S = M = N = undefined_name")
    last = at.cell("weights = Derivation(")
    said = at.run(last)
    link = last.locator(".run-status a")
    number = first.locator(".run-number").inner_text()
    assert said == f"Not run: cell {number} above failed: see its output"
    link.click()
    assert at.page.evaluate("() => document.querySelector(':target .run-error') !== null")
    assert f"cell-{number}" in at.page.url


def test_an_error_names_the_cell_of_a_function_and_leads_there(reader):
    at = reader(PAGE)
    at.write(cells(at).nth(0), "def broken():\n    return 1 / 0")
    assert at.run(cells(at).nth(0)).startswith("Done")
    at.write(cells(at).nth(1), "broken()")
    assert at.run(cells(at).nth(1)).startswith("Error")
    link = cells(at).nth(1).locator(".run-error pre a").first
    assert link.inner_text() == "cell 1"
    link.click()
    assert at.page.url.endswith("#cell-1")


def test_read_again_leads_to_the_section(reader):
    at = reader("chapters/linear")
    cell = at.cell('check("linear.backward"')
    code = solved(all_exercises()["linear.backward"].source)
    at.write(cell, code.replace("dY.T @ X", "dY.T @ X * 1.7 + 0.3"))
    at.run(cell)
    link = cell.locator(".exercise-report a", has_text="in the chapter")
    page, anchor = link.get_attribute("href").split("#")
    assert page == at.page.url.split("#")[0]
    assert at.page.locator(f"section#{anchor}").count() == 1


def test_a_hint_under_an_answer_opens_the_page_s_own(reader):
    """It is on the page once; the button leads one further, also when a reader unfolds one."""
    at = reader("chapters/linear")
    name = "linear.backward"
    cell, code = at.cell(f'check("{name}"'), solved(all_exercises()[name].source)
    folds = at.page.locator("#ex-linear-backward ~ details").filter(has_text="Hint")
    at.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false; })")
    at.write(cell, code.replace("dY.sum(axis=0)", "dY.mean(axis=0)"))
    at.run(cell)
    report = cell.locator(".exercise-report")
    assert report.locator("details").count() == 0
    opened = lambda: [folds.nth(n).get_attribute("open") is not None for n in range(3)]  # noqa: E731
    assert opened() == [False, False, False]
    press(report, "Show hint 1 of 3")
    assert opened() == [True, False, False]
    assert folds.nth(0).locator("p:not(summary *)").first.is_visible()
    folds.nth(1).locator("summary").click()
    press(report, "Show hint 3 of 3")
    assert opened() == [True, True, True]
    assert at.page.evaluate("document.activeElement.textContent").strip().startswith("Hint 3")
    press(report, "To the hints")
    at.run(cell)
    assert cell.locator(".exercise-report button").all_inner_texts() == ["To the hints"]


def test_a_hint_of_another_page_s_exercise_stays_under_the_answer(reader):
    at = reader(PAGE)
    blank = at.page.locator(".run-blank")
    wrong = "lambda dY, X, W: (dY @ W, dY.T @ X, dY.mean(0))"
    at.write(blank, f'from backprop.exercises import check\ncheck("linear.backward", {wrong})')
    at.run(blank)
    assert blank.locator(".exercise-report summary").inner_text() == "The next hint"
    assert blank.locator(".exercise-report button").count() == 0


def fonts(at, locator):
    """Whether the fonts that Chromium took for a text came with the page."""
    at.page.evaluate("document.fonts.ready.then(() => null)")
    network = at.page.context.new_cdp_session(at.page)
    network.send("DOM.enable")
    network.send("CSS.enable")
    root = network.send("DOM.getDocument")["root"]["nodeId"]
    node = network.send("DOM.querySelector", {"nodeId": root, "selector": locator})["nodeId"]
    used = network.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return {font["isCustomFont"] for font in used}


def test_the_marks_are_drawn_by_the_font_of_the_book(reader):
    """A system may have none, or an emoji."""
    at = reader("chapters/linear")
    cell = at.cell('check("linear.backward"')
    code = solved(all_exercises()["linear.backward"].source)
    mark = """report => {
        const mark = document.createElement("b");
        mark.id = "mark";
        mark.textContent = report.querySelector("p").textContent[0];
        document.getElementById("mark")?.remove();
        report.append(mark);
        return mark.textContent;
    }"""
    for answer, sign in [(code, "✓"), (code.replace("dY.sum", "dY.mean"), "✗")]:
        at.write(cell, answer)
        at.run(cell)
        assert cell.locator(".exercise-report").evaluate(mark) == sign
        assert fonts(at, "#mark") == {True}
    at.page.wait_for_timeout(500)
    at.page.reload(wait_until="load")
    cell.locator(".run-solved").evaluate("node => { node.textContent = '✓'; node.id = 'mark'; }")
    assert fonts(at, "#mark") == {True}


def test_a_solution_and_a_hint_are_set(reader):
    at = reader("chapters/softmax")
    blank = at.page.locator(".run-blank")
    asked = "from backprop.exercises import hint, solution\n"
    at.write(blank, asked + 'display(hint("softmax.log", 1))\nsolution("softmax.log")')
    assert at.run(blank).startswith("Done")
    shown = blank.locator(".text_markdown")
    assert shown.count() == 2
    shown.last.locator("math").first.wait_for()
    assert "class LogSoftmax" in shown.last.locator("pre").first.inner_text()
    assert "$" not in shown.last.locator("p").first.inner_text()
    assert "```" not in blank.locator(".run-output").inner_text()


def test_who_comes_back_finds_the_cell_that_ran_last(reader):
    at = reader(PAGE)
    assert at.page.locator(".run-go-on").count() == 0
    cell = cells(at).nth(4)
    at.run(cell)
    at.page.wait_for_timeout(500)
    at.page.reload(wait_until="load")
    link = at.page.locator(".run-go-on a")
    assert link.inner_text() == f"Go on at cell {cell.locator('.run-number').inner_text()}"
    link.click()
    assert cell.evaluate("node => node.matches(':target')")
    assert at.page.locator(".run-go-on").count() == 0
