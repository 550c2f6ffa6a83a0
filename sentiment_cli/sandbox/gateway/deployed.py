"""A REST API as it was when it was deployed, in values of our own: what a stage serves until the next deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class GatewayResponse:
    """How an answer that the gateway itself makes is to look; None leaves what is usual."""

    status: int | None
    parameters: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True)
class Route:
    """A method of a resource and what stands behind it."""

    resource_id: str
    path: str
    """As declared: "/predict", "/items/{id}"."""
    method: str
    key_required: bool
    signed: bool
    integration: Any
    """moto's Integration: type, uri, templates, responses."""


@dataclass(frozen=True)
class Frozen:
    """Everything of a deployment that decides an answer."""

    routes: Mapping[tuple[str, str], Route]
    binary_types: tuple[str, ...] = ()
    compress_from: int | None = None
    responses: Mapping[str, GatewayResponse] = field(default_factory=dict)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for a request, and the values of the {names} in its path; plain parts win over {names}."""
        for declared in sorted({route.path for route in self.routes.values()}, key=_generality):
            values = _match(declared, path)
            if values is not None:
                route = self.routes.get((declared, method)) or self.routes.get((declared, "ANY"))
                return (route, values) if route else None
        return None


def freeze(api: Any) -> Frozen:
    """The present definition of `api`, a moto RestAPI."""
    routes = {}
    for resource in api.resources.values():
        path = resource.get_path()
        for name, method in resource.resource_methods.items():
            signed = method.authorization_type == "AWS_IAM"
            routes[path, name] = Route(
                resource.id, path, name, _true(method.api_key_required), signed, method.method_integration
            )
    responses = {
        name: GatewayResponse(
            int(each.status_code) if each.status_code else None,
            dict(each.response_parameters or {}),
            dict(each.response_templates or {}),
        )
        for name, each in api.gateway_responses.items()
    }
    return Frozen(routes, tuple(api.binaryMediaTypes), api.minimum_compression_size, responses)


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _generality(path: str) -> tuple[int, int, str]:
    return path.count("+}"), path.count("{"), path


def _match(declared: str, path: str) -> dict[str, str] | None:
    pattern = "".join(
        f"(?P<{part[1:-2]}>.+)" if part.endswith("+}") else f"(?P<{part[1:-1]}>[^/]+)" if part[0] == "{" else
        re.escape(part)
        for part in re.findall(r"\{[^}]*\}|[^{]+", declared)
    )  # fmt: skip
    found = re.fullmatch(pattern, path)
    return None if found is None else found.groupdict()
