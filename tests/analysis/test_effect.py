"""The effect of one column alone, against dense grids: a bound that no pair of rows exceeds, and
that rows attain.
"""

from typing import Any

import numpy as np
import pytest
from brute_force import list_rows, read_witness
from documents.stand_ins import people
from handmade import network, random_network, rules_of

import relurules as rr
from relurules.errors import DataError
from relurules.ir import Head, RuleSet

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
STEPS = 241


def grid(rules: RuleSet) -> tuple[Any, float]:
    """Scores (a, b) on a grid, and how far a difference of two may be off it."""
    axis = np.linspace(-1, 2, STEPS)
    X = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    steepest = max(float(np.abs(rule.map.weights[0]).sum()) for rule in rules.rules)
    y = rules.predict(X)[:, 0].reshape(STEPS, STEPS)
    return y, 2 * steepest * 3 / (STEPS - 1) / 2


@pytest.mark.parametrize("seed", range(6))
def test_from_any_value_to_any_other(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    y, room = grid(rules)
    for axis, name in enumerate("ab"):
        most = float(np.ptp(y, axis=axis).max())
        found = rr.ask(rules, "effect", feature=name)
        assert most <= found.values["largest"] <= most + room
        assert found.exact
        before, after = (read_witness(rules, witness) for witness in found.witnesses)
        assert before[1 - axis] == after[1 - axis]
        change = abs(float(np.diff(rules.predict(np.array([before, after]))[:, 0])[0]))
        assert change == pytest.approx(found.values["largest"], rel=1e-6)
        assert change == pytest.approx(found.values["reached"], rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_from_one_value_to_another(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    y, room = grid(rules)
    step = y[200] - y[40]  # a from -0.5 to 1.5
    found = rr.ask(rules, "effect", feature="a", values=(-0.5, 1.5))
    assert step.max() <= found.values["rise"] + 1e-12
    assert found.values["rise"] <= step.max() + room
    assert (-step).max() <= found.values["fall"] + 1e-12
    assert found.values["fall"] <= (-step).max() + room
    assert found.values["largest"] == max(found.values["rise"], found.values["fall"], 0.0)
    one, other = (read_witness(rules, witness) for witness in found.witnesses)
    assert (one[0], other[0]) == (-0.5, 1.5)
    turned = rr.ask(rules, "effect", feature="a", values=(1.5, -0.5)).values
    assert [turned["rise"], turned["fall"]] == pytest.approx(
        [found.values["fall"], found.values["rise"]], abs=1e-9
    )


def test_the_sentence_has_the_numbers() -> None:
    """y = 2 a + b: by 6 over the whole width of a, and by 1 from 0 to 0.5."""
    rules = rules_of(network([[1.0, 0]], [9.0], [[1.0]], C=[[1.0, 1.0]]), BOX, ["pay"])
    assert rr.ask(rules, "effect", feature="a").statement == (
        "Changing a alone to any other value moves pay by at most 6 anywhere in the domain."
    )
    assert rr.ask(rules, "effect", feature="a", values=(0, 0.5), given="b >= 0").statement == (
        "Changing a alone from 0 to 0.5 moves pay by at most 1 where b >= 0. It always rises, by 1."
    )
    bent = rules_of(network([[1.0, 1.0]], [0.0], [[1.0]], C=[[-3.0, 0.0]]), BOX, ["pay"])
    assert rr.ask(bent, "effect", feature="a", values=(0, 0.5)).statement.endswith(
        "It always falls, by at least 1 and at most 1.5."
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pair", [("clerk", "smith"), ("missing", "cook")])
def test_from_one_category_to_another(seed: int, pair: tuple[str, str]) -> None:
    rules = people(seed)
    X = list_rows(rules.domain, 101)
    own = {"clerk": 1, "cook": 2, "smith": 2, "missing": 3}
    numbers = X[X[:, 1] == 1]
    sides = []
    for value in pair:
        rows = numbers.copy()
        rows[:, 1:4] = np.eye(3)[own[value] - 1]
        sides.append(rules.predict_scores(rows)[:, 0])
    change = sides[1] - sides[0]
    found = rr.ask(rules, "effect", feature="job", values=pair, output="defaults").values
    assert change.max() <= found["rise"] + 1e-12
    assert (-change).max() <= found["fall"] + 1e-12
    room = 0.05 * (1 + np.abs(change).max())
    assert found["rise"] <= change.max() + room
    assert found["fall"] <= (-change).max() + room
    table = rr.ask(rules, "effect", feature="job", output="defaults")
    low, high = (table.values["changes"]["clerk -> cook or smith"][end] for end in ("low", "high"))
    if pair[0] == "clerk":
        assert [low, high] == pytest.approx([-found["fall"], found["rise"]], abs=1e-9)
    assert table.grid is not None
    assert [row[:2] for row in table.grid.rows] == [
        ("clerk", "cook or smith"),
        ("clerk", "missing"),
        ("cook or smith", "missing"),
    ]
    assert table.values["largest"] == max(
        max(-change["low"], change["high"]) for change in table.values["changes"].values()
    )
    shown = [read_witness(rules, witness) for witness in table.witnesses]
    assert shown[0][[0, 4]].tolist() == shown[1][[0, 4]].tolist()
    scores = rules.predict_scores(np.array(shown))[:, 0]
    assert abs(scores[1] - scores[0]) == pytest.approx(table.values["largest"], rel=1e-5)


def test_whole_numbers_count_as_such_where_that_is_asked() -> None:
    """A tent over age that is 1 at 40.5 and 0 at 40 and 41, times the job: no whole age has it."""
    rules = people()
    net = network(
        [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]],
        [-40, -40.5, -41],
        [[2.0, -4.0, 2.0]],
    )
    tent = rules_of(net, rules.domain, ["y"])
    any_age = rr.ask(tent, "effect", feature="age").values["largest"]
    assert any_age == pytest.approx(1.0, abs=1e-9)
    whole = rr.ask(tent, "effect", feature="age", whole=True)
    assert whole.values["largest"] == pytest.approx(0.0, abs=1e-9)


def test_outputs_of_the_pair_are_told() -> None:
    heads = [Head("complement", (0,)), Head("sigmoid", (0,))]
    rules = rules_of(random_network(1, 2, 4, 1), BOX, ["no", "yes"], heads)
    found = rr.ask(rules, "effect", feature="a")
    assert found.values["outputs"] == [w.outputs["yes"] for w in found.witnesses]
    assert found.values["score"] == "log odds of yes"
    own = rr.ask(rules, "effect", feature="a", output="score").values
    assert own["outputs"] is None
    assert own["largest"] == pytest.approx(found.values["largest"])


def test_what_has_no_effect() -> None:
    rules = rules_of(network([[1.0, 0]], [0.0], [[1.0]]), BOX)
    assert rr.ask(rules, "effect", feature="b").values["largest"] == pytest.approx(0, abs=1e-12)
    pinned = rr.ask(rules, "effect", feature="a", given="a = 0.5")
    assert pinned.values["largest"] == 0.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"feature": "age", "values": ("old", 30)}, "'age' is a number; found the values 'old'"),
        ({"feature": "job", "values": ("clerk", "baker")}, "no category 'baker'"),
        (
            {"feature": "age", "values": (20, 70), "given": "age + debt <= 60"},
            "no row of the domain can have both",
        ),
    ],
)
def test_what_cannot_be_compared(options: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rr.ask(people(), "effect", **options)
