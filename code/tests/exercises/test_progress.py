"""Tests of progress(): it survives a restart, and never stands in the way."""

import json
import subprocess
import sys

import numpy as np
import pytest
from backprop import Linear, check_gradients
from backprop.exercises import check, hint, progress
from backprop.exercises.tables import EXERCISES, RENAMED
from backprop.exercises.telling.progress import DEEDS, place
from book import ROOT

PROGRAM = "from backprop.exercises import progress; print(progress())"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """A file of its own for each test."""
    monkeypatch.setenv("GRADIENTS_PROGRESS", str(tmp_path / "kept" / "progress.json"))
    return place()


def marks(name):
    return dict(progress().rows())[name]


def test_what_is_right_is_noted_and_what_is_wrong_is_not():
    assert marks("linear.backward") == dict.fromkeys(DEEDS, False)
    check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY.mean(axis=0)))
    assert marks("linear.backward") == dict.fromkeys(DEEDS, False)
    check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY.sum(axis=0)))
    assert marks("linear.backward") == {"proved": False, "implemented": True, "checked": False}
    check("linear.backward", check_gradients(Linear(4, 3, rng=0), np.ones((5, 4)) / 3))
    assert marks("linear.backward")["checked"] is True


def test_a_gradient_can_be_proved():
    from backprop.derivation import Derivation, L, array, chain_rule, d, dimensions, gradient

    S, M, N = dimensions("S M N")
    X, W, Y = array("X", S, M), array("W", N, M), array("Y", S, N)
    open_ = Derivation(d(L, W), define={Y: X @ W.T})
    assert check("linear.dW", open_).mistake == "not-started"
    proof = Derivation(d(L, W), define={Y: X @ W.T})
    proof.line(gradient(Y).T @ X, "in one step", using=(chain_rule, Y))
    assert check("linear.dX", proof).mistake == "wrong"
    assert check("linear.dW", proof).passed
    assert marks("linear.dW")["proved"] is True
    assert "1 proved" in progress().headline


def test_what_was_done_under_an_earlier_name_counts(kept):
    kept.parent.mkdir()
    kept.write_text('{"notation.other": ["implemented"], "linear.xv": ["proved"]}', "utf-8")
    assert marks("linear.other")["implemented"] is True
    check("notation.other", lambda d, X, W: (d @ X.T, d.sum(axis=1), d.T @ W))
    check("gradcheck.halving", lambda n: np.ceil(np.log2(n)))
    assert marks("scale.halving")["implemented"] is True
    assert "notation.other" not in json.loads(kept.read_text("utf-8"))
    assert str(hint("notation.other", 1)) == str(hint("linear.other", 1))
    assert {*RENAMED.values()} <= EXERCISES.keys()
    assert not RENAMED.keys() & EXERCISES.keys()


def test_each_page_has_a_bar():
    before = {page: (done, count) for page, done, count in progress().pages()}
    assert {done for done, _ in before.values()} == {0}
    check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY.sum(axis=0)))
    check("linear.bilinear", lambda *given: given[0])  # wrong
    count = before["linear"][1]
    now = {page: (done, count) for page, done, count in progress().pages()}
    assert now == before | {"linear": (1, count)}
    assert f"linear          █{'·' * (count - 1)} 1 of {count}" in str(progress())
    shown = progress()._repr_html_()
    assert f'aria-label="linear" value="1" max="{count}"' in shown


def test_a_second_deed_leaves_no_damaged_file(kept):
    check("linear.backward", lambda dY, X, W: (dY @ W, dY.T @ X, dY.sum(axis=0)))
    check("linear.backward", check_gradients(Linear(4, 3, rng=0), np.ones((5, 4)) / 3))
    assert [path.name for path in kept.parent.iterdir()] == ["progress.json"]


def test_it_survives_a_restart(kept):
    check("linear.db", lambda dY: dY.sum(axis=0))
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, timeout=60, capture_output=True, text=True
    )
    assert "0 proved, 1 implemented, 0 checked" in run.stdout
    assert json.loads(kept.read_text("utf-8")) == {"linear.db": ["implemented"]}
    assert [path.name for path in kept.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000, '{"linear.db": 3}'])
def test_a_damaged_file_counts_as_empty(kept, text):
    kept.parent.mkdir()
    kept.write_text(text, "utf-8")
    assert "0 proved, 0 implemented, 0 checked" in str(progress())
    check("linear.db", lambda dY: dY.sum(axis=0))
    assert "1 implemented" in str(progress())
    assert kept.with_suffix(".damaged").read_text("utf-8") == text


def test_a_disk_that_cannot_be_written_to_does_not_stand_in_the_way(kept):
    kept.parent.write_text("a file where the folder should be", "utf-8")
    assert check("linear.db", lambda dY: dY.sum(axis=0)).passed


def test_nothing_is_kept_in_the_project_and_nothing_is_sent():
    text = (ROOT / "code/backprop/exercises/telling/progress.py").read_text("utf-8")
    assert not {"socket", "urllib", "http", "requests"} & set(text.split())


def test_the_table_is_a_table_with_headers():
    shown = progress()._repr_html_()
    assert shown.count('<th scope="col">') == 1 + len(DEEDS)
    assert '<th scope="row">linear.backward</th>' in shown
