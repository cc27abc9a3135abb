"""Checks a certificate: that rules are a model, up to a bound, for every point of a domain.

    python check.py certificate.json rules.json model.json [score.py score.c score.sql ...]
    python check.py answer.json rules.json
    python check.py difference.json rules.json other_rules.json

The second checks an answer about rules alone: between which numbers a score lies, or what it
changes by where a column rises. The third checks how far scores of two files of rules are apart.
Of artefacts it reads the text, and checks how far what it computes in binary64 is from the rules.
Needs Python alone, and believes neither the program that made the certificate nor any floating
point: the model's and the rules' numbers are taken as the exact rationals that they are, and all
that follows is arithmetic of integers.

A form is a list of integers [coefficients of the n coordinates u, constant, radius], in units of
2**-BITS: the true function is within the radius of the affine one, and every rounding goes into the
radius. A column x = middle + half u has -1 <= u <= 1; of a one-hot group exactly one member is 1. A
cell is the domain cut by rows >= 0. For multipliers y >= 0, form <= form + y rows on the cell, and
what that can be at most over the box is read off its coefficients: so any multipliers whatever give
a bound, good ones a good bound. All that a certificate does is to propose them.

For each rule it holds a tree that starts with the domain cut by the rule's printed conditions:
    [takes, "split", k, negative, positive]   cuts by the sign of neuron k
    [takes, "category", j, is, isn't]         cuts by member j of a one-hot group
    [takes, "empty", [row, y, ...]]           nothing is left: the rows' sum is negative everywhere
    [takes, "leaf", [row, y, ...], ...]       all neurons are affine: what scores may be off
takes: neurons, k + 1 or -(k + 1), whose z is (almost) nowhere negative, or positive, as [number,
row, y, ...] shows, or the number alone. Where z passes 0 by e, the PReLU is off by no more than
|1 - slope| e, and that is counted. Of a ReLU, "chord" takes a share of its z for it, and "change" a
share of what its z is more than that of another one for what it is more than that one; how far
that may be off is counted too. That the rules cover the domain is seen by their tree: each way down
to a rule passes all its conditions; a way that does not has a tree of its own, among `paths`.

Before that, names, order and kind of columns, outputs and classes, links and thresholds of the
rules must be the model's own, and the points of rules must lie in the domain and inside their
rules, exactly: nothing is proven of a domain without a point. Where the model has no names of its
own, the verdict says that positions alone were compared.

An artefact's text must be, token for token, a program around formulas. Every operation of these is
followed: what it gives exactly, which must come to the rules, and how far rounding may be off from
that, as half a unit in the last place of the largest number that it gives on the domain.
"""

from relurules.checker.additive_proof import (
    check_additive,
    compare_lines,
    make_group_context,
    make_group_rules,
)
from relurules.checker.answer_rules import QUESTIONS
from relurules.checker.answered_classes import (
    ClassLead,
    find_class_lead,
    read_class_decision,
)
from relurules.checker.answered_score import (
    AffineScore,
    AnsweredLine,
    AnsweredScore,
    evaluate_score,
    find_outside_reason,
    print_plain_name,
    print_weighted_names,
)
from relurules.checker.answers import (
    ANSWER_FORMAT,
    ANSWER_VERSION,
    AnswerVerdict,
    check_answer,
    describe_answer,
    hash_subjects,
    list_range_targets,
    make_part,
    make_rules_context,
    read_ends,
    walk_part,
    walk_rules,
)
from relurules.checker.artefact_check import (
    ArtefactText,
    bound_execution,
    read_execution,
    write_bound,
)
from relurules.checker.artefact_rules import ExecutedReading
from relurules.checker.certificate_check import (
    FORMAT,
    VERSION,
    check,
    describe_verdict,
    list_additive_claim,
)
from relurules.checker.decisions import approximate_logarithm, read_decision
from relurules.checker.expressions import Expression
from relurules.checker.forms import ONE, DomainSpace, UnitForm
from relurules.checker.groups import find_indicator_groups
from relurules.checker.json_values import (
    MOST_MULTIPLIER,
    PARTS_ASIDE,
    RefusedError,
    hash_json,
    hash_rules_and_model,
    parse_json,
    read_object,
    refuse_duplicate_keys,
)
from relurules.checker.model_units import Unit, build_units
from relurules.checker.names import (
    MODEL_FORMAT,
    MODEL_VERSION,
    STORED,
    TRACED,
    bind_names,
    find_places,
)
from relurules.checker.neuron_kinds import LineProof, read_ranges
from relurules.checker.partition_proof import ExecutedClaim, Verdict, check_trees
from relurules.checker.rule_trees import find_unshown_rules, list_tree_paths, read_conditions
from relurules.checker.targets import list_proof_targets
from relurules.checker.trees import ProofContext, ProofTarget, Sides
from relurules.checker.wide_domain import CONSTANT

__all__ = [
    "ANSWER_FORMAT",
    "ANSWER_VERSION",
    "CONSTANT",
    "FORMAT",
    "MODEL_FORMAT",
    "MODEL_VERSION",
    "MOST_MULTIPLIER",
    "ONE",
    "PARTS_ASIDE",
    "QUESTIONS",
    "STORED",
    "TRACED",
    "VERSION",
    "AffineScore",
    "AnswerVerdict",
    "AnsweredLine",
    "AnsweredScore",
    "ArtefactText",
    "ClassLead",
    "DomainSpace",
    "ExecutedClaim",
    "ExecutedReading",
    "Expression",
    "LineProof",
    "ProofContext",
    "ProofTarget",
    "RefusedError",
    "Sides",
    "Unit",
    "UnitForm",
    "Verdict",
    "approximate_logarithm",
    "bind_names",
    "bound_execution",
    "build_units",
    "check",
    "check_additive",
    "check_answer",
    "check_trees",
    "compare_lines",
    "describe_answer",
    "describe_verdict",
    "evaluate_score",
    "find_class_lead",
    "find_indicator_groups",
    "find_outside_reason",
    "find_places",
    "find_unshown_rules",
    "hash_json",
    "hash_rules_and_model",
    "hash_subjects",
    "list_additive_claim",
    "list_proof_targets",
    "list_range_targets",
    "list_tree_paths",
    "make_group_context",
    "make_group_rules",
    "make_part",
    "make_rules_context",
    "parse_json",
    "print_plain_name",
    "print_weighted_names",
    "read_class_decision",
    "read_conditions",
    "read_decision",
    "read_ends",
    "read_execution",
    "read_object",
    "read_ranges",
    "refuse_duplicate_keys",
    "walk_part",
    "walk_rules",
    "write_bound",
]
