"""Runs emitted artefacts in their engines and compares them with the network."""

from relurules.verifying.compare import Reference, compare
from relurules.verifying.engines import Ran, run

__all__ = ["Ran", "Reference", "compare", "run"]
