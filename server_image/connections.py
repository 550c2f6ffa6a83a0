"""Serves connections that another process accepted, with Waitress's loop and threads, until their feed ends."""

# types-waitress describes these inner classes too loosely to be checked against.
# mypy: disable-error-code="attr-defined, override, arg-type"

from __future__ import annotations

import socket
import threading
import time
from heapq import nlargest
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer

from server_image.acceptor import CONNECTIONS_EACH
from server_image.channel import Channel
from server_image.lanes import SCORING, Lanes
from server_image.loop import PlainLoop, loop_over
from server_image.metrics import Metrics
from server_image.settings import Limits, Settings

SEND_AT = 18_000
"""Bytes of an answer that may wait before a thread sends them itself. With Waitress's own default of 1 threads and the
loop get into each other's way for every answer."""
DRAIN_SECONDS = 25.0
_IDLE_SECONDS = 120
_AT_ONCE = 64  # connections that are taken from the feed in a row
_CROWDED = CONNECTIONS_EACH - _AT_ONCE
"""Connections that may be silent at once: else as many clients as there are places could keep everybody out by saying
nothing."""
_DRAIN_IDLE_SECONDS = 1.0
_DRAIN_PARTIAL_SECONDS = 5.0


class Server(BaseWSGIServer):
    """Serves `application` on the connections that come through `feed`; when that ends, answers what it has and ends.

    `feed` is one end of a Unix stream socket pair: each byte through it carries one accepted connection.
    """

    channel_class = Channel

    def __init__(
        self,
        application: Any,
        feed: socket.socket,
        address: tuple[str, int],
        settings: Settings,
        metrics: Metrics,
        *,
        quick: int = 0,
    ) -> None:
        self.metrics = metrics
        self._loop = PlainLoop({})
        self._loop_thread = 0
        self._address = address
        self._limits = settings.limits
        self._draining_since = 0.0
        self._at_work: list[float] = []
        self._at_work_lock = threading.Lock()
        super().__init__(
            application,
            {},
            _sock=feed,
            dispatcher=Lanes(settings.threads, quick),
            adj=_adjustments(settings.limits),
            sockinfo=(feed.family, feed.type, None, None),
            bind_socket=False,
        )

    @property
    def draining(self) -> bool:
        """No further connections come; those there are get one more answer each."""
        return bool(self._draining_since)

    def run(self) -> None:
        """Returns when the feed has ended and every request has its answer, or DRAIN_SECONDS later."""
        self._loop_thread = threading.get_ident()
        self._loop = loop_over(self._map)
        while not self._drained():
            if self.draining:
                self._loop.look_again()  # `_drained` ends connections
            self._loop.turn(0.05 if self.draining else 1.0)
        self._loop.close()

    def begin_work(self, address: str) -> float:
        """Tell the parent since when the oldest request has been at work, for it replaces a process that hangs."""
        if address != SCORING:
            return 0.0
        began = time.monotonic()
        with self._at_work_lock:
            self._at_work.append(began)
            if len(self._at_work) == 1:
                self.metrics.busy_since(began)
        return began

    def end_work(self, began: float) -> None:
        """`began` is what `begin_work` said."""
        if not began:
            return
        with self._at_work_lock:
            self._at_work.remove(began)
            self.metrics.busy_since(self._at_work[0] if self._at_work else 0.0)

    def readable(self) -> bool:
        super().readable()  # its housekeeping
        return not self.draining

    def handle_read(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._receive():
                break
        self._make_room()

    def handle_close(self) -> None:
        """The other end is closed, yet connections may still lie in the feed."""
        while self._receive():
            pass

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.expire(self._limits.seconds)

    def later(self, channel: Channel) -> None:
        """The loop answers its request in its turn, one after the other, with a look in between at what has come."""
        self._loop.later(channel)

    def beyond_room(self) -> int:
        """How many bytes of bodies may be held at once, if it is more than that; else 0."""
        room = max(self._limits.waiting, self._limits.body)
        held = sum(channel.held() for channel in list(self.active_channels.values()))
        return room if held > room else 0

    def in_loop(self) -> bool:
        """Whether the thread that asks is the one that runs the loop."""
        return threading.get_ident() == self._loop_thread

    def pull_trigger(self) -> None:
        """Wake the loop, unless it is the one that asks."""
        if not self.in_loop():
            super().pull_trigger()

    def accept_connections(self) -> None:
        """Nothing to listen on: the parent accepts."""

    def getsockname(self) -> tuple[str, int]:
        return self._address

    def _receive(self) -> bool:
        try:
            message, descriptors, _flags, _address = socket.recv_fds(self.socket, 1, 1)
        except BlockingIOError:
            return False
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._draining_since = self._draining_since or time.monotonic()
            return False
        self.metrics.count_connection()
        if descriptors:
            self._open(socket.socket(fileno=descriptors[0]))
        else:  # out of descriptors: the system has closed the connection on its way
            self.metrics.count_connection(closed=True)
        return True

    def _open(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            address = connection.getpeername()
        except OSError:  # gone already
            connection.close()
            self.metrics.count_connection(closed=True)
            return
        self.channel_class(self, connection, address, self.adj, map=self._map)

    def _make_room(self) -> None:
        """Let go of the most silent; who waits for an answer, or reads it, has nothing to fear."""
        channels = [channel for channel in self.active_channels.values() if not channel.will_close]
        for channel in nlargest(len(channels) - _CROWDED, channels, key=Channel.idle_seconds):
            channel.will_close = channel.idle_seconds() > 0

    def _drained(self) -> bool:
        if not self.draining:
            return False
        for channel in list(self.active_channels.values()):
            patience = _DRAIN_IDLE_SECONDS if channel.request is None else _DRAIN_PARTIAL_SECONDS
            if channel.idle_seconds() > patience:
                channel.will_close = True
        late = time.monotonic() - self._draining_since > DRAIN_SECONDS
        return late or not self.active_channels


def _adjustments(limits: Limits) -> Adjustments:
    adjustments = Adjustments(
        ident="",
        recv_bytes=65_536,
        # Requests and answers stay in memory: the root file system may be read-only, without any place for a file.
        inbuf_overflow=2**40,
        outbuf_overflow=2**40,
        max_request_header_size=65_536,
        max_request_body_size=limits.body + 1,  # Waitress refuses from this number on
        channel_timeout=_IDLE_SECONDS,
        cleanup_interval=1,
        log_socket_errors=False,
        clear_untrusted_proxy_headers=False,  # nothing here reads them
    )
    # Not among the arguments, where Waitress warns that it may go away; a test tells when it does.
    adjustments.send_bytes = SEND_AT
    return adjustments
