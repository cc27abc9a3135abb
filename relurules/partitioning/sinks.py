"""Where a search puts what it finds: nowhere, or in memory."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from relurules.ir.partition import Side
from relurules.partitioning.search_run import RegionBatch, join_batches


class CountingSink:
    """Keeps nothing: the search counts by itself."""

    def add(self, piece: int, batch: RegionBatch) -> None:
        """Nothing to keep."""

    def saved(self) -> dict[str, Any]:
        """Nothing to save."""
        return {}

    def restore(self, arrays: dict[str, Any]) -> None:
        """Nothing to restore."""


class CollectingSink:
    """Keeps all batches of every piece."""

    def __init__(self) -> None:
        self.batches: dict[int, list[RegionBatch]] = {}

    def add(self, piece: int, batch: RegionBatch) -> None:
        """Keep a batch."""
        self.batches.setdefault(piece, []).append(batch)

    def of(self, piece: int) -> RegionBatch | None:
        """All of a piece."""
        batches = self.batches.get(piece)
        return join_batches(batches) if batches else None

    def saved(self) -> dict[str, Any]:
        """One array per piece and field."""
        found = {i: join_batches(batches) for i, batches in self.batches.items()}
        return {
            f"{i}.{name}": array
            for i, batch in found.items()
            for name, array in vars(batch).items()
        }

    def restore(self, arrays: dict[str, Any]) -> None:
        """Go on from what `saved` gave."""
        pieces = sorted({int(name.split(".")[0]) for name in arrays})
        self.batches = {
            i: [RegionBatch(**{one.name: arrays[f"{i}.{one.name}"] for one in fields(RegionBatch)})]
            for i in pieces
        }


def join_pieces(parts: Sequence[RegionBatch], places: Sequence[Side], splits: int) -> RegionBatch:
    """Batches of several pieces as one: their own splits come after the `splits` above them all, in
    order.
    """
    moved = []
    for part, place in zip(parts, places, strict=True):
        moved.append(
            replace(
                part,
                places=_shift_places(part.places, place, splits),
                split_places=_shift_places(part.split_places, place, splits),
            )
        )
        splits += len(part.neurons)

    return join_batches(moved)


def _shift_places(places: Any, above: Side, first: int) -> Any:
    root = places[:, :1] == -1
    return np.where(root, np.array([above]), places + np.array([[first, 0]]))
