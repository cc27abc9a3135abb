"""Artefacts of which one character is another, what they give, and rows that show a difference."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator

from relurules.checker import RefusedError
from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.ir import Artifact
from relurules.verifying.engines import choose_engine

#: What a character may become, beside being doubled or left out: of its own kind, mostly.
_KINDS = ("0123456789", "+-*/", "<>=!", "()[]{}", "eE.", "abcdefxyz_", ",;:&| '\"")
_NUMBER = re.compile(r"-?\d+\.?\d*(?:[eE][+-]?\d+)?")
_HEAD_LINE = re.compile(r"^\s*(--|//|/?\*|#).*$", re.MULTILINE)


def mutate(text: str, rng: Generator) -> str:
    """The text with one character changed, doubled or left out: mostly a digit, a sign or a bracket
    of code, seldom in a comment.
    """
    places = np.array([1.0 if one.isalpha() or one.isspace() else 3.0 for one in text])
    for match in _HEAD_LINE.finditer(text):
        places[match.start() : match.end()] = 0.05
    while True:
        at = int(rng.choice(len(text), p=places / places.sum()))
        one = text[at]
        kind = next((kind for kind in _KINDS if one in kind), "".join(_KINDS))
        other = (
            str(rng.choice([*kind])) if rng.random() < 0.8 else str(rng.choice([*"".join(_KINDS)]))
        )
        new = str(rng.choice(["", one + one, other, other]))
        found = text[:at] + new + text[at + 1 :]
        if found != text:
            return found


def mutate_artifact(artifact: Artifact, rng: Generator) -> Artifact:
    """The artefact with a changed main file."""
    name = list(artifact.files)[-1]
    return replace(artifact, files={**artifact.files, name: mutate(str(artifact), rng)})


def draw_table(domain: Domain, text: str, rng: Generator, count: int) -> dict[str, list[Any]]:
    """Rows as an engine takes them: in the domain, at its ends, at every number of the text and one
    ulp beside, outside, and missing.
    """
    known = sorted({float(number) for number in _NUMBER.findall(text)})
    table = dict[str, list[Any]]()
    for column, places in zip(domain.columns, domain.places, strict=True):
        low, high = domain.lower[places.start], domain.upper[places.start]
        if not column.source:
            table[column.name] = [*_draw_values(column, float(low), float(high), known, rng, count)]
        elif column.source not in table:  # of which nothing else may be read
            table[column.source] = [(None, 1.0, -2.5)[i] for i in rng.integers(3, size=count)]

    return table


def _draw_values(
    column: Column, low: float, high: float, known: list[float], rng: Generator, count: int
) -> Iterator[Any]:
    if column.categories:
        words = [value for category in column.categories for value in category.values]
        for _ in range(count):
            way = rng.random()
            yield (
                None if way < 0.03 else "unknown" if way < 0.06 else words[rng.integers(len(words))]
            )
        return

    near = [value for value in known if low <= abs(value) <= high or low <= value <= high]
    ends = [low, high, np.nextafter(low, -np.inf), np.nextafter(high, np.inf), 2 * high - low]
    for _ in range(count):
        way = rng.random()
        if way < (0.03 if column.fill is None else 0.1):
            yield None
        elif way < 0.1:
            yield float(rng.choice([*ends, 2 * low - high]))
        elif way < 0.45 and near:
            value = float(rng.choice(near)) * float(rng.choice([-1.0, 1.0, 1.0]))
            yield float(np.nextafter(value, value + rng.integers(-1, 2)))
        else:
            yield float(low + (high - low) * rng.random())


def execute(artifact: Artifact, table: dict[str, list[Any]]) -> tuple[Any, ...] | str:
    """What an artefact gives for the rows, to compare; in words where it doesn't run."""
    try:
        with np.errstate(all="ignore"):
            found = choose_engine(artifact, None)[1].run(artifact, table)
    except Exception as error:  # whatever changed code may end in
        return type(error).__name__

    extras = {name: repr(list(values)) for name, values in found.extras.items()}
    return (found.outputs.tobytes(), found.rule.tobytes(), extras)


def judge_changes(
    code: Artifact,
    read: Callable[[Artifact], Any],
    table: dict[str, list[Any]],
    count: int,
    rng: Generator,
) -> None:
    """Of so many changed texts a third or more are refused by `read`, and none is accepted that
    runs otherwise; from which table a query reads is no part of the rules.
    """
    due, refused = execute(code, table), 0
    for _ in range(count):
        changed = mutate_artifact(code, rng)
        try:
            read(changed)
        except RefusedError:
            refused += 1
            continue
        text = re.sub(r'"[^"\n]*" AS rr_table', '"input_data" AS rr_table', str(changed))
        same = replace(code, files={**code.files, [*code.files][-1]: text})
        assert execute(same, table) == due, text
    assert refused >= count // 3
