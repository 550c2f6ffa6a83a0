"""The questions of `init`, as data: few, in the order a person thinks, each with what decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sentiment_cli import pricing
from sentiment_cli.data_questions import data_questions
from sentiment_cli.project import Api, Endpoint, name_from, name_problem
from sentiment_cli.questions import Answers, Choice, Question

MOST_INSTANCES = 10_000  # more than any account's quota: a slip of the finger, with a price that cannot be read
MEMORY_CHOICES = (1024, 2048, 3072, 4096, 5120, 6144)  # what serverless inference offers


def init_questions(directory: Path) -> Sequence[Question]:
    """Every value of a new project in `directory`."""
    name = Question(
        key="name",
        flag="--name",
        text="Project name",
        default=lambda answers: name_from(directory.resolve().name),
        default_source="folder name",
        problem=lambda value, answers: name_problem(str(value)),
    )
    return (name, *data_questions(directory), *AWS_QUESTIONS)


def _regions(answers: Answers) -> list[Choice]:
    from sentiment_cli.clients.aws import hosting_regions

    known = [Choice(region, region, pricing.REGION_PLACES.get(region, "")) for region in hosting_regions()]
    return sorted(known, key=lambda each: (list(pricing.REGION_PLACES).index(each.value)
                                           if each.value in pricing.REGION_PLACES else 99))  # fmt: skip


def _configured_region(answers: Answers) -> str | None:
    from sentiment_cli.clients.aws import configured_region

    return configured_region(answers.value("aws.profile"))


def _region_problem(value: Any, answers: Answers) -> str | None:
    from sentiment_cli.clients.aws import hosting_regions

    return _unknown(str(value), hosting_regions(), "a region with SageMaker hosting")


def _profiles(answers: Answers) -> list[Choice]:
    from sentiment_cli.clients.aws import profiles

    return [Choice(name, name) for name in profiles()]


def _profile_problem(value: Any, answers: Answers) -> str | None:
    from sentiment_cli.clients.aws import profiles

    return _unknown(str(value), profiles(), "a profile of your AWS configuration")


def _kinds(answers: Answers) -> list[Choice]:
    cheapest = pricing.INSTANCE_TYPES[0]
    request = pricing.serverless_usd_per_1000_requests(Endpoint().memory_mb)
    return [
        Choice("realtime", "Always on", f"answers at once; from ${cheapest.usd_per_month:.0f} a month, used or not"),
        Choice(
            "serverless", "Serverless", f"$0 while idle, about ${request:.3f} per 1,000 requests; slow first answer"
        ),
    ]


def _kind_problem(value: Any, answers: Answers) -> str | None:
    region = answers.value("aws.region")
    if value == "serverless" and region in pricing.NO_SERVERLESS_REGIONS:
        return f"serverless inference is not offered in {region}; take realtime, or another region"
    return _one_of(value, ("realtime", "serverless"))


def _instance_types(answers: Answers) -> list[Choice]:
    from sentiment_cli.clients.quotas import quotas_if_known

    quotas = quotas_if_known(answers.value("aws.region") or pricing.PRICE_REGION, answers.value("aws.profile"))
    return [Choice(each.name, each.name, _described(each, quotas)) for each in pricing.INSTANCE_TYPES]


def _described(each: pricing.InstanceType, quotas: Mapping[str, int]) -> str:
    """What decides for or against a type; the quota only where the account's is known."""
    hourly = f"{'$' if each.listed else '~$'}{each.usd_per_hour:.3f}/h"
    monthly = f"${each.usd_per_month:.0f}/month"
    quota = f"quota {quotas.get(each.name, 0)}  " if quotas else ""
    return f"{each.vcpus} vCPU {each.memory_gib:>2} GiB  {hourly:>9}  {monthly:>10}  {quota}{each.remark}".rstrip()


def _instance_type_problem(value: Any, answers: Answers) -> str | None:
    from sentiment_cli.clients.aws import hosting_instance_types

    return _unknown(str(value), hosting_instance_types(), "an instance type for SageMaker hosting")


def _memory(answers: Answers) -> list[Choice]:
    return [
        Choice(mb, f"{mb:,} MB", f"${pricing.serverless_usd_per_1000_requests(mb):.3f} per 1,000 requests of 0.1 s")
        for mb in MEMORY_CHOICES
    ]


def _protections(answers: Answers) -> list[Choice]:
    return [
        Choice("api-key", "API key", "callers send a key; a usage plan throttles them"),
        Choice("iam", "AWS IAM", "only callers that sign with AWS credentials"),
        Choice("none", "None", "anyone who finds the URL can call it, at your cost"),
    ]


def _one_of(value: Any, allowed: Sequence[Any]) -> str | None:
    return None if value in allowed else f"must be one of {', '.join(str(each) for each in allowed)}"


def _unknown(value: str, known: Sequence[str], what: str) -> str | None:
    from difflib import get_close_matches

    if value in known:
        return None
    near = get_close_matches(value, known, n=3, cutoff=0.5)
    return f"not {what}" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _count_problem(value: Any, answers: Answers) -> str | None:
    fits = isinstance(value, int) and 1 <= value <= MOST_INSTANCES
    return None if fits else f"must be a whole number from 1 to {MOST_INSTANCES:,}"


def _is(kind: str, answers: Answers) -> bool:
    return bool(answers.value("endpoint.kind") == kind)


def _open_warning(value: Any) -> str:
    return (
        "Anyone on the internet could call the API and you would pay for it. Leave it open?" if value == "none" else ""
    )


AWS_QUESTIONS = (
    Question(
        key="aws.profile",
        flag="--profile",
        text="AWS profile (whose credentials)",
        choices=_profiles,
        problem=_profile_problem,
        asked=lambda answers: len(_profiles(answers)) > 1,
        suggestion=lambda answers: "default",
    ),
    Question(
        key="aws.region",
        flag="--region",
        text="AWS region (near your users, where your data may be)",
        default=_configured_region,
        default_source="AWS configuration",
        suggestion=lambda answers: "us-east-1",
        choices=_regions,
        problem=_region_problem,
        required=True,
    ),
    Question(
        key="endpoint.kind",
        flag="--endpoint",
        text="What should hold the model?",
        default=lambda answers: Endpoint().kind,
        choices=_kinds,
        problem=_kind_problem,
    ),
    Question(
        key="endpoint.instance_type",
        flag="--instance-type",
        text=f"Instance type (prices of {pricing.PRICE_REGION})",
        default=lambda answers: Endpoint().instance_type,
        choices=_instance_types,
        another="Another type",
        problem=_instance_type_problem,
        when=partial(_is, "realtime"),
        goes_with="--endpoint realtime",
    ),
    Question(
        key="endpoint.instance_count",
        flag="--instance-count",
        default=lambda answers: Endpoint().instance_count,
        problem=_count_problem,
        when=partial(_is, "realtime"),
        goes_with="--endpoint realtime",
    ),
    Question(
        key="endpoint.memory_mb",
        flag="--memory-mb",
        text="Memory",
        default=lambda answers: Endpoint().memory_mb,
        choices=_memory,
        problem=lambda value, answers: _one_of(value, MEMORY_CHOICES),
        when=partial(_is, "serverless"),
        goes_with="--endpoint serverless",
    ),
    Question(
        key="api.auth",
        flag="--api-auth",
        text="Who may call the API?",
        default=lambda answers: Api().auth,
        choices=_protections,
        problem=lambda value, answers: _one_of(value, ("api-key", "iam", "none")),
        warning=_open_warning,
    ),
)
