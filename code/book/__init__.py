"""How the book is built. `python -m book.build` (or `make book`) does it, in this order:

1. runtime    fetches Python for the pages (`pyodide`), unless it is there
2. chapters   each is read (`chapter`), and given to Sphinx with stubs in place of solutions
3. website    Sphinx runs the cells and writes the pages (`extension`), with what they need (`site`)
4. notebooks  editions of all chapters to download (`editions`)
5. website    the pages are finished: quick, accessible, safe (`finish`)
6. paper      the finished pages are packed as an EPUB (`epub`), and printed as a PDF (`pdf`)

`audit` looks at the whole book, for some of its pages; `new` begins a chapter.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
