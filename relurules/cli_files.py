"""Files that commands are given."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relurules.errors import DataError


def read_rows(path: Path | None, drop: Sequence[str], target: str | None) -> tuple[Any, Any]:
    """The rows of a file without its target, and the target; None each where there is none."""
    if path is None:
        if target is not None:
            raise DataError(f"--target {target!r} names a column of the data; give --data FILE")
        return None, None
    table = read_table(path, drop)
    if target is None:
        return table, None
    if target not in table.columns:
        raise DataError(f"{path}: no column {target!r}; it has {', '.join(map(repr, table.columns[:12]))}")
    return table.drop(columns=[target]), table[target]


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


def model_of(path: Path, trusted: bool) -> Any:
    """A path for `trace`, or the model in a pickle that its user trusts."""
    from relurules.tracing.pickled import PICKLED, load_pickled

    return load_pickled(path, trusted=trusted) if path.suffix in PICKLED else path
