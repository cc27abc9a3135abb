"""Ways to tamper with the text of a JSON file, which isn't one any more, or not a plain one."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from tampering_names import pick

Retouch = Callable[[str, np.random.Generator], str | bytes]

_NUMBER = re.compile(r"(?<=[:\[, ])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]}\s])")


def _key_twice(text: str, rng: np.random.Generator) -> str:
    """One key of the outermost object twice, with another value first."""
    key = pick(json.loads(text), rng)
    return f"{{{json.dumps(key)}: null, {text.strip()[1:]}"


def _inner_key_twice(text: str, rng: np.random.Generator) -> str:
    """One key of some object twice, with its own value."""
    places = [place.start() for place in re.finditer(r'\{\s*"', text)]
    place = pick(places, rng)
    key, end = json.JSONDecoder().raw_decode(text, text.index('"', place))
    value, _ = json.JSONDecoder().raw_decode(
        text, re.compile(r"[^:\s]").search(text, text.index(":", end)).start()
    )  # type: ignore[union-attr]
    return f"{text[:place]}{{{json.dumps(key)}: {json.dumps(value)}, {text[place + 1 :]}"


def _number_to(text: str, rng: np.random.Generator, value: str, start: int = 0) -> str:
    match = pick(_NUMBER.finditer(text, start), rng)
    return text[: match.start()] + value + text[match.end() :]


def _digit(text: str, rng: np.random.Generator) -> str:
    """One digit of a number of the file's second half: splits, rules, weights, trees."""
    while True:
        match = pick(_NUMBER.finditer(text, len(text) // 2), rng)
        place = pick([i for i in range(match.start(), match.end()) if text[i].isdigit()], rng)
        other = str((int(text[place]) + int(rng.integers(1, 10))) % 10)
        if float(text[match.start() : place] + other + text[place + 1 : match.end()]) != float(
            match.group()
        ):
            return text[:place] + other + text[place + 1 :]


def _nested(text: str, rng: np.random.Generator) -> str:
    opening, closing = pick(["[]", ('{"a":', "}")], rng)
    depth = int(rng.choice([1_000, 100_000]))
    return (
        f'{{"note": {opening * depth}{"0" if opening != "[" else ""}{closing * depth}, '
        f"{text.strip()[1:]}"
    )


def _byte(text: str, rng: np.random.Generator) -> bytes:
    place = int(rng.integers(len(text)))
    return text[:place].encode() + bytes([int(rng.integers(0x80, 0x100))]) + text[place:].encode()


def _cut_short(text: str, rng: np.random.Generator) -> str:
    return text[: int(rng.integers(len(text.strip()) - 1))]


RETOUCHES: Mapping[str, Retouch] = {
    "a key twice": _key_twice, "an inner key twice": _inner_key_twice, "a digit": _digit,
    "nesting": _nested, "a number of 5000 digits": lambda text,
    rng: _number_to(text, rng, "7" * 5000), "a number of 301 digits": lambda text,
    rng: _number_to(text, rng, "7" * 301), "a number that isn't one": lambda text,
    rng: _number_to(text, rng, pick(["NaN", "Infinity", "-Infinity"], rng)),
    "a number beyond float64": lambda text,
    rng: _number_to(text, rng, pick(["1e999", "-1e400"], rng)),
    "a text in place of a number": lambda text, rng: _number_to(text, rng, '"0"', len(text) // 2),
    "a byte that isn't UTF-8": _byte, "the end cut off": _cut_short,
    "a list around it": lambda text, _: f"[{text}]", "nothing left": lambda _, __: "",
}  # fmt: skip


def retouched(
    kind: str, texts: tuple[str, str, str], rng: np.random.Generator
) -> list[str | bytes]:
    """Certificate, rules and model, one of them changed."""
    files: list[Any] = list(texts)
    which = int(rng.integers(3))
    files[which] = RETOUCHES[kind](texts[which], rng)
    return files
