"""The Chalice project in the user's api/ folder, made ready for a stage; it asks nothing of AWS.

What the user has changed stays: only what is missing, or must name this stage's own things, is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_cli.errors import InputError
from sentiment_cli.files import write_atomically
from sentiment_cli.resources.names import Names, digest

CONFIG = Path(".chalice/config.json")
MEMORY_MB = 256  # of the function
DEFAULTS = {
    "autogen_policy": False,  # Chalice's own would let the function ask every endpoint
    "api_gateway_endpoint_type": "REGIONAL",
    "lambda_memory_size": MEMORY_MB,
    "lambda_timeout": 27,  # below API Gateway's 29 s, above the client's 20 s in chalicelib/endpoint.py
}
API_STAGE = "api"
# What Chalice packs; everything else in the folder changes nothing on AWS.
PACKED = ("app.py", "requirements.txt", "chalicelib", "vendor")


@dataclass(frozen=True)
class ChaliceProject:
    """The project in `folder`, for one stage."""

    folder: Path
    names: Names
    auth: str
    endpoint: str
    partition: str

    def files(self) -> dict[Path, bytes]:
        """config.json and the policy as they have to be, by path below the folder. Raises InputError."""
        config = self._config()
        found = {CONFIG: config}
        policy = self._policy_path(config)
        if policy is not None:
            found[policy] = self._policy(policy)
        return {path: self._text(path, value) for path, value in found.items()}

    def permissions(self) -> dict[str, Any]:
        """The policy of the function's role. Raises InputError where it is not made from a file of the project."""
        path = self._policy_path(self._config())
        if path is None:
            raise InputError(
                "The API's role has no policy of its own here.",
                f"api/{CONFIG} lets Chalice work it out, or names a role that is there already.",
                'Set "autogen_policy" to false and "manage_iam_role" to true there.',
                code="no-api-policy",
            )
        return self._policy(path)

    def write(self) -> None:
        """Write those of `files` that differ from what is there."""
        for path, content in self.files().items():
            target = self.folder / path
            if not target.exists() or target.read_bytes() != content:
                write_atomically(target, content)

    def content(self) -> str:
        """A digest of all that decides what is deployed."""
        config = self._config()
        own = {name: value for name, value in config.items() if name != "stages"}
        policy = self._policy_path(config)
        return digest({
            "config": own,
            "stage": config["stages"][self.names.stage],
            "policy": self._policy(policy) if policy else None,
            "sources": dict(self._sources()),
        })  # fmt: skip

    @property
    def record(self) -> Path:
        """Where Chalice keeps what it has made for the stage."""
        return self.folder / ".chalice/deployed" / f"{self.names.stage}.json"

    def _config(self) -> dict[str, Any]:
        if not (self.folder / "app.py").is_file():
            raise InputError(
                f"There is no API project in {self.folder}.",
                "app.py is missing.",
                "Run `sentiment-cli init` to get one, or deploy with --no-api.",
                code="no-api-project",
            )
        config = deepcopy(_object(self.folder / CONFIG))
        self._check_name(config)
        stage = config.setdefault("stages", {}).setdefault(self.names.stage, {})
        for name, value in DEFAULTS.items():
            if name not in stage:
                config.setdefault(name, value)
        stage.setdefault("api_gateway_stage", config.get("api_gateway_stage", API_STAGE))
        stage.setdefault("environment_variables", {}).update(ENDPOINT_NAME=self.endpoint, API_AUTH=self.auth)
        stage.setdefault("tags", {}).update(self.names.tags)
        return config

    def _check_name(self, config: dict[str, Any]) -> None:
        """Chalice names the function APP-STAGE, and so must we."""
        named = config.setdefault("app_name", self.names.project)
        if named != self.names.project:
            raise InputError(
                "The API project has another name than this project.",
                f"api/{CONFIG} says {named!r}, sentiment.toml {self.names.project!r}.",
                "Make them the same; resources of the other name stay until `sentiment-cli teardown` is run with it.",
                code="api-name",
            )

    def _policy_path(self, config: dict[str, Any]) -> Path | None:
        """Below the folder; None where Chalice does not make the role's policy from a file."""
        settings = {**config, **config["stages"][self.names.stage]}
        if settings["autogen_policy"] or not settings.get("manage_iam_role", True):
            return None
        return CONFIG.parent / str(settings.get("iam_policy_file", f"policy-{self.names.stage}.json"))

    def _policy(self, path: Path) -> dict[str, Any]:
        """The policy in the file, with our own statements naming exactly this stage's endpoint and log."""
        policy = deepcopy(_object(self.folder / path)) or {"Version": "2012-10-17", "Statement": deepcopy(_STATEMENTS)}
        where = f"{self.names.region}:{self.names.account}"
        exact = {
            "AskTheModel": f"arn:{self.partition}:sagemaker:{where}:endpoint/{self.endpoint}",
            "WriteLogs": f"arn:{self.partition}:logs:{where}:log-group:/aws/lambda/{self.names.function}:*",
        }
        for statement in policy.get("Statement", []):
            if statement.get("Sid") in exact:
                statement["Resource"] = exact[statement["Sid"]]
        return policy

    def _text(self, path: Path, value: dict[str, Any]) -> bytes:
        """As the user wrote it, if it says the same."""
        target = self.folder / path
        if target.exists() and _object(target) == value:
            return target.read_bytes()
        return (json.dumps(value, indent=2) + "\n").encode()

    def _sources(self) -> Iterator[tuple[str, str]]:
        for name in PACKED:
            place = self.folder / name
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                    yield path.relative_to(self.folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


_STATEMENTS: list[dict[str, Any]] = [
    {"Sid": "AskTheModel", "Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": ""},
    {
        "Sid": "WriteLogs", "Effect": "Allow", "Resource": "",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    },
]  # fmt: skip


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, empty without one. Raises InputError for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}.", f"{error}.", "Make it valid JSON.", code="bad-json") from None
    if not isinstance(value, dict):
        raise InputError(f"Cannot use {path}.", "It is not a JSON object.", "Correct it.", code="bad-json")
    return value


def recorded(text: bytes | None) -> Mapping[str, Mapping[str, Any]]:
    """The resources of a deployed record by name; none where there is no record that can be read."""
    try:
        return {each["name"]: each for each in json.loads(text or b"")["resources"]}
    except (ValueError, KeyError, TypeError):
        return {}
