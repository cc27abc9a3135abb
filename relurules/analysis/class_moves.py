"""Rows of a table that two sets of rules answer differently, each reading the table by its own
columns.
"""

from collections import Counter
from typing import Any

import numpy as np

from relurules.ir.row_changes import ClassMove, RowChange, RowChanges
from relurules.ir.scorer import Scorer


def find_row_changes(old: Scorer, new: Scorer, table: Any, tolerance: float = 0.0) -> RowChanges:
    """Rows whose class changes, where both sides tell classes; else rows of which an output changes
    by more than the tolerance, or is there on one side alone.
    """
    scores = [side.predict_scores(table) for side in (old, new)]
    known = [np.isfinite(one).all(axis=1) for one in scores]
    decides = old.class_test is not None and new.class_test is not None
    told = [_tell(side, table, decides=decides) for side in (old, new)]
    if decides:
        pairs = list(zip(*told, strict=True))
        changed = np.array([one != other for one, other in pairs], dtype=bool)
        counts = Counter(pairs)
        moves = tuple(
            ClassMove(pair[0], pair[1], count)
            for pair, count in sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
        )
    else:
        moves, changed = (), _find_moved(old, new, table, tolerance)

    rows = np.flatnonzero(changed).tolist()
    return RowChanges(
        rows=len(scores[0]),
        answered=int((known[0] | known[1]).sum()),
        decides=decides,
        moves=moves,
        changed=tuple(
            RowChange(i, told[0][i], told[1][i], *(_read_score(one[i, 0]) for one in scores))
            for i in rows
        ),
    )


def _tell(side: Scorer, table: Any, *, decides: bool) -> list[Any]:
    """The class of every row, or its first output; None for none."""
    if decides:
        return list(side.classify(table))
    return [_read_score(value) for value in side.predict_numbers(table)[:, 0]]


def _find_moved(old: Scorer, new: Scorer, table: Any, tolerance: float) -> np.ndarray:
    one, other = old.predict_numbers(table), new.predict_numbers(table)
    count = min(one.shape[1], other.shape[1])
    one, other = one[:, :count], other[:, :count]
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) > tolerance
    return np.asarray((apart | (np.isfinite(one) != np.isfinite(other))).any(axis=1))


def _read_score(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
