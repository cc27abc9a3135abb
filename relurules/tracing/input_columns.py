"""The columns that a model takes, and what is made of them while it is traced: numbers, whole
numbers, numbers in which a missing one is filled in, and whether a column is one of its values.

Each of these is a variable of the basis, so that what looks a column's value up is an affine form:
a table of answers is a sum of answers times indicators.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from relurules.tables.values import Value
from relurules.tracing.affine import AffineTensor, Array, Basis
from relurules.tracing.input_rows import InputKind
from relurules.tracing.network_size import LARGEST
from relurules.tracing.relu_blocks import Refuse

#: What a variable is of its column: the number as it is, cut to a whole one, filled in where it is
#: missing, or 1 where the column is a value.
_Role = Literal["number", "cut", "filled", "is"]


@dataclass(kw_only=True)
class TracedColumn:
    """One column of the model's table, and the variables that were made of it."""

    name: str
    kind: InputKind
    #: The variable of its number.
    number: int
    #: That of its number without what stands behind the point.
    cut: int | None = None
    #: What is wrong with cutting it, where it isn't a code; "" where it isn't cut.
    cut_flaw: str = ""
    #: What a missing number counts as -> the variable of the number.
    filled: dict[float, int] = field(default_factory=dict)
    #: Value (None: missing) -> the variable that is 1 where the column is that value, else 0.
    indicators: dict[Value, int] = field(default_factory=dict)
    #: The values that the model takes; None: any.
    admitted: set[Value] | None = None
    #: Known values that it doesn't take.
    refused: set[Value] = field(default_factory=set)
    #: Whether something looks its value up, where that isn't filled in, too.
    is_looked_up: bool = False
    is_read_raw: bool = False

    def admit(self, values: set[Value]) -> None:
        """From now on no other values are taken."""
        self.admitted = values if self.admitted is None else self.admitted & values


class AnswerTable(NamedTuple):
    """What looking a value up gives: answers of one shape, by value; other: for any other one, None
    where the model takes none.
    """

    answers: Mapping[Any, Array]
    other: Array | None

    def get_answer(self, value: Value) -> Array | None:
        """The answer for a value."""
        return self.answers.get(value, self.other)


class _Source(NamedTuple):
    """What a variable is made of."""

    column: TracedColumn
    role: _Role
    value: Value = None


class _EntryForm(NamedTuple):
    """An entry of a tensor that one column makes: constant + sum of weights times variables; role:
    of these variables, of which there is one unless they are indicators.
    """

    column: TracedColumn
    role: _Role
    constant: float
    weights: Mapping[int, float]
    fill: Value = None


class AnswerForm(NamedTuple):
    """A sum of tensors times variables, and a constant."""

    constant: Array
    terms: Mapping[int, Array]


