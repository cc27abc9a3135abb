"""Frames whose rows lie on several machines, told by the names of their types, so that nobody
imports what made them.
"""

from typing import Any

from relurules.errors import DataError, UnsupportedError


def is_spark_frame(frame: Any) -> bool:
    """Whether it is a Spark DataFrame.

    UnsupportedError for one of Spark Connect, DataError for one of pandas on Spark.
    """
    kind = type(frame)
    if kind.__module__.startswith("pyspark.pandas."):
        raise DataError("the frame is of pandas on Spark; give what its to_spark() gives")
    if kind.__module__.startswith("pyspark.sql.connect."):
        raise UnsupportedError(
            "the frame is of Spark Connect; supported: one of a session in Spark's own driver. "
            "Emit the rules as SQL of the dialect spark, and run that"
        )
    return kind.__module__.startswith("pyspark.sql.") and kind.__name__ == "DataFrame"


def is_dask_frame(frame: Any) -> bool:
    """Whether it is a Dask DataFrame."""
    kind = type(frame)
    return kind.__module__.startswith("dask.dataframe.") and kind.__name__ == "DataFrame"
