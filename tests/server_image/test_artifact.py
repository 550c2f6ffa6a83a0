"""Artifacts: equal bytes for equal models, whole or not at all; nothing hostile gets out of one or is opened."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_image import archive
from server_image.artifact import ArtifactError, load, pack, read, unpack, verify
from server_image.scorer import Scorer

COMPILED = {
    "format": 1, "labels": ["no", "yes"], "terms": ["bad", "good"], "idf": None, "weights": [[-1.0, 1.0]],
    "intercepts": [0.0], "link": "binary",
    "options": {
        "analyzer": "word", "ngram_range": [1, 1], "lowercase": True, "strip_accents": None, "stop_words": None,
        "token_pattern": r"\w+", "binary": False, "sublinear_tf": False, "norm": "l2",
    },
}  # fmt: skip
FILES = {"scorer.json": json.dumps(COMPILED).encode(), "classifier.joblib": b"never opened"}
MANIFEST = {"labels": ["no", "yes"], "compiled": True, "python": "3.11.7", "libraries": {}}


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.proof),)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "model.tar.gz"
    pack(path, FILES, MANIFEST)
    return path


@pytest.fixture
def model(packed: Path, tmp_path: Path) -> Path:
    """The artifact, unpacked."""
    unpack(packed, tmp_path / "model")
    return tmp_path / "model"


def rewrite(directory: Path, **changes: Any) -> None:
    """Change the manifest; None removes a key."""
    path = directory / "manifest.json"
    manifest = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps({name: value for name, value in manifest.items() if value is not None}))


def replace(directory: Path, name: str, content: bytes) -> None:
    """Change a file, and its hash in the manifest."""
    (directory / name).write_bytes(content)
    files = json.loads((directory / "manifest.json").read_bytes())["files"]
    rewrite(directory, files={**files, name: hashlib.sha256(content).hexdigest()})


def test_what_is_packed_comes_back(model: Path) -> None:
    assert {path.name for path in model.iterdir()} == {"manifest.json", *FILES}
    assert all((model / name).read_bytes() == content for name, content in FILES.items())
    manifest = verify(model)
    assert manifest["format_version"] == 1
    assert manifest["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    scorer = load(model)
    assert isinstance(scorer, Scorer)
    assert scorer.predict(["good"])[0][0] == "yes"


def test_equal_models_are_equal_bytes(packed: Path, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere" / "other-name.tar.gz"
    digest = pack(again, dict(reversed(FILES.items())), dict(reversed(MANIFEST.items())))
    assert again.read_bytes() == packed.read_bytes()
    assert digest == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert packed.stat().st_mode & 0o777 == 0o644
    with tarfile.open(packed) as tar:
        assert [member.name for member in tar] == sorted(["manifest.json", *FILES])
        assert {(each.mtime, each.uid, each.gid, each.uname, each.mode) for each in tar} == {(0, 0, 0, "", 0o644)}


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = packed.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            pack(packed, FILES, {**MANIFEST, "python": "other"})
    with pytest.raises(ArtifactError, match=r"\.\./evil"):
        pack(packed, {"../evil": b""}, MANIFEST)
    assert packed.read_bytes() == before
    assert list(packed.parent.iterdir()) == [packed]


def test_unpacking_never_writes_over_a_file_nor_removes_it(packed: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "manifest.json").write_text("mine")
    with pytest.raises(FileExistsError):
        unpack(packed, target)
    assert {path.name: path.read_text() for path in target.iterdir()} == {"manifest.json": "mine"}


def member(name: str, content: bytes = b"content", **attributes: Any) -> bytes:
    """Part of an archive; with a `size` of its own the header lies."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


def special(kind: bytes, name: str = "scorer.json", target: str = "") -> bytes:
    return member(name, b"", type=kind, linkname=target)


def sparse() -> bytes:
    """A few bytes that say that they are a file of 8 GB, in the way of GNU tar."""
    info = tarfile.TarInfo("scorer.json")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "8000000000"}
    return info.tobuf(tarfile.PAX_FORMAT)


