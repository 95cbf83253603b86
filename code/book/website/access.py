"""Repairs what the theme gets wrong for those who can't see the page, or use no mouse."""


def solutions(soup):
    """Fold solutions with <details>: a keyboard opens it, and no script is needed."""
    for box in soup.select("div.solution.dropdown"):
        box.name = "details"
        title = box.find(class_="admonition-title")
        title.name = "summary"
        for link in title.find_all("a"):  # a click on the title unfolds, and leads nowhere else
            link.unwrap()


def ids(soup):
    """Every exercise and solution of a page had the same id inside."""
    for content in soup.select("#exercise-content, #solution-content"):
        content.name = "div"
        del content["id"]


def names(soup):
    """Who speaks to the computer says what is written: a name must hold the visible words."""
    for tag in soup.select("button.search-button-field[aria-label], summary[aria-label]"):
        del tag["aria-label"]
    for tag in soup.select("i[class*=fa-], span[class*=fa-]"):
        tag["aria-hidden"] = "true"  # a screen reader would spell the private character
        del tag["title"]


def landmarks(soup):
    """Everything stands in a landmark, so that one can jump over it."""
    sidebar = soup.find(id="pst-primary-sidebar")
    if sidebar:
        sidebar["role"], sidebar["aria-label"] = "complementary", "The book"


def tables(soup):
    """A header says for what it is one; an empty corner heads nothing."""
    for cell in soup.select("thead th"):
        cell["scope"] = "col"
        if not cell.get_text(strip=True):
            cell.name = "td"
            del cell["scope"]
    for table in soup.select("table.genindextable"):
        table["role"] = "presentation"  # columns of links


def bibliography(soup):
    """The role of an entry, doc-biblioentry, is no longer one; the list and its items remain."""
    for entry in soup.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"


def handlers(soup):
    """Buttons get their handlers from theme.js; the policy would refuse these."""
    for tag in soup.find_all(onclick="window.print()"):
        del tag["onclick"]


def repair(soup):
    for one in solutions, ids, names, landmarks, tables, bibliography, handlers:
        one(soup)
