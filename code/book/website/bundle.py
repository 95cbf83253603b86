"""One style sheet, one script and one small font of icons, of what the theme's pages use.

Sphinx and the theme bring eleven style sheets, twenty scripts and Font Awesome: 2,000 icons, of which
the book shows a dozen. Only the rules, scripts and icons that a page can need are kept; nothing is
rewritten.
"""

import posixpath
import re
from hashlib import sha256
from pathlib import Path

import tinycss2
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
    "tex-mml-chtml.js": "sets formulas, which are set (maths.py)",
}
SEARCH = {
    "searchtools.js",
    "language_data.js",
    "searchindex.js",
}  # but the page of results needs them
KEPT_INLINE = "// Activate the search field"  # all others set what nothing reads

LICENCE = re.compile(r"/\*!.*?\*/", re.S)
SHEET = re.compile(
    r'<link href="([^"]+)" rel="stylesheet"|<link rel="stylesheet"[^>]* href="([^"]+)"'
)
FACE = re.compile(r"src:\s*url\((\S+?)\.woff2\)[^;}]*")
ICON = re.compile("[\ue000-\uf8ff]" + r"|\\([ef][0-9a-f]{3})")
# At-rules that hold rules, of which again some can match.
HOLDS_RULES = {"media", "supports"}


class Bundle:
    """The folder `bundle` of a site, and what has been put there in this run."""

    def __init__(self, site):
        self.site, self.made = site, {}

    def put(self, name, content):
        """Write a file; its address has a hash, so that browsers may keep it for good."""
        content = content.encode() if isinstance(content, str) else content
        if self.made.setdefault(name, content) != content:
            raise ValueError(f"two pages need a {name} of their own: name them apart")
        path = self.site / "bundle" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return f"bundle/{name}?v={sha256(content).hexdigest()[:10]}"

    def remove_others(self):
        """What an earlier run has left behind."""
        for path in (self.site / "bundle").iterdir():
            if path.name.removesuffix(".gz") not in self.made:
                path.unlink()


def local(page, address):
    """The file of the site that an address on a page means, from the root; None for another host."""
    if address.startswith(("http:", "https:", "//", "data:")):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), address.split("?")[0]))


def style_sheet(bundle, pages, words):
    """The one style sheet of all pages, in place of the theme's; in it are the rules that can match."""
    lists = [
        [local(page, one or two) for one, two in SHEET.findall(html)]
        for page, html in pages.items()
    ]
    longest = max(lists, key=len)  # pages without cells lack one
    texts = [text_of(bundle.site, name) for name in longest]
    rules = [rule for name in longest for rule in sheet(bundle.site, name)]
    notices = "\n".join(dict.fromkeys(LICENCE.findall("\n".join(texts))))
    css = "\n".join([*used(rules, words), own("maths.css")])
    return bundle.put("book.css", notices + "\n" + with_small_fonts(bundle, css))


def text_of(site, name):
    return (site / name).read_text("utf-8")


def parsed(css):
    return tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)


def sheet(site, name):
    """The rules of a style sheet and of those it imports, with addresses as seen from the bundle."""
    folder = posixpath.dirname(name)
    for rule in parsed(text_of(site, name)):
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            (address,) = (token.value for token in rule.prelude if token.type in ("string", "url"))
            yield from sheet(site, posixpath.normpath(posixpath.join(folder, address)))
        elif rule.type != "at-rule" or rule.lower_at_keyword != "charset":
            rebase(rule.content or [], folder)
            yield rule


def rebase(tokens, folder):
    """Let the addresses in a rule lead from the bundle to where they led from its own folder."""
    for token in tokens:
        if token.type == "function" and token.lower_name == "url":
            for address in token.arguments:
                if address.type == "string" and not address.value.startswith("data:"):
                    address.representation = f'"{moved(address.value, folder)}"'
        elif token.type == "url" and not token.value.startswith("data:"):
            token.representation = f"url({moved(token.value, folder)})"
        elif token.type in ("{} block", "() block", "[] block"):
            rebase(token.content, folder)


