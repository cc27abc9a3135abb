"""Whether a column is of texts or of numbers, where a target declares one of them."""

from relurules.domain.columns import Column, is_text_column
from relurules.errors import UnsupportedError


def require_one_kind(column: Column, target: str, holder: str) -> None:
    """UnsupportedError for a column of texts and numbers. holder: what holds one kind alone."""
    if is_text_column(column) and not all(
        isinstance(value, str) for value in column.lookup if value is not None
    ):
        raise UnsupportedError(
            f"target {target!r}: column {column.name!r} has categories that are texts and others "
            f"that are numbers, and {holder} holds one kind; make all of them texts"
        )
