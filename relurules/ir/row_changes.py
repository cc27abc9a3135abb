"""Rows of a table of which two sets of rules say something else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class RowChange(NamedTuple):
    """A row, counted from 0: its class, or its output where there are no classes, and its first
    score, by the old rules and by the new ones; None where they have none for it.
    """

    row: int
    old: Any
    new: Any
    old_score: float | None
    new_score: float | None


class ClassMove(NamedTuple):
    """So many rows that had one class and have another; None for no answer."""

    old: Any
    new: Any
    rows: int


@dataclass(frozen=True, kw_only=True)
class RowChanges:
    """rows: of the table; answered: of these, by either set; decides: whether classes are compared,
    else outputs; moves: of classes, each with its rows, the unchanged ones too; changed: every row
    that is told otherwise, in the order of the table.
    """

    rows: int
    answered: int
    decides: bool
    moves: Sequence[ClassMove]
    changed: Sequence[RowChange]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "rows": self.rows,
            "answered": self.answered,
            "decides": self.decides,
            "moves": [move._asdict() for move in self.moves],
            "changed": [change._asdict() for change in self.changed],
        }
