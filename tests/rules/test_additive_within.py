"""Additive rules with fewer lines and digits are as near to the network as they say, everywhere."""

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import relurules as rr
from relurules.errors import OutOfTimeError, UnsupportedError
from relurules.ir import AdditiveRules, Head
from relurules.pipeline.extraction import extract_additive_rules
from relurules.pipeline.tasks import ExtractOptions, ExtractSource
from relurules.rules.additive_simplify import simplify_additive_rules


def make_model(d: int, width: int, scores: int, seed: int = 0, link: Any = None) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(d, width), torch.nn.ReLU(), torch.nn.Linear(width, scores)]
    return torch.nn.Sequential(*layers, *([link] if link else [])).double()


def make_single_model(width: int, scores: int, seed: int = 0) -> torch.nn.Module:
    """Neurons of three columns, each of one column alone."""
    model = make_model(3, width, scores, seed)
    with torch.no_grad():
        keep = torch.eye(3, dtype=torch.float64)[torch.arange(width) % 3]
        model[0].weight *= keep
    return model


def extract(model: torch.nn.Module, domain: rr.Domain, **options: Any) -> AdditiveRules:
    return rr.extract(model, domain=domain, form="additive", **options)


def sample(domain: rr.Domain, rules: list[AdditiveRules], seed: int = 0) -> np.ndarray:
    """Points inside, corners, and points where lines of each begin."""
    rng = np.random.default_rng(seed)
    d = len(domain.names)
    X = rng.uniform(domain.lower, domain.upper, size=(3000, d))
    corners = np.where(rng.random((500, d)) < 0.5, domain.lower, domain.upper)
    at = []
    for own in rules:
        for line in own:
            normal, bound = line.condition.half_space.normal, line.condition.half_space.bound
            j = int(np.argmax(np.abs(normal)))
            some = rng.uniform(domain.lower, domain.upper, size=(40, d))
            some[:, j] = (bound - np.delete(some, j, 1) @ np.delete(normal, j)) / normal[j]
            at.append(np.clip(some, domain.lower, domain.upper))
    return np.vstack([X, corners, *at])


def measure(model: torch.nn.Module, rules: AdditiveRules, X: np.ndarray) -> float:
    expected = model(torch.tensor(X)).detach().numpy()
    return float(np.abs(expected - rules.predict(X)).max())


def count_digits(rules: AdditiveRules) -> int:
    arrays = rules.normals, rules.bounds, rules.slopes, rules.base.weights, rules.base.constants
    values = [abs(v) for array in arrays for v in array.ravel().tolist()]
    return sum(len(repr(v).split("e")[0].replace(".", "").strip("0")) for v in values)


@pytest.mark.parametrize("scores", [1, 2])
@pytest.mark.parametrize("d", [1, 2, 4])
def test_the_bound_holds(d: int, scores: int) -> None:
    domain = rr.Domain.box(-np.ones(d), np.full(d, 2.0))
    model = make_model(d, 12, scores, seed=d)
    exact = extract(model, domain)
    for error in (0.02, 0.2):
        rules = extract(model, domain, max_error=error)
        off = measure(model, rules, sample(domain, [exact, rules]))
        assert off <= rules.max_error * (1 + 1e-12) <= error * (1 + 1e-12)
        assert len(rules) <= len(exact)
        assert count_digits(rules) < count_digits(exact) / 2
        assert rules.simplified
        assert rules.tradeoffs[-1] == (len(rules), rules.max_error)


def test_lines_of_one_column_are_bounded_exactly() -> None:
    """The certified error is what the worst breakpoints of all columns add up to."""
    domain = rr.Domain.box([-1.0] * 3, [1.0] * 3)
    model = make_single_model(24, 1)
    exact, rules = extract(model, domain), extract(model, domain, max_error=0.05)
    assert len(rules) < len(exact) / 2
    low = high = Fraction(float(exact.base.constants[0])) - Fraction(float(rules.base.constants[0]))
    for j in range(3):
        ends = [Fraction(-1), Fraction(1)]
        for each in (exact, rules):
            for normal, bound in zip(each.normals, each.bounds, strict=True):
                if normal[j]:
                    ends.append(Fraction(float(bound)) / Fraction(float(normal[j])))
        values = [
            evaluate_column(exact, j, x) - evaluate_column(rules, j, x)
            for x in ends
            if -1 <= x <= 1
        ]
        low, high = low + min(values), high + max(values)
    change = max(abs(low), abs(high))
    assert float(change) <= rules.max_error <= float(change) * (1 + 1e-12)


