"""The columns of a table as fields of PMML, and which rows have outputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import (
    Category,
    Column,
    find_groups,
    is_text_column,
    list_table_columns,
)
from relurules.emitting.column_kinds import require_one_kind
from relurules.emitting.file_header import describe_inputs
from relurules.emitting.pmml.derived import add_derivation
from relurules.emitting.pmml.elements import (
    FieldBuilder,
    add_up,
    all_of,
    apply,
    choose,
    read_field,
    sum_fields,
    write_constant,
)
from relurules.emitting.request import ScorerRequest
from relurules.files.templates import flatten_text
from relurules.ir.network import Array

#: Open sides of the domain end at the largest number, so that infinite values are outside.
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, kw_only=True)
class RowFields:
    """What is computed of a row.

    coordinates: (d,) fields, missing for a row without outputs; inside: the field that is true for
    rows with outputs, and never missing; weight: (d,) the coordinates' scales.
    """

    coordinates: list[str]
    inside: str
    weight: Array

    def restrict(self, value: Element) -> Element:
        """A value that is missing for rows without outputs: functions differ in what they make of
        a missing argument.
        """
        return choose(read_field(self.inside), value)

    def add_up(self, coefficients: Array, constant: float = 0.0) -> Element:
        """Constant + sum of coefficients times coordinates."""
        return sum_fields(coefficients, self.coordinates, self.weight, constant)


def make_data_dictionary(domain: Domain) -> Element:
    """A field for every column of the table, with its range or its values in words.

    As an interval or a list of values, they would have engines judge rows before `inside` does, in
    ways that differ between them.
    """
    listed = list_table_columns(domain.columns)
    said = {
        column.name: flatten_text("; ".join([column.holds, *column.codes]))
        for column in describe_inputs(domain)
    }
    element = Element("DataDictionary", numberOfFields=str(len(listed)))
    for name, column in listed.items():
        text = is_text_column(column)
        SubElement(
            element,
            "DataField",
            name=name,
            displayName=said[name],
            optype="categorical" if text else "continuous",
            dataType="string" if text else "double",
        )
    return element


def make_mining_schema(names: Sequence[str], given: Sequence[str] = ()) -> Element:
    """The columns that a model reads, and what earlier models of a chain give."""
    element = Element("MiningSchema")
    for name in [*names, *given]:
        SubElement(element, "MiningField", name=name)
    return element


def add_row(fields: FieldBuilder, request: ScorerRequest) -> RowFields:
    """The coordinates of a row, and whether it has outputs."""
    domain = request.rules.domain
    values, tests = list[Element](), list[Element]()
    names = [
        column.table_name
        if column.derivation is None
        else add_derivation(fields, column.derivation, column.name)
        for column in domain.columns
    ]
    for column, name, place in zip(domain.columns, names, domain.places, strict=True):
        if column.categories:
            code = read_field(_add_code(fields, column, name))
            tests.append(apply("greaterOrEqual", code, write_constant(0.0)))
            values += [_indicate(code, k) for k in range(column.width)]
        else:
            values.append(_read_number(fields, request, column, name, place.start))

    inside = _add_inside(fields, request, names, values, tests)
    own = {i for group in find_groups(domain.columns) for i in group}
    called = [name if i in own else f"x: {name}" for i, name in enumerate(domain.names)]
    coordinates = [
        fields.add(name, choose(read_field(inside), value))
        for name, value in zip(called, values, strict=True)
    ]
    return RowFields(coordinates=coordinates, inside=inside, weight=domain.widths)


def _add_inside(
    fields: FieldBuilder,
    request: ScorerRequest,
    names: Sequence[str],
    values: Sequence[Element],
    tests: Sequence[Element],
) -> str:
    """Whether a row has outputs; comparisons are made of values that are there. names: of the
    fields that hold the columns.
    """
    every = all_of([*tests, *_list_tests(request, values)])
    absent = [
        apply("isMissing", read_field(name))
        for column, name in zip(request.rules.domain.columns, names, strict=True)
        if not column.categories and column.fill is None
    ]
    if absent:
        missing = absent[0] if len(absent) == 1 else apply("or", *absent)
        every = choose(missing, write_constant(False), every)

    return fields.add("inside", every, "whether a row has outputs at all", kind="boolean")


def _indicate(code: Element, category: int) -> Element:
    test = apply("equal", code, write_constant(float(category)))
    return choose(test, write_constant(1.0), write_constant(0.0))


def _read_number(
    fields: FieldBuilder, request: ScorerRequest, column: Column, held: str, at: int
) -> Element:
    """A number, a missing one filled, one out of its range brought to the nearer bound where that
    is asked for. held: the field that holds it.
    """
    domain = request.rules.domain
    value = read_field(held)
    if column.fill is not None:  # mapMissingTo has no type, and is taken for a text
        filled = choose(apply("isMissing", value), write_constant(column.fill), value)
        value = read_field(fields.add(f"{column.name} filled", filled))
    grouped = any(at in group for group in domain.groups)
    if request.outside != "clamp" or grouped:
        return value

    low, high = float(domain.lower[at]), float(domain.upper[at])
    name = f"{column.name} within bounds"
    inner = value if high == np.inf else apply("min", value, write_constant(high))
    inner = inner if low == -np.inf else apply("max", inner, write_constant(low))
    bounded = choose(_is_finite(value), inner, value)
    given = apply("isNotMissing", value)
    return read_field(fields.add(name, choose(given, bounded)))


def _is_finite(value: Element) -> Element:
    return _is_between(value, -_LARGEST, _LARGEST)


def _is_between(value: Element, low: float, high: float) -> Element:
    return apply(
        "and",
        apply("lessOrEqual", write_constant(low), value),
        apply("lessOrEqual", value, write_constant(high)),
    )


def _add_code(fields: FieldBuilder, column: Column, held: str) -> str:
    """The number of the category, -1 for none; held: the field that holds the value."""
    given = read_field(held)
    missing = column.lookup.get(None, -1)
    code = write_constant(-1.0 if column.other is None else float(column.other))
    if column.source:
        code = write_constant(1.0)
        missing = 0
    else:
        for k, category in reversed(list(enumerate(column.categories))):
            if category.values:
                code = choose(_is_one_of(given, column, category), write_constant(float(k)), code)

    test = apply("isMissing", given)
    return fields.add(f"code of {column.name}", choose(test, write_constant(float(missing)), code))


def _is_one_of(given: Element, column: Column, category: Category) -> Element:
    text = is_text_column(column)
    require_one_kind(column, "pmml", "a field")
    values = [write_constant(value if text else float(value)) for value in category.values]
    return apply("equal" if len(values) == 1 else "isIn", given, *values)


def _list_tests(request: ScorerRequest, values: Sequence[Element]) -> list[Element]:
    """What holds for rows with outputs, beside what codes tell."""
    domain = request.rules.domain
    own = {i for group in find_groups(domain.columns) for i in group}
    numbers = [i for i in range(len(domain)) if i not in own]
    if request.outside == "exact":
        return [_is_finite(values[i]) for i in numbers]

    low, high = np.maximum(domain.lower, -_LARGEST), np.minimum(domain.upper, _LARGEST)
    tests = [_is_between(values[i], float(low[i]), float(high[i])) for i in numbers]
    for group in domain.groups:
        if not own.issuperset(group):
            tests += _test_group([values[i] for i in group])
    for normal, limit in zip(domain.normals, domain.limits, strict=True):
        total = _weigh(normal, values, domain.widths)
        tests.append(apply("lessOrEqual", total, write_constant(float(limit))))
    return tests


def _test_group(values: Sequence[Element]) -> list[Element]:
    """Each is 0 or 1, and one of them is 1."""
    binary = [
        apply("or", *(apply("equal", value, write_constant(bit)) for bit in (0.0, 1.0)))
        for value in values
    ]
    return [*binary, apply("equal", add_up(values), write_constant(1.0))]


def _weigh(normal: Array, values: Sequence[Element], weight: Array) -> Element:
    used = np.flatnonzero(normal)
    used = used[np.argsort(-np.abs(normal[used]) * weight[used], kind="stable")]
    return add_up([apply("*", write_constant(float(normal[j])), values[j]) for j in used.tolist()])
