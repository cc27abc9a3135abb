"""Rule sets as people read them: conditions, sums and numbers in words and symbols, for every text
that is no code.
"""

from relurules.wording.conditions import ConditionWording, RuleSetWording, RuleWording, word_rules

__all__ = ["ConditionWording", "RuleSetWording", "RuleWording", "word_rules"]
