"""Tests of the sandbox: whatever a reader's function does, there is a report, soon, in words."""

import os
import signal
import stat
import sys
import time

import numpy as np
import pytest
from backprop.exercises import check
from backprop.exercises.diagnosis.failures import in_words
from backprop.exercises.tables import QUANTITIES
from backprop.exercises.trying import sandbox
from backprop.exercises.trying.inputs import probes


@pytest.fixture(params=["forked", "here"])
def way(request, monkeypatch):
    """With a fork, and as it is done where there is none."""
    monkeypatch.setattr(sandbox, "CAN_FORK", request.param == "forked")
    return request.param


def expm1(X):
    return np.expm1(np.minimum(X, 0))


def endless(dY):
    while True:
        dY = dY + 1


def stubborn(dY):
    while True:
        try:
            dY = dY + 1
        except Exception:
            pass


def recursive(dY):
    return recursive(dY)


def leaves(dY):
    sys.exit(3)


def interrupts(dY):
    raise KeyboardInterrupt


def product(dY, X):
    return dY @ X


def unknown(dY):
    return dY.sum(axs=0)


def misspelt(dY):
    return dy.sum(axis=0)  # noqa: F821


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (endless, "not come to an end"),
        (stubborn, "not come to an end"),
        (recursive, "calls itself forever"),
        (leaves, "SystemExit"),
        (interrupts, "KeyboardInterrupt"),
        (product, "`dY @ X` (dY is (5, 3), X is (5, 4)) it raised ValueError: the inner sizes"),
        (unknown, "In `dY.sum(axs=0)`"),
        (misspelt, "nothing is called dy"),
    ],
)
def test_a_function_that_fails_is_reported_in_words(way, function, words):
    begin = time.monotonic()
    report = check("linear.db", function)
    assert time.monotonic() - begin < 5
    assert report.mistake == "raises"
    assert words in report.message


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="without a fork there is no limit of memory")
def test_ten_gigabytes_are_not_to_be_had():
    begin = time.monotonic()
    report = check("linear.db", lambda dY: np.ones((40_000, 40_000)).sum(axis=0))
    assert report.mistake == "raises"
    assert "there is not that much memory: 11.9 GiB" in report.message
    assert time.monotonic() - begin < 5


def test_a_large_answer_is_not_sent_and_not_looked_at(way):
    report = check("linear.db", lambda dY: np.zeros((5000, 3000)))
    assert report.mistake == "wrong-shape"
    assert "(5000, 3000)" in report.message


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="there would be nobody left to report")
@pytest.mark.parametrize(
    "end", [lambda dY: os._exit(0), lambda dY: os.kill(os.getpid(), signal.SIGSEGV)]
)
def test_a_crash_of_the_interpreter_is_survived(end):
    report = check("linear.db", end)
    assert report.mistake == "raises"
    assert "Python itself was ended" in report.message


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda dY: None, "not-started"),
        (lambda dY: ..., "not-started"),
        (lambda dY: NotImplemented, "not-started"),
        (lambda dY: list(dY.sum(axis=0)), "wrong-type"),
        (lambda dY: "db", "wrong-type"),
        (lambda dY: np.array(["db"]), "wrong-type"),
        (lambda dY: dY.sum(axis=0) * 1j, "wrong-type"),
        (lambda dY: dY.sum(axis=0)[:2], "wrong-shape"),
        (lambda dY: dY.sum(axis=0) * np.nan, "not-finite"),
        (np.ones(3), "wrong-type"),
        ([1, 2], "wrong-type"),
        (None, "not-started"),
        (..., "not-started"),
    ],
)
def test_what_is_no_answer_is_called_by_its_name(way, answer, code):
    assert check("linear.db", answer).mistake == code


def test_a_stub_that_raises_is_not_started(way):
    def stub(dY):
        raise NotImplementedError

    def uses_the_blank(dY):
        db = ...
        return db / 2

    assert check("linear.db", stub).mistake == "not-started"
    assert check("linear.db", uses_the_blank).mistake == "not-started"


def test_arguments_are_matched_by_name_or_by_place(way):
    assert check("linear.dW", lambda X, dY: dY.T @ X).passed
    assert check("linear.dW", lambda G, A: G.T @ A).passed
    assert check("linear.dW", lambda G, A, *others: G.T @ A).passed
    assert check("linear.backward", lambda X, W, G: (G @ W, G.T @ X, G.sum(axis=0))).passed
    assert check("linear.db", lambda g: g.sum(axis=0)).passed
    assert check("linear.dX", lambda **given: given["dY"] @ given["W"]).passed
    # alpha has a default, and is given all the same
    assert check("elu.forward", lambda X, alpha=1.0: np.where(X > 0, X, alpha * expm1(X))).passed
    assert check("linear.dX", lambda dY, W, unused=3: dY @ W).passed
    assert "other arguments" in check("linear.dX", lambda a, b, c, d, e: 1).message


def test_the_right_arrays_in_another_order_are_recognised(way):
    report = check("linear.backward", lambda dY, X, W: (dY.T @ X, dY.sum(axis=0), dY @ W))
    assert report.mistake == "wrong-array"
    assert "in another order: ∂L/∂W, ∂L/∂b, ∂L/∂X" in report.message


