"""The sheets behind the one on which a score is tried: what was typed in as coordinates, whether
they lie in the domain, what every line and every part adds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from relurules.documents.workbook.sheets import (
    Cell,
    Formula,
    Sheet,
    make_sheet,
    name_cell,
    name_range,
)
from relurules.domain.columns import Column, number_table_columns
from relurules.ir import AdditiveRules
from relurules.ir.network import Array

#: Names of the sheets.
WORKING, CATEGORIES = "Working", "Categories"
#: Columns before the coordinates, beside two for every score: what it is, a bound, the sum, how far
#: it is beyond the bound.
_BEFORE = 4
#: The column of known values on their sheet.
_VALUE = 2
#: What stands for an end where the box is open.
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class Working:
    """The calculation of a row. typed: the cells with the values of the table's columns, in order,
    in which a missing one is an empty text; row: (d,) coordinates of what is typed in at first.
    """

    rules: AdditiveRules
    typed: tuple[str, ...]
    row: Array

    @cached_property
    def _places(self) -> list[int]:
        """The columns of the sheet in which the coordinates stand."""
        start = _BEFORE + 2 * self.rules.score_count
        return list(range(start, start + len(self.row)))

    @property
    def _values(self) -> str:
        """The cells of all coordinates."""
        return name_range(self._value_row, self._places)

    #: Rows of the sheet, from 1: below its header the coordinates, and the ends of the box.
    _value_row, _low_row, _high_row = 2, 3, 4

    @property
    def _first_cut(self) -> int:
        return self._high_row + 1

    @property
    def _first_group(self) -> int:
        return self._first_cut + len(self.rules.domain.bounds)

    @property
    def _first_base(self) -> int:
        return self._first_group + len(self.rules.domain.groups)

    @property
    def _first_line(self) -> int:
        return self._first_base + self.rules.score_count

    @property
    def outside(self) -> Formula:
        """How many tests of the domain the row fails."""
        cells = name_cell(self._value_row, 3), name_cell(self._first_base - 1, 3)
        return Formula(f"SUM({WORKING}!{cells[0]}:{cells[1]})", int(not self.is_inside))

    @cached_property
    def is_inside(self) -> bool:
        """Whether the row that is typed in at first lies in the domain."""
        return bool(self.rules.domain.contains(self.row[None])[0])

    @cached_property
    def scores(self) -> Array:
        """(m,) of that row; NaN outside."""
        return np.asarray(self.rules.predict_scores(self.row[None])[0])

    def add_part(self, part: int, score: int) -> Formula:
        """What a part adds to a score, as it stands."""
        rules, own = self.rules, self.rules.parts[part]
        terms = []
        if own.weights.any():
            at = [self._places[i] for i in own.coordinates]
            values = name_range(self._value_row, at, WORKING)
            weights = name_range(self._first_base + score, at, WORKING)
            terms.append(f"SUMPRODUCT({values},{weights})")
        column = _BEFORE + 2 * score + 1
        terms += [name_cell(self._first_line + int(i), column, WORKING) for i in own.lines]
        value = float(rules.evaluate_parts(self.row[None])[0, part, score])
        return Formula("+".join(terms) or "0", value)

    def build_sheet(self) -> Sheet:
        """The sheet, as it is worked out from the top down."""
        scores = [word for s in self.rules.scores for word in (f"slope, {s}", f"adds to {s}")]
        header = ("what", "bound", "sum", "beyond, or fails", *scores, *self.rules.domain.names)
        rows = [
            self._list_values(),
            *self._list_ends(),
            *self._list_cuts(),
            *self._list_groups(),
            *self._list_base(),
            *self._list_lines(),
        ]
        return make_sheet(WORKING, header, rows)

    def _start(self, what: str, *cells: Cell) -> list[Cell]:
        """The cells before the coordinates."""
        count = _BEFORE + 2 * self.rules.score_count
        return [what, *cells, *[None] * (count - 1 - len(cells))]

    def _list_values(self) -> list[Cell]:
        """The coordinates; a value that is none leaves its cells without numbers."""
        d = len(self.row)
        counted = Formula(f"COUNT({self._values})", int(np.isfinite(self.row).sum()))
        fails = Formula(f"IF(COUNT({self._values})={d},0,1)", int(not np.isfinite(self.row).all()))
        domain, places = self.rules.domain, number_table_columns(self.rules.domain.columns)
        cells: list[Cell] = []
        for column, at, place in zip(domain.columns, domain.places, places, strict=True):
            typed = self.typed[place]
            if column.categories:
                cells += self._encode_category(column, list(at), typed)
            else:
                gap = '""' if column.fill is None else repr(float(column.fill))
                value = self.row[at.start]
                shown = float(value) if np.isfinite(value) else ""
                cells.append(
                    Formula(f'IF(ISNUMBER({typed}),{typed},IF({typed}="",{gap},""))', shown)
                )

        return [*self._start("coordinates", d, counted, fails), *cells]

    def _encode_category(self, column: Column, at: list[int], typed: str) -> list[Cell]:
        """1 in the category of a value, 0 in the others."""
        first = self._category_rows[self.rules.domain.columns.index(column)]
        counts = [len(category.values) for category in column.categories]
        known = _find_value(typed, first, sum(counts))
        rest = f'AND({typed}<>"",NOT({known}))'
        found: list[Cell] = []
        for i, category in enumerate(column.categories):
            tests = [_find_value(typed, first + sum(counts[:i]), counts[i])] if counts[i] else []
            tests += [f'{typed}=""'] if category.missing else []
            tests += [rest] if category.other else []
            shown = float(self.row[at[i]])
            found.append(Formula(f"IF(OR({','.join(tests)}),1,0)", shown))

        return found

    @cached_property
    def _category_rows(self) -> dict[int, int]:
        """Where the values of every column of categories begin on their sheet."""
        found, row = {}, 2
        for i, column in enumerate(self.rules.domain.columns):
            found[i] = row
            row += sum(len(category.values) for category in column.categories)
        return found

    def build_category_sheet(self) -> Sheet:
        """Known values, which what is typed in is compared with."""
        rows = [
            (column.name, number, value)
            for column in self.rules.domain.columns
            for number, category in enumerate(column.categories, 1)
            for value in category.values
        ]
        return make_sheet(CATEGORIES, ("column", "category number", "value"), rows)

    def _list_ends(self) -> list[list[Cell]]:
        """The box: how many coordinates lie beyond either end."""
        domain, found = self.rules.domain, []
        for what, row, ends, sign in (
            ("at least", self._low_row, domain.lower, "<"),
            ("at most", self._high_row, domain.upper, ">"),
        ):
            beyond = self.row < ends if sign == "<" else self.row > ends
            test = f"SUMPRODUCT(({self._values}{sign}{name_range(row, self._places)})*1)"
            cells = np.clip(ends, -LARGEST, LARGEST).tolist()
            found.append([*self._start(what, None, None, Formula(test, int(beyond.sum()))), *cells])

        return found

    def _list_cuts(self) -> list[list[Cell]]:
        """The inequalities of the domain."""
        domain, found = self.rules.domain, []
        for i, (normal, limit) in enumerate(zip(domain.normals, domain.limits, strict=True)):
            row = self._first_cut + i
            total = float(normal @ self.row)
            fails = Formula(f"IF({name_cell(row, 2)}<={name_cell(row, 1)},0,1)", int(total > limit))
            start = self._start(
                f"at most: {domain.texts[i]}", float(limit), self._sum(row, total), fails
            )
            found.append([*start, *normal.tolist()])

        return found

    def _sum(self, row: int, value: float) -> Formula:
        """The coordinates times the numbers of a row of the sheet."""
        return Formula(f"SUMPRODUCT({self._values},{name_range(row, self._places)})", value)

    def _list_groups(self) -> list[list[Cell]]:
        """Of each group of indicators one is 1, the others 0."""
        found = []
        for group in self.rules.domain.groups:
            ones, zeros = (self._count_in_group(group, number) for number in (1, 0))
            own = self.row[list(group)]
            right = (own == 1).sum() == 1 and (own == 0).sum() == len(group) - 1
            test = f"IF(AND({ones}=1,{zeros}={len(group) - 1}),0,1)"
            names = " or ".join(self.rules.domain.names[i] for i in group)
            found.append(self._start(f"one of: {names}", None, None, Formula(test, int(not right))))

        return found

    def _count_in_group(self, group: Sequence[int], number: int) -> str:
        """How many coordinates of a group are this number."""
        at = [self._places[i] for i in group]
        if at == list(range(at[0], at[0] + len(at))):
            return f"SUMPRODUCT(({name_range(self._value_row, at)}={number})*1)"
        return "+".join(f"({name_cell(self._value_row, one)}={number})*1" for one in at)

    def _list_base(self) -> list[list[Cell]]:
        weights, constants = self.rules.base
        return [
            [
                *self._start(f"base of {score}", float(constants[i]), self._sum(row, total)),
                *weights[i].tolist(),
            ]
            for i, score in enumerate(self.rules.scores)
            for row in (self._first_base + i,)
            for total in (float(weights[i] @ self.row),)
        ]

    def _list_lines(self) -> list[list[Cell]]:
        """How far the row is beyond each bound, and what that adds."""
        found = []
        for i, line in enumerate(self.rules):
            row, space = self._first_line + i, line.condition.half_space
            total = float(space.normal @ self.row)
            beyond = max(0.0, total - space.bound)
            far = Formula(f"MAX(0,{name_cell(row, 2)}-{name_cell(row, 1)})", beyond)
            adds: list[Cell] = []
            for k, slope in enumerate(line.slopes.tolist()):
                text = f"{name_cell(row, _BEFORE + 2 * k)}*{name_cell(row, 3)}"
                adds += [slope, Formula(text, slope * beyond)]
            cells: list[Cell] = [f"line {line.number}", space.bound, self._sum(row, total), far]
            found.append([*cells, *adds, *space.normal.tolist()])

        return found


def _find_value(typed: str, row: int, count: int) -> str:
    """Whether what is typed in is one of so many known values, letter by letter; numbers and texts
    are told apart.
    """
    if not count:
        return "FALSE"
    cells = f"{name_cell(row, _VALUE, CATEGORIES)}:{name_cell(row + count - 1, _VALUE)}"
    texts = f"AND(ISTEXT({typed}),SUMPRODUCT(EXACT({typed},{cells})*ISTEXT({cells}))>0)"
    numbers = f"AND(ISNUMBER({typed}),SUMPRODUCT(({cells}={typed})*ISNUMBER({cells}))>0)"
    return f"OR({texts},{numbers})"
