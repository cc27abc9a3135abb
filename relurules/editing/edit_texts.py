"""Edits as they are typed, `curve age at 35 = 0.2`, or as tables of a TOML file."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from relurules.files.writing import read_text
from relurules.tables.names import to_plain_value

#: What edits look like, for messages.
FORMS = (
    "curve COLUMN at X = V, points COLUMN at CATEGORY = V, line N slope = V, line N threshold = V, "
    "drop line N, base = V, base COLUMN = V, start = V, rule N constant = V, "
    "rule N coefficient COLUMN = V; before the = also: of SCORE; names of several words in ``"
)
#: Entries of a table in a TOML file, by the one that says what is changed.
_ENTRIES = {
    "curve": {"curve", "at", "value", "score"},
    "points": {"points", "at", "value", "score"},
    "line": {"line", "slope", "threshold", "score"},
    "drop_line": {"drop_line"},
    "base": {"base", "column", "score"},
    "start": {"start", "score"},
    "rule": {"rule", "constant", "coefficient", "column", "score"},
}
_NAME = r"(?:`(?P<{0}_quoted>[^`]+)`|(?P<{0}>\S+))"
_OF = re.compile(r"^(?P<rest>.*?)\s+of\s+" + _NAME.format("score") + "$")


@dataclass(frozen=True, kw_only=True)
class EditFile:
    """A TOML file of edits; None for what it doesn't say."""

    edits: tuple[Edit, ...]
    author: str | None = None
    reason: str | None = None
    date: str | None = None


def read_edits(given: Any, scores: Sequence[str]) -> EditFile:
    """Texts, tables, edits, or the path of a TOML file. scores: of the rules."""
    if isinstance(given, Path):
        return read_edit_file(given, scores)
    if isinstance(given, str | Mapping) or isinstance(given, tuple) and hasattr(given, "_fields"):
        given = (given,)
    if not isinstance(given, Iterable):
        raise InputError(f"edits is {given!r}; expected texts or tables: {FORMS}")
    return EditFile(edits=tuple(_read_edit(one, scores) for one in given))


