"""Rules files: numbers come back exactly, and a file that isn't right is refused with the place."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import network, random_network, rows_in, rules_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.codec.rules_file import make_schema_text
from relurules.errors import RulesError
from relurules.ir import Head, RuleSet
from relurules.links.table import LINKS

BOX = rr.Domain.box([-2, -1], [1, 3], ["mean radius", "größe"])


def assert_same(one: RuleSet, other: RuleSet) -> None:
    assert (one.outputs, one.heads, one.scores) == (other.outputs, other.heads, other.scores)
    assert one.features == other.features
    assert (one.max_error, one.complete, one.reduction) == (
        other.max_error,
        other.complete,
        other.reduction,
    )
    for part in ("domain", "network", "tree"):
        for field in fields(getattr(one, part)):
            a, b = (getattr(getattr(rules, part), field.name) for rules in (one, other))
            same = a == b if isinstance(a, tuple) else np.array_equal(a, b)
            assert same, (part, field.name)
    for rule, again in zip(one, other, strict=True):
        assert rule.number == again.number
        assert [(c.half_space.split, c.holds) for c in rule.conditions] == [
            (c.half_space.split, c.holds) for c in again.conditions
        ]
        for mine, its in zip(rule.conditions, again.conditions, strict=True):
            assert np.array_equal(mine.half_space.normal, its.half_space.normal)
            assert mine.half_space.bound == its.half_space.bound
            assert mine.half_space.neuron == its.half_space.neuron
        assert np.array_equal(rule.map.weights, again.map.weights)
        assert np.array_equal(rule.map.constants, again.map.constants)
        assert np.array_equal(rule.pattern, again.pattern)
        assert np.array_equal(rule.point, again.point)
        assert rule.rows == again.rows


def assert_round_trip(rules: RuleSet, folder: Path) -> None:
    rules.save(folder / "a.json")
    again = rr.RuleSet.load(folder / "a.json")
    again.save(folder / "b.json")
    assert_same(rules, again)
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()


@pytest.mark.parametrize("seed", range(4))
def test_round_trip_is_exact(seed: int, tmp_path: Path) -> None:
    domain = BOX.where("`mean radius` + 2*größe <= 4")
    rules = rules_of(random_network(seed), domain, data=rows_in(domain, 50, seed))
    assert_round_trip(rules, tmp_path)
    X = rows_in(domain, 200)
    assert np.array_equal(rr.RuleSet.load(tmp_path / "a.json").predict(X), rules.predict(X))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.floats(-1e150, 1e150), min_size=4, max_size=4),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)
def test_every_float_and_every_name_comes_back(
    tmp_path: Path, values: list[float], name: str
) -> None:
    name = name.encode("utf-8", "ignore").decode()
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[values[:2]], c=values[2:3])
    domain = rr.Domain.box([values[3], -np.inf], [np.inf, np.inf], [f"n{name}", "other"])
    assert_round_trip(rules_of(net, domain, outputs=[f"o{name}"]), tmp_path)


@pytest.mark.parametrize(
    "rules",
    [
        rules_of(random_network(0)),
        rules_of(random_network(1), rr.Domain.box([-np.inf, 0], [5, np.inf])),
        rules_of(random_network(2), BOX, max_regions=3),
        rules_of(random_network(3), rr.Domain.box([1, 0], [1, 2])),
    ],
    ids=["unbounded", "one-sided", "incomplete", "pinned"],
)
def test_round_trip_of_other_domains(rules: RuleSet, tmp_path: Path) -> None:
    assert_round_trip(rules, tmp_path)


HEADS = [
    Head("softmax", (0, 2), 1),
    Head("identity", (2,)),
    Head("argmax", (2, 1, 0)),
    Head("sigmoid", (1,)),
]


@pytest.mark.parametrize(
    ("heads", "names", "scores"),
    [
        (HEADS, ["a", "b", "c", "d"], ("score_1", "score_2", "score_3")),
        (HEADS, ["Score", "b", "c", "d"], ("raw_score_1", "raw_score_2", "raw_score_3")),
        (HEADS[:1], ["p"], ("score_1", "score_2", "score_3")),
        (
            [Head("identity", (i,)) for i in (1, 0, 2)],
            ["a", "b", "c"],
            ("score_1", "score_2", "score_3"),
        ),
        ([Head("identity", (i,)) for i in (0, 1, 2)], ["a", "b", "c"], ("a", "b", "c")),
    ],
    ids=["mixed", "name taken", "fewer outputs", "swapped", "identity"],
)
def test_round_trip_of_heads(
    heads: list[Head], names: list[str], scores: tuple[str, ...], tmp_path: Path
) -> None:
    rules = rules_of(random_network(1, m=3), BOX, names, heads)
    assert rules.scores == scores
    assert_round_trip(rules, tmp_path)
    rules.save(tmp_path / "rules.json")
    assert ("heads" in json.loads((tmp_path / "rules.json").read_text())) == (
        scores != tuple(names)
    )


def test_one_score() -> None:
    net = network([[1, 1]], [0], [[1]])
    assert rules_of(net, heads=[Head("sigmoid", (0,))]).scores == ("score",)
    domain = rr.Domain.box([0, 0], [1, 1], ["score_2020", "b"])
    assert rules_of(net, domain, heads=[Head("sigmoid", (0,))]).scores == ("raw_score",)


def test_the_schema_knows_every_link() -> None:
    schema = json.loads(make_schema_text())
    assert set(schema["$defs"]["HeadEntry"]["properties"]["link"]["enum"]) == set(LINKS)


BROKEN_HEADS = {
    "an unknown link": (("heads", 1, "link"), "gelu", "$.heads[1].link"),
    "no scores": (("heads", 1, "scores"), [], "$.heads[1].scores"),
    "no such score": (
        ("heads", 0, "scores"),
        [0, 3],
        "heads[0].scores is [0, 3]; expected indices of the 3 scores",
    ),
    "a negative score": (("heads", 0, "scores"), [0, -1], "$.heads[0].scores[1]"),
    "a name as score": (("heads", 0, "scores"), ["score_1"], "$.heads[0].scores[0]"),
    "no such part": (("heads", 0, "component"), 2, "heads[0].component is 2"),
    "a part of an argmax": (("heads", 2, "component"), 1, "heads[2].component is 1"),
    "a sigmoid of two": (
        ("heads", 3, "scores"),
        [0, 1],
        "heads[3].scores holds 2 scores; sigmoid is of one",
    ),
    "too few": (
        ("heads",),
        [{"link": "identity", "scores": [0], "component": 0}],
        "1 entries for 4 outputs",
    ),
    "no heads": (("heads",), [], "0 entries for 4 outputs"),
    "something more": (("heads", 0, "scale"), 2, "$.heads[0]"),
    "no list": (("heads",), "sigmoid", "$.heads"),
    "too few constants": (("network", "c"), [1.0], "$.network.C: 3 rows, expected 1"),
    "a rule without a score": (("rules", 1, "outputs"), {}, "rules[1].outputs lacks 'score_1'"),
}


@pytest.mark.parametrize("case", BROKEN_HEADS)
def test_refuses_heads(case: str, tmp_path: Path) -> None:
    place, value, said = BROKEN_HEADS[case]
    path = tmp_path / "rules.json"
    rules_of(random_network(1, m=3), BOX, ["a", "b", "c", "d"], HEADS).save(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    put(*place, value=value)(found)
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(RulesError) as raised:
        rr.RuleSet.load(path)
    assert said in str(raised.value)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("good") / "rules.json"
    rules_of(
        network([[1, 1], [1, -1]], [0, 0.5], [[1, 2], [0, 1]]), BOX.where("größe <= 2.5")
    ).save(path)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert len(found["splits"]) >= 2
    return found


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    def edit(found: Any) -> None:
        for key in path[:-1]:
            found = found[key]
        found[path[-1]] = value

    return edit


def drop(*path: str | int) -> Callable[[Any], None]:
    def edit(found: Any) -> None:
        for key in path[:-1]:
            found = found[key]
        del found[path[-1]]

    return edit


BROKEN = {
    "no format": (drop("format"), "$"),
    "another format": (put("format", value="onnx"), "$.format"),
    "a later version": (
        put("version", value=4),
        "version 4 of the format; this release reads versions 1, 2 and 3",
    ),
    "no version": (drop("version"), "version None"),
    "no outputs": (put("outputs", value=[]), "$.outputs"),
    "an output twice": (put("outputs", value=["y", "y"]), "$.outputs"),
    "negative error": (put("max_error", value=-1.0), "$.max_error"),
    "error as text": (put("max_error", value="0"), "$.max_error"),
    "complete as number": (put("complete", value=1), "$.complete"),
    "something more": (put("extra", value=1), "'extra'"),
    "empty feature name": (put("features", 0, "name", value=""), "$.features[0].name"),
    "bound as text": (put("features", 1, "lower", value="-inf"), "$.features[1].lower"),
    "feature without bound": (drop("features", 0, "upper"), "$.features[0]"),
    "a feature twice": (put("features", 0, "name", value="größe"), "'größe'"),
    "crossed bounds": (
        put("features", 0, "upper", value=-5.0),
        "column 'mean radius': the bounds [-2.0, -5.0]",
    ),
    "constraint on no feature": (
        put("constraints", 0, "coefficients", value={"z": 1.0}),
        "$.constraints[0].coefficients: 'z'",
    ),
    "split on no feature": (
        put("splits", 0, "coefficients", value={"z": 1.0}),
        "$.splits[0].coefficients: 'z' is no feature",
    ),
    "rule on no feature": (
        put("rules", 0, "outputs", "y0", "coefficients", value={"z": 1.0}),
        (
            "$.rules[0].outputs['y0'].coefficients: 'z' is no feature; there are 'mean radius', "
            "'größe'"
        ),
    ),
    "split without child": (drop("splits", 0, "then"), "$.splits[0]"),
    "split with two children": (
        put("splits", 0, "then", value={"split": 1, "rule": 1}),
        "$.splits[0].then",
    ),
    "split to no rule": (
        put("splits", 1, "then", value={"rule": 99}),
        "splits[1] leads to rule 99",
    ),
    "split to rule 0": (put("splits", 1, "then", value={"rule": 0}), "$.splits[1].then"),
    "split to itself": (put("splits", 0, "then", value={"split": 0}), "splits[0] leads to split 0"),
    "split to no split": (
        put("splits", 0, "then", value={"split": 99}),
        "splits[0] leads to split 99",
    ),
    "split of no neuron": (
        put("splits", 0, "neuron", value=99),
        "$.splits[0].neuron: 99, but there are 2 neurons",
    ),
    "no rules": (put("rules", value=[]), "$.rules"),
    "condition on no split": (
        put("rules", 0, "conditions", value=[{"split": 99, "holds": True}]),
        "$.rules[0].conditions[0].split: 99, but there are",
    ),
    "condition as text": (
        put("rules", 0, "conditions", value=["x >= 1"]),
        "$.rules[0].conditions[0]",
    ),
    "rule without an output": (drop("rules", 0, "outputs", "y0"), "'y0'"),
    "pattern of other letters": (put("rules", 0, "pattern", value="+0"), "$.rules[0].pattern"),
    "pattern too short": (
        put("rules", 0, "pattern", value="+"),
        "$.rules[0].pattern: 1 signs, expected 2",
    ),
    "point too short": (
        put("rules", 0, "point", value=[0.0]),
        "$.rules[0].point: 1 numbers, expected 2",
    ),
    "network row too short": (
        put("network", "A", value=[[1.0], [1.0]]),
        "$.network.A[0]: 1 numbers, expected 2",
    ),
    "ragged network": (
        put("network", "U", value=[[1.0, 1.0], [1.0]]),
        "$.network.U[1]: 1 numbers, expected 2",
    ),
    "too few slopes": (
        put("network", "slope", value=[0.0]),
        "$.network.slope: 1 numbers, expected 2",
    ),
    "neuron that reads itself": (
        put("network", "L", value=[[1.0, 0.0], [0.0, 0.0]]),
        "strictly lower triangular",
    ),
    "negative index": (put("network", "neurons", 0, "unit", value=-1), "$.network.neurons[0].unit"),
    "null weight": (put("network", "b", value=[None, 0.0]), "$.network.b[0]"),
    "number beyond float64": (put("splits", 0, "at_least", value=10**400), "json"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_refuses(case: str, good: dict[str, Any], tmp_path: Path) -> None:
    edit, said = BROKEN[case]
    found = json.loads(json.dumps(good))
    edit(found)
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found))
    with pytest.raises(RulesError) as raised:
        rr.RuleSet.load(path)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("place", ["max_error", "constant"])
def test_refuses_numbers_that_are_not_finite(
    number: str, place: str, good: dict[str, Any], tmp_path: Path
) -> None:
    found = json.loads(json.dumps(good))
    if place == "max_error":
        found["max_error"] = 123456789
    else:
        found["rules"][0]["outputs"]["y0"]["constant"] = 123456789
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found).replace("123456789", number))
    with pytest.raises(RulesError):
        rr.RuleSet.load(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"{", "is no JSON"),
        (b"[]", "at $"),
        (b"null", "at $"),
        (b"[" * 100_000, "nested too deeply"),
        (
            b'{"format": "relurules.rules", "version": 1, "format": "relurules.rules"}',
            "the key 'format' is there twice",
        ),
        (b'{"version": ' + b"1" * 5000 + b"}", "an integer of 5000 digits"),
    ],
    ids=["empty", "binary", "one bracket", "list", "null", "deep", "key twice", "digits"],
)
def test_refuses_what_is_no_rules_file(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_bytes(content)
    with pytest.raises(RulesError) as raised:
        rr.RuleSet.load(path)
    assert said in str(raised.value)


STRAY: dict[str, tuple[Any, str]] = {
    "numbers tied as a group": (
        lambda r: r.update(groups=[["x0", "x1"]]),
        "'x0', which is no indicator",
    ),
    "a group of one number": (lambda r: r.update(groups=[["x1"]]), "'x1', which is no indicator"),
    "bounds elsewhere": (
        lambda r: r["features"][0].update(lower=90.0, upper=99.0),
        "point of rule 1 isn't in the domain",
    ),
    "a constraint that is false": (
        lambda r: r["constraints"].append({"text": "", "coefficients": {}, "at_most": -1.0}),
        "point of rule 1 isn't in the domain",
    ),
    "one rule's point elsewhere": (
        lambda r: r["rules"][1].update(point=[1e9, 0.0]),
        "point of rule 2 isn't in the",
    ),
}


@pytest.mark.parametrize("kind", STRAY)
def test_refuses_a_domain_that_holds_none_of_its_points(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    net = network([[1.0, 0.5], [0.0, 1.0]], [0.0, 0.1], [[1.0, 2.0]])
    rules_of(net, rr.Domain.box([-1.0, -1.0], [1.0, 1.0])).save(path)
    rr.RuleSet.load(path)
    found = json.loads(path.read_text())
    edit, said = STRAY[kind]
    edit(found)
    path.write_text(json.dumps(found))
    with pytest.raises(RulesError, match=said):
        rr.RuleSet.load(path)


def test_indicators_that_a_table_showed_stay_tied(tmp_path: Path) -> None:
    X = np.hstack([np.linspace(0, 1, 12)[:, None], np.eye(2)[np.arange(12) % 2]])
    rules = rules_of(network([[1.0, 1.0, -1.0]], [0.0], [[1.0]]), rr.Domain.from_data(X))
    assert rules.domain.groups == ((1, 2),)
    rules.save(tmp_path / "rules.json")
    assert rr.RuleSet.load(tmp_path / "rules.json").domain.groups == ((1, 2),)


def test_refuses_a_file_cut_anywhere(good: dict[str, Any], tmp_path: Path) -> None:
    text, path = json.dumps(good), tmp_path / "rules.json"
    for end in range(0, len(text) - 1, 97):
        path.write_text(text[:end])
        with pytest.raises(RulesError, match="is no JSON"):
            rr.RuleSet.load(path)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"missing\.json: can't be read: No such file"):
        rr.RuleSet.load(tmp_path / "missing.json")
    with pytest.raises(RulesError, match="can't be read"):
        rr.RuleSet.load(tmp_path)


def test_the_schema_is_one_and_every_part_of_it_is_described() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(make_schema_text())
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["version"]["enum"] == [1, 2, 3]
    bare = []

    def visit(part: Any, path: str) -> None:
        if isinstance(part, dict):
            for name, inner in part.get("properties", {}).items():
                if not {"description", "$ref"} & set(inner) and "$defs" not in path:
                    bare.append(f"{path}.{name}")
                visit(inner, f"{path}.{name}")
            for name in ("items", "additionalProperties"):
                visit(part.get(name), path)

    visit(schema, "$")
    assert bare == []


@pytest.mark.parametrize("place", ["output", "feature"])
@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_no_file_could_hold(place: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    rules_of(random_network(0), BOX).save(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    old = found["outputs"][0] if place == "output" else found["features"][0]["name"]
    text = json.dumps(found).replace(json.dumps(old), json.dumps(name))
    path.write_text(text)
    with pytest.raises(
        RulesError, match=r"parts of the file don't fit together: .* holds (a NUL|.*surrogate)"
    ):
        RuleSet.load(path)


def test_files_are_bounded_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(RulesError, match="it has more than 1073741824 bytes"):
        RuleSet.load(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(RulesError, match="it is a device; expected a file"):
        RuleSet.load(path)


OLD = Path(__file__).parents[1] / "data" / "rules_v1.json"


def test_a_file_of_version_1_still_loads(tmp_path: Path) -> None:
    """Written by a release that knew version 1 only, with what its rules gave for some rows."""
    rules = rr.RuleSet.load(OLD)
    told = np.loadtxt(OLD.with_name("rules_v1_predictions.csv"), delimiter=",")
    assert np.array_equal(rules.apply(told[:, :3]), told[:, 3])
    assert np.array_equal(rules.predict(told[:, :3]), told[:, 4:])
    found = json.loads(OLD.read_text(encoding="utf-8"))
    assert found["version"] == 1
    for rule, written in zip(rules, found["rules"], strict=True):
        assert "".join("+" if sign > 0 else "-" for sign in rule.pattern) == written["pattern"]
        assert [(c.half_space.split, c.holds) for c in rule.conditions] == [
            (c["split"], c["holds"]) for c in written["conditions"]
        ]
    rules.save(tmp_path / "now.json")
    assert_same(rules, rr.RuleSet.load(tmp_path / "now.json"))
    assert json.loads((tmp_path / "now.json").read_text(encoding="utf-8"))["version"] == 2


def many_rules(count: int) -> RuleSet:
    """A line cut by so many neurons."""
    steps = np.random.default_rng(0).normal(size=count)
    net = network(np.ones((count, 1)), -np.linspace(0.001, 0.999, count), steps[None])
    return rules_of(net, rr.Domain.box([0], [1]))


def test_a_rule_holds_no_numbers_that_the_tree_tells(tmp_path: Path) -> None:
    sizes = []
    for count in (100, 400):
        rules = many_rules(count)
        rules.save(tmp_path / f"{count}.json")
        sizes.append((tmp_path / f"{count}.json").stat().st_size)
        found = json.loads((tmp_path / f"{count}.json").read_text(encoding="utf-8"))
        assert all("pattern" not in rule for rule in found["rules"])
        assert all(len(rule.get("conditions", ())) <= 2 for rule in found["rules"])
        assert all(row == {} for row in found["network"]["L"])
        assert_same(rules, rr.RuleSet.load(tmp_path / f"{count}.json"))
    assert sizes[1] < 4.4 * sizes[0]


def test_two_thousand_rules_are_less_than_three_megabytes(tmp_path: Path) -> None:
    rules = many_rules(2000)
    assert len(rules) == 2001
    rules.save(tmp_path / "rules.json")
    assert (tmp_path / "rules.json").stat().st_size < 3e6


def test_loading_asks_jsonschema_nothing_of_a_good_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a minute for what the quick check does in no time."""
    import jsonschema

    rules = many_rules(50)
    rules.save(tmp_path / "rules.json")

    def never(*_: object) -> None:
        raise AssertionError("jsonschema was asked")

    monkeypatch.setattr(jsonschema, "Draft202012Validator", never)
    assert_same(rules, rr.RuleSet.load(tmp_path / "rules.json"))


