"""What stands at the head of every printed page, by which it is known what the page belongs to."""

import hashlib

from relurules.codec.any_rules import digest_rules
from relurules.documents.document import Document
from relurules.documents.markdown import print_markdown
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation.origins import Origins

#: Hexadecimal digits of a SHA-256 that are shown.
_DIGITS = 16
#: The role of the rules file among those that were read.
_RULES = "rules"


def write_mark(document: Document, rules: RuleSet | AdditiveRules, origins: Origins) -> str:
    """The first digits of two digests: that of the rules, and that of the document's text, which is
    the same in every format, as Markdown.
    """
    known = (one.sha256 for one in origins.files if one.role == _RULES)
    own = next(known, None) or digest_rules(rules)
    text = hashlib.sha256(print_markdown(document).encode()).hexdigest()
    return f"SHA-256 of rules.json {own[:_DIGITS]}, of rules.md {text[:_DIGITS]}"
