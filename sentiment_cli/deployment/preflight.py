"""What has to be right before anything that bills exists; every refusal says what would do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.clients.aws_errors import or_none, translated
from sentiment_cli.clients.quotas import endpoint_quotas
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment.planner import Change, Plan
from sentiment_cli.deployment.state import State
from sentiment_cli.errors import CredentialsError, Refused, SentimentError
from sentiment_cli.events import Emit, Note
from sentiment_cli.resources import endpoint, endpoint_config
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.image import Image
from sentiment_cli.resources.model import Model


def same_place(state: State | None, aws: Aws) -> None:
    """Refuse another account or region than the stage's: a second copy would bill, and the first be forgotten."""
    if state is None or not (state.resources or state.version):
        return
    for what, before, now, flag in (
        ("account", state.account, aws.account, "--profile"),
        ("region", state.region, aws.region, "--region"),
    ):
        if before != now:
            raise Refused(
                f"The stage {state.stage} is in {what} {before}, and this would be {what} {now}.",
                "Its state.json under .sentiment remembers what was deployed there.",
                f"Use the right {flag}; or tear that stage down first; or choose another --stage.",
                code=f"other-{what}",
            )


def good_enough(manifest: Mapping[str, Any], min_accuracy: float | None) -> None:
    """Refuse a model below the project's threshold, or one whose accuracy nobody measured where there is one."""
    if min_accuracy is None:
        return
    accuracy = (manifest.get("metrics") or {}).get("accuracy")
    if accuracy is not None and accuracy >= min_accuracy:
        return
    said = f"accuracy {accuracy:.3f}" if accuracy is not None else "an accuracy that was never measured"
    raise Refused(
        f"The model is not good enough: {said}, at least {min_accuracy:.3f} is wanted.",
        "`min_accuracy` in sentiment.toml says so.",
        "Train a better model, or lower min_accuracy.",
        code="min-accuracy",
    )


def image_can_be_made(plan: Plan, engine: str) -> None:
    """Refuse where the image has to be built or tried and no Docker engine answers."""
    if engine != "docker" or not any(change.kind in (Image.kind, Model.kind) for change in plan.todo):
        return
    from sentiment_cli.clients.docker import connect
    from sentiment_cli.clients.docker_troubles import DockerUnavailable

    try:
        connect()
    except DockerUnavailable as error:
        raise Refused(
            error.what,
            f"{error.why.rstrip('.')}. The image for SageMaker is built and tried on this machine.",
            f"{error.fix} Or rehearse without Docker: `sentiment-cli sandbox up --engine process`, then "
            "`sentiment-cli deploy --sandbox`.",
            code=error.code,
        ) from error


def quota(aws: Aws, plan: Plan, emit: Emit) -> None:
    """Refuse an instance type that the account may not use as often as the endpoint needs; say which ones it may.

    AWS answers what is allowed, not what is in use; so endpoints of other stages are counted here, as far as these
    credentials may look at them. An update runs the new machines beside the old ones. Credentials that may not ask for
    quotas get a warning instead.
    """
    config = plan.stack.config
    change = next((each for each in plan.todo if each.kind == "endpoint"), None)
    if config.hosting == "serverless" or change is None or _is_on_its_way(change, config):
        return
    leaving = change.name if change.action == "replace" else ""
    try:
        with translated(f"find out the quota of {config.instance_type}"):
            client = aws.client("service-quotas")
            allowed, used = endpoint_quotas(client, config.instance_type), _in_use(aws, config.instance_type, leaving)
            limit = allowed.get(config.instance_type)
            if limit is not None and used + config.instance_count > limit:
                allowed = endpoint_quotas(client)  # also of the types that may be taken instead
    except SentimentError as error:
        if error.exit_code == CredentialsError.exit_code:
            raise
        emit(Note(f"{error.what} {error.why} Going on without.", "warning"))
        return
    if limit is not None and used + config.instance_count > limit:
        raise _over(config, limit, used, allowed)


def _is_on_its_way(change: Change, config: EndpointConfig) -> bool:
    """Whether AWS has the machines already and the endpoint is only waited for."""
    return change.action == "update" and change.found["EndpointConfigName"] == config.name


def _in_use(aws: Aws, instance_type: str, leaving: str) -> int:
    """Instances of the type that endpoints have already; all but those of `leaving`, which is deleted first.

    This stage's own count: it keeps them during an update.
    """
    sagemaker, count = aws.client("sagemaker"), 0
    for page in sagemaker.get_paginator("list_endpoints").paginate():
        for each in page["Endpoints"]:
            if each["EndpointName"] != leaving:
                count += _instances(aws, each["EndpointName"], instance_type)
    return count


def _instances(aws: Aws, name: str, instance_type: str) -> int:
    """None of an endpoint that is gone meanwhile, or whose configuration was deleted, or that may not be looked at: the
    printed policy allows that for the stage's own alone."""
    found = or_none(lambda: endpoint.describe(aws, name), "AccessDeniedException")
    variants = [_variant(aws, found["EndpointConfigName"])] if found else []
    return sum(each.get("InitialInstanceCount", 0) for each in variants if each.get("InstanceType") == instance_type)


def _variant(aws: Aws, config: str) -> Mapping[str, Any]:
    return or_none(lambda: endpoint_config.variant_of(aws, config), "AccessDeniedException") or {}


def _over(config: EndpointConfig, limit: int, used: int, allowed: Mapping[str, int]) -> Refused:
    from sentiment_cli import pricing

    others = [
        f"{each.name} (${each.usd_per_hour:.3f}/h)"
        for each in pricing.INSTANCE_TYPES
        if each.name != config.instance_type and allowed.get(each.name, 0) >= config.instance_count
    ]
    in_use = f", of which {used} {'is' if used == 1 else 'are'} in use" if used else ""
    return Refused(
        f"The account may not run {config.instance_count} x {config.instance_type} for this endpoint.",
        f"Its quota is {limit}{in_use}; an update runs new instances beside the old ones.",
        (f"Take another with --instance-type: {', '.join(others[:4])}; or " if others else "Take ")
        + f"--endpoint serverless; or ask under Service Quotas for more `{config.instance_type} for endpoint usage`.",
        code="quota",
    )