def evaluate_column(rules: AdditiveRules, j: int, x: Fraction) -> Fraction:
    total = Fraction(float(rules.base.weights[0, j])) * x
    for normal, bound, slopes in zip(rules.normals, rules.bounds, rules.slopes, strict=True):
        if normal[j]:
            z = Fraction(float(normal[j])) * x - Fraction(float(bound))
            total += Fraction(float(slopes[0])) * max(Fraction(0), z)
    return total


def test_pairs_are_bounded_at_every_vertex() -> None:
    """All crossings of two lines or sides, in rational arithmetic: one of them is the worst."""
    domain = rr.Domain.box([-1.0, -1.0], [1.0, 1.0])
    for seed in range(4):
        model = make_model(2, 7, 1, seed)
        exact, rules = extract(model, domain), extract(model, domain, max_error=0.08)
        walls = [([Fraction(1), Fraction(0)], Fraction(s)) for s in (-1, 1)]
        walls += [([Fraction(0), Fraction(1)], Fraction(s)) for s in (-1, 1)]
        for own in (exact, rules):
            for normal, bound in zip(own.normals.tolist(), own.bounds.tolist(), strict=True):
                walls.append(([Fraction(v) for v in normal], Fraction(bound)))
        worst = Fraction(0)
        for (a, s), (b, t) in combinations(walls, 2):
            det = a[0] * b[1] - a[1] * b[0]
            if det:
                x = (s * b[1] - t * a[1]) / det, (a[0] * t - b[0] * s) / det
                if all(-1 <= v <= 1 for v in x):
                    worst = max(worst, abs(score_exactly(exact, x) - score_exactly(rules, x)))
        assert worst <= Fraction(rules.max_error)
        assert rules.max_error <= 0.08


def score_exactly(rules: AdditiveRules, x: tuple[Fraction, ...]) -> Fraction:
    def form(weights: list[float], constant: float) -> Fraction:
        return sum((Fraction(w) * v for w, v in zip(weights, x, strict=True)), Fraction(constant))

    total = form(rules.base.weights[0].tolist(), float(rules.base.constants[0]))
    for normal, bound, slopes in zip(rules.normals, rules.bounds, rules.slopes, strict=True):
        total += Fraction(float(slopes[0])) * max(Fraction(0), form(normal.tolist(), -float(bound)))
    return total


def test_nothing_changes_within_nothing() -> None:
    domain = rr.Domain.box([-1.0] * 3, [1.0] * 3)
    exact = extract(make_model(3, 9, 2), domain)
    assert simplify_additive_rules(exact, 0.0) is exact
    assert simplify_additive_rules(exact, 0.0, len(exact)) is exact
    assert not exact.simplified
    assert simplify_additive_rules(exact, 1e-300) is exact  # less than numbers can be rounded by


def test_the_same_call_gives_the_same_rules() -> None:
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    model = make_model(2, 12, 1)
    one, other = (extract(model, domain, max_error=0.05) for _ in range(2))
    assert np.array_equal(one.normals, other.normals)
    assert np.array_equal(one.slopes, other.slopes)
    assert one.max_error == other.max_error


def test_steps_rise() -> None:
    domain = rr.Domain.box([-1.0] * 3, [1.0] * 3)
    for model in (make_model(3, 15, 1), make_single_model(15, 2)):
        seen: list[int] = []
        rules = extract(model, domain, max_rules=4, merging=seen.append)
        lines = [step.rules for step in rules.tradeoffs]
        errors = [step.error for step in rules.tradeoffs]
        assert lines == sorted(set(lines), reverse=True)
        assert errors == sorted(errors)
        assert len(rules) <= 4 == seen[-1]
        assert measure(model, rules, sample(domain, [rules])) <= rules.max_error * (1 + 1e-12)


