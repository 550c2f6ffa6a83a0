"""The whole of a deployment: place, plan, checks, rehearsal, changes, verification, and taking back what fails it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sentiment_cli.clients.aws_errors import or_none, translated
from sentiment_cli.clients.inference import InferenceClient
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import executor, leaving, manifest, planner, preflight, state, verify, versions
from sentiment_cli.deployment.executor import Done
from sentiment_cli.deployment.planner import Plan
from sentiment_cli.deployment.stack import Step, build
from sentiment_cli.deployment.state import Journal, State
from sentiment_cli.errors import InputError, Interrupted, SentimentError
from sentiment_cli.events import Emit, Note
from sentiment_cli.project import ARTIFACT, Project
from sentiment_cli.resources import Unwanted, expiry, expiry_role, model
from sentiment_cli.resources import api as apis
from sentiment_cli.resources.api import asking
from sentiment_cli.resources.endpoint import Endpoint, describe
from sentiment_cli.resources.image import resolved
from sentiment_cli.resources.names import Names


@dataclass(frozen=True)
class Target:
    """What is deployed, and where. `engine` is what runs containers: "docker", or "process" where there is none; `home`
    the folder for this machine's records of stages."""

    project: Project
    project_dir: Path
    home: Path
    stage: str
    with_api: bool = True
    engine: str = "docker"
    expires: datetime | Literal["never"] | None = None
    """When AWS deletes the endpoint by itself; None leaves that as it is."""
    bill: str = "The endpoint bills ${:.3f} an hour."
    """How to say what an endpoint costs, in US dollars an hour, that is left behind."""

    @property
    def end(self) -> datetime | None:
        """The moment of that, if there is one."""
        return self.expires if isinstance(self.expires, datetime) else None

    def names(self, aws: Aws) -> Names:
        """The names of this stage in that account."""
        return Names(self.project.name, self.stage, aws.account, aws.region)


@dataclass(frozen=True)
class Deployed:
    """What is running now."""

    plan: Plan
    steps: Sequence[Done]
    image: Mapping[str, str] | None
    endpoint: Mapping[str, str]
    api: Mapping[str, Any] | None
    verified: bool
    expires: datetime | None = None
    """When the endpoint is deleted, if that was said now."""

    def as_dict(self) -> dict[str, Any]:
        """The result of `deploy --json`."""
        artifact = self.plan.stack.artifact
        return {
            **self.plan.as_dict(),
            "steps": [step.as_dict() for step in self.steps],
            "image": self.image,
            "artifact": {"s3_uri": artifact.name, "sha256": artifact.sha256},
            "endpoint": self.endpoint,
            "api": self.api,
            "expires": self.expires and self.expires.isoformat(timespec="seconds"),
            "verified": self.verified,
        }


def journal_of(aws: Aws, target: Target, emit: Emit) -> Journal:
    """The stage's journal, new or as it was left. Raises Refused if the stage is in another account or region."""
    found = state.load(target.home, target.stage, emit)
    preflight.same_place(found, aws)
    path = state.path_of(target.home, target.stage)
    return Journal(path, found or State(target.project.name, target.stage, aws.account, aws.region))


def make_plan(aws: Aws, target: Target) -> Plan:
    """What has to change on AWS. Raises InputError without an artifact, Refused for one that is not good enough."""
    said = manifest.read(target.project_dir / ARTIFACT)
    preflight.good_enough(said, target.project.model.min_accuracy)
    stack = build(
        target.project, target.project_dir, target.names(aws), said,
        with_api=target.with_api, with_image=target.engine == "docker",
        expires=target.end,
    )  # fmt: skip
    if target.expires == "never":
        stack = replace(stack, steps=(*stack.steps, *_without_end(aws, stack.names)))
    return planner.plan(aws, stack)


def _without_end(aws: Aws, names: Names) -> list[Step]:
    """The removal of an end that was asked for before, the last of all."""
    with translated("look for the end of the endpoint"):
        there = [*expiry.existing(aws, names), *expiry_role.existing(aws, names)]
    needs = (Endpoint.kind,)
    steps = []
    for each in there:
        steps.append(Step(Unwanted(each, "the endpoint stays until it is torn down"), needs))
        needs = (each.kind,)
    return steps


def check(aws: Aws, target: Target, plan: Plan, emit: Emit) -> None:
    """Everything that can be known before anything is done. Raises Refused or SentimentError."""
    preflight.image_can_be_made(plan, target.engine)
    preflight.quota(aws, plan, emit)


def try_locally(target: Target, plan: Plan, emit: Emit) -> None:
    """Run image and artifact on this machine, where they are to go live anew. Raises SentimentError."""
    if any(change.kind == model.Model.kind for change in plan.todo):
        from sentiment_cli.deployment.rehearsal import rehearse

        rehearse(plan, target.home / target.stage / "rehearsal", target.engine, emit)


