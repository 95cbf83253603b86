"""WCAG 2.2 where axe does not ask (test_finish.py has axe); and the statement, which must be true.

Every page is opened once; what was seen is kept, and each test asks about one thing. `make book`
comes first.
"""

import ast
import re
from functools import cache

import pytest
from book.audit import accessibility
from browser import HTML, LIMIT, PAGES, ROOT, need
from bs4 import BeautifulSoup

site = pytest.mark.site
ALL = [*PAGES, "search", "genindex"]
SCRIPT = ROOT / "code/tests/node_modules/axe-core/axe.min.js"
STATEMENT = accessibility.statement()
CRITERIA = STATEMENT["criteria"]

# Nothing slides or fades while it is measured.
STILL = "*, ::before, ::after { transition: none !important; scroll-behavior: auto !important; }"
# The distances of 1.4.12.
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""
STYLE = """css => document.head.append(
    Object.assign(document.createElement("style"), { textContent: css }))"""
# Text of which a part can't be seen, and not be scrolled to.
CUT = """() => [...document.querySelectorAll("body *:not(svg *, math *)")].filter(e => {
    const seen = { visibilityProperty: true, opacityProperty: true };
    if (!e.checkVisibility(seen) || !e.textContent.trim() || e.clientWidth <= 1) return false;
    const { overflowX, overflowY } = getComputedStyle(e), hides = /hidden|clip/;
    return hides.test(overflowX) && e.scrollWidth > e.clientWidth + 1
        || hides.test(overflowY) && e.scrollHeight > e.clientHeight + 1;
}).map(e => `${e.tagName} ${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""
# Rules that are no part of axe's usual set.
RULES = ["target-size", "label-content-name-mismatch", "css-orientation-lock"]
AXE = """async rules => (await axe.run({
    runOnly: { type: "rule", values: rules },
    rules: Object.fromEntries(rules.map(rule => [rule, { enabled: true }])),
})).violations.flatMap(
    ({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`))"""
# Every control is given the focus, forwards and backwards.
FOCUS = """() => {
    const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(controls)].filter(
        e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0);
    const here = location.href, name = e => e.outerHTML.slice(0, 100);
    const parts = [0.1, 0.3, 0.5, 0.7, 0.9];
    const within = r => {  // what of it is in the window: a table may be taller
        const left = Math.max(0, r.left), top = Math.max(0, r.top);
        const width = Math.min(innerWidth, r.right) - left;
        return { left, top, width, height: Math.min(innerHeight, r.bottom) - top };
    };
    const seen = e => [...e.getClientRects()].map(within).filter(r => r.width > 0 && r.height > 0);
    const shows = e => seen(e).some(r => parts.some(x => parts.some(y => {
        const top = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
        return top && (e.contains(top) || top.contains(e) && top !== document.body);
    })));
    const looks = e => {
        const s = getComputedStyle(e);
        return [s.outline, s.boxShadow, s.border, s.background, s.textDecoration, s.color].join();
    };
    const covered = [], alike = [];
    for (const [n, one] of [...all, ...all.toReversed()].entries()) {
        one.focus();
        if (document.activeElement !== one) continue;
        if (!shows(one)) covered.push(name(one));
        if (n >= all.length) continue;  // how it looks was seen on the way down
        const focused = looks(one);
        one.blur();
        if (focused === looks(one)) alike.push(name(one));
    }
    const moved = location.href !== here;
    return { count: all.length, covered, alike: [...new Set(alike)], moved };
}"""
MOVES = """() => [
    ...document.getAnimations().map(one => one.animationName ?? one.transitionProperty),
    ...[...document.querySelectorAll("audio, video, embed, object, meta[http-equiv=refresh]")]
        .map(e => e.tagName),
]"""
# What is the same on every page: the list of pages and the buttons above the text.
SAME = """() => {
    const shown = e => (e.getAttribute("aria-label") ?? e.textContent).trim().replace(/\\s+/g, " ");
    return {
        pages: [...document.querySelectorAll(".bd-links a.reference")].map(shown),
        buttons: [...document.querySelectorAll(".bd-header-article button")]
            .map(b => shown(b) || b.title),
    };
}"""


def reads(page, name, base):
    """What is to be known of a page, from one visit."""
    need(SCRIPT.is_file(), "there is no axe: run `npm ci` in code/tests")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{base}{name}.html", wait_until="load")
    seen = {"moves": page.evaluate(MOVES)}
    page.keyboard.press("Tab")
    seen["first"] = page.evaluate("document.activeElement.getAttribute('href')")
    seen["order"] = page.evaluate(
        "[...document.querySelectorAll('[tabindex]')].map(e => e.tabIndex).filter(n => n > 0)"
    )
    page.evaluate(STYLE, STILL)
    page.evaluate(SCRIPT.read_text("utf-8"))
    for width in 1280, 320:
        page.set_viewport_size({"width": width, "height": 900})
        seen["axe", width] = page.evaluate(AXE, RULES)
        seen["focus", width] = page.evaluate(FOCUS)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for width in 640, 320:
        page.set_viewport_size({"width": width, "height": 900})
        seen["reach", width] = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate(STYLE, SPACING)
    for width in 1280, 320:
        page.set_viewport_size({"width": width, "height": 900})
        seen["cut", width] = page.evaluate(CUT)
    return seen


@pytest.fixture(scope="session")
def window(browser):
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(LIMIT)
    yield context
    context.close()


@pytest.fixture(scope="session", params=ALL)
def seen(request, window, base):
    """What was seen on a page. By its scope the tests of a page come one after the other."""
    page = window.new_page()
    found = reads(page, request.param, base)
    page.close()
    return found


@site
def test_the_rules_that_axe_leaves_out(seen):
    assert seen["axe", 1280] + seen["axe", 320] == []


@site
def test_the_focus_is_seen_and_leads_nowhere(seen):
    for width in 1280, 320:
        found = dict(seen["focus", width])
        assert found.pop("count") > 4
        assert found == {"covered": [], "alike": [], "moved": False}


@site
def test_a_page_fits_when_it_is_enlarged(seen):
    assert {width: seen["reach", width] for width in (640, 320)} == {640: 640, 320: 320}


@site
def test_wider_spacing_cuts_nothing_off(seen):
    assert seen["cut", 1280] + seen["cut", 320] == []


@site
def test_nothing_plays_moves_or_leads_on_by_itself(seen):
    assert seen["moves"] == []


@site
def test_the_first_tab_leads_to_the_text(seen):
    assert seen["first"] == "#main-content"


@site
def test_the_keyboard_goes_in_the_order_of_the_page(seen):
    assert seen["order"] == []


@site
def test_navigation_is_the_same_on_every_page(window, base):
    page, found = window.new_page(), []
    page.set_viewport_size({"width": 1280, "height": 900})
    for name in PAGES:
        page.goto(f"{base}{name}.html", wait_until="load")
        found.append(page.evaluate(SAME))
    page.close()
    first, *others = found
    assert len(first["pages"]) == len(PAGES)
    assert [one["pages"] for one in others] == [first["pages"]] * len(others)
    assert len(first["buttons"]) == 5
    for one in others:  # the last opens the list of sections, where there are any
        assert one["buttons"] in (first["buttons"], first["buttons"][:-1])


@site
def test_no_single_key_does_anything(window, base):
    page = window.new_page()
    page.goto(f"{base}{PAGES[1]}.html", wait_until="load")
    before = (
        "[document.activeElement.tagName, location.href, document.querySelectorAll('*').length]"
    )
    was = page.evaluate(before)
    for key in "abcdefghijklmnopqrstuvwxyz0123456789/?.,;-+'":
        page.keyboard.press(key)
    assert page.evaluate(before) == was
    page.close()


# A fault of each kind is seen.

PLANTED = {
    "target-size": "<button style='width: 9px; height: 9px'>a</button>" * 2,
    "label-content-name-mismatch": "<button aria-label='Other'>Print it now</button>",
    "covered": "<button>a</button><div style='position: fixed; inset: 0; background: red'></div>",
    "alike": "<button style='all: unset'>a</button>",
    "moved": "<a href='#x' onfocus='location.hash = \"away\"'>a</a>",
    "cut": "<p style='width: 6em; height: 1.2em; overflow: hidden'>Some words that fill it</p>",
    "reach": "<p style='width: 900px'>wide</p>",
    "moves": "<style>@keyframes x { to { left: 9px } } b { animation: x 9s infinite }</style><b>a",
    "order": "<button tabindex='3'>a</button>",
}


@site
def test_planted_faults_are_seen(window, base):
    page, html = window.new_page(), "".join(PLANTED.values())
    bare = (HTML / "genindex.html").read_text("utf-8")
    bare = re.sub(r"<script.*?</script>|<meta [^>]*http-equiv[^>]*>", "", bare, flags=re.S)
    bare = bare.replace("</article>", f"{html}</article>").replace("</main>", f"{html}</main>", 1)
    page.route("**/planted.html", lambda route: route.fulfill(body=bare, content_type="text/html"))
    found = reads(page, "planted", base)
    rules = {one.partition(":")[0] for one in found["axe", 1280]}
    assert rules >= {"target-size", "label-content-name-mismatch"}
    focus = found["focus", 1280]
    assert focus["covered"]
    assert focus["alike"]
    assert focus["moved"]
    assert found["cut", 1280]
    assert found["reach", 640] > 640
    assert found["moves"]
    assert found["order"]
    page.close()


# Status messages.


@site
def test_what_changes_is_told(reader):
    """A run says how it goes in a live region that was there before."""
    at = reader("chapters/notation")
    cell = at.page.locator(".cell", has=at.page.locator(".run-bar")).first
    status = cell.locator(".run-status")
    assert status.get_attribute("role") == "status"
    handle = status.element_handle()
    assert at.run(cell).startswith("Done")
    assert handle.evaluate("node => node.isConnected && node.textContent").startswith("Done")


@site
def test_what_a_search_finds_and_a_copy_are_told(browser, base):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{base}search.html?q=jacobian", wait_until="load")
    page.locator("#search-results li a").first.wait_for()
    page.locator("#search-results [role=status]", has_text="found").wait_for()
    page.goto(f"{base}{PAGES[1]}.html", wait_until="load")
    code = page.locator("div.highlight:visible").first
    code.hover()
    code.locator("button.copybtn").click()
    page.locator("body > [role=status]", has_text="Copied").wait_for(state="attached")
    context.close()


# The statement.


@cache
def named_tests():
    """FILE::NAME of all tests in code/tests."""
    found = set()
    for path in (ROOT / "code/tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.add(f"{path.name}::{node.name}")
    return found


def untrue(criteria):
    """What can't be so: a test that is not there, a verdict that says more than is known."""
    for number, (name, level, verdict, how, tests) in criteria.items():
        yield from (f"{number}: there is no {test}" for test in tests if test not in named_tests())
        if level not in ("A", "AA") or verdict not in accessibility.VERDICTS or not name:
            yield f"{number}: {level}, {verdict}"
        if verdict == "supported" and not tests and "Read in the scripts" not in how:
            yield f"{number}: nothing shows it"


def test_the_statement_names_tests_that_there_are():
    assert [*untrue(CRITERIA)] == []


def test_the_statement_has_all_criteria():
    """31 of level A and 24 of level AA: those of WCAG 2.2, from which 4.1.1 was removed."""
    levels = [level for _, level, *_ in CRITERIA.values()]
    assert (levels.count("A"), levels.count("AA")) == (31, 24)
    by_guideline = {}
    for number in CRITERIA:
        guideline = number.rpartition(".")[0]
        by_guideline[guideline] = by_guideline.get(guideline, 0) + 1
    assert by_guideline == {
        "1.1": 1, "1.2": 5, "1.3": 5, "1.4": 9, "2.1": 3, "2.2": 2, "2.3": 1, "2.4": 8,
        "2.5": 6, "3.1": 2, "3.2": 5, "3.3": 6, "4.1": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        ["Reflow", "AA", "supported", "It fits.", ["test_wcag.py::test_that_nobody_wrote"]],
        ["Reflow", "AAA", "partly", "It fits.", []],
        ["Reflow", "AA", "perfect", "It fits.", []],
        ["Reflow", "AA", "supported", "It fits.", []],
    ],
)
def test_an_untrue_row_is_caught(row):
    assert len([*untrue({"1.4.10": row})]) == 1


@site
def test_the_page_shows_every_criterion():
    path = HTML / "chapters/accessibility.html"
    need(path.is_file(), "there are no built pages: run make book")
    rows = BeautifulSoup(path.read_text("utf-8"), "html.parser").select("table.results tbody tr")
    cells = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in rows]
    assert [one[:3] for one in cells] == [
        [f"{number} {name}", level, verdict]
        for number, (name, level, verdict, *_) in CRITERIA.items()
    ]
