"""Where Chromium is: it prints the book, counts what a first view asks for, and tests the pages.

`python -m book.chromium` prints its path, or nothing.
"""

import os
import shutil

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def chromium():
    """The path of the browser that the variable CHROMIUM names, or of one on the PATH, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


if __name__ == "__main__":
    print(chromium() or "")
