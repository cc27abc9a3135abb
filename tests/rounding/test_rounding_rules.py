"""Rules of which one applies: rows at boundaries may take the rule beside; bounds cover it."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from handmade import graph, layered, network
from rounding_search import RowSearch, run_by

import relurules as rr
from relurules.ir import RuleSet
from relurules.ir.network import Lifting
from relurules.rounding import bound_rounding, region_gap
from relurules.rounding.crossing import bound_neuron_errors
from relurules.rounding.region_gap import (
    ExactRegion,
    RegionGaps,
    UnsolvedError,
    are_signs_ordered,
    make_region,
)

#: Every bound is at most so many times an error that was found; as a network, whose neurons may all
#: be off at once, as far as anybody proves.
_LOOSE, _VERY_LOOSE = 10.0, 30.0
_BOX = rr.Domain.box([-1, -1, -1], [1, 2, 5])


@cache
def make_rules(widths: tuple[int, ...]) -> RuleSet:
    made = rr.extract(graph(layered(1, 3, list(widths), 1)), domain=_BOX)
    assert isinstance(made, RuleSet)
    return made


@pytest.mark.parametrize("widths", [(6,), (4, 4)], ids=["shallow", "deep"])
@pytest.mark.parametrize(
    ("target", "kwargs"),
    [
        ("python", {"form": "rules"}),
        ("python", {"form": "network"}),
        ("c", {"form": "network"}),
        ("sql", {"dialect": "sqlite", "form": "tree"}),
        ("sql", {"dialect": "sqlite", "form": "network"}),
        ("sql", {"dialect": "postgres", "form": "rules"}),
        ("sql", {"dialect": "postgres", "form": "network"}),
        ("numpy", {"form": "tree"}),
        ("numpy", {"form": "network"}),
        ("onnx", {"form": "network"}),
    ],
)
def test_errors_found_are_below_the_bound(
    target: str, kwargs: dict[str, str], widths: tuple[int, ...]
) -> None:
    rules = make_rules(widths)
    artifact = rr.emit(rules, target, **kwargs)
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 400, 4)
    assert found <= bound.largest
    assert bound.largest <= (_VERY_LOOSE if kwargs["form"] == "network" else _LOOSE) * found


def test_numbers_that_count_as_0_are_in_the_bound() -> None:
    """PostgreSQL ends a query where products underflow, so numbers near 0 are cut before."""
    rules = make_rules((6,))
    artifact = rr.emit(rules, "sql", dialect="postgres")
    (name, text), *_ = ((name, own) for name, own in artifact.files.items() if name == "score.sql")
    assert isinstance(text, str)
    assert text.count("< 1E-100 THEN 0E0") == 3
    wider = replace(artifact, files={**artifact.files, name: text.replace("< 1E-100", "< 1E-9")})
    bound, own = bound_rounding(wider, rules), bound_rounding(artifact, rules)
    assert own.is_stated
    assert own.largest < 1e-13
    steepest = np.abs(rules.maps.weights).sum(axis=-1).max()
    assert not bound.is_stated or 1e-9 * steepest / 3 <= bound.largest <= 1e-7


@pytest.mark.parametrize("seed", [25, 37, 77])
def test_rows_where_walls_meet_at_flat_angles_are_covered(seed: int) -> None:
    """There, a rule's conditions that are missed by a hair let rows in that are far outside."""
    rules = rr.extract(graph(layered(seed, 3, [3, 3], 1)), domain=_BOX)
    artifact = rr.emit(rules, "python", form="rules")
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 400, 4)
    assert found <= bound.largest <= _LOOSE * found


def test_the_difference_from_the_network_is_exact() -> None:
    """Beyond its region, the map of relu(x) = 0 is off by how far rows are beyond."""
    rules = rr.extract(graph(network([[1.0]], [0.0], [[3.0]])), domain=rr.Domain.box([-1], [1]))
    rule = next(i for i in range(len(rules)) if not rules.maps.weights[i].any())
    tiny = Fraction(1, 10**30)
    region = make_region([((1.0,), tiny), ((-1.0,), Fraction(1))])
    gaps = RegionGaps(rules, {})
    assert gaps.bound(rule, region) == [3 * tiny]
    assert gaps.bound_own(rule, region) == [0]


