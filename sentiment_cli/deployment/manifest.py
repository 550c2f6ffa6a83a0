"""What the trained artifact says of itself, after every file in it was held against its hash."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentiment_cli.errors import InputError

_AGAIN = "Run `sentiment-cli train` to write it again."


def read(archive: Path) -> Mapping[str, Any]:
    """The manifest in `archive`. Raises InputError where there is no artifact or it is damaged."""
    from server_image.artifact import ArtifactError, unpack, verify

    if not archive.is_file():
        raise InputError(
            f"There is no model at {archive}.", "Nothing was trained here yet.",
            "Run `sentiment-cli train`, then `sentiment-cli deploy`.", code="no-artifact",
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        try:
            unpack(archive, Path(scratch) / "model")
            return verify(Path(scratch) / "model")
        except (ArtifactError, OSError) as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):  # it is this machine's disk that is full
                raise
            raise InputError(
                f"{archive} cannot be deployed.", str(error).removesuffix(f" {_AGAIN}"), _AGAIN,
                code="artifact-unusable",
            ) from error  # fmt: skip
