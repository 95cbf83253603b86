"""Makes notebooks from the chapters: an edition for students and one, with solutions, for teachers.

`python -m book.notebooks.editions SITE` writes into the folder of a built site

    notebooks/NAME.ipynb                        for each page; its download button leads there
    notebooks/gradients-by-hand-notebooks.zip   all of them, with all that they need to run
    notebooks/gradients-by-hand-teacher.zip     the same notebooks with the solutions

If the solutions are withheld, the last one goes to _build/teacher, which is not published.
"""

import re
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import jupytext
import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .. import ROOT
from ..chapters import markdown
from ..chapters.chapter import Chapter, is_hint, order, place, withheld
from ..chapters.directives import joined, pieces
from . import archive

STUDENT = "gradients-by-hand-notebooks.zip"
TEACHER = "gradients-by-hand-teacher.zip"
BRANCH = "notebooks"  # of the repository: there the workflow pages.yml keeps the student notebooks

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
HIDDEN = {"hide-input", "remove-input", "remove-cell", "hide-cell"}
KEPT_TAGS = {"raises-exception", "exercise"}


def notebook(name, solutions=False, setup=""):
    """The notebook of a page, as an nbformat node; the same page gives the same bytes.

    With `solutions` the exercises are solved, else there is no solution in it. `setup` is the code
    of a cell below the title.
    """
    chapter = Chapter.read(name)
    text = hints_first((chapter.solved() if solutions else chapter.unsolved()).text)
    cells = [
        made for cell in jupytext.reads(text, fmt="md:myst").cells for made in _cells(cell, name)
    ]
    if setup:
        cells.insert(1, new_code_cell(setup))
    if name == "index":
        cells.append(new_markdown_cell("## Contents\n\n" + contents()))
    if keys := markdown.cited(text):
        cells.append(new_markdown_cell("## References\n\n" + markdown.references(keys)))
    for number, cell in enumerate(cells):
        cell["id"] = f"{name}-{number}"
    return new_notebook(cells=cells, metadata=METADATA)


def as_text(node):
    """The notebook as it is in its file."""
    return nbformat.writes(node) + "\n"


def hints_first(text):
    """Hints stand below the cell of an exercise; in a notebook above: there its report is below."""
    made, cell = [], None
    for piece in pieces(text):
        if cell and not is_hint(piece) and (piece.kind or piece.strip()):
            made, cell = [*made, "\n\n", cell, "\n\n"], None
        if "exercise" in piece.tags:
            cell = piece
        else:
            made.append(piece)
    return joined([*made, "\n\n", cell] if cell else made)


def _cells(cell, name):
    """What a cell of the chapter becomes: one cell for each heading in it, or one with code."""
    if cell.cell_type == "code":
        return _code(cell)
    text = re.sub(r"\n{3,}", "\n\n", markdown.plain(cell.source, name))
    parts = [part.strip() for part in re.split(r"^(?=##)", text, flags=re.M)]
    return [new_markdown_cell(part) for part in parts if part]


def _code(cell):
    """The cell, its code folded where the page folds it; a picture that is folded is announced."""
    tags = set(cell.metadata.get("tags", []))
    hidden = {"source_hidden": bool(tags & HIDDEN), "outputs_hidden": "hide-output" in tags}
    metadata = {"tags": sorted(tags & KEPT_TAGS), "jupyter": {k: v for k, v in hidden.items() if v}}
    source = cell.source.replace("{chapter}.html", "{chapter}.ipynb")  # in the tables of links
    code = new_code_cell(source, metadata={key: value for key, value in metadata.items() if value})
    folded = cell.metadata.get("mystnb", {}).get("code_prompt_show")
    return (
        [new_markdown_cell(f"**{folded}:** run the next cell to see it."), code]
        if folded
        else [code]
    )


def contents():
    """Links to all notebooks, in the order of the book."""
    return "\n".join(f"- {markdown.link(name)}" for name in order() if name != "index")


# Getting the library, for a notebook that comes alone.

UNPUBLISHED = """\
# The library of this book. If it is missing, take the zip of all notebooks: its README says
# how to install it.
import {}"""
PACKAGE = """\
try:
    import backprop                           # the library of this book
except ModuleNotFoundError:                   # on Colab, for instance
    %pip install --quiet "git+{}#subdirectory=code\""""
REPOSITORY = """\
try:
    import book.chapters.derivations          # this page looks at all the others
except ModuleNotFoundError:                   # on Colab, for instance
    !git clone --quiet --depth 1 "{}" gradients-by-hand
    %pip install --quiet ./gradients-by-hand/code
    import sys; sys.path.append("gradients-by-hand/code")"""


