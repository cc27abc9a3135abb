"""The sheet on which a row is typed in and its score worked out, by plain formulas."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from relurules.documents.try_page.columns import choose_start
from relurules.documents.workbook.excel_links import EXCEL_LINKS
from relurules.documents.workbook.sheets import (
    Cell,
    Formula,
    InputCell,
    Sheet,
    make_sheet,
    name_cell,
)
from relurules.documents.workbook.working import Working
from relurules.domain.columns import (
    Column,
    is_text_column,
    list_derived_columns,
    list_table_columns,
)
from relurules.domain.encoding import decode_rows
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.class_labels import number_classes
from relurules.tables.values import Value
from relurules.validation.bands import name_category
from relurules.wording.numbers import format_number

#: Columns of the sheet: what is typed in, what it becomes, what is said, answers.
_TYPED, _CLEAN, _ANSWER = 1, 3, 5
#: Coordinates that a sheet has room for.
_MOST_COORDINATES = 2000
_ABOVE = (
    "Type a row into the cells of the column value: the answers are worked out by the formulas of "
    "this workbook. Leave a cell empty where the value is missing.",
)


def list_try_sheets(rules: RuleSet | AdditiveRules) -> list[Sheet]:
    """The sheet, and those behind it; for rules that it can't have, a sheet that says why."""
    if why := _explain_absence(rules):
        return [make_sheet("Try", ("Not here",), [(why,)])]
    assert isinstance(rules, AdditiveRules)  # noqa: S101  # see above
    import pandas

    columns = list_table_columns(rules.domain.columns)
    start = _choose_row(rules)
    typed = tuple(name_cell(len(_ABOVE) + 2 + i, _CLEAN, "Try") for i in range(len(columns)))
    frame = pandas.DataFrame({name: [value] for name, value in start.items()})
    row = rules.domain.rows(frame)[0]
    working = Working(rules=rules, typed=typed, row=row)
    sheets = [_build_try_sheet(rules, working, start), working.build_sheet()]
    known = any(category.values for c in rules.domain.columns for category in c.categories)
    return [*sheets, working.build_category_sheet()] if known else sheets


def _explain_absence(rules: RuleSet | AdditiveRules) -> str:
    if derived := list_derived_columns(rules.domain.columns):
        return (
            f"These rules read derived columns, such as {derived[0].name!r}, which formulas don't "
            "work out here: the code that relurules emits does it."
        )
    if isinstance(rules, RuleSet):
        return (
            "Rules of which one applies aren't worked out by formulas here: rules.html, or the "
            "code that relurules emits, does it. Lines that add up can be tried in this workbook."
        )
    if rules.groups:
        return (
            "These lines have groups of neurons that read one another, which formulas don't work "
            "out here: rules.html does it."
        )
    if len(rules.domain) > _MOST_COORDINATES:
        return f"A sheet has no room for {len(rules.domain)} coordinates: rules.html has."

    return ""


def _choose_row(rules: AdditiveRules) -> dict[str, Value]:
    """The values that are typed in at first: a typical row."""
    columns = rules.domain.columns
    try:
        found = decode_rows(choose_start(rules)[None], columns)
    except DataError:
        found = {name: [None] for name in list_table_columns(columns)}
    return {name: values[0] for name, values in found.items()}


def _build_try_sheet(rules: AdditiveRules, working: Working, start: dict[str, Value]) -> Sheet:
    columns = list_table_columns(rules.domain.columns)
    asked = [
        _ask(working, i, column, start[name]) for i, (name, column) in enumerate(columns.items())
    ]
    answers = list(_list_answers(rules, working))
    empty: tuple[Cell, ...] = (None,) * _ANSWER
    count = max(len(asked), len(answers))
    rows = [
        (*left, *right)
        for left, right in zip(
            [*asked, *[empty] * (count - len(asked))],
            [*answers, *[()] * (count - len(answers))],
            strict=True,
        )
    ]
    inputs = tuple(
        InputCell(i, _TYPED, is_text_column(column), _list_choices(column))
        for i, column in enumerate(columns.values())
    )
    scores = rules.scores if len(rules.scores) > 1 else ("answer",)
    header = ("column", "value", "admitted", "read as", "", "", *scores)

    return Sheet(name="Try", header=header, rows=tuple(rows), above=_ABOVE, inputs=inputs)


def _ask(working: Working, i: int, column: Column, value: Value) -> tuple[Cell, ...]:
    """A line of the row: its column, its value, what is admitted, and what formulas read."""
    cell = name_cell(len(_ABOVE) + 2 + i, _TYPED)
    text = f'IF(ISBLANK({cell}),"",IF(ISLOGICAL({cell}),IF({cell},1,0),{cell}))'
    shown = "" if value is None else value
    return column.table_name, value, _describe(working.rules, column), Formula(text, shown), None


