"""RuleSet -> a document for people: content first, as a Document, then one printer per format."""

from relurules.documents.formats import PRINTERS, emit_document, print_page
from relurules.documents.try_page import PageScorer

__all__ = ["PRINTERS", "PageScorer", "emit_document", "print_page"]
