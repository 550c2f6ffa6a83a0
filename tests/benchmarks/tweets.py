"""Tweets for a model of realistic size, made of the bundled sample: the same rows from the same number and seed.

Clauses of the sample's tweets are joined anew within their label, with handles, links and rare invented words, so that
the vocabulary grows with the rows as that of real tweets does. The sample's own texts are what servers are asked about.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "templates/project/data/tweets.csv"
CLAUSE = 6  # words
WRONG = 0.1  # share of rows with the other label
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LABELS = ("negative", "positive")


def sample() -> list[tuple[str, str]]:
    """(text, label) of every tweet of the bundled sample."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def asked(seed: int = 1) -> list[str]:
    """The sample's texts, in an order that has short and long ones everywhere."""
    texts = [text for text, _ in sample()]
    random.Random(seed).shuffle(texts)
    return texts


def write(path: Path, rows: int, seed: int = 0) -> None:
    """A CSV file of made-up labelled tweets."""
    draw, clauses = random.Random(seed), _clauses()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for _ in range(rows):
            label = draw.choice(LABELS)
            said = label if draw.random() >= WRONG else LABELS[label == LABELS[0]]
            writer.writerow((_tweet(draw, clauses[label]), said))


def _clauses() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {label: [] for label in LABELS}
    for text, label in sample():
        words = text.split()
        found[label] += [words[first : first + CLAUSE] for first in range(0, len(words), CLAUSE)]
    return found


def _tweet(draw: random.Random, clauses: list[list[str]]) -> str:
    words = [word for _ in range(draw.choice((1, 2, 2, 3))) for word in draw.choice(clauses)]
    if draw.random() < 0.35:
        words.insert(0, f"@{_invented(draw, 4)}{draw.randrange(100)}")
    if draw.random() < 0.12:
        words.append("https://t.co/" + "".join(draw.choices(LETTERS, k=8)))
    if draw.random() < 0.6:
        words.insert(draw.randrange(len(words)), _invented(draw, 3))
    return " ".join(words)


def _invented(draw: random.Random, most: int) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.randint(2, most)))
