"""Affine forms as text, in any language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from relurules.ir.network import Array
from relurules.links.sql import GROUP, join_in_groups
from relurules.wording.sum_names import key_of_sum


@dataclass(frozen=True)
class Notation:
    """How a language writes numbers and columns.

    columns: one name per column; weight: (d,), a column's scale: terms are sorted by |coefficient|
    * weight; alone: a number that stands for a whole sum, where that is written in another way;
    named: by key of a sum, the name that it has where it is compared.
    """

    number: Callable[[float], str]
    columns: Sequence[str]
    weight: Array
    times: str = " * "
    alone: Callable[[float], str] | None = None
    named: Mapping[bytes, str] = field(default_factory=dict)

    def compared(self, normal: Array) -> str:
        """The sum of coefficients times columns, (d,), or its name."""
        return self.named.get(key_of_sum(normal)) or self.affine(normal)

    def affine(self, coefficients: Array, constant: float = 0.0) -> str:
        """Constant + sum of coefficients times columns; zero terms are left out."""
        used = np.flatnonzero(coefficients)
        if self.alone and not len(used):
            return self.alone(float(constant))

        used = used[np.argsort(-np.abs(coefficients[used]) * self.weight[used], kind="stable")]
        terms = [
            (coefficients[j] < 0, self._term(abs(float(coefficients[j])), self.columns[j]))
            for j in used.tolist()
        ]

        if constant or not terms:
            terms.insert(0, (constant < 0, self.number(abs(float(constant)))))

        sums = [_join_signed(terms[i : i + GROUP]) for i in range(0, len(terms), GROUP)]
        return join_in_groups([f"({part})" for part in sums], " + ") if len(sums) > 1 else sums[0]

    def _term(self, size: float, column: str) -> str:
        return column if size == 1.0 else f"{self.number(size)}{self.times}{column}"


def join_terms(
    notation: Notation, terms: Sequence[tuple[float, str]], constant: float = 0.0
) -> str:
    """Constant + sum of coefficients times texts, in this order; zero terms are left out."""
    told = [
        (
            value < 0,
            text if abs(value) == 1.0 else f"{notation.number(abs(value))}{notation.times}{text}",
        )
        for value, text in terms
        if value
    ]
    if notation.alone and not told:
        return notation.alone(constant)
    if constant or not told:
        told.insert(0, (constant < 0, notation.number(abs(constant))))
    sums = [_join_signed(told[i : i + GROUP]) for i in range(0, len(told), GROUP)]
    return join_in_groups([f"({part})" for part in sums], " + ") if len(sums) > 1 else sums[0]


def _join_signed(terms: Sequence[tuple[bool, str]]) -> str:
    (negative, text), *rest = terms
    return (
        ("-" if negative else "")
        + text
        + "".join(f" {'-' if minus else '+'} {term}" for minus, term in rest)
    )
