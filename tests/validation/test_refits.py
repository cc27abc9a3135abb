"""Rules beside refits of them: shares, quantiles and figures written out, or by scikit-learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive, make_frame
from sklearn.metrics import log_loss, roc_auc_score

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.training.fit_options import FitOptions
from relurules.training.refit_rows import refit_rules, restore_options
from relurules.validation import ValidationOptions, ValidationReport, validate_rules
from relurules.validation.fit_record import FitRecord, read_fit_record
from relurules.validation.judged_rows import judge_rows, make_judge
from relurules.validation.origins import hash_file
from relurules.validation.refit_curves import add_bends, find_typical_row, list_bends
from relurules.validation.refits import list_conditions
from relurules.validation.report import FitFindings

OPTIONS = ValidationOptions(target="bad", rounds=0)


@pytest.fixture(scope="module")
def every() -> list[AdditiveRules]:
    """The rules, and others that stand for refits."""
    return [make_additive("two", hidden=(6,), seed=seed, reads=1)[0] for seed in range(5)]


@pytest.fixture(scope="module")
def frame(every: list[AdditiveRules]) -> pd.DataFrame:
    found = make_frame(500, 5)
    inside = np.all([~np.isnan(one.predict(found)[:, 0]) for one in every], axis=0)
    found = found[inside].reset_index(drop=True)
    chance = np.random.default_rng(0).uniform(size=len(found))
    return found.assign(bad=np.where(chance < every[0].predict(found)[:, 0], "yes", "no"))


@pytest.fixture(scope="module")
def report(every: list[AdditiveRules], frame: pd.DataFrame) -> ValidationReport:
    known = FitFindings(refits=tuple(every[1:]))
    return validate_rules(every[0], {"test": frame}, OPTIONS, known)


def test_figures_of_refits_are_scikit_learn_s(
    every: list[AdditiveRules], frame: pd.DataFrame, report: ValidationReport
) -> None:
    came = frame["bad"] == "yes"
    for number, refit in enumerate(every[1:], 1):
        own = {one.metric: one.value for one in report.refit_figures if one.refit == number}
        share = refit.predict(frame)[:, 0]
        score = np.round(refit.predict_scores(frame)[:, 0], 10)  # rows that score alike are tied
        assert own["AUC"] == pytest.approx(roc_auc_score(came, score))
        assert own["log loss"] == pytest.approx(log_loss(came, share))
        assert own["accuracy"] == pytest.approx(((share > 0.5) == came).mean())


def test_columns_and_lines_are_counted(
    every: list[AdditiveRules], report: ValidationReport
) -> None:
    for one in report.refit_columns:
        counts = [sum(one.column in line.columns for line in rules) for rules in every]
        assert one.conditions == counts[0]
        assert one.share == np.mean(np.array(counts[1:]) > 0)
        assert one.mean == np.mean(counts[1:])
    for line, one in zip(every[0], report.refit_conditions, strict=True):
        same = [any(other.columns == line.columns for other in rules) for rules in every[1:]]
        assert one.same == np.mean(same)


def test_bounds_that_come_back_are_the_nearest_by_rows(
    every: list[AdditiveRules], frame: pd.DataFrame, report: ValidationReport
) -> None:
    checked = 0
    for one in report.refit_conditions:
        if one.bound is None or not one.same:
            continue
        checked += 1
        values = frame[one.columns].to_numpy(dtype=float)

        def measure(
            bound: float, own: float = one.bound, values: Any = values
        ) -> tuple[float, float]:
            low, high = sorted((bound, own))
            return float(((values >= low) & (values < high)).mean()), abs(bound - own)

        bounds = [
            [c.bound for c in list_conditions(refit) if c.columns == {one.columns} and c.bound]
            for refit in every[1:]
        ]
        nearest = [min(own, key=measure) for own in bounds if own]
        assert (one.low, one.middle, one.high) == pytest.approx(
            tuple(np.quantile(nearest, [0.05, 0.5, 0.95]))
        )
        assert one.near == sum(measure(bound)[0] <= 0.1 for bound in nearest) / 4
    assert checked


def test_curves_are_differences_of_scores_of_one_row(
    every: list[AdditiveRules], frame: pd.DataFrame, report: ValidationReport
) -> None:
    judge = make_judge(every[0], None, None)
    row = find_typical_row(judge_rows(every[0], "test", frame, judge, None))
    assert {one.column for one in report.refit_curves} == set(frame.columns) - {"bad"}
    for one in report.refit_curves[::7]:
        both = frame.iloc[[row, row]].copy().reset_index(drop=True)
        value: Any = one.value if one.number is None else one.number
        both[one.column] = [both[one.column][0], value]
        added = [np.diff(rules.predict_scores(both)[:, 0])[0] for rules in every]
        assert one.points == pytest.approx(added[0])
        expected = np.quantile(added[1:], [0.05, 0.5, 0.95])
        assert (one.low, one.middle, one.high) == pytest.approx(tuple(expected))


def test_bands_are_means_of_what_refits_say_row_by_row(
    every: list[AdditiveRules], frame: pd.DataFrame, report: ValidationReport
) -> None:
    shares = np.array([rules.predict(frame)[:, 0] for rules in every])
    low, high = np.quantile(shares[1:], [0.05, 0.95], axis=0)
    others = ((shares[1:] > 0.5) != (shares[0] > 0.5)).mean(axis=0)
    sizes = [one.rows for one in report.refit_bands]
    assert sum(sizes) == len(frame)
    for name, values in (("prediction", shares[0]), ("low", low), ("high", high)):
        mean = np.dot(sizes, [getattr(one, name) for one in report.refit_bands]) / len(frame)
        assert mean == pytest.approx(values.mean())
    mean = np.dot(sizes, [one.others or 0.0 for one in report.refit_bands]) / len(frame)
    assert mean == pytest.approx(others.mean())


def test_rules_that_come_back_whole_move_nothing(
    every: list[AdditiveRules], frame: pd.DataFrame
) -> None:
    for rules in (every[0], every[0].to_partition()):
        known = FitFindings(refits=(rules, rules))
        found = validate_rules(rules, {"test": frame}, OPTIONS, known)
        assert all(one.same == 1.0 and one.near in (1.0, None) for one in found.refit_conditions)
        assert all(one.low == one.points == one.high for one in found.refit_curves)
        assert all(one.others == 0.0 for one in found.refit_bands)


def test_options_of_a_fit_are_read_again() -> None:
    wanted = FitOptions(
        target="bad", task="binary", form="additive", max_rules=5, monotone={"age": 1},
        interactions=[("age", "debt")], effect_bounds={"age": (-1.0, 1.0)}, test_size=0.3, seed=4,
        max_condition_columns=2, teacher="boosting", max_terms=None, missing="line",
    )  # fmt: skip
    said = {
        name.replace("_", " "): value if isinstance(value, str | int | float) else str(value)
        for name, value in wanted._asdict().items()
        if name != "target" and value is not None
    }
    record = FitRecord(target="bad", said=said, data="", files={})
    assert restore_options(record)._replace(max_terms=None) == wanted
    with pytest.raises(UnsupportedError, match="a teacher of its own"):
        restore_options(FitRecord(target="bad", said={"teacher": "<f>"}, data="", files={}))


def test_curves_of_refits_have_the_corners_of_the_rules() -> None:
    rules, _ = make_additive("score", seed=1)
    (at,) = (i for i, column in enumerate(rules.domain.columns) if column.name == "age")
    place = rules.domain.places[at].start
    corners = rules.curves["age"].breakpoints.tolist()
    whole = bool(rules.domain.integer[place])
    bends = list_bends(rules, "age", place)
    assert bends
    assert all(any(abs(bend - corner) < 1 for bend in bends) for corner in corners)
    assert whole == all(bend == round(bend) for bend in bends)

    values = add_bends([min(bends) - 1.0, max(bends)], bends)
    assert values == sorted({min(bends) - 1.0, *bends})
    assert add_bends([3.0], bends) == [3.0]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, and the folder of a fit to it."""
    folder = tmp_path_factory.mktemp("refits")
    table = make_frame(400, 3)
    odds = 0.1 * (table["income"] - 40) + (table["purpose"] == "car")
    chance = np.random.default_rng(1).uniform(size=400)
    table["bad"] = np.where(chance < 1 / (1 + np.exp(-odds)), "yes", "no")
    table.to_csv(folder / "rows.csv", index=False)
    found = rr.fit(folder / "rows.csv", "bad", max_rules=2, max_condition_columns=1, drop=("debt",))
    found.save(folder / "model")
    return folder


