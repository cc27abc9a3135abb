"""How coefficients are shown: as factors or as divisors, whatever their size."""

import numpy as np
import pytest

from relurules.domain.columns import Category, Column
from relurules.wording.additive_phrases import phrase_members
from relurules.wording.forms import ColumnSpan, Term, round_coefficient
from relurules.wording.phrases import write_ascii


@pytest.mark.parametrize(
    "size", [5e-324, 1e-310, 2e-308, 1e-300, 1e-160, 1e-30, 1e-4, 0.5, 1.0, 1e30, 1e300, 1.7e308]
)
@pytest.mark.parametrize("step", [0.0, 1e-6, 1e300])
@pytest.mark.parametrize("width", [1e-12, 1.0, 1e12])
def test_coefficients_of_any_size(size: float, step: float, width: float) -> None:
    shown = round_coefficient(term(size, width), step)
    assert 0.0 < shown.factor < np.inf
    assert shown.coefficient == pytest.approx(size, rel=1e-3) or size < 1e-307


@pytest.mark.parametrize(
    ("count", "said"), [(1, "'a'"), (2, "'a' or 'b'"), (4, "'a', 'b', 'c' or missing")]
)
def test_categories_of_the_same_points(count: int, said: str) -> None:
    categories = (*(Category(values=(text,)) for text in "abc"), Category(missing=True))
    column = Column(name="g", categories=categories)
    span = ColumnSpan(column=column, first=0, admitted=(0, 1, 2, 3))
    assert write_ascii(phrase_members(span, range(count))) == said


def term(coefficient: float, width: float) -> Term:
    fields = dict.fromkeys(Term._fields)
    return Term(**{**fields, "coefficient": coefficient, "width": width, "room": np.inf})  # type: ignore[arg-type]
