"""Exercises that say what is wrong: `check`, `hint`, `solution`, `diagnose`, `progress`; `card`;
and short questions, made from a seed: `drill` (`drilling`).

To read the code, begin with `checking`. What can be asked, and what goes wrong with it, is data:
tables, one for each chapter, with the words of `vocabulary` and formulas in NumPy (`formulas`);
what `diagnose` knows besides, such as recurrent layers, is in `further`.
Three rooms work on it: `diagnosis` says which mistake gives these numbers, and runs nothing of
the reader's; `trying` runs the reader's function, and asks diagnosis; `telling` is what is shown.
`cards` prints from the tables, and from the proofs, what is to be kept in mind of a chapter.
"""

from .cards import card
from .checking import check
from .diagnosis.verdict import diagnose
from .drills import drill
from .telling.progress import progress
from .telling.texts import hint, solution

__all__ = ["card", "check", "diagnose", "drill", "hint", "progress", "solution"]
