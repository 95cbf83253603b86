"""Exercises that say what is wrong: `check`, `hint`, `solution`, `diagnose`, `progress`."""

import importlib
import pkgutil

from .checking import check
from .diagnosis import diagnose
from .progress import progress
from .texts import hint, solution

# The tables of each chapter put their entries on the list by being imported.
TOPICS = (
    "linear",
    "activations",
    "softmax",
    "losses",
    "network",
    "gradcheck",
    "notation",
    "optimizers",
)
for _topic in TOPICS:
    if any(module.name == _topic for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{_topic}")

__all__ = ["check", "diagnose", "hint", "progress", "solution"]