HOSTILE = {
    "symbolic link": ([special(tarfile.SYMTYPE, target="/etc/passwd")], "not a plain file"),
    "hard link": ([member("a"), special(tarfile.LNKTYPE, target="a")], "not a plain file"),
    "hard link out": ([special(tarfile.LNKTYPE, target="../../etc/passwd")], "not a plain file"),
    "character device": ([special(tarfile.CHRTYPE)], "not a plain file"),
    "block device": ([special(tarfile.BLKTYPE)], "not a plain file"),
    "pipe": ([special(tarfile.FIFOTYPE)], "not a plain file"),
    "folder": ([special(tarfile.DIRTYPE, "folder")], "not a plain file"),
    "unknown kind": ([special(b"Z")], "not allowed|plain"),
    "sparse": ([sparse()], "not a plain file"),
    "absolute path": ([member("/tmp/evil")], "not allowed"),
    "path upwards": ([member("../evil")], "not allowed"),
    "path upwards, later": ([member("a/../../evil")], "not allowed"),
    "path": ([member("folder/scorer.json")], "not allowed"),
    "backslashes": ([member("..\\evil")], "not allowed"),
    "drive": ([member("C:evil")], "not allowed"),
    "dot": ([member(".")], "not allowed"),
    "hidden": ([member(".profile")], "not allowed"),
    "empty name": ([member("")], "not allowed"),
    "line end": ([member("evil\n")], "not allowed"),
    "long name": ([member("a" * 300)], "not allowed"),
    "twice": ([member("a"), member("b"), member("a")], "'a' twice"),
    "many": ([member(f"file-{i}") for i in range(17)], "over 16 files"),
    "lying": ([member("a", size=1 << 20)], "not a complete"),
    "large": ([member("a", size=9 << 30)], "larger than any model"),
    "negative": ([member("a", size=-512)], "twice|not a complete|not a plain"),
    "ratio": ([member("a", size=600 << 20)], "larger than any model"),
    "huge header": ([member("name", bytes(2 << 20), type=tarfile.GNUTYPE_LONGNAME, size=300 << 20)], "than any name"),
    "huge header, newer": ([member("name", bytes(2 << 20), type=tarfile.XHDTYPE, size=300 << 20)], "than any name"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    members, reason = HOSTILE[name]
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(gzip.compress(b"".join([member("first"), *members, bytes(10240)]), compresslevel=1))
    with pytest.raises(ArtifactError, match=reason):
        unpack(path, tmp_path / "model")
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["hostile.tar.gz", "model"]


@pytest.mark.parametrize("where", ["in a file", "after the end"])
def test_a_bomb_is_noticed_before_it_is_unpacked(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ALWAYS_ALLOWED", 1 << 20)
    zeros = bytes(64 << 20)
    path = tmp_path / "bomb.tar.gz"
    parts = [member("first", zeros), bytes(10240)] if where == "in a file" else [member("first"), bytes(10240), zeros]
    path.write_bytes(gzip.compress(b"".join(parts), compresslevel=1))
    with pytest.raises(ArtifactError, match="larger than any model"):
        unpack(path, tmp_path / "model")
    assert list((tmp_path / "model").iterdir()) == []


def test_half_an_archive_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for length in [1, 9, 10, 30, *range(60, len(whole), 50), len(whole) - 8, len(whole) - 1]:
        packed.write_bytes(whole[:length])
        with pytest.raises(ArtifactError, match="not a complete"):
            unpack(packed, tmp_path / "model")
        assert list((tmp_path / "model").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", b"PK\x03\x04", gzip.compress(b"not tar" * 200), gzip.compress(b"")],
    ids=["nothing", "not gzip", "zip", "gzip of something else", "gzip of nothing"],
)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ArtifactError, match="not a complete"):
        unpack(tmp_path / "model.tar.gz", tmp_path / "model")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 4), inside=st.booleans())
