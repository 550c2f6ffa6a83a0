"""Verification of an API that does not let anybody in, for longer than that takes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sentiment_cli.clients.session import Aws
from sentiment_cli.deployment import leaving, verify
from sentiment_cli.deployment.state import Journal, State
from sentiment_cli.errors import PartlyDone, SentimentError


class Refusing(BaseHTTPRequestHandler):
    """Answers "/403/predict" with status 403."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_what_was_made_is_kept_where_an_api_lets_nobody_in(
    aws: Aws, url: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PATIENCE", 0.1)
    journal = Journal(tmp_path / "state.json", State("tweets", "dev", aws.account, aws.region))
    journal.note("endpoint", "tweets-dev", "created")

    with pytest.raises(SentimentError) as caught:
        verify.api(aws, f"{url}/{status}", "none", None, {})

    told = leaving.resumable(caught.value, journal)
    assert (type(told), told.exit_code, told.code) == (PartlyDone, 6, f"http-{status}")
    assert told.fix.endswith("What was made before is kept; `sentiment-cli deploy` goes on from there.")
