"""Edits as they are typed: `curve age at 35 = 0.2`."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from relurules.editing.edit_tables import (
    EditFile,
    read_edit_file,
    read_edit_number,
    read_edit_table,
)
from relurules.errors import InputError

#: What edits look like, for messages.
FORMS = (
    "curve COLUMN at X = V, points COLUMN at CATEGORY = V, line N slope = V, line N threshold = V, "
    "drop line N, base = V, base COLUMN = V, start = V, rule N constant = V, "
    "rule N coefficient COLUMN = V; before the = also: of SCORE; names of several words in ``"
)
_OF = re.compile(r"^(?P<rest>.*?)\s+of\s+(?:`(?P<quoted>[^`]+)`|(?P<plain>\S+))$")
_PLACE = re.compile(r"(?P<column>`[^`]+`|.+?)\s+at\s+(?P<at>`[^`]+`|.+)")


def read_edits(given: Any, scores: Sequence[str]) -> EditFile:
    """Texts, tables, edits, or the path of a TOML file. scores: of the rules."""
    if isinstance(given, Path):
        return read_edit_file(given, scores)
    if isinstance(given, str | Mapping) or _is_edit(given):
        given = (given,)
    if not isinstance(given, Iterable):
        raise InputError(f"edits is {given!r}; expected texts or tables: {FORMS}")
    return EditFile(edits=tuple(_read_edit(one, scores) for one in given))


def _is_edit(given: Any) -> bool:
    return isinstance(given, Edit)


def _read_edit(given: Any, scores: Sequence[str]) -> Edit:
    if isinstance(given, str):
        return parse_edit(given, scores)
    if isinstance(given, Mapping):
        return read_edit_table(given, scores)
    if isinstance(given, Edit):
        return given
    raise InputError(f"{given!r} is no edit; expected a text or a table: {FORMS}")


def parse_edit(text: str, scores: Sequence[str]) -> Edit:
    """An edit of its text; InputError says what edits look like."""
    words = text.strip()
    if dropped := re.fullmatch(r"drop[\s-]+line\s+(\d+)", words):
        return LineDrop(int(dropped[1]))

    left, equals, right = words.rpartition("=")
    if not equals:
        raise InputError(f"the edit {text!r} sets nothing; expected one of: {FORMS}")
    value, (left, score) = read_edit_number(right, text), _split_score(left.strip(), scores)
    kind, _, rest = left.partition(" ")
    parse = _KINDS.get(kind)
    found = None if parse is None else parse(rest.strip(), value, score)
    if found is None:
        raise InputError(f"the edit {text!r} can't be read; expected one of: {FORMS}")
    return found


def _split_score(left: str, scores: Sequence[str]) -> tuple[str, str | None]:
    """What stands before `of SCORE`, where that is a score of the rules."""
    found = _OF.match(left)
    if found is None:
        return left, None
    score = found["quoted"] or found["plain"]
    return (found["rest"], score) if score in scores or found["quoted"] else (left, None)


def _unquote(name: str) -> str:
    name = name.strip()
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == "`" else name


def _parse_curve(rest: str, value: float, score: str | None) -> Edit | None:
    found = _PLACE.fullmatch(rest)
    if found is None:
        return None
    return CurveEdit(_unquote(found["column"]), read_edit_number(found["at"], rest), value, score)


def _parse_points(rest: str, value: float, score: str | None) -> Edit | None:
    found = _PLACE.fullmatch(rest)
    if found is None:
        return None
    return PointsEdit(_unquote(found["column"]), _unquote(found["at"]), value, score)


def _parse_line(rest: str, value: float, score: str | None) -> Edit | None:
    found = re.fullmatch(r"(\d+)\s+(slope|threshold)", rest)
    if found is None:
        return None
    if found[2] == "slope":
        return SlopeEdit(int(found[1]), value, score)
    return ThresholdEdit(int(found[1]), value) if score is None else None


def _parse_base(rest: str, value: float, score: str | None) -> Edit:
    return BaseEdit(_unquote(rest) or None, value, score)


def _parse_start(rest: str, value: float, score: str | None) -> Edit | None:
    return None if rest else StartEdit(value, score)


def _parse_rule(rest: str, value: float, score: str | None) -> Edit | None:
    found = re.fullmatch(r"(\d+)\s+(?:constant|coefficient\s+(.+))", rest)
    if found is None:
        return None
    return FormulaEdit(int(found[1]), _unquote(found[2]) if found[2] else None, value, score)


#: The first word -> what reads the others.
_KINDS: Mapping[str, Callable[[str, float, str | None], Edit | None]] = {
    "curve": _parse_curve,
    "points": _parse_points,
    "line": _parse_line,
    "base": _parse_base,
    "start": _parse_start,
    "rule": _parse_rule,
}
