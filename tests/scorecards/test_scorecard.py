"""Scorecards: points are the log odds on another scale, rounding is bounded, cards read as they
compute.
"""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive
from explained_models import kinds

import relurules as rr
from relurules.cli.main import run
from relurules.errors import DataError, InputError, UnsupportedError
from relurules.ir import AdditiveRules, Head
from relurules.scorecards import Scorecard
from relurules.scorecards.rounding import drop_knots, round_knots

LN2 = math.log(2.0)


def draw_rows(domain: rr.Domain, count: int, seed: int = 0) -> np.ndarray:
    """Anywhere in the box, one category each."""
    random = np.random.default_rng(seed)
    X = random.uniform(domain.lower, domain.upper, (count, len(domain.names)))
    for group in domain.groups:
        X[:, list(group)] = np.eye(len(group))[random.integers(len(group), size=count)]
    return X


def exact_points(rules, X: np.ndarray, pdo: float, base: float, odds: float) -> np.ndarray:
    """More points for a lower score."""
    return base + pdo / LN2 * (-rules.predict_scores(X)[:, 0] - math.log(odds))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("whole", [True, False])
def test_rounding_stays_within_its_bound(seed: int, whole: bool) -> None:
    rules, frame = make_additive("two", hidden=(18,), seed=seed)
    card = rr.scorecard(rules, pdo=30, base=500, odds=20, whole=whole, data=frame)
    X = draw_rows(rules.domain, 4000, seed)
    off = np.abs(card.predict(X) - exact_points(rules, X, 30, 500, 20))
    assert 0 < off.max() <= card.rounding
    assert off.max() > card.rounding / 3  # the bound is no wild one
    assert card.score_rounding == pytest.approx(card.rounding / card.scaling.factor)

    chance = 1 / (1 + np.exp(-rules.predict_scores(X)[:, 0]))
    by_card = 1 / (1 + 20 * np.exp((card.predict(X) - 500) / card.scaling.factor))
    assert np.abs(chance - by_card).max() <= card.output_rounding

    if whole:
        assert np.array_equal(card.predict(X), np.round(card.predict(X)))
        assert all(
            np.array_equal(own.points, np.round(own.points))
            for own in card.parts
            if hasattr(own, "points")
        )
    assert card.data is not None
    assert card.data.rows == len(frame)
    own = exact_points(rules, rules.domain.rows(frame), 30, 500, 20)
    assert card.data.largest == pytest.approx(np.abs(card.predict(frame) - own).max())


@pytest.mark.parametrize("seed", range(4))
def test_every_part_is_bounded_and_some_bound_is_reached(seed: int) -> None:
    rules, _ = make_additive("two", hidden=(10,), seed=seed)
    card = rr.scorecard(rules)
    X = draw_rows(rules.domain, 3000)
    exact = -card.scaling.factor * rules.evaluate_parts(X)[:, :, 0]
    at_reference = -card.scaling.factor * rules.reference_parts[:, 0]
    reached = []
    for i, (part, own) in enumerate(zip(card.parts, rules.parts, strict=True)):
        shift = at_reference[i] if len(own.columns) == 1 else 0.0
        off = np.abs(part.evaluate(X) - (exact[:, i] - shift)).max()
        assert off <= part.rounding + 1e-9
        reached.append(off > 0.9 * part.rounding)
    assert any(reached)


def test_changes_of_class_are_those_of_brute_force() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    card = rr.scorecard(rules, pdo=3, data=frame)
    assert card.data is not None
    own = rules.classify(frame)
    points = card.predict(frame)
    by_card = np.where(points >= card.cutoff, "no", "yes")
    assert card.data.changed == tuple(np.flatnonzero(own != by_card).tolist())
    assert len(card.data.changed) > 3
    assert list(card.data.classes) == [(own[i], by_card[i]) for i in card.data.changed]
    assert np.array_equal(card.classify(frame), by_card)
    fine = rr.scorecard(rules, pdo=3, whole=False, data=frame)
    assert fine.data is not None
    assert len(fine.data.changed) < len(card.data.changed)


