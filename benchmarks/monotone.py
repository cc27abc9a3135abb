"""Monotone fits against a million pairs of rows: `make bench-monotone`, or
`python benchmarks/monotone.py`.

The two rows of a pair differ in one monotone column alone: by a unit in the last place up to a
thousand times the column's range, around every line's threshold, with all other columns as in rows
of the table (categories and missing values among them), also far outside of what was trained on.
The certificate is of real numbers: where the score in float64 goes the other way, it must be by
less than what rounding can do, and such pairs are computed again in rational numbers. `ask` must
say the same, and fits of partition rules must refuse.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import linearise_tables as tables
import numpy as np
import pandas as pd
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules
from relurules.statistics.certified_parts import certify_direction

#: Pairs that are computed at once, and those that are computed again in rational numbers.
_BLOCK, _EXACT = 50_000, 200
#: Powers of 10 of a step, in ranges of the column.
_STEPS = (-17.0, 3.0)


class MonotoneTable(NamedTuple):
    """A table, its target, and the trends that are asked for."""

    frame: pd.DataFrame
    target: str
    trends: Mapping[str, int]
    lines: int


class PairCounts(NamedTuple):
    """How many pairs of a column were looked at: those whose score goes the other way in float64,
    beyond what rounding can do, and in rational numbers.
    """

    pairs: int
    rounded: int
    broken: int
    exactly_broken: int


def read_taiwan(folder: Path) -> MonotoneTable:
    """All months late rising, limit and payments falling."""
    X, y = tables.table_of("taiwan", folder)[:2]
    trends = {
        **{f"PAY_{month}": 1 for month in (0, 2, 3, 4, 5, 6)},
        "LIMIT_BAL": -1,
        **{f"PAY_AMT{month}": -1 for month in range(1, 7)},
    }
    return MonotoneTable(X.assign(target=np.asarray(y)), "target", trends, 16)


def read_bike(folder: Path) -> MonotoneTable:
    """Warmer is more, damp and wind less."""
    X, y = tables.table_of("bike", folder)[:2]
    trends = {"atemp": 1, "hum": -1, "windspeed": -1}
    return MonotoneTable(X.assign(target=np.asarray(y)), "target", trends, 16)


def read_adult(folder: Path) -> MonotoneTable:
    """Text columns, and missing values among them."""
    frame = pd.read_csv(folder / "adult.csv.gz", na_values="?", skipinitialspace=True)
    frame = frame.drop(columns=["fnlwgt", "split", "education"], errors="ignore")
    known = {"education-num", "education_num", "hours-per-week", "hours_per_week", "capital-gain",
             "capital_gain"}  # fmt: skip
    trends = {name: 1 for name in frame.columns if name in known}
    return MonotoneTable(frame, "income", trends, 16)


def read_breast_cancer(_: Path) -> MonotoneTable:
    """Larger tumours are less often benign."""
    from sklearn.datasets import load_breast_cancer

    trends = dict.fromkeys(("worst radius", "worst texture", "worst smoothness", "mean area"), -1)
    return MonotoneTable(load_breast_cancer(as_frame=True).frame, "target", trends, 4)


def read_diabetes(_: Path) -> MonotoneTable:
    """What is known to raise it, and to lower it."""
    from sklearn.datasets import load_diabetes

    trends = {"bmi": 1, "bp": 1, "s5": 1, "s3": -1}
    return MonotoneTable(load_diabetes(as_frame=True).frame, "target", trends, 4)


def make_planted(_: Path) -> MonotoneTable:
    """Data that say the opposite, alone and in pairs, beside text and missing values."""
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 3000))
    kind = rng.choice(["x", "y", "z"], 3000)
    y = np.sin(2 * a) - np.maximum(a + b, 0.0) + np.where(kind == "x", np.maximum(c, 0), -c)
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "kind": kind, "y": y})
    frame.loc[rng.random(3000) < 0.2, "b"] = np.nan
    return MonotoneTable(frame, "y", {"a": 1, "c": 1}, 8)


TABLES: Mapping[str, Callable[[Path], MonotoneTable]] = {
    "planted": make_planted,
    "diabetes": read_diabetes,
    "breast cancer": read_breast_cancer,
    "taiwan": read_taiwan,
    "bike": read_bike,
    "adult": read_adult,
}


def count_pairs(
    rules: AdditiveRules, frame: pd.DataFrame, column: tuple[str, int], count: int, seed: int
) -> PairCounts:
    """Pairs of rows of one column, name and trend."""
    rng, (name, trend) = np.random.default_rng(seed), column
    rows = rules.domain.rows(frame)
    place = rules.domain.names.index(name)
    found = np.zeros(4, dtype=int)
    for start in range(0, count, _BLOCK):
        less, more = draw_pairs(rules, rows, place, min(_BLOCK, count - start), rng)
        found += _count_block(rules, less, more, trend)

    return PairCounts(*found.tolist())


def draw_pairs(
    rules: AdditiveRules, rows: np.ndarray, place: int, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(N, d) twice, the second one larger in one coordinate: from rows of the table, from anywhere
    in the range, from far outside, and from lines' thresholds.
    """
    domain = rules.domain
    less = rows[rng.integers(0, len(rows), count)].copy()
    width = max(float(domain.widths[place]), 1e-300)
    numbers = [
        places.start
        for each, places in zip(domain.columns, domain.places, strict=True)
        if not each.categories
    ]
    kind = rng.integers(0, 4, count)
    for j in numbers:
        anywhere = domain.lower[j] + rng.random(count) * domain.widths[j]
        less[kind == 1, j] = anywhere[kind == 1]
        far = less[:, j] + rng.normal(size=count) * domain.widths[j] * 10.0 ** rng.uniform(0, 3)
        less[kind == 2, j] = far[kind == 2]

    own = np.flatnonzero(rules.normals[:, place])
    if len(own):
        line = rng.choice(own, count)
        rest = (less * rules.normals[line]).sum(axis=1) - less[:, place] * rules.normals[
            line, place
        ]
        at = (rules.bounds[line] - rest) / rules.normals[line, place]
        at = at + rng.integers(-1, 2, count) * np.spacing(at)
        less[kind == 3, place] = at[kind == 3]

    more = less.copy()
    steps = width * 10.0 ** rng.uniform(*_STEPS, count)
    ulp = np.nextafter(less[:, place], np.inf)
    more[:, place] = np.maximum(less[:, place] + steps, ulp)
    more[kind == 3, place] = np.where(rng.random(count) < 0.5, ulp, more[:, place])[kind == 3]
    return less, more


