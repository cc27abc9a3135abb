"""Changes of any value of a JSON file, whatever it means: numbers moved a little or to an edge,
types exchanged, entries dropped, doubled, swapped.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from file_copies import copy_content

EDGES = (
    0, 1, -1, 2, True, False, None, "", "x", [], {}, [0], 0.5, 1.0, -0.0, 5e-324, 1e200, 1e308,
    10**40, -(10**299), 0.1, "score", "class", 2.0, 1e-9, 65536, 10**200 - 1, 9.999e199,
    [[], "leaf"],
)  # fmt: skip


def _list_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in it."""
    stack = [value]
    while stack:
        inner = stack.pop()
        if not isinstance(inner, dict | list):
            continue
        for key in inner if isinstance(inner, dict) else range(len(inner)):
            yield inner, key
            stack.append(inner[key])


def _change_number(value: float, rng: np.random.Generator) -> Any:
    choice = int(rng.integers(8))
    if abs(value) > 1e290:
        return 1
    if isinstance(value, int):
        return [value + 1, value - 1, -value, float(value), 2 * value, 0, value + 1000, value // 2][
            choice
        ]
    return [
        np.nextafter(value, np.inf).item(), np.nextafter(value, -np.inf).item(), -value,
        value * 1.5, value / 3, value + 0.25, round(value),
        value * 10.0 ** int(rng.integers(-30, 30)),
    ][choice]  # fmt: skip


def _change_place(inner: Any, key: Any, rng: np.random.Generator) -> None:
    value, choice = inner[key], int(rng.integers(10))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and choice < 7:
        inner[key] = _change_number(value, rng)
    elif isinstance(value, bool) and choice < 7:
        inner[key] = not value
    elif isinstance(value, list) and value and choice < 6:
        at, other = (int(i) for i in rng.integers(len(value), size=2))
        if choice < 2:
            del value[at]
        elif choice < 4:
            value.insert(other, copy_content(value[at]))
        else:
            value[at], value[other] = value[other], value[at]
    elif isinstance(inner, dict) and choice < 8:
        del inner[key]
        if choice == 7:
            inner[str(key) + "_"] = value
    elif choice == 8:
        inner[key] = [value]
    else:
        inner[key] = copy_content(EDGES[int(rng.integers(len(EDGES)))])


def change_values(files: tuple[Any, Any, Any], rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """A copy of certificate, rules and model, of which one to three values are others."""
    changed = tuple(json.loads(json.dumps(value)) for value in files)
    for _ in range(int(rng.choice([1, 1, 2, 3]))):
        file = changed[int(rng.choice([0, 0, 1, 1, 2]))]
        # Parts near the top are few and tell most: first an entry, then a place in it.
        name = str(rng.choice(list(file)))
        places = [(file, name), *_list_places(file[name])]
        _change_place(*places[int(rng.integers(len(places)))], rng)
    return changed  # type: ignore[return-value]


def change_numbers(files: tuple[Any, Any, Any], rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """A copy, of which one to four numbers are other numbers, and nothing else is."""
    one, two, three = (json.loads(json.dumps(value)) for value in files)
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        file = (one, two, three)[int(rng.integers(3))]
        name = str(rng.choice(list(file)))
        places = [(inner, key) for inner, key in _list_places({name: file[name]})
                  if inner is not file and type(inner[key]) in (int, float)]  # fmt: skip
        if places:
            inner, key = places[int(rng.integers(len(places)))]
            inner[key] = _change_number(inner[key], rng)

    return one, two, three