def test_the_scale() -> None:
    rules, frame = make_additive("two")
    X = rules.domain.rows(frame)
    for direction, sign in (("higher", -1.0), ("lower", 1.0)):
        card = rr.scorecard(rules, pdo=40, base=700, odds=30, whole=False, direction=direction)
        assert card.favourable_label == ("no" if sign < 0 else "yes")
        score = rules.predict_scores(X)[:, 0]
        wanted = 700 + 40 / LN2 * (sign * score - math.log(30))
        assert np.abs(card.predict(X) - wanted).max() <= card.rounding
    # the same odds of the same class, told of the other one
    turned = rr.scorecard(rules, pdo=40, base=700, odds=30, whole=False, positive="no")
    assert turned.favourable_label == "no"
    same = rr.scorecard(rules, pdo=40, base=700, odds=30, whole=False)
    assert np.allclose(turned.predict(X), same.predict(X), atol=turned.rounding + same.rounding)

    threshold = replace(rules, labels=replace(rules.labels, threshold=0.7))
    card = rr.scorecard(threshold, whole=False)
    assert np.mean(card.classify(X) == threshold.classify(X)) > 0.99
    assert card.cutoff == pytest.approx(600 + 20 / LN2 * (-math.log(0.7 / 0.3) - math.log(50)))


def test_two_scores_of_a_softmax() -> None:
    rules, frame = make_additive("softmax", labels=False)
    heads = tuple(Head("softmax", (0, 1), i) for i in range(2))
    two = replace(
        rules,
        heads=heads,
        outputs=("p_no", "p_yes"),
        base=type(rules.base)(rules.base.weights[:2], rules.base.constants[:2]),
        lines=tuple(replace(line, slopes=line.slopes[:2]) for line in rules.lines),
        evidence=None,
    )
    card = rr.scorecard(two, whole=False)
    p = two.predict(frame)
    wanted = 600 + 20 / LN2 * (np.log(p[:, 0] / p[:, 1]) - math.log(50))
    assert np.abs(card.predict(frame) - wanted).max() <= card.rounding
    assert (card.favourable_label, card.adverse_label) == (0, 1)


def read_card(text: str, row: dict[str, object]) -> float:
    """The points of a row, worked out from the text of a card alone."""
    body = text.split("start")[1].split("A row's points", maxsplit=1)[0].splitlines()
    total, column = float(body[0]), ""
    for line in body[1:]:
        if line and not line.startswith(" "):
            column = line.strip()
        elif found := re.match(r"  (\S+) to (\S+)\s+(\S+) to (\S+)(?:\s+\S+ a unit)?$", line):
            low, high, first, last = (float(x.replace(",", "")) for x in found.groups())
            value = float(row[column])
            if low <= value < high or (value >= high and not _has_next(body, line, column)):
                total += first + (last - first) * (value - low) / (high - low)
        elif found := re.match(r"  units of (.*) (above|below) (\S+)\s+(\S+)  a unit$", line):
            said, side, bound, points = found.groups()
            beyond = _evaluate_sum(said, row) - float(bound.replace(",", ""))
            total += float(points) * max(0.0, beyond if side == "above" else -beyond)
        elif found := re.match(r"  (.*?)\s+(\S+)$", line):
            total += float(found[2]) if found[1] == row[column] else 0.0
    return math.floor(total + 0.5)


def _has_next(body: list[str], line: str, column: str) -> bool:
    after = body[body.index(line) + 1]
    return after.startswith("  ") and " to " in after


def _evaluate_sum(said: str, row: dict[str, object]) -> float:
    total = 0.0
    for sign, factor, term in re.findall(r"(^|[-+] )(?:([\d.e-]+) \* )?(\[[^]]*\]|\w+)", said):
        value = row.get(term)
        if value is None:
            name, wanted = re.match(r"\[(\w+) is '(\w+)'\]", term).groups()
            value = float(row[name] == wanted)
        total += (-1 if sign == "- " else 1) * float(factor or 1) * float(value)
    return total


def test_a_reader_of_the_card_comes_to_its_points() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    card = rr.scorecard(rules)
    text, points = str(card), card.predict(frame)
    read = [read_card(text, row) for row in frame.iloc[:60].to_dict("records")]
    assert read == points[:60].tolist()


def test_parts_sum_to_the_points() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    card = rr.scorecard(rules, whole=False)
    parts = card.predict_parts(frame.set_index("debt", drop=False))
    assert np.allclose(parts.sum(axis=1), card.predict(frame))
    assert list(parts.columns) == ["start", *(part.name for part in rules.parts)]
    assert parts.index.tolist() == frame["debt"].tolist()


def test_rows_without_points() -> None:
    rules, frame = make_additive("two")
    card = rr.scorecard(rules)
    odd = frame.iloc[:3].assign(income=[1e9, np.nan, frame["income"][2]])
    assert np.isnan(card.predict(odd)).tolist() == [True, True, False]
    assert card.classify(odd)[0] is None
    assert np.isnan(card.predict_parts(odd).iloc[0]).all()
    with pytest.raises(DataError, match="none of the 1 rows"):
        rr.scorecard(rules, data=odd.iloc[:1])


