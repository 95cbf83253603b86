"""Run a reader's function where it can do no harm: with an end, a limit of memory, in words.

Where the system can fork, the function runs in a copy of this process, which is ended when the time
is up: an endless loop, an array of ten gigabytes, even a crash of the interpreter cost nothing.
Elsewhere (in the page, on Windows) it runs here, and a trace function watches the clock.

Arguments are copies, so nothing that the caller holds can change.
"""

import contextlib
import faulthandler
import inspect
import io
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from dataclasses import dataclass

import numpy as np

from ..diagnosis.failures import in_words, is_library, is_open
from . import letters
from .library import Watch

SECONDS = 2.5
MEGABYTES = 1500
CAN_FORK = hasattr(os, "fork") and sys.platform not in ("emscripten", "wasi")
LARGEST = 100_000  # entries of an answer that is sent back; of larger ones only the shape


@dataclass
class Outcome:
    """What one call led to: the values that came back, or why there are none."""

    answers: tuple = ()
    raised: tuple = ()  # the exception's class, and what happened in words
    changed: str = ""  # the argument that the function has written to
    printed: str = ""
    letters: tuple = ()  # of the derivations, met where numbers should be (`letters`)
    makers: tuple = ()  # for each answer the library's function that made it, or ""
    called: tuple = ()  # the library's functions that the reader's code has called

    @property
    def open(self):
        """Whether the function is a stub, or has come across a place that is left open (...)."""
        kind, words = self.raised or ("", "")
        missing = any(map(is_open, self.answers))
        return missing or kind == "NotImplementedError" or "ellipsis" in words.lower()


@dataclass(frozen=True)
class Foreign:
    """Stands for a value that is no array of numbers, or one too large to be sent."""

    kind: str
    shape: tuple = ()


class TimeUp(BaseException):
    """Not an Exception: a reader's `except Exception` must not swallow it."""


def run(call, many, seconds=SECONDS):
    """[Outcome, …] of call(inputs, read_only, twice) for each set of arguments in `many`.

    The last Outcome may be a "raised" that says that the time was up; those after it are missing.
    """
    if CAN_FORK:
        return _in_a_fork(call, many, seconds)
    return _here(call, many, seconds)