def _count_block(
    rules: AdditiveRules, less: np.ndarray, more: np.ndarray, trend: int
) -> np.ndarray:
    network = rules.network
    before, after = network.evaluate(less)[:, 0], network.evaluate(more)[:, 0]
    change = trend * (after - before)
    rounding = _bound_rounding(rules, less) + _bound_rounding(rules, more)
    negative = np.flatnonzero(change < 0)
    exact = [
        trend * (compute_exactly(rules, more[i]) - compute_exactly(rules, less[i])) < 0
        for i in negative[np.argsort(change[negative])][:_EXACT]
    ]
    inside = rules.domain.contains(less) & rules.domain.contains(more)
    told = trend * np.diff(
        [rules.predict_scores(one[inside])[:, 0] for one in (less, more)], axis=0
    )
    broken = int((change < -rounding).sum()) + int((told[0] < -rounding[inside]).sum())
    return np.array([len(less), len(negative), broken, sum(exact)])


def _bound_rounding(rules: AdditiveRules, X: np.ndarray) -> np.ndarray:
    """(N,) how far a score in float64 may be off: so many units of all its terms."""
    terms = np.abs(X) @ np.abs(rules.base.weights[0]) + abs(rules.base.constants[0])
    reach = np.abs(X) @ np.abs(rules.normals).T + np.abs(rules.bounds)
    terms += reach @ np.abs(rules.slopes[:, 0])
    return (X.shape[1] * 2 + len(rules) + 4) * 2.0**-53 * terms


def compute_exactly(rules: AdditiveRules, row: np.ndarray) -> Fraction:
    """The score of one row, (d,), in rational numbers."""
    x = [Fraction(value) for value in row.tolist()]

    def dot(weights: np.ndarray) -> Fraction:
        pairs = zip(weights.tolist(), x, strict=True)
        return sum((Fraction(w) * one for w, one in pairs if w), Fraction(0))

    total = Fraction(float(rules.base.constants[0])) + dot(rules.base.weights[0])
    for normal, bound, slope in zip(rules.normals, rules.bounds, rules.slopes[:, 0], strict=True):
        total += Fraction(float(slope)) * max(Fraction(0), dot(normal) - Fraction(float(bound)))
    return total


def measure_table(name: str, folder: Path, pairs: int) -> tuple[str, ...]:
    """The row of a table."""
    given = TABLES[name](folder)
    begun = time.process_time()
    fitted = rr.fit(
        given.frame, given.target, form="additive", max_rules=given.lines, monotone=given.trends
    )
    seconds = time.process_time() - begun
    rules, counts = fitted.rules, []
    if not isinstance(rules, AdditiveRules):
        raise TypeError("additive rules were asked for")
    each = -(-pairs // len(given.trends))
    said = certified = 0
    for seed, (column, trend) in enumerate(given.trends.items()):
        if column not in rules.features and column not in rules.domain.names:
            continue
        counts.append(count_pairs(rules, fitted.frame, (column, trend), each, seed))
        answer = rr.ask(rules, "monotone", feature=column, time_limit=60.0)
        way = answer.values["direction"]
        said += way in (("rises", "falls")[trend < 0], "doesn't matter")
        certified += certify_direction(rules, column) in (trend, 0)
    total = np.sum(counts, axis=0)
    print(name, *total, said, certified, len(given.trends), f"{seconds:.0f}", file=sys.stderr)

    return (
        name,
        str(len(rules)),
        f"{fitted.scores['the rules']['test']:.4f}",
        f"{total[0]:,}",
        f"{total[1]:,}",
        str(total[2]),
        str(total[3]),
        f"{said} of {len(counts)}",
        f"{certified} of {len(counts)}",
        _refuse_partition(given),
        f"{seconds:.0f}",
    )


def _refuse_partition(given: MonotoneTable) -> str:
    try:
        rr.fit(given.frame.head(200), given.target, form="partition", monotone=given.trends)
    except UnsupportedError:
        return "refused"
    return "FITTED"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES])
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data"
    )
    add_write_option(parser)
    given = parser.parse_args()

    with record_output("Monotone fits", write=given.write):
        heads = [
            "table", "lines", "test", "pairs", "float64 goes back", "beyond rounding",
            "in rationals", "ask agrees", "certified", "partition", "seconds",
        ]  # fmt: skip
        table = Table(*heads, title="Pairs of rows that differ in a monotone column")
        for name in given.tables or TABLES:
            table.add_row(*measure_table(name, given.data, given.pairs))
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
