"""Cuts the font of the formulas out of Latin Modern Math: `python -m book.website.font FILE.otf`.

The whole font has 734 KB; what formulas of this book can need, a twentieth. The parts of which a
root or a brace is built are in no page: they come along with the sign.
"""

import sys
from unicodedata import decomposition

from fontTools import subset
from fontTools.ttLib import TTFont

from .. import ROOT

FONT = ROOT / "vendor/latin-modern-math/formulas.woff"
NAME = "Formulas"  # the license asks for a name of its own

# A letter that stands alone is drawn in italics, for which there are characters of their own.
ITALICS = [*map(chr, range(0x1D434, 0x1D468)), *map(chr, range(0x1D6FC, 0x1D71C))]
ITALIC = {chr(int(decomposition(c).split()[1], 16)): c for c in ITALICS if decomposition(c)}
ITALIC["h"] = "ℎ"
CHARACTERS = [
    *map(chr, range(0x20, 0x7F)),
    *ITALIC.values(),
    *map(chr, range(0x1D41A, 0x1D434)),  # bold letters
    *map(chr, range(0x1D7CE, 0x1D7D8)),  # and numerals
    *"ΓΔΘΛΞΠΣΦΨΩℓℒ𝒩ℝℕ𝔼ℙ",
    *"√∑∏∫−±×÷·⋅∗∘⊙⊘⊗⊕⊤⊥∂∇∞∈∉∀∃≠≤≥≈≡∼∝≪≫←→↔↦⇒⇔⟶⟹⟺⟨⟩‖…⋯⋮⋱′″‾¯ˆˇ˜˙¨",
    *"\u00a0–—‘’“”",
    *"✓✗○",  # what was right, wrong, not started
    *"\u2061\u2062\u2063",  # unseen, but heard: applied to, times, and
]
# A prime stands in an exponent, for which it has a form of its own; an overline and a cross, none.
DRAWN_BY = {"′": "minute.st", "‾": "macron", "✗": "multiply"}


def cut(source):
    """The font with these characters only, without small forms of them, which would double it."""
    font = TTFont(source, recalcTimestamp=False)
    for table in font["cmap"].tables:
        table.cmap |= {ord(sign): glyph for sign, glyph in DRAWN_BY.items()}
    options = subset.Options(layout_features=["dtls", "flac"], drop_tables=["DSIG", "FFTM"])
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # the names, the copyright and the license
    pruner = subset.Subsetter(options)
    pruner.populate(unicodes=map(ord, CHARACTERS))
    pruner.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = NAME
    font["CFF "].cff.fontNames = [NAME]
    font.flavor = "woff"
    return font


if __name__ == "__main__":
    cut(sys.argv[1]).save(FONT)
    print(f"{FONT.relative_to(ROOT)}: {FONT.stat().st_size / 1000:.1f} KB")
