"""Regions as Parquet files in a folder, for partitions that don't fit in memory.

One row per region, in the order of the search: `pattern`, int8 of +1 / -1 for every neuron; `point`, strictly inside,
in the user's columns and units; and, where wanted, the map of the scores: `weights`, output by output, and `constants`.
Names of columns, neurons and their slopes are in the schema's metadata.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.files import replacing
from relurules.partitioning.walk import Batch, Problem, joined

#: Regions in one file, at least, but for the last of a piece.
_ROWS = 65_536
_PATTERN = "part-*.parquet"


class Parquet:
    """A sink: part-<piece>-<number>.parquet, whose names in order are the order of the regions."""

    def __init__(self, problem: Problem, folder: Path, *, resumed: bool) -> None:
        try:
            import pyarrow  # noqa: F401
        except ModuleNotFoundError as error:
            raise UnsupportedError("Parquet needs pyarrow: pip install 'relurules[parquet]'") from error
        self.problem, self.folder = problem, folder
        self.waiting: dict[int, list[Batch]] = {}
        self.written: dict[int, int] = {}
        folder.mkdir(parents=True, exist_ok=True)
        others = [path.name for path in folder.iterdir() if not path.match(_PATTERN)]
        if others or (not resumed and any(folder.iterdir())):
            raise DataError(f"{folder}: holds {(others or ['part files'])[0]!r} already; give an empty folder")
        if not resumed:
            self.restore({})

    def add(self, piece: int, batch: Batch) -> None:
        """Keep a batch until there are enough for a file."""
        if not len(batch.patterns):
            return
        waiting = self.waiting.setdefault(piece, [])
        waiting.append(batch)
        if sum(len(each.patterns) for each in waiting) >= _ROWS:
            self._write(piece)

    def saved(self) -> dict[str, Any]:
        """How many files every piece has, once all that waits is written."""
        for piece in list(self.waiting):
            self._write(piece)
        pairs = sorted(self.written.items())
        return {"files": np.array(pairs, dtype=np.int64).reshape(-1, 2)}

    def restore(self, arrays: dict[str, Any]) -> None:
        """Go on from what `saved` gave: files written later are removed."""
        self.written = {int(piece): int(count) for piece, count in arrays["files"]} if arrays else {}
        wanted = {self._name(piece, i) for piece, count in self.written.items() for i in range(count)}
        there = {path.name for path in self.folder.glob(_PATTERN)}
        if missing := sorted(wanted - there):
            raise DataError(f"{self.folder}: {missing[0]} is missing, which the checkpoint counts on")
        for name in there - wanted:
            (self.folder / name).unlink()

    def files(self) -> tuple[Path, ...]:
        """All files, in the order of the regions."""
        self.saved()
        return tuple(sorted(self.folder.glob(_PATTERN)))

    def _name(self, piece: int, number: int) -> str:
        return f"part-{piece:05}-{number:06}.parquet"

    def _write(self, piece: int) -> None:
        from pyarrow import parquet

        number = self.written.get(piece, 0)
        with replacing(self.folder / self._name(piece, number)) as temporary:
            parquet.write_table(self._table(joined(self.waiting.pop(piece))), temporary)
        self.written[piece] = number + 1

    def _table(self, batch: Batch) -> Any:
        import pyarrow

        columns = {"pattern": _lists(batch.patterns), "point": _lists(batch.points)}
        if self.problem.wanted.maps:
            columns["weights"] = _lists(batch.maps[:, :, :-1].reshape(len(batch.maps), -1))
            columns["constants"] = _lists(batch.maps[:, :, -1])
        return pyarrow.table(columns).replace_schema_metadata(self._about())

    def _about(self) -> dict[str, str]:
        network = self.problem.network
        about = {
            "columns": list(self.problem.domain.names),
            "neurons": [str(neuron) for neuron in network.neurons],
            "slopes": network.slope.tolist(),
            "scores": len(network.c),
        }
        return {"relurules": json.dumps(about)}


def _lists(array: Any) -> Any:
    """(n, k) -> n lists of k numbers."""
    import pyarrow

    flat = pyarrow.array(np.ascontiguousarray(array).reshape(-1))
    return pyarrow.FixedSizeListArray.from_arrays(flat, array.shape[1])
