"""Cuts a domain into the linear regions of a network (Network, Domain -> Partition)."""

from relurules.partitioning.search import search

__all__ = ["search"]
