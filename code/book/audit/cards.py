"""All summary cards of the book on one sheet, made from the chapters' own cells."""

from backprop.exercises import card
from backprop.exercises.cards import called
from backprop.shown import Html

from ..chapters.chapter import Chapter, names, order


def entries(chapter):
    """[(quantity, derivation or None), …] of the cards that a chapter shows, in its order."""
    found = [entry for cell in chapter.cells for entry in called(cell.code)]
    proofs = chapter.derivations if any(variable for _, variable in found) else {}
    return [(name, proofs[variable] if variable else None) for name, variable in found]


def in_order():
    """{chapter: its entries} of the chapters that have cards."""
    found = {name: entries(Chapter.read(name)) for name in ordered()}
    return {name: shown for name, shown in found.items() if shown}


def ordered():
    """The chapters in the order of the book; in the page, which has no list of it, by name."""
    try:
        return order()
    except (ImportError, FileNotFoundError):
        return names()


def sheet():
    """The cards of all chapters, each under the name of its chapter."""
    return Html(f'<div class="card-sheet">{"".join(map(_part, in_order().items()))}</div>')


def _part(found):
    name, shown = found
    title = f'<a href="{name}.html">{Chapter.read(name).title}</a>'
    heading = f'<p class="card-chapter" role="heading" aria-level="2">{title}</p>'
    return heading + card(*shown).source
