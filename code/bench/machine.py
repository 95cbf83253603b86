"""On what machine, when and with which versions something was measured."""

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

from threadpoolctl import threadpool_info


def machine(*packages):
    """The processor, its cores, the system, the BLAS with its threads, versions, and the date."""
    blas = next(lib for lib in threadpool_info() if lib["user_api"] == "blas")
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "blas": f"{blas['internal_api']} {blas['version']} ({blas['architecture']})",
        "threads": blas["num_threads"],
        "versions": {name: importlib.metadata.version(name) for name in ("numpy", *packages)},
    }


def processor():
    """Its name, from Linux if that is what we are on."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.is_file() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