def test_more_error_takes_no_more_lines() -> None:
    domain = rr.Domain.box([-1.0] * 3, [1.0] * 3)
    model = make_single_model(24, 1)
    counts = [len(extract(model, domain, max_error=e)) for e in (0.001, 0.01, 0.1, 1.0)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < counts[0]


@pytest.mark.parametrize("scale", [1e-120, 1e-6, 1e6, 1e120])
def test_units_don_t_matter(scale: float) -> None:
    """Columns times a power of ten, outputs times another."""
    model = make_model(2, 8, 1)
    with torch.no_grad():
        model[0].weight /= scale
        model[2].weight *= scale
        model[2].bias *= scale
    domain = rr.Domain.box([-scale] * 2, [scale] * 2)
    rules = extract(model, domain, max_error=0.05 * scale)
    off = measure(model, rules, sample(domain, [rules]))
    assert off <= rules.max_error * (1 + 1e-9) <= 0.05 * scale * (1 + 1e-9)
    assert len(rules) < 8


def test_a_wide_column_beside_narrow_ones() -> None:
    model = make_model(3, 10, 1)
    with torch.no_grad():
        model[0].weight /= torch.tensor([1e5, 1.0, 1e-7], dtype=torch.float64)
    domain = rr.Domain.box([0.0, -1.0, 0.0], [1e5, 1.0, 1e-7])
    rules = extract(model, domain, max_error=0.1)
    assert measure(model, rules, sample(domain, [rules])) <= rules.max_error * (1 + 1e-12)


def test_categories() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=80),
            "kind": rng.choice(list("abc"), size=80),
            "n": rng.integers(0, 5, 80),
        }
    )
    domain = rr.Domain.from_data(table)
    model = make_model(len(domain.names), 10, 1)
    graph = rr.trace(model)
    exact = rr.extract(graph, domain=domain, form="additive")
    rules = rr.extract(graph, domain=domain, form="additive", max_error=0.1)
    X = np.array([[x, *kind, n] for x in np.linspace(domain.lower[0], domain.upper[0], 300)
                  for kind in np.eye(3) for n in (0.0, 1.0, 2.5, 4.0)])  # fmt: skip
    order = [domain.names.index("x"), *domain.groups[0], domain.names.index("n")]
    X = X[:, np.argsort(order)]
    assert measure(model, rules, X) <= rules.max_error * (1 + 1e-12) <= 0.1 * (1 + 1e-12)
    assert count_digits(rules) < count_digits(exact)


@pytest.mark.parametrize(
    "link", [torch.nn.Sigmoid(), torch.nn.Softmax(dim=1), torch.nn.LogSoftmax(dim=1)]
)
def test_links_bound_their_outputs(link: torch.nn.Module) -> None:
    scores = 1 if isinstance(link, torch.nn.Sigmoid) else 3
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    model = make_model(2, 10, scores, link=link)
    rules = extract(model, domain, max_error=0.02)
    assert rules.output_error is not None
    assert rules.output_error <= 0.02 < 1.0
    assert measure(model, rules, sample(domain, [rules])) <= rules.output_error * (1 + 1e-12)


def test_a_power_needs_its_highest_score() -> None:
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    exact = extract(make_model(2, 8, 1), domain)
    power = AdditiveRules(
        outputs=("y",), domain=domain, base=exact.base, lines=exact.lines,
        reduction=exact.reduction, heads=(Head("exp", (0,)),), output_error=0.0,
    )  # fmt: skip
    rules = simplify_additive_rules(power, 0.05)
    X = sample(domain, [power, rules])
    assert rules.max_error <= 0.05
    assert np.abs(power.predict(X) - rules.predict(X)).max() <= rules.max_error * (1 + 1e-12)
    assert len(rules) < len(power)


