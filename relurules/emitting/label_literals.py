"""Labels of classes as literals: what a class is called in each language, with the label's type."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from relurules.emitting.c.numbers import print_c_string
from relurules.emitting.request import ScorerRequest
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.names import quote_text
from relurules.errors import InputError, UnsupportedError
from relurules.ir import Scorer
from relurules.ir.class_labels import (
    ClassLabels,
    ClassTest,
    Label,
    explain_no_class,
    number_classes,
)
from relurules.links.table import LINKS

#: The largest whole numbers that C's int and long long, and a double, hold.
_INT, _LONG, _EXACT = 2**31 - 1, 2**63 - 1, 2**53


def find_labels(rules: Scorer) -> tuple[ClassTest, ClassLabels]:
    """How the class is told, and its labels, numbers where there are none; UnsupportedError where
    the outputs are no classes.
    """
    test = rules.class_test
    if test is None:
        raise UnsupportedError(f"column 'class': {explain_no_class(rules.heads)}")
    return test, rules.labels or number_classes(test.count)


def print_sql_label(label: Label, dialect: Dialect) -> str:
    """A label in SQL; InputError for a text that the engine would change."""
    if isinstance(label, bool):
        return dialect.booleans[label]
    if isinstance(label, str):
        if (not label and dialect.empty_is_null) or (dialect.dollar_brace and "${" in label):
            raise InputError(
                f"the class {label!r} can't be written in this dialect, whose engine takes it for "
                "something else; name the class otherwise with labels=, or use another dialect"
            )
        return quote_text(label, dialect)
    if isinstance(label, float):
        return ("-" if label < 0 else "") + print_double(abs(label))

    return str(label)


def print_sql_class(number: str, labels: ClassLabels, dialect: Dialect) -> str:
    """The label of a class whose number is an expression; NULL where that is NULL."""
    if labels.are_numbers:
        return number
    cases = " ".join(
        f"WHEN {i} THEN {print_sql_label(label, dialect)}" for i, label in enumerate(labels.values)
    )
    return f"CASE {number} {cases} END"


def print_sql_type(labels: ClassLabels, dialect: Dialect) -> str:
    """The type of the labels."""
    if labels.kind is bool:
        return dialect.boolean
    if labels.kind is int and max(map(abs, map(int, labels.values))) <= _INT:
        return dialect.integer
    return dialect.string if labels.kind is str else dialect.double


def print_c_type(labels: ClassLabels) -> str:
    """The C type of the labels: int for booleans, as for whole numbers that it holds."""
    if labels.kind is str:
        return "const char *"
    if labels.kind is float:
        return "double"

    largest = max(abs(int(label)) for label in labels.values)
    if largest > _LONG:
        raise UnsupportedError(f"the class {largest} is beyond C's long long; rename it")
    return "int" if largest <= _INT else "long long"


def _print_c_label(label: Label) -> str:
    if isinstance(label, str):
        return print_c_string(label)
    if isinstance(label, float):
        return repr(label)
    return f"{int(label)}{'LL' if abs(int(label)) > _INT else ''}"


def _print_javascript_label(label: Label) -> str:
    if isinstance(label, int) and abs(label) > _EXACT:
        raise UnsupportedError(f"the class {label} is beyond what a number of JavaScript holds")
    return json.dumps(label)


def _print_class_label(label: Label) -> str:
    """In Java and C#: a whole number as a long."""
    if isinstance(label, int) and not isinstance(label, bool):
        if abs(label) > _EXACT:
            raise UnsupportedError(f"the class {label} is beyond what a double holds")
        return f"{label}L"
    return json.dumps(label)


def _check_onnx_label(label: Label) -> str:
    """Labels are values of a tensor, which has no missing text: an empty one is no class."""
    if label == "":
        raise UnsupportedError(
            "target 'onnx': a class is called '' (an empty text), which stands for no class in a "
            "tensor; name the class otherwise with labels="
        )
    if isinstance(label, int) and abs(label) > _EXACT:
        raise UnsupportedError(f"target 'onnx': the class {label} is beyond what a double holds")
    return repr(label)


#: Language -> how it writes a label.
LITERALS: Mapping[str, Callable[[Label], str]] = {
    "python": ascii,
    "numpy": ascii,
    "javascript": _print_javascript_label,
    "c": _print_c_label,
    "java": _print_class_label,
    "onnx": _check_onnx_label,
    "pmml": repr,
}


class ClassColumn(NamedTuple):
    """How code tells the class from the outputs that it gives.

    literals: the labels; way: "largest" of the outputs, "share": whether output `column` is above
    the cut, or "number": it is the class's. asked: whether the class stands beside the outputs;
    labelled: whether the one output is the class, and its number becomes the label. text: whether
    labels are text.
    """

    literals: list[str]
    way: str
    column: int
    cut: str
    asked: bool
    labelled: bool
    text: bool


def plan_class_column(request: ScorerRequest, language: str) -> ClassColumn | None:
    """None where no class is given; UnsupportedError where it is asked for and can't be told."""
    rules = request.rules
    asked, labelled = "class" in request.columns, rules.tells_label
    if not asked and not labelled:
        return None

    test, labels = find_labels(rules)
    links, last = [head.link for head in rules.heads], len(rules.outputs) - 1
    way = "number" if LINKS[links[0]].is_class else "largest" if len(test.scores) > 1 else "share"
    if way == "largest" and len(links) != test.count:
        raise UnsupportedError(
            f"column 'class': the outputs are {len(links)} of {test.count} classes; give all as "
            "outputs of the model"
        )

    threshold = None if rules.decided_labels is None else rules.decided_labels.threshold
    return ClassColumn(
        literals=[LITERALS[language](label) for label in labels.values],
        way=way,
        column=last if way == "share" else 0,
        cut=repr(0.5 if threshold is None else threshold),
        asked=asked and not labelled,
        labelled=labelled,
        text=labels.kind is str,
    )


def check_hidden_names(request: ScorerRequest) -> None:
    """InputError where an output would hide the class, the points, the rule's number or lines."""
    rules = request.rules
    for name, what in (
        ("rule", "the number of the rule"),
        ("lines", "the lines that apply"),
        ("points", "the points of the scorecard"),
    ):
        if name in rules.outputs and name in request.columns:
            raise InputError(
                f"an output called {name!r} would hide {what}; rename it in the model's graph"
            )

    if "class" in request.columns and "class" in rules.outputs and rules.decision is None:
        raise InputError(
            "an output called 'class' would hide the class; rename it in the model's graph"
        )


def print_cut(value: float, print_number: Callable[[float], str]) -> str:
    """The score at which the class changes."""
    return ("-" if value < 0 else "") + print_number(abs(value))
