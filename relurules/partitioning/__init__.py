"""Cuts a domain into the linear regions of a network (Network, Domain -> Partition)."""

from relurules.partitioning.search import budget, compile_search, count_regions, search, write_regions

__all__ = ["budget", "compile_search", "count_regions", "search", "write_regions"]
