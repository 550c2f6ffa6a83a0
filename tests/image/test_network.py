"""What a build takes from this machine's network settings, and what it hides of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentiment_cli.events import Event, Note, ignore
from sentiment_cli.image.network import network


def certificate(body: str) -> bytes:
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()


@pytest.mark.parametrize(
    "variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT", "CURL_CA_BUNDLE"]
)
def test_every_variable_for_certificates_counts(variable: str, tmp_path: Path) -> None:
    bundle = tmp_path / "company.pem"
    bundle.write_bytes(b"# Company root\n" + certificate("Q09NUEFOWQ==") + b"-----BEGIN PRIVATE KEY-----\nMTIz\n")

    found = network({variable: str(bundle)}, ignore).certificates

    assert certificate("Q09NUEFOWQ==") in found
    assert b"PRIVATE KEY" not in found


def test_a_folder_of_certificates_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(certificate("QQ=="))
    (tmp_path / "b.crt").write_bytes(certificate("Qg=="))

    found = network({"REQUESTS_CA_BUNDLE": str(tmp_path)}, ignore).certificates

    assert certificate("QQ==") in found
    assert certificate("Qg==") in found


def test_a_missing_bundle_is_said_and_left_out(tmp_path: Path) -> None:
    said: list[Event] = []

    network({"PIP_CERT": str(tmp_path / "gone.pem")}, said.append)

    (note,) = said
    assert isinstance(note, Note)
    assert note.level == "warning"
    assert "PIP_CERT" in note.text


def test_proxies_and_indexes_become_build_arguments() -> None:
    environment = {"https_proxy": "http://proxy:3128", "NO_PROXY": "localhost", "PIP_INDEX_URL": "https://mirror/simple",
                   "PIP_EXTRA_INDEX_URL": "file:///srv/mirror https://second/simple", "HOME": "/home/me"}  # fmt: skip

    assert dict(network(environment, ignore).arguments) == {
        "HTTPS_PROXY": "http://proxy:3128",
        "https_proxy": "http://proxy:3128",
        "NO_PROXY": "localhost",
        "no_proxy": "localhost",
        "PIP_INDEX_URL": "https://mirror/simple",
        "PIP_EXTRA_INDEX_URL": "https://second/simple",
    }


@pytest.mark.parametrize(
    ("proxy", "host_only"),
    [
        ("http://127.0.0.1:3128", True),
        ("localhost:3128", True),
        ("http://user:word@[::1]:3128", True),
        ("http://proxy.company.example:3128", False),
    ],
)
def test_a_proxy_on_loopback_needs_the_host_network(proxy: str, host_only: bool) -> None:
    assert network({"HTTPS_PROXY": proxy}, ignore).host_only is host_only


def test_passwords_are_not_shown() -> None:
    assert "s3cret" not in repr(network({"HTTPS_PROXY": "http://me:s3cret@proxy"}, ignore))
