"""The checker that Coq proves right says what ours says, of the certificates that it judges."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answer_cases import draw_files, judge_by_ours, make_answer
from browsers import miss
from certificate_cases import draw_case
from file_copies import copy_content
from handmade import graph, network
from instances import files, instance, named_instance
from proven_checker import (
    DIGESTS,
    OUT_OF_SCOPE,
    SOURCES,
    ProvenChecker,
    build_proven_checker,
    find_missing,
    judge_by_proven,
)
from refused_answers import ACCEPTED, REFUSED
from second_checker import encode_files
from second_checker import judge_by_ours as judge_proof_by_ours
from take_cases import draw_take_cases

import relurules as rr

#: Categories; several rules; one rule of several scores; lines, also with limits and conditions.
KINDS = ("categories", "rules 0", "rules 8", "lines 0", "lines 1", "lines 2")
#: So many changed certificates of every kind are drawn.
CASES = 8
#: Slopes of the neurons of one of the models.
BENT = (0.0, 0.25, -1.0, 1.5, 0.0)
PAGE = SOURCES.parents[1] / "docs" / "certificates.md"


@pytest.fixture(scope="module")
def proven(pytestconfig: pytest.Config) -> ProvenChecker:
    """The checker, built where pytest keeps what outlives a run."""
    if (missing := find_missing()) is not None:
        miss(missing)
    return build_proven_checker(pytestconfig.cache.mkdir("proven_checker"))


def test_the_theorem_rests_on_no_axiom(proven: ProvenChecker) -> None:
    theorems = (SOURCES / "Theorems.v").read_text()
    for name in ("judge_right", "judge_proof_right"):
        assert f"Theorem {name} " in theorems
        assert f"Print Assumptions {name}." in theorems
    assert proven.printed.count("Closed under the global context") == 2
    for path in SOURCES.glob("*.v"):
        assert not re.search(r"\b(Admitted|Axiom|Parameter|Conjecture)\b", path.read_text()), path


@pytest.mark.parametrize(("depth", "code"), [(500, 0), (1_000, 2)])
def test_lists_that_are_nested_too_deeply_are_not_read(
    depth: int, code: int, proven: ProvenChecker, tmp_path: Path
) -> None:
    """Up to 500 deep they must be read; it leaves digests to other checkers."""
    certificate, rules = make_answer(KINDS[0]).files
    nested = f'{{"note": {"[" * depth}{"]" * depth}, {json.dumps(rules)[1:]}'
    assert judge_by_proven(proven, (certificate, nested), tmp_path)[0] == code


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_ours_says(kind: str, proven: ProvenChecker, tmp_path: Path) -> None:
    case, rng = make_answer(kind), np.random.default_rng(3)
    cases = [("honest", case.files), *(draw_files(case, rng) for _ in range(CASES))]
    codes = []
    for change, case_files in cases:
        ours = judge_by_ours(*case_files)
        code, said = judge_by_proven(proven, case_files, tmp_path)
        # A change may make another question of it, or no answer, which ours refuses.
        assert (code == 0, said if code == 0 else "") == (ours[0] == 0, ours[1]), (change, said)
        codes.append(code)

    assert codes[0] == 0
    assert 1 in codes


def test_it_says_of_chords_and_changes_what_ours_says(
    proven: ProvenChecker, tmp_path: Path
) -> None:
    codes = []
    for case in draw_take_cases():
        ours = judge_by_ours(*case)
        code, said = judge_by_proven(proven, case, tmp_path)
        assert (code, said if code == 0 else "") == ours, said
        codes.append(code)

    assert set(codes) == {0, 1}


@pytest.fixture(scope="module")
def proofs() -> list[Any]:
    """Certificates of models of one hidden layer: named columns, categories, columns that rules
    leave out, slopes, several scores, bounds other than 0.
    """
    rng = np.random.default_rng(2)
    A = rng.normal(size=(5, 3))
    A[:, 1] = 0.0
    bent = graph(network(A, rng.normal(size=5), rng.normal(size=(2, 5)), slope=np.array(BENT)))
    domain = rr.Domain.box([-1, -1, -1], [1, 1, 1]).where("x0 + x2 <= 1.5")
    pairs = [
        named_instance("scores"),
        named_instance("categories"),
        *(instance(seed) for seed in (19, 24)),
        (bent, rr.extract(bent, domain=domain)),
        (bent, rr.extract(bent, domain=domain, max_error=0.5)),
    ]
    return [files(model, rules, rr.prove(rules, model)) for model, rules in pairs]


def test_it_says_of_proofs_what_ours_says(
    proven: ProvenChecker, proofs: list[Any], tmp_path: Path
) -> None:
    assert any("places" in rules for _, rules, _ in proofs)
    for triple in proofs:
        code, said = judge_by_proven(proven, triple, tmp_path)
        assert code == 0, said
        assert judge_proof_by_ours(encode_files(triple)).sentence.startswith(said)

    codes = set()
    for number in range(CASES * len(proofs)):
        triple = proofs[number % len(proofs)]
        kind, case = draw_case(triple, np.random.default_rng(number))
        ours = judge_proof_by_ours(case)
        code, said = judge_by_proven(proven, case, tmp_path)
        if any(reason in ours.why for reason in DIGESTS):
            continue
        if code == OUT_OF_SCOPE:
            assert "outputs aren't made" in said or "other files" in said, (kind, said)
            continue
        assert code == ours.code, (number, kind, said, ours.why)
        codes.add(code)

    assert codes == {0, 1, 2}


def test_chords_are_of_neurons_of_slope_zero(
    proven: ProvenChecker, proofs: list[Any], tmp_path: Path
) -> None:
    found, rules, model = proofs[-1]
    for k, slope in enumerate(BENT):
        changed = copy_content(found)
        changed["rules"][0][0].insert(0, ["chord", k, 0.5, [], []])
        code, said = judge_by_proven(proven, (changed, rules, model), tmp_path)
        assert code == (0 if slope == 0.0 else 1), (slope, said)


def test_a_bound_that_is_too_small_is_refused(
    proven: ProvenChecker, proofs: list[Any], tmp_path: Path
) -> None:
    found, rules, model = proofs[-1]
    assert found["bound"] > 0.01
    for changed in (
        found | {"bound": 0.999 * found["bound"]},
        found | {"bounds": [[0.999 * v for v in own] for own in found["bounds"]]},
    ):
        code, said = judge_by_proven(proven, (changed, rules, model), tmp_path)
        assert code == 1, said


def test_a_model_of_another_weight_is_refused(
    proven: ProvenChecker, proofs: list[Any], tmp_path: Path
) -> None:
    found, rules, model = copy_content(proofs[0])
    weights = model["layers"][-1]["weights"]
    weights[0][0] += 1e-6
    assert judge_by_proven(proven, (found, rules, model), tmp_path)[0] == 1


def list_ranges(makers: dict[str, Any]) -> dict[str, Any]:
    """The files of those that are about a range."""
    made = {name: (item[0] if isinstance(item, tuple) else item)() for name, item in makers.items()}
    return {name: files for name, files in made.items() if files[0]["question"] == "range"}


def test_it_refuses_what_proves_less_than_it_seems_to(
    proven: ProvenChecker, tmp_path: Path
) -> None:
    refused, accepted = list_ranges(REFUSED), list_ranges(ACCEPTED)
    assert refused
    assert accepted
    for name, case in refused.items():
        assert judge_by_proven(proven, case, tmp_path)[0] == 1, name
    for name, case in accepted.items():
        assert judge_by_proven(proven, case, tmp_path)[0] == 0, name


def read_page_example() -> tuple[Any, Any]:
    """Certificate and rules of the page's example of a range."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    values = [json.loads(block) for block in blocks]
    return next(value for value in values if value.get("question") == "range"), values[1]


