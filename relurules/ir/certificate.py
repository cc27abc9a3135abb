"""A certificate: what it proves, in a file that `relurules.checker` alone judges."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.errors import RulesError
from relurules.files.writing import read_json, write_all, write_text


@dataclass(frozen=True)
class Certificate:
    """Shows that rules are a model up to `bound`, everywhere in their domain.

    found: the plain JSON values of the file, described in `relurules.checker`; model: the model's
    numbers as the proof starts from them, known where it was just made.
    """

    found: Mapping[str, Any]
    model: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        """One line: what it shows."""
        if self.share is not None:
            return f"<Certificate: |model - rules| <= {self.share:.6g} of the terms>"
        what = "scores" if self.found.get("form") == "additive" else "rules"
        return f"<Certificate: |model - rules| <= {self.bound:.6g}, {len(self.bounds)} {what}>"

    @property
    def bound(self) -> float:
        """|model - rules| is nowhere in the domain more than this, for any score; of decisions, the
        margin needed. Infinite where columns have no bounds and only a `share` is known.
        """
        return _read_bound(self.found["bound"])

    @property
    def share(self) -> float | None:
        """Of additive rules over columns without bounds: |model - rules| is nowhere more than this
        share of the absolute terms of rules and model together; None where `bound` is finite.
        """
        share = self.found.get("share")
        return None if share is None else float(share)

    @property
    def bounds(self) -> tuple[float, ...]:
        """The same for each rule, wherever its conditions hold; of additive rules by score."""
        return tuple(max(map(_read_bound, own), default=0.0) for own in self.found["bounds"])

    def save(self, path: str | Path) -> None:
        """Write the certificate as JSON, whole or not at all."""
        write_text(Path(path), _encode_json(self.found))

    def write(self, folder: str | Path) -> list[Path]:
        """Write certificate.json, model.json (where the numbers are known) and check.py, which
        needs Python alone.
        """
        from relurules.checker.script import make_check_script  # no rules file needs it

        files = {
            "certificate.json": _encode_json(self.found),
            "check.py": make_check_script(),
        }
        if self.model is not None:
            files["model.json"] = _encode_json(self.model)

        return write_all(Path(folder), files)

    @classmethod
    def load(cls, path: str | Path) -> "Certificate":
        """Read what `save` wrote.

        RulesError for any other file; whether it holds is for `check` to say.
        """
        from relurules import checker

        found = read_json(Path(path))
        if not isinstance(found, dict) or found.get("format") != checker.FORMAT:
            raise RulesError(
                f"{path}: is no certificate; expected {checker.FORMAT} version {checker.VERSION}"
            )

        open_ended = found.get("form") == "additive" and found.get("bound") is None
        if not (open_ended or isinstance(found.get("bound"), float | int)) or not isinstance(
            found.get("bounds"), list
        ):
            raise RulesError(f"{path}: tells no bounds; expected numbers as `bound` and `bounds`")

        return cls(found)


def _read_bound(value: float | None) -> float:
    """A bound of the file, which has null for what has no end."""
    return math.inf if value is None else float(value)


def _encode_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n"