class InputColumns:
    """All columns of a model's table, in order, and the variables made of them."""

    def __init__(self, basis: Basis, names: Sequence[str], kinds: Sequence[InputKind]) -> None:
        self.basis = basis
        self.columns = tuple(
            TracedColumn(name=name, kind=kind, number=number)
            for number, (name, kind) in enumerate(zip(names, kinds, strict=True))
        )
        self._sources = {column.number: _Source(column, "number") for column in self.columns}

    @property
    def is_plain(self) -> bool:
        """Whether every column is a number, and used as it is."""
        return len(self.basis.input_marks) - len(self.basis.neurons) == len(self.columns) and not (
            any(column.kind == "text" or column.is_looked_up for column in self.columns)
        )

    def holds_codes(self, tensor: AffineTensor) -> bool:
        """Whether every entry of a tensor is a column as it is, or what was looked up by one, in
        whole numbers.
        """
        forms = [self._read_entry(tensor, i) for i in range(tensor.size)]
        return all(
            isinstance(form, float) or (form is not None and (form.role != "is" or _is_whole(form)))
            for form in forms
        )

    def cut_numbers(self, tensor: AffineTensor, flaw: str) -> AffineTensor:
        """Columns' numbers without what stands behind the point; of whole numbers nothing does.

        flaw: the message for columns that aren't codes.
        """
        result = tensor
        for i in range(tensor.size):
            form = self._read_entry(tensor, i)
            if not isinstance(form, _EntryForm) or form.role not in ("number", "filled"):
                continue
            column = form.column
            if column.kind == "whole":
                continue
            column.cut_flaw = column.cut_flaw or flaw
            if form.role == "number":
                if column.cut is None:
                    column.cut = self._add_variable(column, "cut")
                result = self._move_weight(result, i, form, column.cut)

        return result

    def fill_numbers(
        self, tensor: AffineTensor, fills: Sequence[float], refuse: Refuse
    ) -> AffineTensor:
        """Columns' numbers, in which a missing one counts as the fill of its entry."""
        result = tensor
        for i, fill in enumerate(fills):
            form = self._read_entry(tensor, i)
            if not isinstance(form, _EntryForm):
                raise refuse("it fills in what the model made; supported: columns as they are")
            if form.role != "number":
                continue
            number = (fill - form.constant) / form.weights[form.column.number]
            if number not in form.column.filled:
                form.column.filled[number] = self._add_variable(form.column, "filled", number)
            result = self._move_weight(result, i, form, form.column.filled[number])

        return result

    def look_up(self, tensor: AffineTensor, table: AnswerTable, refuse: Refuse) -> AffineTensor:
        """What a table answers for every entry: of the tensor's shape, then that of an answer."""
        forms = []
        for i in range(tensor.size):
            form = self._read_entry(tensor, i)
            if form is None:
                raise refuse(
                    "it looks up a value that several columns or neurons make; supported: a column "
                    "of codes"
                )
            forms.append(self._look_entry_up(form, table, refuse))

        return self.join_answers(forms, tuple(tensor.shape), refuse)

    def join_answers(
        self, forms: Sequence[AnswerForm], shape: tuple[int, ...], refuse: Refuse
    ) -> AffineTensor:
        """Answers for the entries of a tensor of this shape, as one tensor."""
        inner = tuple(forms[0].constant.shape) if forms else ()
        constant = np.stack([form.constant for form in forms]).astype(np.float64)
        if len(self.basis) * constant.size > LARGEST:
            raise refuse(
                f"it gives {constant.size} numbers, one set for each of {len(self.basis)} "
                f"inputs and neurons; supported: up to {LARGEST} in all"
            )

        columns = np.zeros((len(self.basis), *constant.shape))
        for i, form in enumerate(forms):
            for variable, answer in form.terms.items():
                columns[variable, i] = answer

        return AffineTensor(
            constant.reshape(*shape, *inner), columns.reshape(len(columns), *shape, *inner)
        )

    def _look_entry_up(
        self, form: _EntryForm | float, table: AnswerTable, refuse: Refuse
    ) -> AnswerForm:
        if not isinstance(form, _EntryForm):
            answer = table.get_answer(form)
            if answer is None:
                raise refuse(f"it looks up {form!r}, which it doesn't have")
            return AnswerForm(answer, {})

        column = form.column
        column.is_looked_up = True
        if form.role == "is":
            return self._look_answer_up(form, table, refuse)

        own = _list_own_values(form, table)
        column.is_read_raw |= form.role != "filled"
        if isinstance(form.fill, float):
            ((_, weight),) = form.weights.items()
            answer = table.get_answer(weight * form.fill + form.constant)
            own |= {} if answer is None else {None: answer}
        if table.other is None:
            column.admit(set(own))

        base = _zeros_like_answer(table, refuse)
        return AnswerForm(
            base,
            {self._indicate(column, value, refuse): answer - base for value, answer in own.items()},
        )

    def _look_answer_up(self, form: _EntryForm, table: AnswerTable, refuse: Refuse) -> AnswerForm:
        """The answer for what another table answered."""
        known = {
            value: form.constant + form.weights.get(variable, 0.0)
            for value, variable in form.column.indicators.items()
        }

        other = table.get_answer(form.constant)
        base = _zeros_like_answer(table, refuse) if other is None else other
        terms: dict[int, Array] = {}
        for value, number in known.items():
            answer = table.get_answer(number)
            if answer is None:
                form.column.refused.add(value)
            else:
                terms[form.column.indicators[value]] = answer - base
        if other is None:
            form.column.admit(set(known))

        return AnswerForm(base, terms)

    def _read_entry(self, tensor: AffineTensor, i: int) -> "_EntryForm | float | None":
        """Entry i as what one column makes; a number, where none does; None, where more do."""
        column = tensor.columns.reshape(len(tensor.columns), tensor.size)[:, i]
        constant = float(tensor.constant.reshape(-1)[i])
        weights = {tensor.first + v: float(column[v]) for v in np.flatnonzero(column).tolist()}
        if not weights:
            return constant

        sources = [self._sources.get(variable) for variable in weights]
        first = sources[0]
        if first is None or any(
            source is None or source.column is not first.column or source.role != first.role
            for source in sources
        ):
            return None
        if first.role != "is" and len(weights) > 1:
            return None

        return _EntryForm(first.column, first.role, constant, weights, first.value)

    def _move_weight(
        self, tensor: AffineTensor, i: int, form: _EntryForm, variable: int
    ) -> AffineTensor:
        """The tensor whose entry i has another variable in place of the one it has."""
        columns = tensor.widen_columns(range(len(self.basis))).copy()
        flat = columns.reshape(len(columns), -1)
        ((before, weight),) = form.weights.items()
        flat[before, i], flat[variable, i] = 0.0, weight
        return AffineTensor(tensor.constant, flat.reshape(len(columns), *tensor.shape))

    def _indicate(self, column: TracedColumn, value: Value, refuse: Refuse) -> int:
        if value not in column.indicators:
            if (len(self.basis) + 1) ** 2 > LARGEST:
                raise refuse(
                    f"column {column.name!r} has too many values to look up; supported: "
                    f"{int(LARGEST**0.5)} values, inputs and neurons in all"
                )
            column.indicators[value] = self._add_variable(column, "is", value)
        return column.indicators[value]

    def _add_variable(self, column: TracedColumn, role: _Role, value: Value = None) -> int:
        variable = self.basis.add_input()
        self._sources[variable] = _Source(column, role, value)
        return variable


def _list_own_values(form: _EntryForm, table: AnswerTable) -> dict[Value, Array]:
    """Value of a column -> the answer, where an entry is a column's text, or a factor times its
    number and a constant.
    """
    if form.column.kind == "text":
        return dict(table.answers)
    ((_, weight),) = form.weights.items()
    found: dict[Value, Array] = {}
    for key, answer in table.answers.items():
        if isinstance(key, float) and weight * (own := (key - form.constant) / weight) == (
            key - form.constant
        ):
            found[own + 0.0] = answer

    return found


def _is_whole(form: _EntryForm) -> bool:
    return all(float(v).is_integer() for v in (form.constant, *form.weights.values()))


def _zeros_like_answer(table: AnswerTable, refuse: Refuse) -> Array:
    """What a value that isn't known adds to: the answer for others, nothing where there is none."""
    if table.other is not None:
        return table.other
    if not table.answers:
        raise refuse("it has no value that it takes")
    return np.zeros_like(next(iter(table.answers.values())))
