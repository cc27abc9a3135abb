"""The rows of a table that have a local model."""

from typing import Any

from relurules.errors import DataError
from relurules.ir import Reached, RuleSet
from relurules.ir.local_models import Sample


def sample_rows(rules: RuleSet | Reached, data: Any) -> tuple[Sample, Any]:
    """The rows that have a model, and which of all rows they are, (N,); DataError without any."""
    if data is None:
        raise DataError("this plot needs rows: data, or --data FILE")
    X = rules.local_models.domain.rows(data)
    number = rules.number_rows(X)
    if not number.any():
        raise DataError(f"none of the {len(X)} rows lies where the rules hold")
    return Sample.from_numbers(rules.local_models, X, number), number > 0
