"""Groups of an additive rules file whose splits or maps were changed by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from handmade import graph, layered

import relurules as rr
from relurules.errors import RulesError


def write_group(tmp_path: Path, change: Callable[[dict[str, Any]], None], seed: int = 0) -> Path:
    box = rr.Domain.box([-2, -1, 0], [1, 3, 4], ["income", "age", "debt"])
    rules = rr.extract(graph(layered(seed, 3, (4, 2), 1)), domain=box, form="additive")
    path = tmp_path / "rules.json"
    rules.save(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found["neuron_groups"][0])
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(6))
def test_what_was_saved_loads(tmp_path: Path, seed: int) -> None:
    loaded = rr.load(write_group(tmp_path, lambda _: None, seed))
    assert loaded.groups


def move_bound(group: dict[str, Any]) -> None:
    split = group["splits"][-1]
    split["at_least"] += 0.01 * max(1.0, abs(split["at_least"]))


def turn_bound(group: dict[str, Any]) -> None:
    split = group["splits"][-1]
    name = max(split["coefficients"], key=lambda name: abs(split["coefficients"][name]))
    split["coefficients"][name] *= 1.01
    if len(split["coefficients"]) == 1:  # the same cut, unless it moves too
        split["at_least"] *= 1.02


def swap_sides(group: dict[str, Any]) -> None:
    split = group["splits"][-1]
    split["then"], split["otherwise"] = split["otherwise"], split["then"]


def change_constant(group: dict[str, Any]) -> None:
    own = next(iter(group["rules"][0]["outputs"].values()))
    own["constant"] += 0.01


def change_coefficient(group: dict[str, Any]) -> None:
    for rule in group["rules"]:
        for own in rule["outputs"].values():
            for name in own["coefficients"]:
                if name in ("income", "age", "debt"):
                    own["coefficients"][name] *= 1.001
                    return


#: What is said of a split that was moved: where it tells a neuron's sign, and where it doesn't.
SPLIT = "isn't where the sign of its neuron changes|lead the point of rule|beside splits"


@pytest.mark.parametrize("seed", [3, 9])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (move_bound, SPLIT),
        (turn_bound, SPLIT),
        (swap_sides, "splits lead the point of rule"),
        (change_constant, "adds something else than its network does there"),
        (change_coefficient, "adds something else than its network does there"),
    ],
)
def test_what_was_changed_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str, seed: int
) -> None:
    with pytest.raises(RulesError, match=said):
        rr.load(write_group(tmp_path, change, seed))
