"""`make bench`: this library beside others, in one table, kept in data/bench.json.

Everything is measured in processes of their own, one after another, since a BLAS reads the number
of its threads as it is loaded.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from . import table, task

RESULTS = Path(__file__).resolve().parents[1] / "data/bench.json"
LIBRARIES = ("torch", "jax", "jaxlib", "scikit-learn", "scipy", "autograd")
THREADS, BATCHES = (1, 2), (128, 512)
QUIET = 0.5  # the load of a machine that has nothing else to do
# Where these are set, they choose slow kernels for a current NumPy.
SLOW = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}


def environment(threads):
    """The environment in which every library keeps to so many threads."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    several = str(threads > 1).lower()
    flags = f"--xla_cpu_multi_thread_eigen={several} intra_op_parallelism_threads={threads}"
    kept = {name: value for name, value in os.environ.items() if name not in SLOW}
    return kept | dict.fromkeys(names, str(threads)) | {"XLA_FLAGS": flags}


def measured(name, *arguments, threads=1, **settings):
    """What the function `name` of the module `name` returns, with so many threads."""
    command = [sys.executable, "-m", "bench.child", name, *map(json.dumps, (arguments, settings))]
    run = subprocess.run(command, env=environment(threads), stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)


def bench(samples, rounds):
    """All results, as they are kept."""
    one = {"samples": samples, "batch": BATCHES[0]}
    return {
        "machine": measured("machine", *LIBRARIES),
        "load": os.getloadavg()[0],
        "task": {"samples": samples, "flops": task.flops(samples=samples), "rounds": rounds},
        "races": [
            measured("race", threads, batch, samples, rounds, threads=threads)
            for threads in THREADS
            for batch in BATCHES
        ],
        "growth": measured("growth", rounds),
        "profile": measured("shares", rounds=rounds, **one),
        "memory": [measured("memory", validation=share, **one) for share in (0, 1 / 6)],
        "checkers": measured("checkers"),
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m bench", description="this library and others")
    parser.add_argument("--samples", type=int, default=task.SAMPLES, help="fewer: a quick try")
    parser.add_argument("--rounds", type=int, default=7, help="how often all take turns")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results are kept")
    parser.add_argument("--show", action="store_true", help="only print what is kept there")
    given = parser.parse_args()
    if not given.show:
        if os.getloadavg()[0] > QUIET:
            print("This machine has other work: wait, or the times mean nothing.", file=sys.stderr)
        results = json.dumps(bench(given.samples, given.rounds), indent=1)
        given.out.write_text(results + "\n", "utf-8")
    print(table.report(json.loads(given.out.read_text("utf-8"))))


if __name__ == "__main__":
    main()
