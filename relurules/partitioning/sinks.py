"""Where a search puts what it finds: nowhere, or in memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.partitioning.walk import Batch, joined


class Counted:
    """Keeps nothing: the search counts by itself."""

    def add(self, piece: int, batch: Batch) -> None:
        """Nothing to keep."""

    def saved(self) -> dict[str, Any]:
        """Nothing to save."""
        return {}

    def restore(self, arrays: dict[str, Any]) -> None:
        """Nothing to restore."""


class Collected:
    """Keeps all batches of every piece."""

    def __init__(self) -> None:
        self.batches: dict[int, list[Batch]] = {}

    def add(self, piece: int, batch: Batch) -> None:
        """Keep a batch."""
        self.batches.setdefault(piece, []).append(batch)

    def of(self, piece: int) -> Batch | None:
        """All of a piece."""
        batches = self.batches.get(piece)
        return joined(batches) if batches else None

    def saved(self) -> dict[str, Any]:
        """One array per piece and field."""
        found = {i: joined(batches) for i, batches in self.batches.items()}
        return {f"{i}.{name}": array for i, batch in found.items() for name, array in batch._asdict().items()}

    def restore(self, arrays: dict[str, Any]) -> None:
        """Go on from what `saved` gave."""
        pieces = sorted({int(name.split(".")[0]) for name in arrays})
        self.batches = {i: [Batch(*(arrays[f"{i}.{name}"] for name in Batch._fields))] for i in pieces}


def assembled(parts: Sequence[Batch], places: Sequence[tuple[int, int]], splits: int) -> Batch:
    """Batches of several pieces as one: their own splits come after the `splits` above them all, in order."""
    moved = []
    for part, place in zip(parts, places, strict=True):
        moved.append(
            part._replace(
                places=_moved(part.places, place, splits), split_places=_moved(part.split_places, place, splits)
            )
        )
        splits += len(part.neurons)
    return joined(moved)


def _moved(places: Any, above: tuple[int, int], first: int) -> Any:
    root = places[:, :1] == -1
    return np.where(root, np.array([above]), places + np.array([[first, 0]]))
