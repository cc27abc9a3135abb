"""What a fit of a table is asked for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from relurules.training.fit_columns import ColumnOptions


class FitOptions(NamedTuple):
    """What is asked for; see `ReLURulesClassifier` for what isn't said here."""

    target: str
    task: str = "auto"
    max_rules: int = 8
    max_terms: int | None = 5
    max_condition_terms: int | None = None
    hidden: tuple[int, ...] = (40, 40)
    test_size: float = 0.2
    seed: int = 0
    time_limit: float | None = None
    positive: Any = None
    reference: Any = None
    form: str = "partition"
    max_condition_columns: int = 2
    max_columns: int | None = None
    monotone: Mapping[str, int] | None = None
    teacher: Any = None
    missing: str | None = None
    min_category_rows: int = 1
    split: str | None = None
    repeats: int = 1
    interactions: Any = None
    no_interactions: Any = None
    signs: str | None = None
    effect_bounds: Any = None

    @property
    def column_options(self) -> ColumnOptions:
        """A missing number has points of its own where lines add up, and nothing else is said."""
        told = "line" if self.form == "additive" else "impute"
        return ColumnOptions(self.missing or told, self.min_category_rows)
