"""On what a stage's endpoint runs now, for whoever reckons with it; it changes nothing."""

from __future__ import annotations

from sentiment_cli.capacity import Hosting
from sentiment_cli.capacity.subject import Throttle
from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import InputError
from sentiment_cli.resources import api as apis
from sentiment_cli.resources import endpoint, endpoint_config
from sentiment_cli.resources.api.project import MEMORY_MB
from sentiment_cli.resources.names import Names


def hosting_of(aws: Aws, names: Names, *, api: bool) -> Hosting:
    """The hardware of the endpoint, asked directly or behind the `api`. Raises InputError if there is no endpoint."""
    with translated(f"look at the endpoint {names.endpoint}"):
        found = endpoint.describe(aws, names.endpoint)
        if found is None:
            raise InputError(
                f"There is no endpoint {names.endpoint}.", "It was not deployed, or was torn down.",
                "Run `sentiment-cli deploy`, or test another --target.", code="no-endpoint",
            )  # fmt: skip
        variant = endpoint_config.variant_of(aws, str(found["EndpointConfigName"]))
    function = MEMORY_MB if api else None
    if serverless := variant.get("ServerlessConfig"):
        return Hosting("serverless", memory_mb=int(serverless["MemorySizeInMB"]), api_memory_mb=function)
    now = [each.get("CurrentInstanceCount") for each in found.get("ProductionVariants", [])]
    count = next((each for each in now if each), variant.get("InitialInstanceCount", 1))
    return Hosting("realtime", str(variant.get("InstanceType", "")), int(count), api_memory_mb=function)


def throttle_of(aws: Aws, names: Names) -> Throttle | None:
    """What lets the fewest requests through to the stage's API; None where only the account's own limits hold."""
    with translated("look at the API's limits"):
        limits = apis.limits_of(aws, names)
    if not limits:
        return None
    kind, _ = min(limits, key=limits.__getitem__)
    return Throttle(min(limits.values()), kind, [f"the {kind} {name}" for kind, name in limits])
