"""A stage that hosts small models: what is needed below an endpoint, made once and quickly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sentiment_cli.clients.session import Aws
from sentiment_cli.events import ignore
from sentiment_cli.resources.bucket import Bucket
from sentiment_cli.resources.endpoint import Endpoint
from sentiment_cli.resources.endpoint_config import EndpointConfig
from sentiment_cli.resources.execution_role import ExecutionRole
from sentiment_cli.resources.model import Model
from sentiment_cli.resources.names import Names, digest
from sentiment_cli.resources.repository import Repository
from tests.sandbox.hosting.conftest import archive

# What a server makes of it: it starts, finds no model that it can read, says so and ends.
BROKEN = archive(**{"manifest.json": b"{}"})
NO_ARCHIVE = b"this is no archive"  # fails the endpoint at once, without a server


@dataclass
class Stage:
    """Names of a stage whose role and bucket exist, and what is made on them."""

    aws: Aws
    names: Names
    image: str = field(default_factory=lambda: digest({}))

    def prepare(self) -> Stage:
        for each in (ExecutionRole(self.names), Bucket(self.names), Repository(self.names)):
            each.create(self.aws, ignore)
        return self

    def model(self, content: bytes) -> Model:
        """A model of an artifact that is there; it is not made yet."""
        sha256 = hashlib.sha256(content).hexdigest()
        key = f"artifacts/{sha256}/model.tar.gz"
        self.aws.client("s3").put_object(Bucket=self.names.bucket, Key=key, Body=content)
        return Model(self.names, self.image, sha256, key, pushed=False)

    def config(self, content: bytes) -> EndpointConfig:
        """A configuration that exists, of a model that exists."""
        model = self.model(content)
        model.create(self.aws, ignore)
        config = EndpointConfig(self.names, model.name)
        config.create(self.aws, ignore)
        return config

    def endpoint(self, content: bytes) -> Endpoint:
        """An endpoint as it should be; it is not made yet."""
        return Endpoint(self.names, self.config(content).name)
