"""The front as a drawing: a readable SVG, the same each time, with what it says in words."""

import builtins
from typing import Any
from xml.etree import ElementTree

import pandas
import pytest

from relurules.errors import UnsupportedError
from relurules.training.front_figure import draw_front

SVG = "{http://www.w3.org/2000/svg}"


def front(
    rules: list[int], sparse: list[bool], parallel: list[bool] | None = None
) -> pandas.DataFrame:
    scores = [0.5 + 0.4 * i / len(rules) for i in range(len(rules))][::-1]
    return pandas.DataFrame(
        {
            "rules": rules,
            "validation": scores,
            "sparse": sparse,
            "parallel": parallel or [False] * len(rules),
        }
    )


FRONTS = {
    "many": front([3000, 400, 64, 17, 8, 4, 2, 1, 40, 12, 5, 2, 1], [False] * 8 + [True] * 5),
    "dense only": front([16, 8, 4, 2, 1], [False] * 5),
    "parallel": front(
        [16, 8, 4, 2, 1, 12, 9, 6], [False] * 5 + [True] * 3, [False] * 5 + [True] * 3
    ),
    "one point": front([1], [False]),
}


def words(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", FRONTS)
def test_it_says_what_it_shows(name: str) -> None:
    table = FRONTS[name]
    chosen = len(table) // 2
    svg = draw_front(table, chosen, "AUC")
    said = words(svg)
    assert "rules" in said
    assert "AUC on validation rows" in said
    assert "all terms" in said
    assert ("few terms" in said) == (table["sparse"] & ~table["parallel"]).any()
    assert ("parallel" in said) == table["parallel"].any()
    number = table["rules"][chosen]
    assert any(
        f"{number} rule" in one and f"{table['validation'][chosen]:.4f}" in one for one in said
    )
    assert draw_front(table, chosen, "AUC") == svg


def test_one_rule_is_one() -> None:
    said = words(draw_front(FRONTS["one point"], 0, "R2"))
    assert any(one == "chosen: 1 rule, 0.5000" for one in said)


def test_without_matplotlib_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UnsupportedError, match=r"pip install 'relurules\[plot\]'"):
        draw_front(FRONTS["many"], 0, "R2")
