"""Baselines, intervals of groups, noise on whole numbers and contributions, each by other means."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from additive_models import make_additive, make_frame
from scipy.stats import binomtest, norm
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, precision_score, recall_score

import relurules as rr
from relurules.documents.contribution_plot import plot_contributions
from relurules.documents.document import Table
from relurules.documents.picture_data import list_picture_tables
from relurules.documents.validation import build_validation
from relurules.validation import ValidationOptions, ValidationReport, validate_rules
from relurules.validation.noise import add_noise
from relurules.validation.performance import bound_mean
from relurules.validation.report import FitFindings


@pytest.fixture(scope="module")
def rules() -> Any:
    return make_additive("two", hidden=(8,), seed=2)[0]


@pytest.fixture(scope="module")
def parts(rules: Any) -> dict[str, pd.DataFrame]:
    found = {}
    for seed, name in enumerate(("training", "validation", "test")):
        frame = make_frame(400, 20 + seed)
        share = rules.predict(frame)[:, 0]
        frame = frame[~np.isnan(share)].reset_index(drop=True)
        chance = np.random.default_rng(seed).uniform(size=len(frame))
        bad = chance < share[~np.isnan(share)]
        found[name] = frame.assign(bad=np.where(bad, "yes", "no"))
    return found


@pytest.fixture(scope="module")
def report(rules: Any, parts: dict[str, pd.DataFrame]) -> ValidationReport:
    options = ValidationOptions(target="bad", groups=("purpose",), rounds=0)
    known = FitFindings(fitted=("training", "validation"))
    return validate_rules(rules, parts, options, known)


def test_a_baseline_is_fitted_to_the_rows_that_the_rules_were(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport
) -> None:
    both = pd.concat([parts["training"], parts["validation"]])
    X, other = rules.domain.rows(both), rules.domain.rows(parts["test"])
    scale = X.std(axis=0)
    model = LogisticRegression(C=np.inf, max_iter=5000, tol=1e-10).fit(X / scale, both["bad"])
    expected = log_loss(parts["test"]["bad"], model.predict_proba(other / scale)[:, 1])
    (found,) = [
        one.value
        for one in report.figures
        if (one.model, one.part, one.metric) == ("logistic regression", "test", "log loss")
    ]
    assert found == pytest.approx(expected, abs=1e-5)
    constant = {one.metric for one in report.figures if one.model == "a constant"}
    assert constant == {"log loss", "Brier score", "accuracy"}


def test_calibration_is_scikit_learn_s(rules: Any, parts: dict[str, pd.DataFrame]) -> None:
    """A row at an edge is in the band above, which is that below of the other class."""
    rows = parts["training"].head(351)
    options = ValidationOptions(target="bad", rounds=0)
    report = validate_rules(rules, {"training": rows}, options)
    share, score = rules.predict(rows)[:, 0], rules.predict_scores(rows)[:, 0]
    assert len(np.unique(share)) == len(rows)
    came = (rows["bad"] == "yes").to_numpy()
    seen, told = calibration_curve(~came, 1 - share, n_bins=10, strategy="quantile")
    assert [one.outcome for one in report.bands] == pytest.approx(1 - seen[::-1])
    assert [one.prediction for one in report.bands] == pytest.approx(1 - told[::-1])

    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(score[:, None], came)
    (said,) = [
        one.value
        for one in report.figures
        if one[:3] == ("the rules", "training", "calibration slope")
    ]
    assert said == pytest.approx(model.coef_[0, 0], rel=1e-5)


def test_intervals_of_groups_are_scipy_s(
    parts: dict[str, pd.DataFrame], report: ValidationReport
) -> None:
    for one in report.groups:
        own = parts[one.part][parts[one.part]["purpose"] == one.group]
        count = int((own["bad"] == "yes").sum())
        ends = binomtest(count, len(own)).proportion_ci(0.95, method="wilson")
        assert (one.outcome_low, one.outcome_high) == pytest.approx((ends.low, ends.high))


def test_noise_on_whole_numbers_moves_few_of_them_by_one_and_none_on_average(rules: Any) -> None:
    X = rules.domain.rows(make_frame(20_000, 4))
    place = rules.domain.names.index("age")
    middle = np.abs(X[:, place] - 48) < 20
    moved = add_noise(rules, X, [place], 0.01, 0)[:, place] - X[:, place]
    assert set(np.unique(moved[middle])) == {-1.0, 0.0, 1.0}
    assert (moved != 0).mean() < 0.2
    assert abs(moved[middle].mean()) < 0.02
    size = 0.01 * X[:, place].std()
    expected = size * np.sqrt(2 / np.pi)  # the mean of |noise|, which is the chance of a step
    assert np.abs(moved[middle]).mean() == pytest.approx(expected, rel=0.1)


def test_contributions_are_those_of_the_rules(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport
) -> None:
    sample = report.contributions
    assert sample is not None
    expected = rules.contributions(parts["test"].iloc[sample.rows])
    found = sample.to_frame()
    for name in sample.names:
        assert found[name].to_numpy() == pytest.approx(expected[name].to_numpy())
    spread = sample.points.std(axis=0)
    assert (np.diff(spread) <= 0).all()
    plot = plot_contributions(sample)
    assert plot is not None
    dots = sum(len(line.corners) for line in plot.lines if line.cloud)
    assert dots == len(sample.rows) * min(15, len(sample.names))


def test_contributions_of_rules_are_those_of_the_rule_that_applies(
    rules: Any, parts: dict[str, pd.DataFrame], tmp_path: Any
) -> None:
    own, test = rules.to_partition(), parts["test"]
    report = validate_rules(own, {"test": test}, ValidationOptions(target="bad", rounds=0))
    sample = report.contributions
    assert sample is not None
    X, numbers = own.domain.rows(test)[sample.rows], own.apply(test)[sample.rows]
    moved = own.maps.weights[numbers - 1, 0] * (X - own.reference.values)
    assert set(sample.names) == {column.name for column in own.domain.columns}
    for column, place in zip(own.domain.columns, own.domain.places, strict=True):
        expected = moved[:, list(place)].sum(axis=1)
        assert sample.to_frame()[column.name].to_numpy() == pytest.approx(expected)

    plot = plot_contributions(sample)
    assert plot is not None
    assert "by the rule that applies" in plot.caption
    assert set(list_picture_tables(own, sample)) == {"contributions"}
    rr.plot(own, "beeswarm", data=test, out=tmp_path / "rules.svg")
    assert ">income<" in (tmp_path / "rules.svg").read_text()


def test_numbers_of_pictures_are_those_of_the_rules(rules: Any, report: ValidationReport) -> None:
    tables = list_picture_tables(rules, report.contributions)
    assert set(tables) == {"curves", "pairs", "waterfall", "contributions"}
    (score,) = rules.scores
    steps = tables["waterfall"].set_index("step")[score]
    assert steps.iloc[:-1].sum() == pytest.approx(steps["score"])
    typical = rules.evidence.typical
    assert steps["score"] == pytest.approx(rules.predict_scores(typical[None])[0, 0])
    curves = tables["curves"]
    own = curves[curves["column"] == "income"]
    at = own["value"].to_numpy(dtype=float)
    assert own[score].to_numpy() == pytest.approx(rules.curves["income"].evaluate(at)[:, 0])
    pairs = tables["pairs"]
    assert set(pairs["column"] + " & " + pairs["other column"]) == {
        part.name for part in rules.parts if len(part.columns) == 2
    }


def test_figures_of_validations_are_drawn(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport, tmp_path: Any
) -> None:
    test = parts["test"]
    for kind in ("roc", "calibration", "beeswarm"):
        figure = rr.plot(rules, kind, data=test.drop(columns="bad"), y=test["bad"])
        assert figure.axes[0].get_title() == ""
    rr.plot(report, "roc", out=tmp_path / "roc.svg")
    assert (tmp_path / "roc.svg").read_text().startswith("<?xml")
    with pytest.raises(rr.RelurulesError, match="no plot 'front' of this validation; there are"):
        rr.plot(report, "front")
    with pytest.raises(rr.RelurulesError, match="needs rows with their true values"):
        rr.plot(rules, "roc", data=test)


def test_several_classes_are_counted_one_by_one() -> None:
    rules, _ = make_additive("softmax")
    frame = make_frame(400, 9)
    told = rules.classify(frame)
    random = np.random.default_rng(0)
    guess = random.choice(["low", "middle", "high"], len(frame))
    keep = random.uniform(size=len(frame)) < 0.6
    frame["grade"] = [
        one if kept and one else other for one, kept, other in zip(told, keep, guess, strict=True)
    ]
    options = ValidationOptions(target="grade", groups=("purpose",), rounds=0)
    report = validate_rules(rules, {"test": frame}, options)
    inside = ~np.isnan(rules.predict(frame)[:, 0])
    came, said, share = frame["grade"][inside], told[inside], rules.predict(frame)[inside]
    names = ["low", "middle", "high"]
    recall = recall_score(came, said, labels=names, average=None)
    precision = precision_score(came, said, labels=names, average=None)
    for i, one in enumerate(report.classes):
        assert (one.label, one.came, one.told) == (
            names[i], (came == names[i]).sum(), (said == names[i]).sum(),
        )  # fmt: skip
        assert (one.recall, one.precision) == pytest.approx((recall[i], precision[i]))
        assert one.probability == pytest.approx(share[:, i].mean())
    for group in report.groups:
        own = (frame["purpose"][inside] == group.group).to_numpy()
        assert group.outcome == pytest.approx((came[own] == said[own]).mean())
    assert report.noise[0].before == pytest.approx((came == said).mean())
    assert report.parts[0].mean_outcome is None
    document = build_validation(report)
    text = str(document)
    assert "Mean probability" in text
    assert "Predicted, on average" not in text


def test_noise_leaves_missing_numbers_missing_and_every_row_in_the_domain() -> None:
    """A row without income counts it as one number, which no noise moves; all rows are judged."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({"income": random.normal(50, 10, 300), "debt": random.normal(9, 3, 300)})
    table["paid"] = 2 * table["income"] - 9 * table["debt"] + random.normal(0, 1, 300)
    table.loc[::5, "income"] = np.nan
    fitted = rr.fit(table, "paid", form="additive", max_rules=1, missing="line").rules
    report = rr.validate(fitted, {"test": table}, y="paid", rounds=0)
    (root,) = [
        one.value for one in report.figures if (one.model, one.metric) == ("the rules", "RMSE")
    ]
    assert [one.before for one in report.noise] == pytest.approx([root] * len(report.noise))

    X = fitted.domain.rows(table)
    at = fitted.domain.names.index("income")
    lacks = table["income"].isna().to_numpy()
    moved = add_noise(fitted, X, [at], 0.1, 0)
    assert fitted.domain.contains(moved).all()
    assert (moved[lacks] == X[lacks]).all()
    assert (moved[~lacks, at] != X[~lacks, at]).mean() > 0.9


