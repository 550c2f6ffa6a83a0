"""The hold-out: every class in proportion, no text on both sides, the seed alone decides."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.training.split import hold_out

NAMES = ("bad", "good", "meh")
SIZES = (700, 200, 100)


def rows() -> tuple[list[str], np.ndarray]:
    labels = np.repeat(np.arange(3, dtype=np.int8), SIZES)
    return [f"text {row}" for row in range(len(labels))], labels


@pytest.mark.parametrize("part", [0.1, 0.2, 0.25, 0.5])
def test_every_class_is_kept_aside_in_proportion(part: float) -> None:
    texts, labels = rows()
    learn, aside = hold_out(texts, labels, NAMES, part, 0)
    assert np.bincount(labels[aside]).tolist() == [part * size for size in SIZES]
    assert sorted([*learn.tolist(), *aside.tolist()]) == list(range(len(texts)))


def test_the_seed_alone_decides() -> None:
    texts, labels = rows()
    first, again, other = (hold_out(texts, labels, NAMES, 0.2, seed)[1].tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_it_is_drawn_and_not_cut_off() -> None:
    texts, labels = rows()
    aside = hold_out(texts, labels, NAMES, 0.2, 0)[1]
    of_the_first_class = aside[labels[aside] == 0]
    assert 0.4 < np.mean(of_the_first_class < 350) < 0.6


def test_copies_of_a_text_stand_on_one_side() -> None:
    rng = np.random.default_rng(0)
    texts = [f"{'Text' if row % 2 else 'TEXT'} {rng.integers(0, 60)}" for row in range(600)]
    labels = rng.integers(0, 2, 600).astype(np.int8)
    learn, aside = hold_out(texts, labels, NAMES[:2], 0.25, 0)
    assert not {texts[i].lower() for i in learn} & {texts[i].lower() for i in aside}
    assert 0.15 < len(aside) / len(texts) < 0.35


def test_one_huge_group_of_copies_does_not_empty_a_side() -> None:
    texts = ["rt this"] * 500 + [f"text {n}" for n in range(100)]
    labels = np.array([0] * 550 + [1] * 50, dtype=np.int8)
    for seed in range(10):
        learn, aside = hold_out(texts, labels, NAMES[:2], 0.2, seed)
        assert set(labels[learn]) == set(labels[aside]) == {0, 1}


@pytest.mark.parametrize("part", [0.001, 0.999])
def test_every_class_is_on_both_sides_however_small_the_part(part: float) -> None:
    texts, labels = rows()
    learn, aside = hold_out(texts, labels, NAMES, part, 0)
    assert set(labels[learn]) == set(labels[aside]) == {0, 1, 2}


def test_a_class_of_one_text_cannot_be_split() -> None:
    texts = [f"text {n}" for n in range(10)] + ["same", "SAME", "Same"]
    labels = np.array([0] * 10 + [1] * 3, dtype=np.int8)
    with pytest.raises(InputError) as caught:
        hold_out(texts, labels, ("bad", "good"), 0.2, 0)
    assert caught.value.code == "too-alike"
    assert "good" in caught.value.why
