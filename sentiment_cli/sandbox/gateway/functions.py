"""Lambda functions as moto keeps them: unpacks their code, gives them their environment and role, runs them, keeps
their logs; how a process is run is the workers' business.
"""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentiment_cli.sandbox import leftovers
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.gateway.workers import FunctionError, Pool, Recipe
from sentiment_cli.sandbox.taken import Taken

SERVICE = "lambda.amazonaws.com"
PAYLOAD_MAX = 6 * 1024 * 1024
# What AWS's Python runtime brings along: boto3 and what it needs.
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


class NoSuchFunction(Exception):
    """No function has that ARN."""


class Functions:
    """Runs functions. Closing it ends every process."""

    def __init__(self, context: Context) -> None:
        self._folder = context.folder / "lambda"
        self._url = context.url
        self._id = context.id
        self._lock = threading.Lock()
        self._recipes: dict[str, tuple[Any, Recipe]] = {}
        self._pool = Pool(self._log)

    def close(self) -> None:
        """End every process of every function."""
        self._pool.close()

    def invoke(self, arn: str, event: Any) -> Any:
        """The result of the function. Raises FunctionError, or NoSuchFunction."""
        recipe = self._recipe(find(arn))
        if len(json.dumps(event)) > PAYLOAD_MAX:
            raise FunctionError(errorMessage="Request must be smaller than 6291456 bytes", errorType="RequestTooLarge")
        result = self._pool.call(recipe, event)
        if len(json.dumps(result)) > PAYLOAD_MAX:
            raise FunctionError(
                errorMessage="Response payload size exceeded maximum allowed payload size (6291556 bytes).",
                errorType="Function.ResponseSizeTooLarge",
            )
        return result

    def _recipe(self, function: Any) -> Recipe:
        with self._lock:
            version = _version(function)
            known = self._recipes.get(function.function_arn)
            if known is None or known[0] != version:
                known = (version, self._made(function))
                self._recipes[function.function_arn] = known
            if _may_log(known[1], "logs:CreateLogGroup"):
                _logs(function).ensure_log_group(function.logs_group_name)
            return known[1]

    def _made(self, function: Any) -> Recipe:
        stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{uuid.uuid4().hex}"
        code = _unpacked(function, self._folder)
        environment = {
            **_place(function, stream),
            "LAMBDA_TASK_ROOT": str(code),
            **{str(name): str(value) for name, value in (function.environment_vars or {}).items()},
            **_credentials(function),
            "AWS_ENDPOINT_URL": self._url,
            leftovers.MARK: self._id,
        }
        return Recipe(
            function.function_arn, code, _libraries(self._folder), _Environment(environment), float(function.timeout),
            function.role,
        )  # fmt: skip

    def _log(self, recipe: Recipe, line: str) -> None:
        """Written only into a group that is there: a late line must not bring back what was deleted."""
        group, stream = _place_of_log(recipe)
        _, _, _, region, account, *_ = recipe.arn.split(":")
        from moto.logs.models import logs_backends

        backend = logs_backends[account][region]
        if group not in backend.groups or not _may_log(recipe, "logs:PutLogEvents"):
            return
        if stream in backend.groups[group].streams or _may_log(recipe, "logs:CreateLogStream"):
            backend.ensure_log_stream(group, stream)
            backend.put_log_events(group, stream, [{"timestamp": int(time.time() * 1000), "message": line}])


class _Environment(dict[str, str]):
    """A mapping that can be part of a frozen recipe."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def find(arn: str) -> Any:
    """moto's LambdaFunction. Raises NoSuchFunction."""
    from moto.awslambda.models import lambda_backends

    try:
        _, _, _, region, account, *_ = arn.split(":")
        found = lambda_backends[account][region].get_function_by_arn(arn)
    except (ValueError, KeyError):
        found = None
    if found is None:
        raise NoSuchFunction(arn)
    return found


def may_be_called(function: Any, source: str) -> bool:
    """Whether the function's own policy lets API Gateway call it for `source`, the ARN of a method of an API."""
    from fnmatch import fnmatchcase

    for statement in function.policy.statements:
        principal = statement.get("Principal", {})
        service = principal.get("Service") if isinstance(principal, dict) else principal
        conditions = statement.get("Condition") or {}
        patterns = [value for each in conditions.values() for name, value in each.items() if name == "AWS:SourceArn"]
        if service == "apigateway.amazonaws.com" and all(fnmatchcase(source, pattern) for pattern in patterns):
            return True
    return False


def _version(function: Any) -> Any:
    return (
        function.code_sha_256, function.handler, function.timeout, function.memory_size, function.role,
        json.dumps(function.environment_vars, sort_keys=True),
    )  # fmt: skip


def _place(function: Any, stream: str) -> Mapping[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "PYTHONUTF8": "1",
        "TZ": ":UTC",
        "_HANDLER": str(function.handler),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _credentials(function: Any) -> Mapping[str, str]:
    """Those of the function's role, as STS gives them out."""
    from moto.sts.models import sts_backends

    backend = sts_backends[function.account_id][function.partition]
    role = backend.assume_role(
        region_name=function.region, role_session_name=function.function_name, role_arn=function.role, policy="",
        duration=43_200, external_id="",
    )  # fmt: skip
    return {
        "AWS_ACCESS_KEY_ID": role.access_key_id,
        "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
        "AWS_SESSION_TOKEN": role.session_token,
    }


def _unpacked(function: Any, folder: Path) -> Path:
    """The function's zip, in a folder named by its content."""
    place = folder / "code" / f"{function.function_name}-{uuid.UUID(bytes=_digest(function))}"
    if not place.is_dir():
        partial = place.with_name(f"{place.name}.{uuid.uuid4().hex}")
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(partial)
        partial.rename(place)
    return place


def _digest(function: Any) -> bytes:
    import hashlib

    return hashlib.sha256(function.code_bytes).digest()[:16]


def _libraries(folder: Path) -> Path:
    """A folder with boto3 and no other package of this environment."""
    place = folder / "libraries"
    if place.is_dir():
        return place
    partial = folder / f"libraries.{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    for name in LIBRARIES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            path = Path(found.origin)
            target = path.parent if path.name == "__init__.py" else path
            (partial / target.name).symlink_to(target)
    try:
        partial.rename(place)
    except OSError:  # made meanwhile
        shutil.rmtree(partial)
    return place


def _place_of_log(recipe: Recipe) -> tuple[str, str]:
    """Group and stream."""
    return recipe.environment["AWS_LAMBDA_LOG_GROUP_NAME"], recipe.environment["AWS_LAMBDA_LOG_STREAM_NAME"]


def _may_log(recipe: Recipe, action: str) -> bool:
    """Whether the function's role allows it; what it may not write is lost, and harms the function in no other way."""
    group, stream = _place_of_log(recipe)
    where = recipe.arn.replace(":lambda:", ":logs:").rpartition(":function:")[0]
    return Taken(recipe.role, SERVICE).may(action, f"{where}:log-group:{group}:log-stream:{stream}")


def _logs(function: Any) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[function.account_id][function.region]
