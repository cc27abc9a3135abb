"""Runs emitted artefacts in their engines and compares them with the network."""

from relurules.verifying.compare import TOLERANCE, Reference, compare
from relurules.verifying.engines import run
from relurules.verifying.ran import Ran

__all__ = ["TOLERANCE", "Ran", "Reference", "compare", "run"]
