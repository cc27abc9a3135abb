"""PMML 4.4: a regression model of lines or neurons, or a model for every rule; what it gives are
fields of its output.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from relurules.domain.columns import list_table_columns
from relurules.emitting import file_header
from relurules.emitting.contribution_plan import plan_contributions
from relurules.emitting.identifiers import require_different_names
from relurules.emitting.label_literals import find_labels, plan_class_column
from relurules.emitting.line_explanation import plan_line_explanation
from relurules.emitting.pmml.elements import (
    FieldBuilder,
    GivenField,
    apply,
    choose,
    name_type,
    read_field,
    write_constant,
)
from relurules.emitting.pmml.inputs import (
    RowFields,
    add_row,
    make_data_dictionary,
    make_mining_schema,
)
from relurules.emitting.pmml.links import choose_largest, print_outputs
from relurules.emitting.pmml.reasons import (
    add_explanation,
    print_line_terms,
    print_rule_terms,
)
from relurules.emitting.pmml.rule_models import (
    Predicates,
    number_rules,
    plan_rule_predicates,
    plan_tree_predicates,
    print_segments,
    tabulate_rules,
)
from relurules.emitting.pmml.scores import (
    ScoreTable,
    add_line_fields,
    add_network_tables,
    add_part_sums,
    add_rule_number,
    print_table,
    tabulate_lines,
)
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.files.templates import flatten_text
from relurules.ir import RuleSet

FILE = "score.pmml"
_NAMESPACE = "http://www.dmg.org/PMML-4_4"


@dataclass(frozen=True, kw_only=True)
class PlannedScore:
    """A number that one model gives. tables: one, or one for every rule by `predicates`."""

    name: str
    tables: list[ScoreTable]
    predicates: Predicates | None = None


def print_pmml(request: EmitRequest) -> dict[str, str]:
    """score.pmml of rules of which one applies."""
    rules = request.rules
    explained = plan_contributions(request)
    fields = FieldBuilder(_list_names(request, explained.names if explained else ()))
    row = add_row(fields, request)
    names = [fields.reserve(f"score {i + 1}") for i in range(len(rules.scores))]
    plan_predicates = plan_tree_predicates if request.form == "tree" else plan_rule_predicates
    if request.form == "network":
        _check_network_request(request)
        tables = [[table] for table in add_network_tables(fields, rules.network, row)]
        predicates = None
    else:
        tables, predicates = tabulate_rules(rules, row), plan_predicates(fields, rules, row)
    scores = [
        PlannedScore(name=name, tables=own, predicates=predicates)
        for name, own in zip(names, tables, strict=True)
    ]
    given = _list_given(request, names)
    if "rule" in request.columns:
        name = fields.reserve("number of the rule")
        tables_of_rule = number_rules(rules, row)
        scores.append(PlannedScore(name=name, tables=tables_of_rule, predicates=predicates))
        given.append(GivenField(name="rule", value=read_field(name), kind="double"))
    if explained is not None:
        terms = print_rule_terms(fields, rules, row, explained)
        given += add_explanation(fields, row, explained, terms)

    return _write_model(request, fields, scores, given, _find_known(fields, rules, row))


def _find_known(fields: FieldBuilder, rules: RuleSet, row: RowFields) -> str:
    """The field that is true for rows with results."""
    if rules.complete:
        return row.inside
    rule = read_field(add_rule_number(fields, rules, row, "rule by the tree"))
    found = apply("greaterOrEqual", rule, write_constant(1.0))
    value = choose(read_field(row.inside), found, write_constant(False))
    return fields.add("has a rule", value, kind="boolean")


def _check_network_request(request: EmitRequest) -> None:
    if "rule" in request.columns:
        raise UnsupportedError(
            "target 'pmml', form 'network': neurons don't tell the number of the rule; leave the "
            "column 'rule' out, or use form='rules' or 'tree'"
        )
    if not request.rules.complete and request.outside != "exact":
        raise UnsupportedError(
            "target 'pmml', form 'network': the rules cover a part of the domain alone, which "
            "neurons don't tell; use form='rules' or 'tree', or outside='exact'"
        )


def print_pmml_lines(request: LineRequest) -> dict[str, str]:
    """score.pmml of additive rules: lines are fields that one table reads."""
    rules = request.rules
    explained = plan_line_explanation(request)
    fields = FieldBuilder(_list_names(request, explained.names if explained else ()))
    row = add_row(fields, request)
    own = add_line_fields(fields, rules, row)
    names = [fields.reserve(f"score {i + 1}") for i in range(rules.score_count)]
    scores = [
        PlannedScore(name=name, tables=[table])
        for name, table in zip(names, tabulate_lines(rules, row, own), strict=True)
    ]
    given = _list_given(request, names)
    if explained is not None:
        terms = print_line_terms(explained, row, add_part_sums(rules, row, own))
        given += add_explanation(fields, row, explained, terms)

    return _write_model(request, fields, scores, given, row.inside)


def _list_names(request: ScorerRequest, extra: Sequence[str] = ()) -> list[str]:
    """Names of columns and of results; InputError where two are the same."""
    rules = request.rules
    told = [name for name in ("class", "rule") if name in request.columns]
    if "class" in told and rules.tells_label:
        told.remove("class")
    names = [*list_table_columns(rules.domain.columns), *rules.outputs, *told, *extra]
    if "score" in request.columns:
        names += [name for name in rules.scores if name not in rules.outputs]
    require_different_names("pmml", names, "two fields, of a column and a result or of two results")
    return names


def _list_given(request: ScorerRequest, names: Sequence[str]) -> list[GivenField]:
    """Scores where they are asked for, the outputs, and the class. names: of the scores' fields."""
    rules = request.rules
    scores = [read_field(name) for name in names]
    found = []
    if "score" in request.columns:
        found += [
            GivenField(name=name, value=score)
            for name, score in zip(rules.scores, scores, strict=True)
            if name not in rules.outputs
        ]
    outputs = print_outputs(rules, scores)
    classes = plan_class_column(request, "pmml")
    if classes is None or not classes.labelled:
        found += [
            GivenField(name=name, value=value)
            for name, value in zip(rules.outputs, outputs, strict=True)
        ]
    if classes is not None:
        found.append(_tell_class(request, outputs))
    return found


