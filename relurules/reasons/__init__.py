"""RuleSet -> what every column adds to a score, and which columns are its reasons, in words.

Whatever explains a row, or is emitted to do so, takes its numbers from here.
"""
