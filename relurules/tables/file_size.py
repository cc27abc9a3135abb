"""How much memory the table of a file takes, before it is read."""

import bz2
import gzip
import lzma
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import DataError

#: Ending of a compressed file -> what opens it; ZIP archives, which hold files, are opened apart.
COMPRESSED: Mapping[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


def check_file_size(path: Path) -> None:
    """DataError for a file of a table that has no end, or that can't fit into memory, before it is
    read whole.

    A compressed file, and a Parquet file, may hold far more than its own bytes.
    """
    if path.is_char_device() or path.is_block_device():
        raise DataError(f"{path}: is a device; expected a CSV or Parquet file")
    if not stat.S_ISREG(path.stat().st_mode):  # pipes may be read, and folders of Parquet files
        return

    _check_size(f"{path}: its", _measure_file_size(path))


def check_table_size(name: str, rows: int, columns: int) -> None:
    """DataError for a table of numbers that can't fit into memory."""
    _check_size(f"{name}: the", rows * columns * np.dtype(np.float64).itemsize)


def _check_size(whose: str, size: int) -> None:
    memory = _measure_memory()
    if size > memory:
        raise DataError(
            f"{whose} table takes {size / 2**30:.1f} GB or more, and there are "
            f"{memory / 2**30:.1f} GB of memory; give fewer rows or columns, or have a fit draw "
            "some of the rows (its option rows)"
        )


def _measure_file_size(path: Path) -> int:
    """Bytes that the table of a file takes at least; of a compressed one, counted as far as
    matters.
    """
    if path.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            return int(
                file.metadata.num_rows * file.metadata.num_columns * np.dtype(np.float64).itemsize
            )

    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    if path.suffix not in COMPRESSED:
        return path.stat().st_size

    size, memory = 0, _measure_memory()
    with COMPRESSED[path.suffix](path) as stream:
        while size <= memory and (part := stream.read(2**20)):
            size += len(part)

    return size


def _measure_memory() -> int:
    """Bytes of memory that this process may use; sys.maxsize where the system doesn't tell."""
    try:
        import resource
    except ImportError:
        return sys.maxsize
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([installed, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])
