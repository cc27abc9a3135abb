"""Signals that end programs, kept until a step is recorded; processes that are forked meanwhile end
by them at once.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from relurules.errors import Termination

#: What ends programs, and can wait until a step is recorded.
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: Signal that is deferred now -> what handled it before.
_DEFERRED: dict[int, Any] = {}
#: Signals that this fork holds: those that are deferred, without any that were held before.
_HELD = threading.local()


@contextmanager
def defer_signals() -> Iterator[Callable[[], None]]:
    """Ctrl-C, and what else ends programs, does so only where the function given is called, or at
    the end.

    So it never comes between a step and its record. Signals that are ignored stay so, those with a
    handler reach it.
    """
    arrived: list[int] = []
    before, outer = dict[int, Any](), dict(_DEFERRED)

    def keep(number: int, _: object) -> None:
        arrived.append(number)

    try:
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler not in (signal.SIG_IGN, None):
                signal.signal(number, keep)
                before[number] = handler
                _DEFERRED.setdefault(number, handler)
    except ValueError:  # not the main thread: nobody's Ctrl-C arrives here
        yield lambda: None
        return

    def check() -> None:
        while arrived:
            _apply_signal(arrived.pop(0), before)

    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in before.keys() - outer.keys():
            del _DEFERRED[number]

    check()


def _apply_signal(number: int, handlers: Mapping[int, Any]) -> None:
    """Do what a signal did before."""
    if callable(handlers[number]):
        handlers[number](number, None)
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        raise Termination(number)


def _hold_signals() -> None:
    """Before a fork: nothing arrives before the new process has its own handlers."""
    deferred = set(_DEFERRED)
    _HELD.numbers = deferred - signal.pthread_sigmask(signal.SIG_BLOCK, deferred)


def _release_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD.numbers)


def _restore_handlers() -> None:
    """In a process that was forked, which calls no `check`: a pool that ends it while it waits for
    work would wait for ever.
    """
    for number, handler in _DEFERRED.items():
        signal.signal(number, handler)

    _release_signals()
    _DEFERRED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_hold_signals,
        after_in_parent=_release_signals,
        after_in_child=_restore_handlers,
    )
