"""Tables of rules, or of the local models that rows reach, with what rows say about each.

Columns, those only that can be told: `rule` (or `local model`) its number; `count`, `share`: the
rows that it applies to, of all that it could; `response mean`, `response std`: of the true values
there (divided by n); `local AUC`, `local R2`, ...: of its formula on its own rows; `global AUC`,
...: of its formula on all rows; `min ...`, `max ...`: of every output on its region; `typical ...`:
every column of the table, in the row nearest to the mean of its rows. What can't be told of one
rule alone, such as the AUC of one class, is missing there.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.domain.encoding import decode_rows
from relurules.errors import DataError
from relurules.ir.evidence import Evidence
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.statistics.evidence_statistics import (
    LocalModelStats,
    compute_statistics,
    gather_evidence,
)
from relurules.statistics.row_source import open_rows

if TYPE_CHECKING:
    import pandas

    from relurules.ir.row_patterns import Reached
    from relurules.ir.ruleset import RuleSet


def summarise_rules(rules: "RuleSet", data: Any, y: Any) -> "pandas.DataFrame":
    """See `RuleSet.summary`."""
    import pandas

    if data is None and y is not None:
        raise DataError(
            "a response was given without data; give both, or neither for the evidence that rules "
            "hold"
        )

    evidence = rules.evidence if data is None else gather_evidence(rules, data, y)
    columns: dict[str, Any] = {"rule": np.arange(1, len(rules) + 1)}
    typical: dict[str, Any] = {}
    if evidence is not None:
        columns |= _list_evidence(evidence)
        rows = [None if fact.typical is None else fact.typical for fact in evidence.rules]
        typical = _list_typical_rows(rules.local_models, rows)
    elif rules.reduction.rows is not None:
        counts = np.array([rule.rows for rule in rules])
        columns |= {"count": counts, "share": counts / max(1, counts.sum())}

    for output, range_ in zip(rules.outputs, rules.ranges().transpose(1, 2, 0), strict=True):
        if rules.labels is not None and rules.decision is not None:  # of a class, one label
            columns[output] = rules.labels.decode(range_[0])
            continue
        columns |= {f"min {output}": range_[0], f"max {output}": range_[1]}

    return pandas.DataFrame({**columns, **typical})


def summarise_patterns(
    reached: "Reached", data: Any, y: Any, *, typical: bool
) -> "pandas.DataFrame":
    """See `Reached.summary`."""
    import pandas

    models = reached.local_models
    found = compute_statistics(open_rows(models, data, y), models, reached.number_rows)
    columns: dict[str, Any] = {
        models.kind: np.arange(1, len(models) + 1),
        **_list_statistics(found),
    }

    if typical:
        columns |= _list_typical_rows(models, found.get_typical_rows())

    return pandas.DataFrame(columns)


def _list_statistics(found: LocalModelStats) -> dict[str, Any]:
    columns: dict[str, Any] = {"count": found.counts, "share": found.shares}
    if found.means is not None:
        columns |= {"response mean": found.means, "response std": found.deviations}
    columns |= {f"local {name}": values for name, values in found.local.items()}
    return columns | {f"global {name}": values for name, values in found.whole.items()}


def _list_evidence(evidence: Evidence) -> dict[str, Any]:
    facts = evidence.rules
    columns: dict[str, Any] = {"count": [f.rows for f in facts], "share": [f.share for f in facts]}
    if any(f.mean is not None for f in facts):
        columns["response mean"] = _fill_missing([f.mean for f in facts])
        columns["response std"] = _fill_missing([f.deviation for f in facts])

    return (
        columns
        | _tabulate_scores("local", [f.local for f in facts])
        | _tabulate_scores("global", [f.whole for f in facts])
    )


def _tabulate_scores(what: str, found: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    names = dict.fromkeys(name for scores in found for name in scores)
    return {
        f"{what} {name}": _fill_missing([scores.get(name) for scores in found]) for name in names
    }


def _fill_missing(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _list_typical_rows(models: LocalModels, rows: Sequence[Array | None]) -> dict[str, Any]:
    """Raw columns of typical rows, missing where there is none."""
    known = [row for row in rows if row is not None]
    if not known:
        return {}

    raw = decode_rows(np.array(known), models.domain.columns)
    place = iter(range(len(known)))
    at = [None if row is None else next(place) for row in rows]
    return {
        f"typical {name}": [None if i is None else values[i] for i in at]
        for name, values in raw.items()
    }
