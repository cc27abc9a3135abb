"""What of a domain rules leave out that a limit ended early, in words."""

import numpy as np

from relurules.ir import RuleSet
from relurules.ir.rule_table import collect_row_counts
from relurules.wording.numbers import format_count, format_short

#: A share that is 0 of a thousand random points, or of more, may be so large.
_LEAST = 3.0 / 1000

#: Where there is no rule.
ELSEWHERE = "elsewhere a row has rule 0 and no output"


def describe_missing(rules: RuleSet) -> str:
    """How much a search that ended early has found, in sentences; nothing of rules that are
    complete.
    """
    if rules.complete:
        return ""

    return (
        "The search for linear regions was ended early: "
        f"{_describe_found(rules)}{_describe_coverage(rules)}; {ELSEWHERE}."
    )


def _describe_found(rules: RuleSet) -> str:
    regions, guess = rules.reduction.regions, rules.estimate
    found = format_count(regions, "linear region")
    verb = "was" if regions == 1 else "were"
    if guess is None:
        return f"{found} {verb} found, and how many are missing isn't known"
    if not np.isfinite(guess.regions):
        return f"{found} of more than 1e308 {verb} found"
    error = f" (standard error {guess.error:.2g})" if np.isfinite(guess.error) else ""
    return f"{found} of about {guess.regions:.3g}{error} {verb} found"


def _describe_coverage(rules: RuleSet) -> str:
    """Shares of the volume and of the rows of the data, where these are known."""
    parts, guess = list[str](), rules.estimate
    if guess is not None and guess.volume is not None:
        about = (
            f"about {format_short(100 * guess.volume, 2)} %"
            if guess.volume
            else f"less than {100 * _LEAST:.2g} %"
        )
        parts.append(f"{about} of the domain's volume")

    rows, total = collect_row_counts(rules.rules), rules.reduction.rows
    if rows is not None and total:
        parts.append(f"{int(rows.sum()):,} of {total:,} rows of the data")
    return f", and rules cover {' and '.join(parts)}" if parts else ""
