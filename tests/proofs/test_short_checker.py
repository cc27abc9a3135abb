"""check_short.py says what check.py says, or that it doesn't judge."""

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from certificate_cases import draw_case, make_lines
from file_copies import copy_content
from instances import files, instance, named_instance
from second_checker import encode_files, judge_by_ours
from short_checkers import UNREADABLE, judge_files, measure_program, run_short
from short_checkers import judge_values as judge_short
from tampering import SURE, InapplicableError, stamped, tampered

import relurules as rr
from relurules.checker import check_short
from relurules.proofs.proving import write_short_checker

#: Seeds of networks whose rules give scores of all their columns, and so many changed ones of each.
SEEDS, CASES = (2, 3, 4, 5, 12, 17), 12
#: Exact arithmetic shows less than fixed point by no more than this.
ROUNDING = Fraction(1, 2**150)


def judge_values(values: Any) -> tuple[int, Any]:
    return judge_short(check_short, values)


@pytest.fixture(scope="module")
def sources() -> list[Any]:
    """Certificates that it judges, and some of kinds that it doesn't."""
    made = [named_instance("scores"), *map(instance, SEEDS)]
    return [files(model, rules, rr.prove(rules, model)) for model, rules in made]


@pytest.fixture(scope="module")
def simple(sources: list[Any]) -> Any:
    """A certificate with more than one rule that it judges."""
    found = (s for s in sources if len(s[1]["rules"]) > 1 and judge_values(s)[0] == 0)
    return next(found)


def test_it_is_one_short_file_of_pythons_own_library() -> None:
    lines, widest, modules = measure_program(check_short)
    assert lines <= 450
    assert widest <= 100
    assert modules <= sys.stdlib_module_names


def test_it_says_what_check_says_of_honest_and_changed_certificates(
    sources: list[Any], tmp_path: Path
) -> None:
    cases = [("honest", encode_files(triple)) for triple in sources]
    cases += [
        draw_case(sources[number % len(sources)], np.random.default_rng(number))
        for number in range(CASES * len(sources))
    ]
    codes = []
    for kind, case in cases:
        ours, (code, shown) = judge_by_ours(case), judge_files(check_short, case, tmp_path)
        codes.append((ours.code, code))
        assert code in (ours.code, 3), (kind, ours, shown)
        if code == 0:
            for own, theirs in zip(shown, ours.shown[1], strict=True):
                for exact, rounded in zip(own, theirs, strict=True):
                    assert exact <= Fraction(rounded)
                    near = np.nextafter(float(exact + ROUNDING), np.inf)
                    assert rounded <= near

    assert {(0, 0), (1, 1), (2, 2)} <= set(codes)
    assert codes.count((0, 0)) > len(codes) / 4


def test_what_is_surely_wrong_is_never_proven(sources: list[Any]) -> None:
    applied = set()
    for number, triple in enumerate(sources[:4]):
        for kind in SURE:
            try:
                forged = tampered(kind, triple, np.random.default_rng(number))
                text = json.dumps(stamped(forged), allow_nan=False)
            except (InapplicableError, LookupError, ValueError, TypeError):
                continue
            applied.add(kind)
            assert judge_values(json.loads(text))[0] != 0, kind

    assert len(applied) > len(SURE) / 2


def test_kinds_that_it_leaves_to_check_are_named(tmp_path: Path) -> None:
    wanted = {
        "argmax": "a decision between classes",
        "threshold": "a decision between classes",
        "categories": "groups and categories",
    }
    for name, said in wanted.items():
        model, rules = named_instance(name)
        certificate = rr.prove(rules, model)
        code, why = judge_values(files(model, rules, certificate))
        assert code == 3
        assert said in why
        assert write_short_checker(certificate, rules, tmp_path) == []
    code, why = judge_values(make_lines(2))
    assert (code, why) == (3, "additive rules")
    assert list(tmp_path.iterdir()) == []


OTHER_KINDS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "an answer": lambda found, _, __: found.update(format="relurules.answer"),
    "claims about code": lambda found, _, __: found.update(artefacts=[]),
    "leave columns": lambda _, rules, __: rules.update(places={}),
    "links other": lambda _, __, model: model.update(heads=[]),
    "labels that differ": lambda _, rules, __: rules.update(labels={"values": [True, False]}),
    "by chords": lambda found, _, __: found["rules"][0][0].insert(0, ["chord", 0, 0.5, [], []]),
    "groups": lambda _, rules, __: rules.update(groups=[[rules["features"][0]["name"]]]),
}


