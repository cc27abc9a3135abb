"""RuleSet -> text in a language. A language is one module here, its templates, and one row of the table of targets."""

from relurules.emitting.targets import emit_artifact

__all__ = ["emit_artifact"]
