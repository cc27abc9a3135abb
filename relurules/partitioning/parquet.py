"""Regions as Parquet files in a folder, for partitions that don't fit in memory.

One row per region, in the order of the search: `pattern`, int8 of +1 / -1 for every neuron;
`point`, strictly inside, in the user's columns and units; and, where wanted, the map of the scores:
`weights`, output by output, and `constants`. Names of columns, neurons and their slopes are in the
schema's metadata and, with the number of regions, in `_relurules.json`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, UnsupportedError, summarise_error
from relurules.files.locks import hold_lock
from relurules.files.writing import make_folder, remove_leftovers, replace_atomically, write_text
from relurules.partitioning.checkpoint import digest_problem
from relurules.partitioning.search_run import RegionBatch, SearchProblem, join_batches

_Numbers = NDArray[Any]

#: Regions and bytes of a part at most.
_ROWS, _BYTES = 2**16, 2**23
#: So many parts' regions wait in memory at most, those of all pieces together.
_WAITING = 2
#: Names that sort as the regions do: by piece, then by part.
_NAME = "part-{:05d}-{:06d}.parquet"
_PART = re.compile(r"part-\d{5,}-\d{6,}\.parquet")
_MANIFEST = "_relurules.json"
#: Key of the schema's metadata, a JSON object.
_KEY = b"relurules"
_ABOUT = {
    "row": "one linear region: an activation pattern whose cell in the domain has an interior",
    "order": (
        "the order of the files' names and of their rows: patterns in lexicographic order, - "
        "before +, by level"
    ),
}
_FIELDS = {
    "pattern": "signs +1 and -1 of the neurons, as they are listed in `neurons`",
    "point": "a point strictly inside, in the user's units, as the columns are listed in `columns`",
    "weights": (
        "of the affine map that the network is there: d numbers, one per column, for each "
        "score in turn"
    ),
    "constants": "of that map, one per score",
}


class ParquetSink:
    """A sink (`explore.Sink`) that writes regions to Parquet files, each of which appears whole or
    not at all.

    A file holds about 64k regions of one piece of the search, fewer where they are large or where a
    checkpoint was due.
    """

    def __init__(
        self,
        problem: SearchProblem,
        folder: Path,
        checkpoint: Path | None = None,
        version: str = "",
    ) -> None:
        self.checkpoint = checkpoint
        self.folder, self.about = folder, _describe_search(problem, version)
        self.schema = _make_schema(problem, self.about)
        K, (m, d) = len(problem.network), problem.network.C.shape
        size = K + 8 * d + (8 * m * (d + 1) if problem.wanted.maps else 0)
        self.rows = int(np.clip(_BYTES // size, 1, _ROWS))
        self.waiting: dict[int, list[RegionBatch]] = {}
        self.written: dict[int, int] = {}
        self.regions = 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs from the folder; what killed ones were writing there is removed.

        Raises DataError for a folder that can't be written to without mixing it up with something
        else.
        """
        is_new = not self.folder.exists()
        if not is_new and not self.folder.is_dir():
            raise DataError(f"{self.folder}: is no folder")

        make_folder(self.folder)
        try:
            with hold_lock(self.folder):
                _check_folder(self.folder, self.checkpoint)
                remove_leftovers(self.folder)
                yield
        finally:
            if is_new:
                with suppress(OSError):  # unless something is in it
                    self.folder.rmdir()

    def add(self, piece: int, batch: RegionBatch) -> None:
        """Take the next regions of a piece; what is full is written before."""
        n = len(batch.patterns)
        if self._held(piece) + n > self.rows:
            self._flush(piece)
        while self.waiting and sum(map(self._held, self.waiting)) + n > _WAITING * self.rows:
            self._flush(max(self.waiting, key=self._held))
        if n:
            self.waiting.setdefault(piece, []).append(batch)

    def saved(self) -> dict[str, Any]:
        """Write what waits; (pieces, 2): piece and its number of files, and the number of regions
        in them.
        """
        for piece in sorted(self.waiting):
            self._flush(piece)
        parts = np.array(sorted(self.written.items()), dtype=np.int64).reshape(-1, 2)
        return {"parts": parts, "regions": np.array(self.regions)}

    def restore(self, arrays: dict[str, Any]) -> None:
        """Go on from what `saved` gave: files that were written later are removed.

        DataError where the folder lacks a file, or holds one of another search.
        """
        written, regions = (
            {int(piece): int(count) for piece, count in arrays["parts"]},
            int(arrays["regions"]),
        )
        there = {path.name for path in self.folder.glob("*.parquet") if _PART.fullmatch(path.name)}

        if lacking := next((name for name in _name_files(written) if name not in there), None):
            raise DataError(
                f"{self.folder}: lacks {lacking}, in which the checkpoint's search left regions"
            )

        expected, found = (
            set(_name_files(written)),
            {name: self._regions_in(self.folder / name) for name in sorted(there)},
        )
        if sum(found[name] for name in expected) != regions:
            raise DataError(
                f"{self.folder}: doesn't hold the {regions} regions that the checkpoint's search "
                "left there"
            )

        for name in (*(there - expected), _MANIFEST):
            (self.folder / name).unlink(missing_ok=True)

        self.written, self.regions = written, regions

    def __bool__(self) -> bool:
        """Whether there are any regions."""
        return bool(self.waiting or self.written)

    def close(self, *, complete: bool) -> tuple[Path, ...]:
        """Write what waits and the manifest; all files in order."""
        self.saved()
        names = sorted(_name_files(self.written))
        fields = {name: _FIELDS[name] for name in self.schema.names}
        found = {"regions": self.regions, "complete": complete, "files": len(names)}
        manifest = {**found, **_ABOUT, "fields": fields, **self.about}
        write_text(self.folder / _MANIFEST, json.dumps(manifest, indent=1) + "\n")
        return tuple(self.folder / name for name in names)

    def _held(self, piece: int) -> int:
        return sum(len(batch.patterns) for batch in self.waiting.get(piece, ()))

    def _flush(self, piece: int) -> None:
        """Write all that a piece has waiting; what can't be written goes on waiting."""
        while self._held(piece):
            found = join_batches(self.waiting[piece])
            self.waiting[piece] = [found]
            self._write(piece, found, n := min(self.rows, len(found.patterns)))
            self.waiting[piece] = [
                replace(
                    found, patterns=found.patterns[n:], points=found.points[n:], maps=found.maps[n:]
                )
            ]

        self.waiting.pop(piece, None)

    def _write(self, piece: int, found: RegionBatch, n: int) -> None:
        parquet, part = _import_pyarrow().parquet, self.written.get(piece, 0)
        arrays: dict[str, _Numbers] = {"pattern": found.patterns[:n], "point": found.points[:n]}
        if "weights" in self.schema.names:
            arrays |= {"weights": found.maps[:n, :, :-1], "constants": found.maps[:n, :, -1]}

        table = _make_table({name: arrays[name] for name in self.schema.names}, self.schema)
        with replace_atomically(self.folder / _NAME.format(piece, part)) as path:
            parquet.write_table(
                table, path, compression="zstd", use_dictionary=["pattern.list.element"]
            )

        self.written[piece] = part + 1
        self.regions += n

    def _regions_in(self, path: Path) -> int:
        """Number of rows of a file of this search."""
        pyarrow = _import_pyarrow()
        try:
            found = pyarrow.parquet.read_metadata(path)
            about = json.loads((found.metadata or {}).get(_KEY, b"{}"))
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise DataError(
                f"{path}: can't be read ({summarise_error(error)}); remove it and the checkpoint"
            ) from error

        if about.get("digest") != self.about["digest"]:
            raise DataError(f"{path}: holds regions of another search than the checkpoint's")
        return int(found.num_rows)


