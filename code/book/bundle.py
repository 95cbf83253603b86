"""One style sheet, one script and one small font of icons, of what the theme's pages use.

Sphinx and the theme bring eleven style sheets, twenty scripts and Font Awesome: 2,000 icons, of which
the book shows a dozen. Only the rules, scripts and icons that a page can need are kept; nothing is
rewritten.
"""

import posixpath
import re
from hashlib import sha256
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

THEME = Path(__file__).resolve().parent / "theme"

# Scripts that do nothing for this book, and why.
DROPPED = {
    "fontawesome.js": "puts a drawing in the place of each icon; the theme's style sheet has them in a font",
    "bootstrap.js": "opens one menu and shows titles as tooltips; theme.js and the browser do",
    "togglebutton.js": "folds solutions; they are <details> (access.py)",
    "design-tabs.js": "remembers the tab of a tab set; the book has none",
    "searchtools.js": "searches as one types, which is switched off",
    "language_data.js": "belongs to searchtools.js",
    "searchindex.js": "belongs to searchtools.js",
}
SEARCH = {
    "searchtools.js",
    "language_data.js",
    "searchindex.js",
}  # but the page of results needs them
KEPT_INLINE = (
    "window.MathJax =",
    "// Activate the search field",
)  # all others set what nothing reads

# Places of the theme's script that cost a second on a slow telephone, and what stands there instead.
MENDED = {
    # Setting what is set already makes the browser work out the style of every element again.
    "document.documentElement.dataset.mode=e;": "document.documentElement.dataset.mode!==e&&(document.documentElement.dataset.mode=e);",
    "document.documentElement.dataset.theme=n,": "document.documentElement.dataset.theme!==n&&(document.documentElement.dataset.theme=n),",
    # Measures everything that may scroll, folded or not, one by one; theme.js asks the browser to tell.
    '"complete"===document.readyState?I():window.addEventListener("load",I)': "0",
}

STRING = r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'"
COMMENT = re.compile(rf"({STRING})|/\*.*?\*/", re.S)
LICENCE = re.compile(r"/\*!.*?\*/", re.S)
TOKEN = re.compile(rf"{STRING}|[{{}};]|[^\"'{{}};]+|.", re.S)
URL = re.compile(r"url\((?!\"?data:|'?data:)[\"']?([^\"')]+)[\"']?\)")
SHEET = re.compile(
    r'<link href="([^"]+)" rel="stylesheet"|<link rel="stylesheet"[^>]* href="([^"]+)"'
)
IMPORT = re.compile(r"@import [\"']([^\"']+)[\"'];")
FACE = re.compile(r"src:url\((\S+?)\.woff2\)[^;}]*")
ICON = re.compile("[\ue000-\uf8ff]" + r"|\\([ef][0-9a-f]{3})")


def put(site, name, content):
    """Write a file of the bundle. Its address has a hash, so that browsers may keep it for good."""
    content = content.encode() if isinstance(content, str) else content
    path = site / "bundle" / name
    path.parent.mkdir(exist_ok=True)
    if path.is_file() and path.read_bytes() != content:
        raise ValueError(f"two pages need a {name} of their own: name them apart")
    path.write_bytes(content)
    return f"bundle/{name}?v={sha256(content).hexdigest()[:10]}"


def local(page, address):
    """The file of the site that an address on a page means, from the root; None for another host."""
    if address.startswith(("http:", "https:", "//", "data:")):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), address.split("?")[0]))


def style_sheet(site, pages, words):
    """The one style sheet of all pages, in place of the theme's; in it are the rules that can match."""
    lists = [
        [local(page, one or two) for one, two in SHEET.findall(html)]
        for page, html in pages.items()
    ]
    longest = max(lists, key=len)  # pages without cells lack one
    css = "\n".join(sheet(site, name) for name in longest) + (THEME / "maths.css").read_text(
        "utf-8"
    )
    notices = "\n".join(dict.fromkeys(LICENCE.findall(css)))
    css = used(
        COMMENT.sub(lambda match: match[1] or "", css).replace('@charset "UTF-8";', ""), words
    )
    return put(site, "book.css", notices + "\n" + with_small_fonts(site, css))


def sheet(site, name):
    """A style sheet with what it imports, and with addresses as seen from the folder of the bundle."""
    folder = posixpath.dirname(name)

    def address(match):
        return f"url({posixpath.relpath(posixpath.join(folder, match[1]), 'bundle')})"

    css = (site / name).read_text("utf-8")
    parts = IMPORT.split(css)
    own = URL.sub(address, "".join(parts[::2]))
    return (
        "".join(sheet(site, posixpath.normpath(posixpath.join(folder, one))) for one in parts[1::2])
        + own
    )


