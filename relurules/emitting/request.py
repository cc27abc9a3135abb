"""What a target is asked to print."""

from dataclasses import dataclass
from typing import NamedTuple

from relurules.ir import RuleSet

#: What may become of rows outside the domain, in every language.
OUTSIDE = ("null", "clamp", "exact")


@dataclass(frozen=True, kw_only=True)
class EmitOptions:
    """What `api.emit` is asked for, beside the rules and the target; see there."""

    form: str | None = None
    dialect: str | None = None
    title: str | None = None
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

    @property
    def texts(self) -> tuple[str, ...]:
        """What goes into the artefact as it is given."""
        return (self.table, *self.key, self.name, *self.columns, self.output, self.title or "")


class EmitRequest(NamedTuple):
    """rules in a form (rules, tree, network); header: a line for the artefact's first comment.

    columns: what is returned; outside: what becomes of rows outside the domain, "" for what suits
    the form; number: double or float, of C. The rest is for SQL. table: what is scored; key:
    columns kept; shape, name: what is made of the SELECT, and its name; missing: what becomes of
    missing values; top: how many reasons; output: of an expression.
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


#: The fields of a request that SQL takes from the options; other languages take fewer.
SQL_OPTIONS = tuple(
    name for name in EmitRequest._fields if name not in ("rules", "form", "header", "dialect")
)
