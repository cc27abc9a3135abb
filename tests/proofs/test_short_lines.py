"""check_short_lines.py says what check.py says, or that it doesn't judge."""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from certificate_cases import draw_case, make_lines
from changed_values import change_numbers
from forged_lines import FORGERIES, add_neuron
from handmade import graph, network
from instances import files, instance
from second_checker import encode_files, judge_by_ours
from short_checkers import UNREADABLE, judge_files, measure_program, run_short
from short_checkers import judge_values as judge_short
from tampering import stamped

import relurules as rr
from relurules import checker
from relurules.checker import check_short, check_short_lines
from relurules.checker.forms import round_up
from relurules.codec.additive_json import additive_to_json
from relurules.proofs.proving import read_model_numbers, write_short_checker

#: Seeds of certificates that it judges: of fixed neurons, categories, an inequality, lines that the
#: rules don't have, columns that they leave out. And of some that it doesn't: a group of neurons,
#: neurons that others bound, columns without bounds.
SEEDS, UNJUDGED = (0, 3, 4, 12, 16), (1, 9, 7)
CHANGED, FORGED = 14, 24


def judge_values(values: Any) -> tuple[int, Any]:
    return judge_short(check_short_lines, values)


def make_triple(model: Any, **options: Any) -> Any:
    """Certificate, rules and model as files hold them."""
    rules: Any = rr.extract(model, form="additive", guard_unread=True, **options)
    found = (rr.prove(rules, model).found, additive_to_json(rules), read_model_numbers(model))
    return tuple(json.loads(json.dumps(value)) for value in found)


def make_deep(slope: float) -> Any:
    """A neuron that is nearly linear, or always positive, and one that reads it."""
    b = [0.0, 0.0] if slope else [5.0, -5.0]
    net = network([[1, 0.5], [0, -2]], b, [[1, 2], [0, 3]], L=[[0, 0], [1, 0]], slope=[slope, 0.25])
    return make_triple(graph(net), domain=rr.Domain.box([-1, -1], [1, 1]))


@pytest.fixture(scope="module")
def sources() -> list[Any]:
    """Certificates that it judges."""
    return [*map(make_lines, SEEDS), make_deep(0.9999), make_deep(0.0)]


@pytest.fixture(scope="module")
def unjudged() -> list[Any]:
    return list(map(make_lines, UNJUDGED))


@pytest.fixture
def simple(sources: list[Any]) -> Any:
    """A certificate that it judges, to change."""
    return copy.deepcopy(sources[0])


@pytest.fixture
def categorical(sources: list[Any]) -> Any:
    """One with categories."""
    return copy.deepcopy(sources[1])


def test_it_is_one_short_file_of_pythons_own_library() -> None:
    lines, widest, modules = measure_program(check_short_lines)
    assert lines <= 450
    assert widest <= 100
    assert modules <= sys.stdlib_module_names


def compare_with_check(case: Any, said: tuple[int, Any], kind: str) -> tuple[int, int]:
    """The exit codes of check.py and of the short checker, which fit, and show the same numbers."""
    ours, (code, shown) = judge_by_ours(case), said
    assert code in (ours.code, 3), (kind, ours, shown)
    if code == 0:
        assert [[round_up(gap)] for gap in shown] == ours.shown[1]
    return ours.code, code


def test_it_says_what_check_says_of_honest_and_changed_certificates(
    sources: list[Any], unjudged: list[Any], tmp_path: Path
) -> None:
    cases = [("honest", encode_files(triple)) for triple in sources]
    assert all(judge_values(triple)[0] == 0 for triple in sources)
    some = [*sources, unjudged[1]]
    cases += [
        draw_case(some[number % len(some)], np.random.default_rng(number))
        for number in range(CHANGED * len(some))
    ]
    codes = [
        compare_with_check(case, judge_files(check_short_lines, case, tmp_path), kind)
        for kind, case in cases
    ]
    assert {(0, 0), (1, 1), (2, 2)} <= set(codes)
    assert codes.count((0, 0)) > len(codes) / 5
    assert codes.count((1, 1)) > len(codes) / 4


def test_numbers_that_are_changed_are_judged_as_check_judges_them(sources: list[Any]) -> None:
    """Numbers alone, with the digests of a forger; half of them claim whatever is shown."""
    codes = []
    for number in range(FORGED * len(sources)):
        rng = np.random.default_rng(number)
        changed = change_numbers(sources[number % len(sources)], rng)
        if number % 2:
            changed[0].update(bound=1e300, bounds=[[1e300]] * len(changed[0]["bounds"]))
        triple = stamped(changed)
        codes.append(compare_with_check(encode_files(triple), judge_values(triple), str(number)))

    assert codes.count((0, 0)) > len(codes) / 4
    assert codes.count((1, 1)) > len(codes) / 10