def rules(css):
    """(prelude, body) of each rule in turn; the body of a statement without braces is None."""
    prelude, body, depth = "", "", 0
    for token in TOKEN.findall(css):
        depth += (token == "{") - (token == "}")
        if token == "{" and depth == 1:
            continue
        if token == "}" and depth == 0:
            yield prelude.strip(), body
            prelude = body = ""
        elif token == ";" and depth == 0:
            yield prelude.strip(), None
            prelude = ""
        elif depth:
            body += token
        else:
            prelude += token


def used(css, words):
    """The rules of which a selector can match: all of its classes and ids occur in a page or script."""
    kept = []
    for prelude, body in rules(css):
        if prelude.startswith(("@media", "@supports")):
            body = used(body, words)
        elif not prelude.startswith("@"):
            prelude = ",".join(one for one in selectors(prelude) if names(one) <= words)
        if body is None:
            kept.append(f"{prelude};")
        elif prelude and body.strip():
            kept.append(f"{prelude}{{{' '.join(body.split())}}}")
    return "\n".join(kept)


def selectors(prelude):
    """The parts of a selector list; a comma in brackets does not divide."""
    return [one.strip() for one in re.split(r",(?![^()]*\))", prelude)]


def names(selector):
    """The classes and ids that an element must have; what is in brackets asks for none for sure."""
    while (plain := re.sub(rf"\([^()]*\)|\[[^\]]*\]|{STRING}", "", selector)) != selector:
        selector = plain
    return {name for name in re.findall(r"[.#]((?:[\w-]|\\.)+)", selector) if "\\" not in name}


def with_small_fonts(site, css):
    """Font Awesome with the icons that are left in the style sheet, a few kilobytes of 420."""
    icons = {int(match[1], 16) if match[1] else ord(match[0]) for match in ICON.finditer(css)}

    def source(match):
        path = (site / "bundle" / f"{match[1]}.ttf").resolve()
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options(drop_tables=["GSUB", "GPOS", "GDEF"], notdef_outline=True)
        options.name_IDs = [0, 1, 2, 13, 14]  # the copyright and the licence stay
        pruner = subset.Subsetter(options)
        pruner.populate(unicodes=icons & set(font.getBestCmap()))
        pruner.subset(font)
        font.flavor = "woff"
        name = put(site, path.stem + ".woff", saved(font))
        return f'src:url({posixpath.basename(name)}) format("woff")'

    return FACE.sub(source, css)


def saved(font):
    from io import BytesIO

    buffer = BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def mended(source, base):
    if base == "pydata-sphinx-theme.js":
        for old, new in MENDED.items():
            if source.count(old) != 1:
                raise ValueError(f"{base} is not as it was: look at bundle.MENDED, {old!r}")
            source = source.replace(old, new)
    return source


def scripts(site, page, soup):
    """Put one script, which does not hold up the page, in the place of the theme's."""
    parts, maths = [], None
    for tag in soup.find_all("script"):
        name = local(page, tag["src"]) if tag.get("src") else None
        base = posixpath.basename(name or "")
        if (
            name
            and not name.startswith(("_static/", "searchindex.js", "mathjax/"))
            or tag.get("type") == "module"
        ):
            continue  # a script of ours, or another's choice
        if base in SEARCH and page == "search.html":
            tag["defer"] = ""  # by themselves: one of them asks whether another is there yet
            continue
        tag.extract()
        if base == "tex-mml-chtml.js":
            maths = posixpath.join(
                posixpath.dirname(name), "startup.js"
            )  # in parts, which maths.js loads
        elif base in DROPPED:
            continue
        elif name:
            parts.append(mended((site / name).read_text("utf-8"), base))
        elif tag.string and tag.string.strip().startswith(KEPT_INLINE):
            parts.append(tag.string.strip())
    parts += [
        (THEME / name).read_text("utf-8") for name in ("theme.js", *["maths.js"] * bool(maths))
    ]
    # A script's last line may be a comment or lack its semicolon.
    source = re.sub(r"^//# sourceMappingURL=.*$", "", "\n;\n".join(parts), flags=re.M)
    name = "maths.js" if maths else "search.js" if page == "search.html" else "book.js"
    tag = soup.new_tag("script", src=put(site, name, source), defer="")
    if maths:
        tag["data-maths"] = maths
    return tag
