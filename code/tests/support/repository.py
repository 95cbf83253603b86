"""The files that git keeps or would keep, and copies of them to play with."""

import shutil
import subprocess

from book import ROOT


def tracked():
    """The paths of all files from the root, without what is vendored."""
    run = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    names = [name for name in listed.stdout.splitlines() if not name.startswith("vendor/")]
    return [name for name in names if (ROOT / name).is_file()]


def copied(folder):
    """The folder, with a copy of them in it, and of what sets formulas."""
    temml = [str(path.relative_to(ROOT)) for path in (ROOT / "vendor/temml").iterdir()]
    for name in [*tracked(), *temml]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder
