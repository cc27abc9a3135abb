"""What certificates of answers prove of the rules, and by which digest."""

from collections.abc import Sequence

from relurules.documents.document import Paragraph, Section, Table
from relurules.ir.proven_statement import ProvenStatement
from relurules.wording import phrases as p


def build_proven_answers(statements: Sequence[ProvenStatement]) -> Section | None:
    """Every statement with its certificate's digest; all are about the same rules."""
    if not statements:
        return None
    first = statements[0]
    rows = tuple((p.text(one.text), p.value(one.digest)) for one in statements)
    said = (
        "A program that computes in whole numbers alone judged these statements, for every row "
        "that they speak of, when this document was written; `relurules check` and check.py do "
        "so again, from the certificate and the rules. The digests (SHA-256) are in the "
        f"certificates. They are about the rules with the digest {first.rules}, over the domain "
        f"with the digest {first.domain}."
    )
    table = Table("Statements", ("Statement", "Digest of its certificate"), rows, (False, False))
    return Section("proven-answers", "Proven answers", (Paragraph(p.text(said)), table))
