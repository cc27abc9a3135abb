"""What may be asked of code other than SQL, and what it can't have."""

from collections.abc import Mapping
from typing import Any

from relurules.emitting.c_numbers import REALS
from relurules.emitting.request import Request
from relurules.errors import UnsupportedError
from relurules.ir import RuleSet

OUTSIDE = ("null", "clamp", "exact")
COLUMNS = ("outputs", "rule")
#: Fields of `Request` that code takes; the others are for SQL.
OPTIONS = ("columns", "outside", "number")


def checked(request: Request, target: str, options: Mapping[str, Any]) -> Request:
    """The request with these options; UnsupportedError names what exists where it asks for something else."""
    request = request._replace(**{name: options[name] for name in OPTIONS if name in options})
    if request.outside not in OUTSIDE:
        raise UnsupportedError(f"target {target!r} has no outside {request.outside!r}; supported: {', '.join(OUTSIDE)}")
    if unknown := [name for name in request.columns if name not in COLUMNS]:
        raise UnsupportedError(f"no column {unknown[0]!r} in {target!r}; supported: {', '.join(COLUMNS)}")
    if "outputs" not in request.columns:
        raise UnsupportedError(f"target {target!r} always returns the outputs; add 'outputs' to columns")
    if (missing := options.get("missing", "propagate")) != "propagate":
        raise UnsupportedError(f"target {target!r} has no missing {missing!r}; supported: propagate")
    if request.number not in REALS or (request.number != "double" and target != "c"):
        supported = ", ".join(REALS) if target == "c" else "double"
        raise UnsupportedError(f"target {target!r} has no number {request.number!r}; supported: {supported}")
    if request.outside == "exact":
        _check_exact(request)
    return request


def _check_exact(request: Request) -> None:
    """Whether the collapsed network is the model outside the domain too."""
    rules = request.rules
    if request.form != "network":
        raise UnsupportedError(
            f"outside='exact' is of form 'network'; form {request.form!r} knows nothing of other rows"
        )
    if rules.domain.groups:
        raise UnsupportedError(
            "outside='exact' needs columns of numbers: a row without any known category has no outputs"
        )
    removed = rules.reduction.removed
    if local := [name for name in _LOCAL if removed.get(name)] or _changed(rules):
        raise UnsupportedError(
            f"outside='exact': the network was collapsed on the domain (neurons removed as {', '.join(local)}), and is "
            "another one outside; extract with domain=Domain.unbounded(names), or use 'null' or 'clamp'"
        )


#: Passes of the collapse that look at the domain.
_LOCAL = ("stable", "settled")


def _changed(rules: RuleSet) -> list[str]:
    """The pass that changes the function, if it did or may have."""
    linear = bool(rules.reduction.removed.get("linear"))
    return ["linear"] if linear and (rules.simplified or rules.score_error > 0) else []


def ruled(request: Request) -> bool:
    """Whether a rule has to be found: it is wanted, or rules don't cover the domain."""
    return "rule" in request.columns or request.form != "network" or not covered(request)


def covered(request: Request) -> bool:
    """Whether every row in the domain has outputs."""
    return request.rules.complete or request.outside == "exact"
