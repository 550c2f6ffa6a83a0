"""A door with hosting behind it in this process, an account of its own for each test, and boto3 to knock with."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import boto3
import pytest
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from werkzeug.serving import make_server

from sentiment_cli import artifacts
from sentiment_cli.sandbox.access_log import AccessLog
from sentiment_cli.sandbox.callers import access_key
from sentiment_cli.sandbox.calls import Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.door import Door
from sentiment_cli.sandbox.hosting import Hosting

REGION = "eu-west-1"
BUCKET = "models-{account}"
GOOD = ["great day", "i love it", "so happy", "the best"]
BAD = ["awful day", "i hate it", "so sad", "the worst"]
PULL = [
    "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability", "ecr:GetAuthorizationToken",
]  # fmt: skip
LOG = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
Services = Callable[[Context], Mapping[tuple[str, str], Handler]]
_accounts = itertools.count(100_000_000_000)


def policy(*statements: tuple[list[str], str]) -> str:
    allowed = [{"Effect": "Allow", "Action": actions, "Resource": on} for actions, on in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Account:
    """One account, with the role and the bucket that hosting needs."""

    def __init__(self, url: str) -> None:
        self.id = str(next(_accounts))
        self._url = url
        self.sagemaker, self.s3, self.iam, self.logs = map(self.client, ("sagemaker", "s3", "iam", "logs"))
        self.runtime = self.client("sagemaker-runtime")
        self.bucket = BUCKET.format(account=self.id)
        self.image = f"{self.id}.dkr.ecr.{REGION}.amazonaws.com/server:1"
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        allowed = policy((["s3:GetObject"], f"arn:aws:s3:::{self.bucket}/*"),
                         (["s3:ListBucket"], f"arn:aws:s3:::{self.bucket}"), (PULL, "*"),
                         (LOG, "*"), (["cloudwatch:PutMetricData"], "*"))  # fmt: skip
        self.role = self.make_role("hosting", allowed)

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(
            service, region_name=region, endpoint_url=self._url, aws_access_key_id=access_key(self.id),
            aws_secret_access_key="-", config=Config(retries={"total_max_attempts": 1}, read_timeout=70),
        )  # fmt: skip

    def make_role(self, name: str, allowed: str, service: str = "sagemaker.amazonaws.com") -> str:
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))
        self.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=allowed)
        return str(made["Role"]["Arn"])

    def put(self, content: bytes, key: str = "model.tar.gz") -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return f"s3://{self.bucket}/{key}"

    def model(self, name: str, data: bytes | None, **container: Any) -> None:
        url = {"ModelDataUrl": self.put(data, f"{name}.tar.gz")} if data is not None else {}
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer={"Image": self.image, **url, **container}
        )

    def config(self, name: str, model: str, **variant: Any) -> None:
        size = {} if "ServerlessConfig" in variant else {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": model, **size, **variant}],
        )

    def endpoint(self, name: str, config: str, status: str = "InService") -> dict[str, Any]:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name, status)

    def hosted(self, data: bytes, name: str = "tweets", **variant: Any) -> None:
        """Model, configuration and endpoint, InService."""
        self.model(f"{name}-1", data)
        self.config(f"{name}-1", f"{name}-1", **variant)
        self.endpoint(name, f"{name}-1")

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_endpoint(EndpointName=name))

    def settled(self, name: str, status: str) -> dict[str, Any]:
        """The endpoint, once it is `status`."""
        seen = until(lambda: self.describe(name), lambda it: it["EndpointStatus"] in (status, "Failed"))
        assert seen["EndpointStatus"] == status, seen
        return seen

    def deleted(self, name: str) -> None:
        """Returns when the endpoint is gone."""
        until(lambda: [each["EndpointName"] for each in self.sagemaker.list_endpoints()["Endpoints"]],
              lambda names: name not in names)  # fmt: skip

    def clear(self) -> None:
        """Delete what is hosted and settled."""
        for each in self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]:
            if each["EndpointStatus"] in ("InService", "Failed"):
                self.sagemaker.delete_endpoint(EndpointName=each["EndpointName"])

    def ask(self, text: str, name: str = "tweets") -> str:
        answer = self.runtime.invoke_endpoint(
            EndpointName=name, ContentType="application/json", Body=json.dumps({"input": [{"text": text}]})
        )
        return str(json.load(answer["Body"])["output"][0]["label"])

    def log(self, name: str = "tweets") -> list[str]:
        """Every line of an endpoint's log; none where there is no log group."""
        group = f"/aws/sagemaker/Endpoints/{name}"
        found = [each["logGroupName"] for each in self.logs.describe_log_groups()["logGroups"]]
        if group not in found:
            return []
        return [each["message"] for each in self.logs.filter_log_events(logGroupName=group)["events"]]


def until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not good(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


def archive(**files: bytes) -> bytes:
    """A model.tar.gz with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def fitted(folder: Path, labels: tuple[str, str]) -> bytes:
    """A small model's artifact."""
    texts = [*GOOD, *BAD]
    vectorizer = TfidfVectorizer()
    classifier = LogisticRegression(C=10.0).fit(vectorizer.fit_transform(texts), [1] * len(GOOD) + [0] * len(BAD))
    rows = zip(texts, classifier.predict_proba(vectorizer.transform(texts)), strict=True)
    golden = [(text, labels[row.argmax()], float(row.max())) for text, row in rows]
    parts = {"vectorizer": vectorizer, "classifier": classifier}
    made = artifacts.Ingredients(labels=labels, probe=texts, golden=golden, **parts)
    return artifacts.write(made, folder / f"{labels[0]}.tar.gz").path.read_bytes()


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Says Positive or Negative."""
    return fitted(tmp_path_factory.mktemp("english"), ("Negative", "Positive"))


@pytest.fixture(scope="session")
def german(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Says gut or schlecht."""
    return fitted(tmp_path_factory.mktemp("german"), ("schlecht", "gut"))


class Sandbox:
    """Hosting behind a door on a free port."""

    def __init__(self, folder: Path, engine: Literal["docker", "process"], *others: Services) -> None:
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.context = Context(folder, self.url, folder.name, engine)
        self.hosting = Hosting(self.context)
        handlers = dict(self.hosting.services())
        for services in others:
            handlers |= services(self.context)
        server.app = Door(
            self.context.id, handlers, DomainDispatcherApplication(create_backend_app),
            AccessLog(folder / "access.log"), dict,
        )  # fmt: skip
        self.hosting.faults = server.app.faults
        self._server = server
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self.hosting.close()
        self._server.server_close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """With processes for containers."""
    made = Sandbox(tmp_path_factory.mktemp("sandbox"), "process")
    yield made
    made.close()


@pytest.fixture
def aws(sandbox: Sandbox) -> Iterator[Account]:
    account = Account(sandbox.url)
    yield account
    account.clear()
