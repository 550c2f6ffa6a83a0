"""What ends a command in order, and what does not end it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from sentiment_cli.commands.common import stopping_in_order

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("by", SIGNALS)
def test_it_ends_as_by_ctrl_c_and_what_was_set_before_holds_again(by: signal.Signals) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt), stopping_in_order():
        os.kill(os.getpid(), by)
    assert [signal.getsignal(each) for each in SIGNALS] == [signal.SIG_DFL, signal.SIG_DFL]


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopping_in_order():
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
