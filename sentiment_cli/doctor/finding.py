"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sentiment_cli.errors import SentimentError


@dataclass(frozen=True)
class Finding:
    """The result of one check: "ok", "warning" (it may do), "problem" (it will not), or "skipped"."""

    name: str
    status: Literal["ok", "warning", "problem", "skipped"]
    what: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """An element of `checks` in the JSON result."""
        return {"name": self.name, "status": self.status, "what": self.what, "fix": self.fix}


def problem(name: str, error: SentimentError) -> Finding:
    """What an error says, as a finding."""
    return Finding(name, "problem", f"{error.what} {error.why}".strip(), error.fix)
