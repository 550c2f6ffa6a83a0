"""A local server from its start to its end, the same for every engine: awaiting, checking, watching and stopping it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal, Protocol, Self

from msgspec.structs import replace

from sentiment_cli.clients.docker_values import Usage
from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import LogLine
from sentiment_cli.golden import first_difference
from sentiment_cli.local_server import record
from sentiment_cli.local_server.record import Record
from sentiment_cli.local_server.steps import Steps

READY_SECONDS = 60.0
POLL_SECONDS = 0.03
SHOWN_LINES = 12


class Host(Protocol):
    """What an engine does with the server that it runs."""

    def address(self) -> tuple[str, int] | None:
        """Host name and port to reach it at, as soon as the port is known."""

    def alive(self) -> bool:
        """Whether it still runs."""

    def verdict(self) -> str:
        """How it ended, in words."""

    def log(self) -> list[str]:
        """The last lines it wrote, a few hundred at most."""

    def usage(self) -> Iterator[Usage]:
        """What it uses, about once a second, until it ends."""

    def stop(self) -> None:
        """End it and remove what it leaves; no error if it has ended already."""


class Running:
    """A server that was started. As a context manager it stops the server at the end, unless that was detached."""

    def __init__(
        self,
        host: Host,
        started: Record,
        project_dir: Path,
        golden: Sequence[Mapping[str, Any]],
        steps: Steps,
        detach: bool,
    ) -> None:
        self._host = host
        self._record = started
        self._project_dir = project_dir
        self._golden = golden
        self._steps = steps
        self._detach = detach
        self._told = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None or not self._detach:
            self.stop()

    @property
    def engine(self) -> Literal["docker", "process"]:
        """What runs it."""
        return self._record.engine

    @property
    def url(self) -> str:
        """Where it answers; empty before `wait_ready` when any free port was asked for."""
        return self._record.url

    @property
    def pid(self) -> int | None:
        """Its process, where it is one."""
        return self._record.pid or None

    @property
    def container_id(self) -> str | None:
        """Its container, where it is one."""
        return self._record.container or None

    @property
    def image(self) -> str | None:
        """Name of the container's image."""
        return self._record.image or None

    def as_dict(self) -> dict[str, Any]:
        """What `serve-local --json` prints."""
        runs = {"pid": self.pid} if self.pid else {"container_id": self.container_id}
        return {"url": self.url, "engine": self.engine, **runs, "image": self.image}

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when it answers as its model did in training; otherwise stop it and raise SentimentError.

        `seconds` is how long it may take until the first answer.
        """
        try:
            with self._steps.step("Start the server", "a second") as result:
                self._await_ping(monotonic() + seconds)
                result.append(self.url)
            with self._steps.step("Check its answers") as result:
                self._check_golden()
                result.append(f"{len(self._golden)} texts, as in training")
        except BaseException:
            self.stop()
            raise

    def stats(self) -> Iterator[Usage]:
        """CPU and memory about once a second until the server ends; its new log lines are emitted meanwhile."""
        for usage in self._host.usage():
            self._tell()
            yield usage
        self._tell()

    def logs(self) -> list[str]:
        """The last lines that the server wrote, a few hundred at most."""
        return self._host.log()

    def failure(self) -> SentimentError:
        """The error to raise when the server has ended, though nobody here has stopped it."""
        if record.load(self._project_dir) is None:
            return SentimentError(
                "The local server was stopped.",
                "Somebody ran `sentiment-cli serve-local --stop` for this project.",
                "Start it again: `sentiment-cli serve-local`.",
                code="stopped",
            )
        return self._failure("The local server has ended.", self._host.verdict())

    def stop(self) -> None:
        """End the server, let running requests finish, and remove every trace of it but its log."""
        self._host.stop()
        record.forget(self._project_dir)

    def _await_ping(self, deadline: float) -> None:
        while monotonic() < deadline:
            if not self._host.alive():
                raise self._failure("The server did not start.", self._host.verdict())
            if not self.url and (address := self._host.address()):
                self._reached_at("http://{}:{}".format(*address))
            if self.url and self._answers():
                return
            sleep(POLL_SECONDS)
        raise self._failure("The server did not get ready in time.", "It runs, but /ping does not answer.")

    def _answers(self) -> bool:
        with InferenceClient(self.url) as client:
            return client.is_up()

    def _reached_at(self, url: str) -> None:
        self._record = replace(self._record, url=url)
        record.save(self._project_dir, self._record)

    def _check_golden(self) -> None:
        texts = [row["text"] for row in self._golden]
        with InferenceClient(self.url) as client:
            answers = client.ask(texts)["output"] if texts else []
        if found := first_difference(self._golden, answers):
            row, answer = found
            raise self._failure(
                "The server does not answer as the model did in training.",
                f"{row['text']!r} was {row['label']} ({row['score']:.6f}) and is"
                f" {answer['label']} ({answer['score']:.6f}).",
            )

    def _tell(self) -> None:
        lines = self._host.log()
        seen = len(lines) - lines[::-1].index(self._told) if self._told in lines else 0
        for line in lines[seen:]:
            self._steps.emit(LogLine("server", line))
            self._told = line

    def _failure(self, what: str, why: str) -> SentimentError:
        lines = self._host.log()
        reason = _reason(lines)
        shown = "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:])
        return SentimentError(
            what,
            (reason or why) + (f" The end of its log:\n{shown}" if shown else " It wrote nothing."),
            "Correct that, then run `sentiment-cli serve-local` again; `sentiment-cli train` writes the model anew.",
            code="server-failed",
        )


def _reason(lines: Sequence[str]) -> str:
    """What the server itself said of its failure to start."""
    for line in reversed(lines):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("event") == "failed":
            return str(said.get("reason", ""))
    return ""
