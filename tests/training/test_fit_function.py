"""`rr.fit`: a frame or a file as it comes -> rules in its raw columns, as by the command."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pytest

import relurules as rr
from relurules.errors import DataError, UnsupportedError

ROWS = 300


def make_loans() -> pd.DataFrame:
    """Numbers, codes, text with a category "NA", booleans, dates and missing values."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, ROWS).astype(float),
            "zip": rng.choice(["01067", "04103", "10115"], ROWS),
            "job": pd.Series(rng.choice(["cook", "NA"], ROWS), dtype=object),
            "opened": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 999, ROWS), "D"),
            "owner": pd.Series(rng.choice([True, False], ROWS), dtype=object),
        }
    )
    z = frame.age / 40 + (frame.zip == "04103") * 2 - (frame.job == "NA")
    frame["verdict"] = np.where(z > z.median(), "bad", "good")
    frame.loc[::7, "age"] = np.nan
    frame.loc[::9, "job"] = None
    frame.loc[::5, "owner"] = None
    return frame


@pytest.fixture(scope="module")
def fitted() -> Any:
    return rr.fit(make_loans(), "verdict", max_rules=4, hidden=(8,), positive="bad")


def test_rules_are_the_pipeline_on_every_row(fitted: Any) -> None:
    probabilities = fitted.pipeline.predict_proba(fitted.frame)
    assert fitted.rules.predict(fitted.frame) == pytest.approx(probabilities, abs=1e-9)
    told = fitted.pipeline.predict(fitted.frame).tolist()
    assert fitted.rules.classify(fitted.frame).tolist() == told
    assert fitted.rules.labels.positive_label == "bad"
    assert len(fitted.rules) <= 4
    assert list(fitted.report.index)[1] == "the rules"
    assert set(fitted.report.columns) == {"train", "validation", "test"}
    assert repr(fitted).startswith("<Fitted: verdict by ")
    assert fitted._repr_html_().startswith("<div>")


def test_the_folder_is_that_of_the_command(fitted: Any, tmp_path: Path) -> None:
    names = {path.name for path in fitted.save(tmp_path / "model")}
    assert names >= {"columns.toml", "model.joblib", "model.json", "rules.json", "rules.html"}
    again = rr.RuleSet.load(tmp_path / "model" / "rules.json")
    assert np.array_equal(again.predict(fitted.frame), fitted.rules.predict(fitted.frame))


