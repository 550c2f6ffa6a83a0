"""Pushes to registries that refuse: every cause is told apart, and only what may pass is tried again."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import socket
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from sentiment_cli.clients.docker import connect
from sentiment_cli.clients.session import Aws
from sentiment_cli.errors import SentimentError
from sentiment_cli.events import Event, Note, ignore
from sentiment_cli.resources import pushing

pytestmark = pytest.mark.docker

DENIED = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: ecr:InitiateLayerUpload"
TAKEN = "The image tag '1' already exists in the 'x' repository and cannot be overwritten because the tag is immutable."
GONE = "The repository with name 'x' does not exist in the registry with id '123456789012'"
DIGEST = "Docker-Content-Digest"
EXPIRED = "Your authorization token has expired. Reauthenticate and try again."


@pytest.fixture
def image(docker_engine: Any) -> Iterator[str]:
    """An image of one small layer."""
    content, tag = io.BytesIO(), uuid.uuid4().hex
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(tag))
    docker_engine.api.import_image_from_data(content.getvalue(), repository="pushing-test", tag=tag)
    yield f"pushing-test:{tag}"
    docker_engine.images.remove(f"pushing-test:{tag}", force=True)


@pytest.fixture
def registry() -> Iterator[Callable[..., tuple[str, list[str]]]]:
    """Starts a registry that takes everything, but answers one kind of request with one refusal after the other as long
    as it has some. Gives its address, and a list that gets what of that kind it was asked for."""
    servers = []

    def start(*refusals: tuple[int, str, str], at: str = "PUT manifest") -> tuple[str, list[str]]:
        left, asked, layers, received = list(refusals), [], {}, [0]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self) -> None:
                content = self.body()
                if at == f"{self.command} {self.kind}":
                    asked.append(self.path.rpartition("/")[2])
                    if left:
                        status, code, message = left.pop(0)
                        said = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
                        self.answer(status, b"" if self.command == "HEAD" else said)
                        return
                getattr(self, f"{self.command}_{self.kind}".lower())(content)

            @property
            def kind(self) -> str:
                kinds = {"/blobs/uploads": "upload", "/blobs/": "layer", "/manifests/": "manifest"}
                return next((kind for part, kind in kinds.items() if part in self.path), "registry")

            def get_registry(self, content: bytes) -> None:
                self.answer(200)

            def head_layer(self, content: bytes) -> None:
                digest = self.path.rpartition("/")[2]
                self.answer(200 if digest in layers else 404, length=layers.get(digest, 0), **{DIGEST: digest})

            def head_manifest(self, content: bytes) -> None:
                self.answer(404)

            def post_upload(self, content: bytes) -> None:
                self.answer(202, Location="/v2/x/blobs/uploads/1", Range="0-0")

            def patch_upload(self, content: bytes) -> None:
                received[0] = len(content)
                self.answer(202, Location="/v2/x/blobs/uploads/1", Range=f"0-{received[0] - 1}")

            def put_upload(self, content: bytes) -> None:
                layers[unquote(self.path.rpartition("digest=")[2])] = received[0]
                self.answer(201)

            def put_manifest(self, content: bytes) -> None:
                self.answer(201, **{DIGEST: f"sha256:{hashlib.sha256(content).hexdigest()}"})

            def body(self) -> bytes:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    while size := int(self.rfile.readline(), 16):
                        content += self.rfile.read(size + 2)[:-2]
                    self.rfile.readline()
                return content

            def answer(self, status: int, content: bytes = b"", length: int | None = None, **headers: str) -> None:
                self.send_response(status)
                shown = {"Content-Type": "application/json", "Content-Length": str(length or len(content)), **headers}
                for each in shown.items():
                    self.send_header(*each)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        for command in ("GET", "HEAD", "POST", "PATCH", "PUT"):
            setattr(Handler, f"do_{command}", Handler.take)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_port}/x", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushing, "PAUSE_SECONDS", 0.01)


@pytest.mark.parametrize(
    ("refusal", "code", "word"),
    [
        ((403, "DENIED", DENIED), "push-denied", "ecr:InitiateLayerUpload"),
        ((404, "NAME_UNKNOWN", GONE), "repository-gone", "does not exist"),
        ((400, "MANIFEST_INVALID", "something new"), "push-failed", "something new"),
    ],
)
def test_what_will_not_pass_is_said_at_once(
    aws: Aws, image: str, registry: Any, refusal: tuple[int, str, str], code: str, word: str
) -> None:
    where, asked = registry(refusal)

    with pytest.raises(SentimentError, match="could not be pushed") as caught:
        pushing.push(aws, connect(), image, where, "1", ignore)

    assert caught.value.code == code, caught.value.why
    assert word in caught.value.why
    assert caught.value.fix
    assert asked == ["1"]


def test_an_immutable_tag_has_been_pushed_by_somebody_else(aws: Aws, image: str, registry: Any) -> None:
    where, asked = registry((400, "TAG_INVALID", TAKEN))

    pushing.push(aws, connect(), image, where, "1", ignore)

    assert asked == ["1"]


def test_an_expired_login_is_renewed(aws: Aws, image: str, registry: Any, operations: Any) -> None:
    where, asked = registry((403, "DENIED", EXPIRED), (403, "DENIED", EXPIRED))
    said: list[Event] = []

    pushing.push(aws, connect(), image, where, "1", said.append)

    assert asked == ["1"] * 3
    assert operations("ecr") == ["GetAuthorizationToken"] * 3
    assert all(isinstance(each, Note) and "trying again" in each.text for each in said)


def test_an_expired_login_is_not_renewed_for_ever(aws: Aws, image: str, registry: Any) -> None:
    where, asked = registry(*[(403, "DENIED", EXPIRED)] * 9)

    with pytest.raises(SentimentError) as caught:
        pushing.push(aws, connect(), image, where, "1", ignore)

    assert caught.value.code == "push-login"
    assert len(asked) == pushing.TRIES


THROTTLED = (429, "TOOMANYREQUESTS", "Rate exceeded")
STEPS = ("HEAD layer", "POST upload", "PATCH upload", "PUT upload", "PUT manifest")


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("refusal", [THROTTLED, (403, "DENIED", EXPIRED)], ids=["throttled", "expired"])
def test_what_passes_is_tried_again_at_every_step(
    aws: Aws, image: str, registry: Any, refusal: tuple[int, str, str], at: str
) -> None:
    """An answer to HEAD has no words: whether the login has expired is not told there."""
    where, asked = registry(refusal, refusal, at=at)
    told: list[Event] = []

    pushing.push(aws, connect(), image, where, "1", told.append)

    assert len(asked) > 2
    assert sum(isinstance(each, Note) for each in told) == 2


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize(
    ("refusal", "code", "word"),
    [(THROTTLED, "push-throttled", "ECR"), ((403, "DENIED", DENIED), "push-denied", "sentiment-cli policy")],
    ids=["throttled", "denied"],
)
def test_what_lasts_is_named_at_every_step(
    aws: Aws, image: str, registry: Any, refusal: tuple[int, str, str], code: str, word: str, at: str
) -> None:
    where, _ = registry(*[refusal] * 99, at=at)

    with pytest.raises(SentimentError) as caught:
        pushing.push(aws, connect(), image, where, "1", ignore)

    error = caught.value
    assert error.code == code, error.why
    assert word in f"{error.why} {error.fix}"
    assert "JSON" not in error.why


def test_a_registry_that_cannot_be_reached_is_the_network(aws: Aws, image: str, docker_engine: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{nobody.getsockname()[1]}/x"
        with pytest.raises(SentimentError) as caught:
            pushing.push(aws, connect(), image, where, "1", ignore)

    assert caught.value.code == "network"
    assert docker_engine.images.get(image).tags == [image], "the name for the push is gone whatever happened"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("write /var/lib/docker/tmp/x: no space left on device", "no-space"),
        ("Get https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/: x509: certificate signed by unknown authority",
         "registry-certificate"),
        ("no basic auth credentials", "push-login"),
        ("denied: requested access to the resource is denied", "push-denied"),
        ("dial tcp: lookup 1.dkr.ecr.eu-west-1.amazonaws.com: no such host", "network"),
    ],
)  # fmt: skip
def test_causes_are_told_apart(said: str, code: str) -> None:
    assert pushing._failure("x", said).code == code
