"""What is known of a search that keeps no regions, was not finished, or not begun."""

from pathlib import Path
from typing import NamedTuple


class Estimate(NamedTuple):
    """How many linear regions there are, and how much of the domain was looked at; errors are
    standard errors.

    regions, error: the number found plus what probes of the rest say (D. E. Knuth, "Estimating the
    efficiency of backtrack programs", 1975), without bias, but a large branch that few probes reach
    may hide. volume, volume_error: the share of the domain's volume that was searched, by uniform
    points, every combination of categories weighing the same; None where the domain is unbounded.
    data: the share of the rows given; None without any.
    """

    regions: float
    error: float
    volume: float | None
    volume_error: float | None
    data: float | None


class Count(NamedTuple):
    """Linear regions found; complete: whether that is all of them; estimate: how much there is
    where it isn't.
    """

    regions: int
    complete: bool
    estimate: Estimate | None


class StreamResult(NamedTuple):
    """What was written to a folder: linear regions; its Parquet files, in order; complete,
    estimate: as in `Count`.
    """

    regions: int
    complete: bool
    files: tuple[Path, ...]
    estimate: Estimate | None = None
