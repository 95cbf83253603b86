"""Whatever hangs or fails as Python starts is told in the cell: each is provoked here."""

import re
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from browser import HTML
from reader import Reader
from serving import Host, served

pytestmark = pytest.mark.site

FIRST = "chapters/notation"
NUMPY = "**/pyodide/numpy-*"
FULL = """(() => {
    const full = () => { throw new DOMException("no room", "QuotaExceededError"); };
    Cache.prototype.put = async () => full();
    Storage.prototype.setItem = full;
})()"""


@pytest.fixture
def opened(browser, base):
    """Opens a page after something was done to its browser: a Reader and its first cell."""
    context = browser.new_context()

    def open_(prepare=None, address=base):
        page = context.new_page()
        if prepare:
            prepare(page)
        at = Reader(page, f"{address}{FIRST}.html")
        return at, at.page.locator(".cell", has=at.page.locator(".run-bar")).first

    yield open_
    context.close()


def press(cell):
    cell.get_by_role("button", name="Run", exact=True).click()


def says(at, text, after=0):
    """Wait until the page says this, when so many seconds have gone by for it."""
    if after:
        at.page.wait_for_timeout(1500)
        at.page.clock.fast_forward(after * 1000)
    at.page.wait_for_selector(f".run-status:has-text('{text}')", timeout=60_000)


@pytest.mark.parametrize("name", ["WebAssembly", "Worker", "MessageChannel", "DecompressionStream"])
def test_what_a_browser_lacks_is_said_before_anything_is_loaded(name, opened):
    at, cell = opened(lambda page: page.add_init_script(f"delete window.{name}"))
    assert at.run(cell).startswith(f"Not run: this browser has no {name}, which Python needs")
    assert [url for url in at.requests if "/pyodide/" in url] == []


# What hangs: which file is replaced by what, after how many seconds it is said, and how.
NEVER = "await new Promise(() => {});"
TAKE = ("function take({ files }) {", f"async function take() {{ {NEVER} let files;")
HANGING = {
    "frame": ("**/page/frame.html", None, 10, "The frame in which Python runs does not open"),
    "worker": ("**/page/worker.js", ('tell("here", null);', ""), 15, "does not answer"),
    "python": ("**/page/worker.js", ("python = await boot();", NEVER), 20, "still starting"),
    "packages": ("**/page/worker.js", TAKE, 20, "still being unpacked"),
    "file": (NUMPY, None, 15, "no data for 15 s"),
}  # fmt: skip
BEFORE = {"frame": "Starting", "worker": "Starting", "python": "Starting", "packages": "Unpacking"}


@pytest.mark.parametrize("stage", HANGING)
def test_what_hangs_is_said_and_can_be_stopped(stage, opened):
    pattern, change, seconds, text = HANGING[stage]

    def prepare(page):
        page.clock.install()
        if change:
            script = (HTML / "page/worker.js").read_text("utf-8")
            assert change[0] in script
            page.route(pattern, lambda route: route.fulfill(body=script.replace(*change)))
        elif stage == "frame":
            page.route(pattern, lambda route: route.abort("blockedbyclient"))
        else:
            page.route(pattern, lambda route: None)

    at, cell = opened(prepare)
    press(cell)
    says(at, BEFORE.get(stage, "of"))
    if stage == "file":
        says(at, "Loading NumPy")
    says(at, text, after=seconds)
    at.page.unroute_all(behavior="ignoreErrors")
    cell.get_by_role("button", name="Stop", exact=True).click()
    assert at.wait(cell).startswith("Stopped")
    assert at.run(cell).startswith("Done")


def test_a_worker_that_fails_is_said(opened):
    planted = "throw new Error('planted here')"
    at, cell = opened(lambda page: page.route("**/worker.js", lambda r: r.fulfill(body=planted)))
    said = at.run(cell)
    assert said.startswith("Not run: the worker in which Python runs has failed")
    assert "planted here" in said
    assert "allow scripts on this site" in said


def test_no_room_is_said_and_the_cell_runs(opened):
    at, cell = opened(lambda page: page.add_init_script(FULL))
    assert at.run(cell).startswith("Done")
    assert "no room left" in cell.locator(".run-remark").inner_text()


@contextmanager
def breaking(ranges, times):
    """A host whose connection breaks in the middle of NumPy; what it was asked for and has sent."""
    asked, sent = [], []

    class Breaking(Host):
        def do_GET(self):
            self.numpy = "numpy-" in self.path
            if self.numpy:
                asked.append(self.headers.get("Range"))
            super().do_GET()

        def send_head(self):
            span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if not (self.numpy and span and ranges):
                return super().send_head()
            assert self.headers["If-Range"]
            content = Path(self.translate_path(self.path)).read_bytes()
            start, end = int(span[1]), int(span[2] or len(content) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(content)}")
            self.send_header("Content-Length", str(end + 1 - start))
            self.end_headers()
            return BytesIO(content[start : end + 1])

        def copyfile(self, source, output):
            breaks = self.numpy and len(asked) <= times
            content = source.read(300_000 if breaks else -1)
            self.close_connection |= breaks
            output.write(content)
            if self.numpy:
                sent.append(len(content))

    with served(HTML, Breaking) as address:
        yield address, asked, sent


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_breaks_is_taken_up_again(ranges, opened):
    with breaking(ranges, times=2) as (address, asked, sent):
        at, cell = opened(address=address)
        at.write(cell, "import numpy\nnumpy.ones(2).sum()")
        press(cell)
        says(at, "The connection broke off; loading NumPy again, try 2 of 4")
        assert at.wait(cell).startswith("Done")
    size = next(HTML.glob("pyodide/numpy-*")).stat().st_size
    assert asked[0] is None
    # What had come does not come again; of the second piece the browser may have lost some.
    assert (sum(sent) < size + 600_000) == ranges


def test_a_connection_that_is_lost_is_said_and_run_tries_again(opened):
    with breaking(False, times=4) as (address, asked, _):
        at, cell = opened(address=address)
        at.write(cell, "import numpy\nnumpy.ones(2).sum()")
        said = at.run(cell)
        assert said.startswith("Not run: NumPy did not come, in 4 tries: the connection is lost")
        assert said.endswith("press Run again")
        assert at.run(cell).startswith("Done")
        assert len(asked) == 5
        assert at.answer(cell).strip() == "np.float64(2.0)"
