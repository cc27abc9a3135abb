"""A statement about rules that a certificate proves, as documents tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ProvenStatement:
    """What was proven, in words, and by which certificate."""

    #: As the checker says it, with the rows near its ends.
    text: str
    #: SHA-256 of the certificate.
    digest: str
    #: SHA-256 of the rules that it is about, domain aside, and of that domain.
    rules: str
    domain: str
