"""The versions of a stage: which are kept, which are too old, and going back: an update of the endpoint like any."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sentiment_cli.clients.aws_errors import or_none, translated
from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import manifest, verify
from sentiment_cli.deployment.state import Journal
from sentiment_cli.errors import InputError, SentimentError
from sentiment_cli.events import Emit, Note
from sentiment_cli.resources import Existing, endpoint, endpoint_config, model
from sentiment_cli.resources.endpoint import Endpoint
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.names import Names

KEPT = 3  # the one that serves and two to go back to


@dataclass(frozen=True)
class Version:
    """An endpoint configuration that is kept: whether the endpoint has it now, what it is, and when it was made."""

    name: str
    version: str
    serves: bool
    config: EndpointConfig | None = None
    since: datetime | None = None


def kept(aws: Aws, names: Names) -> list[Version]:
    """The newest first. Raises InputError where there is no endpoint."""
    with translated(f"look for the versions of {names.prefix}"):
        found = endpoint.describe(aws, names.endpoint)
        if found is None:
            raise InputError(
                f"There is no endpoint {names.endpoint}.", "Nothing is deployed in this stage.",
                "Run `sentiment-cli deploy`.", code="no-endpoint",
            )  # fmt: skip
        serving = found["EndpointConfigName"]
        return [
            Version(
                each.name, each.name.removeprefix(f"{names.prefix}-"), each.name == serving,
                endpoint_config.as_it_is(aws, names, each.name), each.since,
            )
            for each in endpoint_config.existing(aws, names)
        ]  # fmt: skip


def chosen(versions: list[Version], wanted: str | None, served: Sequence[str], command: str) -> Version:
    """The wanted version, by its beginning; without one, the one that `served` before, else that made before the one
    that serves. Raises InputError, which tells to add a version to `command`."""
    if wanted is not None:
        fitting = [each for each in versions if each.version.startswith(wanted)]
        if len(fitting) == 1:
            return fitting[0]
        what = f"{wanted} may be several versions." if fitting else f"There is no version {wanted}."
        raise _none(what, versions, command)
    for earlier in reversed(served):
        before = next((each for each in versions if each.version == earlier and not each.serves), None)
        if before is not None:
            return before
    serving = next((number for number, each in enumerate(versions) if each.serves), None)
    if serving is None or serving + 1 >= len(versions):
        raise _none("There is no earlier version to go back to.", versions, command)
    return versions[serving + 1]


def go_back(aws: Aws, names: Names, version: Version, journal: Journal, emit: Emit) -> None:
    """Let the endpoint serve `version`, and hold its answers against what that model said in training.

    Raises SentimentError where AWS takes the update back or the answers differ.
    """
    with translated(f"look at the version {version.version}"):
        target = Endpoint(names, version.name, endpoint_config.is_serverless(aws, version.name))
        before = endpoint.describe(aws, names.endpoint) or {}
    with translated(f"give the endpoint {names.endpoint} the version {version.version}"):
        bucket, key = _artifact(aws, version.name)
        said = _manifest(aws, bucket, key)
        journal.note(target.kind, target.name, "updating")
        target.update(aws, before, emit)
    journal.note(target.kind, target.name, "created")
    try:
        texts = verify.endpoint(aws, names, said)
    except SentimentError as error:
        serving = str(before.get("EndpointConfigName"))
        if not verify.speaks_against(error) or serving in ("None", version.name):
            raise
        raise restored(aws, names, serving, error, "Name another version, or deploy again.", emit) from error
    emit(Note(f"The endpoint answers as that model does ({texts} texts)."))
    journal.deployed(version=version.version, artifact=key.split("/")[1], url=journal.state.url, back=True)


def restored(aws: Aws, names: Names, before: str, error: SentimentError, fix: str, emit: Emit) -> SentimentError:
    """Give the endpoint the configuration again that it had; the error to raise then, `error` with that told."""
    emit(Note(f"{error.what} Going back to {before}.", "warning"))
    with translated(f"give the endpoint {names.endpoint} its earlier version again"):
        target = Endpoint(names, before, endpoint_config.is_serverless(aws, before))
        target.update(aws, endpoint.describe(aws, names.endpoint) or {}, emit)
    why = f"{error.why} {before} serves again, as before."
    return SentimentError(error.what, why, fix, code="verification-rolled-back")


def prune(aws: Aws, names: Names, current: str, journal: Journal, emit: Emit) -> None:
    """Delete configurations, and models that none of the others serves, beyond KEPT. `current` is kept, then what
    served last, for that is what one goes back to, then what was made last."""
    with translated("look for versions that are too old to go back to"):
        configs = endpoint_config.existing(aws, names)
        last = [f"{names.prefix}-{each}" for each in reversed(journal.state.served)]
        others = [each for each in configs if each.name != current]
        others.sort(key=lambda each: last.index(each.name) if each.name in last else len(last))
        old = others[KEPT - 1 :]
        unused = _unused(aws, names, [each.name for each in configs if each not in old]) if old else []
    # Models first: a configuration that is left by a run that broke off leads the next one to what it is about.
    for each in (*unused, *old):
        with translated(f"delete the {each.kind} {each.name}"):
            each.delete(emit)
        journal.note(each.kind, each.name, "deleted")
    if old:
        emit(Note(f"Removed {len(old)} older version{'s' if len(old) > 1 else ''}; {KEPT} are kept."))


def _unused(aws: Aws, names: Names, configs: Sequence[str]) -> list[Existing]:
    """The models that none of `configs` serves."""
    used = {endpoint_config.model_of(aws, each) for each in configs}
    return [each for each in model.existing(aws, names) if each.name not in used]


def _artifact(aws: Aws, config: str) -> tuple[str, str]:
    """Bucket and key of the artifact that a version serves. Raises SentimentError if its model is gone."""
    name = endpoint_config.model_of(aws, config)
    found = or_none(lambda: aws.client("sagemaker").describe_model(ModelName=name), *model.MISSING)
    if found is None:
        raise SentimentError(
            f"The model {name} is gone.", "Somebody deleted it, so this version cannot be served.",
            "Deploy again: `sentiment-cli deploy`.", code="model-gone",
        )  # fmt: skip
    bucket, _, key = found["PrimaryContainer"]["ModelDataUrl"].removeprefix("s3://").partition("/")
    return bucket, key


def _manifest(aws: Aws, bucket: str, key: str) -> Mapping[str, Any]:
    """What an artifact in a bucket says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        aws.client("s3").download_file(bucket, key, str(archive))
        return manifest.read(archive)


def _none(what: str, versions: list[Version], command: str) -> InputError:
    there = ", ".join(f"{each.version}{' (serves)' if each.serves else ''}" for each in versions)
    other = next((each.version for each in versions if not each.serves), None)
    fix = (
        f"Name one that does not serve: `{command} {other}`." if other else "Train again and deploy: this one is kept."
    )
    return InputError(what, f"Kept, the newest first: {there or 'none'}.", fix, code="no-version")