def _name_files(written: Mapping[int, int]) -> Iterator[str]:
    """Names of all files, by piece and number of files."""
    return (_NAME.format(piece, part) for piece, count in written.items() for part in range(count))


def _import_pyarrow() -> Any:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise UnsupportedError(
            "Parquet files are written by pyarrow, which isn't installed: pip install "
            "'relurules[parquet]'"
        ) from error

    return pyarrow


def _describe_search(problem: SearchProblem, version: str) -> dict[str, Any]:
    """What a reader of the files needs beside the rows."""
    network = problem.network
    return {
        "version": version,
        "columns": list(problem.domain.names),
        "neurons": [str(neuron) for neuron in network.neurons],
        "slopes": network.slope.tolist(),
        "scores": len(network.c),
        "digest": digest_problem(problem),
    }


def _make_schema(problem: SearchProblem, about: Mapping[str, Any]) -> Any:
    """Lists of fixed size without missing values; Parquet has none of size 0, for the pattern
    without neurons.
    """
    pyarrow, K, (m, d) = _import_pyarrow(), len(problem.network), problem.network.C.shape
    sizes = {"pattern": K or -1, "point": d}
    if problem.wanted.maps:
        sizes |= {"weights": m * d, "constants": m}

    fields = []
    for name, size in sizes.items():
        number = pyarrow.int8() if name == "pattern" else pyarrow.float64()
        entry = pyarrow.field("element", number, nullable=False)
        fields.append(pyarrow.field(name, pyarrow.list_(entry, size), nullable=False))

    return pyarrow.schema(fields, metadata={_KEY: json.dumps(about)})


def _make_table(arrays: Mapping[str, _Numbers], schema: Any) -> Any:
    pyarrow, columns = _import_pyarrow(), []
    for field in schema:
        array = arrays[field.name]
        flat = pyarrow.array(np.ascontiguousarray(array).reshape(-1), field.type.value_type)
        if pyarrow.types.is_fixed_size_list(field.type):
            columns.append(pyarrow.FixedSizeListArray.from_arrays(flat, type=field.type))
        else:
            offsets = pyarrow.array(np.zeros(len(array) + 1, dtype=np.int32))
            columns.append(pyarrow.ListArray.from_arrays(offsets, flat, type=field.type))

    return pyarrow.Table.from_arrays(columns, schema=schema)


def _check_folder(folder: Path, checkpoint: Path | None) -> None:
    """DataError for files, hidden ones aside, that a search with this checkpoint didn't leave in
    the folder.
    """
    if checkpoint is not None and checkpoint.resolve().parent == folder.resolve():
        raise DataError(
            f"{checkpoint}: the checkpoint can't be in the folder of the regions; name another "
            "place"
        )

    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    own = [name for name in names if _PART.fullmatch(name) or name == _MANIFEST]
    if other := [name for name in names if name not in own]:
        raise DataError(
            f"{folder}: holds other files, such as {other[0]!r}; give a new or an empty folder"
        )

    if own and (checkpoint is None or not checkpoint.exists()):
        kept = (
            "no checkpoint goes with them"
            if checkpoint is None
            else f"there is no checkpoint {checkpoint}"
        )
        raise DataError(
            f"{folder}: holds regions of an earlier search, and {kept}; give a new or an empty "
            "folder"
        )


__all__ = ["ParquetSink"]
