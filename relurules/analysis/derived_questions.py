"""What questions may ask of rules that read derived columns."""

from dataclasses import replace

from relurules.domain import Domain
from relurules.domain.columns import list_derived_columns
from relurules.errors import UnsupportedError
from relurules.ir.answers import Answer
from relurules.wording.derived import TIED


def check_single_column(domain: Domain, question: str, feature: str | None) -> None:
    """UnsupportedError for a column that can't change alone, since another one is made of what it
    is made of; without a feature, for a question that has every column change alone.
    """
    derived = {column.name for column in list_derived_columns(domain.columns)}
    sources = {column.name: _list_sources(column.name, domain) for column in domain.columns}
    asked = list(sources) if feature is None and question == "monotone" else [feature]
    for name in asked:
        if name not in sources:
            continue
        tied = [
            other
            for other, read in sources.items()
            if other != name and {name, other} & derived and not read.isdisjoint(sources[name])
        ]
        if tied:
            raise UnsupportedError(
                f"column {name!r} can't change alone: {tied[0]!r} is made of the same column of "
                "the table; supported: a column that shares none with others, and questions about "
                "all rows (range, bounded, reach)"
            )


def _list_sources(name: str, domain: Domain) -> set[str]:
    """The columns of the table that a column is made of."""
    column = next(each for each in domain.columns if each.name == name)
    if column.derivation is None:
        return {column.table_name}

    return {argument.column for argument in column.derivation.arguments}


def add_tied_note(answer: Answer, domain: Domain) -> Answer:
    """The answer, with what it takes for possible where columns are derived."""
    if not list_derived_columns(domain.columns):
        return answer
    return replace(answer, notes=(*answer.notes, TIED))
