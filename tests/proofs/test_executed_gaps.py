"""Artefacts of rules with numbers that tables lack, and with inequalities: what runs is within the
bound of what the rules say, and texts that run otherwise are refused.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from executed_cases import find_score, make_gap_shares, make_gaps
from executed_targets import TARGETS, require_target
from line_models import plain
from mutated_artifacts import draw_table, judge_changes
from test_executions import bound, read_rules

import relurules as rr
from relurules.checker import RefusedError
from relurules.ir import AdditiveRules, Artifact
from relurules.verifying.engines import choose_engine

_TARGETS = [*TARGETS, ("sql", {"dialect": "postgres"})]


def find_worst(code: Artifact, said: Any, table: dict[str, list[Any]]) -> tuple[float, int]:
    """The largest error of a score of the rows, exactly, and how many rows have scores."""
    found = choose_engine(code, None)[1].run(code, table).outputs
    worst, count = 0.0, 0
    for i, scores in enumerate(found):
        due = find_score(said, {name: values[i] for name, values in table.items()})
        if due is None:
            continue
        count += 1
        for value, exact in zip(scores.tolist(), due, strict=True):
            worst = max(worst, abs(float(type(exact)(value) - exact)))

    return worst, count


def make_whole(values: list[Any]) -> list[Any]:
    return [value if value is None else float(np.round(value)) for value in values]


@pytest.mark.parametrize(("target", "given"), TARGETS)
def test_what_runs_is_within_the_bound(target: str, given: dict[str, Any], tmp_path: Path) -> None:
    require_target(target)
    rules = make_gaps()[1]
    code, said = rr.emit(rules, target, **given), read_rules(rules, tmp_path)
    table = draw_table(rules.domain, str(code), np.random.default_rng(3), 3000)
    table |= {name: make_whole(table[name]) for name in ("late", "age")}
    worst, count = find_worst(code, said, table)
    (shown,) = bound(code, said)
    assert worst <= shown <= 40 * worst
    assert count > 500


@pytest.mark.parametrize(("target", "given"), _TARGETS)
@pytest.mark.parametrize("make", [lambda: make_gaps()[1], make_gap_shares])
def test_bounds_are_alike_in_all_languages(
    make: Callable[[], AdditiveRules], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    rules = make()
    said = read_rules(rules, tmp_path)
    shown, due = bound(rr.emit(rules, target, **given), said), bound(rr.emit(rules, "c"), said)
    for one, other in zip(shown, due, strict=True):
        assert other / 2 <= one <= 2 * other


@pytest.mark.parametrize(("target", "given"), _TARGETS)
def test_inequalities_alone_are_read(target: str, given: dict[str, Any], tmp_path: Path) -> None:
    code, said = rr.emit(plain(), target, **given), read_rules(plain(), tmp_path)
    (shown,), (due,) = bound(code, said), rr.bound_rounding(code, plain()).scores
    assert 0.25 * due <= shown <= 4 * due


@pytest.mark.parametrize(("target", "given"), TARGETS)
def test_changed_texts_that_give_something_else_are_refused(
    target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    require_target(target)
    rules, rng = make_gaps()[1], np.random.default_rng(len(target))
    code, said = rr.emit(rules, target, **given), read_rules(rules, tmp_path)
    table = draw_table(rules.domain, str(code), rng, 100)
    count = 20 if target in ("c", "javascript") else 80
    judge_changes(code, lambda changed: bound(changed, said), table, count, rng)


_INCOME = 'CASE WHEN rr_table."income" IS NULL THEN 41.5E0 ELSE CASE'
_NAN = 'OR isnan(TRY_CAST(rr_table."income" AS DOUBLE))'
#: What runs otherwise, by language or dialect.
_CHANGES = {
    "python": [("'income', 41.5)", "'income', 41.25)"), (" or income != income", ""),
               (" or value != value", ""), ("return fill", "return 0.0"),
               ("_category(row['wealth']", "_category(row['income']"),
               ("income_is_missing = 1.0 if _c0 == 0", "income_is_missing = 1.0 if _c0 == 1"),
               ("_KNOWN_0, 0, 1", "_KNOWN_0, 1, 0"), ("_KNOWN_2 = {}", "_KNOWN_2 = {1.0: 0}"),
               ("<= 71.7", "< 71.7"), ("9.3 * debt + age", "9.4 * debt + age"),
               ("debt + age <= 71.7", "debt + age <= 81.7"),
               ("debt + age <= 71.7", "debt + age <= 70.7"),
               ("'debt', -3.25)", "'debt', 3.25)")],
    "c": [("isnan(x[0]) ? 41.5 : x[0]", "isnan(x[0]) ? 41.5 : x[1]"),
          ("isnan(x[0]) ? 41.5", "isnan(x[1]) ? 41.5"), ("? 41.5 :", "? 41.75 :"),
          ("!isnan(x[0]) ?", "isnan(x[0]) ?"), ("isnan(x[2]) ? 1.0", "isnan(x[3]) ? 1.0"),
          ("9.3 * x_debt + x_age", "9.3 * x_debt - x_age"), ("<= 71.7", ">= 71.7")],
    "javascript": [('"income", 41.5)', '"income", NaN)'), ('"income", 41.5)', '"income", 41)'),
                   ("x_income_is_missing = c0 === 0", "x_income_is_missing = c0 === 1"),
                   ('"wealth", KNOWN_2, 0, 1', '"wealth", KNOWN_2, 1, 0'),
                   ("9.3 * x_debt + x_age", "9.03 * x_debt + x_age")],
    "sqlite": [(_INCOME, _INCOME.replace("41.5E0", "41E0")),
               (_INCOME, _INCOME.replace("IS NULL", "IS NOT NULL")),
               (_INCOME, _INCOME.replace("income", "late")),
               ("""."income") = 'integer'""", """."income") = 'text'"""),
               ('"wealth" IS NULL THEN 1E0 ELSE 0E0', '"wealth" IS NULL THEN 0E0 ELSE 1E0'),
               ('"job" IS NULL THEN 1E0 ELSE 0E0', '"purpose" IS NULL THEN 1E0 ELSE 0E0'),
               (' AND rr_numbers = 1', ""), ('<= 71.7', '<= 61.7'),
               ('9.3E0 * "debt"', '9.3E0 * "late"'), ('"debt" + "age"', '"debt" - "age"')],
    "duckdb": [(_NAN, ""), (_NAN, _NAN.replace("income", "debt")), ("THEN 41.5E0", "THEN 41E0"),
               (_NAN, _NAN.replace("isnan", "isinf"))],
    "postgres": [("CAST('NaN' AS", "CAST('Infinity' AS"), ("CAST(41.5E0", "CAST(4.15E0"),
                 ("IS NULL\n        OR", "IS NULL\n        AND")],
}  # fmt: skip


def emit_for(name: str, rules: AdditiveRules) -> Artifact:
    is_dialect = name in ("sqlite", "duckdb", "postgres")
    return rr.emit(rules, "sql", dialect=name) if is_dialect else rr.emit(rules, name)


@pytest.mark.parametrize("name", [*_CHANGES])
def test_a_change_of_meaning_is_refused(name: str, tmp_path: Path) -> None:
    rules = make_gaps()[1]
    code, said = emit_for(name, rules), read_rules(rules, tmp_path)
    bound(code, said)
    for old, new in _CHANGES[name]:
        text = str(code)
        assert old in text, old
        files = {**code.files, [*code.files][-1]: text.replace(old, new, 1)}
        with pytest.raises(RefusedError):
            bound(replace(code, files=files), said)


@pytest.mark.parametrize("name", [*_CHANGES])
def test_an_inequality_that_is_left_out_is_refused(name: str, tmp_path: Path) -> None:
    """But one that the bounds imply, which isn't in any text."""
    rules = make_gaps()[1]
    said = read_rules(rules, tmp_path)
    code = emit_for(name, rules)
    bound(code, {**said, "constraints": [*said["constraints"], make_wall(said, 27.0)]})
    for wall in (make_wall(said, 25.0), make_wall(said, 0.0)):
        with pytest.raises(RefusedError, match="lacks an inequality"):
            bound(code, {**said, "constraints": [*said["constraints"], wall]})
    with pytest.raises(RefusedError, match="isn't one of the domain's"):
        bound(code, {**said, "constraints": said["constraints"][:2]})


