"""What contributions are measured from, in words and numbers."""

from collections.abc import Mapping

from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.ir.reference import ReferenceRow
from relurules.wording.numbers import format_percent, format_short

#: How a reference was chosen, after "against".
REFERENCE_WORDS: Mapping[str, str] = {
    "mean": "the mean of the rows",
    "population": "all rows on average",
    "neutral": "the row of the data whose score is nearest to the mean score",
    "best": "the row of the data with the lowest score",
    "highest": "the row of the data with the highest score",
    "middle": "the middle of the domain",
    "row": "the row given as reference",
}
#: Categories whose shares are shown.
_MOST_SHARES = 4


def describe_reference(reference: ReferenceRow) -> str:
    """How it was chosen, as a noun."""
    return REFERENCE_WORDS[reference.origin]


def name_reference_row(reference: ReferenceRow) -> str:
    """What a table's heading calls it."""
    return "mean row" if reference.origin == "mean" else "reference"


def list_reference_values(reference: ReferenceRow, domain: Domain) -> list[tuple[str, str]]:
    """(column, what it is in the reference) for every column of the table."""
    found = []
    for column, at in zip(domain.columns, domain.places, strict=True):
        own = reference.values[at.start : at.stop]
        if column.categories:
            found.append((column.name, _describe_shares(column, own.tolist())))
        else:
            found.append((column.name, format_short(float(own[0]), 6)))

    return found


def _describe_shares(column: Column, shares: list[float]) -> str:
    """The category, or the most frequent ones with their shares."""
    order = sorted(range(len(shares)), key=lambda i: -shares[i])
    names = [" or ".join(category.members) for category in column.categories]
    present = [i for i in order if shares[i] > 0]
    if len(present) == 1:
        return names[present[0]]

    shown = [f"{names[i]} {format_percent(shares[i])}" for i in present[:_MOST_SHARES]]
    rest = len(present) - len(shown)
    return ", ".join([*shown, *([f"{rest} more"] if rest else [])])
