"""How coefficients are shown: as factors or as divisors, whatever their size."""

import numpy as np
import pytest

from relurules.wording.forms import Term, round_coefficient


@pytest.mark.parametrize(
    "size", [5e-324, 1e-310, 2e-308, 1e-300, 1e-160, 1e-30, 1e-4, 0.5, 1.0, 1e30, 1e300, 1.7e308]
)
@pytest.mark.parametrize("step", [0.0, 1e-6, 1e300])
@pytest.mark.parametrize("width", [1e-12, 1.0, 1e12])
def test_coefficients_of_any_size(size: float, step: float, width: float) -> None:
    shown = round_coefficient(term(size, width), step)
    assert 0.0 < shown.factor < np.inf
    assert shown.coefficient == pytest.approx(size, rel=1e-3) or size < 1e-307


def term(coefficient: float, width: float) -> Term:
    fields = dict.fromkeys(Term._fields)
    return Term(**{**fields, "coefficient": coefficient, "width": width, "room": np.inf})  # type: ignore[arg-type]
