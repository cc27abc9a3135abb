"""What is said of rules that were edited by hand."""

from collections.abc import Mapping

from relurules.ir import Scorer
from relurules.ir.difference import format_upper_bound
from relurules.wording.numbers import format_count


def describe_edited(rules: Scorer) -> str | None:
    """That they are a model of their own, and how far they are from what they were; None of rules
    that nobody edited.
    """
    edits = rules.provenance.edits
    if not edits:
        return None
    last = edits[-1]
    # Who and when stand in documents alone: this goes into comments of code too.
    said = (
        f"the rules are a model of their own: they were edited by hand {count_edits(rules)}. "
        f"Anywhere in the domain, {_bound(last.differences)} the rules before the last edit"
    )
    first = "the lines as fitted" if rules.provenance.fitted else "the model that was there first"
    return f"{said}, and {_bound(last.from_model)} {first}"


def count_edits(rules: Scorer) -> str:
    """`once`, or `3 times`."""
    count = len(rules.provenance.edits)
    return "once" if count == 1 else format_count(count, "time")


def _bound(bounds: Mapping[str, float | None]) -> str:
    known = [value for value in bounds.values() if value is not None]
    if len(known) < len(bounds):
        return "there is no bound on how far scores are from those of"
    return f"no score is further than {format_upper_bound(max(known, default=0.0))} from that of"
