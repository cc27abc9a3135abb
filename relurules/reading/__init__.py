"""Rule sets as people read them: conditions, sums and numbers in words and symbols, for every text that is no code."""

from relurules.reading.conditions import Reading, ReadRule, ReadTest, read_rules

__all__ = ["ReadRule", "ReadTest", "Reading", "read_rules"]
