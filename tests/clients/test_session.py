"""The way into AWS: whose credentials they are, and what is said where there are none, wrong ones, or no such place."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sentiment_cli import __version__
from sentiment_cli.clients import session
from sentiment_cli.clients.patience import Patience
from sentiment_cli.clients.session import Aws, connect
from sentiment_cli.errors import CredentialsError, InputError, Interrupted, SentimentError
from sentiment_cli.sandbox import ACCOUNT, Sandbox


@pytest.fixture
def sandboxed(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment leads to the sandbox; credentials are there too."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes the user's AWS configuration."""

    def write(text: str) -> None:
        path = tmp_path / "config"
        path.write_text(text)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
        monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)

    return write


def refused(kind: type[SentimentError], region: str = "us-east-1", profile: str | None = None) -> SentimentError:
    with pytest.raises(kind) as caught:
        connect(region, profile)
    return caught.value


@pytest.mark.usefixtures("sandboxed")
def test_aws_says_whose_credentials_these_are() -> None:
    aws = connect("eu-west-1")

    assert (aws.account, aws.region, aws.partition) == (ACCOUNT, "eu-west-1", "aws")
    assert aws.caller.startswith(f"arn:aws:sts::{ACCOUNT}:")
    assert aws.endpoint_url == connect("us-east-1").endpoint_url != ""


@pytest.mark.usefixtures("sandboxed")
def test_a_profile_is_taken(configuration: Any) -> None:
    configuration("[profile work]\naws_access_key_id = SANDBOX210987654321\naws_secret_access_key = s\n")

    assert connect("us-east-1", "work").account == "210987654321"


def test_no_secret_is_shown_of_it(aws: Aws, running: Sandbox) -> None:
    assert running.secret_key not in repr(aws)
    assert running.access_key not in repr(aws)


@pytest.mark.usefixtures("sandboxed")
def test_without_credentials_it_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    error = refused(CredentialsError)

    assert (error.exit_code, error.code) == (4, "no-credentials")
    assert "aws configure" in error.fix
    assert "--sandbox" in error.fix


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the service of EC2 that gives a machine its credentials is asked for; it knows none."""
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_GET(self) -> None:
            self.do_PUT()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("on_ec2", [False, True])
def test_a_glance_without_credentials_asks_nobody_who_may_not_be_there(
    metadata: list[str], monkeypatch: pytest.MonkeyPatch, on_ec2: bool
) -> None:
    monkeypatch.setattr(session, "is_ec2", lambda: on_ec2)
    assert session.glance("eu-west-1") is None
    assert bool(metadata) is on_ec2


@pytest.mark.usefixtures("sandboxed")
def test_a_glance_with_credentials_is_soon_over() -> None:
    found = session.glance("eu-west-1")
    assert found is not None
    assert (found.account, found.patience.attempts) == (ACCOUNT, 2)


@pytest.mark.usefixtures("sandboxed")
def test_a_wrong_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")

    error = refused(CredentialsError)

    assert (error.exit_code, error.code) == (4, "InvalidClientTokenId")
    assert error.what == "Cannot ask AWS whose credentials these are."
    assert "aws sts get-caller-identity" in error.fix
    assert "AKIAIOSFODNN7EXAMPLE" not in str(error.as_dict())


@pytest.mark.usefixtures("sandboxed")
def test_half_a_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert refused(CredentialsError).exit_code == 4


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize("named_by", ["option", "environment"])
def test_a_profile_that_is_not_there_is_told_with_those_that_are(
    configuration: Any, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    configuration("[profile work]\n[profile home]\n")
    if named_by == "environment":
        monkeypatch.setenv("AWS_PROFILE", "wrok")

    error = refused(InputError, profile="wrok" if named_by == "option" else None)

    assert (error.exit_code, error.code) == (2, "no-profile")
    assert error.what == "There is no AWS profile 'wrok'."
    assert error.why == "Known profiles: home, work."


@pytest.mark.usefixtures("sandboxed")
def test_a_broken_configuration_is_told(configuration: Any) -> None:
    configuration("this is no configuration\n")

    error = refused(SentimentError)

    assert error.code == "ConfigParseError"
    assert "HTTPS_PROXY" not in error.fix


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("eu-wset-1", "Near it: eu-west-"),
        ("us-east1", "Near it: us-east-1"),
        ("Frankfurt", "There are 34 of them"),
        ("", "There are 34 of them"),
    ],
)
def test_a_region_that_is_none_is_told_before_anything_is_asked(region: str, why: str) -> None:
    error = refused(InputError, region)

    assert (error.exit_code, error.code) == (2, "no-such-region")
    assert error.why.startswith(why)


@pytest.mark.usefixtures("sandboxed")
def test_where_nothing_listens_the_address_or_the_network_is_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FIRST_ATTEMPTS", 1)
    for variable, remedy in (("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL"), ("AWS_ENDPOINT_URL_STS", "HTTPS_PROXY")):
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
        error = refused(SentimentError)
        assert (error.exit_code, error.code) == (1, "EndpointConnectionError")
        assert remedy in error.fix


def test_clients_are_made_once_and_say_who_asks(aws: Aws) -> None:
    assert aws.client("s3") is aws.client("s3")
    config = aws.client("s3").meta.config
    assert f"sentiment-cli/{__version__}" in config.user_agent_extra
    assert config.retries["total_max_attempts"] == 6
    assert aws.client("sagemaker-runtime").meta.config.retries["total_max_attempts"] == 1
    assert aws.client("sagemaker-runtime").meta.config.read_timeout == 70


def test_arns_are_of_the_account_and_region(aws: Aws) -> None:
    assert aws.arn("ecr", "repository/a") == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/a"
    assert aws.arn("iam", "role/a", region=False) == f"arn:aws:iam::{ACCOUNT}:role/a"
    assert aws.arn("s3", "a", region=False, account=False) == "arn:aws:s3:::a"


def test_what_waits_looks_until_it_is_so_or_time_is_up(aws: Aws) -> None:
    looks: list[int] = []
    assert aws.await_(lambda: bool(looks.append(1)) or len(looks) == 3, seconds=5, first=0.01)
    assert len(looks) == 3
    assert not aws.await_(lambda: False, seconds=0.05, first=0.01)


def test_what_waits_stops_when_the_user_wants_to_leave(aws: Aws) -> None:
    threading.Timer(0.1, aws.leaving.set).start()
    began = time.monotonic()

    with pytest.raises(Interrupted):
        aws.await_(lambda: False, seconds=60, first=30)

    assert time.monotonic() - began < 10


class Sleeper:
    """A machine whose clock goes on by `naps` while it waits, one nap a wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *naps: float) -> None:
        self.now, self._naps = 1000.0, list(naps)
        monkeypatch.setattr(session, "clock", lambda: self.now)

    def nap(self) -> None:
        self.now += self._naps.pop(0)


