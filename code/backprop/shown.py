"""What a cell shows that needs no matplotlib: the colors, HTML, a table, a formula, an SVG.

`backprop.plotting` has all of it too; what is shown without a figure takes it from here, so that
the page does not load matplotlib for it.
"""

import html

INK = "#010203"  # a color that nothing else has; becomes currentColor
# Okabe and Ito's colors, told apart by color-blind readers too, in shades with contrast on white
# and on black.
BLUE, ORANGE, GREEN = "#2b7fc1", "#d07a00", "#1b9a72"
RED, PURPLE, GREY = "#d1495b", "#a06fb8", "#808080"


class Html:
    """What a cell shows: HTML as it is, in Jupyter and in a page of the website.

    `text` is what a terminal shows in its place.
    """

    def __init__(self, source, text="[a table or a card, in HTML]"):
        self.source, self.text = source, text

    def _repr_html_(self):
        return self.source

    def __repr__(self):
        return self.text


class Table(Html):
    """Rows of cells, texts or HTML, with a heading above each column.

    The row whose first cell is `ours` stands out. A wide table has a `caption`, and scrolls by
    itself where the window is narrow.
    """

    def __init__(self, head, rows, ours=None, caption=""):
        headings = "".join(f"<th scope='col'>{name}</th>" for name in head)
        body = ""
        for row in rows:
            cells = "".join(f"<td>{cell}</td>" for cell in row)
            body += f"<tr{' class=ours' if row[0] == ours else ''}>{cells}</tr>"
        small = " style='font-size: 0.85em'" if caption else ""
        table = (
            f"<table class='results'{small}><thead><tr>{headings}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )
        super().__init__(_scrolling(table, caption) if caption else table)


def _scrolling(table, caption):
    label = html.escape(caption, quote=True)
    region = f"tabindex='0' role='region' aria-label='{label}' style='overflow-x: auto'"
    return f"<div {region}>{table}</div>"


class Picture:
    """What a cell shows: an SVG with its text alternative; `kind` is a class for the style."""

    def __init__(self, svg, alt, kind=""):
        self.svg, self.alt, self.kind = svg, alt, kind

    def _repr_html_(self):
        kind = f" {self.kind}" if self.kind else ""
        return f'<div class="picture{kind}">{self.svg}</div>'

    def __repr__(self):
        return f"[figure: {self.alt}]"


def maths(tex):
    """A formula in LaTeX, for a cell of a Table: the page sets it like any other.

    Raises ValueError if `tex` is no text.
    """
    if not isinstance(tex, str):
        raise ValueError(f"maths expects tex to be LaTeX, got {tex!r}")
    return rf'<span class="math notranslate nohighlight">\({html.escape(tex)}\)</span>'
