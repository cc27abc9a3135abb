"""Numbers, values and names of scores as text for people."""

from relurules.tables.values import Value


def format_digits(value: float) -> str:
    """Six significant digits."""
    return f"{value:.6g}"


def format_value(value: Value) -> str:
    """A table's value: text as it is, a missing one said so."""
    return "missing" if value is None else value if isinstance(value, str) else format_digits(value)


def add_article(label: str) -> str:
    """A score inside a sentence: `the log odds of p_yes`, but a plain output by its name."""
    return (
        f"the {label}"
        if label.startswith(("log odds of ", "logarithm of ", "score of "))
        else label
    )
