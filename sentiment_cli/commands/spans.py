"""Spans of time as people write them: 90s, 10m, 2h, 3d."""

from __future__ import annotations

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = 9  # digits: a number beyond them is no span


def seconds(flag: str, text: str) -> int:
    """How long `text` is, given for `flag`. Raises InputError for what is none."""
    from sentiment_cli.errors import InputError

    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and len(number) <= LONGEST and unit in UNITS:
        return int(number) * UNITS[unit]
    raise InputError(
        f"{flag} {text[:40]} is no time.", "A whole number and s, m, h or d is needed.", "For two hours write 2h.",
        code="bad-value",
    )  # fmt: skip