def test_arguments_are_copies_and_writing_to_them_is_found(way):
    def overwrites(dY, X):
        dY[X <= 0] = 0
        return dY

    kept = []

    def keeps(dY, X):
        kept.append(dY)
        return dY * (X > 0)

    report = check("relu.dX", overwrites)
    assert report.mistake == "mutates-input"
    assert "dY" in report.message
    assert check("relu.dX", keeps).passed


def test_a_function_that_adds_up_from_call_to_call_is_found(way):
    total = np.zeros(3)

    def adds(dY):
        nonlocal total
        total = total + dY.sum(axis=0) if total.shape == dY.shape[1:] else dY.sum(axis=0)
        return total

    report = check("linear.db", adds)
    assert not report.passed


def test_remembering_shows_when_the_same_is_asked_twice(way):
    memory = {}

    def remembers(dY):
        key = dY.tobytes()
        memory[key] = memory.get(key, 0) + dY.sum(axis=0) * (1 if len(memory) < 9 else 0)
        return memory[key]

    fresh = {}

    def doubles(dY):
        fresh[dY.tobytes()] = fresh.get(dY.tobytes(), 0) + 1
        seen = fresh[dY.tobytes()]
        return dY.sum(axis=0) * (1 if seen < 4 else 2)  # the first inputs come four times

    report = check("linear.db", doubles)
    assert report.mistake == "wrong"
    assert "called a second time" in report.message


def test_what_a_function_prints_is_shown_and_not_too_much_of_it(way, capsys):
    def talks(dY):
        print("the shape is", dY.shape)
        return dY.mean(axis=0)

    def chatters(dY):
        while True:
            print("again")

    report = check("linear.db", talks)
    assert report.printed == "the shape is (5, 3)\n"
    assert "the shape is (5, 3)" in str(report)
    assert capsys.readouterr().out == ""
    assert "not come to an end" in check("linear.db", chatters).message


def test_a_layer_is_made_called_and_measured(way):
    class Mask:
        def forward(self, X):
            self.X = X
            return X / np.sqrt((X**2).mean(axis=1, keepdims=True) + 0.001)

        def backward(self, dY):
            return dY

    assert check("network.rms", Mask).mistake is not None
    assert check("network.rms", Mask()).mistake == check("network.rms", Mask).mistake
    assert "with forward and backward" in check("network.rms", object).message


def test_the_inputs_are_the_announced_ones():
    takes = QUANTITIES["cross_entropy.dY"].takes | {"X": "S M large", "W": "N M", "Z": "S C large"}
    found = list(probes(takes))
    special = " ".join(probe.special for probe in found)
    for words in ("S = 1", "C = 1", "last class", "integers", "exactly 0", "±1,000"):
        assert words in special
    by_name = {probe.special: probe.inputs for probe in found}
    without = next(v for k, v in by_name.items() if "last class" in k)
    assert without["T"].max() < without["Y"].shape[1] - 1
    whole = next(v for k, v in by_name.items() if "integers" in k)
    assert whole["X"].dtype.kind == whole["Z"].dtype.kind == "i"
    zeros = next(v for k, v in by_name.items() if "exactly" in k)
    assert (zeros["Y"] == 0).any()
    assert zeros["Y"][np.arange(len(zeros["T"])), zeros["T"]].all()
    large = next(v for k, v in by_name.items() if "1,000" in k)
    assert np.abs(large["Z"]).max() >= 1000
    signs = {np.sign(probe.inputs["X"].flat[0]) for probe in found[:3]}
    assert signs == {-1, 1}
    assert any(probe.read_only for probe in found)
    assert any(probe.twice for probe in found)


def test_words_never_fail():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError

    assert in_words(Rude()) == ("Rude", "It raised Rude: no reason given.")


def state(pid):
    """The letter that Linux has for a process, "" if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as line:
            return line.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="only Linux tells")
def test_what_a_function_starts_ends_with_it():
    def forks(dY):
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        print(pid)
        return dY.sum(axis=0)

    report = check("linear.db", forks)
    assert report.passed, report
    end = time.monotonic() + 5
    while state(int(report.printed)) not in ("", "Z", "X") and time.monotonic() < end:
        time.sleep(0.05)
    assert state(int(report.printed)) in ("", "Z", "X")


def is_pipe(number):
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="there is no pipe")
@pytest.mark.parametrize("junk", [b"junk", b"\0\0\0\4junk", b"\x7f\0\0\0"])
def test_junk_in_the_pipe_is_survived(junk):
    def writes(dY):
        pipes = [n for n in range(3, 64) if is_pipe(n)]
        os.write(pipes[-1], junk)  # the last that was opened is the sandbox's own
        return dY.sum(axis=0)

    begin = time.monotonic()
    assert not check("linear.db", writes).passed
    assert time.monotonic() - begin < 5


def test_a_notebook_goes_on_after_all_that():
    for function in (endless, recursive, leaves):
        check("linear.db", function)
    assert check("linear.db", lambda dY: dY.sum(axis=0)).passed
