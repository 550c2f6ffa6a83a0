"""Settling values: questions as data, answered by flag, environment, file, person or default, in that order.

It knows nothing of terminals: a `Prompter` asks, or None where nobody can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sentiment_cli.errors import InputError

TYPE_ANOTHER = object()  # the choice that leads to a free line


@dataclass(frozen=True)
class Choice:
    """One item to pick; the hint says what decides for or against it."""

    value: Any
    title: str
    hint: str = ""


@dataclass(frozen=True)
class Answer:
    """A value and where it came from: flag, environment, sentiment.toml, answer, default, or a file's name."""

    value: Any
    source: str

    @property
    def is_said(self) -> bool:
        """Whether somebody said it, now or in the file, so that it is worth writing down."""
        return self.source in ("flag", "environment", "answer", "sentiment.toml")


class Answers(dict[str, Answer]):
    """Settled answers by dotted key."""

    def value(self, key: str) -> Any:
        """The value settled for `key`, or None."""
        return self[key].value if key in self else None


class Prompter(Protocol):
    """A person, as questions see them."""

    def choose(self, text: str, choices: Sequence[Choice], default: Any) -> Any: ...

    def type_in(self, text: str, default: str, problem: Callable[[str], str | None], *, path: bool = False) -> str: ...

    def confirm(self, text: str, *, default: bool) -> bool: ...


def _nothing(_: Answers) -> Any:
    return None


@dataclass(frozen=True)
class Question:
    """One value to settle.

    `key` is its place in sentiment.toml, `flag` what a script passes. `default` may depend on earlier answers.
    `suggestion` is only put before a person, to accept with Enter: a script must give the value itself where it is
    `required`, for a guess would decide where data goes. `problem` says why a value cannot be, or None. `when` says
    whether the value means anything after the earlier answers, `asked` whether it is worth a person's time; a question
    without `text` is never put to a person.
    """

    key: str
    flag: str
    text: str = ""
    default: Callable[[Answers], Any] = _nothing
    default_source: str = "default"
    choices: Callable[[Answers], Sequence[Choice]] | None = None
    another: str = ""
    another_is_path: bool = False
    problem: Callable[[Any, Answers], str | None] = lambda value, answers: None
    warning: Callable[[Any], str] = lambda value: ""
    when: Callable[[Answers], bool] = lambda answers: True
    asked: Callable[[Answers], bool] = lambda answers: True
    suggestion: Callable[[Answers], Any] = _nothing
    required: bool = False
    goes_with: str = ""
    """The flag that makes the value mean something, for whoever gave it without."""

    def named(self, answer: Answer) -> str:
        """The value as it was given; one of the environment by its variable, which the flag alone would not lead to."""
        if answer.source == "environment":
            variable = f"SENTIMENT_{self.flag.lstrip('-').replace('-', '_').upper()}"
            return f"{variable}={answer.value!s} (it stands for {self.flag})"
        return f"{self.flag} {answer.value!s} (from {answer.source})"


@dataclass
class Settling:
    """One pass over the questions."""

    given: Mapping[str, Answer]
    in_file: Mapping[str, Any]
    prompter: Prompter | None
    revisit: bool = True
    answers: Answers = field(default_factory=Answers)
    missing: list[Question] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def put(self, question: Question) -> None:
        """Settle one question, or note that it is missing or wrong."""
        known = self._known(question)
        again = self.revisit and self.prompter and question.text
        if known is None or (again and known.source == "sentiment.toml"):
            known = self._ask(question, known)
        if known is None:
            return
        why = question.problem(known.value, self.answers)
        if why:
            self.problems.append(f"{question.named(known)}: {why}")
        self.answers[question.key] = known

    def _known(self, question: Question) -> Answer | None:
        if question.key in self.given:
            return self.given[question.key]
        if question.key in self.in_file:
            return Answer(self.in_file[question.key], "sentiment.toml")
        return None

    def _ask(self, question: Question, filed: Answer | None) -> Answer | None:
        preset = filed or self._default(question)
        if self.prompter is None or not question.text or not question.asked(self.answers):
            if question.required and preset is None:
                self.missing.append(question)
            return preset
        shown = preset.value if preset else question.suggestion(self.answers)
        value = put_to(self.prompter, question, shown, self.answers)
        return preset if preset is not None and value == preset.value else Answer(value, "answer")

    def _default(self, question: Question) -> Answer | None:
        value = question.default(self.answers)
        return None if value is None else Answer(value, question.default_source)


def settle(
    questions: Sequence[Question],
    given: Mapping[str, Answer],
    in_file: Mapping[str, Any],
    prompter: Prompter | None,
    *,
    revisit: bool = True,
) -> Answers:
    """Settle every question that applies; with `revisit` a person sees what is in the file again, to change it.

    Raises InputError that lists all that is missing or wrong at once, with the flag for each.
    """
    settling = Settling(given, in_file, prompter, revisit)
    for question in questions:
        if question.when(settling.answers):
            settling.put(question)
        elif question.key in given:
            said = given[question.key]
            which = question.named(said) if said.source == "environment" else question.flag
            settling.problems.append(f"{which} goes only with {question.goes_with or 'other values'}.")
    if settling.missing:
        raise missing_error(settling.missing, settling.problems, settling.answers)
    if settling.problems:
        raise InputError(
            "Some values cannot be used." if len(settling.problems) > 1 else "A value cannot be used.",
            "\n".join(settling.problems),
            f"Correct {'them' if len(settling.problems) > 1 else 'it'} and run the command again.",
            code="bad-value",
        )
    return settling.answers


def missing_error(missing: Sequence[Question], problems: Sequence[str], answers: Answers) -> InputError:
    """All that a script has still to pass, what a person would be offered for it, and what is wrong with the rest."""
    flags = [question.flag for question in missing]
    offered = " ".join(f"{each.flag} {value}" for each in missing if (value := each.suggestion(answers)) is not None)
    return InputError(
        f"{len(flags)} value{'s are' if len(flags) > 1 else ' is'} missing: {', '.join(flags)}.",
        "\n".join(["Nobody can be asked: there is no terminal, or --no-input was given.", *problems]),
        "Pass " + " ".join(f"{question.flag} {_metavar(question)}" for question in missing)
        + ", set the matching SENTIMENT_... variables, or run in a terminal."
        + (f" In a terminal Enter would take {offered}." if offered else ""),
        code="missing-input",
    )  # fmt: skip


def put_to(prompter: Prompter, question: Question, preset: Any, answers: Answers) -> Any:
    """Ask until the answer will do; a value that needs a warning is confirmed, with No as the default."""
    while True:
        value = _answer(prompter, question, preset, answers)
        warning = question.warning(value)
        if not warning or prompter.confirm(warning, default=False):
            return value


def _answer(prompter: Prompter, question: Question, preset: Any, answers: Answers) -> Any:
    def problem(text: str) -> str | None:
        return question.problem(text, answers)

    if question.choices is None:
        return prompter.type_in(question.text, str(preset or ""), problem)
    choices = list(question.choices(answers))
    if question.another:
        if preset is not None and all(each.value != preset for each in choices):
            choices.insert(0, Choice(preset, str(preset)))
        choices.append(Choice(TYPE_ANOTHER, question.another))
    value = prompter.choose(question.text, choices, preset)
    if value is TYPE_ANOTHER:
        return prompter.type_in(f"{question.another}:", "", problem, path=question.another_is_path)
    return value


def _metavar(question: Question) -> str:
    return question.flag.lstrip("-").split("-")[-1].upper()
