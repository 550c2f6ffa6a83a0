"""Where moto lacks an operation or is laxer than AWS; one file a service, opened with the first request to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.context import Context

if TYPE_CHECKING:
    from sentiment_cli.sandbox.gaps.schedules import Clock

_clocks: list[Clock] = []


def services(context: Context) -> Mapping[tuple[str, str], Handler]:
    """Handlers by service and operation."""
    from sentiment_cli.sandbox.gaps import policies, price_list, service_quotas, tagging

    policies.apply()
    activities = ("application-autoscaling", "DescribeScalingActivities")
    return {
        **service_quotas.HANDLERS,
        **price_list.HANDLERS,
        **tagging.handlers(context),
        activities: lambda call: {"ScalingActivities": []},  # nothing is ever scaled
    }


def checks(context: Context) -> Mapping[str, Callable[[Call], None]]:
    """What is asked, by service, before moto is; they raise a Fault where moto would not."""

    def s3(call: Call) -> None:
        from sentiment_cli.sandbox.gaps import buckets, checksums

        checksums.apply()
        buckets.check(call)

    def iam(call: Call) -> None:
        from sentiment_cli.sandbox.gaps import lengths, roles

        roles.check(call)
        lengths.check(call)

    def scaling(call: Call) -> None:
        from sentiment_cli.sandbox.gaps import scaling as endpoints

        endpoints.check(context, call)

    def scheduler(call: Call) -> None:
        from sentiment_cli.sandbox.gaps.schedules import Clock

        if not _clocks:
            _clocks.append(Clock(context))
        _clocks[0].check(call)

    return {"s3": s3, "iam": iam, "application-autoscaling": scaling, "scheduler": scheduler}


def close() -> None:
    """End what runs by itself."""
    while _clocks:
        _clocks.pop().close()
