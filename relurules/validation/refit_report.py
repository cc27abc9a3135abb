"""Tables on rules that were fitted again to resampled rows, as rows of a report."""

from typing import NamedTuple


class RefitFigure(NamedTuple):
    """A metric of one refit on the rows that are judged; conditions: lines, or splits, it has."""

    refit: int
    conditions: int
    metric: str
    value: float


class RefitCondition(NamedTuple):
    """A line of the rules, or a split, and how often it comes back. bound: where it begins, of one
    column of numbers, else None. same: share of refits with a condition on the same columns; near:
    share with one that begins at most a tenth of the rows away; low, middle, high: quantiles of
    where the nearest one begins.
    """

    condition: str
    columns: str
    bound: float | None
    same: float
    near: float | None
    low: float | None
    middle: float | None
    high: float | None


class RefitColumn(NamedTuple):
    """A column's conditions in the rules, and share of refits that have any on it, with their
    mean number.
    """

    column: str
    conditions: int
    share: float
    mean: float


class RefitCurve(NamedTuple):
    """What a value of a column adds beside the value that the row has, all else as in the row:
    by the rules, and quantiles over refits.
    """

    column: str
    value: str
    number: float | None
    points: float
    low: float
    middle: float
    high: float


class RefitBand(NamedTuple):
    """Rows of a band of the score: means of what the rules say, and of the ends between which
    nine of ten refits lie, row by row. others: mean share of refits that tell another class.
    """

    band: int
    label: str
    rows: int
    prediction: float
    low: float
    high: float
    others: float | None


class RefitFindings(NamedTuple):
    """All tables; empty where nothing was fitted again."""

    refit_figures: tuple[RefitFigure, ...] = ()
    refit_conditions: tuple[RefitCondition, ...] = ()
    refit_columns: tuple[RefitColumn, ...] = ()
    refit_curves: tuple[RefitCurve, ...] = ()
    refit_bands: tuple[RefitBand, ...] = ()
