"""The kernel of one page: it runs cells in one namespace, and tells what they print and show.

It lives in a Web Worker (worker.js), on Pyodide. What it tells are pairs (kind, data):

    stream   text that was printed
    show     {type: content} of a value, with an id; shown again under the same id, it replaces
    error    what a person needs to know of an exception, and all of it
    progress the file in which `backprop.exercises` keeps what has been done

Nothing here needs the browser, so the tests run it as it is.
"""

import ast
import builtins
import contextlib
import glob
import importlib.util
import io
import itertools
import linecache
import logging
import os
import pprint
import sys
import time
import traceback
import warnings
import zipfile

ENOUGH = 100_000  # characters that one cell may print: a page with more of them would stand still
RICH = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
}


class Kernel:
    """One namespace. `tell(kind, data)` is called for everything that the reader shall see."""

    def __init__(self, tell):
        self._tell, self.shown = tell, False
        self.names = {"__name__": "__main__", "__builtins__": builtins, "display": self.display}
        self.numbers = itertools.count()

    def run(self, code, title):
        """Run a cell; True if it came to its end, False if an error ended it.

        Where an import needs files that are not here, they are the answer: {"missing": names,
        "again": whether the cell may run again from its beginning, for it has shown nothing}.
        """
        name = f"<{title}>"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        self.shown = False
        printed = Printed(self.tell)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                value = self._value(code, name)
                if value is not None and not code.rstrip().endswith(";"):
                    self.names["_"] = value
                    self.display(value)
                self._show_open_figures()
                return True
            except NotHere as error:
                printed.flush()
                if self.shown:
                    self.tell("error", in_words(error, name))
                return {"missing": error.files, "again": not self.shown}
            except BaseException as error:  # SystemExit, too: the page goes on
                self.tell("error", in_words(error, name))
                self._show_what_led_to(error)
                return False
            finally:
                printed.flush()
                self._tell_progress()

    def _show_what_led_to(self, error):
        """An exception may have more to show than words: a derivation as far as it went."""
        shown = {k: content for k, content in bundle(error).items() if k != "text/plain"}
        if shown:
            self.tell("show", shown | {"id": f"shown-{next(self.numbers)}"})

    def tell(self, kind, data):
        self.shown |= kind in ("stream", "show")
        self._tell(kind, data)

    def _value(self, code, name):
        """Run all statements; the value of the last one, if it is an expression."""
        body = ast.parse(code, name)
        last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
        exec(compile(body, name, "exec"), self.names)
        if last:
            return eval(compile(ast.Expression(last.value), name, "eval"), self.names)

    def display(self, *values, display_id=None):
        """Show values; with display_id=True, return a handle whose `update` shows another."""
        handle = Handle(self, f"shown-{next(self.numbers)}")
        sys.stdout.flush()
        for value in values:
            handle.update(value)
        return handle if display_id else None

    def _show_open_figures(self):
        """Figures that were drawn with pyplot are shown at the end of the cell, as in Jupyter."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot else []:
            out = io.StringIO()
            pyplot.figure(number).savefig(out, format="svg")
            svg = out.getvalue()
            titles = [axes.get_title() for axes in pyplot.figure(number).axes if axes.get_title()]
            label = ", ".join(titles) or "a figure drawn by this cell"
            svg = svg[svg.index("<svg") :].replace("<svg", '<svg role="img"', 1)
            id = f"shown-{next(self.numbers)}"  # or the next figure would take its place
            self.tell("show", {"image/svg+xml": svg, "label": label, "id": id})
            pyplot.close(number)

    def _tell_progress(self):
        with contextlib.suppress(KeyError, OSError), open(os.environ["GRADIENTS_PROGRESS"]) as file:
            self.tell("progress", file.read())


class Handle:
    """What `display(…, display_id=True)` returns."""

    def __init__(self, kernel, id):
        self.kernel, self.display_id = kernel, id

    def update(self, value):
        """Show `value` in place of what was shown before."""
        self.kernel.tell("show", bundle(value) | {"id": self.display_id})


class Printed(io.TextIOBase):
    """Tells what is printed, until it is enough: line by line, then twenty times a second."""

    def __init__(self, tell):
        self.tell, self.waiting, self.left = tell, [], ENOUGH
        self.lines, self.last = 0, 0.0

    def write(self, text):
        self.waiting.append(text)
        self.lines += 1
        if time.monotonic() > self.last + 0.05 or (self.lines < 200 and "\n" in text):
            self.flush()
        return len(text)

    def flush(self):
        text, self.last = "".join(self.waiting)[: self.left], time.monotonic()
        self.waiting.clear()
        if text:
            self.left -= len(text)
            self.tell("stream", text if self.left else f"{text}\n… more than this is not shown.\n")


def bundle(value):
    """{type: content}: how the value wants to be shown, and as text."""
    shown = {}
    if not isinstance(value, type):
        for kind, method in RICH.items():
            with contextlib.suppress(Exception):  # as in Jupyter: what fails is not shown
                content = getattr(value, method)()
                if content:
                    shown[kind] = str(content)
    long = isinstance(value, (dict, list, tuple, set))
    text = pprint.pformat(value, width=79, sort_dicts=False) if long else repr(value)
    return shown | {"text/plain": text}


def in_words(error, name):
    """The lines of the reader's own code that led to the error, the error, and everything."""
    whole = "".join(traceback.format_exception(error))
    if isinstance(error, SyntaxError):
        short = "".join(traceback.format_exception_only(error))
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename[:1] == "<"]
        places = [_place(frame, name) for frame in frames if frame.line]
        kind = type(error).__name__
        short = "".join([*places[:1], *places[1:][-3:], f"{kind}: {error}" if str(error) else kind])
    return {"short": short.rstrip(), "whole": whole.rstrip() if len(whole) < 20_000 else ""}


