"""The rules of the judge for all shapes, proved in Coq: `make proofs`.

The theorems are in rules.v and matrices.v, beside the rules themselves, and have the names of their
functions.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from backprop.derivation.judges import matrices, rules

FILES = [Path(room.__file__).with_suffix(".v") for room in (rules, matrices)]
THEOREM = re.compile(r"^Theorem (\w+) ?(.*?) ?:\n(.*?)\.\nProof", re.M | re.S)
# What real numbers in Coq rest on, and nothing else may be assumed.
AXIOMS = {
    "Classical_Prop.classic",
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
}


def theorems(text=None):
    """{name: (what it is about, what it says)} of the theorems, as they stand in the file."""
    found = THEOREM.findall(text or "".join(one.read_text("utf-8") for one in FILES))
    return {name: (about, says) for name, about, says in found}


def prove():
    """{theorem: the axioms that its proof rests on}. Raises ValueError where Coq refuses one."""
    found = [prove_text(one.read_text("utf-8")) for one in FILES]
    return {name: axioms for one in found for name, axioms in one.items()}


def prove_text(text):
    """The same for the theorems in a text."""
    ask = "".join(
        f'Goal True. idtac "of {n}". Abort.\nPrint Assumptions {n}.\n' for n in theorems(text)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "theorems.v")
        path.write_text(text + ask, "utf-8")
        run = ["coqc", "-q", "-w", "-notation-overridden,-ambiguous-paths", path.name]
        done = subprocess.run(run, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    parts = re.split(r"^of (\w+)$", done.stdout, flags=re.M)[1:]
    axioms = [set(re.findall(r"^([\w.]+)\s*:", part, re.M)) - {"Axioms"} for part in parts[1::2]]
    return dict(zip(parts[::2], axioms, strict=True))


def main():
    if not shutil.which("coqc"):
        print("There is no Coq: apt-get install coq libcoq-mathcomp-algebra (Debian, Ubuntu)")
        return 1
    try:
        proved = prove()
    except ValueError as error:
        print(error)
        return 1
    assumed = {name: axioms - AXIOMS for name, axioms in proved.items()}
    for name, others in assumed.items():
        print(f"{name:16} proved" + f", assuming {', '.join(others)}" * bool(others))
    return int(any(assumed.values()))


if __name__ == "__main__":
    sys.exit(main())
