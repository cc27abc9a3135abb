"""What a target is asked to print."""

from typing import NamedTuple

from relurules.ir import RuleSet


class Request(NamedTuple):
    """rules in a form (rules, tree, network); header: a line for the artefact's first comment; the rest is for SQL."""

    rules: RuleSet
    form: str
    header: str
    dialect: str
    table: str
    key: tuple[str, ...]
