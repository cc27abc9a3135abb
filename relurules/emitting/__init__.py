"""RuleSet -> text in a language. A language is one module here, its templates, and one row of the table of targets."""

from relurules.emitting.targets import TARGETS, emit_artifact

__all__ = ["TARGETS", "emit_artifact"]
