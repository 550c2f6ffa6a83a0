"""The flags that say what is deployed, the same for `plan` and `deploy`, and what they may be."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from datetime import datetime

WHAT = "What is deployed"


class EndpointKind(StrEnum):
    realtime = "realtime"
    serverless = "serverless"


class ApiAuth(StrEnum):
    api_key = "api-key"
    iam = "iam"
    none = "none"


EndpointFlag = Annotated[
    EndpointKind | None, typer.Option("--endpoint", help="Always on, or by the request.", rich_help_panel=WHAT)
]
InstanceTypeFlag = Annotated[
    str | None, typer.Option("--instance-type", help="SageMaker hosting type.", rich_help_panel=WHAT)
]
InstanceCountFlag = Annotated[int | None, typer.Option("--instance-count", help="Instances.", rich_help_panel=WHAT)]
MemoryFlag = Annotated[
    int | None, typer.Option("--memory-mb", help="Memory of a serverless endpoint.", rich_help_panel=WHAT)
]
ApiAuthFlag = Annotated[ApiAuth | None, typer.Option("--api-auth", help="Who may call the API.", rich_help_panel=WHAT)]
NoApiFlag = Annotated[bool, typer.Option("--no-api", help="The endpoint only, no public URL.", rich_help_panel=WHAT)]

ExpiresInFlag = Annotated[
    str | None,
    typer.Option(
        "--expires-in", metavar="TIME", rich_help_panel=WHAT,
        help="AWS deletes the endpoint by itself after 8h, 90m or 2d, also if this machine is off; never: it stays.",
    ),
]  # fmt: skip
SHORTEST, LONGEST = 15 * 60, 366 * 86_400  # seconds; an endpoint cannot be deleted while it is being created


def expires(expires_in: str | None, *, sandbox: bool) -> datetime | Literal["never"] | None:
    """The moment that `--expires-in` means, counted from now; None where it was not given. Raises InputError."""
    from datetime import UTC, datetime, timedelta

    from sentiment_cli.commands.spans import seconds
    from sentiment_cli.errors import InputError

    if expires_in is None:
        return None
    if expires_in == "never":
        return "never"
    span = seconds("--expires-in", expires_in)
    if not (1 if sandbox else SHORTEST) <= span <= LONGEST:
        raise InputError(
            f"--expires-in {expires_in} cannot be used.", "It takes 15m to 366d (in the sandbox from 1s on), or never.",
            "An endpoint takes minutes to be created, and cannot be deleted meanwhile.", code="bad-value",
        )  # fmt: skip
    return (datetime.now(UTC) + timedelta(seconds=span)).replace(microsecond=0)


def hosting(
    endpoint: EndpointKind | None,
    instance_type: str | None,
    instance_count: int | None,
    memory_mb: int | None,
    api_auth: ApiAuth | None,
) -> dict[str, tuple[str, Any]]:
    """Parameter name -> (key in sentiment.toml, value) of these flags."""
    return {
        "endpoint": ("endpoint.kind", endpoint),
        "instance_type": ("endpoint.instance_type", instance_type),
        "instance_count": ("endpoint.instance_count", instance_count),
        "memory_mb": ("endpoint.memory_mb", memory_mb),
        "api_auth": ("api.auth", api_auth),
    }
