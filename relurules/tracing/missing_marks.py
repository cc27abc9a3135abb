"""Missing values that a model tells apart: rules and databases know one."""

from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.ir import Graph
from relurules.tables.names import quote_name
from relurules.tables.table import read_column_names, read_table


def is_object_column(source: Any) -> bool:
    """Whether a column can hold None and NaN, and tell one from the other."""
    return str(getattr(source, "dtype", "")) == "object"


def _name_mark(value: Any) -> str:
    """Which missing value a value is, "" for none."""
    if value is None:
        return "None"
    if type(value).__name__ == "NAType":
        return "pandas.NA"
    return "NaN" if isinstance(value, float) and np.isnan(value) else ""


def check_marks(graph: Graph, data: Any) -> None:
    """DataError for a frame with None or pandas.NA where the model takes only NaN for a missing
    value, or the other way round.
    """
    if not graph.marks or data is None or read_column_names(data) is None:
        return
    table = read_table(data)
    for column in table.columns:
        taken = graph.marks.get(column.name)
        # other libraries, and pandas' columns of texts, know one missing value
        if taken is None or not is_object_column(column.source):
            continue
        for row, value in enumerate(column.values):
            if (found := _name_mark(value)) not in ("", taken):
                raise DataError(
                    f"column {quote_name(column.name)}, row {row}: found {found}, which the model "
                    f"doesn't take for a missing value, as it does {taken}; make them one, such as "
                    f"frame[{column.name!r}].where(frame[{column.name!r}].notna(), "
                    f"{'None' if taken == 'None' else 'np.nan'})"
                )
