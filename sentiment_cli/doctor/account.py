"""What AWS says: whose credentials, whether the clocks agree, what may be looked at, and the quota of the endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sentiment_cli.clients.aws_errors import translated
from sentiment_cli.clients.quotas import endpoint_quotas
from sentiment_cli.clients.session import Aws, connect, seconds_ahead
from sentiment_cli.doctor.finding import Finding, problem
from sentiment_cli.errors import SentimentError
from sentiment_cli.project import Project

# Signatures are good for five minutes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
WRONG_CLOCK, ODD_CLOCK = 300.0, 60.0  # seconds

# One harmless question to each service that a deployment needs.
PROBES: dict[str, Callable[[Aws], Any]] = {
    "sagemaker": lambda aws: aws.client("sagemaker").list_endpoints(MaxResults=1),
    "s3": lambda aws: aws.client("s3").list_buckets(),
    "ecr": lambda aws: aws.client("ecr").describe_repositories(maxResults=1),
    "iam": lambda aws: aws.client("iam").list_roles(MaxItems=1),
    "logs": lambda aws: aws.client("logs").describe_log_groups(limit=1),
    "lambda": lambda aws: aws.client("lambda").list_functions(MaxItems=1),
    "apigateway": lambda aws: aws.client("apigateway").get_rest_apis(limit=1),
}


def examine_account(project: Project, region: str | None, profile: str | None) -> Iterator[Finding]:
    """The checks, one after another; what depends on a failed one is skipped."""
    if region is None:
        yield Finding("region", "warning", "No region is chosen.", "Set it with --region, or in sentiment.toml.")
        return
    try:
        aws = connect(region, profile)
    except SentimentError as error:
        yield problem("region" if error.code == "no-such-region" else "credentials", error)
        yield Finding("account", "skipped", "Clock, permissions and quota were not looked at.")
        return
    yield Finding("region", "ok", f"{region} offers SageMaker hosting.")
    yield Finding("credentials", "ok", f"Account {aws.account}, {aws.caller}.")
    yield _clock(aws)
    yield _permissions(aws)
    yield _quota(aws, project)


def _clock(aws: Aws) -> Finding:
    try:
        ahead = seconds_ahead(aws)
    except SentimentError as error:
        return problem("clock", error)
    if ahead is None:
        return Finding("clock", "skipped", "AWS did not say what time it is.")
    what = f"This machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} AWS's."
    status = "problem" if abs(ahead) >= WRONG_CLOCK else "warning" if abs(ahead) >= ODD_CLOCK else "ok"
    return Finding("clock", status, what, "" if status == "ok" else "Set the clock (NTP).")  # type: ignore[arg-type]


def _permissions(aws: Aws) -> Finding:
    denied = [service for service, probe in PROBES.items() if not _allowed(aws, service, probe)]
    if denied:
        fix = "`sentiment-cli policy` prints what a deployment needs; ask whoever administers the account for it."
        return Finding("permissions", "warning", f"These may not be looked at: {', '.join(denied)}.", fix)
    return Finding("permissions", "ok", f"{', '.join(PROBES)} may be looked at.")


def _allowed(aws: Aws, service: str, probe: Callable[[Aws], Any]) -> bool:
    try:
        with translated(f"look at {service}"):
            probe(aws)
    except SentimentError:
        return False
    return True


def _quota(aws: Aws, project: Project) -> Finding:
    wanted = project.endpoint
    if wanted.kind == "serverless":
        return Finding("quota", "ok", "A serverless endpoint needs no quota of instances.")
    try:
        with translated("find out the quotas"):
            allowed = endpoint_quotas(aws.client("service-quotas")).get(wanted.instance_type)
    except SentimentError as error:
        return Finding("quota", "skipped", f"{error.what} {error.why}", error.fix)
    if allowed is None:
        return Finding("quota", "skipped", f"AWS names no quota of {wanted.instance_type}.")
    told = f"{allowed} x {wanted.instance_type} are allowed, {wanted.instance_count} wanted."
    if allowed < wanted.instance_count:
        fix = "Choose another --instance-type, or ask for more under Service Quotas in the console."
        return Finding("quota", "problem", told, fix)
    return Finding("quota", "ok", told)
