"""RuleSet -> a document for people: content first, as a Document, then one printer per format."""

from relurules.documents.formats import PRINTERS, emit_document

__all__ = ["PRINTERS", "emit_document"]
