"""Sets the formulas of the pages as MathML, which a browser shows without any script.

Temml reads the TeX. It is JavaScript, and runs here in an engine of its own (mini-racer), together
with what is mended in its output (runtime/page/maths.js). In a page the same two files set what its
cells show.
"""

import re
import sys
from contextlib import contextmanager

from bs4 import BeautifulSoup, NavigableString
from py_mini_racer import JSEvalException, MiniRacer

from .. import ROOT
from .policy import RUNTIME

TEMML = ROOT / "vendor/temml/temml.min.js"
FONT = "latin-modern-math/formulas.woff"  # where it is in the site; theme/maths.css names it, too


@contextmanager
def engine():
    """What `set_all` needs; it is closed in the end, or Python would wait for it forever."""
    with MiniRacer() as javascript:
        javascript.eval(TEMML.read_text("utf-8"))
        javascript.eval((RUNTIME / "page/maths.js").read_text("utf-8"))
        yield javascript


def set_all(javascript, page, soup):
    """Set every formula of a page, beside the number that it may have."""
    for formula in soup.select(".math"):
        display = formula.name == "div"
        source = "".join(formula.find_all(string=True, recursive=False)).strip()
        tex = formula["data-tex"] = source[2:-2].strip()
        try:
            markup = javascript.call("mathml", tex, display)
        except JSEvalException as error:
            said = str(error).splitlines()[0].partition("Error:")[2].strip(" :")
            sys.exit(f"{page}: the formula {tex} can't be set. {said}.")
        for text in formula.find_all(string=True, recursive=False):
            text.extract()
        formula.append(BeautifulSoup(markup, "html.parser"))
        if display:
            formula["tabindex"] = "0"  # where it is too wide, a keyboard can scroll it
        else:
            hold(soup, formula)


def hold(soup, formula):
    """No line begins with the comma behind a formula, nor ends with the bracket before it."""
    before, after = formula.previous_sibling, formula.next_sibling
    opening = re.search(r"[(\[“]$", before) if isinstance(before, NavigableString) else None
    closing = re.match(r"[-.,:;?!)\]”’]+", after) if isinstance(after, NavigableString) else None
    if not opening and not closing:
        return
    held = formula.wrap(soup.new_tag("span", attrs={"class": "held"}))
    if opening:
        before.replace_with(before[:-1])
        held.insert(0, opening[0])
    if closing:
        after.replace_with(after[closing.end() :])
        held.append(closing[0])
