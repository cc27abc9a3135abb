"""The bound of executed partition rules in certificates: conditions, and what they let in."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from executed_targets import TARGETS, require_target
from handmade import graph, layered, lines, network
from line_models import make_loan_domain
from mutated_artifacts import draw_table, judge_changes

import relurules as rr
from relurules import checker
from relurules.checker import ExecutedReading, RefusedError, bound_execution, read_execution
from relurules.codec.rules_json import to_json
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, Graph, Head, RuleSet
from relurules.proofs.executions import make_artefact_text

_TARGETS = [*TARGETS, ("sql", {"dialect": "postgres"})]
_FORMS = ["rules", "tree"]


@cache
def make_numbers() -> tuple[Graph, RuleSet]:
    """Three columns of different sizes, two scores behind a softmax."""
    rng = np.random.default_rng(4)
    domain = rr.Domain.box([-3.0, 0.0, -1e-3], [5.0, 1e4, 2e-3])
    A = rng.normal(size=(4, 3)) / np.abs(domain.upper)
    net = network(A, rng.normal(size=4) / 3, rng.normal(size=(2, 4)), c=[0.3, -0.1])
    heads = (Head("softmax", (0, 1)), Head("softmax", (0, 1), 1))
    made = replace(graph(net), heads=heads)
    return made, rr.extract(made, domain=domain)


@cache
def make_categories() -> tuple[Graph, RuleSet]:
    """Categories in conditions and scores."""
    domain = make_loan_domain()
    A = [[0.01, 0.0, 0.3, -0.2, 0.5, 0.0], [-0.02, 0.0, 0.0, 0.4, 0.0, 0.7]]
    net = network(A, [-0.5, 0.3], [[1.0, 0.5]], C=[[0, 0.3, -1, 0.25, 0, 0]], c=[0.5])
    made = replace(graph(net), columns=domain.columns, features=domain.names)
    return made, rr.extract(made, domain=domain)


@cache
def make_deep() -> tuple[Graph, RuleSet]:
    """Two levels of neurons: some ways down the tree pass a rule's conditions by."""
    made = graph(layered(2, 3, (4, 1), 1))
    return made, rr.extract(made, domain=rr.Domain.box([-1.0] * 3, [1.0] * 3))


@cache
def make_short() -> tuple[Graph, RuleSet]:
    """Simplified rules: where the way passes from one to the next, the score jumps."""
    model = graph(layered(4, 3, (3, 3), 1))
    rules = rr.extract(model, domain=rr.Domain.box([-1.0] * 3, [1.0] * 3), max_error=0.3)
    assert len(rules) > 2
    return model, rules


def read_rules(rules: RuleSet) -> Any:
    return json.loads(json.dumps(to_json(rules)))


def read(code: Artifact, said: Any) -> ExecutedReading:
    return read_execution(make_artefact_text(code), code.target, code.dialect, said)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize(("target", "given"), _TARGETS)
@pytest.mark.parametrize("make", [make_numbers, make_categories])
def test_every_text_is_claimed_and_shown(
    make: Callable[[], Any], target: str, given: dict[str, Any], form: str
) -> None:
    model, rules = make()
    code = rr.emit(rules, target, form=form, **given)
    verdict = rr.check(rr.prove(rules, model, artifacts=[code]), rules, model, artifact=code)
    assert verdict, verdict.why
    ((claim),) = verdict.executed
    assert claim.is_of_model
    assert len(claim.bounds) == model.network.U.shape[0]
    told = checker.describe_verdict(verdict).splitlines()[1]
    assert re.search(r"every score is within \d\S* of the model's, for every row", told)


def test_what_a_condition_is_off_by_is_in_the_bound() -> None:
    """max(x, 0) by two rules: a row at .25 that gets 0 is .25 off, and one at -.25 that gets x."""
    model, rules = make_line()
    found, said = rr.prove(rules, model), read_rules(rules)
    exact = read(rr.emit(rules, "python"), said)
    assert exact.splits == (0,)  # a column alone isn't rounded
    for error in (Fraction(0), Fraction(1, 4), Fraction(1, 3)):
        (bound,) = bound_execution(exact._replace(splits=(error,)), found.found, said, found.model)
        assert error <= bound <= error + Fraction(1, 10**50)


