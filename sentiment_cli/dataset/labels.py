"""What the values of a label column mean: the classes, in order, and the values that belong to none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sentiment_cli.errors import InputError

POLARITY = ("Negative", "Positive")
MOST_CLASSES = 50
FEWEST_ROWS = 20
_RARE = 0.01
_NEGATIVE = frozenset({"negative", "neg", "false", "bad", "no", "sad", "unhappy", "dislike", "-", "👎"})
_POSITIVE = frozenset({"positive", "pos", "true", "good", "yes", "happy", "like", "+", "👍"})
_NUMBERS = (("0", "1"), ("0", "4"), ("-1", "1"))


@dataclass(frozen=True)
class Classes:
    """`names` in class order; `index` takes a value as written in the file to its class.

    Values in neither `index` nor `left_out` (told to leave out, with the reason) are unknown: errors in the file.
    """

    names: tuple[str, ...]
    index: Mapping[str, int]
    left_out: Mapping[str, str] = field(default_factory=dict)


def plain(value: str) -> str:
    """A label value with case, outer spaces and a needless `.0` or `+` taken away."""
    text = value.strip().casefold()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e9 else text


def polarity(values: Collection[str]) -> tuple[set[str], set[str]] | None:
    """(negative, positive) values if all of these plain values are known names of the two, else None."""
    numbers = {value for value in values if value.lstrip("-").isdecimal()}
    words = set(values) - numbers
    negative, positive = words & _NEGATIVE, words & _POSITIVE
    if words - negative - positive:
        return None
    if numbers:
        pair = next((pair for pair in _NUMBERS if numbers <= set(pair)), None)
        if pair is None:
            return None
        negative, positive = negative | (numbers & {pair[0]}), positive | (numbers & {pair[1]})
    return negative, positive


def is_rating(values: Collection[str]) -> bool:
    """Four or more numbers in a row, as stars are."""
    if len(values) < 4 or not all(value.isdecimal() for value in values):
        return False
    numbers = sorted(int(value) for value in values)
    return numbers[-1] <= 10 and numbers == list(range(numbers[0], numbers[-1] + 1))


def halves(values: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(negative, positive) plain values as far as they can be told: known names, or the ends of a rating."""
    found = {plain(value) for value in values}
    known = polarity(found)
    if known and all(known):
        return tuple(sorted(known[0])), tuple(sorted(known[1]))
    if is_rating(found):
        numbers = sorted(found, key=int)
        third = (len(numbers) - 1) // 2
        return tuple(numbers[:third]), tuple(numbers[-third:])
    return (), ()


def resolve(counts: Mapping[str, int], positive: str | None, negative: str | None) -> Classes:
    """The classes among label values as written with their counts.

    Two-class data becomes ("Negative", "Positive") where its names are known or `positive` / `negative` say which is
    which (one value, or several parted by commas); anything else keeps its own names, sorted. Raises InputError if a
    value given is not in the data, or there are too many values to be labels.
    """
    if positive or negative:
        return _as_told(counts, positive, negative)
    known = _mostly_known(counts)
    if known:
        return _two(counts, *known)
    names = _own_names(counts)
    order = sorted(names, key=_number_or_name)
    return Classes(tuple(names[key] for key in order), {value: order.index(plain(value)) for value in counts})


def sentiment140(counts: Mapping[str, int]) -> Classes:
    """The classes of Sentiment140: 0 and 4; its small test file also has 2, neutral, which is left out."""
    index = {value: int(plain(value) == "4") for value in counts if plain(value) in {"0", "4"}}
    return Classes(POLARITY, index, {value: "neutral (label 2)" for value in counts if plain(value) == "2"})


def _as_told(counts: Mapping[str, int], positive: str | None, negative: str | None) -> Classes:
    values = {plain(value) for value in counts}
    wanted_positive, wanted_negative = _given(values, positive, "--positive"), _given(values, negative, "--negative")
    rest = values - wanted_positive - wanted_negative
    if not wanted_positive or not wanted_negative:
        other = rest - _slips(counts)
        if len(other) > 1:
            raise _half_told(counts, bool(positive))
        wanted_positive, wanted_negative = wanted_positive or other, wanted_negative or other
        return _two(counts, wanted_negative, wanted_positive)
    if wanted_positive & wanted_negative:
        raise InputError(
            "The same label value is given as positive and as negative.",
            f"Both name {', '.join(sorted(wanted_positive & wanted_negative))}.",
            "Give each value to one of `--positive` and `--negative`.",
            code="label-given-twice",
        )
    index = {value: int(plain(value) in wanted_positive) for value in counts if plain(value) not in rest}
    left_out = {
        value: f"label {value.strip()!r} is neither positive nor negative" for value in counts if plain(value) in rest
    }
    return Classes(POLARITY, index, left_out)


def _given(values: set[str], given: str | None, flag: str) -> set[str]:
    if not given:
        return set()
    wanted = {plain(given)} if plain(given) in values else {plain(part) for part in given.split(",") if part.strip()}
    missing = wanted - values
    if missing:
        raise InputError(
            f"`{flag}` names a label that is not in the data: {', '.join(sorted(missing))}.",
            f"The labels in the data are {_listed(values)}.",
            f"Give `{flag}` one of these, or several parted by commas.",
            code="no-such-label",
        )
    return wanted


def _half_told(counts: Mapping[str, int], told_positive: bool) -> InputError:
    missing = "--negative" if told_positive else "--positive"
    return InputError(
        "It is not clear which labels are which.",
        f"The data has {_listed({plain(value) for value in counts})}, and only one side is named.",
        f"Name the other side with `{missing}`; rows with any further label are then left out.",
        code="labels-unclear",
    )


def _mostly_known(counts: Mapping[str, int]) -> tuple[set[str], set[str]] | None:
    """Known names of both sides, beside which only a few rows say anything else: those are slips, not classes."""
    values = {plain(value) for value in counts}
    known = polarity(values) or polarity(values - _slips(counts))
    return known if known and all(known) else None


def _slips(counts: Mapping[str, int]) -> set[str]:
    """Plain values so rare that they are more likely errors than classes."""
    total: dict[str, int] = {}
    for value, count in counts.items():
        total[plain(value)] = total.get(plain(value), 0) + count
    few = min(FEWEST_ROWS, _RARE * sum(total.values()))
    return {value for value, count in total.items() if count < few}


def _two(counts: Mapping[str, int], negative: set[str], positive: set[str]) -> Classes:
    return Classes(
        POLARITY, {value: int(plain(value) in positive) for value in counts if plain(value) in negative | positive}
    )


def _own_names(counts: Mapping[str, int]) -> dict[str, str]:
    """Plain value -> the spelling used most."""
    names: dict[str, str] = {}
    for value in sorted(counts, key=lambda value: (-counts[value], value)):
        names.setdefault(plain(value), value.strip())
    return names


def _number_or_name(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value


def _listed(values: Collection[str]) -> str:
    shown = sorted(values, key=_number_or_name)
    return ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")
