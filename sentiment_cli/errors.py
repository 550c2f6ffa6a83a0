"""Every failure a user can meet, as what / why / fix and an exit code; nothing here prints or exits.

Exit codes are a contract with scripts: 0 done or nothing to do, 1 failed, 2 usage or missing input,
3 declined, 4 credentials, 5 a pre-flight check, quota or quality threshold refused, 6 partly done and
resumable, 130 interrupted.
"""

from __future__ import annotations

from typing import Any


class SentimentError(Exception):
    """A failure with its remedy.

    `what` is one sentence on what could not be done, `why` the cause as far as it is known, and `fix` what to do next.
    `code` is a short stable identifier for scripts ("one-class", "port-in-use", or an AWS error code); none of
    the four may contain a secret, for all of them are shown, logged and written to stdout with `--json`.
    """

    exit_code = 1

    def __init__(self, what: str, why: str = "", fix: str = "", *, code: str = "failed") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.code = code
        self.data: dict[str, Any] = {}
        """What a command found before it failed: keys of its JSON result that stand beside `error`."""

    def as_dict(self) -> dict[str, str]:
        """The value of the `error` key in `--json` output."""
        return {"what": self.what, "why": self.why, "fix": self.fix, "code": self.code}


class InputError(SentimentError):
    """What the user gave cannot be used: a wrong flag, a missing value, an unreadable file."""

    exit_code = 2


class Declined(SentimentError):
    """The user said no to a confirmation."""

    exit_code = 3


class CredentialsError(SentimentError):
    """AWS credentials are missing, wrong or expired."""

    exit_code = 4


class Refused(SentimentError):
    """A pre-flight check, a quota or a quality threshold says no."""

    exit_code = 5


class PartlyDone(SentimentError):
    """Some of the work is done and recorded; running the command again resumes it."""

    exit_code = 6


class Interrupted(SentimentError):
    """The user pressed Ctrl-C."""

    exit_code = 130
