"""The endpoint: what bills. Created, updated without a gap, and believed only when it serves what was asked for.

An update that fails is taken back by AWS without an error: the endpoint is InService again, with the old
configuration. So every wait ends with a look at the configuration.
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import or_none, says
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import PartlyDone, SentimentError
from sentiment_cli.events import Emit, Progress
from sentiment_cli.resources import Decision, Existing
from sentiment_cli.resources.log_group import last_lines
from sentiment_cli.resources.names import Names, tag_list

# A container that never answers is given up by AWS after up to 24 minutes.
PATIENCE = 45 * 60.0
SETTLING = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
MISSING = ("ValidationException", "Could not find endpoint")
# A configuration made a moment ago may be unknown for up to 30 s; an endpoint that changes refuses a second change.
_UNKNOWN_YET, _BUSY = "Could not find", "Cannot update in-progress endpoint"


@dataclass(frozen=True)
class Endpoint:
    """The endpoint of a stage."""

    kind: ClassVar[str] = "endpoint"
    usual: ClassVar[str] = "4 to 8 min"

    names: Names
    config: str
    """Name of the endpoint configuration it should serve."""
    serverless: bool = False
    """Whether that configuration is serverless."""

    @property
    def name(self) -> str:
        return self.names.endpoint

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        return describe(aws, self.name)

    def compare(self, found: Mapping[str, Any]) -> Decision:
        status = found["EndpointStatus"]
        if status in ("Failed", "UpdateRollbackFailed", "OutOfService", "Deleting"):
            return Decision("replace", f"it is {status}, which allows nothing but deleting it")
        if found["EndpointConfigName"] != self.config:
            if self.serverless and _has_instances(found):
                # https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
                return Decision(
                    "replace", "AWS makes no serverless one of one with instances; for minutes there is none"
                )
            return Decision("update", "serves another version")
        if status in SETTLING:
            return Decision("update", f"is {status}; it is waited for")
        return Decision("keep", "serves this version")

    def create(self, aws: Aws, emit: Emit) -> None:
        self._ask(
            aws,
            lambda: aws.client("sagemaker").create_endpoint(
                EndpointName=self.name, EndpointConfigName=self.config, Tags=tag_list(self.names.tags)
            ),
        )
        self._await(aws, emit)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        there = settled(aws, self.name, emit)
        if there is None or self.compare(there).action == "replace":
            self.remove(aws, emit)
            self.create(aws, emit)
            return
        if there["EndpointConfigName"] != self.config:
            self._ask(
                aws,
                lambda: aws.client("sagemaker").update_endpoint(
                    EndpointName=self.name, EndpointConfigName=self.config, RetainAllVariantProperties=False
                ),
            )
        self._await(aws, emit)

    def remove(self, aws: Aws, emit: Emit) -> None:
        """Delete what cannot be updated."""
        delete(aws, self.name, emit)

    def _ask(self, aws: Aws, call: Any) -> None:
        """Make `call`, again while AWS does not know yet what it was told a moment ago."""
        from botocore.exceptions import ClientError

        try:
            aws.insist(
                call, lambda error: says(error, "ValidationException", _UNKNOWN_YET, _BUSY), seconds=60, first=2.0
            )
        except ClientError as error:
            if not says(error, "ValidationException", "already existing"):
                raise

    def _await(self, aws: Aws, emit: Emit) -> None:
        found = settled(aws, self.name, emit)
        if found is None:
            raise SentimentError(
                f"The endpoint {self.name} is gone.",
                "Somebody deleted it while it was being waited for.",
                "Run `sentiment-cli deploy` again.",
                code="endpoint-gone",
            )
        if found["EndpointStatus"] != "InService":
            what = f"The endpoint {self.name} is {found['EndpointStatus']}."
            raise _not_served(aws, self.names, found, what, "endpoint-failed", "AWS gives no reason")
        if found["EndpointConfigName"] != self.config:
            what = f"The update of the endpoint {self.name} was taken back: {found['EndpointConfigName']} still serves."
            raise _not_served(aws, self.names, found, what, "rolled-back", "the new version did not become healthy")


def describe(aws: Aws, name: str) -> Mapping[str, Any] | None:
    """What AWS says of an endpoint; None if there is none."""
    found: Mapping[str, Any] | None = or_none(
        lambda: aws.client("sagemaker").describe_endpoint(EndpointName=name), *MISSING
    )
    return found


def settled(aws: Aws, name: str, emit: Emit) -> Mapping[str, Any] | None:
    """Wait until the endpoint is in a state that lasts, and return that; None if it is gone.

    Raises PartlyDone if it takes too long, Interrupted if the user wants to leave: it goes on by itself.
    """
    began = time.monotonic()
    found: Mapping[str, Any] | None = None

    def look() -> bool:
        nonlocal found
        found = describe(aws, name)
        if found is None or found["EndpointStatus"] not in SETTLING:
            return True
        emit(Progress(_state(found), int(time.monotonic() - began), None, "s"))
        return False

    if aws.await_(look, seconds=PATIENCE):
        return found
    raise _slow(name, found or {})


def delete(aws: Aws, name: str, emit: Emit) -> None:
    """Remove the endpoint, and wait until it is gone; AWS refuses while it is changing, which is waited for first."""
    from botocore.exceptions import ClientError

    def gone() -> bool:
        if settled(aws, name, emit) is None:
            return True
        try:
            or_none(lambda: aws.client("sagemaker").delete_endpoint(EndpointName=name), *MISSING)
        except ClientError as error:
            if not says(error, "ValidationException", "in-progress"):
                raise
        return False

    if not aws.await_(gone, seconds=PATIENCE):
        raise _slow(name, describe(aws, name) or {})


def existing(aws: Aws, names: Names) -> list[Existing]:
    """The stage's endpoint, if there is one."""
    found = describe(aws, names.endpoint)
    if found is None:
        return []
    return [
        Existing(
            Endpoint.kind, names.endpoint, lambda emit: delete(aws, names.endpoint, emit), bills=True,
            state=_state(found), since=found["CreationTime"],
        )
    ]  # fmt: skip


