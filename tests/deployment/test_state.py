"""The journal: written whole or not at all, for this user's eyes, and never in the way when it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment_cli.deployment import teardown
from sentiment_cli.deployment.preflight import same_place
from sentiment_cli.deployment.state import FORMAT, REMEMBERED, Journal, State, load, path_of
from sentiment_cli.deployment.versions import Version, chosen
from sentiment_cli.errors import Refused
from sentiment_cli.events import Event, Note
from sentiment_cli.resources import Existing

from .small import somewhere


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(path_of(tmp_path, "dev"), State("tweets", "dev", "123456789012", "eu-west-1"))


def test_what_is_noted_is_read_again(journal: Journal, tmp_path: Path) -> None:
    journal.note("bucket", "b", "creating")
    journal.note("bucket", "b", "created")
    journal.note("role", "r", "creating")
    journal.deployed(version="abc", artifact="f" * 64, url="https://x/")
    state = load(tmp_path, "dev")
    assert state == journal.state
    assert {each.name: each.status for each in state.resources.values()} == {"b": "created", "r": "creating"}
    assert (state.version, state.url) == ("abc", "https://x/")
    assert path_of(tmp_path, "dev").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path_of(tmp_path, "dev").parent.iterdir()] == ["state.json"]


def test_going_back_twice_goes_further_back(journal: Journal) -> None:
    for version in ("a", "b", "a", "c"):
        journal.deployed(version=version, artifact="", url="")
    assert journal.state.served == ("b", "a", "c")
    journal.deployed(version="a", artifact="", url="", back=True)
    assert journal.state.served == ("b", "a")
    versions = [Version(f"p-dev-{each}", each, each == "a") for each in ("c", "b", "a")]
    assert chosen(versions, None, journal.state.served, "rollback").version == "b"


def test_of_what_has_served_the_latest_are_remembered(journal: Journal) -> None:
    assert REMEMBERED < 50
    versions = [f"v{number}" for number in range(REMEMBERED + 5)]
    for version in versions:
        journal.deployed(version=version, artifact="", url="")
    assert journal.state.served == tuple(versions[-REMEMBERED:])


def test_what_is_deleted_is_forgotten(journal: Journal, tmp_path: Path) -> None:
    journal.note("bucket", "b", "created")
    journal.note("bucket", "b", "deleting")
    journal.note("bucket", "b", "deleted")
    state = load(tmp_path, "dev")
    assert state is not None
    assert state.resources == {}
    journal.forget()
    journal.forget()
    assert load(tmp_path, "dev") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"project": 1}', b"\xff\xfe", b'{"format": 1}'])
def test_a_damaged_one_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    path = path_of(tmp_path, "dev")
    path.parent.mkdir()
    path.write_bytes(content)
    events: list[Event] = []
    assert load(tmp_path, "dev", events.append) is None
    assert path.with_name("state.damaged.json").read_bytes() == content
    assert [type(each) for each in events] == [Note]


def test_a_folder_in_its_place_is_set_aside_and_told(tmp_path: Path) -> None:
    path = path_of(tmp_path, "dev")
    for _ in range(2):
        (path / "something").mkdir(parents=True)
        events: list[Event] = []
        assert load(tmp_path, "dev", events.append) is None
        assert [type(each) for each in events] == [Note]
        Journal(path, State("tweets", "dev", "123456789012", "eu-west-1")).note("bucket", "b", "creating")
        assert load(tmp_path, "dev") is not None
        path.unlink()
    assert len(list(path.parent.glob("state.damaged-*.json/something"))) == 2


def test_one_of_a_newer_program_is_refused_and_kept(tmp_path: Path) -> None:
    path = path_of(tmp_path, "dev")
    path.parent.mkdir()
    path.write_text(f'{{"format": {FORMAT + 1}, "what": "ever"}}')
    with pytest.raises(Refused, match="newer sentiment-cli"):
        load(tmp_path, "dev")
    assert path.exists()


@pytest.mark.parametrize(
    ("account", "region", "code"), [("999999999999", "eu-west-1", "other-account"), ("", "us-east-1", "other-region")]
)
@pytest.mark.parametrize("noted", [True, False])
def test_a_stage_stays_where_it_is(journal: Journal, account: str, region: str, code: str, noted: bool) -> None:
    here = somewhere()
    same_place(journal.state, here)
    journal.state = State("tweets", "dev", account or here.account, region)
    same_place(journal.state, here)  # nothing was made there
    if noted:
        journal.note("endpoint", "e", "created")
    else:  # all of it was there, and is not this machine's work
        journal.deployed(version="a", artifact="", url="")
    with pytest.raises(Refused) as refused:
        same_place(journal.state, here)
    assert refused.value.code == code
    assert refused.value.exit_code == 5


def test_one_that_cannot_be_written_keeps_no_teardown_from_deleting(journal: Journal, tmp_path: Path) -> None:
    path_of(tmp_path, "dev").mkdir(parents=True)
    told: list[Event] = []
    record = teardown._Record(journal, told.append)
    record.note(Existing("endpoint", "e", lambda _: None), "deleting")
    record.note(Existing("endpoint", "e", lambda _: None), "deleted")
    record.forget()
    [note] = told
    assert isinstance(note, Note)
    assert note.level == "warning"
    assert "is deleted all the same" in note.text