@pytest.mark.parametrize("active", [True, False])
def test_a_neuron_at_the_wrong_side_is_off_by_no_more(active: bool) -> None:
    """Every z and e that there may be, beside the bound, which one of them nearly attains."""
    rng = np.random.default_rng(0)
    for slope in (0.0, 0.25, 1.0, -0.5, 2.0):
        for beyond, moved in ((0.5, 1.0), (1.0, 0.25), (-0.5, 1.0), (-1.0, 0.5), (0.0, 0.0)):
            away = rng.uniform(-beyond, 3.0, 20_000)  # from 0, to the side of the pattern
            z, e = (away if active else -away), rng.uniform(-moved, moved, 20_000)
            given = np.where(z + e > 0, 1.0, slope) * (z + e)
            worst = np.abs(given - (1.0 if active else slope) * z).max()
            (bound,) = bound_neuron_errors(
                np.array([active]), np.array([slope]), np.array([beyond]), np.array([moved])
            )
            assert worst <= bound
            assert bound <= 2.0 * worst + 1e-12 or slope < 0 or slope > 1


@pytest.mark.parametrize(
    ("target", "kwargs"),
    [("python", {}), ("sql", {"dialect": "sqlite"}), ("c", {"outside": "exact"})],
)
def test_the_network_of_simplified_rules_is_not_the_rules(
    target: str, kwargs: dict[str, str]
) -> None:
    """Its text computes the network, which the rules are only near."""
    few = rr.extract(graph(layered(3, 3, [5], 1)), domain=_BOX, max_rules=4)
    bound = bound_rounding(rr.emit(few, target, form="network", **kwargs), few)
    assert not bound.is_stated
    assert "emit form 'rules' or 'tree'" in bound.refusal


def test_signs_that_a_later_neuron_tells_are_not_in_order() -> None:
    """The second neuron reads the first, whose sign is told by the third, its double."""
    net = network([[1.0], [0.5], [2.0]], [0.0, 0.1, 0.0], [[0.0, 1.0, 1.0]],
                  L=[[0, 0, 0], [3.0, 0, 0], [0, 0, 0]])  # fmt: skip
    own = Lifting.identity(net)
    assert are_signs_ordered(own)
    folded = replace(own, origin=np.array([1, 2]), kept=np.array([1, 0, 1]))
    assert not are_signs_ordered(folded)


def test_programs_are_solved_once_for_all_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    solved, solve = [], ExactRegion.find_maximum
    monkeypatch.setattr(
        ExactRegion, "find_maximum", lambda *args: solved.append(args) or solve(*args)
    )
    made = make_rules((4, 4))
    texts = [rr.emit(made, target, form="rules") for target in ("python", "c", "javascript")]
    alone = [bound_rounding(text, replace(made)) for text in texts]
    counts = len(solved)

    rules = replace(made)
    found = [bound_rounding(text, rules) for text in texts]
    assert 0 < len(solved) - counts <= counts // 3
    assert [one.scores.tolist() for one in found] == [one.scores.tolist() for one in alone]


def test_work_counts_whether_or_not_it_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = make_rules((4, 4))
    walls = [((sign * (j == 0), sign * (j == 1), sign * (j == 2)), Fraction(5))
             for j in range(3) for sign in (1.0, -1.0)]  # fmt: skip
    region = make_region(walls)
    known: region_gap.SolvedRegions = {}
    first = RegionGaps(rules, known).bound(0, region)
    ((_, work),) = known.values()
    monkeypatch.setattr(region_gap, "_WORK", 2 * work - 1)
    for solved in (known, {}):
        gaps = RegionGaps(rules, solved)
        assert gaps.bound(0, region) == first
        with pytest.raises(UnsolvedError):
            gaps.bound(0, region)
