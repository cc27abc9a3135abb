"""Derived columns as fields of PMML, from the formulas of `relurules.domain.derivation`."""

from collections.abc import Mapping, Sequence
from functools import reduce
from xml.etree.ElementTree import Element

from relurules.domain.derivation import Argument, Derivation
from relurules.domain.formulas import FormulaAlgebra, evaluate_formula
from relurules.emitting.derived import list_cases, name_constants
from relurules.emitting.pmml.elements import (
    FieldBuilder,
    all_of,
    apply,
    choose,
    read_field,
    write_constant,
)

#: Operators of formulas as PMML calls them.
_FUNCTIONS: Mapping[str, str] = {
    "+": "+", "-": "-", "*": "*", "/": "/",
    "<": "lessThan", "<=": "lessOrEqual", ">": "greaterThan", ">=": "greaterOrEqual",
    "==": "equal", "and": "and", "log": "ln", "exp": "exp", "sqrt": "sqrt", "pow": "pow",
}  # fmt: skip


def add_derivation(fields: FieldBuilder, derivation: Derivation, called: str) -> str:
    """A field that holds a derived column, missing where it has no value: comparisons are made of
    values that are there.
    """
    given = [_add_argument(fields, argument) for argument in derivation.arguments]
    names = dict(zip("xy", map(read_field, given), strict=False))
    names |= {name: write_constant(value) for name, value in name_constants(derivation).items()}
    algebra = FormulaAlgebra(write_constant, _apply)
    value: Element | None = None
    for test, there in reversed(list_cases(derivation)):
        holds, found = (evaluate_formula(part, names, algebra) for part in (test, there))
        value = choose(holds, found, value)

    assert value is not None  # noqa: S101  # every function has a case
    lacking = [
        apply("isNotMissing", read_field(name))
        for name, argument in zip(given, derivation.arguments, strict=True)
        if argument.fill is None
    ]
    return fields.add(f"value of {called}", choose(all_of(lacking), value) if lacking else value)


def _apply(operator: str, values: Sequence[Element]) -> Element:
    if operator == "negative":
        return apply("-", write_constant(0.0), *values)
    if operator == "and":
        return reduce(lambda one, two: apply("and", one, two), values)
    return apply(_FUNCTIONS[operator], *values)


def _add_argument(fields: FieldBuilder, argument: Argument) -> str:
    """The field of what a function takes."""
    name = argument.column
    if argument.fill is not None:
        value = read_field(name)
        filled = choose(apply("isMissing", value), write_constant(argument.fill), value)
        name = fields.add(f"{name} filled", filled)
    if (argument.scale, argument.shift) != (1.0, 0.0):
        scaled = apply("*", write_constant(argument.scale), read_field(name))
        moved = apply("+", scaled, write_constant(argument.shift))
        missing = argument.fill is None
        given = choose(apply("isNotMissing", read_field(name)), moved) if missing else moved
        name = fields.add(argument.text, given)
    return name
