"""Which operations can be in which trouble: what no request ever meets would be waited for in vain."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache

from sentiment_cli.errors import InputError

OF_A_DEPLOYMENT = (
    "apigateway", "application-autoscaling", "cloudwatch", "ecr", "iam", "lambda", "logs", "pricing",
    "resourcegroupstaggingapi", "s3", "sagemaker", "sagemaker-runtime", "scheduler", "service-quotas", "sts",
)  # fmt: skip
MANY = 20  # services that are read for a pattern; of more, the first of them
OF_SERVERS = ("slow-start", "no-capacity", "unhealthy")  # the request is answered, its endpoint has the trouble
STARTING = ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint")
WAITS = ("slow", "slow-start")


def check(on: str) -> None:
    """Raises InputError where `on` ("sagemaker:CreateEndpoint", with * and ? for anything) fits no operation of AWS."""
    service, parted, operation = on.partition(":")
    if on == "*":
        return
    if not parted:
        if any(fnmatchcase(each, on) for each in _of_a_deployment()):
            return
        raise _unknown(on, "A service and an operation are parted by a colon.", _near(on, _of_a_deployment()))
    services = [each for each in _services() if fnmatchcase(each, service)]
    if not services:
        near = get_close_matches(service.lower(), _services(), n=2)
        raise _unknown(on, f"AWS has no service {service!r}.", [f"{each}:{operation}" for each in near])
    if len(services) > 1:  # all there are would be read for minutes
        services = [each for each in services if each in OF_A_DEPLOYMENT] or services[:MANY]
    known = [f"{each}:{name}" for each in services for name in _operations(each)]
    if not any(fnmatchcase(each, on) for each in known):
        raise _unknown(on, "AWS has no such operation there.", _near(on, known))


def check_kind(kind: str, on: str, seconds: float) -> None:
    """Raises InputError where nothing meets a `kind` of trouble on `on`, or a wait of so many `seconds` is none."""
    if kind in OF_SERVERS and not any(fnmatchcase(each, on) for each in STARTING):
        raise InputError(
            f"No request that fits {on!r} meets {kind}.",
            f"The servers of an endpoint meet it, and {' and '.join(STARTING)} start them.",
            f"Name what starts them: `sentiment-cli sandbox faults {kind} {STARTING[0]}`.",
            code="unmet-trouble",
        )
    if kind in WAITS and not seconds:
        what = f"{kind} needs a time, for it does nothing but wait."
        raise InputError(what, "", "Say how many seconds: --seconds 5.", code="unmet-trouble")


def _of_a_deployment() -> list[str]:
    return [f"{each}:{name}" for each in OF_A_DEPLOYMENT for name in _operations(each)]


def _near(word: str, known: Iterable[str]) -> list[str]:
    """Those that are written alike; the last part decides, and capital letters do not."""
    by_name = {each.rpartition(":")[2].lower(): each for each in known}
    return [by_name[each] for each in get_close_matches(word.rpartition(":")[2].lower(), by_name, n=2)]


def _unknown(on: str, why: str, near: list[str]) -> InputError:
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return InputError(
        f"No request to the sandbox fits {on!r}.", why,
        f"Write it as sagemaker:CreateEndpoint, sagemaker:* or *, with capitals as AWS has them.{meant}",
        code="unknown-operation",
    )  # fmt: skip


@cache
def _services() -> list[str]:
    from botocore.session import Session

    return list(Session().get_available_services())


@cache
def _operations(service: str) -> list[str]:
    from botocore.session import Session

    return list(Session().get_service_model(service).operation_names)