def test_a_pattern_that_the_point_does_not_show_is_written(tmp_path: Path) -> None:
    from dataclasses import replace

    rules = rules_of(random_network(1), BOX)
    other = [replace(rule, pattern=-rule.pattern) if rule.number == 2 else rule for rule in rules]
    changed = replace(rules, rules=tuple(other))
    changed.save(tmp_path / "rules.json")
    found = json.loads((tmp_path / "rules.json").read_text(encoding="utf-8"))
    assert ["pattern" in rule for rule in found["rules"]] == [rule.number == 2 for rule in rules]
    assert_same(changed, rr.RuleSet.load(tmp_path / "rules.json"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            put("network", "L", value=[{}, {"2": 1.0}]),
            "$.network.L[1]: 2, but there are 2 columns, counted from 0",
        ),
        (put("network", "L", value=[{}, {"x": 1.0}]), "$.network.L[1]"),
        (put("network", "L", value=[{"1": 1.0}, {}]), "isn't strictly lower triangular"),
        (put("estimate", value={"regions": 1.0}), "$.estimate"),
        (put("version", value=True), "$.version"),
    ],
)
def test_refuses_what_is_new_in_version_2(
    edit: Callable[[Any], None], said: str, good: dict[str, Any], tmp_path: Path
) -> None:
    found = json.loads(json.dumps(good))
    edit(found)
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(RulesError) as raised:
        rr.RuleSet.load(path)
    assert said in str(raised.value)


def test_a_rule_without_conditions_needs_one_branch_of_its_own(
    good: dict[str, Any], tmp_path: Path
) -> None:
    found = json.loads(json.dumps(good))
    found["rules"].append(found["rules"][0])
    del found["rules"][-1]["conditions"]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(
        RulesError, match="has no conditions, and 0 branches of the tree lead to it"
    ):
        rr.RuleSet.load(path)


def test_a_matrix_that_no_search_gets_through_is_refused_before_there_is_memory_for_it(
    good: dict[str, Any], tmp_path: Path
) -> None:
    found, K = json.loads(json.dumps(good)), 20_000
    found["network"] |= {name: [{}] * K for name in ("A", "L")}
    found["network"] |= {"U": [{}, {}], "b": [0.0] * K, "slope": [0.0] * K}
    found["network"]["neurons"] = [{"layer": "0", "unit": k} for k in range(K)]
    for rule in found["rules"]:
        rule.pop("pattern", None)
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(RulesError, match="20000 neurons"):
        rr.RuleSet.load(path)
