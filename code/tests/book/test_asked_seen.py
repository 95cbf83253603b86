"""The two figures that ask before they tell, in a browser: keys, verdicts, no script, print."""

import json
import re

import numpy as np
import pytest
from backprop.softmax import softmax, softmax_backward
from browser import HTML

pytestmark = pytest.mark.site

LINEAR, SOFTMAX = "chapters/linear", "chapters/softmax"


def said(page):
    return page.locator(".asked-said").inner_text()


def verdict(page):
    return page.locator(".asked-live").get_attribute("data-verdict")


def data(page):
    return json.loads(page.locator(".asked").get_attribute("data-of"))


def by_tab(page, locator):
    """Come to an element with the Tab key alone."""
    for _ in range(600):
        page.keyboard.press("Tab")
        if locator.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError("no way there with the Tab key")


def choose(page, key):
    """A choice in the focused list, by its first letter."""
    page.keyboard.press(key)


def terms(page):
    return page.locator(".asked-terms td:not(:empty)").all_inner_texts()


def test_the_double_sum_collapses_for_every_weight(opened):
    page = opened(LINEAR)
    of = data(page)
    dY, X = np.array(of["dY"]), np.array(of["X"])
    first, second, third = page.locator(".asked select").all()
    for a, b in np.ndindex(dY.shape[1], X.shape[1]):
        first.select_option(str(a + 1))
        second.select_option(str(b + 1))
        assert page.locator(".asked-gone, .asked-left").count() == 0
        for j in range(dY.shape[1]):
            if j != a:
                third.select_option(str(j + 1))
                page.locator(".asked-form:visible button[type=submit]").click()
                assert said(page).startswith(f"Not j = {j + 1}: δ")
                assert verdict(page) == "wrong"
        third.select_option(str(a + 1))
        page.locator(".asked-form:visible button[type=submit]").click()
        assert said(page).startswith("Right: δ")
        assert page.locator(".asked-left").count() == len(dY)
        assert page.locator(".asked-gone").count() == dY.size - len(dY)
        right = dY[:, a] @ X[:, b]
        page.locator(".asked input").fill(f"{right + 0.5:g}")
        page.keyboard.press("Enter")
        assert said(page).startswith("Not ")
        page.locator(".asked input").fill(f"{right:g}")
        page.keyboard.press("Enter")
        assert re.search(rf"= {f'{right:g}'.replace('-', '−')}\. The double sum", said(page))
        assert verdict(page) == "right"
    assert page.errors == []


def test_a_slip_in_the_sum_is_named(opened):
    page = opened(LINEAR)
    of = data(page)
    products = np.array(of["dY"])[:, of["a"] - 1] * np.array(of["X"])[:, of["b"] - 1]
    page.locator(".asked-form:visible").get_by_role("button", name="Show").click()
    assert said(page).startswith("Shown:")
    for given, says in [
        (products[0], "sample 1 alone"),
        (products.mean(), "the mean"),
        (99, "then add"),
    ]:
        page.locator(".asked input").fill(f"{given:g}")
        page.keyboard.press("Enter")
        assert says in said(page)
    page.locator(".asked input").fill("two")
    page.keyboard.press("Enter")
    assert said(page).startswith("Type an integer")


def test_the_double_sum_by_the_keyboard_alone(opened):
    page = opened(LINEAR)
    of = data(page)
    by_tab(page, page.locator(".asked select").nth(2))
    page.keyboard.press(str(of["a"]))
    by_tab(page, page.locator(".asked-form:visible button[type=submit]"))
    page.keyboard.press("Enter")
    assert said(page).startswith("Right:")
    total = np.array(of["dY"])[:, of["a"] - 1] @ np.array(of["X"])[:, of["b"] - 1]
    page.keyboard.insert_text(f"{total:g}")  # the place for it has the focus
    page.keyboard.press("Enter")
    assert verdict(page) == "right"


def gradient(page):
    of = data(page)
    Y = softmax(np.array([of["Z"]]))
    return softmax_backward(np.array([of["dY"]]), Y)[0]


def answer(page, negative):
    for box, wanted in zip(
        page.locator(".asked input[type=checkbox]").all(), negative, strict=True
    ):
        box.set_checked(bool(wanted))
    page.locator(".asked button[type=submit]").click()


