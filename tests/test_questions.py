"""Settling values: precedence, what is missing, and what a person may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sentiment_cli.errors import InputError
from sentiment_cli.questions import TYPE_ANOTHER, Answer, Choice, Question, settle


class Person:
    """Answers in order, and remembers what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def choose(self, text: str, choices: Sequence[Choice], default: Any) -> Any:
        self.asked.append(text)
        answer = self.answers.pop(0)
        return default if answer is None else answer

    def type_in(self, text: str, default: str, problem: Callable[[str], str | None], *, path: bool = False) -> str:
        self.asked.append(text)
        answer = self.answers.pop(0)
        return default if answer is None else str(answer)

    def confirm(self, text: str, *, default: bool) -> bool:
        self.asked.append(text)
        answer = self.answers.pop(0)
        return default if answer is None else bool(answer)


COLOUR = Question("colour", "--colour", "Colour", default=lambda answers: "red")
PLACE = Question("place", "--place", "Place", required=True, suggestion=lambda answers: "here")
DATE = Question("date", "--start-date", "Date", required=True)


def test_flag_beats_file_beats_answer_beats_default() -> None:
    given = {"colour": Answer("green", "flag")}
    assert settle([COLOUR], given, {"colour": "blue"}, Person())["colour"] == Answer("green", "flag")
    assert settle([COLOUR], {}, {"colour": "blue"}, None)["colour"] == Answer("blue", "sentiment.toml")
    assert settle([COLOUR], {}, {}, Person("black"))["colour"] == Answer("black", "answer")
    assert settle([COLOUR], {}, {}, None)["colour"] == Answer("red", "default")


def test_a_flag_given_is_a_prompt_not_asked() -> None:
    person = Person()
    settle([COLOUR], {"colour": Answer("green", "flag")}, {}, person)
    assert person.asked == []


def test_the_file_fills_the_prompt_in_and_enter_keeps_it() -> None:
    person = Person(None)
    assert settle([COLOUR], {}, {"colour": "blue"}, person)["colour"] == Answer("blue", "sentiment.toml")
    assert person.asked == ["Colour"]


def test_without_a_person_all_that_is_missing_is_listed_at_once() -> None:
    with pytest.raises(InputError) as caught:
        settle([COLOUR, PLACE, DATE], {}, {}, None)
    assert "--place" in caught.value.what
    assert "--start-date" in caught.value.what
    assert "--colour" not in caught.value.what
    assert caught.value.exit_code == 2


def test_a_suggestion_is_for_people_only() -> None:
    with pytest.raises(InputError) as caught:
        settle([PLACE, DATE], {}, {}, None)
    assert caught.value.fix.endswith("In a terminal Enter would take --place here.")
    assert settle([PLACE], {}, {}, Person(None))["place"] == Answer("here", "answer")


def test_all_bad_values_are_listed_at_once() -> None:
    picky = Question("a", "--a", problem=lambda value, answers: "too small")
    other = Question("b", "--b", problem=lambda value, answers: "too big")
    with pytest.raises(InputError) as caught:
        settle([picky, other], {"a": Answer(1, "flag"), "b": Answer(2, "environment")}, {}, None)
    assert "--a 1 (from flag): too small" in caught.value.why
    assert "SENTIMENT_B=2 (it stands for --b): too big" in caught.value.why


def test_a_value_that_means_nothing_here_is_refused_not_dropped() -> None:
    never = Question("a", "--a", when=lambda answers: False)
    with pytest.raises(InputError, match="cannot be used"):
        settle([never], {"a": Answer(1, "flag")}, {}, None)
    assert "a" not in settle([never], {}, {}, None)
    sized = Question("size", "--memory-mb", when=lambda answers: False, goes_with="--endpoint serverless")
    with pytest.raises(InputError) as caught:
        settle([sized], {"size": Answer(2048, "environment")}, {}, None)
    assert caught.value.why == (
        "SENTIMENT_MEMORY_MB=2048 (it stands for --memory-mb) goes only with --endpoint serverless."
    )


def test_a_dangerous_choice_needs_a_second_yes() -> None:
    question = Question(
        "auth",
        "--auth",
        "Who?",
        choices=lambda answers: [Choice("key", "Key"), Choice("none", "None")],
        default=lambda answers: "key",
        warning=lambda value: "Open?" if value == "none" else "",
    )
    person = Person("none", None, "key")
    assert settle([question], {}, {}, person).value("auth") == "key"
    assert person.asked == ["Who?", "Open?", "Who?"]
    assert settle([question], {}, {}, Person("none", True)).value("auth") == "none"


def test_another_value_can_be_typed() -> None:
    question = Question("type", "--type", "Type", choices=lambda answers: [Choice("a", "A")], another="Another")
    assert settle([question], {}, {}, Person(TYPE_ANOTHER, "c")).value("type") == "c"


def test_questions_see_earlier_answers() -> None:
    second = Question("b", "--b", "B", default=lambda answers: answers.value("colour") + "ish")
    assert settle([COLOUR, second], {}, {}, Person("grey", None)).value("b") == "greyish"
