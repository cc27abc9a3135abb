"""What a target is asked to print."""

from typing import NamedTuple

from relurules.ir import RuleSet

#: What may become of rows outside the domain, in every language.
OUTSIDE = ("null", "clamp", "exact")


class EmitRequest(NamedTuple):
    """rules in a form (rules, tree, network); header: a line for the artefact's first comment.

    columns: what is returned; outside: what becomes of rows outside the domain, "" for what suits the form; number:
    double or float, of C. The rest is for SQL. table: what is scored; key: columns kept; shape, name: what is made of
    the SELECT, and its name; missing: what becomes of missing values; top: how many reasons; output: of an expression.
    """

    rules: RuleSet
    form: str
    header: str
    dialect: str = ""
    table: str = "input_data"
    key: tuple[str, ...] = ()
    shape: str = "select"
    name: str = ""
    columns: tuple[str, ...] = ("outputs", "rule")
    outside: str = ""
    missing: str = "propagate"
    top: int = 3
    output: str = ""
    number: str = "double"
