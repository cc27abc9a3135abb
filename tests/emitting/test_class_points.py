"""Points of a scorecard in Java and C#, beside those of the card."""

import shutil

import pytest
from browsers import miss
from test_scorecard_points import check, make_cases

import relurules as rr
from relurules.verifying.class_languages import JAVA, MONO
from relurules.verifying.engines import run_artifact


@pytest.mark.parametrize("target", ["java", "csharp"])
def test_classes_give_the_points_of_the_card(target: str) -> None:
    """Whole points, and points with decimals of strange columns; at breakpoints and beside them."""
    for program, package in (JAVA if target == "java" else MONO).programs.items():
        if shutil.which(program) is None:
            miss(f"{program} ({package})")
    cases = make_cases()
    for name in ("lower", "hostile"):
        rules, card, table = cases[name]
        artifact = rr.emit(rules, target, columns=["outputs", "points"], scorecard=card)
        _, ran = run_artifact(artifact, table)
        check(card, table, list(ran.extras["points"]), (target, name))
