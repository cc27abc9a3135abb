"""Runs emitted artefacts in their engines and compares them with the network."""

from relurules.verifying.compare import FLOAT_TOLERANCE, TOLERANCE, compare
from relurules.verifying.engines import run
from relurules.verifying.ran import Ran
from relurules.verifying.reference import Reference
from relurules.verifying.rows import as_read, as_scored, breadth, due, undecided

__all__ = [
    "FLOAT_TOLERANCE",
    "TOLERANCE",
    "Ran",
    "Reference",
    "as_read",
    "as_scored",
    "breadth",
    "compare",
    "due",
    "run",
    "undecided",
]
