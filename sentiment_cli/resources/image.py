"""The inference image in its repository: built, pushed, and under its final tag only once SageMaker can take it.

Docker pushes OCI manifests today, SageMaker takes Docker's, and a tag of the repository never changes its image. So
the push goes to a passing tag, `TAG-push`; what arrived is put under `TAG` in the words that SageMaker reads; and the
passing tag is removed. Whenever this is broken off, what is there tells how to go on:

    neither tag     push
    TAG-push        a push that is complete, as registries take a manifest last: finish it, without Docker
    both            all is done but the removal of the passing tag
    TAG             done

A tag is a digest of all that goes into the image, so any complete push of it is as good as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sentiment_cli.clients.aws_errors import code_of, or_none
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import Interrupted, SentimentError
from sentiment_cli.events import Emit, Event
from sentiment_cli.image import Recipe
from sentiment_cli.resources import Decision, manifests, repository
from sentiment_cli.resources.manifests import Manifest
from sentiment_cli.resources.names import Names

_THERE = ("ImageTagAlreadyExistsException", "ImageAlreadyExistsException")


@dataclass(frozen=True)
class Image:
    """The image of a recipe, in the repository of a stage."""

    kind: ClassVar[str] = "image"
    usual: ClassVar[str] = "1 to 3 min"

    names: Names
    recipe: Recipe
    environment: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    """What the build reads proxies and certificates from; None for the process's own."""

    @property
    def name(self) -> str:
        return f"{self.names.repository}:{self.recipe.tag}"

    @property
    def passing_tag(self) -> str:
        return f"{self.recipe.tag}-push"

    def describe(self, aws: Aws) -> Mapping[str, Any] | None:
        found = self._read(aws, self.recipe.tag, self.passing_tag)
        if self.recipe.tag not in found:
            return None
        return {"media_type": found[self.recipe.tag].media_type, "passing_tag": self.passing_tag in found}

    def compare(self, found: Mapping[str, Any]) -> Decision:
        if found["media_type"] != manifests.DOCKER:
            return Decision("update", "pushed in a format that SageMaker does not take")
        if found["passing_tag"]:
            return Decision("update", "an earlier push left its passing tag")
        return Decision("keep", "same content")

    def create(self, aws: Aws, emit: Emit) -> None:
        if not self._read(aws, self.recipe.tag, self.passing_tag):
            self._push(aws, emit)
        self._finish(aws)

    def update(self, aws: Aws, found: Mapping[str, Any], emit: Emit) -> None:
        if found["media_type"] != manifests.DOCKER:
            self._remove(aws, self.recipe.tag)
        self.create(aws, emit)

    def _push(self, aws: Aws, emit: Emit) -> None:
        from sentiment_cli.clients.docker import connect
        from sentiment_cli.image.building import build
        from sentiment_cli.resources.pushing import push

        engine, emit = connect(), _leaving(aws, emit)
        # Built for the recipe's platform, or refused.
        built = build(engine, self.recipe, emit, environment=self.environment)
        where = repository.uri(aws, self.names)
        push(aws, engine, built.id, where, self.passing_tag, emit)

    def _finish(self, aws: Aws) -> None:
        """From any state with one tag or both to the final one."""
        found = self._read(aws, self.recipe.tag, self.passing_tag)
        if self.recipe.tag not in found:
            self._put(aws, self._accepted(aws, found.get(self.passing_tag)))
        if self.passing_tag in found:
            self._remove(aws, self.passing_tag)

    def _accepted(self, aws: Aws, pushed: Manifest | None) -> Manifest:
        if pushed is None:
            raise SentimentError(
                f"The image {self.name} is gone.", "It was pushed, and somebody removed it right after.",
                "Run `sentiment-cli deploy` again.", code="image-gone",
            )  # fmt: skip
        try:
            return manifests.accepted(
                pushed, self.recipe.platform, lambda digest: self._read(aws, digest).get(digest)
            )  # fmt: skip
        except SentimentError:
            # Or the next run would go on with it.
            self._remove(aws, self.passing_tag)
            raise

    def _read(self, aws: Aws, *references: str) -> dict[str, Manifest]:
        """The manifests there are, by tag or digest as asked."""
        answer = or_none(
            lambda: aws.client("ecr").batch_get_image(
                repositoryName=self.names.repository,
                imageIds=[{_key(each): each} for each in references],
                acceptedMediaTypes=list(manifests.ALL),
            ),
            repository.NONE,
        )
        found: dict[str, Manifest] = {}
        for each in (answer or {}).get("images", []):
            manifest = Manifest(each["imageManifest"], each["imageManifestMediaType"])
            found.update(dict.fromkeys(set(each["imageId"].values()) & set(references), manifest))
        return found

    def _put(self, aws: Aws, manifest: Manifest) -> None:
        from botocore.exceptions import ClientError

        try:
            aws.client("ecr").put_image(
                repositoryName=self.names.repository,
                imageManifest=manifest.text,
                imageManifestMediaType=manifest.media_type,
                imageTag=self.recipe.tag,
            )
        except ClientError as error:
            # Somebody else deployed the same content at the same time.
            if code_of(error) not in _THERE:
                raise

    def _remove(self, aws: Aws, tag: str) -> None:
        _remove(aws, self.names.repository, tag)


def resolved(aws: Aws, names: Names, tag: str) -> str:
    """The image "REPOSITORY@DIGEST" that a tag stands for, as CreateModel wants it."""
    found = aws.client("ecr").describe_images(repositoryName=names.repository, imageIds=[{"imageTag": tag}])
    return f"{repository.uri(aws, names)}@{found['imageDetails'][0]['imageDigest']}"


def _key(reference: str) -> str:
    return "imageDigest" if reference.startswith("sha256:") else "imageTag"


def _remove(aws: Aws, name: str, tag: str) -> None:
    """A tag that is not there is no error for ECR either: it is listed among the failures."""
    or_none(
        lambda: aws.client("ecr").batch_delete_image(repositoryName=name, imageIds=[{"imageTag": tag}]),
        repository.NONE,
    )


def _leaving(aws: Aws, emit: Emit) -> Emit:
    """`emit`, which raises Interrupted when the user wants to leave: builds and pushes tell something all the time."""

    def tell(event: Event) -> None:
        if aws.leaving.is_set():
            raise Interrupted("Left before the image was pushed.", code="interrupted")
        emit(event)

    return tell
