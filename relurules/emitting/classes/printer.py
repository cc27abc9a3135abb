"""Java and C#: one class with score(row) -> outputs, and what else is asked for."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial

from relurules.domain.columns import list_table_columns
from relurules.emitting import file_header, plan
from relurules.emitting.classes.language import JAVA, SHARP, ClassLanguage
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.explanations import plan_explanation
from relurules.emitting.expressions import (
    ColumnRead,
    choose_template,
    plan_gate,
    plan_reads,
    plan_template_values,
)
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.label_literals import check_hidden_names, plan_class_column
from relurules.emitting.line_values import plan_line_values
from relurules.emitting.link_steps import has_links, plan_class_links
from relurules.emitting.notation import Notation
from relurules.emitting.point_plan import chain_choices
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.files.templates import flatten_text, render_file

#: A method of Java has at most 65,535 bytes, and a number in a sum takes some nine.
_MOST_NUMBERS = 6000
#: A method of Java takes at most 255 words, and a double is two.
_MOST_SCORES = 100
#: Doubles, whole numbers of tables, and texts.
_NUMBER = re.compile(r'\d\.\d|\de[+-]\d|(?<![\d.+-])\d+,|",$', re.MULTILINE)


def print_classes(request: EmitRequest, language: ClassLanguage) -> dict[str, str]:
    """The class of rules of which one applies."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, language.words)
    values = {
        **_list_values(request, features, reads, language),
        "explained": plan_explanation(request, reads),
        "ruled": is_rule_needed(request),
        "complete": request.rules.complete,
        **plan_template_values(request, features, "sum{}"),
    }
    return _render(language, choose_template(request), values)


def print_class_lines(request: LineRequest, language: ClassLanguage) -> dict[str, str]:
    """As `print_classes`, of additive rules: a statement for every part."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, language.words)
    activate: Callable[[str], str] = (language.largest + "(0.0, {})").format
    choose = partial(chain_choices, choice="{} ? {}\n            : {}".format)
    taken = [*features.columns, "lines", "values", "points", "row", "found"]
    values = {
        **_list_values(request, features, reads, language),
        **plan_line_values(request, features, taken, activate, choose),
        "comment": escape_comment,
    }
    return _render(language, "lines", values)


print_java = partial(print_classes, language=JAVA)
print_java_lines = partial(print_class_lines, language=JAVA)
print_csharp = partial(print_classes, language=SHARP)
print_csharp_lines = partial(print_class_lines, language=SHARP)


def _render(language: ClassLanguage, template: str, values: dict[str, object]) -> dict[str, str]:
    text = render_file(f"classes/{template}.j2", values)
    if (count := len(_NUMBER.findall(text))) > _MOST_NUMBERS:
        raise UnsupportedError(
            f"{language.file} would hold {count:,} numbers, and a class holds some "
            f"{_MOST_NUMBERS:,}, since a method of Java is limited; emit C, or fewer rules or lines"
        )
    return {language.file: text}


def _name_features(request: ScorerRequest) -> Notation:
    """Coordinates as variables; no keyword starts so."""
    rules = request.rules
    variables = make_unique(f"x_{make_identifier(name)}" for name in rules.features)
    return plan.make_notation(rules, repr, variables)


def escape_comment(text: str) -> str:
    """A comment in ASCII: Java reads backslashes with a u in comments too."""
    flat = flatten_text(text).encode("utf-16-be")
    units = [int.from_bytes(flat[i : i + 2], "big") for i in range(0, len(flat), 2)]
    return "".join(
        chr(unit) if unit < 128 and unit != ord("\\") else f"\\u{unit:04x}" for unit in units
    )


def _quote_all(names: Sequence[str]) -> list[str]:
    return [json.dumps(name) for name in names]


def _list_values(
    request: ScorerRequest,
    features: Notation,
    reads: Sequence[ColumnRead],
    language: ClassLanguage,
) -> dict[str, object]:
    """What all forms need."""
    rules = request.rules
    check_hidden_names(request)
    if len(rules.scores) > _MOST_SCORES:
        raise UnsupportedError(
            f"{language.file}: {len(rules.scores)} scores are more than a method of Java takes "
            f"({_MOST_SCORES}); emit C or Python"
        )

    return {
        "lang": language,
        "header": request.header,
        "about": file_header.describe_size(request),
        "facts": file_header.list_facts(request),
        "columns": _quote_all(list(list_table_columns(rules.domain.columns))),
        "said": [column.holds for column in file_header.describe_inputs(rules.domain)],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": None,
        "shared": [],
        "wants_lines": False,
        "pointed": None,
        "comment": escape_comment,
        "quote": json.dumps,
        "literal": partial(plan.print_signed, repr),
        "outputs": _quote_all(rules.outputs),
        "step": plan_class_links(rules, language.links) if has_links(rules) else None,
        "classes": plan_class_column(request, "java"),
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "checks": plan_gate(request, features),
        "domain": plan.plan_checks(rules, features),
    }
