"""Running error analysis, forward, operation by operation (J. H. Wilkinson; N. J. Higham, "Accuracy
and Stability of Numerical Algorithms", 2002, section 3.3), for all rows of a box at once.

Every value has the exact function that it stands for, and a bound on how far what is computed may
be from it. Numbers are exact rationals, errors are rounded up.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from relurules.rounding.choice_forms import (
    find_equal_column,
    is_own_difference,
    join_forms,
    pick_by_category,
)
from relurules.rounding.expression import (
    Absent,
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Literal,
    Opaque,
    Operation,
    UnreadableError,
)
from relurules.rounding.floats import FloatFormat, find_grid, round_up
from relurules.rounding.form_reaches import FormReaches
from relurules.rounding.forms import (
    Block,
    CategorySpan,
    CategoryValues,
    Interval,
    NumberSpan,
    RealForm,
)
from relurules.rounding.known_values import KnownValues
from relurules.rounding.shared_forms import SharedForms

_NONE = Fraction(0)


@dataclass(frozen=True)
class Value:
    """What an expression gives.

    form: exactly; reach: of the form, over the box; error: |computed - exact| at most; grid: k,
    where what is computed is a multiple of 2^k, None for nothing known; table: what is computed for
    every category of the one column that it reads.
    """

    form: RealForm
    reach: Interval
    error: Fraction
    grid: int | None = None
    table: tuple[CategorySpan, tuple[float, ...]] | None = None

    @property
    def size(self) -> Fraction:
        """The largest magnitude of what is computed."""
        return self.reach.size + self.error


@dataclass(frozen=True, kw_only=True)
class RowInputs:
    """blocks: a column's place -> what it is; words: column -> the text or number of every
    category, a tuple each; fills: column -> what a missing number counts as; originals: what a text
    rounds to a shorter format -> the number of the rules that it is.
    """

    blocks: Sequence[Block]
    words: Mapping[int, Sequence[Sequence[str | float | None]]]
    fills: Mapping[int, float] = field(default_factory=dict)
    originals: Mapping[float, float] = field(default_factory=dict)

    @cached_property
    def spans(self) -> Mapping[int, Interval]:
        """Place of a column of numbers -> where it lies."""
        numbers = (block for block in self.blocks if isinstance(block, NumberSpan))
        return {block.place: block.span for block in numbers}


class ErrorAnalysis:
    """Values of expressions in one format; shared expressions are analysed once.

    known: values for other rows of the same columns, where there are some; forms: what they stand
    for.
    """

    def __init__(
        self,
        inputs: RowInputs,
        held: FloatFormat,
        known: KnownValues[Value] | None = None,
        forms: SharedForms | None = None,
    ) -> None:
        self._inputs, self._format = inputs, held
        self._known = KnownValues[Value]() if known is None else known
        self._forms = SharedForms() if forms is None else forms
        self._reaches = FormReaches(inputs.spans)

    def move_to(self, inputs: RowInputs) -> "ErrorAnalysis":
        """One of the same format for other rows."""
        return ErrorAnalysis(inputs, self._format, forms=self._forms)

    def analyse(self, expression: Expression) -> Value:
        """The value of an expression; UnreadableError where nothing can be said."""
        blocks = self._inputs.blocks
        key = self._known.make_key(expression, blocks)
        value = self._known.find_value(key)
        if value is None:
            value = self._analyse_new(expression)
            self._known.add_value(key, blocks, value)

        return value

    def _analyse_new(self, expression: Expression) -> Value:
        if isinstance(expression, Literal):
            return self._make_literal(expression.value)
        if isinstance(expression, ColumnValue):
            return self._read_column(expression)
        if isinstance(expression, Operation):
            return self._operate(expression)
        if isinstance(expression, Choice):
            return self._choose(expression)
        if isinstance(expression, Opaque):
            raise UnreadableError(expression.what)
        raise UnreadableError("a text, a list or a missing value stands where a number is due")

    def _make_literal(self, value: float) -> Value:
        if not math.isfinite(value):
            raise UnreadableError("a number that is too large")
        held = self._format.round(Fraction(value))
        if not math.isfinite(held):
            raise UnreadableError(f"a number that is too large for {self._format.name}")
        sign = -1.0 if held < 0 else 1.0
        number = Fraction(sign * self._inputs.originals.get(abs(held), abs(held)))
        error = abs(Fraction(held) - number)
        grid = find_grid(Fraction(held)) if held else None

        return self._make_value(RealForm(number), error, grid)

    def _make_value(
        self,
        form: RealForm,
        error: Fraction,
        grid: int | None = None,
        table: tuple[CategorySpan, tuple[float, ...]] | None = None,
    ) -> Value:
        return Value(form, self._reaches.measure(form), error, grid, table)

    def _read_column(self, expression: ColumnValue) -> Value:
        block = self._inputs.blocks[expression.column]
        if not isinstance(block, NumberSpan):
            raise UnreadableError("a category stands where a number is due")
        form = self._forms.read_column(block.place)

        return self._make_value(form, _NONE, 0 if block.integer else None)

    def _operate(self, operation: Operation) -> Value:
        values = [self.analyse(each) for each in operation.operands]
        if operation.sign == "neg":
            return self._negate(values[0])
        if operation.sign == "abs":
            raise UnreadableError("a magnitude")
        if operation.sign == "sum":
            return self._sum_in_any_order(values)
        one, other = values
        if operation.sign == "max":
            return self._take_larger(one, other)
        if operation.sign == "*":
            return self._multiply(one, other)
        other = other if operation.sign == "+" else self._negate(other)

        return self._add(one, other)

    def _negate(self, value: Value) -> Value:
        table = value.table and (value.table[0], tuple(-each for each in value.table[1]))
        return self._make_value(self._forms.negate(value.form), value.error, value.grid, table)

    def _add(self, one: Value, other: Value) -> Value:
        form = self._forms.add(one.form, other.form)
        if (exact := self._tabulate(one, other, form, "+")) is not None:
            return exact
        for kept, left in ((one, other), (other, one)):
            if not left.error and left.form.is_constant and not left.form.constant:
                return self._make_value(form, kept.error, kept.grid, kept.table)

        error = one.error + other.error
        grid = None if None in (one.grid, other.grid) else min(one.grid, other.grid)  # type: ignore[type-var]

        return self._round(form, error, grid)

    def _sum_in_any_order(self, values: Sequence[Value]) -> Value:
        """Each of n - 1 roundings is of a partial sum, no larger than all terms together: whatever
        the order, their errors come to (n - 1) u of that (C.-P. Jeannerod and S. M. Rump, "Improved
        error bounds for inner products in floating-point arithmetic", 2013), and little more where
        products are fused with sums.
        """
        values = self._merge_tables(values)
        if len(values) <= 2:
            return self._add(*values) if len(values) == 2 else values[0]
        form, error, size = values[0].form, values[0].error, values[0].size
        for value in values[1:]:
            form = self._forms.add(form, value.form)
            error, size = error + value.error, size + value.size

        self._format.bound_rounding(2 * size)
        share = Fraction(len(values) - 1, 2**self._format.bits)
        share *= 1 + 2 * share

        return self._make_value(form, round_up(error + share * size))

    def _merge_tables(self, values: Sequence[Value]) -> list[Value]:
        """Values of one column's categories, of which no more than one isn't 0 on any row, as one
        value: adding 0 rounds nothing, in any order.
        """
        tables = dict[CategorySpan, list[Value]]()
        merged = [value for value in values if value.table is None]
        for value in values:
            if value.table is not None:
                tables.setdefault(value.table[0], []).append(value)

        for block, own in tables.items():
            rows = list(zip(*(value.table[1] for value in own if value.table), strict=True))
            if any(sum(map(bool, row)) > 1 for row in rows):
                merged += own
                continue
            form = own[0].form
            for value in own[1:]:
                form = self._forms.add(form, value.form)
            merged.append(self._make_tabulated(form, block, [sum(row) for row in rows]))

        return merged

    def _multiply(self, one: Value, other: Value) -> Value:
        if not one.form.is_constant:
            one, other = other, one
        if not one.form.is_constant:
            raise UnreadableError("two columns are multiplied with each other")
        form = self._forms.multiply(one.form, other.form)
        if (exact := self._tabulate(one, other, form, "*")) is not None:
            return exact

        factor = abs(one.form.constant)
        error = factor * other.error
        if one.error:
            error += one.error * other.size
        grid = None if None in (one.grid, other.grid) else one.grid + other.grid  # type: ignore[operator]
        if not factor or (factor == 1 and not one.error):
            return self._make_value(form, error, other.grid if factor else None)
        if not one.error and _is_power_of_two(factor):
            size = self._reaches.measure(form).size + error
            vanishing = _NONE if factor > 1 else Fraction(2) ** (self._format.lowest - 1)
            self._format.bound_rounding(size)
            exact_there = grid is not None and self._format.is_exact(size, grid)
            return self._make_value(form, error + (_NONE if exact_there else vanishing), grid)

        return self._round(form, error, grid)

    def _round(self, form: RealForm, error: Fraction, grid: int | None) -> Value:
        """The value of a sum or product that is rounded now; error: of what it is made of."""
        size = self._reaches.measure(form).size + error
        rounding = self._format.bound_rounding(size)
        if grid is not None and self._format.is_exact(size, grid):
            rounding = _NONE
        return self._make_value(form, round_up(error + rounding), grid)

    def _take_larger(self, one: Value, other: Value) -> Value:
        if not one.form.is_constant:
            one, other = other, one
        if one.error or one.form.constant or not one.form.is_constant:
            raise UnreadableError("the larger of two numbers, neither of which is 0")
        form = self._forms.take_positive(other.form)
        table = other.table and (other.table[0], tuple(max(0.0, x) for x in other.table[1]))
        is_zero = other.reach.high + other.error <= 0  # on every row

        return self._make_value(form, _NONE if is_zero else other.error, other.grid, table)

    def _tabulate(self, one: Value, other: Value, form: RealForm, sign: str) -> Value | None:
        """The operation category by category, where both read the same column of categories, or
        one is a constant; None elsewhere, and where a fused operation might give something else.
        """
        block = next((each.table[0] for each in (one, other) if each.table), None)
        if block is None:
            return None
        rows = [_list_entries(value, block) for value in (one, other)]
        if None in rows:
            return None
        pairs = zip(*rows, strict=True)
        exactly = [a * b if sign == "*" else a + b for a, b in pairs]
        computed = [self._format.round(each) for each in exactly]
        if sign == "*" and any(a != b for a, b in zip(computed, exactly, strict=True)):
            return None

        return self._make_tabulated(form, block, computed)

    def _make_tabulated(
        self, form: RealForm, block: CategorySpan, computed: Sequence[float]
    ) -> Value:
        due = form.parts.get(block.places[0])
        values = due.values if isinstance(due, CategoryValues) else (_NONE,) * len(computed)
        error = max(
            abs(Fraction(a) - b - form.constant) for a, b in zip(computed, values, strict=True)
        )
        grids = [find_grid(Fraction(each)) for each in computed if each]

        return self._make_value(
            form, error, min(grids) if grids else None, (block, tuple(computed))
        )

    def _choose(self, choice: Choice) -> Value:
        column = find_equal_column(choice.test)
        if column is not None and isinstance(self._inputs.blocks[column], CategorySpan):
            return self._choose_by_category(choice, column)
        if (cut := self._read_cut_column(choice)) is not None:
            return cut
        if (read := self._find_read_column(choice)) is not None:
            return self.analyse(read)
        if choice.otherwise == Absent():  # which no row with scores has
            return self.analyse(choice.then)
        if not isinstance(choice.test, Comparison):
            raise UnreadableError("a choice by several tests")
        return self._choose_by_number(choice, choice.test)

    def _read_cut_column(self, choice: Choice) -> Value | None:
        """The value of a cut column, None for any other choice."""
        cut = self._find_cut(choice)
        if cut is None:
            return None
        column, limit = cut
        value = self.analyse(column)
        span = value.reach
        if value.grid is not None and limit <= 1:  # whole numbers: only 0 is nearer
            return value
        if span.low >= limit or span.high <= -limit:
            return value

        return replace(value, error=value.error + limit, grid=None)

    def _find_cut(self, choice: Expression) -> tuple[ColumnValue, Fraction] | None:
        """A column of numbers, and the limit below which those nearer to 0 count as 0, as a query
        that may not underflow has them; None for anything else.
        """
        if not isinstance(choice, Choice) or choice.then != Literal(0.0):
            return None
        rest = choice.otherwise
        column = self._find_read_column(rest) if isinstance(rest, Choice) else rest
        match choice.test:
            case Comparison("<" | "<=", Operation("abs", (ColumnValue() as cut,)), Literal(limit)):
                if cut == column and math.isfinite(limit):
                    return cut, Fraction(limit)

        return None

    def bound_test_error(self, test: Comparison) -> Fraction:
        """How far both sides of a comparison may be off in all, where that can turn it."""
        for one, other in ((test.left, test.right), (test.right, test.left)):
            cut = self._find_cut(one)
            if cut and isinstance(other, Literal) and abs(other.value) > cut[1]:
                return _NONE

        return self.analyse(test.left).error + self.analyse(test.right).error

    def _find_read_column(self, choice: Choice) -> ColumnValue | None:
        """The column of numbers that a choice is: its value, or what a missing one counts as, or
        nothing. None for any other choice.
        """
        ends, stack = set[Expression](), list[Expression]([choice])
        while stack:
            one = stack.pop()
            if isinstance(one, Choice):
                stack += [one.then, one.otherwise]
            elif one != Absent():
                ends.add(one)

        columns = [one for one in ends if isinstance(one, ColumnValue)]
        if len(columns) != 1:
            return None
        fill = self._inputs.fills.get(columns[0].column)
        allowed = {columns[0], *([] if fill is None else [Literal(fill)])}

        return columns[0] if ends <= allowed else None

    def _choose_by_number(self, choice: Choice, test: Comparison) -> Value:
        """A choice that is continuous: at the wrong side it is off by what the test is."""
        left, right = self.analyse(test.left), self.analyse(test.right)
        then, otherwise = self.analyse(choice.then), self.analyse(choice.otherwise)
        forms = (left.form, right.form, then.form, otherwise.form)
        joined = self._forms.recall(
            ("choice", *map(id, (test, *forms))), (test, *forms), lambda: join_forms(test, *forms)
        )
        reach = self._reaches.measure(joined.above)
        error, room = max(then.error, otherwise.error), left.error + right.error
        if reach.high + room < 0:  # on every row
            error = otherwise.error
        elif reach.low - room > 0:
            error = then.error
        elif not is_own_difference(choice, test):
            error += abs(joined.factor) * room
        grid = None if None in (then.grid, otherwise.grid) else min(then.grid, otherwise.grid)  # type: ignore[type-var]
        if otherwise.form.is_constant and not otherwise.form.constant:
            grid = then.grid

        return self._make_value(joined.form, error, grid)

    def _choose_by_category(self, choice: Choice, column: int) -> Value:
        block = self._inputs.blocks[column]
        assert isinstance(block, CategorySpan)  # noqa: S101  # the caller has looked
        computed, values = list[float](), list[Fraction]()
        for words in self._inputs.words[column]:
            found = {pick_by_category(choice, column, word) for word in words}
            if len(found) != 1:
                raise UnreadableError("values of one category are told apart")
            value = self.analyse(found.pop())
            if not value.form.is_constant or value.error:
                raise UnreadableError("a choice of a category that isn't a number")
            values.append(value.form.constant)
            computed.append(float(value.form.constant))

        form = RealForm(_NONE, {block.places[0]: CategoryValues(block, tuple(values))})

        return self._make_tabulated(form, block, computed)


def _is_power_of_two(value: Fraction) -> bool:
    top, bottom = value.numerator, value.denominator
    return top & (top - 1) == 0 and bottom & (bottom - 1) == 0


def _list_entries(value: Value, block: CategorySpan) -> list[Fraction] | None:
    """What is computed for every category, None where other columns are read too."""
    if value.table is not None:
        return [Fraction(x) for x in value.table[1]] if value.table[0] == block else None
    if value.form.is_constant and not value.error:
        return [value.form.constant] * len(block.places)
    return None
