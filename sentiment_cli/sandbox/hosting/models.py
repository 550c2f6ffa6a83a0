"""SageMaker models: what CreateModel checks before it believes them, and their list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.hosting import execution, lists, neighbours
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.records import Record, Region, Store, invalid, tags
from sentiment_cli.sandbox.taken import Taken

_KEPT = (
    "PrimaryContainer", "Containers", "InferenceExecutionConfig", "ExecutionRoleArn", "VpcConfig",
    "EnableNetworkIsolation",
)  # fmt: skip


class Models:
    """The operations on models."""

    def __init__(self, store: Store[Any], images: Images) -> None:
        self._store = store
        self._images = images

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateModel": self._create,
            "DescribeModel": self._describe,
            "ListModels": self._list,
            "DeleteModel": self._delete,
        }

    def _create(self, call: Call) -> Mapping[str, Any]:
        region, params = self._store.of(call), call.params
        name = params["ModelName"]
        region.models.refuse_existing(name)
        self._check(region, params)
        record = Record(name, region.models.arn(name), {key: params[key] for key in _KEPT if key in params})
        record.tags.update(tags(params))
        with self._store.lock:
            region.models.add(record)
        return {"ModelArn": record.arn}

    def _check(self, region: Region[Any], params: Mapping[str, Any]) -> None:
        role = _role(params)
        container = container_of(params)
        if url := data_url(container):
            _check_data(region, role, url)
        self._images.check(region, role, container["Image"])

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = self._store.of(call).models.find(call.params["ModelName"])
            return {
                "ModelName": found.name, "ModelArn": found.arn, "CreationTime": found.created,
                "EnableNetworkIsolation": False, **found.request,
            }  # fmt: skip

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            found = lists.select(self._store.of(call).models, call.params)
        shown = [{"ModelName": each.name, "ModelArn": each.arn, "CreationTime": each.created} for each in found]
        return lists.page("Models", shown, call.params)

    def _delete(self, call: Call) -> Mapping[str, Any]:
        with self._store.lock:
            self._store.of(call).models.remove(call.params["ModelName"])
        return {}


def container_of(model: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one container of a model."""
    containers = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model.get("Containers") or []
    if not containers:
        raise invalid("At least one container must be specified in PrimaryContainer or Containers.")
    if len(containers) > 1 or not containers[0].get("Image"):
        raise invalid("This sandbox hosts models of one container that names its image.")
    return dict(containers[0])


def data_url(container: Mapping[str, Any]) -> str:
    """Where the model's archive is; empty if it has none."""
    source = (container.get("ModelDataSource") or {}).get("S3DataSource")
    if source and (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise invalid("This sandbox hosts models whose data is one S3Object, compressed with Gzip.")
    return str(source["S3Uri"] if source else container.get("ModelDataUrl", ""))


def _role(params: Mapping[str, Any]) -> Taken:
    role = execution.role_of(params)
    if not role.is_trusting():
        raise invalid(
            f"Could not assume role {role.arn}. Please ensure that the role exists and allows principal "
            f"'{execution.SERVICE}' to assume the role."
        )
    return role


def _check_data(region: Region[Any], role: Taken, url: str) -> None:
    if not execution.may_fetch(region, role, url):
        raise _no_access(region, role, url)
    if neighbours.s3_object(region, url) is None:
        # Who may not list a bucket is not told what is missing from it.
        bucket, _ = neighbours.split_s3(url)
        may_list = role.may("s3:ListBucket", f"arn:{region.partition}:s3:::{bucket}")
        may_know = may_list and neighbours.is_here(region, bucket)
        raise invalid(f"Could not find model data at {url}.") if may_know else _no_access(region, role, url)


def _no_access(region: Region[Any], role: Taken, url: str) -> Fault:
    return invalid(
        f'Could not access model data at {url}. Please ensure that the role "{role.arn}" exists and that its trust '
        f'relationship policy allows the action "sts:AssumeRole" for the service principal "{execution.SERVICE}". Also '
        f'ensure that the role has "s3:GetObject" permissions and that the object is located in {region.name}. If your '
        'Model uses multiple models or uncompressed models, please ensure that the role has "s3:ListBucket" permission.'
    )
