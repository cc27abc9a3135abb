"""The figures of a validation on planted data, against scikit-learn and sums written out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive, make_frame
from scipy.stats.contingency import relative_risk
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

import relurules as rr
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation import ValidationOptions, ValidationReport, validate_rules
from relurules.validation.bands import group_rows, label_bands
from relurules.validation.report import GroupFigures, tables_to_csv


def draw(rules: Any, frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The frame with true values that the rules' probabilities are right about."""
    share = rules.predict(frame)[:, 0]
    random = np.random.default_rng(seed)
    came = np.where(np.isnan(share), 0, random.uniform(size=len(frame)) < share)
    return frame.assign(bad=np.where(came == 1, "yes", "no"))


@pytest.fixture(scope="module", params=["lines", "rules"])
def rules(request: pytest.FixtureRequest) -> AdditiveRules | RuleSet:
    found, _ = make_additive("two", hidden=(5,))
    return found if request.param == "lines" else found.to_partition()


@pytest.fixture(scope="module")
def parts(rules: AdditiveRules | RuleSet) -> dict[str, pd.DataFrame]:
    return {
        "training": draw(rules, make_frame(600, 5), 1),
        "test": draw(rules, make_frame(400, 6), 2),
    }


@pytest.fixture(scope="module")
def report(rules: AdditiveRules | RuleSet, parts: dict[str, pd.DataFrame]) -> ValidationReport:
    options = ValidationOptions(target="bad", groups=("purpose", "age"), rounds=60, least=20)
    return validate_rules(rules, parts, options)


def pick(report: ValidationReport, part: str, metric: str) -> float:
    (found,) = [
        one.value
        for one in report.figures
        if (one.model, one.part, one.metric) == ("the rules", part, metric)
    ]
    return found


@pytest.mark.parametrize("part", ["training", "test"])
def test_metrics_are_those_of_scikit_learn(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport, part: str
) -> None:
    share = rules.predict(parts[part])[:, 0]
    inside = ~np.isnan(share)
    came = (parts[part]["bad"] == "yes").to_numpy()[inside]
    assert 0 < (~inside).sum() < len(inside)  # rows beyond the range of the data
    assert pick(report, part, "AUC") == pytest.approx(roc_auc_score(came, share[inside]))
    assert pick(report, part, "log loss") == pytest.approx(log_loss(came, share[inside]))
    assert pick(report, part, "Brier score") == pytest.approx(brier_score_loss(came, share[inside]))
    told = rules.classify(parts[part])[inside] == "yes"
    assert pick(report, part, "accuracy") == pytest.approx((told == came).mean())

    (size,) = [one for one in report.parts if one.part == part]
    assert (size.rows, size.outside) == (len(inside), (~inside).sum())
    (counts,) = [one for one in report.confusion if one.part == part]
    assert counts[2:] == (
        (told & came).sum(), (told & ~came).sum(), (~told & came).sum(), (~told & ~came).sum(),
    )  # fmt: skip
    assert counts.rates["accuracy"] == pytest.approx((told == came).mean())


def test_groups_are_counted_as_planted(
    rules: Any, parts: dict[str, pd.DataFrame], report: ValidationReport
) -> None:
    test = parts["test"].assign(share=rules.predict(parts["test"])[:, 0])
    test = test[test.share.notna()]
    groups = {one.group: one for one in report.groups if one[:2] == ("test", "purpose")}
    assert set(groups) == {"car", "house", "travel"}
    favourable = {name: (own.share <= 0.5).mean() for name, own in test.groupby("purpose")}
    for name, own in test.groupby("purpose"):
        found = groups[name]
        assert found.rows == len(own)
        assert found.outcome == pytest.approx((own.bad == "yes").mean())
        assert found.prediction == pytest.approx(own.share.mean())
        assert found.favourable == pytest.approx(favourable[name])
        assert found.impact_ratio == pytest.approx(favourable[name] / max(favourable.values()))
        check_ratio_ends(found, groups[max(favourable, key=lambda one: favourable[one])])
        assert found.auc == pytest.approx(roc_auc_score(own.bad == "yes", own.share))
        assert found.error == pytest.approx((own.share - (own.bad == "yes")).abs().mean())


def check_ratio_ends(own: GroupFigures, best: GroupFigures) -> None:
    if own is best:
        assert (own.ratio_low, own.ratio_high) == (None, None)
        return
    counts = [(round((one.favourable or 0.0) * one.rows), one.rows) for one in (own, best)]
    expected = relative_risk(*counts[0], *counts[1]).confidence_interval()
    assert (own.ratio_low, own.ratio_high) == pytest.approx((expected.low, expected.high))


