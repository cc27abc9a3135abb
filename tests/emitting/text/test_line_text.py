"""Additive rules as text: a reader who has its numbers alone works out the score of any row."""

from dataclasses import replace

import numpy as np
import pytest
from additive_models import make_additive
from emitting.text.read_lines import read_text
from handmade import graph, network

import relurules as rr
from relurules.ir import AdditiveRules


def check_rows(rules: AdditiveRules, frame: object) -> float:
    """Every row's scores as a reader works them out; the largest difference."""
    reader = read_text(str(rr.emit(rules, "text")))
    assert list(reader.start) == list(rules.scores)
    exact = rules.predict_scores(frame)
    worst = 0.0
    for i, row in enumerate(frame.to_dict("records")):  # type: ignore[attr-defined]
        for j, name in enumerate(rules.scores):
            worst = max(worst, abs(float(reader.score(row, name)) - exact[i, j]))
    assert worst <= reader.bound
    return reader.bound


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("link", ["two", "softmax", "score"])
def test_a_row_worked_out_from_the_text_is_the_score_within_its_bound(link: str, seed: int) -> None:
    rules, frame = make_additive(link, hidden=(6 + seed,), seed=seed)
    assert 0 < check_rows(rules, frame.iloc[:60]) < 0.05 * np.ptp(rules.predict_scores(frame))


@pytest.mark.parametrize("seed", range(4))
def test_groups_too(seed: int) -> None:
    rules, frame = make_additive("two", hidden=(3, 2), seed=seed)
    assert rules.groups
    check_rows(rules, frame.iloc[:40])


def test_without_data() -> None:
    rules, frame = make_additive("two", seed=3, data=False)
    text = str(rr.emit(rules, "text"))
    assert "of the data" not in text
    assert "the score of the middle of the domain" in text
    check_rows(rules, frame.iloc[:30])


def test_open_columns_have_no_bound() -> None:
    net = network(np.array([[1.0, 0.0]]), np.array([-3.0]), np.array([[2.0]]), C=[[0.5, 0.25]])
    rules = rr.extract(graph(net), form="additive")
    text = str(rr.emit(rules, "text"))
    assert "The domain is open, so no bound holds for an output" in text
    assert "  up to 3: +1.50000, +0.5 per unit\n  from 3: +1.50000, +2.5 per unit\n" in text
    assert "  line 1, for every unit of x0 above 3: +2\n" in text
    assert (
        "ADD for x1\n  up to 0: 0.00000, +0.25 per unit\n  from 0: 0.00000, +0.25 per unit" in text
    )


def test_small_slopes_are_told_of_many_units() -> None:
    net = network(np.array([[1.0]]), np.array([-35_000.0]), np.array([[2.5e-5]]), C=[[-1e-5]])
    rules = rr.extract(
        replace(graph(net), features=("income",)),
        domain=rr.Domain.box([0], [90_000], ["income"]), form="additive",
    )  # fmt: skip
    text = str(rr.emit(rules, "text"))
    assert "per 10,000\n" in text
    assert "for every 10,000 of income below 35,000: +0.25" in text  # turned: the middle is above


def test_the_first_lines() -> None:
    rules, _ = make_additive("two", hidden=(12,), seed=1)
    shown = rules._repr_html_()
    assert "ADD for" in shown
    assert "more columns or sets of columns" in rules._repr_html_() or len(rules) <= 24
    from relurules.emitting.text.line_printer import print_first_lines

    text = print_first_lines(rules, 3)
    assert text.count("\nADD for ") < str(rr.emit(rules, "text")).count("\nADD for ")
    assert "left out here, and in the rules' JSON file." in text
    assert print_first_lines(rules, len(rules)) == str(rr.emit(rules, "text"))


def test_columns_come_in_the_order_of_what_they_move() -> None:
    rules, _ = make_additive("two", seed=2)
    assert rules.evidence is not None
    assert rules.evidence.part_deviations is not None
    order = np.argsort(-rules.evidence.part_deviations[:, 0], kind="stable")
    names = [block.name for block in read_text(str(rr.emit(rules, "text"))).blocks]
    assert names == [rules.parts[i].name for i in order]
