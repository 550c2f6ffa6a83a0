"""Takes credentials out of what is told or kept of an error: messages of others quote addresses and headers whole."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"
_NAMES = (
    r"x-amz-security-token", r"x-amz-signature", r"x-amz-credential", r"signature", r"aws_?access_?key_?id",
    r"secret_?(?:access_?)?key", r"session_?token", r"security_?token", r"x-api-key", r"(?:proxy-)?authorization",
    r"password",
)  # fmt: skip
# A name; quotes, a colon or an equals sign; the scheme of an authorization; then the value.
_NAMED = re.compile(
    rf"""((?<![a-z])(?:aws_)?(?:{"|".join(_NAMES)})\\*["']?\s*[:=]\s*(?:b(?=["'\\]))?\\*["']?(?:(?:basic|bearer)\s+)?)[^\s&"'\\,;]+""",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^\s@]+@")


def without_secrets(text: str) -> str:
    """`text` with HIDDEN in the place of every key, token, signature and password that is marked as one."""
    return _IN_ADDRESS.sub(rf"\g<1>{HIDDEN}@", _NAMED.sub(rf"\g<1>{HIDDEN}", text))
