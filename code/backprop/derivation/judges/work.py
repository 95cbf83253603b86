"""How much work a question to a judge may be: counted, not timed, so that no machine matters."""

from contextlib import contextmanager

from ..errors import NotProved

MOST = 30_000  # steps of a proof: some seconds, and no line of the book needs a tenth of it
WRITTEN_OUT = 100_000  # parts of all terms in the search for a counterexample


class TooMuch(NotProved):
    """A judge gave up before it had an answer."""


_left = [float("inf")]  # the steps that are left to the question that is asked just now


@contextmanager
def limited(most=None):
    """Within it, `spend` raises TooMuch after so many steps, which also count around it."""
    given = min(MOST if most is None else most, _left[-1])
    _left.append(given)
    try:
        yield
    finally:
        used = given - _left.pop()
        _left[-1] -= used


def spend(steps, what):
    """Note some steps of work. Raises TooMuch, which says what was too large, if none is left."""
    _left[-1] -= steps
    if _left[-1] < 0:
        raise TooMuch(
            f"the line is too large to be compared ({what}): put a smaller step in between, "
            "or give a part of it a name in define={…}"
        )
