"""Derived columns in every language that prints them, beside the pipeline itself."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from executed_targets import TARGETS
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)

import relurules as rr
from relurules.cli.main import run
from relurules.documents.workbook.try_sheet import list_try_sheets
from relurules.errors import DataError, RulesError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(5)
N = 150
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, N).astype(float),
        "net pay": RNG.gamma(2.0, 3.0, N),
        "debt": RNG.normal(0, 2, N),
        "job": RNG.choice(["clerk", "smith"], N),
    }
)
GAPS = TABLE.mask(RNG.random(TABLE.shape) < 0.1)
Y = (TABLE["age"] / 10 + TABLE["debt"]).to_numpy()
BINS = KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf")


@cache
def make_model() -> Any:
    steps = make_column_transformer(
        (
            make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p), StandardScaler()),
            ["net pay"],
        ),
        (make_pipeline(SimpleImputer(), PowerTransformer()), ["debt"]),
        (make_pipeline(FunctionTransformer(np.sqrt), StandardScaler()), ["age"]),
        (make_pipeline(SimpleImputer(), BINS), ["age"]),
        (make_pipeline(SimpleImputer(missing_values=18.0), StandardScaler()), ["age"]),
        (
            make_pipeline(SimpleImputer(), StandardScaler(), PolynomialFeatures(2)),
            ["debt", "net pay"],
        ),
        (OneHotEncoder(handle_unknown="ignore"), ["job"]),
    )
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=20, random_state=0)
    known = GAPS.assign(age=TABLE["age"])
    return make_pipeline(steps, mlp).fit(known, Y)


@cache
def make_rules(form: str) -> Any:
    return rr.extract(make_model(), form=form, data=GAPS.assign(age=TABLE["age"]))


def rows() -> pd.DataFrame:
    """Rows with missing values, unknown categories, and numbers that a function doesn't take."""
    found = GAPS[:40].copy()
    found.loc[:4, ["age", "net pay"]] = [[18, 0], [20, -1], [-4, 3], [37, 2], [0, -0.5]]
    found.loc[5:8, "job"] = "pilot"
    return found


def find_edges() -> list[float]:
    """Where bins of the age begin, and the numbers beside."""
    (bins,) = [c for c in make_rules("additive").domain.columns if c.name == "age in bins"]
    assert bins.derivation is not None
    edges = [edge for edge, _ in bins.derivation.edges]
    return [float(np.nextafter(e, e + way)) for e in edges for way in (-1, 0, 1)]


def extreme_rows() -> pd.DataFrame:
    """Rows exactly at edges of bins and beside them, and with numbers beyond all others."""
    edges = find_edges()
    found = TABLE[: len(edges) + 18].reset_index(drop=True)
    found.loc[: len(edges) - 1, "age"] = edges
    spoilt = [np.inf, -np.inf, 1e300, -1e300, 5e-324, -0.0]
    for k, name in enumerate(["age", "net pay", "debt"]):
        found.loc[len(edges) + 6 * k : len(edges) + 6 * k + 5, name] = spoilt
    return found


def find_taken_rows() -> pd.DataFrame:
    """Rows for which scikit-learn raises no error."""
    found = rows()
    known = found["age"].notna() & (found["age"] >= 0) & ~(found["net pay"] <= -1)
    return found[known]


def test_float_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"number='float' can't be written .*'age in bins'"):
        rr.emit(make_rules("additive"), "c", number="float")


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_documents_answer_what_no_tied_column_bars(form: str, tmp_path: Path) -> None:
    """`age` makes several columns: how the score goes with one of them alone isn't told."""
    rules = make_rules(form)
    text = str(rr.emit(rules, "markdown"))
    assert "Derived columns are taken for columns of their own" in text
    assert "never falls" not in text
    rules.save(tmp_path / "rules.json")
    TABLE.assign(y=Y).to_csv(tmp_path / "rows.csv", index=False)
    given = ["--data", str(tmp_path / "rows.csv"), "--y", "y", "--format", "md"]
    out = ["--out", str(tmp_path / "document")]
    assert run(["document", str(tmp_path / "rules.json"), *given, *out]) == 0


def test_two_versions_are_compared(tmp_path: Path) -> None:
    rules = make_rules("additive")
    rules.save(tmp_path / "old.json")
    edited = rr.edit(rules, "line 1 slope = 0.5", author="A", reason="B", date="2026-01-01")
    edited.rules.save(tmp_path / "new.json")
    names = [str(tmp_path / f"{name}.json") for name in ("old", "new")]
    out = tmp_path / "diff.md"
    assert run(["diff", *names, "--out", str(out)]) == 1
    assert "Not equivalent" in out.read_text()


@pytest.mark.parametrize("target", ["python", "c", "javascript", "sql"])
def test_rounding_of_derived_columns_has_no_bound(target: str) -> None:
    rules = make_rules("additive")
    assert "derived columns" in rr.bound_rounding(rr.emit(rules, target), rules).refusal


