"""Files whose declaration is a msgspec type: the check of what is read and the JSON Schema follow
from it.

msgspec checks large files in no time, but says little about what is wrong. Where it refuses a file,
jsonschema tells the place, what was found and what is supported. What neither can say (names and
numbers that must fit together) is in `rules_check.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec


@dataclass(frozen=True, kw_only=True)
class DeclaredFile:
    """A format: the type that declares it, and how its schema is headed."""

    declaration: type[msgspec.Struct]
    title: str
    description: str

    def check(self, found: Any) -> Any:
        """Plain JSON values that follow the declaration, with integers in place of floats such as
        2.0 where integers are meant; ValueError names the first place that doesn't, and why.
        """
        try:
            msgspec.convert(found, self.declaration)
            return found
        except msgspec.ValidationError:
            schema = self.schema

        whole = _write_integers(found, schema, schema["$defs"])
        try:
            msgspec.convert(whole, self.declaration)
            return whole
        except msgspec.ValidationError as error:
            raise ValueError(_find_wrong_part(whole, schema) or str(error)) from error

    @cached_property
    def schema(self) -> Any:
        """The JSON Schema (draft 2020-12) that says what the declaration says."""
        found = _merge_types(msgspec.json.schema(self.declaration))
        parts = found["$defs"]
        whole = parts.pop(self.declaration.__name__)
        head = {name: whole["properties"].pop(name) for name in ("format", "version")}

        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **whole,
            "properties": {**head, **whole["properties"]},
            "title": self.title,
            "description": self.description,
            "$defs": parts,
        }

    @property
    def schema_text(self) -> str:
        """The schema as text."""
        return json.dumps(self.schema, indent=1, ensure_ascii=False) + "\n"


def _write_integers(value: Any, schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """The value, its whole floats as integers where the schema wants integers."""
    schema = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {
            name: _write_integers(part, known.get(name, others), parts)
            for name, part in value.items()
        }

    if isinstance(value, list):
        return [_write_integers(part, schema.get("items", {}), parts) for part in value]

    meant = "integer" in schema.get("type", ()) or value in schema.get("enum", ())
    return int(value) if meant and isinstance(value, float) and value.is_integer() else value


def _find_wrong_part(found: Any, schema: Mapping[str, Any]) -> str | None:
    """The first place that doesn't follow the schema, and why; None where all do."""
    from jsonschema import Draft202012Validator  # takes long on large files

    error = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    if error is None:
        return None
    known = error.schema["properties"] if error.validator == "additionalProperties" else ()
    supported = f"; supported: {', '.join(known)}" if known else ""
    return f"at {error.json_path}: {error.message[:200]}{supported}"


def _merge_types(schema: Any) -> Any:
    """A schema whose `anyOf` of different types is a list of types, so that messages name them.

    All other keywords of such parts speak of one type only.
    """
    if isinstance(schema, list):
        return [_merge_types(part) for part in schema]
    if not isinstance(schema, dict):
        return schema

    schema = {name: _merge_types(part) for name, part in schema.items()}
    for part in (kinds := schema.pop("anyOf", [])):
        schema |= part
    return schema | {"type": [part["type"] for part in kinds]} if kinds else schema
