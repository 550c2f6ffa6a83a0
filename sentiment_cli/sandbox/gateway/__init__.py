"""API Gateway and Lambda of the sandbox: runs what was really deployed, with moto keeping the records.

The server opens `services(context)` and `application(context)` before it makes moto's applications, for they mend moto
too (`moto_patches`); hands the latter the requests below `PREFIX`; and calls `close()` when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sentiment_cli.sandbox.calls import Call, Fault, Handler
from sentiment_cli.sandbox.context import Context
from sentiment_cli.sandbox.gateway.front import PREFIX, Gateway

__all__ = ["PREFIX", "Gateway", "application", "close", "services"]
_opened: list[Gateway] = []


def application(context: Context) -> Gateway:
    """The WSGI application for PREFIX API/STAGE/PATH."""
    return _of(context)


def services(context: Context) -> dict[tuple[str, str], Handler]:
    """Lambda's Invoke, which moto answers with a container."""
    from sentiment_cli.sandbox.gateway.invoking import Invoking

    return {("lambda", "Invoke"): Invoking(_of(context).functions)}


def checks(_context: Context) -> Mapping[str, Callable[[Call], None]]:
    """What is asked before moto is: it takes a statement of a function's policy twice."""
    return {"lambda": _check_permission}


def _check_permission(call: Call) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    from moto.awslambda.models import lambda_backends

    if call.operation != "AddPermission":
        return
    name, statement = str(call.params["FunctionName"]).rpartition(":")[2], call.params["StatementId"]
    for function in lambda_backends[call.account][call.region].list_functions():
        if function.function_name == name and any(each["Sid"] == statement for each in function.policy.statements):
            text = (
                f"The statement id ({statement}) provided already exists. Please provide a new statement id, or remove "
            )
            raise Fault("ResourceConflictException", f"{text}the existing statement.", 409)


def _of(context: Context) -> Gateway:
    """The gateway of a sandbox, opened when it is first asked for."""
    from sentiment_cli.sandbox.gateway import moto_patches

    moto_patches.apply()
    for gateway in _opened:
        if gateway.context == context:
            return gateway
    _opened.append(Gateway(context))
    return _opened[-1]


def close() -> None:
    """End every process that runs a function."""
    while _opened:
        _opened.pop().close()