def repository_url():
    """The address of the public repository, or "" where there is none."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return config.get("repository", {}).get("url", "").rstrip("/").removesuffix(".git")


def setup(name, url):
    """The first cell of a notebook to download: it fetches the library, if that is missing.

    A few pages look at the whole book, and need all of the repository. "" for a page without code.
    """
    if not Chapter.read(name).cells:
        return ""
    needed = "book.chapters.derivations" if "book" in Chapter.read(name).imports else "backprop"
    if not url:
        return UNPUBLISHED.format(needed)
    return (PACKAGE if needed == "backprop" else REPOSITORY).format(url)


# Writing.


def write(site):
    """Write all notebooks and the two zips; the names of what was written."""
    folder = Path(site) / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    url = repository_url()
    for name in order():
        made = notebook(name, setup=setup(name, url))
        (folder / f"{name}.ipynb").write_text(as_text(made), "utf-8")
    archive.write(folder / STUDENT, below_one_folder(student_files()))
    away = ROOT / "_build/teacher"
    kept = away if withheld() else folder
    (folder / TEACHER).unlink(missing_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    archive.write(kept / TEACHER, below_one_folder(teacher_files()))
    return folder / STUDENT, kept / TEACHER


def student_files():
    """{name: bytes} of a folder in which all notebooks run: like the repository, but unsolved."""
    code = ROOT / "code"
    paths = [ROOT / "LICENSE", ROOT / "LICENSE-text", code / "LICENSE", code / "pyproject.toml"]
    paths += [p for p in (code / "data").iterdir() if p.is_file()]
    files = archive.library() | archive.read(paths)
    for name in order():
        files[f"{place(name)}.md"] = Chapter.read(name).unsolved().text.encode()
        files[f"notebooks/{name}.ipynb"] = as_text(notebook(name)).encode()
    return {"README.md": README.encode(), **files}


def teacher_files():
    """{name: bytes} of the solved notebooks, to be put beside the students'."""
    solved = {name: notebook(name, solutions=True) for name in order()}
    files = {f"solved/{name}.ipynb": as_text(node).encode() for name, node in solved.items()}
    return {"solved/README.md": README_SOLVED.encode(), **files}


def below_one_folder(files):
    """The files as they are to be unpacked."""
    return {f"gradients-by-hand/{name}": content for name, content in files.items()}


README = """\
# Gradients by Hand: the notebooks

Needed: Python 3.11 or newer. In this folder,

    python -m venv .venv
    . .venv/bin/activate            # on Windows: .venv\\Scripts\\activate
    pip install -e code jupyterlab
    jupyter lab notebooks/index.ipynb

`notebooks` holds a notebook for each chapter, with the exercises open. `code` holds the library and
the two datasets, so once this is installed, no notebook needs the network. `chapters` holds the
chapters as text, since a few of the notebooks look at all the others.

The text is under CC BY 4.0 (LICENSE-text), the code under the MIT license (LICENSE).
"""

README_SOLVED = """\
# Gradients by Hand: the notebooks with solutions

Unpack this zip in the same place as the zip of the students' notebooks, whose README says how to
install the library. The folder `solved` then stands beside `notebooks`, and its notebooks run like
those.
"""


# Buttons.


def launch_links(name, url):
    """[(label, href)] for a page: where its notebook runs on somebody else's computer."""
    if not url:
        return []
    host, path = urlsplit(url).hostname, urlsplit(url).path.strip("/").removesuffix(".git")
    on_github = host == "github.com"
    source = f"gh/{path}" if on_github else f"git/{quote(url, safe='')}"
    opened = quote(f"lab/tree/notebooks/{name}.ipynb", safe="")
    links = [("Binder", f"https://mybinder.org/v2/{source}/HEAD?urlpath={opened}")]
    if on_github:
        colab = "https://colab.research.google.com/github"
        links.append(("Colab", f"{colab}/{path}/blob/{BRANCH}/{name}.ipynb"))
    return links


def buttons(soup, page, url):
    """Change the download menu of a built page: its notebook, and where to run it, if anywhere.

    `page` is the page's place in the site, such as "chapters/linear".
    """
    name = Path(page).name
    menu = soup.select_one(".dropdown-download-buttons .dropdown-menu")
    if menu is None or name not in order():
        return
    for source in menu.select(".btn-download-source-button"):
        source.find_parent("li").decompose()
    up = "../" * page.count("/")
    links = [("Notebook (.ipynb)", f"{up}notebooks/{name}.ipynb")]
    links += [(f"Open in {place}", href) for place, href in launch_links(name, url)]
    if len(links) > 1:
        menu.find_previous_sibling("button")["aria-label"] = "Download or run this page"
    for number, (label, href) in enumerate(links):
        link = soup.new_tag("a", attrs={"class": "btn btn-sm dropdown-item", "href": href})
        link.string = label
        if number == 0:
            link["download"] = ""
        entry = soup.new_tag("li")
        entry.append(link)
        menu.insert(number, entry)


if __name__ == "__main__":
    for written in write(sys.argv[1]):
        print(f"{written}: {written.stat().st_size / 1e6:.1f} MB")
