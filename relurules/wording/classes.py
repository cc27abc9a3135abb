"""The classes of rules in words: what they are called, which of them scores speak of, and why."""

import math

from relurules.ir import AdditiveRules, RuleSet
from relurules.wording.numbers import format_number

#: So many labels are listed.
_LISTED = 12


def format_class(rules: RuleSet | AdditiveRules, number: float) -> str:
    """The label of a class; its number where the label isn't known."""
    if rules.labels is None or math.isnan(number):
        return format_number(number)
    return rules.labels.names[int(number)]


def describe_labels(rules: RuleSet | AdditiveRules) -> list[str]:
    """Sentences for the head of an artefact; none where no labels are known."""
    labels = rules.labels
    if labels is None:
        return []

    listed = ", ".join(map(repr, labels.values[:_LISTED]))
    said = [f"classes: {listed}{', ...' if len(labels) > _LISTED else ''}, the model's own labels"]
    if rules.decision is None:
        said.append(f"scores speak of the class {labels.positive_label!r}: {labels.origin}")
    decided = rules.decided_labels
    if decided is not None and decided.threshold is not None:
        said.append(
            f"the class is {labels.values[1]!r} where its probability is "
            f"{describe_threshold(decided.threshold)}, the model's own threshold"
        )
    return said


def describe_threshold(threshold: float) -> str:
    """Which probabilities tell the second class: those above the threshold; those that reach the
    next number, where that is the shorter one, as models have it that tell the class from there on.
    """
    reached = math.nextafter(threshold, math.inf)
    if len(repr(reached)) < len(repr(threshold)):
        return f"{reached!r} or more"
    return f"above {threshold!r}"
