"""Numbers, missing values and names of scores as people read them."""

import pytest

from relurules.explaining.plain_text import add_article, format_digits, format_value


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.1 + 0.2, "0.3"), (1234567.0, "1.23457e+06"), (-2.0, "-2"), (1e-9, "1e-09"), (0.0, "0")],
)
def test_six_digits(value: float, said: str) -> None:
    assert format_digits(value) == said
    assert float(said) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "said"), [(None, "missing"), ("clerk", "clerk"), ("", ""), (3.0, "3")]
)
def test_values_of_a_table(value: float | str | None, said: str) -> None:
    assert format_value(value) == said


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("log odds of p_yes", "the log odds of p_yes"),
        ("logarithm of rate", "the logarithm of rate"),
        ("score of p_a", "the score of p_a"),
        ("log odds", "log odds"),
        ("y", "y"),
    ],
)
def test_a_score_inside_a_sentence(label: str, said: str) -> None:
    assert add_article(label) == said
