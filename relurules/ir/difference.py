"""How two rule sets over one domain differ: by how much at most, where, and in which rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from relurules.files.notebook import format_notebook_html
from relurules.ir.answers import (
    format_bound,
    format_output,
    format_value,
    keep_finite,
    to_plain_json,
)
from relurules.ir.class_labels import Label
from relurules.tables.values import Value

#: Rules that are named in place of one.
_LISTED = 4


class RowComparison(NamedTuple):
    """A row of the domain, the rule of either set that applies to it, and what they predict, name
    -> value.
    """

    row: Mapping[str, Value]
    #: None of rules that add up.
    rules: tuple[int | None, int | None]
    old: Mapping[str, float | Label]
    new: Mapping[str, float | Label]
    #: The row of the data that it is, counted from 0; None for one that was made up.
    data_row: int | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How far two rule sets are apart in one score."""

    #: Its name.
    score: str
    #: No row differs by more, boundaries not counted.
    bound: float
    #: What rows were found to differ by, None for none.
    reached: float | None
    #: Where; None for none.
    place: RowComparison | None
    #: The bound for parts thinner than 1e-9 of the domain, along boundaries, where rules may jump.
    slivers: float
    #: Bound on the difference of the outputs that are of this score alone, None where it isn't
    #: known.
    output: float | None


class DataDifference(NamedTuple):
    """Rows of a table. rows: that both sets have a rule for; differing: of these, those that they
    decide differently.

    largest: the largest difference of an output there, and row: where, counted from 0, None without
    rows.
    """

    rows: int
    differing: int
    largest: float
    row: int | None


class RuleMatch(NamedTuple):
    """A rule of each set that hold for the same rows; gap: a bound on how far their scores differ
    there.
    """

    old: int
    new: int
    gap: float


class RuleWithoutMatch(NamedTuple):
    """A rule for whose rows the other set has no one rule, and the rules that it has for them, at
    most a dozen.
    """

    rule: int
    instead: tuple[int, ...]


@dataclass(frozen=True)
class Difference:
    """Two rule sets, old and new.

    True where they are proven to differ by no more than `tolerance` anywhere.

    same: whether formulas are the same numbers on every part of the domain that a rule of each
    shares; gaps: one per score, none where rules tell classes; parts: those parts that have an
    interior; differing: of these, those with rows that are decided differently (where outputs are
    no classes: differ by more than the tolerance); decides: whether outputs are classes. kept,
    changed, removed, added: the rules, or lines. complete: False where there were too many parts,
    or where a bound wasn't narrowed to what rows reach. units: what either is made of, "rule",
    "line" or "neuron", of a network as it is; where all aren't rules, there are no parts.
    """

    names: tuple[str, str]
    rules: tuple[int, int]
    tolerance: float
    same: bool
    gaps: tuple[Gap, ...]
    parts: int
    differing: int
    decides: bool
    place: RowComparison | None
    data: DataDifference | None
    kept: tuple[RuleMatch, ...]
    changed: tuple[RuleMatch, ...]
    removed: tuple[RuleWithoutMatch, ...]
    added: tuple[RuleWithoutMatch, ...]
    complete: bool
    notes: tuple[str, ...]
    units: tuple[str, str] = ("rule", "rule")

    @property
    def compares_parts(self) -> bool:
        """Whether the two were compared part by part, which rules that add up are not."""
        return self.units == ("rule", "rule")

    @property
    def bound(self) -> float:
        """The largest difference of any score, slivers included; 0 where there are no scores."""
        return max((max(gap.bound, gap.slivers) for gap in self.gaps), default=0.0)

    def __bool__(self) -> bool:
        """Whether the sets are proven to differ by at most the tolerance, or to decide alike."""
        return bool(
            self.complete and (self.bound <= self.tolerance if self.gaps else self.differing == 0)
        )

    def __repr__(self) -> str:
        """One line: the verdict."""
        return f"<Difference: {self.verdict()}>"

    def _repr_html_(self) -> str:
        """All that was found, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """As text."""
        return (
            "\n".join(
                ["DIFFERENCE", "", *(f"  {line}" for line in self.findings()), "", *self._rules()]
            )
            + "\n"
        )

    def findings(self) -> list[str]:
        """What was found, in sentences."""
        lines = [self.verdict()]
        for gap in self.gaps if not self.same else ():
            lines += write_gap(gap)

        if self.place is not None:
            lines.append(f"decided differently at {describe_row(self.place)}")

        what = (
            "are decided differently somewhere"
            if self.decides
            else "differ by more than the tolerance somewhere"
        )
        if self.compares_parts:
            lines.append(
                f"{self.differing} of {self.parts} parts of the domain, one per pair of rules, "
                f"{what}"
            )

        if self.data is not None:
            lines += write_data_difference(self.data, self.decides)
        return [*lines, *self.notes]

    def verdict(self) -> str:
        """Whether they are the same, and up to what."""
        if not self.complete:
            return self._undecided()
        if not self.gaps:
            return (
                "equivalent: the same class everywhere"
                if self
                else "not equivalent: some rows get another class"
            )

        if self.same and self:
            return "equivalent: on every part of the domain, the two formulas are the same numbers"
        if self:
            return (
                f"equivalent up to {format_upper_bound(self.bound)}: no row differs by more "
                f"(tolerance {self.tolerance:.3g})"
            )

        return (
            f"not equivalent: scores differ by as much as {format_upper_bound(self.bound)} "
            f"(tolerance {self.tolerance:.3g})"
        )

    def _undecided(self) -> str:
        """What is known where not all parts were compared: one row that differs is enough."""
        some = (
            f"only {self.parts} parts of the domain could be compared: there were too many, or "
            "too little time"
        )
        if not self.compares_parts:
            some = f"they differ by {format_upper_bound(self.bound)} at most, as far as is known"
        reached = max((gap.reached for gap in self.gaps if gap.reached is not None), default=0.0)

        if reached > self.tolerance:
            return f"not equivalent: scores differ by {reached:.6g} at least; {some}"
        if not self.gaps and self.place is not None:
            return f"not equivalent: some rows get another class; {some}"
        return f"not decided: {some}"

    def _rules(self) -> list[str]:
        if self.compares_parts:
            head = (
                f"RULES: {self.names[0]} has {self.rules[0]}, {self.names[1]} has {self.rules[1]}"
            )
        else:
            head = "RULES: " + ", ".join(self.describe_counts())
        if len(set(self.units)) > 1:
            return [head]

        return [head, "", *(f"  {line}" for line in self.rule_lines())]

    def describe_counts(self) -> tuple[str, str]:
        """`old has 3 lines`, and the same of the new one."""
        counts = [
            f"{name} has {count:,} {unit}{'' if count == 1 else 's'}"
            for name, count, unit in zip(self.names, self.rules, self.units, strict=True)
        ]
        return counts[0], counts[1]

    def rule_lines(self, most: int = 20) -> list[str]:
        """What became of the rules, a line each, of each kind no more than so many."""
        lines, unit = [f"unchanged: {len(self.kept)}"], self.units[0]
        parts: list[tuple[str, list[str]]] = [
            (
                "changed",
                [
                    f"{unit} {m.old} is now {unit} {m.new}, off by up to "
                    f"{format_upper_bound(m.gap)}"
                    for m in self.changed
                ],
            ),
            (
                "removed",
                [_write_lone(unit, u, "now") for u in self.removed],
            ),
            (
                "added",
                [_write_lone(unit, u, "before") for u in self.added],
            ),
        ]

        for kind, found in parts:
            lines += [f"{kind}: {len(found)}", *(f"  {text}" for text in found[:most])]
            if len(found) > most:
                lines.append(f"  and {len(found) - most} more")

        return lines

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; infinite numbers are None."""
        return {
            "names": list(self.names),
            "rules": list(self.rules),
            "equivalent": bool(self),
            "verdict": self.verdict(),
            "units": list(self.units),
            "same_numbers": self.same,
            "tolerance": self.tolerance,
            "bound": keep_finite(self.bound),
            "gaps": [
                to_plain_json({**vars(g), "place": None if g.place is None else g.place._asdict()})
                for g in self.gaps
            ],
            "parts": self.parts,
            "differing": self.differing,
            "decides": self.decides,
            "place": _row_to_json(self.place),
            "data": None if self.data is None else to_plain_json(self.data._asdict()),
            **{
                k: [to_plain_json(m._asdict()) for m in getattr(self, k)]
                for k in ("kept", "changed", "removed", "added")
            },
            "complete": self.complete,
            "notes": list(self.notes),
        }


