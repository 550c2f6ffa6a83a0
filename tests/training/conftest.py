"""Rows to train on that look like tweets and have something to learn in them, made up on the spot."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from sentiment_cli.dataset import Dataset, Findings

PLAIN = "i you the a so it was is this at my phone train coffee meeting Monday rain song Straße naïve ÉTÉ 2day @ana_b"
SIDES = (
    "hate awful sad broken worst :( 😡 can't tired don’t",
    "love great happy best <3 :) 😍 yay!!! thanks won't",
    "ok fine meh whatever http://t.co/x7Qk2 hm ¯\\_(ツ)_/¯",
)
NAMES = {2: ("Negative", "Positive"), 3: ("bad", "good", "so-so")}


def tweets(rows: int, classes: int = 2, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Texts and labels; one label in ten is wrong, some texts are empty or odd, some words are rare."""
    rng = random.Random(seed)
    texts, labels = [], []
    for row in range(rows):
        label = row % classes
        words = rng.choices(PLAIN.split(), k=rng.randint(0, 9)) + rng.choices(SIDES[label].split(), k=rng.randint(0, 3))
        words += [f"word{rng.randint(0, rows)}"] * rng.randint(0, 1)
        rng.shuffle(words)
        texts.append(rng.choice((" ", " ", "  ", "\n")).join(words))
        labels.append(rng.randrange(classes) if rng.random() < 0.1 else label)
    return texts, np.array(labels, dtype=np.int8)


@pytest.fixture(scope="session")
def dataset() -> Callable[..., Dataset]:
    """A function that makes a Dataset of so many rows."""

    def make(rows: int = 600, classes: int = 2, seed: int = 0) -> Dataset:
        texts, labels = tweets(rows, classes, seed)
        names = NAMES[classes]
        counts = dict(zip(names, np.bincount(labels, minlength=classes).tolist(), strict=True))
        findings = Findings("made up", "UTF-8", rows, rows, None, counts)
        return Dataset(texts, labels, names, findings, "0" * 64)

    return make
