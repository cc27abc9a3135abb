"""Files that commands are given."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relurules.errors import DataError


def read_table(path: Path, drop: Sequence[str]) -> Any:
    """The rows of a CSV or Parquet file, without some columns; DataError where it can't be read or lacks one."""
    import pandas

    try:
        frame = pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(path)
    except (ValueError, ImportError) as error:
        raise DataError(f"{path}: can't be read as a table: {error}") from error
    unknown = [name for name in drop if name not in frame.columns]
    if unknown:
        raise DataError(f"{path}: no column {unknown[0]!r} to drop; it has {', '.join(map(repr, frame.columns[:12]))}")
    return frame.drop(columns=list(drop))
