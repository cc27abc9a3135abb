"""A certificate of an answer about rules, in a file that `relurules.checker` alone judges."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.errors import RulesError
from relurules.files.writing import read_json, write_text


@dataclass(frozen=True)
class AnswerCertificate:
    """Shows that a score of rules, or a change of it, lies between `low` and `high`, for every row
    of a domain.

    found: the plain JSON values of the file, which docs/certificates.md describes.
    """

    found: Mapping[str, Any]

    def __repr__(self) -> str:
        """One line: what it shows."""
        low, high = ("?" if end is None else f"{end:.6g}" for end in (self.low, self.high))
        return f"<AnswerCertificate: {self.question}, {low} to {high}>"

    @property
    def question(self) -> str:
        """What it answers: range, decision, monotone or difference."""
        return str(self.found["question"])

    @property
    def low(self) -> float | None:
        """No row has less; None where it doesn't say."""
        return _read_end(self.found["low"])

    @property
    def high(self) -> float | None:
        """No row has more; None where it doesn't say."""
        return _read_end(self.found["high"])

    @property
    def reached(self) -> tuple[float | None, float | None]:
        """The scores of the rows in it, near `low` and `high`; None where it has no such row."""
        rows = (self.found["lowest"], self.found["highest"])
        lowest, highest = (None if row is None else float(row["reached"]) for row in rows)
        return lowest, highest

    def save(self, path: str | Path) -> None:
        """Write the certificate as JSON, whole or not at all."""
        text = json.dumps(self.found, separators=(",", ":"), allow_nan=False)
        write_text(Path(path), text + "\n")

    @classmethod
    def load(cls, path: str | Path) -> "AnswerCertificate":
        """Read what `save` wrote; RulesError for any other file. Whether it holds is for
        `check_answer` to say.
        """
        from relurules import checker

        found = read_json(Path(path))
        if not _is_answer(found):
            raise RulesError(
                f"{path}: is no certificate of an answer; expected {checker.ANSWER_FORMAT} version "
                f"{checker.ANSWER_VERSION}, as `relurules ask --certificate` writes it"
            )
        return cls(found)


def _read_end(value: Any) -> float | None:
    return None if value is None else float(value)


def find_rules_digests(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Digests, of domain and rules, of the rules that a certificate is about, and of those that a
    difference is from.
    """
    said = found.get("digests")
    said = said if isinstance(said, dict) else {}
    pairs = [(said.get(f"{at}domain"), said.get(f"{at}rules")) for at in ("", "other_")]
    return [
        (domain, rules)
        for domain, rules in pairs
        if isinstance(domain, str) and isinstance(rules, str)
    ]


def is_answer_file(path: Path) -> bool:
    """Whether a file says that it is the certificate of an answer."""
    return _is_answer(read_json(path))


def _is_answer(found: Any) -> bool:
    from relurules import checker  # no rules file needs it

    return isinstance(found, dict) and found.get("format") == checker.ANSWER_FORMAT
