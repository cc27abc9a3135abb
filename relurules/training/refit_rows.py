"""Rules fitted again, with the options that a fit noted, to rows drawn from its own with
replacement: what comes back is no accident of the rows.
"""

from ast import literal_eval
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.limits import NEVER
from relurules.tables.read_options import ReadOptions
from relurules.tables.schema_values import read_schema
from relurules.tracing import trace
from relurules.training.drawn_rows import prepare_drawn, read_fit_table
from relurules.training.fit_options import FitOptions
from relurules.training.prepared_table import PreparedTable
from relurules.training.row_split import RowSplit
from relurules.training.table_fit import extract_fitted_rules, fit_pipeline
from relurules.validation.fit_record import FitRecord
from relurules.validation.origins import Plain

#: The file that says what a fit's columns are.
COLUMNS = "columns.toml"
#: Options that don't matter again: how often, how long, and where contributions count from.
_LEFT_OUT = ("target", "task", "repeats", "time_limit", "reference")
#: Options whose values a record has as Python writes them.
_WRITTEN = (
    "monotone", "interactions", "no_interactions", "effect_bounds", "hidden", "max_terms",
    "positive",
)  # fmt: skip
_TEACHERS = ("boosting",)


def refit_rules(
    record: FitRecord,
    folder: Path,
    table: Any,
    count: int,
    seed: int,
    say: Callable[[str], None],
) -> Iterator[RuleSet | AdditiveRules]:
    """So many rules, each of the fit's training rows and of its validation rows drawn anew, as many
    as there were. table: the fit's own, a path or a frame; folder: what it wrote.

    UnsupportedError for a fit that can't be done again from what it noted.
    """
    if not record.parts or not (folder / COLUMNS).is_file():
        raise UnsupportedError(
            f"refits need the rows of every part and what the columns are, and {folder} lacks "
            f"{COLUMNS if record.parts else 'parts.csv'}; fit a file anew, or leave refits out"
        )
    options = ReadOptions(schema=read_schema(folder / COLUMNS))
    wanted = restore_options(record)
    prepared = prepare_drawn(read_fit_table(table, options, wanted.rows, wanted.seed), wanted)
    of = np.array(record.parts)
    parts = np.flatnonzero(of == "train"), np.flatnonzero(of == "validation")

    for i in range(count):
        say(f"refit {i + 1} of {count}")
        yield _refit(prepared, _draw_split(parts, prepared.split, seed + i), seed + i)


def restore_options(record: FitRecord) -> FitOptions:
    """The options of a fit, from what it noted of itself."""
    said = record.said
    found: dict[str, Any] = {"target": record.target, "task": said.get("task", "auto")}
    for name in FitOptions._fields:
        if name not in _LEFT_OUT and (value := said.get(name.replace("_", " "))) is not None:
            found[name] = _read_option(name, value)

    return FitOptions(**found)


def _read_option(name: str, value: Plain) -> Any:
    if name == "teacher" and value not in _TEACHERS:
        raise UnsupportedError(
            f"refits of a fit with a teacher of its own, {value}; supported: "
            f"{', '.join(_TEACHERS)}, or none; leave refits out"
        )
    if name in _WRITTEN and isinstance(value, str) and value != "auto":
        try:
            return literal_eval(value)
        except (ValueError, SyntaxError):
            return value

    return value


def _draw_split(parts: tuple[Any, Any], split: RowSplit, seed: int) -> RowSplit:
    """Rows of both parts with replacement; none of them is in the other part too."""
    random = np.random.default_rng(seed)
    drawn = [random.choice(rows, len(rows)) for rows in parts]
    chosen_by = np.repeat([False, True], [len(rows) for rows in drawn])
    return replace(split, train=np.concatenate(drawn), validation=chosen_by)


def _refit(prepared: PreparedTable, split: RowSplit, seed: int) -> RuleSet | AdditiveRules:
    drawn = replace(prepared, split=split)
    pipeline = fit_pipeline(drawn, prepared.wanted, seed, lambda _: None, NEVER)
    graph, _ = trace(pipeline, positive=prepared.wanted.positive)
    return extract_fitted_rules(graph, drawn, prepared.wanted)[0]
