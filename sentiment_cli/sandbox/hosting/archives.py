"""Copies of models' archives: an endpoint keeps serving what it was started with, whatever becomes of the bucket."""

from __future__ import annotations

import tarfile
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

from sentiment_cli.sandbox.hosting import execution, neighbours
from sentiment_cli.sandbox.hosting.records import Region
from sentiment_cli.sandbox.taken import Taken


class Unusable(Exception):
    """A model's data cannot be had; the message is AWS's."""


def copy(region: Region[Any], role: Taken, url: str, folder: Path) -> Path:
    """A sound model.tar.gz in `folder`, an empty one where there is no `url`. Raises Unusable."""
    path = folder / f"{uuid.uuid4()}.tar.gz"
    if not url:
        tarfile.open(path, "w:gz").close()
        return path
    content = neighbours.s3_object(region, url) if execution.may_fetch(region, role, url) else None
    if content is None:
        raise Unusable(
            f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that there is '
            "an object located at the URL and that the role passed to CreateModel has permissions to download the "
            "object."
        )
    path.write_bytes(content)
    if not _is_sound(path):
        path.unlink()
        raise Unusable(
            f'Failed to extract model data archive for container "container_1" from URL "{url}". Please ensure that '
            "the object located at the URL is a valid tar.gz archive."
        )
    return path


def extract(archive: Path, into: Path) -> None:
    """Unpack what `copy` has let in. Raises OSError or tarfile.TarError."""
    with tarfile.open(archive, "r:gz") as file:
        # Python has filters since 3.11.4 and takes this way of asking for one anywhere (PEP 706); where there is none,
        # nothing is left that one would refuse.
        file.extraction_filter = getattr(tarfile, "data_filter", None)
        file.extractall(into)  # noqa: S202 - looked at before


def _is_sound(path: Path) -> bool:
    """SageMaker wants a gzipped tar without links; and nothing may be written outside the model's folder."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            return all((each.isfile() or each.isdir()) and _stays_inside(each.name) for each in archive)
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return False


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
