"""Edits as tables: of a TOML file, or as mappings."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from relurules.editing.edit_kinds import (
    BaseEdit,
    CurveEdit,
    Edit,
    FormulaEdit,
    LineDrop,
    PointsEdit,
    SlopeEdit,
    StartEdit,
    ThresholdEdit,
)
from relurules.errors import DataError, InputError
from relurules.files.toml import read_toml
from relurules.tables.names import to_plain_value


@dataclass(frozen=True, kw_only=True)
class EditFile:
    """A TOML file of edits; None for what it doesn't say."""

    edits: tuple[Edit, ...]
    author: str | None = None
    reason: str | None = None
    date: str | None = None


def read_edit_file(path: Path, scores: Sequence[str]) -> EditFile:
    """author, reason, date, and tables `[[edit]]`; InputError for anything else. scores: of the
    rules.
    """
    found = read_toml(path)
    for name in found:
        if name not in ("author", "reason", "date", "edit"):
            raise InputError(
                f"{path}: no entry {name!r} is known; there are author, reason, date, and tables "
                "[[edit]]"
            )
    tables = found.get("edit", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise InputError(f"{path}: edit: expected tables, each headed [[edit]]")

    told = {name: str(found[name]) for name in ("author", "reason", "date") if name in found}
    try:
        return EditFile(edits=tuple(read_edit_table(one, scores) for one in tables), **told)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def read_edit_table(table: Mapping[str, Any], scores: Sequence[str]) -> Edit:
    """An edit of its entries; InputError for those that are missing, or that nobody knows."""
    table = to_plain_value(table)
    kinds = [name for name in _KINDS if name in table]
    entries = _Entries(table, str(dict(table)))
    if len(kinds) != 1:
        raise InputError(f"the edit {entries.shown} needs just one of {', '.join(_KINDS)}")

    known, make = _KINDS[kinds[0]]
    if strange := [name for name in table if name not in {kinds[0], *known}]:
        raise InputError(
            f"the edit {entries.shown}: no entry {strange[0]!r} is known beside {kinds[0]!r}; "
            f"there are {', '.join(known) or 'none'}"
        )
    if (score := table.get("score")) is not None and score not in scores:
        raise DataError(
            f"the edit {entries.shown}: no score {score!r}; there are {', '.join(scores)}"
        )
    return make(entries)


def read_edit_number(text: Any, where: str) -> float:
    """A finite number; InputError for anything else."""
    text = to_plain_value(text)
    try:
        number = math.nan if isinstance(text, bool) else float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"the edit {where!r}: {str(text).strip()!r} is no finite number")

    return number


class _Entries(NamedTuple):
    """A table, and as it is shown in messages."""

    table: Mapping[str, Any]
    shown: str

    def get(self, name: str) -> Any:
        if name not in self.table:
            raise InputError(f"the edit {self.shown} lacks {name!r}")
        return self.table[name]

    def number(self, name: str) -> float:
        return read_edit_number(self.get(name), self.shown)

    def whole(self, name: str) -> int:
        number = self.number(name)
        if not number.is_integer():
            raise InputError(f"the edit {self.shown}: {self.get(name)!r} is no whole number")
        return int(number)

    def choose(self, *names: str) -> str:
        """Which of the entries is there."""
        found = [name for name in names if name in self.table]
        if len(found) != 1:
            raise InputError(f"the edit {self.shown} needs just one of {', '.join(names)}")
        return found[0]

    @property
    def score(self) -> str | None:
        found = self.table.get("score")
        return None if found is None else str(found)


def _make_curve(entries: _Entries) -> Edit:
    column = str(entries.get("curve"))
    return CurveEdit(column, entries.number("at"), entries.number("value"), entries.score)


def _make_points(entries: _Entries) -> Edit:
    at = entries.get("at")
    category = float(at) if isinstance(at, int | float) else str(at)
    return PointsEdit(str(entries.get("points")), category, entries.number("value"), entries.score)


def _make_line(entries: _Entries) -> Edit:
    number = entries.whole("line")
    if entries.choose("slope", "threshold") == "slope":
        return SlopeEdit(number, entries.number("slope"), entries.score)
    return ThresholdEdit(number, entries.number("threshold"))


def _make_drop(entries: _Entries) -> Edit:
    return LineDrop(entries.whole("drop_line"))


def _make_base(entries: _Entries) -> Edit:
    column = entries.table.get("column")
    return BaseEdit(None if column is None else str(column), entries.number("base"), entries.score)


def _make_start(entries: _Entries) -> Edit:
    return StartEdit(entries.number("start"), entries.score)


def _make_formula(entries: _Entries) -> Edit:
    number, what = entries.whole("rule"), entries.choose("constant", "coefficient")
    if what == "constant" and "column" in entries.table:
        raise InputError(f"the edit {entries.shown}: a constant has no column")
    column = None if what == "constant" else str(entries.get("column"))
    return FormulaEdit(number, column, entries.number(what), entries.score)


#: What an edit changes -> its further entries, and what makes it.
_KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[_Entries], Edit]]] = {
    "curve": (("at", "value", "score"), _make_curve),
    "points": (("at", "value", "score"), _make_points),
    "line": (("slope", "threshold", "score"), _make_line),
    "drop_line": ((), _make_drop),
    "base": (("column", "score"), _make_base),
    "start": (("score",), _make_start),
    "rule": (("constant", "coefficient", "column", "score"), _make_formula),
}
