"""What data say about rules, and where rules come from: kept with them, so that a document needs
nothing else.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from relurules.ir.edit_record import EditRecord
from relurules.ir.network import Array


class RuleFacts(NamedTuple):
    """One rule and the rows for which it is the one that applies.

    rows, share: how many, of all rows that have a rule; mean, deviation: of the response on these
    rows (None without a response or without rows); local: metric -> score of the rule on its own
    rows; whole: of its formula on all rows (both without what can't be computed, such as the AUC of
    one class); typical: (d,) the row of the data that lies nearest to the mean of its rows, in
    coordinates, None without rows.
    """

    rows: int
    share: float
    mean: float | None
    deviation: float | None
    local: Mapping[str, float]
    whole: Mapping[str, float]
    typical: Array | None


class Histogram(NamedTuple):
    """How a coordinate's values are spread over rows.

    edges: (b + 1,) of the bins, which needn't be equally wide; counts: (b,) rows in each.
    """

    edges: Array
    counts: Array

    @property
    def densities(self) -> Array:
        """(b,) rows in each bin for every unit of its width, as a share of the largest."""
        widths = np.maximum(np.diff(self.edges), np.finfo(np.float64).tiny)
        found = self.counts / widths
        return np.asarray(found / max(float(found.max(initial=0.0)), np.finfo(np.float64).tiny))


@dataclass(frozen=True)
class Evidence:
    """What a table says about a rule set.

    digest: SHA-256 of its rows in coordinates; rows: all of them; outside: those that no rule
    applies to; response: name of the column with the true values, None where there was none; task:
    regression, binary or multiclass; metrics: of all rules together; means, deviations: (d,) of the
    coordinates over the rows that have a rule; rules: one each; positive: the value of the response
    that counts as 1 where the task is binary, None for a plain 1.
    """

    digest: str
    rows: int
    outside: int
    response: str | None
    task: str | None
    metrics: Mapping[str, float]
    means: Array
    deviations: Array
    rules: tuple[RuleFacts, ...]
    positive: str | None = None
    typical: Array | None = None
    histograms: tuple[Histogram, ...] = ()
    part_deviations: Array | None = None


@dataclass(frozen=True)
class Provenance:
    """How the rules were made: model: what kind, or the name of its file; digest: SHA-256 of the
    network as traced.

    version: of this package; settings: what `extract` was asked for, where that isn't the default.
    fitted: whether the model is lines that were fitted to a table, so that no network was trained.
    edits: changes by hand, the first one first; after any, the rules are a model of their own,
    whose network is the one that the digest is of.
    """

    model: str = ""
    digest: str = ""
    version: str = ""
    settings: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    fitted: bool = False
    edits: tuple[EditRecord, ...] = ()


#: Setting of rules that a fit made, and that were measured afterwards on rows of their own.
MEASURED = "measured on"


def read_column_setting(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Column -> value of a setting that was written as a mapping; nothing where it wasn't."""
    text = settings.get(name)
    if not isinstance(text, str):
        return {}
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return {}
    return {str(c): v for c, v in found.items()} if isinstance(found, Mapping) else {}
