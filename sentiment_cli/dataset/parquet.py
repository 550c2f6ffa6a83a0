"""Tables in Parquet files, read in batches; imports pyarrow (an extra), and says how to get it where it is missing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from sentiment_cli.dataset.source import Source
from sentiment_cli.dataset.table import SAMPLE_ROWS, Table, Trouble, as_label
from sentiment_cli.errors import InputError

MAGIC = b"PAR1"
_BATCH = 10_000
_PARTS = 8


@dataclass(frozen=True)
class ParquetTable(Table):
    """Typed columns; rows are counted from 1, for there are no lines."""

    goes_on: bool

    @property
    def partial(self) -> bool:
        """See `Table.partial`; a small file can hold many rows."""
        return self.goes_on

    def rows(self, text: int, label: int, trouble: Trouble) -> Iterator[tuple[int, str | None, str | None]]:
        """See `Table.rows`."""
        names = [self.columns[text], self.columns[label]]
        number = 0
        with _opened(self.source) as file:
            for batch in file.iter_batches(_BATCH, columns=names):
                for value, mark in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                    number += 1
                    if value is None or isinstance(value, str):
                        yield number, value, as_label(mark)
                    else:
                        trouble.bad(number, f"{names[0]!r} is not a text")


def parquet_table(source: Source) -> Table:
    """The table in a Parquet file."""
    with _opened(source) as file:
        names = tuple(file.schema_arrow.names)
        rows = [tuple(as_label(row[name]) for name in names) for row in _sample(file)]
        partial = file.metadata.num_rows > len(rows)
    return ParquetTable(source, "parquet", "Parquet", "UTF-8", None, names, names, rows, partial)


def _sample(file: Any) -> Iterator[Mapping[str, Any]]:
    """Rows from up to `_PARTS` places that are spread over the file, whatever groups it has."""
    groups = file.metadata.num_row_groups
    chosen = sorted({groups * part // _PARTS for part in range(_PARTS)} if groups else ())
    for group in chosen:
        yield from _of_group(file, group, slices=-(-_PARTS // len(chosen)), rows=SAMPLE_ROWS // len(chosen))


def _of_group(file: Any, group: int, slices: int, rows: int) -> Iterator[Mapping[str, Any]]:
    """Up to `rows` of a group, in as many slices from its first row to its last; all of them if there are no more."""
    there = file.metadata.row_group(group).num_rows
    length = there if there <= rows else rows // slices
    starts = [(there - length) * each // max(1, slices - 1) for each in range(slices if there > rows else 1)]
    first = 0
    for batch in file.iter_batches(_BATCH, [group]):
        for start in starts:
            begin, end = max(start, first), min(start + length, first + len(batch))
            if begin < end:
                yield from batch.slice(begin - first, end - begin).to_pylist()
        first += len(batch)
        if first >= starts[-1] + length:
            return


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"Cannot read {source.path}: it is a Parquet file, and the library for these is not installed.",
            "Parquet support is an extra, because not everyone needs it.",
            "Install it: `pip install pyarrow`.",
            code="parquet-not-installed",
        ) from error
    with source.open() as stream, _seekable(stream, source.compressed) as file:
        try:
            yield pyarrow.parquet.ParquetFile(file)
        except (pyarrow.ArrowException, UnicodeDecodeError, KeyError) as error:
            raise InputError(
                f"Cannot read {source.path} as Parquet.",
                f"The library says: {str(error).splitlines()[0]}",
                "Write the file again, or leave `--format` out to have the format recognised.",
                code="damaged-parquet",
            ) from error


@contextmanager
def _seekable(stream: IO[bytes], compressed: bool) -> Iterator[IO[bytes]]:
    """Parquet is read from its end, which a gzip stream can only reach by decompressing all of it over and over."""
    if not compressed:
        yield stream
        return
    with tempfile.TemporaryFile() as unpacked:
        shutil.copyfileobj(stream, unpacked)
        unpacked.seek(0)
        yield unpacked
