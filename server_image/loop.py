"""Waitress's loop, but a connection is asked what it waits for only when that may have changed, and some wait a little.

Waitress asks every connection before every wait, and the system looks at each again: four hundred that are held open
and say nothing cost a busy server a third of its rate.
"""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from waitress import wasyncore

from server_image.channel import Channel

_LOOK_SECONDS = 1.0
Members = Mapping[int, Any]
"""Waitress's dispatchers, by descriptor."""


class PlainLoop:
    """Waitress's own, for systems without epoll."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._later: deque[Channel] = deque()

    def later(self, channel: Channel) -> None:
        """Its request is answered in its turn: one in each turn of the loop, behind all that is handled in it."""
        self._later.append(channel)

    def turn(self, seconds: float) -> None:
        """Wait for at most so long for what any of the members waits for, and handle what has come."""
        self._handle_what_comes(0 if self._later else seconds)
        if self._later:
            if self._has_changed():  # who has just come may have asked already
                self._handle_what_comes(0)
            self._answer(self._later.popleft())

    def look_again(self) -> None:
        """Members have changed that nothing came from: ask all of them before the next wait."""

    def close(self) -> None:
        """Let go of what the loop holds of the system."""

    def _has_changed(self) -> bool:
        """Something but what a connection has sent."""
        return True

    def _handle_what_comes(self, seconds: float) -> None:
        wasyncore.loop(seconds, use_poll=True, map=self._members, count=1)

    def _answer(self, channel: Channel) -> None:
        try:
            channel.answer()
        except Exception:
            channel.handle_error()  # as Waitress does for what it reads: it is told, and the connection closed


class Loop(PlainLoop):
    """The quicker one.

    What a thread changes at a member is seen when that thread has pulled Waitress's trigger, which is a member too.
    """

    def __init__(self, members: Members) -> None:
        super().__init__(members)
        self._epoll = select.epoll()
        self._waits: dict[int, int] = {}  # what is waited for, by descriptor
        self._look_at = 0.0

    def look_again(self) -> None:
        self._look_at = 0.0

    def close(self) -> None:
        self._epoll.close()

    def _has_changed(self) -> bool:
        return not self._look_at

    def _handle_what_comes(self, seconds: float) -> None:
        if time.monotonic() >= self._look_at:
            self._look_at_all()
        members = self._members
        for descriptor, events in self._epoll.poll(seconds):
            member = members.get(descriptor)
            if member is not None:
                wasyncore.readwrite(member, events)
            if member is None or isinstance(member, Channel):
                self._look(descriptor)
            else:  # there is a new connection, or a thread is done with one
                self.look_again()

    def _answer(self, channel: Channel) -> None:
        descriptor = channel.descriptor()
        super()._answer(channel)
        self._look(descriptor)

    def _look_at_all(self) -> None:
        self._look_at = time.monotonic() + _LOOK_SECONDS
        for descriptor in list(self._members):
            self._look(descriptor)
        for descriptor in self._waits.keys() - self._members.keys():
            self._look(descriptor)

    def _look(self, descriptor: int) -> None:
        member = self._members.get(descriptor)
        events = 0
        if member is not None:
            events |= select.EPOLLIN | select.EPOLLPRI if member.readable() else 0
            events |= select.EPOLLOUT if member.writable() else 0
        before = self._waits.get(descriptor, 0)
        if events == before:
            return
        self._waits[descriptor] = events
        if not events:
            del self._waits[descriptor]
            with suppress(OSError):  # a closed one is gone already
                self._epoll.unregister(descriptor)
        elif before:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)


def loop_over(members: Members) -> PlainLoop:
    """The best that this system has."""
    return Loop(members) if hasattr(select, "epoll") else PlainLoop(members)