@pytest.mark.parametrize("outside", ["clamp", "exact"])
def test_rows_outside(outside: str) -> None:
    rules = make_rules("additive")
    report = rr.verify(rr.emit(rules, "c", outside=outside), rules, rows())
    assert report.passed, str(report)


def test_an_expression_of_sql() -> None:
    rules = make_rules("partition")
    artifact = rr.emit(rules, "sql", dialect="duckdb", shape="expression", columns=("outputs",))
    report = rr.verify(artifact, rules, rows())
    assert report.passed, str(report)


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_files_keep_definitions(form: str, tmp_path: Path) -> None:
    rules = make_rules(form)
    rules.save(tmp_path / "rules.json")
    found = type(rules).load(tmp_path / "rules.json")
    assert found.domain.columns == rules.domain.columns
    assert np.array_equal(found.predict(rows()), rules.predict(rows()), equal_nan=True)


def test_a_function_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    make_rules("additive").save(path)
    path.write_text(path.read_text().replace('"yeo_johnson"', '"gamma"'))
    with pytest.raises(RulesError, match="gamma"):
        rr.AdditiveRules.load(path)


def test_documents_define_columns() -> None:
    said = "log((net pay + 1.0)) where (net pay + 1.0) > 0.0; no value elsewhere"
    for form in ("additive", "partition"):
        assert said in str(rr.emit(make_rules(form), "text"))
        text = str(rr.emit(make_rules(form), "markdown"))
        assert "Derived columns" in text
        assert "taken for columns of their own" in text
    assert said in str(rr.emit(make_rules("additive"), "sql")).replace("\n-- ", " ")


@pytest.mark.parametrize("form", ["additive", "partition"])
def test_what_cannot_be_tried_is_said_by_name(form: str) -> None:
    rules = make_rules(form)
    page = str(rr.emit(rules, "html"))
    assert "Rows can&#x27;t be tried in this page: these rules read derived columns" in page
    names = [column.name for column in rules.domain.columns if column.derivation]
    assert escape(repr(names[0])) in page
    assert "<script" not in page
    assert "be tried" not in str(rr.emit(rules, "html", script=False))

    (sheet,) = list_try_sheets(rules)
    ((said,),) = sheet.rows
    assert repr(names[0]) in str(said)


def test_explanations_and_answers() -> None:
    rules, row = make_rules("additive"), find_taken_rows().iloc[[6]]
    assert "sqrt(age)" in str(rr.explain(rules, row))
    answer = rr.ask(rules, "range")
    assert any("own range" in note for note in answer.notes)
    with pytest.raises(UnsupportedError, match="'net pay' can't change alone"):
        rr.ask(rules, "effect", feature="net pay")
    with pytest.raises(UnsupportedError, match="can't change alone"):
        rr.ask(rules, "monotone")
    with pytest.raises(DataError, match="need the columns' names"):
        rr.explain(rules, [1.0] * 4)


def test_a_certificate_is_of_derived_columns() -> None:
    rules = make_rules("additive")
    certificate = rr.prove(rules, make_model())
    assert rr.check(certificate, rules, make_model()).holds


@cache
def make_binned_model() -> Any:
    """Of which the score doesn't read every column."""
    steps = make_column_transformer(
        (make_pipeline(SimpleImputer(), KBinsDiscretizer(4, strategy="uniform")), ["age"]),
        (make_pipeline(SimpleImputer(), PowerTransformer()), ["net pay", "debt"]),
        ("drop", ["job"]),
    )
    model = make_pipeline(steps, LinearRegression()).fit(GAPS, Y)
    model[-1].coef_[-1] = 0.0
    return model


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "-".join([target[0], *target[1]]))
def test_infinity_is_in_no_bin(target: tuple[str, dict[str, Any]]) -> None:
    rules = rr.extract(make_binned_model(), data=GAPS, form="additive")
    table = GAPS[:6].reset_index(drop=True)
    table.loc[:2, "age"] = [np.inf, -np.inf, np.nan]

    assert np.isnan(rules.predict(table)[:, 0]).tolist() == [True, True, *[False] * 4]
    artifact = rr.emit(rules, target[0], **target[1])
    assert rr.verify(artifact, rules, table)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "-".join([target[0], *target[1]]))
def test_rows_at_the_ends_have_rules_in_every_language(target: tuple[str, dict[str, Any]]) -> None:
    """Powers differ by their last digits from one library to another."""
    rules = rr.extract(make_binned_model(), data=GAPS, form="partition")
    ends = [GAPS["net pay"].idxmin(), GAPS["net pay"].idxmax()]
    table = pd.concat([GAPS.loc[ends], GAPS[:40]], ignore_index=True)

    report = rr.verify(rr.emit(rules, target[0], **target[1]), make_binned_model(), table)
    assert report.passed, str(report)
    assert (rules.domain.lower < rr.Domain.over(rules.domain.columns).rows(table).min(0)).any()
