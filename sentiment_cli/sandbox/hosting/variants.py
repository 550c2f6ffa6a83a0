"""A production variant as it runs: what it was made of when it was started, and how large it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sentiment_cli.pricing import INSTANCE_TYPES
from sentiment_cli.sandbox.hosting.execution import role_of
from sentiment_cli.sandbox.hosting.images import Images
from sentiment_cli.sandbox.hosting.instances import Instance
from sentiment_cli.sandbox.hosting.models import container_of
from sentiment_cli.sandbox.hosting.records import Record, Region, now
from sentiment_cli.sandbox.taken import Taken

GIB = 1024**3


@dataclass
class Variant:
    """One production variant."""

    settings: Mapping[str, Any]
    """As the endpoint configuration has them."""
    model: Record
    image: str
    """By digest, for the engine."""
    weight: float
    count: int | None
    """Of instances; None for serverless."""
    desired_weight: float
    desired_count: int | None
    resolved: datetime = field(default_factory=now)
    instance: Instance | None = None

    @classmethod
    def of(cls, region: Region[Any], images: Images, settings: Mapping[str, Any]) -> Variant:
        """The variant with these settings. Raises the Fault for a model or image that is gone."""
        model = region.models.find(settings["ModelName"])
        image = images.resolved(region, container_of(model.request)["Image"])
        count, weight = settings.get("InitialInstanceCount"), settings["InitialVariantWeight"]
        return cls(settings, model, image, weight, count, weight, count)

    @property
    def name(self) -> str:
        return str(self.settings["VariantName"])

    @property
    def role(self) -> Taken:
        """The model's execution role."""
        return role_of(self.model.request)

    @property
    def container(self) -> Mapping[str, Any]:
        return container_of(self.model.request)

    @property
    def memory(self) -> int | None:
        """Bytes for one server; None where the size of the instance type is not known."""
        if serverless := self.settings.get("ServerlessConfig"):
            return int(serverless["MemorySizeInMB"]) * 1024**2
        sizes = {each.name: each.memory_gib * GIB for each in INSTANCE_TYPES}
        return sizes.get(self.settings["InstanceType"])
