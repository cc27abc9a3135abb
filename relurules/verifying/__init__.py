"""Runs emitted artefacts in their engines and compares them with the network."""

from relurules.verifying.compare import compare

__all__ = ["compare"]
