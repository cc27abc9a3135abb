"""Figures: each kind is drawn, names are whole, files are the same bytes, and what is missing is
said.
"""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explained_models import kinds, line
from handmade import graph, network, random_network, rows_in

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Head
from relurules.plotting import PLOTS
from relurules.plotting.style import wrap_name

LONG = "number of days since the last payment_that_was_made_without_any_reminder $x^2$ <b>"

ARGUMENTS: dict[str, dict[str, Any]] = {
    "row": {"row": {"a": 2.0, LONG: 0.5}},
    "waterfall": {"row": {"a": 2.0, LONG: 0.5}},
    "regions": {"row": {"a": 2.0, LONG: 0.5}},
    "profile": {"features": [LONG]},
    "intervals": {"rule": 2},
}


def long_named(**asked: Any) -> tuple[rr.RuleSet, dict[str, Any]]:
    rules, X, y = line()
    net = network([[1.0, 0.0]], [-1.0], [[2.0]], C=[[0.0, 1.0]], c=[3.0])
    found = rr.extract(
        graph(net, ["cost"]), domain=rr.Domain.box([0, 0], [4, 1], ["a", LONG]), **asked
    )
    assert len(found) == asked.get("max_rules", len(rules))
    return found, {"data": X, "y": y}


def texts(svg: str) -> str:
    """Everything written in an SVG, line by line, without markup."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return " ".join(found).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize("kind", [kind for kind, own in PLOTS.items() if own.draw is not None])
def test_every_kind_holds_whole_names_and_is_the_same_twice(kind: str, tmp_path: Path) -> None:
    rules, given = long_named(**({"max_rules": 1} if kind == "tradeoff" else {}))
    if kind == "roc":
        rules, given["y"] = replace(rules, heads=(Head("sigmoid", (0,)),)), given["y"] > 5
    for name in ("one.svg", "two.svg"):
        rr.plot(rules, kind, **given, **ARGUMENTS.get(kind, {}), out=tmp_path / name)
    one = (tmp_path / "one.svg").read_text()
    assert one == (tmp_path / "two.svg").read_text()
    assert "<dc:date>" not in one
    if kind not in {"merging", "tradeoff", "roc", "calibration"}:  # these are of no column
        assert LONG.replace(" ", "") in texts(one).replace(" ", "")


@pytest.mark.parametrize(
    "kind", ["importance", "parallel", "violin", "profile", "pairwise", "regions", "merging"]
)
def test_local_models_of_rows(kind: str, tmp_path: Path) -> None:
    net = random_network(2, 3, 12, 1)
    X = rows_in(rr.Domain.box([-2] * 3, [2] * 3), 300)
    figure = rr.plot(
        rr.reached(graph(net), X),
        kind,
        data=X,
        y=X[:, 0] + X[:, 1] ** 2,
        out=tmp_path / "figure.png",
    )
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
    assert figure.axes


def test_categories_are_named() -> None:
    rules, frame = kinds()
    for kind, given in (
        ("profile", {"features": ["kind"]}),
        ("pairwise", {"features": ["kind", "x"]}),
        ("parallel", {}),
    ):
        figure = rr.plot(rules, kind, data=frame, **given)
        figure.canvas.draw()
        shown = " ".join(
            t.get_text() for a in figure.axes for t in (*a.get_xticklabels(), *a.get_yticklabels())
        )
        for name in "uvw":
            assert re.search(rf"\b{name}\b", shown), (kind, shown)


def test_a_bar_per_column_with_its_share() -> None:
    rules, X, _ = line()
    figure = rr.plot(rules, "importance", data=X)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert sum(widths) == pytest.approx(100.0)
    assert widths[0] > widths[1]


def test_polygons_of_regions_meet_at_the_boundary() -> None:
    rules, _, _ = line()
    figure = rr.plot(rules, "regions", features=["a", "b"])
    ends = sorted({x for patch in figure.axes[0].patches for x in patch.get_xy()[:, 0].tolist()})
    assert ends == [0.0, 1.0, 4.0]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    rules, X, y = line()
    with pytest.raises(UnsupportedError, match="no plot 'pie'; there are importance, parallel"):
        rr.plot(rules, "pie", data=X)
    with pytest.raises(DataError, match="this plot needs rows: data"):
        rr.plot(rules, "profile")
    with pytest.raises(DataError, match="needs the true values"):
        rr.plot(rules, "merging", data=X)
    with pytest.raises(DataError, match="needs the row that it explains"):
        rr.plot(rules, "row")
    with pytest.raises(DataError, match="this plot is of 2 columns, found a"):
        rr.plot(rules, "pairwise", data=X, features=["a"])
    with pytest.raises(DataError, match="no rule 9; there are 2"):
        rr.plot(rules, "intervals", data=X, y=y, rule=9)
    with pytest.raises(DataError, match="none of the 1 rows lies where the rules hold"):
        rr.plot(rules, "importance", data=np.full((1, 2), 99.0))
    with pytest.raises(UnsupportedError, match=r"figures are written as .svg, .png, .pdf"):
        rr.plot(rules, "importance", data=X, out=tmp_path / "figure.bmp")
    assert not list(tmp_path.iterdir())
    net = random_network(2, 2, 3, 1)
    with pytest.raises(UnsupportedError, match="this plot is of rules"):
        rr.plot(rr.reached(graph(net), X), "row", row=[0, 0])


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, X, _ = line()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'relurules\[plot\]'"):
        rr.plot(rules, "importance", data=X)


def test_names_are_broken_and_never_cut() -> None:
    for name in (LONG, "x" * 100, "short", "", "a b"):
        assert wrap_name(name).replace("\n", "").replace(" ", "") == name.replace(" ", "")
        assert max(map(len, wrap_name(name).split("\n"))) <= 26


def test_letters_that_the_font_lacks_raise_no_warning(tmp_path: Path) -> None:
    net = network([[1.0, 0.0]], [-1.0], [[2.0]], C=[[0.0, 1.0]])
    rules = rr.extract(
        graph(net, ["費用"], [Head("identity", (0,))]),
        domain=rr.Domain.box([0, 0], [4, 1], ["収入", "b"]),
    )
    rr.plot(rules, "regions", out=tmp_path / "figure.svg")
    assert "収入" in (tmp_path / "figure.svg").read_text()


def test_the_examples_show_every_kind() -> None:
    shown = [path.stem for path in (Path(__file__).parents[2] / "examples" / "figures").iterdir()]
    assert [kind for kind in PLOTS if not any(name.startswith(kind) for name in shown)] == []