@pytest.mark.parametrize("make", [make_deep, make_short])
def test_rows_at_boundaries_are_within_what_is_claimed(make: Callable[[], Any]) -> None:
    """Rows an ulp beside each boundary, of which some get the rule beside, in rationals."""
    model, rules = make()
    code = rr.emit(rules, "python", form="tree")
    certificate = rr.prove(rules, model, artifacts=[code])
    (claim,) = rr.check(certificate, rules, model, artifact=code).executed
    score = _load(code)
    rng, worst, crossed = np.random.default_rng(0), Fraction(0), 0

    for split in read_rules(rules)["splits"]:
        w = np.array([split["coefficients"].get(name, 0.0) for name in rules.features])
        for x in rng.uniform(-1.0, 1.0, (12, 3)):
            at = int(np.argmax(np.abs(w)))
            x[at] = (split["at_least"] - w @ x + w[at] * x[at]) / w[at]
            x[at] = np.nextafter(x[at], rng.choice([-2.0, x[at], 2.0]))
            if abs(x[at]) > 1.0:
                continue
            given = score(dict(zip(rules.features, x.tolist(), strict=True)))
            worst = max(worst, abs(Fraction(given[rules.outputs[0]]) - _run_exactly(model, x)))
            crossed += given["rule"] != _find_rule(rules, x)

    assert crossed  # the rows do reach what is to be shown
    assert 0 < worst <= claim.bounds[0]


def _load(code: Artifact) -> Callable[[dict[str, float]], dict[str, Any]]:
    space: dict[str, Any] = {"__name__": "score"}
    exec(str(code), space)
    found: Callable[[dict[str, float]], dict[str, Any]] = space["score"]
    return found


def _run_exactly(model: Graph, x: Any) -> Fraction:
    net, row = model.network, [Fraction(value) for value in x]
    phi = list[Fraction]()
    for k in range(len(net.b)):
        z = Fraction(net.b[k]) + sum(Fraction(a) * v for a, v in zip(net.A[k], row, strict=True))
        z += sum(Fraction(net.L[k, j]) * phi[j] for j in range(k))
        phi.append(z if z >= 0 else Fraction(net.slope[k]) * z)
    found = Fraction(net.c[0]) + sum(Fraction(a) * v for a, v in zip(net.C[0], row, strict=True))
    return found + sum(Fraction(a) * v for a, v in zip(net.U[0], phi, strict=True))


def _find_rule(rules: RuleSet, x: Any) -> int:
    """The rule that applies in exact arithmetic."""
    said, row = read_rules(rules), dict(zip(rules.features, map(Fraction, x), strict=True))
    at: Any = {"split": 0}
    while "split" in at:
        split = said["splits"][at["split"]]
        value = sum(Fraction(v) * row[name] for name, v in split["coefficients"].items())
        at = split["then" if value >= Fraction(split["at_least"]) else "otherwise"]
    return int(at["rule"])


def test_a_row_that_may_get_no_rule_is_told_before_anything_is_searched_for() -> None:
    model, rules = make_deep()
    with pytest.raises(UnsupportedError, match="may get no rule, by rounding: emit form tree"):
        rr.prove(rules, model, artifacts=[rr.emit(rules, "c", form="rules")])


@pytest.mark.parametrize(("target", "given"), TARGETS)
@pytest.mark.parametrize("form", _FORMS)
def test_changed_texts_that_give_something_else_are_refused(
    target: str, given: dict[str, Any], form: str
) -> None:
    require_target(target)
    rules, rng = make_numbers()[1], np.random.default_rng(len(target))
    code, said = rr.emit(rules, target, form=form, **given), read_rules(rules)
    table = draw_table(rules.domain, str(code), rng, 60)
    count = 12 if target in ("c", "javascript") else 40
    judge_changes(code, lambda changed: read(changed, said), table, count, rng)


_CHANGES = {
    ("python", "rules"): [
        (" >= ", " > "), ("and _sum", "or _sum"), ("_result(2,", "_result(3,"),
        ("    return _result(0, math", "    return _result(1, math"),
        ('"rule": rule', '"y0": rule'), ("_sum_S1 =", "_sum_S2 ="),
    ],
    ("python", "tree"): [
        ("else:", "elif x0 > 0.0:"), (" >= ", " < "), ("_result(2,", "_result(3,")
    ],
    ("c", "rules"): [
        ("&&", "||"), ("return 2;", "return 3;"), ("s[1] =", "s[0] ="),
        ("FP_CONTRACT OFF", "FP_CONTRACT ON"),
    ],
    ("c", "tree"): [("} else {", "} if (1) {"), ("return 2;", "return 3;")],
    ("javascript", "rules"): [("&&", "||"), ("result(2,", "result(3,"), (" rule,", " rule: 1,")],
    ("sql", "rules"): [
        (" AND rr_sum", " OR rr_sum"), ("rr_inside = 0 THEN 0", "rr_inside = 1 THEN 0"),
        ("ELSE 0\n    END AS rr_rule", "ELSE 1\n    END AS rr_rule"),
        ("WHEN 2 THEN", "WHEN 3 THEN"),
        ('rr_rule AS "rule"', '1 AS "rule"'), ("CASE rr_rule", "CASE rr_inside"),
        ("THEN 2\n", "THEN 1\n"),
    ],
    ("sql", "tree"): [("CASE rr_inside\n", "CASE 1\n"), ("ELSE CASE", "ELSE 1 + CASE")],
}  # fmt: skip


