"""A checked way into one AWS account and region; every client of AWS is made here, with its time-outs and retries.

Nothing here knows whether AWS is the real one: another address comes from AWS_ENDPOINT_URL, as for any AWS tool.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from sentiment_cli.clients.aws import hosting_regions, is_ec2, open_session, partition_of, profiles
from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.patience import Patience
from sentiment_cli.errors import CredentialsError, InputError, Interrupted

Result = TypeVar("Result")

AT_ONCE = 8  # questions asked side by side, of those that a plan or an inventory has
FIRST_ATTEMPTS = 3  # of the first question of all: whoever is offline should not wait long to be told
QUICK = Patience(connect=3, read=10, attempts=2)
# It goes on while a machine sleeps, which time.monotonic() does not; AWS has that time as well.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None) or time.CLOCK_MONOTONIC  # on macOS the latter is the one that goes on


def clock() -> float:
    """Seconds that have passed, also those in which this machine slept."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True)
class Aws:
    """Who is asking, and where. Safe to use from several threads."""

    account: str
    """12 digits."""
    region: str
    partition: str
    """"aws", "aws-cn", ...: the second part of every ARN."""
    caller: str
    """The ARN of whoever the credentials belong to."""
    session: Any = field(repr=False, compare=False)
    patience: Patience = field(default=Patience(), repr=False, compare=False)
    leaving: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)
    """Set when the user wants to leave: what waits, stops waiting."""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """boto3's client of `service`; the same one every time."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = _client(self.session, service, self.patience)
            return self._clients[service]

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """The ARN of something in this account."""
        where = self.region if region else ""
        return f"arn:{self.partition}:{service}:{where}:{self.account if account else ''}:{resource}"

    def await_(self, look: Callable[[], bool], *, seconds: float, first: float = 1.0, longest: float = 15.0) -> bool:
        """Call `look` until it returns true, less and less often; false after `seconds`.

        The last look begins after that time: of a machine that slept, what it saw before is old. Raises Interrupted
        when the user wants to leave.
        """
        pace, pause, began = self.patience.pace, first, clock()
        looked = began
        while not look():
            if looked - began >= seconds * pace:
                return False
            if self.leaving.wait(pause * pace):
                raise Interrupted("Left while waiting.", code="interrupted")
            pause, looked = min(pause * 1.3, longest), clock()
        return True

    def insist(
        self,
        call: Callable[[], Result],
        passes: Callable[[Exception], bool],
        *,
        seconds: float,
        first: float = 1.0,
        longest: float = 15.0,
        told: Callable[[int], None] = lambda tries: None,
    ) -> Result:
        """What `call` returns, tried again while `passes` says of its error that it goes by itself; `told` counts them.

        Raises any other error at once, the last one after `seconds`, Interrupted when the user wants to leave.
        """
        answers: list[Result] = []
        errors: list[Exception] = []

        def attempt() -> bool:
            try:
                answers.append(call())
            except Exception as error:
                if not passes(error):
                    raise
                errors.append(error)
                told(len(errors))
            return bool(answers)

        if not self.await_(attempt, seconds=seconds, first=first, longest=longest):
            raise errors[-1]
        return answers[0]

    @property
    def endpoint_url(self) -> str | None:
        """The address that stands in for AWS, if one is set."""
        return os.environ.get("AWS_ENDPOINT_URL") or None


def connect(
    region: str,
    profile: str | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    *,
    of_machine: bool = True,
) -> Aws:
    """Find credentials and ask AWS whose they are; those of the machine itself only with `of_machine`.

    Raises InputError for a region without SageMaker hosting or a profile that does not exist, CredentialsError for
    credentials that are missing, wrong or expired.
    """
    from botocore.exceptions import NoCredentialsError, ProfileNotFound

    _check_region(region)
    try:
        with translated("ask AWS whose credentials these are"):
            session = open_session(region, profile, of_machine=of_machine)
            first = replace(patience, attempts=min(patience.attempts, FIRST_ATTEMPTS))
            said = _client(session, "sts", first).get_caller_identity()
    except ProfileNotFound as error:  # named by the option or by AWS_PROFILE
        raise InputError(
            f"There is no AWS profile {error.kwargs['profile']!r}.",
            f"Known profiles: {', '.join(sorted(profiles())) or 'none'}.",
            "Name one of them with --profile, or run `aws configure --profile NAME`.",
            code="no-profile",
        ) from None
    except NoCredentialsError:
        raise CredentialsError(
            "No AWS credentials were found.",
            "Neither environment variables nor an AWS profile hold any.",
            "Run `aws configure` (or `aws sso login`), or try everything for free with --sandbox.",
            code="no-credentials",
        ) from None
    return Aws(said["Account"], region, said["Arn"].split(":")[1], said["Arn"], session, patience)


def glance(region: str, profile: str | None = None) -> Aws | None:
    """`connect` for a look that nobody asked for: soon over, and None without credentials. Raises as `connect` does."""
    of_machine = is_ec2()
    if not _has_credentials(region, profile, of_machine):
        return None
    return connect(region, profile, QUICK, of_machine=of_machine)


def _has_credentials(region: str, profile: str | None, of_machine: bool) -> bool:
    """Whether any are found, or what is found is wrong; AWS is not asked."""
    from botocore.exceptions import BotoCoreError

    try:
        return open_session(region, profile, of_machine=of_machine).get_credentials() is not None
    except BotoCoreError:
        return True


def unasked(account: str, region: str) -> Aws:
    """The same without credentials, for what only needs names and ARNs. Raises InputError as `connect` does."""
    _check_region(region)
    return Aws(account, region, partition_of(region), "", None)


def _check_region(region: str) -> None:
    known = hosting_regions()
    if region in known:
        return
    near = get_close_matches(region, known, n=3, cutoff=0.5)
    raise InputError(
        f"{region} is not a region with SageMaker hosting.",
        f"Near it: {', '.join(near)}." if near else f"There are {len(known)} of them, {known[0]} to {known[-1]}.",
        "Choose one with --region, or in sentiment.toml under [aws].",
        code="no-such-region",
    )


def _client(session: Any, service: str, patience: Patience) -> Any:
    return patience.teach(session.client(service, config=patience.config(service)))


def seconds_ahead(aws: Aws) -> float | None:
    """How far this machine's clock is ahead of AWS's, by the Date of an answer; None without one."""
    with translated("ask AWS for the time"):
        answer = aws.client("sts").get_caller_identity()
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return None if said is None else time.time() - parsedate_to_datetime(said).timestamp()
