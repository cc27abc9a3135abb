"""The table of targets, and the one function that looks things up in it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from relurules.emitting import code
from relurules.emitting.c import print_c
from relurules.emitting.javascript import print_javascript
from relurules.emitting.numpy_module import print_numpy
from relurules.emitting.python import print_python
from relurules.emitting.request import Request
from relurules.emitting.sql import DIALECTS, best_form, checked, print_sql
from relurules.emitting.text import print_text
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, RuleSet
from relurules.ir.artifact import header

Files = dict[str, str]


class Target(NamedTuple):
    """A language: what prints it, in which forms, in which dialects (the first is the default).

    best: the form where none is asked for.
    """

    print: Callable[[Request], Files]
    forms: tuple[str, ...]
    dialects: tuple[str | None, ...] = (None,)
    best: Callable[[RuleSet], str] = lambda _rules: "rules"


_CODE = ("rules", "tree", "network")
#: What an artefact of SQL says of itself, beside what all say.
_SAID = ("dialect", "table", "key", "shape", "name", "columns", "outside", "missing")

TARGETS: Mapping[str, Target] = {
    "text": Target(print_text, ("rules",)),
    "sql": Target(print_sql, _CODE, tuple(DIALECTS), best_form),
    "python": Target(print_python, _CODE),
    "numpy": Target(print_numpy, ("network", "tree"), best=lambda _rules: "network"),
    "c": Target(print_c, _CODE),
    "javascript": Target(print_javascript, _CODE),
}


def emit_artifact(
    rules: RuleSet, target: str, *, form: str | None = None, dialect: str | None = None, **options: Any
) -> Artifact:
    """Print `rules` for a target of the table; UnsupportedError names what exists where the request doesn't.

    options: the fields of `Request` that are for SQL.
    """
    row = TARGETS[target]
    dialect = dialect or row.dialects[0]
    if form is not None and form not in row.forms:
        raise UnsupportedError(f"target {target!r} has no form {form!r}; supported: {', '.join(row.forms)}")
    if dialect not in row.dialects:
        known = ", ".join(str(d) for d in row.dialects if d) or "none, leave it out"
        raise UnsupportedError(f"target {target!r} has no dialect {dialect!r}; supported: {known}")
    request = Request(rules, form or row.best(rules), "", dialect or "")
    said: dict[str, Any] = {"decision": None if rules.decision is None else rules.decision.wanted}
    if target == "sql":
        request = checked(request._replace(**options))
        said |= {name: getattr(request, name) for name in _SAID}
    elif "network" in row.forms:
        request = code.checked(request, target, options)
        said |= {name: getattr(request, name) for name in code.OPTIONS}
    artifact = Artifact(
        target, request.form, rules.domain, rules.outputs, {}, rules.score_error, rules.complete, **said
    )
    return replace(artifact, files=row.print(request._replace(header=header(artifact))))
