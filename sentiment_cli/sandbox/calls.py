"""What passes between the sandbox's door and the services behind it; knows no HTTP and no moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request to AWS, understood: `params` are shaped as botocore's model of the operation names them."""

    service: str
    """botocore's name of the service: "sagemaker", "ecr", "sagemaker-runtime"."""
    operation: str
    """"CreateModel"."""
    params: Mapping[str, Any]
    account: str
    """The caller's account, 12 digits."""
    region: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Fault(Exception):
    """The error that AWS itself would answer with: its code, its text, its HTTP status, and modelled extra members."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members


# Answers a call with the members of the operation's output shape. Raises Fault.
Handler = Callable[[Call], Mapping[str, Any]]
