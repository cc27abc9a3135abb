"""A quick yes or no of whether plain JSON values follow a JSON Schema: of files with many rules, in
no time.

It knows the keywords of `rules.schema.json` and no others. Where it says no, `jsonschema` is asked,
which is the judge and tells the place; where it says yes, jsonschema would.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]

#: Keywords that say nothing about a value.
_SILENT = {"$schema", "$defs", "title", "description"}
#: Types of JSON; true and false are no numbers.
_TYPES: Mapping[str, Check] = {
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "null": lambda value: value is None,
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is float or type(value) is int,
}


def compile_check(schema: Mapping[str, Any]) -> Check:
    """A function that tells whether a value surely follows the schema.

    KeyError for a keyword that it doesn't know.
    """
    return _SchemaCompiler(schema.get("$defs", {})).check(schema)


class _SchemaCompiler:
    def __init__(self, shared: Mapping[str, Any]) -> None:
        self.shared = shared

    def check(self, schema: Mapping[str, Any]) -> Check:
        """All keywords of a schema together."""
        schema = {name: value for name, value in schema.items() if name not in _SILENT}
        if "$ref" in schema:
            schema = {**self.shared[schema.pop("$ref").removeprefix("#/$defs/")], **schema}
            return self.check(schema)
        if {"properties", "required", "additionalProperties", "propertyNames"} & set(schema):
            own = ("type", "properties", "required", "additionalProperties", "propertyNames")
            found = [self._object(schema)]
            found += [
                self._keyword(name, value) for name, value in schema.items() if name not in own
            ]
        else:
            found = [self._keyword(name, value) for name, value in schema.items()]

        if len(found) == 1:
            return found[0]
        return lambda value: all(one(value) for one in found)

    def _object(self, schema: Mapping[str, Any]) -> Check:
        known = {name: self.check(part) for name, part in schema.get("properties", {}).items()}
        required, more = (
            frozenset(schema.get("required", ())),
            schema.get("additionalProperties", True),
        )
        other = (lambda _: more) if isinstance(more, bool) else self.check(more)
        named = self.check(schema.get("propertyNames", {}))

        if schema.get("type") != "object":
            raise KeyError("properties of what isn't an object")

        def check(value: Any) -> bool:
            return (
                type(value) is dict
                and required <= value.keys()
                and all(
                    known.get(name, other)(part) and named(name) for name, part in value.items()
                )
            )

        return check

    def _keyword(self, name: str, said: Any) -> Check:
        return _KEYWORDS[name](self, said)

    def types(self, said: Any) -> Check:
        """One of several types."""
        checks = [_TYPES[name] for name in ([said] if isinstance(said, str) else said)]
        return (
            checks[0] if len(checks) == 1 else lambda value: any(check(value) for check in checks)
        )

    def items(self, said: Any) -> Check:
        """Every entry of an array."""
        check = self.check(said)
        return lambda value: type(value) is not list or all(map(check, value))

    def one_of(self, said: Any) -> Check:
        """Just one of several schemas."""
        checks = [self.check(part) for part in said]
        return lambda value: sum(check(value) for check in checks) == 1


def _make_pattern_check(said: str) -> Check:
    pattern = re.compile(said)
    return lambda value: type(value) is not str or pattern.search(value) is not None


def _is_number(value: Any) -> bool:
    return type(value) is float or type(value) is int


_KEYWORDS: Mapping[str, Callable[[_SchemaCompiler, Any], Check]] = {
    "type": _SchemaCompiler.types,
    "items": _SchemaCompiler.items,
    "oneOf": _SchemaCompiler.one_of,
    "const": lambda _, said: lambda value: type(value) is type(said) and value == said,
    "enum": lambda _, said: (
        lambda value: any(type(value) is type(one) and value == one for one in said)
    ),
    "minimum": lambda _, said: lambda value: not _is_number(value) or value >= said,
    "maximum": lambda _, said: lambda value: not _is_number(value) or value <= said,
    "minItems": lambda _, said: lambda value: type(value) is not list or len(value) >= said,
    "minLength": lambda _, said: lambda value: type(value) is not str or len(value) >= said,
    "uniqueItems": lambda _, said: (
        lambda value: not said or type(value) is not list or _is_all_distinct(value)
    ),
    "pattern": lambda _, said: _make_pattern_check(said),
}


def _is_all_distinct(values: list[Any]) -> bool:
    """Whether no two values are the same, as far as that is quickly told."""
    return all(type(value) is str for value in values) and len(set(values)) == len(values)
