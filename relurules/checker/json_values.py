"""The reading of files, strictly: JSON values, numbers, lists, digests."""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

#: Integers with more digits, and files with more bytes, aren't read.
MOST_DIGITS, MOST_BYTES = 300, 1 << 30
#: Multipliers are less than this.
MOST_MULTIPLIER = 1e200
#: What a rules file says of the domain; and what it says of where the rules come from, which is no
#: part of any claim. All else is under the digest of the rules.
DOMAIN_PARTS = ("features", "constraints", "groups", "columns")
PARTS_ASIDE = ("provenance", "evidence", "reference", "tradeoffs", "reduction")
#: Lists of rules files.
RULES_LISTS = (
    "features", "columns", "groups", "constraints", "outputs", "heads", "splits", "rules", "lines",
    "neuron_groups",
)  # fmt: skip


class RefusedError(Exception):
    """The certificate shows less than it says."""


#: What a check of files that aren't laid out as expected ends with.
REFUSALS = (
    RefusedError, RecursionError, ArithmeticError, AttributeError, LookupError, TypeError,
    ValueError,
)  # fmt: skip


def explain_refusal(error: Exception) -> str:
    """Why a certificate shows nothing, by one of `REFUSALS`."""
    if isinstance(error, RefusedError):
        return str(error)
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be read"
    why = f"{type(error).__name__}: {shorten_text(str(error))}"
    return f"certificate, rules or model aren't laid out as expected ({why})"


def hash_json(value: Any) -> str:
    """SHA-256 of plain JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_rules_and_model(rules: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, str]:
    """What a certificate is about. Labels of the model's classes are compared with those of the
    rules themselves, and models were hashed before they had any.
    """
    aside = (*DOMAIN_PARTS, *PARTS_ASIDE)
    return {
        "model": hash_json({name: value for name, value in model.items() if name != "labels"}),
        "domain": hash_json({name: rules.get(name) for name in DOMAIN_PARTS}),
        "rules": hash_json({name: value for name, value in rules.items() if name not in aside}),
    }


def parse_json(text: str) -> Any:
    """Plain JSON values, read as they stand or not at all.

    ValueError for a key that is there twice, a number that isn't finite, an integer of too many
    digits, or lists within lists without end.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=refuse_duplicate_keys,
            parse_constant=_refuse_constant,
            parse_float=_parse_finite_float,
            parse_int=_parse_short_integer,
        )
    except RecursionError:
        raise ValueError("its lists and objects are nested too deeply") from None


def refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; ValueError where a key is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {shorten_text(twice)!r} is there twice in one object")
    return found


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no finite number")


def _parse_finite_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{shorten_text(text)} is too large for a float64")
    return value


def _parse_short_integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"an integer of {len(text)} digits; at most {MOST_DIGITS} are read")
    return int(text)


def shorten_text(text: str) -> str:
    """Text for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def read_object(path: str) -> dict[str, Any]:
    """The object that a JSON file holds; ValueError, with a sentence, where it holds none."""
    data = bytearray()
    try:
        with Path(path).open("rb") as file:
            while part := file.read(1 << 20):
                data += part
                if len(data) > MOST_BYTES:
                    raise ValueError(f"it is larger than {MOST_BYTES >> 20} MB, and no proof is")
        found = parse_json(data.decode("utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: isn't UTF-8, from byte {error.start} on") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: is no JSON: {error}") from error
    except MemoryError:
        raise ValueError(f"{path}: is too large for the memory of this machine") from None
    except ValueError as error:
        raise ValueError(f"{path}: can't be read: {error}") from error

    if not isinstance(found, dict):
        raise ValueError(f"{path}: holds no JSON object")
    return found


def read_number(value: Any) -> Fraction:
    """A number of a file, exactly; RefusedError for text, true, false and null."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise RefusedError(f"{shorten_text(repr(value))} is no number")
    return Fraction(value)


def read_numbers(values: Any) -> list[Any]:
    """A list of numbers of a file, as they are; RefusedError for any other."""
    if not isinstance(values, list):
        raise RefusedError(f"{shorten_text(repr(values))} is no list of numbers")
    if not {int, float}.issuperset(map(type, values)):
        for value in values:
            read_number(value)
    return values


def read_pairs(said: Any) -> Iterator[tuple[int, float]]:
    """Numbers of rows and their multipliers: [row, y, row, y, ...]."""
    if not isinstance(said, list):
        raise RefusedError("multipliers are no list")
    for row, y in zip(said[::2], said[1::2], strict=True):
        number = isinstance(y, int | float) and not isinstance(y, bool)
        if type(row) is not int or not number or not 0 <= y < MOST_MULTIPLIER:
            raise RefusedError(f"a multiplier {shorten_text(repr(y))} of row {row}")
        yield row, y


def check_lists(found: Mapping[str, Any], names: Iterable[str]) -> None:
    """RefusedError where an entry of one of these names is no list."""
    for name in names:
        if not isinstance(found.get(name, []), list):
            raise RefusedError(f"{name!r} is no list")
