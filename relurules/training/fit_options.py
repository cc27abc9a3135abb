"""What a fit of a table is asked for."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from relurules.errors import UnsupportedError
from relurules.training.fit_columns import ColumnOptions

#: Layers of a network that is trained first, where nothing is said of it.
_HIDDEN = (40, 40)


class FitOptions(NamedTuple):
    """What is asked for; see `ReLURulesClassifier` for what isn't said here. What is None, or
    "auto" of form and max_terms, nobody said anything of: `choose_form` and `choose_method` do.
    """

    target: str
    task: str = "auto"
    max_rules: Any = None
    max_terms: Any = "auto"
    max_condition_terms: int | None = None
    hidden: Any = None
    test_size: float = 0.2
    seed: int = 0
    time_limit: float | None = None
    positive: Any = None
    reference: Any = None
    form: str = "auto"
    max_condition_columns: Any = None
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
    method: str | None = None
    max_formula_terms: int | None = None
    rows: int | None = None

    @property
    def is_network(self) -> bool:
        """Whether a network is trained first."""
        return self.form == "partition" and self.method != "tree"

    @property
    def column_options(self) -> ColumnOptions:
        """A missing number has points of its own where lines add up, and nothing else is said."""
        told = "line" if self.form == "additive" else "impute"
        return ColumnOptions(self.missing or told, self.min_category_rows)


def choose_method(wanted: FitOptions, task: str) -> FitOptions:
    """The options with the way to partition rules that "auto" stands for; UnsupportedError for
    options that a way hasn't.
    """
    if wanted.form != "partition":
        return wanted
    sized = wanted.hidden is not None
    method = wanted.method or "auto"
    if method == "auto":
        method = "network" if task == "multiclass" or sized else "tree"
    if method == "tree" and sized:
        raise UnsupportedError("hidden with method='tree', which trains no network; leave it out")
    if method == "tree" and task == "multiclass":
        raise UnsupportedError(
            "method='tree' of more than two classes; supported: method='network'"
        )
    if method == "network" and (wanted.teacher is not None or wanted.max_formula_terms is not None):
        raise UnsupportedError(
            "teacher and max_formula_terms are of method='tree' and form='additive', not of "
            "method='network'"
        )
    hidden = _HIDDEN if method == "network" and not sized else wanted.hidden

    return wanted._replace(method=method, hidden=hidden)
