"""The log: JSON lines that never block and never flood."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from server_image.logs import Limited

SHOUT = """
import logging
from server_image import logs
logs.set_level("info")
logs.log("debug", "unheard")
logs.log("info", "heard", text='a "quote"\\n{"event": "forged"}', odd=object)
logs.log("info", "long", text="x" * 100_000, number=7)
logs.log("info", "longer", many=["y" * 100] * 1000)
logging.getLogger("waitress").error("trouble %s", "here")
logging.getLogger("waitress.queue").warning("Task queue depth is 1")
"""


def test_every_line_is_json_and_short() -> None:
    done = subprocess.run([sys.executable, "-c", SHOUT], capture_output=True, check=True)
    lines = done.stderr.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["heard", "long", "longer", "waitress"]
    assert all(len(line) < 4096 for line in lines)
    assert all(event["time"].endswith("Z") for event in events)
    assert events[0]["text"] == 'a "quote"\n{"event": "forged"}'
    assert events[1]["number"] == 7
    assert events[3]["message"] == "trouble here"


def test_a_reader_who_does_not_read_stops_nothing() -> None:
    reading, writing = os.pipe()
    program = "from server_image import logs\nfor n in range(5000): logs.log('info', 'x', text='y' * 1000)"
    try:
        subprocess.run([sys.executable, "-c", program], stderr=writing, check=True, timeout=20)
    finally:
        os.close(reading)
        os.close(writing)


def test_a_reader_who_has_gone_stops_nothing() -> None:
    program = "import os\nos.close(2)\nfrom server_image import logs\nlogs.log('error', 'x')"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)


def test_what_strangers_cause_is_limited(capfd: object) -> None:
    now = 0.0
    limited = Limited(rate=1.0, burst=3, clock=lambda: now)
    for _ in range(10):
        limited("warning", "problem")
    now = 2.0
    limited("warning", "problem")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]  # type: ignore[attr-defined]
    assert [line.get("suppressed") for line in lines] == [None, None, None, 7]
