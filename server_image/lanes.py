"""Who answers a request: the loop at once, the loop a little later, or a thread; it answers none itself."""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="arg-type, attr-defined, union-attr"

from __future__ import annotations

import time

from waitress.task import ThreadedTaskDispatcher

from server_image.channel import Channel

SCORING, PING = "/invocations", "/ping"
SHORT = 2_000
"""Bytes that take a quick model so little time that nobody else has to wait for them."""
_TEXT = 40
"""Bytes that take as long as it takes to begin with a text, which may be no more than the end of a line."""
_EXPLAINING = 16
"""Times the work of finding a label."""


class Lanes:
    """Threads for scoring and one more for all else, so that a health check never waits behind a long batch.

    What takes a model less than about a millisecond, which are `quick` bytes of a request, is answered by the loop
    itself: to wake a thread takes longer. Of what is not short the loop answers one at a time, with a look in between
    at what else has come. With `quick` at 0 nothing is known of the model, and all goes to the threads.
    """

    def __init__(self, threads: int, quick: int) -> None:
        self._scoring, self._rest = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self._scoring.set_thread_count(threads)
        self._rest.set_thread_count(1)
        self._quick = quick

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        request.queued = time.monotonic()
        address = request.address
        body, work = request.body_rcv, self._quick + 1
        # What is long is a thread's in any case: the loop, where others wait, does not read it.
        little = len(body or b"") <= self._quick
        if little and address in (SCORING, PING) and not request.error and channel.answers_at_once():
            work = 1 if body is None else effort(body.content())
        if work <= min(SHORT, self._quick):
            channel.at_once = True
        elif work <= self._quick:
            channel.server.later(channel)
        else:
            # A refusal needs no scoring and does not wait for any.
            (self._scoring if address == SCORING and not request.error else self._rest).add_task(channel)


def effort(body: bytes) -> int:
    """What scoring it takes, in bytes of usual texts."""
    size = len(body) + _TEXT * body.count(b"\n")
    return size * _EXPLAINING if b'"explain"' in body else size
