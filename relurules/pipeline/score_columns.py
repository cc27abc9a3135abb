"""The columns that rules of either kind give the rows of a table, called and ordered as in SQL."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import list_table_columns
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.links.table import LINKS
from relurules.reasons.reason_texts import ReasonOptions
from relurules.tables.names import quote_name
from relurules.tables.table import DataTable, read_table
from relurules.verifying.due_explanations import explain_rows

if TYPE_CHECKING:
    import pandas

#: What may be asked for, of either kind; the last one is of partition rules, or of lines.
_COLUMNS = ("outputs", "score", "probability", "class", "contributions", "reasons")
#: Type of a label -> that of a column which lacks one where a row has no class.
_LABEL_TYPES: Mapping[type, str] = {str: "object", bool: "boolean", int: "Int64", float: "Float64"}


def choose_score_columns(
    rules: RuleSet | AdditiveRules, asked: Sequence[str] | None
) -> tuple[str, ...]:
    """What is asked for, by default what `emit` gives; UnsupportedError for what there is none
    of.
    """
    own = "lines" if isinstance(rules, AdditiveRules) else "rule"
    if asked is None:
        return ("outputs",) if own == "lines" else ("outputs", "rule")

    supported = (*_COLUMNS, own)
    names = [asked] if isinstance(asked, str) else asked
    for name in names:
        if name not in supported:
            raise UnsupportedError(
                f"no column {name!r} of these rules' scores; supported: {', '.join(supported)}"
            )
    return tuple(names)


def check_score_names(taken: Sequence[str], added: Sequence[str], rules: Any) -> None:
    """DataError where a frame lacks a column that the rules read, has two of one name, or has one
    that is called like a score's.
    """
    needed = list_table_columns(rules.domain.columns)
    if lacking := [name for name in needed if name not in taken]:
        raise DataError(
            f"the frame lacks {len(lacking)} of the {len(needed)} columns that the rules read: "
            f"{', '.join(map(quote_name, lacking[:5]))}{' ...' if len(lacking) > 5 else ''}; it "
            f"has {', '.join(map(quote_name, taken[:8]))}"
        )
    if twice := [name for name in taken if taken.count(name) > 1]:
        raise DataError(f"the frame has two columns {quote_name(twice[0])}; rename one")
    if clash := [name for name in added if name in taken]:
        raise DataError(
            f"the frame has a column {quote_name(clash[0])} already, which is what the rules call "
            "one that they give; rename the frame's, or an output by rename"
        )


def compute_score_columns(
    table: Any, rules: RuleSet | AdditiveRules, columns: Sequence[str], options: ReasonOptions
) -> "pandas.DataFrame":
    """The columns of N rows, numbered from 0: numbers are NaN and texts None where a row has none.

    As `predict`, `predict_scores`, `classify` and `apply` give them, each row by itself. DataError
    where two columns are called alike.
    """
    import pandas

    known, asked = read_table(table), set(columns)
    scores = rules.predict_scores(known)
    inside = np.asarray(~np.isnan(scores).any(axis=1))
    parts = [_list_outputs(known, rules, asked)]
    if "score" in asked:
        own = zip(rules.scores, scores.T, strict=True)
        parts.append({name: values for name, values in own if name not in parts[0]})
    if "class" in asked:
        kind = int if rules.labels is None else rules.labels.kind
        labels: Any = pandas.Series(rules.classify(known), dtype=object)
        parts.append({"class": labels.astype(_LABEL_TYPES[kind])})
    if asked & {"contributions", "reasons"}:
        parts.append(_explain(known, rules, asked, options, inside))
    if "rule" in asked and isinstance(rules, RuleSet):
        parts.append({"rule": rules.apply(known)})
    if "lines" in asked and isinstance(rules, AdditiveRules):
        parts.append({"lines": _list_lines(known, rules, inside)})
    found = _join_parts(parts)

    texts = {name for name, values in found.items() if values.dtype == object}
    columns_by_name = {
        name: pandas.Series(values, dtype=object if name in texts else None)
        for name, values in found.items()
    }
    return pandas.DataFrame(columns_by_name, index=pandas.RangeIndex(len(known)))


def _join_parts(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of all parts; DataError where two have one name."""
    found = dict[str, Any]()
    for part in parts:
        if twice := [name for name in part if name in found]:
            raise DataError(
                f"two columns of the rules' scores are called {quote_name(twice[0])}; call an "
                "output otherwise by rename, or don't ask for both"
            )
        found |= part

    return found


def _list_outputs(
    known: DataTable, rules: RuleSet | AdditiveRules, asked: set[str]
) -> dict[str, Any]:
    if not asked & {"outputs", "probability"}:
        return {}
    kept = list(range(len(rules.outputs)))
    if "outputs" not in asked:
        kept = [i for i, head in enumerate(rules.heads) if LINKS[head.link].is_share]
        if not kept:
            raise UnsupportedError(
                "column 'probability': the network ends in no sigmoid or softmax; ask for 'score'"
            )

    predicted = rules.set_output(transform="default").predict(known)
    return {rules.outputs[i]: predicted[:, i] for i in kept}


def _explain(
    known: DataTable,
    rules: RuleSet | AdditiveRules,
    asked: set[str],
    options: ReasonOptions,
    inside: NDArray[np.bool_],
) -> dict[str, Any]:
    """Score by score, contributions before reasons."""
    due = explain_rows(rules, vars(options), rules.domain.rows(known)[inside])
    views = len(due.labels)
    width, count = len(due.columns), due.reasons.shape[2]
    found = dict[str, Any]()
    for v in range(views):
        if "contributions" in asked:
            names = due.contribution_names[v * width : (v + 1) * width]
            own = due.contributions[:, v]
            found |= {name: _spread(own[:, i], inside, np.nan) for i, name in enumerate(names)}
        if "reasons" in asked:
            names = due.reason_names[v * count : (v + 1) * count]
            for i, name in enumerate(names):
                which = due.reasons[:, v, i]
                texts = due.texts[np.arange(len(which)), which]
                texts[which < 0] = None
                found[name] = _spread(texts, inside, None)

    return found


def _spread(values: Any, inside: NDArray[np.bool_], nothing: Any) -> Any:
    """(N,) of the values of rows inside."""
    found = np.full(len(inside), nothing, dtype=values.dtype)
    found[inside] = values
    return found


def _list_lines(known: DataTable, rules: AdditiveRules, inside: NDArray[np.bool_]) -> Any:
    """The numbers of the lines that apply, as text; None of a row that has none."""
    applies = rules.find_applying_lines(known)
    told = np.full(len(known), None, dtype=object)
    for row in np.flatnonzero(inside).tolist():
        told[row] = ",".join(str(k + 1) for k in np.flatnonzero(applies[row]).tolist())

    return told
