"""Each rule of the judge is a theorem: Coq is asked, and asked again with a mistake in it."""

import re
import shutil
import subprocess

import pytest
from backprop.derivation.judges.derivatives import slope
from backprop.derivation.judges.matrices import CITED
from backprop.derivation.judges.rules import RULES
from book.audit import proofs

# A theorem, and a slip in what it says.
SLIPS = {
    "multiply": ("\\sum_(i < m) \\sum_(j < n) (a i * b j)", "\\sum_(i < m) (a i * b i)"),
    "collect": ("powerRZ a (m + n)", "powerRZ a (m * n)"),
    "power": ("Rpower a r * Rpower b r", "Rpower a r + Rpower b r"),
    "exponential": ("exp a * exp b", "exp a + exp b"),
    "logarithm": ("ln a + ln b", "ln a * ln b"),
    "pick_free": ("delta a b * f a /\\", "f a /\\"),
    "whole_roots": ("powerRZ p whole * Rpower p r", "powerRZ p whole + Rpower p r"),
    "whole_totals": ("a * Rpower (a + b) (INR whole + r) +", "Rpower (a + b) (INR whole + r) +"),
    "divide": ("powerRZ (a + b) (n + 1) - b", "powerRZ (a + b) (n + 1) - a"),
    "sum_over": ("\\sum_(t < m) \\sum_(i < n) f t i", "\\sum_(t < m) f t t"),
    "pick": ("= f j", "= f j + f j"),
    "count": ("= INR n", "= INR (S n)"),
    "join": ("\\sum_i \\sum_j (f i * g i j)", "\\sum_i \\sum_j (f i + g i j)"),
    "fold": ("(k + 1)", "(k + 2)"),
    "bracket": ("at_zero (k * e + c) = 0", "at_zero (k * e + c) = 1"),
    "same_place": ("at_zero p * at_zero (p - q) /\\", "at_zero p * at_zero (p - q + 1) /\\"),
    "slide": ("(0 <= e < Z.of_nat n)%Z ->", "(0 <= e)%Z ->"),
    "indicator": ("(x <> 0 -> above (- x)", "(above (- x)"),
    "cases": ("above x * f 1 + (1 - above x) * f 0", "above x * f 1 + (1 - above x) * f 1"),
    "once": ("= above x", "= 1"),
    "implied": ("above x * above (x + p) = above x", "above x * above (x + p) = above (x + p)"),
    "one_hot": ("= delta i j * delta i m", "= delta i j"),
    "one_place": ("= 1", "= INR n"),
    "chosen": ("(delta k m * f (x k))", "f (delta k m * x k)"),
    "largest_at": ("0 < p ->", "p <> 0 ->"),
    "substitute": ("at_zero (k * e + c)", "at_zero (k * e - c)"),
    "meet": ("(at_zero (Z.of_nat q - e) * g q)", "g q"),
    "between": ("(f < Z.of_nat n)%Z", "(f <= Z.of_nat n)%Z"),
    "complement": ("\\sum_(r < c)", "\\sum_(r < S c)"),
    "slope": ("dg * h x + g x * dh", "dg * h x - g x * dh"),
    "inverse": ("= kronecker F n i j /\\", "= A i j /\\"),
    "slope_of_inverse": ("dB = - (B", "dB = (B"),
    "slope_of_det": ("invmx A b a", "invmx A a b"),
    "symmetric": ("A^T = A ->", "True ->"),
    "orthogonal": ("P i k * P j k", "P i k * P k j"),
    "inverse_of_orthogonal": ("= Q j i", "= Q i j"),
    "projection": ("P *m P = P ->", "P *m P = 1%:M ->"),
}


@pytest.fixture
def coq():
    if not shutil.which("coqc"):
        pytest.skip("there is no Coq: apt-get install coq libcoq-mathcomp-algebra")


def test_each_rule_has_its_theorem():
    named = {rule.__name__ for rule in [*RULES, slope, *CITED]}
    assert named <= set(proofs.theorems())
    assert named == set(SLIPS)


@pytest.mark.slow
def test_coq_accepts_them_and_nothing_is_assumed(coq):
    text = "".join(one.read_text("utf-8") for one in proofs.FILES)
    assert not {"Axiom", "Admitted", "admit", "Parameter", "Hypothesis"} & set(text.split())
    proved = proofs.prove()
    assert list(proved) == list(proofs.theorems())
    assert set.union(*proved.values()) <= proofs.AXIOMS


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The theorems that Coq has when it has read them all, each with its slip beside it.

    Coq's own loop goes on after an error: it starts once for each file, not for each slip.
    """
    found, folder = set(), tmp_path_factory.mktemp("coq")  # where it leaves what it has looked up
    for one in proofs.FILES:
        text, tried = one.read_text("utf-8"), []
        theorems = dict(re.findall(r"^Theorem (\w+) (.*?Qed\.)$", text, re.M | re.S))
        for name in theorems.keys() & SLIPS.keys():
            (right, wrong), theorem = SLIPS[name], theorems[name]
            assert right in theorem.split("Proof")[0]
            tried += [name, f"{name}_slipped"]
            slipped = f"Theorem {tried[-1]} {theorem.replace(right, wrong, 1)}\nAbort All.\n"
            text = text.replace(f"Theorem {name} ", f"{slipped}Theorem {name} ", 1)
        text += "".join(f"Check {name}.\n" for name in tried)
        done = subprocess.run(
            ["coqtop", "-q"], cwd=folder, input=text, capture_output=True, text=True
        )
        found |= set(re.findall(r"^(\w+)$\s+: ", done.stdout, re.M))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SLIPS)
def test_a_theorem_with_a_slip_is_refused(name, coq, known):
    assert name in known
    assert f"{name}_slipped" not in known


@pytest.mark.slow
def test_what_is_admitted_is_seen(coq):
    text = proofs.FILES[0].read_text("utf-8")
    text += "Theorem wrong :\n  1 = 2.\nProof. Admitted.\n"
    assert "wrong" in proofs.prove_text(text)["wrong"]
