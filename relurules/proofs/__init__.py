"""Certificates: RuleSet + model's numbers -> proposals of multipliers that `relurules.checker`
turns into a proof.
"""

from relurules.proofs.certify import make_certificate

__all__ = ["make_certificate"]