def test_lines_and_trees_load_no_torch() -> None:
    """It takes seconds, which a fit of lines hardly does itself."""
    code = (
        "import sys, pandas as pd, relurules as rr\n"
        "x = [(each % 40) / 2 for each in range(120)]\n"
        "frame = pd.DataFrame({'x': x, 'y': [max(0, each - 10.25) for each in x]})\n"
        "for form in ('additive', 'partition'):\n"
        "    print(rr.fit(frame, 'y', form=form, max_rules=2))\n"
        "    print(form, 'torch' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.count("<Fitted: y by ") == 2
    assert "additive False\n" in ended.stdout
    assert "partition False\n" in ended.stdout


def test_files_and_frames_of_other_libraries_give_the_same(fitted: Any, tmp_path: Path) -> None:
    frame = make_loans()
    frame.to_csv(tmp_path / "loans.csv", index=False)
    given = {"max_rules": 4, "hidden": (8,), "positive": "bad"}
    for table in (tmp_path / "loans.csv", polars.from_pandas(frame)):
        other = rr.fit(table, "verdict", **given)
        assert other.rules.predict(fitted.frame) == pytest.approx(
            fitted.rules.predict(fitted.frame), abs=1e-12
        )


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({"mixed": [1, "a"] * (ROWS // 2)}, {}, "'mixed' holds several kinds of values"),
        ({"large": [1, 10**25] * (ROWS // 2)}, {}, "'large' holds .* aren't supported.*too large"),
        ({"dec": [Decimal(1), Decimal("inf")] * (ROWS // 2)}, {}, "column 'dec' holds"),
        ({"bare": pd.arrays.SparseArray([0, 1] * (ROWS // 2))}, {}, "column 'bare' holds .*Sparse"),
        (
            {"half": pd.Series(["a\ud800", "b"] * (ROWS // 2), dtype=object)},
            {},
            "column 'half' holds .*surrogates",
        ),
        ({"turn": [1j, 2] * (ROWS // 2)}, {}, "column 'turn' holds"),
        ({"when": pd.period_range("2000", periods=ROWS)}, {"target": "when"}, "numbers, booleans"),
        ({}, {"target": pd.Series([0.0])}, "target is a Series; expected the name of a column"),
        ({}, {"target": "nope"}, "no column 'nope' to be the target"),
        ({}, {"types": {"zz": "number"}}, "no column 'zz'; it has 'age'"),
        ({}, {"types": {"age": "colour"}}, "kind 'colour'; supported: "),
        ({}, {"drop": ["zz"]}, "no column 'zz'"),
        ({}, {"types": {"job": "number"}}, "row 1: column 'job': found '.*', expected a number"),
    ],
)
def test_what_cannot_be_fitted(change: Any, options: Any, says: str) -> None:
    table = make_loans().assign(**change)
    with pytest.raises(DataError, match=says):
        rr.fit(table, **{"target": "verdict", **options})


def test_what_was_not_learnt_from_is_said() -> None:
    frame = pd.DataFrame({"x": np.arange(60.0) % 7, "y": np.arange(60.0) % 7})
    told = repr(rr.fit(frame, "y", form="additive", max_rules=1))
    assert told.endswith(" on test rows>")
    frame["month"] = pd.period_range("2000-01", periods=60, freq="M")
    frame["lasted"] = pd.to_timedelta(np.arange(60), "h")
    for number in range(3):
        frame[f"same {number}"] = 1.0
    found = rr.fit(frame, "y", form="additive", max_rules=1)
    assert repr(found).endswith("; not learnt from: month, lasted, same 0, same 1, 1 more>")


def test_other_things_are_no_table() -> None:
    with pytest.raises(DataError, match="the table is a list; supported: a frame of pandas"):
        rr.fit([1, 2], "y")
    loans = make_loans()
    with pytest.raises(DataError, match="two columns are called 'age'; give each a name"):
        rr.fit(pd.concat([loans, loans[["age"]]], axis=1), "verdict")
    with pytest.raises(UnsupportedError, match="form 'trees'; supported: auto, partition"):
        rr.fit(make_loans(), "verdict", form="trees")


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("additive", {"max_terms": 2}),
        ("additive", {"max_condition_terms": 1}),
        ("additive", {"hidden": (5,)}),
        ("partition", {"max_columns": 2}),
        ("partition", {"max_condition_columns": 1}),
    ],
)
def test_no_form_takes_options_of_the_other(form: str, options: dict[str, Any]) -> None:
    other = {"additive": "partition", "partition": "additive"}[form]
    says = f"{next(iter(options))} with form='{form}'; supported: form='{other}'"
    with pytest.raises(UnsupportedError, match=says):
        rr.fit(make_loans(), "verdict", form=form, **options)


def test_predictions_come_as_frames_where_asked_for(fitted: Any) -> None:
    rules, frame = fitted.rules, fitted.frame.iloc[5:9]
    named = rules.set_output(transform="pandas").predict(frame)
    assert list(named.columns) == list(rules.outputs)
    assert list(named.index) == list(frame.index)
    assert np.array_equal(named.to_numpy(), rules.predict(frame))
    other = rules.set_output(transform="polars").predict(frame)
    assert isinstance(other, polars.DataFrame)
    assert np.array_equal(other.to_numpy(), rules.predict(frame))
    assert rules.set_output(transform=None) is rules
    with pytest.raises(UnsupportedError, match="'pandas', 'polars', or None"):
        rules.set_output(transform="arrow")
