"""Rules changed by hand: what was changed, how far the rules moved, and who answers for it."""

from relurules.editing.edit_result import EditResult
from relurules.editing.edit_rules import edit

__all__ = ["EditResult", "edit"]
