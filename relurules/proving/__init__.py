"""Certificates: RuleSet + model's numbers -> proposals of multipliers that `relurules.checker` turns into a proof."""

from relurules.proving.certify import certificate

__all__ = ["certificate"]
