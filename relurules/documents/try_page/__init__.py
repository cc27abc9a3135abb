"""The part of an HTML document on which its rules can be tried: the scorer, and what the page's
scripts are told of the rules.
"""

from relurules.documents.try_page.page import PageScorer, TryPage, Untried, build_try_page

__all__ = ["PageScorer", "TryPage", "Untried", "build_try_page"]