def test_the_mean_is_told_after_the_answer_and_hidden_by_a_new_question(opened):
    page = opened(SOFTMAX)
    dZ, of = gradient(page), data(page)
    assert page.locator(".asked-hidden").count() == 1
    assert not page.locator(".asked-mean").is_visible()
    assert page.locator(".asked-bars").nth(1).get_attribute("aria-label").startswith("Not shown")
    answer(page, np.array(of["dY"]) < 0)  # the usual slip
    assert "mean is subtracted first" in said(page)
    answer(page, dZ >= 0)
    assert "other way round" in said(page)
    answer(page, np.ones(len(dZ)))
    assert "sum to 0" in said(page)
    assert verdict(page) == "wrong"
    edge = "getComputedStyle(document.querySelector('.asked-said')).borderLeftColor"
    assert page.evaluate(edge) == "rgb(209, 73, 91)"
    answer(page, dZ < 0)
    assert said(page).startswith("Right: the mean is ")
    assert page.evaluate(edge) == "rgb(27, 154, 114)"
    told = [
        float(n.replace("−", "-"))
        for n in re.search(r"∂L/∂Z = \((.*?)\)", said(page))[1].split(", ")
    ]
    np.testing.assert_allclose(told, dZ, atol=0.0051)
    assert page.locator(".asked-hidden").count() == 0
    assert page.locator(".asked-mean").is_visible()
    bars = page.locator(".asked-bars").nth(1)
    assert bars.get_attribute("aria-label").startswith("Gradient with respect to the logits")
    page.locator(".asked input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")  # the reader's own numbers: a new question
    assert page.locator(".asked-hidden").count() == 1
    assert said(page) == ""
    assert page.errors == []


def test_the_reader_s_own_numbers_are_computed_right(opened):
    page = opened(SOFTMAX)
    Z, dY = [3.0, -2.5, 0.5], [-4.0, 3.5, 1.0]
    for slider, value in zip(page.locator(".asked input[type=range]").all(), Z + dY, strict=True):
        slider.fill(str(value))
    page.get_by_role("button", name="Show", exact=True).last.click()
    right = softmax_backward(np.array([dY]), softmax(np.array([Z])))[0]
    told = [
        float(n.replace("−", "-"))
        for n in re.search(r"∂L/∂Z = \((.*?)\)", said(page))[1].split(", ")
    ]
    np.testing.assert_allclose(told, right, atol=0.0051)
    heights = (
        page.locator(".asked-bars")
        .nth(1)
        .locator(".asked-bar")
        .evaluate_all("bars => bars.map(bar => parseFloat(bar.style.height))")
    )
    assert np.argmax(heights) == np.argmax(abs(right))


@pytest.mark.parametrize("name", [LINEAR, SOFTMAX])
def test_without_a_script_and_on_paper_there_is_a_still_picture(opened, name):
    page = opened(name, java_script_enabled=False)
    picture = page.locator(".asked .picture svg")
    assert picture.is_visible()
    assert len(picture.get_attribute("aria-label").split()) > 20
    assert page.locator(".asked-live").count() == 0
    page = opened(name)
    assert not page.locator(".asked .picture").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".asked .picture").is_visible()
    assert not page.locator(".asked-live").is_visible()


@pytest.mark.parametrize(("name", "moving"), [(LINEAR, ".asked-terms td"), (SOFTMAX, ".asked-bar")])
def test_nothing_moves_for_those_who_asked_for_that(opened, name, moving):
    duration = f"getComputedStyle(document.querySelector('{moving}')).transitionDuration"
    assert opened(name).evaluate(duration).startswith(("0.3s", "0.6s"))
    assert opened(name, reduced_motion="reduce").evaluate(duration) == "0s"


def test_the_script_is_small_and_only_where_it_is_needed():
    assert (HTML / "page/asked.js").stat().st_size < 20_000
    for name in (LINEAR, SOFTMAX):
        assert "asked.js" in (HTML / f"{name}.html").read_text("utf-8")
    assert "asked.js" not in (HTML / "chapters/first.html").read_text("utf-8")


def test_a_legend_is_text_on_the_page_in_the_dark_theme_too(opened):
    page = opened(LINEAR, color_scheme="dark")
    legends = page.locator(".text_html:has(.legend)")
    assert legends.count() == 4
    colors = legends.evaluate_all(
        "nodes => nodes.map(node => getComputedStyle(node).backgroundColor)"
    )
    assert set(colors) == {"rgba(0, 0, 0, 0)"}
