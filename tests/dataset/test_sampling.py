"""A limit draws a random part with every class in proportion, whatever order the rows are in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sentiment_cli.dataset import read
from sentiment_cli.dataset.sampling import draw, shares

from .conftest import as_csv

Save = Callable[..., Path]
ROWS = [(f"text number {n}", "yes" if n % 4 == 0 else "no") for n in range(4000)]


def test_classes_stay_in_proportion(save: Save) -> None:
    data = read(save(as_csv(ROWS)), limit=400)
    assert data.findings.per_label == {"Negative": 300, "Positive": 100}
    assert (data.findings.rows, data.findings.available) == (400, 4000)
    assert "400 rows, a random part of 4,000 with every label in proportion" in data.findings.lines()


def test_the_order_of_the_file_makes_no_difference(save: Save) -> None:
    repeated = [*ROWS, *ROWS[:1000], *((text, "yes") for text, _ in ROWS[:100])]
    shuffled = random.Random(1).sample(repeated, len(repeated))
    by_label = sorted(repeated, key=lambda row: row[1])
    parts = [read(save(as_csv(rows)), limit=500, seed=7) for rows in (repeated, shuffled, by_label)]
    assert len({part.sha256 for part in parts}) == 1
    assert parts[0].texts == parts[1].texts == parts[2].texts


def test_labels_stay_with_their_texts_and_rows_are_drawn_once(save: Save) -> None:
    data = read(save(as_csv(ROWS)), limit=1000)
    labels = dict(ROWS)
    assert [labels[text] for text in data.texts] == [("no", "yes")[label] for label in data.labels]
    assert len(set(data.texts)) == 1000


def test_the_seed_decides_which_rows(save: Save) -> None:
    path = save(as_csv(ROWS))
    first, again, other = (read(path, limit=400, seed=seed) for seed in (1, 1, 2))
    assert first.sha256 == again.sha256
    assert len(set(first.texts) & set(other.texts)) < 120


def test_the_part_is_spread_over_the_file(save: Save) -> None:
    numbers = [int(text.split()[-1]) for text in read(save(as_csv(ROWS)), limit=1000).texts]
    quarters = Counter(number // 1000 for number in numbers)
    assert all(200 < quarters[quarter] < 300 for quarter in range(4))
    assert numbers != sorted(numbers)


def test_copies_of_a_text_are_drawn_one_by_one() -> None:
    texts = ["the same"] * 2000 + [f"text {n}" for n in range(2000)]
    drawn = draw(texts, np.zeros(4000, dtype=np.int8), 1000, 0)
    assert 430 < sum(texts[i] == "the same" for i in drawn) < 570


def test_a_limit_above_the_rows_takes_them_all_and_says_so(save: Save) -> None:
    path = save(as_csv(ROWS))
    data = read(path, limit=100_000)
    assert data.sha256 == read(path).sha256
    assert "4,000 rows, all there are: the limit of 100,000 leaves none out" in data.findings.lines()


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(any), st.integers(0, 30_000))
def test_shares_add_up_and_are_within_one_of_the_exact_proportion(counts: list[int], limit: int) -> None:
    given_ = shares(counts, limit)
    assert sum(given_) == min(limit, sum(counts))
    for share, count in zip(given_, counts, strict=True):
        assert share <= count
        assert abs(share - count * min(1, limit / sum(counts))) < 1 + 1e-9
