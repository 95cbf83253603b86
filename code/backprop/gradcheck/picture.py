"""A figure of where a gradient is wrong: an SVG of a few lines, which waits for no matplotlib."""

import numpy as np

from ..shown import RED

SIDE = 14  # pixels of an entry
NEGLIGIBLE = 1e-7  # relative to the largest error: not drawn


def picture(error):
    """The entries of an array, filled where its `error` is not 0, and in words which they are.

    The darker, the larger the error. "" for more than two axes, for a scalar and for more than 400
    entries.
    """
    grid = np.nan_to_num(np.asarray(error, dtype=float), nan=np.inf)
    if grid.ndim > 2 or not 2 <= grid.size <= 400:
        return ""
    largest = max(grid[np.isfinite(grid)].max(initial=0), 1e-300)
    wrong = grid > NEGLIGIBLE * largest
    shade = np.where(wrong, 0.25 + 0.75 * np.minimum(1, grid / largest), 0)
    words, svg = in_words(wrong), drawn(np.atleast_2d(shade), in_words(wrong))
    darker = "; the darker, the larger the error" if wrong.sum() > 1 else ""
    return f"{svg}<p>{words}{darker}.</p>"


def in_words(wrong):
    """How many entries are wrong, and which: the first four of them."""
    places = [str(place.tolist()) for place in np.argwhere(wrong)]
    more = " and more" if len(places) > 4 else ""
    verb = "is" if len(places) == 1 else "are"
    return f"{len(places)} of {wrong.size} entries {verb} wrong: {', '.join(places[:4])}{more}"


def drawn(shade, words):
    """A square for each entry, as dark as its shade says."""
    look = f'width="{SIDE - 2}" height="{SIDE - 2}" stroke="currentColor" stroke-opacity="0.5"'
    squares = [
        f'<rect x="{SIDE * j + 1}" y="{SIDE * i + 1}" {look} fill="{RED}" '
        f'fill-opacity="{shade[i, j]:.2f}"/>'
        for i, j in np.ndindex(shade.shape)
    ]
    height, width = SIDE * shade.shape[0], SIDE * shade.shape[1]
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg role="img" aria-label="{words}" {size}>{"".join(squares)}</svg>'
