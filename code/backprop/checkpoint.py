"""A run's state in a file: whole or not there, and read again only if it is whole and of this run.

`run` is anything with `settings()` (what must be the same for a run to go on), `state()` (arrays,
and facts that JSON can hold) and `restore(arrays, facts)`. Source: chapter "Training".
"""

import json
import os
import shutil
import warnings
from pathlib import Path

import numpy as np


class Damaged(Exception):
    """A checkpoint that can't be read."""


def save(run, path):
    """Write the state next to `path`, then move it there: a kill leaves the old file.

    The state before is kept as PATH.previous. Without a path nothing is done.
    """
    if path is None:
        return
    arrays, facts = run.state()
    facts = {"settings": run.settings(), **facts}
    part = Path(f"{path}.part")
    with open(part, "wb") as file:
        np.savez(file, facts=json.dumps(facts, default=np.ndarray.tolist), **arrays)
        file.flush()
        os.fsync(file.fileno())
    if Path(path).exists():
        shutil.copyfile(path, f"{path}.previous")
    os.replace(part, path)


def resume(run, path):
    """Go on from the checkpoint at `path`; if there is none, write the first one.

    A damaged file is put aside with a warning, and the state before it is used. Raises ValueError
    for a checkpoint of another run, for two damaged ones, and for what is no path.
    """
    if path is None:
        return
    if not isinstance(path, (str, os.PathLike)) or not Path(path).parent.is_dir():
        raise ValueError(f"train expects checkpoint to be a path in a folder, got {path!r}")
    if not Path(path).exists():
        return save(run, path)
    try:
        _restore(run, path)
    except Damaged as damage:
        previous = f"{path}.previous"
        try:
            _restore(run, previous)
        except Damaged:
            raise ValueError(f"{damage}; it was left as it is") from damage
        os.replace(path, f"{path}.damaged")
        shutil.copyfile(previous, path)
        message = f"{damage}; it is now {path}.damaged, and the one before it is used"
        warnings.warn(message, RuntimeWarning, stacklevel=3)


def _restore(run, path):
    arrays, facts = _read(path)
    for name, here in run.settings().items():
        if (there := facts["settings"].get(name)) != here:
            raise ValueError(
                f"the checkpoint {path} is of another run: "
                f"its {name} is {there!r}, here {here!r}; it was left as it is"
            )
    run.restore(arrays, facts)


def _read(path):
    """The arrays and the facts that `save` wrote; raises Damaged if they are not all there."""
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            arrays = dict(archive)
        facts = json.loads(str(arrays.pop("facts")))
        return arrays, facts | {"settings": dict(facts["settings"])}
    except Exception as error:  # a damaged archive raises any of a dozen types; all mean the same
        problem = f"{type(error).__name__}: {error}"
        raise Damaged(f"the checkpoint {path} is damaged ({problem})") from error