def test_slopes_that_are_nearly_linear_count_too() -> None:
    """What the collapse changes is part of the bound, and of what there is to spend."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(2, 6), torch.nn.PReLU(6), torch.nn.Linear(6, 1)
    ).double()
    with torch.no_grad():
        model[1].weight[:] = torch.tensor([0.9999, 0.9999, 0.0, 0.1, 0.2, -0.5])
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    exact = extract(model, domain)
    assert exact.max_error > 0.0
    rules = extract(model, domain, max_error=0.05)
    assert exact.max_error < rules.max_error <= 0.05
    assert measure(model, rules, sample(domain, [rules])) <= rules.max_error * (1 + 1e-12)


def test_inequalities_leave_the_bound_true() -> None:
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2, ["a", "b"]).where("a + b <= 0.5")
    model = make_model(2, 12, 1)
    rules = extract(model, domain, max_error=0.05)
    X = sample(domain, [rules])
    X = X[domain.contains(X)]
    assert measure(model, rules, X) <= rules.max_error * (1 + 1e-12)


def test_open_columns_are_named() -> None:
    open_ = rr.Domain.box([-np.inf, -1.0], [np.inf, 1.0], ["age", "rate"])
    with pytest.raises(UnsupportedError, match="'age' is open; give its range"):
        extract(make_model(2, 8, 1), open_, max_rules=3)
    with pytest.raises(UnsupportedError, match="'x0' is open; give its range"):
        extract(make_model(2, 8, 1), rr.Domain.unbounded(["x0", "x1"]), max_error=0.1)


def test_lines_of_open_columns_stay() -> None:
    """Others have bounds all the same."""
    domain = rr.Domain.box([-np.inf, -1.0, -1.0], [np.inf, 1.0, 1.0])
    model = make_single_model(24, 1)
    exact, rules = extract(model, domain), extract(model, domain, max_error=0.05)
    kept = [line for line in exact if line.columns == ("x0",)]
    assert len([line for line in rules if line.columns == ("x0",)]) == len(kept)
    assert len(rules) < len(exact)
    X = np.random.default_rng(0).uniform(-1, 1, size=(2000, 3)) * [1e4, 1, 1]
    assert measure(model, rules, X) <= rules.max_error + 1e-9


def test_so_few_lines_may_be_too_few() -> None:
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    model = make_model(2, 12, 1)
    with pytest.raises(UnsupportedError, match=r"max_rules=1: with this max_error \d+ lines"):
        extract(model, domain, max_rules=1, max_error=1e-6)
    with pytest.raises(OutOfTimeError, match="merging lines to max_rules=1"):
        extract(model, domain, max_rules=1, time_limit=0.0)


def test_groups_stay_as_they_are() -> None:
    torch.manual_seed(0)
    deep = torch.nn.Sequential(
        torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3), torch.nn.ReLU(),
        torch.nn.Linear(3, 1),
    ).double()  # fmt: skip
    domain = rr.Domain.box([-1.0] * 2, [1.0] * 2)
    rules = extract(deep, domain, max_error=0.05)
    assert len(rules.groups) == 1
    assert measure(deep, rules, sample(domain, [rules])) <= rules.max_error + 1e-12 <= 0.05 + 1e-12
    with pytest.raises(UnsupportedError, match="fidelity='rows' for the closest lines"):
        extract(deep, domain, max_rules=2)


def test_a_column_of_lines_at_one_place() -> None:
    """Lines that begin at one place, one up and one down, are one line."""
    model = make_model(1, 4, 1)
    with torch.no_grad():
        model[0].weight[:] = torch.tensor([[1.0], [-1.0], [2.0], [1.0]])
        model[0].bias[:] = torch.tensor([-0.5, 0.5, -1.0, 0.25])
    domain = rr.Domain.box([-1.0], [1.0])
    rules = extract(model, domain, max_error=1e-3)
    assert len(rules) == 2
    assert sorted(abs(line.condition.half_space.bound) for line in rules) == [0.25, 0.5]
    assert measure(model, rules, sample(domain, [rules])) <= rules.max_error * (1 + 1e-12)


def test_lines_count_rows_of_the_rarer_side() -> None:
    data = np.random.default_rng(0).normal(size=(300, 2))
    rules = rr.extract(make_model(2, 14, 1), data=data, form="additive", max_error=0.05)
    assert all(line.rows is not None and line.rows <= 150 for line in rules)
    assert np.array_equal(rules.find_applying_lines(data).sum(axis=0), [x.rows for x in rules])


def test_options_reach_the_stage() -> None:
    source = ExtractSource(model=make_model(2, 8, 1), domain=rr.Domain.box([-1.0] * 2, [1.0] * 2))
    rules = extract_additive_rules(source, ExtractOptions(max_error=0.1))
    assert rules.provenance.settings["max_error"] == 0.1
    assert rules.simplified
