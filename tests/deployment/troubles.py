"""What is done to requests in the matrix of faults, and the table of outcomes in docs/faults.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sentiment_cli.clients.patience import Patience

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
VERBS = ("deploy", "update", "teardown")
HASTY = Patience(connect=5, read=10, invoke=10, pace=0.02)
"""Nothing is left out, all of it is quick."""
HASTIEST = replace(HASTY, read=1, invoke=1)
"""For what is never answered in time."""
ENDLESS = 10_000


@dataclass(frozen=True)
class Trouble:
    """How a request fails, and how often one after the other."""

    title: str
    kind: str
    times: int
    seconds: float = 0.0
    codes: str = ""
    """What the error's code matches where it lasts."""

    @property
    def patience(self) -> Patience:
        return HASTIEST if self.kind == "slow" else HASTY

    @property
    def lasts(self) -> bool:
        return self.times == ENDLESS


TROUBLES = (
    Trouble("throttled", "throttle", 2),
    Trouble("500", "error", 2),
    Trouble("503", "unavailable", 2),
    Trouble("reset", "drop", 2),
    Trouble("silent", "slow", 1, HASTIEST.read + 0.3),
    Trouble("answer lost", "lost", 1),
    Trouble("denied", "denied", ENDLESS, codes="AccessDenied|403|bucket-taken"),
    Trouble("token expired", "expired", ENDLESS, codes="ExpiredToken|400"),
    Trouble("503 on and on", "unavailable", ENDLESS, codes="ServiceUnavailable|503"),
)
PASSING = tuple(each for each in TROUBLES if not each.lasts)
LASTING = tuple(each for each in TROUBLES if each.lasts)


@dataclass(frozen=True)
class Place:
    """The first request to an operation in a command, or the `last` of several."""

    verb: str
    operation: str
    last: bool = False

    def __str__(self) -> str:
        return f"{self.operation}{', the last' if self.last else ''}"


Cell = tuple[Place, Trouble]
Table = Mapping[tuple[Place, str], str]
"""Outcomes by place and the title of the trouble."""


def rendered(table: Table, places: Iterable[Place]) -> str:
    """The tables of the document, in an order of their own: what is asked at once comes in any."""
    rows_of = sorted(places, key=str)
    parts = []
    for verb in VERBS:
        head = ["operation", *(each.title for each in TROUBLES)]
        rows = [[str(each), *(table.get((each, trouble.title), NOT_TRIED) for trouble in TROUBLES)]
                for each in rows_of if each.verb == verb]  # fmt: skip
        lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
        parts.append(f"### {verb}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


NOT_TRIED = "-"
BEGIN, END = "<!-- written by tests/deployment/test_faults.py -->", "<!-- until here -->"


def write(text: str) -> None:
    """Put the tables into the document."""
    before, after = DOCUMENT.read_text().split(BEGIN)[0], DOCUMENT.read_text().split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def written() -> dict[tuple[Place, str], str]:
    """The outcomes that the document has."""
    table: dict[tuple[Place, str], str] = {}
    for part in re.split(r"^### ", DOCUMENT.read_text().split(BEGIN)[1].split(END)[0], flags=re.MULTILINE)[1:]:
        verb, _, body = part.partition("\n")
        head, _, *rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in body.split("\n") if line]
        for name, *cells in rows:
            place = Place(verb, name.removesuffix(", the last"), name.endswith(", the last"))
            table |= {(place, title): cell for title, cell in zip(head[1:], cells, strict=True) if cell != NOT_TRIED}
    return table
