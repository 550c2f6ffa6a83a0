"""Packed strings and numbers are what went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_image.packed import Strings, numbers


@given(st.lists(st.text() | st.sampled_from(["", "\n", "\U0001f600", "\ud800"])))
def test_the_same_strings_come_out_each_time(strings: list[str]) -> None:
    packed = Strings(strings)
    assert len(packed) == len(strings)
    assert list(packed) == strings == list(packed)


def test_many_strings_are_a_few_large_ones() -> None:
    strings = [f"word{number}" for number in range(5000)]
    kept = Strings(strings)
    held = [each for part in kept._parts for each in ([part] if isinstance(part, str) else part)]
    assert len(held) <= 5
    assert list(kept) == strings


@pytest.mark.parametrize("wrong", [[1], ["a", None], None, 5])
def test_what_is_no_string_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        Strings(wrong)  # type: ignore[arg-type]


@given(st.lists(st.floats(allow_nan=False)))
def test_numbers_keep_all_their_digits(values: list[float]) -> None:
    assert list(numbers(values)) == values


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError):
        numbers([1.0, None])  # type: ignore[list-item]