def _tell_class(request: ScorerRequest, outputs: Sequence[Element]) -> GivenField:
    """The label of the class, by the outputs."""
    classes = plan_class_column(request, "pmml")
    assert classes is not None  # noqa: S101  # asked for by the caller
    _, labels = find_labels(request.rules)
    told = [write_constant(label) for label in labels.values]
    if classes.way == "largest":
        value = choose_largest(outputs, told)
    elif classes.way == "share":
        cut = write_constant(float(classes.cut))
        value = choose(apply("greaterThan", outputs[classes.column], cut), told[1], told[0])
    else:
        value = told[-1]
        for i in reversed(range(len(told) - 1)):
            test = apply("equal", outputs[0], write_constant(float(i)))
            value = choose(test, told[i], value)
    name = request.rules.outputs[0] if classes.labelled else "class"
    return GivenField(name=name, value=value, kind=name_type(labels.values[0]))


def _write_model(
    request: ScorerRequest,
    fields: FieldBuilder,
    scores: Sequence[PlannedScore],
    given: Sequence[GivenField],
    known: str,
) -> dict[str, str]:
    """known: the field that is true for rows with results."""
    domain = request.rules.domain
    root = Element("PMML", xmlns=_NAMESPACE, version="4.4")
    root.append(_make_header(request))
    root.append(make_data_dictionary(domain))
    root.append(fields.dictionary)
    test = read_field(known)
    given = [replace(field, value=choose(test, field.value)) for field in given]
    columns = list(list_table_columns(domain.columns))
    root.append(
        _print_score(columns, scores[0], given)
        if len(scores) == 1 and scores[0].predicates is None
        else _print_chain(columns, scores, given, known)
    )
    root = _copy_element(root)  # an element that stands in two places has one indent
    indent(root, " ")
    text = tostring(root, encoding="unicode")
    # Two hyphens would end a comment.
    header = request.header.replace("--", "-\\u002d")

    return {FILE: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n<!-- {header} -->\n'}


def _copy_element(element: Element) -> Element:
    copied = Element(element.tag, element.attrib)
    copied.text = element.text
    copied.extend([_copy_element(child) for child in element])
    return copied


def _make_header(request: ScorerRequest) -> Element:
    about = [
        file_header.describe_size(request),
        *map(flatten_text, file_header.list_facts(request)),
        file_header.describe_outside(request, "no results", "a missing value"),
    ]
    header = Element("Header", description="\n".join(about))
    SubElement(header, "Application", name="relurules")
    return header


def _print_chain(
    columns: Sequence[str],
    scores: Sequence[PlannedScore],
    given: Sequence[GivenField],
    known: str,
) -> Element:
    """A model for every score, the last of which gives all results; none of them is run where
    there are no results, since a model that is run needs what it reads.
    """
    chain = Element("MiningModel", functionName="regression")
    chain.append(make_mining_schema(columns))
    segments = SubElement(chain, "Segmentation", multipleModelMethod="modelChain")
    for k, score in enumerate(scores):
        segment = SubElement(segments, "Segment", id=f"score {k + 1}")
        SubElement(segment, "SimplePredicate", field=known, operator="equal", value="true")
        last = k == len(scores) - 1
        earlier = [each.name for each in scores[:k]] if last else []
        segment.append(_print_score(columns, score, given if last else (), earlier))
    return chain


def _print_score(
    columns: Sequence[str],
    score: PlannedScore,
    given: Sequence[GivenField],
    earlier: Sequence[str] = (),
) -> Element:
    output = _print_output(score.name, given)
    if score.predicates is None:
        return _print_regression(columns, score.tables[0], output, earlier)

    model = Element("MiningModel", functionName="regression")
    model.append(make_mining_schema(columns, earlier))
    model.append(output)
    model.append(
        print_segments(
            score.tables, score.predicates, lambda table: _print_regression(columns, table)
        )
    )
    return model


def _print_regression(
    columns: Sequence[str],
    table: ScoreTable,
    output: Element | None = None,
    earlier: Sequence[str] = (),
) -> Element:
    model = Element("RegressionModel", functionName="regression", normalizationMethod="none")
    model.append(make_mining_schema(columns, earlier))
    if output is not None:
        model.append(output)
    model.append(print_table(table))
    return model


def _print_output(score: str, given: Sequence[GivenField]) -> Element:
    element = Element("Output")
    SubElement(
        element, "OutputField", name=score, feature="predictedValue", optype="continuous",
        dataType="double", isFinalResult="false",
    )  # fmt: skip
    for field in given:
        way = "continuous" if field.kind == "double" else "categorical"
        shown = SubElement(
            element, "OutputField", name=field.name, feature="transformedValue", optype=way,
            dataType=field.kind,
        )  # fmt: skip
        shown.append(field.value)
    return element