@pytest.mark.parametrize(("target", "form"), [*_CHANGES])
def test_a_change_of_meaning_is_refused(target: str, form: str) -> None:
    rules = make_numbers()[1]
    code, said = rr.emit(rules, target, form=form), read_rules(rules)
    read(code, said)
    for old, new in _CHANGES[target, form]:
        text = str(code)
        assert old in text, old
        files = {**code.files, [*code.files][-1]: text.replace(old, new, 1)}
        with pytest.raises(RefusedError):
            read(replace(code, files=files), said)


def test_a_sum_that_is_compared_twice_must_have_one_name() -> None:
    """Else both sides of a cut might fail, where it is rounded in two ways."""
    rules = make_numbers()[1]
    code, said = rr.emit(rules, "python", form="rules"), read_rules(rules)
    (sum1,) = re.findall(r"^    _sum_?S?1 = (.*)$", str(code), re.MULTILINE)
    name = re.search(r"^    (_sum_?S?1) =", str(code), re.MULTILINE)[1]  # type: ignore[index]
    head, _, tail = str(code).rpartition(f"{name} >= ")
    text = f"{head}{sum1} >= {tail}"
    with pytest.raises(RefusedError, match="compare more than once"):
        read(replace(code, files={"score.py": text}), said)


@cache
def make_line() -> tuple[Graph, RuleSet]:
    """max(x, 0) by two rules."""
    model = graph(lines([[1.0]], [0.0]))
    return model, rr.extract(model, domain=rr.Domain.box([-1.0], [1.0]))


@pytest.mark.parametrize("place", [0, 2])
def test_a_rule_that_no_way_leads_to_leaves_every_score_its_bound(place: int) -> None:
    """Else the first one would tell that there are no scores to bound."""
    model, rules = make_line()
    code, said = rr.emit(rules, "python", form="tree"), read_rules(rules)
    found = dict(rr.prove(rules, model).found)
    found["rules"] = [*found["rules"][:place], found["rules"][0], *found["rules"][place:]]
    said["rules"].insert(place, said["rules"][0])
    text = str(code)
    if place == 0:
        said["splits"][0] |= {"otherwise": {"rule": 2}, "then": {"rule": 3}}
        text = text.replace("_result(2,", "_result(3,").replace("_result(1,", "_result(2,")
    reading = read(replace(code, files={"score.py": text}), said)
    assert reading.scores == ((0,),) * 3
    assert bound_execution(reading, found, said, rr.prove(rules, model).model) == (0,)


@pytest.mark.parametrize("name", ["if", "lambda", "None"])
def test_a_column_with_a_name_that_python_takes_otherwise_is_refused(name: str) -> None:
    rules = make_line()[1]
    code = rr.emit(rules, "python", form="tree")
    text = re.sub(r"\bx0\b(?!')", name, str(code))
    with pytest.raises(RefusedError, match="gives the name"):
        read(replace(code, files={"score.py": text}), read_rules(rules))


@pytest.mark.parametrize("form", _FORMS)
def test_the_number_of_the_rule_is_that_of_the_rows_that_have_scores(form: str) -> None:
    """Else rows of the domain might be told to have none."""
    rules = make_line()[1]
    code = rr.emit(rules, "sql", form=form)
    text = str(code)
    for mark in ("rr_inside", "rr_rule"):
        (line,) = re.findall(rf"^    CASE .* AS {mark}$", text, re.MULTILINE)
        other = line.replace("<= 1E0", "<= 5E-1").replace("rr_inside", "rr_in")
        text = text.replace(line, f"{line},\n{other.replace('rr_rule', 'rr_number')}")
    text = text.replace("SELECT rr_rule,", "SELECT rr_rule, rr_number,")
    read(replace(code, files={"score.sql": text}), read_rules(rules))
    text = text.replace('rr_rule AS "rule"', 'rr_number AS "rule"')
    with pytest.raises(RefusedError, match="other rows than those within the bounds"):
        read(replace(code, files={"score.sql": text}), read_rules(rules))


