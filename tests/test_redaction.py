"""What is marked as a credential goes, and nothing else does."""

from __future__ import annotations

import time

import pytest

from sentiment_cli.redaction import without_secrets, without_secrets_in


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://ghp_abc@github.com/x", "https://[hidden]@github.com/x"),
        ("http://user:pa@ss@h/", "http://[hidden]@h/"),
        ("http://user:p/w@h", "http://[hidden]@h"),
        ("in https://me:s3@mirror/simple and http://a@b/", "in https://[hidden]@mirror/simple and http://[hidden]@b/"),
        ("'Authorization': 'Bearer abc'", "'Authorization': 'Bearer [hidden]'"),
        ("password='a b c', name='d'", "password='[hidden]', name='d'"),
        ("x-amz-security-token:IQoJ\\nhost", "x-amz-security-token:[hidden]\\nhost"),
        ("aws_session_token = abc", "aws_session_token = [hidden]"),
    ],
)
def test_a_credential_is_hidden(text: str, told: str) -> None:
    assert without_secrets(text) == told
    assert without_secrets(told) == told


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:5000/v2/a/manifests@sha256:1",
        "python:3.12-slim@sha256:11",
        "https://a.example/b?e=x@y",
        'see "https://a.b", "me@x"',
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
        "The password was wrong, and the signature does not match.",
        "",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_texts_within_a_value_are_looked_at_and_nothing_else() -> None:
    value = {"a": ["x-api-key: k", 1, None, True, 0.5], "x-api-key: k": ({"b": "c"},), "key": "k"}
    assert without_secrets_in(value) == {
        "a": ["x-api-key: [hidden]", 1, None, True, 0.5],
        "x-api-key: [hidden]": [{"b": "c"}],
        "key": "k",
    }


@pytest.mark.parametrize("text", ["//a:" * 20_000, "//x:a/" + "//x:" * 20_000, 'password="' * 20_000])
def test_a_hostile_text_does_not_take_long(text: str) -> None:
    began = time.monotonic()
    without_secrets(text)
    assert time.monotonic() - began < 5
