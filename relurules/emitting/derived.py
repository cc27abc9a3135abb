"""Derived columns as expressions of every language, from the formulas of
`relurules.domain.derivation.FUNCTIONS`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.domain.derivation import FUNCTIONS, NO_BIN, Derivation
from relurules.domain.formulas import CALLS
from relurules.emitting.plan import print_signed

_NUMBER = re.compile(r"(?<![\w.{])\d+(?:\.\d+)?(?:e\+?\d+)?")


def _print_literal(value: float) -> str:
    return print_signed(repr, value)


@dataclass(frozen=True, kw_only=True)
class FormulaWords:
    """How a language writes a formula.

    number: a literal that may be negative. calls: log, exp, sqrt, pow. both, equal: of tests.
    choose: a test, what it gives, and what is given else. nothing: where there is no value.
    missing: whether a number is missing. source: what a column of the table is read as, by its
    number.
    """

    calls: Mapping[str, str]
    nothing: str
    missing: Callable[[str], str]
    choose: Callable[[str, str, str], str] = "{} ? {} : {}".format
    number: Callable[[float], str] = _print_literal
    both: str = "&&"
    equal: str = "=="
    source: str = ""


def call_as(pattern: str) -> dict[str, str]:
    """The functions of formulas, as a language calls those of its own; pattern: `Math.{}`."""
    return {name: pattern.format(name) for name in CALLS}


#: Words of the languages with infix operators. A row of numpy is a whole column.
INFIX_WORDS: Mapping[str, FormulaWords] = {
    "python": FormulaWords(
        calls=call_as("math.{}"),
        choose="{1} if {0} else {2}".format,
        nothing="math.nan",
        missing="math.isnan({})".format,
        both="and",
        source="_r{}",
    ),
    "numpy": FormulaWords(
        calls=call_as("np.{}") | {"pow": "np.power"},
        choose="np.where(({}), {}, {})".format,
        nothing="np.nan",
        missing="np.isnan({})".format,
        both=") & (",
        source="r[{}]",
    ),
    "javascript": FormulaWords(
        calls=call_as("Math.{}"),
        nothing="NaN",
        missing="Number.isNaN({})".format,
        equal="===",
        source="r{}",
    ),
    "java": FormulaWords(
        calls=call_as("Math.{}"),
        nothing="Double.NaN",
        missing="Double.isNaN({})".format,
        source="r{}",
    ),
    "csharp": FormulaWords(
        calls={name: f"Math.{name.title()}" for name in CALLS},
        nothing="double.NaN",
        missing="double.IsNaN({})".format,
        source="r{}",
    ),
    "c": FormulaWords(
        calls=call_as("{}"),
        nothing="(double)NAN",
        missing="isnan({})".format,
        source="x[{}]",
    ),
}


def print_derivation(
    derivation: Derivation,
    numbers: Sequence[str],
    words: FormulaWords,
    first: Sequence[tuple[str, str]] = (),
) -> str:
    """The value of a derived column; numbers: each argument's column, as it is read; first: cases
    that come before all others.
    """
    given = []
    for argument, x in zip(derivation.arguments, numbers, strict=True):
        text = x
        if argument.fill is not None:
            text = f"({words.choose(words.missing(x), words.number(argument.fill), x)})"
        if (argument.scale, argument.shift) != (1.0, 0.0):
            text = f"({words.number(argument.scale)} * {text} + {words.number(argument.shift)})"
        given.append(text)

    cases = [*first, *list_cases(derivation)]
    fields = dict(zip("xy", given, strict=False))
    fields |= {name: words.number(value) for name, value in name_constants(derivation).items()}
    fields |= {**words.calls, "and": words.both, "eq": words.equal}
    text = words.nothing
    for test, value in reversed(cases):
        holds, there = (_write(part, fields, words) for part in (test, value))
        text = words.choose(holds, there, text)

    return f"({text})"


def list_cases(derivation: Derivation) -> list[tuple[str, str]]:
    """Tests and what the column is where each is the first that holds; else it has no value."""
    if derivation.function == "bins":
        return _list_bins(derivation)
    return list(FUNCTIONS[derivation.function].cases)


def name_constants(derivation: Derivation) -> dict[str, float]:
    """What formulas call a and b; those of bins hold their edges."""
    own = () if derivation.function == "bins" else derivation.constants
    return dict(zip("ab", own, strict=False))


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
