"""The flags that say what is deployed, the same for `plan` and `deploy`, and what they may be."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

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
