"""The nearest row that gets elsewhere, against scipy's programs: one for every rule, category and
whole number.
"""

from typing import Any

import numpy as np
import pytest
from brute_force import list_choices, read_box, read_walls, read_witness, restrict
from documents.stand_ins import people
from handmade import additive_of, network, random_network, rows_in, rules_of
from scipy.optimize import linprog

import relurules as rr
from relurules.analysis.goals import Goal, make_goal
from relurules.domain import Domain
from relurules.domain.columns import Category, Column
from relurules.errors import DataError
from relurules.ir import Head, RuleSet
from relurules.ir.network import Array

BOX = rr.Domain.box([-1, -1, 0], [2, 2, 1], ["a", "b", "c"])
HEADS = [Head("softmax", (0, 1, 2), i) for i in range(3)]


def measure_nearest(
    rules: RuleSet, domain: Domain, goal: Goal, x: Array, distance: str, scales: Array
) -> float:
    """The distance of the nearest point where the goal's scores aren't negative; scales: (d,)."""
    own = {i for group in domain.groups for i in group}
    free = [j for j in range(len(domain)) if j not in own]
    d, k, best = len(domain), len(free) if distance == "l1" else 1, np.inf
    for fixed in list_choices(domain, whole=True):
        moved = [float(any(fixed[j] != x[j] for j in group)) for group in domain.groups]
        extra = sum(moved) if distance == "l1" else max(moved, default=0.0)
        for i, rule in enumerate(rules.rules):
            rows, limits = read_walls(domain, rule)
            steps = [np.hstack([rows, np.zeros((len(rows), k))])]
            steps.append(np.hstack([-goal.weights[i], np.zeros((len(goal.weights[i]), k))]))
            ends = [limits, goal.constants[i]]
            for place, j in enumerate(free):
                for sign in (1.0, -1.0):
                    line = np.zeros(d + k)
                    line[j], line[d + (place if distance == "l1" else 0)] = sign / scales[j], -1.0
                    steps.append(line[None])
                    ends.append(np.array([sign * x[j] / scales[j]]))
            found = linprog(
                np.append(np.zeros(d), np.ones(k)),
                A_ub=np.vstack(steps),
                b_ub=np.concatenate(ends),
                bounds=[*read_box(domain, fixed), *[(0, None)] * k],
            )
            if found.status == 0:
                own_best = found.fun + extra if distance == "l1" else max(found.fun, extra)
                best = min(best, float(own_best))
    return best


@pytest.mark.parametrize("distance", ["l1", "linf"])
@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_row_of_another_class(seed: int, distance: str) -> None:
    rules = rules_of(random_network(seed, 3, 4, 3), BOX, ["p_0", "p_1", "p_2"], HEADS)
    x = rows_in(BOX, 3, seed)[0]
    start = int(rules.predict(x[None]).argmax())
    for name in {"0", "1", "2"} - {str(start)}:
        goal = make_goal(restrict(rules), None, name, None, None)
        best = measure_nearest(rules, BOX, goal, x, distance, BOX.widths)
        found = rr.ask(rules, "counterfactual", row=x, target=name, distance=distance)
        check_answer(rules, found, goal, best)
        if found.holds:
            end = read_witness(rules, found.witnesses[1])
            steps = np.abs(end - x) / BOX.widths
            own = steps.sum() if distance == "l1" else steps.max()
            assert own == pytest.approx(found.values["distance"]["reached"], abs=1e-9)
            assert set(found.values["changes"]) == {"abc"[j] for j in np.flatnonzero(end != x)}


def check_answer(rules: RuleSet, found: Any, goal: Goal, best: float) -> None:
    if best == np.inf:
        assert found.holds is False
        assert found.values["distance"] is None
        return
    told = found.values["distance"]
    assert told["at_least"] <= best + 1e-9
    assert told["at_least"] == pytest.approx(best, abs=1e-6)
    assert found.holds is True
    assert goal.met(read_witness(rules, found.witnesses[1])[None])[0]
    assert best - 1e-9 <= told["reached"] <= best * (1 + 1e-3) + 1e-6


@pytest.mark.parametrize("distance", ["l1", "linf"])
def test_categories_and_whole_numbers(distance: str) -> None:
    rules = people(3)
    given = ["age <= 22"]
    domain = restrict(rules, *given).domain
    y = rules.predict(np.array([[20.0, 1, 0, 0, 5], [20.0, 0, 1, 0, 5]]))[:, 1]
    x = np.array([20.0, 1, 0, 0, 5])
    options: Any = {"row": x, "distance": distance, "given": given, "output": "defaults"}
    for limit in (float(y[0]) * 0.5,):
        goal = make_goal(restrict(rules, *given), "defaults", None, None, limit)
        best = measure_nearest(rules, domain, goal, x, distance, rules.domain.widths)
        found = rr.ask(rules, "counterfactual", at_most=limit, **options)
        check_answer(rules, found, goal, best)
        if found.holds:
            end = read_witness(rules, found.witnesses[1])
            assert end[0] == round(end[0]) <= 22


