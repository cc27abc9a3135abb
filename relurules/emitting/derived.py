"""Derived columns as expressions of every language, from the formulas of
`relurules.domain.derivation.FUNCTIONS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.domain.columns import Column, list_derived_columns
from relurules.domain.derivation import FUNCTIONS, NO_BIN, Derivation
from relurules.emitting.request import EmitOptions
from relurules.errors import UnsupportedError
from relurules.ir import Scorer

#: Targets that print derived columns.
DERIVED_TARGETS = ("text", "sql", "python", "c", "javascript")
#: Columns on request that speak of values of the table's columns.
_EXPLAINED = ("contributions", "reasons")
_NUMBER = re.compile(r"(?<![\w.{])\d+(?:\.\d+)?(?:e\+?\d+)?")


@dataclass(frozen=True, kw_only=True)
class FormulaWords:
    """How a language writes a formula.

    number: a literal that may be negative. calls: log, exp, sqrt, pow. both, equal: of tests.
    choose: a test, what it gives, and what is given else. nothing: where there is no value.
    missing: whether a number is missing.
    """

    number: Callable[[float], str]
    calls: Mapping[str, str]
    choose: Callable[[str, str, str], str]
    nothing: str
    missing: Callable[[str], str]
    both: str = "&&"
    equal: str = "=="


def print_derivation(derivation: Derivation, numbers: Sequence[str], words: FormulaWords) -> str:
    """The value of a derived column; numbers: each argument's column, as it is read."""
    given = []
    for argument, x in zip(derivation.arguments, numbers, strict=True):
        text = x
        if argument.fill is not None:
            text = f"({words.choose(words.missing(x), words.number(argument.fill), x)})"
        if (argument.scale, argument.shift) != (1.0, 0.0):
            text = f"({words.number(argument.scale)} * {text} + {words.number(argument.shift)})"
        given.append(text)

    cases = (
        list(FUNCTIONS[derivation.function].cases)
        if derivation.function != "bins"
        else (_list_bins(derivation))
    )
    fields = dict(zip("xy", given, strict=False)) | {
        name: words.number(value) for name, value in zip("ab", derivation.constants, strict=False)
    }
    fields |= {**words.calls, "and": words.both, "eq": words.equal}
    text = words.nothing
    for test, value in reversed(cases):
        holds, there = (_write(part, fields, words) for part in (test, value))
        text = words.choose(holds, there, text)

    return f"({text})"


def _list_bins(derivation: Derivation) -> list[tuple[str, str]]:
    """Cases that give the number of the bin, the highest first, after those of infinities."""
    largest = float(np.finfo(np.float64).max)
    edges = derivation.edges
    cases = [(f"{{x}} > {largest!r}", f"{NO_BIN!r}"), (f"{{x}} < -{largest!r}", f"{NO_BIN!r}")]
    for place in range(len(edges), 0, -1):
        edge, above = edges[place - 1]
        cases.append((f"{{x}} {'>' if above else '>='} {edge!r}", f"{float(place)!r}"))
    edge, above = edges[0]

    return [*cases, (f"{{x}} {'<=' if above else '<'} {edge!r}", "0.0")]


def _write(formula: str, fields: Mapping[str, str], words: FormulaWords) -> str:
    """A formula with its numbers as literals of the language."""
    told = _NUMBER.sub(lambda found: words.number(float(found.group())), formula)
    return told.format(**fields)


def find_derivation(columns: Sequence[Column]) -> Column | None:
    """The first column that is derived."""
    return next(iter(list_derived_columns(columns)), None)


def check_derived(rules: Scorer, what: str) -> None:
    """UnsupportedError for rules that read derived columns; what: what doesn't take them."""
    if (column := find_derivation(rules.domain.columns)) is not None:
        raise UnsupportedError(
            f"{what} can't be written for rules with derived columns yet (found {column.name!r}); "
            f"supported: {', '.join(DERIVED_TARGETS)}"
        )


def check_derived_request(rules: Scorer, target: str, options: EmitOptions) -> None:
    """UnsupportedError for what isn't printed of rules that read derived columns."""
    if target not in DERIVED_TARGETS:
        check_derived(rules, f"target {target!r}")
    if options.shape in ("dbt", "function"):
        check_derived(rules, f"shape {options.shape!r}")
    if options.number != "double":
        check_derived(rules, f"number={options.number!r}")
    if options.missing != "propagate":
        check_derived(rules, f"missing={options.missing!r}")
    if told := [name for name in options.columns if name in _EXPLAINED]:
        check_derived(rules, f"the column {told[0]!r}")
