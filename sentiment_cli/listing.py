"""How scorer.json lists a model's terms: as words and pairs of words where they are that, else as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server_image.scorer import by_words


def list_terms(terms: Sequence[str], options: Mapping[str, Any], rarity: Sequence[float]) -> tuple[Any, list[int]]:
    """What `server_image.listed` reads, and the columns of its terms in their order there.

    `terms` are in the order of their columns, and `rarity` has a number for each: the commonest words come first, so
    that they are neighbours in a server's memory. Of words and pairs those are left out that no text can yield.
    """
    if not by_words(options):
        return list(terms), [*range(len(terms))]
    low, high = options["ngram_range"]
    singles: dict[str, int] = {}
    pairs: list[tuple[str, str, int]] = []
    for column, term in enumerate(terms):
        first, *others = term.split(" ")
        if not others and low == 1:
            singles[first] = column
        elif len(others) == 1 and high == 2 and first and others[0]:
            pairs.append((first, others[0], column))
    words = sorted(singles, key=lambda word: rarity[singles[word]])
    places = {word: place for place, word in enumerate(words)}
    for first, second, _ in pairs:
        places.setdefault(first, len(places))
        places.setdefault(second, len(places))
    behind: list[list[int]] = [[] for _ in places]
    columns: list[list[int]] = [[] for _ in places]
    for first, second, column in pairs:
        behind[places[first]].append(places[second])
        columns[places[first]].append(column)
    listed = {"words": [*places], "alone": len(words), "behind": behind}
    return listed, [*map(singles.__getitem__, words), *(column for each in columns for column in each)]
