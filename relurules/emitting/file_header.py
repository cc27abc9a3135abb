"""What the head of emitted code says: which model, made how, how close, and what a column holds."""

from math import isfinite
from typing import NamedTuple

from relurules.domain import Domain
from relurules.domain.columns import Column, list_table_columns
from relurules.emitting import plan
from relurules.emitting.point_plan import describe_points, get_card
from relurules.emitting.request import LineRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet, Scorer
from relurules.tables.names import quote_name
from relurules.wording.classes import describe_labels, format_class
from relurules.wording.coverage import describe_missing
from relurules.wording.derived import describe_derived
from relurules.wording.edits import describe_edited
from relurules.wording.file_reading import describe_reading
from relurules.wording.sources import name_source


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
        what = "lines fitted to a table" if made.fitted else "network"
        lines.append(
            f"model: {made.model or 'unnamed'}, {what} SHA-256: {made.digest or 'unknown'}"
        )

    if made.version:
        settings = ", ".join(f"{name}={value!r}" for name, value in made.settings.items())
        lines.append(f"made by relurules {made.version}, settings: {settings or 'the defaults'}")

    lines.append(_describe_bound(request))
    lines += describe_rounding(request)
    if isinstance(request, LineRequest) and (card := get_card(request)) is not None:
        lines += describe_points(card)
    lines += describe_renamed(request)
    lines += describe_derived(rules)
    lines += describe_reading(rules)
    lines += describe_sentinels(rules)
    if isinstance(rules, RuleSet) and not rules.complete and request.outside != "exact":
        lines.append(f"INCOMPLETE: {describe_missing(rules)}")
    if isinstance(rules, RuleSet) and rules.decision is not None:
        lines.append(f"decides: {_list_classes(rules)}")
    return [*lines, *describe_labels(rules)]


def describe_rounding(request: ScorerRequest) -> list[str]:
    """What is certified of rounding, where anything is."""
    if request.rounding is None:
        return []
    held = "float32" if request.rounding.number == "float" else "float64"
    return [
        f"rounding: executed in {held}, every score is within {request.rounding.text} of these "
        "rules in exact arithmetic, for every row of the domain"
    ]


def describe_renamed(request: ScorerRequest) -> list[str]:
    """What renamed outputs are to the model."""
    return [
        f"output {quote_name(name)}: the model's {quote_name(own)}" for own, name in request.rename
    ]


def describe_sentinels(rules: Scorer) -> list[str]:
    """What somebody who runs the code must know of numbers that stand for missing values."""
    return [
        f"{name}: {' or '.join(values)} stands for a missing value; make it NULL (NaN) first"
        for name, values in list_sentinels(rules).items()
    ]


def list_sentinels(rules: Scorer) -> dict[str, tuple[str, ...]]:
    """Columns of numbers -> the numbers that stand for a missing value in files, as their schema
    says; code and SQL take them for what they are.
    """
    types = {} if rules.schema is None else rules.schema.columns
    found: dict[str, tuple[str, ...]] = {}
    for name, column in list_table_columns(rules.domain.columns).items():
        own = types[name].na if name in types and (column.source or not column.categories) else ()
        numbers = tuple(text for text in own or () if _is_number(text))
        found |= {name: numbers} if numbers else {}

    return found


def check_sentinels(rules: Scorer, outside: str) -> None:
    """UnsupportedError where a number that stands for a missing value would count as another one,
    since rows outside the domain have scores.
    """
    domain = rules.domain
    at = dict(zip((column.name for column in domain.columns), domain.places, strict=True))
    for name, values in list_sentinels(rules).items():
        place = at[name].start if name in at else None
        low, high = (0.0, 0.0) if place is None else (domain.lower[place], domain.upper[place])
        within = [text for text in values if low <= float(text) <= high]
        if within or (outside != "null" and name in at):
            where = "in the range of the others" if within else f"with outside={outside!r}"
            raise UnsupportedError(
                f"column {name!r}: {(within or values)[0]} stands for a missing value, and {where} "
                "it would count as a number; supported: outside='null' where it is out of range, "
                "or rules of a table that holds no value (NULL) there"
            )


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _describe_bound(request: ScorerRequest) -> str:
    rules, source = request.rules, name_source(request.rules)
    if request.outside == "exact":
        return f"scores are those of {source.whole}, rounding of floats aside"
    if (edited := describe_edited(rules)) is not None:
        return edited
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
        f"certified: {said} further from {source.whose} than {rules.score_error!r}, rounding of "
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
    places = dict(zip(domain.columns, domain.places, strict=True))
    for name, column in list_table_columns(domain.columns).items():
        if column.source:
            found.append(InputColumn(name, "a number, or missing", ["missing counts as itself"]))
            continue
        at = places[column]
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
