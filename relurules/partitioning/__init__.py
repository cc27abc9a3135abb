"""Cuts a domain into the linear regions of a network (Network, Domain -> Partition)."""

from relurules.partitioning.options import RegionFiles, SearchOptions
from relurules.partitioning.search import (
    compile_search,
    count_regions,
    make_budget,
    search_regions,
    write_regions,
)

__all__ = [
    "RegionFiles",
    "SearchOptions",
    "compile_search",
    "count_regions",
    "make_budget",
    "search_regions",
    "write_regions",
]