def test_a_small_group_sets_no_standard(rules: Any, parts: dict[str, pd.DataFrame]) -> None:
    test = parts["test"].reset_index(drop=True)
    share = rules.predict(test)[:, 0]
    lucky = np.flatnonzero(share <= 0.5)[:5]
    test["region"] = np.where(np.isin(test.index, lucky), "tiny", "large")
    options = ValidationOptions(target="bad", groups=("region",), rounds=0, least=20)
    found = {one.group: one for one in validate_rules(rules, {"test": test}, options).groups}
    assert found["tiny"].few
    assert found["tiny"].favourable == 1.0
    assert found["large"].impact_ratio == 1.0
    assert found["tiny"].impact_ratio > 1


def test_bands_add_up_to_the_rows(report: ValidationReport) -> None:
    for size in report.parts:
        bands = [one for one in report.bands if one.part == size.part]
        assert sum(one.rows for one in bands) == size.judged
        mean = sum(one.rows * one.outcome for one in bands) / size.judged
        assert mean == pytest.approx(size.mean_outcome)
        said = sum(one.rows * (one.prediction or 0) for one in bands) / size.judged
        assert said == pytest.approx(size.mean_prediction)
        assert all(one.low < one.high for one in bands)


def test_psi_of_a_line_is_worked_out_from_its_two_shares(report: ValidationReport) -> None:
    shares = [one for one in report.shares if one.kind == "line"]
    for move in (one for one in report.movements if one.kind == "line"):
        own = [(one.base_share, one.share) for one in shares if one.name == move.name]
        if all(min(pair) > 0 for pair in own):
            assert move.psi == pytest.approx(sum((q - p) * np.log(q / p) for p, q in own))


def test_months_are_told_apart(rules: Any, parts: dict[str, pd.DataFrame]) -> None:
    test = parts["test"].copy()
    test["day"] = ["2024-01-31"] * 150 + ["2024-02-01"] * 150 + ["2024-02-29"] * 100
    old = test[["day"]].iloc[:1].to_numpy()[0, 0]
    base = parts["training"].assign(day=old)
    options = ValidationOptions(target="bad", by="day", rounds=0)
    report = validate_rules(rules, {"training": base, "test": test}, options)
    assert list(dict.fromkeys(one.part for one in report.movements)) == ["2024-01", "2024-02"]


def test_a_planted_weak_place_is_found(rules: Any) -> None:
    frame = draw(rules, make_frame(3000, 8), 3)
    share = rules.predict(frame)[:, 0]
    wrong = (frame["purpose"] == "house").to_numpy()
    opposite = np.where(share > 0.5, "no", "yes")
    agree = np.where(share > 0.5, "yes", "no")
    frame["bad"] = np.where(wrong, opposite, agree)
    report = validate_rules(rules, {"test": frame}, ValidationOptions(target="bad", rounds=0))
    worst = report.weak_places[0]
    assert (worst.column, worst.place) == ("purpose", "house")
    inside = ~np.isnan(share)
    came = frame["bad"] == "yes"
    loss = -np.log(np.where(came, share, 1 - share))
    assert worst.rows == (wrong & inside).sum()
    assert worst.loss == pytest.approx(loss[wrong & inside].mean())
    assert worst.overall == pytest.approx(loss[inside].mean())
    assert worst.outcome == pytest.approx(came[wrong & inside].mean())


def test_noise_of_no_size_changes_nothing_and_more_changes_more(report: ValidationReport) -> None:
    together = [one for one in report.noise if one.columns == "all columns of numbers"]
    assert [one.size for one in together] == [0.01, 0.05, 0.1]
    assert together[0].mean_change < together[2].mean_change
    assert all(one.before == pytest.approx(pick(report, "test", "AUC")) for one in together)


def test_a_regression_has_figures_of_numbers() -> None:
    rules, _ = make_additive("score")
    frame = make_frame(500, 9)
    value = rules.predict(frame)[:, 0]
    off = np.random.default_rng(0).normal(size=len(frame))
    frame["paid"] = np.where(np.isnan(value), 0.0, value + off)
    options = ValidationOptions(target="paid", groups=("purpose",), rounds=100)
    report = validate_rules(rules, {"training": frame, "test": frame[::2]}, options)
    inside = ~np.isnan(value)
    assert report.task == "regression"
    assert pick(report, "training", "MAE") == pytest.approx(np.abs(off[inside]).mean())
    assert pick(report, "training", "RMSE") == pytest.approx(np.sqrt((off[inside] ** 2).mean()))
    from sklearn.metrics import r2_score

    assert pick(report, "training", "R2") == pytest.approx(
        r2_score(frame["paid"][inside], value[inside])
    )
    assert not report.roc
    assert not report.confusion
    assert {one.model for one in report.figures} == {
        "the rules", "linear regression", "a constant",
    }  # fmt: skip


