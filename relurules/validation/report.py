"""The figures of a validation: frozen rows of tables, which every format shows and which are
written as CSV and JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.ir import AdditiveRules, RuleSet
from relurules.tables.spreadsheet_text import format_guarded_csv
from relurules.validation.class_report import ClassFigures, Confusion
from relurules.validation.contributions import ContributionSample
from relurules.validation.refit_report import (
    RefitBand,
    RefitColumn,
    RefitCondition,
    RefitCurve,
    RefitFigure,
)


class PartSize(NamedTuple):
    """The rows of a part; outside: of them, those that the rules say nothing of; judged: the
    others; mean_outcome, mean_prediction: over these.
    """

    part: str
    rows: int
    outside: int
    judged: int
    mean_outcome: float | None
    mean_prediction: float | None
    mean_score: float
    digest: str


class Figure(NamedTuple):
    """A metric of a model on a part, and its interval."""

    model: str
    part: str
    metric: str
    value: float
    low: float | None
    high: float | None


class RocPoint(NamedTuple):
    """A corner of the ROC curve."""

    part: str
    threshold: float
    false_positive_rate: float
    true_positive_rate: float


class ScoreBand(NamedTuple):
    """Rows whose score is from `low` on, below `high`; outcome: mean of the true values, with an
    interval.
    """

    part: str
    band: int
    low: float
    high: float
    rows: int
    share: float
    prediction: float | None
    outcome: float
    outcome_low: float | None
    outcome_high: float | None


class GroupFigures(NamedTuple):
    """Rows of one group. favourable: share that gets the favourable class; impact_ratio: that over
    the highest one among groups of enough rows; error: mean of |prediction - value|; outcome_low,
    outcome_high: the interval of the outcome, in which the prediction lies where it is right;
    ratio_low, ratio_high: that of impact_ratio, none for the group that is the standard. Of several
    classes outcome is the share of right ones, and error that of wrong ones.
    """

    part: str
    column: str
    group: str
    rows: int
    outcome: float | None
    prediction: float | None
    favourable: float | None
    impact_ratio: float | None
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    error: float | None
    few: bool
    outcome_low: float | None = None
    outcome_high: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None


class Movement(NamedTuple):
    """How far something has moved from the base; kind: score, column, line or rule."""

    kind: str
    name: str
    base: str
    part: str
    psi: float
    bands: int


class BandShare(NamedTuple):
    """The share of a band's rows in the base and in a part."""

    kind: str
    name: str
    part: str
    band: str
    base_rows: int
    rows: int
    base_share: float
    share: float


class WeakPlace(NamedTuple):
    """Rows of a range of a column where the loss is larger than elsewhere; certainty: how many
    standard errors. outcome, prediction: means there; None for several classes.
    """

    part: str
    column: str
    place: str
    rows: int
    loss: float
    overall: float
    certainty: float
    outcome: float | None
    prediction: float | None


class NoiseEffect(NamedTuple):
    """What noise on inputs changes. size: of the noise, in standard deviations of the column."""

    part: str
    columns: str
    size: float
    mean_change: float
    largest_change: float
    class_changes: float | None
    metric: str | None
    before: float | None
    after: float | None


class OtherModel(NamedTuple):
    """What a fit scored a model beside the rules by, on a part."""

    model: str
    part: str
    measure: str
    value: float


class FrontStep(NamedTuple):
    """A model of the front of size and quality, and whether it was chosen."""

    size: int
    measure: str
    value: float
    chosen: bool


class FitFindings(NamedTuple):
    """What a fit knows beside the rules; empty where nobody asked it. refits: rules that were
    fitted again to resampled rows; fitted: parts whose rows the rules were fitted to.
    """

    front: tuple[FrontStep, ...] = ()
    others: tuple[OtherModel, ...] = ()
    refits: tuple[RuleSet | AdditiveRules, ...] = ()
    fitted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ValidationReport:
    """All figures.

    task: regression, binary or multiclass; response: the column with the true values; outcome: what
    counts as 1; favourable: the class that is taken for the favourable decision; loss: what weak
    places are measured in; cut_off: of the score; cut_told: whether 1 is told there too; fitted:
    parts that the rules were fitted to, as far as is known. settings: what was asked for;
    contributions: of some rows; the others: tables.
    """

    task: str
    response: str
    outcome: str
    favourable: str
    loss: str
    cut_off: float | None
    cut_told: bool = False
    fitted: tuple[str, ...] = ()
    settings: Mapping[str, str | int | float | None]
    parts: tuple[PartSize, ...]
    figures: tuple[Figure, ...]
    bands: tuple[ScoreBand, ...] = ()
    roc: tuple[RocPoint, ...] = ()
    confusion: tuple[Confusion, ...] = ()
    classes: tuple[ClassFigures, ...] = ()
    groups: tuple[GroupFigures, ...] = ()
    movements: tuple[Movement, ...] = ()
    shares: tuple[BandShare, ...] = ()
    weak_places: tuple[WeakPlace, ...] = ()
    noise: tuple[NoiseEffect, ...] = ()
    front: tuple[FrontStep, ...] = ()
    others: tuple[OtherModel, ...] = ()
    refit_figures: tuple[RefitFigure, ...] = ()
    refit_conditions: tuple[RefitCondition, ...] = ()
    refit_columns: tuple[RefitColumn, ...] = ()
    refit_curves: tuple[RefitCurve, ...] = ()
    refit_bands: tuple[RefitBand, ...] = ()
    contributions: ContributionSample | None = None

    @property
    def tables(self) -> Mapping[str, Sequence[Any]]:
        """Name -> rows, of the tables that have any."""
        named = {name: getattr(self, name) for name in TABLES}
        return {name: rows for name, rows in named.items() if rows}

    def to_json(self) -> dict[str, Any]:
        """Plain values; what can't be told is null."""
        said = ("task", "response", "outcome", "favourable", "loss", "cut_off")
        return {
            **{name: to_plain(getattr(self, name)) for name in said},
            "fitted": list(self.fitted),
            "settings": dict(self.settings),
            **tables_to_json(self.tables),
        }


#: The tables of a report, in the order in which they are written.
TABLES = (
    "parts", "figures", "bands", "roc", "confusion", "classes", "groups", "movements", "shares",
    "weak_places", "noise", "front", "others", "refit_figures", "refit_conditions",
    "refit_columns", "refit_curves", "refit_bands",
)  # fmt: skip


def tables_to_json(tables: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Tables as lists of named values."""
    return {
        name: [{key: to_plain(value) for key, value in row._asdict().items()} for row in rows]
        for name, rows in tables.items()
    }


def to_plain(value: Any) -> Any:
    """A value that JSON has: None for a number that isn't finite."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def tables_to_csv(tables: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Tables as CSV: {file name: text}; texts that a spreadsheet would take for formulas have an
    apostrophe before them.
    """
    import pandas

    return {
        f"{name}.csv": format_guarded_csv(pandas.DataFrame([row._asdict() for row in rows]))
        for name, rows in tables.items()
    }