def deploy(aws: Aws, target: Target, plan: Plan, journal: Journal, emit: Emit) -> Deployed:
    """Make the changes, hold the answers against the model's own, and remove versions too old to go back to.

    Raises Interrupted after Ctrl-C and PartlyDone where a step failed after others were made: both can be resumed.
    """
    try:
        steps = executor.apply(aws, plan, journal, emit, _bills(target, plan))
        url, key = _verify(aws, target, plan, emit)
        journal.deployed(version=plan.stack.config.version, artifact=plan.stack.artifact.sha256, url=url)
        _prune(aws, plan, journal, emit)
    except (Interrupted, KeyboardInterrupt):  # the second while something is asked that changes nothing
        raise leaving.left(plan, journal, target.bill) from None
    except SentimentError as error:
        raise leaving.resumable(error, journal) from error
    return _result(aws, target, plan, steps, url, key)


def _bills(target: Target, plan: Plan) -> dict[str, str]:
    """What is said of money when the endpoint's step begins, which may take many minutes."""
    change = next((each for each in plan.todo if each.kind == Endpoint.kind), None)
    if change is None or not plan.cost.hourly:
        return {}
    since = {
        "create": "Billing begins with its machine; nothing bills by the hour until then.",
        "update": "The version before serves, and its machine bills, until the new one has taken over.",
    }
    return {Endpoint.kind: f"{target.bill.format(plan.cost.hourly)} {since.get(change.action, '')}".rstrip()}


def _verify(aws: Aws, target: Target, plan: Plan, emit: Emit) -> tuple[str, str | None]:
    """The API's URL and its key, after endpoint and API have answered rightly; empty without one."""
    names, auth, said = plan.stack.names, target.project.api.auth, plan.stack.manifest
    try:
        texts = verify.endpoint(aws, names, said)
    except SentimentError as error:
        raise _taken_back(aws, plan, error, emit) from error
    emit(Note(f"The endpoint answers as the model does ({texts} texts)."))
    if plan.stack.api is None:
        return "", None
    seen = _seen(plan)
    with translated("find the API's address"):
        url = apis.url_of(aws, names, seen)
        key = apis.key(aws, names, seen) if auth == "api-key" else None
    texts = verify.api(aws, url, auth, key, said)
    emit(Note(f"The API answers as the model does ({texts} texts)."))
    return url, key


def _seen(plan: Plan) -> apis.Found | None:
    """What the plan saw of the API, where nothing of it was changed since."""
    kept = (each.found for each in plan.changes if each.kind == apis.Api.kind and each.action == "keep")
    return next(kept, None)


def _taken_back(aws: Aws, plan: Plan, error: SentimentError, emit: Emit) -> SentimentError:
    """Give the endpoint its earlier version again, if there was one, and say so."""
    change = next(each for each in plan.changes if each.kind == Endpoint.kind)
    before = (change.found or {}).get("EndpointConfigName")
    if not verify.speaks_against(error) or change.action != "update" or before in (None, plan.stack.config.name):
        return error  # where the network or a permission failed, nothing speaks against the new version
    return versions.restored(aws, plan.stack.names, before, error, "Train again, or look at the image.", emit)


def _prune(aws: Aws, plan: Plan, journal: Journal, emit: Emit) -> None:
    """Remove old versions, which must not spoil a deployment that is verified."""
    try:
        versions.prune(aws, plan.stack.names, plan.stack.config.name, journal, emit)
    except SentimentError as error:
        emit(Note(f"{error.what} {error.why} It is tried again next time.", "warning"))


def _result(aws: Aws, target: Target, plan: Plan, steps: Sequence[Done], url: str, key: str | None) -> Deployed:
    names, auth = plan.stack.names, target.project.api.auth
    with translated("look at what was deployed"):
        found = describe(aws, names.endpoint) or {}
        image = resolved(aws, names, plan.stack.recipe.tag) if target.engine == "docker" else None
    return Deployed(
        plan=plan,
        steps=steps,
        image={"uri": image, "digest": image.partition("@")[2]} if image else None,
        endpoint={
            "name": names.endpoint,
            "status": str(found.get("EndpointStatus", "")),
            "version": plan.stack.config.version,
        },
        api={"url": url, "auth": auth, "key": key} if url else None,
        verified=True,
        expires=target.end,
    )  # fmt: skip


def public_still(aws: Aws, names: Names) -> str:
    """Where an API answers that an earlier deployment made; empty without one, and where it may not be looked for."""
    with translated("look for an API"):
        return or_none(lambda: apis.url_of(aws, names), "AccessDeniedException") or ""


def api_client(aws: Aws, names: Names) -> InferenceClient:
    """A client of the stage's API. Raises InputError where there is none."""
    with translated("find the API"):
        url = apis.url_of(aws, names)
        if not url:
            raise InputError(
                f"There is no API of {names.prefix}.", "It was not deployed, or was torn down.",
                "Run `sentiment-cli deploy`, or ask another --target.", code="no-api",
            )  # fmt: skip
        auth = apis.auth_of(aws, names) or "none"
        key = apis.key(aws, names) if auth == "api-key" else None
        return asking.client(aws, url, auth, key)
