"""Checks parameters against everything botocore's model says of them, in the words of AWS.

botocore itself holds a caller only to types, required members and minima; AWS refuses the rest, and so does this.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import regex

from sentiment_cli.sandbox.calls import Fault

# How a service calls a request that its model forbids; the others say ValidationException.
CODES = {
    "apigateway": "BadRequestException",
    "cloudwatch": "ValidationError",
    "ecr": "InvalidParameterException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "pricing": "InvalidParameterException",
    "resourcegroupstaggingapi": "InvalidParameterException",
    "sagemaker-runtime": "ValidationError",
    "service-quotas": "IllegalArgumentException",
    "sts": "ValidationError",
}
# S3 has hardly a constraint in its model, and no such error: it is held by moto.
UNCHECKED = {"s3"}
# Everything above the first plane, as Java writes it: a pair of halves of characters.
JAVA_PAIRS = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
MATCH_SECONDS = 0.5  # some of the patterns take for ever on some texts
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "blob": (bytes, str),
}


class Broken(Fault):
    """The request breaks what the service model says of it."""


Violation = tuple[str, str, str]  # where, "Value 'x'", what must be


def check(service: str, shape: Any, params: Mapping[str, Any]) -> None:
    """Raises Broken, the Fault that AWS answers with, if `params` break what the input `shape` of an operation says."""
    if shape is None or service in UNCHECKED:
        return
    found = list(violations(shape, params))
    if not found:
        return
    if service == "ecr":
        where, _, what = found[0]
        text = f"Invalid parameter at '{where}' failed to satisfy constraint: '{what[0].lower()}{what[1:]}'"
        raise Broken(CODES[service], text.replace("'member ", "'"))
    told = "; ".join(f"{value} at '{where}' failed to satisfy constraint: {what}" for where, value, what in found)
    count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
    raise Broken(CODES.get(service, "ValidationException"), f"{count} detected: {told}")


def violations(shape: Any, params: Mapping[str, Any]) -> Iterator[Violation]:
    """Everything in `params` that breaks what the input `shape` says."""
    yield from _structure(shape, params, "", shape.serialization.get("payload"))


def _structure(shape: Any, value: Mapping[str, Any], where: str, payload: str | None = None) -> Iterator[Violation]:
    for name in shape.required_members:
        if value.get(name) is None and name != payload:
            yield _below(where, _lower(name)), "Value null", "Member must not be null"
    for name, member in shape.members.items():
        # A payload is limited by what the service does with it, not by the number in the model.
        if value.get(name) is not None and not (name == payload and member.type_name == "blob"):
            yield from _any(member, value[name], _below(where, _lower(name)))


def _any(shape: Any, value: Any, where: str) -> Iterator[Violation]:
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return
    if not _of_kind(kind, value):
        raise Broken("SerializationException", f"{type(value).__name__} cannot be converted to {kind} at '{where}'")
    if kind == "structure":
        yield from _structure(shape, value, where)
        return
    yield from ((where, _shown(shape, value), what) for what in _broken(shape, value))
    if kind == "list":
        for number, item in enumerate(value, 1):
            yield from _any(shape.member, item, f"{where}.{number}.member")
    elif kind == "map":
        yield from _map(shape, value, where)


def _of_kind(kind: str, value: object) -> bool:
    if kind in ("integer", "long") and isinstance(value, bool):
        return False
    return isinstance(value, TYPES.get(kind, (object,)))


def _map(shape: Any, value: Mapping[str, Any], where: str) -> Iterator[Violation]:
    for part, items in (("keys", (shape.key, list(value))), ("values", (shape.value, list(value.values())))):
        inner, each = items
        if inner.type_name == "string":
            broken = [what for item in each for what in _broken(inner, item)]
            if broken:
                noun = "key" if part == "keys" else "value"
                yield where, _shown(shape, value), f"Map {noun} must satisfy constraint: [{', '.join(broken)}]"
        elif part == "values":
            for key, item in value.items():
                yield from _any(inner, item, f"{where}.{key}.member")


def _broken(shape: Any, value: Any) -> Iterator[str]:
    """What a value that is no structure must be and is not."""
    said = shape.metadata
    sized = shape.type_name in ("string", "list", "map", "blob")
    measure = "length" if sized else "value"
    size = len(value) if sized else value
    if "min" in said and size < said["min"]:
        yield f"Member must have {measure} greater than or equal to {said['min']}"
    if "max" in said and size > said["max"]:
        yield f"Member must have {measure} less than or equal to {said['max']}"
    if "pattern" in said and not _matches(said["pattern"], value):
        yield f"Member must satisfy regular expression pattern: {said['pattern']}"
    if "enum" in said and value not in said["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(said['enum'])}]"


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    try:
        return compiled is None or compiled.fullmatch(value, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        return False


@cache
def _compiled(pattern: str) -> Any:
    """A pattern in Java's dialect; None for one that is not understood here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return regex.compile(pattern.replace(*JAVA_PAIRS))
        except (regex.error, re.error):
            return None


def _shown(shape: Any, value: Any) -> str:
    if shape.metadata.get("sensitive"):
        return "Value"
    if shape.type_name == "list":
        return f"Value '[{', '.join(map(str, value))}]'"
    if shape.type_name == "map":
        return "Value '{" + ", ".join(f"{key}={item}" for key, item in value.items()) + "}'"
    return f"Value '{value}'"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
