"""Two versions of rules and rows -> what is said of them on one page, which may be printed in every
format.
"""

from typing import Any

from relurules.analysis.class_moves import find_row_changes
from relurules.documents.formats import PRINTERS
from relurules.documents.versions import VersionPair, build_versions
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Scorer
from relurules.ir.difference import Difference
from relurules.ir.row_changes import RowChanges
from relurules.validation import ValidationOptions, ValidationReport, validate_rules

#: Ending of a file -> its format.
FORMATS = {".html": "html", ".htm": "html", ".md": "markdown", ".tex": "latex"}


def compare_versions(
    old: Scorer,
    new: Scorer,
    found: Difference | DataError | UnsupportedError,
    *,
    names: tuple[str, str],
    data: Any = None,
    y: str | None = None,
    command: str = "",
) -> VersionPair:
    """found: the certified difference, or why there is none; data: a frame, whose column y has the
    true values.
    """
    remarks: list[str] = []
    changes = None if data is None else _find_changes(old, new, data, remarks)
    reports = None if data is None or y is None else _validate(old, new, data, y, remarks)
    certified = found if isinstance(found, Difference) else None
    return VersionPair(
        names=names, old=old, new=new, difference=certified,
        obstacle="" if isinstance(found, Difference) else str(found),
        changes=changes, reports=reports, remarks=tuple(remarks), command=command,
    )  # fmt: skip


def print_versions(pair: VersionPair, form: str) -> str:
    """The page in a format of `FORMATS`."""
    return PRINTERS[form].print(build_versions(pair))


def _find_changes(old: Scorer, new: Scorer, data: Any, remarks: list[str]) -> RowChanges | None:
    try:
        return find_row_changes(old, new, data, tolerance=1e-9)
    except DataError as error:
        remarks.append(f"The rows of the data can't be told by both: {error}.")
        return None


def _validate(
    old: Scorer, new: Scorer, data: Any, y: str, remarks: list[str]
) -> tuple[ValidationReport, ValidationReport] | None:
    options = ValidationOptions(target=y)
    try:
        reports = [validate_rules(side, {"rows": data}, options) for side in (old, new)]  # type: ignore[arg-type]
    except (DataError, UnsupportedError) as error:
        remarks.append(f"The true values can't be compared with both: {error}.")
        return None
    return reports[0], reports[1]