def test_kinds_that_it_leaves_to_check_are_named(unjudged: list[Any], tmp_path: Path) -> None:
    wanted = ("groups of neurons", "more than columns' bounds show", "columns without bounds")
    for triple, said in zip(unjudged, wanted, strict=True):
        code, why = judge_values(triple)
        assert code == 3
        assert said in why
        for name, value in zip(("rules.json", "model.json"), triple[1:], strict=True):
            (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
        certificate = rr.Certificate(triple[0], triple[2])
        assert write_short_checker(certificate, tmp_path / "rules.json", tmp_path / "proof") == []
    model, rules = instance(2)
    code, why = judge_values(files(model, rules, rr.prove(rules, model)))
    assert (code, why.partition(",")[0]) == (3, "anything but additive rules")
    assert judge_short(check_short, unjudged[0]) == (3, "additive rules")


def test_it_is_written_beside_certificates_that_it_judges(simple: Any, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(json.dumps(simple[1]), encoding="utf-8")
    certificate = rr.Certificate(simple[0], simple[2])
    refused = rr.Certificate({**simple[0], "bound": 0.0}, simple[2])
    assert write_short_checker(refused, tmp_path / "rules.json", tmp_path / "proof") == []
    (path,) = write_short_checker(certificate, tmp_path / "rules.json", tmp_path)
    assert path.name == "check_short_lines.py"
    assert path.read_bytes() == Path(str(check_short_lines.__file__)).read_bytes()


def _tie(_: Any, rules: Any, __: Any) -> None:
    for feature in rules["features"][:2]:
        feature.update(lower=0, upper=1, integer=True)
    rules["groups"] = [[feature["name"] for feature in rules["features"][:2]]]


OTHER_KINDS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "anything but additive rules": lambda found, _, __: found.update(form="partition"),
    "claims about code": lambda found, _, __: found.update(artefacts=[]),
    "groups of neurons": lambda _, rules, __: rules.update(neuron_groups=[{}]),
    "columns without bounds": lambda _, rules, __: rules["features"][0].update(upper=None),
    "links other": lambda _, __, model: model.update(heads=[]),
    "labels that differ": lambda _, rules, __: rules.update(labels={"values": [True, False]}),
    "groups that aren't the categories": _tie,
    "more than columns' bounds": lambda found, _, __: found["neurons"][0].append([-1, 0.5]),
}


@pytest.mark.parametrize("said", OTHER_KINDS)
def test_a_part_that_isnt_judged_is_named(said: str, simple: Any) -> None:
    simple[0]["neurons"][0] = ["fixed", 0.5]
    OTHER_KINDS[said](*simple)
    code, why = judge_values(stamped(simple))
    assert code == 3
    assert said in why


def test_a_neuron_that_reads_others_may_be_unread(simple: Any) -> None:
    add_neuron(simple[0], simple[2], 1.0, ["unread"])
    triple = stamped(simple)
    assert compare_with_check(encode_files(triple), judge_values(triple), "unread") == (0, 0)


def refuse_both(triple: Any) -> str:
    """Why the short checker refuses what check.py refuses too."""
    changed = stamped(triple)
    assert not checker.check(*changed)
    code, why = judge_values(changed)
    assert code == 1
    return str(why)


def test_columns_of_other_names_are_refused(categorical: Any) -> None:
    categorical[2]["named"]["columns"] = True
    categorical[2]["features"] = [f"other {name}" for name in categorical[2]["features"]]
    assert "not the model's columns" in refuse_both(categorical)


def test_a_point_beyond_an_inequality_is_refused(sources: list[Any]) -> None:
    found, rules, model = copy.deepcopy(sources[SEEDS.index(16)])
    limit = rules["constraints"][0]
    found["point"] = [
        own["upper" if limit["coefficients"].get(own["name"], 0) > 0 else "lower"]
        for own in rules["features"]
    ]
    assert "may be empty" in refuse_both((found, rules, model))


def test_columns_that_are_left_out_are_read_nowhere(sources: list[Any]) -> None:
    """Even where the weight of what reads them is 0; and their places rise."""
    found, rules, model = copy.deepcopy(sources[SEEDS.index(12)])
    layer = {"kind": "canonical", "A": [[0.0, 0.0, 0.0]], "L": [[0.0]], "b": [0.0], "slope": [0.0],
             "C": np.eye(3).tolist(), "U": [[0.0]] * 3, "c": [0.0] * 3}  # fmt: skip
    model["layers"].insert(0, layer)
    found["neurons"].insert(0, ["unread"])
    found["virtual"] = [k + 1 for k in found["virtual"]]
    triple = stamped((found, rules, model))
    assert compare_with_check(encode_files(triple), judge_values(triple), "unread") == (0, 0)
    layer["A"] = [[0.0, 1.0, 0.0]]
    assert "a column that the rules leave out" in refuse_both(triple)
    layer["A"] = [[0.0, 0.0, 0.0]]
    rules["places"]["columns"].reverse()
    assert "at no place" in refuse_both(triple)


def test_categories_that_what_is_nearly_linear_tells_are_off_by_as_much(categorical: Any) -> None:
    """A neuron of categories reads one that is off by up to 0.5, and its slope is 2."""
    found, rules, model = categorical
    names, group = model["features"], rules["groups"][0]
    row = [[float(name == group[0]) for name in names], [0.0] * len(names)]
    model["layers"] = [
        {"kind": "canonical", "A": row, "L": [[0, 0], [1.0, 0]], "b": [0.0, -0.25],
         "slope": [0.0, 2.0], "C": [[0.0] * len(names)], "U": [[0.0, 1.0]], "c": [0.0]}
    ]  # fmt: skip
    rules.update(lines=[], base={"y": {"coefficients": {group[1]: -0.5}, "constant": 0.0}})
    found.update(neurons=[["fixed", 0.5], ["points"]], bounds=[[9.0]], bound=9.0)
    triple = stamped((found, rules, model))
    assert compare_with_check(encode_files(triple), judge_values(triple), "points") == (0, 0)
    assert judge_values(triple)[1][0] >= 1


def test_categories_that_the_domain_leaves_out_are_named(categorical: Any) -> None:
    name = categorical[1]["groups"][0][0]
    next(own for own in categorical[1]["features"] if own["name"] == name)["upper"] = 0
    assert judge_values(stamped(categorical)) == (3, "categories that the domain leaves out")


@pytest.mark.parametrize("kind", FORGERIES)
def test_forgeries_are_refused(kind: str, simple: Any) -> None:
    """Whatever digests say, and where it is the other checker that reads it, by that one too."""
    FORGERIES[kind](*simple)
    triple = simple if kind == "nesting" else stamped(simple)
    assert judge_values(triple)[0] == 1
    assert not checker.check(*triple)


@pytest.mark.parametrize("name", ["certificate", "rules", "model"])
def test_whatever_key_is_missing_it_agrees(name: str, categorical: Any) -> None:
    at = ("certificate", "rules", "model").index(name)
    for key in list(categorical[at]):
        changed = copy.deepcopy(categorical)
        del changed[at][key]
        try:
            changed = stamped(changed)
        except LookupError:
            continue
        compare_with_check(encode_files(changed), judge_values(changed), key)


def test_digests_bind_the_files(simple: Any) -> None:
    for name in ("model", "rules", "domain"):
        changed = copy.deepcopy(simple)
        changed[0]["digests"][name] = "0" * 64
        own = {key: value for key, value in changed[0].items() if key != "digest"}
        changed[0]["digest"] = checker.hash_json(own)
        assert judge_values(changed) == (1, f"ValueError: it is about another {name}")


def test_shown_numbers_are_the_least_that_may_be_claimed(sources: list[Any]) -> None:
    for triple in sources:
        gaps = judge_values(triple)[1]
        i = max(range(len(gaps)), key=lambda i: gaps[i])
        changed = copy.deepcopy(triple)
        changed[0]["bounds"][i] = [float(np.nextafter(round_up(gaps[i]), -1.0))]
        assert judge_values(stamped(changed))[0] == 1


def test_the_script_tells_by_its_exit_code(simple: Any, tmp_path: Path) -> None:
    done = run_short(check_short_lines, tmp_path, simple)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"proven: |model - rules| <= {simple[0]['bound']!r} for every")
    assert done.stdout.endswith("lines, from the canonical form as traced)\n")
    done = run_short(check_short_lines, tmp_path, (simple[0] | {"bound": -1.0}, *simple[1:]))
    assert (done.returncode, done.stderr) == (1, "")
    assert "changed after it was written" in done.stdout
    done = run_short(check_short_lines, tmp_path, ({}, {"features": []}, {}))
    assert done.returncode == 3
    del simple[0]["virtual"]
    done = run_short(check_short_lines, tmp_path, stamped(simple))
    assert (done.returncode, done.stdout) == (
        1,
        "refused: not as specified: KeyError: \"'virtual'\"\n",
    )


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cant_be_read_isnt(text: str, simple: Any, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(text, encoding="utf-8")
    with pytest.raises((OSError, *check_short_lines.REFUSALS)):
        check_short_lines.read_file(str(tmp_path / "rules.json"))


def test_many_lines_of_many_scores_are_proven() -> None:
    rng = np.random.default_rng(0)
    net = network(rng.normal(size=(100, 6)), rng.normal(size=100), rng.normal(size=(3, 100)))
    triple = make_triple(graph(net), domain=rr.Domain.box([-1] * 6, [1] * 6))
    assert len(triple[1]["lines"]) == 100
    compare_with_check(encode_files(triple), judge_values(triple), "many lines")