def test_the_example_of_the_page_holds(proven: ProvenChecker, tmp_path: Path) -> None:
    found, rules = read_page_example()
    assert judge_by_proven(proven, (found, rules), tmp_path) == judge_by_ours(found, rules)

    # A row is below the split that it isn't on the side `then` of, but no further: x = 1.999.
    found["high"] = 0.9999
    found["highest"] = None
    code, said = judge_by_proven(proven, (found, rules), tmp_path)
    assert code == 1
    assert said.startswith("refused: ")


def test_rules_without_conditions_have_those_of_their_way(
    proven: ProvenChecker, tmp_path: Path
) -> None:
    found, rules = read_page_example()
    for rule in rules["rules"]:
        del rule["conditions"]

    assert judge_by_proven(proven, (found, rules), tmp_path)[0] == 0

    rules["splits"][0]["otherwise"] = {"rule": 1}
    code, said = judge_by_proven(proven, (found, rules), tmp_path)
    assert code == 1
    assert "not just one way" in said


def test_what_it_does_not_judge_is_named(proven: ProvenChecker, tmp_path: Path) -> None:
    found, rules = read_page_example()
    code, said = judge_by_proven(proven, (found | {"question": "monotone"}, rules), tmp_path)
    assert code == OUT_OF_SCOPE
    assert "`relurules ask ... range`" in said

    code, said = judge_by_proven(proven, (found | {"format": "x"}, rules), tmp_path)
    assert code == OUT_OF_SCOPE

    for name, words in (("threshold", "rules that decide"), (13, "several hidden layers")):
        model, decided = instance(name) if isinstance(name, int) else named_instance(name)
        triple = files(model, decided, rr.prove(decided, model))
        code, said = judge_by_proven(proven, triple, tmp_path)
        assert code == OUT_OF_SCOPE
        assert words in said

    for text in (
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        "[]",
        f'{{"n": {"9" * 301}}}',
        '{"a": 1e999}',
        '{"a": "\t"}',
    ):
        code, said = judge_by_proven(proven, (text, rules), tmp_path)
        assert code == 2
        assert said.startswith("error: ")
