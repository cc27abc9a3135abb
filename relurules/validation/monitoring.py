"""Rows that came later, beside those of a reference: what has moved, and what is above limits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import list_table_columns
from relurules.domain.linear_forms import combine_scores
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.population_stability import LARGE_MOVE, name_move
from relurules.validation.bands import name_periods
from relurules.validation.judged_rows import Judge, make_frame, make_judge, tell_class
from relurules.validation.movement import compare_bands, order_period
from relurules.validation.report import BandShare, Movement, tables_to_json
from relurules.wording.numbers import format_percent, format_short

if TYPE_CHECKING:
    import pandas

#: Movements that the text lists.
_SHOWN = 12
#: What rounding may be of the difference of two shares: 55 % less 50 % isn't above 5 %.
RISE_ROUNDING = 1e-12
#: What the rows of the reference and the others are called.
REFERENCE, DATA = "reference", "data"


@dataclass(frozen=True, kw_only=True)
class MonitorLimits:
    """Above which a figure is a breach. psi: of the score, a column, a line or the rules; outside:
    share of rows outside the domain, those with a missing value included; missing: by how much the
    share of missing values of a column may rise. least: rows of a period below which its index is
    told and not judged, since it moves by chance.
    """

    psi: float = LARGE_MOVE
    outside: float = 0.05
    missing: float = 0.05
    least: int = 100

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (np.isfinite(value) and value >= 0):
                raise DataError(f"the limit of {name} is {value!r}; expected a number from 0 on")


class MonitoredRate(NamedTuple):
    """The share of rows outside the domain, or of a column's values that are missing."""

    kind: str
    name: str
    reference: float
    data: float


class PeriodFigures(NamedTuple):
    """The rows of a month or another period: how many lie outside, the mean score of the others,
    its stability index against the reference, the share of class 1.
    """

    period: str
    rows: int
    outside: int
    mean_score: float | None
    psi: float | None
    class_share: float | None


@dataclass(frozen=True, kw_only=True)
class MonitorReport:
    """What has moved; true where nothing is above its limit.

    rows: of the reference and of the data; mean_scores: of both.
    """

    limits: MonitorLimits
    rows: tuple[int, int]
    mean_scores: tuple[float, float]
    movements: tuple[Movement, ...]
    rates: tuple[MonitoredRate, ...]
    periods: tuple[PeriodFigures, ...]
    shares: tuple[BandShare, ...]

    def __bool__(self) -> bool:
        """Whether nothing is above its limit."""
        return not self.breaches

    @property
    def breaches(self) -> tuple[str, ...]:
        """A sentence for every figure above its limit."""
        limits = self.limits
        moved = [
            f"{one.name}: PSI {format_short(one.psi, 3)}, above {limits.psi:g}"
            for one in self.movements
            if one.psi > limits.psi
        ]
        return (*self._list_rate_breaches(), *moved, *self._list_period_breaches())

    def _list_rate_breaches(self) -> Iterator[str]:
        for rate in self.rates:
            if rate.kind == "outside" and rate.data > self.limits.outside:
                yield (
                    f"{format_percent(rate.data)} of the rows are outside the domain, above "
                    f"{format_percent(self.limits.outside)}"
                )
            rise = rate.data - rate.reference
            if rate.kind == "missing" and rise > self.limits.missing + RISE_ROUNDING:
                yield (
                    f"{rate.name}: {format_percent(rate.data)} missing, "
                    f"{format_percent(rate.reference)} in the reference; a rise above "
                    f"{format_percent(self.limits.missing)}"
                )

    def _list_period_breaches(self) -> Iterator[str]:
        for period in self.periods:
            judged = period.rows - period.outside >= self.limits.least
            if judged and period.psi is not None and period.psi > self.limits.psi:
                yield (
                    f"score in {period.period}: PSI {format_short(period.psi, 3)}, above "
                    f"{self.limits.psi:g}"
                )

    def __str__(self) -> str:
        """A table of what has moved, the largest first, and what is above limits."""
        lines = [
            f"{self.rows[1]} rows beside {self.rows[0]} of the reference; mean score "
            f"{format_short(self.mean_scores[1])}, {format_short(self.mean_scores[0])} there"
        ]
        outside = next(rate for rate in self.rates if rate.kind == "outside")
        lines.append(f"outside the domain: {format_percent(outside.data)} of the rows")
        moved = sorted(self.movements, key=lambda one: (one.kind != "score", -one.psi))
        wide = max(len(one.name) for one in moved[:_SHOWN])
        lines += [
            f"{one.name:<{wide}}  PSI {one.psi:.4f}  {name_move(one.psi)}" for one in moved[:_SHOWN]
        ]
        lines += [f"ABOVE LIMIT {said}" for said in self.breaches] or ["nothing is above limits"]

        return "\n".join(lines)

    @property
    def tables(self) -> Mapping[str, Sequence[Any]]:
        """Name -> rows, of the tables that have any."""
        named: dict[str, Sequence[Any]] = {
            "movements": self.movements,
            "rates": self.rates,
            "periods": self.periods,
            "shares": self.shares,
        }
        return {name: rows for name, rows in named.items() if rows}

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "passed": bool(self),
            "breaches": list(self.breaches),
            "limits": asdict(self.limits),
            "rows": dict(zip((REFERENCE, DATA), self.rows, strict=True)),
            "mean_scores": dict(zip((REFERENCE, DATA), self.mean_scores, strict=True)),
            **tables_to_json(self.tables),
        }


