"""What files of rules of either kind write alike <-> plain JSON values, and how they are opened."""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from relurules.errors import RulesError
from relurules.ir.scorer import Scorer
from relurules.links.heads import Head, is_identity, make_identity_heads


class RulesFormat(NamedTuple):
    """A format of files: name, as they give it; version that is written; versions that are read;
    kind of what it holds, and the type that loads it.
    """

    name: str
    version: int
    readable: tuple[int, ...]
    kind: str
    loader: str


#: The version of files of rules that are no network: a release that doesn't know it must not take
#: them for one.
OWN_MODEL_VERSION = 3
PARTITION_FORMAT = RulesFormat("relurules.rules", 2, (1, 2, 3), "partition rules", "RuleSet")
ADDITIVE_FORMAT = RulesFormat("relurules.additive", 1, (1,), "additive rules", "AdditiveRules")
_FORMATS = {form.name: form for form in (PARTITION_FORMAT, ADDITIVE_FORMAT)}


def check_format(found: Any, path: Path, form: RulesFormat, check: Callable[[Any], Any]) -> Any:
    """What the file holds, if it follows the declaration that `check` knows; RulesError names the
    place and why.
    """
    name = found.get("format") if isinstance(found, dict) else None
    other = _FORMATS.get(name, form) if isinstance(name, str) else form
    if other is not form:
        raise RulesError(
            f"{path}: holds {other.kind}, not {form.kind}; {other.loader}.load reads it, and "
            "relurules.load either kind"
        )

    if name == form.name and found.get("version") not in form.readable:
        *others, last = map(str, form.readable)
        versions = f"{', '.join(others)} and {last}" if others else last
        raise RulesError(
            f"{path}: version {found.get('version')!r} of the format; this release reads "
            f"{'versions' if len(form.readable) > 1 else 'version'} {versions}"
        )

    try:
        return check(found)
    except ValueError as error:
        raise RulesError(f"{path}: {error}; expected {form.name} version {form.version}") from error


def is_additive_file(found: Any) -> bool:
    """Whether JSON values say that they are additive rules."""
    return isinstance(found, dict) and found.get("format") == ADDITIVE_FORMAT.name


def errors_to_json(rules: Scorer) -> dict[str, Any]:
    """The bounds of the outputs and, where they differ from them, the scores."""
    return {
        "max_error": rules.max_error if np.isfinite(rules.max_error) else None,
        **({} if rules.output_error is None else {"score_error": rules.score_error}),
    }


def errors_from_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same as arguments of rules."""
    bound = np.inf if found["max_error"] is None else float(found["max_error"])
    return {
        "score_error": float(found.get("score_error", bound)),
        "output_error": bound if "score_error" in found else None,
    }


def heads_to_json(rules: Scorer) -> dict[str, Any]:
    """Nothing where the outputs are the scores."""
    if is_identity(rules.heads, rules.score_count):
        return {}

    return {
        "heads": [
            {"link": h.link, "scores": list(h.scores), "component": h.component}
            for h in rules.heads
        ]
    }


def heads_from_json(found: Mapping[str, Any], count: int) -> tuple[tuple[Head, ...], int]:
    """The heads and the number of scores, of which so many are written."""
    if "heads" not in found:
        return make_identity_heads(len(found["outputs"])), len(found["outputs"])
    heads = tuple(
        Head(item["link"], tuple(item["scores"]), item["component"]) for item in found["heads"]
    )
    return heads, count


def format_block(value: Any, levels: int, deep: Collection[str] = ()) -> str:
    """Objects and lists of objects or lists on several lines, so many levels deep; deep: names of
    lists whose objects are written so too.
    """
    if levels and isinstance(value, Mapping) and value:
        items = (
            f"{_line(name)}: "
            + (_format_list(part, levels) if name in deep else format_block(part, levels - 1, deep))
            for name, part in value.items()
        )
        return "{\n" + ",\n".join(items) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join(map(_line, value)) + "\n]"

    return _line(value)


def _format_list(values: list[Any], levels: int) -> str:
    return "[" + ",\n".join(format_block(value, levels) for value in values) + "]"


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
