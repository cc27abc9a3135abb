"""Whether a text computes rules, and nothing else: read operation by operation, in its own order,
and compared in exact arithmetic.
"""

from dataclasses import replace

from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.rounding.analysis import ErrorAnalysis
from relurules.rounding.bound import (
    FORMATS,
    find_only_scores,
    list_due_forms,
    read_program,
    require_readable,
)
from relurules.rounding.expression import Branch, Leaf, Program, UnreadableError
from relurules.rounding.gates import find_gate_difference, split_gate
from relurules.rounding.read_sql import require_all_rows
from relurules.rounding.row_inputs import make_row_inputs
from relurules.rounding.rule_paths import RuleEnds
from relurules.rounding.statements import list_leaves


def find_difference(artifact: Artifact, rules: RuleSet | AdditiveRules) -> str | None:
    """What a text does otherwise than the rules, None for nothing: the scores at its ends as exact
    functions, the tests that lead there, the rules' numbers, which rows have scores at all,
    whatever is missing.

    What stands around that isn't read: how a row comes in and goes out, links, explanations, and
    the numbers of rules in form `network`. UnreadableError where the text holds what isn't read.
    """
    require_readable(artifact, rules)
    artifact = replace(artifact, domain=rules.domain)
    if artifact.target == "sql":
        require_all_rows(str(artifact))

    inputs = make_row_inputs(artifact, rules)
    analysis = ErrorAnalysis(inputs, FORMATS[artifact.number])
    program = read_program(artifact, rules.score_count)
    is_chosen = isinstance(rules, RuleSet) and artifact.form != "network" and len(rules) > 1
    gate, inner = split_gate(program, not is_chosen)
    flaw = find_gate_difference(gate, artifact, rules, inputs, analysis)
    if flaw is not None:
        return flaw
    if isinstance(rules, RuleSet) and artifact.form != "network":
        ends = RuleEnds(rules, inputs, analysis)
        if artifact.form == "tree":
            return ends.find_tree_difference(inner)

        return _compare_ends(inner, rules, ends)

    if isinstance(rules, AdditiveRules) and not isinstance(inner, Leaf):
        return "lines have several ends"
    for i, (score, form) in enumerate(
        zip(
            find_only_scores(inner, rules.score_count),
            list_due_forms(artifact, rules, inputs),
            strict=True,
        )
    ):
        if analysis.analyse(score).form.key != form.key:
            if artifact.number == "float" and artifact.form == "network":
                raise UnreadableError("products of slopes and weights are rounded to float32")
            return f"score {i} of the text isn't that of the rules"

    return None


def _compare_ends(program: Program, rules: RuleSet, ends: RuleEnds) -> str | None:
    """Of rules of which one applies: every way to an end must pass all conditions of the end's
    rule; and where some way leads to no scores, rules are asked one after the other, each for its
    conditions and nothing else.
    """
    for end in ends.find(program, len(rules.scores)):
        if not end.stated:
            raise UnreadableError(f"a way to rule {end.rule + 1} is shorter than its conditions")
        if end.told is not None and end.told != end.rule + 1:
            return f"rule {end.told} of the text isn't that of the rules"

    if all(leaf.scores is not None for leaf in list_leaves(program)):
        return None
    while isinstance(program, Branch):
        if not ends.is_just_rule(program):
            return "rows of a rule have no scores"
        program = program.otherwise

    return None
