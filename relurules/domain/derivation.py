"""Derived columns: what a column of the rules is made of columns of the user's table.

A row for which the function isn't defined (the logarithm of 0, a missing value) has no value there:
it lies outside every domain, as a row does in which a number is missing.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.formulas import FormulaAlgebra, evaluate_formula

Array = NDArray[np.float64]

#: Beyond it exp overflows; beyond the other, products of two numbers may.
_EXP_TOP, _PRODUCT_TOP = 709.0, 1e150

#: What infinities have in place of the number of a bin.
NO_BIN = -1.0


class DerivedFunction(NamedTuple):
    """A function, as formulas that every language prints.

    Each case is a test and what the function gives there; where none holds, there is no value. {x}
    and {y} are the numbers that it takes, {a} and {b} its constants; {log}, {exp}, {sqrt} and
    {pow} are called; {and} joins tests, {eq} compares. name: how a column is called, of the
    texts of its numbers.
    """

    cases: tuple[tuple[str, str], ...]
    name: str
    numbers: int = 1
    constants: int = 0


#: Function -> its definition; a new one is a row here.
FUNCTIONS: Mapping[str, DerivedFunction] = {
    "log": DerivedFunction((("{x} > 0.0", "{log}({x})"),), "log({x})"),
    "exp": DerivedFunction(((f"{{x}} <= {_EXP_TOP}", "{exp}({x})"),), "exp({x})"),
    "sqrt": DerivedFunction((("{x} >= 0.0", "{sqrt}({x})"),), "sqrt({x})"),
    "square": DerivedFunction(
        ((f"-{_PRODUCT_TOP} <= {{x}} {{and}} {{x}} <= {_PRODUCT_TOP}", "{x} * {x}"),), "({x})^2"
    ),
    "reciprocal": DerivedFunction(
        (("{x} < 0.0", "1.0 / {x}"), ("{x} > 0.0", "1.0 / {x}")), "1 / ({x})"
    ),
    "power": DerivedFunction(
        (("1.0 <= {x} * {b} {and} {x} <= {b}", "{pow}({x}, {a})"),), "({x})^{a}", 1, 2
    ),
    "yeo_johnson": DerivedFunction(
        (
            ("{x} >= 0.0 {and} {x} <= {b}", "({pow}({x} + 1.0, {a}) - 1.0) / {a}"),
            ("-{b} <= {x} {and} {x} < 0.0", "(1.0 - {pow}(1.0 - {x}, 2.0 - {a})) / (2.0 - {a})"),
        ),
        "yeo_johnson({x}, {a})",
        1,
        2,
    ),
    "replace": DerivedFunction(
        (("{x} {eq} {a}", "{b}"), ("{x} < {a}", "{x}"), ("{x} > {a}", "{x}")),
        "{x} with {b} for {a}",
        1,
        2,
    ),
    "product": DerivedFunction(
        (
            (
                f"-{_PRODUCT_TOP} <= {{x}} {{and}} {{x}} <= {_PRODUCT_TOP} {{and}} "
                f"-{_PRODUCT_TOP} <= {{y}} {{and}} {{y}} <= {_PRODUCT_TOP}",
                "{x} * {y}",
            ),
        ),
        "({x}) * ({y})",
        2,
    ),
    # Divided by what is at least {a}, a ratio of such numbers is one.
    "ratio": DerivedFunction(
        tuple(
            (f"-{_PRODUCT_TOP} <= {{x}} {{and}} {{x}} <= {_PRODUCT_TOP} {{and}} {far}", "{x} / {y}")
            for far in ("{y} >= {a}", "{y} <= -{a}")
        ),
        "({x}) / ({y})",
        2,
        1,
    ),
}

#: Functions whose last digits differ from one library to another.
ROUNDED_FUNCTIONS = ("log", "exp", "power", "yeo_johnson")


def _apply_numpy(operator: str, given: Sequence[Any]) -> Any:
    return np.logical_and.reduce(given) if operator == "and" else _NUMPY[operator](*given)


#: How numpy works formulas out.
_NUMPY: Mapping[str, np.ufunc] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "negative": np.negative,
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal,
    "log": np.log, "exp": np.exp, "sqrt": np.sqrt, "pow": np.power,
}  # fmt: skip
_ALGEBRA: FormulaAlgebra[Any] = FormulaAlgebra(float, _apply_numpy)


class Argument(NamedTuple):
    """scale * column + shift, where column is one of the user's table, of numbers; fill: what a
    missing number of it counts as, if it may be missing.
    """

    column: str
    fill: float | None = None
    scale: float = 1.0
    shift: float = 0.0

    @property
    def text(self) -> str:
        """As a name says it."""
        scaled = self.column if self.scale == 1.0 else f"{self.scale:.6g} * {self.column}"
        if not self.shift:
            return scaled

        return f"{scaled} {'-' if self.shift < 0 else '+'} {abs(self.shift):.6g}"


class Derivation(NamedTuple):
    """function: a name of `FUNCTIONS`, or "bins"; arguments: what it takes; constants: its own.

    The bins of one column are counted from 0: a constant pair (edge, 0) begins one at the edge
    itself, (edge, 1) just above it.
    """

    function: str
    arguments: tuple[Argument, ...]
    constants: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """What the column is called."""
        if self.function == "bins":
            return f"{self.arguments[0].column} in bins"
        texts = [argument.text for argument in self.arguments]
        row = FUNCTIONS[self.function]
        parts = dict(zip("xy", texts, strict=False)) | _name_constants(self.constants)
        name = row.name.format(**parts)
        for text in texts:  # one word needs no brackets, unless it is called
            if text.replace("_", "a").isalnum():
                plain = f"({text})"
                name = (
                    name
                    if name.startswith((f"log{plain}", f"exp{plain}", f"sqrt{plain}"))
                    else (name.replace(plain, text))
                )

        return name

    @property
    def edges(self) -> list[tuple[float, float]]:
        """Of bins."""
        return list(zip(self.constants[::2], self.constants[1::2], strict=True))

    def evaluate(self, numbers: Sequence[Array]) -> Array:
        """(N,) its value, NaN where there is none; numbers: (N,) of every argument's column."""
        given = [
            _read_argument(argument, x) for argument, x in zip(self.arguments, numbers, strict=True)
        ]
        with np.errstate(all="ignore"):
            if self.function == "bins":
                return _number_bins(given[0], self.edges)
            found = np.full(len(given[0]), np.nan)
            names: dict[str, Any] = dict(zip("xy", given, strict=False))
            names |= dict(zip("ab", self.constants, strict=False))
            # The first case that holds counts.
            for test, value in reversed(FUNCTIONS[self.function].cases):
                holds, there = (evaluate_formula(part, names, _ALGEBRA) for part in (test, value))
                found = np.where(holds, there, found)

        return np.asarray(np.where(np.isfinite(found), found, np.nan))