def write_gap(gap: Gap) -> list[str]:
    """The largest difference of a score, and where."""
    lines = [f"{gap.score} differs by at most {format_upper_bound(gap.bound)}"]
    if gap.place is not None and gap.reached is not None:
        lines[0] += f"; by {gap.reached:.6g} at {describe_row(gap.place)}"
    if gap.output is not None:
        lines.append(f"outputs of {gap.score} differ by at most {format_upper_bound(gap.output)}")
    if gap.slivers > gap.bound:
        lines.append(
            f"on boundaries, in parts thinner than 1e-9 of the domain, {gap.score} may be "
            f"{format_upper_bound(gap.slivers)} off"
        )

    return lines


def write_data_difference(data: DataDifference, decides: bool) -> list[str]:
    """What the rows of a table say."""
    what = "are decided differently" if decides else "differ by more than the tolerance"
    share = 100.0 * data.differing / data.rows if data.rows else 0.0
    lines = [f"of {data.rows} rows of the data, {data.differing} ({share:.1f} %) {what}"]
    if data.row is not None:
        lines.append(
            f"the largest difference of an output on the data is {data.largest:.6g}, in row "
            f"{data.row}"
        )

    return lines


def describe_row(place: RowComparison) -> str:
    """`a = 1, b = 2: y is 3 (rule 1) and now 4 (rule 2)`."""
    row = ", ".join(f"{name} = {format_value(value)}" for name, value in place.row.items())
    old, new = (
        ", ".join(f"{k} = {format_output(v)}" for k, v in side.items())
        for side in (place.old, place.new)
    )
    where = "" if place.data_row is None else f"row {place.data_row} of the data, "
    one, other = (
        f" ({which} rule {rule})" if rule is not None else ""
        for which, rule in zip(("old", "new"), place.rules, strict=True)
    )
    if not one and not other:
        return f"{where}{row}: {old} in the old, {new} in the new"

    return f"{where}{row}: {old}{one or ' (old)'}, {new}{other or ' (new)'}"


def format_upper_bound(value: float) -> str:
    """Six significant digits, rounded up."""
    return format_bound(value, up=True)


def _row_to_json(place: RowComparison | None) -> Any:
    return None if place is None else to_plain_json(place._asdict())


def _write_lone(unit: str, lone: RuleWithoutMatch, when: str) -> str:
    """Lines have no rows of their own."""
    if unit == "line":
        return f"line {lone.rule}"
    return f"rule {lone.rule}; for its rows {when} {_list_rules(lone.instead)}"


def _list_rules(rules: tuple[int, ...]) -> str:
    if not rules:
        return "none"
    more = " and more" if len(rules) > _LISTED else ""
    return ("rule " if len(rules) == 1 else "rules ") + ", ".join(map(str, rules[:_LISTED])) + more
