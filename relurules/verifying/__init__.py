"""Runs emitted artefacts in their engines and compares them with the network."""

from relurules.verifying.compare import FLOAT_TOLERANCE, TOLERANCE, compare_outputs
from relurules.verifying.engines import run_artifact
from relurules.verifying.reference import Reference
from relurules.verifying.rows import (
    clamp_and_round_rows,
    clamp_rows,
    find_due_rows,
    find_undecided_rows,
    measure_breadth,
)
from relurules.verifying.run_result import RunResult

__all__ = [
    "FLOAT_TOLERANCE",
    "TOLERANCE",
    "Reference",
    "RunResult",
    "clamp_and_round_rows",
    "clamp_rows",
    "compare_outputs",
    "find_due_rows",
    "find_undecided_rows",
    "measure_breadth",
    "run_artifact",
]