def test_the_cut_off_that_is_asked_for_belongs_to_class_1(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport
) -> None:
    asked = validate_rules(rules, parts, ValidationOptions(target="bad", rounds=0, cut=0.5))
    captions = [
        block.caption
        for one in (report, asked)
        for section in build_validation(one)
        for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith("Classes at the cut-off")
    ]
    assert ["is above 0, which is a prob" in one for one in captions] == [True, False]
    assert "is at least 0, which is a probability of 0.5" in captions[1]


def test_a_place_where_all_is_wrong_is_weak_though_losses_don_t_vary() -> None:
    """Class 1 is told from 0.5 on, and is right but in the eighth tenth of the rows."""
    network = torch.nn.Sequential(torch.nn.Linear(1, 1, dtype=torch.float64))
    with torch.no_grad():
        network[0].weight[:], network[0].bias[:] = 1.0, 0.0
    table = pd.DataFrame({"x0": np.linspace(-5, 5, 1000)})
    told = rr.extract(network, data=table, form="partition", decision=0.5)
    right = told.apply(table) == told.apply(pd.DataFrame({"x0": [4.0]}))[0]
    right[699:799] = ~right[699:799]  # a band begins at the last row of the tenth before
    table["y"] = right.astype(float)
    report = rr.validate(told, {"test": table}, y="y", rounds=0)
    (weak,) = report.weak_places
    assert (weak.column, weak.rows, weak.loss, weak.overall) == ("x0", 100, 1.0, 0.1)


def test_means_of_numbers_have_normal_intervals_though_some_are_0_and_1() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    half = norm.ppf(0.975) * values.std(ddof=1) / np.sqrt(5)
    found = bound_mean(values, shares=False)
    assert found == pytest.approx((values.mean() - half, values.mean() + half))
    ends = binomtest(3, 5).proportion_ci(0.95, method="wilson")
    assert bound_mean(values, shares=True) == pytest.approx((ends.low, ends.high))
    assert bound_mean(values[:1], shares=False) == (None, None)
