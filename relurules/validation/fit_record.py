"""What `relurules fit` notes of itself beside the rules, and how it is read again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relurules.errors import InputError
from relurules.files.writing import read_json, read_text
from relurules.tables.row_draw import Places, draw_rows
from relurules.validation.origins import Plain
from relurules.validation.report import FrontStep

#: The file of the record, and that which says which part each row is of.
RECORD, PARTS = "fit.json", "parts.csv"
_FORMAT = "relurules-fit"
#: What the record calls the number of all rows, where the fit drew some.
TABLE_ROWS = "table rows"


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """said: what was asked for and used, by name; data: SHA-256 of the rows in coordinates; parts:
    (N,) the part of every row, empty where it isn't known; files: name -> SHA-256; front: models on
    the way; target: the column. scores: of models beside the rules, by part; measure: what they
    are.
    """

    target: str
    said: Mapping[str, Plain]
    data: str
    files: Mapping[str, str]
    front: tuple[FrontStep, ...] = ()
    parts: tuple[str, ...] = ()
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    measure: str = ""

    @property
    def drawn_places(self) -> Places | None:
        """Numbers of the rows that the fit drew from its table; None where it had all of them."""
        total, count, seed = (self.said.get(name) for name in (TABLE_ROWS, "rows", "seed"))
        if not (isinstance(total, int) and isinstance(count, int) and isinstance(seed, int)):
            return None
        return draw_rows(total, count, seed)

    def to_files(self) -> dict[str, str]:
        """The record, and the parts of the rows, as texts of files."""
        said = {
            "format": _FORMAT,
            "target": self.target,
            "fit": dict(self.said),
            "data": self.data,
            "files": dict(self.files),
            "measure": self.measure,
            "scores": {model: dict(scores) for model, scores in self.scores.items()},
            "front": [step._asdict() for step in self.front],
        }
        text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

        return {RECORD: text, PARTS: "\n".join(["part", *self.parts]) + "\n"}


def read_fit_record(folder: Path, rules: str) -> FitRecord:
    """The record in a folder that `relurules fit` wrote; InputError where there is none, or where
    it is of other rules than those whose file has this SHA-256.
    """
    path = folder / RECORD
    if not path.is_file():
        raise InputError(
            f"{folder}: has no {RECORD}, so it is no folder that `relurules fit` of this "
            "version wrote; leave --fit out, or fit again"
        )
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise InputError(f"{path}: isn't what `relurules fit` writes; leave --fit out")
    try:
        record = _parse_record(found, folder)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: lacks {error}; leave --fit out, or fit again") from error
    if record.files.get("rules.json") != rules:
        raise InputError(
            f"{path}: is of other rules (SHA-256 {record.files.get('rules.json')}) than these "
            f"({rules}); give the folder that these came from, or leave --fit out"
        )
    if not (folder / PARTS).is_file():
        raise InputError(
            f"{folder}: has {RECORD} without {PARTS}, which says which rows were trained on; give "
            "the folder as `relurules fit` wrote it, or leave --fit out"
        )

    return record


def _parse_record(found: Mapping[str, Any], folder: Path) -> FitRecord:
    parts: tuple[str, ...] = ()
    if (folder / PARTS).is_file():
        parts = tuple(read_text(folder / PARTS).split("\n")[1:-1])

    return FitRecord(
        target=str(found["target"]),
        said=dict(found["fit"]),
        data=str(found["data"]),
        files=dict(found["files"]),
        front=tuple(FrontStep(**step) for step in found["front"]),
        parts=parts,
        scores={model: dict(scores) for model, scores in found["scores"].items()},
        measure=str(found["measure"]),
    )
