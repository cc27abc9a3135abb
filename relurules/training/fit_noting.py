"""What a fit notes of itself: how it was asked for, what it used, and digests of what it wrote."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.files.version import VERSION
from relurules.statistics.row_passes import hash_rows
from relurules.validation.fit_record import TABLE_ROWS, FitRecord
from relurules.validation.origins import Plain, hash_file, list_versions
from relurules.validation.report import FrontStep

if TYPE_CHECKING:
    from relurules.training.table_fit import Fitted

#: Options that are told otherwise, and those that one form doesn't have.
_TOLD = ("target", "task")
_UNUSED = {
    "additive": ("hidden", "max_terms", "max_condition_terms"),
    "partition": ("max_condition_columns",),
}


def record_fit(
    fitted: "Fitted", data: Path, contents: Mapping[str, str | bytes], command: str
) -> FitRecord:
    """The record of a fit. data: the table's file, which may be gone; contents: files that are
    written beside it.
    """
    rules = fitted.rules
    return FitRecord(
        target=fitted.wanted.target,
        said=_describe_fit(fitted, data, command),
        data=hash_rows(rules.domain.rows(fitted.frame)),
        files={name: _hash_content(content) for name, content in sorted(contents.items())},
        front=tuple(_list_front(fitted)),
        parts=_name_parts(fitted),
        scores=fitted.scores,
        measure=fitted.measure,
    )


def _describe_fit(fitted: "Fitted", data: Path, command: str) -> dict[str, Plain]:
    wanted = fitted.wanted._asdict()
    left_out = (*_TOLD, *_UNUSED[fitted.wanted.form])
    asked = {
        name.replace("_", " "): value if isinstance(value, str | int | float) else str(value)
        for name, value in wanted.items()
        if name not in left_out and value is not None
    }
    rows = {f"{part} rows": count for part, count in fitted.rows.items()}
    versions = {f"version of {name}": value for name, value in list_versions(VERSION).items()}
    file = {"data": data.name, "data SHA-256": hash_file(data)} if data.is_file() else {}

    return {
        **({"command": command} if command else {}),
        "target": wanted["target"],
        **asked,
        "task": fitted.task,
        **file,
        **_describe_drawn(fitted),
        **rows,
        "use of validation rows": "they chose the size, and were then fitted to as well",
        **versions,
        "processor seconds": round(fitted.seconds, 1),
    }


def _describe_drawn(fitted: "Fitted") -> dict[str, Plain]:
    """Of a table from which rows were drawn, how many it has, and the score of the others."""
    others = fitted.undrawn
    if others is None:
        return {}
    return {
        TABLE_ROWS: others.total,
        f"{fitted.measure} of rows not drawn": others.score,
        "rows not drawn without a score": others.without,
    }


def _hash_content(content: str | bytes) -> str:
    plain = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(plain).hexdigest()


def _list_front(fitted: "Fitted") -> list[FrontStep]:
    """Models on the way, by lines or rules, and the one that was chosen."""
    front: Any = fitted.estimator.front_
    if front is None:
        return []
    chosen = fitted.estimator.chosen_
    column = "neurons" if fitted.wanted.form == "additive" else "rules"

    return [
        FrontStep(int(size), fitted.measure, float(score), number == chosen)
        for number, (size, score) in enumerate(
            zip(front[column].tolist(), front["validation"].tolist(), strict=True)
        )
        if np.isfinite(score)
    ]


def _name_parts(fitted: "Fitted") -> tuple[str, ...]:
    """The part of every row of the table; nothing where it isn't known."""
    if not fitted.places:
        return ()
    found = np.full(len(fitted.frame), "", dtype=object)
    for part, places in fitted.places.items():
        found[np.asarray(places, dtype=np.intp)] = part
    return tuple(found.tolist())