def _place(frame, name):
    where = "In this cell" if frame.filename == name else f"In {frame.filename.strip('<>')}"
    inside = "" if frame.name == "<module>" else f", in {frame.name}"
    return f"{where}, line {frame.lineno}{inside}:\n    {frame.line}\n"


def put(path, content):
    """Write a file. All are of the same age, so that what was compiled from them stays valid."""
    try:
        file = open(path, "wb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path))
        file = open(path, "wb")
    with file:
        file.write(content)
    os.utime(path, (0, 0))


class NotHere(BaseException):
    """An import that nothing foretold: the page has to load `files` first.

    No Exception: who catches ImportError, to go on without, would do so though the module exists.
    """

    def __init__(self, module, files):
        super().__init__(f"{module} was not foreseen and is loaded now: run this cell again")
        self.files = files


class Unpacker:
    """Unpacks the files that the page hands over, and knows which are not here yet.

    `needed` maps modules to the files that they need, `here` are the files that have come.
    `compiled` is an archive that `Unpacker.kept` has made in another kernel, or None: modules that
    it holds need not be compiled again.
    """

    def __init__(self, needed, compiled=None):
        self.needed, self.here, self.sources = needed, set(), set()
        self.compiled = zipfile.ZipFile(compiled) if compiled else None
        self.names = set(self.compiled.namelist()) if compiled else set()
        self.told = len(self.names)
        for name in self.names:
            if name.endswith(".json"):
                put(f"/{name}", self.compiled.read(name))

    def find_spec(self, name, path=None, target=None):
        """None, always: asked before Python's own finders, it only sees what is missing."""
        files = set(self.needed.get(name, ())) - self.here
        if files:
            raise NotHere(name, sorted(files))

    def take(self, archive, folder):
        """Unpack an archive into a folder, and remove it."""
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                path = f"{folder}/{name}"
                put(path, opened.read(name))
                if name.endswith(".py"):
                    self.sources.add(path)
                    pyc = importlib.util.cache_from_source(path)
                    if pyc[1:] in self.names:
                        put(pyc, self.compiled.read(pyc[1:]))
        os.remove(archive)
        self.here.add(os.path.basename(archive))
        importlib.invalidate_caches()

    def kept(self):
        """An archive of all modules as compiled so far; b"" if there are none since the last.

        What was compiled before and was not needed this time is in it, too.
        """
        fonts = glob.glob(os.path.expanduser("~/.matplotlib/*.json"))  # slow to find again
        files = [*map(importlib.util.cache_from_source, sorted(self.sources)), *fonts]
        compiled = [path for path in files if os.path.exists(path)]
        others = sorted(self.names - {path[1:] for path in compiled})
        if len(compiled) + len(others) == self.told:
            return b""
        self.told = len(compiled) + len(others)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for path in compiled:
                archive.write(path)
            for name in others:
                archive.writestr(name, self.compiled.read(name))
        return out.getvalue()


def quiet():
    """Say nothing of what is normal here: no threads for tqdm, no fonts known to matplotlib yet."""
    warnings.filterwarnings("ignore", "tqdm:disabling monitor support")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
