"""Figures that ask first, in a real browser: by keyboard, told truly, still, without a script."""

import json

import pytest
from backprop.first import sheet
from book.chapters.chapter import Chapter
from browser import HTML

pytestmark = pytest.mark.site

PAGE = "chapters/first"
VERDICT = ".steps-live[data-verdict={}]"


def data(page):
    return json.loads(page.locator(".steps").get_attribute("data-steps"))


def said(page):
    return page.locator(".steps-said").inner_text()


def known(page):
    """How many entries are shown."""
    return page.locator(".steps-array td:not(.steps-open)").count()


def by_tab(page, selector):
    """Come to an element with the Tab key alone."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"no way to {selector} with the Tab key")


def answer(page, text):
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def test_all_of_it_is_worked_out_with_the_keyboard_alone(opened):
    page = opened(PAGE)
    by_tab(page, ".steps-form input")
    steps, before = data(page)["steps"], known(page)
    for place, step in enumerate(steps):
        assert page.locator(".steps-question").inner_text() == f"{step['label']} ="
        assert known(page) == before + place
        assert page.locator(".steps-asked").inner_text() == "?"
        answer(page, f"{step['value']:g}")
        assert said(page).startswith(f"Right: {step['label']} = ")
        assert page.locator(VERDICT.format("right")).count() == 1
        page.keyboard.press("Enter")
    assert page.locator(".steps-question").inner_text() == "The sheet is full."
    assert page.locator(".steps-open").count() == 0
    shown = page.locator(".steps-array td").all_inner_texts()
    rows = [row for one in data(page)["rows"] for array in one["arrays"] for row in array["values"]]
    wanted = [f"{value:g}".replace("-", "−") for row in rows for value in row]
    assert shown == wanted
    assert page.evaluate("document.activeElement.textContent") == "Start again"
    page.keyboard.press("Enter")
    assert known(page) == before
    assert page.errors == []


def test_a_number_typed_after_right_is_the_answer_to_the_next_question(opened):
    page = opened(PAGE)
    page.locator(".steps-form input").focus()
    first, second = data(page)["steps"][:2]
    answer(page, f"{first['value']:g}")
    answer(page, f"{second['value']:g}")
    assert said(page).startswith(f"Right: {second['label']} = ")


def test_a_wrong_number_is_told_wrong_and_a_known_slip_by_its_name(opened):
    page = opened(PAGE)
    page.locator(".steps-form input").focus()
    first, before = data(page)["steps"][0], known(page)
    for number, sentence in first["slips"].items():
        answer(page, number)
        assert said(page) == f"Not {number.replace('-', '−')}. {sentence}"
        assert page.locator(VERDICT.format("wrong")).count() == 1
        edge = "getComputedStyle(document.querySelector('.steps-said')).borderLeftColor"
        assert page.evaluate(edge) == "rgb(209, 73, 91)"
    answer(page, "99")
    assert said(page) == "Not 99. Use the entries with a dashed frame."
    assert page.locator(".steps-used").count() == len(first["uses"])
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    assert said(page).startswith("Type a number")
    answer(page, "two")
    assert "is no number" in said(page)
    answer(page, "1/0")
    assert "Right" not in said(page)
    assert known(page) == before
    answer(page, f"{first['value'] * 2:g}/2".replace("-", "−"))  # a fraction, a real minus
    assert said(page).startswith("Right:")
    assert known(page) == before + 1


def test_show_next_and_back(opened):
    page = opened(PAGE)

    def press(name):
        page.locator(".steps-form").get_by_role("button", name=name).click()

    before, steps = known(page), data(page)["steps"]
    assert page.get_by_role("button", name="Back", exact=True).is_disabled()
    press("Show")
    assert said(page).startswith(f"Shown: {steps[0]['label']} = {steps[0]['how']} = ")
    assert page.locator(VERDICT.format("right")).count() == 0
    assert known(page) == before + 1
    press("Next")
    press("Next")
    assert page.locator(".steps-question").inner_text() == f"{steps[2]['label']} ="
    assert known(page) == before + 2
    press("Back")
    assert page.locator(".steps-question").inner_text() == f"{steps[1]['label']} ="
    assert known(page) == before + 1
    press("Start again")
    assert known(page) == before
    picture = page.locator(".steps .picture")
    assert not picture.is_visible()
    press("All")
    assert picture.is_visible()
    press("All")
    assert not picture.is_visible()


FLYING = """() => {
    document.querySelector(".steps-form button:nth-of-type(2)").click();
    return document.querySelectorAll(".steps-flying").length;
}"""


def test_numbers_move_to_where_they_are_used_unless_the_reader_wants_no_motion(opened):
    page = opened(PAGE)
    assert page.evaluate(FLYING) == len(data(page)["steps"][0]["uses"])
    page.wait_for_function("() => !document.querySelector('.steps-flying')")
    quiet = opened(PAGE, reduced_motion="reduce")
    assert quiet.evaluate(FLYING) == 0
    assert said(quiet).startswith("Shown:")
    duration = "getComputedStyle(document.querySelector('.steps-array td')).transitionDuration"
    assert quiet.evaluate(duration) == "0s"


def test_without_a_script_there_is_a_still_picture(opened):
    page = opened(PAGE, java_script_enabled=False)
    picture = page.locator(".steps .picture svg")
    assert picture.is_visible()
    assert len(picture.get_attribute("aria-label")) > 100
    assert page.locator(".steps-live").count() == 0


def test_on_paper_there_is_the_still_picture(opened):
    page = opened(PAGE)
    assert not page.locator(".steps .picture").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".steps .picture").is_visible()
    assert not page.locator(".steps-live").is_visible()


def test_a_cell_that_is_run_again_asks_again(opened):
    page = opened(PAGE)
    page.evaluate("""() => {
        const old = document.querySelector(".steps"), fresh = old.cloneNode(true);
        fresh.querySelector(".steps-live").remove();
        old.replaceWith(fresh);
    }""")
    page.wait_for_selector(".steps-live")
    assert page.locator(".steps-live").count() == 1


def test_the_script_is_small_and_loaded_only_where_it_is_needed(opened):
    assert (HTML / "page/steps.js").stat().st_size < 20_000
    assert "steps.js" in (HTML / f"{PAGE}.html").read_text("utf-8")
    assert "steps.js" not in (HTML / "chapters/linear.html").read_text("utf-8")


def test_the_numbers_are_those_of_the_page(opened):
    names = {}
    (cell,) = [one.code for one in Chapter.read("first").cells if "V, c = np.array" in one.code]
    exec(cell, names)
    wanted = sheet(*(names[letter] for letter in "XTWbVc")).steps
    assert data(opened(PAGE))["steps"] == wanted
