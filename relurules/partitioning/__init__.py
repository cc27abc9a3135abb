"""Cuts a domain into the linear regions of a network (Network, Domain -> Partition)."""

from relurules.partitioning.search import budget, count_regions, search, write_regions

__all__ = ["budget", "count_regions", "search", "write_regions"]
