"""The table of targets, and the one function that looks things up in it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from relurules.emitting.c import print_c
from relurules.emitting.python import print_python
from relurules.emitting.request import Request
from relurules.emitting.sql import DIALECTS, print_sql
from relurules.emitting.text import print_text
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, RuleSet
from relurules.ir.artifact import header

Files = dict[str, str]


class Target(NamedTuple):
    """A language: what prints it, in which forms (the first is the default), in which dialects (the same)."""

    print: Callable[[Request], Files]
    forms: tuple[str, ...]
    dialects: tuple[str | None, ...] = (None,)


_CODE = ("rules", "tree", "network")

TARGETS: Mapping[str, Target] = {
    "text": Target(print_text, ("rules",)),
    "sql": Target(print_sql, _CODE, tuple(DIALECTS)),
    "python": Target(print_python, _CODE),
    "c": Target(print_c, _CODE),
}


def emit_artifact(
    rules: RuleSet, target: str, *, dialect: str | None, form: str | None, table: str, key: tuple[str, ...]
) -> Artifact:
    """Print `rules` for a target of the table; UnsupportedError names what exists where the request doesn't."""
    row = TARGETS[target]
    form = form or row.forms[0]
    dialect = dialect or row.dialects[0]
    if form not in row.forms:
        raise UnsupportedError(f"target {target!r} has no form {form!r}; supported: {', '.join(row.forms)}")
    if dialect not in row.dialects:
        known = ", ".join(str(d) for d in row.dialects if d) or "none, leave it out"
        raise UnsupportedError(f"target {target!r} has no dialect {dialect!r}; supported: {known}")
    sql_only: dict[str, Any] = {"dialect": dialect, "table": table, "key": key} if target == "sql" else {}
    decision = None if rules.decision is None else rules.decision.wanted
    artifact = Artifact(
        target, form, rules.domain, rules.outputs, {}, rules.score_error, rules.complete, decision=decision, **sql_only
    )
    files = row.print(Request(rules, form, header(artifact), dialect or "", table, key))
    return replace(artifact, files=files)
