"""Limits hold for all of an extraction, and what is there at a limit is right.

Clocks are wound by the tests.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from handmade import graph, layered, random_network, rows_in, rules_of
from winding import winding

import relurules as rr
from relurules.errors import OutOfTimeError, UnsupportedError
from relurules.ir import Network
from relurules.ir.limits import Deadline, SearchLimits
from relurules.lp.compilation import is_code_cached
from relurules.partitioning import SearchOptions, search_regions
from relurules.pipeline.partition_stages import run_stages
from relurules.pipeline.tasks import ExtractOptions, ExtractProgress, ExtractTask

NET = layered(0, d=4, sizes=(16, 16), m=2)
BOX = rr.Domain.box([-1.0] * 4, [1.0] * 4)


@cache
def extract_whole() -> rr.RuleSet:
    """What there is without a limit."""
    return rules_of(NET, BOX, data=rows_in(BOX, 200))


def by_clock(step: float, limit: float) -> Deadline:
    """A deadline by a clock that goes on by so much whenever it is looked at."""
    return Deadline.after(limit, winding(step))


def extracted_by(
    deadline: Deadline, net: Network = NET, domain: rr.Domain = BOX, **wanted: object
) -> rr.RuleSet:
    task = ExtractTask(
        graph=graph(net),
        traced=net,
        domain=domain,
        rows=rows_in(domain, 200),
        options=ExtractOptions(**wanted),  # type: ignore[arg-type]
        limits=SearchLimits(deadline=deadline),
    )
    return run_stages(task, SearchOptions(), ExtractProgress())


def assert_right_where_they_hold(rules: rr.RuleSet, net: Network, X: np.ndarray) -> int:
    numbers, predicted = rules.apply(X), rules.predict(X)
    ruled = numbers > 0
    assert np.isnan(predicted[~ruled]).all()
    off = np.abs(predicted[ruled] - net.evaluate(X[ruled]))
    assert (off <= 1e-12 * net.magnitude(X[ruled])).all()
    for number in np.unique(numbers[ruled])[:50].tolist():
        rule, rows = rules.rules[number - 1], X[numbers == number]
        for half_space, holds in rule.conditions:
            assert ((rows @ half_space.normal >= half_space.bound) == holds).all()
    return int(ruled.sum())


@pytest.mark.parametrize("step", [0.2, 1.0, 3.0, 20.0])
def test_rules_are_right_where_they_hold_and_rule_0_is_elsewhere(step: float) -> None:
    rules = extracted_by(by_clock(step, 10.0))
    assert not rules.complete
    X = np.vstack([rows_in(BOX, 3000, 1), [rule.point for rule in rules.rules[:200]]])
    assert assert_right_where_they_hold(rules, NET, X) >= min(200, len(rules))
    assert (rules.apply(X) == 0).any()


def test_a_slow_clock_changes_nothing() -> None:
    rules, whole = extracted_by(by_clock(1e-9, 1e6)), extract_whole()
    assert rules.complete
    assert len(rules) == len(whole)
    for one, other in zip(rules, whole, strict=True):
        assert [(c.half_space.split, c.holds) for c in one.conditions] == [
            (c.half_space.split, c.holds) for c in other.conditions
        ]


def test_conditions_that_there_was_no_time_to_shorten_are_those_of_the_branch() -> None:
    rules = extracted_by(by_clock(1.0, 30.0))
    table = rules.rules
    assert table.bounds.whole.any()  # type: ignore[attr-defined]
    longest = max(len(rule.conditions) for rule in rules)
    assert longest > max(len(rule.conditions) for rule in extract_whole())


def test_what_is_saved_of_them_comes_back(tmp_path: Path) -> None:
    rules = extracted_by(by_clock(1.0, 30.0))
    rules.save(tmp_path / "rules.json")
    again = rr.RuleSet.load(tmp_path / "rules.json")
    X = rows_in(BOX, 500, 3)
    assert np.array_equal(rules.apply(X), again.apply(X))
    assert again.estimate == rules.estimate
    assert again.estimate is not None
    found = json.loads((tmp_path / "rules.json").read_text())
    assert not found["complete"]
    assert any("conditions" not in rule for rule in found["rules"])


@pytest.mark.parametrize(
    "target", ["text", "markdown", "html", "python", "c", "javascript", "numpy", "sql"]
)
def test_no_output_says_everywhere(target: str) -> None:
    rules = rules_of(NET, BOX, max_regions=5, data=rows_in(BOX, 50))
    text = " ".join(str(rr.emit(rules, target)).split())
    assert "network itself everywhere" not in text
    assert "anywhere in the domain" not in text
    if target in ("text", "markdown", "html", "sql"):
        assert "was ended early" in text
    if target in ("text", "markdown", "html"):
        assert "% of the domain" in text.replace("&nbsp;", " ")
        assert "of 50 rows of the data" in text


def test_decisions_say_so_too() -> None:
    rules = rules_of(NET, BOX, decision="argmax", max_regions=5)
    for target in ("text", "python"):
        text = str(rr.emit(rules, target, form="rules" if target == "python" else None))
        assert "everywhere in the domain" not in text
        assert "wherever there is a rule" in text


def test_max_rules_out_of_time_says_how_far_it_came() -> None:
    net = random_network(1, d=3, K=9)
    domain = rr.Domain.box([-1.0] * 3, [1.0] * 3)
    with pytest.raises(
        OutOfTimeError, match=r"was reached while merging [0-9]+ regions to max_rules=2"
    ):
        extracted_by(by_clock(0.5, 60.0), net, domain, max_rules=2)


def test_max_error_out_of_time_keeps_its_bound() -> None:
    net = random_network(1, d=2, K=7)
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    exact = len(rules_of(net, domain))
    rules = extracted_by(by_clock(0.5, 60.0), net, domain, max_error=0.2)
    assert rules.complete
    X = rows_in(domain, 2000, 5)
    assert np.abs(rules.predict(X) - net.evaluate(X)).max() <= rules.max_error + 1e-9
    assert rules.max_error <= 0.2
    assert len(rules) <= exact


def test_max_error_needs_all_regions() -> None:
    with pytest.raises(UnsupportedError, match="the search ended after 7"):
        rules_of(NET, BOX, max_error=0.1, max_regions=7)


def test_memory_is_that_of_rules_too() -> None:
    wide = layered(1, d=30, sizes=(12,), m=20)
    domain = rr.Domain.box([-1.0] * 30, [1.0] * 30)
    regions = len(search_regions(wide, domain, SearchOptions(memory_limit=0.3)))
    rules = rules_of(wide, domain, memory_limit=0.3)
    assert not rules.complete
    assert 1 <= len(rules) < regions
    numbers = sum(array.nbytes for array in (*rules.maps, rules.rules.points, rules.tree.normals))  # type: ignore[attr-defined]
    assert numbers < 0.3e6


MEASURED = """
import re, sys
sys.path[:0] = {path!r}
from handmade import graph, layered
import relurules as rr
network = graph(layered(0, d=784, sizes=(25,), m=10))
domain = rr.Domain.box([0.0] * 784, [1.0] * 784)
rules = rr.extract(network, domain=domain, max_regions={regions})
# ru_maxrss would be that of the process that started this one, if larger
status = open("/proc/self/status").read()
print(len(rules), int(re.search("VmHWM: *([0-9]+)", " ".join(status.split()))[1]) // 1024)
"""


def measured(regions: int) -> tuple[int, int]:
    """Rules, and MB that a process takes at most while it finds so many regions of 784 columns."""
    here = Path(__file__).parent
    code = MEASURED.format(path=[str(here), str(here.parent)], regions=regions)
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ.copy(),
    )
    rules, megabytes = map(int, run.stdout.split())
    return rules, megabytes


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory")
def test_six_hundred_regions_of_784_columns_take_less_than_a_gigabyte() -> None:
    if not is_code_cached():
        measured(1)  # what is compiled the first time takes memory of its own
    rules, megabytes = measured(600)
    assert rules == 600
    assert megabytes < 1000


def test_the_search_leaves_room_for_what_follows() -> None:
    """With a pace, a search ends as soon as what it has found would fill the time that is left."""
    deadline = Deadline.after(10.0, lambda: 0.0)
    found = search_regions(
        NET, BOX, SearchOptions(limits=SearchLimits(deadline=deadline, pace=0.1), estimated=False)
    )
    assert 100 <= len(found) < 100 + 4096
    assert not found.complete
