"""Expressions of PMML as elements, and the fields that hold them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from relurules.emitting.identifiers import make_unique
from relurules.errors import UnsupportedError
from relurules.ir.network import Array

#: Terms that one chain of additions holds: parsers of XML limit how deep elements nest.
_GROUP = 16


def read_field(name: str) -> Element:
    """The value of a field."""
    return Element("FieldRef", field=name)


def write_constant(value: float | str | bool) -> Element:
    """A number, text or truth value with its type."""
    element = Element("Constant", dataType=name_type(value))
    element.text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, float):
        element.text = repr(value)
    elif isinstance(value, str):
        check_text(value)
    return element


def name_type(value: float | str | bool) -> str:
    """The type of a value, as PMML calls it."""
    names = {bool: "boolean", int: "integer", str: "string"}
    return names.get(type(value), "double")


def check_text(value: str) -> None:
    """UnsupportedError where a reader of XML would see another text, or none."""
    if value != value.strip() or not value:
        flaw = "is empty" if not value else "starts or ends with a space"
    elif not all(char >= " " and char not in "\ufffe\uffff" for char in value):
        flaw = "holds a control character"
    else:
        return
    raise UnsupportedError(
        f"target 'pmml': the text {value!r} {flaw}, which readers of XML change; write it otherwise"
    )


def apply(function: str, *arguments: Element) -> Element:
    """A built-in function of PMML."""
    element = Element("Apply", function=function)
    element.extend(arguments)
    return element


def all_of(tests: Sequence[Element]) -> Element:
    """Whether all tests hold."""
    return tests[0] if len(tests) == 1 else apply("and", *tests)


def choose(test: Element, then: Element, otherwise: Element | None = None) -> Element:
    """`then` where a test holds; without `otherwise`, a missing value elsewhere."""
    return apply("if", test, then, *([] if otherwise is None else [otherwise]))


def add_up(terms: Iterable[Element]) -> Element:
    """The sum of the terms from left to right, in groups where they are many."""
    listed = list(terms)
    while len(listed) > 1:
        groups = [listed[i : i + _GROUP] for i in range(0, len(listed), _GROUP)]
        listed = [_add_in_order(group) for group in groups]
    return listed[0]


def _add_in_order(terms: Sequence[Element]) -> Element:
    total = terms[0]
    for term in terms[1:]:
        total = apply("+", total, term)
    return total


def sum_fields(
    coefficients: Array, fields: Sequence[str], weight: Array, constant: float = 0.0
) -> Element:
    """Constant + sum of coefficients times fields, the largest terms first, zero terms left out.

    weight: (d,) the fields' scales.
    """
    used = np.flatnonzero(coefficients)
    used = used[np.argsort(-np.abs(coefficients[used]) * weight[used], kind="stable")]
    terms = [scale(float(coefficients[j]), read_field(fields[j])) for j in used.tolist()]
    if constant or not terms:
        terms.insert(0, write_constant(float(constant)))
    return add_up(terms)


def scale(factor: float, value: Element) -> Element:
    """A value times a number."""
    return value if factor == 1.0 else apply("*", write_constant(factor), value)


@dataclass(frozen=True, kw_only=True)
class GivenField:
    """A field of the output. kind: the type of its value."""

    name: str
    value: Element
    kind: str = "double"


class FieldBuilder:
    """Collects derived fields; each has a name of its own.

    taken: names of columns and outputs. dictionary: the element that holds all fields.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self.dictionary = Element("TransformationDictionary")

    def add(self, called: str, value: Element, said: str = "", kind: str = "double") -> str:
        """The name of a field with this value. said: what it is, in words."""
        (name,) = make_unique([called], self._taken)
        self._taken.add(name)
        way = "categorical" if kind == "boolean" else "continuous"
        field = SubElement(self.dictionary, "DerivedField", name=name, optype=way, dataType=kind)
        if said:
            field.set("displayName", said)
        field.append(value)
        return name

    def reserve(self, called: str) -> str:
        """A name that no field has, for something else."""
        (name,) = make_unique([called], self._taken)
        self._taken.add(name)
        return name
