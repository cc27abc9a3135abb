"""Formulas are worked out operator by operator, and hold nothing else."""

import math
from collections.abc import Sequence

import pytest

from relurules.domain.formulas import FormulaAlgebra, evaluate_formula

WORDS: FormulaAlgebra[str] = FormulaAlgebra(repr, lambda name, given: f"({name} {' '.join(given)})")


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("({pow}({x} + 1.0, {a}) - 1.0) / {a}", "(/ (- (pow (+ u 1.0) 2) 1.0) 2)"),
        ("-1.5 <= {x} {and} {x} < {a}", "(and (<= -1.5 u) (< u 2))"),
        ("{x} {eq} {a}", "(== u 2)"),
        ("-{a} > 1e+22", "(> (negative 2) 1e+22)"),
    ],
)
def test_operators_in_their_order(formula: str, said: str) -> None:
    assert evaluate_formula(formula, {"x": "u", "a": "2"}, WORDS) == said


def test_numbers() -> None:
    def apply(name: str, given: Sequence[float]) -> float:
        return math.log(*given) if name == "log" else math.prod(given)

    algebra: FormulaAlgebra[float] = FormulaAlgebra(float, apply)
    assert evaluate_formula("{log}({x}) * 3.0", {"x": math.e}, algebra) == 3.0


@pytest.mark.parametrize(
    "formula", ["{x}.real", "[{x}]", "{x} < {x} < {x}", "'text'", "{x} if 1.0 else 2.0"]
)
def test_nothing_else_is_a_formula(formula: str) -> None:
    with pytest.raises(ValueError, match="no formula has"):
        evaluate_formula(formula, {"x": "u"}, WORDS)