def test_open_columns_have_no_bound() -> None:
    rules, _ = make_additive("two", data=True)
    domain = rules.domain
    j = domain.names.index("income")
    upper = domain.upper.copy()
    upper[j] = np.inf
    wide = replace(rules, domain=replace(domain, upper=upper))
    card = rr.scorecard(wide)
    assert card.rounding == np.inf
    assert "open to a side: income" in str(card)
    assert "above " in str(card)
    assert json.loads(json.dumps(card.to_json(), allow_nan=False))["rounding"]["points"] is None
    X = draw_rows(domain, 200)
    X[:, j] = 1000.0
    assert np.abs(card.predict(X) - exact_points(wide, X, 20, 600, 50)).max() < 20


def test_one_column_of_a_deeper_network() -> None:
    rules, frame = make_additive("two", hidden=(6, 4), reads=1)
    assert rules.groups
    with pytest.raises(UnsupportedError, match="add a table of rules there"):
        rr.scorecard(rules)
    alone = frame[["income"]].rename(columns={"income": "x"})
    import torch

    torch.manual_seed(3)
    net = torch.nn.Sequential(
        torch.nn.Linear(1, 5), torch.nn.ReLU(), torch.nn.Linear(5, 4), torch.nn.ReLU(),
        torch.nn.Linear(4, 1), torch.nn.Sigmoid(),
    ).double()  # fmt: skip
    with torch.no_grad():
        net[0].bias[:] = -20.0 * net[0].weight[:, 0]
    deep = rr.extract(net, data=alone, form="additive")
    card = rr.scorecard(deep)
    X = draw_rows(deep.domain, 1000)
    assert np.abs(card.predict(X) - exact_points(deep, X, 20, 600, 50)).max() <= card.rounding


def test_what_is_no_scorecard() -> None:
    rules, _ = make_additive("two")
    cases = [
        (make_additive("score")[0], "found 1 output by identity"),
        (make_additive("softmax")[0], "found 3 outputs by softmax"),
        (replace(rules, heads=(Head("step", (0,)),)), "found 1 output by step"),
        (kinds()[0], "found partition rules"),
    ]
    for given, said in cases:
        with pytest.raises(UnsupportedError, match=said):
            rr.scorecard(given)
    for options, said in [
        ({"pdo": 0.0}, "pdo=0.0; expected a number above 0"),
        ({"odds": -1.0}, "odds=-1.0"),
        ({"base": np.inf}, "base=inf"),
        ({"direction": "up"}, "direction='up'"),
    ]:
        with pytest.raises(InputError, match=said):
            rr.scorecard(rules, **options)


def test_every_format() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    card = rr.scorecard(rules, data=frame)
    assert isinstance(card, Scorecard)
    for target in ("text", "markdown", "html", "latex", "csv", "json"):
        artifact = rr.emit(card, target, title="Who <repays>?")
        ((name, text),) = artifact.files.items()
        assert name.startswith("scorecard.")
        if target not in ("csv", "json"):
            assert "income" in text
            assert "row" in text
            assert "class" in text
            assert f"{card.start:g}" in text
        if target == "html":
            assert "Who &lt;repays&gt;?" in text
    with pytest.raises(UnsupportedError, match="can't be written as 'sql'"):
        rr.emit(card, "sql")

    rows = list(csv.DictReader(io.StringIO(str(rr.emit(card, "csv")))))
    assert float(rows[0]["points"]) == card.start
    assert {row["part"] for row in rows} == {"start", *(part.name for part in card.parts)}

    found = json.loads(str(rr.emit(card, "json")))
    X = rules.domain.rows(frame)
    assert np.array_equal(score_by_json(found, frame, X, rules.domain.names), card.predict(frame))


def test_names_in_csv_are_no_formulas(tmp_path: Path) -> None:
    rules, _ = make_additive("two", hidden=(24,))
    path, out = tmp_path / "rules.json", tmp_path / "summary.csv"
    rules.save(path)
    path.write_text(path.read_text().replace("income", "=cmd|' /C calc'!A0"))
    own = AdditiveRules.load(path)
    rows = list(csv.DictReader(io.StringIO(str(rr.emit(rr.scorecard(own), "csv")))))
    assert "'=cmd|' /C calc'!A0" in {row["part"] for row in rows}

    assert run(["summary", str(path), "--csv", str(out)]) == 0
    assert "\n'=cmd|' /C calc'!A0," in out.read_text()
    assert "\n=cmd" not in out.read_text()


