"""What label values mean: known names of two classes, own names for anything else, and what the user says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_cli.dataset import Dataset, read
from sentiment_cli.errors import InputError

from .conftest import as_csv

Save = Callable[..., Path]


def labelled(save: Save, counts: dict[str, int], **options: str) -> Dataset:
    """A file with so many rows of each label value, read."""
    rows = [(f"text {value} {n}", value) for value, count in counts.items() for n in range(count)]
    return read(save(as_csv(rows)), **options)


@pytest.mark.parametrize(
    ("negative", "positive"),
    [
        ("0", "1"),
        ("0", "4"),
        ("-1", "1"),
        ("-1", "+1"),
        ("0.0", "1.0"),
        ("False", "True"),
        ("neg", "pos"),
        ("negative", "positive"),
        (" NEGATIVE ", "Positive"),
        ("bad", "good"),
        ("no", "yes"),
    ],
)
def test_known_pairs_become_negative_and_positive(negative: str, positive: str, save: Save) -> None:
    data = labelled(save, {positive: 30, negative: 20})
    assert data.names == ("Negative", "Positive")
    assert data.findings.per_label == {"Negative": 20, "Positive": 30}
    assert data.labels.tolist() == [1] * 30 + [0] * 20


def test_one_class_may_be_spelt_in_several_ways(save: Save) -> None:
    data = labelled(save, {"pos": 15, "Positive": 15, "POS ": 15, "neg": 30})
    assert data.findings.per_label == {"Negative": 30, "Positive": 45}


def test_unknown_pairs_keep_their_names_in_sorted_order(save: Save) -> None:
    data = labelled(save, {"spam": 30, "ham": 15, "Ham": 25, " ham": 1})
    assert data.names == ("Ham", "spam")
    assert data.findings.per_label == {"Ham": 41, "spam": 30}


@pytest.mark.parametrize(
    "options", [{"positive": "ham"}, {"negative": "SPAM "}, {"positive": "ham", "negative": "spam"}]
)
def test_the_user_says_which_is_which(options: dict[str, str], save: Save) -> None:
    data = labelled(save, {"spam": 30, "ham": 25}, **options)
    assert data.findings.per_label == {"Negative": 30, "Positive": 25}


def test_three_classes_keep_their_names(save: Save) -> None:
    data = labelled(save, {"positive": 20, "Neutral": 20, "negative": 20})
    assert data.names == ("negative", "Neutral", "positive")
    assert labelled(save, {"1": 20, "0": 20, "-1": 20, "10": 20}).names == ("-1", "0", "1", "10")


def test_naming_two_of_three_leaves_the_third_out_and_says_so(save: Save) -> None:
    data = labelled(save, {"happy": 20, "meh": 50, "angry": 30}, positive="happy", negative="angry")
    assert data.findings.per_label == {"Negative": 30, "Positive": 20}
    assert "Left out: 50 rows, label 'meh' is neither positive nor negative" in data.findings.lines()


def test_ratings_come_with_advice_that_works(save: Save) -> None:
    counts = {str(stars): 20 + stars for stars in range(1, 6)}
    data = labelled(save, counts)
    assert data.names == ("1", "2", "3", "4", "5")
    assert "`--negative 1,2 --positive 4,5`" in data.findings.lines()[-1]
    told = labelled(save, counts, negative="1,2", positive="4,5")
    assert told.findings.per_label == {"Negative": 43, "Positive": 49}
    assert sum(told.findings.left_out.values()) == 23


def test_a_value_with_a_comma_in_it_can_be_named(save: Save) -> None:
    assert (
        labelled(save, {"yes, really": 20, "oh no": 20}, positive="Yes, really").labels.tolist() == [1] * 20 + [0] * 20
    )


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"positive": "great"}, "no-such-label"),
        ({"positive": "a"}, "labels-unclear"),
        ({"positive": "a,b", "negative": "b"}, "label-given-twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, str], code: str, save: Save) -> None:
    with pytest.raises(InputError) as caught:
        labelled(save, {"a": 20, "b": 20, "c": 20}, **options)
    assert caught.value.code == code
    assert "a, b, c" in caught.value.why or code == "label-given-twice"


def test_a_few_misspelt_labels_are_errors_of_the_file_not_classes(save: Save) -> None:
    data = labelled(save, {"positive": 1000, "negative": 1000, "postive": 3, "??": 1})
    assert data.names == ("Negative", "Positive")
    assert [(bad.line, bad.reason) for bad in data.findings.first_malformed] == [
        (2002, "unknown label 'postive'"),
        (2005, "unknown label '??'"),
    ]
    assert data.findings.malformed == 4
    half = labelled(save, {"ham": 1000, "spam": 1000, "spma": 3}, positive="ham")
    assert half.findings.per_label == {"Negative": 1000, "Positive": 1000}
    assert half.findings.malformed == 3


@pytest.mark.parametrize("distinct", [51, 400])
def test_a_column_of_too_many_values_does_not_hold_labels(distinct: int, save: Save) -> None:
    rows = [(f"text {n}", f"value {n % distinct}", f"name{n}") for n in range(400)]
    path = save(as_csv(rows, header=("text", "place", "user")))
    with pytest.raises(InputError) as caught:
        read(path, label_column="place")
    assert caught.value.code == "wrong-label-column"
    assert "text (such as text 0); place (such as value 0); user" in caught.value.why
