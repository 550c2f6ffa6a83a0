"""Which column holds the texts and which the labels: taken from the user's word, or guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sentiment_cli.dataset import labels
from sentiment_cli.errors import InputError

TEXT_NAMES = (
    "text", "tweet", "tweets", "full_text", "tweet_text", "content", "message", "review", "review_text", "sentence",
    "comment", "post", "body", "clean_text", "document", "utterance", "phrase", "input", "title",
)  # fmt: skip
LABEL_NAMES = (
    "label", "labels", "sentiment", "target", "polarity", "class", "category", "feelings", "emotion", "rating",
    "stars", "score", "sentiment_label", "y", "output",
)  # fmt: skip
_MANY = 50
_NUMBER = re.compile(r"[-+]?\d+([.,:/-]\d+)*")

Cells = Sequence[str | None]


def has_header(rows: Sequence[Cells], wanted: Sequence[str]) -> bool:
    """Whether the first row names the columns: by the names themselves, else because its cells fit no column below."""
    first = [(cell or "").strip().casefold() for cell in rows[0]]
    if any(name.strip().casefold() in first for name in wanted if not name.strip().isdigit()):
        return True
    known = [any(_known(cell, names) for cell in first) for names in (TEXT_NAMES, LABEL_NAMES)]
    if all(known):
        return True
    if not all(first[1:]) or len(set(first)) < len(first):
        return False
    body = [[(cell or "").strip().casefold() for cell in row] for row in rows[1:]]
    votes = {_stands_out(cell, [row[i] for row in body]) for i, cell in enumerate(first)}
    return False not in votes and (True in votes or any(known))


def choose(
    names: Sequence[str], rows: Sequence[Cells], text: str | None, label: str | None
) -> tuple[int | None, int | None]:
    """The indices of the text and the label column, of the named ones where names are given; None where none fits."""
    chosen_text = find(names, rows, text) if text else None
    chosen_label = find(names, rows, label) if label else None
    if chosen_label is None:
        taken = _best(names, rows, TEXT_NAMES, _texts, None) if chosen_text is None else chosen_text
        chosen_label = _best(names, rows, LABEL_NAMES, _labels, taken)
    if chosen_text is None:
        chosen_text = _best(names, rows, TEXT_NAMES, _texts, chosen_label)
    return chosen_text, chosen_label


def find(names: Sequence[str], rows: Sequence[Cells], wanted: str) -> int:
    """The column of that name (case and spaces aside) or number (from 1); InputError with the columns if none."""
    plain = [name.strip().casefold() for name in names]
    key = wanted.strip().casefold()
    if key in plain:
        return plain.index(key)
    if key.isdecimal() and 1 <= int(key) <= len(names):
        return int(key) - 1
    raise InputError(
        f"There is no column {wanted!r} in the data.",
        f"It has these: {described(names, rows)}.",
        "Give one of these names, or a number counted from 1.",
        code="no-such-column",
    )


def described(names: Sequence[str], rows: Sequence[Cells]) -> str:
    """All columns with an example of each, for messages."""
    return "; ".join(f"{name} (such as {_example(rows, i)})" for i, name in enumerate(names))


def _example(rows: Sequence[Cells], index: int) -> str:
    value = next((row[index] for row in rows if row[index]), None)
    if not value:
        return "nothing"
    return f"{value[:29]}…" if len(value) > 30 else value


def _known(cell: str, names: Sequence[str]) -> bool:
    return cell.replace(" ", "_").replace("-", "_") in names


def _stands_out(first: str, below: list[str]) -> bool | None:
    """Whether the first cell of a column differs in kind from those below; None where these have nothing in common."""
    filled = [cell for cell in below if cell]
    if filled and all(_NUMBER.fullmatch(cell) for cell in filled):
        return not _NUMBER.fullmatch(first)
    few = set(below)
    return first not in few if len(below) >= 4 and len(few) <= len(below) // 2 else None


def _best(
    names: Sequence[str],
    rows: Sequence[Cells],
    known: Sequence[str],
    judge: Callable[[list[str]], float],
    taken: int | None,
) -> int | None:
    guesses = []
    for index, name in enumerate(names):
        if index == taken:
            continue
        points = judge([row[index] or "" for row in rows])
        plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
        if plain in known:
            points += (100 if points else 30) - known.index(plain)
        elif points and set(plain.split("_")) & set(known):
            points += 40
        guesses.append((points, -index))
    points, index = max(guesses, default=(0, 0))
    return -index if points > 0 else None


def _texts(cells: list[str]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    if not filled or all(_NUMBER.fullmatch(cell.strip()) for cell in filled):
        return 0
    length = sum(map(len, filled)) / len(filled)
    spaced = sum(" " in cell.strip() for cell in filled) / len(filled)
    varied = len(set(filled)) / len(filled)
    return (1 + min(length, 200) / 10) * spaced * varied + 0.1 * varied


def _labels(cells: list[str]) -> float:
    values = {labels.plain(cell) for cell in cells if cell.strip()}
    if not values or len(values) > _MANY or (len(values) > 10 and len(values) > len(cells) // 2):
        return 0
    if labels.polarity(values):
        return 60
    if 2 <= len(values) <= max(2, len(cells) // 3):
        return 20 - min(len(values), 15)
    return 0.1
