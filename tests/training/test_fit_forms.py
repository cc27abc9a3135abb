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
from relurules.training.fit_forms import check_form, choose_form
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


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_lines_where_nothing_is_said(task: str) -> None:
    found = choose(task)
    assert (found.form, found.max_rules, found.max_condition_columns) == ("additive", 16, 2)
    assert choose_form(found, task) == found


def test_partition_rules_of_more_classes() -> None:
    found = choose("multiclass", form="partition")
    assert (found.form, found.max_rules, found.max_terms) == ("partition", 8, 5)
    assert choose_form(found, "multiclass") == found


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


@pytest.mark.parametrize(
    "given", [{"monotone": {"a": 1}}, {"signs": "data"}, {"effect_bounds": {"a": (-1, 1)}}]
)
def test_what_lines_of_more_classes_can_t_keep(given: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=f"{next(iter(given))} with a target of more than"):
        choose("multiclass", **given)


def test_a_named_form_is_kept() -> None:
    assert choose("binary", form="partition").form == "partition"
    assert choose("multiclass", form="additive").form == "additive"
    same = {"max_terms": 5, "max_condition_terms": None}
    assert choose("binary", form="additive", **same).form == "additive"


def test_layers_that_are_named_are_trained() -> None:
    for hidden in ((40, 40), (8,)):
        found = choose_method(choose("binary", hidden=hidden), "binary")
        assert (found.method, found.hidden) == ("network", hidden)
    found = choose_method(choose("multiclass", form="partition"), "multiclass")
    assert (found.method, found.hidden) == ("network", (40, 40))


@pytest.mark.parametrize("target", ["load", "late", "level"])
def test_a_fit_gives_lines(target: str) -> None:
    table = make_table()[["a", "b", target]]
    fitted = rr.fit(table, target, max_rules=2)
    assert isinstance(fitted.rules, AdditiveRules)
    assert len(fitted.rules) <= 2


def test_a_fit_gives_partition_rules_where_they_are_named() -> None:
    assert isinstance(
        rr.fit(make_table()[["a", "b", "load"]], "load", form="partition").rules, RuleSet
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--monotone", "a=1"], "monotone with a target of more than two classes"),
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