def test_columns_that_are_kept_and_scales() -> None:
    """y = a + 2 b from 0 to 1: b by 0.5 is nearest, a by 1 where b is kept or dear."""
    net = network([[1.0, 2.0, 0]], [9.0], [[1.0]], c=[-9.0])
    rules = rules_of(net, BOX, ["y"])
    ask: Any = {"row": [0.0, 0, 0], "at_least": 1.0}
    found = rr.ask(rules, "counterfactual", **ask)
    assert found.values["changes"] == {"b": [0.0, pytest.approx(0.5)]}
    assert found.statement == "The nearest row with y >= 1 is 0.166667 away."
    kept = rr.ask(rules, "counterfactual", keep=["b"], **ask)
    assert kept.values["changes"] == {"a": [0.0, pytest.approx(1.0)]}
    assert kept.statement == "The nearest row with y >= 1, with b as it is is 0.333333 away."
    dear = rr.ask(rules, "counterfactual", scales={"b": 1.0, "a": 3.0}, **ask)
    assert dear.values["changes"] == {"a": [0.0, pytest.approx(1.0)]}
    assert "or the scales given" in " ".join(dear.notes)
    both = rr.ask(rules, "counterfactual", distance="linf", **ask)
    assert both.values["distance"]["reached"] == pytest.approx(1 / 9)
    none = rr.ask(rules, "counterfactual", keep=["a", "b"], **ask)
    assert none.holds is False
    assert none.statement == (
        "No row gets to y >= 1 anywhere in the domain, with a and b as it is."
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"row": [2.0, 2, 0], "at_least": 1.0}, "the row is at y >= 1 already"),
        ({"row": [0.0, 0, 0]}, "say what is to be reached: target"),
        ({"row": [0.0, 0, 0], "at_least": 1.0, "distance": "l2"}, "supported: l1, linf"),
        ({"row": [0.0, 0, 0], "at_least": 1.0, "scales": {"a": 0.0}}, "a scale of 0; supported"),
        ({"row": [0.0, 0, 0], "at_least": 1.0, "keep": ["d"]}, "no column 'd'"),
        ({"row": [5.0, 0, 0], "at_least": 1.0}, "the row lies outside the rules' domain"),
    ],
)
def test_what_cannot_be_asked(options: Any, said: str) -> None:
    rules = rules_of(network([[1.0, 2.0, 0]], [9.0], [[1.0]], c=[-9.0]), BOX, ["y"])
    with pytest.raises(DataError, match=said):
        rr.ask(rules, "counterfactual", **options)


def test_of_two_classes_the_other_one_is_meant() -> None:
    heads = [Head("complement", (0,)), Head("sigmoid", (0,))]
    rules = rules_of(network([[1.0, 0, 0]], [9], [[1.0]], c=[-9.5]), BOX, ["no", "yes"], heads)
    for start, goal in ((0.0, "class yes"), (1.0, "class no")):
        found = rr.ask(rules, "counterfactual", row=[start, 0, 0])
        assert found.values["goal"] == goal
        assert found.values["distance"]["reached"] == pytest.approx(0.5 / 3, rel=1e-5)


@pytest.mark.parametrize("make_rules", [rules_of, additive_of])
@pytest.mark.parametrize(
    ("given", "distance", "away"),
    [
        (["m = 1"], "l1", 2 / 4 + 2 / 4),
        (["m = 1"], "linf", 2 / 4),
        (["c = v2"], "l1", 1 / 4 + 1),
        (["c = v2"], "linf", 1.0),
        (["m = 1", "c = v1"], "l1", 1 / 4 + 2 / 4 + 1),
    ],
)
def test_what_a_condition_holds_at_another_value_counts(
    make_rules: Any, given: list[str], distance: str, away: float
) -> None:
    """The row is n = 0, m = -1, c = v0; n + m / 2 + 1 for v1 or 2 for v2 is to come to 2.5."""
    categories = tuple(Category((f"v{j}",)) for j in range(3))
    domain = rr.Domain.over([Column("n"), Column("m"), Column("c", categories)])
    domain = domain.bounded({"n": (-1.0, 3.0), "m": (-1.0, 3.0)})
    rules = make_rules(network([[1.0, 0.5, 0.0, 1.0, 2.0]], [0.0], [[1.0]]), domain)
    row = {"n": 0.0, "m": -1.0, "c": "v0"}
    found = rr.ask(rules, "counterfactual", row=row, at_least=2.5, given=given, distance=distance)
    assert found.exact
    assert found.values["distance"]["at_least"] == pytest.approx(away, abs=1e-9)
    assert found.values["distance"]["reached"] == pytest.approx(away, rel=1e-5)
