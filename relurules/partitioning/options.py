"""How regions are searched for, as callers say it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relurules.ir.limits import SearchLimits, make_search_limits


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """What a search may take, and how it goes; see `api.partition`."""

    #: Stop after so many regions (several jobs may find some more); inf for any number.
    max_regions: float | None = None
    #: Stop after so many seconds.
    time_limit: float | None = None
    #: Stop before the regions take more MB.
    memory_limit: float | None = None
    #: All of these in one, instead.
    limits: SearchLimits | None = None
    #: Processes.
    jobs: int = 1
    #: "compiled", or "highs", which judges it.
    solver: str = "compiled"
    #: A file that is written now and then, and gone on from if it is there.
    checkpoint: Path | None = None
    #: Whether the checkpoint stays when the search is complete.
    keep_checkpoint: bool = False
    #: TooLargeError where no limit is given and very many regions are to be expected.
    gated: bool = False
    #: Whether a search that ends early estimates what it left.
    estimated: bool = True
    #: Called with the number of regions found.
    progress: Callable[[int], None] | None = None

    def find_limits(self) -> SearchLimits:
        """The limits; UnsupportedError for a number that is none."""
        if self.limits is not None:
            return self.limits
        return make_search_limits(self.max_regions, self.time_limit, self.memory_limit)


@dataclass(frozen=True, kw_only=True)
class RegionFiles:
    """Where regions are streamed to, and what of them."""

    #: An empty folder, or one to go on from.
    folder: Path
    #: Whether affine maps are written too.
    maps: bool
    #: Of the package, for whoever reads the files.
    version: str = ""
    #: As in `SearchOptions`.
    checkpoint: Path | None = None
