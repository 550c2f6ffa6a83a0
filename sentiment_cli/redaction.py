"""Takes credentials out of what is told or kept: messages of others quote addresses and headers whole."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[hidden]"
_NAMES = (
    r"x-amz-security-token", r"x-amz-signature", r"x-amz-credential", r"signature", r"aws_?access_?key_?id",
    r"secret_?(?:access_?)?key", r"session_?token", r"security_?token", r"x-api-key", r"(?:proxy-)?authorization",
    r"password",
)  # fmt: skip
# A name; quotes, a colon or an equals sign; the scheme of an authorization; then the value, which ends with its quotes.
_NAMED = re.compile(
    rf"""((?<![a-z])(?:aws_)?(?:{"|".join(_NAMES)})\\*["']?\s*[:=]\s*(?:b(?=["'\\]))?\\*["']?(?:(?:basic|bearer)\s+)?)"""
    r"""(?:(?<=["'])[^"'\\\n]+|[^\s&"'\\,;]+)""",
    re.IGNORECASE,
)
# All that stands before the host: a token stands where a name does. A password may have been typed with a slash in it,
# but what follows a port is a path. The bounds keep a long text from taking long.
_IN_ADDRESS = re.compile(r"""//(?:[^/\s"'<>]{1,2000}|[^/\s"'<>:@\[]{1,200}:(?!\d+/)[^\s"'<>]{1,200})@""")


def without_secrets(text: str) -> str:
    """`text` with HIDDEN in the place of every key, token, signature and password that is marked as one."""
    return _IN_ADDRESS.sub(f"//{HIDDEN}@", _NAMED.sub(rf"\g<1>{HIDDEN}", text))


def without_secrets_in(value: Any) -> Any:
    """A value of JSON with every text in it `without_secrets`.

    A key that has a field of its own stays: it was put there to be handed over.
    """
    match value:
        case str():
            return without_secrets(value)
        case dict():
            return {without_secrets_in(key): without_secrets_in(each) for key, each in value.items()}
        case list() | tuple():
            return [without_secrets_in(each) for each in value]
    return value
