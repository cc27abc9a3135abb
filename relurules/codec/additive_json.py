"""AdditiveRules <-> JSON."""
