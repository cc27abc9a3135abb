"""RuleSet -> a document for people: content first, as a Document, then one printer per format."""

from relurules.documents.formats import PRINTERS, emit_document, print_page
from relurules.documents.try_page import PageScorer, Untried

__all__ = ["PRINTERS", "PageScorer", "Untried", "emit_document", "print_page"]