def moved(address, folder):
    return posixpath.relpath(posixpath.join(folder, address), "bundle")


def used(rules, words):
    """The rules of which a selector can match: all its classes and ids occur in a page or script."""
    for rule in rules:
        if rule.type == "qualified-rule":
            able = [one for one in selectors(rule.prelude) if names(one) <= words]
            body = compact(rule.content)
            if able and body:
                yield f"{','.join(compact(one) for one in able)}{{{body}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in HOLDS_RULES:
            inside = tinycss2.parse_rule_list(
                rule.content, skip_comments=True, skip_whitespace=True
            )
            if body := "\n".join(used(inside, words)):
                yield f"@{rule.at_keyword} {compact(rule.prelude)}{{{body}}}"
        elif rule.type == "at-rule":
            body = ";" if rule.content is None else f"{{{compact(rule.content)}}}"
            yield f"@{rule.at_keyword} {compact(rule.prelude)}{body}"
        else:
            raise ValueError(f"a style sheet of the theme can't be read: {rule.message}")


def compact(tokens):
    """The text of tokens without comments, each space once."""
    kept = [token for token in tokens if token.type != "comment"]
    return " ".join(tinycss2.serialize(kept).split())


def selectors(prelude):
    """The parts of a selector list, as tokens; a comma in brackets does not divide."""
    parts = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def names(selector):
    """The classes and ids that an element must have; what is in brackets asks for none for sure."""
    pairs = zip([None, *selector], selector, strict=False)
    classes = {token.value for dot, token in pairs if dot == "." and token.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}


def with_small_fonts(bundle, css):
    """Font Awesome with the icons that are left in the style sheet, a few kilobytes of 420."""
    icons = {int(match[1], 16) if match[1] else ord(match[0]) for match in ICON.finditer(css)}

    def source(match):
        path = (bundle.site / "bundle" / f"{match[1]}.ttf").resolve()
        font = TTFont(path, recalcTimestamp=False)
        options = subset.Options(drop_tables=["GSUB", "GPOS", "GDEF"], notdef_outline=True)
        options.name_IDs = [0, 1, 2, 13, 14]  # the copyright and the license stay
        pruner = subset.Subsetter(options)
        pruner.populate(unicodes=icons & set(font.getBestCmap()))
        pruner.subset(font)
        font.flavor = "woff"
        name = bundle.put(path.stem + ".woff", saved(font))
        return f'src:url({posixpath.basename(name)}) format("woff")'

    return FACE.sub(source, css)


def saved(font):
    from io import BytesIO

    buffer = BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def own(name):
    return (THEME / name).read_text("utf-8")


def scripts(bundle, page, soup):
    """Put one script, which does not hold up the page, in the place of the theme's."""
    parts = []
    for tag in soup.find_all("script"):
        base = posixpath.basename(tag.get("src", "").split("?")[0])
        name = local(page, tag["src"]) if base else None
        if base in SEARCH and page == "search.html":
            tag["defer"] = ""  # by themselves: one of them asks whether another is there yet
            continue
        if base in DROPPED:
            tag.extract()
            continue
        if (
            name
            and not name.startswith(("_static/", "searchindex.js"))
            or tag.get("type") == "module"
        ):
            continue  # a script of ours, or another's choice
        tag.extract()
        if name:
            parts.append(text_of(bundle.site, name))
        elif tag.string and tag.string.strip().startswith(KEPT_INLINE):
            parts.append(tag.string.strip())
    parts = [own("before.js"), *parts, own("after.js"), own("theme.js")]
    # A script's last line may be a comment or lack its semicolon.
    source = re.sub(r"^//# sourceMappingURL=.*$", "", "\n;\n".join(parts), flags=re.M)
    name = "search.js" if page == "search.html" else "book.js"
    return soup.new_tag("script", src=bundle.put(name, source), defer="")
