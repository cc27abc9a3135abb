"""Points of a scorecard in Java and C#, beside those of the card."""

import pytest
from executed_targets import require_target
from test_scorecard_points import check, make_cases

import relurules as rr
from relurules.verifying.engines import run_artifact


@pytest.mark.parametrize("target", ["java", "csharp"])
def test_classes_give_the_points_of_the_card(target: str) -> None:
    """Whole points, and points with decimals of strange columns; at breakpoints and beside them."""
    require_target(target)
    cases = make_cases()
    for name in ("lower", "hostile"):
        rules, card, table = cases[name]
        artifact = rr.emit(rules, target, columns=["outputs", "points"], scorecard=card)
        _, ran = run_artifact(artifact, table)
        check(card, table, list(ran.extras["points"]), (target, name))
