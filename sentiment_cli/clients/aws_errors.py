"""botocore's errors in words a person can act on: what, why, fix; AWS's own code is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sentiment_cli.errors import CredentialsError, Refused, SentimentError

_LOG_IN_AGAIN = (
    "Log in again (`aws sso login`, `aws login`, or renew the keys with `aws configure`), then run the command again."
)

_ASK = "Ask whoever administers the account for that permission: `sentiment-cli policy` prints all that are needed."

_CHECK_KEYS = (
    "Check the access key and secret with `aws sts get-caller-identity`, or choose another --profile. A wrong clock on "
    "this machine causes this too."
)

_SET_CLOCK = (
    "Set this machine's clock (`timedatectl set-ntp true` on Linux; a virtual machine that slept may need a restart), "
    "then run the command again."
)
# Of AWS's signatures, too early or too late ones have a code of their own on S3 only; elsewhere the text tells.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
_SIGNATURES = ("SignatureDoesNotMatch", "InvalidSignatureException")
_OTHER_TIME = ("Signature expired", "Signature not yet current")

# code -> (kind of error, what to do); the why is AWS's own message
_KNOWN: dict[str, tuple[type[SentimentError], str]] = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        (CredentialsError, _LOG_IN_AGAIN),
    ),
    **dict.fromkeys(
        ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch",
         "IncompleteSignature", "MissingAuthenticationToken", "AuthFailure", "InvalidSignatureException"),
        (CredentialsError, _CHECK_KEYS),
    ),
    **dict.fromkeys(
        # 403 is all that S3 says to a HEAD request
        ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"),
        (SentimentError, _ASK),
    ),
    # and 400 all that it says to one with credentials that have expired
    "400": (CredentialsError, f"Most likely the credentials have expired. {_LOG_IN_AGAIN}"),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestInTheFuture"), (CredentialsError, _SET_CLOCK)),
    "OptInRequired": (SentimentError, "Enable the region or service for the account in the AWS console."),
    "ResourceLimitExceeded": (
        Refused,
        "Choose an instance type that the account has quota for, or ask for more under Service Quotas in the console.",
    ),
    "LimitExceededException": (Refused, "Remove what is no longer needed, or ask for more under Service Quotas."),
    **dict.fromkeys(
        ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"),
        (SentimentError, "AWS asks to slow down. Wait a minute, then run the command again: it goes on where it was."),
    ),
}  # fmt: skip
_NO_LOGIN = (
    "CredentialRetrievalError", "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "SSOError",
    "NoAuthTokenError", "PartialCredentialsError",
)  # fmt: skip
_AGAIN = "Run the command again: what is done already is kept."


def code_of(error: BaseException) -> str:
    """AWS's code of a ClientError; empty for anything else."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def message_of(error: BaseException) -> str:
    """AWS's message of a ClientError; the error's own text for anything else."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Message", "") or error)


def says(error: BaseException, code: str, *texts: str) -> bool:
    """Whether AWS answered with `code` and a message with one of `texts` (any message without texts)."""
    message = message_of(error).lower()
    return code_of(error) == code and (not texts or any(text.lower() in message for text in texts))


def or_none(call: Callable[[], Any], code: str, *texts: str) -> Any | None:
    """What `call` returns, or None where AWS answers with `code` and one of `texts`: there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if says(error, code, *texts):
            return None
        raise


def was_sent_again(answer: Any) -> bool:
    """Whether `answer`, one of a boto3 client's, came to a later attempt: an earlier one may have done the work too."""
    return bool(answer["ResponseMetadata"].get("RetryAttempts"))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Within it, botocore's errors become SentimentErrors: "Cannot DOING." Missing credentials pass as they are."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

    try:
        yield
    except (NoCredentialsError, ProfileNotFound):
        raise
    except ClientError as error:
        raise refused(f"Cannot {doing}.", code_of(error), message_of(error)) from error
    except BotoCoreError as error:
        raise not_reached(f"Cannot {doing}.", type(error).__name__, str(error)) from error


def refused(what: str, code: str, message: str, operation: str = "") -> SentimentError:
    """AWS's refusal, of `operation` where it is known."""
    kind, fix = _KNOWN.get(code, (SentimentError, _AGAIN))
    if code in _SIGNATURES and message.startswith(_OTHER_TIME):
        fix = _SET_CLOCK
    to = f" to {operation}" if operation else ""
    return kind(what, f"AWS says {code}{to}: {message.rstrip('.')}.", fix, code=code)


def not_reached(what: str, name: str, message: str) -> SentimentError:
    """Trouble on the way to AWS: botocore's error of this name."""
    why = f"{name}: {message.rstrip('.')}."
    if name == "SSLError":
        fix = "Behind a company proxy, name its certificate with AWS_CA_BUNDLE."
    elif "Config" in name:
        fix = "Correct the AWS configuration (~/.aws/config, or the file that AWS_CONFIG_FILE names)."
    elif name in _NO_LOGIN or name.startswith("Login"):
        return CredentialsError(what, why, _LOG_IN_AGAIN, code=name)
    elif os.environ.get("AWS_ENDPOINT_URL"):
        fix = (
            "AWS_ENDPOINT_URL sends all requests to that address: start what should answer there (a sandbox with "
            "`sentiment-cli sandbox up`), or unset it."
        )
    else:
        fix = "Check the network and the proxy settings (HTTPS_PROXY), then run the command again."
    return SentimentError(what, why, fix, code=name)
