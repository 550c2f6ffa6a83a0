"""The public API: a Chalice project, deployed by Chalice, and what Chalice leaves out.

Parts: `project` is the folder with the code, `records` what Chalice remembers, `looking` what AWS has, `access` limits,
keys and CORS, `removing` the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from sentiment_cli.clients import chalice
from sentiment_cli.clients.aws_errors import or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Emit, LogLine
from sentiment_cli.files import write_atomically
from sentiment_cli.resources import Decision
from sentiment_cli.resources.api import access, looking
from sentiment_cli.resources.api.access import Limits
from sentiment_cli.resources.api.looking import Found
from sentiment_cli.resources.api.project import ChaliceProject, recorded
from sentiment_cli.resources.api.records import as_record
from sentiment_cli.resources.api.removing import delete_rest_api, existing, forget
from sentiment_cli.resources.names import VERSION_TAG, Names, digest

__all__ = ["Api", "Found", "Limits", "auth_of", "delete", "existing", "forget", "key", "limits_of", "url", "url_of"]
LOST_ANSWERS = 4
ONE_RUN = timedelta(minutes=5)  # in which a request of Chalice's is sent a second time


@dataclass(frozen=True)
class Api:
    """The API of a stage in front of `endpoint`; `auth` is "api-key", "iam" or "none"."""

    kind: ClassVar[str] = "API"
    usual: ClassVar[str] = "30 s to 2 min"

    names: Names
    project_dir: Path
    auth: str
    endpoint: str
    limits: Limits = field(default_factory=Limits)

    @property
    def name(self) -> str:
        return self.names.function

    def describe(self, aws: Aws) -> Found | None:
        """Raises InputError where the project cannot be deployed, and Refused where its name is taken."""
        self._project(aws.partition).files()
        found = looking.look(aws, self.names, self._recorded_id(aws))
        if found is None or found.function is None:
            access.refuse_role_of_elsewhere(aws, self.names)
        return found

    def compare(self, found: Found) -> Decision:
        if found.function is None or found.rest_api is None or found.stage is None:
            return Decision("update", "not complete")
        if (self.auth == "api-key") != bool(found.key and found.plan):
            return Decision("update", "API key missing" if self.auth == "api-key" else "API key no longer wanted")
        if found.version is None:
            return Decision("update", "deployed by hand, or not to the end")
        if found.version != self._version(found.partition):
            return Decision("update", "its code or settings changed")
        changed = access.drift(found, self.limits, keyed=self.auth == "api-key")
        if changed:
            return Decision("update", changed)
        return Decision("keep", "same content")

    def create(self, aws: Aws, emit: Emit) -> None:
        self._deploy(aws, self.describe(aws), emit)

    def update(self, aws: Aws, found: Found, emit: Emit) -> None:
        self._deploy(aws, self.describe(aws), emit)

    def _deploy(self, aws: Aws, found: Found | None, emit: Emit) -> None:
        project = self._project(aws.partition)
        project.write()
        self._run_chalice(aws, project, found, emit)
        made = looking.look(aws, self.names, _id_in(_read(project.record)))
        if made is None or made.function is None or made.rest_api is None or made.stage is None:
            raise SentimentError(
                "Chalice ended, but the API is not there.",
                "Function or REST API cannot be found.",
                "Run the command again.",
                code="chalice",
            )
        self._remove_twins(aws, made, emit)
        self._finish(aws, made)
        self._keep_record(aws, project)

    def _run_chalice(self, aws: Aws, project: ChaliceProject, found: Found | None, emit: Emit) -> None:
        """Until no answer is lost on the way: what it has made unknowingly is in the record that it goes on from."""
        for lost in range(LOST_ANSWERS + 1):
            self._write_record(aws, project, found)
            try:
                return chalice.deploy(aws, project.folder, self.names.stage, emit)
            except SentimentError as error:
                if lost == LOST_ANSWERS or aws.leaving.is_set() or not chalice.met_what_is_there(error):
                    raise
                emit(LogLine("chalice", f"{error.why} Once more, to take what is there."))
            found = self.describe(aws)
        return None

    def _remove_twins(self, aws: Aws, made: Found, emit: Emit) -> None:
        """REST APIs that were made beside the one that Chalice knows, in the same moment: AWS takes names twice, and
        the answer to the first request was lost."""
        own = made.rest_api or {}
        for other in made.rest_apis[1:]:
            if not looking.ours(self.names, other.get("tags")) and _are_of_one_moment(own, other):
                delete_rest_api(aws, str(other["id"]), emit)

    def _finish(self, aws: Aws, made: Found) -> None:
        """What Chalice leaves out. The version's tags come last: they say that all of it is done."""
        function, rest_api = made.function or {}, made.rest_api or {}
        api_id, stage = str(rest_api["id"]), str((made.stage or {})["stageName"])
        client = aws.client("apigateway")
        client.tag_resource(resourceArn=_arn(aws, api_id), tags=self.names.tags)
        access.put_responses(aws, api_id)
        client.create_deployment(restApiId=api_id, stageName=stage)
        access.throttle(aws, api_id, stage, self.limits)
        access.keep_logs(aws, self.names, self.limits.log_days)
        access.tag_role(aws, self.names, str(function["Configuration"]["Role"]).split("/")[-1])
        if self.auth == "api-key":
            access.allow_key(aws, self.names, api_id, stage, self.limits)
        else:
            self._forbid_key(aws, made)
        version = {VERSION_TAG: self._version(aws.partition)}
        client.tag_resource(resourceArn=_arn(aws, api_id), tags=version)
        aws.client("lambda").tag_resource(Resource=function["Configuration"]["FunctionArn"], Tags=version)

    def _forbid_key(self, aws: Aws, made: Found) -> None:
        for plan in looking.plans(aws, self.names) if made.plan else ():
            access.remove_plan(aws, plan["id"])
        for each in looking.keys(aws, self.names) if made.key else ():
            access.remove_key(aws, each["id"])

    def _version(self, partition: str) -> str:
        limits = {name: getattr(self.limits, name) for name in Limits.__dataclass_fields__}
        responses = dict(access.RESPONSES)
        return digest({
            "project": self._project(partition).content(), "auth": self.auth, "limits": limits, "responses": responses,
        })  # fmt: skip

    def _project(self, partition: str) -> ChaliceProject:
        return ChaliceProject(self.project_dir / "api", self.names, self.auth, self.endpoint, partition)

    # Chalice knows what it has made by its record only; without one it would make everything a second time.

    def _recorded_id(self, aws: Aws) -> str | None:
        local = _id_in(_read(self._project(aws.partition).record))
        return local or _id_in(self._kept_record(aws))

    def _write_record(self, aws: Aws, project: ChaliceProject, found: Found | None) -> None:
        """What AWS has, over what a record says: the local one, else the one in the bucket."""
        before = recorded(_read(project.record) or self._kept_record(aws))
        content = as_record(before, found, partial(url, aws))
        if content is None:
            project.record.unlink(missing_ok=True)
        elif content != _read(project.record):
            write_atomically(project.record, content)

    def _kept_record(self, aws: Aws) -> bytes | None:
        def read() -> Any:
            return aws.client("s3").get_object(**self._place(aws))["Body"].read()

        found = or_none(lambda: or_none(read, "NoSuchKey"), "NoSuchBucket")
        return bytes(found) if found is not None else None

    def _keep_record(self, aws: Aws, project: ChaliceProject) -> None:
        content = _read(project.record)
        if content is not None and self._kept_record(aws) != content:
            or_none(lambda: aws.client("s3").put_object(**self._place(aws), Body=content), "NoSuchBucket")

    def _place(self, aws: Aws) -> dict[str, str]:
        """Where the record is kept, in a bucket that is ours or not taken."""
        key = f"chalice/{self.names.stage}.json"
        return {"Bucket": self.names.bucket, "Key": key, "ExpectedBucketOwner": aws.account}


