"""Killed or told to stop under full load: what is lost, how long it lasts, counted by clients and server alike."""

from __future__ import annotations

import os
import signal
import time
from statistics import mean

import pytest
from load import Load, outcomes, throughput
from running_server import StartServer

CLIENTS = 8


def test_a_kill_costs_what_was_in_flight_and_less_than_a_second(start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_LOG_LEVEL="debug")
    load = Load(server, CLIENTS)
    time.sleep(1.5)
    killed = time.monotonic()
    os.kill(server.workers()[0], signal.SIGKILL)
    server.event("worker_died")
    time.sleep(2)
    tries = load.stop()
    lost = [one for one in tries if one.outcome == "lost"]
    before, after = throughput(tries, killed - 1, 1), throughput(tries, killed, 2)
    print(f"\nlost {len(lost)} of {len(tries)}; per 100 ms before {mean(before):.0f}, after {after}")
    assert len(lost) < CLIENTS  # at most one for each connection of that process, and the other had some too
    assert all(one.sent < killed + 0.1 for one in lost)
    assert outcomes(tries)["refused"] == 0
    assert mean(after[10:]) > 0.7 * mean(before)
    answered = sum(event["event"] == "request" and event["status"] == "200" for event in server.events())
    assert 0 <= answered - outcomes(tries)["answered"] <= len(lost)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_every_request_that_was_accepted(start_server: StartServer, number: int) -> None:
    server = start_server(MODEL_SERVER_LOG_LEVEL="debug")
    load = Load(server, CLIENTS // 2, hasty=CLIENTS // 2)
    time.sleep(1)
    start = time.monotonic()
    assert server.stop(number) == 0
    seconds = time.monotonic() - start
    tries = load.stop()
    found = outcomes(tries)
    answered = sum(event["event"] == "request" for event in server.events())
    print(f"\nclients {dict(found)}, server {answered}, gone after {seconds:.2f} s")
    assert found["answered"] == answered > 50
    # What arrives in the very moment in which it stops listening is reset by the system; it was never accepted.
    assert [one.first for one in tries if one.outcome == "lost"] in ([], [True])
    assert server.event("stopped")["cut_off"] == 0
