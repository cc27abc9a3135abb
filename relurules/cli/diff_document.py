"""The documents that `relurules diff --out` writes."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from relurules.cli.options import name_command
from relurules.cli.table_options import TableArguments, make_read_options
from relurules.errors import DataError, UnsupportedError

_err = Console(stderr=True, highlight=False)


@dataclass(frozen=True, kw_only=True)
class VersionRequest:
    """What was asked for on the command line."""

    names: tuple[str, str]
    out: tuple[Path, ...]
    data: Path | None
    y: str | None
    reading: TableArguments
    tolerance: float | None
    time_limit: float | None
    as_json: bool
    html: Path | None


def write_versions(sides: Sequence[Any], asked: VersionRequest) -> int:
    """Compare, write and print; the exit code: 0 where the two are proven equivalent."""
    from relurules.api import diff as compare
    from relurules.documents.difference import print_difference_html
    from relurules.files.writing import write_text
    from relurules.ir.difference import Difference
    from relurules.pipeline.version_diff import FORMATS, compare_versions, print_versions

    _check_request(sides, asked, tuple(FORMATS))
    frame = None if asked.data is None else _read_frame(asked, sides)
    found: Any
    try:
        found = compare(
            sides[0], sides[1], _select_rows(frame, asked.y), tolerance=asked.tolerance,
            names=asked.names, time_limit=asked.time_limit,
        )  # fmt: skip
    except (DataError, UnsupportedError) as error:
        found = error
    pair = compare_versions(
        sides[0], sides[1], found, names=asked.names, data=frame, y=asked.y, command=name_command()
    )

    for path in asked.out:
        write_text(path, print_versions(pair, FORMATS[path.suffix.lower()]))
        _err.print(f"wrote {path}", markup=False, soft_wrap=True)
    if asked.html is not None and isinstance(found, Difference):
        write_text(asked.html, print_difference_html(found))
        _err.print(f"wrote {asked.html}", markup=False, soft_wrap=True)
    if not isinstance(found, Difference):
        _err.print(f"no difference can be certified: {found}", markup=False, soft_wrap=True)
    _print_pair(pair, found, as_json=asked.as_json)

    return 0 if isinstance(found, Difference) and found else 1


def _check_request(sides: Sequence[Any], asked: VersionRequest, endings: Sequence[str]) -> None:
    """DataError, before any work, for what can't be written."""
    from relurules.ir import Scorer

    for path in asked.out:
        if path.suffix.lower() not in endings:
            raise UnsupportedError(
                f"--out {path}: the ending tells the format; supported: {', '.join(endings)}"
            )
    if not all(isinstance(side, Scorer) for side in sides):
        raise UnsupportedError(
            "--out is about two files of rules; extract rules of the model first, or use --html"
        )
    if asked.y is not None and asked.data is None:
        raise DataError(f"--y {asked.y!r} names a column of the data; give --data FILE")


def _read_frame(asked: VersionRequest, sides: Sequence[Any]) -> Any:
    """The rows with every column that either side reads, by the first schema that there is."""
    from relurules.cli.files import read_table

    assert asked.data is not None  # noqa: S101  # checked before
    columns = {c.name: c for side in (sides[1], sides[0]) for c in side.domain.columns}
    first = next((side for side in sides if side.schema is not None), sides[0])
    options = make_read_options(
        asked.reading, schema=first.schema, columns=tuple(columns.values()), before=True,
        others=[] if asked.y is None else [asked.y],
    )  # fmt: skip
    return read_table(asked.data, options).frame


def _select_rows(frame: Any, y: str | None) -> Any:
    """The rows without true values."""
    return frame if frame is None or y is None else frame.drop(columns=[y])


def _print_pair(pair: Any, found: Any, *, as_json: bool) -> None:
    from relurules.ir.difference import Difference

    certified = found if isinstance(found, Difference) else None
    if as_json:
        said = {
            "difference": None if certified is None else certified.to_json(),
            "obstacle": pair.obstacle,
            "changes": None if pair.changes is None else pair.changes.to_json(),
            "remarks": list(pair.remarks),
        }
        text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        text = "" if certified is None else str(certified)
    sys.stdout.write(text)
