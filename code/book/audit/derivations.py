"""Prints for every chapter what it has to prove, how long that takes, and how it is done.

`python -m book.audit.derivations` is the command.
"""

from collections import Counter
from time import perf_counter

from ..chapters.chapter import Chapter, order


def main():
    print("chapter         derivations  lines  seconds  how checked")
    for name in order():
        start = perf_counter()
        found = Chapter.read(name).derivations
        seconds, steps = perf_counter() - start, [s for one in found.values() for s in one.steps]
        how = ", ".join(f"{n} by {how}" for how, n in Counter(s.how for s in steps).items())
        if found:
            print(f"{name:15} {len(found):11} {len(steps):6} {seconds:8.2f}  {how}")


if __name__ == "__main__":
    main()
