"""Tests of the built pages, seen in Chromium as a reader sees them; `make book` comes first.

Every page is opened once, wide and then narrow, light and then dark; what was seen is kept, and
each test asks about one thing.
"""

import re
from functools import cache
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from browser import FLAGS, HTML, LIMIT, ONLY_HERE, PAGES, ROOT, need  # noqa: F401
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

# What is on the page, apart from its looks.
CONTENTS = r"""() => {
    const article = document.querySelector("article");
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const hidden = "code, pre, script, style, math";
    const words = [];
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest(hidden)) words.push(walker.currentNode.data);
    const isPicture = image => !image.closest("[aria-hidden=true]")
        && !image.parentElement.closest("svg, button");
    const pictures = all("img, article svg[role=img], .cell_output svg").filter(isPicture);
    const broken = "merror, .temml-error, math a, math [mathcolor]";
    return {
        h1: all("h1").filter(h => h.checkVisibility()).map(h => h.innerText),
        prose: words.join(""),
        unset: all(".math", article)
            .filter(maths => !maths.querySelector("math")).map(maths => maths.innerText),
        broken: all(broken).map(m => m.textContent),
        outputs: all(".cell_output").map(output => ({
            text: output.innerText,
            meant: output.closest(".cell").classList.contains("tag_raises-exception"),
        })),
        images: pictures.map(image => ({
            source: image.getAttribute("src") || image.outerHTML.slice(0, 80),
            alt: image.getAttribute("aria-label") ?? image.getAttribute("alt") ?? "",
            drawn: !image.checkVisibility() || image.getBoundingClientRect().width > 0
                && (!(image instanceof HTMLImageElement) || image.naturalWidth > 0),
        })),
        links: all("a[href]").map(a => a.getAttribute("href")),
        ids: all("[id]").map(node => node.id),
    };
}"""