def test_no_other_column_is_called_as_the_rule_s_number() -> None:
    rules = make_line()[1]
    code = rr.emit(rules, "sql")
    text = str(code).replace("  SELECT\n", '  SELECT rr_table."id" AS rr_key,\n', 1)
    text = text.replace('SELECT "x0",', 'SELECT rr_key, "x0",').replace(
        "SELECT rr_rule,", "SELECT rr_key, rr_rule,"
    )
    for name in ("id", "Rule"):
        changed = text.replace("SELECT rr_s0", f'SELECT rr_key AS "{name}", rr_s0')
        own = replace(code, files={"score.sql": changed})
        if name == "id":
            read(own, read_rules(rules))
            continue
        with pytest.raises(RefusedError, match="a name that no output has"):
            read(own, read_rules(rules))


def test_programs_that_nest_too_deeply_are_refused() -> None:
    """Python runs no text that goes in a hundred times."""
    rules = make_line()[1]
    code, said = rr.emit(rules, "python", form="tree"), read_rules(rules)
    for count, fits in ((90, True), (91, False)):
        split, (low, high) = said["splits"][0], said["rules"][:2]
        said["splits"] = [{**split, "then": {"split": k + 1}} for k in range(count)]
        said["splits"][-1]["then"] = {"rule": 2}
        said["rules"] = [{**low, "conditions": []}, {**high, "conditions": []}]
        head, tail = str(code).split("    if x0 >= 0.0:\n        return _result(2, x0)\n")
        tail = tail.split("return _result(1, 0.0)\n", 1)[1]
        steps = ["    " * k for k in range(1, count + 1)]
        body = "".join(f"{step}if x0 >= 0.0:\n" for step in steps)
        body += f"{steps[-1]}    return _result(2, x0)\n"
        ends = (f"{step}else:\n{step}    return _result(1, 0.0)\n" for step in reversed(steps))
        own = replace(code, files={"score.py": head + body + "".join(ends) + tail})
        if fits:
            read(own, said)
            _load(own)
            continue
        with pytest.raises(RefusedError, match="91 conditions within one another"):
            read(own, said)


@pytest.mark.parametrize("target", ["c", "python", "javascript"])
def test_outputs_are_the_scores_in_the_order_of_the_rules(target: str) -> None:
    """C writes scores straight to the outputs just where these are the scores in order."""
    net, domain = network([[1.0]], [0.0], [[1.0], [-3.0]]), rr.Domain.box([-1.0], [1.0])
    plain, turned = (
        rr.extract(graph(net, ("a", "b"), [Head("identity", (i,)) for i in order]), domain=domain)
        for order in ((0, 1), (1, 0))
    )
    for rules, other in ((plain, turned), (turned, plain)):
        read(rr.emit(rules, target), read_rules(rules))
        with pytest.raises(RefusedError):
            read(rr.emit(other, target), read_rules(rules))


def test_a_rule_alone_is_told_to_have_no_bound() -> None:
    model = graph(lines([[1.0]], [5.0]))
    rules = rr.extract(model, domain=rr.Domain.box([0.0], [1.0]))
    for form in _FORMS:
        with pytest.raises(UnsupportedError, match="one rule without conditions"):
            rr.prove(rules, model, artifacts=[rr.emit(rules, "c", form=form)])


def test_torn_and_odd_texts_are_refused() -> None:
    rules = make_line()[1]
    query, program = rr.emit(rules, "sql"), rr.emit(rules, "python", form="rules")
    torn = [str(query)[: found.end()] for found in re.finditer("CASE", str(query))]
    odd = str(program).replace("x0 >= 0.0", "max(0.0, x0) + x0 >= 0.0")
    changed = [replace(query, files={"score.sql": text}) for text in torn]
    assert len(torn) == 4
    for code in (*changed, replace(program, files={"score.py": odd})):
        with pytest.raises(RefusedError):
            read(code, read_rules(rules))


def test_a_smaller_claim_is_refused() -> None:
    model, rules = make_deep()
    code = rr.emit(rules, "python", form="tree")
    certificate = rr.prove(rules, model, artifacts=[code])
    found = {name: value for name, value in certificate.found.items() if name != "digest"}
    said = (read_rules(rules), certificate.model, [make_artefact_text(code)])
    bound = float(found["artefacts"][0]["bounds"][0])
    assert bound > rules.score_error
    found["artefacts"] = [{**found["artefacts"][0], "bounds": [f"{0.9 * bound:.3e}"]}]
    verdict = checker.check({**found, "digest": checker.hash_json(found)}, *said)
    assert not verdict
    assert "and shows" in verdict.why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"outputs": ["rule"]}, "as the rule's number is"),
        ({"complete": False}, "a part of the domain"),
        ({"decision": {}}, "decisions"),
    ],
)
def test_other_rules_are_refused(change: dict[str, Any], why: str) -> None:
    rules = make_deep()[1]
    code = rr.emit(rules, "python", form="tree")
    with pytest.raises(RefusedError, match=why):
        read(code, {**read_rules(rules), **change})