def _describe(rules: AdditiveRules, column: Column) -> str:
    """`18 to 80`, or the categories."""
    if column.source:
        return "any number; whether there is one is all that is read of it"
    place = rules.domain.places[rules.domain.columns.index(column)]
    if column.categories:
        admitted = rules.domain.upper[list(place)] > 0
        return "; ".join(
            name_category(one)
            for one, flag in zip(column.categories, admitted.tolist(), strict=True)
            if flag
        )
    low, high = float(rules.domain.lower[place.start]), float(rules.domain.upper[place.start])
    ends = [
        f"{word} {format_number(end)}"
        for word, end in (("at least", low), ("at most", high))
        if np.isfinite(end)
    ]
    gap = "" if column.fill is None else f"; missing counts as {format_number(column.fill)}"
    return (", ".join(ends) or "any number") + gap


def _list_choices(column: Column) -> tuple[str, ...]:
    """Texts that may be picked from a list; none where one holds what parts them."""
    if not is_text_column(column):
        return ()
    values = [str(value) for category in column.categories for value in category.values]
    return () if any("," in value or not value for value in values) else tuple(values)


def _list_answers(rules: AdditiveRules, working: Working) -> Iterator[tuple[Cell, ...]]:
    """Whether the row lies in the domain, scores, outputs, the class, what every part adds."""
    row, inside = len(_ABOVE) + 2, working.is_inside
    told = f'IF({working.outside.text}=0,"yes","no: nothing is said of this row")'
    yield "inside the domain", Formula(told, "yes" if inside else "no: nothing is said of this row")
    guard = _Guard(f'{name_cell(row, _ANSWER + 1)}="yes"', inside)
    answers = [*_list_outputs(rules, working, row + 1, guard)]
    answers += _list_class(rules, working, row + 1, guard)
    first = row + 2 + len(answers)
    columns = range(_ANSWER + 1, _ANSWER + 1 + rules.score_count)
    sums = [
        f"SUM({name_cell(first, at)}:{name_cell(first + len(rules.parts), at)})" for at in columns
    ]
    values = working.scores.tolist()
    yield "score", *(guard.keep(text, value) for text, value in zip(sums, values, strict=True))
    yield from answers
    yield from _list_contributions(rules, working, guard)


class _Guard(NamedTuple):
    """test: whether the row lies in the domain; inside: whether it does at first."""

    test: str
    inside: bool

    def keep(self, text: str, value: Value | bool) -> Formula:
        """A formula of rows in the domain, nothing of others."""
        return Formula(f'IF({self.test},{text},"")', value if self.inside else "")


def _list_outputs(
    rules: AdditiveRules, working: Working, row: int, guard: _Guard
) -> Iterator[tuple[Cell, ...]]:
    """The outputs that aren't the scores; row: where these stand."""
    found = rules.predict_numbers(working.row[None])[0].tolist()
    for name, head, value in zip(rules.outputs, rules.heads, found, strict=True):
        if head.link == "identity" or head.link not in EXCEL_LINKS:
            continue
        cells = [name_cell(row, _ANSWER + 1 + score) for score in head.scores]
        yield name, guard.keep(EXCEL_LINKS[head.link](cells, head.component), value)


def _list_class(
    rules: AdditiveRules, working: Working, row: int, guard: _Guard
) -> Iterator[tuple[Cell, ...]]:
    """The class, by the model's own cut-off; its labels stand beside it."""
    test = rules.class_test
    if test is None:
        return
    labels = list((rules.labels or number_classes(test.count)).values)
    at = row + 1 + sum(1 for _ in _list_outputs(rules, working, row, guard))
    start = _ANSWER + 1 + max(2, rules.score_count)
    places = [name_cell(at, start + i) for i in range(len(labels))]
    scores = [name_cell(row, _ANSWER + 1 + score) for score in test.scores]
    if len(scores) > 1:
        number = "+".join(_count_smaller(scores, i) for i in range(len(scores)))
        text = f"INDEX({places[0]}:{places[-1]},1,{number})"
    else:
        above = (">" if test.rises else "<") + ("=" if test.closed else "")
        text = f"IF({scores[0]}{above}{test.cut!r},{places[1]},{places[0]})"
    told = guard.keep(text, rules.classify(working.row[None]).tolist()[0])
    between: list[Cell] = [None] * (start - _ANSWER - 2)
    yield "class", told, *between, *labels


def _count_smaller(scores: list[str], i: int) -> str:
    """Its number, from 1, where a score is the first largest one, else 0."""
    tests = [f"{scores[i]}>{other}" for other in scores[:i]]
    tests += [f"{scores[i]}>={other}" for other in scores[i + 1 :]]
    return f"IF(AND({','.join(tests)}),{i + 1},0)"


def _list_contributions(
    rules: AdditiveRules, working: Working, guard: _Guard
) -> Iterator[tuple[Cell, ...]]:
    """The score of the reference, and what every part adds to it."""
    base = rules.base.constants + rules.reference_parts.sum(axis=0)
    yield "reference", *(float(value) for value in base)
    for i, part in enumerate(rules.parts):
        cells = []
        for k, away in enumerate(rules.reference_parts[i].tolist()):
            own = working.add_part(i, k)
            cells.append(guard.keep(f"{own.text}-({away!r})", float(own.value or 0.0) - away))
        yield f"added by {part.name}", *cells
