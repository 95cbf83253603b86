"""Which browser ran which page: cells, seconds, memory. `make engines` measures and keeps it."""

import json
import re
from pathlib import Path

FILE = Path(__file__).with_name("engines.json")
NAMES = {"chromium": "Chrome", "firefox": "Firefox", "webkit": "Safari"}  # whose engine it is


def kept():
    """What was measured last; nothing before the first time."""
    nothing = {"date": "", "agents": {}, "rows": []}
    return json.loads(FILE.read_text("utf-8")) if FILE.exists() else nothing


def versions(agents):
    """{"firefox": "Firefox 153"} from what each browser says of itself."""
    found = {name: re.search(r"(?:Chrome|Firefox)/(\d+)", agents[name]) for name in agents}
    return {name: f"{NAMES[name]} {one[1]}" if one else "WebKitGTK" for name, one in found.items()}


def largest():
    """(name, page, megabytes) for each browser: the page that takes most memory in it."""
    for engine, name in NAMES.items():
        rows = [row for row in kept()["rows"] if row[1] == engine]
        for page, *_, megabytes in sorted(rows, key=lambda row: row[-1])[-1:]:
            yield name, page.removeprefix("chapters/"), megabytes


def table(rows):
    """Text from rows [page, engine, cells, seconds, megabytes]: a line for each page."""
    found = {(page, engine): numbers for page, engine, *numbers in rows}
    cells = {page: cells for page, _, cells, *_ in rows}
    lines = [f"{'page':16}cells" + "".join(f"{name:>17}" for name in NAMES.values())]
    for page, count in cells.items():
        told = [found.get((page, engine)) for engine in NAMES]
        shown = "".join(f"{f'{n[1]:.0f} s {n[2]:5} MB' if n else '-':>17}" for n in told)
        lines.append(f"{page.removeprefix('chapters/'):16}{count:5}{shown}")
    return "\n".join(lines)
