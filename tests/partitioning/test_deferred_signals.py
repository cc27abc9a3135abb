"""Signals wait where they are deferred, and end processes that are forked meanwhile at once."""

import os
import signal
import subprocess
import sys

import pytest

from relurules.errors import Termination
from relurules.partitioning.deferred_signals import defer_signals

#: Processes forked while signals are deferred, which wait for what never comes, as those of a pool
#: without work; their parent ends them at once. Prints what ended them, whether one had another
#: handler than before, and whether the signals that are held are those of the start.
_FORK_AND_END = """
import multiprocessing, os, signal
from relurules.partitioning.deferred_signals import defer_signals
taken = multiprocessing.get_context("fork").Lock()
taken.acquire()
held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP}) | {signal.SIGHUP}
with defer_signals(), defer_signals():
    children = []
    for _ in range(100):
        child = os.fork()
        if not child:
            taken.acquire()
        os.kill(child, signal.SIGTERM)
        children.append(child)
    print({os.waitpid(child, 0)[1] for child in children})
    child = os.fork()
    if not child:
        os._exit(int(signal.getsignal(signal.SIGTERM) != signal.SIG_DFL))
    print(os.waitpid(child, 0)[1], signal.pthread_sigmask(signal.SIG_BLOCK, ()) == held)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes_end_by_the_signals_that_a_search_defers() -> None:
    """A pool ends its processes by SIGTERM and waits for them."""
    done = subprocess.run(
        [sys.executable, "-c", _FORK_AND_END], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{{{int(signal.SIGTERM)}}}\n0 True\n", "")


def test_signals_wait_for_the_check() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with defer_signals() as check:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is not before
        with pytest.raises(Termination):
            check()
    assert signal.getsignal(signal.SIGTERM) is before
