"""A program that runs commands of relurules, each in a fork of its own, and disturbs them at a
moment.

Everything is imported and compiled once, so that a run costs little. A moment is a line of the
package's code that writes files or drives a command, by its number in the run: no clock decides.
Lines of JSON come on stdin, one `Run` each, and go to stdout, one `Outcome` each.
"""

import contextlib
import gc
import hashlib
import json
import os
import pickle
import resource
import select
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple


class Run(NamedTuple):
    """A command, and what happens to it at a moment, counted in lines from 1; 0: nothing ever
    happens.

    counted: whether the number of lines is asked for. ending: a signal's name, "full": no file may
    grow beyond `room` bytes, or "second": another run of the same command comes and goes.
    """

    argv: list[str]
    folder: str
    ending: str = ""
    moment: int = 0
    room: int = 0
    counted: bool = False


class Outcome(NamedTuple):
    """Exit code, negative for a signal's; what was printed; its number of lines; code and errors of
    the second run.
    """

    code: int
    out: str
    err: str
    lines: int
    second: tuple[int, str] | None


#: Names of the files whose lines are moments.
_LINES = (
    "writing.py",
    "locks.py",
    "fit_files.py",
    "explore.py",
    "checkpoint.py",
    "parquet.py",
    "search.py",
)


@cache
def is_watched(file: str) -> bool:
    """Whether lines of a source file are moments."""
    path = Path(file)
    return "relurules" in path.parts and (path.name in _LINES or path.parent.name == "cli")


class Moments:
    """Counts lines, and does something at one of them."""

    def __init__(self, run: Run, meet: Any) -> None:
        self.run, self.meet, self.lines = run, meet, 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """A function is entered: follow its lines where it is one of those."""
        return self.line if is_watched(frame.f_code.co_filename) else None

    def line(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self.run.moment:
                if not self.run.counted:
                    sys.settrace(None)  # which takes as long as the command
                self.happen()
        return self.line

    def happen(self) -> None:
        if self.run.ending == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.run.room, self.run.room))
        elif self.run.ending == "second":
            self.meet()
        elif self.run.ending:
            os.kill(os.getpid(), getattr(signal, self.run.ending))


def fork(run: Run, meet: Any, lines: int) -> tuple[int, int, int]:
    """A process that runs the command; its number, and descriptors of its stdout and stderr. lines:
    to count them.
    """
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.close(to_out)
        os.close(to_err)
        return child, out, err
    code = 70
    try:
        os.dup2(to_out, 1)
        os.dup2(to_err, 2)
        os.chdir(run.folder)
        os.environ["TMPDIR"] = run.folder
        code = command(run, meet, lines)
    finally:
        os._exit(code)


def command(run: Run, meet: Any, lines: int) -> int:
    from relurules.__main__ import main

    sys.argv = ["relurules", *run.argv]
    moments, code = Moments(run, meet), 0
    if run.moment or run.counted:
        sys.settrace(moments)
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.settrace(None)
    with contextlib.suppress(AttributeError, OSError):
        sys.stdout.flush()
    os.write(lines, f"{moments.lines}\n".encode())
    return code


def finish(child: int, out: int, err: int) -> tuple[int, str, str]:
    """Read all that a run prints, and wait for its end."""
    texts = {out: b"", err: b""}
    waiting = [out, err]
    while waiting:
        for handle in select.select(waiting, [], [])[0]:
            piece = os.read(handle, 2**16)
            texts[handle] += piece
            if not piece:
                waiting.remove(handle)
                os.close(handle)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), texts[out].decode(), texts[err].decode()


def disturbed(run: Run) -> Outcome:
    """Run a command, and where it says so a second one in its middle."""
    (counted, lines), (come, reached), (go, gone) = os.pipe(), os.pipe(), os.pipe()

    def meet() -> None:
        os.write(reached, b"x")
        os.read(go, 1)

    child, out, err = fork(run, meet, lines)
    os.close(reached)
    second = None
    if run.ending == "second" and os.read(come, 1):  # nothing where the run was over before
        code, _, said = finish(*fork(run._replace(moment=0), None, lines))
        second = code, said
        os.read(counted, 100)
    os.write(gone, b"x")
    code, printed, said = finish(child, out, err)
    os.close(lines)
    number = os.read(counted, 100)
    for handle in (counted, come, go, gone):
        os.close(handle)

    return Outcome(code, printed, said, int(number or 0), second)


def remember(
    module: Any, name: str, tell: Callable[..., Any] = lambda *arguments: arguments
) -> None:
    """Give what a function gave for the same arguments, to the forks of this program too.

    For work between the moments, which takes most of a command's time. tell: of the arguments, what
    the value depends on; others are progress, limits and times.
    """
    real, known = getattr(module, name), dict[bytes, bytes]()

    def remembered(*arguments: Any, **options: Any) -> Any:
        key = hashlib.sha256(pickle.dumps(tell(*arguments))).digest()
        if key not in known:
            known[key] = pickle.dumps(real(*arguments, **options))
        return pickle.loads(known[key])

    setattr(module, name, remembered)


def prepare(commands: list[list[str]], folder: str) -> None:
    """Import and compile whatever these commands need, by running them, and make the steps of a
    search small.
    """
    import torch

    from relurules.cli import main
    from relurules.files import writing
    from relurules.partitioning import explore, parquet, search_run
    from relurules.pipeline import partition_stages
    from relurules.proofs import proving
    from relurules.training import fit_files, front_figure, table_fit

    torch.set_num_threads(1)
    search_run._TESTS, explore._CHECKPOINT_EVERY, parquet._ROWS, writing._WAIT = 30, 0.0, 8, 0.2
    remember(table_fit, "score_models")
    remember(front_figure, "draw_front")
    remember(fit_files, "_export_network")
    remember(fit_files, "_print_documents", lambda fitted: (fitted.rules, fitted.wanted.target))
    remember(partition_stages, "build_rules", lambda cells, request, *_: (cells, request))
    remember(proving, "certificate_of", lambda rules, model, *_: (rules, model))
    os.chdir(folder)
    for argv in commands:
        assert main.run(argv) == 0, argv
    gc.freeze()  # or forks would copy what a search for rubbish marks


if __name__ == "__main__":
    to_user = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepare(**json.loads(sys.stdin.readline()))
    to_user.write("ready\n")
    to_user.flush()
    for line in sys.stdin:
        to_user.write(json.dumps(disturbed(Run(**json.loads(line)))) + "\n")
        to_user.flush()
