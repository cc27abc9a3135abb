"""YAML of plain values, as every reader of YAML 1.1 and 1.2 takes it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: What YAML 1.1 takes for no text.
_WORDS = ("yes", "no", "on", "off", "true", "false", "null")
#: Ends of lines and marks that JSON doesn't escape.
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def format_yaml(value: Any, indent: int = 0) -> str:
    """Mappings and sequences as blocks, indented by so many spaces; texts in double quotes."""
    pad = " " * indent
    if isinstance(value, Mapping) and value:
        return "".join(
            f"{pad}{_format_name(name)}:{_format_below(each, indent + 2)}"
            for name, each in value.items()
        )

    if _is_list(value) and value:
        return "".join(f"{pad}-{_format_below(each, indent + 2, inline=True)}" for each in value)
    return f"{pad}{_format_scalar(value)}\n"


def _format_below(value: Any, indent: int, *, inline: bool = False) -> str:
    """What follows a name or a dash; inline: the first entry of a block stands on the same line."""
    if not value or not (isinstance(value, Mapping) or _is_list(value)):
        return f" {_format_scalar(value)}\n"
    text = format_yaml(value, indent)
    return f" {text[indent:]}" if inline else f"\n{text}"


def _format_name(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]+", name) and name.lower() not in _WORDS
    return name if plain else str(_format_scalar(name))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _format_scalar(value: Any) -> str:
    if isinstance(value, float):
        # without a point, YAML 1.1 takes 1e+22 for a text
        text = repr(value)
        return re.sub(r"^(-?\d+)e", r"\1.0e", text)
    text = json.dumps(value, ensure_ascii=False)
    return _BREAKS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
