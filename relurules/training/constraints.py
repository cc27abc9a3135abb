"""What somebody asks of lines beside their number: which columns may meet, which way a column may
go, how far it may move the score.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn

#: What may tell the signs of columns.
SIGNS = ("data",)


def find_source(name: str, known: Iterable[str]) -> str:
    """The column of the table that a column is of: its own, or that of which it says whether a
    value is missing.
    """
    source = name.removesuffix(" is missing")
    return source if source in set(known) else name


def list_pairs_apart(
    columns: Sequence[LineColumn],
    interactions: Sequence[Any] | None,
    no_interactions: Sequence[Any] | None,
    bounded: Iterable[str] = (),
) -> frozenset[tuple[int, int]]:
    """Pairs of columns, by number, that no line may read together.

    interactions: the only pairs of names that may meet; None: any. no_interactions: names that may
    meet no other, and pairs that mayn't meet. bounded: names that may meet no other since their
    effect is bounded. A column and whether it is missing never meet: where it is missing it is one
    number. Raises DataError for unknown names and for what contradicts itself.
    """
    names = [column.name for column in columns]
    allowed = None if interactions is None else _read_pairs(interactions, "interactions", names)
    alone, apart = set(bounded), set[frozenset[str]]()
    for given in no_interactions or ():
        if isinstance(given, str) and given in names:
            alone.add(given)
        else:
            apart |= _read_pairs([given], "no_interactions", names)
    _check_contradictions(allowed, alone, apart)

    found = set()
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            pair = frozenset((find_source(one, names), find_source(names[j], names)))
            refused = len(pair) < 2 or pair & alone or pair in apart
            if refused or (allowed is not None and pair not in allowed):
                found.add((i, j))

    return frozenset(found)


def _read_pairs(given: Sequence[Any], what: str, names: Sequence[str]) -> set[frozenset[str]]:
    """Pairs of names; of text, `one & other`."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise DataError(f"{what} is {given!r}; expected a list of pairs of columns")
    found = set()
    for one in given:
        pair = _split_pair(one, what, names) if isinstance(one, str) else [*one]
        for name in pair:
            if name not in names:
                shown = ", ".join(map(repr, sorted(names)[:12]))
                raise DataError(f"{what} names the column {name!r}; there are {shown}")
        if len(set(pair)) != 2:
            raise DataError(f"{what} has {one!r}; expected two columns, such as ('age', 'income')")
        found.add(frozenset(pair))

    return found


def _split_pair(given: str, what: str, names: Sequence[str]) -> list[str]:
    """The names that `&` joins, with blanks around it or without; DataError where they could be
    different ones, as names may hold `&` themselves.
    """
    parts = given.split("&")
    splits = [
        ["&".join(parts[:i]).strip(), "&".join(parts[i:]).strip()] for i in range(1, len(parts))
    ]
    known = [pair for pair in splits if set(pair) <= set(names)]
    if len(known) > 1:
        shown = " or ".join(repr(tuple(pair)) for pair in known)
        raise DataError(f"{what} has {given!r}, which may be {shown}; in Python, give the pair")
    if known:
        return known[0]
    return [part.strip() for part in parts] if len(parts) == 2 else [given]


def _check_contradictions(
    allowed: set[frozenset[str]] | None, alone: set[str], apart: set[frozenset[str]]
) -> None:
    for pair in sorted(map(sorted, allowed or ())):
        if frozenset(pair) in apart or set(pair) & alone:
            raise DataError(
                f"interactions allows {pair[0]!r} and {pair[1]!r} to meet, and no_interactions or "
                "effect_bounds forbids it; drop one of the two"
            )


def choose_signs(
    signs: str | None, X: Array, y: Array, weights: Array | None, columns: Sequence[LineColumn]
) -> dict[str, int]:
    """Column of numbers -> the sign of its correlation with the target over rows X (N, d), y (N,);
    without columns of which there is none.

    signs: None, or "data". Whether a value is missing has no sign.
    """
    if signs is None:
        return {}
    if signs not in SIGNS:
        raise UnsupportedError(f"signs {signs!r}; supported: None, {', '.join(map(repr, SIGNS))}")

    names = [column.name for column in columns]
    w = np.ones(len(y)) if weights is None else np.asarray(weights)
    centred = w * (y - np.average(y, weights=w))
    found = {}
    for column in columns:
        if column.is_number and find_source(column.name, names) == column.name:
            x = X[:, column.coordinates[0]]
            with np.errstate(over="ignore", invalid="ignore"):
                moment = float(centred @ (x - x.mean()))
            if np.isfinite(moment) and moment:
                found[column.name] = 1 if moment > 0 else -1

    return found


def read_effect_bounds(given: Any, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Column -> the least and the most that it may add to the score, beside what it adds at the
    reference; DataError for what can't be kept.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DataError(f"effect_bounds is {given!r}; expected {{column: (low, high)}}")

    found = {}
    for name, pair in given.items():
        if name not in names:
            shown = ", ".join(map(repr, sorted(names)[:12]))
            raise DataError(f"effect_bounds names the column {name!r}; there are {shown}")
        try:
            low, high = (float(value) for value in pair)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"effect_bounds has {pair!r} for {name!r}; expected (low, high)"
            ) from error
        if not low <= 0.0 <= high:
            raise DataError(
                f"effect_bounds has ({low:g}, {high:g}) for {name!r}; the effect at the reference "
                "is 0, so low must be at most 0 and high at least 0"
            )
        found[str(name)] = (low, high)

    return found