def test_a_machine_that_slept_looks_once_more_before_it_gives_up(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, looks = Sleeper(monkeypatch, 7200.0, 1.0), []

    def look() -> bool:  # what it sees the first time is two hours old when it is said
        looks.append(machine.now)
        if len(looks) == 1:
            machine.nap()
        return len(looks) == 2

    assert aws.await_(look, seconds=60, first=0.01)
    assert looks == [1000.0, 8200.0]


def test_the_time_in_which_a_machine_slept_is_over_for_aws_too(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, looks = Sleeper(monkeypatch, 7200.0, 1.0), []

    def look() -> bool:
        looks.append(machine.now)
        machine.nap()
        return False

    assert not aws.await_(look, seconds=60, first=0.01)
    assert looks == [1000.0, 8200.0]


def test_the_clock_is_one_that_goes_on_while_the_machine_sleeps() -> None:
    if hasattr(time, "CLOCK_BOOTTIME"):
        assert abs(session.clock() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1


@pytest.mark.usefixtures("sandboxed")
def test_broken_connections_and_5xx_are_asked_again_with_pauses_that_double(running: Sandbox) -> None:
    patience = Patience(pace=0.02)
    aws = connect("eu-west-1", patience=patience)
    for kind in ("drop", "error", "unavailable", "throttle"):
        running.add_fault(kind, "iam:ListRoles", times=5)
        began = time.monotonic()
        aws.client("iam").list_roles()
        assert running.faults() == []
        assert (1 + 2 + 4 + 8 + 16) * 0.02 / 2 <= time.monotonic() - began < 5


def test_how_long_it_is_asked_again_and_what_is_not() -> None:
    patience = Patience()
    from botocore.exceptions import ConnectionClosedError

    broken = ConnectionClosedError(endpoint_url="https://x")
    pauses = [patience.pause(attempt, None, broken) for attempt in range(1, 7)]
    assert pauses[-1] is None
    assert [low <= (pause or 0) <= 2 * low for pause, low in zip(pauses, (0.5, 1, 2, 4, 8), strict=False)] == [True] * 5
    assert patience.pause(1, None, ValueError()) is None
