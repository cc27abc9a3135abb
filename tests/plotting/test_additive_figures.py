"""Figures of additive rules: each kind is drawn or says what is instead, and shows the data that it
is of.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from additive_models import make_additive

import relurules as rr
from relurules.cli.main import run
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Head
from relurules.ir.ruleset import Tradeoff
from relurules.plotting import PLOTS

ADDITIVE = [kind for kind, own in PLOTS.items() if own.draw_lines is not None]


def texts(svg: str) -> str:
    """Everything written in an SVG, without markup."""
    found = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    return found.replace("&amp;", "&").replace("\u2212", "-")


@pytest.mark.parametrize("kind", ADDITIVE)
def test_every_kind_is_the_same_twice(kind: str, tmp_path: Path) -> None:
    rules, frame = make_additive("two", hidden=(24,))
    rules = replace(rules, tradeoffs=(Tradeoff(24, 0.0), Tradeoff(8, 0.5)), score_error=0.5)
    given: dict[str, Any] = {"data": frame}
    if kind in ("row", "waterfall"):
        given["row"] = frame.iloc[3]
    elif kind in ("roc", "calibration"):
        given["y"] = np.where(frame["income"] > 40, "yes", "no")
    for name in ("one.svg", "two.svg"):
        rr.plot(rules, kind, **given, out=tmp_path / name)
    one = (tmp_path / "one.svg").read_text()
    assert one == (tmp_path / "two.svg").read_text()
    words = {
        "tradeoff": ["8 lines, within 0.5"],
        "roc": ["share of the positive rows"],
        "calibration": ["share that came"],
        "beeswarm": ["income", "points"],
    }
    for said in words.get(kind, ["income", "log odds of p_yes"]):
        assert said in texts(one)


@pytest.mark.parametrize("kind", [kind for kind in PLOTS if kind not in ADDITIVE])
def test_the_others_say_what_is_instead(kind: str) -> None:
    rules, frame = make_additive("two")
    with pytest.raises(UnsupportedError, match=f"the plot '{kind}' isn't for additive rules; use"):
        rr.plot(rules, kind, data=frame)


def test_kinds_of_additive_rules_alone() -> None:
    from explained_models import line

    rules, X, _ = line()
    for kind, instead in (("shape", "profile"), ("pair", "pairwise")):
        with pytest.raises(UnsupportedError, match=f"isn't for partition rules; use {instead}"):
            rr.plot(rules, kind, data=X)


def test_a_shape_is_the_curve() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    figure = rr.plot(rules, "shape", data=frame, features=["age"])
    curve = rules.curves["age"]
    drawn = figure.axes[0].lines[1].get_xydata()
    assert np.allclose(drawn[:, 0], curve.breakpoints)
    assert np.allclose(drawn[:, 1], curve.values[:, 0])
    kept = rr.plot(rules, "shape", features=["age"])  # the histogram that rules keep
    assert len(kept.axes) == 2
    bare = rr.plot(replace(rules, evidence=None), "shape", features=["age"])
    assert len(bare.axes) == 1

    bars = rr.plot(rules, "shape", data=frame, features=["purpose"])
    widths = [bar.get_width() for bar in bars.axes[0].patches]
    assert np.allclose(widths, rules.points["purpose"][:, 0])
    counts = frame["purpose"].value_counts()
    shown = [tick.get_text() for tick in bars.axes[0].get_yticklabels()]
    assert shown == [f"{name}\n({counts[name]} rows)" for name in ("car", "house", "travel")]
    without = rr.plot(rules, "shape", features=["purpose"])
    assert [tick.get_text() for tick in without.axes[0].get_yticklabels()] == shown


def test_a_map_is_the_pair() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    for names in (["income", "age"], ["age", "income"], ["income", "purpose"]):
        figure = rr.plot(rules, "pair", data=frame, features=names)
        mesh = figure.axes[0].collections[0]
        values = np.asarray(mesh.get_array()).reshape(mesh.get_array().shape)
        place = next(
            i for i, part in enumerate(rules.parts) if set(part.name.split(" & ")) == set(names)
        )
        x = rules.reference.values.copy()
        y = x.copy()
        for row, k in ((x, 0), (y, -1)):
            for name in names:
                at = list(rules.domain.places[list(frame.columns).index(name)])
                row[at] = (
                    np.eye(len(at))[k]
                    if len(at) > 1
                    else (rules.domain.lower if k == 0 else rules.domain.upper)[at]
                )
        ends = rules.evaluate_parts(np.array([x, y]))[:, place, 0] - rules.reference_parts[place, 0]
        assert values[0, 0] == pytest.approx(ends[0])
        assert values[-1, -1] == pytest.approx(ends[1])
        if "purpose" not in names:
            lines = [line for line in rules if set(line.columns) == set(names)]
            assert len(figure.axes[0].lines) == len(lines) + 1  # and the rows


def test_importance_tells_interaction() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    moved = rules.summary(frame).sort_values("share", ascending=False, kind="stable")
    figure = rr.plot(rules, "importance", data=frame)
    bars = figure.axes[0].patches
    n = len(rules.parts)
    total = [bars[i].get_width() + bars[n + i].get_width() for i in range(n)]
    assert np.allclose(total, 100 * moved["share"])
    ratio = (moved["interaction"] / moved["deviation"]).fillna(0.0).to_numpy() ** 2
    inner = [bars[n + i].get_width() for i in range(n)]
    assert np.allclose(inner, 100 * moved["share"] * np.minimum(1.0, ratio))
    with pytest.raises(DataError, match="needs rows"):
        rr.plot(replace(rules, evidence=None), "importance")


def test_a_waterfall_ends_at_the_score() -> None:
    rules, frame = make_additive("softmax", hidden=(24,))
    found = rr.explain(rules, frame.iloc[3], output="p_high")
    figure = rr.plot(rules, "waterfall", row=frame.iloc[3], output="p_high")
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    assert bars[0] == pytest.approx(found.base)
    assert bars[1] == pytest.approx(found.score)
    assert sum(bars[2:]) == pytest.approx(found.score - found.base)


def test_what_is_missing_is_said() -> None:
    rules, frame = make_additive("two", hidden=(9,))
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("row", {}, "needs the row"),
        ("pairwise", {}, "needs rows"),
        ("shape", {"features": ["nothing"]}, "no column 'nothing'"),
        ("shape", {"features": ["age", "debt"]}, "of 1 column, found age, debt"),
        ("pair", {"features": ["age", "purpose"]}, "add nothing together; pairs that do: income &"),
        ("importance", {"data": frame.assign(income=1e9)}, "none of the 200 rows"),
    ]
    for kind, given, said in cases:
        with pytest.raises(DataError, match=said):
            rr.plot(rules, kind, **given)
    deep, _ = make_additive("two", hidden=(5, 3))
    with pytest.raises(
        DataError, match="adds nothing in itself; it is read by: income & age & pur"
    ):
        rr.plot(deep, "shape", features=["age"])
    step = replace(rules, heads=(Head("step", (0,)),))
    with pytest.raises(UnsupportedError, match=r"is the number of a class.*model itself ends in"):
        rr.plot(step, "shape", features=["income"])


def test_open_columns_show_what_lies_beyond() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    j = rules.domain.names.index("income")
    upper = np.where(np.arange(len(rules.domain.names)) == j, np.inf, rules.domain.upper)
    wide = replace(rules, domain=replace(rules.domain, upper=upper))
    figure = rr.plot(wide, "shape", features=["income"], data=frame)
    drawn = figure.axes[0].lines[1].get_xydata()
    assert drawn[-1, 0] > frame["income"].max()
    assert np.allclose(drawn[-1, 1], wide.curves["income"].evaluate(drawn[-1:, 0])[0, 0])
    for names in (["income", "age"], ["debt", "income"]):
        for data in (frame, None):
            assert rr.plot(wide, "pair", data=data, features=names).axes


def test_the_command(tmp_path: Path) -> None:
    rules, frame = make_additive("two", hidden=(24,))
    rules.save(tmp_path / "rules.json")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    path, rows = str(tmp_path / "rules.json"), ["--data", str(tmp_path / "rows.csv")]
    for kind, more in (("shape", ["--feature", "age"]), ("waterfall", ["--row", "3", *rows])):
        out = tmp_path / f"{kind}.svg"
        assert run(["plot", path, kind, *more, "--out", str(out)]) == 0
        assert out.exists()
    assert run(["explain", path, *rows, "--row", "3", "--json"]) == 0


def test_features_may_be_none_or_one_name() -> None:
    rules, frame = make_additive("two")
    for kind in ("importance", "shape", "pair"):
        rr.plot(rules, kind, features=None)
    rr.plot(rules, "shape", features="income")
    partition = rules.to_partition(data=frame)
    for kind in ("importance", "parallel", "violin", "profile"):
        rr.plot(partition, kind, data=frame, features=None)
