"""The images of models: what SageMaker accepts, and where the engine finds them. Plain processes need none."""

from __future__ import annotations

import re
from typing import Any

from sentiment_cli.image.platforms import platform_of
from sentiment_cli.sandbox import registry
from sentiment_cli.sandbox.calls import Fault
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.hosting import execution
from sentiment_cli.sandbox.hosting.records import Region, invalid
from sentiment_cli.sandbox.taken import Taken

ACCEPTED = "application/vnd.docker.distribution.manifest.v2+json"
OF_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/([^:@]+)")


class Images:
    """Looks images up in the sandbox's registry."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def needed(self) -> bool:
        return self._context.engine == "docker"

    def find(self, region: Region[Any], uri: str) -> registry.Found:
        """The image of that name, or AWS's error."""
        found = registry.image(self._context, region.account, region.name, uri)
        if found is None:
            raise invalid(f"Requested image {uri} not found.")
        return found

    def check(self, region: Region[Any], role: Taken, uri: str) -> None:
        """Raises the Fault that CreateModel answers for an image that cannot be hosted."""
        self.check_pulling(region, role, uri)
        if not self.needed:
            return
        found = self.find(region, uri)
        if found.media_type != ACCEPTED:
            raise invalid(f"Unsupported manifest media type {found.media_type} for image {uri}.")
        if found.architecture not in ("amd64", "arm64"):
            raise invalid(f"Unsupported architecture {found.architecture} for image {uri}.")

    def check_pulling(self, region: Region[Any], role: Taken, uri: str) -> None:
        """Raises the Fault for a role that may not pull; processes are started under it as containers would be."""
        named = OF_ECR.match(uri)
        repository = self.find(region, uri).repository if self.needed else named and named.group(1)
        if repository and (lacking := execution.lacks_to_pull(region, role, repository)):
            raise _cannot_pull(uri, role.arn, lacking)

    def check_architecture(self, region: Region[Any], uri: str, instance_type: str) -> None:
        """Raises the Fault for an image that the processors of `instance_type` cannot run."""
        if not self.needed:
            return
        has, wants = self.find(region, uri).architecture, architecture(instance_type)
        if has != wants:
            raise invalid(f"Image {uri} has architecture {has}, but {instance_type} runs images of {wants} only.")

    def resolved(self, region: Region[Any], uri: str) -> str:
        """`uri` by digest."""
        if not self.needed:
            return uri
        return self.find(region, uri).pull_name


def architecture(instance_type: str) -> str:
    """Of the processors: serverless ("") runs on amd64."""
    return platform_of(instance_type).rpartition("/")[2]


def _cannot_pull(uri: str, role: str, action: str) -> Fault:
    return invalid(
        f"The role {role} cannot pull {uri}. Ensure that the role exists and the image was granted pull permission: "
        f"it does not grant {action}."
    )