def test_several_classes_have_accuracy_and_log_loss() -> None:
    rules, _ = make_additive("softmax")
    frame = make_frame(300, 9)
    told = rules.classify(frame)
    frame["grade"] = [one or "low" for one in told]
    report = validate_rules(rules, {"test": frame}, ValidationOptions(target="grade", rounds=10))
    assert report.task == "multiclass"
    assert pick(report, "test", "accuracy") == 1.0
    share = rules.predict(frame)
    inside = ~np.isnan(share[:, 0])
    numbers = np.array([("low", "middle", "high").index(one) for one in frame["grade"]])
    expected = -np.log(share[inside, numbers[inside]]).mean()
    assert pick(report, "test", "log loss") == pytest.approx(expected)


def test_a_cut_off_is_a_probability(rules: Any, parts: dict[str, pd.DataFrame]) -> None:
    options = ValidationOptions(target="bad", cut=0.3, rounds=0)
    (found,) = validate_rules(rules, {"test": parts["test"]}, options).confusion
    share = rules.predict(parts["test"])[:, 0]
    assert found.true_positive + found.false_positive == (share >= 0.3).sum()
    for cut in (0.0, 1.5):
        with pytest.raises(DataError, match="between 0 and 1"):
            validate_rules(rules, {"test": parts["test"]}, ValidationOptions(target="bad", cut=cut))


def test_without_true_values_what_has_moved_is_told(
    rules: Any, parts: dict[str, pd.DataFrame]
) -> None:
    report = validate_rules(rules, parts, ValidationOptions(groups=("purpose",), rounds=0))
    assert report.movements
    assert report.groups
    assert not report.figures
    assert all(one.outcome is None for one in report.groups)


def test_errors_name_what_there_is(rules: Any, parts: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(DataError, match=r"the test rows have no column 'worse'; they have"):
        validate_rules(rules, {"test": parts["test"]}, ValidationOptions(target="worse"))
    with pytest.raises(DataError, match="no column 'region'"):
        validate_rules(rules, {"test": parts["test"]}, ValidationOptions(groups=("region",)))
    far = parts["test"].assign(income=1e9)
    with pytest.raises(DataError, match="none of the 400 test rows lies in the domain"):
        validate_rules(rules, {"test": far}, ValidationOptions())


def test_tables_are_written_alike(report: ValidationReport) -> None:
    said = report.to_json()
    texts = tables_to_csv(report.tables)
    assert set(texts) == {f"{name}.csv" for name in report.tables}
    assert len(said["figures"]) == len(report.figures)
    assert said["roc"][0]["threshold"] is None  # infinite
    assert texts["figures.csv"].startswith("model,part,metric,value,low,high\nthe rules,training,")


def test_groups_without_a_value_and_of_many_values() -> None:
    frame = pd.DataFrame({"a": ["x", None, "y", "x"], "b": range(4), "c": np.arange(4.0)})
    (found,) = group_rows([frame], "a")
    assert (found.labels, found.place.tolist()) == (("x", "y", "missing"), [0, 2, 1, 0])
    many = pd.DataFrame({"name": [f"n{i}" for i in range(100)]})
    with pytest.raises(DataError, match="has 100 values; groups are of a column of at most 60"):
        group_rows([many], "name")
    halves = group_rows([pd.DataFrame({"v": np.arange(50.0)}), pd.DataFrame({"v": [0.0]})], "v")
    assert halves[0].labels == halves[1].labels
    assert halves[1].place.tolist() == [0]


def test_ends_of_bands_never_look_alike() -> None:
    assert label_bands([]) == ("all",)
    assert label_bands([1234.51, 1234.52]) == (
        "below 1234.51", "1234.51 to below 1234.52", "1234.52 and above",
    )  # fmt: skip


def test_partition_rules_say_which_rule_moved() -> None:
    found, frame = make_additive("two", hidden=(3,))
    rules: Any = rr.extract(found, form="partition")
    report = validate_rules(rules, {"a": frame, "b": frame[:50]}, ValidationOptions())
    assert [one.name for one in report.movements if one.kind == "rule"] == ["which rule applies"]
    counts = [one.base_rows for one in report.shares if one.kind == "rule"]
    assert counts == np.bincount(rules.apply(frame), minlength=len(rules) + 1)[1:].tolist()