def _are_of_one_moment(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    made, beside = one.get("createdDate"), other.get("createdDate")
    return made is not None and beside is not None and abs(made - beside) < ONE_RUN


def url(aws: Aws, api_id: str, stage: str) -> str:
    """Where the API answers."""
    if aws.endpoint_url:
        return f"{aws.endpoint_url.rstrip('/')}/_aws/execute-api/{api_id}/{stage}/"
    # The domain differs between partitions; botocore knows them.
    service = str(aws.client("apigateway").meta.endpoint_url)
    return f"{service.replace('//apigateway.', f'//{api_id}.execute-api.')}/{stage}/"


def url_of(aws: Aws, names: Names, seen: Found | None = None) -> str:
    """Where the stage's API answers; empty if there is none. What was `seen` a moment ago is not asked for again."""
    apis = seen.rest_apis if seen else looking.rest_apis(aws, names)
    stage = (seen.stage if seen else looking.stage_of(aws, str(apis[0]["id"]))) if apis else None
    return url(aws, str(apis[0]["id"]), str(stage["stageName"])) if stage else ""


def auth_of(aws: Aws, names: Names) -> str | None:
    """Who may call the deployed API: "api-key", "iam" or "none"; None where there is none, or it does not say."""
    found = looking.function(aws, names) or {}
    environment: Mapping[str, str] = found.get("Configuration", {}).get("Environment", {}).get("Variables", {})
    return environment.get("API_AUTH")


def limits_of(aws: Aws, names: Names) -> dict[tuple[str, str], float]:
    """Requests a second that AWS lets through to the stage's API now, by what limits it: ("usage plan", its name), then
    ("stage", its name), each where it is there and has a limit."""
    apis = looking.rest_apis(aws, names)
    return access.limits_in(looking.stage_of(aws, str(apis[0]["id"])) if apis else None, looking.plan(aws, names))


def key(aws: Aws, names: Names, seen: Found | None = None) -> str | None:
    """The value of the stage's API key, which is a secret. A key that was `seen` is not looked for again."""
    found = seen.key if seen else looking.key(aws, names)
    if found is None:
        return None
    return str(aws.client("apigateway").get_api_key(apiKey=found["id"], includeValue=True)["value"])


def _arn(aws: Aws, api_id: str) -> str:
    return f"arn:{aws.partition}:apigateway:{aws.region}::/restapis/{api_id}"


def _id_in(record: bytes | None) -> str | None:
    found: Mapping[str, Any] = recorded(record).get("rest_api", {})
    return found.get("rest_api_id")


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
