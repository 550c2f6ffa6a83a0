"""The inside of a Lambda worker: a Python of its own that imports the function's handler and answers events.

Started as a script with nothing on its path but the standard library; it reads events from standard input, one JSON
line each, and writes answers to the descriptor that it is told. It ends when its input does, and when nobody has asked
for a while. Imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

IDLE_SECONDS = 600


class Context:
    """What a handler gets beside the event."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.aws_request_id = call["id"]
        self.invoked_function_arn = call["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = self.client_context = None
        self._deadline = call["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is stopped."""
        return max(0, int((self._deadline - time.time()) * 1000))


def main(task_root: str, libraries: str, answers: int) -> None:
    """Answer events until the input ends."""
    sys.path[:0] = [task_root, libraries]
    os.chdir(task_root)
    calls: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(calls,), daemon=True).start()
    handler, broken = _load(os.environ["_HANDLER"])
    with os.fdopen(answers, "w", encoding="utf-8") as out, contextlib.suppress(queue.Empty):
        while True:
            call = json.loads(calls.get(timeout=IDLE_SECONDS))
            out.write(json.dumps(_answered(handler, broken, call)) + "\n")
            out.flush()


def _read(calls: queue.Queue[str]) -> None:
    for line in sys.stdin:
        calls.put(line)
    os._exit(0)  # nobody is there any more, whatever the handler is doing


def _load(name: str) -> tuple[Callable[[Any, Context], Any] | None, dict[str, Any] | None]:
    try:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module.replace("/", ".")), attribute), None
    except BaseException as error:
        return None, _told(error)


def _answered(handler: Any, broken: dict[str, Any] | None, call: dict[str, Any]) -> dict[str, Any]:
    with _logged(call["id"]):
        if broken is not None:
            return {"error": broken}
        try:
            # What cannot be JSON is the function's error, as on AWS.
            return {"result": json.loads(json.dumps(handler(call["event"], Context(call))))}
        except Exception as error:
            return {"error": _told(error)}


@contextlib.contextmanager
def _logged(request: str) -> Iterator[None]:
    start = time.perf_counter()
    print(f"START RequestId: {request} Version: $LATEST", flush=True)  # noqa: T201
    yield
    milliseconds = (time.perf_counter() - start) * 1000
    print(f"END RequestId: {request}", flush=True)  # noqa: T201
    print(f"REPORT RequestId: {request}\tDuration: {milliseconds:.2f} ms", flush=True)  # noqa: T201


def _told(error: BaseException) -> dict[str, Any]:
    traceback.print_exception(error)
    sys.stderr.flush()
    lines = traceback.format_tb(error.__traceback__)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": lines}


if __name__ == "__main__":
    main(str(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