def test_a_refit_is_the_fit_of_rows_drawn_from_its_parts(place: Path) -> None:
    record = read_fit_record(place / "model", hash_file(place / "model" / "rules.json"))
    said: list[str] = []
    first, second = refit_rules(record, place / "model", place / "rows.csv", 2, 7, said.append)
    assert said == ["refit 1 of 2", "refit 2 of 2"]
    (again,) = refit_rules(
        record, place / "model", pd.read_csv(place / "rows.csv"), 1, 8, said.append
    )
    frame = pd.read_csv(place / "rows.csv")
    assert np.array_equal(second.predict(frame), again.predict(frame), equal_nan=True)
    assert not np.array_equal(first.predict(frame), second.predict(frame), equal_nan=True)
    assert "debt" not in {column.name for column in first.domain.columns}
    assert len(first) <= 2


def test_a_document_has_its_refits(place: Path) -> None:
    rules = rr.load(place / "model" / "rules.json")
    paths = rr.document(
        rules, place / "out", data=place / "rows.csv", fit=place / "model", refits=2, resamples=0
    )
    names = {path.relative_to(place / "out").as_posix() for path in paths}
    assert {"data/refit_figures.csv", "data/curves.csv", "data/contributions.csv"} <= names
    figures = pd.read_csv(place / "out" / "data" / "refit_figures.csv")
    assert set(figures["refit"]) == {1, 2}
    text = (place / "out" / "rules.md").read_text()
    assert "Fitted again to resampled rows" in text
    assert "refits=2" in text
    assert "isn't known here" not in text
    assert "relurules.extract(" not in text
    with pytest.raises(DataError, match="2 refits need the fit's folder"):
        rr.document(rules, place / "out", data=place / "rows.csv", refits=2)
