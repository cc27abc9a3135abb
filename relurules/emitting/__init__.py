"""RuleSet -> text in a language.

A language is one module here, its templates, and one row of the table of targets.
"""

from relurules.emitting.request import EmitOptions
from relurules.emitting.targets import TARGETS, emit_artifact

__all__ = ["TARGETS", "EmitOptions", "emit_artifact"]
