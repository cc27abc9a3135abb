"""How the file of a table was read that rules were made with, in sentences."""

from relurules.ir import Scorer
from relurules.tables.column_types import list_date_columns


def describe_reading(rules: Scorer) -> list[str]:
    """What each column is that a date gives, and which texts are missing values; nothing where
    neither is so.
    """
    if rules.schema is None:
        return []
    names = {column.name for column in rules.domain.columns}
    lines = [f"{name}: {said}" for name, said in rules.schema.definitions.items() if name in names]
    by_texts: dict[tuple[str, ...], list[str]] = {}
    for name, column in rules.schema.columns.items():
        if name in names or names & set(list_date_columns(name, column)):
            by_texts.setdefault(rules.schema.get_missing(name)[1:], []).append(name)
    for texts, columns in by_texts.items():
        if texts:
            where = "" if len(by_texts) == 1 else f" in {', '.join(columns)}"
            shown = ", ".join(map(repr, texts))
            lines.append(f"texts that were missing values{where} in the file: {shown}")

    return lines