def _has_instances(found: Mapping[str, Any]) -> bool:
    return any("CurrentServerlessConfig" not in each for each in found.get("ProductionVariants", []))


def _state(found: Mapping[str, Any]) -> str:
    pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    states = [each["Status"] for variant in pending for each in variant.get("VariantStatus", [])]
    return " ".join([str(found.get("EndpointStatus", "")), *(f"({state})" for state in states[:1])])


def _slow(name: str, found: Mapping[str, Any]) -> PartlyDone:
    return PartlyDone(
        f"The endpoint {name} is still {_state(found)} after {PATIENCE / 60:.0f} min.",
        "AWS goes on with it by itself, also while nobody waits.",
        "Run `sentiment-cli deploy` to wait on, or `sentiment-cli teardown` to remove it.",
        code="endpoint-slow",
    )


def _not_served(
    aws: Aws, names: Names, found: Mapping[str, Any], what: str, code: str, otherwise: str
) -> SentimentError:
    """The error for an endpoint that serves not what was asked for; `otherwise` is the reason where AWS names none."""
    reason = str(found.get("FailureReason", otherwise)).rstrip(".")
    return SentimentError(what, f"AWS says: {reason}.{_log(aws, names)}", _remedy(reason), code=code)


def _log(aws: Aws, names: Names) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        lines = last_lines(aws, names)
    except (BotoCoreError, ClientError):  # the log may be forbidden; what it would have explained is told all the same
        return ""
    return "\nThe container's last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _remedy(reason: str) -> str:
    if "InsufficientInstanceCapacity" in reason or "capacity" in reason.lower():
        return "AWS has no such machine free now: try later, or with another --instance-type."
    if "ping" in reason or "CannotStartContainer" in reason:
        return "Try the same image here: `sentiment-cli serve-local --engine docker`; then deploy again, or tear down."
    return "Correct that and run `sentiment-cli deploy` again, or remove everything with `sentiment-cli teardown`."
