"""What came of an edit."""

from dataclasses import dataclass
from typing import Any

from relurules.files.notebook import format_notebook_html
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.answers import keep_finite
from relurules.ir.difference import Difference, format_upper_bound, write_gap
from relurules.ir.edit_record import EditRecord
from relurules.ir.row_changes import RowChanges

#: Rows that the text lists.
_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class EditResult:
    """rules: the new ones; before: those that were edited; difference: certified, of the two.

    changes: of the rows of a table, None without one; notes: what else is to be known.
    """

    rules: RuleSet | AdditiveRules
    before: RuleSet | AdditiveRules
    difference: Difference
    changes: RowChanges | None
    notes: tuple[str, ...]

    @property
    def record(self) -> EditRecord:
        """What the rules keep of it."""
        return self.rules.provenance.edits[-1]

    def __repr__(self) -> str:
        """One line: how many edits, by whom, and how far the scores moved."""
        count = len(self.record.steps)
        return (
            f"<EditResult: {count} edit{'' if count == 1 else 's'} by {self.record.author}, no "
            f"score moves by more than {format_upper_bound(self.difference.bound)}>"
        )

    def _repr_html_(self) -> str:
        """All of it, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """As text."""
        record = self.record
        lines = [f"EDIT by {record.author}, {record.date}: {record.reason}", ""]
        lines += [f"  {step.text}   (was {step.was})" for step in record.steps]
        lines += ["", "  Certified, anywhere in the domain, beside the rules before:"]
        if self.difference.same:
            lines.append("  the two are the same numbers")
        for gap in self.difference.gaps if not self.difference.same else ():
            lines += [f"  {line}" for line in write_gap(gap)]
        lines += self._list_changes()
        lines += [f"  {note}" for note in (*self.difference.notes, *self.notes)]
        lines += ["", f"  before: SHA-256 {record.file_before} of the file"]
        return (
            "\n".join([*lines, f"  after:  SHA-256 {record.network_after} of the network"]) + "\n"
        )

    def _list_changes(self) -> list[str]:
        if self.changes is None:
            return []
        changed = self.changes.changed
        what = "another class" if self.changes.decides else "another output"
        lines = ["", f"  {len(changed):,} of {self.changes.rows:,} rows of the data get {what}"]
        lines += [
            f"  row {one.row}: {_show(one.old)} before, {_show(one.new)} now"
            for one in changed[:_ROWS]
        ]
        if len(changed) > _ROWS:
            lines.append(f"  and {len(changed) - _ROWS:,} more")
        return lines

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; infinite numbers are None."""
        record = self.record
        return {
            "author": record.author,
            "reason": record.reason,
            "date": record.date,
            "edits": [step._asdict() for step in record.steps],
            "file_before": record.file_before,
            "network_before": record.network_before,
            "network_after": record.network_after,
            "differences": dict(record.differences),
            "from_model": dict(record.from_model),
            "bound": keep_finite(self.difference.bound),
            "broken_promises": list(record.broken),
            "changes": None if self.changes is None else self.changes.to_json(),
            "difference": self.difference.to_json(),
            "notes": list(self.notes),
        }


def _show(value: Any) -> str:
    if value is None:
        return "no answer"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
