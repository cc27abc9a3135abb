"""What is said of rules that may jump where one ends and another begins."""

from relurules.ir import RuleSet
from relurules.ir.answers import format_bound


def describe_jumps_within(rules: RuleSet) -> str:
    """Of an answer that holds within each rule."""
    if rules.is_own_model:
        return (
            "These rules are a tree of linear models: this holds within a rule. Where one ends and "
            "another begins they may jump by any amount."
        )

    return (
        "These rules are simplified: this holds within a rule. Where one ends and another begins "
        f"they may jump, by no more than {format_bound(2 * rules.score_error, up=True)}."
    )


def describe_jumps_compared(rules: RuleSet) -> str:
    """Of an answer for which pairs of rows were compared."""
    if rules.is_own_model:
        return (
            "These rules are a tree of linear models and may jump where one ends and another "
            "begins; so pairs of rows were compared, rule by rule."
        )

    return (
        "These rules are simplified and may jump where one ends and another begins, by no more "
        f"than twice their largest error, {format_bound(2 * rules.score_error, up=True)}; "
        "so pairs of rows were compared, rule by rule."
    )