class MonitoredRows(NamedTuple):
    """All rows of a table, and which lie inside; X, score: of these."""

    frame: "pandas.DataFrame"
    inside: NDArray[np.bool_]
    X: Array
    score: Array


def monitor_rules(
    rules: RuleSet | AdditiveRules,
    data: Any,
    reference: Any,
    *,
    limits: MonitorLimits | None = None,
    by: str | None = None,
) -> MonitorReport:
    """Rows that came later beside those of a reference, whose rows make the bands. by: a column of
    dates, whose months are told apart, or of periods.

    DataError where none of the rows of either lies in the rules' domain.
    """
    judge = make_judge(rules, None, None)
    base = score_rows(rules, judge, reference, "the reference")
    new = score_rows(rules, judge, data, "the data")
    movements, shares = compare_bands(
        rules, REFERENCE, (base.X, base.score), {DATA: (new.X, new.score)}
    )

    return MonitorReport(
        limits=limits or MonitorLimits(),
        rows=(len(base.frame), len(new.frame)),
        mean_scores=(float(base.score.mean()), float(new.score.mean())),
        movements=movements,
        rates=tuple(list_rates(rules, base, new)),
        periods=tuple(_list_periods(rules, judge, base, new, by)) if by else (),
        shares=shares,
    )


def score_rows(
    rules: RuleSet | AdditiveRules, judge: Judge, table: Any, what: str
) -> MonitoredRows:
    """The rows of a table with their scores; DataError where none lies inside. what: they are."""
    frame = make_frame(rules, table)
    X = rules.domain.rows(frame)
    scores = rules.predict_scores(X)
    inside = np.asarray(np.isfinite(scores).all(axis=1))
    if not inside.any():
        raise DataError(
            f"none of the {len(frame)} rows of {what} lies in the domain of the rules, so that "
            "there is nothing to compare"
        )

    judged = combine_scores(scores[inside], judge.forms)
    return MonitoredRows(frame, inside, X[inside], judged[:, 0])


def list_rates(
    rules: RuleSet | AdditiveRules, base: MonitoredRows, new: MonitoredRows
) -> Iterator[MonitoredRate]:
    """The share of rows outside the domain, and of missing values in every column of the table
    that is read.
    """
    outside = [float((~one.inside).mean()) for one in (base, new)]
    yield MonitoredRate("outside", "rows", *outside)
    for name in list_table_columns(rules.domain.columns):
        shares = [
            float(one.frame[name].isna().mean()) if name in one.frame else 0.0
            for one in (base, new)
        ]
        yield MonitoredRate("missing", name, *shares)


def _list_periods(
    rules: RuleSet | AdditiveRules, judge: Judge, base: MonitoredRows, new: MonitoredRows, by: str
) -> Iterator[PeriodFigures]:
    named = name_periods(new.frame, by).to_numpy(dtype=str)
    inner = named[new.inside]
    known = sorted(set(named.tolist()) - {""}, key=order_period)
    rows = {period: (new.X[inner == period], new.score[inner == period]) for period in known}
    movements, _ = compare_bands(rules, REFERENCE, (base.X, base.score), rows)
    index = {one.part: one.psi for one in movements if one.kind == "score"}

    for period, (_, score) in rows.items():
        count = int((named == period).sum())
        told = tell_class(judge, score[:, None]) if len(score) else None
        psi = index.get(period, np.nan)
        yield PeriodFigures(
            period,
            count,
            count - len(score),
            float(score.mean()) if len(score) else None,
            float(psi) if np.isfinite(psi) else None,
            None if told is None else float(told.mean()),
        )