def test_damage_anywhere_is_noticed_or_harmless(seed: int, changes: int, inside: bool, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "model.tar.gz"
    pack(path, FILES, MANIFEST)
    content = bytearray(gzip.decompress(path.read_bytes()) if inside else path.read_bytes())
    rng = random.Random(seed)
    for _ in range(changes):
        content[rng.randrange(min(len(content), 4096))] = rng.randrange(256)
    path.write_bytes(gzip.compress(bytes(content)) if inside else bytes(content))
    try:
        unpack(path, folder / "model")
        scorer = load(folder / "model")
    except ArtifactError:
        return
    assert scorer.labels == ("no", "yes")
    assert all((folder / "model" / name).read_bytes() == content for name, content in FILES.items())


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_tampered_with_is_refused(model: Path, name: str) -> None:
    manifest = verify(model)
    (model / name).write_bytes(FILES[name][:-1] + b"!")
    for use in (lambda: verify(model), lambda: load(model), lambda: read(model, name, manifest)):
        with pytest.raises(ArtifactError, match=f"{name} is not the file"):
            use()


def test_only_the_files_of_the_manifest_may_be_there(model: Path) -> None:
    (model / "lost+found").mkdir()
    verify(model)
    (model / "sitecustomize.py").write_text("")
    with pytest.raises(ArtifactError, match=r"does not name: sitecustomize\.py"):
        verify(model)
    (model / "sitecustomize.py").unlink()
    (model / "classifier.joblib").unlink()
    with pytest.raises(ArtifactError, match=r"classifier\.joblib is missing"):
        verify(model)


@pytest.mark.parametrize("name", ["scorer.json", "manifest.json"])
def test_links_in_a_model_folder_are_not_followed(model: Path, tmp_path: Path, name: str) -> None:
    (model / name).rename(tmp_path / "elsewhere")
    (model / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="missing"):
        load(model)


def test_a_read_of_what_the_manifest_does_not_name_is_refused(model: Path) -> None:
    manifest = verify(model)
    with pytest.raises(ArtifactError, match="cannot be read"):
        read(model, "pipeline.joblib", manifest)
    (model / "pipeline.joblib").write_bytes(b"")
    with pytest.raises(ArtifactError, match="not the file"):
        read(model, "pipeline.joblib", manifest)


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b" " * (9 << 20),
], ids=["empty", "half", "list", "null", "bytes", "deep", "digits", "large"])  # fmt: skip
def test_a_damaged_manifest_is_refused(model: Path, content: bytes) -> None:
    (model / "manifest.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"manifest\.json|format version"):
        load(model)


@pytest.mark.parametrize("changes", [
    {"files": None}, {"files": []}, {"files": {"../scorer.json": "0" * 64}}, {"files": {"scorer.json": "0"}},
    {"files": {"scorer.json": 1}}, {"labels": None}, {"labels": ["one"]}, {"labels": ["a", 1]}, {"labels": "ab"},
    {"compiled": None}, {"compiled": 1}, {"libraries": ["numpy"]},
], ids=str)  # fmt: skip
def test_a_manifest_of_another_shape_is_refused(model: Path, changes: dict[str, Any]) -> None:
    rewrite(model, **changes)
    with pytest.raises(ArtifactError, match="what they should be"):
        load(model)


@pytest.mark.parametrize(("version", "remedy"), [
    (2, "newer sentiment-cli"), (0, "train"), ("1", "train"), (True, "train"), (1.0, "train"), (None, "train"),
])  # fmt: skip
def test_an_unknown_format_version_is_refused(model: Path, version: Any, remedy: str) -> None:
    rewrite(model, format_version=version)
    with pytest.raises(ArtifactError, match=f"format version.*{remedy}"):
        verify(model)


@pytest.mark.parametrize(("method", "name"), [
    ("stat", "manifest.json"), ("open", "manifest.json"), ("open", "scorer.json"), ("iterdir", "model"),
])  # fmt: skip
def test_what_may_not_be_read_is_an_error_of_the_artifact(
    model: Path, method: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(Path, method)

    def denied(path: Path, *given: Any, **more: Any) -> Any:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *given, **more)

    monkeypatch.setattr(Path, method, denied)
    with pytest.raises(ArtifactError, match=r"cannot be read \(Permission denied\)"):
        load(model)


def test_no_model_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="There is no model"):
        load(tmp_path / "nothing")


@pytest.mark.parametrize("changes", [
    {"format": 3}, {"labels": ["yes", "no"]}, {"weights": [[1.0]]}, {"link": "?"}, {"options": {}}, {"terms": None},
    {"options": {**COMPILED["options"], "token_pattern": "("}},
], ids=str)  # fmt: skip
def test_a_scorer_that_cannot_be_used_is_an_error_of_the_artifact(model: Path, changes: dict[str, Any]) -> None:
    replace(model, "scorer.json", json.dumps({**COMPILED, **changes}).encode())
    with pytest.raises(ArtifactError, match=r"scorer\.json"):
        load(model)


def test_nothing_is_unpickled_beside_a_compiled_scorer(model: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for name in ("vectorizer.joblib", "classifier.joblib", "pipeline.joblib"):
        replace(model, name, pickle.dumps(Bomb(proof)))
    assert load(model).predict(["bad"])[0][0] == "no"
    rewrite(model, compiled=False)
    with pytest.raises(ArtifactError, match="compiled"):
        load(model)
    assert not proof.exists()
