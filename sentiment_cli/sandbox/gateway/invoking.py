"""Lambda's Invoke operation: a function called by name, as `aws lambda invoke` and `chalice invoke` do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sentiment_cli.sandbox.calls import Call, Fault
from sentiment_cli.sandbox.gateway.functions import Functions, NoSuchFunction
from sentiment_cli.sandbox.gateway.workers import FunctionError


class Invoking:
    """Answers Invoke with what the function says."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def __call__(self, call: Call) -> Mapping[str, Any]:
        arn = _arn(call)
        event = _event(call.params.get("Payload") or b"{}")
        if call.params.get("InvocationType") == "DryRun":
            return {"StatusCode": 204}
        try:
            result = self._functions.invoke(arn, event)
        except NoSuchFunction:
            raise Fault("ResourceNotFoundException", f"Function not found: {arn}", 404) from None
        except FunctionError as error:
            said = {"FunctionError": "Unhandled", "Payload": json.dumps(error.members).encode()}
            return {"StatusCode": 200, "ExecutedVersion": "$LATEST", **said}
        if call.params.get("InvocationType") == "Event":
            return {"StatusCode": 202, "Payload": b""}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.dumps(result).encode()}


def _arn(call: Call) -> str:
    name = str(call.params["FunctionName"])
    if name.startswith("arn:"):
        return name
    from moto.utilities.utils import get_partition

    return f"arn:{get_partition(call.region)}:lambda:{call.region}:{call.account}:function:{name.split(':')[-1]}"


def _event(payload: Any) -> Any:
    try:
        return json.loads(payload.read() if hasattr(payload, "read") else payload)
    except ValueError:
        raise Fault("InvalidRequestContentException", "Could not parse request body into json", 400) from None
