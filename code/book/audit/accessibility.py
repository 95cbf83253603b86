"""What the page "Accessibility" prints: accessibility.toml, which a test compares."""

import html
import tomllib
from pathlib import Path

from backprop.plotting import Table

FILE = Path(__file__).with_name("accessibility.toml")
VERDICTS = ["supported", "partly", "not tested", "not applicable"]
HEADS = ["Criterion", "Level", "Here", "How it is known"]


def statement():
    """The file: when was tested what, and {number: [name, level, verdict, how, tests]}."""
    return tomllib.loads(FILE.read_text("utf-8"))


def table():
    """A row for each criterion."""
    rows = [_row(number, *one) for number, one in statement()["criteria"].items()]
    return Table(HEADS, rows, caption="WCAG 2.2, levels A and AA, criterion by criterion")


def counted():
    """How many criteria have which verdict, in a sentence."""
    found = [verdict for _, _, verdict, *_ in statement()["criteria"].values()]
    counts = [f"{found.count(one)} {one}" for one in VERDICTS if one in found]
    return f"Of {len(found)} criteria: {', '.join(counts)}."


def _row(number, name, level, verdict, how, tests):
    names = [html.escape(test.partition("::")[2]).replace("_", "_<wbr>") for test in tests]
    shown = [f"<code>{one}</code>" for one in names]  # which may be broken at each underscore
    known = " ".join([html.escape(how), *shown])
    return [f"{number} {html.escape(name)}", level, verdict, known]