def score_by_json(card: dict, frame: pd.DataFrame, X: np.ndarray, names: tuple) -> np.ndarray:
    total = np.full(len(frame), card["start"])
    for part in card["parts"]:
        if "breakpoints" in part:
            x = frame[part["name"]].to_numpy(dtype=float)
            total += np.interp(x, part["breakpoints"], part["points"])
        elif "lines" in part:
            for line in part["lines"]:
                z = sum(c * X[:, names.index(n)] for n, c in line["coefficients"].items())
                total += line["per_unit"] * np.maximum(0.0, z - line["bound"])
        else:
            points = {own["category"]: own["points"] for own in part["points"]}
            total += frame[part["name"]].map(points).to_numpy(dtype=float)
    return np.floor(total + 0.5)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, frame = make_additive("two", hidden=(24,))
    rules.save(tmp_path / "rules.json")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    path = str(tmp_path / "rules.json")
    flags = ["--scorecard", "--pdo", "25", "--base", "650", "--odds", "40"]
    assert run(["emit", path, "--to", "text", *flags, "--data", str(tmp_path / "rows.csv")]) == 0
    wanted = rr.scorecard(rules, pdo=25, base=650, odds=40, data=frame)
    assert capsys.readouterr().out == str(wanted)

    assert run(["emit", path, "--to", "csv", *flags, "--decimals", "--out", str(tmp_path)]) == 0
    fine = rr.scorecard(rules, pdo=25, base=650, odds=40, whole=False)
    assert (tmp_path / "scorecard.csv").read_text() == str(rr.emit(fine, "csv"))
    capsys.readouterr()
    for given, said in [
        (["--to", "sql", *flags], "can't be written as 'sql'"),
        (["--to", "sql", "--decimals"], "--decimals: for a scorecard alone"),
        (["--to", "text", *flags, "--form", "tree"], "--form: not for a scorecard"),
    ]:
        assert run(["emit", path, *given]) == 2
        assert said in capsys.readouterr().err


def test_breakpoints_are_few_and_near() -> None:
    knots = np.array([0.0, 1.23456789, 1.2345679, 9.87654321, 20.0])
    points = np.array([0.0, 3.0, 3.0000001, 9.4, 20.0])
    shown = round_knots(knots, points, whole=True)
    assert (np.diff(shown) > 0).all()
    assert shown.tolist() == [0, 1.235, 9.877, 20]
    rounded = np.round(np.interp(shown, knots, points))
    kept, values = drop_knots(shown, rounded, knots, points, whole=True)
    assert kept.tolist() == [0, 1.235, 9.877, 20]
    more = np.array([0.0, 5.0, 10.0])
    assert drop_knots(more, more, more, np.array([0, 5.4, 10]), whole=True)[0].tolist() == [0, 10]
    assert len(drop_knots(more, more, more, np.array([0, 5.6, 10]), whole=True)[0]) == 3
    x = np.linspace(0, 20, 500)
    assert np.abs(np.interp(x, kept, values) - np.interp(x, knots, points)).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_json_holds_all_that_computes_the_points_of_a_column(seed: int) -> None:
    """Beyond a breakpoint that was rounded into the domain too: points go on there."""
    rules, frame = make_additive("two", hidden=(18,), seed=seed)
    card = rr.scorecard(rules, data=frame)
    X = np.vstack([draw_rows(rules.domain, 500, seed), draw_rows(rules.domain, 2, seed)])
    numbers = [j for j, one in enumerate(rules.domain.names) if one in rules.curves]
    X[-2, numbers], X[-1, numbers] = rules.domain.lower[numbers], rules.domain.upper[numbers]
    told = {one["name"]: one for one in card.to_json()["parts"] if "breakpoints" in one}
    assert told

    parts = card.predict_parts(X)
    for name, curve in told.items():
        x, knots = X[:, rules.domain.names.index(name)], curve["breakpoints"]
        own = np.interp(x, knots, curve["points"])
        for side, past in (("below", x - knots[0]), ("above", x - knots[-1])):
            away = past < 0 if side == "below" else past > 0
            assert not away.any() or curve[side] is not None
            own[away] += past[away] * (curve[side] or 0.0)
        assert own == pytest.approx(np.asarray(parts[name]), abs=1e-9)
