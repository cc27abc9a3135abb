"""What an answer is about: rules over a part of their domain, taken again where a column rises, or
less other rules.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from relurules.checker.additive_proof import ADDITIVE_FORMAT, ADDITIVE_VERSIONS
from relurules.checker.answered_columns import (
    check_moves_alone,
    check_own_columns,
    check_same_meaning,
    require_columns,
)
from relurules.checker.forms import round_up
from relurules.checker.json_values import (
    DOMAIN_PARTS,
    RULES_LISTS,
    RefusedError,
    check_lists,
    read_number,
    read_numbers,
)
from relurules.checker.names import RULES_VERSIONS

QUESTIONS = ("range", "decision", "monotone", "difference")


class SignedRules(NamedTuple):
    """Rules whose scores are added, or taken off; additive: whether they are lines."""

    rules: Mapping[str, Any]
    sign: int
    additive: bool


class AnswerSubject(NamedTuple):
    """What is bounded: scores of rules that are added up, over one domain, as rules have it."""

    domain: dict[str, Any]
    terms: list[SignedRules]


def read_subject(
    found: Mapping[str, Any], rules: Mapping[str, Any], other: Mapping[str, Any] | None
) -> AnswerSubject:
    """What the certificate of an answer is about. other: the rules that are taken off, of a
    difference.
    """
    question = found["question"]
    if question not in QUESTIONS:
        raise RefusedError(f"no question {question!r} is proven; only {', '.join(QUESTIONS)}")
    if (question == "difference") != (other is not None):
        raise RefusedError("it is about two files of rules" if other is None else
                           "it is about one file of rules")  # fmt: skip

    own = _sign_rules(rules, 1)
    domain = {name: rules[name] for name in DOMAIN_PARTS if name in rules}
    if other is not None:
        taken = _sign_rules(other, -1)
        check_same_meaning(rules, other)
        return AnswerSubject(restrict_domain(_join_domains(rules, other), found["given"]),
                             [own, taken])  # fmt: skip

    part = restrict_domain(domain, found["given"])
    if question == "monotone":
        check_moves_alone(rules, found["column"])
        return _let_rise(part, own, found["column"])
    return AnswerSubject(part, [own])


def _sign_rules(rules: Mapping[str, Any], sign: int) -> SignedRules:
    """Rules that answers can be about; RefusedError for any other."""
    check_lists(rules, RULES_LISTS)
    additive = rules.get("format") == ADDITIVE_FORMAT

    versions = ADDITIVE_VERSIONS if additive else RULES_VERSIONS
    if rules.get("version", None if additive else 1) not in versions:
        raise RefusedError(f"the rules' file is of version {rules.get('version')!r}")
    if rules.get("decision") is not None:
        raise RefusedError("rules that decide have no score to answer about")
    if rules.get("neuron_groups"):
        raise RefusedError("answers about rules with groups of neurons aren't proven")

    check_own_columns(rules, additive)
    return SignedRules(rules, sign, additive)


def restrict_domain(domain: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a domain; given: `bounds` by name, and `constraints`."""
    bounds = given["bounds"]
    if not isinstance(bounds, dict) or not isinstance(given["constraints"], list):
        raise RefusedError("`given` has no object of bounds and list of constraints")

    names = [feature["name"] for feature in domain["features"]]
    if not set(bounds) <= set(names):
        raise RefusedError("it bounds a column that the rules don't have")
    for item in given["constraints"]:
        require_columns(item, set(names))

    features = [
        _narrow_feature(feature, *read_numbers(bounds[name])) if name in bounds else feature
        for name, feature in zip(names, domain["features"], strict=True)
    ]

    constraints = [*domain["constraints"], *given["constraints"]]
    return {**domain, "features": features, "constraints": constraints}


def _narrow_feature(feature: Mapping[str, Any], low: Any, high: Any) -> dict[str, Any]:
    """A column within these ends too; None for one that is open."""
    lows = [end for end in (feature["lower"], low) if end is not None]
    highs = [end for end in (feature["upper"], high) if end is not None]

    return {
        **feature,
        "lower": max(lows, key=read_number, default=None),
        "upper": min(highs, key=read_number, default=None),
    }


def _join_domains(rules: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The domain of rows that are in both, of all columns that either has."""
    theirs = {feature["name"]: feature for feature in other["features"]}
    if len(theirs) < len(other["features"]):
        raise RefusedError("two columns have one name")

    features = []
    for feature in rules["features"]:
        same = theirs.pop(feature["name"], None)
        if same is not None:
            feature = _narrow_feature(feature, same["lower"], same["upper"])  # noqa: PLW2901
        features.append(feature)

    groups = list(rules.get("groups", ()))
    known = [set(group) for group in groups]
    return {
        "features": [*features, *theirs.values()],
        "groups": [*groups, *(own for own in other.get("groups", ()) if set(own) not in known)],
        "constraints": [*rules["constraints"], *other["constraints"]],
    }


def _let_rise(part: Mapping[str, Any], own: SignedRules, column: Any) -> AnswerSubject:
    """What the score changes by where a column rises: the score where a further column, which is
    never negative, is added to it, less the score.
    """
    features, constraints = part["features"], part["constraints"]
    feature = next((item for item in features if item["name"] == column), None)
    tied = {name for group in part.get("groups", ()) for name in group}

    if feature is None or column in tied:
        raise RefusedError(f"{column!r} is no number column of the rules")

    low, high = read_number(feature["lower"]), read_number(feature["upper"])
    step = max((item["name"] for item in features), key=len) + "'"
    rise = {"name": step, "lower": 0, "upper": round_up(high - low), "integer": False}
    end = {"coefficients": {column: 1, step: 1}, "at_most": feature["upper"]}
    moved = [_move(item, column, step) for item in constraints if column in item["coefficients"]]

    domain = {
        "features": [*features, rise],
        "groups": list(part.get("groups", ())),
        "constraints": [*constraints, *moved, end],
    }
    later = own._replace(rules=_move_rules(own, column, step))
    return AnswerSubject(domain, [later, own._replace(sign=-1)])


def _move(item: Mapping[str, Any], column: str, step: str) -> dict[str, Any]:
    """An affine function, of the column and the step together."""
    terms = item["coefficients"]
    return {**item, "coefficients": {**terms, step: terms[column]} if column in terms else terms}


def _move_rules(own: SignedRules, column: str, step: str) -> dict[str, Any]:
    """Rules, of the column and the step together."""
    rules = own.rules

    def move_all(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [_move(item, column, step) for item in items]

    def move_maps(maps: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _move(item, column, step) for name, item in maps.items()}

    if own.additive:
        return {**rules, "base": move_maps(rules["base"]), "lines": move_all(rules["lines"])}

    said = [{**rule, "outputs": move_maps(rule["outputs"])} for rule in rules["rules"]]
    return {**rules, "splits": move_all(rules.get("splits", ())), "rules": said}