def one(call, inputs, read_only=False, twice=False):
    """The Outcome of a single call, whatever it does."""
    given = {name: _copy(value, read_only) for name, value in inputs.items()}
    printed = _Printed()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(_Printed()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            with Watch() as watch:
                values = call(given)
                values = call(given) if twice else values
            answers = tuple(_plain(value) for value in values)
    except TimeUp:
        raise
    except BaseException as error:  # SystemExit too: a reader's function may not end the notebook
        found = letters.of_error(error)
        return Outcome(raised=in_words(error), printed=str(printed), letters=found)
    changed = [n for n, value in inputs.items() if not _same(value, given[n])]
    return Outcome(
        answers,
        changed=changed[0] if changed else "",
        printed=str(printed),
        letters=letters.of_values(values),
        makers=watch.makers(answers),
        called=tuple(watch.called),
    )


class _Printed(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text = (self.text + text)[:2000]
        return len(text)

    def __str__(self):
        return self.text


def _copy(value, read_only):
    if not isinstance(value, np.ndarray):
        return value
    copy = value.copy()
    copy.flags.writeable = not read_only
    return copy


def _same(before, after):
    return not isinstance(before, np.ndarray) or np.array_equal(before, after)


def _plain(value):
    """The value as a NumPy array or number; lists of numbers, None and Foreign things as such."""
    if is_open(value):
        return value
    if isinstance(value, np.ma.MaskedArray):
        return Foreign("masked array", value.shape)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            return Foreign(f"array of {value.dtype}", value.shape)
        return np.array(value) if value.size <= LARGEST else Foreign("large array", value.shape)
    if isinstance(value, np.generic | bool | int | float):
        return np.asarray(value) if np.asarray(value).dtype.kind in "biuf" else Foreign("number")
    sizes = isinstance(value, tuple | list) and len(value) <= 8
    if sizes and all(isinstance(v, int | np.integer) for v in value):
        return tuple(map(int, value))
    return Foreign(type(value).__name__)


def _in_a_fork(call, many, seconds):
    """Outcomes come through a pipe one by one, so that those before an endless loop are known."""
    import multiprocessing  # not above: in the page there is none

    fork = multiprocessing.get_context("fork")
    receive, send = fork.Pipe(duplex=False)
    child = fork.Process(target=_child, args=(call, many, send), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about threads: the child calls the function, no more
        child.start()
    send.close()
    # A message that is announced and never comes would be waited for: then the end is put to it.
    alarm = threading.Timer(seconds + 0.2, _end, [child])
    alarm.start()
    try:
        return _received(receive, time.monotonic() + seconds, len(many), seconds)
    finally:
        alarm.cancel()
        receive.close()
        _end(child)
        child.join()


def _end(child):
    """End the process and all that it has started."""
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def _child(call, many, send):
    """In the copy of the process."""
    faulthandler.disable()  # a crash is reported, not printed
    with contextlib.suppress(OSError):
        os.setsid()  # so that what the function starts ends with it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    for number in (signal.SIGINT, signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    _limit_memory()
    me = os.getpid()
    try:
        for arguments in many:
            outcome = one(call, *arguments)
            if os.getpid() == me:  # not what the function itself has forked
                send.send(outcome)
    finally:
        os._exit(0)  # without what the parent does when it ends


def _limit_memory():
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        with open("/proc/self/statm") as pages:
            used = int(pages.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used + MEGABYTES * 2**20, hard))


def _received(receive, deadline, count, seconds):
    outcomes = []
    while len(outcomes) < count:
        if not receive.poll(max(0, deadline - time.monotonic())):
            return [*outcomes, _time_up(seconds)]
        try:
            outcomes.append(receive.recv())
        except (EOFError, OSError, pickle.UnpicklingError):
            words = "Python itself was ended by your function: a crash, or os._exit."
            return [*outcomes, Outcome(raised=("SystemExit", words))]
    return outcomes


def _time_up(seconds):
    words = (
        f"Your function had not come to an end after {seconds:g} seconds. Is there a loop whose "
        "condition never becomes false? If there is none, this computer was busy: run it again."
    )
    return Outcome(raised=("TimeoutError", words))


def _here(call, many, seconds):
    """Without a fork: a trace function looks at the clock at every line of the reader's code."""
    deadline, outcomes, before = time.monotonic() + seconds, [], sys.gettrace()

    def watch(frame, event, argument):
        if time.monotonic() > deadline:
            raise TimeUp
        if event == "call" and is_library(frame.f_code.co_filename):
            return None  # line by line this would take many times as long
        frame.f_trace_opcodes = True  # a loop on one line has no other event
        return watch

    try:
        sys.settrace(watch)
        for arguments in many:
            outcomes.append(one(call, *arguments))
    except TimeUp:
        outcomes.append(_time_up(seconds))
    finally:
        sys.settrace(before)
    return outcomes


def bind(function, takes):
    """A call of `function` with inputs: those that it names by name, the others in this order."""

    def call(inputs):
        named = _by_name(function, inputs, takes)
        if named is None:
            return function(*[inputs[n] for n in takes])
        return function(*named.values()) if _hands_on_by_place(function) else function(**named)

    return call


def _by_name(function, inputs, takes):
    """{parameter: value}; None if the function has to be called by place."""
    try:
        # A decorator that passes everything on has the parameters of what it wraps.
        wraps = hasattr(function, "__wrapped__")
        parameters = inspect.signature(function, follow_wrapped=wraps).parameters.values()
    except Exception:  # whatever an object's own signature does
        return None
    if any(p.kind in (p.VAR_POSITIONAL, p.POSITIONAL_ONLY) for p in parameters):
        return None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return {name: inputs[name] for name in takes}
    given = {p.name: inputs[p.name] for p in parameters if p.name in inputs}
    others = [p.name for p in parameters if p.name not in inputs and p.default is p.empty]
    rest = [name for name in takes if name not in given]
    if len(others) > len(rest):
        return None
    given |= {p: inputs[name] for p, name in zip(others, rest, strict=False)}
    return {p.name: given[p.name] for p in parameters if p.name in given}


def _hands_on_by_place(function):
    """Whether it is a decorator's `def inner(*given)`, which knows no names."""
    if not hasattr(function, "__wrapped__"):
        return False
    try:
        own = inspect.signature(function, follow_wrapped=False).parameters.values()
    except ValueError:  # one that is not written in Python
        return False
    return {p.kind for p in own} == {inspect.Parameter.VAR_POSITIONAL}
