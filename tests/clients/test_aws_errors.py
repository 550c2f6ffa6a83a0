"""AWS's errors in words: which are credentials, which are refusals, and what is to be done about each."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from sentiment_cli.clients.aws_errors import code_of, message_of, or_none, says, translated
from sentiment_cli.errors import CredentialsError, Refused, SentimentError


def refusal(code: str, message: str = "It is so.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateModel")


def told(error: Exception) -> SentimentError:
    with pytest.raises(SentimentError) as caught, translated("create the model m"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind", "exit_code", "fix"),
    [
        ("ExpiredToken", CredentialsError, 4, "aws sso login"),
        ("ExpiredTokenException", CredentialsError, 4, "aws sso login"),
        ("RequestExpired", CredentialsError, 4, "aws sso login"),
        ("InvalidClientTokenId", CredentialsError, 4, "get-caller-identity"),
        ("UnrecognizedClientException", CredentialsError, 4, "get-caller-identity"),
        ("SignatureDoesNotMatch", CredentialsError, 4, "wrong clock"),
        ("InvalidAccessKeyId", CredentialsError, 4, "get-caller-identity"),
        ("400", CredentialsError, 4, "aws sso login"),
        ("RequestTimeTooSkewed", CredentialsError, 4, "Set this machine's clock"),
        ("AccessDenied", SentimentError, 1, "administers the account"),
        ("AccessDeniedException", SentimentError, 1, "administers the account"),
        ("403", SentimentError, 1, "administers the account"),
        ("OptInRequired", SentimentError, 1, "Enable the region"),
        ("ResourceLimitExceeded", Refused, 5, "Service Quotas"),
        ("LimitExceededException", Refused, 5, "Service Quotas"),
        ("ThrottlingException", SentimentError, 1, "Wait a minute"),
        ("SlowDown", SentimentError, 1, "Wait a minute"),
        ("Whatever", SentimentError, 1, "Run the command again"),
    ],
)
def test_codes_of_aws(code: str, kind: type[SentimentError], exit_code: int, fix: str) -> None:
    error = told(refusal(code))

    assert type(error) is kind
    assert (error.exit_code, error.code) == (exit_code, code)
    assert error.what == "Cannot create the model m."
    assert error.why == f"AWS says {code}: It is so."
    assert fix in error.fix


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException"])
@pytest.mark.parametrize(
    "text", ["Signature expired: 1 is now earlier than 2", "Signature not yet current: 3 is later"]
)
def test_a_signature_of_another_time_is_a_wrong_clock_and_no_wrong_key(code: str, text: str) -> None:
    error = told(refusal(code, text))

    assert (error.exit_code, error.code) == (4, code)
    assert error.fix.startswith("Set this machine's clock")


@pytest.mark.parametrize(
    ("error", "exit_code", "fix"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), 1, "HTTPS_PROXY"),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), 1, "HTTPS_PROXY"),
        (exceptions.SSLError(endpoint_url="https://x", error="e"), 1, "AWS_CA_BUNDLE"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="k"), 4, "aws configure"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="e"), 4, "aws sso login"),
        (exceptions.UnauthorizedSSOTokenError(), 4, "aws sso login"),
        (exceptions.SSOTokenLoadError(error_msg="e"), 4, "aws sso login"),
        (exceptions.NoAuthTokenError(), 4, "aws sso login"),
        (exceptions.LoginRefreshRequired(), 4, "aws login"),
        (exceptions.CredentialRetrievalError(provider="p", error_msg="e"), 4, "aws sso login"),
        (exceptions.ConfigParseError(path="/c"), 1, "configuration"),
    ],
)
def test_errors_on_the_way_to_aws(error: Exception, exit_code: int, fix: str) -> None:
    seen = told(error)

    assert (seen.exit_code, seen.code) == (exit_code, type(error).__name__)
    assert fix in seen.fix


@pytest.mark.parametrize("error", [exceptions.NoCredentialsError(), exceptions.ProfileNotFound(profile="p")])
def test_whoever_asks_knows_better_what_to_say_of_these(error: Exception) -> None:
    with pytest.raises(type(error)), translated("ask"):
        raise error


def test_what_is_said_already_passes() -> None:
    own = Refused("No.", code="no")
    with pytest.raises(Refused) as caught, translated("ask"):
        raise own
    assert caught.value is own


def test_what_is_not_there_is_none() -> None:
    def raising(error: Exception) -> Any:
        raise error

    assert or_none(lambda: 7, "NoSuchEntity") == 7
    assert or_none(lambda: raising(refusal("NoSuchEntity")), "NoSuchEntity") is None
    missing = refusal("ValidationException", 'Could not find model "arn".')
    assert or_none(lambda: raising(missing), "ValidationException", "could not find") is None
    with pytest.raises(ClientError):
        or_none(lambda: raising(missing), "ValidationException", "already existing")
    with pytest.raises(ClientError):
        or_none(lambda: raising(refusal("AccessDenied")), "NoSuchEntity")


def test_other_errors_have_no_code() -> None:
    error = ValueError("no")
    assert (code_of(error), message_of(error)) == ("", "no")
    assert not says(error, "ValidationException")
