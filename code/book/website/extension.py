"""What the book adds to Sphinx, in the order in which Sphinx asks for it.

config-inited      what has been run is kept in a cache that is named after the library: another
                   library finds it empty, and all pages are read and run again
env-get-outdated   pages that look at other pages are run again when one of these has changed
source-read        a chapter is shown with stubs in its cells and solutions in their places
html-page-context  a page with cells loads the script that runs them; one with a figure that asks
                   (`backprop.steps`, `backprop.asked`) loads that figure's
build-finished     the site gets what its pages need to run (`site`)
"""

import hashlib
import shutil
import sys
from pathlib import Path

from .. import ROOT
from ..chapters.chapter import Chapter, names, place, withheld
from ..fingerprint import fingerprint
from . import site

# What a cell's output depends on, besides the cell; and what every page has around its text.
LIBRARY = ["code/backprop", "code/data", "requirements.lock"]
AROUND = ["_static", "vendor", "code/book/website", "code/book/runtime"]
TEXTS = "code/backprop/exercises/telling/texts.json"  # made from the chapters


def setup(app):
    """Sphinx calls this."""
    # Has one of these changed since the last build, Sphinx reads, or writes, all pages again.
    app.add_config_value("solutions", "withheld" if withheld() else "shown", "env", [str])
    around = fingerprint(*AROUND, but=["vendor/pyodide"])
    app.add_config_value("around_pages", around, "html", [str])
    app.connect("config-inited", _name_the_cache)
    app.connect("env-get-outdated", _that_look_at_others)
    app.connect("source-read", _show)
    app.connect("html-page-context", _with_scripts)
    app.connect("build-finished", _complete)
    return {"version": "1", "parallel_read_safe": True}


def _name_the_cache(app, config):
    caches = ROOT / "_build/.jupyter_cache"
    version = (
        f"{fingerprint(*LIBRARY, but=[TEXTS])}-{sys.version_info.major}.{sys.version_info.minor}"
    )
    for old in caches.iterdir() if caches.is_dir() else ():
        if old.name != version:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    config.nb_execution_cache_path = str(caches / version)


def _that_look_at_others(app, env, added, changed, removed):
    """The pages whose cells import `book` or say how long all takes, if that is not as it was."""
    chapters = [Chapter.read(name) for name in names()]
    seen = [cell.code for chapter in chapters for cell in chapter.cells]
    seen += [str(chapter.minutes) for chapter in chapters]
    now = hashlib.sha256("\0".join([fingerprint("code/book"), *seen]).encode()).hexdigest()
    before, env.looked_at = getattr(env, "looked_at", ""), now
    if now == before:
        return []
    return [place(one.name) for one in chapters if "book" in one.imports or one.counts_hours]


def _show(app, docname, source):
    source[0] = Chapter(Path(docname).name, source[0]).shown().text


def _with_scripts(app, name, template, context, doctree):
    if doctree is not None and site.cells_of(Path(name).name):
        app.add_js_file("../page/run.js", loading_method="defer", **{"data-page": name})
        app.add_css_file("../page/run.css")
    for kind in ("steps", "asked"):
        if f"data-{kind}=" in context.get("body", ""):
            app.add_js_file(f"../page/{kind}.js", loading_method="defer")


def _complete(app, error):
    if withheld():
        shutil.rmtree(Path(app.outdir) / "_sources", ignore_errors=True)
    if error is None and app.builder.name == "html":
        site.write(Path(app.outdir))
