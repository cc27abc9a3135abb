"""AdditiveRules -> Scorecard: the log odds of two classes as points that are added up by hand."""

from relurules.scorecards.build import make_scorecard
from relurules.scorecards.card import Scorecard

__all__ = ["Scorecard", "make_scorecard"]