@pytest.mark.parametrize("said", OTHER_KINDS)
def test_a_part_that_isnt_judged_is_named(said: str, simple: Any) -> None:
    changed = copy_content(simple)
    OTHER_KINDS[said](*changed)
    code, why = judge_values(stamped(changed))
    assert code == 3
    assert said in why


def _narrow(found: Any, rules: Any, _: Any) -> None:
    rules["features"][0]["upper"] = rules["features"][0]["lower"]


def _skip_side(found: Any, _: Any, __: Any) -> None:
    found["rules"][0] = [[], "split", 0, [[], "leaf"]]


def _name_twice(_: Any, rules: Any, __: Any) -> None:
    rules["outputs"] = [rules["outputs"][0]] * 2


def _lose_region(_: Any, rules: Any, __: Any) -> None:
    rules["splits"][0]["then"] = {}


def _turn_in_circles(_: Any, rules: Any, __: Any) -> None:
    rules["splits"][0]["then"] = {"split": 0}


def _nest(found: Any, _: Any, __: Any) -> None:
    tree: Any = [[], "leaf"]
    for _ in range(600):
        tree = [[], "split", 0, tree, [[], "leaf"]]
    found["rules"][0] = tree


def _claim_true(found: Any, _: Any, __: Any) -> None:
    found["bound"] = True


def _leave_no_list(found: Any, _: Any, __: Any) -> None:
    found["paths"] = {}


def _move_weights(_: Any, __: Any, model: Any) -> None:
    """A layer that gives its score on; the weight of its neuron, 0, stands in another row."""
    layer = {"A": [[0]], "L": [[0]], "b": [0], "slope": [0], "C": [[1, 0]], "U": [[]], "c": [0]}
    model["layers"].append({"kind": "canonical", **layer})


def _label(labels: Any) -> Callable[[Any, Any, Any], None]:
    def label(_: Any, rules: Any, model: Any) -> None:
        rules["labels"] = model["labels"] = labels

    return label


def _derive_columns(_: Any, rules: Any, model: Any) -> None:
    """The model reads logarithms of the columns of the same names that the rules read."""
    model["named"]["columns"] = True
    model["features"] = [own["name"] for own in rules["features"]]
    model["columns"] = [
        {"name": name, "derived": {"function": "log", "arguments": [{"column": name}]}}
        for name in model["features"]
    ]


FORGERIES: tuple[Callable[[Any, Any, Any], None], ...] = (
    _narrow, _skip_side, _name_twice, _lose_region, _turn_in_circles, _nest, _claim_true,
    _leave_no_list, _derive_columns, _move_weights, _label("none"), _label({}),
    _label({"values": []}), _label({"values": "none", "threshold": None}),
)  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_forgeries_are_refused(forge: Callable[[Any, Any, Any], None], simple: Any) -> None:
    changed = copy_content(simple)
    forge(*changed)
    assert judge_values(stamped(changed))[0] == 1


def test_shown_numbers_are_the_least_that_may_be_claimed(simple: Any) -> None:
    gaps = judge_values(simple)[1]
    rule = max(range(len(gaps)), key=lambda i: max(gaps[i]))
    changed = copy_content(simple)
    most = max(gaps[rule])
    changed[0]["bounds"][rule] = [float(np.nextafter(float(most), -1.0))] * len(gaps[rule])
    assert judge_values(stamped(changed))[0] == 1


def test_the_script_tells_by_its_exit_code(simple: Any, tmp_path: Path) -> None:
    done = run_short(check_short, tmp_path, simple)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"proven: |model - rules| <= {simple[0]['bound']!r} for every")
    done = run_short(check_short, tmp_path, (simple[0] | {"bound": -1.0}, *simple[1:]))
    assert (done.returncode, done.stderr) == (1, "")
    assert "changed after it was written" in done.stdout
    done = run_short(check_short, tmp_path, (simple[0] | {"artefacts": []}, *simple[1:]))
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("not judged: this checker doesn't judge claims about code")


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cant_be_read_isnt(text: str, simple: Any, tmp_path: Path) -> None:
    done = run_short(check_short, tmp_path, (simple[0], text, simple[2]))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
