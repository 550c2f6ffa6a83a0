"""Finds a Docker engine that answers, or says why there is none. With `docker_engine` the only user of the Docker SDK.

It is imported where an engine is wanted, never at the start of a command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.context import ContextAPI
from docker.errors import DockerException
from docker.utils import kwargs_from_env
from urllib3.exceptions import HTTPError

from sentiment_cli.clients import docker_troubles
from sentiment_cli.clients.docker_addresses import Address, knock, usual
from sentiment_cli.clients.docker_engine import Engine
from sentiment_cli.clients.docker_troubles import DockerUnavailable

__all__ = ["Engine", "connect"]

ANSWER_SECONDS = 10  # for the first answer of an engine
WORK_SECONDS = 120  # for anything later; a busy engine may take its time
LEAST_API = (1, 40)  # Docker 19.03


def connect(environment: Mapping[str, str] | None = None) -> Engine:
    """An engine that answers.

    As the docker command: DOCKER_HOST, else DOCKER_CONTEXT or the current context, else the usual sockets, also those
    of rootless Docker, Docker Desktop, OrbStack, Colima, Rancher Desktop and Podman. Raises DockerUnavailable.
    """
    environment = os.environ if environment is None else environment
    troubles: list[DockerUnavailable] = []
    for address in _addresses(environment):
        try:
            return _open(address)
        except DockerUnavailable as trouble:
            troubles.append(trouble)
    # max keeps the first of equals, which is the likeliest place.
    raise max(troubles, key=lambda trouble: docker_troubles.KINDS.index(trouble.kind))


def _addresses(environment: Mapping[str, str]) -> list[Address]:
    if environment.get("DOCKER_HOST"):
        with _tls_checked("DOCKER_HOST"):
            found = kwargs_from_env(environment=dict(environment))
        return [Address(found["base_url"], "DOCKER_HOST", found.get("tls"))]
    name = environment.get("DOCKER_CONTEXT")
    source = f"the Docker context {name!r}" if name else "the current Docker context"
    with _tls_checked(source):
        context = ContextAPI.get_context(name)
    if context is None:
        raise docker_troubles.unavailable("unreachable", source, "there is no such context")
    if context.name != "default":
        return [Address(context.Host, f"the Docker context {context.name!r}", context.TLSConfig)]
    return usual(environment, Path.home(), sys.platform)


@contextmanager
def _tls_checked(source: str) -> Iterator[None]:
    try:
        yield
    except (DockerException, OSError) as error:
        raise docker_troubles.unavailable("tls", source, str(error).rstrip(".")) from error


def _open(address: Address) -> Engine:
    where = f"{address.url} ({address.source})"
    answer = knock(address)
    if answer == "absent":
        answer = "stopped" if docker_troubles.Machine().has_docker else "absent"
    if answer != "open":
        raise docker_troubles.unavailable("missing" if answer == "absent" else answer, where)
    try:
        api = docker.APIClient(address.url, version="auto", timeout=ANSWER_SECONDS, tls=address.tls or False)
        version = api.version()
    except (DockerException, OSError, HTTPError) as error:
        raise _not_opened(where, error) from error
    if version.get("Os") == "windows":
        raise docker_troubles.unavailable("windows-containers", where)
    if tuple(map(int, version["ApiVersion"].split("."))) < LEAST_API:
        raise docker_troubles.unavailable("too-old", where, f"Docker {version['Version']}")
    api.timeout = WORK_SECONDS
    return Engine(api, address, version)


def _not_opened(where: str, error: BaseException) -> DockerUnavailable:
    reason = error.__cause__ or error
    names = {kind.__name__ for kind in type(reason).__mro__}
    detail = str(reason).strip().rstrip(".") or type(reason).__name__
    if "InvalidVersion" in names:
        return docker_troubles.unavailable("too-old", where, "older than this tool understands")
    if "SSLError" in names or "TLSParameterError" in names or "HTTPS server" in detail:
        return docker_troubles.unavailable("tls", where, detail)
    return docker_troubles.unavailable("hung" if "Timeout" in names else "unreachable", where, detail)
