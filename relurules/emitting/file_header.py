"""What the head of emitted code says: which model, made how, how close, and what a column holds."""

from typing import NamedTuple

from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.request import ScorerRequest
from relurules.ir import AdditiveRules, RuleSet
from relurules.wording.classes import describe_labels, format_class
from relurules.wording.coverage import describe_missing
from relurules.wording.file_reading import describe_reading


class InputColumn(NamedTuple):
    """A column as a reader needs it: name, what it holds, and a line for each of its codes or for a
    missing value.
    """

    name: str
    holds: str
    codes: list[str]


def describe_size(request: ScorerRequest) -> str:
    """The size of the rule set and its form."""
    rules = request.rules
    if isinstance(rules, AdditiveRules):
        return f"lines: {len(rules)}, groups: {len(rules.groups)}, form: {request.form}"
    return f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}"


def list_facts(request: ScorerRequest) -> list[str]:
    """Where the rules come from, with what settings, and what is certified of them; nothing that
    depends on the day.
    """
    rules, made = request.rules, request.rules.provenance
    lines = []
    if made.model or made.digest:
        lines.append(
            f"model: {made.model or 'unnamed'}, network SHA-256: {made.digest or 'unknown'}"
        )

    if made.version:
        settings = ", ".join(f"{name}={value!r}" for name, value in made.settings.items())
        lines.append(f"made by relurules {made.version}, settings: {settings or 'the defaults'}")

    lines.append(_describe_bound(request))
    lines += describe_reading(rules)
    if isinstance(rules, RuleSet) and not rules.complete and request.outside != "exact":
        lines.append(f"INCOMPLETE: {describe_missing(rules)}")
    if isinstance(rules, RuleSet) and rules.decision is not None:
        lines.append(f"decides: {_list_classes(rules)}")
    return [*lines, *describe_labels(rules)]


def _describe_bound(request: ScorerRequest) -> str:
    rules = request.rules
    if request.outside == "exact":
        return "scores are those of the network as traced, rounding of floats aside"
    if rules.decision is not None:
        where = "everywhere in the domain" if rules.complete else "wherever there is a rule"
        return f"certified: decides as the network does {where}, ties and rounding of floats aside"
    if isinstance(rules, RuleSet) and rules.is_own_model:
        return "the rules are the model itself, a tree of linear models; no network stands behind"
    if request.form == "network" and rules.simplified:
        return (
            "the network that rules stand for; certified: no score of theirs is further off "
            f"than {rules.score_error!r}"
        )

    said = "no score in the domain is" if rules.complete else "where there is a rule, no score is"
    return (
        f"certified: {said} further from the network's than {rules.score_error!r}, rounding of "
        "floats aside"
    )


def _list_classes(rules: RuleSet) -> str:
    """Every class with what it is, where that says more."""
    named = () if rules.decision is None else rules.decision.classes
    shown = [format_class(rules, float(i)) for i in range(len(named))]
    return ", ".join(
        label if label == name else f"{label} = {name}"
        for label, name in zip(shown, named, strict=True)
    )


def describe_outside(request: ScorerRequest, nothing: str, missing: str) -> str:
    """What becomes of rows that no rule is for. nothing, missing: what these are called in the
    language.
    """
    missing += " that counts as nothing" if plan.is_missing_handled(request.rules) else ""
    rule = " and rule 0" if "rule" in request.columns else ""
    outside = (
        "outside the domain"
        if request.rules.complete
        else "outside the part of the domain that has rules"
    )

    if request.outside == "exact":
        return (
            f"A row outside the domain has the network's outputs{rule}; {missing} or infinity "
            f"gives {nothing}."
        )

    if request.outside == "clamp":
        clamped = "A number out of its range counts as the nearer bound"
        other = "outside in another way" if request.rules.complete else "where there is no rule"
        return f"{clamped}. A row with {missing}, or {other}, has {nothing}{rule}."

    return f"A row with {missing}, or {outside}, has {nothing}{rule}."


def describe_inputs(domain: Domain) -> list[InputColumn]:
    """Every column of the table, in order."""
    found = []
    for column, at in zip(domain.columns, domain.places, strict=True):
        holds = "a category" if column.categories else _describe_range(domain, at.start)
        found.append(InputColumn(column.name, holds, _describe_codes(column)))
    return found


def _describe_range(domain: Domain, i: int) -> str:
    low, high = float(domain.lower[i]), float(domain.upper[i])
    kind = "a whole number" if domain.integer[i] else "a number"
    sides = ([f"from {low!r}"] if low > -float("inf") else []) + (
        [f"to {high!r}"] if high < float("inf") else []
    )
    return f"{kind} {' '.join(sides) or 'of any size'}"


def _describe_codes(column: Column) -> list[str]:
    if column.fill is not None:
        return [f"missing counts as {column.fill!r}"]
    return [
        f"{i} = {' or '.join(category.members)}" for i, category in enumerate(column.categories)
    ]
