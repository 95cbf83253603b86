"""Old addresses of sections lead to where the sections are now, with and without scripts."""

import pytest
from book.website import moved
from browser import HTML, LIMIT, need
from bs4 import BeautifulSoup

# Every heading, labeled equation and exercise of two pages before their sections moved.
OLD = {
    "chapters/notation": """notation-and-shapes the-letters a-gradient-has-the-shape-of-its-variable
        symbols signs a-dictionary-between-books what-proved-means-here the-one-axiom
        how-a-proof-for-all-shapes-is-found equation-eq-notation-chain shapes-that-the-code-states
        asked-nicely-answered-nicely exercises ex-notation-read ex-notation-shapes ex-notation-sum
        ex-notation-delta ex-notation-other ex-notation-break ex-notation-slots summary""",
    "chapters/gradcheck": """checking-a-gradient two-points equation-eq-gradcheck-error the-v
        the-complex-step the-output-of-a-layer-is-not-a-scalar a-layer-is-not-a-number
        equation-eq-gradcheck-upstream kinks how-large-is-an-error all-parameters-at-once
        equation-eq-gradcheck-projection checking-a-whole-network how-small-an-error-can-a-sum-show
        equation-eq-gradcheck-dilution equation-eq-gradcheck-noise from-the-sum-to-the-weight
        is-the-layer-a-function doubt-the-layer when-forward-loses-digits
        what-a-gradient-check-can-t-see exercises ex-gradcheck-central ex-gradcheck-h
        ex-gradcheck-kink ex-gradcheck-halving ex-gradcheck-relative ex-gradcheck-projection
        ex-gradcheck-blind ex-gradcheck-ones ex-gradcheck-which summary""",
}
ADDRESSES = [(page, anchor) for page, anchors in OLD.items() for anchor in anchors.split()]
MOVED = {
    (section["was"], old): (section["now"], new)
    for section in moved.SECTIONS
    for old, new in section["anchors"].items()
}
ARRIVED = """() => {
    const place = document.getElementById(location.hash.slice(1));
    return Boolean(place) && !place.closest(".moved");
}"""


def built(page):
    path = need((HTML / f"{page}.html").is_file() and HTML / f"{page}.html", "no built pages")
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_an_address_has_moved_once_and_not_to_a_page_that_it_leaves_again():
    named = [(section["was"], old) for section in moved.SECTIONS for old in section["anchors"]]
    assert len(named) == len(MOVED) > 15
    assert not set(MOVED) & set(MOVED.values())
    assert set(MOVED) <= set(ADDRESSES)


def test_a_page_without_old_addresses_stays_as_it_is():
    soup = BeautifulSoup("<article></article>", "html.parser")
    moved.add(soup, "chapters/first")
    assert str(soup) == "<article></article>"


def test_old_addresses_are_places_before_the_link():
    soup = BeautifulSoup("<article></article>", "html.parser")
    moved.add(soup, "chapters/notation")
    first = soup.select_one(".moved li")
    assert [one["id"] for one in first.select("span")] == [
        "a-dictionary-between-books",
        "ex-notation-other",
    ]
    assert first.a["href"] == "linear.html#a-dictionary-between-books"
    assert first.select("span")[1]["data-moved"] == "linear.html#ex-linear-other"


@pytest.mark.site
@pytest.mark.parametrize(("page", "anchor"), MOVED)
def test_without_scripts_an_old_address_is_beside_a_link_that_holds(page, anchor):
    now, new = MOVED[page, anchor]
    place = built(page).find(id=anchor)
    assert place.find_parent(class_="moved")
    there, _, section = place.find_parent("li").a["href"].partition("#")
    assert f"chapters/{there}" == f"{now}.html"
    assert built(now).find(id=section)
    assert built(now).find(id=new)


@pytest.mark.site
@pytest.mark.parametrize(("page", "anchor"), ADDRESSES)
def test_an_old_address_arrives(page, anchor, context, base):
    there = context.new_page()
    there.set_default_timeout(LIMIT)
    now, new = MOVED.get((page, anchor), (page, anchor))
    there.goto(f"{base}{page}.html#{anchor}", wait_until="load")
    there.wait_for_url(f"{base}{now}.html#{new}")
    there.wait_for_function(ARRIVED)
    there.close()


@pytest.mark.site
def test_an_address_that_never_was_does_not_arrive_and_a_link_within_a_page_does(context, base):
    there = context.new_page()
    there.goto(f"{base}chapters/notation.html#never-was", wait_until="load")
    assert not there.evaluate(ARRIVED)
    there.evaluate("location.hash = 'the-one-axiom'")  # as a link on the page would
    there.wait_for_url(f"{base}chapters/proving.html#the-one-axiom")
    there.go_back()
    there.wait_for_url("**/chapters/notation.html**")
    there.close()
