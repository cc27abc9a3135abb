"""What is known of a file before it is read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.table import ColumnKind

#: Texts that were missing values in columns of numbers before rules had a schema.
MISSING_BEFORE = (
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What is known of a file before it is read, and what of it matters.

    schema: of the columns that somebody typed.
    expected: what other columns are to be, as a model or rules have them.
    needed: the columns that matter; a text that doesn't fit in any other one is let be. None: all.
    dropped: columns that are left out.
    missing_numbers: texts that are missing values too in columns expected to be numbers.
    """

    schema: TableSchema = field(default_factory=TableSchema)
    expected: Mapping[str, ColumnKind] = field(default_factory=dict)
    needed: Collection[str] | None = None
    dropped: Collection[str] = ()
    missing_numbers: tuple[str, ...] = ()

    def get_missing(self, name: str, column: ColumnType) -> tuple[str, ...]:
        """Texts that are missing values in a column."""
        added = name not in self.schema.columns and column.kind == "number"
        return (*self.schema.get_missing(name), *(self.missing_numbers if added else ()))