def read_edit_file(path: Path, scores: Sequence[str]) -> EditFile:
    """author, reason, date, and tables `[[edit]]`; InputError for anything else."""
    try:
        found = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is no TOML that can be read: {error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: isn't UTF-8, from byte {error.start} on") from error

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
        return EditFile(edits=tuple(_read_table(one, scores) for one in tables), **told)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _read_edit(given: Any, scores: Sequence[str]) -> Edit:
    if isinstance(given, str):
        return parse_edit(given, scores)
    if isinstance(given, Mapping):
        return _read_table(given, scores)
    if isinstance(given, tuple) and type(given).__module__ == "relurules.editing.edit_kinds":
        return given  # type: ignore[return-value]  # one of the kinds
    raise InputError(f"{given!r} is no edit; expected a text or a table: {FORMS}")


def parse_edit(text: str, scores: Sequence[str]) -> Edit:
    """An edit of its text; InputError says what edits look like."""
    words = text.strip()
    if dropped := re.fullmatch(r"drop[\s-]+line\s+(\d+)", words):
        return LineDrop(int(dropped[1]))

    left, equals, right = words.rpartition("=")
    if not equals:
        raise InputError(f"the edit {text!r} sets nothing; expected one of: {FORMS}")
    value, (left, score) = _read_number(right, text), _split_score(left.strip(), scores)
    kind, _, rest = left.partition(" ")
    rest = rest.strip()
    found = _parse_kind(kind, rest, value, score)
    if found is None:
        raise InputError(f"the edit {text!r} can't be read; expected one of: {FORMS}")
    return found


def _parse_kind(kind: str, rest: str, value: float, score: str | None) -> Edit | None:
    if kind in ("curve", "points"):
        column, _, at = rest.rpartition(" at ") if "`" not in rest else _split_quoted(rest)
        if not column or not at:
            return None
        if kind == "curve":
            return CurveEdit(_unquote(column), _read_number(at, rest), value, score)
        return PointsEdit(_unquote(column), _unquote(at), value, score)
    if kind == "line" and (found := re.fullmatch(r"(\d+)\s+(slope|threshold)", rest)):
        if found[2] == "threshold":
            return ThresholdEdit(int(found[1]), value) if score is None else None
        return SlopeEdit(int(found[1]), value, score)
    if kind == "base":
        return BaseEdit(_unquote(rest) or None, value, score)
    if kind == "start" and not rest:
        return StartEdit(value, score)
    if kind == "rule" and (found := re.fullmatch(r"(\d+)\s+(constant|coefficient\s+(.+))", rest)):
        return FormulaEdit(int(found[1]), _unquote(found[3]) if found[3] else None, value, score)

    return None


def _split_quoted(rest: str) -> tuple[str, str, str]:
    """Column and place where either stands in ``."""
    found = re.fullmatch(r"(`[^`]+`|.+?)\s+at\s+(`[^`]+`|.+)", rest)
    return (found[1], " at ", found[2]) if found else ("", "", "")


def _split_score(left: str, scores: Sequence[str]) -> tuple[str, str | None]:
    """What stands before `of SCORE`, where that is a score of the rules."""
    found = _OF.match(left)
    if found is None:
        return left, None
    score = found["score_quoted"] or found["score"]
    quoted = found["score_quoted"] is not None
    return (found["rest"], score) if score in scores or quoted else (left, None)


def _unquote(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == "`" else name


def _read_number(text: Any, where: str) -> float:
    text = to_plain_value(text)
    try:
        number = math.nan if isinstance(text, bool) else float(text)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"the edit {where!r}: {str(text).strip()!r} is no finite number")
    return number


def _read_table(table: Mapping[str, Any], scores: Sequence[str]) -> Edit:
    """An edit of a table of a TOML file, or of a mapping."""
    table = to_plain_value(table)
    kinds = [name for name in _ENTRIES if name in table]
    shown = str(dict(table))
    if len(kinds) != 1:
        raise InputError(f"the edit {shown} needs just one of {', '.join(_ENTRIES)}")
    kind = kinds[0]
    if strange := [name for name in table if name not in _ENTRIES[kind]]:
        raise InputError(
            f"the edit {shown}: no entry {strange[0]!r} is known beside {kind!r}; there are "
            f"{', '.join(sorted(_ENTRIES[kind] - {kind}))}"
        )

    score = table.get("score")
    if score is not None and score not in scores:
        raise DataError(f"the edit {shown}: no score {score!r}; there are {', '.join(scores)}")
    return _make_edit(kind, table, shown, score)


def _make_edit(kind: str, table: Mapping[str, Any], shown: str, score: str | None) -> Edit:
    def number(name: str) -> float:
        if name not in table:
            raise InputError(f"the edit {shown} lacks {name!r}")
        return _read_number(table[name], shown)

    if kind == "curve":
        return CurveEdit(str(table["curve"]), number("at"), number("value"), score)
    if kind == "points":
        if "at" not in table:
            raise InputError(f"the edit {shown} lacks 'at'")
        at = table["at"]
        category = float(at) if isinstance(at, int | float) else str(at)
        return PointsEdit(str(table["points"]), category, number("value"), score)
    if kind == "base":
        column = table.get("column")
        return BaseEdit(None if column is None else str(column), number("base"), score)
    if kind == "start":
        return StartEdit(number("start"), score)

    which = _read_whole(table[kind], shown)
    if kind == "drop_line":
        return LineDrop(which)
    set_to = [name for name in ("slope", "threshold", "constant", "coefficient") if name in table]
    if len(set_to) != 1:
        raise InputError(f"the edit {shown} must set just one thing of {kind} {which}")
    if kind == "line":
        if set_to == ["threshold"]:
            return ThresholdEdit(which, number("threshold"))
        return SlopeEdit(which, number("slope"), score)
    column = table.get("column")
    if (set_to == ["coefficient"]) != (column is not None):
        raise InputError(f"the edit {shown}: a coefficient needs a column, a constant has none")

    return FormulaEdit(which, None if column is None else str(column), number(set_to[0]), score)


def _read_whole(value: Any, shown: str) -> int:
    number = _read_number(value, shown)
    if not number.is_integer():
        raise InputError(f"the edit {shown}: {value!r} is no whole number")
    return int(number)
