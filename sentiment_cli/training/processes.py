"""Runs a function over numbered pieces of work in forked copies of this process; results come in order.

Forked children see the parent's memory as it was, so that nothing large is sent to them. Where forking is unsafe
(macOS) or unknown (Windows), and for little work, everything runs in this process.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from sentiment_cli.errors import SentimentError

T = TypeVar("T")
_MOST = 8  # each process keeps words of its own; beyond this many the parent is the bottleneck


def usable_cpus() -> int:
    """How many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_for(pieces: int) -> int:
    """How many processes to spread `pieces` over; 1 stands for this very process."""
    if not sys.platform.startswith("linux") or multiprocessing.current_process().daemon:
        return 1
    return max(1, min(usable_cpus(), pieces, _MOST))


def in_order(prepare: Callable[[], Callable[[int], T]], pieces: int, processes: int) -> Generator[T, None, None]:
    """Yield the results for 0, 1, ... `pieces` - 1 of the function that `prepare` returns in each process.

    Piece i is done by process i modulo `processes`, each doing its own in ascending order. Close the iterator (use
    contextlib.closing) to end the processes early. An exception in a child is raised here; a child that dies is a
    SentimentError.
    """
    if processes == 1:
        yield from map(prepare(), range(pieces))
        return
    with _children(prepare, pieces, processes) as receivers:
        for piece in range(pieces):
            yield _received(receivers[piece % processes])


def _received(receiver: Connection) -> Any:
    try:
        result, error = receiver.recv()
    except EOFError:
        raise SentimentError(
            "Training stopped: one of its processes was ended from outside.",
            "Most often the machine ran out of memory.",
            "Close other programs, or train on a part of the rows with `--limit`.",
            code="worker-died",
        ) from None
    if error is not None:
        raise error
    return result


@contextmanager
def _children(prepare: Callable[[], Callable[[int], Any]], pieces: int, processes: int) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("fork")
    receivers: list[Connection] = []
    children = []
    try:
        for first in range(processes):
            receiver, sender = context.Pipe(duplex=False)
            receivers.append(receiver)
            numbers = range(first, pieces, processes)
            child = context.Process(target=_work, args=(prepare, numbers, sender, receivers), daemon=True)
            with _no_interrupt(), warnings.catch_warnings():
                # The children touch nothing that another thread (a progress display, say) could have held locked.
                warnings.simplefilter("ignore", DeprecationWarning)
                child.start()
            children.append(child)
            sender.close()
        yield receivers
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.join()
            child.close()
        for receiver in receivers:
            receiver.close()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back until the child has learnt to ignore it; the parent hears it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(
    prepare: Callable[[], Callable[[int], Any]], numbers: range, sender: Connection, receivers: list[Connection]
) -> None:
    """What a child does. With every reading end closed here, writing fails as soon as the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.disable()
    for receiver in receivers:
        receiver.close()
    try:
        do = prepare()
        for number in numbers:
            sender.send((do(number), None))
    except BrokenPipeError:
        return
    except Exception as error:
        sender.send((None, error))
