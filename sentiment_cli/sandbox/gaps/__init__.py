"""Operations that moto lacks or does not do well enough, one file a service."""

from __future__ import annotations

from collections.abc import Mapping

from sentiment_cli.sandbox.calls import Call, Handler
from sentiment_cli.sandbox.context import Context


def services(context: Context) -> Mapping[tuple[str, str], Handler]:
    """Handlers by service and operation."""
    from sentiment_cli.sandbox.gaps import policies, price_list, service_quotas, tagging

    policies.apply()
    return {**service_quotas.HANDLERS, **price_list.HANDLERS, **tagging.handlers(context)}


def _bucket_owner(call: Call) -> None:
    from sentiment_cli.sandbox.gaps import ownership

    ownership.check(call)


CHECKS = {"s3": _bucket_owner}