def _read_argument(argument: Argument, x: Array) -> Array:
    filled = x if argument.fill is None else np.where(np.isnan(x), argument.fill, x)
    return (
        filled
        if (argument.scale, argument.shift) == (1.0, 0.0)
        else (argument.scale * filled + argument.shift)
    )


def _number_bins(x: Array, edges: Sequence[tuple[float, float]]) -> Array:
    number = np.zeros(len(x))
    for edge, above in edges:
        number += x > edge if above else x >= edge
    # Infinities are in no bin: NaN would make them missing values, which an imputer may fill.
    return np.where(np.isnan(x), np.nan, np.where(np.isinf(x), NO_BIN, number))


def name_bins(edges: Sequence[tuple[float, float]]) -> list[str]:
    """`below 30`, `30 to below 40`, `40 or above`; of edges that are just above a number, `at most
    30`, `above 30`.
    """
    texts = [repr(int(edge)) if edge == int(edge) else repr(edge) for edge, _ in edges]
    first = f"at most {texts[0]}" if edges[0][1] else f"below {texts[0]}"
    found = [first]
    for i, (edge, above) in enumerate(edges):
        start = f"above {texts[i]}" if above else f"{texts[i]}"
        if i + 1 == len(edges):
            found.append(start if above else f"{start} or above")
        elif edges[i + 1] == (edge, 1):
            found.append(texts[i])
        else:
            found.append(f"{start} to {'' if edges[i + 1][1] else 'below '}{texts[i + 1]}")

    return found


def _name_constants(constants: Sequence[float]) -> dict[str, str]:
    return {name: f"{value:.6g}" for name, value in zip("ab", constants, strict=False)}


def check_derivation(derivation: Derivation) -> None:
    """ValueError for a function that isn't known, or that takes other things."""
    function, constants = derivation.function, derivation.constants
    if not all(np.isfinite([*constants, *(v for a in derivation.arguments for v in a[2:])])):
        raise ValueError(f"derived column {function!r} has numbers that aren't finite")
    if function == "bins":
        edges = derivation.edges
        rising = all(one < two for one, two in pairwise(edges))
        if not (edges and rising and len(derivation.arguments) == 1) or {b for _, b in edges} - {
            0,
            1,
        }:
            raise ValueError("bins need one column, and edges that rise")
        return
    if function not in FUNCTIONS:
        raise ValueError(f"derived column of {function!r}; known: bins, {', '.join(FUNCTIONS)}")
    row = FUNCTIONS[function]
    if (len(derivation.arguments), len(constants)) != (row.numbers, row.constants):
        raise ValueError(f"{function!r} takes {row.numbers} columns and {row.constants} constants")
