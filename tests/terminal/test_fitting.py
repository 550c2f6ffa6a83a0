"""What is shown fits the terminal: in columns and frames, or in lines; what is copied is never broken."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from sentiment_cli.capacity import Aim, Step
from sentiment_cli.deployment.planner import Cost
from sentiment_cli.resources import Existing
from sentiment_cli.terminal.capacity import steps_table
from sentiment_cli.terminal.console import Terminal, card, predictions, table
from sentiment_cli.terminal.deployment import inventory_table, plan_table
from sentiment_cli.terminal.fitting import whole

URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/api/"
Show = Callable[[Any, int], list[str]]
COMMAND = 'sentiment-cli invoke --stage prod --sandbox "Today was a great day!"'


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    """Shows something in a terminal of so many columns; the lines."""

    def show(what: Any, columns: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        Terminal().show(what)
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return show


@pytest.mark.parametrize("columns", [40, 60, 78])
def test_an_address_and_a_command_that_do_not_fit_stand_below_the_card(shown: Show, columns: int) -> None:
    lines = shown(card("The model is live", [("URL", URL), ("ask", COMMAND), ("price", "a word " * 20)]), columns)
    below = lines.index(next(line for line in lines if line.startswith("╰"))) + 1
    assert lines[below:][-2:] == ["ask", COMMAND]
    assert (lines[below:][:2] == ["URL", URL]) is (columns < 78)
    assert all(len(line) <= columns for line in lines[:below])
    assert len({len(line) for line in lines[:below]}) == 1


def test_a_card_with_room_is_a_frame_around_all(shown: Show) -> None:
    lines = shown(card("The model is live", [("URL", URL), ("ask", COMMAND)]), 100)
    assert (lines[0][0], lines[-1][0]) == ("╭", "╰")
    assert [line.strip("│ ") for line in lines[1:-1]] == [f"URL  {URL}", f"ask  {COMMAND}"]


def test_a_card_of_which_nothing_fits_keeps_its_title(shown: Show) -> None:
    assert shown(card("Here", [("URL", URL)]), 40) == ["Here", "URL", URL]


@pytest.mark.parametrize("value", [
    "/home/me/My Projects/tweets/.sentiment/sandbox/access.log", "~/My Projects/a b.log/" * 2,
    "file:///home/me/My Projects/tweets/report.html",
])  # fmt: skip
def test_a_path_with_a_space_is_one_piece(shown: Show, value: str) -> None:
    assert shown(card("Here", [("log", value), ("state", "it runs")]), 40)[-2:] == ["log", value]


def test_a_name_or_a_time_within_prose_is_not_broken(shown: Show) -> None:
    told = "tweets-dev, InService, since 2026-11-28T17:39:01+00:00"
    lines = shown(card("Here", [("endpoint", told), ("state", "it runs")]), 36)
    assert lines[-3:] == ["endpoint", "tweets-dev, InService, since", "2026-11-28T17:39:01+00:00"]


def test_a_card_of_nothing_is_its_title(shown: Show) -> None:
    assert shown(card("Here", []), 40) == ["Here"]


@pytest.mark.parametrize("what", [
    lambda: card("Live", [("URL", URL), ("ask", COMMAND), ("price", "a word " * 9)]),
    lambda: table(("a", "b", "c"), [(URL, "a word " * 9, "a word " * 9)], folds={1: 20, 2: 20}),
    lambda: table(("a", "b"), [(URL, "word")]),
], ids=["card", "folds", "name"])  # fmt: skip
def test_what_was_shown_narrow_is_the_same_again_in_a_wide_terminal(shown: Show, what: Callable[[], Any]) -> None:
    again = what()
    shown(again, 40)
    assert [shown(again, columns) for columns in (30, 60, 85, 100, 160)] == [
        shown(what(), columns) for columns in (30, 60, 85, 100, 160)
    ]


def test_what_is_left_whole_is_a_copy() -> None:
    text = Text(URL)
    assert whole(text).no_wrap
    assert text.no_wrap is None


@pytest.mark.parametrize("columns", [36, 80])
def test_a_text_without_spaces_is_folded(shown: Show, columns: int) -> None:
    lines = shown(predictions(["とても素晴らしい" * 12], [{"label": "Positive", "score": 0.5}], explain=False), columns)
    assert max(map(cell_len, lines)) <= columns
    assert "".join("".join(lines).split()).endswith("とても素晴らしい" * 12)


NAMES = [("endpoint configuration", "tweets-dev-0123456789ab"), ("log group", "/aws/sagemaker/Endpoints/tweets-dev")]


def test_names_are_left_whole(shown: Show) -> None:
    assert shown(table(("resource", "name"), NAMES), 60) == [
        "resource                name",
        "endpoint configuration  tweets-dev-0123456789ab",
        "log group               /aws/sagemaker/Endpoints/tweets-dev",
    ]
    narrow = [
        "endpoint configuration",
        "  tweets-dev-0123456789ab",
        "log group",
        "  /aws/sagemaker/Endpoints/tweets-dev",
    ]
    assert shown(table(("resource", "name"), NAMES), 50) == narrow
    assert shown(table(("resource", "name"), NAMES), 20) == narrow


def test_figures_are_named_where_there_are_no_columns(shown: Show) -> None:
    steps = [Step(Aim(0.1), 110.8, [0.01] * 20, {}), Step(Aim(0.1), 27.7, [0.01] * 20, {"throttled": 10})]
    assert shown(steps_table(steps), 80)[0].split() == ["requests/s", "sent", "p50", "p99", "failed", "client", "late"]
    assert shown(steps_table(steps), 40)[:2] == ["requests/s 110.8", "  sent 20 · p50 10.0 ms · p99 10.0 ms"]
    assert "  failed 10 throttled" in "\n".join(shown(steps_table(steps), 40))


def test_a_plan_puts_prose_and_names_under_the_resource(shown: Show) -> None:
    change = SimpleNamespace(
        action="create",
        kind="artifact",
        name="s3://bucket/artifacts/model.tar.gz",
        reason="it is not there, so make it",
    )
    made: Any = SimpleNamespace(changes=[change], cost=Cost(None, None, "free"), before=None)
    plan = plan_table(made, sandbox=False)
    assert shown(plan, 120)[1].split("  ")[-1] == "it is not there, so make it"
    assert shown(plan, 28)[:4] == [
        "+ create  artifact", "  s3://bucket/artifacts/model.tar.gz", "  it is not there, so make", "  it",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reason"),
    [("n" * 35, "r" * 35), ("a name of several words " * 2, "why " * 40), ("short", "why " * 40),
     ("日本語" * 20, "理由" * 30), ("n" * 35, "it is not there, so make it")],
)  # fmt: skip
def test_two_columns_that_fold_leave_no_line_too_long(shown: Show, name: str, reason: str) -> None:
    rows = [("+ create", "endpoint config", name, reason), ("= keep", "image", "tweets-dev", "it is there")]
    for columns in range(40, 141):
        lines = shown(table(("", "resource", "name", "why"), rows, folds={2: 32, 3: 20}, heading=2), columns)
        assert max(map(cell_len, lines)) <= columns
        assert "".join("".join(lines).split()).count(name.split()[0][:5]) >= 1


def test_columns_that_fold_share_the_room(shown: Show) -> None:
    told = table(("", "short", "long"), [("x", "a few words more", "many words " * 9)], folds={1: 8, 2: 10})
    assert shown(told, 50)[:2] == ["   short             long", "x  a few words more  many words many words many"]


def test_a_plan_breaks_no_name_at_any_width(shown: Show) -> None:
    digest = "137bc4d7e1c3" + "0" * 52
    names = ["tweets-dev", f"s3://p-dev-eec8752b1a/artifacts/{digest}/model.tar.gz", "tweets-dev-" + digest[:20]]
    changes = [
        SimpleNamespace(action="create", kind="endpoint configuration", name=name, reason=f"{names[2]} is not there")
        for name in names
    ]
    made: Any = SimpleNamespace(changes=changes, cost=Cost(None, None, "free"), before=None)
    for columns in range(40, 141):
        lines = shown(plan_table(made, sandbox=False), columns)
        text = "\n".join(lines)
        assert text.count(names[2]) == 4
        assert "s3://p-dev-eec8752b1a/artifacts/137bc4d7e1c3…/model.tar.gz" in text
        assert all(len(line) <= columns or line.startswith("  s3:") or line.strip() in names for line in lines)


@pytest.mark.parametrize(("sandbox", "told"), [(False, "bills"), (True, "would bill on AWS")])
def test_what_will_be_deleted_says_what_bills_and_of_a_rehearsal_what_would(
    shown: Show, sandbox: bool, told: str
) -> None:
    found = [Existing("endpoint", "tweets-dev", lambda _: None, bills=True), Existing("model", "m-1", lambda _: None)]
    assert shown(inventory_table(found, sandbox=sandbox), 80)[1:] == [
        f"- delete  endpoint  tweets-dev  {told}", "- delete  model     m-1",
    ]  # fmt: skip


def test_texts_and_their_words_are_broken_between_words(shown: Show) -> None:
    row = {"label": "Positive", "score": 0.5, "explanation": [{"word": "great", "weight": 0.5}]}
    told = predictions(["Today was a great day, or so it was said to be"], [row], explain=True)
    wide = " ".join(shown(told, 100)[1].split())
    assert wide == "Positive 0.500 Today was a great day, or so it was said to be +0.50 great"
    narrow = ["Positive  score 0.500", "  Today was a great day, or so", "  it was said to be", "  +0.50 great"]
    assert shown(told, 30) == narrow


@pytest.mark.parametrize("columns", [40, 100])
def test_what_to_type_next_is_left_whole(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    Terminal().next_steps((COMMAND, "ask it"), ("sentiment-cli train", "fit the model"))
    lines = [line.rstrip() for line in capsys.readouterr().err.splitlines()]
    wide = [f"  {COMMAND}  ask it", f"  {'sentiment-cli train':{len(COMMAND)}}  fit the model"]
    narrow = [f"  {COMMAND}", "      ask it", "  sentiment-cli train", "      fit the model"]
    assert lines == ["", "Next:", *(wide if columns == 100 else narrow)]
