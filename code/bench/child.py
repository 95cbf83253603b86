"""`python -m bench.child NAME ARGUMENTS SETTINGS`: one measurement in a process of its own.

It calls the function NAME of the module NAME of this folder, and prints what that returns as JSON.
"""

import importlib
import json
import sys

import numpy  # noqa: F401  (loads the BLAS, which `machine` then finds)

if __name__ == "__main__":
    name, arguments, settings = sys.argv[1], *map(json.loads, sys.argv[2:])
    measure = getattr(importlib.import_module(f"bench.{name}"), name)
    print(json.dumps(measure(*arguments, **settings)))
