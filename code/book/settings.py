"""The settings under which the book's cells and tests run, whatever the reader's own are."""

import os
import shutil

from . import ROOT

IPYTHON = ROOT / "_build/ipython"
PDF, EPUB = "gradients-by-hand.pdf", "gradients-by-hand.epub"  # in the site

# One BLAS thread: the same sums in the same order on every machine, and no stalls on a shared one.
# The last two, where set, choose slow kernels for a current NumPy.
SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT / "code"),
    "IPYTHONDIR": str(IPYTHON),
    "GRADIENTS_PROGRESS": str(ROOT / "_build/progress.json"),
    "GRADIENTS_PAGES": ".html",  # a card links to them; in a notebook of its own, to notebooks
    "GRADIENTS_SEED": "1",  # the drills that the pages show before a reader runs them
    "OPENBLAS_CORETYPE": None,
    "OPENBLAS_L2_SIZE": None,
}


def settle():
    """Put the settings into the environment of this process and of all that it starts."""
    (IPYTHON / "profile_default").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "code/book/ipython_config.py", IPYTHON / "profile_default")
    for name, value in SETTINGS.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
