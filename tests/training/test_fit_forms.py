"""Which form of rules a fit gives: named, told by options of one form alone, or by the target."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.cli.main import run
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.training.fit_forms import check_form, choose_form, explain_form
from relurules.training.fit_options import FitOptions, choose_method

ROWS = 240


def make_table() -> pd.DataFrame:
    """Numbers, two and three classes of the same two columns."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=ROWS), "b": rng.normal(size=ROWS)})
    frame["load"] = np.maximum(frame.a, 0) + frame.b / 2
    frame["late"] = np.where(frame.load > frame.load.median(), "yes", "no")
    frame["level"] = pd.qcut(frame.load, 3, labels=["low", "mid", "top"]).astype(str)
    return frame


def choose(task: str, **given: Any) -> FitOptions:
    return choose_form(FitOptions("y", **given), task)


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_lines_where_nothing_is_said(task: str) -> None:
    found = choose(task)
    assert (found.form, found.max_rules, found.max_condition_columns) == ("additive", 16, 2)
    assert choose_form(found, task) == found
    assert not explain_form(FitOptions("y"), task)


def test_partition_rules_for_more_classes() -> None:
    found = choose("multiclass")
    assert (found.form, found.max_rules, found.max_terms) == ("partition", 8, 5)
    assert choose_form(found, "multiclass") == found
    assert explain_form(FitOptions("y"), "multiclass")
    assert not explain_form(FitOptions("y", form="partition"), "multiclass")
    assert not explain_form(FitOptions("y", hidden=(4,)), "multiclass")


@pytest.mark.parametrize(
    "given",
    [
        {"hidden": (40, 40)},
        {"max_terms": 5},
        {"max_terms": None},
        {"max_condition_terms": 1},
        {"max_formula_terms": 2},
        {"method": "auto"},
        {"method": "tree"},
    ],
)
def test_options_of_partition_rules_name_them(given: dict[str, Any]) -> None:
    """Also where an option says what is so anyway."""
    found = choose("binary", **given)
    assert found.form == "partition"
    assert all(getattr(found, name) == value for name, value in given.items())
    with pytest.raises(UnsupportedError, match="leave out those of one form"):
        check_form(FitOptions("y", max_columns=2, **given))


@pytest.mark.parametrize(
    "given", [{"max_condition_columns": 2}, {"monotone": {"a": 1}}, {"interactions": []}]
)
def test_options_of_lines_name_them(given: dict[str, Any]) -> None:
    assert choose("regression", **given).form == "additive"
    with pytest.raises(UnsupportedError, match=f"{next(iter(given))} with a target of more than"):
        choose("multiclass", **given)


def test_a_named_form_is_kept() -> None:
    assert choose("binary", form="partition").form == "partition"
    with pytest.raises(UnsupportedError, match="form='additive' with a target of more than two"):
        choose("multiclass", form="additive")
    same = {"max_terms": 5, "max_condition_terms": None}
    assert choose("binary", form="additive", **same).form == "additive"


def test_layers_that_are_named_are_trained() -> None:
    for hidden in ((40, 40), (8,)):
        found = choose_method(choose("binary", hidden=hidden), "binary")
        assert (found.method, found.hidden) == ("network", hidden)
    assert choose_method(choose("multiclass"), "multiclass").hidden == (40, 40)


@pytest.mark.parametrize("target", ["load", "late"])
def test_a_fit_gives_lines(target: str) -> None:
    table = make_table()[["a", "b", target]]
    fitted = rr.fit(table, target, max_rules=2)
    assert isinstance(fitted.rules, AdditiveRules)
    assert len(fitted.rules) <= 2
    assert fitted.form_reason == ""
    assert isinstance(rr.fit(table, target, form="partition").rules, RuleSet)


def test_a_fit_of_three_classes_says_why_these_are_no_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_table()[["a", "b", "level"]].to_csv(tmp_path / "t.csv", index=False)
    told = ["fit", str(tmp_path / "t.csv"), "--target", "level", "--max-rules", "2"]
    assert run([*told, "--out", str(tmp_path / "m")]) == 0
    reason = explain_form(FitOptions("level"), "multiclass")
    assert reason.startswith("partition rules, since the target has more than two classes")
    assert f"form       {reason}" in capsys.readouterr().out
    assert isinstance(rr.load(tmp_path / "m" / "rules.json"), RuleSet)

    lines: list[str] = []
    rr.fit(tmp_path / "t.csv", "level", max_rules=2, time_limit=0.0, progress=lines.append)
    assert lines[0] == reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--form", "additive"], "form='additive' with a target of more than two classes"),
        (["--signs", "data"], "signs with a target of more than two classes"),
        (["--signs", "data", "--max-terms", "5"], "max_terms of form='partition'; signs of"),
        (["--method", "forest"], "method 'forest'; supported: auto, tree, network"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    make_table()[["a", "b", "level"]].to_csv(tmp_path / "t.csv", index=False)
    told = ["fit", str(tmp_path / "t.csv"), "--target", "level", *options]
    assert run([*told, "--out", str(tmp_path / "m")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") <= 2
    assert not (tmp_path / "m").exists()