def make_wall(said: Any, most: float) -> dict[str, Any]:
    """3 late - 0.5 age <= most: 18 at most in the box, and 27 - 9 there."""
    return {"text": "", "coefficients": {"late": 3.0, "age": -0.5}, "at_most": most - 9.0}


@pytest.mark.parametrize("name", [*_CHANGES])
def test_what_a_missing_number_counts_as_is_that_of_the_rules(name: str, tmp_path: Path) -> None:
    rules = make_gaps()[1]
    said = read_rules(rules, tmp_path)
    code = emit_for(name, rules)
    for fill in (41.25, None):
        other = json.loads(json.dumps(said))
        other["columns"][0]["fill"] = fill
        with pytest.raises(RefusedError):
            bound(code, other)


def test_half_a_number_is_no_whole_one(tmp_path: Path) -> None:
    """0.1 late is rounded, as is what is counted of halves; of whole numbers sums are exact."""
    said = read_rules(make_gaps()[1], tmp_path)
    from relurules.checker.artefact_domain import ArtefactDomain
    from relurules.checker.artefact_values import FloatArithmetic

    arithmetic = FloatArithmetic(ArtefactDomain(said))
    names = [feature["name"] for feature in said["features"]]
    assert arithmetic.read_feature(names.index("late")).grid == -1
    assert arithmetic.read_feature(names.index("age")).grid == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda c: c[1].update(categories=[{"values": [], "missing": True}] * 2), "two categories"),
        (lambda c: c[1]["categories"][1].update(values=["a"]), "aren't missing"),
        (lambda c: c[3].update(missing_of="income"), "two ways"),
        (lambda c: c[3].update(missing_of="job"), "two ways"),
        (lambda c: c[0].update(derived={}), "kind of column"),
        (lambda c: c[5].update(fill=1.0), "as a number and as a category"),
    ],
)  # fmt: skip
def test_columns_that_say_two_things_are_refused(change: Any, why: str, tmp_path: Path) -> None:
    rules = make_gaps()[1]
    said = read_rules(rules, tmp_path)
    change(said["columns"])
    with pytest.raises(RefusedError, match=why):
        bound(rr.emit(rules, "python"), said)


def test_sqlite_scores_no_texts(tmp_path: Path) -> None:
    """A text that isn't a number is none, and a cast alone would make 0 of it."""
    rules = make_gaps()[1]
    code, said = rr.emit(rules, "sql"), read_rules(rules, tmp_path)
    text = str(code)
    start = text.index('CASE WHEN rr_table."debt" IS NULL')
    end = text.index('AS "debt"', start)
    loose = (
        'CASE WHEN rr_table."debt" IS NULL THEN -3.25E0 ELSE CAST(rr_table."debt" AS DOUBLE) END '
    )
    files = {**code.files, [*code.files][-1]: text[:start] + loose + text[end:]}
    with pytest.raises(RefusedError, match="other rows"):
        bound(replace(code, files=files), said)
