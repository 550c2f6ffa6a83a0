"""What the container would refuse, the API's function refuses before it, with the same status."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import falcon.testing

from sentiment_cli import scaffold
from server_image.app import create_app
from tests.steady import Steady

GOOD = b'{"input": [{"text": "love"}]}'
BAD = {
    "nothing": b"", "no JSON": b"love", "half": b'{"input": [', "a list": b"[]", "null": b"null", "a string": b'"x"',
    "no input": b"{}", "input is no list": b'{"input": {"text": "x"}}', "a row is a string": b'{"input": ["x"]}',
    "a row is null": b'{"input": [null]}', "no text": b'{"input": [{}]}',
    "text is null": b'{"input": [{"text": null}]}',
    "text is a number": b'{"input": [{"text": 1}]}', "explain is a number": b'{"input": [], "explain": 1}',
    "explain is null": b'{"input": [], "explain": null}', "deep": b"[" * 100_000,
    "deep objects": b'{"input":' * 50_000, "deep beside": b'{"input": [], "n": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "not a number": b'{"input": [], "n": NaN}', "infinite": b'{"input": [], "n": -Infinity}',
    "a huge number": b'{"input": [], "n": 1e999}', "very many digits": b'{"input": [], "n": ' + b"9" * 5000 + b"}",
    "many digits": b'{"input": [], "n": ' + b"9" * 400 + b"}", "a leading zero": b'{"input": [], "n": 01}',
    "NUL": b'{"input": [{"text": "a\x00b"}]}', "a line end in a text": b'{"input": [{"text": "a\nb"}]}',
    "half a character": b'{"input": [{"text": "\\ud800"}]}',
    "half a character beside": b'{"input": [], "n": "\\udc00"}',
    "half a character in a name": b'{"input": [], "\\ud800": 1}',
    "half a character in bytes": b'{"input": [{"text": "\xed\xa0\x80"}]}', "no UTF-8": b'{"input": [{"text": "\xff"}]}',
    "an overlong form": b'{"input": [{"text": "\xc0\xaf"}]}', "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"), "UTF-32": GOOD.decode().encode("utf-32"),
    "gzip": gzip.compress(GOOD), "a comment": b'{"input": [] /* x */}', "a last comma": b'{"input": [],}',
    "two documents": b"{}{}", "a long text": b'{"input": [{"text": "' + b"x" * 100_001 + b'"}]}',
    "single quotes": b"{'input': []}", "white space of other kinds": b'{"input":\xc2\xa0[]}',
    "too large": b'{"input": []' + b" " * 26_300_000 + b"}",
}  # fmt: skip
ASK = """
import base64, json, sys
from chalice.test import Client
from app import app
import app as module
module.ask = lambda texts, explain: {"output": []}
with Client(app) as client:
    for line in sys.stdin:
        said = json.loads(line)
        answer = client.http.post("/", headers={"Content-Type": "application/json", **said["headers"]},
                                  body=base64.b64decode(said["body"]))
        print(answer.status_code)
"""


def container(bodies: list[bytes], **headers: str) -> list[int]:
    client = falcon.testing.TestClient(create_app(Steady()))
    kind = {"Content-Type": "application/json"}
    return [client.simulate_post("/invocations", body=body, headers={**kind, **headers}).status_code for body in bodies]


def function(folder: Path, bodies: list[bytes], **headers: str) -> list[int]:
    for path, content in scaffold.tree("api", name="tweets", auth="none", region="eu-west-1"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    lines = [json.dumps({"body": base64.b64encode(body).decode(), "headers": headers}) for body in bodies]
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=folder, env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-1"},
        input="\n".join(lines), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [int(line) for line in done.stdout.split()]


def test_bad_bodies(tmp_path: Path) -> None:
    expected = dict(zip(BAD, container(list(BAD.values())), strict=True))
    assert set(expected.values()) == {400, 413}
    assert dict(zip(BAD, function(tmp_path, list(BAD.values())), strict=True)) == expected
    assert container([GOOD]) == function(tmp_path, [GOOD]) == [200]


def test_a_content_coding(tmp_path: Path) -> None:
    bodies = [gzip.compress(GOOD), GOOD]
    for coding in ("gzip", "br"):
        header = {"Content-Encoding": coding}
        assert container(bodies, **header) == function(tmp_path, bodies, **header) == [415, 415]


def test_damaged_bodies(tmp_path: Path) -> None:
    dice = random.Random(3)
    seeds = [GOOD, b'{"input":[{"text":"\\u0061\xc3\xa9"}],"explain":true,"n":[1.5e3,-0,null]}']
    bodies = []
    for _ in range(2000):
        body = bytearray(dice.choice(seeds))
        for _ in range(dice.randint(0, 4)):
            body[dice.randrange(len(body))] = dice.choice((dice.randrange(256), *b'"\\{}[],:019eE+-.'))
        bodies.append(bytes(body))
    expected, found = container(bodies), function(tmp_path, bodies)
    differing = [each for each in zip(bodies, expected, found, strict=True) if each[1] != each[2]]
    assert {200, 400} == set(expected)
    assert differing == []
