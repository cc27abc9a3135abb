"""What is said of rules that a search ended early left incomplete."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import random_network, rules_of

import relurules as rr
from relurules.ir import Estimate, RuleSet
from relurules.wording.coverage import describe_missing

BOX = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])


@pytest.fixture(scope="module")
def whole() -> RuleSet:
    return rules_of(random_network(0, 2, 6, 1), BOX)


def test_of_complete_rules_nothing_is_said(whole: RuleSet) -> None:
    assert whole.complete
    assert describe_missing(whole) == ""


def cut_short(rules: RuleSet, estimate: Estimate | None, regions: int = 12) -> str:
    """The sentence for these rules, as if a search had ended early with so many regions."""
    stats = rules.reduction._replace(regions=regions)
    return describe_missing(replace(rules, reduction=stats, complete=False, estimate=estimate))


def test_a_number_of_regions_that_is_not_known(whole: RuleSet) -> None:
    said = cut_short(whole, None)
    assert "12 linear regions were found, and how many are missing isn't known" in said
    assert said.endswith("elsewhere a row has rule 0 and no output.")
    assert "early: 1 linear region was found, and" in cut_short(whole, None, 1)


@pytest.mark.parametrize(
    ("regions", "error", "volume", "said"),
    [
        (5000.0, 120.0, 0.25, "of about 5e+03 (standard error 1.2e+02) were found"),
        (5000.0, np.inf, 0.25, "of about 5e+03 were found"),
        (np.inf, np.inf, 0.25, "of more than 1e308 were found"),
        (5000.0, 120.0, 0.25, "rules cover about 25 % of the domain's volume"),
        (5000.0, 120.0, 0.0, "rules cover less than 0.3 % of the domain's volume"),
    ],
)
def test_an_estimate(
    whole: RuleSet, regions: float, error: float, volume: float, said: str
) -> None:
    fields = {"regions": regions, "error": error, "volume": volume}
    shown = {name: fields.get(name, 0) for name in Estimate._fields}
    assert said in cut_short(whole, Estimate(**shown))  # type: ignore[arg-type]


def test_without_a_volume_none_is_claimed(whole: RuleSet) -> None:
    shown = dict.fromkeys(Estimate._fields, 0) | {"regions": 50.0, "error": 1.0, "volume": None}
    assert "volume" not in cut_short(whole, Estimate(**shown))  # type: ignore[arg-type]


def test_rows_of_the_data_are_counted() -> None:
    X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
    rules = rules_of(random_network(0, 2, 6, 1), BOX, data=X)
    assert "40 of 40 rows of the data" in cut_short(rules, None)