# What sticks out of the window, unless it scrolls by itself.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = e => e && e !== document.body && e !== document.documentElement
        && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    const reach = e => e.getBoundingClientRect().left
        + Math.max(e.getBoundingClientRect().width, e.scrollWidth);
    const out = [...document.querySelectorAll("article *:not(math *)")]
        .filter(e => e.checkVisibility() && !scrolls(e.parentElement)
            && (scrolls(e) ? e.getBoundingClientRect().right : reach(e)) > width + 1)
        .map(e => `${e.tagName} ${e.className}: ${e.textContent.slice(0, 60)}`);
    const page = document.documentElement.scrollWidth;
    return page > width + 1 ? [`the page is ${page} wide in a window of ${width}`, ...out] : out;
}"""

# The contrast of each kind of text with what lies under it (WCAG: at least 4.5).
CONTRAST = """theme => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.mode = theme;
    const parse = color => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const under = e => {
        if (!e) return [255, 255, 255];
        const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
        return a > 0.5 ? [r, g, b] : under(e.parentElement);
    };
    const text = "article :is(p, li, h1, h2, h3, td, th, dt, pre, math)";
    const body = light(under(document.body));
    const poor = [...document.querySelectorAll(text)].filter(e => e.checkVisibility()).map(e => {
        const two = [light(parse(getComputedStyle(e).color)), light(under(e))];
        const contrast = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
        return [contrast, `${e.tagName}: ${e.textContent.slice(0, 60)}`];
    }).filter(([contrast]) => contrast < 4.5);
    return { body, poor };
}"""


@pytest.fixture(scope="session")
def look(context, base):
    """A function from the name of a page to what was seen on it."""

    @cache
    def look(name):
        page = context.new_page()
        seen = {"console": [], "requests": [], "failed": []}
        page.on("console", lambda m: m.type == "error" and seen["console"].append(m.text))
        page.on("pageerror", lambda error: seen["console"].append(str(error)))
        page.on("request", lambda request: seen["requests"].append(request.url))
        page.on("response", lambda r: r.status >= 400 and seen["failed"].append(r.url))
        page.on("requestfailed", lambda request: seen["failed"].append(request.url))
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{base}{name}.html", wait_until="load")
        page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = true)")
        seen |= page.evaluate(CONTENTS)
        seen["too wide at 1280"] = page.evaluate(TOO_WIDE)
        seen["light"] = page.evaluate(CONTRAST, "light")
        seen["dark"] = page.evaluate(CONTRAST, "dark")
        page.set_viewport_size({"width": 360, "height": 740})
        page.wait_for_timeout(100)  # the layout follows the new width
        seen["too wide at 360"] = page.evaluate(TOO_WIDE)
        page.close()
        return seen

    return look


@pytest.fixture(params=PAGES)
def seen(request, look):
    return look(request.param)


def test_no_error_in_the_console(seen):
    assert seen["console"] == []


def test_no_request_leaves_the_site(seen, base):
    local = (base, "data:", "blob:")
    assert [url for url in seen["requests"] if not url.startswith(local)] == []
    assert seen["failed"] == []


def test_mathematics_is_set(seen):
    assert seen["unset"] == []
    assert seen["broken"] == []


def test_no_source_shows_through(seen):
    sources = {
        "mathematics": r"\$\$|\$[^$\n]*[\\^_=][^$\n]*\$|\\(begin|end|frac|mathbf|partial|top)\b",
        "directive": r":::|```|^:[a-z-]+: ",
        "role": r"\{[a-z:-]+\}`|\{(glue|code-cell|eq|doc|ref|cite)\b",
        "markdown": r"\]\(|\*\*\w|^#{1,6} ",
    }
    shown = {
        kind: [line for line in seen["prose"].splitlines() if re.search(source, line)]
        for kind, source in sources.items()
    }
    assert {kind: lines for kind, lines in shown.items() if lines} == {}


def test_no_error_in_an_output(seen):
    outputs = [output["text"] for output in seen["outputs"] if not output["meant"]]
    assert [text for text in outputs if "Traceback (most recent call last)" in text] == []


def test_no_output_shows_an_address_in_memory(seen):
    texts = [output["text"] for output in seen["outputs"]]
    assert [text for text in texts if re.search(r"\bat 0x[0-9a-f]{6,}|<Figure size", text)] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_page_fits_its_window(seen, width):
    assert seen[f"too wide at {width}"] == []


def test_every_image_is_drawn_and_described(seen):
    assert [image["source"] for image in seen["images"] if not image["drawn"]] == []
    file_name = r"\S*\.(png|svg|jpe?g|gif|webp)|\S*_images/\S*|<Figure.*>|"
    bad = [image for image in seen["images"] if re.fullmatch(file_name, image["alt"].strip())]
    assert bad == []


def test_page_has_one_title(seen):
    assert len(seen["h1"]) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable(seen, theme):
    assert seen[theme]["poor"] == []
    assert (seen[theme]["body"] > 0.5) == (theme == "light")


@cache
def anchors(path):
    """The places in a built page that a link can point to."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    return {tag.get("id") or tag.get("name") for tag in soup.find_all(["a", True])}


@pytest.mark.parametrize("page", PAGES)
def test_no_program_complains_on_a_page(page):
    """What a library says to whoever runs it, of a font that is not there, is not for readers."""
    text = (HTML / f"{page}.html").read_text("utf-8")
    complaints = "findfont", "DeprecationWarning", "UserWarning"
    assert [word for word in complaints if word in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page, look, base):
    dead = []
    for link in look(page)["links"]:
        target, anchor = urldefrag(urljoin(f"{base}{page}.html", link))
        if not target.startswith(base):
            if not target.startswith(("https://", "http://", "mailto:")):
                dead.append(link)
            continue
        path = HTML / unquote(target.removeprefix(base).split("?")[0] or "index.html")
        if anchor in look(page)["ids"] and target == f"{base}{page}.html":
            continue  # a script may have made it: the number of a cell
        if not path.is_file() or (anchor and unquote(anchor) not in anchors(path)):
            dead.append(link)
    assert dead == []
